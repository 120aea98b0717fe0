//! `rules/pinner-not-unpinned.md`: a `runtime.Pinner` is not unpinned on every path.
//!
//! ```go
//! var p runtime.Pinner; p.Pin(x)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "pinner-not-unpinned", page: include_str!("../../rules/pinner-not-unpinned.md"), check: lifetime::check };
