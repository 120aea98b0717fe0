//! Which findings say again what a stronger one says? A rule's page names the rules that it silences; where both speak of one place,
//! only the stronger is told.
//!
//! ```go
//! f, _ := os.Open(p) // a weaker rule: `f` is not closed on this path
//! defer f.Close()    // the stronger one, with a label at the call above: the `defer` stands in a loop
//! ```
//!
//! What is not told for its confidence, or because its rule is off, silences nothing.
//!
//! Not here: what a comment silences (`suppress`).

use super::suppress::Found;
use crate::finding::{Confidence, Finding};
use crate::rule::Rule;
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Drops the twins. What a comment silences still silences its twins.
pub(super) fn drop_twins(found: &mut Vec<Found>, rules: &[&Rule], least: Confidence) {
    let mut stronger: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in rules {
        rule.page().silences.iter().for_each(|weaker| stronger.entry(weaker).or_default().push(rule.id));
    }
    if stronger.is_empty() {
        return;
    }
    let strong = || found.iter().map(|(finding, _)| finding).filter(|finding| finding.confidence >= least);
    let primary: FxHashSet<(&str, Span)> = strong().map(|finding| (finding.rule, finding.span)).collect();
    let labels: FxHashSet<(&str, Span)> = strong().flat_map(|one| one.labels.iter().map(|label| (one.rule, label.span))).collect();
    let is_twin = |finding: &Finding| {
        stronger.get(finding.rule).into_iter().flatten().any(|&rule| {
            let at = (rule, finding.span);
            primary.contains(&at) || labels.contains(&at) || finding.labels.iter().any(|label| primary.contains(&(rule, label.span)))
        })
    };
    let keep: Vec<bool> = found.iter().map(|(finding, _)| !is_twin(finding)).collect();
    let mut keep = keep.into_iter();
    found.retain(|_| keep.next().unwrap_or(true));
}
