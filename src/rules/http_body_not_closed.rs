//! `rules/http-body-not-closed.md`: the body of a response is not closed on every path.
//!
//! ```go
//! resp, err := http.Get(u); return resp.StatusCode
//! ```

use super::lifetime::{self, Candidate};
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "http-body-not-closed", page: include_str!("../../rules/http-body-not-closed.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|_, candidate| Some(confidence(candidate)));
}

fn confidence(candidate: &Candidate) -> Confidence {
    if candidate.request_ends() {
        // The end of the request's context ends the connection as well.
        Confidence::Low
    } else if candidate.function() == "net/http.RoundTripper.RoundTrip" {
        // Nobody knows whether there is a connection behind an interface.
        Confidence::Medium
    } else {
        Confidence::High
    }
}
