//! `rules/sql-tx-not-finished.md`: a transaction is neither committed nor rolled back on every path.
//!
//! ```go
//! tx, err := db.Begin(); _, err = tx.Exec(q)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "sql-tx-not-finished", page: include_str!("../../rules/sql-tx-not-finished.md"), check: lifetime::check };
