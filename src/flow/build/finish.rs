//! What is left to do when all statements have blocks? Empty blocks that nothing leads to go, the rest is numbered in source order,
//! and every block learns where control comes from.
//!
//! ```go
//! if ok { return 1 } else { return 2 } // the block behind the `if` goes: nothing leads to it, nothing is in it
//! ```
//!
//! Not here: which blocks and edges a statement makes (`build`).

use super::{Builder, ENTRY, EXIT, PANIC};
use crate::ast::StmtId;
use crate::flow::graph::{BlockId, BlockKind, Edge, EdgeKind, Graph};

impl Builder<'_> {
    pub(super) fn finish(mut self, body: StmtId) -> Graph {
        for (stmt, name) in std::mem::take(&mut self.gotos) {
            if !self.defined.contains(&name) {
                self.broken.push(stmt);
            }
        }
        self.broken.sort_unstable();
        let numbers = self.numbers();
        let new = |id: BlockId| numbers[id.0 as usize];
        let mut blocks = Vec::with_capacity(self.order.len() + 2);
        for &old in self.order.iter().chain(&[EXIT, PANIC]) {
            if new(old).is_none() {
                continue;
            }
            let mut block = std::mem::replace(&mut self.blocks[old.0 as usize], empty());
            let renumber = |edge: &Edge| new(edge.to).map(|to| Edge { to, kind: edge.kind });
            block.edges = block.edges.iter().filter_map(renumber).collect();
            blocks.push(block);
        }
        let [exit, panic] = [EXIT, PANIC].map(|id| new(id).expect("invariant: the exits have numbers"));
        let renumber =
            |place: &mut (BlockId, usize)| place.0 = new(place.0).expect("invariant: a block in which something is has a number");
        self.places.values_mut().for_each(renumber);
        self.expr_places.values_mut().for_each(renumber);
        let mut graph = Graph {
            body,
            blocks,
            entry: ENTRY,
            exit,
            panic,
            broken: self.broken,
            places: self.places,
            expr_places: self.expr_places,
            comms: self.comms,
            gone: [Edge { to: panic, kind: EdgeKind::NoReturn }],
        };
        graph.link();
        graph
    }

    /// The blocks' new numbers: in the order in which they were begun, the exits last, without the empty ones that nothing leads to
    /// and without those of labels that are not there.
    fn numbers(&self) -> Vec<Option<BlockId>> {
        let mut kept = vec![false; self.blocks.len()];
        let mut preds = vec![0u32; self.blocks.len()];
        let mut begun = vec![false; self.blocks.len()];
        self.order.iter().for_each(|id| begun[id.0 as usize] = true);
        self.places.values().chain(self.expr_places.values()).for_each(|place| kept[place.0.0 as usize] = true);
        for &id in &self.order {
            let block = &self.blocks[id.0 as usize];
            kept[id.0 as usize] |= id == ENTRY || !block.nodes.is_empty();
            block.edges.iter().for_each(|edge| preds[edge.to.0 as usize] += 1);
        }
        let mut idle: Vec<BlockId> = self.order.clone();
        while let Some(id) = idle.pop() {
            let at = id.0 as usize;
            if !begun[at] || kept[at] || preds[at] > 0 {
                continue;
            }
            begun[at] = false;
            for edge in &self.blocks[at].edges {
                preds[edge.to.0 as usize] -= 1;
                idle.push(edge.to);
            }
        }
        begun[EXIT.0 as usize] = true;
        begun[PANIC.0 as usize] = true;
        let mut numbers = vec![None; self.blocks.len()];
        let order = self.order.iter().chain(&[EXIT, PANIC]).filter(|id| begun[id.0 as usize]);
        for (number, id) in order.enumerate() {
            numbers[id.0 as usize] = Some(BlockId(number as u32));
        }
        numbers
    }
}

impl Graph {
    /// Writes down where control comes from.
    fn link(&mut self) {
        for from in self.ids() {
            for at in 0..self.block(from).edges.len() {
                let to = self.block(from).edges[at].to;
                self.blocks[to.0 as usize].preds.push((from, at));
            }
        }
    }
}

fn empty() -> super::Block {
    super::Block { kind: BlockKind::Unreachable, stmt: None, nodes: Vec::new(), calls: Vec::new(), edges: Vec::new(), preds: Vec::new() }
}
