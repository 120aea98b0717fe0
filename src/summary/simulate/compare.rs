//! How do two values compare that nobody knows? As far as branches told.
//!
//! ```go
//! if n > 3 { … } // in here n >= 4 holds, and n < 2 does not
//! ```
//!
//! Not here: what else is known of a value (`value`).

use super::value::{Fact, State, Value};

/// Which outcomes of a comparison are possible: a set of [`LESS`], [`EQUAL`] and [`GREATER`].
pub(super) type Ordering = u8;
pub(super) const LESS: Ordering = 1;
pub(super) const EQUAL: Ordering = 2;
pub(super) const GREATER: Ordering = 4;

/// The set seen from the other side.
fn mirrored(of: Ordering) -> Ordering {
    (of & EQUAL) | if of & LESS == 0 { 0 } else { GREATER } | if of & GREATER == 0 { 0 } else { LESS }
}

impl State {
    /// How two values may compare.
    pub(super) fn ordering(&self, a: Value, b: Value) -> Ordering {
        let all = LESS | EQUAL | GREATER;
        let known = self.relations.iter().filter_map(|&(x, y, of)| {
            let (x, y) = (self.resolved(x), self.resolved(y));
            if (x, y) == (a, b) {
                Some(of)
            } else if (x, y) == (b, a) {
                Some(mirrored(of))
            } else {
                None
            }
        });
        let known = known.fold(all, |all, of| all & of);
        match (a, b) {
            (Value::Sym(sym), Value::Int(number)) => known & self.within_bounds(sym, number),
            (Value::Int(number), Value::Sym(sym)) => known & mirrored(self.within_bounds(sym, number)),
            _ => known,
        }
    }

    /// Which outcomes of the comparison with a number are left by the comparisons with other numbers: what is above 3 is not below 4.
    fn within_bounds(&self, sym: u32, number: i64) -> Ordering {
        // A length is not negative.
        let is_length = self.facts.iter().any(|&(_, fact)| fact == Fact::Length(sym));
        let (mut low, mut high) = (if is_length { 0 } else { i64::MIN }, i64::MAX);
        let with_numbers: Vec<(i64, Ordering)> = self
            .relations
            .iter()
            .filter_map(|&(x, y, of)| match (self.resolved(x), self.resolved(y)) {
                (Value::Sym(known), Value::Int(other)) if known == sym => Some((other, of)),
                (Value::Int(other), Value::Sym(known)) if known == sym => Some((other, mirrored(of))),
                _ => None,
            })
            .collect();
        for &(other, of) in &with_numbers {
            if of & LESS == 0 {
                low = low.max(other.saturating_add(i64::from(of & EQUAL == 0)));
            }
            if of & GREATER == 0 {
                high = high.min(other.saturating_sub(i64::from(of & EQUAL == 0)));
            }
        }
        // What is at most 1, not negative, and not 1, is 0.
        for _ in &with_numbers {
            let is_none = |bound: i64| with_numbers.contains(&(bound, LESS | GREATER));
            low = low.saturating_add(i64::from(is_none(low)));
            high = high.saturating_sub(i64::from(is_none(high)));
        }
        let may = |possible: bool, outcome: Ordering| if possible { outcome } else { 0 };
        may(low < number, LESS) | may(low <= number && number <= high, EQUAL) | may(high > number, GREATER)
    }
}
