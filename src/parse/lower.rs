//! How does tree-sitter's tree become ours? One walk with a cursor: a node is built when the walk leaves it, from what its children
//! left on a stack, so that no depth of the source is a depth of the program.
//!
//! ```go
//! f(x) // identifier, identifier, argument_list, call_expression: Ident f, Ident x, the list [x], Call{f, [x]}
//! ```
//!
//! Not here: what the grammar reads wrongly (`gaps`), which bytes are parsed (`tree`).

pub(super) mod kinds;

mod decls;
mod exprs;
mod stmts;
mod types;

use super::gaps::Rewrite;
use crate::ast::{Expr, ExprId, Field, FieldList, FuncDecl, GenDecl, LitKind, Name, Range, Spec, Stmt, StmtId};
use kinds::Kind;
use tree_sitter::{Node, TreeCursor};

/// A tree nests at most this deep, as in go/parser.
pub(super) const MAX_DEPTH: u32 = 100_000;

/// The lists of a tree under construction.
#[derive(Default)]
pub(super) struct Arena {
    pub(super) exprs: Vec<Expr>,
    pub(super) expr_ranges: Vec<Range>,
    pub(super) stmts: Vec<Stmt>,
    pub(super) stmt_ranges: Vec<Range>,
    /// Where the `chan` of every `<-chan T` is, in ascending order of the types.
    chan_keywords: Vec<(ExprId, u32)>,
}

impl Arena {
    /// Where the `chan` of a `<-chan T` is.
    fn chan_keyword(&self, id: ExprId) -> u32 {
        let at = self.chan_keywords.binary_search_by_key(&id, |&(id, _)| id);
        at.map_or(self.range_of(id).start, |at| self.chan_keywords[at].1)
    }

    pub(super) fn expr(&mut self, range: Range, expr: Expr) -> ExprId {
        self.exprs.push(expr);
        self.expr_ranges.push(range);
        ExprId(self.exprs.len() as u32 - 1)
    }

    pub(super) fn stmt(&mut self, range: Range, stmt: Stmt) -> StmtId {
        self.stmts.push(stmt);
        self.stmt_ranges.push(range);
        StmtId(self.stmts.len() as u32 - 1)
    }

    pub(super) fn range_of(&self, id: ExprId) -> Range {
        self.expr_ranges[id.0 as usize]
    }
}

/// What a grammar node became.
#[derive(Debug, Default)]
pub(super) enum Value {
    /// Punctuation, a keyword.
    #[default]
    Token,
    /// It could not be read.
    Bad,
    Expr(ExprId),
    /// A list of expressions, with whether `...` follows the last one.
    Exprs(Vec<ExprId>, bool),
    Stmt(StmtId),
    Stmts(Vec<StmtId>),
    /// One or more fields before they are grouped as go/ast does.
    Field(Box<Field>),
    Fields(FieldList),
    Spec(Box<Spec>),
    Specs(Vec<Spec>),
    For(ForParts),
    RangeFor(RangeParts),
    Gen(Box<GenDecl>),
    Func(Box<FuncDecl>),
}

/// The head of `for init; cond; post`.
#[derive(Debug, Default)]
pub(super) struct ForParts {
    init: Option<StmtId>,
    cond: Option<ExprId>,
    post: Option<StmtId>,
}

/// The head of `for key, value := range x`.
#[derive(Debug)]
pub(super) struct RangeParts {
    left: Vec<ExprId>,
    define: bool,
    x: Option<ExprId>,
}

/// A grammar node that was read, waiting for its parent.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) range: Range,
    pub(super) value: Value,
}

impl Item {
    pub(super) fn expr(&self) -> Option<ExprId> {
        match self.value {
            Value::Expr(id) => Some(id),
            _ => None,
        }
    }

    pub(super) fn stmt(&self) -> Option<StmtId> {
        match self.value {
            Value::Stmt(id) => Some(id),
            _ => None,
        }
    }
}

struct Frame {
    kind: Kind,
    range: Range,
    /// How many items there were when the walk went in.
    mark: usize,
    /// How many nodes of ours are around this one.
    depth: u32,
}

/// What the walk found: the items below the root, and the first place that could not be read.
pub(super) struct Lowered {
    pub(super) items: Vec<Item>,
    pub(super) error: Option<Range>,
}

/// Walks a tree of the rewritten text and builds its nodes in `arena`, with ranges and names of the file.
pub(super) fn lower(tree: &tree_sitter::Tree, text: &str, rewrite: &Rewrite, arena: &mut Arena) -> Lowered {
    let mut walk = Walk { text, rewrite, arena, items: Vec::new(), frames: Vec::new(), error: None };
    walk.run(&mut tree.walk());
    if walk.error.is_none() && tree.root_node().has_error() {
        // A hidden token is missing: the tree has an error that no node shows.
        walk.error = Some(walk.range(tree.root_node()));
    }
    Lowered { items: walk.items, error: walk.error }
}

struct Walk<'a> {
    text: &'a str,
    rewrite: &'a Rewrite,
    arena: &'a mut Arena,
    items: Vec<Item>,
    frames: Vec<Frame>,
    error: Option<Range>,
}

impl Walk<'_> {
    fn run(&mut self, cursor: &mut TreeCursor) {
        loop {
            if self.enter(cursor.node()) && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                let Some(frame) = self.frames.pop() else { return };
                self.leave(frame);
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn range(&self, node: Node) -> Range {
        self.rewrite.range(node.start_byte() as u32, node.end_byte() as u32)
    }

    fn fail(&mut self, range: Range) {
        let first = self.error.is_none_or(|error| range.start < error.start);
        if first {
            self.error = Some(range);
        }
    }

    /// Takes a node the walk came to; answers whether its children are to be walked.
    fn enter(&mut self, node: Node) -> bool {
        let kind = Kind::of(node.kind_id());
        match kind {
            Kind::Comment => return false,
            Kind::Error => return self.bad(node),
            _ => {}
        }
        if node.is_missing() {
            let range = self.range(node);
            self.fail(range);
        }
        let depth = self.frames.last().map_or(0, |frame| frame.depth) + u32::from(!kind.is_thin());
        if node.child_count() == 0 || matches!(kind, Kind::Literal(_)) {
            self.leaf(node, kind);
            return false;
        }
        if depth > MAX_DEPTH {
            return self.bad(node);
        }
        let range = self.range(node);
        self.frames.push(Frame { kind, range, mark: self.items.len(), depth });
        true
    }

    fn bad(&mut self, node: Node) -> bool {
        let range = self.range(node);
        self.fail(range);
        self.items.push(Item { kind: Kind::Error, range, value: Value::Bad });
        false
    }

    fn leaf(&mut self, node: Node, kind: Kind) {
        let (start, end) = (node.start_byte() as u32, node.end_byte() as u32);
        let range = self.rewrite.range(start, end);
        if self.rewrite.inserted(start, end) {
            // Text that is not in the file only helps the grammar.
            if kind == Kind::Empty {
                let id = self.arena.stmt(range, Stmt::Empty { implicit: true });
                self.items.push(Item { kind, range, value: Value::Stmt(id) });
            }
            return;
        }
        let value = match kind {
            Kind::Identifier | Kind::FieldIdentifier | Kind::TypeIdentifier => Value::Expr(self.name(range)),
            Kind::Literal(lit) => Value::Expr(self.arena.expr(range, Expr::BasicLit(lit))),
            Kind::Empty => Value::Stmt(self.arena.stmt(range, Stmt::Empty { implicit: false })),
            _ => Value::Token,
        };
        // Such a node can be a leaf: `return`, `break`, an empty file.
        let value = match (kind, value) {
            (Kind::Return | Kind::Branch(_), Value::Token) => {
                stmts::build(self.arena, kind, range, &mut []).map_or(Value::Token, |(_, value)| value)
            }
            (_, value) => value,
        };
        self.items.push(Item { kind, range, value });
    }

    /// The identifier that stands in the file there, or the type whose place it keeps.
    fn name(&mut self, range: Range) -> ExprId {
        if let Some(id) = self.rewrite.kept(range) {
            return id;
        }
        let name = self.text.get(range.start as usize..range.end as usize).unwrap_or_default();
        self.arena.expr(range, Expr::Ident(Name::from(name)))
    }

    /// Builds a node of the items its children left.
    fn leave(&mut self, frame: Frame) {
        if frame.kind == Kind::SourceFile {
            return;
        }
        let kids = &mut self.items[frame.mark..];
        let built = build(self.arena, frame.kind, frame.range, kids);
        let unread = built.is_none() && kids.iter().any(|item| matches!(item.value, Value::Bad));
        self.items.truncate(frame.mark);
        match built {
            Some((range, value)) => self.items.push(Item { kind: frame.kind, range, value }),
            None if unread => self.items.push(Item { kind: Kind::Error, range: frame.range, value: Value::Bad }),
            None => {}
        }
    }
}

/// The node's range as go/ast has it and what it became; nothing for a node that only inserted text made.
type Built = Option<(Range, Value)>;

fn build(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    exprs::build(arena, kind, range, kids)
        .or_else(|| types::build(arena, kind, range, kids))
        .or_else(|| stmts::build(arena, kind, range, kids))
        .or_else(|| decls::build(arena, kind, range, kids))
}

/// The expressions among some items, in order.
fn exprs_of(kids: &[Item]) -> impl Iterator<Item = ExprId> {
    kids.iter().filter_map(Item::expr)
}

/// The expressions among the items of a list; what could not be read is a `Bad` in its place.
fn listed(arena: &mut Arena, kids: &[Item]) -> Vec<ExprId> {
    let mut list = Vec::with_capacity(kids.len() / 2 + 1);
    for item in kids {
        match item.value {
            Value::Expr(id) => list.push(id),
            Value::Bad => list.push(arena.expr(item.range, Expr::Bad)),
            _ => {}
        }
    }
    list
}

/// The item's statement: a declaration becomes a `Stmt::Decl`, what could not be read a `Stmt::Bad`.
fn as_stmt(arena: &mut Arena, item: &mut Item) -> Option<StmtId> {
    match std::mem::take(&mut item.value) {
        Value::Stmt(id) => Some(id),
        Value::Gen(decl) => Some(arena.stmt(item.range, Stmt::Decl(*decl))),
        Value::Bad => Some(arena.stmt(item.range, Stmt::Bad)),
        _ => None,
    }
}

/// The items whose token ends or starts something.
fn token(kids: &[Item], kind: Kind) -> Option<&Item> {
    kids.iter().find(|item| item.kind == kind)
}

fn is_string(item: &Item) -> bool {
    item.kind == Kind::Literal(LitKind::String)
}

fn from_to(start: Range, end: Range) -> Range {
    Range { start: start.start, end: end.end }
}
