//! A tree that somebody made to do harm: each format stays valid, and nothing in it steers a terminal, a build server or a browser.
//!
//! Not here: hostile sizes and depths (`tests/tidy`).

#![cfg(unix)]

use crate::github::commands;
use crate::reports::FORMATS;
use crate::sarif::validated;
use crate::{LEAK, program, run, stderr, stdout, tree};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const NAMES: [&str; 5] =
    ["::error::b.go", "a\n::stop-commands::x.go", "c\u{1b}]0;x\u{7}.go", "d\u{202e}|`<script>`.go", "e]]>,%0A[x](y)&.go"];

/// What messages repeat: deferred calls as they are written.
const CALLS: [&str; 2] =
    ["println(\"\u{1b}[2J\u{202e}]]><script>alert(1)</script>\")", "println(\"|[x](https://e.vil)::error::##[a]%0A@me*b*`\")"];
/// With the one of an open file.
const FINDINGS: usize = NAMES.len() * (CALLS.len() + 1);
const ALL: [&str; 3] = ["--min-confidence", "low", "./..."];

fn hostile() -> TempDir {
    let text = |number: usize| {
        let calls = CALLS.map(|call| format!("\t\tdefer {call} // \u{1b}[2J \u{202e} ##[x]\n")).concat();
        let leak = LEAK.replace("func F", &format!("func Ｆ\u{5d0}{number}"));
        format!("{leak}\nfunc G\u{5d0}{number}(c chan int) {{\n\tfor range c {{\n{calls}\t}}\n}}\n")
    };
    let texts: Vec<String> = (0..NAMES.len()).map(text).collect();
    let mut files: Vec<(&str, &str)> = NAMES.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    files.push(("z\u{1b}[1m\n::error::z.go", "package p\0"));
    tree(&files)
}

fn tell(tree: &TempDir, format: &str) -> std::process::Output {
    run(tree.path(), &[&["--format", format], &ALL[..]].concat())
}

fn hidden(c: char) -> bool {
    c != '\n' && c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

#[test]
fn nothing_is_hidden_and_no_line_is_a_command_but_ours() {
    let tree = hostile();
    for format in FORMATS {
        let output = tell(&tree, format);
        assert!(stdout(&output).matches("defer-in-loop").count() >= FINDINGS, "{format}: {}", stdout(&output));
        for text in [stdout(&output), stderr(&output)] {
            assert!(!text.contains(hidden), "{format}: {text:?}");
            assert!(!text.contains("##["), "{format}: {text}");
            let command = |line: &&str| line.trim_start().starts_with("::");
            let ours = |line: &str| {
                format == "github" && ["::error file=", "::warning file=", "::notice title="].iter().any(|start| line.starts_with(start))
            };
            let foreign: Vec<&str> = text.lines().filter(command).filter(|line| !ours(line)).collect();
            assert!(foreign.is_empty(), "{format}: {foreign:?}");
        }
    }
}

#[test]
fn json_is_read_back() {
    let tree = hostile();
    let json: Value = serde_json::from_str(&stdout(&tell(&tree, "json"))).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let mut paths: Vec<&str> = findings.iter().map(|finding| finding["path"].as_str().unwrap()).collect();
    paths.dedup();
    assert_eq!(paths, NAMES, "exactly as they are");
    assert!(
        findings.iter().any(|finding| finding["message"].as_str().unwrap().contains("<script>")),
        "the text is in a message: {findings:?}"
    );
}

#[test]
fn sarif_is_read_back() {
    let tree = hostile();
    let log = validated(&stdout(&tell(&tree, "sarif")));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let decoded = |result: &Value| {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.chars().all(|c| c.is_ascii_alphanumeric() || "%-._~/".contains(c)), "{uri}");
        percent_encoding::percent_decode_str(uri).decode_utf8().unwrap().into_owned()
    };
    let mut paths: Vec<String> = results.iter().map(decoded).collect();
    paths.dedup();
    assert_eq!(paths, NAMES);
    let link = regex::Regex::new(r"[^\\]\]\(([^)]*)\)").unwrap();
    for result in results {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains(hidden) && !text.contains("[x](https"), "a link of theirs: {text}");
        let related = result["relatedLocations"].as_array().unwrap().len();
        let links: Vec<String> = link.captures_iter(text).map(|found| found[1].to_owned()).collect();
        assert_eq!(links, (1..=related).map(|id| id.to_string()).collect::<Vec<_>>(), "only our links: {text}");
    }
}

#[test]
fn annotations_are_read_back() {
    let tree = hostile();
    let output = tell(&tree, "github");
    let commands = commands(&output);
    let file = |properties: &[(String, String)]| properties.iter().find(|(key, _)| key == "file").map(|(_, value)| value.clone());
    let mut files: Vec<String> =
        commands.iter().filter(|(level, _, _)| level == "warning").filter_map(|(_, properties, _)| file(properties)).collect();
    files.dedup();
    // Line ends have an escape; what only steers a terminal is shown as it is elsewhere.
    let shown = ["::error::b.go", "a\n::stop-commands::x.go", "c\\u{1b}]0;x\\u{7}.go", "d\\u{202e}|`<script>`.go", "e]]>,%0A[x](y)&.go"];
    assert_eq!(files, shown);
    for text in ["<script>alert(1)</script>", "[x](https://e.vil)::error::", "%0A@me*b*"] {
        assert!(commands.iter().any(|(_, _, message)| message.contains(text)), "{text}: {commands:?}");
    }
}

#[test]
fn the_summary_is_a_table_of_texts() {
    let tree = hostile();
    let summary = tree.path().join("summary.md");
    let output = program(tree.path()).arg("--format=github").args(ALL).env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    assert!(stdout(&output).contains("defer-in-loop"));
    let text = fs::read_to_string(&summary).unwrap();
    assert!(!text.contains(hidden), "{text:?}");
    let (mut rows, mut cells, mut shown) = (0, 0, String::new());
    for event in Parser::new_ext(&text, Options::all()) {
        match event {
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::Start(Tag::Table(_) | Tag::TableHead | Tag::Heading { .. } | Tag::Paragraph) => {}
            Event::Start(tag) => panic!("a mark of theirs: {tag:?}"),
            Event::InlineHtml(html) => assert!(["<code>", "</code>"].contains(&&*html), "{html}"),
            Event::Text(part) => shown.push_str(&part),
            Event::End(_) => {}
            other => panic!("no text: {other:?}"),
        }
    }
    assert_eq!(rows, FINDINGS + 1, "one for each finding, and the problem: {text}");
    assert_eq!(cells, 4 * (rows + 1));
    for text in ["]]><script>alert(1)</script>", "|[x](https://e.vil)::error::", "%0A@me*b*", "a\\u{a}::stop-commands::x.go:11"] {
        assert!(shown.contains(text), "it is shown, and no more: {shown}");
    }
}
