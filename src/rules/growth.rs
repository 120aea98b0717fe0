//! Does a container that lives as long as the program only grow? The engine of the rules about maps, slices and caches.
//!
//! ```go
//! var seen = map[string]bool{}
//!
//! func handle(w http.ResponseWriter, r *http.Request) {
//! 	seen[r.RemoteAddr] = true // one more for each client, and nothing deletes any
//! }
//! ```
//!
//! All that is done with the container is looked at. It is a leak if it grows where the program comes again and again, by keys of which there
//! is no end, and if nothing shrinks it, replaces it or looks at its length, and nobody gets it who is not followed.
//!
//! Not here: which containers there are (`find`), where keys come from (`keys`), what is done (`summary::containers`).

mod ends;
mod find;
mod guard;
pub(super) mod keys;
mod reach;
mod site;
mod text;

use crate::ast::Node;
use crate::finding::{Confidence, Finding, Label};
use crate::rule::Pass;
use crate::sema::Callee;
use crate::summary::containers::{Act, Container, ContainerOp};
use find::{Found, Home, Maker};
use keys::{Budget, Limit};
use site::Site;

/// Which containers a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    GlobalMap,
    GlobalSlice,
    SyncMap,
    StructCache,
}

/// Reports the containers of a family that only grow.
pub(super) fn check(pass: &mut Pass, family: Family) {
    if pass.is_short_lived() {
        return;
    }
    let wanted = |kind: Container| match family {
        Family::GlobalMap => kind == Container::Map,
        Family::GlobalSlice => kind != Container::Map,
        Family::SyncMap => kind == Container::Library,
        Family::StructCache => true,
    };
    let found: Vec<Finding> =
        find::all(pass, wanted, family == Family::StructCache).into_iter().filter_map(|found| judge(pass, &found, family)).collect();
    pass.findings.extend(found);
}

/// The family of a container, and how sure it is at most that it lives long.
fn family_of(pass: &Pass, found: &Found) -> Option<(Family, Confidence)> {
    let maker = match found.home {
        Home::Variable => Maker::Variable,
        Home::Field(of) => find::maker(pass, of)?,
    };
    Some(match (maker, found.kind) {
        (Maker::Shared, _) => (Family::StructCache, Confidence::Low),
        (Maker::Begin, _) => (Family::StructCache, Confidence::High),
        (_, Container::Map) => (Family::GlobalMap, Confidence::High),
        (_, Container::Library) if found.key == "sync.Map" => (Family::SyncMap, Confidence::High),
        _ => (Family::GlobalSlice, Confidence::High),
    })
}

fn judge(pass: &Pass, found: &Found, wanted: Family) -> Option<Finding> {
    // Whose variable is plainly another family's is not looked at.
    if found.home == Home::Variable && family_of(pass, found).is_none_or(|(family, _)| family != wanted) {
        return None;
    }
    if found.mentions.is_empty() || pass.is_bounded(found.span) {
        return None;
    }
    let ops = ops(pass, found);
    if !ops.iter().any(|op| matches!(op.act, Act::Grow { .. })) {
        return None;
    }
    let inner_is_unclear = ops.iter().any(|op| op.inner && op.act == Act::Escape);
    // Who comes there is asked last: it costs most.
    if ops.iter().any(|op| matches!(op.act, Act::Bound | Act::Shrink) || (op.act == Act::Escape && !op.inner)) {
        return None;
    }
    if ops.iter().any(|op| op.act == Act::Replace && !site::is_first(pass, op)) {
        return None;
    }
    let budget = Budget::new();
    let grows = ops.iter().filter(|op| !(op.inner && inner_is_unclear)).filter_map(|op| Site::of(pass, found, op, Limit::new(&budget)));
    let mut sites: Vec<Site> = grows.collect();
    sites.sort_by_key(|site| (std::cmp::Reverse(site.confidence), pass.span(site.decl, site.node)));
    let best = sites.first()?;
    let (_, most) = family_of(pass, found).filter(|&(family, _)| family == wanted)?;
    let name = found.name.rsplit('.').next().unwrap_or_default();
    if !pass.module().is_all_read(pass.sema(), found.decl, name) {
        return None;
    }
    let mut labels: Vec<Label> = best.labels(pass);
    for other in &sites[1..] {
        let span = other.span(pass);
        if labels.len() < 6 && labels.iter().all(|label| label.span != span) {
            labels.push(Label { span, text: "and here".to_owned() });
        }
    }
    let best_confidence = match best.confidence {
        Confidence::High if is_unsure(pass, best) => Confidence::Medium,
        confidence => confidence,
    };
    let of = pass.project().file(found.decl.file).package;
    let confidence = if found.exported && !pass.module().knows_callers(pass.sema(), of) { most.min(Confidence::Medium) } else { most };
    Some(Finding {
        rule: pass.rule,
        span: found.span,
        function: String::new(),
        message: format!("`{}` only grows: nothing deletes from it, resets it or bounds it", found.name),
        severity: pass.severity,
        confidence: confidence.min(best_confidence),
        labels,
        help: Some(help(found)),
        fix: None,
    })
}

/// Whether the program may not come there, not for long, or by few keys.
fn is_unsure(pass: &Pass, site: &Site) -> bool {
    !pass.module().is_reached(pass.sema(), &site.entry) || ends::ends_soon(pass, site) || guard::may_be_bounded(pass, site)
}

/// All that is done with a container.
fn ops(pass: &Pass, found: &Found) -> Vec<ContainerOp> {
    found.mentions.iter().flat_map(|at| pass.summaries.container_ops(at.decl, at.ident)).collect()
}

/// The package-level maps that grow where the program comes again, and from which only `delete` takes anything, with all that is done with each.
pub(super) fn deleted_from(pass: &Pass) -> Vec<(Found, Vec<ContainerOp>)> {
    if pass.is_short_lived() {
        return Vec::new();
    }
    let sema = pass.sema();
    let all =
        find::all(pass, |kind| kind == Container::Map, false).into_iter().filter(|found| found.home == Home::Variable && !found.exported);
    let with_ops = all.map(|found| {
        let ops = ops(pass, &found);
        (found, ops)
    });
    let only_deletes = |ops: &[ContainerOp]| {
        ops.iter().all(|op| match (&op.act, op.node) {
            (Act::Escape, _) => op.inner,
            (Act::Replace, _) => site::is_first(pass, op),
            (Act::Shrink, Node::Expr(call)) => matches!(sema.callee(op.decl, call), Callee::Builtin("delete")),
            (Act::Shrink, _) => false,
            (Act::Grow { .. } | Act::Bound, _) => true,
        })
    };
    let fits = |(found, ops): &(Found, Vec<ContainerOp>)| {
        ops.iter().any(|op| op.act == Act::Shrink) && site::grows_again(pass, ops) && only_deletes(ops) && !pass.is_bounded(found.span)
    };
    with_ops.filter(fits).collect()
}

fn help(found: &Found) -> String {
    let out = if found.kind == Container::Map { "delete" } else { "drop" };
    format!("{out} what is done with, or keep a limited number; `//goleaklint:bounded` on it says that it cannot grow for ever")
}
