//! `rules/sql-stmt.md`: a prepared statement is not closed on every path.
//!
//! ```go
//! stmt, err := db.Prepare(q); return stmt.Exec(v)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule { id: "sql-stmt", page: include_str!("../../rules/sql-stmt.md"), check: lifetime::check };
