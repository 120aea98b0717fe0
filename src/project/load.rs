//! How do files become packages? Reads and outlines what patterns ask for, groups it, and reads for facts what those packages import
//! from modules of the same root.
//!
//! ```go
//! // a.go: package p   b_test.go: package p_test   gen.go: //go:build ignore   ->   packages p and p_test; gen.go is left out
//! ```
//!
//! Files are read in parallel; everything is put in order by path afterwards.
//!
//! Not here: which files there are (`project::find`), what is in them (`parse`).

use super::constraint::Constraint;
use super::find::{Finder, is_test_file};
use super::further::Further;
use super::imports::{self, BuildList, is_real};
use super::inferred;
use super::pattern::{self, RequestError, clean, reason};
use super::{File, ModuleId, Package, PackageId, Project, below};
use crate::finding::{Problem, ProblemKind};
use crate::parse::{self, Outline, hygiene};
use crate::source::{FileId, Files, MemFiles, SourceFile};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// As typed; none stands for `.`.
    pub patterns: Vec<String>,
    /// Absolute.
    pub working_directory: PathBuf,
    /// Whether `_test.go` files are read.
    pub tests: bool,
    /// Neither `vendor` nor the module cache is looked into.
    pub no_deps: bool,
    /// Where Go keeps the modules it has downloaded; absolute.
    pub module_cache: Option<PathBuf>,
}

/// A file to read.
struct Job {
    directory: PathBuf,
    name: OsString,
    target: bool,
    /// Named as a file: it is read even if no build has it.
    named: bool,
    /// The patterns that ask for it.
    patterns: Vec<usize>,
}

/// A file that was read.
struct Read {
    directory: PathBuf,
    name: OsString,
    target: bool,
    content: Content,
}

/// What is in a file.
pub(super) struct Content {
    pub(super) source: SourceFile,
    pub(super) outline: Outline,
    pub(super) constraint: Constraint,
    problems: Vec<Problem>,
}

/// Reads a project. What is wrong with the files is in the problems; what is wrong with the request is the error.
pub fn load(request: &Request, files: Arc<dyn Files>) -> Result<(Project, Vec<Problem>), RequestError> {
    let mut loader = Loader::new(request, &*files);
    let root = loader.select()?;
    loader.read_selected()?;
    loader.infer_paths();
    loader.read_imported();
    Ok(loader.finish(root, Arc::clone(&files)))
}

/// A project of files in memory, `("/m/go.mod", "module m\n")`, everything below `/` a target: for tests and examples.
pub fn load_texts(texts: &[(&str, &str)]) -> (Project, Vec<Problem>) {
    let mut files = MemFiles::default();
    texts.iter().for_each(|(path, text)| files.add(*path, *text));
    let request = Request { patterns: vec!["/...".into()], working_directory: PathBuf::from("/"), tests: true, ..Request::default() };
    load(&request, Arc::new(files)).unwrap_or_else(|error| {
        let problem = Problem { kind: ProblemKind::Internal, span: None, path: request.working_directory.clone(), text: error.text };
        (Project::default(), vec![problem])
    })
}

struct Loader<'a> {
    request: &'a Request,
    files: &'a dyn Files,
    finder: Finder<'a>,
    patterns: Vec<String>,
    read: Vec<Read>,
    problems: Vec<Problem>,
    tests_skipped: usize,
    excluded: usize,
    /// The directories whose files were all read.
    directories: FxHashSet<PathBuf>,
    /// The modules and directories in which a module's imports are looked for.
    sources: FxHashMap<ModuleId, Vec<(String, PathBuf)>>,
    /// What the files of a module call it, if that is neither its path nor anything that its go.mod names.
    other_paths: FxHashMap<ModuleId, String>,
    /// The directory that an import path means in a module.
    resolved: FxHashMap<ModuleId, FxHashMap<String, Option<PathBuf>>>,
}

impl<'a> Loader<'a> {
    fn new(request: &'a Request, files: &'a dyn Files) -> Loader<'a> {
        let mut patterns = request.patterns.clone();
        if patterns.is_empty() {
            patterns.push(".".into());
        }
        Loader {
            request,
            files,
            finder: Finder::new(files),
            patterns,
            read: Vec::new(),
            problems: Vec::new(),
            tests_skipped: 0,
            excluded: 0,
            directories: FxHashSet::default(),
            sources: FxHashMap::default(),
            other_paths: FxHashMap::default(),
            resolved: FxHashMap::default(),
        }
    }

    /// Selects what each pattern asks for; the root that holds it all.
    fn select(&mut self) -> Result<PathBuf, RequestError> {
        let mut root: Option<PathBuf> = None;
        let working_directory = clean(&self.request.working_directory);
        for (number, text) in self.patterns.iter().enumerate() {
            let pattern = pattern::read(text, &working_directory, self.files)?;
            let own = self.finder.select(number, text, pattern, &working_directory)?;
            root = Some(root.map_or_else(|| own.clone(), |root| common(&root, &own)));
            self.finder.named_roots.push(own);
        }
        Ok(root.unwrap_or(working_directory))
    }

    /// Reads the selected files and those beside them. It is an error if a pattern finds only files that no build has.
    fn read_selected(&mut self) -> Result<(), RequestError> {
        // A pattern is answered by a file, by a test file that was left out, or by a problem.
        let mut answered = vec![false; self.patterns.len()];
        let mut jobs = Vec::new();
        for (directory, selection) in std::mem::take(&mut self.finder.selected) {
            let listing = self.finder.list(&directory);
            self.directories.insert(directory.clone());
            let mut named = selection.named;
            if listing.failed {
                selection.whole.iter().for_each(|number| answered[*number] = true);
            }
            for name in &listing.go_files {
                let also = named.remove(name);
                let (is_named, is_target) = (also.is_some(), also.is_some() || !selection.whole.is_empty());
                let patterns: Vec<usize> = selection.whole.iter().copied().chain(also.into_iter().flatten()).collect();
                if is_test_file(name) && !self.request.tests {
                    self.tests_skipped += usize::from(is_target);
                    patterns.iter().for_each(|number| answered[*number] = true);
                } else {
                    jobs.push(Job { directory: directory.clone(), name: name.clone(), target: is_target, named: is_named, patterns });
                }
            }
            // `_x.go`, or a link: read because it was named.
            for (name, patterns) in named {
                if is_test_file(&name) && !self.request.tests {
                    self.tests_skipped += 1;
                    patterns.iter().for_each(|number| answered[*number] = true);
                } else {
                    jobs.push(Job { directory: directory.clone(), name, target: true, named: true, patterns });
                }
            }
        }
        self.read_all(jobs, &mut answered);
        match answered.iter().position(|answered| !answered) {
            None => Ok(()),
            Some(number) => Err(RequestError::new(
                format!("build constraints exclude all Go files of `{}`", self.patterns[number]),
                "a file that is named itself is read whatever its constraints are",
            )),
        }
    }

    /// Reads files in parallel, and keeps those that some build has or that were named.
    fn read_all(&mut self, jobs: Vec<Job>, answered: &mut [bool]) {
        let files = self.files;
        let results: Vec<_> = jobs.into_par_iter().map(|job| read_one(job, files)).collect();
        for (result, named, patterns) in results {
            match result {
                Ok(read) if named || read.content.constraint.satisfiable() => self.read.push(read),
                Ok(_) => {
                    self.excluded += 1;
                    continue;
                }
                Err(problem) => self.problems.push(problem),
            }
            patterns.iter().for_each(|number| answered[*number] = true);
        }
    }

    /// Finds the paths by which the files of a tree import each other where no go.mod says it.
    fn infer_paths(&mut self) {
        let mut imports: BTreeMap<(PathBuf, Option<ModuleId>), inferred::Imports> = BTreeMap::new();
        for read in &self.read {
            let module = self.finder.module_of(&read.directory);
            let root = match module {
                Some(module) => self.finder.modules[module.0 as usize].directory.clone(),
                None => self.finder.root_of_module(&read.directory),
            };
            let directory = pattern::relative(&read.directory, &root).unwrap_or_default();
            let of = imports.entry((root, module)).or_default();
            for import in &read.content.outline.imports {
                of.entry(import.path.clone()).or_default().insert(directory.clone());
            }
        }
        for ((root, module), mut imports) in imports {
            if let Some(module) = module {
                let known = imports::known(&mut self.finder, module);
                imports.retain(|import, _| !known.iter().any(|known| below(known, import).is_some()));
            }
            let path = inferred::import_path(&imports, &mut |directory| {
                let directory = root.join(directory);
                is_real(self.files, &root, &directory) && !self.finder.list(&directory).go_files.is_empty()
            });
            match (path, module) {
                (Some(path), None) => self.finder.infer(&root, path),
                (Some(path), Some(module)) => drop(self.other_paths.insert(module, path)),
                (None, _) => {}
            }
        }
    }

    /// Reads, in rounds, the directories that the files read so far import.
    fn read_imported(&mut self) {
        let mut from = 0;
        while from < self.read.len() {
            let mut wanted: FxHashMap<ModuleId, FxHashSet<String>> = FxHashMap::default();
            for read in &self.read[from..] {
                let Some(module) = self.finder.module_of(&read.directory) else { continue };
                let known = self.resolved.entry(module).or_default();
                for import in &read.content.outline.imports {
                    if !known.contains_key(&import.path) {
                        wanted.entry(module).or_default().insert(import.path.clone());
                    }
                }
            }
            from = self.read.len();
            let mut wanted: Vec<(ModuleId, String)> =
                wanted.into_iter().flat_map(|(module, paths)| paths.into_iter().map(move |path| (module, path))).collect();
            wanted.sort();
            let mut jobs = Vec::new();
            for (module, path) in wanted {
                let directory = self.resolve(module, &path);
                if let Some(directory) = directory.as_ref().filter(|directory| self.directories.insert((*directory).clone())) {
                    let listing = self.finder.list(directory);
                    let names = listing.go_files.iter().filter(|name| !is_test_file(name));
                    jobs.extend(names.map(|name| Job {
                        directory: directory.clone(),
                        name: name.clone(),
                        target: false,
                        named: false,
                        patterns: Vec::new(),
                    }));
                }
                self.resolved.entry(module).or_default().insert(path, directory);
            }
            self.read_all(jobs, &mut []);
        }
    }

    /// The directory that an import path means in a module, if it is one of the root.
    fn resolve(&mut self, module: ModuleId, path: &str) -> Option<PathBuf> {
        if !self.sources.contains_key(&module) {
            let mut sources = imports::sources(&mut self.finder, module);
            sources
                .extend(self.other_paths.get(&module).map(|path| (path.clone(), self.finder.modules[module.0 as usize].directory.clone())));
            self.sources.insert(module, sources);
        }
        let candidates = self.sources.get(&module)?.iter();
        let best = candidates.filter_map(|(prefix, directory)| Some((prefix, directory, below(prefix, path)?)));
        // `std` has no prefix, so any other module is better.
        let (_, base, rest) = best.max_by_key(|(prefix, ..)| if *prefix == "std" { 0 } else { prefix.len() })?;
        if rest.split('/').any(|element| matches!(element, "." | "..")) {
            return None;
        }
        let (base, directory) = (base.clone(), clean(&base.join(rest)));
        if self.directories.contains(&directory) {
            return Some(directory);
        }
        // A go.mod on the way makes it a directory of another module.
        (is_real(self.files, &base, &directory) && self.finder.module_of(&directory) == self.finder.module_at(&base)).then_some(directory)
    }

    /// Puts everything in order.
    fn finish(mut self, root: PathBuf, all_files: Arc<dyn Files>) -> (Project, Vec<Problem>) {
        self.read.sort_by(|a, b| (&a.directory, &a.name).cmp(&(&b.directory, &b.name)));
        let (packages, package_of) = self.group();
        let mut problems = std::mem::take(&mut self.problems);
        problems.append(&mut self.finder.problems);
        let mut files = Vec::with_capacity(self.read.len());
        for (at, (read, package)) in std::mem::take(&mut self.read).into_iter().zip(package_of).enumerate() {
            let id = FileId(at as u32);
            let Content { mut source, outline, constraint, problems: told } = read.content;
            source.id = id;
            for mut problem in told {
                if let Some(span) = &mut problem.span {
                    span.file = id;
                }
                problems.push(problem);
            }
            let test = is_test_file(&read.name);
            let file = File::new(source, outline, package, test, constraint);
            files.push(File { target: read.target, ..file });
        }
        problems.sort_by(|a, b| (&a.path, a.span, &a.text).cmp(&(&b.path, b.span, &b.text)));
        let mut lists = self.build_lists();
        let mut project = Project {
            root,
            working_directory: clean(&self.request.working_directory),
            files,
            packages,
            modules: Vec::new(),
            works: std::mem::take(&mut self.finder.works),
            links_skipped: self.finder.links_skipped,
            tests_skipped: self.tests_skipped,
            excluded: self.excluded,
            imports: FxHashMap::default(),
            further: Further::default(),
        };
        let own;
        (project.imports, own) = self.imports(&project);
        project.modules = std::mem::take(&mut self.finder.modules);
        for module in &mut project.modules {
            module.whole = self.finder.whole.iter().any(|base| module.directory.starts_with(base));
        }
        order_modules(&mut project, &mut lists);
        project.further = Further::new(all_files, &project.modules, lists, own);
        (project, problems)
    }

    /// The packages, and the package of each file. The files are sorted.
    fn group(&mut self) -> (Vec<Package>, Vec<PackageId>) {
        let mut groups: BTreeMap<(&Path, &str, Option<&OsString>), Vec<FileId>> = BTreeMap::new();
        for (at, read) in self.read.iter().enumerate() {
            let name = read.content.outline.package.as_ref().map_or("", |(name, _)| name.as_str());
            // A file that no build has was named; it is a program of its own beside the package.
            let alone = (!read.content.constraint.satisfiable()).then_some(&read.name);
            groups.entry((&read.directory, name, alone)).or_default().push(FileId(at as u32));
        }
        let mut packages = Vec::with_capacity(groups.len());
        let mut package_of = vec![PackageId(0); self.read.len()];
        for ((directory, name, _), files) in groups {
            let id = PackageId(packages.len() as u32);
            files.iter().for_each(|file| package_of[file.0 as usize] = id);
            let module = self.finder.module_of(directory);
            let mut path = self.finder.import_path(module, directory);
            let all_tests = files.iter().all(|file| is_test_file(&self.read[file.0 as usize].name));
            if all_tests && name.ends_with("_test") {
                path.push_str("_test");
            }
            let target = files.iter().any(|file| self.read[file.0 as usize].target);
            packages.push(Package { path, name: name.to_owned(), directory: directory.to_owned(), module, files, target });
        }
        (packages, package_of)
    }

    /// Where what was not read leads, for each module.
    fn build_lists(&mut self) -> Vec<BuildList> {
        let mut lists: Vec<BuildList> = Vec::new();
        // Looking for `std` above `cmd` may find one more.
        while lists.len() < self.finder.modules.len() {
            let id = ModuleId(lists.len() as u32);
            let work = self.finder.works.iter().find(|work| work.modules.contains(&id));
            // All modules of a workspace have one.
            let known = work.and_then(|work| work.modules.iter().find_map(|used| lists.get(used.0 as usize)).cloned());
            lists.push(known.unwrap_or_else(|| BuildList::of(&mut self.finder, id, self.request)));
        }
        lists
    }

    /// What import paths mean in each module, and the packages that can be imported by their directories.
    fn imports(&mut self, project: &Project) -> (FxHashMap<ModuleId, FxHashMap<String, PackageId>>, FxHashMap<PathBuf, PackageId>) {
        let mut by_directory: BTreeMap<&Path, (usize, PackageId)> = BTreeMap::new();
        let mut imports: FxHashMap<ModuleId, FxHashMap<String, PackageId>> = FxHashMap::default();
        for (at, package) in project.packages.iter().enumerate() {
            // The package of a directory is the one with most files that are no tests and that some build has.
            let counts = |file: &&FileId| !project.file(**file).test && project.file(**file).constraint.satisfiable();
            let size = package.files.iter().filter(counts).count();
            let best = by_directory.entry(&package.directory).or_insert((0, PackageId(at as u32)));
            if size > best.0 && !package.name.is_empty() {
                *best = (size, PackageId(at as u32));
            }
        }
        for (directory, (size, id)) in &by_directory {
            let package = project.package(*id);
            if let Some(module) = package.module.filter(|_| *size > 0) {
                let path = self.finder.import_path(Some(module), directory);
                imports.entry(module).or_default().insert(path, *id);
            }
        }
        let resolved = std::mem::take(&mut self.resolved).into_iter();
        let resolved = resolved.flat_map(|(module, paths)| paths.into_iter().map(move |(path, directory)| (module, path, directory)));
        resolved.for_each(|(module, path, directory)| {
            let package = directory.and_then(|directory| by_directory.get(directory.as_path()).copied());
            if let Some((_, id)) = package.filter(|(size, _)| *size > 0) {
                // The order of a map does not matter here: each path of a module occurs once.
                imports.entry(module).or_default().insert(path, id);
            }
        });
        let own = by_directory.iter().filter(|(_, (size, _))| *size > 0);
        (imports, own.map(|(directory, (_, id))| ((*directory).to_owned(), *id)).collect())
    }
}

/// Modules and workspaces sorted by directory, whatever the order in which they were met.
fn order_modules(project: &mut Project, lists: &mut Vec<BuildList>) {
    let mut order: Vec<usize> = (0..project.modules.len()).collect();
    order.sort_by(|a, b| project.modules[*a].directory.cmp(&project.modules[*b].directory));
    let mut new_ids = vec![ModuleId(0); order.len()];
    order.iter().zip(0..).for_each(|(old, new)| new_ids[*old] = ModuleId(new));
    let new_id = |old: ModuleId| new_ids[old.0 as usize];
    project.modules.sort_by(|a, b| a.directory.cmp(&b.directory));
    *lists = order.iter().map(|old| std::mem::take(&mut lists[*old])).collect();
    for package in &mut project.packages {
        package.module = package.module.map(new_id);
    }
    for work in &mut project.works {
        work.modules.iter_mut().for_each(|module| *module = new_id(*module));
    }
    project.works.sort_by(|a, b| a.directory.cmp(&b.directory));
    project.imports = std::mem::take(&mut project.imports).into_iter().map(|(module, paths)| (new_id(module), paths)).collect();
}

/// The deepest directory that holds both.
fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

type Outcome = (Result<Read, Problem>, bool, Vec<usize>);

fn read_one(job: Job, files: &dyn Files) -> Outcome {
    let Job { directory, name, target, named, patterns } = job;
    let content = read_file(directory.join(&name), files);
    (content.map(|content| Read { directory, name, target, content }), named, patterns)
}

/// Reads and outlines a file. Its number is not known yet.
pub(super) fn read_file(path: PathBuf, files: &dyn Files) -> Result<Content, Problem> {
    let problem = |kind, text| Problem { kind, span: None, path: path.clone(), text };
    let text = match files.read(&path) {
        Ok(bytes) if bytes.len() > hygiene::MAX_FILE => Err(problem(ProblemKind::Unread, too_large())),
        Ok(bytes) => hygiene::decode(bytes).map_err(|(kind, text)| problem(kind, text)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(problem(ProblemKind::Unread, too_large())),
        Err(error) => Err(problem(ProblemKind::Unread, format!("cannot be read: {}", reason(&error)))),
    };
    Ok(Content::of(SourceFile::new(FileId(0), path.clone(), text?)))
}

impl Content {
    pub(super) fn of(source: SourceFile) -> Content {
        let (outline, mut problems) = parse::outline(&source);
        let name = source.path.file_name().unwrap_or_default().to_string_lossy();
        let (constraint, wrong) = Constraint::of_file(&name, outline.build.as_deref(), outline.cgo);
        problems.extend(wrong.map(|wrong| Problem {
            kind: ProblemKind::Syntax,
            span: None,
            path: source.path.clone(),
            text: format!("`//go:build` line: {wrong}"),
        }));
        drop(name);
        Content { source, outline, constraint, problems }
    }
}

fn too_large() -> String {
    format!("skipped: larger than {} MiB", hygiene::MAX_FILE / (1024 * 1024))
}
