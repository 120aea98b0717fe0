//! `rules/sql-rows-not-closed.md`: rows are not closed on every path, and keep their connection.
//!
//! ```go
//! rows, err := db.Query(q); rows.Next()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "sql-rows-not-closed", page: include_str!("../../rules/sql-rows-not-closed.md"), check: lifetime::check };
