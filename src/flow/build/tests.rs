#![allow(clippy::unwrap_used)]

use crate::ast::{Expr, Node, Stmt};
use crate::flow::snippets::Snippet;

/// The graph of a body, as text without indentation.
fn shown(body: &str) -> String {
    Snippet::of(body).print()
}

/// One line per block: its number, its nodes and where its edges lead.
fn brief(body: &str) -> Vec<String> {
    let text = shown(body);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("    "), line.split_once(' ')) {
            (Some(part), _) => {
                let last = lines.last_mut().unwrap();
                last.push_str(if last.ends_with(':') { " " } else { "; " });
                last.push_str(part);
            }
            (None, Some((number, kind))) => lines.push(format!("{number} {kind}")),
            (None, None) => panic!("{line}"),
        }
    }
    lines.truncate(lines.len() - 1); // the panic exit
    lines
}

#[test]
fn the_example_of_the_module_is_true() {
    let body = "if x := g(); x > 0 && ok(x) {\n\t\tdefer h()\n\t}\n\tc <- 1";
    let essay = include_str!("../graph.rs");
    let shown = shown(body);
    let lines = shown.lines().map(|line| format!("//! {line}\n")).collect::<String>();
    assert!(essay.contains(&lines), "the essay should show\n{lines}");
}

#[test]
fn statements_in_a_row_share_a_block_up_to_a_call() {
    assert_eq!(brief("x := 1; x++; f(x); y := x"), ["0 entry: x := 1; x++; f(x); next -> 1", "1 body: y := x; next -> 2", "2 exit:"]);
    assert_eq!(brief("go f(); defer f(); var x = f(); const y = len(\"\")").len(), 3, "of go and defer only the operands are evaluated");
    assert_eq!(brief("go f(g())\n h()").len(), 3);
    assert_eq!(brief("x := a && f(); y := 1").len(), 2, "f() is not certain");
}

#[test]
fn an_if_has_two_ways() {
    assert_eq!(
        brief("if x := 1; x > y { a = 1 } else if z { a = 2 }"),
        [
            "0 entry: x := 1; x > y; true(x > y) -> 1; false(x > y) -> 2",
            "1 if.then: a = 1; next -> 5",
            "2 if.else: z; true(z) -> 3; false(z) -> 4",
            "3 if.then: a = 2; next -> 4",
            "4 if.done: next -> 5",
            "5 if.done: next -> 6",
            "6 exit:",
        ]
    );
    assert_eq!(brief("if a { return } else { return }").len(), 4, "nothing is behind it");
    assert_eq!(
        brief("if false { x = 1 }"),
        ["0 entry: false; next -> 2", "1 if.then: x = 1; next -> 2", "2 if.done: next -> 3", "3 exit:"]
    );
}

#[test]
fn conditions_are_split() {
    assert_eq!(
        brief("if a && (b || !c) { x = 1 }"),
        [
            "0 entry: a; true(a) -> 1; false(a) -> 4",
            "1 cond: b; true(b) -> 3; false(b) -> 2",
            "2 cond: c; true(c) -> 4; false(c) -> 3",
            "3 if.then: x = 1; next -> 4",
            "4 if.done: next -> 5",
            "5 exit:",
        ]
    );
}

#[test]
fn a_for_has_head_body_post_and_what_follows() {
    assert_eq!(
        brief("for i := 0; i < n; i++ { if a { continue }; if b { break }; x = i }"),
        [
            "0 entry: i := 0; next -> 1",
            "1 for.head: i < n; true(i < n) -> 2; false(i < n) -> 8",
            "2 for.body: a; true(a) -> 3; false(a) -> 4",
            "3 if.then: next -> 7",
            "4 if.done: b; true(b) -> 5; false(b) -> 6",
            "5 if.then: next -> 8",
            "6 if.done: x = i; next -> 7",
            "7 for.post: i++; next -> 1",
            "8 for.done: next -> 9",
            "9 exit:",
        ]
    );
    assert_eq!(
        brief("for { f() }; g()"),
        ["0 entry: next -> 1", "1 for.head: next -> 2", "2 for.body: f(); next -> 1", "3 for.done: g(); next -> 4", "4 exit:"]
    );
}

#[test]
fn a_range_stands_in_its_head() {
    assert_eq!(
        brief("for k, v := range f() { x = v }"),
        [
            "0 entry: f(); next -> 1",
            "1 range.head: for k, v := range f(); each -> 2; done -> 3",
            "2 range.body: x = v; next -> 1",
            "3 range.done: next -> 4",
            "4 exit:",
        ]
    );
}

#[test]
fn labels_name_loops_and_places() {
    assert_eq!(
        brief("out: for { for { if a { break out }; continue out } }; goto end; x = 1; end:"),
        [
            "0 entry: next -> 1",
            "1 label: next -> 2",
            "2 for.head: next -> 3",
            "3 for.body: next -> 4",
            "4 for.head: next -> 5",
            "5 for.body: a; true(a) -> 6; false(a) -> 7",
            "6 if.then: next -> 8",
            "7 if.done: next -> 2",
            "8 for.done: next -> 10",
            "9 unreachable: x = 1; next -> 10",
            "10 label: next -> 11",
            "11 exit:",
        ]
    );
}

#[test]
fn a_switch_tests_its_cases_in_order_and_default_last() {
    assert_eq!(
        brief("switch x := 1; x { default: a = 0; case 1, 2: a = 1; fallthrough; case 3: a = 3; case 4: break }"),
        [
            "0 entry: x := 1; x; 1; case(1) -> 5; not(1) -> 1",
            "1 switch.next: 2; case(2) -> 5; not(2) -> 2",
            "2 switch.next: 3; case(3) -> 6; not(3) -> 3",
            "3 switch.next: 4; case(4) -> 7; not(4) -> 4",
            "4 case: a = 0; next -> 8",
            "5 case: a = 1; next -> 6",
            "6 case: a = 3; next -> 8",
            "7 case: next -> 8",
            "8 switch.done: next -> 9",
            "9 exit:",
        ]
    );
    assert_eq!(
        brief("switch { case a && b: x = 1; case c: x = 2 }"),
        [
            "0 entry: a; true(a) -> 1; false(a) -> 2",
            "1 cond: b; true(b) -> 3; false(b) -> 2",
            "2 switch.next: c; true(c) -> 4; false(c) -> 5",
            "3 case: x = 1; next -> 5",
            "4 case: x = 2; next -> 5",
            "5 switch.done: next -> 6",
            "6 exit:",
        ]
    );
    assert_eq!(brief("switch f() {}"), ["0 entry: f(); next -> 1", "1 switch.done: next -> 2", "2 exit:"]);
    assert_eq!(brief("switch { default: x = 1 }")[0], "0 entry: next -> 1");
}

#[test]
fn a_type_switch_goes_every_way_at_once() {
    assert_eq!(
        brief("switch y := x.(type) { case int, *T: a = y; case nil: return; default: b = y }"),
        [
            "0 entry: y := x.(type); case(int) -> 1; case(*T) -> 1; case(nil) -> 2; default -> 3",
            "1 case: a = y; next -> 4",
            "2 case: return; next -> 5",
            "3 case: b = y; next -> 4",
            "4 switch.done: next -> 5",
            "5 exit:",
        ]
    );
    assert_eq!(brief("switch f().(type) { case int: return }")[0], "0 entry: f().(type); case(int) -> 1; default -> 2");
}

#[test]
fn a_select_waits_and_goes_on_in_a_case() {
    assert_eq!(
        brief("for { select { case v := <-c: x = v; case d <- f(): break; default: continue }; y = 1 }"),
        [
            "0 entry: next -> 1",
            "1 for.head: next -> 2",
            "2 for.body: select; comm(v := <-c) -> 3; comm(d <- f()) -> 4; comm(default) -> 5",
            "3 comm: v := <-c; x = v; next -> 6",
            "4 comm: d <- f(); next -> 6",
            "5 comm: next -> 1",
            "6 select.done: y = 1; next -> 1",
            "7 exit:",
        ]
    );
    assert_eq!(brief("select {}; f()"), ["0 entry: select", "1 select.done: f(); next -> 2", "2 exit:"]);
    assert_eq!(brief("select { case <-c: }").len(), 4);
}

#[test]
fn a_goto_goes_back_and_forth() {
    assert_eq!(
        brief("again: x++; if a { goto done }; goto again; done: y = 1"),
        [
            "0 entry: next -> 1",
            "1 label: x++; a; true(a) -> 2; false(a) -> 3",
            "2 if.then: next -> 4",
            "3 if.done: next -> 1",
            "4 label: y = 1; next -> 5",
            "5 exit:",
        ]
    );
}

#[test]
fn function_literals_are_not_entered() {
    let snippet = Snippet::of("x := func() { for { g() } }; defer func() { h() }(); go func() {}(); k()");
    assert_eq!(snippet.graph.blocks.len(), 3, "{}", snippet.print());
    assert_eq!(snippet.graph.place(snippet.stmt("g()")), None);
    let lits = &snippet.tree.index.func_lits;
    assert_eq!(lits.iter().map(|&lit| snippet.graph.place_of(lit).unwrap().1).collect::<Vec<_>>(), [0, 1, 2]);
    let Expr::FuncLit { body, .. } = *snippet.tree.expr(lits[0]) else { panic!("no literal") };
    assert!(crate::flow::graph(&snippet.tree, body).place(snippet.stmt("g()")).is_some());
}

#[test]
fn calls_are_in_the_order_in_which_they_are_made() {
    let calls = |body: &str| {
        let snippet = Snippet::of(body);
        snippet.graph.block(snippet.graph.entry).calls.iter().map(|&call| snippet.expr_text(call).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(calls("a(b(), c(d())).e(f())"), ["b()", "d()", "c(d())", "a(b(), c(d()))", "f()", "a(b(), c(d())).e(f())"]);
    assert_eq!(calls("x := a() && b()"), ["a()"]);
    assert_eq!(calls("func() { a() }()"), ["func() { a() }()"]);
    assert_eq!(calls("defer a(b())()"), ["b()", "a(b())"]);
    assert_eq!(calls("select { case a() <- b(): c(); case x[d()] = <-e(): }"), ["a()", "b()", "e()"]);
    assert_eq!(calls("return a()"), ["a()"]);
}

#[test]
fn everything_has_a_place() {
    let snippet = Snippet::of("if x := a(); x { b() }; for range y { c() }; switch { case d(): e() }; return; g()");
    let at = |start: &str| snippet.place(start);
    assert_eq!(at("if x"), at("x := a()"));
    assert_eq!(snippet.graph.node(at("for range")), Some(Node::Stmt(snippet.stmt("for range"))));
    assert_eq!(at("case d()"), at("e()"));
    assert!(snippet.graph.block(at("g()").0).preds.is_empty());
    for &call in &snippet.tree.index.calls {
        assert!(snippet.graph.place_of(call).is_some(), "{}", snippet.expr_text(call));
    }
    let deferred = Snippet::of("a(); defer b()");
    let call = *deferred.tree.index.calls.last().unwrap();
    assert_eq!(deferred.graph.place_of(call), Some(deferred.place("defer")));
}

#[test]
fn walking_a_node_stays_in_what_it_evaluates() {
    let walked = |body: &str, start: &str| {
        let snippet = Snippet::of(body);
        let mut names = Vec::new();
        snippet.graph.walk(&snippet.tree, Node::Stmt(snippet.stmt(start)), |id| {
            names.extend(snippet.tree.ident(id).map(str::to_owned));
            true
        });
        names.join(" ")
    };
    assert_eq!(walked("for k, v[i] = range x { y = z }", "for"), "k v i");
    assert_eq!(walked("select { case a <- b: c(); case d = <-e: }", "select"), "a b e");
    assert_eq!(walked("select { case a[i] = <-e: f() }", "a[i]"), "a i");
    assert_eq!(walked("defer a(b, func() { c() })", "defer"), "a b");
    assert_eq!(walked("var a, b = c, d", "var"), "a b c d");
}

#[test]
fn a_call_that_does_not_return_leads_to_the_panic_exit() {
    let snippet = Snippet::of("if a { panic(1) }; b()");
    let (graph, returns) = (&snippet.graph, snippet.returns());
    let block = snippet.block("panic");
    assert!(!graph.passes(block, &returns) && graph.passes(snippet.block("b()"), &returns));
    assert_eq!(graph.edges(block, &returns).iter().map(|edge| edge.to).collect::<Vec<_>>(), [graph.panic]);
    assert_eq!(graph.block(block).edges[0].to, snippet.block("b()"), "the edge is kept");
}

#[test]
fn communications_are_marked() {
    let snippet = Snippet::of("select { case v := <-c: v = <-d }");
    assert!(snippet.graph.is_comm(snippet.stmt("v := <-c")) && !snippet.graph.is_comm(snippet.stmt("v = <-d")));
    assert!(matches!(snippet.tree.stmt(snippet.stmt("v := <-c")), Stmt::Assign { .. }));
}
