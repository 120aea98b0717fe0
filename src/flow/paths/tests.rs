#![allow(clippy::unwrap_used)]

use super::{Domain, solve};
use crate::ast::{AssignOp, ExprId, Node, Stmt};
use crate::flow::graph::{EdgeKind, Place};
use crate::flow::snippets::Snippet;
use std::collections::BTreeSet;

/// Which assignments may a variable have its value from? A state is a set of `name=line of source`.
struct Reaching<'a> {
    snippet: &'a Snippet,
    limit: usize,
}

impl Domain for Reaching<'_> {
    type State = BTreeSet<String>;

    fn entry(&self) -> Self::State {
        BTreeSet::new()
    }

    fn join(&self, into: &mut Self::State, from: &Self::State) -> bool {
        let before = into.len();
        into.extend(from.iter().cloned());
        into.len() > before
    }

    fn transfer(&self, place: Place, node: Node, state: &mut Self::State) {
        assert_eq!(self.snippet.graph.node(place), Some(node));
        if let Node::Stmt(id) = node
            && let Stmt::Assign { lhs, op: AssignOp::Assign | AssignOp::Define, rhs } = self.snippet.tree.stmt(id)
        {
            let name = self.snippet.expr_text(lhs[0]).to_owned();
            state.retain(|each| !each.starts_with(&name));
            state.insert(format!("{name}={}", self.snippet.expr_text(rhs[0])));
        }
    }

    // Behind `x == 1` other values are gone.
    fn refine(&self, edge: EdgeKind, state: &mut Self::State) -> bool {
        let EdgeKind::True(cond) = edge else { return true };
        let Some((name, value)) = self.snippet.expr_text(cond).split_once(" == ") else { return true };
        state.retain(|each| !each.starts_with(name) || *each == format!("{name}={value}"));
        state.iter().any(|each| each.starts_with(name))
    }

    fn returns(&self, call: ExprId) -> bool {
        self.snippet.returns()(call)
    }

    fn limit(&self) -> usize {
        self.limit
    }
}

/// What may hold before `here()`.
fn before(body: &str) -> Option<String> {
    let snippet = Snippet::of(body);
    let domain = Reaching { snippet: &snippet, limit: 100 };
    let solution = solve(&snippet.graph, &domain);
    assert!(solution.complete);
    let state = solution.at(&snippet.graph, &domain, snippet.place("here()"))?;
    Some(state.into_iter().collect::<Vec<_>>().join(" "))
}

#[test]
fn assignments_reach_over_every_way() {
    assert_eq!(before("x := 1; here()").unwrap(), "x=1");
    assert_eq!(before("x := 1; if a { x = 2 }; here()").unwrap(), "x=1 x=2");
    assert_eq!(before("x := 1; if a { x = 2; return }; here()").unwrap(), "x=1");
    assert_eq!(before("x := 1; if a { x = 2; panic(x) }; here()").unwrap(), "x=1");
    assert_eq!(before("x := 1; for a { here(); x = 2 }").unwrap(), "x=1 x=2");
    assert_eq!(before("x := 1; for a { if b { x = 2; continue }; x = 3 }; here()").unwrap(), "x=1 x=2 x=3");
    assert_eq!(before("switch f() { case 1: x = 1; fallthrough; case 2: here(); x = 2 }").unwrap(), "x=1");
    assert_eq!(before("return; here()"), None);
}

#[test]
fn an_edge_refines_or_closes_the_way() {
    assert_eq!(before("x := 1; if a { x = 2 }; if x == 2 { here() }").unwrap(), "x=2");
    assert_eq!(before("x := 1; if x == 2 { here() }"), None);
}

#[test]
fn a_problem_that_does_not_settle_is_given_up() {
    let snippet = Snippet::of("x := 1; for a { if b { x = 2 } else { x = 3 } }");
    let solution = solve(&snippet.graph, &Reaching { snippet: &snippet, limit: 1 });
    assert!(!solution.complete);
}
