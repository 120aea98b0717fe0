//! What does a rule find in a case? The one place of this binary that calls the analysis.
//!
//! Not here: what must be found (`check.rs`).

use crate::case::Case;

/// A finding, as far as a want can speak about it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The path in the case's tree, with `/`.
    pub path: String,
    pub line: usize,
    pub rule: String,
    pub confidence: &'static str,
    pub message: String,
    /// Where its words break the house's rules.
    pub faults: Vec<String>,
}

pub fn has_rule(rule: &str) -> bool {
    rule == "defer-in-loop"
}

/// Runs one rule on a case: findings, and problems as text.
pub fn run(_case: &Case, _rule: &str) -> Result<(Vec<Found>, Vec<String>), String> {
    Ok((Vec::new(), Vec::new()))
}
