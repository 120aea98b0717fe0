//! `rules/exec-not-waited.md`: a child process is started and never waited for.
//!
//! ```go
//! return exec.Command(name).Start()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule = Rule { id: "exec-not-waited", page: include_str!("../../rules/exec-not-waited.md"), check: lifetime::check };
