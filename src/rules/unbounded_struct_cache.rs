//! `rules/unbounded-struct-cache.md`: a field of what is made once only grows.
//!
//! ```go
//! cache[id] = v // and nothing deletes
//! ```

use super::growth::{self, Family};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "unbounded-struct-cache", page: include_str!("../../rules/unbounded-struct-cache.md"), check };

fn check(pass: &mut Pass) {
    growth::check(pass, Family::StructCache);
}
