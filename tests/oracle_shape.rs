//! Does every declaration have the tree that go/parser gives it? Each node's kind, detail and bytes are compared with Go's own
//! answer, over all of Go's source (`GOROOT/src`, testdata included) and over the roots in `GOLEAKLINT_CORPORA`.
//!
//! Go 1.27 or later is taken from `GOLEAKLINT_GO` or from the path. Where there is none the comparison is left out and says so;
//! with `GOLEAKLINT_REQUIRE_GO=1` that is a failure.

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "oracle_shape/shape.rs"]
mod shape;

use goleaklint::ast::Range;
use goleaklint::parse::{self, DeclKind, Mentions, OutlineDecl};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn trees_equal_go_parsers_trees() {
    let Some(go) = go() else {
        assert!(std::env::var("GOLEAKLINT_REQUIRE_GO").as_deref() != Ok("1"), "GOLEAKLINT_REQUIRE_GO=1, but there is no Go 1.27");
        println!("left out: no Go 1.27 found, so that trees were not compared with go/parser's");
        return;
    };
    let oracle = build(&go);
    let roots = std::env::var("GOLEAKLINT_ROOTS").map_or_else(|_| vec![goroot(&go).join("src")], |roots| split(&roots));
    let corpora = std::env::var("GOLEAKLINT_CORPORA").map(|roots| split(&roots)).unwrap_or_default();
    let mut different = 0;
    for root in roots.into_iter().chain(corpora) {
        let figures = compare(&oracle, &root);
        println!(
            "{}: {} files, {} declarations, {} nodes compared; {} declarations differ",
            root.display(),
            figures.files,
            figures.decls,
            figures.nodes,
            figures.different
        );
        different += figures.different;
    }
    assert_eq!(different, 0, "declarations whose tree differs from go/parser's");
}

fn split(roots: &str) -> Vec<PathBuf> {
    roots.split(':').filter(|root| !root.is_empty()).map(PathBuf::from).collect()
}

fn go() -> Option<PathBuf> {
    let go = std::env::var_os("GOLEAKLINT_GO").map_or_else(|| PathBuf::from("go"), PathBuf::from);
    let output = Command::new(&go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    let minor: u32 = version.trim().strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    (minor >= 27).then_some(go)
}

fn goroot(go: &Path) -> PathBuf {
    let output = Command::new(go).args(["env", "GOROOT"]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn build(go: &Path) -> PathBuf {
    let oracle = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle-shape");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let status = Command::new(go).arg("build").arg("-o").arg(&oracle).arg(".").current_dir(source).env("GOTOOLCHAIN", "local").status();
    assert!(status.unwrap().success(), "the oracle does not build");
    oracle
}

fn ask(oracle: &Path, args: &[&str], questions: String) -> String {
    let mut child = Command::new(oracle).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[derive(Default)]
struct Figures {
    files: usize,
    decls: usize,
    nodes: usize,
    different: usize,
}

struct Want {
    range: Range,
    kind: DeclKind,
    nodes: usize,
    hash: u64,
}

fn compare(oracle: &Path, root: &Path) -> Figures {
    let mut paths: Vec<String> = walkdir::WalkDir::new(root)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file() && entry.path().extension().is_some_and(|extension| extension == "go"))
        .filter_map(|entry| entry.path().to_str().map(str::to_owned))
        .collect();
    paths.sort();
    let answer = ask(oracle, &["shape"], paths.join("\n"));
    let files = accepted(&answer);
    let different: Vec<(String, u32)> = files.par_iter().flat_map_iter(|(path, wants)| differing(path, wants)).collect();
    report(oracle, &different);
    let decls = files.iter().map(|(_, wants)| wants.len()).sum();
    let nodes = files.iter().flat_map(|(_, wants)| wants).map(|want| want.nodes).sum();
    Figures { files: files.len(), decls, nodes, different: different.len() }
}

fn accepted(answer: &str) -> Vec<(String, Vec<Want>)> {
    let mut files: Vec<(String, Vec<Want>)> = Vec::new();
    let mut rejected = 0;
    for line in answer.lines() {
        if let Some(path) = line.strip_prefix("file ") {
            match path.strip_suffix(" accepted") {
                Some(path) => files.push((path.to_owned(), Vec::new())),
                None => rejected += 1,
            }
            continue;
        }
        let fields: Vec<&str> = line.split(' ').collect();
        let range = Range { start: fields[1].parse().unwrap(), end: fields[2].parse().unwrap() };
        let kind = match fields[3] {
            "func" => DeclKind::Func,
            "type" => DeclKind::Type,
            "var" => DeclKind::Var,
            _ => DeclKind::Const,
        };
        let want = Want { range, kind, nodes: fields[4].parse().unwrap(), hash: fields[5].parse().unwrap() };
        files.last_mut().unwrap().1.push(want);
    }
    println!("{rejected} files that go/parser rejects are left out");
    files
}

fn outline_decl(range: Range, kind: DeclKind) -> OutlineDecl {
    OutlineDecl { kind, names: Vec::new(), receiver: None, range, body: None, mentions: Mentions::default() }
}

fn differing(path: &str, wants: &[Want]) -> Vec<(String, u32)> {
    let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let file = SourceFile::new(FileId(0), PathBuf::from(path), text);
    let differs = |want: &&Want| {
        let (tree, problems) = parse::declaration(&file, &outline_decl(want.range, want.kind));
        let (nodes, hash) = shape::hash(&tree);
        // The index is read off the arena: nothing may be in it that is not in the tree.
        let calls = tree.index.calls.len() + tree.index.func_lits.len() + tree.index.defers.len() + tree.index.gos.len();
        !problems.is_empty() || nodes != want.nodes || hash != want.hash || calls != shape::indexed(&tree)
    };
    wants.iter().filter(differs).map(|want| (path.to_owned(), want.range.start)).collect()
}

/// Prints what differs: classes of differences by frequency, then the first declarations.
fn report(oracle: &Path, different: &[(String, u32)]) {
    let questions = different.iter().map(|(path, start)| format!("{path}\t{start}\n")).collect();
    let answer = ask(oracle, &["shape", "nodes"], questions);
    let mut classes: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for ((path, start), nodes) in different.iter().zip(answer.split("end\n")) {
        let text = std::fs::read_to_string(path).unwrap();
        let mut want: Vec<(u32, u32, String)> = nodes.lines().map(node).collect();
        want.sort();
        let (_, end, kind) = want.iter().max_by_key(|node| node.1 - node.0).unwrap().clone();
        let kind = match () {
            () if kind.starts_with("FuncDecl") => DeclKind::Func,
            () if kind.starts_with("GenDecltype") => DeclKind::Type,
            () if kind.starts_with("GenDeclvar") => DeclKind::Var,
            () => DeclKind::Const,
        };
        let file = SourceFile::new(FileId(0), PathBuf::from(path), text);
        let (tree, problems) = parse::declaration(&file, &outline_decl(Range { start: *start, end }, kind));
        let mut got = shape::nodes(&tree);
        got.sort();
        let missing = want.iter().find(|node| got.binary_search(node).is_err());
        let extra = got.iter().find(|node| want.binary_search(node).is_err());
        let class = match (problems.first(), missing, extra) {
            (Some(_), ..) => "Problem".to_owned(),
            (_, Some((_, _, missing)), Some((_, _, extra))) => format!("{extra} for {missing}"),
            (_, Some((_, _, missing)), None) => format!("no {missing}"),
            (_, None, Some((_, _, extra))) => format!("extra {extra}"),
            _ => "order".to_owned(),
        };
        let at = problems.first().map(|problem| problem.span.unwrap().start).or(missing.or(extra).map(|node| node.0)).unwrap_or(*start);
        let shown = missing.or(extra).map(|node| file.slice(node.0, node.1.min(node.0 + 60))).unwrap_or_default().replace('\n', "⏎");
        let around = file.slice(at, (at + 50).min(end)).replace('\n', "⏎");
        let line = format!("{path}:{}: `{shown}` / `{around}` [{missing:?} {extra:?}]", file.position(at).line);
        let entry = classes.entry(class).or_insert((0, String::new()));
        entry.0 += 1;
        if entry.0 <= 4 {
            entry.1 += &format!("\n      {line}");
        }
    }
    let mut classes: Vec<_> = classes.into_iter().collect();
    classes.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (class, (count, examples)) in classes.iter().take(40) {
        println!("{count:7} {class}{examples}");
    }
}

fn node(line: &str) -> (u32, u32, String) {
    let mut fields = line.rsplitn(3, ' ');
    let end = fields.next().unwrap().parse().unwrap();
    let start = fields.next().unwrap().parse().unwrap();
    (start, end, fields.next().unwrap().strip_prefix("node ").unwrap().to_owned())
}
