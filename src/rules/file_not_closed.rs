//! `rules/file-not-closed.md`: a file that was opened here is not closed on every path.
//!
//! ```go
//! f, err := os.Open(p); return f.Stat()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule { id: "file-not-closed", page: include_str!("../../rules/file-not-closed.md"), check: lifetime::check };
