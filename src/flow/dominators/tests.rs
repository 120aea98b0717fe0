#![allow(clippy::unwrap_used)]

use super::Dominators;
use crate::flow::snippets::{Snippet, always};

/// The conditions known at the statement `here()`.
fn known(body: &str) -> String {
    let snippet = Snippet::of(body);
    let dominators = Dominators::of(&snippet.graph, &snippet.returns());
    let conditions = dominators.conditions_at(&snippet.graph, snippet.block("here()"));
    let show = |(cond, value): (_, bool)| format!("{}{}", if value { "" } else { "not " }, snippet.expr_text(cond));
    conditions.into_iter().map(show).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_branch_knows_its_condition() {
    assert_eq!(known("if a { here() }"), "a");
    assert_eq!(known("if a { f() } else { here() }"), "not a");
    assert_eq!(known("if a { f() }; here()"), "");
    assert_eq!(known("if err != nil { return }; here()"), "not err != nil");
    assert_eq!(known("if err != nil { log.Fatal(err) }; here()"), "not err != nil");
    assert_eq!(known("if a { if b { here() } }"), "b, a");
}

#[test]
fn and_or_not_are_split() {
    assert_eq!(known("if a && !b { here() }"), "not b, a");
    assert_eq!(known("if a || b { here() }"), "");
    assert_eq!(known("if a || b { return }; here()"), "not b, not a");
    assert_eq!(known("if !(a || !b) { here() }"), "b, not a");
}

#[test]
fn loops_and_switches_know_theirs() {
    assert_eq!(known("for i < n { here() }"), "i < n");
    assert_eq!(known("for i < n { if x { continue }; here() }"), "not x, i < n");
    assert_eq!(known("for i < n { f() }; here()"), "not i < n");
    assert_eq!(known("for i < n { if x { break } }; here()"), "");
    assert_eq!(known("for { if x == nil { x = y; here() } }"), "x == nil");
    assert_eq!(known("switch { case a: f(); case b, c: here() }"), "not a");
    assert_eq!(known("switch { case a: f(); case b: g(); default: here() }"), "not b, not a");
    assert_eq!(known("switch { case a: fallthrough; case b: here() }"), "");
}

#[test]
fn dominance_is_a_tree_and_ends_at_what_is_not_reached() {
    let snippet = Snippet::of("a(); if x { b(); return; dead() } else { c() }; d()");
    let dominators = Dominators::of(&snippet.graph, &always);
    let dominates = |a: &str, b: &str| dominators.dominates(snippet.block(a), snippet.block(b));
    assert!(dominates("a()", "a()") && dominates("a()", "b()") && dominates("a()", "d()"));
    assert!(dominates("c()", "d()"), "the other way returns");
    assert!(!dominates("b()", "d()") && !dominates("d()", "c()"));
    assert!(!dominators.reached(snippet.block("dead()")) && !dominates("a()", "dead()") && !dominates("dead()", "dead()"));
    assert_eq!(dominators.immediate(snippet.graph.entry), None);
    assert!(!dominators.reached(snippet.graph.panic));
}

#[test]
fn a_function_returns_if_its_exit_is_reached() {
    let cases = [
        ("a()", true),
        ("log.Fatal(err)", false),
        ("if a { log.Fatal(err) }", true),
        ("if a { log.Fatal(err) } else { log.Fatal(err) }; b()", false),
        ("for { a() }", false),
        ("for { if a { break }; log.Fatal(err) }", true),
        ("f(); g(); switch { case a: return; default: log.Fatal(err) }", true),
        ("select {}", false),
        ("loop: if a { goto loop }; log.Fatal(err)", false),
    ];
    for (body, expected) in cases {
        let snippet = Snippet::of(body);
        assert_eq!(snippet.graph.returns(&snippet.returns()), expected, "{body}");
        assert_eq!(Dominators::of(&snippet.graph, &snippet.returns()).reached(snippet.graph.exit), expected, "{body}");
    }
}

#[test]
fn an_edge_dominates_what_only_it_leads_to() {
    let snippet = Snippet::of("for { if a { b() } ; c() }");
    let dominators = Dominators::of(&snippet.graph, &always);
    let (test, _) = snippet.place("if a");
    let edge = |at: usize, start: &str| dominators.edge_dominates(&snippet.graph, test, at, snippet.block(start));
    assert!(edge(0, "b()") && !edge(0, "c()") && !edge(1, "c()") && !edge(2, "b()"));
}
