//! How does a graph look? As text: blocks with the source of their nodes, and edges with their reasons.
//!
//! ```text
//! 1 for.head:
//!     i < n
//!     true(i < n) -> 2
//!     false(i < n) -> 4
//! ```
//!
//! Not here: any use other than to read it; the format may change.

use super::graph::{BlockKind, EdgeKind, Graph};
use crate::ast::{ExprId, Node, Range, Stmt, StmtId, Tree};
use std::fmt::Write;

/// The longest excerpt, in characters.
const WIDTH: usize = 60;

/// Shows a graph; `text` is the file's.
pub fn print(graph: &Graph, tree: &Tree, text: &str) -> String {
    let mut out = String::new();
    for id in graph.ids() {
        let block = graph.block(id);
        // Writing to a string does not fail.
        let _ = writeln!(out, "{} {}:", id.0, name(block.kind));
        for &node in &block.nodes {
            let _ = writeln!(out, "    {}", excerpt(node_text(tree, node, text)));
        }
        for edge in &block.edges {
            let _ = writeln!(out, "    {} -> {}", reason(tree, edge.kind, text), edge.to.0);
        }
    }
    out
}

/// A block kind's name.
pub fn name(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Entry => "entry",
        BlockKind::Exit => "exit",
        BlockKind::Panic => "panic",
        BlockKind::Body => "body",
        BlockKind::Unreachable => "unreachable",
        BlockKind::Cond => "cond",
        BlockKind::Label => "label",
        BlockKind::IfThen => "if.then",
        BlockKind::IfElse => "if.else",
        BlockKind::IfDone => "if.done",
        BlockKind::ForHead => "for.head",
        BlockKind::ForBody => "for.body",
        BlockKind::ForPost => "for.post",
        BlockKind::ForDone => "for.done",
        BlockKind::RangeHead => "range.head",
        BlockKind::RangeBody => "range.body",
        BlockKind::RangeDone => "range.done",
        BlockKind::SwitchNext => "switch.next",
        BlockKind::Case => "case",
        BlockKind::SwitchDone => "switch.done",
        BlockKind::Comm => "comm",
        BlockKind::SelectDone => "select.done",
    }
}

fn reason(tree: &Tree, kind: EdgeKind, text: &str) -> String {
    let shown = |expr: ExprId| excerpt(slice(text, tree.expr_range(expr)));
    match kind {
        EdgeKind::Next => "next".to_owned(),
        EdgeKind::True(cond) => format!("true({})", shown(cond)),
        EdgeKind::False(cond) => format!("false({})", shown(cond)),
        EdgeKind::Case { value, .. } => format!("case({})", shown(value)),
        EdgeKind::NotCase { value, .. } => format!("not({})", shown(value)),
        EdgeKind::Default(_) => "default".to_owned(),
        EdgeKind::Comm(clause) => format!("comm({})", excerpt(comm_text(tree, clause, text))),
        EdgeKind::Each(_) => "each".to_owned(),
        EdgeKind::Done(_) => "done".to_owned(),
        EdgeKind::NoReturn => "no return".to_owned(),
    }
}

fn comm_text<'t>(tree: &Tree, clause: StmtId, text: &'t str) -> &'t str {
    match tree.stmt(clause) {
        Stmt::Comm { comm: Some(comm), .. } => slice(text, tree.stmt_range(*comm)),
        _ => "default",
    }
}

/// A node's source; of a `select` or `range` what stands before its body.
fn node_text<'t>(tree: &Tree, node: Node, text: &'t str) -> &'t str {
    let mut range = tree.range(node);
    if let Node::Stmt(id) = node
        && let Stmt::Range { body, .. } | Stmt::Select { body } = tree.stmt(id)
    {
        range.end = tree.stmt_range(*body).start.max(range.start);
    }
    slice(text, range)
}

fn slice(text: &str, range: Range) -> &str {
    text.get(range.start as usize..range.end as usize).unwrap_or("?")
}

/// One line, not too long.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
