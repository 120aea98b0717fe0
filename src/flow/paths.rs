//! What may hold at each point of a function, whichever way control came? A solver for forward problems: the caller brings the states
//! and what nodes and edges do to them, the solver walks the graph until nothing changes.
//!
//! ```go
//! f, err := os.Open(name) // transfer: f is owned or err is set
//! if err != nil {         // refine: on True err is set, so f is not owned
//!     return err
//! }                       // join: what may hold is what may hold on any way here
//! ```
//!
//! Not here: which states there are (the engines in `rules` and `summary`).

use super::dominators::reverse_postorder;
use super::graph::{Block, BlockId, EdgeKind, Graph, Place};
use crate::ast::{ExprId, Node};
use std::collections::BTreeSet;

/// A forward problem.
pub trait Domain {
    /// What may hold at a point. Joined again and again it must stop growing, or the solver gives up.
    type State: Clone;

    /// What holds when the function starts.
    fn entry(&self) -> Self::State;

    /// Adds what may hold on another way to the same point; answers whether that changed anything.
    fn join(&self, into: &mut Self::State, from: &Self::State) -> bool;

    /// What a node does. Walk it with [`Graph::walk`]. It is told where, so that a state can name a node.
    fn transfer(&self, place: Place, node: Node, state: &mut Self::State);

    /// What an edge tells. `false`: in this state control cannot take it.
    fn refine(&self, _edge: EdgeKind, _state: &mut Self::State) -> bool {
        true
    }

    /// Whether a call returns.
    fn returns(&self, _call: ExprId) -> bool {
        true
    }

    /// How often a block is gone through before the solver gives up.
    fn limit(&self) -> usize {
        100
    }
}

/// What may hold, at the start of each block.
#[derive(Clone, Debug)]
pub struct Solution<S> {
    /// By block; `None` where control never gets to.
    pub before: Vec<Option<S>>,
    /// All ways were followed until nothing changed. If not, nothing may be concluded from what does not hold.
    pub complete: bool,
}

/// Solves a problem on a graph.
pub fn solve<D: Domain>(graph: &Graph, domain: &D) -> Solution<D::State> {
    let returns = |call| domain.returns(call);
    let order = reverse_postorder(graph, &returns);
    let mut position = vec![0; graph.blocks.len()];
    for (at, id) in order.iter().enumerate() {
        position[id.0 as usize] = at;
    }
    let mut solution = Solution { before: vec![None; graph.blocks.len()], complete: true };
    solution.before[graph.entry.0 as usize] = Some(domain.entry());
    let mut turns = vec![0; graph.blocks.len()];
    let mut waiting = BTreeSet::from([0]);
    while let Some(at) = waiting.pop_first() {
        let id = order[at];
        turns[id.0 as usize] += 1;
        if turns[id.0 as usize] > domain.limit() {
            solution.complete = false;
            break;
        }
        let Some(mut state) = solution.before[id.0 as usize].clone() else { continue };
        run(graph.block(id), id, domain, &mut state, usize::MAX);
        for edge in graph.edges(id, &returns) {
            let mut next = state.clone();
            if !domain.refine(edge.kind, &mut next) {
                continue;
            }
            let changed = match &mut solution.before[edge.to.0 as usize] {
                Some(before) => domain.join(before, &next),
                none => {
                    *none = Some(next);
                    true
                }
            };
            if changed {
                waiting.insert(position[edge.to.0 as usize]);
            }
        }
    }
    solution
}

/// Applies a block's nodes before position `end`.
fn run<D: Domain>(block: &Block, id: BlockId, domain: &D, state: &mut D::State, end: usize) {
    for (at, &node) in block.nodes.iter().enumerate().take(end) {
        domain.transfer((id, at), node, state);
    }
}

impl<S: Clone> Solution<S> {
    /// What may hold just before the node at a place; `None` where control never gets to.
    pub fn at<D: Domain<State = S>>(&self, graph: &Graph, domain: &D, (id, at): Place) -> Option<S> {
        let mut state = self.before[id.0 as usize].clone()?;
        run(graph.block(id), id, domain, &mut state, at);
        Some(state)
    }

    /// What may hold behind the last node of a block.
    pub fn after<D: Domain<State = S>>(&self, graph: &Graph, domain: &D, id: BlockId) -> Option<S> {
        self.at(graph, domain, (id, usize::MAX))
    }
}

#[cfg(test)]
mod tests;
