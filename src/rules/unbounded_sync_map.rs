//! `rules/unbounded-sync-map.md`: a package-level sync.Map only grows.
//!
//! ```go
//! cache[id] = v // and nothing deletes
//! ```

use super::growth::{self, Family};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "unbounded-sync-map", page: include_str!("../../rules/unbounded-sync-map.md"), check };

fn check(pass: &mut Pass) {
    growth::check(pass, Family::SyncMap);
}
