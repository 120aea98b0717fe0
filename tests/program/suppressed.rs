//! Findings that comments silence: left out unless asked for, marked then, and never a reason to fail.
//!
//! Not here: which comment silences what (`engine`).

use crate::reports::FORMATS;
use crate::sarif::validated;
use crate::{LEAK, code, run as program, stdout, tree};
use codespan_reporting::term::termcolor::NoColor;
use goleaklint::engine::{self, Settings, Settled};
use goleaklint::finding::{Severity, Suppressed, Suppression, SuppressionForm};
use goleaklint::project::{Project, load_texts};
use goleaklint::report::{Format, Options, Report, github};
use goleaklint::rules::ALL;
use goleaklint::source::Span;
use serde_json::Value;

/// Two files with a leak; the second one's is silenced, for a hostile reason or none.
fn run(reason: Option<&str>) -> (Project, Settled) {
    let text = LEAK.replace("defer f.Close()", "defer f.Close() //nolint");
    let (project, problems) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", LEAK), ("/m/b.go", &text)]);
    let mut settled = engine::run(&project, ALL, &Settings::default(), problems);
    let finding = settled.suppressed.pop().unwrap().finding;
    let start = text.find("//nolint").unwrap() as u32;
    let span = Span::new(finding.span.file, start, start + 8);
    let suppression = Suppression { span, form: SuppressionForm::Nolint, reason: reason.map(str::to_owned) };
    settled.suppressed = vec![Suppressed { finding, suppression }];
    (project, settled)
}

fn written(report: &Report, format: Format, show_suppressed: bool) -> String {
    let mut out = NoColor::new(Vec::new());
    report.write(format, &Options { show_suppressed, ..Options::default() }, &mut out).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

#[test]
fn they_are_left_out_and_counted() {
    let (project, settled) = run(Some("zebra"));
    let report = Report::new(&project, settled, 3);
    for name in FORMATS {
        let format = Format::ALL.into_iter().find(|format| format.name() == name).unwrap();
        let text = written(&report, format, false);
        assert!(text.contains("a.go") && !text.contains("b.go") && !text.contains("zebra"), "{name}: {text}");
    }
    assert!(written(&report, Format::Pretty, false).ends_with("left out: 1 suppressed finding (--show-suppressed shows them)\n"));
    assert!(written(&report, Format::Json, false).contains("\"suppressed\":1"));
    assert!(!written(&report, Format::Sarif, false).contains("suppressions"), "GitHub does not read them");
}

#[test]
fn they_are_marked_when_asked_for() {
    let (project, settled) = run(Some("it ends\u{1b} soon"));
    let report = Report::new(&project, settled, 3);
    let concise = written(&report, Format::Concise, true);
    assert!(concise.contains("\nm/b.go:11:3: suppressed (it ends\\u{1b} soon): `defer f.Close()` in a loop"), "{concise}");
    let pretty = written(&report, Format::Pretty, true);
    assert!(pretty.contains("warning[defer-in-loop]: suppressed (it ends\\u{1b} soon): `defer f.Close()`"), "{pretty}");
    assert!(pretty.contains(" suppressed here\n") && !pretty.contains("left out") && pretty.contains("1 finding (1 warning)"), "{pretty}");
    let json: Value = serde_json::from_str(&written(&report, Format::Json, true)).unwrap();
    assert_eq!((json["findings"].as_array().unwrap().len(), &json["summary"]["findings"]), (2, &1.into()));
    assert_eq!(json["findings"][0]["suppression"], Value::Null);
    let suppression = &json["findings"][1]["suppression"];
    assert_eq!((&suppression["form"], &suppression["reason"]), (&"//nolint".into(), &"it ends\u{1b} soon".into()));
    let log = validated(&written(&report, Format::Sarif, true));
    let results = &log["runs"][0]["results"];
    assert_eq!(results[0]["suppressions"], Value::Array(Vec::new()), "known not to be silenced");
    let suppression = &results[1]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["status"]), (&"inSource".into(), &"accepted".into()));
    assert_eq!(suppression["justification"], "it ends\\u{1b} soon");
    assert_eq!(suppression["location"]["physicalLocation"]["region"]["startColumn"], 19);
}

#[test]
fn one_without_a_reason_says_none() {
    let (project, settled) = run(None);
    let report = Report::new(&project, settled, 3);
    assert!(written(&report, Format::Concise, true).contains("\nm/b.go:11:3: suppressed: `defer f.Close()`"));
    let log = validated(&written(&report, Format::Sarif, true));
    assert_eq!(log["runs"][0]["results"][1]["suppressions"][0].get("justification"), None);
}

#[test]
fn they_are_no_annotation_and_no_reason_to_fail() {
    let (project, settled) = run(Some("zebra"));
    let mut report = Report::new(&project, settled, 3);
    let options = Options { show_suppressed: true, ..Options::default() };
    let commands: Vec<String> =
        written(&report, Format::Github, true).lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(commands[0].contains("file=m/a.go,"));
    assert!(!github::summary(&report, &options, 10_000).contains("b.go"));
    assert_eq!(report.exit_code(Severity::Note, false), 1);
    report.findings.clear();
    assert_eq!(report.exit_code(Severity::Note, false), 0);
    assert_eq!(github::summary(&report, &options, 10_000), "");
}

#[test]
fn the_flags_show_them_or_heed_no_comment() {
    let silenced = LEAK.replace("defer f.Close()", "defer f.Close() //goleaklint:ignore defer-in-loop -- few files");
    let tree = tree(&[("a.go", &silenced)]);
    let usual = program(tree.path(), &[]);
    assert_eq!(code(&usual), 0, "{}", stdout(&usual));
    assert!(stdout(&usual).contains("left out: 1 suppressed finding"), "{}", stdout(&usual));
    let shown = program(tree.path(), &["--show-suppressed"]);
    assert_eq!(code(&shown), 0, "{}", stdout(&shown));
    assert!(stdout(&shown).contains("suppressed (few files): `defer f.Close()`"), "{}", stdout(&shown));
    let heedless = program(tree.path(), &["--no-ignores", "--format", "concise"]);
    assert_eq!((code(&heedless), stdout(&heedless).lines().count()), (1, 1), "{}", stdout(&heedless));
    assert_eq!(code(&program(tree.path(), &["--no-ignores", "--show-suppressed"])), 2);
}

#[test]
fn a_comment_that_silences_nothing_is_a_note() {
    let tree = tree(&[("a.go", "package p\n\n//goleaklint:ignore defer-in-loop -- r\nvar x = 1\n")]);
    let output = program(tree.path(), &["--format", "concise"]);
    assert_eq!(stdout(&output), "a.go:3:1: the comment silences no finding of `defer-in-loop` (unused-suppression)\n");
    assert_eq!(code(&output), 1);
    assert_eq!(code(&program(tree.path(), &["--fail-on", "warning"])), 0);
    assert_eq!(code(&program(tree.path(), &["--skip", "unused-suppression"])), 0);
    assert_eq!(code(&program(tree.path(), &["--rule", "unused-suppression"])), 0, "the rule it names did not run");
}
