//! Do the invariants of `ARCHITECTURE.md` that only a run can show hold?
//!
//! ```go
//! func f() { for { defer    // a file that ends anywhere is read, and what can be read of it is analysed
//! ```
//!
//! Not here: those that the source itself shows (`floors.rs`).

use crate::{files, read};
use goleaklint::engine::{self, Settings};
use goleaklint::finding::{Confidence, Finding, Problem};
use goleaklint::project::{self, Request};
use goleaklint::rule::Profile;
use goleaklint::source::MemFiles;
use std::path::PathBuf;
use std::sync::Arc;

fn analyse(texts: &[(String, String)]) -> (Vec<Finding>, Vec<Problem>) {
    let mut memory = MemFiles::default();
    memory.add("/m/go.mod", "module example.com/m\n\ngo 1.26\n");
    texts.iter().for_each(|(path, text)| memory.add(format!("/m/{path}"), text.as_str()));
    let request = Request { patterns: vec!["./...".into()], working_directory: PathBuf::from("/m"), tests: true, ..Request::default() };
    let (project, mut problems) = project::load(&request, Arc::new(memory)).unwrap();
    for file in &project.files {
        for index in 0..file.outline.decls.len() as u32 {
            let tree = project.tree(project::DeclId { file: file.source.id, index });
            assert!(tree.expr_ranges.iter().chain(&tree.stmt_ranges).all(|range| range.end as usize <= file.source.text.len()));
        }
    }
    let settings = Settings { profile: Profile::All, min_confidence: Confidence::Low, ..Settings::default() };
    let (findings, more) = engine::check(&project, &settings);
    problems.extend(more);
    (findings, problems)
}

fn one(text: impl Into<String>) -> (Vec<Finding>, Vec<Problem>) {
    analyse(&[("a.go".to_string(), text.into())])
}

/// All fixtures of all rules, each a package of its own.
fn fixtures() -> Vec<(String, String)> {
    let paths = files("fixtures", "go").into_iter().filter(|path| !path.contains("/testdata/") && !path.starts_with("fixtures/loading/"));
    paths.map(|path| (format!("{}/a.go", path.trim_end_matches(".go")), read(&path))).collect()
}

#[test]
fn a_file_that_ends_anywhere_is_read() {
    let text = read("fixtures/projects/demo/feed/stats.go");
    let whole = one(text.as_str()).0.len();
    assert_eq!(whole, 2);
    let mut with_problem = 0;
    for end in (0..text.len()).filter(|end| end % 5 == 0 && text.is_char_boundary(*end)) {
        let (findings, problems) = one(&text[..end]);
        assert!(findings.len() <= whole, "more is found in the first {end} bytes than in the whole");
        with_problem += usize::from(!problems.is_empty());
    }
    assert!(with_problem > text.len() / 10, "{with_problem} cuts have a problem");
}

#[test]
fn a_broken_declaration_costs_only_itself() {
    let text = read("fixtures/projects/demo/feed/stats.go");
    let (findings, problems) = one(format!("{text}\nfunc broken() {{ for defer ) }}\n\nfunc whole() {{}}\n"));
    assert_eq!((findings.len(), problems.len()), (2, 1), "{problems:?}");
}

#[test]
fn depth_costs_no_stack() {
    const DEPTH: usize = 100_000;
    let (open, close) = ("(".repeat(DEPTH), ")".repeat(DEPTH));
    let nested = |open: &str, inside: &str, close: &str| format!("{}{inside}{}", open.repeat(DEPTH / 10), close.repeat(DEPTH / 10));
    let bodies = [
        format!("_ = {open}1{close}"),
        nested("{", "", "}"),
        nested("for {", "defer f.Close()", "}"),
        nested("if x {", "", "}"),
        nested("func() {", "", "}()"),
        format!("_ = 1{}", " + 1".repeat(DEPTH)),
        format!("_ = {}x", "-".to_owned() + &"!".repeat(DEPTH)),
        format!("_ = x{}", ".f()".repeat(DEPTH)),
        format!("_ = {open}"),
        format!("if x {{}}{}", " else if x {}".repeat(DEPTH / 10)),
    ];
    for body in bodies {
        let text = format!("package p\n\nfunc f(x bool) {{\n{body}\n}}\n");
        // As small as the stack of a thread may be.
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || one(text).0.len());
        assert!(thread.unwrap().join().is_ok(), "{}…", &body[..40]);
    }
}

#[test]
fn the_order_of_findings_does_not_depend_on_threads() {
    let texts = fixtures();
    let with = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| analyse(&texts));
    let first = with(1);
    assert!(first.0.len() > 20, "{} findings", first.0.len());
    for threads in [2, 3, 8] {
        assert!(with(threads) == first, "{threads} threads say something else than one");
    }
}

#[test]
fn what_is_unknown_is_no_accusation() {
    let (findings, _) = one("package p

import \"example.com/unknown/lib\"

func unknown(xs []string) {
	for _, x := range xs {
		a := lib.Open(x)
		defer a.Close()
		b, err := lib.New(x)
		if err != nil {
			continue
		}
		defer b.Handle.Finish()
		defer missing(x)
		c := missing(x)
		defer c.Done()
	}
}
");
    let sure: Vec<&Finding> = findings.iter().filter(|finding| finding.confidence == Confidence::High).collect();
    assert!(sure.is_empty(), "{sure:#?}");
}
