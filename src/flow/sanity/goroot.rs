#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use super::check;
use crate::ast::{Expr, StmtId, Tree};
use crate::flow::snippets::always;
use crate::flow::{Dominators, Loops, graph};
use crate::parse::{DeclKind, declaration, outline};
use crate::source::{FileId, SourceFile};
use std::path::PathBuf;
use std::process::Command;

/// The files below Go's own source, but for testdata, which need not compile.
fn sources() -> Option<Vec<PathBuf>> {
    let go = std::env::var_os("GOLEAKLINT_GO").unwrap_or_else(|| "go".into());
    let output = Command::new(go).args(["env", "GOROOT"]).output().ok()?;
    let root = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()).join("src");
    let wanted = |entry: &walkdir::DirEntry| entry.file_name() != "testdata";
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(wanted).filter_map(Result::ok);
    let files: Vec<PathBuf> =
        files.map(walkdir::DirEntry::into_path).filter(|path| path.extension().is_some_and(|go| go == "go")).collect();
    (!files.is_empty()).then_some(files)
}

/// The bodies of a declaration: the function's, and those of function literals.
fn bodies(tree: &Tree) -> Vec<StmtId> {
    let literal = |&lit: &crate::ast::ExprId| match *tree.expr(lit) {
        Expr::FuncLit { body, .. } => Some(body),
        _ => None,
    };
    tree.func().and_then(|func| func.body).into_iter().chain(tree.index.func_lits.iter().filter_map(literal)).collect()
}

/// Functions, blocks, loops, seconds spent on graphs, and what is wrong.
type Sums = (usize, usize, usize, f64, Vec<String>);

fn file(path: &PathBuf) -> Sums {
    let mut sums = Sums::default();
    let Ok(text) = std::fs::read_to_string(path) else { return sums };
    let file = SourceFile::new(FileId(0), path.clone(), text);
    for decl in &outline(&file).0.decls {
        if decl.kind == DeclKind::Type {
            continue;
        }
        let (tree, problems) = declaration(&file, decl);
        for body in bodies(&tree).into_iter().filter(|_| problems.is_empty()) {
            let start = std::time::Instant::now();
            let graph = graph(&tree, body);
            let loops = Loops::of(&graph, &tree);
            let dominators = Dominators::of(&graph, &always);
            sums.3 += start.elapsed().as_secs_f64();
            sums.0 += 1;
            sums.1 += graph.blocks.len();
            sums.2 += loops.all.len();
            let line = || format!("{}:{}", path.display(), file.position(tree.stmt_range(body).start).line);
            if let Err(error) = check(&graph, &tree) {
                sums.4.push(format!("{}: {error}", line()));
            }
            if loops.all.iter().any(|each| !dominators.dominates(each.header, each.header)) {
                sums.4.push(format!("{}: a loop that is not reached", line()));
            }
        }
    }
    sums
}

#[test]
fn every_function_of_go_has_a_sound_graph_where_there_is_go() {
    use rayon::prelude::*;
    let Some(files) = sources() else {
        return eprintln!("left out: no Go here, so no functions to make graphs of");
    };
    let sums = files.par_iter().map(file).reduce(Sums::default, |mut a, b| {
        a.4.extend(b.4);
        (a.0 + b.0, a.1 + b.1, a.2 + b.2, a.3 + b.3, a.4)
    });
    eprintln!("{} files, {} functions, {} blocks, {} loops, {:.2} s on graphs", files.len(), sums.0, sums.1, sums.2, sums.3);
    assert!(sums.4.is_empty(), "{} wrong:\n{}", sums.4.len(), sums.4.join("\n"));
    assert!(sums.0 > 1000, "{} functions", sums.0);
}
