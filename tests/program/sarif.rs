//! Is the SARIF what the standard and GitHub want? The schema of OASIS and another crate's types read it.
//!
//! Not here: the hashes of lines (`report::sarif::fingerprint`), hostile trees (`hostile.rs`).

use crate::{LEAK, code, program, run, stdout, tree};
use codespan_reporting::term::termcolor::NoColor;
use goleaklint::engine::{self, Settings};
use goleaklint::finding::{Edit, Fix, Safety};
use goleaklint::project::load_texts;
use goleaklint::report::{Format, Options, Report};
use goleaklint::rules::ALL;
use goleaklint::source::Span;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sarif/sarif-schema-2.1.0.json");
    // Its patterns for languages have a `]` too many, which is no regular expression for everyone.
    let text = fs::read_to_string(path).unwrap().replace("]?$\"", "$\"");
    let schema = serde_json::from_str(&text).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

/// Reads a log: it keeps the schema, and nothing is lost in the types of serde-sarif.
pub fn validated(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = SCHEMA.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), log, "what the types do not know");
    log
}

fn log(directory: &Path, arguments: &[&str]) -> Value {
    validated(&stdout(&run(directory, &[&["--format", "sarif"], arguments].concat())))
}

fn region(location: &Value) -> [u64; 4] {
    let region = &location["physicalLocation"]["region"];
    ["startLine", "startColumn", "endLine", "endColumn"].map(|name| region[name].as_u64().unwrap())
}

fn uri(location: &Value) -> &str {
    location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()
}

#[test]
fn the_schema_says_no_too() {
    assert!(!SCHEMA.is_valid(&json!({"version": "2.1.0"})));
    assert!(!SCHEMA.is_valid(&json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "nonsense": 1}}}]})));
}

#[test]
fn a_log_is_valid_and_another_crate_reads_it() {
    let broken = "package sub\n\nfunc H() { for { defer x( } }\n";
    let tree = tree(&[("a.go", LEAK), ("sub/b.go", LEAK), ("sub/c.go", broken), ("sub/d.go", "package sub\0")]);
    let log = log(tree.path(), &["./..."]);
    assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
    let run = &log["runs"][0];
    assert_eq!((&run["columnKind"], &run["automationDetails"]["id"]), (&"utf16CodeUnits".into(), &"goleaklint/".into()));
    let driver = &run["tool"]["driver"];
    assert_eq!((&driver["name"], &driver["semanticVersion"]), (&"goleaklint".into(), &env!("CARGO_PKG_VERSION").into()));
    assert_eq!(run["results"].as_array().unwrap().len(), 2);
    for result in run["results"].as_array().unwrap() {
        assert_eq!(driver["rules"][result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false, "a file was not read");
    let told: Vec<_> =
        invocation["toolExecutionNotifications"].as_array().unwrap().iter().map(|one| (&one["level"], uri(&one["locations"][0]))).collect();
    assert_eq!(told, [(&"warning".into(), "sub/c.go"), (&"error".into(), "sub/d.go")]);
}

#[test]
fn nothing_found_is_an_empty_list() {
    let tree = tree(&[("a.go", "package p\n")]);
    let output = run(tree.path(), &["--format", "sarif"]);
    let log = validated(&stdout(&output));
    assert_eq!((code(&output), &log["runs"][0]["results"]), (0, &Value::Array(Vec::new())));
    assert_eq!(log["runs"][0]["invocations"], json!([{"executionSuccessful": true}]));
}

/// Severity and precision are the rule's for GitHub; its help is the page.
#[test]
fn rules_bring_their_pages() {
    let tree = tree(&[("a.go", "package p\n")]);
    let log = log(tree.path(), &[]);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), ALL.len());
    for (described, rule) in rules.iter().zip(ALL) {
        let page = rule.page();
        assert_eq!((&described["id"], &described["shortDescription"]["text"]), (&rule.id.into(), &page.title.into()));
        assert_ne!(described["name"], described["id"], "a viewer shows no name that is the id");
        let short = |name: &str| described[name]["text"].as_str().unwrap().chars().count();
        assert!((1..=1024).contains(&short("shortDescription")) && (20..=1024).contains(&short("fullDescription")), "{}", rule.id);
        assert_eq!(described["defaultConfiguration"]["level"], page.severity.name());
        let properties = &described["properties"];
        assert_eq!(properties["precision"], page.confidence.name());
        assert!(["error", "warning", "recommendation"].contains(&properties["problem.severity"].as_str().unwrap()));
        assert!(properties["tags"].as_array().unwrap().len() <= 20);
        let help = described["help"]["markdown"].as_str().unwrap();
        assert!(help.contains("## Leaks") && help.contains("## How to fix it") && !help.contains("// want "), "{}", rule.id);
        assert_eq!(described["help"]["text"], help);
    }
}

#[test]
fn the_steps_of_a_proof_are_linked_and_a_flow() {
    let tree = tree(&[("a.go", LEAK)]);
    let log = log(tree.path(), &[]);
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["level"], &result["properties"]["confidence"]), (&"warning".into(), &"high".into()));
    assert_eq!(
        result["message"]["text"],
        "`defer f.Close()` in a loop runs only when `F` returns: each iteration keeps another `*os.File` open. Why: [acquired here in each \
         iteration](1); [the loop comes back to the `defer`](2); [the deferred calls run here, when `F` returns](3). Help: put the body of the \
         loop into a function of its own, so that the defer runs at the end of each iteration."
    );
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "example.com/p.F");
    let related = result["relatedLocations"].as_array().unwrap();
    assert_eq!(related.iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(region(&related[0]), [7, 13, 7, 26]);
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let steps: Vec<_> = flow.iter().map(|step| region(&step["location"])[0]).collect();
    assert_eq!(steps, [11, 7, 6, 13], "from the finding's place through the labels");
    assert_eq!(flow[1]["location"]["message"]["text"], "acquired here in each iteration");
}

#[test]
fn regions_are_one_line_and_count_utf16() {
    let wide = LEAK.replace("\t\tdefer f.Close()", "\t\t/* 世😀 */ defer f.Close()");
    let long = LEAK.replace("defer f.Close()", "defer func() {\r\n\t\t\t_ = f.Close()\r\n\t\t}()").replace("func F", "func G");
    let tree = tree(&[("a.go", &wide), ("b.go", &long)]);
    let log = log(tree.path(), &[]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(region(&results[0]["locations"][0]), [11, 13, 11, 28]);
    assert_eq!(region(&results[1]["locations"][0]), [11, 3, 11, 17], "up to the end of the line");
}

#[test]
fn a_line_is_known_again_when_lines_come_before_it() {
    let tree = tree(&[("a.go", LEAK), ("b.go", &LEAK.replace("func F", "// One.\n\nfunc G"))]);
    let log = log(tree.path(), &[]);
    let hash = |at: usize| log["runs"][0]["results"][at]["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
    assert_eq!(hash(0), hash(1));
    assert!(hash(0).ends_with(":1") && hash(0).len() > 10, "{}", hash(0));
}

/// Whatever the directory it runs in.
#[test]
fn paths_start_at_the_root_of_the_repository() {
    let tree = tree(&[("go/my pkg/a ü%#.go", LEAK), ("go/b:c.go", LEAK)]);
    fs::create_dir(tree.path().join(".git")).unwrap();
    let uris = |log: &Value| {
        log["runs"][0]["results"].as_array().unwrap().iter().map(|one| uri(&one["locations"][0]).to_owned()).collect::<Vec<_>>()
    };
    let wanted = ["go/b%3Ac.go", "go/my%20pkg/a%20%C3%BC%25%23.go"];
    assert_eq!(uris(&log(tree.path(), &["./..."])), wanted);
    let below = log(&tree.path().join("go/my pkg"), &["../..."]);
    assert_eq!(uris(&below), wanted);
    assert_eq!(below["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    // A checkout without git: the job knows the root.
    fs::remove_dir(tree.path().join(".git")).unwrap();
    fs::rename(tree.path().join("go.mod"), tree.path().join("go/go.mod")).unwrap();
    let output = |workspace: &Path| {
        let mut program = program(&tree.path().join("go"));
        validated(&stdout(&program.args(["--format", "sarif", "./..."]).env("GITHUB_WORKSPACE", workspace).output().unwrap()))
    };
    assert_eq!(uris(&output(tree.path())), wanted);
    assert_eq!(uris(&output(Path::new("/nowhere"))), ["b%3Ac.go", "my%20pkg/a%20%C3%BC%25%23.go"]);
}

#[test]
fn fixes_are_edits_by_file() {
    let (project, problems) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", LEAK)]);
    let mut settled = engine::run(&project, ALL, &Settings::default(), problems);
    let span = settled.findings[0].span;
    let edits = vec![
        Edit { span, text: "f.Close()".to_owned() },
        Edit { span: Span::new(span.file, span.end, span.end), text: "\n\t\t// 世".to_owned() },
    ];
    let mut written = |safety| {
        settled.findings[0].fix = Some(Fix { title: "close it [now](x)".to_owned(), safety, edits: edits.clone() });
        let report = Report::new(&project, goleaklint::engine::Settled { findings: settled.findings.clone(), ..Default::default() }, 0);
        let mut out = NoColor::new(Vec::new());
        report.write(Format::Sarif, &Options::default(), &mut out).unwrap();
        validated(&String::from_utf8(out.into_inner()).unwrap())["runs"][0]["results"][0]["fixes"].clone()
    };
    let fixes = written(Safety::Safe);
    let change = &fixes[0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "m/a.go");
    assert_eq!(change["replacements"][0]["deletedRegion"], json!({"startLine": 11, "startColumn": 3, "endLine": 11, "endColumn": 18}));
    assert_eq!(change["replacements"][1]["deletedRegion"], json!({"startLine": 11, "startColumn": 18, "endLine": 11, "endColumn": 18}));
    assert_eq!(change["replacements"][1]["insertedContent"]["text"], "\n\t\t// 世");
    assert_eq!(written(Safety::Shown), Value::Null, "a person has to write it");
}
