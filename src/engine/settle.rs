//! Which findings are shown, and in which order?
//!
//! ```go
//! defer f.Close() // found in both build variants of a package: told once
//! ```
//!
//! Not here: finding them (`rules`).

use super::Settings;
use crate::finding::Finding;
use crate::project::Project;

/// Drops what is not sure enough, tells everything once, and sorts by path, place and rule.
pub(super) fn settle(project: &Project, mut findings: Vec<Finding>, settings: &Settings) -> Vec<Finding> {
    findings.retain(|finding| finding.confidence >= settings.min_confidence);
    let path = |finding: &Finding| &project.file(finding.span.file).source.path;
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.span.start, finding.span.end);
        path(a).cmp(path(b)).then(place(a).cmp(&place(b))).then(a.rule.cmp(b.rule)).then(b.confidence.cmp(&a.confidence))
    });
    findings.dedup_by(|a, b| a.rule == b.rule && a.span == b.span && a.message == b.message);
    findings
}
