//! A GitHub job: annotations, the summary of the step, and the ordinary log beside them.
//!
//! Not here: hostile trees (`hostile.rs`).

use crate::{LEAK, code, program, run, stderr, stdout, tree};
use std::fs;
use std::path::Path;
use std::process::Output;

/// A workflow command as the runner reads it: its name, its properties and its message, unescaped.
pub fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let unescape = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let property = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap();
        (key.to_owned(), unescape(value).replace("%3A", ":").replace("%2C", ",").replace("%25", "%"))
    };
    (name.to_owned(), properties.split(',').map(property).collect(), unescape(message).replace("%25", "%"))
}

/// A command's name, its properties and its text.
type Command = (String, Vec<(String, String)>, String);

pub fn commands(output: &Output) -> Vec<Command> {
    stdout(output).lines().filter(|line| line.starts_with("::")).map(command).collect()
}

fn in_job(directory: &Path, arguments: &[&str], summary: &Path) -> Output {
    program(directory).args(arguments).env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary).output().unwrap()
}

fn value<'a>(properties: &'a [(String, String)], key: &str) -> Option<&'a str> {
    properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

#[test]
fn a_finding_is_an_annotation_beside_the_log() {
    let tree = tree(&[("a, b%.go", LEAK)]);
    let output = run(tree.path(), &["--format", "github"]);
    let text = stdout(&output);
    assert!(text.starts_with("warning[defer-in-loop]: `defer f.Close()` in a loop") && text.contains("\n1 finding (1 warning);"), "{text}");
    let line = text.lines().last().unwrap();
    assert!(
        line.starts_with("::warning file=a%2C b%25.go,line=11,endLine=11,col=3,endColumn=18,title=defer-in-loop::`defer f.Close()` in")
    );
    let [(_, properties, message)] = &commands(&output)[..] else { panic!("{text}") };
    assert_eq!(value(properties, "file"), Some("a, b%.go"));
    assert!(message.contains(": each iteration keeps another `*os.File` open\nhelp: put the body"), "{message}");
}

#[test]
fn columns_are_for_one_line() {
    let long = LEAK.replace("defer f.Close()", "defer func() {\n\t\t\t_ = f.Close()\n\t\t}()");
    let tree = tree(&[("a.go", &long)]);
    let [(_, properties, _)] = &commands(&run(tree.path(), &["--format", "github"]))[..] else { panic!("one annotation") };
    let found = ["line", "endLine", "col", "endColumn"].map(|key| value(properties, key));
    assert_eq!(found, [Some("11"), Some("13"), None, None]);
}

/// The deferred unlock is an error, the rest are warnings.
#[test]
fn at_most_ten_of_a_level_and_then_one_line() {
    let lock = "package p\n\nimport \"sync\"\n\nfunc L(mu *sync.Mutex, xs []int) {\n\tfor range xs {\n\t\tmu.Lock()\n\t\tdefer mu.Unlock()\n\t}\n}\n";
    let names: Vec<String> = (10..22).map(|number| format!("d/f{number}.go")).collect();
    let texts: Vec<String> = (10..22).map(|number| LEAK.replace("func F", &format!("func F{number}"))).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(("z.go", lock));
    let tree = tree(&files);
    let output = run(tree.path(), &["--format", "github", "./..."]);
    let commands = commands(&output);
    let levels: Vec<&str> = commands.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(levels, [&["error"][..], &["warning"; 10], &["notice"]].concat(), "the most severe first");
    assert_eq!(commands[11].2, "2 more without an annotation: GitHub shows 10 a level; the log has them all");
    assert_eq!(stdout(&output).matches("warning[defer-in-loop]").count(), 12, "the log has them all");
    // The line is a notice itself.
    fs::write(tree.path().join("goleaklint.toml"), "[rules.defer-in-loop]\nseverity = \"note\"\n").unwrap();
    let notices = crate::github::commands(&run(tree.path(), &["--format", "github", "./..."]));
    assert_eq!(notices.iter().map(|(name, _, _)| name.as_str()).collect::<Vec<_>>(), ["notice"; 10]);
    assert!(notices[9].2.starts_with("4 more "), "{notices:?}");
}

#[test]
fn problems_are_annotations_too() {
    let tree = tree(&[("a.go", "package p\n\nfunc F() { for { defer x( } }\n"), ("b.go", "package p\0\n")]);
    let output = run(tree.path(), &["--format", "github"]);
    let commands = commands(&output);
    let told: Vec<_> =
        commands.iter().map(|(name, properties, _)| (name.as_str(), value(properties, "file"), value(properties, "line"))).collect();
    assert_eq!(told, [("error", Some("b.go"), None), ("warning", Some("a.go"), Some("3"))]);
    assert_eq!((code(&output), stderr(&output)), (2, String::new()), "they stand in the log");
}

#[test]
fn a_job_without_a_format_has_log_annotations_and_summary() {
    let tree = tree(&[("sub/a.go", LEAK)]);
    let summary = tree.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let output = in_job(tree.path(), &["./..."], &summary);
    assert_eq!((code(&output), commands(&output).len()), (1, 1));
    assert!(stdout(&output).starts_with("warning[defer-in-loop]"));
    let table = fs::read_to_string(&summary).unwrap();
    assert!(table.starts_with("before\n### goleaklint: 1 finding (1 warning)\n\n| severity | rule | place | what |\n"), "{table}");
    assert!(table.contains("| warning | defer-in-loop | sub/a&#46;go&#58;11 | <code>defer f&#46;Close()</code> in a loop"), "{table}");
    // A format that was chosen is what it is.
    assert_eq!(commands(&in_job(tree.path(), &["--format", "concise", "./..."], &summary)).len(), 0);
    assert_eq!(fs::read_to_string(&summary).unwrap(), table);
    // Nothing to tell, nothing written.
    assert_eq!(code(&in_job(tree.path(), &["--skip", "defer-in-loop", "./..."], &summary)), 0);
    assert_eq!(fs::read_to_string(&summary).unwrap(), table);
}

#[test]
fn the_summary_keeps_the_size_that_github_takes() {
    const LIMIT: usize = 1 << 20;
    let names: Vec<String> = (0..20).map(|number| format!("d{number}/f.go")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), LEAK)).collect();
    let tree = tree(&files);
    let summary = tree.path().join("summary.md");
    for (before, rows) in [(LIMIT - 2000, 4..14), (LIMIT - 150, 0..1), (LIMIT, 0..1), (2 * LIMIT, 0..1)] {
        fs::write(&summary, "x".repeat(before)).unwrap();
        assert_eq!(code(&in_job(tree.path(), &["./..."], &summary)), 1);
        let text = fs::read_to_string(&summary).unwrap();
        assert!(text.len() <= LIMIT.max(before), "{} bytes", text.len());
        let found = text.matches("| warning |").count();
        assert!(rows.contains(&found), "{before}: {found}");
        if found > 0 {
            assert!(text.ends_with(&format!("\n{} more: the log has them all.\n\n", 20 - found)), "{}", &text[before..]);
        }
    }
}

#[test]
fn a_summary_that_cannot_be_written_is_told() {
    let tree = tree(&[("a.go", LEAK)]);
    for path in ["/dev/full", "/nowhere/summary.md"] {
        let output = in_job(tree.path(), &[], Path::new(path));
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).starts_with(&format!("error: {path} cannot be written: ")), "{}", stderr(&output));
        assert_eq!(commands(&output).len(), 1, "the rest is told");
    }
}

/// The working directory is not what GitHub starts from.
#[test]
fn paths_start_at_the_root_of_the_repository() {
    let tree = tree(&[("sub/deep/a.go", LEAK)]);
    fs::rename(tree.path().join("go.mod"), tree.path().join("sub/go.mod")).unwrap();
    let file = |workspace: &Path| {
        let mut program = program(&tree.path().join("sub/deep"));
        let output = program.arg("--format=github").env("GITHUB_WORKSPACE", workspace).output().unwrap();
        value(&commands(&output)[0].1, "file").unwrap().to_owned()
    };
    assert_eq!(file(tree.path()), "sub/deep/a.go");
    assert_eq!(file(Path::new("/nowhere")), "deep/a.go", "the module");
    // Checked out into a directory of the workspace.
    fs::create_dir(tree.path().join("sub/.git")).unwrap();
    assert_eq!(file(tree.path()), "deep/a.go");
}
