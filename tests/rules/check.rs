//! Is what was found what was wanted? One function, [`source`], for pages and fixtures alike.
//!
//! ```go
//! defer f.Close() // want defer-in-loop     <- missing, if nothing is found here
//! defer g.Close()                           <- unexpected, if something is found here
//! ```
//!
//! Not here: how the analysis is called (`analysis.rs`).

use crate::analysis::{self, Found};
use crate::case::{self, Case, CaseFile, Source};
use crate::twins;
use crate::want::{self, Want};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The headings of a page, in their order.
const SECTIONS: [&str; 4] = ["Leaks", "Does not leak", "How to fix it", "When to ignore it"];

/// Checks a page or a fixture.
pub fn source(source: &Source) -> Result<(), String> {
    let rule = match source {
        Source::Page { rule, .. } | Source::File { rule, .. } | Source::Tree { rule, .. } => rule,
        Source::Twins { rule, .. } => rule,
        Source::Stray { why, .. } => return Err(format!("{}: {why}", source.name())),
    };
    let page = matches!(source, Source::Page { .. });
    let all: Vec<&str> = goleaklint::rules::ALL.iter().map(|rule| rule.id).collect();
    let rules = if rule == case::ARTICLE { &all[..] } else { &[rule.as_str()] };
    if rule != case::ARTICLE && !analysis::has_rule(rule) {
        return Err(if matches!(source, Source::Twins { .. }) {
            format!("{}: no rule is called `{rule}`", source.name())
        } else if page {
            let module = rule.replace('-', "_");
            format!("page has no rule: add src/rules/{module}.rs and list it in src/rules.rs")
        } else {
            format!("fixtures/{rule}/ is no folder of a rule: name it after its page, rules/<id>.md")
        });
    }
    if let Source::Twins { path, .. } = source {
        return twins(source, path, rule);
    }
    let cases = case::cases(source)?;
    let mut complaints = String::new();
    if page {
        sections(&source.name(), &cases, &mut complaints);
    }
    for case in &cases {
        let (found, problems) = analysis::run(case, rules)?;
        for problem in problems.iter().filter(|_| case.nocompile.is_none()) {
            let _ = writeln!(complaints, "{problem}");
        }
        compare(case, &found, &mut complaints)?;
        fixed(case, rules, &found, problems.len(), &mut complaints)?;
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// Checks a program and what its edits make of it, with all rules that have such programs.
fn twins(source: &Source, path: &Path, rule: &str) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", source.name()))?;
    let rules = case::rules_with_twins();
    let rules: Vec<&str> = rules.iter().map(String::as_str).filter(|rule| analysis::has_rule(rule)).collect();
    let complaints = twins::complaints(&source.name(), &text, rule, &rules)?;
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// A fix that is applied leaves one finding less, and text that can be read.
fn fixed(case: &Case, rules: &[&str], found: &[Found], problems: usize, complaints: &mut String) -> Result<(), String> {
    for one in found {
        let (Some(text), Some(file)) = (&one.fixed, case.files.iter().find(|file| file.path == one.path)) else { continue };
        let mut mended = case.clone();
        mended.files.iter_mut().filter(|other| other.path == one.path).for_each(|other| other.text.clone_from(text));
        let (left, faults) = analysis::run(&mended, rules)?;
        if left.len() >= found.len() || faults.len() > problems {
            let _ = writeln!(
                complaints,
                "{}: with the fix of this finding applied there are {} findings, not {}: {faults:?}",
                file.place(one.line),
                left.len(),
                found.len() - 1
            );
        }
    }
    Ok(())
}

/// A page has examples of both kinds, under the headings that every page has.
fn sections(page: &str, cases: &[Case], complaints: &mut String) {
    for case in cases.iter().filter(|case| !SECTIONS.contains(&case.section.as_str())) {
        let known = SECTIONS.map(|section| format!("`## {section}`")).join(", ");
        let _ = writeln!(complaints, "{page}: a Go block stands under `## {}`; the headings of a page are {known}", case.section);
    }
    for section in &SECTIONS[..2] {
        if !cases.iter().any(|case| case.section == *section) {
            let _ = writeln!(complaints, "{page}: there is no Go block under `## {section}`");
        }
    }
}

/// Writes a complaint for every finding that is not wanted, and for every want that is not met.
fn compare(case: &Case, found: &[Found], complaints: &mut String) -> Result<(), String> {
    let mut wanted = 0;
    for file in case.files.iter().filter(|file| file.path.ends_with(".go")) {
        let wants = want::wants(&file.text).map_err(|why| format!("{}, counted from {}: {why}", file.origin, file.place(1)))?;
        wanted += wants.len();
        let mut here: Vec<&Found> = found.iter().filter(|found| found.path == file.path).collect();
        for want in &wants {
            let Some(rule) = Some(&want.rule).filter(|rule| !analysis::has_rule(rule)) else { continue };
            let _ = writeln!(complaints, "{}: no rule is called `{rule}`", file.place(want.line));
        }
        // The narrowest wants choose first, or a plain one could take what only they leave.
        let mut missing: Vec<&Want> = wants.iter().collect();
        missing.sort_by_key(|want| usize::from(want.confidence.is_none()) + usize::from(want.part.is_none()));
        missing.retain(|want| match here.iter().position(|found| meets(found, want)) {
            Some(at) => {
                here.remove(at);
                false
            }
            None => true,
        });
        missing.sort_by_key(|want| want.line);
        for want in missing {
            describe(file, want.line, &format!("missing: {}", wanted_text(want)), complaints);
            for found in here.iter().filter(|found| found.line == want.line) {
                let _ = writeln!(complaints, "        found here: {}", found_text(found));
            }
        }
        for found in &here {
            describe(file, found.line, &format!("unexpected: {}", found_text(found)), complaints);
        }
        for found in found.iter().filter(|found| found.path == file.path) {
            if case.section == SECTIONS[1] && found.confidence == "high" {
                describe(file, found.line, "a finding of high confidence stands under `## Does not leak`", complaints);
            }
            for fault in &found.faults {
                describe(file, found.line, fault, complaints);
            }
        }
    }
    if case.section == SECTIONS[0] && wanted == 0 {
        let file = &case.files[1];
        let _ = writeln!(complaints, "{}: a block under `## Leaks` wants no finding: mark the line with `// want rule-id`", file.place(1));
    }
    Ok(())
}

fn meets(found: &Found, want: &Want) -> bool {
    let confidence = want.confidence.as_ref().is_none_or(|confidence| *confidence == found.confidence);
    let part = want.part.as_ref().is_none_or(|part| found.message.contains(part.as_str()));
    found.line == want.line && found.rule == want.rule && confidence && part
}

fn wanted_text(want: &Want) -> String {
    let mut text = want.rule.clone();
    if let Some(confidence) = &want.confidence {
        text = format!("{text} {confidence}");
    }
    if let Some(part) = &want.part {
        text = format!("{text} {part:?}");
    }
    text
}

fn found_text(found: &Found) -> String {
    format!("{} {} {:?}", found.rule, found.confidence, found.message)
}

fn describe(file: &CaseFile, line: usize, what: &str, complaints: &mut String) {
    let _ = writeln!(complaints, "{}: {what}", file.place(line));
    let _ = writeln!(complaints, "        {}", file.text.lines().nth(line - 1).unwrap_or_default().trim());
}

/// The tests of this file; they run as trials of this binary.
pub const TESTS: &[(&str, fn())] = &[
    ("a finding that is wanted is no complaint", wanted_is_silent),
    ("a missing and an unexpected finding are complaints", missing_and_unexpected),
    ("the narrow want takes its finding first", narrow_wants_choose_first),
    ("a page shows what leaks and what does not", a_page_has_both_kinds),
];

const ID: &str = "defer-in-loop";

fn complaints(section: &str, text: &str, found: &[Found]) -> String {
    let file = |path: &str, text: &str| CaseFile { path: path.into(), text: text.into(), origin: "page.md".into(), lines_before: 10 };
    let case = Case { section: section.into(), files: vec![file("go.mod", ""), file("a.go", text)], ..Case::default() };
    let mut complaints = String::new();
    compare(&case, found, &mut complaints).unwrap();
    complaints
}

fn finding(line: usize, confidence: &'static str, message: &str) -> Found {
    Found { path: "a.go".into(), line, rule: ID.into(), confidence, message: message.into(), faults: Vec::new(), fixed: None }
}

fn wanted_is_silent() {
    let text = "defer a()\ndefer b() // want defer-in-loop high \"runs\"\n";
    assert_eq!(complaints("Leaks", text, &[finding(2, "high", "`b()` runs late")]), "");
}

fn missing_and_unexpected() {
    let text = "defer a()\ndefer b() // want defer-in-loop low\n";
    let complaints = complaints("Leaks", text, &[finding(1, "high", "m"), finding(2, "high", "n")]);
    let wanted = "page.md:12: missing: defer-in-loop low\n        defer b() // want defer-in-loop low\n        found here: defer-in-loop high \"n\"\n";
    assert!(complaints.contains(wanted), "{complaints}");
    assert!(complaints.contains("page.md:11: unexpected: defer-in-loop high \"m\"\n        defer a()\n"), "{complaints}");
}

fn narrow_wants_choose_first() {
    let text = "defer b() // want defer-in-loop defer-in-loop \"two\"\n";
    assert_eq!(complaints("Leaks", text, &[finding(1, "low", "two"), finding(1, "low", "one")]), "");
}

fn a_page_has_both_kinds() {
    assert!(complaints("Leaks", "defer b()\n", &[]).contains("wants no finding"));
    let text = "defer b() // want defer-in-loop\n";
    assert!(complaints("Does not leak", text, &[finding(1, "high", "m")]).contains("high confidence stands under"));
    assert_eq!(complaints("Does not leak", text, &[finding(1, "low", "m")]), "");
    let case = |section: &str| Case { section: section.into(), ..Case::default() };
    let mut text = String::new();
    sections("page.md", &[case("Leaks"), case("Does not leak")], &mut text);
    assert_eq!(text, "");
    sections("page.md", &[case("Leaks"), case("Example")], &mut text);
    assert!(text.contains("no Go block under `## Does not leak`") && text.contains("under `## Example`"), "{text}");
}
