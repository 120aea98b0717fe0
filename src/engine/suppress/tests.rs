#![allow(clippy::unwrap_used)]

use crate::engine::{self, Settings, Settled};
use crate::finding::{Confidence, Finding, Label, Severity, SuppressionForm};
use crate::project::{Project, load_texts};
use crate::rule::{Pass, Rule};
use crate::source::Span;
use std::sync::Arc;

const PAGE: &str = "---\nid: x\nprofile: default\n---\n";

/// Reports every call of a function of that name; its label is the call of `label` before it.
fn calls(pass: &mut Pass, name: &str) {
    for decl in pass.decls(|_| true) {
        let file = pass.project().file(decl.file);
        let range = file.outline.decls[decl.index as usize].range;
        let text = file.source.slice(range.start, range.end);
        let places = |word: &str| text.match_indices(&format!("{word}(")).map(|(at, _)| at as u32 + range.start).collect::<Vec<_>>();
        for at in places(name) {
            let label = places("label").into_iter().rfind(|label| *label < at);
            let labels = label.map(|label| Label { span: Span::new(decl.file, label, label + 5), text: "here".to_owned() });
            pass.report(Finding {
                rule: pass.rule,
                span: Span::new(decl.file, at, at + 4),
                function: String::new(),
                message: "m".to_owned(),
                severity: Severity::Warning,
                confidence: Confidence::High,
                labels: labels.into_iter().collect(),
                help: None,
                fix: None,
            });
        }
    }
}

const LEAK: Rule = Rule { id: "leak", page: PAGE, check: |pass| calls(pass, "leak") };
const SLOW: Rule = Rule { id: "slow-call", page: PAGE, check: |pass| calls(pass, "slow") };

fn rules() -> Vec<Rule> {
    let own = crate::rules::ALL.iter().filter(|rule| crate::rules::ABOUT_COMMENTS.contains(&rule.id));
    let own = own.map(|rule| Rule { id: rule.id, page: rule.page, check: rule.check });
    own.chain([LEAK, SLOW]).collect()
}

fn run_with(texts: &[(&str, &str)], rules: &[Rule], settings: &Settings) -> (Project, Settled) {
    let (project, problems) = load_texts(texts);
    let settled = engine::run(&project, rules, settings, problems);
    (project, settled)
}

fn run(text: &str) -> (Project, Settled) {
    run_with(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)], &rules(), &Settings::default())
}

/// The lines of the findings that are told, and of those that are silenced: `1 3 / 2`.
fn lines(text: &str) -> String {
    let (project, settled) = run(text);
    let line = |finding: &Finding| project.file(finding.span.file).source.position(finding.span.start).line.to_string();
    let told = settled.findings.iter().filter(|finding| finding.rule != "unused-suppression").map(line);
    let silenced = settled.suppressed.iter().map(|one| line(&one.finding));
    format!("{} / {}", told.collect::<Vec<_>>().join(" "), silenced.collect::<Vec<_>>().join(" "))
}

fn assert_lines(cases: &[(&str, &str)]) {
    for (body, wanted) in cases {
        let text = format!("package p\nfunc f() {{\n{body}\n}}\n");
        assert_eq!(lines(&text).trim(), *wanted, "{body}");
        assert_eq!(lines(&text.replace('\n', "\r\n")).trim(), *wanted, "with CRLF: {body}");
    }
}

#[test]
fn ignore_counts_on_any_line_of_a_span_and_above_it() {
    assert_lines(&[
        ("leak() //goleaklint:ignore leak -- r", "/ 3"),
        ("//goleaklint:ignore leak -- r\nleak()", "/ 4"),
        ("// goleaklint:ignore\tleak\t--\tr\nleak()", "/ 4"),
        ("//goleaklint:ignore slow-call,leak -- r\nleak()", "/ 4"),
        ("//goleaklint:ignore leak -- a reason\n// of two lines\nleak()", "/ 5"),
        ("//goleaklint:ignore leak -- r\n\nleak()", "5 /"),
        ("leak() //goleaklint:ignore leak -- r\nleak()", "4 / 3"),
        ("label() //goleaklint:ignore leak -- r\nx()\nleak()", "/ 5"),
        ("//goleaklint:ignore leak -- r\nlabel()\nx()\nleak()", "/ 6"),
        ("//goleaklint:ignore slow-call -- r\nleak()", "4 /"),
        ("//goleaklint:ignore goleaklint -- r\nleak()", "4 /"),
        ("//goleaklint:ignored leak -- r\nleak()", "4 /"),
        ("/*goleaklint:ignore leak -- r*/ leak()", "3 /"),
    ]);
}

#[test]
fn file_ignore_counts_in_its_file() {
    assert_lines(&[
        ("leak()\n//goleaklint:file-ignore leak -- r\nleak()\nslow()", "6 / 3 5"),
        ("leak()\n//lint:file-ignore leak r\nleak()\nslow()", "6 / 3 5"),
        ("leak()\n//lint:file-ignore * r\nleak()\nslow()", "/ 3 5 6"),
        ("leak()\n//lint:file-ignore leak\nleak()", "3 5 /"),
    ]);
    let other = "package p; func g() { leak() }\n";
    let files = [
        ("/m/go.mod", "module m\n"),
        ("/m/a.go", "//goleaklint:file-ignore leak -- r\n\npackage p\nfunc f() { leak() }\n"),
        ("/m/b.go", other),
    ];
    let (_, settled) = run_with(&files, &rules(), &Settings::default());
    assert_eq!((settled.findings.len(), settled.suppressed.len()), (1, 1));
}

#[test]
fn a_directive_in_a_string_is_none() {
    assert_lines(&[
        ("x := `\n//goleaklint:ignore leak -- r\n`; leak()\n_ = \"//goleaklint:file-ignore leak -- r\"", "5 /"),
        ("x := \"//nolint\"; leak()", "3 /"),
    ]);
}

#[test]
fn nolint_has_the_scope_of_golangci_lint() {
    assert_lines(&[
        ("leak() //nolint", "/ 3"),
        ("leak() //nolint:goleaklint // r", "/ 3"),
        ("leak() // nolint:errcheck, Leak", "/ 3"),
        ("leak() //nolint:errcheck", "3 /"),
        ("leak() //nolint :errcheck", "/ 3"),
        ("leak() //nolintleak", "3 /"),
        ("leak() //nolint\nleak()", "4 / 3"),
        // The node in the same column on the next line, to its end.
        ("//nolint:leak\nif x {\nleak()\n}\nleak()", "7 / 5"),
        ("//nolint:leak\n  if x {\nleak()\n}", "5 /"),
        ("\t//nolint:leak\n\tif x {\nleak()\n}", "/ 5"),
        ("//nolint:leak\n\nif x {\nleak()\n}", "6 /"),
        ("//nolint:leak\n// more\nif x {\nleak()\n}", "/ 6"),
        // Only the first of a group is extended; its own lines count all the same.
        ("//nolint:errcheck\n//nolint:leak\nif x {\nleak()\n}", "6 /"),
        ("//nolint:leak\n//nolint:errcheck\nif x {\nleak()\n}", "/ 6"),
        // Behind code a group ends with its line, and its column is its own.
        ("x() //nolint:leak\n// more\nif x {\nleak()\n}", "6 /"),
        ("y    (//nolint:leak\n      leak(\n))\nleak()", "6 / 4"),
        // A label's line does not count.
        ("label() //nolint:leak\nx()\nleak()", "5 /"),
        ("x := map[string]func(){\n\t//nolint:leak\n\t\"a\": func() {\n\t\tleak()\n\t},\n\t\"b\": func() { leak() },\n}", "8 / 6"),
        ("switch {\n//nolint:leak\ncase x:\n\tleak()\ndefault:\n\tleak()\n}", "8 / 6"),
    ]);
    for (text, wanted) in [
        ("//nolint:leak\npackage p\n\nfunc f() { leak() }\n\nfunc g() { leak() }\n", "/ 4 6"),
        ("// Package p.\n//nolint\npackage p\n\nfunc f() { leak() }\n", "/ 5"),
        ("//nolint\n\npackage p\n\nfunc f() { leak() }\n", "5 /"),
        (" //nolint\npackage p\n\nfunc f() { leak() }\n", "4 /"),
        ("package p\n\n// F does.\n//\n//nolint:leak // r\nfunc f() {\n\tleak()\n}\n\nfunc g() { leak() }\n", "10 / 7"),
        ("package p\n\n//nolint:leak\nvar (\n\tx = leak()\n\ty = leak()\n)\n", "/ 5 6"),
        ("package p\n\nvar (\n\t//nolint:leak\n\tx = [...]int{\n\t\tleak(),\n\t}\n\ty = leak()\n)\n", "8 / 6"),
        ("package p\n\ntype (\n\t//nolint:leak\n\tT struct {\n\t\ta [leak()]int\n\t}\n)\n", "/ 6"),
        ("package p\n\ntype T struct {\n\t//nolint:leak\n\ta, b [\n\t\tleak()]int\n}\n", "/ 6"),
    ] {
        assert_eq!(lines(text).trim(), wanted, "{text}");
    }
}

#[test]
fn lint_ignore_has_the_scope_of_staticcheck() {
    assert_lines(&[
        ("leak() //lint:ignore leak r", "/ 3"),
        ("//lint:ignore leak r\nleak()", "/ 4"),
        ("//lint:ignore Leak,SA1000 r\nleak()", "/ 4"),
        ("//lint:ignore l* r\nleak()\nleak()", "5 / 4"),
        ("//lint:ignore leak\nleak()", "4 /"),
        ("// lint:ignore leak r\nleak()", "4 /"),
        ("//lint:ignore goleaklint r\nleak()", "4 /"),
        // To the next node, also behind an empty line, unless the last one ends right above it.
        ("x()\n\n//lint:ignore leak r\n\nleak()", "/ 7"),
        ("x()\n//lint:ignore leak r\n\nleak()", "6 /"),
        ("leak()\n//lint:ignore leak r\n\nx()", "/ 3"),
        ("leak()\n//lint:ignore leak r\nx()", "3 /"),
        // The line where the node begins, not all of it.
        ("//lint:ignore leak r\nif x {\nleak()\n}", "5 /"),
        ("leak(\nx) //lint:ignore leak r", "/ 3"),
        ("if x {\nleak() } //lint:ignore leak r", "4 /"),
        ("for { //lint:ignore leak r\nleak()\n}", "/ 4"),
    ]);
    for (text, wanted) in [
        ("package p\n\n//lint:ignore leak r\nvar x = leak()\n\nvar y = leak()\n", "6 / 4"),
        ("package p\n\nvar x = leak() //lint:ignore leak r\n\nvar y = leak()\n", "5 / 3"),
        ("package p\n\nvar x = leak()\n//lint:ignore leak r\n\nvar y = leak()\n", "6 / 3"),
        ("package p\n\nvar x = leak()\n//lint:ignore leak r\n", "/ 3"),
        ("package p\n\n//lint:ignore leak r\nfunc f() {\n\tleak()\n}\n", "5 /"),
        ("package p\n\nvar (\n\t//lint:ignore leak r\n\tx = leak()\n\ty = leak()\n)\n", "6 / 5"),
    ] {
        assert_eq!(lines(text).trim(), wanted, "{text}");
    }
}

#[test]
fn a_suppression_knows_its_comment() {
    let (project, settled) = run("package p\n\nfunc f() {\n\tleak() //goleaklint:ignore leak -- three at most\n}\n");
    let suppression = &settled.suppressed[0].suppression;
    assert_eq!((suppression.form, suppression.reason.as_deref()), (SuppressionForm::Ignore, Some("three at most")));
    let text = project.file(suppression.span.file).source.slice(suppression.span.start, suppression.span.end);
    assert_eq!(text, "//goleaklint:ignore leak -- three at most");
    assert_eq!(suppression.form.name(), "//goleaklint:ignore");
}

#[test]
fn comments_count_for_nothing_when_asked() {
    let text = "package p\n\nfunc f() {\n\tleak() //goleaklint:ignore leak -- r\n}\n";
    let settings = Settings { ignores: false, ..Settings::default() };
    let (_, settled) = run_with(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)], &rules(), &settings);
    let rules: Vec<&str> = settled.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!((rules, settled.suppressed.len()), (vec!["leak"], 0), "the comment is not unused either");
}

/// What `unused-suppression` says: line, message, and the file with its fixes applied.
fn unused(text: &str, settings: &Settings) -> (Vec<String>, String) {
    let (project, settled) = run_with(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)], &rules(), settings);
    let source = &project.files[0].source;
    let findings: Vec<&Finding> = settled.findings.iter().filter(|finding| finding.rule == "unused-suppression").collect();
    let told = findings.iter().map(|finding| format!("{}: {}", source.position(finding.span.start).line, finding.message)).collect();
    let mut fixed = source.text.clone();
    for edit in findings.iter().rev().flat_map(|finding| &finding.fix).flat_map(|fix| &fix.edits) {
        fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    (told, fixed)
}

#[test]
fn what_silences_nothing_is_told_and_its_fix_removes_it() {
    let text = "package p\n\nfunc f() {\n\tx() \t//goleaklint:ignore leak -- r\r\n\t//goleaklint:ignore slow-call,leak -- r\n\tslow()\n\t\
                //goleaklint:ignore leak,slow-call -- r\n\ty()\n\tz() //goleaklint:ignore leak // more\n}\n//goleaklint:file-ignore leak -- r";
    let (told, fixed) = unused(text, &Settings::default());
    assert_eq!(
        told,
        [
            "4: the comment silences no finding of `leak`",
            "5: the comment silences no finding of `leak`",
            "7: the comment silences no finding of `leak` or `slow-call`",
            "9: the comment silences no finding of `leak`",
            "11: the comment silences no finding of `leak`",
        ]
    );
    let wanted = "package p\n\nfunc f() {\n\tx()\r\n\t//goleaklint:ignore slow-call -- r\n\tslow()\n\ty()\n\tz() // more\n}\n";
    assert_eq!(fixed, wanted);
    assert_eq!(unused(wanted, &Settings::default()).0, Vec::<String>::new());
}

#[test]
fn only_rules_that_ran_are_counted() {
    let text = "package p\n\nfunc f() {\n\t//goleaklint:ignore leak,slow-call -- r\n\tx() //nolint:leak\n}\n";
    let skip = |ids: &[&str]| Settings { skip: ids.iter().map(|id| (*id).to_owned()).collect(), ..Settings::default() };
    assert_eq!(unused(text, &skip(&["leak"])).0, ["4: the comment silences no finding of `slow-call`"]);
    assert_eq!(unused(text, &skip(&["leak", "slow-call"])).0, Vec::<String>::new());
    // A finding that is not told for its confidence is one all the same.
    let low = Rule {
        id: "leak",
        page: PAGE,
        check: |pass| {
            calls(pass, "leak");
            pass.findings.iter_mut().for_each(|finding| finding.confidence = Confidence::Low);
        },
    };
    let text = "package p\n\nfunc f() {\n\tleak() //goleaklint:ignore leak -- r\n}\n";
    let with = |rule: Rule, text: &str| {
        let rules: Vec<Rule> = rules()
            .into_iter()
            .map(|other| if other.id == rule.id { Rule { id: rule.id, page: rule.page, check: rule.check } } else { other })
            .collect();
        let (_, settled) = run_with(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)], &rules, &Settings::default());
        (settled.findings.len(), settled.suppressed.len(), settled.hidden)
    };
    assert_eq!(with(low, text), (0, 0, 0));
    // A rule that failed did not run.
    assert_eq!(with(Rule { id: "leak", page: PAGE, check: |_| panic!("oh") }, text), (0, 0, 0));
    // In a file with a syntax error not everything was seen.
    let (_, settled) = run(&text.replace("leak()", "x()").replace("}\n", "}\n\nfunc g() { x( }\n"));
    assert_eq!((settled.findings.len(), settled.problems.len()), (0, 1));
}

#[test]
fn what_no_comment_can_mean_is_told() {
    let text = "package p\n\n//goleaklint:ignore leek -- r\n//goleaklint:ignor leak\n//goleaklint:ignore -- r\n//goleaklint:ignore zzzzzzzz because\n//nolint:leek\n//lint:ignore leek r\n";
    let (project, settled) = run(text);
    let told: Vec<String> = settled
        .findings
        .iter()
        .map(|finding| {
            let place = project.files[0].source.position(finding.span.start);
            format!("{}:{}: {} ({})", place.line, place.column, finding.message, finding.help.as_deref().unwrap_or(""))
        })
        .collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(told[0], "3:21: there is no rule `leek` for the comment to silence (did you mean `leak`?; a reason stands behind ` -- `)");
    assert_eq!(told[1], "4:1: `goleaklint:ignor` is no comment that goleaklint knows (did you mean `ignore`?)");
    assert_eq!(told[2], "5:1: the comment names no rule, so it silences nothing (write `//goleaklint:ignore RULE -- reason`)");
    assert!(
        told[3].starts_with("6:21: there is no rule `zzzzzzzz`") && told[4].starts_with("6:30: there is no rule `because`"),
        "{told:#?}"
    );
}

#[test]
fn the_rules_about_comments_are_silenced_by_name_only() {
    let clean = |text: &str| unused(text, &Settings::default()).0.is_empty();
    assert!(!clean("package p\n\n//nolint:goleaklint\nfunc f() {\n\tx() //goleaklint:ignore leak -- r\n}\n"));
    assert!(!clean("package p\n\n//nolint\n//goleaklint:ignore leak -- r\n"));
    assert!(clean("package p\n\n//goleaklint:ignore unused-suppression -- needed in the next release\n//goleaklint:ignore leak -- r\n"));
    assert!(clean("//goleaklint:file-ignore unused-suppression -- r\n\npackage p\n\n//goleaklint:ignore leak -- r\n"));
}

#[test]
fn a_package_that_is_read_in_part_has_no_unused_comments() {
    use crate::project::{Request, load};
    use crate::source::MemFiles;
    let mut files = MemFiles::default();
    files.add("/m/go.mod", "module m\n");
    files.add("/m/a.go", "package p\n\nfunc f() {\n\tx() //goleaklint:ignore leak -- r\n}\n");
    files.add("/m/b.go", "package p\n");
    let told = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let (project, problems) =
            load(&Request { patterns, working_directory: "/m".into(), tests: true, ..Request::default() }, Arc::new(files.clone()))
                .unwrap();
        engine::run(&project, &rules(), &Settings::default(), problems).findings.len()
    };
    assert_eq!((told(&["."]), told(&["a.go"]), told(&["a.go", "b.go"])), (1, 0, 1));
}

#[test]
fn reasons_are_asked_for_when_the_rule_is_on() {
    let text = "package p\n\nfunc f() {\n\tleak() //goleaklint:ignore leak\n\tleak() //goleaklint:ignore leak -- r\n\tleak() //nolint:goleaklint\n\t\
                leak() //nolint:leak,errcheck // r\n\tleak() //nolint\n\tleak() //lint:ignore leak\n\tleak() //lint:ignore leak r\n\tleak() //lint:ignore SA1000\n}\n";
    let only = |id: &str| Settings { only: [id.to_owned()].into(), ..Settings::default() };
    let (project, settled) = run_with(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)], &rules(), &only("suppression-without-reason"));
    let told: Vec<String> = settled
        .findings
        .iter()
        .map(|finding| format!("{}: {}", project.files[0].source.position(finding.span.start).line, finding.help.as_deref().unwrap_or("")))
        .collect();
    let wanted =
        ["4: write `//goleaklint:ignore RULE -- reason`", "6: write `//nolint:RULE // reason`", "9: write `//lint:ignore RULE reason`"];
    assert_eq!(told, wanted);
    assert!(run(text).1.findings.iter().all(|finding| finding.rule != "suppression-without-reason"), "it is off by default");
}
