//! Which rules are there? The list of all, and their families' engines.
//!
//! ```go
//! defer f.Close() // in a loop: defer-in-loop
//! ```
//!
//! Not here: what a rule is (`rule`), what is shown of its findings (`engine`).

mod defer_in_loop;

use crate::rule::Rule;

/// Every rule, sorted by id.
pub const ALL: &[Rule] = &[defer_in_loop::RULE];
