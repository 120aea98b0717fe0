//! Does the house keep its own rules? Floors, pages, documents and files are read as they are, and a failing test says what to do.
//!
//! `UPDATE=1 cargo test --test tidy` rewrites what is made: `rules/README.md`, and the parts of `README.md` between
//! `<!-- begin NAME -->` and `<!-- end NAME -->`.
//!
//! Not here: what rules find (`tests/rules`).

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used)]

mod documents;
mod floors;
mod invariants;
mod modules;
mod mutations;
mod pages;
mod paths;

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder of the package.
fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file below the package.
fn read(path: &str) -> String {
    fs::read_to_string(home().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files with an extension below a folder, as paths below the package with `/`, sorted.
fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![home().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(slashed(&path));
            }
        }
    }
    found.sort();
    found
}

fn slashed(path: &Path) -> String {
    let below = path.strip_prefix(home()).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Whether a file has the text that is made for it. With `UPDATE=1` it gets that text.
fn assert_made(path: &str, made: &str) {
    let now = fs::read_to_string(home().join(path)).unwrap_or_default();
    if now == made {
        return;
    }
    if env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(home().join(path), made).unwrap();
        return;
    }
    let lines = now.lines().zip(made.lines()).take_while(|(now, made)| now == made).count();
    let line = |text: &str| text.lines().nth(lines).unwrap_or("(the end)").to_string();
    panic!(
        "{path} is not what it would be made today; run `UPDATE=1 cargo test --test tidy`.\nline {}: {}\nwould be: {}",
        lines + 1,
        line(&now),
        line(made)
    );
}

/// Fails with all complaints, one a line.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
