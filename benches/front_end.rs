//! What does each step cost? In one process, for the same files: walking and reading, outlines, tree-sitter, and the whole analysis.
//!
//! `cargo bench --bench front_end -- PATH` measures what `goleaklint PATH/...` reads, with `--tests` test files too; without a
//! path it is the demo project. Each figure is the median of five runs. With `--types` it measures one thing only: reading everything and
//! resolving every name and type in it, as a type checker would.
//!
//! Not here: what a rule costs.

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use goleaklint::ast::ExprId;
use goleaklint::engine::{self, Settings};
use goleaklint::parse;
use goleaklint::project::{self, DeclId, OsFiles, Project, Request};
use goleaklint::source::SourceFile;
use goleaklint::types::Types;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

const RUNS: usize = 5;

fn main() {
    // `cargo bench` itself passes `--bench`.
    let tests = env::args().skip(1).any(|argument| argument == "--tests");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/projects/demo").to_string();
    let path = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or(demo);
    let Ok(path) = fs::canonicalize(&path) else { return eprintln!("error: {path} does not exist") };
    let pattern = if path.is_dir() { path.join("...") } else { path.clone() };
    let patterns = vec![pattern.to_string_lossy().into_owned()];
    let request = Request { patterns, working_directory: env::current_dir().unwrap(), tests, ..Request::default() };

    if env::args().any(|argument| argument == "--types") {
        return types(&path, &request);
    }

    // First, so that the peak of the memory is its own.
    let (whole, findings) = median(|| analyse(&request));
    let memory = peak_memory();
    let (load, project) = median(|| load(&request));

    let files = &project.files;
    let bytes: usize = files.iter().map(|file| file.source.text.len()).sum();
    let decls: usize = files.iter().map(|file| file.outline.decls.len()).sum();
    let wanted: BTreeSet<&Path> = files.iter().map(|file| file.source.path.as_path()).collect();
    let table = [
        ("walk the tree, read the files", "1", median(|| walk_and_read(&path, &wanted)).0),
        ("scanner and outline", "1", median(|| outlines(&project)).0),
        ("tree-sitter, each file whole", "1", median(|| trees(&project)).0),
        ("tree-sitter and lowering, each declaration", "1", median(|| declarations(&project)).0),
        ("walk, read, outline, packages", "all", load),
        ("the whole analysis", "all", whole),
    ];

    let megabytes = bytes as f64 / 1e6;
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    println!("{}: {} files, {megabytes:.1} MB, {} packages, {decls} declarations", path.display(), files.len(), project.packages.len());
    println!("{findings} findings; {threads} threads; median of {RUNS} runs\n");
    println!("| step | threads | ms | MB/s |\n|---|---|---|---|");
    for (step, threads, time) in table {
        println!("| {step} | {threads} | {:.1} | {:.0} |", time.as_secs_f64() * 1e3, megabytes / time.as_secs_f64());
    }
    if let Some(memory) = memory {
        println!("\npeak memory after {RUNS} whole analyses: {:.0} MB", memory as f64 / 1e6);
    }
}

/// The median time, and the last result.
fn median<T>(mut step: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..RUNS {
        // Before the clock runs: dropping a project takes time too.
        drop(last.take());
        let start = Instant::now();
        let result = black_box(step());
        times.push(start.elapsed());
        last = Some(result);
    }
    times.sort();
    (times[RUNS / 2], last.unwrap())
}

fn load(request: &Request) -> Project {
    project::load(request, Arc::new(OsFiles)).unwrap_or_else(|error| panic!("{error}")).0
}

fn analyse(request: &Request) -> usize {
    let project = load(request);
    engine::check(&project, &Settings::default()).0.len()
}

/// Every name and type of everything.
fn types(path: &Path, request: &Request) {
    let (time, (declarations, expressions)) = median(|| {
        let project = load(request);
        let types = Types::new(&project);
        let files = project.files.iter().map(|file| (file.source.id, file.outline.decls.len() as u32));
        let decls: Vec<DeclId> = files.flat_map(|(file, count)| (0..count).map(move |index| DeclId { file, index })).collect();
        let known = |decl: &DeclId| {
            let count = project.tree(*decl).exprs.len() as u32;
            (0..count).filter(|&at| types.info(*decl).ty(ExprId(at)).is_known()).count()
        };
        (decls.len(), decls.par_iter().map(known).sum::<usize>())
    });
    let memory = peak_memory().map_or_else(String::new, |memory| format!("; peak memory {:.0} MB", memory as f64 / 1e6));
    println!(
        "{}: {expressions} typed expressions in {declarations} declarations: {:.2} s{memory}",
        path.display(),
        time.as_secs_f64()
    );
}

/// Lists every directory below the path, and reads the files that the project has.
fn walk_and_read(path: &Path, wanted: &BTreeSet<&Path>) -> usize {
    let mut read = 0;
    let mut folders: Vec<PathBuf> = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if wanted.contains(path.as_path()) {
                read += fs::read(&path).map_or(0, |bytes| bytes.len());
            }
        }
    }
    read
}

/// The sources, one after the other.
fn sources(project: &Project) -> impl Iterator<Item = &SourceFile> {
    project.files.iter().map(|file| &file.source)
}

fn outlines(project: &Project) -> usize {
    sources(project).map(|source| parse::outline(source).0.decls.len()).sum()
}

fn trees(project: &Project) -> usize {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).unwrap();
    sources(project).filter_map(|source| parser.parse(&source.text, None)).map(|tree| tree.root_node().child_count() as usize).sum()
}

fn declarations(project: &Project) -> usize {
    let decls = project.files.iter().flat_map(|file| file.outline.decls.iter().map(|decl| (&file.source, decl)));
    decls.map(|(source, decl)| parse::declaration(source, decl).0.exprs.len()).sum()
}

/// The most memory this process has had, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
