//! What is asked of one function's body again for each of its defers: computed once, for generated code has thousands of them.
//!
//! ```go
//! for { f1 := open(); defer f1.Close(); f2 := open(); defer f2.Close() /* … */ }
//! ```
//!
//! Not here: what belongs to one defer.

use crate::ast::{Expr, ExprId, StmtId};
use crate::facts::Kind;
use crate::flow::{self, BlockId, Edge, Graph, LoopId, Loops};
use crate::project::DeclId;
use crate::sema::{Callee, LocalId};
use crate::summary::Summaries;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};
use std::hash::Hash;

/// Calls and where they stand, by what they are about.
type Calls<K> = FxHashMap<K, Vec<(BlockId, ExprId)>>;

/// A function's or function literal's body.
pub(super) struct Body<'a> {
    summaries: &'a Summaries<'a>,
    pub(super) decl: DeclId,
    pub(super) graph: Graph,
    pub(super) loops: Loops,
    /// By block, whether all its calls return. It is asked only inside of loops that matter, for the answer reads other functions.
    passes: Vec<OnceCell<bool>>,
    /// By loop: the blocks from which a path inside leads to the header.
    turning: RefCell<FxHashMap<LoopId, FxHashSet<BlockId>>>,
    exits: RefCell<FxHashMap<LoopId, bool>>,
    released: OnceCell<Calls<LocalId>>,
    started: OnceCell<Calls<(LocalId, Kind)>>,
    /// The variables that C gets.
    with_c: OnceCell<FxHashSet<LocalId>>,
}

impl<'a> Body<'a> {
    pub(super) fn new(summaries: &'a Summaries<'a>, decl: DeclId, body: StmtId) -> Body<'a> {
        let tree = summaries.sema.tree(decl);
        let graph = flow::graph(tree, body);
        let loops = Loops::of(&graph, tree);
        let passes = graph.ids().map(|_| OnceCell::new()).collect();
        let (turning, exits, released, started, with_c) = Default::default();
        Body { summaries, decl, graph, loops, passes, turning, exits, released, started, with_c }
    }

    fn passes(&self, block: BlockId) -> bool {
        *self.passes[block.0 as usize].get_or_init(|| self.graph.passes(block, &|call| !self.summaries.never_returns(self.decl, call)))
    }

    /// Where control goes from a block; from one that does not return, nowhere that matters here.
    pub(super) fn edges(&self, block: BlockId) -> &[Edge] {
        if self.passes(block) { &self.graph.block(block).edges } else { &[] }
    }

    /// Whether a path inside the loop leads from a block back to the loop's header.
    pub(super) fn turns(&self, id: LoopId, from: BlockId) -> bool {
        self.turning.borrow_mut().entry(id).or_insert_with(|| self.turning(id)).contains(&from)
    }

    fn turning(&self, id: LoopId) -> FxHashSet<BlockId> {
        let mut turning = FxHashSet::default();
        let mut stack = vec![self.loops.get(id).header];
        while let Some(block) = stack.pop() {
            for &(from, _) in &self.graph.block(block).preds {
                let open = self.loops.contains(id, from) && self.passes(from);
                if open && turning.insert(from) {
                    stack.push(from);
                }
            }
        }
        turning
    }

    /// Whether a path leads out of a loop.
    pub(super) fn has_exit(&self, id: LoopId) -> bool {
        let returns = |call| !self.summaries.never_returns(self.decl, call);
        *self.exits.borrow_mut().entry(id).or_insert_with(|| self.loops.has_exit(&self.graph, id, &returns))
    }

    /// The calls that release what a variable holds, or part of it, where they stand; deferred ones are none.
    pub(super) fn released(&self, local: LocalId) -> &[(BlockId, ExprId)] {
        let released = self.released.get_or_init(|| {
            let roots = |call| {
                let releases = self.summaries.releases(self.decl, call).into_iter();
                releases.filter_map(|release| self.summaries.root(self.decl, release.resource)).collect()
            };
            self.calls_by(&roots)
        });
        released.get(&local).map_or(&[], Vec::as_slice)
    }

    /// The calls of a variable's own method that acquire something of a kind: `cmd.Start()`.
    pub(super) fn started(&self, local: LocalId, kind: Kind) -> &[(BlockId, ExprId)] {
        let started = self.started.get_or_init(|| self.calls_by(&|call| self.summaries.receiver_acquisitions(self.decl, call)));
        started.get(&(local, kind)).map_or(&[], Vec::as_slice)
    }

    /// Whether C gets what a variable holds, and may keep it for later: `C.set_argv(i, arg)`.
    pub(super) fn is_with_c(&self, local: LocalId) -> bool {
        let with_c = self.with_c.get_or_init(|| {
            let sema = &self.summaries.sema;
            let tree = sema.tree(self.decl);
            let is_c = |&&call: &&ExprId| match sema.callee(self.decl, call) {
                Callee::Function(function) => function.key.starts_with("C.") && function.key != "C.free",
                _ => false,
            };
            let args = tree.index.calls.iter().filter(is_c).flat_map(|&call| match tree.expr(call) {
                Expr::Call { args, .. } => &args[..],
                _ => &[],
            });
            args.filter_map(|&arg| self.summaries.root(self.decl, arg)).collect()
        });
        with_c.contains(&local)
    }

    /// The body's calls in source order, by what they are told to be about.
    fn calls_by<K: Eq + Hash>(&self, keys: &dyn Fn(ExprId) -> Vec<K>) -> FxHashMap<K, Vec<(BlockId, ExprId)>> {
        let mut found: FxHashMap<K, Vec<(BlockId, ExprId)>> = FxHashMap::default();
        for block in self.graph.ids() {
            for &call in &self.graph.block(block).calls {
                keys(call).into_iter().for_each(|key| found.entry(key).or_default().push((block, call)));
            }
        }
        found
    }
}
