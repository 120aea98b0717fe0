//! How does text become syntax? An exact scanner makes an [`Outline`] of every file; tree-sitter reads a declaration when a rule, a
//! type or a summary asks for it.
//!
//! ```go
//! func f() { defer g() } // the outline knows: a function f, its bytes, and that it mentions `defer`; the tree comes on demand
//! ```
//!
//! Parsing never fails: unreadable syntax is `Stmt::Bad`, `Expr::Bad` or `Decl::Bad` and a `Problem`. This is the only module that
//! names tree_sitter.
//!
//! Not here: which files are read (`project`), what names mean (`sema`).

pub mod hygiene;
pub mod outline;

pub use outline::{DeclKind, Import, Keyword, Mentions, Outline, OutlineDecl, outline};

use crate::ast::{Decl, Index, Tree};
use crate::finding::Problem;
use crate::source::SourceFile;

/// Reads one declaration of a file's outline. It never fails: what cannot be read is `Bad`, with one `Problem`.
pub fn declaration(file: &SourceFile, _decl: &OutlineDecl) -> (Tree, Vec<Problem>) {
    let tree = Tree {
        file: file.id,
        decl: Decl::Bad,
        exprs: Vec::new(),
        expr_ranges: Vec::new(),
        stmts: Vec::new(),
        stmt_ranges: Vec::new(),
        index: Index::default(),
    };
    (tree, Vec::new())
}
