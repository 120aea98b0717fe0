//! `rules/worker-never-stopped.md`: a method starts a goroutine that another method ends, and that one is not called.
//!
//! ```go
//! w := newWorker(); w.Start() // and no w.Stop()
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "worker-never-stopped", page: include_str!("../../rules/worker-never-stopped.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "worker-never-stopped");
}
