//! Is a graph sound? For tests: what must be true of every graph, checked against the tree it was made from.
//!
//! ```go
//! return; f() // f() has a place, though no edge leads to it
//! ```
//!
//! Not here: whether a graph is the right one for its tree; the tests of `build` say that with pictures.

use super::graph::{BlockKind, EdgeKind, Graph};
use crate::ast::{Expr, Node, Stmt, StmtId, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a graph; the error says what is wrong with it.
pub fn check(graph: &Graph, tree: &Tree) -> Result<(), String> {
    edges(graph)?;
    nodes(graph, tree)?;
    match graph.broken.first() {
        Some(stmt) => Err(format!("statement {} leads nowhere that is known", stmt.0)),
        None => Ok(()),
    }
}

fn want(holds: bool, text: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(text()) }
}

fn edges(graph: &Graph) -> Result<(), String> {
    want(graph.block(graph.entry).preds.is_empty(), || "an edge leads to the entry".to_owned())?;
    for (exit, name) in [(graph.exit, "exit"), (graph.panic, "panic")] {
        want(graph.block(exit).edges.is_empty() && graph.block(exit).nodes.is_empty(), || format!("something is behind the {name}"))?;
    }
    let mut preds = BTreeSet::new();
    for id in graph.ids() {
        let block = graph.block(id);
        for edge in &block.edges {
            want((edge.to.0 as usize) < graph.blocks.len(), || format!("block {} leads to no block", id.0))?;
            let last = block.nodes.last();
            let fits = match edge.kind {
                EdgeKind::True(cond) | EdgeKind::False(cond) => last == Some(&Node::Expr(cond)) && block.edges.len() == 2,
                EdgeKind::NoReturn => false,
                EdgeKind::Next => block.edges.len() == 1,
                _ => true,
            };
            want(fits, || format!("block {} has an edge {:?} that its nodes do not give", id.0, edge.kind))?;
        }
        for &(from, at) in &block.preds {
            let leads = graph.block(from).edges.get(at).is_some_and(|edge| edge.to == id);
            want(leads && preds.insert((from, at)), || format!("block {} does not lead to {}", from.0, id.0))?;
        }
        want(block.calls.is_empty() || !block.nodes.is_empty(), || format!("block {} calls without a node", id.0))?;
        let reached = !block.preds.is_empty() || id == graph.entry || block.kind == BlockKind::Exit || block.kind == BlockKind::Panic;
        let placed = || graph.places.values().any(|place| place.0 == id);
        want(reached || !block.nodes.is_empty() || placed(), || format!("block {} is for nothing", id.0))?;
    }
    let edges: usize = graph.blocks.iter().map(|block| block.edges.len()).sum();
    want(preds.len() == edges, || format!("{edges} edges, {} known at their ends", preds.len()))
}

/// Every statement outside function literals has one place, and every node stands where its place says.
fn nodes(graph: &Graph, tree: &Tree) -> Result<(), String> {
    let mut seen: BTreeMap<Node, usize> = BTreeMap::new();
    for id in graph.ids() {
        for (at, &node) in graph.block(id).nodes.iter().enumerate() {
            *seen.entry(node).or_default() += 1;
            if let Node::Stmt(stmt) = node {
                want(graph.place(stmt) == Some((id, at)), || format!("statement {} is elsewhere", stmt.0))?;
            }
        }
    }
    for (node, count) in &seen {
        want(*count == 1, || format!("{node:?} is evaluated in {count} places"))?;
    }
    let mut count = 0;
    for stmt in statements(tree, graph.body) {
        count += 1;
        let place = graph.place(stmt).ok_or_else(|| format!("statement {} has no place", stmt.0))?;
        want(place.1 <= graph.block(place.0).nodes.len(), || format!("statement {} is behind its block", stmt.0))?;
        let is_node = graph.node(place) == Some(Node::Stmt(stmt));
        want(is_node || !acts(tree.stmt(stmt)), || format!("statement {} is no node", stmt.0))?;
    }
    want(count == graph.places.len(), || format!("{count} statements, {} places", graph.places.len()))
}

/// The body's statements, without those in function literals.
fn statements(tree: &Tree, body: StmtId) -> Vec<StmtId> {
    let mut found = Vec::new();
    tree.walk(Node::Stmt(body), |node| match node {
        Node::Stmt(id) => {
            found.push(id);
            true
        }
        Node::Expr(id) => !matches!(tree.expr(id), Expr::FuncLit { .. }),
    });
    found
}

/// Whether a statement does something itself.
fn acts(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Bad | Stmt::Decl(_) | Stmt::Expr { .. } | Stmt::Send { .. } | Stmt::IncDec { .. } | Stmt::Assign { .. } => true,
        Stmt::Go { .. } | Stmt::Defer { .. } | Stmt::Return { .. } | Stmt::Select { .. } | Stmt::Range { .. } => true,
        Stmt::Empty { .. } | Stmt::Labeled { .. } | Stmt::Branch { .. } | Stmt::Block { .. } | Stmt::If { .. } => false,
        Stmt::Case { .. } | Stmt::Switch { .. } | Stmt::TypeSwitch { .. } | Stmt::Comm { .. } | Stmt::For { .. } => false,
    }
}

#[cfg(test)]
mod tests;
