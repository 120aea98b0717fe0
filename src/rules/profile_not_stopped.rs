//! `rules/profile-not-stopped.md`: a profile, a trace or a region of it is not ended on every path.
//!
//! ```go
//! pprof.StartCPUProfile(w); work()
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "profile-not-stopped", page: include_str!("../../rules/profile-not-stopped.md"), check: lifetime::check };
