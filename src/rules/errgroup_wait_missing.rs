//! `rules/errgroup-wait-missing.md`: the context of an `errgroup` is never cancelled, for nobody waits for the group.
//!
//! ```go
//! g, ctx := errgroup.WithContext(parent); g.Go(f); return nil
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "errgroup-wait-missing", page: include_str!("../../rules/errgroup-wait-missing.md"), check };

fn check(pass: &mut Pass) {
    // A group that starts nothing is only a context that is lost; which error ends it, nobody knows.
    lifetime::check_where(pass, &|_, candidate| (candidate.is_called("Go") || candidate.is_called("TryGo")).then_some(Confidence::Medium));
}
