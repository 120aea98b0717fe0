//! `rules/waitgroup-never-done.md`: a wait group is waited for and never done.
//!
//! ```go
//! wg.Add(2); go func() { defer wg.Done() }(); wg.Wait()
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "waitgroup-never-done", page: include_str!("../../rules/waitgroup-never-done.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "waitgroup-never-done");
}
