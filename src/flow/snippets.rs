//! Graphs of Go snippets, for the tests of this floor.
//!
//! ```go
//! for { if x { break }; f() } // Snippet::of("for { if x { break }; f() }")
//! ```
//!
//! Not here: whole files (`parse`).

#![allow(clippy::unwrap_used)]

use super::{BlockId, Constants, Graph, Place, graph, print, sanity};
use crate::ast::{Expr, ExprId, LitKind, Node, Op, StmtId, Tree};
use crate::parse::{DeclKind, Mentions, OutlineDecl, declaration};
use crate::source::{FileId, SourceFile};
use std::path::PathBuf;

/// The body of a function, parsed.
pub(super) struct Snippet {
    pub(super) text: String,
    pub(super) tree: Tree,
    pub(super) graph: Graph,
}

impl Snippet {
    /// Parses `body`, makes its graph and checks it.
    pub(super) fn of(body: &str) -> Snippet {
        let snippet = Snippet::broken(body);
        assert_eq!(sanity::check(&snippet.graph, &snippet.tree), Ok(()), "{}", snippet.print());
        snippet
    }

    /// Parses `body`, which need not compile, and makes its graph.
    pub(super) fn broken(body: &str) -> Snippet {
        let text = format!("func f() {{\n{body}\n}}\n");
        let file = SourceFile::new(FileId(0), PathBuf::from("a.go"), text.clone());
        let range = crate::ast::Range { start: 0, end: text.len() as u32 - 1 };
        let braces = crate::ast::Range { start: 9, end: range.end };
        let decl = OutlineDecl {
            kind: DeclKind::Func,
            names: Vec::new(),
            receiver: None,
            range,
            body: Some(braces),
            mentions: Mentions::default(),
        };
        let (tree, problems) = declaration(&file, &decl);
        assert!(problems.is_empty(), "{problems:?} in {text}");
        let body = tree.func().unwrap().body.unwrap();
        let graph = graph(&tree, body);
        Snippet { text, tree, graph }
    }

    pub(super) fn print(&self) -> String {
        print(&self.graph, &self.tree, &self.text)
    }

    fn source(&self, node: Node) -> &str {
        let range = self.tree.range(node);
        &self.text[range.start as usize..range.end as usize]
    }

    pub(super) fn expr_text(&self, id: ExprId) -> &str {
        self.source(Node::Expr(id))
    }

    /// The first statement whose source starts so; the outermost of several.
    pub(super) fn stmt(&self, start: &str) -> StmtId {
        let mut found = None;
        self.tree.walk(Node::Stmt(self.graph.body), |node| {
            if let Node::Stmt(id) = node
                && found.is_none()
                && self.source(node).starts_with(start)
            {
                found = Some(id);
            }
            true
        });
        found.unwrap_or_else(|| panic!("no statement {start}"))
    }

    pub(super) fn place(&self, start: &str) -> Place {
        self.graph.place(self.stmt(start)).unwrap()
    }

    pub(super) fn block(&self, start: &str) -> BlockId {
        self.place(start).0
    }

    /// Which calls return: all but `panic`, `os.Exit` and `log.Fatal`.
    pub(super) fn returns(&self) -> impl Fn(ExprId) -> bool + '_ {
        |call| !["panic(", "os.Exit(", "log.Fatal("].iter().any(|never| self.expr_text(call).starts_with(never))
    }
}

/// All calls return.
pub(super) fn always(_: ExprId) -> bool {
    true
}

/// Literals, the constants `three` and `max`, and variables that are the same if their names are.
impl Constants for Snippet {
    fn int(&self, expr: ExprId) -> Option<i64> {
        match self.tree.expr(self.tree.unparen(expr)) {
            Expr::BasicLit(LitKind::Int) => self.expr_text(expr).parse().ok(),
            Expr::Unary { op: Op::Sub, x } => Some(-self.int(*x)?),
            Expr::Ident(name) if name == "three" => Some(3),
            Expr::Ident(name) if name == "max8" => Some(255),
            Expr::Call { args, .. } if self.expr_text(expr).starts_with("uint8(") => self.int(args[0]),
            _ => None,
        }
    }

    fn length(&self, expr: ExprId) -> Option<u64> {
        match self.tree.expr(expr) {
            Expr::BasicLit(LitKind::String) => Some(self.expr_text(expr).len() as u64 - 2),
            Expr::Ident(name) if name == "table" => Some(7),
            _ => None,
        }
    }

    fn same_variable(&self, a: ExprId, b: ExprId) -> bool {
        self.tree.ident(a) == self.tree.ident(b)
    }
}
