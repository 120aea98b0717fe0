#![allow(clippy::unwrap_used)]

use super::check;
use crate::ast::{Decl, Expr, ExprId, Index, Op, Range, Stmt, StmtId, Tree};
use crate::flow::graph::{Edge, EdgeKind};
use crate::flow::snippets::{Snippet, always};
use crate::flow::{Dominators, Loops, graph};
use crate::source::FileId;

const DEPTH: usize = 100_000;

fn tree() -> Tree {
    Tree {
        file: FileId(0),
        decl: Decl::Bad,
        exprs: Vec::new(),
        expr_ranges: Vec::new(),
        stmts: Vec::new(),
        stmt_ranges: Vec::new(),
        index: Index::default(),
    }
}

fn expr(tree: &mut Tree, expr: Expr) -> ExprId {
    tree.exprs.push(expr);
    tree.expr_ranges.push(Range::default());
    ExprId(tree.exprs.len() as u32 - 1)
}

fn stmt(tree: &mut Tree, stmt: Stmt) -> StmtId {
    tree.stmts.push(stmt);
    tree.stmt_ranges.push(Range::default());
    StmtId(tree.stmts.len() as u32 - 1)
}

fn block(tree: &mut Tree, list: &[StmtId]) -> StmtId {
    stmt(tree, Stmt::Block { list: list.into() })
}

/// Builds the graph and everything that is made from it, and answers how many blocks and loops there are.
fn all(tree: &Tree, body: StmtId) -> (usize, usize) {
    let graph = graph(tree, body);
    assert_eq!(check(&graph, tree), Ok(()));
    let loops = Loops::of(&graph, tree);
    let dominators = Dominators::of(&graph, &always);
    assert!(dominators.reached(graph.entry));
    if let Some(last) = graph.ids().rev().find(|&id| dominators.reached(id)) {
        assert!(dominators.conditions_at(&graph, last).len() <= DEPTH);
    }
    (graph.blocks.len(), loops.all.len())
}

#[test]
fn a_chain_of_100000_else_if_is_a_graph() {
    let mut tree = tree();
    let mut next = None;
    for _ in 0..DEPTH {
        let cond = expr(&mut tree, Expr::Ident("a".into()));
        let body = block(&mut tree, &[]);
        next = Some(stmt(&mut tree, Stmt::If { init: None, cond, body, else_: next }));
    }
    let body = block(&mut tree, &[next.unwrap()]);
    assert_eq!(all(&tree, body), (3 * DEPTH + 2, 0));
}

#[test]
fn conditions_with_100000_operands_are_graphs() {
    for left in [true, false] {
        let mut tree = tree();
        let mut cond = expr(&mut tree, Expr::Ident("a".into()));
        for at in 0..DEPTH {
            let leaf = expr(&mut tree, Expr::Ident("b".into()));
            let (x, y) = if left { (cond, leaf) } else { (leaf, cond) };
            cond = expr(&mut tree, Expr::Binary { op: if at % 2 == 0 { Op::LAnd } else { Op::LOr }, x, y });
        }
        let inner = block(&mut tree, &[]);
        let test = stmt(&mut tree, Stmt::If { init: None, cond, body: inner, else_: None });
        let body = block(&mut tree, &[test]);
        assert_eq!(all(&tree, body), (DEPTH + 5, 0));
    }
}

#[test]
fn loops_100000_deep_are_loops() {
    let mut tree = tree();
    let mut inner = block(&mut tree, &[]);
    for _ in 0..DEPTH {
        let cond = expr(&mut tree, Expr::Ident("a".into()));
        let each = stmt(&mut tree, Stmt::For { init: None, cond: Some(cond), post: None, body: inner });
        inner = block(&mut tree, &[each]);
    }
    assert_eq!(all(&tree, inner), (3 * DEPTH + 3, DEPTH));
}

#[test]
fn a_switch_of_100000_cases_is_a_graph() {
    let mut tree = tree();
    let mut clauses = Vec::new();
    for _ in 0..DEPTH {
        let value = expr(&mut tree, Expr::Ident("a".into()));
        clauses.push(stmt(&mut tree, Stmt::Case { list: Some([value].into()), body: [].into() }));
    }
    let cases = block(&mut tree, &clauses);
    let tag = Some(expr(&mut tree, Expr::Ident("x".into())));
    let switch = stmt(&mut tree, Stmt::Switch { init: None, tag, body: cases });
    let body = block(&mut tree, &[switch]);
    assert_eq!(all(&tree, body).1, 0);
}

#[test]
fn an_operand_100000_deep_is_searched_for_calls() {
    let mut tree = tree();
    let fun = expr(&mut tree, Expr::Ident("f".into()));
    let call = expr(&mut tree, Expr::Call { fun, args: [].into(), ellipsis: false });
    let mut x = call;
    for _ in 0..DEPTH {
        x = expr(&mut tree, Expr::Unary { op: Op::Sub, x });
    }
    let each = stmt(&mut tree, Stmt::Expr { x });
    let body = block(&mut tree, &[each]);
    let graph = graph(&tree, body);
    assert_eq!(graph.block(graph.entry).calls, [call]);
}

#[test]
fn what_is_wrong_with_a_graph_is_found() {
    let wrong = |spoil: fn(&mut crate::flow::Graph)| {
        let mut snippet = Snippet::of("if a { f() }; g()");
        spoil(&mut snippet.graph);
        check(&snippet.graph, &snippet.tree).unwrap_err()
    };
    assert!(wrong(|graph| graph.blocks[0].edges.clear()).contains("does not lead"));
    assert!(wrong(|graph| graph.blocks[0].nodes.clear()).contains("edge"));
    assert!(wrong(|graph| graph.blocks[1].nodes.clear()).contains("without a node"));
    assert!(wrong(|graph| graph.blocks[0].edges[0] = Edge { to: graph.entry, kind: EdgeKind::Next }).contains("do not give"));
    assert!(wrong(|graph| graph.broken.push(graph.body)).contains("leads nowhere"));
    assert!(wrong(|graph| graph.places.clear()).contains("is elsewhere"));
}

#[test]
fn jumps_without_a_target_are_told() {
    for body in ["break", "continue", "goto nowhere", "for { break nowhere }", "switch { case a: continue }", "l: f(); l: g()"] {
        let snippet = Snippet::broken(body);
        assert_eq!(snippet.graph.broken.len(), 1, "{body}");
        assert!(check(&snippet.graph, &snippet.tree).is_err(), "{body}");
    }
}
