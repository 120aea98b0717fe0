//! What does a rule find in a case? The one place of this binary that calls the analysis.
//!
//! Not here: what must be found (`check.rs`).

use crate::case::Case;
use goleaklint::engine::{self, Settings};
use goleaklint::finding::{Confidence, Finding, Problem};
use goleaklint::project::{self, Project, Request};
use goleaklint::rule::Profile;
use goleaklint::rules;
use goleaklint::source::MemFiles;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A finding, as far as a want can speak about it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The path in the case's tree, with `/`.
    pub path: String,
    pub line: usize,
    pub rule: String,
    pub confidence: &'static str,
    pub message: String,
    /// Where its words break the house's rules.
    pub faults: Vec<String>,
    /// The file's text when its fix is applied.
    pub fixed: Option<String>,
}

/// The most characters of a message, besides the code in it.
const WORDS: usize = 110;

/// Where the tree of a case lies in memory.
const ROOT: &str = "/case";

pub fn has_rule(rule: &str) -> bool {
    rules::ALL.iter().any(|known| known.id == rule)
}

/// Runs rules on a case (a rule about comments after all others), in every profile and at every confidence, test files included: findings, and problems as text.
pub fn run(case: &Case, rules: &[&str]) -> Result<(Vec<Found>, Vec<String>), String> {
    let (project, mut problems) = project::load(&request(case), Arc::new(files(case))).map_err(|error| error.to_string())?;
    let only = if rules.iter().any(|rule| rules::ABOUT_COMMENTS.contains(rule)) {
        BTreeSet::new()
    } else {
        rules.iter().map(ToString::to_string).collect()
    };
    let settings = Settings { only, profile: Profile::All, min_confidence: Confidence::Low, ..Settings::default() };
    let (findings, more) = engine::check(&project, &settings);
    problems.extend(more);
    let found = findings.iter().filter(|finding| rules.contains(&finding.rule)).map(|finding| found(&project, finding)).collect();
    Ok((found, problems.iter().map(|problem| problem_text(&project, case, problem)).collect()))
}

/// The files of a case in memory.
pub fn files(case: &Case) -> MemFiles {
    let mut files = MemFiles::default();
    for file in &case.files {
        files.add(Path::new(ROOT).join(&file.path), file.text.as_str());
    }
    files
}

/// What is asked for in a case: all of it, test files included.
pub fn request(case: &Case) -> Request {
    // A single file is named, so that it is read even if no build has it (`//go:build ignore`).
    let go_files: Vec<&str> = case.files.iter().map(|file| file.path.as_str()).filter(|path| path.ends_with(".go")).collect();
    let pattern = if let [single] = go_files.as_slice() { format!("./{single}") } else { "./...".to_string() };
    Request { patterns: vec![pattern], working_directory: PathBuf::from(ROOT), tests: true, ..Request::default() }
}

/// The path of a file in the case's tree.
pub fn in_case(path: &Path) -> String {
    path.strip_prefix(ROOT).unwrap_or(path).to_string_lossy().into_owned()
}

fn found(project: &Project, finding: &Finding) -> Found {
    let source = &project.file(finding.span.file).source;
    Found {
        path: in_case(&source.path),
        line: source.position(finding.span.start).line as usize,
        rule: finding.rule.to_string(),
        confidence: finding.confidence.name(),
        message: finding.message.clone(),
        faults: faults(finding),
        fixed: finding.fix.as_ref().map(|fix| {
            let mut text = source.text.clone();
            for edit in fix.edits.iter().rev().filter(|edit| edit.span.file == finding.span.file) {
                text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            text
        }),
    }
}

/// How a finding speaks: what, why and what to do, as facts.
fn faults(finding: &Finding) -> Vec<String> {
    let mut faults = Vec::new();
    let mut line = |what: &str, text: &str| {
        let mut fault = |why: &str| faults.push(format!("{what} {why}: {text:?}"));
        if text.is_empty() || text.contains('\n') {
            fault("is not one line");
        }
        if text.starts_with(char::is_uppercase) {
            fault("begins with a capital letter");
        }
        if text.ends_with('.') {
            fault("ends in a period");
        }
        if !text.matches('`').count().is_multiple_of(2) {
            fault("has a backtick without its other half");
        }
    };
    line("the message", &finding.message);
    finding.labels.iter().for_each(|label| line("a label", &label.text));
    finding.help.iter().for_each(|help| line("the help", help));
    finding.fix.iter().for_each(|fix| line("a fix's title", &fix.title));
    // The user's code in it can be of any length.
    let words: usize = finding.message.split('`').step_by(2).map(|words| words.chars().count()).sum();
    if words >= WORDS {
        faults.push(format!("the message has {words} characters besides code, which is not under {WORDS}: {:?}", finding.message));
    }
    let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span).collect::<Vec<_>>();
    if edits.windows(2).any(|pair| pair[0].file > pair[1].file || pair[0].file == pair[1].file && pair[0].end > pair[1].start) {
        faults.push("the edits of the fix are not sorted, or overlap".to_string());
    }
    faults
}

fn problem_text(project: &Project, case: &Case, problem: &Problem) -> String {
    let path = in_case(&problem.path);
    let line = problem.span.map_or(1, |span| project.file(span.file).source.position(span.start).line as usize);
    let file = case.files.iter().find(|file| file.path == path);
    format!("{}: problem: {}", file.map_or(path.clone(), |file| file.place(line)), problem.text)
}
