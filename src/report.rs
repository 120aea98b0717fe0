//! How is it told? A [`Report`] holds what a run found; one file for each format, one function each.
//!
//! ```text
//! a.go:9:3: `f.Close` is deferred in a loop (defer-in-loop)
//! ```
//!
//! Not here: what is told (`engine::settle`), where it is written (`cli`).

mod concise;
pub mod github;
mod json;
mod pretty;
mod sarif;
pub mod text;

use crate::engine::Settled;
use crate::finding::{Finding, Problem, ProblemKind, Severity, Suppressed, Suppression};
use crate::project::{DeclId, Project};
use crate::source::{SourceFile, Span};
use codespan_reporting::term::termcolor::WriteColor;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    /// Functions in which more can happen than was looked at.
    pub cut: usize,
    /// The functions that took longest to be run, and the milliseconds.
    pub slowest: Vec<(String, u128)>,
    /// Findings that have a safe fix, and those that have an unsafe one.
    pub fixable: (usize, usize),
    /// Findings that were fixed; they are not among those that are told.
    pub fixed: Vec<Fixed>,
}

/// A finding that was fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// `path:line`, where it was when it was found.
    pub place: String,
    pub rule: &'static str,
    pub title: String,
}

impl Summary {
    /// `3 findings in 2 files`, or nothing.
    pub fn fixed_text(&self) -> String {
        let path = |fixed: &Fixed| fixed.place.rsplit_once(':').map(|(path, _)| path.to_owned());
        let files: BTreeSet<_> = self.fixed.iter().map(path).collect();
        let (findings, files) = (text::count(self.fixed.len(), "finding"), text::count(files.len(), "file"));
        if self.fixed.is_empty() { String::new() } else { format!("{findings} in {files}") }
    }

    /// `2 with --fix, 1 more with --fix --unsafe-fixes`, or nothing.
    fn fixable_text(&self) -> String {
        match self.fixable {
            (0, 0) => String::new(),
            (safe, 0) => format!("{} with --fix", text::count(safe, "finding")),
            (0, bold) => format!("{} with --fix --unsafe-fixes", text::count(bold, "finding")),
            (safe, bold) => format!("{} with --fix, {bold} more with --fix --unsafe-fixes", text::count(safe, "finding")),
        }
    }
}

/// Where a declaration is, as `path:line`.
fn place_of(project: &Project, decl: DeclId) -> String {
    let file = project.file(decl.file);
    let line = file.source.position(project.decl(decl).range.start).line;
    format!("{}:{line}", project.display_path(file))
}

/// A way to tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pretty,
    Concise,
    Json,
    Sarif,
    Github,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Pretty, Format::Concise, Format::Json, Format::Sarif, Format::Github];

    pub fn name(self) -> &'static str {
        match self {
            Format::Pretty => "pretty",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
        }
    }

    /// Whether a person who reads it sees the problems too.
    pub fn tells_problems(self) -> bool {
        matches!(self, Format::Pretty | Format::Github)
    }
}

/// What is wanted of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub detail: Detail,
    /// Findings that a comment silences are told as well, and marked.
    pub show_suppressed: bool,
    /// What paths of `sarif` and `github` start from; without it the project's root.
    pub repository: Option<PathBuf>,
}

/// A finding that is told, and the comment that silences it.
#[derive(Clone, Copy)]
struct Told<'a> {
    finding: &'a Finding,
    suppression: Option<&'a Suppression>,
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
            cut: settled.cut,
            fixable: (0, 0),
            fixed: Vec::new(),
            slowest: settled.slowest.iter().map(|&(decl, took)| (place_of(project, decl), took.as_millis())).collect(),
        };
        Report { project, findings: settled.findings, suppressed: settled.suppressed, problems: settled.problems, summary }
    }

    /// 2 if something was not analysed, else 1 if there is a finding of that severity or a syntax error, else 0. The same for every format.
    pub fn exit_code(&self, fail_on: Severity, exit_zero: bool) -> u8 {
        let failed = self.findings.iter().any(|finding| finding.severity >= fail_on) || !self.problems.is_empty();
        if self.problems.iter().any(|problem| problem.kind != ProblemKind::Syntax) { 2 } else { u8::from(failed && !exit_zero) }
    }

    /// Writes the report.
    pub fn write(&self, format: Format, options: &Options, out: &mut dyn WriteColor) -> io::Result<()> {
        match format {
            Format::Pretty => pretty::write(self, options, out),
            Format::Concise => concise::write(self, options, out),
            Format::Json => json::write(self, options, out),
            Format::Sarif => sarif::write(self, options, out),
            Format::Github => github::write(self, options, out),
        }
    }

    /// What is told: the findings, and if asked for those that are silenced, by path, place and rule.
    fn told(&self, options: &Options) -> Vec<Told<'_>> {
        let mut told: Vec<Told> = self.findings.iter().map(|finding| Told { finding, suppression: None }).collect();
        if options.show_suppressed {
            told.extend(self.suppressed.iter().map(|one| Told { finding: &one.finding, suppression: Some(&one.suppression) }));
            let place = |told: &Told| (told.finding.span.start, told.finding.span.end, told.finding.rule);
            told.sort_by(|a, b| {
                let path = |told: &Told| &self.source(told.finding.span).path;
                path(a).cmp(path(b)).then_with(|| place(a).cmp(&place(b)))
            });
        }
        told
    }

    /// One line for each problem, as `pretty` has it among the findings.
    pub fn write_problems(&self, out: &mut dyn Write) -> io::Result<()> {
        self.problems.iter().try_for_each(|problem| writeln!(out, "problem: {}: {}", self.place(problem), text::shown(&problem.text)))
    }

    fn source(&self, span: Span) -> &SourceFile {
        &self.project.file(span.file).source
    }

    /// The path of a span's file, not yet safe to show.
    fn path(&self, span: Span) -> String {
        text::relative(&self.source(span).path, &self.project.working_directory)
    }

    /// What paths start from where the repository is looked at, not the working directory.
    fn repository<'r>(&'r self, options: &'r Options) -> &'r Path {
        options.repository.as_deref().unwrap_or(&self.project.root)
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

/// `2 errors, 1 warning`.
fn by_severity<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> String {
    let number = |severity| findings.clone().filter(|one| one.severity == severity).count();
    let kinds = Severity::ALL.iter().rev().map(|&severity| (number(severity), severity.name())).filter(|(number, _)| *number > 0);
    kinds.map(|(number, name)| text::count(number, name)).collect::<Vec<_>>().join(", ")
}
