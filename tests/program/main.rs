//! The program from outside: what it prints, what it writes, and how it exits; which files it reads, and what its facts say.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, unreachable_pub)]

mod cli;
mod dependencies;
mod facts;
mod fixes;
mod github;
mod hostile;
mod loading;
mod reports;
mod sarif;
mod signature;
mod standard;
mod suppressed;
#[allow(dead_code, reason = "tests/oracle asks the same trees for more")]
mod trees;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

pub const LEAK: &str = "package p\n\nimport \"os\"\n\nfunc F(paths []string) {\n\tfor _, path := range paths {\n\t\tf, err := os.Open(path)\n\t\tif err != nil {\n\t\t\treturn\n\t\t}\n\t\tdefer f.Close()\n\t}\n}\n";

/// A module with these files.
pub fn tree(files: &[(&str, &str)]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("go.mod"), "module example.com/p\n\ngo 1.24\n").unwrap();
    for (path, text) in files {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    tree
}

pub fn program(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goleaklint"));
    command.current_dir(directory).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    // The tests run in a GitHub job too.
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_WORKSPACE").env_remove("GITHUB_STEP_SUMMARY");
    command
}

pub fn run(directory: &Path, arguments: &[&str]) -> Output {
    program(directory).args(arguments).output().unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The output without the time, which differs from run to run.
pub fn timeless(output: &Output) -> String {
    let text = stdout(output);
    let lines = text.lines().map(|line| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in 3 ms\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}
