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
    lifetime::check_where(pass, &|_, candidate| {
        // A group that starts nothing is only a context that is lost; which error ends it, nobody knows.
        let starts = candidate.is_called("Go") || candidate.is_called("TryGo");
        // A parent that ends takes the context with it; one that never ends does not know it.
        let parent_ends = candidate.args().first().is_none_or(|&parent| {
            let text = candidate.text(parent);
            candidate.is_cancelled_at_end(parent) || matches!(text, "context.Background()" | "context.TODO()")
        });
        (starts && !parent_ends).then_some(Confidence::Low)
    });
}
