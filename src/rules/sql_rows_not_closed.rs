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
    let of_transaction = candidate.function().starts_with("database/sql.Tx.");
    // With the context, and with the transaction, rows are closed: that is soon if this function ends it, and else nobody here knows when.
    if context_ends || of_transaction && candidate.is_receiver_made_here() {
        Confidence::Low
    } else if of_transaction {
        Confidence::Medium
    } else {
        Confidence::High
    }
}
