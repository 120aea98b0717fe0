//! Does every file of `src` say what it is for, and stay readable?
//!
//! Not here: what a file may use (`floors.rs`).

use crate::{assert_none, files, read};

/// The most lines a file may have; aim at 200.
const LINES: usize = 600;

#[test]
fn every_module_says_what_it_answers_and_what_is_not_here() {
    let mut complaints = Vec::new();
    // A tests.rs is its module's; the module says it all.
    for path in files("src", "rs").into_iter().filter(|path| !path.ends_with("/tests.rs")) {
        let text = read(&path);
        let doc: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        if doc.is_empty() {
            complaints.push(format!("{path} has no `//!`: open it with the question it answers"));
        } else if path != "src/lib.rs"
            && path != "src/main.rs"
            && !is_rule(&path)
            && !doc.iter().any(|line| line.trim_start().starts_with("Not here:"))
        {
            complaints.push(format!("{path} does not say what is left out: end its `//!` with \"Not here: …\""));
        }
    }
    assert_none(&complaints);
}

/// A rule's `//!` is one line that points at its page.
fn is_rule(path: &str) -> bool {
    crate::pages::ids().iter().any(|id| path == format!("src/rules/{}.rs", id.replace('-', "_")))
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long = |path: &String| {
        let lines = read(path).lines().count();
        (lines > LINES).then(|| format!("{path} has {lines} lines; split it into name.rs and name/part.rs"))
    };
    assert_none(&files("src", "rs").iter().chain(&files("tests", "rs")).filter_map(long).collect::<Vec<_>>());
}

#[test]
fn names_say_what_is_inside() {
    let vague = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "mod", "cfg"];
    let mut complaints = Vec::new();
    for path in files("src", "rs") {
        let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if vague.contains(&name) {
            complaints
                .push(format!("{path}: `{name}` does not say what is inside; modules are nouns, and `name.rs` stands beside `name/`"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn no_test_is_switched_off() {
    let mut complaints = Vec::new();
    for path in files("src", "rs").iter().chain(&files("tests", "rs")) {
        let is_off = |line: &str| line.trim_start().strip_prefix("#[").is_some_and(|attribute| attribute.starts_with("ignore"));
        if read(path).lines().any(is_off) {
            complaints.push(format!("{path} ignores a test: assert what happens today, with a FIXME"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn code_shows_no_machine() {
    let mut complaints = Vec::new();
    for path in files("src", "rs").iter().chain(&files("rules", "md")) {
        complaints.extend(crate::documents::machine_paths(path, &read(path)));
    }
    assert_none(&complaints);
}
