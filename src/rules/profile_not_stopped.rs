//! `rules/profile-not-stopped.md`: a profile, a trace or a region of it is not ended on every path.
//!
//! ```go
//! pprof.StartCPUProfile(w); work()
//! ```

use super::lifetime;
use crate::facts::Release as Way;
use crate::finding::Confidence;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "profile-not-stopped", page: include_str!("../../rules/profile-not-stopped.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|pass, candidate| {
        (!ends_elsewhere(pass, candidate.decl(), candidate.releases())).then_some(Confidence::High)
    });
}

/// Whether another function of the package may end it: one starts a profile, one stops it.
fn ends_elsewhere(pass: &Pass, own: DeclId, ways: &[Way]) -> bool {
    let names: Vec<&str> = ways
        .iter()
        .filter_map(|way| match way {
            Way::Func(key) => key.rsplit('.').next(),
            _ => None,
        })
        .collect();
    !pass.decls(|decl| names.iter().any(|name| decl.mentions.name(name))).into_iter().all(|decl| decl == own)
}
