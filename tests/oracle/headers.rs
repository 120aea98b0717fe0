//! Is the header of every function in Go's source its tree without the body?
//!
//! Not here: whether the tree is go/parser's (`shape.rs`).

use crate::go::Go;
use crate::signature::signature;
use goleaklint::parse::{declaration, header, outline};
use goleaklint::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub fn the_same(go: &Go) {
    for root in go.roots() {
        compare(&root);
    }
}

/// testdata is left out: it need not be right.
fn compare(root: &Path) {
    let paths = crate::go::files(root, |name| name != "testdata");
    let sums = paths.par_iter().map(file).reduce(Sums::default, |mut a, b| {
        a.3.extend(b.3);
        (a.0 + b.0, a.1 + b.1, a.2 + b.2, a.3)
    });
    println!("{}: {} headers in {:.2} s, the whole functions in {:.2} s", root.display(), sums.0, sums.1, sums.2);
    assert!(sums.3.is_empty(), "{} differ; the first: {:#?}", sums.3.len(), sums.3.iter().take(5).collect::<Vec<_>>());
    assert!(sums.0 > 1000, "{} functions", sums.0);
}

/// Headers, seconds spent on them and on the whole functions, and what differs.
type Sums = (usize, f64, f64, Vec<String>);

fn file(path: &PathBuf) -> Sums {
    let mut sums = Sums::default();
    let Ok(text) = std::fs::read_to_string(path) else { return sums };
    let file = SourceFile::new(FileId(0), path.clone(), text);
    for decl in outline(&file).0.decls.iter().filter(|decl| decl.body.is_some()) {
        let start = Instant::now();
        let head = header(&file, decl);
        sums.1 += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let (tree, problems) = declaration(&file, decl);
        sums.2 += start.elapsed().as_secs_f64();
        sums.0 += 1;
        let same = head.is_some_and(|head| signature(&head) == signature(&tree));
        if !same && problems.is_empty() {
            sums.3.push(format!("{}:{}: {}", path.display(), file.position(decl.range.start).line, decl.names[0].0));
        }
    }
    sums
}
