//! One line for each finding: `path:line:col: message (rule-id)`, as editors and `go vet` have it. The problem matchers of setup-go
//! and golangci-lint read it.
//!
//! ```text
//! a.go:9:3: `f.Close` is deferred in a loop (defer-in-loop)
//! ```
//!
//! Not here: problems; they go to the error output.

use super::{Options, Report, text};
use std::io::{self, Write};

pub(super) fn write(report: &Report, options: &Options, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    report.told(options).iter().try_for_each(|told| {
        let finding = told.finding;
        let position = report.source(finding.span).position(finding.span.start);
        let path = text::line(&report.path(finding.span));
        let mark = text::mark(told.suppression);
        writeln!(out, "{path}:{}:{}: {mark}{} ({})", position.line, position.column, text::shown(&finding.message), finding.rule)
    })
}
