//! Which files are meant? Walks directories as `./...` asks, and knows the go.mod and go.work of each directory.
//!
//! ```go
//! // ./... leaves out vendor, testdata, _x, .x and what go.mod ignores; it goes into nested modules, which `go list` does not
//! ```
//!
//! Nothing here recurses, follows a link it meets, or looks above the root, but for the names go.mod, go.work and .git.
//!
//! Not here: what a pattern means (`project::pattern`), reading Go files (`project::load`).

use super::gomod::{self, Fault, GoMod, GoWork};
use super::imports::{Mains, is_real};
use super::pattern::{Glob, Ignored, Pattern, RequestError, clean, reason, relative};
use super::{Module, ModuleId, Work};
use crate::finding::{Problem, ProblemKind};
use crate::parse::hygiene;
use crate::source::{EntryKind, Files};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The Go files and directories in a directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Regular files `*.go` whose names do not begin with `_` or `.`, sorted.
    pub(super) go_files: Vec<OsString>,
    pub(super) directories: Vec<OsString>,
    pub(super) go_mod: bool,
    /// It could not be listed; there is a problem about it.
    pub(super) failed: bool,
}

/// What patterns ask of one directory. The numbers are those of patterns.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) whole: Vec<usize>,
    pub(super) named: BTreeMap<OsString, Vec<usize>>,
}

/// The tree of directories as far as it is known.
pub(super) struct Finder<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) modules: Vec<Module>,
    pub(super) works: Vec<Work>,
    pub(super) problems: Vec<Problem>,
    pub(super) links_skipped: usize,
    /// The roots of what patterns name.
    pub(super) named_roots: Vec<PathBuf>,
    /// The directories below which a pattern asks for everything.
    pub(super) whole: Vec<PathBuf>,
    pub(super) selected: BTreeMap<PathBuf, Selection>,
    listings: FxHashMap<PathBuf, Rc<Listing>>,
    roots: FxHashMap<PathBuf, PathBuf>,
    /// The module whose go.mod is in the directory.
    module_at: FxHashMap<PathBuf, Option<ModuleId>>,
    /// The module that the directory belongs to.
    module_of: FxHashMap<PathBuf, Option<ModuleId>>,
    work_at: FxHashMap<PathBuf, Option<usize>>,
    /// The main modules of workspaces.
    pub(super) mains: FxHashMap<usize, Rc<Mains>>,
}

/// What a walk compares a pattern with.
enum Names {
    /// The directory's path relative to where the walk began.
    Relative,
    /// The directory's import path.
    Import,
}

const NO_FILES_HELP: &str = "`/...` behind a directory reads the directories below it too";

/// The root of what may be read when `directory` is named: the enclosing repository, else the go.work, else the go.mod, else itself.
pub fn root_of<'d>(directory: &'d Path, files: &dyn Files) -> &'d Path {
    let above = |fits: &dyn Fn(&Path) -> bool| directory.ancestors().find(|above| fits(above));
    let is_file = |path: &Path| files.kind(path).is_ok_and(|entry| entry.kind == EntryKind::File);
    above(&|path| files.kind(&path.join(".git")).is_ok())
        .or_else(|| above(&|path| is_file(&path.join("go.work"))))
        .or_else(|| above(&|path| is_file(&path.join("go.mod"))))
        .unwrap_or(directory)
}

impl<'a> Finder<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Finder<'a> {
        Finder {
            files,
            modules: Vec::new(),
            works: Vec::new(),
            problems: Vec::new(),
            links_skipped: 0,
            named_roots: Vec::new(),
            whole: Vec::new(),
            selected: BTreeMap::new(),
            listings: FxHashMap::default(),
            roots: FxHashMap::default(),
            module_at: FxHashMap::default(),
            module_of: FxHashMap::default(),
            work_at: FxHashMap::default(),
            mains: FxHashMap::default(),
        }
    }

    /// The same, remembered.
    pub(super) fn root_of(&mut self, directory: &Path) -> PathBuf {
        if let Some(root) = self.roots.get(directory) {
            return root.clone();
        }
        let root = root_of(directory, self.files).to_owned();
        self.roots.insert(directory.to_owned(), root.clone());
        root
    }

    /// The root of what may be read for a module: if a pattern names more than the module, that.
    pub(super) fn root_of_module(&mut self, directory: &Path) -> PathBuf {
        let widest = self.named_roots.iter().filter(|root| directory.starts_with(root)).min_by_key(|root| root.as_os_str().len());
        widest.cloned().unwrap_or_else(|| self.root_of(directory))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.files.kind(path).is_ok_and(|entry| entry.kind == EntryKind::File)
    }

    /// Selects what a pattern asks for, and tells the root it lies in.
    pub(super) fn select(
        &mut self,
        number: usize,
        text: &str,
        pattern: Pattern,
        working_directory: &Path,
    ) -> Result<PathBuf, RequestError> {
        match pattern {
            Pattern::File(path) => {
                let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
                let root = self.root_of(&directory);
                self.module_of(&directory);
                let name = path.file_name().unwrap_or_default().to_owned();
                self.selected.entry(directory).or_default().named.entry(name).or_default().push(number);
                Ok(root)
            }
            Pattern::Directory(directory) => {
                self.select_directory(number, text, &directory)?;
                Ok(self.root_of(&directory))
            }
            Pattern::Below { base, glob } => {
                let root = self.root_of(&base);
                if glob.is_all() {
                    self.whole.push(base.clone());
                }
                if self.walk(number, &base, &glob, &Names::Relative) { Ok(root) } else { Err(no_match(text, "")) }
            }
            Pattern::Import(path) => {
                self.select_import(number, &path, working_directory)?;
                Ok(self.root_of(working_directory))
            }
        }
    }

    fn select_directory(&mut self, number: usize, text: &str, directory: &Path) -> Result<(), RequestError> {
        let listing = self.list(directory);
        if listing.go_files.is_empty() && !listing.failed {
            let help = if listing.directories.is_empty() { "" } else { NO_FILES_HELP };
            return Err(RequestError::new(format!("no Go files in `{text}`"), help));
        }
        self.module_of(directory);
        self.selected.entry(directory.to_owned()).or_default().whole.push(number);
        Ok(())
    }

    fn select_import(&mut self, number: usize, path: &str, working_directory: &Path) -> Result<(), RequestError> {
        let Some(own) = self.module_of(working_directory).or_else(|| self.workspace_modules(working_directory).first().copied()) else {
            return Err(no_match(path, "there is no such directory, and no go.mod to read it as an import path"));
        };
        let mut modules = vec![own];
        modules.extend(self.workspace_modules(working_directory));
        if path.contains("...") {
            let glob = Glob::new(path);
            let mut found = false;
            for module in modules {
                let directory = self.modules[module.0 as usize].directory.clone();
                found |= self.walk(number, &directory, &glob, &Names::Import);
            }
            return if found { Ok(()) } else { Err(no_match(path, "`./...` reads the packages below this directory")) };
        }
        let candidates = modules.iter().map(|module| &self.modules[module.0 as usize]);
        let best = candidates.filter_map(|module| Some((module, module.below(path)?))).max_by_key(|(module, _)| module.path.len());
        if let Some((module, below)) = best {
            let directory = clean(&module.directory.join(below));
            if self.files.kind(&directory).is_ok_and(|entry| entry.kind == EntryKind::Directory) {
                return self.select_directory(number, path, &directory);
            }
        }
        let name = &self.modules[own.0 as usize].path;
        Err(RequestError::new(
            format!("`{path}` is neither a directory nor a package of module `{name}`"),
            "name a directory, `./...`, Go files, or an import path of this module",
        ))
    }

    /// Selects the directories at and below `base` that match. Whether any did, or could not be listed.
    fn walk(&mut self, number: usize, base: &Path, glob: &Glob, names: &Names) -> bool {
        let module = self.module_of(base);
        let ignored = self.ignored_in(module, Some(base));
        let mut matched = false;
        let mut waiting: Vec<(PathBuf, String, Option<ModuleId>, Rc<Ignored>)> = vec![(base.to_owned(), String::new(), module, ignored)];
        while let Some((directory, name, module, ignored)) = waiting.pop() {
            let listing = self.list(&directory);
            let matches = match names {
                Names::Relative => glob.matches(&name),
                Names::Import => glob.matches(&self.import_path(module, &directory)),
            };
            // A directory that could not be listed is told as a problem, which is more than "no match".
            matched |= listing.failed;
            if matches && !listing.go_files.is_empty() {
                matched = true;
                self.selected.entry(directory.clone()).or_default().whole.push(number);
            }
            for child in &listing.directories {
                let text = child.to_string_lossy();
                if skipped(&text) && !(text == "vendor" && glob.names("vendor")) {
                    continue;
                }
                let path = directory.join(child);
                let inside = module.and_then(|module| relative(&path, &self.modules[module.0 as usize].directory));
                if inside.is_some_and(|inside| ignored.contains(&inside)) {
                    continue;
                }
                let name = if name.is_empty() { text.into_owned() } else { format!("{name}/{text}") };
                if matches!(names, Names::Relative) && !glob.may_match_below(&name) {
                    continue;
                }
                let nested = if self.list(&path).go_mod { self.module_at(&path) } else { None };
                let (module, ignored) = match nested {
                    Some(nested) => (Some(nested), self.ignored_in(Some(nested), None)),
                    None => (module, Rc::clone(&ignored)),
                };
                self.module_of.insert(path.clone(), module);
                waiting.push((path, name, module, ignored));
            }
        }
        matched
    }

    /// The `ignore` lines of a module, without those that say something about a directory that was named.
    fn ignored_in(&self, module: Option<ModuleId>, named: Option<&Path>) -> Rc<Ignored> {
        let Some(module) = module.map(|module| &self.modules[module.0 as usize]) else { return Rc::default() };
        let ignored = Ignored::new(&module.go_mod.ignore);
        let inside = named.and_then(|named| relative(named, &module.directory));
        Rc::new(inside.map_or_else(|| ignored.clone(), |inside| ignored.unless_named(&inside)))
    }

    /// The import path of a directory; outside a module, the path of the directory.
    pub(super) fn import_path(&self, module: Option<ModuleId>, directory: &Path) -> String {
        let known = module.map(|module| &self.modules[module.0 as usize]).filter(|module| !module.path.is_empty());
        let inside = known.and_then(|module| Some((module, relative(directory, &module.directory)?)));
        match inside {
            // Package fmt of module std is "fmt".
            Some((module, inside)) if module.path == "std" => inside,
            Some((module, inside)) if inside.is_empty() => module.path.clone(),
            Some((module, inside)) => format!("{}/{inside}", module.path),
            None => directory.to_string_lossy().replace('\\', "/"),
        }
    }

    /// What is in a directory. It is listed once.
    pub(super) fn list(&mut self, directory: &Path) -> Rc<Listing> {
        if let Some(listing) = self.listings.get(directory) {
            return Rc::clone(listing);
        }
        let mut listing = Listing::default();
        match self.files.list(directory) {
            Ok(entries) => {
                for entry in entries {
                    let go_file = is_go_file(&entry.name);
                    match entry.kind {
                        EntryKind::Link => self.links_skipped += 1,
                        EntryKind::Directory => listing.directories.push(entry.name),
                        EntryKind::File if go_file => listing.go_files.push(entry.name),
                        EntryKind::File => listing.go_mod |= entry.name == "go.mod",
                        EntryKind::Other if go_file => self.unread(directory.join(entry.name), "skipped: not a regular file"),
                        EntryKind::Other => {}
                    }
                }
            }
            Err(error) => {
                listing.failed = true;
                self.unread(directory.to_owned(), &format!("cannot list the directory: {}", reason(&error)));
            }
        }
        let listing = Rc::new(listing);
        self.listings.insert(directory.to_owned(), Rc::clone(&listing));
        listing
    }

    fn unread(&mut self, path: PathBuf, text: &str) {
        self.problems.push(Problem { kind: ProblemKind::Unread, span: None, path, text: text.to_owned() });
    }

    /// The module that a directory belongs to: the nearest go.mod upward, inside the root.
    pub(super) fn module_of(&mut self, directory: &Path) -> Option<ModuleId> {
        if let Some(known) = self.module_of.get(directory) {
            return *known;
        }
        let root = self.root_of(directory);
        let mut found = None;
        for above in directory.ancestors() {
            found = self.module_at(above);
            if found.is_some() || above == root {
                break;
            }
        }
        self.module_of.insert(directory.to_owned(), found);
        found
    }

    /// The module whose go.mod is in this directory.
    pub(super) fn module_at(&mut self, directory: &Path) -> Option<ModuleId> {
        if let Some(known) = self.module_at.get(directory) {
            return *known;
        }
        let path = directory.join("go.mod");
        let module = self.is_file(&path).then(|| {
            let go_mod = self.read_text(&path).map_or_else(GoMod::default, |text| {
                let (go_mod, faults) = gomod::go_mod(&text);
                self.faults(&path, faults);
                go_mod
            });
            let id = ModuleId(self.modules.len() as u32);
            let (path, go) = (go_mod.module.clone().unwrap_or_default(), go_mod.go);
            self.modules.push(Module { path, directory: directory.to_owned(), go, go_mod, inferred: false, whole: false });
            id
        });
        self.module_at.insert(directory.to_owned(), module);
        module
    }

    /// Takes a directory without a go.mod, and what is below it and belongs to no module, for a module.
    pub(super) fn infer(&mut self, root: &Path, path: String) {
        let id = ModuleId(self.modules.len() as u32);
        self.modules.push(Module { path, directory: root.to_owned(), go: None, go_mod: GoMod::default(), inferred: true, whole: false });
        self.module_at.insert(root.to_owned(), Some(id));
        self.module_of
            .iter_mut()
            .filter(|(of, module)| module.is_none() && of.starts_with(root))
            .for_each(|(_, module)| *module = Some(id));
    }

    /// The nearest go.work upward, inside the root: its position in `works`.
    pub(super) fn work_of(&mut self, directory: &Path) -> Option<usize> {
        let root = self.root_of(directory);
        for above in directory.ancestors() {
            let work = self.work_at(above, &root);
            if work.is_some() || above == root {
                return work;
            }
        }
        None
    }

    fn work_at(&mut self, directory: &Path, root: &Path) -> Option<usize> {
        if let Some(known) = self.work_at.get(directory) {
            return *known;
        }
        let path = directory.join("go.work");
        let work = self.is_file(&path).then(|| {
            let go_work = self.read_text(&path).map_or_else(GoWork::default, |text| {
                let (go_work, faults) = gomod::go_work(&text);
                self.faults(&path, faults);
                go_work
            });
            let inside = |used: &String| Some(clean(&directory.join(used))).filter(|path| is_real(self.files, root, path));
            let directories: Vec<PathBuf> = go_work.uses.iter().filter_map(inside).collect();
            let modules = directories.iter().filter_map(|directory| self.module_at(directory)).collect();
            self.works.push(Work { directory: directory.to_owned(), modules, go_work });
            self.works.len() - 1
        });
        self.work_at.insert(directory.to_owned(), work);
        work
    }

    /// The modules of the workspace that a directory is in.
    fn workspace_modules(&mut self, directory: &Path) -> Vec<ModuleId> {
        self.work_of(directory).map_or_else(Vec::new, |work| self.works[work].modules.clone())
    }

    fn read_text(&mut self, path: &Path) -> Option<String> {
        let read = self.files.read(path).map_err(|error| format!("cannot be read: {}", reason(&error)));
        match read.and_then(|bytes| hygiene::decode(bytes).map_err(|(_, text)| text)) {
            Ok(text) => Some(text),
            Err(text) => {
                self.unread(path.to_owned(), &text);
                None
            }
        }
    }

    fn faults(&mut self, path: &Path, faults: Vec<Fault>) {
        let problem = |fault: Fault| Problem {
            kind: ProblemKind::Syntax,
            span: None,
            path: path.to_owned(),
            text: format!("line {}: {}", fault.line, fault.text),
        };
        self.problems.extend(faults.into_iter().map(problem));
    }
}

fn no_match(text: &str, help: &str) -> RequestError {
    let help = if help.is_empty() {
        "vendor, testdata, names that begin with `_` or `.`, and what go.mod ignores are left out unless named"
    } else {
        help
    };
    RequestError::new(format!("`{text}` matches no Go files"), help)
}

/// Directories that `...` does not enter.
fn skipped(name: &str) -> bool {
    name.starts_with(['_', '.']) || matches!(name, "vendor" | "testdata")
}

/// Whether the name is that of a Go file, and does not begin with `_` or `.`.
pub(super) fn is_go_file(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes.ends_with(b".go") && !bytes.starts_with(b"_") && !bytes.starts_with(b".")
}

/// Whether the name is that of a test file.
pub(super) fn is_test_file(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b"_test.go")
}
