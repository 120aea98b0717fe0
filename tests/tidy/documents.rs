//! Do the documents say what is so? Paths that they name exist, tests that they name exist, and what the program prints stands in
//! `README.md` as it is printed.
//!
//! Not here: the pages of rules (`pages.rs`).

use crate::{assert_made, assert_none, files, home, read};
use std::fs;
use std::path::Path;
use std::process::Command;

const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/leaks.md"];

/// What stands in backticks outside of blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_string));
        }
    }
    found
}

/// The paths among what is quoted: words with a `/` or with the ending of a file, without what only a shape or a command has.
fn quoted_paths(text: &str) -> Vec<String> {
    let endings = [".rs", ".md", ".toml", ".go", ".json"];
    let shape = |c: char| c.is_whitespace() || "<>*…{}()[]=:@$\"'|".contains(c);
    let ours = |word: &str| word.contains('/') || endings.iter().any(|ending| word.ends_with(ending));
    quoted(text)
        .into_iter()
        .filter(|word| ours(word) && !word.contains(shape) && !word.contains("...") && !word.starts_with("//"))
        .collect()
}

#[test]
fn every_path_in_a_document_exists() {
    // What belongs to the user's tree, or to Go.
    let theirs = ["go.mod", "go.work", "goleaklint.toml", "/", "net/http", "go/ast", "go/parser", "go/types", ".go"];
    // What stands for any name.
    let any = ["name.rs", "name/"];
    let mut complaints = Vec::new();
    for document in DOCUMENTS {
        for path in quoted_paths(&read(document)) {
            let name = path.trim_end_matches("/...").trim_end_matches('/');
            if !theirs.contains(&path.as_str())
                && !any.contains(&path.as_str())
                && !home().join(name).exists()
                && !home().join("src").join(name).exists()
            {
                complaints.push(format!("{document} names `{path}`, which does not exist"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let mut sources: Vec<String> = ["src", "tests"].iter().flat_map(|folder| files(folder, "rs")).map(|path| read(&path)).collect();
    sources.push(String::new());
    let mut complaints = Vec::new();
    let text = read("ARCHITECTURE.md");
    for line in text.lines().filter(|line| line.contains("(test")) {
        let list = line.split("(test").nth(1).unwrap_or_default();
        let names: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            complaints.push(format!("ARCHITECTURE.md names no test in: {line}"));
        }
        for name in names {
            let function = format!("fn {name}(");
            if !sources.iter().any(|source| source.contains(&function)) {
                complaints.push(format!("ARCHITECTURE.md names the test `{name}`, which does not exist"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_invariant_names_its_test() {
    let text = read("ARCHITECTURE.md");
    let section = text.split("## Invariants").nth(1).expect("ARCHITECTURE.md has a section `## Invariants`");
    let section = section.split("\n## ").next().unwrap_or_default();
    let bold: Vec<&str> = section.lines().filter(|line| line.contains("**")).collect();
    assert!(bold.len() >= 5, "{} invariants in bold", bold.len());
    let nameless: Vec<String> =
        bold.iter().filter(|line| !line.contains("(test")).map(|line| format!("no test is named behind: {line}")).collect();
    assert_none(&nameless);
}

/// Absolute paths of one machine.
pub(crate) fn machine_paths(name: &str, text: &str) -> Vec<String> {
    let roots = ["work", "home", "root", "Users"].map(|root| format!("/{root}/"));
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // A path in the middle of another one (`src/home/a`) is not absolute.
        let absolute = |root: &String| {
            line.match_indices(root.as_str()).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-".contains(c)))
        };
        if roots.iter().any(absolute) {
            complaints.push(format!("{name}:{} shows a path of one machine: {}", number + 1, line.trim()));
        }
    }
    complaints
}

#[test]
fn documents_show_no_machine() {
    assert_none(&DOCUMENTS.iter().flat_map(|document| machine_paths(document, &read(document))).collect::<Vec<_>>());
    assert_eq!(machine_paths("x", &format!("see /{}/me/a", "home")).len(), 1);
    assert_eq!(machine_paths("x", "see src/home/a").len(), 0);
}

#[test]
fn the_changelog_begins_with_unreleased() {
    let text = read("CHANGELOG.md");
    let first = text.lines().find_map(|line| line.strip_prefix("## "));
    assert_eq!(first, Some("Unreleased"), "the first section of CHANGELOG.md is `## Unreleased`");
}

/// Puts text between `<!-- begin NAME -->` and `<!-- end NAME -->`.
fn between(document: &str, name: &str, made: &str) -> String {
    let begin = format!("<!-- begin {name} -->\n");
    let end = format!("<!-- end {name} -->");
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("there is no line {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("there is no line {end}"));
    format!("{before}{begin}{made}{end}{after}")
}

fn run(arguments: &[&str]) -> (String, Option<i32>) {
    run_in(&home(), arguments)
}

fn run_in(directory: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goleaklint"));
    command.args(arguments).current_dir(directory).env("NO_COLOR", "1").env("COLUMNS", "100").env_remove("CLICOLOR_FORCE");
    command.env_remove("GITHUB_ACTIONS");
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// The time of a run differs from run to run; the README shows a plausible one.
fn without_time(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut shown = String::new();
        let mut rest = line;
        while let Some(at) = rest.find(" in ") {
            let after = &rest[at + 4..];
            let number = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
            let unit = ["ms", "µs", "s"].into_iter().find(|unit| after[number..].trim_start().starts_with(unit));
            shown.push_str(&rest[..at + 4]);
            rest = after;
            if let (true, Some(unit)) = (number > 0, unit) {
                shown.push_str("3 ms");
                rest = after[number..].trim_start().strip_prefix(unit).unwrap_or(rest);
            }
        }
        shown.push_str(rest);
        words.push(shown);
    }
    words.concat()
}

#[test]
fn a_time_is_shown_as_one_time() {
    assert_eq!(without_time("5 findings in 12.5ms\nin a loop in 3 files\n"), "5 findings in 3 ms\nin a loop in 3 files\n");
    assert_eq!(without_time("done in 0.4 s, in 2 packages"), "done in 3 ms, in 2 packages");
}

fn block(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end())
}

/// A program as a reader sees it: from its package clause on, without what tests want of it.
fn source(path: &str) -> String {
    let text = read(path);
    let from = text.find("package ").unwrap_or(0);
    text[from..].lines().map(|line| format!("{}\n", line.split(" // want ").next().unwrap_or(line))).collect()
}

/// The programs of the article and what is printed of them, where `docs/leaks.md` shows them.
#[test]
fn the_article_shows_what_is_printed() {
    let mut text = read("docs/leaks.md");
    let begin = |line: &str| line.strip_prefix("<!-- begin ").and_then(|line| line.strip_suffix(" -->")).map(str::to_owned);
    let names: Vec<String> = text.lines().filter_map(begin).collect();
    assert!(names.len() >= 10, "{names:?}");
    let copy = article();
    for name in names {
        let made = match name.split_once(' ').unwrap() {
            ("source", path) => block("go", &source(&format!("fixtures/article/{path}"))),
            ("output", path) => {
                let (output, _) = run_in(
                    copy.path(),
                    &["--color", "never", "--isolated", "--min-confidence", "medium", &format!("fixtures/article/{path}")],
                );
                block("text", &without_time(&output))
            }
            (other, _) => panic!("docs/leaks.md: {other} is neither source nor output"),
        };
        text = between(&text, &name, &made);
    }
    assert_made("docs/leaks.md", &text);
}

/// The programs of the article without what tests want of them.
fn article() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for path in ["go", "mod"].into_iter().flat_map(|extension| files("fixtures/article", extension)) {
        let text = read(&path).lines().map(|line| format!("{}\n", line.split(" // want ").next().unwrap_or(line))).collect::<String>();
        let path = copy.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy
}

/// What the README shows of the program is what the program prints.
#[test]
fn the_readme_shows_what_is_printed() {
    let (help, code) = run(&["--help"]);
    assert_eq!(code, Some(0), "goleaklint --help");
    let (output, code) = run(&["--color", "never", "fixtures/projects/demo/..."]);
    assert_eq!(code, Some(1), "the demo project has findings:\n{output}");
    let mut text = read("README.md");
    text = between(&text, "output", &block("text", &without_time(&output)));
    let (output, code) = run_in(article().path(), &["--color", "never", "--isolated", "fixtures/article/..."]);
    assert_eq!(code, Some(1), "the article has findings:\n{output}");
    text = between(&text, "article", &block("text", &without_time(&output)));
    text = between(&text, "help", &block("text", &help));
    text = between(&text, "rules", &crate::pages::table("rules/"));
    assert_made("README.md", &text);
}
