//! `rules/test-server-not-closed.md`: a test server is not closed on every path.
//!
//! ```go
//! srv := httptest.NewServer(h); get(srv.URL)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "test-server-not-closed", page: include_str!("../../rules/test-server-not-closed.md"), check: lifetime::check };
