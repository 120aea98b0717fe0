//! How far may one question go from declaration to declaration? What is asked for already, and what may be kept.
//!
//! ```go
//! var a = b
//! var b = a // no type: asking about a asks about b, which asks about a
//! ```
//!
//! An answer that met a question still open, or the limit of depth, is good for the one who asked first and for nobody else: it is not kept, or
//! answers would depend on who asks first. Valid Go has no such cycles.
//!
//! Not here: the answers.

use super::ty::Place;
use std::cell::{Cell, RefCell};

/// How many declarations may wait for each other. Real code needs about ten.
const DEPTH: usize = 64;
/// How many answers that cannot be kept one question from outside may cost.
const SPOILT: u32 = 500;

/// One question from outside and all that it asks in turn.
#[derive(Default)]
pub(super) struct Ask {
    open: RefCell<Vec<Place>>,
    spoilt: Cell<bool>,
    spoilt_count: Cell<u32>,
}

impl Ask {
    /// Whether a declaration is being asked about already.
    pub(super) fn is_open(&self, place: Place) -> bool {
        self.open.borrow().contains(&place)
    }

    /// Answers a question about a declaration, and says whether the answer may be kept. `None` if it is being asked already or lies too deep.
    pub(super) fn within<T>(&self, place: Place, answer: impl FnOnce() -> T) -> Option<(T, bool)> {
        {
            let mut open = self.open.borrow_mut();
            if open.len() >= DEPTH || self.spoilt_count.get() > SPOILT || open.contains(&place) {
                self.spoilt.set(true);
                return None;
            }
            open.push(place);
        }
        let before = self.spoilt.replace(false);
        let value = answer();
        self.open.borrow_mut().pop();
        let spoilt = self.spoilt.get();
        if spoilt {
            self.spoilt_count.set(self.spoilt_count.get() + 1);
        }
        self.spoilt.set(spoilt || before);
        Some((value, !spoilt))
    }
}
