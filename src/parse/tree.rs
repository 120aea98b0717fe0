//! Which bytes does the grammar read for a declaration, and what comes of them? A slice of the file, rewritten where the grammar has
//! gaps, parsed and lowered at once; the parser's tree is dropped here.
//!
//! ```go
//! func f() {} // and the line end behind it: the grammar calls `var x int` without one an error
//! ```
//!
//! Not here: which declarations there are (`outline`).

use super::gaps::{Effort, Rewrite};
use super::lower::{self, Arena, Value};
use super::outline::OutlineDecl;
use crate::ast::{Decl, FuncDecl, Index, Range, Tree};
use crate::finding::{Problem, ProblemKind};
use crate::source::{SourceFile, Span};
use std::cell::RefCell;
use std::ops::ControlFlow;
use tree_sitter::{ParseOptions, Parser};

/// Types with an error inside types with an error: real ones never nest.
const MAX_FRAGMENTS: u32 = 4;

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(parser());
}

fn parser() -> Parser {
    let mut parser = Parser::new();
    let set = parser.set_language(&tree_sitter_go::LANGUAGE.into());
    debug_assert!(set.is_ok(), "the grammar's version fits the library");
    parser
}

/// Reads one declaration of a file's outline. It never fails: what cannot be read is `Bad`, with one `Problem`.
pub fn declaration(file: &SourceFile, decl: &OutlineDecl) -> (Tree, Vec<Problem>) {
    let reader = Reader { file, range: decl.range };
    let (mut arena, mut read, mut error) = reader.read(Effort::Words);
    if error.is_some() {
        let (again, better, still) = reader.read(Effort::Types);
        // Where both fail, the first one has changed less.
        if still.is_none() {
            (arena, read, error) = (again, better, None);
        }
    }
    let problems = error.map(|range| problem(file, range)).into_iter().collect();
    (tree(file, read, arena), problems)
}

struct Reader<'a> {
    file: &'a SourceFile,
    range: Range,
}

struct Read {
    /// `Bad` if nothing could be read.
    value: Value,
    /// The first place that could not be read.
    error: Option<Range>,
}

impl Reader<'_> {
    fn read(&self, effort: Effort) -> (Arena, Decl, Option<Range>) {
        let mut arena = Arena::default();
        let mut rewrite = Rewrite::of(&self.file.text, self.range, "", effort);
        let types = self.types(&mut rewrite, &mut arena, MAX_FRAGMENTS);
        let receiver = rewrite.receiver.map(|range| self.parse(&Rewrite::of(&self.file.text, range, "func _", Effort::Words), range, &mut arena));
        let read = self.parse(&rewrite, self.range, &mut arena);
        let error = [types, read.error, receiver.as_ref().and_then(|read| read.error)].into_iter().flatten().min();
        let decl = match (read.value, receiver.map(|read| read.value)) {
            (Value::Func(func), Some(Value::Fields(list))) => Decl::Func(FuncDecl { recv: Some(list), ..*func }),
            (Value::Func(func), _) => Decl::Func(*func),
            (Value::Gen(decl), _) => Decl::Gen(*decl),
            _ => Decl::Bad,
        };
        (arena, decl, error)
    }

    /// Reads the types that are names in the text, each as a variable's type; below `levels` also the types in them that way.
    fn types(&self, rewrite: &mut Rewrite, arena: &mut Arena, levels: u32) -> Option<Range> {
        let mut error = None;
        for range in std::mem::take(&mut rewrite.types) {
            let mut fragment = Rewrite::of(&self.file.text, range, "var _ ", Effort::Words);
            let mut read = self.parse(&fragment, range, arena);
            if read.error.is_some() && levels > 0 {
                fragment = Rewrite::of(&self.file.text, range, "var _ ", Effort::Types);
                error = error.or(self.types(&mut fragment, arena, levels - 1));
                read = self.parse(&fragment, range, arena);
            }
            match read.value {
                Value::Expr(ty) => rewrite.kept.push((range, ty)),
                _ => error = error.or(Some(range)),
            }
            error = error.or(read.error);
        }
        error
    }

    fn parse(&self, rewrite: &Rewrite, range: Range, arena: &mut Arena) -> Read {
        if rewrite.too_deep.is_some() {
            return Read { value: Value::Bad, error: rewrite.too_deep };
        }
        let Some(parsed) = parse(&rewrite.text) else { return Read { value: Value::Bad, error: Some(range) } };
        let lowered = lower::lower(&parsed, &self.file.text, rewrite, arena);
        let mut values = lowered.items.into_iter().map(|item| item.value);
        let read = values.find(|value| !matches!(value, Value::Token | Value::Bad | Value::Stmt(_) | Value::Stmts(_)));
        let error = lowered.error.or(read.is_none().then_some(range));
        Read { value: read.unwrap_or(Value::Bad), error }
    }
}

fn tree(file: &SourceFile, decl: Decl, arena: Arena) -> Tree {
    let Arena { exprs, expr_ranges, stmts, stmt_ranges, .. } = arena;
    let mut tree = Tree { file: file.id, decl, exprs, expr_ranges, stmts, stmt_ranges, index: Index::default() };
    tree.index = Index::of(&tree);
    tree
}

fn problem(file: &SourceFile, range: Range) -> Problem {
    Problem {
        kind: ProblemKind::Syntax,
        span: Some(Span::new(file.id, range.start, range.end)),
        path: file.path.clone(),
        text: "syntax error: this declaration could not be read in full".to_owned(),
    }
}

/// Parses a text. Real text needs far fewer steps than this allows; the limit is counted, so that a result does not depend on the
/// machine.
fn parse(text: &[u8]) -> Option<tree_sitter::Tree> {
    let mut left = 10_000 + text.len();
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    PARSER.with_borrow_mut(|parser| {
        let options = ParseOptions::new().progress_callback(&mut progress);
        let parsed = parser.parse_with_options(&mut |at, _| text.get(at..).unwrap_or_default(), None, Some(options));
        parser.reset();
        parsed
    })
}
