//! `rules/context-cancel-lost.md`: the cancel function of a context is not called on every path.
//!
//! ```go
//! ctx, _ := context.WithCancel(parent)
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "context-cancel-lost", page: include_str!("../../rules/context-cancel-lost.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|pass, candidate| (!candidate.ends_with_parent(pass.rule)).then_some(Confidence::High));
}
