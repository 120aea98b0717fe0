//! Is there a Go toolchain, and what does it answer? `GOLEAKLINT_GO` names the `go` command; else the one on `PATH` is taken.
//!
//! Not here: what is compared.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A program of this folder, built.
pub struct Program {
    command: PathBuf,
    module: PathBuf,
    /// Where it is, until it is dropped.
    _place: TempDir,
}

/// A Go toolchain.
pub struct Go {
    pub command: PathBuf,
    /// 27 for go1.27.3.
    pub minor: u32,
}

impl Go {
    pub fn find() -> Option<Go> {
        let command = env::var_os("GOLEAKLINT_GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
        let output = Command::new(&command).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?;
        let minor = version.trim().strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Go { command, minor })
    }

    pub fn goroot(&self) -> PathBuf {
        PathBuf::from(self.run(&["env", "GOROOT"]))
    }

    /// Go's own source, and the directories in `GOLEAKLINT_CORPORA`, separated by colons.
    pub fn roots(&self) -> Vec<PathBuf> {
        [self.goroot().join("src")].into_iter().chain(self.corpora()).collect()
    }

    /// The directories in `GOLEAKLINT_CORPORA`.
    pub fn corpora(&self) -> Vec<PathBuf> {
        let corpora = env::var("GOLEAKLINT_CORPORA").unwrap_or_default();
        corpora.split(':').filter(|root| !root.is_empty()).map(PathBuf::from).collect()
    }

    /// What the oracle, built from the Go module in this folder, answers. One process answers for all files.
    pub fn ask(&self, arguments: &[&str], questions: String) -> String {
        self.ask_program(".", arguments, questions)
    }

    /// The same, of the program in a folder below this one.
    pub fn ask_program(&self, program: &str, arguments: &[&str], questions: String) -> String {
        let program = self.program(program);
        let output = self.start(&program, arguments, questions).wait_with_output().unwrap();
        assert!(output.status.success(), "the oracle fails");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Builds the program in a folder.
    pub fn program(&self, folder: &str) -> Program {
        let place = TempDir::new().unwrap();
        let command = place.path().join(format!("oracle{}", env::consts::EXE_SUFFIX));
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(folder);
        self.run(&["build", "-C", module.to_str().unwrap(), "-o", command.to_str().unwrap(), "."]);
        Program { command, module, _place: place }
    }

    /// Starts a program; a thread feeds it the questions.
    pub fn start(&self, program: &Program, arguments: &[&str], questions: String) -> Child {
        // Some questions look into GOROOT.
        let mut command = Command::new(&program.command);
        command.args(arguments).env("GOROOT", self.goroot()).current_dir(&program.module).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::spawn(move || {
            // One that stops early says so by how it exits.
            let _ = stdin.write_all(questions.as_bytes());
        });
        child
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.command);
        command.args(arguments).envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOFLAGS", ""), ("GOWORK", "off")]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    }
}

/// The Go files below a folder, in order; folders whose names are not `wanted` are left out.
pub fn files(root: &Path, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).into_iter();
    let entries = entries.filter_entry(|entry| !entry.file_type().is_dir() || entry.file_name().to_str().is_none_or(wanted));
    let files = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|extension| extension == "go")).collect();
    files.sort();
    files
}
