//! JSON for other programs, version 1. Lines and columns count from 1; columns and offsets count bytes. It has no time in it: the same
//! input gives the same bytes.
//!
//! ```text
//! {"version":1,"findings":[{"rule":"defer-in-loop", …}],"problems":[],"summary":{"findings":1, …}}
//! ```
//!
//! Not here: what the fields of a finding mean (`finding`).

use super::{Options, Report, Told, text};
use crate::finding::Fix;
use crate::source::Span;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    findings: Vec<JsonFinding<'a>>,
    problems: Vec<JsonProblem<'a>>,
    summary: JsonSummary,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'a str,
    confidence: &'a str,
    message: &'a str,
    path: String,
    function: &'a str,
    start: Place,
    end: Place,
    labels: Vec<JsonLabel<'a>>,
    help: Option<&'a str>,
    fix: Option<JsonFix<'a>>,
    /// `null` for what is not silenced.
    suppression: Option<JsonSuppression<'a>>,
}

#[derive(Serialize)]
struct JsonSuppression<'a> {
    form: &'a str,
    reason: Option<&'a str>,
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct Place {
    line: u32,
    column: u32,
    offset: u32,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    text: &'a str,
    path: String,
    start: Place,
    end: Place,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    path: String,
    start: Place,
    end: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonProblem<'a> {
    path: String,
    /// `null` where the file was not read.
    line: Option<u32>,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonSummary {
    findings: usize,
    fixed: usize,
    problems: usize,
    packages: usize,
    files: usize,
    hidden: usize,
    suppressed: usize,
    generated: usize,
    tests_skipped: usize,
    excluded: usize,
    links_skipped: usize,
}

pub(super) fn write(report: &Report, options: &Options, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let problem = |problem: &crate::finding::Problem| problem.span.map(|span| report.start(span).line);
    let problems = report.problems.iter().map(|one| JsonProblem { path: report.problem_path(one), line: problem(one), text: &one.text });
    let summary = &report.summary;
    let document = Document {
        version: 1,
        findings: report.told(options).into_iter().map(|told| report.finding(told)).collect(),
        problems: problems.collect(),
        summary: JsonSummary {
            findings: report.findings.len(),
            fixed: summary.fixed.len(),
            problems: report.problems.len(),
            packages: summary.packages,
            files: summary.files,
            hidden: summary.hidden,
            suppressed: summary.suppressed,
            generated: summary.generated,
            tests_skipped: summary.tests_skipped,
            excluded: summary.excluded,
            links_skipped: summary.links_skipped,
        },
    };
    let json = serde_json::to_string(&document)?;
    writeln!(out, "{}", visible(&json))
}

/// What is hidden can stand only in strings, and there it can be written as an escape: the same value, and safe to look at.
pub(super) fn visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if text::is_hidden(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else if c == '[' && shown.ends_with("##") {
            shown.push_str("\\u005b");
        } else {
            shown.push(c);
        }
    }
    shown
}

impl Report<'_> {
    fn place_at(&self, span: Span, offset: u32) -> Place {
        let position = self.project.file(span.file).source.position(offset);
        Place { line: position.line, column: position.column, offset }
    }

    fn start(&self, span: Span) -> Place {
        self.place_at(span, span.start)
    }

    fn end(&self, span: Span) -> Place {
        self.place_at(span, span.end)
    }

    fn problem_path(&self, problem: &crate::finding::Problem) -> String {
        text::relative(&problem.path, &self.project.working_directory)
    }

    fn finding<'f>(&self, told: Told<'f>) -> JsonFinding<'f> {
        let finding = told.finding;
        let label = |label: &'f crate::finding::Label| JsonLabel {
            text: &label.text,
            path: self.path(label.span),
            start: self.start(label.span),
            end: self.end(label.span),
        };
        JsonFinding {
            rule: finding.rule,
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            message: &finding.message,
            path: self.path(finding.span),
            function: &finding.function,
            start: self.start(finding.span),
            end: self.end(finding.span),
            labels: finding.labels.iter().map(label).collect(),
            help: finding.help.as_deref(),
            fix: finding.fix.as_ref().map(|fix| self.fix(fix)),
            suppression: told.suppression.map(|suppression| JsonSuppression {
                form: suppression.form.name(),
                reason: suppression.reason.as_deref(),
                start: self.start(suppression.span),
                end: self.end(suppression.span),
            }),
        }
    }

    fn fix<'f>(&self, fix: &'f Fix) -> JsonFix<'f> {
        let edit = |edit: &'f crate::finding::Edit| JsonEdit {
            path: self.path(edit.span),
            start: self.start(edit.span),
            end: self.end(edit.span),
            text: &edit.text,
        };
        JsonFix { title: &fix.title, safety: fix.safety.name(), edits: fix.edits.iter().map(edit).collect() }
    }
}
