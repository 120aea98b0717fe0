//! What of all that was found is told, and in which order?
//!
//! ```go
//! defer f.Close() // found in both build variants of a package: told once
//! ```
//!
//! Not here: finding it (`rules`), how it looks (`report`).

use super::Settings;
use super::suppress::Found;
use super::twins;
use crate::finding::{Finding, Problem, Suppressed};
use crate::project::{DeclId, Project};
use crate::rule::Rule;
use std::time::Duration;

/// What is told.
#[derive(Debug, Default)]
pub struct Settled {
    /// Sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// What comments silence; sorted like the findings.
    pub suppressed: Vec<Suppressed>,
    /// Sorted by path and place.
    pub problems: Vec<Problem>,
    /// How many findings are less sure than is asked for.
    pub hidden: usize,
    /// How many functions have more that can happen than was looked at.
    pub cut: usize,
    /// The functions that took longest to be run, and how long.
    pub slowest: Vec<(DeclId, Duration)>,
}

/// Gives severities as the configuration says, tells everything once, drops what is not sure enough and what a stronger rule says, sets
/// apart what comments silence, and sorts by path, place and rule.
pub(super) fn settle(
    project: &Project,
    mut found: Vec<Found>,
    mut problems: Vec<Problem>,
    rules: &[&Rule],
    settings: &Settings,
) -> Settled {
    for (finding, _) in &mut found {
        keep_line_ends(project, finding);
        finding.severity = settings.severities.get(finding.rule).copied().unwrap_or(finding.severity);
    }
    found.retain(|(finding, _)| is_told(project, finding));
    let path = |finding: &Finding| &project.file(finding.span.file).source.path;
    found.sort_by(|(a, _), (b, _)| {
        let place = |finding: &Finding| (finding.span.start, finding.span.end);
        path(a).cmp(path(b)).then(place(a).cmp(&place(b))).then(a.rule.cmp(b.rule)).then(b.confidence.cmp(&a.confidence))
    });
    found.dedup_by(|(a, _), (b, _)| a.rule == b.rule && a.span == b.span);
    twins::drop_twins(&mut found, rules, settings.min_confidence);
    let mut settled = Settled::default();
    for (finding, suppression) in found {
        match suppression {
            _ if finding.confidence < settings.min_confidence => settled.hidden += usize::from(suppression.is_none()),
            Some(suppression) => settled.suppressed.push(Suppressed { finding, suppression }),
            None => settled.findings.push(finding),
        }
    }
    let place = |problem: &Problem| (problem.span.map(|span| (span.start, span.end)), problem.kind);
    problems.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| place(a).cmp(&place(b))).then_with(|| a.text.cmp(&b.text)));
    problems.dedup();
    Settled { problems, ..settled }
}

/// Fixes are written with plain line ends; in a file that has others they get those.
fn keep_line_ends(project: &Project, finding: &mut Finding) {
    for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits).filter(|edit| edit.text.contains('\n')) {
        if project.file(edit.span.file).source.line_end(edit.span.start) == "\r\n" {
            edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
    }
}

/// Files beside the one that was named, and generated ones, are read for facts only.
fn is_told(project: &Project, finding: &Finding) -> bool {
    let file = project.file(finding.span.file);
    file.target && !file.outline.generated
}
