//! For a GitHub job: the ordinary log, then the findings as annotations of the source, and a table for the summary of the step.
//!
//! ```text
//! ::warning file=a.go,line=11,endLine=11,col=3,endColumn=18,title=defer-in-loop::`defer f.Close()` in a loop runs only when …
//! ```
//!
//! GitHub shows ten annotations a level of a step, so no more are written, the most severe first; a line says how many more there are.
//! What comments silence is never annotated. Everything that somebody else wrote is escaped: data in commands, so that no text ends one
//! and begins another; in the table every character that Markdown could read.
//!
//! Not here: the log (`pretty`), which job it is (`cli`).

use super::text::{self, count};
use super::{Options, Report, by_severity, pretty};
use crate::finding::{Finding, Problem, ProblemKind, Severity};
use crate::source::Span;
use codespan_reporting::term::termcolor::WriteColor;
use std::io;

/// How many annotations of a level GitHub shows for a step.
const MOST: usize = 10;
/// How many bytes the summary of a step may have; of a longer one GitHub shows nothing.
pub const LONGEST_SUMMARY: usize = 1 << 20;
/// What the last line of a summary takes at most.
const LAST_LINE: usize = 100;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn WriteColor) -> io::Result<()> {
    pretty::write(report, options, out)?;
    let findings = report.findings.iter().map(|finding| (finding.severity, report.annotation(finding, options)));
    let problems = report.problems.iter().map(|problem| (problem_severity(problem), report.problem_annotation(problem, options)));
    let all: Vec<(Severity, String)> = findings.chain(problems).collect();
    let of = |level| all.iter().filter(move |(severity, _)| *severity == level).map(|(_, command)| command);
    let more = Severity::ALL.iter().any(|&level| of(level).count() > MOST);
    let mut written = 0;
    for level in Severity::ALL.into_iter().rev() {
        // The line that tells the rest is a notice too.
        let most = if more && level == Severity::Note { MOST - 1 } else { MOST };
        for command in of(level).take(most) {
            writeln!(out, "{command}")?;
            written += 1;
        }
    }
    if more {
        let left = all.len() - written;
        writeln!(out, "::notice title=goleaklint::{left} more without an annotation: GitHub shows {MOST} a level; the log has them all")?;
    }
    Ok(())
}

/// The table for the summary of the step, in Markdown, of at most so many bytes; empty if there is nothing to tell.
pub fn summary(report: &Report, options: &Options, room: usize) -> String {
    let (findings, problems) = (report.findings.len(), report.problems.len());
    let mut parts = Vec::new();
    if findings > 0 {
        parts.push(format!("{} ({})", count(findings, "finding"), by_severity(report.findings.iter())));
    }
    if problems > 0 {
        parts.push(count(problems, "problem"));
    }
    let mut table = format!("### goleaklint: {}\n\n| severity | rule | place | what |\n|---|---|---|---|\n", parts.join(", "));
    if parts.is_empty() || table.len() + LAST_LINE > room {
        return String::new();
    }
    let mut order: Vec<&Finding> = report.findings.iter().collect();
    order.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let rows = order.iter().map(|finding| {
        let place = report.repository_place(&report.source(finding.span).path, Some(finding.span), options);
        row([finding.severity.name(), finding.rule, &place, &finding.message])
    });
    let problem_rows = report
        .problems
        .iter()
        .map(|problem| row(["problem", "", &report.repository_place(&problem.path, problem.span, options), &problem.text]));
    let mut left = 0;
    for row in rows.chain(problem_rows) {
        if left == 0 && table.len() + row.len() + LAST_LINE <= room { table.push_str(&row) } else { left += 1 }
    }
    if left > 0 {
        table.push_str(&format!("\n{left} more: the log has them all.\n"));
    }
    table + "\n"
}

fn row(cells: [&str; 4]) -> String {
    cells.iter().map(|cell| format!("| {} ", markdown(cell))).collect::<String>() + "|\n"
}

/// A text of ours with code in backticks, as Markdown that shows it: punctuation becomes character references, which no reader of
/// Markdown takes for a mark.
fn markdown(text: &str) -> String {
    let escape = |part: &str| {
        let mut escaped = String::new();
        for c in text::shown(part).chars() {
            let plain = !c.is_ascii_punctuation() || "-/(),'".contains(c);
            if plain { escaped.push(c) } else { escaped.push_str(&format!("&#{};", u32::from(c))) }
        }
        escaped
    };
    let part = |(at, part): (usize, &str)| match at % 2 {
        1 => format!("<code>{}</code>", escape(part)),
        _ => escape(part),
    };
    text.split('`').enumerate().map(part).collect()
}

fn problem_severity(problem: &Problem) -> Severity {
    if problem.kind == ProblemKind::Syntax { Severity::Warning } else { Severity::Error }
}

/// What stands behind `::` in a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

impl Report<'_> {
    fn annotation(&self, finding: &Finding, options: &Options) -> String {
        let help = finding.help.iter().map(|help| format!("\nhelp: {}", text::shown(help)));
        let message = text::shown(&finding.message) + &help.collect::<String>();
        let place = self.properties(&self.source(finding.span).path, Some(finding.span), options);
        format!("::{} {place},title={}::{}", level(finding.severity), property(finding.rule), data(&message))
    }

    fn problem_annotation(&self, problem: &Problem, options: &Options) -> String {
        let place = self.properties(&problem.path, problem.span, options);
        format!("::{} {place},title=goleaklint::{}", level(problem_severity(problem)), data(&text::shown(&problem.text)))
    }

    /// `file=…,line=…`. Columns are for what is on one line: GitHub refuses them elsewhere.
    fn properties(&self, path: &std::path::Path, span: Option<Span>, options: &Options) -> String {
        let file = property(&text::shown_lines(&text::relative(path, self.repository(options))));
        let Some(span) = span else { return format!("file={file}") };
        let source = self.source(span);
        let (line, end_line) = (source.position(span.start).line, source.position(span.end).line);
        let columns = match line == end_line {
            true => format!(",col={},endColumn={}", source.utf16_column(span.start), source.utf16_column(span.end)),
            false => String::new(),
        };
        format!("file={file},line={line},endLine={end_line}{columns}")
    }

    /// `path:line`, not yet safe to show.
    fn repository_place(&self, path: &std::path::Path, span: Option<Span>, options: &Options) -> String {
        let path = text::relative(path, self.repository(options));
        let line = span.map(|span| format!(":{}", self.source(span).position(span.start).line));
        path.replace('`', "'") + &line.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_properties_are_escaped_as_the_toolkit_does() {
        assert_eq!(data("100% a,b:c\r\n::stop"), "100%25 a,b:c%0D%0A::stop");
        assert_eq!(property("100% a,b:c\r\n"), "100%25 a%2Cb%3Ac%0D%0A");
    }

    #[test]
    fn markdown_has_no_marks_but_ours() {
        assert_eq!(markdown("`a|b` <x> *y*"), "<code>a&#124;b</code> &#60;x&#62; &#42;y&#42;");
        assert_eq!(markdown("odd ` one"), "odd <code> one</code>");
        assert_eq!(markdown("\u{202e}"), "&#92;u&#123;202e&#125;");
    }
}
