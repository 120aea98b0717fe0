//! The outline compared with Go's own go/parser, over all of Go's source and over `GOLEAKLINT_CORPORA` (directories, separated by
//! colons). Where there is no Go toolchain the comparison is left out and says so; `GOLEAKLINT_REQUIRE_GO=1` makes that a failure.

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use goleaklint::parse::hygiene;
use goleaklint::parse::{DeclKind, Outline, outline};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn the_outline_of_every_file_equals_go_parsers_with_go() {
    let Some(go) = find_go() else {
        assert_ne!(std::env::var("GOLEAKLINT_REQUIRE_GO").as_deref(), Ok("1"), "Go 1.24 or newer is required and was not found");
        eprintln!("left out: the outline of Go's source compared with go/parser (no Go 1.24 or newer found)");
        return;
    };
    let mut roots = vec![PathBuf::from(run(&go, &["env", "GOROOT"])).join("src")];
    let corpora = std::env::var("GOLEAKLINT_CORPORA").unwrap_or_default();
    roots.extend(corpora.split(':').filter(|root| !root.is_empty()).map(PathBuf::from));
    let oracle = build(&go);
    for root in roots {
        compare(&oracle.path().join("oracle"), &root);
    }
}

/// `GOLEAKLINT_GO`, else the `go` on the path, if it is new enough.
fn find_go() -> Option<PathBuf> {
    let go = PathBuf::from(std::env::var_os("GOLEAKLINT_GO").unwrap_or_else(|| "go".into()));
    let output = Command::new(&go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_string();
    let minor: u32 = version.strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    (minor >= 24).then_some(go)
}

fn run(go: &Path, arguments: &[&str]) -> String {
    let output = Command::new(go).args(arguments).env("GOTOOLCHAIN", "local").output().unwrap();
    assert!(output.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

fn build(go: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let output = directory.path().join("oracle");
    run(go, &["build", "-C", source.to_str().unwrap(), "-o", output.to_str().unwrap(), "."]);
    directory
}

fn compare(oracle: &Path, root: &Path) {
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "go"))
        .map(walkdir::DirEntry::into_path)
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no Go files in {}", root.display());
    let answers = ask(oracle, &paths);
    let answers: Vec<&str> = answers.split("@file ").skip(1).collect();
    assert_eq!(answers.len(), paths.len());
    let results: Vec<Result<Compared, String>> = paths.par_iter().zip(&answers).map(|(path, answer)| compare_file(path, answer)).collect();
    let differences: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let compared: Vec<&Compared> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    let sum = |count: fn(&Compared) -> usize| compared.iter().map(|compared| count(compared)).sum::<usize>();
    eprintln!(
        "{}: {} files, {} accepted by go/parser, {} declarations, {} names, {} imports compared; {} differences; {} rejected files without a Problem",
        root.display(),
        paths.len(),
        sum(|compared| usize::from(compared.accepted)),
        sum(|compared| compared.decls),
        sum(|compared| compared.names),
        sum(|compared| compared.imports),
        differences.len(),
        sum(|compared| usize::from(compared.unnoticed)),
    );
    let first: Vec<_> = differences.iter().take(10).collect();
    assert!(differences.is_empty(), "{} files differ; the first: {first:#?}", differences.len());
}

/// One process answers for all files.
fn ask(oracle: &Path, paths: &[PathBuf]) -> String {
    let mut child = Command::new(oracle).arg("outline").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let names: Vec<u8> = paths.iter().flat_map(|path| format!("{}\n", path.display()).into_bytes()).collect();
    let writer = std::thread::spawn(move || input.write_all(&names));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[derive(Default)]
struct Compared {
    accepted: bool,
    /// go/parser rejects the file and the outline has no Problem: the error is inside a declaration, for the grammar to find.
    unnoticed: bool,
    decls: usize,
    names: usize,
    imports: usize,
}

fn compare_file(path: &Path, answer: &str) -> Result<Compared, String> {
    let (name, expected) = answer.split_once('\n').unwrap();
    assert_eq!(Path::new(name), path);
    let rejected = expected == "rejected\n";
    let text = match hygiene::decode(std::fs::read(path).unwrap()) {
        Ok(text) => text,
        Err(_) if rejected => return Ok(Compared::default()),
        Err((_, text)) => return Err(format!("{}: {text}", path.display())),
    };
    let file = SourceFile::new(FileId(0), path.to_path_buf(), text);
    let (outline, problems) = outline(&file);
    if rejected {
        return Ok(Compared { unnoticed: problems.is_empty(), ..Compared::default() });
    }
    if let Some(problem) = problems.first() {
        let position = file.position(problem.span.unwrap().start);
        return Err(format!("{}:{}: {}", path.display(), position.line, problem.text));
    }
    let found = describe(&outline);
    if let Some((found, expected)) = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected) {
        return Err(format!("{}: found `{found}`, go/parser has `{expected}`", path.display()));
    }
    if found.len() != expected.len() {
        return Err(format!("{}: found {} lines, go/parser has {}", path.display(), found.lines().count(), expected.lines().count()));
    }
    let names = outline.decls.iter().map(|decl| decl.names.len()).sum();
    Ok(Compared { accepted: true, unnoticed: false, decls: outline.decls.len(), names, imports: outline.imports.len() })
}

/// The outline in the words of the oracle.
fn describe(outline: &Outline) -> String {
    let mut out = String::new();
    if outline.generated {
        out.push_str("generated\n");
    }
    if let Some((name, _)) = &outline.package {
        writeln!(out, "package {name}").unwrap();
    }
    for import in &outline.imports {
        let name = import.name.as_deref().unwrap_or("-");
        let path: String = import.path.bytes().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "import {name} {path} {} {}", import.range.start, import.range.end).unwrap();
    }
    for decl in &outline.decls {
        let kind = match decl.kind {
            DeclKind::Func => "func",
            DeclKind::Type => "type",
            DeclKind::Var => "var",
            DeclKind::Const => "const",
        };
        let body = decl.body.unwrap_or_default();
        let receiver = decl.receiver.as_deref().unwrap_or("-");
        write!(out, "decl {kind} {} {} {} {} {receiver}", decl.range.start, decl.range.end, body.start, body.end).unwrap();
        for (name, range) in &decl.names {
            assert_eq!(range.end - range.start, name.len() as u32);
            write!(out, " {name} {}", range.start).unwrap();
        }
        out.push('\n');
    }
    out
}
