//! Which paths lead from a node to the end of a function, and what is known on each? An explorer that keeps what it knows apart for each
//! way to a point, where the solver in `paths` joins it.
//!
//! ```go
//! f, err := os.Open(name) // from here:
//! if err != nil {         // on True the walk says that the path does not matter
//!     return err
//! }
//! if !ok {
//!     return errBad       // a path ends here, and its trail names the edges that led to it
//! }
//! ```
//!
//! At most [`MOST_STATES`] states are followed from a block, and at most [`MOST_STEPS`] blocks in all: what comes on top is not
//! followed, so an explorer may miss a path and never makes one up.
//!
//! Not here: what a state is (the engines in `rules`).

use super::graph::{BlockId, EdgeKind, Graph, Place};
use crate::ast::{ExprId, Node};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// How many states are followed from one block.
pub const MOST_STATES: usize = 8;
/// How many times a block is gone through in one exploration.
pub const MOST_STEPS: usize = 2000;

/// What an explorer asks of its caller.
pub trait Walk {
    /// What is known at a point.
    type State: Clone + Eq;

    /// What a node does. `false`: the path does not matter any further.
    fn node(&mut self, place: Place, node: Node, state: &mut Self::State, trail: &Trail) -> bool;

    /// What an edge tells. `false`: in this state control cannot take it, or the path does not matter any further.
    fn edge(&mut self, edge: EdgeKind, state: &mut Self::State) -> bool;

    /// A path gets to the exit.
    fn exit(&mut self, state: &Self::State, trail: &Trail);

    /// Whether a call returns.
    fn returns(&self, call: ExprId) -> bool;
}

/// A step of a path: the block that control left, and by which edge.
#[derive(Clone, Copy, Debug)]
struct Step {
    before: Option<u32>,
    from: BlockId,
    edge: EdgeKind,
}

/// The way to a point.
pub struct Trail<'a> {
    steps: &'a [Step],
    last: Option<u32>,
}

impl Trail<'_> {
    /// The edges of the way and the blocks they leave, the last one first.
    pub fn edges(&self) -> impl Iterator<Item = (BlockId, EdgeKind)> {
        let step = |at: Option<u32>| at.map(|at| self.steps[at as usize]);
        std::iter::successors(step(self.last), move |of| step(of.before)).map(|step| (step.from, step.edge))
    }
}

/// Follows all paths from a node on; answers whether these were all.
pub fn explore<W: Walk>(graph: &Graph, (start, at): Place, state: W::State, walk: &mut W) -> bool {
    let mut steps: Vec<Step> = Vec::new();
    let mut seen: FxHashMap<BlockId, Vec<W::State>> = FxHashMap::default();
    let mut waiting = VecDeque::from([(start, at, state, None)]);
    let mut taken = 0;
    let mut complete = true;
    while let Some((id, first, mut state, last)) = waiting.pop_front() {
        taken += 1;
        if taken > MOST_STEPS {
            return false;
        }
        let block = graph.block(id);
        let mut goes_on = true;
        for (at, &node) in block.nodes.iter().enumerate().skip(first) {
            goes_on = walk.node((id, at), node, &mut state, &Trail { steps: &steps, last });
            if !goes_on {
                break;
            }
        }
        if !goes_on || !graph.passes(id, &|call| walk.returns(call)) {
            continue;
        }
        if id == graph.exit {
            walk.exit(&state, &Trail { steps: &steps, last });
            continue;
        }
        for edge in &block.edges {
            let mut next = state.clone();
            if !walk.edge(edge.kind, &mut next) {
                continue;
            }
            let known = seen.entry(edge.to).or_default();
            if known.contains(&next) {
                continue;
            }
            if known.len() >= MOST_STATES {
                complete = false;
                continue;
            }
            known.push(next.clone());
            let step = steps.len() as u32;
            steps.push(Step { before: last, from: id, edge: edge.kind });
            waiting.push_back((edge.to, 0, next, Some(step)));
        }
    }
    complete
}
