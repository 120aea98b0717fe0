//! `rules/sql-rows-not-closed.md`: rows are not closed on every path, and keep their connection.
//!
//! ```go
//! rows, err := db.Query(q); rows.Next()
//! ```

use super::lifetime::{self, Candidate};
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "sql-rows-not-closed", page: include_str!("../../rules/sql-rows-not-closed.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|_, candidate| Some(confidence(candidate)));
}

fn confidence(candidate: &Candidate) -> Confidence {
    let context_ends =
        candidate.function().ends_with("Context") && candidate.args().first().is_some_and(|&of| candidate.is_cancelled_at_end(of));
    // With the context, and with the transaction, rows are closed: that is soon if this function ends it, and else nobody here knows when.
    match candidate.transaction() {
        _ if context_ends => Confidence::Low,
        Some(Some(transaction)) if candidate.is_made_here(transaction) => Confidence::Low,
        Some(_) => Confidence::Medium,
        None => Confidence::High,
    }
}
