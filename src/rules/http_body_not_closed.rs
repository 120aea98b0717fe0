//! `rules/http-body-not-closed.md`: the body of a response is not closed on every path.
//!
//! ```go
//! resp, err := http.Get(u); return resp.StatusCode
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "http-body-not-closed", page: include_str!("../../rules/http-body-not-closed.md"), check: lifetime::check };
