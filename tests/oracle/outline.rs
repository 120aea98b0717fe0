//! Does the outline of every file equal go/parser's? Imports, and each top-level declaration's kind, name, receiver and bytes.
//!
//! Not here: what is inside a declaration (`shape.rs`).

use crate::go::Go;
use goleaklint::parse::hygiene;
use goleaklint::parse::{DeclKind, Outline, outline};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::fmt::Write as _;
use std::path::Path;

pub fn the_same(go: &Go) {
    for root in go.roots() {
        compare(go, &root);
    }
}

fn compare(go: &Go, root: &Path) {
    let paths = crate::go::files(root, |_| true);
    assert!(!paths.is_empty(), "no Go files in {}", root.display());
    let names: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let answers = go.ask(&["outline"], names);
    let answers: Vec<&str> = answers.split("@file ").skip(1).collect();
    assert_eq!(answers.len(), paths.len());
    let results: Vec<Result<Compared, String>> = paths.par_iter().zip(&answers).map(|(path, answer)| compare_file(path, answer)).collect();
    let differences: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let compared: Vec<&Compared> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    let sum = |count: fn(&Compared) -> usize| compared.iter().map(|compared| count(compared)).sum::<usize>();
    println!(
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
