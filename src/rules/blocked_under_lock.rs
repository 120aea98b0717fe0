//! `rules/blocked-under-lock.md`: a goroutine waits with a lock held that the other side needs.
//!
//! ```go
//! mu.Lock(); <-done // and who closes done locks mu before
//! ```

use super::{locked_fields, stuck};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "blocked-under-lock", page: include_str!("../../rules/blocked-under-lock.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "blocked-under-lock");
    locked_fields::check(pass);
}
