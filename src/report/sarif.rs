//! SARIF 2.1.0 for code scanning: what GitHub shows of a log, in the shape it wants, and the rest for other viewers. It has no time and
//! no path of the machine in it: the same input gives the same bytes.
//!
//! ```text
//! {"version":"2.1.0","runs":[{"tool":{"driver":{"name":"goleaklint", …}},"results":[{"ruleId":"defer-in-loop", …}]}]}
//! ```
//!
//! A result's region is one line, since a pull request shows an alert only where all of its lines are new; the steps that prove a
//! finding are related locations, which the message links, and a code flow. Without `show_suppressed` silenced findings are left out:
//! GitHub does not read `suppressions` and would open an alert for each.
//!
//! Not here: the structs (`log`), how a line is recognised in the next upload (`fingerprint`), the text of a rule's help (`help`).

mod fingerprint;
mod help;
mod log;

use super::json::visible;
use super::{Options, Report, Told, text};
use crate::finding::{Confidence, Fix, Label, Problem, ProblemKind, Safety, Severity, Suppression};
use crate::rule::Rule;
use crate::rules::ALL;
use crate::source::{FileId, Span};
use log::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// What GitHub takes of results in a run, and of related locations of a result; what has more is refused as a whole.
const MOST_RESULTS: usize = 25_000;
const MOST_LOCATIONS: usize = 1_000;
const MOST_TAGS: usize = 20;
const LONGEST_DESCRIPTION: usize = 1024;

const ROOT: &str = "%SRCROOT%";

pub(super) fn write(report: &Report, options: &Options, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let writer = Writer { report, options };
    let json = serde_json::to_string(&writer.log(MOST_RESULTS))?;
    writeln!(out, "{}", visible(&json))
}

struct Writer<'a> {
    report: &'a Report<'a>,
    options: &'a Options,
}

impl<'a> Writer<'a> {
    fn log(&self, most: usize) -> Log {
        let told = self.report.told(self.options);
        let kept = most_severe(&told, most);
        let left_out = (told.len() > kept.len()).then(|| {
            let text = format!("{} of lower severity left out: a run has at most {most}", text::count(told.len() - kept.len(), "result"));
            Notification { level: "warning", message: Message { text }, locations: Vec::new() }
        });
        let problems = self.report.problems.iter().map(|problem| self.notification(problem));
        let mut hashes = BTreeMap::new();
        let run = Run {
            tool: Tool {
                driver: Driver {
                    name: "goleaklint",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: ALL.iter().map(descriptor).collect(),
                },
            },
            automation_details: AutomationDetails { id: "goleaklint/" },
            column_kind: "utf16CodeUnits",
            original_uri_base_ids: BTreeMap::from([(
                ROOT,
                BaseId { description: Message { text: "the root of the repository".to_owned() } },
            )]),
            invocations: vec![Invocation {
                execution_successful: !self.report.problems.iter().any(|problem| problem.kind != ProblemKind::Syntax),
                tool_execution_notifications: problems.chain(left_out).collect(),
            }],
            results: kept.iter().map(|told| self.result(*told, &mut hashes)).collect(),
        };
        Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: vec![run] }
    }

    fn result(&self, told: Told<'a>, hashes: &mut BTreeMap<FileId, Vec<String>>) -> SarifResult {
        let finding = told.finding;
        let source = self.report.source(finding.span);
        let line = source.position(finding.span.start).line;
        let hash = hashes.entry(finding.span.file).or_insert_with(|| fingerprint::of_lines(&source.text)).get(line as usize - 1).cloned();
        let labels = &finding.labels[..finding.labels.len().min(MOST_LOCATIONS)];
        let mut location = self.location(finding.span, None);
        if !finding.function.is_empty() {
            let project = self.report.project;
            let package = &project.package(project.file(finding.span.file).package).path;
            let name = text::shown(&format!("{package}.{}", finding.function));
            location.logical_locations = vec![LogicalLocation { fully_qualified_name: name, kind: "function" }];
        }
        SarifResult {
            rule_id: finding.rule,
            rule_index: ALL.iter().position(|rule| rule.id == finding.rule),
            level: finding.severity.name(),
            message: Message { text: message(told, labels) },
            locations: vec![location],
            related_locations: labels
                .iter()
                .zip(1..)
                .map(|(label, id)| Location { id: Some(id), ..self.location(label.span, Some(&label.text)) })
                .collect(),
            code_flows: self.code_flow(told, labels).into_iter().collect(),
            partial_fingerprints: hash.into_iter().map(|hash| ("primaryLocationLineHash", hash)).collect(),
            fixes: finding.fix.iter().filter_map(|fix| self.fix(fix)).collect(),
            // Without it, it would be unknown whether a result is silenced.
            suppressions: self.options.show_suppressed.then(|| told.suppression.iter().map(|one| self.suppression(one)).collect()),
            properties: ResultProperties { confidence: finding.confidence.name() },
        }
    }

    /// From the finding's own place through the steps that prove it.
    fn code_flow(&self, told: Told, labels: &[Label]) -> Option<CodeFlow> {
        let finding = told.finding;
        let own = labels.iter().all(|label| label.span != finding.span).then(|| self.location(finding.span, Some(&finding.message)));
        let steps = own.into_iter().chain(labels.iter().map(|label| self.location(label.span, Some(&label.text))));
        let locations = steps.map(|location| FlowLocation { location }).collect();
        (!labels.is_empty()).then(|| CodeFlow { thread_flows: vec![ThreadFlow { locations }] })
    }

    fn fix(&self, fix: &Fix) -> Option<SarifFix> {
        let mut files: Vec<(FileId, Vec<Replacement>)> = Vec::new();
        for edit in &fix.edits {
            let replacement =
                Replacement { deleted_region: self.region(edit.span, true), inserted_content: Content { text: edit.text.clone() } };
            match files.iter_mut().find(|(file, _)| *file == edit.span.file) {
                Some((_, replacements)) => replacements.push(replacement),
                None => files.push((edit.span.file, vec![replacement])),
            }
        }
        let changes = files.into_iter().map(|(file, replacements)| ArtifactChange {
            artifact_location: self.artifact(&self.report.project.file(file).source.path),
            replacements,
        });
        let text = text::shown(&format!("{} ({})", fix.title, fix.safety.name()));
        // What a person has to write is no fix that a viewer may apply.
        let applicable = fix.safety > Safety::Shown && !fix.edits.is_empty();
        applicable.then(|| SarifFix { description: Message { text }, artifact_changes: changes.collect() })
    }

    fn suppression(&self, suppression: &Suppression) -> SarifSuppression {
        SarifSuppression {
            kind: "inSource",
            status: "accepted",
            justification: suppression.reason.as_deref().map(text::shown),
            location: self.location(suppression.span, None),
        }
    }

    fn notification(&self, problem: &Problem) -> Notification {
        let location = Location {
            physical_location: PhysicalLocation {
                artifact_location: self.artifact(&problem.path),
                region: problem.span.map(|span| self.region(span, false)),
            },
            ..Location::default()
        };
        let level = if problem.kind == ProblemKind::Syntax { "warning" } else { "error" };
        Notification { level, message: Message { text: text::shown(&problem.text) }, locations: vec![location] }
    }

    fn location(&self, span: Span, message: Option<&str>) -> Location {
        Location {
            physical_location: PhysicalLocation {
                artifact_location: self.artifact(&self.report.source(span).path),
                region: Some(self.region(span, false)),
            },
            message: message.map(|message| Message { text: plain(&text::shown(message)) }),
            ..Location::default()
        }
    }

    /// Of a span of several lines, what is on the first one; `whole` keeps it all.
    fn region(&self, span: Span, whole: bool) -> Region {
        let source = self.report.source(span);
        let start = source.position(span.start);
        let first_line = span.start - (start.column - 1) + source.line(start.line).len() as u32;
        let end = if whole { span.end } else { span.end.min(first_line.max(span.start)) };
        Region {
            start_line: start.line,
            start_column: source.utf16_column(span.start),
            end_line: source.position(end).line,
            end_column: source.utf16_column(end),
        }
    }

    fn artifact(&self, path: &Path) -> ArtifactLocation {
        let root = self.report.repository(self.options);
        ArtifactLocation { uri: uri(path, root), uri_base_id: path.starts_with(root).then_some(ROOT) }
    }
}

/// The most severe and surest ones, in the order they came in.
fn most_severe<'a>(told: &[Told<'a>], most: usize) -> Vec<Told<'a>> {
    let mut order: Vec<usize> = (0..told.len()).collect();
    order.sort_by_key(|&at| (Reverse((told[at].finding.severity, told[at].finding.confidence)), at));
    order.truncate(most);
    order.sort_unstable();
    order.into_iter().map(|at| told[at]).collect()
}

/// The title first, then what proves it as links to the related locations, then what to do.
fn message(told: Told, labels: &[Label]) -> String {
    let finding = told.finding;
    let mut text = format!("{}.", plain(&text::shown(&finding.message)));
    let links: Vec<String> = labels.iter().zip(1..).map(|(label, id)| format!("[{}]({id})", escaped(&text::shown(&label.text)))).collect();
    if !links.is_empty() {
        text.push_str(&format!(" Why: {}.", links.join("; ")));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!(" Help: {}.", plain(&text::shown(help))));
    }
    text
}

/// A text that no viewer takes for a link. Brackets that cannot be one stay as they are, since not every viewer reads the escapes.
fn plain(text: &str) -> String {
    let depth = text.chars().try_fold(0usize, |depth, c| match c {
        '[' => Some(depth + 1),
        ']' => depth.checked_sub(1),
        _ => Some(depth),
    });
    if depth == Some(0) && !text.contains("](") { text.to_owned() } else { escaped(text) }
}

fn escaped(text: &str) -> String {
    let escape = |c: char| matches!(c, '\\' | '[' | ']').then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escape).collect()
}

/// What stays as it is in a path of a URI.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path as a URI relative to the root. A name that is not UTF-8 keeps its bytes.
fn uri(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts = path.components().filter(|part| !matches!(part, std::path::Component::RootDir));
    let parts: Vec<String> = parts.map(|part| percent_encode(part.as_os_str().as_encoded_bytes(), KEPT).to_string()).collect();
    format!("{}{}", if path.has_root() { "/" } else { "" }, parts.join("/"))
}

fn descriptor(rule: &Rule) -> Descriptor {
    let page = rule.page();
    let help = help::markdown(&page);
    let precision = match page.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let problem_severity = match page.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    };
    let short = |text: String| Message { text: text.chars().take(LONGEST_DESCRIPTION).collect() };
    Descriptor {
        id: rule.id,
        name: help::pascal_case(rule.id),
        short_description: short(page.title.to_owned()),
        full_description: short(help::first_paragraph(&help).to_owned()),
        default_configuration: Configuration { level: page.severity.name() },
        help: Help { text: help.clone(), markdown: help },
        properties: RuleProperties { tags: page.tags.into_iter().take(MOST_TAGS).collect(), precision, problem_severity },
    }
}

#[cfg(test)]
mod tests;
