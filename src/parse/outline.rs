//! What does a file declare? The outline: package clause, imports, directives and every top-level declaration with its bytes and
//! what it mentions, by an exact scanner and without a tree.
//!
//! ```go
//! var a, b = 1, 2       // one declaration, kind Var, names a and b
//! func (t *T[K]) M() {} // one declaration, kind Func, name M, receiver T
//! ```
//!
//! For every file that go/parser accepts, the declarations and their bytes are those of go/parser. A broken file is read on at the
//! next `func`, `type`, `var`, `const` or `import` in column 0; what was lost is in [`Outline::broken`].
//!
//! Not here: anything inside a declaration (`parse::declaration`).

mod header;
mod mentions;
mod reader;
mod recover;

pub use mentions::{Keyword, Mentions, Word};

use crate::ast::{Name, Range};
use crate::finding::{Problem, ProblemKind};
use crate::source::{SourceFile, Span};
use reader::{Fault, Reader};

/// What a file declares.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The package clause's name, and the range from the `package` keyword through the name; absent if the file has none.
    pub package: Option<(Name, Range)>,
    /// In source order.
    pub imports: Vec<Import>,
    /// The build constraint before the package clause as a `//go:build` expression; old `// +build` lines are translated.
    pub build: Option<String>,
    /// The texts after `//go:debug`, before the package clause.
    pub debug: Vec<String>,
    /// `// Code generated .* DO NOT EDIT.` before the package clause, as go/ast.IsGenerated reads it.
    pub generated: bool,
    /// The file has an `import "C"`.
    pub cgo: bool,
    /// Comments that start with `//go:` or `//export`, or, perhaps after spaces, with `//goleaklint:`, `//nolint`, `//lint:`; in order.
    pub directives: Vec<Range>,
    /// In source order. Imports are not here.
    pub decls: Vec<OutlineDecl>,
    /// Declarations that a syntax error cut short, as far as they were read: they mention everything. `decls` does not have them.
    pub broken: Vec<OutlineDecl>,
}

impl Outline {
    /// Whether a declaration of this file may mention something of the imported package `path`. "No" is certain: where the name
    /// of a package is only likely from its path, every `x.` that is no other import counts.
    pub fn mentions_import(&self, decl: &OutlineDecl, path: &str) -> bool {
        let mut imports = self.imports.iter().filter(|import| import.path == path);
        imports.any(|import| match (import.name.as_deref(), import.certain_name()) {
            (Some("_"), _) => false,
            (Some("."), _) => true,
            (_, Some(name)) => decl.mentions.qualifier(name),
            (_, None) => decl.mentions.foreign(),
        })
    }
}

/// One import spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name in front of the path: an alias, `_` or `.`.
    pub name: Option<Name>,
    /// The path without quotes.
    pub path: String,
    /// go/ast's range: the name, if there is one, and the path.
    pub range: Range,
}

impl Import {
    /// The name that a package of this path has by convention: the last element, without `/v2` behind it or `gopkg.in`'s `.v2`.
    pub fn default_name(&self) -> &str {
        let version =
            |text: &str| text.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        let mut elements = self.path.rsplit('/');
        let last = elements.next().unwrap_or("");
        let last = if version(last) { elements.next().unwrap_or(last) } else { last };
        match last.rsplit_once('.') {
            Some((name, number)) if version(number) && self.path.starts_with("gopkg.in/") => name,
            _ => last,
        }
    }

    /// The name under which the file certainly knows the package: the alias, or the convention where it always holds, in the
    /// standard library. `None` for `_`, `.` and packages whose clause nobody has read.
    pub fn certain_name(&self) -> Option<&str> {
        match self.name.as_deref() {
            Some("_" | ".") => None,
            Some(name) => Some(name),
            None if self.path == "C" || self.is_std() => Some(self.default_name()),
            None => None,
        }
    }

    /// Whether the path is one of the standard library's public packages, to judge by its first element.
    fn is_std(&self) -> bool {
        let mut elements = self.path.split('/');
        let first = elements.next().unwrap_or("");
        STD_ROOTS.binary_search(&first).is_ok() && elements.all(|element| element != "internal")
    }
}

/// The first elements of the standard library's import paths, sorted.
const STD_ROOTS: [&str; 49] = [
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "uuid",
    "weak",
];

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

/// Reads a file's outline. An error costs at most the declaration it is in; a file has at most one `Problem` from here.
pub fn outline(file: &SourceFile) -> (Outline, Vec<Problem>) {
    let mut reader = Reader::new(&file.text);
    let faults = reader.file();
    let mut outline = reader.outline;
    outline.build = outline.package.as_ref().and_then(|_| header::build(&file.text));
    let problem = faults.first().map(|first| problem(file, first, faults.len() - 1));
    (outline, problem.into_iter().collect())
}

fn problem(file: &SourceFile, first: &Fault, more: usize) -> Problem {
    let more = match more {
        0 => String::new(),
        1 => " (and one more error in this file)".to_string(),
        _ => format!(" (and {more} more errors in this file)"),
    };
    Problem {
        kind: ProblemKind::Syntax,
        span: Some(Span::new(file.id, first.range.start, first.range.end)),
        path: file.path.clone(),
        text: format!("syntax error: {}{more}", first.text),
    }
}

#[cfg(test)]
mod tests;
