//! A report for people: each finding at its line with the steps that prove it, then the problems, then the figures.
//!
//! ```text
//! warning[defer-in-loop]: `f.Close` is deferred in a loop
//!   ┌─ a.go:9:3
//! ```
//!
//! Not here: how hidden characters are shown (`text`).

use super::text::{self, Shown, count};
use super::{Detail, Fixed, Options, Report, Told, by_severity};
use crate::finding::{Label, Severity};
use crate::source::{SourceFile, Span};
use codespan_reporting::diagnostic::{self, Diagnostic, LabelStyle};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::WriteColor;
use codespan_reporting::term::{self, Config};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn WriteColor) -> io::Result<()> {
    for told in report.told(options) {
        let snippets = Snippets::new(report, told);
        let config = Config { tab_width: 4, ..Config::default() };
        term::emit_to_write_style(out, &config, &snippets, &diagnostic(told, &snippets)).map_err(|error| match error {
            Error::Io(error) => error,
            other => io::Error::other(other.to_string()),
        })?;
    }
    report.write_problems(out)?;
    if !report.problems.is_empty() {
        writeln!(out)?;
    }
    if options.detail > Detail::Quiet { write_summary(report, options, out) } else { Ok(()) }
}

/// The steps that prove it, and the comment that silences it.
fn labels(told: Told) -> Vec<Label> {
    let silenced = told.suppression.map(|suppression| Label { span: suppression.span, text: "suppressed here".to_owned() });
    told.finding.labels.iter().cloned().chain(silenced).collect()
}

fn diagnostic(told: Told, snippets: &Snippets) -> Diagnostic<usize> {
    let finding = told.finding;
    let all = labels(told);
    let severity = match finding.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
        Severity::Note => diagnostic::Severity::Note,
    };
    let label =
        |style, span: Span, message: String| diagnostic::Label::new(style, snippets.file(span), snippets.range(span)).with_message(message);
    // A label at the finding's own place is its first line's, not another line of carets below.
    let own = all.iter().filter(|label| label.span == finding.span).map(|label| text::shown(&label.text));
    let mut labels = vec![label(LabelStyle::Primary, finding.span, own.collect::<Vec<_>>().join("; "))];
    let others = all.iter().filter(|label| label.span != finding.span);
    labels.extend(others.map(|one| label(LabelStyle::Secondary, one.span, text::shown(&one.text))));
    let help = finding.help.iter().map(|help| format!("help: {}", text::shown(help)));
    let fix = finding.fix.iter().map(|fix| format!("fix ({}): {}", fix.safety.name(), text::shown(&fix.title)));
    let message = text::mark(told.suppression) + &text::shown(&finding.message);
    let diagnostic = Diagnostic::new(severity).with_code(finding.rule).with_message(message);
    diagnostic.with_labels(labels).with_notes(help.chain(fix).collect())
}

/// The lines of a finding as they are shown; each file is a text of only these lines.
struct Snippets<'a> {
    files: Vec<Snippet<'a>>,
}

struct Snippet<'a> {
    source: &'a SourceFile,
    name: String,
    text: String,
    /// By number from 0: where a line stands in `text`, and how it is shown.
    lines: BTreeMap<usize, (Range<usize>, Shown)>,
}

impl<'a> Snippets<'a> {
    fn new(report: &'a Report, told: Told) -> Snippets<'a> {
        let mut files: Vec<Snippet<'a>> = Vec::new();
        let mut wanted: Vec<(usize, usize, usize)> = Vec::new();
        for span in std::iter::once(told.finding.span).chain(labels(told).iter().map(|label| label.span)) {
            let source = report.source(span);
            let at = files.iter().position(|file| file.source.id == span.file).unwrap_or_else(|| {
                let name = text::line(&report.path(span));
                files.push(Snippet { source, name, text: String::new(), lines: BTreeMap::new() });
                files.len() - 1
            });
            let position = source.position(span.start);
            let line = position.line as usize - 1;
            wanted.push((at, line, position.column as usize - 1));
            // A single line between two that are wanted is shown as well.
            wanted.push((at, line + 1, 0));
        }
        for (at, file) in files.iter_mut().enumerate() {
            let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
            for (_, line, focus) in wanted.iter().filter(|(file, _, _)| *file == at) {
                let old = lines.entry(*line).or_insert(*focus);
                *old = if *old == 0 { *focus } else { *old };
            }
            lines.into_iter().for_each(|(line, focus)| file.add(line, focus));
        }
        Snippets { files }
    }

    fn file(&self, span: Span) -> usize {
        self.files.iter().position(|file| file.source.id == span.file).unwrap_or(0)
    }

    /// Where a span is shown: its part on its first line.
    fn range(&self, span: Span) -> Range<usize> {
        let file = &self.files[self.file(span)];
        let start = file.source.position(span.start);
        let Some((range, shown)) = file.lines.get(&(start.line as usize - 1)) else { return 0..0 };
        let column = start.column as usize - 1;
        let end = file.source.line(start.line).len().min(column + (span.end.saturating_sub(span.start)) as usize);
        range.start + shown.place(column)..range.start + shown.place(end.max(column))
    }
}

impl Snippet<'_> {
    fn add(&mut self, line: usize, focus: usize) {
        let shown = Shown::new(self.source.line(line as u32 + 1), focus);
        let start = self.text.len();
        self.text.push_str(&shown.text);
        self.lines.insert(line, (start..self.text.len(), shown));
        self.text.push('\n');
    }
}

impl<'a> Files<'a> for Snippets<'_> {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        self.files.get(id).map(|file| file.name.as_str()).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        self.files.get(id).map(|file| file.text.as_str()).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        let lines = &self.files.get(id).ok_or(Error::FileMissing)?.lines;
        let line = lines.iter().find(|(_, (range, _))| byte <= range.end).or(lines.iter().next_back());
        line.map(|(line, _)| *line).ok_or(Error::FileMissing)
    }

    /// The column of the file, not of what is shown.
    fn column_number(&'a self, id: usize, line: usize, byte: usize) -> Result<usize, Error> {
        let lines = &self.files.get(id).ok_or(Error::FileMissing)?.lines;
        let (range, shown) = lines.get(&line).ok_or(Error::LineTooLarge { given: line, max: 0 })?;
        let place = byte.saturating_sub(range.start);
        Ok(shown.byte(place) + 1)
    }

    fn line_range(&'a self, id: usize, line: usize) -> Result<Range<usize>, Error> {
        let lines = &self.files.get(id).ok_or(Error::FileMissing)?.lines;
        lines.get(&line).map(|(range, _)| range.clone()).ok_or(Error::LineTooLarge { given: line, max: 0 })
    }
}

fn write_summary(report: &Report, options: &Options, out: &mut dyn WriteColor) -> io::Result<()> {
    let summary = &report.summary;
    let kinds = by_severity(report.findings.iter());
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({kinds})") };
    let problems = if report.problems.is_empty() { String::new() } else { format!(", {}", count(report.problems.len(), "problem")) };
    let (packages, files) = (count(summary.packages, "package"), count(summary.files, "file"));
    writeln!(out, "{}{kinds}{problems}; {packages}, {files} in {} ms", count(report.findings.len(), "finding"), summary.milliseconds)?;
    let mut left_out = Vec::new();
    let mut tell = |number: usize, text: String| left_out.extend((number > 0).then_some(text));
    tell(summary.hidden, format!("{} of lower confidence (--min-confidence shows them)", count(summary.hidden, "finding")));
    let silenced = if options.show_suppressed { 0 } else { summary.suppressed };
    tell(silenced, format!("{} (--show-suppressed shows them)", count(silenced, "suppressed finding")));
    tell(summary.tests_skipped, format!("{} (--tests reads them)", count(summary.tests_skipped, "test file")));
    tell(summary.generated, format!("findings in {}", count(summary.generated, "generated file")));
    tell(summary.excluded, format!("{} that no build has", count(summary.excluded, "file")));
    tell(summary.cut, format!("part of what can happen in {}", count(summary.cut, "function")));
    if options.detail == Detail::Verbose {
        tell(summary.links_skipped, format!("{}, which are not followed", count(summary.links_skipped, "symbolic link")));
    }
    if !left_out.is_empty() {
        writeln!(out, "left out: {}", left_out.join("; "))?;
    }
    for (what, text) in [("fixed", summary.fixed_text()), ("fixable", summary.fixable_text())] {
        if !text.is_empty() {
            writeln!(out, "{what}: {text}")?;
        }
    }
    if options.detail == Detail::Verbose {
        for Fixed { place, rule, title } in &summary.fixed {
            writeln!(out, "  {}: {} ({rule})", text::line(place), text::shown(title))?;
        }
    }
    if options.detail == Detail::Verbose && !summary.slowest.is_empty() {
        let slowest: Vec<String> = summary.slowest.iter().map(|(place, took)| format!("{place} {took} ms")).collect();
        writeln!(out, "took longest: {}", slowest.join(", "))?;
    }
    Ok(())
}
