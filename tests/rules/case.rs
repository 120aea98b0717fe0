//! Which Go trees are analysed? A page is cut into cases, a fixture is one; a [`Case`] is a tree of files in memory.
//!
//! ```text
//! rules/defer-in-loop.md             one source, a case for each Go block, or for all `file=` blocks under one heading
//! fixtures/defer-in-loop/goto.go     one source with one case
//! fixtures/defer-in-loop/go1.21/a.go the same, with the go line 1.21
//! fixtures/defer-in-loop/workspace/  one source with one case, if it holds a go.mod
//! fixtures/article/run-jobs/         the same, for all rules together
//! tests/rules/twins/double-lock.txt  one source, a case for each program (`twins.rs`)
//! ```
//!
//! Not here: what must be found in a case (`check.rs`).

use crate::twins;
use crate::want::{self, Block};
use std::fs;
use std::path::{Path, PathBuf};

/// The go line where nothing else is said: the older of the two Go releases that are supported today.
pub const GO: &str = "1.26";
/// The module path of a case that brings no go.mod.
pub const MODULE: &str = "example.com/p";

/// The folder of programs on which all rules run, not those of one rule.
pub const ARTICLE: &str = "article";

/// The folders of `fixtures/` that hold what other tests read.
const TREES: [&str; 3] = ["loading", "projects", "sarif"];

/// A page or a fixture: one named test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Page {
        rule: String,
        path: PathBuf,
    },
    File {
        rule: String,
        path: PathBuf,
        go: String,
    },
    Tree {
        rule: String,
        path: PathBuf,
    },
    Twins {
        rule: String,
        path: PathBuf,
    },
    /// Something that is not where it belongs, and why.
    Stray {
        path: PathBuf,
        why: String,
    },
}

impl Source {
    pub fn path(&self) -> &Path {
        match self {
            Source::Page { path, .. } | Source::File { path, .. } | Source::Tree { path, .. } => path,
            Source::Twins { path, .. } | Source::Stray { path, .. } => path,
        }
    }

    /// The path below the package, with `/`.
    pub fn name(&self) -> String {
        slashed(self.path().strip_prefix(crate::home()).unwrap_or(self.path()))
    }
}

/// A tree of Go files in memory.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The `##` heading of the page it stands under; empty for a fixture.
    pub section: String,
    pub files: Vec<CaseFile>,
    /// Why Go does not compile it, if it is not meant to.
    pub nocompile: Option<String>,
    /// The newest go line in it, such as `1.22`.
    pub go: String,
}

/// One file of a case.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The path in the tree, with `/`.
    pub path: String,
    pub text: String,
    /// Where it comes from: a path below the package, and the number of lines there before its first line.
    pub origin: String,
    pub lines_before: usize,
}

impl CaseFile {
    /// Where a line of the file is to be found by a reader.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{}", self.origin, self.lines_before + line)
    }
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The names in a directory, sorted; none if there is no such directory.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every page and every fixture, sorted by path.
pub fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for path in entries(&crate::home().join("rules")) {
        let name = file_name(&path);
        match name.strip_suffix(".md") {
            Some("README") => {}
            Some(rule) => sources.push(Source::Page { rule: rule.to_string(), path }),
            None => sources.push(Source::Stray { path, why: "rules/ holds pages only: one <rule-id>.md for each rule".into() }),
        }
    }
    for folder in entries(&crate::home().join("fixtures")) {
        let rule = file_name(&folder);
        if !TREES.contains(&rule.as_str()) {
            fixtures(&rule, &folder, GO, &mut sources);
        }
    }
    for path in entries(&crate::home().join("tests/rules/twins")) {
        let name = file_name(&path);
        sources.push(match name.strip_suffix(".txt") {
            Some(rule) => Source::Twins { rule: rule.to_string(), path },
            None => Source::Stray { path, why: "twins are a file for each rule: <rule-id>.txt".into() },
        });
    }
    sources
}

/// The rules that have twins.
pub fn rules_with_twins() -> Vec<String> {
    let rule = |source| if let Source::Twins { rule, .. } = source { Some(rule) } else { None };
    sources().into_iter().filter_map(rule).collect()
}

fn fixtures(rule: &str, folder: &Path, go: &str, sources: &mut Vec<Source>) {
    if !folder.is_dir() {
        let why = "a fixture lies in the folder of its rule: fixtures/<rule-id>/".to_string();
        return sources.push(Source::Stray { path: folder.to_path_buf(), why });
    }
    for path in entries(folder) {
        let (name, rule) = (file_name(&path), rule.to_string());
        let version = name.strip_prefix("go").and_then(want::go_line);
        if path.join("go.mod").is_file() {
            sources.push(Source::Tree { rule, path });
        } else if path.is_dir() && version.is_some() {
            fixtures(&rule, &path, version.unwrap_or(go), sources);
        } else if path.is_file() && name.ends_with(".go") {
            sources.push(Source::File { rule, path, go: go.to_string() });
        } else {
            let why = "a fixture is a *.go file, a folder with its own go.mod, or a folder go1.N with such".to_string();
            sources.push(Source::Stray { path, why });
        }
    }
}

/// The cases of a page or a fixture.
pub fn cases(source: &Source) -> Result<Vec<Case>, String> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", source.name()));
    match source {
        Source::Stray { why, .. } => Err(format!("{}: {why}", source.name())),
        Source::Page { path, .. } => page_cases(&source.name(), &read(path)?),
        Source::Twins { path, .. } => twins::cases(&source.name(), &read(path)?),
        Source::File { path, go, .. } => {
            let name = file_name(path);
            let file = CaseFile { path: name, text: read(path)?, origin: source.name(), lines_before: 0 };
            Ok(vec![Case { files: vec![go_mod(go), file], go: go.clone(), ..Case::default() }])
        }
        Source::Tree { path, .. } => {
            let mut case = Case::default();
            read_tree(path, path, &mut case)?;
            case.go = newest_go_line(&case.files);
            Ok(vec![case])
        }
    }
}

pub fn go_mod(go: &str) -> CaseFile {
    let text = format!("module {MODULE}\n\ngo {go}\n");
    CaseFile { path: "go.mod".into(), text, origin: "go.mod".into(), lines_before: 0 }
}

fn newest_go_line(files: &[CaseFile]) -> String {
    let lines = files.iter().filter(|file| file.path.ends_with("go.mod")).flat_map(|file| file.text.lines());
    let minors = lines.filter_map(|line| line.trim().strip_prefix("go 1.")?.split('.').next()?.parse::<u32>().ok());
    minors.max().map_or(GO.to_string(), |minor| format!("1.{minor}"))
}

fn read_tree(root: &Path, folder: &Path, case: &mut Case) -> Result<(), String> {
    for path in entries(folder) {
        if path.is_dir() {
            read_tree(root, &path, case)?;
            continue;
        }
        let origin = slashed(path.strip_prefix(crate::home()).unwrap_or(&path));
        let text = fs::read_to_string(&path).map_err(|error| format!("{origin}: {error}"))?;
        let path = slashed(path.strip_prefix(root).unwrap_or(&path));
        case.files.push(CaseFile { path, text, origin, lines_before: 0 });
    }
    Ok(())
}

/// Cuts a page into cases: one for each block, or one for all `file=` blocks under one heading.
fn page_cases(origin: &str, page: &str) -> Result<Vec<Case>, String> {
    let blocks = want::blocks(page).map_err(|why| format!("{origin}: {why}"))?;
    let mut trees: Vec<Vec<&Block>> = Vec::new();
    for block in &blocks {
        match trees.last_mut() {
            Some(tree) if block.file.is_some() && tree[0].file.is_some() && tree[0].heading == block.heading => tree.push(block),
            _ => trees.push(vec![block]),
        }
    }
    trees.iter().map(|tree| page_case(origin, tree)).collect()
}

fn page_case(origin: &str, tree: &[&Block]) -> Result<Case, String> {
    let go = tree.iter().find_map(|block| block.go.clone()).unwrap_or(GO.to_string());
    let nocompile = tree.iter().find_map(|block| block.nocompile.clone());
    let mut case = Case { section: tree[0].section.clone(), files: vec![go_mod(&go)], nocompile, go };
    for block in tree {
        let place = || format!("{origin}:{}", block.line - 1);
        let path = block.file.clone().unwrap_or("a.go".to_string());
        if case.files.iter().any(|file| file.path == path) {
            return Err(format!("{}: two blocks of one tree are called {path}", place()));
        }
        let text = if path.ends_with(".go") { want::as_file(&block.text) } else { Ok(block.text.clone()) };
        let text = text.map_err(|why| format!("{}: {why}", place()))?;
        case.files.push(CaseFile { path, text, origin: origin.to_string(), lines_before: block.line - 1 });
    }
    Ok(case)
}

/// The tests of this file; they run as trials of this binary.
pub const TESTS: &[(&str, fn())] = &[
    ("blocks with file= under one heading are one tree", blocks_of_one_heading_are_one_tree),
    ("a line of a case is a line of its page", a_line_is_a_line_of_the_page),
];

const PAGE: &str = "## Leaks\n```go file=a.go\nvar a = 1\n```\n```go file=b/b.go go1.21\npackage b\n```\n```go\nvar c = 1\n```\n## Does not leak\n```go file=a.go\nvar d = 1\n```\n";

fn blocks_of_one_heading_are_one_tree() {
    let cases = page_cases("page.md", PAGE).unwrap();
    let paths: Vec<Vec<&str>> = cases.iter().map(|case| case.files.iter().map(|file| file.path.as_str()).collect()).collect();
    assert_eq!(paths, [vec!["go.mod", "a.go", "b/b.go"], vec!["go.mod", "a.go"], vec!["go.mod", "a.go"]]);
    assert_eq!(cases[0].files[0].text, "module example.com/p\n\ngo 1.21\n");
    assert_eq!((cases[2].section.as_str(), cases[2].go.as_str()), ("Does not leak", GO));
    let twice = PAGE.replace("b/b.go", "a.go");
    assert!(page_cases("page.md", &twice).unwrap_err().contains("page.md:5: two blocks of one tree"));
}

fn a_line_is_a_line_of_the_page() {
    let cases = page_cases("page.md", PAGE).unwrap();
    assert_eq!(cases[1].files[1].place(1), "page.md:9");
    assert_eq!(PAGE.lines().nth(9 - 1), Some("var c = 1"));
    assert_eq!(cases[1].files[1].text, "package p; var c = 1\n");
}
