//! Does pre-commit run the hooks? With `language: system`: the program that was just built stands on `PATH`, and nothing is compiled.
//!
//! Not here: `language: rust`, which compiles the package each time.

use crate::{LEAK, home, path_with_program, text, write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

type Test = fn(&Path);

pub const TESTS: [(&str, Test); 2] = [
    ("a commit with leaks in two packages fails, and without them it passes", a_commit_fails_and_passes),
    ("the full hook reports what is not staged", the_full_hook_reports_everything),
];

/// A repository with the hook, and the environment it lives in.
struct Repository {
    folder: TempDir,
    pre_commit: PathBuf,
}

impl Repository {
    fn new(pre_commit: &Path, hook: &str) -> Repository {
        let repository = Repository { folder: tempfile::tempdir().unwrap(), pre_commit: pre_commit.to_owned() };
        write(repository.root(), "hooks/.pre-commit-hooks.yaml", &fs::read_to_string(home().join(".pre-commit-hooks.yaml")).unwrap());
        let hooks = repository.root().join("hooks");
        for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "hooks"]] {
            repository.ok(repository.git(&hooks, arguments));
        }
        let revision = repository.git(&hooks, &["rev-parse", "HEAD"]);
        let revision = String::from_utf8(revision.stdout).unwrap();
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: {hook}\n        language: system\n",
            hooks.display(),
            revision.trim()
        );
        write(repository.root(), "project/.pre-commit-config.yaml", &config);
        write(repository.root(), "project/go.mod", "module example.com/p\n\ngo 1.24\n");
        repository.ok(repository.git(&repository.project(), &["init", "-q"]));
        repository
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env("PATH", path_with_program()).env("HOME", self.root());
        command.env("PRE_COMMIT_HOME", self.root().join("cache")).env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GITHUB_ACTIONS");
        for (name, value) in [("NAME", "n"), ("EMAIL", "n@example.com")] {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        // As if no commit were under way that runs this test.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PRE_COMMIT"] {
            command.env_remove(name);
        }
        command
    }

    fn git(&self, directory: &Path, arguments: &[&str]) -> Output {
        self.command(Path::new("git"), directory).args(arguments).output().unwrap()
    }

    fn pre_commit(&self, arguments: &[&str]) -> Output {
        self.command(&self.pre_commit, &self.project()).args(arguments).output().unwrap()
    }

    fn ok(&self, output: Output) {
        assert!(output.status.success(), "{}", text(&output));
    }
}

fn a_commit_fails_and_passes(pre_commit: &Path) {
    let repository = Repository::new(pre_commit, "goleaklint");
    let project = repository.project();
    write(&project, "a/old.go", &format!("package a\n\n{}", LEAK.replace("func F", "func Old")));
    write(&project, "c/c.go", &format!("package c\n\n{LEAK}"));
    repository.ok(repository.git(&project, &["add", "."]));
    repository.ok(repository.git(&project, &["commit", "-q", "-m", "before the hook"]));
    repository.ok(repository.pre_commit(&["install"]));

    let leak = format!("package a\n\n{LEAK}");
    write(&project, "a/a.go", &leak);
    write(&project, "b/b.go", &leak.replace("package a", "package b"));
    write(&project, "b/testdata/x.go", &leak.replace("package a", "package x"));
    repository.ok(repository.git(&project, &["add", "."]));
    let failed = repository.git(&project, &["commit", "-m", "leaks"]);
    let told = text(&failed);
    assert!(!failed.status.success() && told.contains("a/a.go:11:3") && told.contains("b/b.go:11:3"), "{told}");
    assert!(!told.contains("old.go") && !told.contains("c.go") && !told.contains("x.go"), "only what is committed:\n{told}");
    assert_eq!(told.matches(" in a loop runs only when ").count(), 2, "one run for all files:\n{told}");

    write(&project, "a/a.go", &leak.replace("defer f.Close()", "f.Close()"));
    write(
        &project,
        "b/b.go",
        &leak.replace("package a", "package b").replace("Close()", "Close() //goleaklint:ignore defer-in-loop -- few"),
    );
    repository.ok(repository.git(&project, &["add", "."]));
    let passed = repository.git(&project, &["commit", "-m", "no leaks"]);
    assert!(passed.status.success(), "{}", text(&passed));
}

fn the_full_hook_reports_everything(pre_commit: &Path) {
    let repository = Repository::new(pre_commit, "goleaklint-full");
    write(&repository.project(), "a/a.go", &format!("package a\n\n{LEAK}"));
    repository.ok(repository.git(&repository.project(), &["add", "go.mod"]));
    let output = repository.pre_commit(&["run"]);
    assert!(text(&output).contains("no files to check") == output.status.success(), "{}", text(&output));
    repository.ok(repository.git(&repository.project(), &["add", ".pre-commit-config.yaml", "a/a.go"]));
    repository.ok(repository.git(&repository.project(), &["commit", "-q", "-m", "before the hook"]));
    write(&repository.project(), "b/b.go", "package b\n");
    repository.ok(repository.git(&repository.project(), &["add", "b/b.go"]));
    let output = repository.pre_commit(&["run"]);
    assert!(!output.status.success() && text(&output).contains("a/a.go:11:3"), "{}", text(&output));
}
