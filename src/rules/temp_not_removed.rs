//! `rules/temp-not-removed.md`: a temporary file or directory is not removed on every path.
//!
//! ```go
//! dir, err := os.MkdirTemp("", "x"); return use(dir)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "temp-not-removed", page: include_str!("../../rules/temp-not-removed.md"), check: lifetime::check };
