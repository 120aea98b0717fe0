//! Does every declaration have the tree that go/parser gives it? Each node's kind, detail and bytes.
//!
//! Not here: the names of the nodes (`nodes.rs`), what the outline says (`outline.rs`).

use crate::go::Go;
use crate::nodes;
use goleaklint::ast::Range;
use goleaklint::parse::{self, DeclKind, Mentions, OutlineDecl};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub fn the_same(go: &Go) {
    let mut different = 0;
    for root in go.roots() {
        let figures = compare(go, &root);
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

fn compare(go: &Go, root: &Path) -> Figures {
    let paths = crate::go::files(root, |_| true);
    let names: String = paths.iter().filter_map(|path| path.to_str()).map(|path| format!("{path}\n")).collect();
    let answer = go.ask(&["shape"], names);
    let files = accepted(&answer);
    let different: Vec<(String, u32)> = files.par_iter().flat_map_iter(|(path, wants)| differing(path, wants)).collect();
    report(go, &different);
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
        let (nodes, hash) = nodes::hash(&tree);
        // The index is read off the arena: nothing may be in it that is not in the tree.
        let calls = tree.index.calls.len() + tree.index.func_lits.len() + tree.index.defers.len() + tree.index.gos.len();
        !problems.is_empty() || nodes != want.nodes || hash != want.hash || calls != nodes::indexed(&tree)
    };
    wants.iter().filter(differs).map(|want| (path.to_owned(), want.range.start)).collect()
}

/// Prints what differs: classes of differences by frequency, then the first declarations.
fn report(go: &Go, different: &[(String, u32)]) {
    let questions = different.iter().map(|(path, start)| format!("{path}\t{start}\n")).collect();
    let answer = go.ask(&["shape", "nodes"], questions);
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
        let mut got = nodes::nodes(&tree);
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
