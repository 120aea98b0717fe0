//! Which loops does a function have, what is inside, and do they end? And can control come back to where it was?
//!
//! ```go
//! for {                     // For, not conditional
//!     conn, err := l.Accept()
//!     if err != nil {
//!         return            // its exit; this block is not in the loop: no path leads from it back to the head
//!     }
//!     go serve(conn)
//! }
//! ```
//!
//! A loop is what the graph makes one: a cycle that is entered at its header. So a `for` that always leaves in its first turn is
//! none, a `goto` back is one, and of `if bad { return }` inside a loop the `return` is outside. Loops nest; a block's innermost loop
//! is found at once (Havlak's algorithm: one pass over the graph, also where `goto` enters a cycle at several places).
//! Code that is never reached is in no loop.
//!
//! Calls that never return do not change which loops there are; they are asked about by [`Loops::has_exit`] and [`reaches_again`].
//!
//! Not here: how often a loop turns (`flow::trips`), functions that are called again and again (`module`).

use super::build::constant;
use super::graph::{BlockId, BlockKind, EdgeKind, Graph, Place};
use crate::ast::{Expr, ExprId, Op, Stmt, StmtId, Tree};
use std::collections::BTreeSet;

/// The number of a loop among its function's; a loop comes before those inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopId(pub u32);

/// What makes a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoopKind {
    For(StmtId),
    Range(StmtId),
    /// The `Labeled` statement that a `goto` goes back to.
    Goto(StmtId),
}

impl LoopKind {
    /// The `For`, `Range` or `Labeled` statement.
    pub fn stmt(self) -> StmtId {
        match self {
            LoopKind::For(stmt) | LoopKind::Range(stmt) | LoopKind::Goto(stmt) => stmt,
        }
    }
}

/// One loop.
#[derive(Clone, Debug)]
pub struct Loop {
    pub kind: LoopKind,
    /// The block at which it is entered first and to which its turns lead back.
    pub header: BlockId,
    /// The loop around it.
    pub parent: Option<LoopId>,
    /// A condition may end it: a `for` with a condition other than `true`, any `range`, and a `goto` loop that a condition leaves.
    /// Loops that are not conditional are infinite, or end by a jump.
    pub conditional: bool,
}

/// The loops of a graph.
#[derive(Clone, Debug)]
pub struct Loops {
    /// A loop comes before those inside it.
    pub all: Vec<Loop>,
    /// The innermost loop, by block.
    inner: Vec<Option<LoopId>>,
    /// The first and last number of the loops inside a loop, itself included, numbered so that what is inside is a range.
    inside: Vec<(u32, u32)>,
}

impl Loops {
    /// Finds the loops of a graph.
    pub fn of(graph: &Graph, tree: &Tree) -> Loops {
        let forest = Forest::of(graph);
        let mut loops = Loops { all: Vec::new(), inner: vec![None; graph.blocks.len()], inside: Vec::new() };
        let mut number = vec![None; graph.blocks.len()];
        // In the order of the search, in which a header comes before what is in its loop.
        for &block in &forest.order {
            let outer = forest.header[block.0 as usize].and_then(|header| number[header.0 as usize]);
            loops.inner[block.0 as usize] = outer;
            if forest.is_header[block.0 as usize] {
                let id = LoopId(loops.all.len() as u32);
                number[block.0 as usize] = Some(id);
                loops.inner[block.0 as usize] = Some(id);
                loops.all.push(Loop { kind: LoopKind::Goto(graph.body), header: block, parent: outer, conditional: true });
            }
        }
        loops.inside = ranges(&loops.all);
        for at in 0..loops.all.len() {
            let id = LoopId(at as u32);
            let kind = loops.kind(graph, id);
            loops.all[at].kind = kind;
            loops.all[at].conditional = match kind {
                LoopKind::Range(_) => true,
                LoopKind::For(stmt) => matches!(*tree.stmt(stmt), Stmt::For { cond: Some(cond), .. } if !is_true(tree, cond)),
                LoopKind::Goto(_) => loops.left_by_condition(graph, id),
            };
        }
        loops
    }

    pub fn get(&self, id: LoopId) -> &Loop {
        &self.all[id.0 as usize]
    }

    /// The innermost loop a block is in; a header is in its own loop.
    pub fn innermost(&self, block: BlockId) -> Option<LoopId> {
        self.inner[block.0 as usize]
    }

    /// The loops a block is in, innermost first.
    pub fn around(&self, block: BlockId) -> impl Iterator<Item = LoopId> + '_ {
        std::iter::successors(self.innermost(block), |&id| self.get(id).parent)
    }

    /// The loops around a statement, innermost first; a loop is not around its own `For`, `Range` or `Labeled` statement.
    pub fn enclosing<'a>(&'a self, graph: &Graph, stmt: StmtId) -> impl Iterator<Item = LoopId> + use<'a> {
        let block = graph.place(stmt).map(|(block, _)| block);
        block.into_iter().flat_map(|block| self.around(block)).filter(move |&id| self.get(id).kind.stmt() != stmt)
    }

    /// The innermost loop around a statement.
    pub fn innermost_loop(&self, graph: &Graph, stmt: StmtId) -> Option<LoopId> {
        self.enclosing(graph, stmt).next()
    }

    /// The loop that a `For`, `Range` or `Labeled` statement makes.
    pub fn made_by(&self, stmt: StmtId) -> Option<LoopId> {
        self.all.iter().position(|each| each.kind.stmt() == stmt).map(|at| LoopId(at as u32))
    }

    /// Whether a block is in a loop.
    pub fn contains(&self, id: LoopId, block: BlockId) -> bool {
        let (first, last) = self.inside[id.0 as usize];
        self.innermost(block).is_some_and(|inner| (first..=last).contains(&self.inside[inner.0 as usize].0))
    }

    /// The blocks of a loop.
    pub fn blocks(&self, graph: &Graph, id: LoopId) -> BTreeSet<BlockId> {
        graph.ids().filter(|&block| self.contains(id, block)).collect()
    }

    /// Whether any path leads out of a loop and goes on: to a return, to another loop, or to where it blocks for ever. A path that
    /// ends in a call that never returns is no exit, whether the call stands in the loop or behind it.
    pub fn has_exit(&self, graph: &Graph, id: LoopId, returns: &dyn Fn(ExprId) -> bool) -> bool {
        let goes_on = |block| block == graph.exit || self.innermost(block).is_some() || graph.edges(block, returns).is_empty();
        let header = self.get(id).header;
        let mut seen = vec![false; graph.blocks.len()];
        let mut stack = vec![header];
        seen[header.0 as usize] = true;
        while let Some(block) = stack.pop() {
            for edge in graph.edges(block, returns) {
                if edge.kind == EdgeKind::NoReturn || std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                    continue;
                }
                if !self.contains(id, edge.to) && goes_on(edge.to) {
                    return true;
                }
                stack.push(edge.to);
            }
        }
        false
    }

    fn kind(&self, graph: &Graph, id: LoopId) -> LoopKind {
        let made = |block: BlockId| match (graph.block(block).kind, graph.block(block).stmt) {
            (BlockKind::ForHead, Some(stmt)) => Some(LoopKind::For(stmt)),
            (BlockKind::RangeHead, Some(stmt)) => Some(LoopKind::Range(stmt)),
            (BlockKind::Label, Some(stmt)) => Some(LoopKind::Goto(stmt)),
            _ => None,
        };
        let header = self.get(id).header;
        // In code that does not compile a jump may enter a cycle anywhere; something in it leads back all the same.
        made(header).or_else(|| graph.ids().filter(|&block| self.contains(id, block)).find_map(made)).unwrap_or(LoopKind::Goto(graph.body))
    }

    fn left_by_condition(&self, graph: &Graph, id: LoopId) -> bool {
        graph.ids().filter(|&block| self.contains(id, block)).any(|block| {
            let mut edges = graph.block(block).edges.iter();
            edges.any(|edge| edge.kind != EdgeKind::Next && !self.contains(id, edge.to))
        })
    }
}

/// Numbers loops so that those inside of one follow it without a gap: its own number and the last one inside.
fn ranges(loops: &[Loop]) -> Vec<(u32, u32)> {
    // A loop comes before those inside it: sizes from the back, numbers from the front.
    let mut size = vec![1u32; loops.len()];
    for (at, each) in loops.iter().enumerate().rev() {
        if let Some(parent) = each.parent {
            size[parent.0 as usize] += size[at];
        }
    }
    let (mut free, mut free_outside) = (vec![0; loops.len()], 0);
    let mut ranges = Vec::with_capacity(loops.len());
    for (at, each) in loops.iter().enumerate() {
        let next = each.parent.map_or(&mut free_outside, |parent| &mut free[parent.0 as usize]);
        let first = *next;
        *next += size[at];
        free[at] = first + 1;
        ranges.push((first, first + size[at] - 1));
    }
    ranges
}

/// Whether a path leads from behind a node back to it.
pub fn reaches_again(graph: &Graph, from: Place, returns: &dyn Fn(ExprId) -> bool) -> bool {
    let (start, _) = from;
    let mut seen = vec![false; graph.blocks.len()];
    let mut stack = vec![start];
    while let Some(block) = stack.pop() {
        for edge in graph.edges(block, returns) {
            if edge.to == start {
                return true;
            }
            if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                stack.push(edge.to);
            }
        }
    }
    false
}

/// `true`, `(true)`, `!false`.
fn is_true(tree: &Tree, mut cond: ExprId) -> bool {
    let mut wanted = true;
    loop {
        cond = tree.unparen(cond);
        match *tree.expr(cond) {
            Expr::Unary { op: Op::Not, x } => (cond, wanted) = (x, !wanted),
            _ => return constant(tree, cond) == Some(wanted),
        }
    }
}

/// Which header each block belongs to: Havlak's loop nesting forest.
struct Forest {
    /// The blocks that are reached, in the order of a depth-first search.
    order: Vec<BlockId>,
    /// The header of the innermost loop around a block; around a header, of the next loop.
    header: Vec<Option<BlockId>>,
    is_header: Vec<bool>,
}

impl Forest {
    fn of(graph: &Graph) -> Forest {
        let count = graph.blocks.len();
        let search = Search::of(graph);
        let mut forest = Forest { order: search.order.clone(), header: vec![None; count], is_header: vec![false; count] };
        // By the search's numbers: what comes from elsewhere than from below, and which header has swallowed a block.
        let mut others: Vec<Vec<u32>> = vec![Vec::new(); search.order.len()];
        let mut swallowed: Vec<u32> = (0..search.order.len() as u32).collect();
        let mut mark = vec![u32::MAX; search.order.len()];
        for head in (0..search.order.len() as u32).rev() {
            let mut body = Vec::new();
            let mut own = false;
            for &(from, _) in &graph.block(search.order[head as usize]).preds {
                let Some(from) = search.number[from.0 as usize] else { continue };
                if !search.is_below(head, from) {
                    others[head as usize].push(from);
                } else if from == head {
                    own = true;
                } else {
                    let from = find(&mut swallowed, from);
                    if std::mem::replace(&mut mark[from as usize], head) != head {
                        body.push(from);
                    }
                }
            }
            let mut next = 0;
            while let Some(&inside) = body.get(next) {
                next += 1;
                for at in 0..others[inside as usize].len() {
                    let from = find(&mut swallowed, others[inside as usize][at]);
                    if !search.is_below(head, from) {
                        // Another way into the cycle.
                        others[head as usize].push(from);
                    } else if from != head && std::mem::replace(&mut mark[from as usize], head) != head {
                        body.push(from);
                    }
                }
            }
            let block = search.order[head as usize];
            forest.is_header[block.0 as usize] = own || !body.is_empty();
            for inside in body {
                forest.header[search.order[inside as usize].0 as usize] = Some(block);
                swallowed[inside as usize] = head;
            }
        }
        forest
    }
}

/// The header that stands for a block by now.
fn find(swallowed: &mut [u32], mut at: u32) -> u32 {
    while swallowed[at as usize] != at {
        swallowed[at as usize] = swallowed[swallowed[at as usize] as usize];
        at = swallowed[at as usize];
    }
    at
}

/// A depth-first search over all edges, from the entry.
struct Search {
    order: Vec<BlockId>,
    /// Position in `order`, by block.
    number: Vec<Option<u32>>,
    /// The last number below, by number.
    last: Vec<u32>,
}

impl Search {
    fn of(graph: &Graph) -> Search {
        let mut search = Search { order: Vec::new(), number: vec![None; graph.blocks.len()], last: Vec::new() };
        let mut stack = vec![(search.enter(graph.entry), graph.block(graph.entry).edges.iter())];
        while let Some((number, edges)) = stack.last_mut() {
            match edges.next() {
                Some(edge) if search.number[edge.to.0 as usize].is_none() => {
                    stack.push((search.enter(edge.to), graph.block(edge.to).edges.iter()));
                }
                Some(_) => {}
                None => {
                    search.last[*number as usize] = search.order.len() as u32 - 1;
                    stack.pop();
                }
            }
        }
        search
    }

    fn enter(&mut self, block: BlockId) -> u32 {
        let number = self.order.len() as u32;
        self.number[block.0 as usize] = Some(number);
        self.order.push(block);
        self.last.push(number);
        number
    }

    fn is_below(&self, above: u32, number: u32) -> bool {
        (above..=self.last[above as usize]).contains(&number)
    }
}

#[cfg(test)]
mod tests;
