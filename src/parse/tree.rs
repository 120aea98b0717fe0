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
use super::outline::{DeclKind, OutlineDecl};
use super::table;
use crate::ast::{Decl, FuncDecl, Index, Node, Range, Tree};
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
    let mut tree = tree(file, read, arena);
    let Some(error) = error else { return (tree, Vec::new()) };
    if let Decl::Func(func) = &mut tree.decl {
        // Recovery may have closed the body too early.
        func.range = decl.range;
    }
    keep_reachable(&mut tree);
    let end = decl.range.end;
    (tree, vec![problem(file, Range { start: error.start.min(end), end: error.end.min(end) })])
}

/// Reads a function without its body: the text up to the `{`; a variable that holds a long table without the table. The tree is that of
/// the whole declaration with no body, and its nodes have numbers of their own. `None` for what has no body, and for what cannot be read
/// without an error.
pub fn header(file: &SourceFile, decl: &OutlineDecl) -> Option<Tree> {
    if decl.kind == DeclKind::Var {
        let text = table::shortened(&file.text, decl.range)?;
        let range = Range { start: decl.range.start, end: text.len() as u32 };
        let short = SourceFile::new(file.id, file.path.clone(), text);
        let (arena, read, error) = Reader { file: &short, range }.read(Effort::Words);
        return error.is_none().then(|| tree(&short, read, arena));
    }
    let reader = Reader { file, range: Range { start: decl.range.start, end: decl.body?.start } };
    let (arena, read, _) =
        [Effort::Words, Effort::Types].into_iter().map(|effort| reader.read(effort)).find(|(.., error)| error.is_none())?;
    let mut tree = tree(file, read, arena);
    let Decl::Func(func) = &mut tree.decl else { return None };
    func.range = decl.range;
    Some(tree)
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
        let receiver =
            rewrite.receiver.map(|range| self.parse(&Rewrite::of(&self.file.text, range, "func _", Effort::Words), range, &mut arena));
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

/// Takes from the index what hangs below something unreadable and is not in the tree.
fn keep_reachable(tree: &mut Tree) {
    let mut roots = Vec::new();
    match &tree.decl {
        Decl::Bad => {}
        Decl::Gen(decl) => tree.spec_children(decl, &mut roots),
        Decl::Func(func) => roots.extend([Node::Expr(func.ty)].into_iter().chain(func.body.map(Node::Stmt))),
    }
    let (mut exprs, mut stmts) = (vec![false; tree.exprs.len()], vec![false; tree.stmts.len()]);
    for root in roots {
        tree.walk(root, |node| {
            match node {
                Node::Expr(id) => exprs[id.0 as usize] = true,
                Node::Stmt(id) => stmts[id.0 as usize] = true,
            }
            true
        });
    }
    tree.index.calls.retain(|id| exprs[id.0 as usize]);
    tree.index.func_lits.retain(|id| exprs[id.0 as usize]);
    tree.index.defers.retain(|id| stmts[id.0 as usize]);
    tree.index.gos.retain(|id| stmts[id.0 as usize]);
}

/// Says where, with the first line of what is there.
fn problem(file: &SourceFile, range: Range) -> Problem {
    let line = file.slice(range.start, range.end).lines().next().unwrap_or_default().trim();
    let near: String = line.chars().take(40).collect();
    let text = if near.is_empty() { "syntax error".to_owned() } else { format!("syntax error near `{near}`") };
    Problem { kind: ProblemKind::Syntax, span: Some(Span::new(file.id, range.start, range.end)), path: file.path.clone(), text }
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
