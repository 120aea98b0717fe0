//! What is a function's graph? Blocks of nodes that run one after the other, and edges that say why control goes there.
//!
//! ```go
//! func f(c chan int) {
//!     if x := g(); x > 0 && ok(x) {
//!         defer h()
//!     }
//!     c <- 1
//! }
//! ```
//!
//! has these blocks (as `flow::print` shows them):
//!
//! ```text
//! 0 entry:
//!     x := g()
//!     next -> 1
//! 1 body:
//!     x > 0
//!     true(x > 0) -> 2
//!     false(x > 0) -> 4
//! 2 cond:
//!     ok(x)
//!     true(ok(x)) -> 3
//!     false(ok(x)) -> 4
//! 3 if.then:
//!     defer h()
//!     next -> 4
//! 4 if.done:
//!     c <- 1
//!     next -> 5
//! 5 exit:
//! 6 panic:
//! ```
//!
//! **Nodes.** A node is an expression (a condition, a switch's tag, a case's value, a range's operand) or a statement that does
//! something. Control statements are not nodes, with two exceptions: a `RangeStmt` stands in its loop's head for taking the next
//! element and setting key and value, and a `SelectStmt` stands for evaluating its channels and values and waiting. The communication
//! of a case (`v := <-c`) is the first node of the case. So walk a node with [`Graph::walk`] and not with `Tree::walk`, which would
//! enter the loop's body.
//!
//! **Calls.** A block ends after every node that certainly makes a call; [`Block::calls`] has the calls. Whether a call returns is
//! known later and by somebody else: [`Graph::edges`] asks, and where one does not (`panic(..)`, `os.Exit(1)`), control goes to
//! the panic exit instead.
//!
//! **Conditions.** `&&`, `||`, `!` and parentheses in conditions become edges; an edge's condition is a leaf without them. The cases
//! of a `switch` without tag are conditions, in order. The identifiers `true` and `false` decide at once.
//!
//! **Exits.** One for returning or falling off the end, one for calls that never return. A block that blocks for ever (`select {}`)
//! has no edges. Unreachable code has blocks that no edge leads to.
//!
//! **Broken code.** What is not known to flow anywhere (`Bad` statements, jumps without a target) is listed in [`Graph::broken`].
//!
//! Not here: panics of operations other than calls (nil, bounds, division), and `recover`, which may turn a panic into a return;
//! `&&` and `||` outside conditions (`x := a && f()` is one node, and `f()` is not among its certain calls); deferred calls, which
//! run behind the exit (a path solver keeps those it met); the bodies of function literals, which have graphs of their own; and what
//! constants other than `true` and `false` decide.

use crate::ast::{Expr, ExprId, GenTok, Node, Op, SpecKind, Stmt, StmtId, Tree};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The number of a block in its graph. Blocks are numbered in source order, the exits last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// A block and a position among its nodes. The position may be the number of nodes, where a statement has none in this block.
pub type Place = (BlockId, usize);

/// Nodes that run one after the other.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: BlockKind,
    /// The statement that made the block: the `if` of an `if.then`, the clause of a `case`, the `Labeled` of a label.
    pub stmt: Option<StmtId>,
    pub nodes: Vec<Node>,
    /// The calls that the last node certainly makes, in the order in which they are made.
    pub calls: Vec<ExprId>,
    /// Where control goes if all calls return. In a block with a condition the edges are True, False.
    pub edges: Vec<Edge>,
    /// Where control comes from: a block and the index of its edge.
    pub preds: Vec<(BlockId, usize)>,
}

/// A way from a block to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub to: BlockId,
    pub kind: EdgeKind,
}

/// Why control takes an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// Nothing decides.
    Next,
    /// The condition, a leaf without `&&`, `||`, `!` and parentheses, holds.
    True(ExprId),
    /// The condition does not hold.
    False(ExprId),
    /// The tag equals `value`, or the type switch's operand has the type `value` (or is `nil`).
    Case { switch: StmtId, value: ExprId },
    /// The tag does not equal `value`.
    NotCase { switch: StmtId, value: ExprId },
    /// No type of the type switch fits.
    Default(StmtId),
    /// The `select` takes this `Comm` clause.
    Comm(StmtId),
    /// The `RangeStmt` has another element.
    Each(StmtId),
    /// The `RangeStmt` has no more elements.
    Done(StmtId),
    /// A call does not return; see [`Graph::edges`].
    NoReturn,
}

/// What a block is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Entry,
    /// Returned, or fell off the end.
    Exit,
    /// A call did not return.
    Panic,
    /// What follows a call.
    Body,
    /// Code that no edge leads to.
    Unreachable,
    /// The next operand of `&&` or `||`.
    Cond,
    Label,
    IfThen,
    IfElse,
    IfDone,
    ForHead,
    ForBody,
    ForPost,
    ForDone,
    RangeHead,
    RangeBody,
    RangeDone,
    /// The test of a switch's next case.
    SwitchNext,
    /// The body of a `Case`.
    Case,
    SwitchDone,
    /// The body of a `Comm`.
    Comm,
    SelectDone,
}

/// The graph of one function's body.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The body it is of.
    pub body: StmtId,
    pub blocks: Vec<Block>,
    pub entry: BlockId,
    pub exit: BlockId,
    pub panic: BlockId,
    /// Statements of which nobody knows where they lead: `Bad`, and jumps without a target. Empty in code that compiles.
    pub broken: Vec<StmtId>,
    pub(super) places: FxHashMap<StmtId, Place>,
    pub(super) expr_places: FxHashMap<ExprId, Place>,
    pub(super) comms: FxHashSet<StmtId>,
    /// The one edge of a block whose call does not return.
    pub(super) gone: [Edge; 1],
}

impl Graph {
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    /// All blocks' numbers in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = BlockId> + use<> {
        (0..self.blocks.len() as u32).map(BlockId)
    }

    /// Whether control gets to the end of a block: none of its calls is one that never returns.
    pub fn passes(&self, id: BlockId, returns: &dyn Fn(ExprId) -> bool) -> bool {
        self.block(id).calls.iter().all(|&call| returns(call))
    }

    /// Where control goes from a block, `returns` saying which calls return: to the panic exit behind one that does not.
    pub fn edges(&self, id: BlockId, returns: &dyn Fn(ExprId) -> bool) -> &[Edge] {
        if self.passes(id, returns) { &self.block(id).edges } else { &self.gone }
    }

    /// Whether a path leads to the function's end. Paths with fewer calls are tried first, for each call has to be asked about.
    pub fn returns(&self, returns: &dyn Fn(ExprId) -> bool) -> bool {
        let mut seen = vec![false; self.blocks.len()];
        let mut waiting = BinaryHeap::from([Reverse((0, self.entry))]);
        while let Some(Reverse((calls, id))) = waiting.pop() {
            if id == self.exit {
                return true;
            }
            if std::mem::replace(&mut seen[id.0 as usize], true) || !self.passes(id, returns) {
                continue;
            }
            let next = self.block(id).edges.iter().map(|edge| edge.to).filter(|to| !seen[to.0 as usize]);
            waiting.extend(next.map(|to| Reverse((calls + self.block(to).calls.len(), to))));
        }
        false
    }

    /// Where a statement is: its node, if it is one, else where control first gets to it. Every statement of the body outside
    /// function literals has a place.
    pub fn place(&self, stmt: StmtId) -> Option<Place> {
        self.places.get(&stmt).copied()
    }

    /// Where a call, a receive (`<-c`) or a function literal of the body is evaluated; for the call of a `defer` or `go`, where that
    /// statement is.
    pub fn place_of(&self, expr: ExprId) -> Option<Place> {
        self.expr_places.get(&expr).copied()
    }

    /// The node at a place.
    pub fn node(&self, (block, at): Place) -> Option<Node> {
        self.block(block).nodes.get(at).copied()
    }

    /// Whether a statement is the communication of a `select`'s case.
    pub fn is_comm(&self, stmt: StmtId) -> bool {
        self.comms.contains(&stmt)
    }

    /// Calls `visit` with every expression that a node evaluates or assigns to, parents first, in source order. `visit` answers
    /// whether to go into the expression's parts; function literals are visited and never entered. Of `go f(x)` and `defer f(x)`
    /// it visits `f` and `x`: the call comes later.
    pub fn walk(&self, tree: &Tree, node: Node, mut visit: impl FnMut(ExprId) -> bool) {
        let mut roots = Vec::new();
        roots_of(tree, node, &self.comms, &mut roots);
        for Root { expr, whole } in roots {
            walk_expr(tree, expr, |id| visit(id) && whole);
        }
    }
}

/// An expression that a node evaluates, whole or only itself without its parts.
pub(super) struct Root {
    pub(super) expr: ExprId,
    pub(super) whole: bool,
}

/// Calls `visit` with an expression and its parts; see [`Graph::walk`].
pub(super) fn walk_expr(tree: &Tree, root: ExprId, mut visit: impl FnMut(ExprId) -> bool) {
    tree.walk(Node::Expr(root), |node| match node {
        Node::Expr(id) => visit(id) && !matches!(tree.expr(id), Expr::FuncLit { .. }),
        Node::Stmt(_) => false,
    });
}

/// The expressions that a node evaluates.
pub(super) fn roots_of(tree: &Tree, node: Node, comms: &FxHashSet<StmtId>, out: &mut Vec<Root>) {
    let mut push = |expr: &ExprId| out.push(Root { expr: *expr, whole: true });
    let stmt = match node {
        Node::Expr(id) => return push(&id),
        Node::Stmt(id) => id,
    };
    match tree.stmt(stmt) {
        Stmt::Send { .. } | Stmt::Assign { .. } | Stmt::Expr { .. } if comms.contains(&stmt) => comm_roots(tree, stmt, out),
        Stmt::Expr { x } | Stmt::IncDec { x, .. } => push(x),
        Stmt::Send { chan, value } => [chan, value].into_iter().for_each(push),
        Stmt::Assign { lhs, rhs, .. } => lhs.iter().chain(rhs.iter()).for_each(push),
        Stmt::Go { call } | Stmt::Defer { call } => match tree.expr(tree.unparen(*call)) {
            Expr::Call { fun, args, .. } => std::iter::once(fun).chain(args.iter()).for_each(push),
            _ => push(call),
        },
        Stmt::Return { results } => results.iter().for_each(push),
        Stmt::Decl(decl) if decl.tok == GenTok::Var => {
            for spec in &decl.specs {
                if let SpecKind::Value { names, values, .. } = &spec.kind {
                    names.iter().chain(values.iter()).for_each(&mut push);
                }
            }
        }
        Stmt::Range { key, value, .. } => key.iter().chain(value.iter()).for_each(push),
        Stmt::Select { body } => select_roots(tree, *body, out),
        _ => {}
    }
}

/// What a `select` evaluates before it waits: channels, and values to send.
fn select_roots(tree: &Tree, body: StmtId, out: &mut Vec<Root>) {
    let Stmt::Block { list } = tree.stmt(body) else { return };
    for &clause in list {
        let Stmt::Comm { comm: Some(comm), .. } = tree.stmt(clause) else { continue };
        let mut push = |expr: ExprId| out.push(Root { expr, whole: true });
        match tree.stmt(*comm) {
            Stmt::Send { chan, value } => [*chan, *value].into_iter().for_each(push),
            Stmt::Expr { x } => push(received(tree, *x)),
            Stmt::Assign { rhs, .. } => rhs.iter().for_each(|&x| push(received(tree, x))),
            _ => {}
        }
    }
}

/// What is left to do when the `select` has taken a case: the receive itself and the assignment. Of a send, nothing.
fn comm_roots(tree: &Tree, comm: StmtId, out: &mut Vec<Root>) {
    match tree.stmt(comm) {
        Stmt::Expr { x } => out.push(Root { expr: tree.unparen(*x), whole: false }),
        Stmt::Assign { lhs, rhs, .. } => {
            out.extend(lhs.iter().map(|&expr| Root { expr, whole: true }));
            out.extend(rhs.iter().map(|&x| Root { expr: tree.unparen(x), whole: false }));
        }
        _ => {}
    }
}

/// The channel of `<-c`; another expression is its own.
fn received(tree: &Tree, x: ExprId) -> ExprId {
    match tree.expr(tree.unparen(x)) {
        Expr::Unary { op: Op::Arrow, x } => *x,
        _ => x,
    }
}
