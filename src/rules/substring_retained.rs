//! `rules/substring-retained.md`: a short text that keeps a long one alive.
//!
//! ```go
//! name, _, _ := strings.Cut(string(data), ":"); users[name] = 1
//! ```

use super::retention::{self, kept::Keeper};
use crate::finding::Confidence;
use crate::rule::Rule;
use crate::summary::values::Window;

pub(super) const RULE: Rule = Rule {
    id: "substring-retained",
    page: include_str!("../../rules/substring-retained.md"),
    check: |pass| {
        retention::check(pass, true, &|retained| {
            // A parser returns parts of what it parses.
            let parsed = matches!(retained.kept.keeper, Keeper::Returned { .. }) && !matches!(retained.view.window, Window::Bytes(_));
            // What a program prints is short, as a rule, and so is a file with a name that is known.
            let is_low = parsed || !retained.view.sure;
            Some(retained.confidence.min(if is_low { Confidence::Low } else { Confidence::Medium }))
        })
    },
};
