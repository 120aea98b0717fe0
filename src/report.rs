//! How is it told? A [`Report`] holds what a run found; one file for each format, one function each.
//!
//! ```text
//! a.go:9:3: `f.Close` is deferred in a loop (defer-in-loop)
//! ```
//!
//! Not here: what is told (`engine::settle`), where it is written (`cli`).

mod concise;
mod json;
mod pretty;
pub mod text;

use crate::engine::Settled;
use crate::finding::{Finding, Problem, ProblemKind, Severity, Suppressed};
use crate::project::Project;
use crate::source::Span;
use codespan_reporting::term::termcolor::WriteColor;
use std::io::{self, Write};

/// What a run found, and in what.
pub struct Report<'a> {
    pub project: &'a Project,
    pub findings: Vec<Finding>,
    /// What comments silence: told only if asked for, and never a reason to fail.
    pub suppressed: Vec<Suppressed>,
    pub problems: Vec<Problem>,
    pub summary: Summary,
}

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Packages and files that patterns asked for.
    pub packages: usize,
    pub files: usize,
    pub milliseconds: u128,
    /// Test files that were left out.
    pub tests_skipped: usize,
    /// Files that no build has.
    pub excluded: usize,
    /// Files that were read for what they declare only.
    pub generated: usize,
    pub links_skipped: usize,
    /// Findings less sure than was asked for.
    pub hidden: usize,
    /// Findings that comments silence.
    pub suppressed: usize,
}

/// A way to tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pretty,
    Concise,
    Json,
}

/// How much `pretty` tells besides findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// No summary.
    Quiet,
    #[default]
    Usual,
    /// Also what is seldom asked for.
    Verbose,
}

impl<'a> Report<'a> {
    pub fn new(project: &'a Project, settled: Settled, milliseconds: u128) -> Report<'a> {
        let targets = || project.files.iter().filter(|file| file.target);
        let summary = Summary {
            packages: project.packages.iter().filter(|package| package.target).count(),
            files: targets().count(),
            milliseconds,
            tests_skipped: project.tests_skipped,
            excluded: project.excluded,
            generated: targets().filter(|file| file.outline.generated).count(),
            links_skipped: project.links_skipped,
            hidden: settled.hidden,
            suppressed: settled.suppressed.len(),
        };
        Report { project, findings: settled.findings, suppressed: settled.suppressed, problems: settled.problems, summary }
    }

    /// 2 if something was not analysed, else 1 if there is a finding of that severity or a syntax error, else 0. The same for every format.
    pub fn exit_code(&self, fail_on: Severity, exit_zero: bool) -> u8 {
        let failed = self.findings.iter().any(|finding| finding.severity >= fail_on) || !self.problems.is_empty();
        if self.problems.iter().any(|problem| problem.kind != ProblemKind::Syntax) { 2 } else { u8::from(failed && !exit_zero) }
    }

    /// Writes the report.
    pub fn write(&self, format: Format, detail: Detail, out: &mut dyn WriteColor) -> io::Result<()> {
        match format {
            Format::Pretty => pretty::write(self, detail, out),
            Format::Concise => concise::write(self, out),
            Format::Json => json::write(self, out),
        }
    }

    /// One line for each problem, as `pretty` has it among the findings.
    pub fn write_problems(&self, out: &mut dyn Write) -> io::Result<()> {
        self.problems.iter().try_for_each(|problem| writeln!(out, "problem: {}: {}", self.place(problem), text::shown(&problem.text)))
    }

    /// The path of a span's file, not yet safe to show.
    fn path(&self, span: Span) -> String {
        text::relative(&self.project.file(span.file).source.path, &self.project.working_directory)
    }

    /// `path:line:column` or `path`, safe to show.
    fn place(&self, problem: &Problem) -> String {
        let path = text::line(&text::relative(&problem.path, &self.project.working_directory));
        match problem.span {
            Some(span) => {
                let position = self.project.file(span.file).source.position(span.start);
                format!("{path}:{}:{}", position.line, position.column)
            }
            None => path,
        }
    }
}
