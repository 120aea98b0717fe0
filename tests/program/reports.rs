//! What is printed: the same for any number of threads, and read by the problem matchers of others.

use crate::{LEAK, run, stdout, timeless, tree};
use regex::Regex;
use serde_json::Value;

pub const FORMATS: [&str; 5] = ["pretty", "concise", "json", "sarif", "github"];

#[test]
fn a_small_project_in_every_format() {
    let tree = tree(&[("a.go", LEAK), ("sub/b_test.go", "package sub\n"), ("sub/b.go", "package sub\n")]);
    for format in FORMATS {
        let output = run(tree.path(), &["--format", format, "./..."]);
        let text = if format == "sarif" { without_pages(&stdout(&output)) } else { timeless(&output) };
        insta::assert_snapshot!(format, text);
    }
}

/// The log without the texts of pages and the version, which have tests of their own.
fn without_pages(text: &str) -> String {
    let mut log: Value = serde_json::from_str(text).unwrap();
    let driver = &mut log["runs"][0]["tool"]["driver"];
    driver["semanticVersion"] = "0.0.0".into();
    driver["rules"] = driver["rules"].as_array().unwrap().iter().map(|rule| rule["id"].clone()).collect();
    serde_json::to_string_pretty(&log).unwrap() + "\n"
}

/// The patterns of setup-go and of golangci-lint; what they take for an annotation are the lines of `concise`.
#[test]
fn problem_matchers_of_go_workflows_read_concise_output() {
    let tree = tree(&[("a.go", LEAK), ("sub/b c.go", LEAK)]);
    let output = stdout(&run(tree.path(), &["--format", "concise", "./..."]));
    let message = "`defer f.Close()` in a loop runs only when `F` returns: each iteration keeps another `*os.File` open (defer-in-loop)";
    for pattern in [r"^\s*(.+\.go):(?:(\d+):(\d+):)? (.*)", r"^([^:]+):(\d+):(?:(\d+):)?\s+(.+ \(.+\))$"] {
        let pattern = Regex::new(pattern).unwrap();
        let read: Vec<[&str; 4]> = output
            .lines()
            .map(|line| pattern.captures(line).map(|found| [1, 2, 3, 4].map(|at| found.get(at).unwrap().as_str())).unwrap())
            .collect();
        assert_eq!(read, [["a.go", "11", "3", message], ["sub/b c.go", "11", "3", message]]);
    }
}

#[test]
fn output_is_the_same_for_any_number_of_threads() {
    let names: Vec<String> = (0..40).map(|number| format!("d{}/f{number}.go", number % 7)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), LEAK)).collect();
    let tree = tree(&files);
    for format in FORMATS {
        let one = timeless(&run(tree.path(), &["-j", "1", "--format", format, "./..."]));
        assert!(one.matches("defer-in-loop").count() >= 40, "{one}");
        for threads in ["2", "8"] {
            assert_eq!(timeless(&run(tree.path(), &["-j", threads, "--format", format, "./..."])), one);
        }
    }
}

#[test]
fn a_very_long_line_is_cut() {
    let leak = LEAK.replace("\t\tdefer", &format!("\t\t_ = \"{}\"; defer", "x".repeat(100_000)));
    let tree = tree(&[("a.go", &leak)]);
    let output = stdout(&run(tree.path(), &[]));
    assert!(output.contains("defer f.Close()") && output.len() < 5000, "{} bytes", output.len());
}
