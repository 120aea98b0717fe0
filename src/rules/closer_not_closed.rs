//! `rules/closer-not-closed.md`: something else that must be closed is not closed on every path.
//!
//! ```go
//! r, err := zip.OpenReader(p); return len(r.File)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "closer-not-closed", page: include_str!("../../rules/closer-not-closed.md"), check: lifetime::check };
