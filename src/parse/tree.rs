//! Which bytes does the grammar read for a declaration, and what comes of them? A slice of the file, rewritten where the grammar has
//! gaps, parsed and lowered at once; the parser's tree is dropped here.
//!
//! ```go
//! func f() {} // and the line end behind it: the grammar calls `var x int` without one an error
//! ```
//!
//! Not here: which declarations there are (`outline`).

use super::gaps::Rewrite;
use super::lower::{self, Arena, Value};
use super::outline::OutlineDecl;
use crate::ast::{Decl, Index, Range, Tree};
use crate::finding::{Problem, ProblemKind};
use crate::source::{SourceFile, Span};
use std::cell::RefCell;
use std::ops::ControlFlow;
use tree_sitter::{ParseOptions, Parser};

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
    let mut text = file.slice(decl.range.start, decl.range.end).as_bytes().to_vec();
    text.push(b'\n');
    let rewrite = Rewrite { text, base: decl.range.start, ..Rewrite::default() };
    let mut arena = Arena::default();
    let (decl, error) = read(file, decl.range, &rewrite, &mut arena);
    let problems = error.map(|range| problem(file, range)).into_iter().collect();
    (tree(file, decl, arena), problems)
}

fn read(file: &SourceFile, range: Range, rewrite: &Rewrite, arena: &mut Arena) -> (Decl, Option<Range>) {
    let Some(parsed) = parse(&rewrite.text) else { return (Decl::Bad, Some(range)) };
    let lowered = lower::lower(&parsed, &file.text, rewrite, arena);
    let decl = lowered.items.into_iter().find_map(|item| match item.value {
        Value::Func(func) => Some(Decl::Func(*func)),
        Value::Gen(decl) => Some(Decl::Gen(*decl)),
        _ => None,
    });
    match decl {
        Some(decl) => (decl, lowered.error),
        None => (Decl::Bad, lowered.error.or(Some(range))),
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
