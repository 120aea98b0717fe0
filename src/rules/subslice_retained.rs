//! `rules/subslice-retained.md`: a few bytes that keep a large buffer alive.
//!
//! ```go
//! data, err := os.ReadFile(path); return data[5:10], err
//! ```

use super::retention;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule {
    id: "subslice-retained",
    page: include_str!("../../rules/subslice-retained.md"),
    check: |pass| retention::check(pass, false, &|retained| Some(retained.confidence)),
};
