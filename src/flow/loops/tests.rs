#![allow(clippy::unwrap_used)]

use super::{LoopId, LoopKind, Loops, reaches_again};
use crate::flow::snippets::{Snippet, always};

fn loops(body: &str) -> (Snippet, Loops) {
    let snippet = Snippet::of(body);
    let loops = Loops::of(&snippet.graph, &snippet.tree);
    (snippet, loops)
}

/// The loops of a snippet: the kind's first letter, `?` if conditional, `!` if without exit, and the parent.
fn shown(body: &str) -> String {
    let (snippet, loops) = loops(body);
    let show = |(at, each): (usize, &super::Loop)| {
        let kind = match each.kind {
            LoopKind::For(_) => "for",
            LoopKind::Range(_) => "range",
            LoopKind::Goto(_) => "goto",
        };
        let conditional = if each.conditional { "?" } else { "" };
        let closed = if loops.has_exit(&snippet.graph, LoopId(at as u32), &snippet.returns()) { "" } else { "!" };
        let parent = each.parent.map_or(String::new(), |parent| format!(" in {}", parent.0));
        format!("{kind}{conditional}{closed}{parent}")
    };
    loops.all.iter().enumerate().map(show).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_kind_of_loop_is_found_with_what_is_around_it() {
    assert_eq!(shown("for i := 0; i < n; i++ { f() }"), "for?");
    assert_eq!(shown("for { f() }"), "for!");
    assert_eq!(shown("for true { f() }"), "for!");
    assert_eq!(shown("for ;; { f() }"), "for!");
    assert_eq!(shown("for !false { f() }"), "for!");
    assert_eq!(shown("for range xs { for { if f() { break } } }"), "range?, for in 0");
    assert_eq!(shown("for a { for range b { for { break } } }; for c {}"), "for?, range? in 0, for?");
    assert_eq!(shown("again: f(); goto again"), "goto!");
    assert_eq!(shown("again: if f() { goto again }"), "goto?");
    assert_eq!(shown("again: for range xs { if f() { goto again } }"), "goto?, range? in 0");
}

#[test]
fn a_for_that_leaves_in_its_first_turn_is_no_loop() {
    assert_eq!(shown("for { f(); return }"), "");
    assert_eq!(shown("for x { break }"), "");
    assert_eq!(shown("for range xs { if a { return }; break }"), "");
    assert_eq!(shown("for range xs { for { f() } }"), "for!", "the inner loop never ends");
}

#[test]
fn a_loop_ends_by_return_break_or_goto_but_not_by_a_call_that_never_returns() {
    assert_eq!(shown("for { if x { return } }"), "for");
    assert_eq!(shown("for { select { case <-c: break; case <-d: f() } }"), "for!");
    assert_eq!(shown("out: for { select { case <-c: break out; case <-d: f() } }"), "for");
    assert_eq!(shown("for { if x { goto out } }; out:"), "for");
    assert_eq!(shown("for { if x { panic(1) } }"), "for!");
    assert_eq!(shown("for { if x { log.Fatal(1); return } }"), "for!");
    assert_eq!(shown("for { if x { break } }; os.Exit(1)"), "for!");
    assert_eq!(shown("for { if x { break } }; select {}"), "for");
    assert_eq!(shown("for { for { if x { break } } }"), "for!, for in 0");
    assert_eq!(shown("for { log.Fatal(1); if x { break } }"), "for!");
}

#[test]
fn a_cycle_with_two_entries_is_one_loop() {
    let (snippet, loops) = loops("if x { goto second }; first: f(); second: g(); if y { goto first }; h()");
    assert_eq!(loops.all.len(), 1);
    assert!(matches!(loops.all[0].kind, LoopKind::Goto(_)));
    let inside = |start: &str| loops.contains(LoopId(0), snippet.block(start));
    assert!(inside("f()") && inside("g()"));
    assert!(!inside("h()"));
}

#[test]
fn what_leads_out_of_a_loop_is_not_in_it() {
    let (snippet, loops) = loops("for range xs { if bad { defer a(); return }; defer b() }; defer c()");
    let depth = |start: &str| loops.enclosing(&snippet.graph, snippet.stmt(start)).count();
    assert_eq!([depth("defer a()"), depth("defer b()"), depth("defer c()")], [0, 1, 0]);
    let inner = loops.innermost_loop(&snippet.graph, snippet.stmt("defer b()")).unwrap();
    assert_eq!(loops.made_by(snippet.stmt("for range")), Some(inner));
    assert_eq!(loops.blocks(&snippet.graph, inner).len(), 3, "head, body, if.done: {}", snippet.print());
}

#[test]
fn a_loop_is_not_around_its_own_statement() {
    let (snippet, loops) = loops("for range a { for b { f() } }");
    let around = |start: &str| loops.enclosing(&snippet.graph, snippet.stmt(start)).count();
    assert_eq!([around("for range"), around("for b"), around("f()")], [0, 1, 2]);
}

#[test]
fn a_statement_is_reached_again_if_a_path_leads_back() {
    let again = |body: &str| {
        let snippet = Snippet::of(body);
        let from = snippet.place("defer x()");
        (reaches_again(&snippet.graph, from, &always), reaches_again(&snippet.graph, from, &snippet.returns()))
    };
    assert_eq!(again("for range xs { defer x() }"), (true, true));
    assert_eq!(again("for range f { defer x() }"), (true, true));
    assert_eq!(again("for range xs { defer x(); return }"), (false, false));
    assert_eq!(again("for range xs { defer x(); break }"), (false, false));
    assert_eq!(again("for range xs { if a { defer x(); log.Fatal(1) } }"), (true, false));
    assert_eq!(again("for range xs { if a { defer x() } else { continue }; panic(1) }"), (true, false));
    assert_eq!(again("for { select { case <-c: defer x(); case <-d: return } }"), (true, true));
    assert_eq!(again("for { switch { case a: defer x(); return; case b: f() } }"), (false, false));
    assert_eq!(again("again: defer x(); if y { goto again }"), (true, true));
    assert_eq!(again("defer x(); for { f() }"), (false, false));
    assert_eq!(again("for a { for b { defer x(); break } }"), (true, true));
    assert_eq!(again("out: for a { for b { defer x(); break out } }"), (false, false));
    assert_eq!(again("out: for a { for b { defer x(); continue out } }"), (true, true));
}
