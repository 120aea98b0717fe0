//! `rules/cgo-memory-not-freed.md`: memory of C is not freed on every path.
//!
//! ```go
//! C.puts(C.CString(s))
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "cgo-memory-not-freed", page: include_str!("../../rules/cgo-memory-not-freed.md"), check: lifetime::check };
