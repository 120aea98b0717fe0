//! `rules/unbounded-global-slice.md`: a package-level list only grows.
//!
//! ```go
//! cache[id] = v // and nothing deletes
//! ```

use super::growth::{self, Family};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "unbounded-global-slice", page: include_str!("../../rules/unbounded-global-slice.md"), check };

fn check(pass: &mut Pass) {
    growth::check(pass, Family::GlobalSlice);
}
