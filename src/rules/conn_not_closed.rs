//! `rules/conn-not-closed.md`: a connection or listener that was opened here is not closed on every path.
//!
//! ```go
//! conn, err := net.Dial("tcp", a); _, err = conn.Write(b)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule { id: "conn-not-closed", page: include_str!("../../rules/conn-not-closed.md"), check: lifetime::check };
