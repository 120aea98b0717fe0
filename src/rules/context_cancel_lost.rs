//! `rules/context-cancel-lost.md`: the cancel function of a context is not called on every path.
//!
//! ```go
//! ctx, _ := context.WithCancel(parent)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "context-cancel-lost", page: include_str!("../../rules/context-cancel-lost.md"), check: lifetime::check };
