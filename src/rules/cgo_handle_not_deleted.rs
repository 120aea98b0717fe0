//! `rules/cgo-handle-not-deleted.md`: a cgo handle is not deleted on every path.
//!
//! ```go
//! h := cgo.NewHandle(v); use(h)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "cgo-handle-not-deleted", page: include_str!("../../rules/cgo-handle-not-deleted.md"), check: lifetime::check };
