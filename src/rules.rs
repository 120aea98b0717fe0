//! Which rules are there? The list of all, and their families' engines.
//!
//! ```go
//! defer f.Close() // in a loop: defer-in-loop
//! ```
//!
//! Not here: what a rule is (`rule`), what is shown of its findings (`engine`).

mod defer_in_loop;
mod suppression_without_reason;
mod unused_suppression;

use crate::rule::Rule;

/// Every rule, sorted by id.
pub const ALL: &[Rule] = &[defer_in_loop::RULE, suppression_without_reason::RULE, unused_suppression::RULE];

/// The rules about comments that silence others. They run when all others have run, and what the comments did is in `Pass::silencers`.
pub const ABOUT_COMMENTS: &[&str] = &["suppression-without-reason", "unused-suppression"];
