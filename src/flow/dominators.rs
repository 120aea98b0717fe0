//! What must have happened before control gets here? A block dominates another if every path from the entry leads through it; an
//! edge does likewise, and then its condition was decided.
//!
//! ```go
//! if err != nil {
//!     return err
//! }
//! use(f) // (err != nil, false) holds here, as far as nobody assigned to err since
//! ```
//!
//! Dominators depend on which calls return: behind `if err != nil { log.Fatal(err) }` the same holds.
//! The tree is made with the algorithm of Cooper, Harvey and Kennedy.
//!
//! Not here: whether a condition's variables changed since it was tested.

use super::graph::{BlockId, Edge, EdgeKind, Graph};
use crate::ast::ExprId;
use std::collections::BTreeSet;

/// The dominator tree of a graph.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// The blocks that are reached, in reverse postorder.
    order: Vec<BlockId>,
    /// Position in `order`, by block.
    position: Vec<Option<u32>>,
    /// The closest dominator, by position; the entry is its own.
    idom: Vec<u32>,
    /// First and last number of the tree below, by position.
    below: Vec<(u32, u32)>,
    /// The edges by which control comes, by position.
    preds: Vec<Vec<(u32, usize)>>,
    /// Whether the block's calls return, by position.
    passes: Vec<bool>,
}

impl Dominators {
    /// Makes the tree, `returns` saying which calls return.
    pub fn of(graph: &Graph, returns: &dyn Fn(ExprId) -> bool) -> Dominators {
        let order = reverse_postorder(graph, returns);
        let mut position = vec![None; graph.blocks.len()];
        for (at, id) in order.iter().enumerate() {
            position[id.0 as usize] = Some(at as u32);
        }
        let mut preds = vec![Vec::new(); order.len()];
        for (from, &id) in order.iter().enumerate() {
            for (at, edge) in graph.edges(id, returns).iter().enumerate() {
                let to = position[edge.to.0 as usize].expect("invariant: an edge of a reached block leads to a reached block");
                preds[to as usize].push((from as u32, at));
            }
        }
        let passes = order.iter().map(|&id| graph.passes(id, returns)).collect();
        let idom = immediate(&preds);
        let below = numbers(&idom);
        Dominators { order, position, idom, below, preds, passes }
    }

    fn at(&self, block: BlockId) -> Option<usize> {
        self.position[block.0 as usize].map(|at| at as usize)
    }

    /// Whether any path from the entry leads to the block.
    pub fn reached(&self, block: BlockId) -> bool {
        self.at(block).is_some()
    }

    /// The blocks that are reached, each behind those that dominate it.
    pub fn order(&self) -> &[BlockId] {
        &self.order
    }

    /// The closest block before `block` through which all paths lead; the entry has none.
    pub fn immediate(&self, block: BlockId) -> Option<BlockId> {
        let at = self.at(block)?;
        (at > 0).then(|| self.order[self.idom[at] as usize])
    }

    /// Whether every path from the entry to `b` leads through `a`. A block dominates itself. What is never reached dominates nothing
    /// and is dominated by nothing.
    pub fn dominates(&self, a: BlockId, b: BlockId) -> bool {
        match (self.at(a), self.at(b)) {
            (Some(a), Some(b)) => self.dominates_at(a, b),
            _ => false,
        }
    }

    fn dominates_at(&self, a: usize, b: usize) -> bool {
        let (first, last) = self.below[a];
        (first..=last).contains(&self.below[b].0)
    }

    /// Whether every path from the entry to `block` takes the edge with this index of `from`.
    pub fn edge_dominates(&self, graph: &Graph, from: BlockId, edge: usize, block: BlockId) -> bool {
        let Some(from) = self.at(from).filter(|&from| self.passes[from]) else { return false };
        let Some(edge_of) = graph.block(self.order[from]).edges.get(edge) else { return false };
        let (Some(to), Some(block)) = (self.at(edge_of.to), self.at(block)) else { return false };
        self.dominates_at(to, block) && self.only_way(to) == Some((from as u32, edge))
    }

    /// The one edge by which control first comes to a block; other edges only lead back to it from what it dominates.
    fn only_way(&self, to: usize) -> Option<(u32, usize)> {
        let mut ways = self.preds[to].iter().filter(|&&(from, _)| !self.dominates_at(to, from as usize));
        let way = ways.next()?;
        ways.next().is_none().then_some(*way)
    }

    /// The edges that every path from the entry to `block` takes, the closest first.
    pub fn edges_before(&self, graph: &Graph, block: BlockId) -> Vec<(BlockId, Edge)> {
        let mut found = Vec::new();
        let mut next = self.at(block);
        while let Some(at) = next.filter(|&at| at > 0) {
            if let Some((from, edge)) = self.only_way(at)
                && self.passes[from as usize]
            {
                let from = self.order[from as usize];
                found.push((from, graph.block(from).edges[edge]));
            }
            next = Some(self.idom[at] as usize);
        }
        found
    }

    /// The conditions that were decided on every path from the entry to `block`, and how; the closest first. They hold as far as
    /// nobody assigned to their variables since.
    pub fn conditions_at(&self, graph: &Graph, block: BlockId) -> Vec<(ExprId, bool)> {
        let condition = |(_, edge): (BlockId, Edge)| match edge.kind {
            EdgeKind::True(cond) => Some((cond, true)),
            EdgeKind::False(cond) => Some((cond, false)),
            _ => None,
        };
        self.edges_before(graph, block).into_iter().filter_map(condition).collect()
    }
}

/// The blocks that are reached from the entry: each before those it leads to, but for edges that lead back.
pub(super) fn reverse_postorder(graph: &Graph, returns: &dyn Fn(ExprId) -> bool) -> Vec<BlockId> {
    let mut seen = vec![false; graph.blocks.len()];
    let mut order = Vec::new();
    let mut stack = vec![(graph.entry, graph.edges(graph.entry, returns))];
    seen[graph.entry.0 as usize] = true;
    while let Some((id, edges)) = stack.last_mut() {
        // The last edge first, so that the order is close to the source's.
        let Some((edge, rest)) = edges.split_last() else {
            order.push(*id);
            stack.pop();
            continue;
        };
        *edges = rest;
        if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
            stack.push((edge.to, graph.edges(edge.to, returns)));
        }
    }
    order.reverse();
    order
}

/// The closest dominators by position, until nothing changes.
fn immediate(preds: &[Vec<(u32, usize)>]) -> Vec<u32> {
    const UNKNOWN: u32 = u32::MAX;
    let mut idom = vec![UNKNOWN; preds.len()];
    idom[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for at in 1..preds.len() {
            let known = preds[at].iter().map(|&(from, _)| from).filter(|&from| idom[from as usize] != UNKNOWN);
            let new = meet(&idom, known.collect()).unwrap_or(UNKNOWN);
            changed |= std::mem::replace(&mut idom[at], new) != new;
        }
    }
    idom
}

/// The closest common dominator. All climb together, the deepest first, so that no stretch is climbed twice: a long condition or
/// switch has thousands of ways to one block.
fn meet(idom: &[u32], mut blocks: BTreeSet<u32>) -> Option<u32> {
    while blocks.len() > 1 {
        let deepest = blocks.pop_last()?;
        blocks.insert(idom[deepest as usize]);
    }
    blocks.pop_first()
}

/// Numbers the tree from the root down, so that what is below a node is a range.
fn numbers(idom: &[u32]) -> Vec<(u32, u32)> {
    // A block's dominator comes before it in the order: sizes from the back, first numbers from the front.
    let mut size = vec![1u32; idom.len()];
    for at in (1..idom.len()).rev() {
        size[idom[at] as usize] += size[at];
    }
    let mut free = vec![0u32; idom.len()];
    let mut below = vec![(0, 0); idom.len()];
    for at in 0..idom.len() {
        let first = if at == 0 { 0 } else { free[idom[at] as usize] };
        if at > 0 {
            free[idom[at] as usize] += size[at];
        }
        below[at] = (first, first + size[at] - 1);
        free[at] = first + 1;
    }
    below
}

#[cfg(test)]
mod tests;
