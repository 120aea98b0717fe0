//! Which Go source is there, and how does it hang together? From patterns on a command line to modules, packages and files.
//!
//! ```go
//! // ./...  ->  package ex.com/m/a (a.go, a_linux.go, a_windows.go), judged with ex.com/m's go.mod
//! ```
//!
//! Not here: what is inside a declaration (`parse`), what a name means (`sema`).

pub mod constraint;
mod find;
mod further;
pub mod gomod;
mod imports;
mod inferred;
pub mod load;
pub mod os_files;
pub mod pattern;
pub mod standard;
pub mod timers;

pub use constraint::{Build, Constraint, compatible};
pub use find::root_of;
pub use gomod::{GoMod, GoWork};
pub use imports::Origin;
pub use load::{Request, load, load_texts};
pub use os_files::OsFiles;
pub use pattern::RequestError;
pub use timers::{TimerVersion, Timers};

use crate::ast::Tree;
use crate::finding::Problem;
use crate::parse::{self, DeclKind, Outline, OutlineDecl};
use crate::source::{FileId, SourceFile};
pub use crate::version::GoVersion;
use further::Further;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
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

/// Everything that was read. The order of files, packages and modules depends on their paths only.
///
/// Packages from elsewhere are read when an import of them is first asked for ([`Project::import`]). Their numbers, and those of their
/// files, follow the project's own, in an order that may depend on threads.
#[derive(Debug, Default)]
pub struct Project {
    /// The enclosing repository, else the go.work, else the go.mod, else the named path. If patterns lie in several of them, the
    /// directory that holds them all.
    pub root: PathBuf,
    /// The directory that relative paths start from.
    pub working_directory: PathBuf,
    /// Sorted by directory, then by name.
    pub files: Vec<File>,
    /// Sorted by directory, then by name.
    pub packages: Vec<Package>,
    /// Sorted by directory.
    pub modules: Vec<Module>,
    /// Sorted by directory.
    pub works: Vec<Work>,
    /// Links inside the tree that were not followed.
    pub links_skipped: usize,
    /// Test files that a pattern named or matched, and that were left out.
    pub tests_skipped: usize,
    /// Files that were left out because no build has them (`//go:build ignore`).
    pub excluded: usize,
    /// What an import path means in a module, for the packages that were read.
    imports: FxHashMap<ModuleId, FxHashMap<String, PackageId>>,
    further: Further,
}

/// What reading a declaration gave. In a box: most declarations are never read, and their places stay small.
type Read = Box<(Tree, Vec<Problem>)>;

/// A file of a package, with its outline and the trees that were asked for.
#[derive(Debug)]
pub struct File {
    pub source: SourceFile,
    pub outline: Outline,
    pub package: PackageId,
    pub test: bool,
    /// A pattern asks for it: its findings are reported. Other files, such as those beside a file that was named, are read for facts.
    pub target: bool,
    /// `//go:build`, file name and `import "C"`, together.
    pub constraint: Constraint,
    /// One place for each declaration of the outline.
    trees: Vec<OnceLock<Read>>,
    /// `None` where the header cannot be read without an error.
    headers: Vec<OnceLock<Option<Box<Tree>>>>,
}

/// Files of one directory with one package clause.
#[derive(Clone, Debug)]
pub struct Package {
    /// The import path; in a directory outside a module, the path of the directory. `_test` follows for an external test package.
    pub path: String,
    /// The name in the package clause; empty for files that have none.
    pub name: String,
    pub directory: PathBuf,
    pub module: Option<ModuleId>,
    /// Sorted by name.
    pub files: Vec<FileId>,
    /// One of its files is a target: findings are reported. Other packages are read for facts.
    pub target: bool,
}

/// A go.mod, or a tree without one whose files import each other by a path.
#[derive(Clone, Debug)]
pub struct Module {
    /// Empty if the go.mod does not tell.
    pub path: String,
    pub directory: PathBuf,
    /// The go line.
    pub go: Option<GoVersion>,
    pub go_mod: GoMod,
    /// There is no go.mod: imports tell the path.
    pub inferred: bool,
    /// A pattern asks for all of it, as `./...` in its directory does: who else mentions a name of it is outside.
    pub whole: bool,
}

/// A go.work.
#[derive(Clone, Debug)]
pub struct Work {
    pub directory: PathBuf,
    /// The modules it uses, those inside the root.
    pub modules: Vec<ModuleId>,
    pub go_work: GoWork,
}

impl Module {
    /// The path of the directory, relative to the module's, that an import path names if it is one of this module.
    pub fn below<'p>(&self, import_path: &'p str) -> Option<&'p str> {
        below(&self.path, import_path)
    }
}

/// The rest of an import path behind a module's path.
fn below<'p>(module: &str, import_path: &'p str) -> Option<&'p str> {
    if module == "std" {
        return Some(import_path);
    }
    let rest = import_path.strip_prefix(module).filter(|_| !module.is_empty())?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

impl File {
    /// A target whose trees nobody has asked for yet.
    pub fn new(source: SourceFile, outline: Outline, package: PackageId, test: bool, constraint: Constraint) -> File {
        let trees = outline.decls.iter().map(|_| OnceLock::new()).collect();
        let headers = outline.decls.iter().map(|_| OnceLock::new()).collect();
        File { source, outline, package, test, target: true, constraint, trees, headers }
    }
}

impl Project {
    /// A file of the project, or of a further package.
    pub fn file(&self, id: FileId) -> &File {
        let at = id.0 as usize;
        self.files.get(at).unwrap_or_else(|| self.further.file(at - self.files.len()))
    }

    /// A package of the project, or a further one.
    pub fn package(&self, id: PackageId) -> &Package {
        let at = id.0 as usize;
        self.packages.get(at).unwrap_or_else(|| &self.further.package(at - self.packages.len()).package)
    }

    /// The functions and methods of a package, tests apart.
    pub fn functions(&self, package: PackageId) -> impl Iterator<Item = (DeclId, &OutlineDecl)> {
        let files = self.package(package).files.iter().copied().filter(|&file| !self.file(file).test);
        files.flat_map(|file| {
            let decls = self.file(file).outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Func);
            decls.map(move |(index, decl)| (DeclId { file, index: index as u32 }, decl))
        })
    }

    /// Whether a declaration has an exported name.
    pub fn is_exported(&self, decl: DeclId) -> bool {
        self.decl(decl).names.iter().any(|(name, _)| name.starts_with(char::is_uppercase))
    }

    /// The packages that a pattern asks for.
    pub fn targets(&self) -> impl Iterator<Item = PackageId> {
        (0..self.packages.len() as u32).map(PackageId).filter(|&id| self.package(id).target)
    }

    /// Where a package was found.
    pub fn origin(&self, id: PackageId) -> Origin {
        let at = id.0 as usize;
        if at < self.packages.len() { Origin::Root } else { self.further.package(at - self.packages.len()).origin }
    }

    /// The package that `import "path"` in a package means: [`Project::imported`], else one that is read when it is first asked for,
    /// for what it declares: from the root, from `vendor`, from the module cache, or the standard library as it is shipped with
    /// the program. `None` if it is nowhere; so are `C` and `unsafe`, which are no packages.
    pub fn import(&self, from: PackageId, path: &str) -> Option<PackageId> {
        self.further.import(self, from, path)
    }

    /// The text of a declaration.
    pub fn text(&self, id: DeclId) -> &str {
        let range = self.decl(id).range;
        self.file(id.file).source.slice(range.start, range.end)
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
            let _ = place.set(Box::new(parse::declaration(&file.source, self.decl(id))));
        }
        let (tree, _) = &**place.get().expect("invariant: set just above, by this thread or another");
        tree
    }

    /// The tree of a declaration without a function's body or a variable's long table, much cheaper than the whole, read when it is first
    /// asked for. What has neither, or cannot be read without an error, is the whole tree. The numbers of nodes are not those of the whole tree.
    pub fn header(&self, id: DeclId) -> &Tree {
        self.short(id).unwrap_or_else(|| self.tree(id))
    }

    /// The tree of a declaration without its body or table; `None` if it has neither.
    pub fn short(&self, id: DeclId) -> Option<&Tree> {
        let decl = self.decl(id);
        if decl.body.is_none() && decl.kind != DeclKind::Var {
            return None;
        }
        let file = self.file(id.file);
        let place = &file.headers[id.index as usize];
        if place.get().is_none() {
            let _ = place.set(parse::header(&file.source, decl).map(Box::new));
        }
        place.get()?.as_deref()
    }

    /// The problems of all trees of the project's own files read so far, in file order.
    pub fn syntax_problems(&self) -> Vec<Problem> {
        let read = self.files.iter().flat_map(|file| &file.trees).filter_map(OnceLock::get);
        read.flat_map(|read| &read.1).cloned().collect()
    }

    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The package with an import path, among those that were read; not an external test package. If several modules have one, the first.
    pub fn package_by_path(&self, path: &str) -> Option<PackageId> {
        let modules = (0..self.modules.len() as u32).map(ModuleId);
        let mut own = modules.filter(|module| self.module(*module).below(path).is_some());
        own.find_map(|module| self.imports.get(&module)?.get(path).copied())
    }

    /// The package that `import "path"` in a package means, among those that were read: in its module, in a module of its workspace, or
    /// in a directory that its go.mod puts in place of a module.
    pub fn imported(&self, package: PackageId, path: &str) -> Option<PackageId> {
        self.imports.get(&self.package(package).module?)?.get(path).copied()
    }

    /// The language version of a file: its `//go:build go1.22` line where Go heeds it, else its module's go line. Unknown outside modules.
    pub fn go_version(&self, id: FileId) -> Option<GoVersion> {
        let file = self.file(id);
        let module = self.module(self.package(file.package).module?).go?;
        let heeded = module >= GoVersion { major: 1, minor: 21 };
        // Go takes a lower version than 1.21 as 1.21.
        let own = file.constraint.go_version().filter(|_| heeded).map(|own| own.max(GoVersion { major: 1, minor: 21 }));
        Some(own.unwrap_or(module))
    }

    /// The path as reports show it: relative to the working directory with `/` if it is below it, else absolute.
    pub fn display_path(&self, file: &File) -> String {
        self.display(&file.source.path)
    }

    /// The same for a path of a problem.
    pub fn display(&self, path: &Path) -> String {
        let inside = pattern::relative(path, &self.working_directory).filter(|inside| !inside.is_empty());
        inside.unwrap_or_else(|| path.to_string_lossy().into_owned())
    }
}
