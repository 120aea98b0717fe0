//! One line for each finding: `path:line:col: message (rule-id)`, as editors and `go vet` have it.
//!
//! ```text
//! a.go:9:3: `f.Close` is deferred in a loop (defer-in-loop)
//! ```
//!
//! Not here: problems; they go to the error output.

use super::{Report, text};
use std::io::{self, Write};

pub(super) fn write(report: &Report, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    report.findings.iter().try_for_each(|finding| {
        let position = report.project.file(finding.span.file).source.position(finding.span.start);
        let path = text::line(&report.path(finding.span));
        writeln!(out, "{path}:{}:{}: {} ({})", position.line, position.column, text::shown(&finding.message), finding.rule)
    })
}
