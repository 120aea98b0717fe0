//! `rules/signal-notify-not-stopped.md`: a channel stays registered for signals after the function that made it.
//!
//! ```go
//! signal.Notify(c, os.Interrupt); <-c
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{LocalId, LocalKind};

pub(super) const RULE: Rule =
    Rule { id: "signal-notify-not-stopped", page: include_str!("../../rules/signal-notify-not-stopped.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|pass, candidate| {
        let again = candidate.ever_done || candidate.is_in_loop() || handles_requests(pass, candidate.decl());
        (again && !candidate.runs_once(pass)).then_some(Confidence::Medium)
    });
}

/// Whether a function has a parameter that only handlers have, so that it runs again and again.
fn handles_requests(pass: &Pass, decl: DeclId) -> bool {
    let sema = pass.sema();
    let scopes = sema.scopes(decl);
    (0..scopes.locals.len() as u32).map(LocalId).any(|local| {
        let key = sema.key(sema.type_of_local(decl, local));
        let is_param = scopes.local(local).function.is_none() && matches!(scopes.local(local).kind, LocalKind::Param(_));
        is_param && sema.facts.is_of_handler(&key)
    })
}
