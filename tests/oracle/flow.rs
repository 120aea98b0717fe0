//! Is the graph of every function of Go's own source sound?
//!
//! Not here: what makes a graph sound (`src/flow/sanity.rs`).

use crate::go::Go;
use goleaklint::ast::{Expr, ExprId, StmtId, Tree};
use goleaklint::flow::{Dominators, Loops, graph, sanity};
use goleaklint::parse::{DeclKind, declaration, outline};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::path::PathBuf;

/// testdata is left out: it need not compile.
pub fn sound(go: &Go) {
    let files = crate::go::files(&go.goroot().join("src"), |name| name != "testdata");
    let sums = files.par_iter().map(file).reduce(Sums::default, |mut a, b| {
        a.4.extend(b.4);
        (a.0 + b.0, a.1 + b.1, a.2 + b.2, a.3 + b.3, a.4)
    });
    println!("{} files, {} functions, {} blocks, {} loops, {:.2} s on graphs", files.len(), sums.0, sums.1, sums.2, sums.3);
    assert!(sums.4.is_empty(), "{} wrong:\n{}", sums.4.len(), sums.4.join("\n"));
    assert!(sums.0 > 1000, "{} functions", sums.0);
}

/// The bodies of a declaration: the function's, and those of function literals.
fn bodies(tree: &Tree) -> Vec<StmtId> {
    let literal = |&lit: &ExprId| match *tree.expr(lit) {
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
            let dominators = Dominators::of(&graph, &|_| true);
            sums.3 += start.elapsed().as_secs_f64();
            sums.0 += 1;
            sums.1 += graph.blocks.len();
            sums.2 += loops.all.len();
            let line = || format!("{}:{}", path.display(), file.position(tree.stmt_range(body).start).line);
            if let Err(error) = sanity::check(&graph, &tree) {
                sums.4.push(format!("{}: {error}", line()));
            }
            if loops.all.iter().any(|each| !dominators.dominates(each.header, each.header)) {
                sums.4.push(format!("{}: a loop that is not reached", line()));
            }
        }
    }
    sums
}
