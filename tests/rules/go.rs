//! Is the Go in pages and fixtures Go? Where a Go toolchain is present, all of it must compile.
//!
//! `GOLEAKLINT_GO` names the `go` command; else the one on `PATH` is taken. Without one, the test is named as left out; with
//! `GOLEAKLINT_REQUIRE_GO=1` it fails.
//!
//! Not here: what the analysis finds (`check.rs`).

use crate::case::{self, Case, Source};
use crate::fixes;
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const NAME: &str = "pages, fixtures and the demo project compile with Go";
const FIXED: &str = "what is fixed in pages and fixtures compiles with Go, and gofmt finds nothing new in it";

/// The trials, or ones that say that they were left out.
pub fn trials() -> [Trial; 2] {
    [trial(NAME, compile), trial(FIXED, |go, _| compile_fixed(go))]
}

fn trial(name: &'static str, test: fn(&Go, bool) -> Result<(), String>) -> Trial {
    let required = env::var("GOLEAKLINT_REQUIRE_GO").is_ok_and(|value| value == "1");
    match (Go::find(), required) {
        (Some(go), _) => Trial::test(format!("{name} (go{})", go.minor_text()), move || test(&go, required).map_err(Failed::from)),
        (None, true) => Trial::test(name, || Err(Failed::from("GOLEAKLINT_REQUIRE_GO=1, but there is no Go: set GOLEAKLINT_GO"))),
        (None, false) => {
            let name = format!("{name} (left out: no Go here; set GOLEAKLINT_GO or put go on PATH)");
            Trial::test(name, || Err(Failed::from("there is no Go here"))).with_ignored_flag(true)
        }
    }
}

/// Pages import `golang.org/x/sync`, and nothing is downloaded: Go's own commands bring a part of it along.
const SYNC_MOD: &str = "\nrequire golang.org/x/sync v0.0.0\n\nreplace golang.org/x/sync => ../sync\n";

/// A Go toolchain.
struct Go {
    command: PathBuf,
    /// 27 for go1.27.3.
    minor: u32,
}

impl Go {
    fn find() -> Option<Go> {
        let command = env::var_os("GOLEAKLINT_GO").map_or(PathBuf::from("go"), PathBuf::from);
        let output = Command::new(&command).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?;
        let minor = version.trim().strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Go { command, minor })
    }

    /// Writes the part of `golang.org/x/sync` that Go brings along to a folder.
    fn write_sync(&self, folder: &Path) -> Result<(), String> {
        let write = || -> std::io::Result<()> {
            let root = Command::new(&self.command).args(["env", "GOROOT"]).env("GOTOOLCHAIN", "local").output()?;
            let brought = PathBuf::from(String::from_utf8_lossy(&root.stdout).trim()).join("src/cmd/vendor/golang.org/x/sync");
            fs::create_dir_all(folder.join("errgroup"))?;
            fs::write(folder.join("go.mod"), "module golang.org/x/sync\n\ngo 1.21\n")?;
            fs::copy(brought.join("errgroup/errgroup.go"), folder.join("errgroup/errgroup.go")).map(drop)
        };
        write().map_err(|error| format!("golang.org/x/sync in GOROOT: {error}"))
    }

    /// Runs gofmt on the files below a folder: `-w` changes them, `-l` lists those that it would change.
    fn gofmt(&self, mode: &str, folder: &Path) -> Result<Vec<String>, String> {
        let gofmt = self.command.with_file_name(format!("gofmt{}", env::consts::EXE_SUFFIX));
        let output = Command::new(&gofmt).args([mode, "."]).current_dir(folder).output();
        let output = output.map_err(|error| format!("{}: {error}", gofmt.display()))?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    fn minor_text(&self) -> String {
        format!("1.{}", self.minor)
    }

    fn can_read(&self, case: &Case) -> bool {
        case.go.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|minor| minor <= self.minor)
    }

    /// Type-checks all packages below a module, test files included. One small analyser is named, so that vet's opinions on
    /// examples, which are wrong on purpose, are not asked for.
    fn vet(&self, module: &Path) -> Result<(), String> {
        let mut command = Command::new(&self.command);
        command.args(["vet", "-buildtag", "./..."]).current_dir(module);
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "").env("GOWORK", "off").env("GO111MODULE", "on");
        let output = command.output().map_err(|error| format!("{}: {error}", self.command.display()))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    }
}

/// A module on disk, and the source of each of its folders.
#[derive(Default)]
struct Module {
    names: BTreeMap<String, String>,
}

fn compile(go: &Go, required: bool) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    go.write_sync(&folder.path().join("sync"))?;
    let mut modules: BTreeMap<PathBuf, Module> = BTreeMap::new();
    let mut left_out = String::new();
    let mut sources = case::sources();
    sources.push(Source::Tree { rule: String::new(), path: crate::home().join("fixtures/projects/demo") });
    for (number, source) in sources.iter().enumerate() {
        for (part, case) in case::cases(source)?.iter().enumerate() {
            if case.nocompile.is_some() {
                continue;
            }
            if !go.can_read(case) {
                let _ = writeln!(left_out, "{} needs go{}", source.name(), case.go);
                continue;
            }
            write_case(folder.path(), source, case, &format!("c{number}x{part}"), &mut modules)?;
        }
    }
    if required && !left_out.is_empty() {
        return Err(format!("go{} is too old:\n{left_out}", go.minor_text()));
    }
    vet_all(go, &modules)
}

/// Compiles what fixes make of cases, and asks gofmt.
fn compile_fixed(go: &Go) -> Result<(), String> {
    let (before, after) = (tempfile::tempdir(), tempfile::tempdir());
    let (before, after) = (before.map_err(|error| error.to_string())?, after.map_err(|error| error.to_string())?);
    go.write_sync(&after.path().join("sync"))?;
    let mut modules: BTreeMap<PathBuf, Module> = BTreeMap::new();
    let mut complaints = String::new();
    let all = fixes::all(&mut complaints)?;
    let compiled =
        all.iter().filter(|(source, case, _)| case.nocompile.is_none() && go.can_read(case) && !matches!(source, Source::Twins { .. }));
    let compiled: Vec<_> = compiled.enumerate().map(|(number, (source, case, _))| (format!("c{number}"), source, case)).collect();
    // Pages are not written as gofmt would have them: what is fixed is what it makes of them.
    for (folder, _, case) in &compiled {
        for file in &case.files {
            write_file(&before.path().join(folder).join(&file.path), &file.text)?;
        }
    }
    go.gofmt("-w", before.path())?;
    for (folder, source, case) in compiled {
        let mut case = case.clone();
        for file in &mut case.files {
            let path = before.path().join(&folder).join(&file.path);
            file.text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        write_case(after.path(), source, &fixes::mended(&case, &mut complaints)?.case, &folder, &mut modules)?;
    }
    for path in go.gofmt("-l", after.path())? {
        let name = modules.values().flat_map(|module| &module.names).find(|(folder, _)| path.contains(&format!("{folder}/")));
        let _ = writeln!(complaints, "gofmt would change what is fixed in {}", name.map_or(&path, |(_, name)| name));
    }
    if let Err(wrong) = vet_all(go, &modules) {
        complaints.push_str(&wrong);
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

fn vet_all(go: &Go, modules: &BTreeMap<PathBuf, Module>) -> Result<(), String> {
    let mut complaints = String::new();
    for (path, module) in modules {
        if let Err(mut output) = go.vet(path) {
            for (folder, name) in &module.names {
                output = output.replace(&format!("{folder}/"), &format!("{name}: "));
            }
            complaints.push_str(&output);
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a case to the disk: a tree as the module it is, all other cases with one go line as folders of one module.
fn write_case(root: &Path, source: &Source, case: &Case, folder: &str, modules: &mut BTreeMap<PathBuf, Module>) -> Result<(), String> {
    let own =
        matches!(source, Source::Tree { .. }) || case.files.iter().any(|file| file.text.contains(case::MODULE) && file.path != "go.mod");
    let module = if own { root.join(folder) } else { root.join(format!("go{}", case.go)) };
    let base = if own { module.clone() } else { module.join(folder) };
    for file in &case.files {
        let is_mod = file.path == "go.mod";
        let path = if is_mod { module.join("go.mod") } else { base.join(&file.path) };
        let text = if is_mod && !own { format!("{}{SYNC_MOD}", file.text) } else { file.text.clone() };
        write_file(&path, &text)?;
    }
    let first = case.files.iter().find(|file| file.path.ends_with(".go"));
    let name = first.map_or(source.name(), |file| file.place(1));
    modules.entry(module).or_default().names.insert(folder.to_string(), name);
    Ok(())
}
