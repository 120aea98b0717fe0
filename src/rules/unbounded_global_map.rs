//! `rules/unbounded-global-map.md`: a package-level map only grows.
//!
//! ```go
//! cache[id] = v // and nothing deletes
//! ```

use super::growth::{self, Family};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "unbounded-global-map", page: include_str!("../../rules/unbounded-global-map.md"), check };

fn check(pass: &mut Pass) {
    growth::check(pass, Family::GlobalMap);
}
