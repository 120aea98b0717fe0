//! Which Go source is there, and how does it hang together? From patterns on a command line to modules, packages and files.
//!
//! ```go
//! // ./...  ->  package ex.com/m/a (a.go, a_linux.go, a_windows.go), judged with ex.com/m's go.mod
//! ```
//!
//! Not here: what is inside a declaration (`parse`), what a name means (`sema`).

use crate::ast::Tree;
use crate::finding::Problem;
use crate::parse::{self, Outline, OutlineDecl};
use crate::source::{FileId, SourceFile};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The number of a package in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

/// The number of a module in a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// A top-level declaration: a file and a position in its outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclId {
    pub file: FileId,
    pub index: u32,
}

/// A language version such as go1.22; patch levels do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoVersion {
    pub major: u32,
    pub minor: u32,
}

/// Everything that was read.
#[derive(Debug)]
pub struct Project {
    /// The enclosing repository, else the go.work, else the go.mod, else the named path.
    pub root: PathBuf,
    /// The directory that relative paths start from.
    pub working_directory: PathBuf,
    pub files: Vec<File>,
    pub packages: Vec<Package>,
    pub modules: Vec<Module>,
    /// Links inside the tree that were not followed.
    pub links_skipped: usize,
}

/// A file of a package, with its outline and the trees that were asked for.
#[derive(Debug)]
pub struct File {
    pub source: SourceFile,
    pub outline: Outline,
    pub package: PackageId,
    pub test: bool,
    /// `//go:build` and file name constraints, together; see `project::constraint`.
    pub constraint: Option<String>,
    /// One place for each declaration of the outline.
    trees: Vec<OnceLock<(Tree, Vec<Problem>)>>,
}

/// Files of one directory with one package clause.
#[derive(Clone, Debug)]
pub struct Package {
    /// The import path; in a directory outside a module, the path of the directory.
    pub path: String,
    /// The name in the package clause.
    pub name: String,
    pub directory: PathBuf,
    pub module: Option<ModuleId>,
    /// Sorted by name.
    pub files: Vec<FileId>,
    /// Named by a pattern: its findings are reported. Other packages are read for facts.
    pub target: bool,
}

/// A go.mod.
#[derive(Clone, Debug)]
pub struct Module {
    pub path: String,
    pub directory: PathBuf,
    /// The go line.
    pub go: Option<GoVersion>,
}

impl File {
    /// A file whose trees nobody has asked for yet.
    pub fn new(source: SourceFile, outline: Outline, package: PackageId, test: bool, constraint: Option<String>) -> File {
        let trees = outline.decls.iter().map(|_| OnceLock::new()).collect();
        File { source, outline, package, test, constraint, trees }
    }
}

impl Project {
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }

    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0 as usize]
    }

    /// The outline's line about a declaration.
    pub fn decl(&self, id: DeclId) -> &OutlineDecl {
        &self.file(id.file).outline.decls[id.index as usize]
    }

    /// The tree of a declaration, read when it is first asked for. Two threads may read it at once; one copy is kept.
    pub fn tree(&self, id: DeclId) -> &Tree {
        let file = self.file(id.file);
        let place = &file.trees[id.index as usize];
        if place.get().is_none() {
            // Not `get_or_init`: a thread must never wait here for another one that rayon has given other work.
            let _ = place.set(parse::declaration(&file.source, self.decl(id)));
        }
        let (tree, _) = place.get().expect("invariant: set just above, by this thread or another");
        tree
    }

    /// The problems of all trees read so far, in file order.
    pub fn syntax_problems(&self) -> Vec<Problem> {
        let read = self.files.iter().flat_map(|file| &file.trees).filter_map(OnceLock::get);
        read.flat_map(|(_, problems)| problems).cloned().collect()
    }
}
