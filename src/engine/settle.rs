//! What of all that was found is told, and in which order?
//!
//! ```go
//! defer f.Close() // found in both build variants of a package: told once
//! ```
//!
//! Not here: finding it (`rules`), how it looks (`report`).

use super::Settings;
use crate::finding::{Finding, Problem, Suppressed};
use crate::project::Project;

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
}

/// Gives severities as the configuration says, tells everything once, drops what is not sure enough, and sorts by path, place and rule.
pub(super) fn settle(project: &Project, mut findings: Vec<Finding>, mut problems: Vec<Problem>, settings: &Settings) -> Settled {
    for finding in &mut findings {
        finding.severity = settings.severities.get(finding.rule).copied().unwrap_or(finding.severity);
    }
    findings.retain(|finding| is_told(project, finding));
    let path = |finding: &Finding| &project.file(finding.span.file).source.path;
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.span.start, finding.span.end);
        path(a).cmp(path(b)).then(place(a).cmp(&place(b))).then(a.rule.cmp(b.rule)).then(b.confidence.cmp(&a.confidence))
    });
    findings.dedup_by(|a, b| a.rule == b.rule && a.span == b.span);
    let found = findings.len();
    findings.retain(|finding| finding.confidence >= settings.min_confidence);
    let place = |problem: &Problem| (problem.span.map(|span| (span.start, span.end)), problem.kind);
    problems.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| place(a).cmp(&place(b))).then_with(|| a.text.cmp(&b.text)));
    problems.dedup();
    Settled { hidden: found - findings.len(), findings, suppressed: Vec::new(), problems }
}

/// Files beside the one that was named, and generated ones, are read for facts only.
fn is_told(project: &Project, finding: &Finding) -> bool {
    let file = project.file(finding.span.file);
    file.target && !file.outline.generated
}
