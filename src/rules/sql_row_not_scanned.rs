//! `rules/sql-row-not-scanned.md`: `QueryRow` without `Scan` keeps its connection.
//!
//! ```go
//! return db.QueryRow(q).Err()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "sql-row-not-scanned", page: include_str!("../../rules/sql-row-not-scanned.md"), check: lifetime::check };
