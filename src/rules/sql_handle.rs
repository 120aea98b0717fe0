//! `rules/sql-handle.md`: a database handle or a pinned connection is not closed on every path.
//!
//! ```go
//! db, err := sql.Open(driver, dsn); return db.Ping()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule { id: "sql-handle", page: include_str!("../../rules/sql-handle.md"), check: lifetime::check };
