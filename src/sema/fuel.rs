//! How far may one question go? So deep, and so many steps in all.
//!
//! ```go
//! type A func() (A, A) // each step down asks two more questions: 48 steps deep would be 2^48 answers
//! ```
//!
//! Not here: what is said when the fuel is gone; everybody who asks says `Unknown`.

use std::cell::Cell;

/// How many steps one question may take in all. Real code needs some dozens.
const STEPS: u32 = 2_000;

/// The steps that are left for one question from outside. Never shared between questions, so that an answer does not depend on what
/// was asked before.
pub(super) struct Steps(Cell<u32>);

impl Steps {
    pub(super) fn new() -> Steps {
        Steps(Cell::new(STEPS))
    }

    pub(super) fn fuel(&self, depth: u32) -> Fuel<'_> {
        Fuel { depth, steps: &self.0 }
    }
}

/// How deep a question may still go.
#[derive(Clone, Copy)]
pub(super) struct Fuel<'s> {
    depth: u32,
    steps: &'s Cell<u32>,
}

impl Fuel<'_> {
    /// One step further down; `None` if there is no depth or no step left.
    pub(super) fn step(self) -> Option<Self> {
        let depth = self.depth.checked_sub(1)?;
        self.steps.set(self.steps.get().checked_sub(1)?);
        Some(Fuel { depth, ..self })
    }

    /// Half of the depth: for questions that branch.
    pub(super) fn half(self) -> Self {
        Fuel { depth: self.depth / 2, ..self }
    }

    pub(super) fn depth(self) -> u32 {
        self.depth
    }
}
