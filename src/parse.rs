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

mod gaps;
pub mod hygiene;
mod lower;
pub mod outline;
pub mod scan;
mod table;
mod tree;

pub use outline::{DeclKind, Import, Keyword, Mentions, Outline, OutlineDecl, Word, outline};
pub use scan::{Scanner, Token, TokenKind};
pub use tree::{declaration, header};

#[cfg(test)]
mod tests;
