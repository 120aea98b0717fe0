//! `rules/goroutine-blocked-receive.md`: a goroutine receives from a channel on which nobody sends any more.
//!
//! ```go
//! <-done // and nobody closes it
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule =
    Rule { id: "goroutine-blocked-receive", page: include_str!("../../rules/goroutine-blocked-receive.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "goroutine-blocked-receive");
}
