//! Which packages are imported from elsewhere? Each is read when it is first asked for, for what it declares, from any thread.
//!
//! ```go
//! import "ex.com/lib" // no pattern asks for it; sema asks what lib.Open is, and only then lib is read
//! ```
//!
//! Two threads may read a package at once; one copy is kept, and the other is dropped. No lock is held but to look into a map, or to put
//! into it what is ready.
//!
//! Not here: where an import path leads (`project::imports`), what was asked for by patterns (`project::load`).

use super::find::{is_go_file, is_test_file};
use super::imports::{BuildList, Origin, Place, is_real};
use super::load::{Content, read_file};
use super::{File, Module, Package, PackageId, Project, standard};
use crate::source::{EntryKind, FileId, Files, SourceFile};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What is read after the project was loaded.
#[derive(Default)]
pub(super) struct Further {
    files: Option<Arc<dyn Files>>,
    lists: Vec<List>,
    /// The list of each module, by its number.
    list_of: Vec<u32>,
    /// The packages of the project that can be imported, by directory.
    own: FxHashMap<PathBuf, PackageId>,
    read_files: boxcar::Vec<File>,
    packages: boxcar::Vec<FurtherPackage>,
    /// What was read: a list and a directory. The same directory can be several packages, because its imports depend on the list.
    places: Mutex<FxHashMap<(u32, PathBuf), PackageId>>,
}

#[derive(Debug)]
pub(super) struct FurtherPackage {
    pub(super) package: Package,
    pub(super) origin: Origin,
    list: u32,
}

#[derive(Debug, Default)]
struct List {
    list: BuildList,
    /// What import paths mean in packages of the project, and in further ones.
    known: [RwLock<FxHashMap<String, Option<PackageId>>>; 2],
}

/// Shipped packages, and the project's packages outside modules: the first list, which leads nowhere else.
const OUTSIDE: u32 = 0;

impl fmt::Debug for Further {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Further").field("packages", &self.packages.count()).finish_non_exhaustive()
    }
}

impl Further {
    /// `lists` has the build list of each module, by its number; `own` the project's packages that can be imported.
    pub(super) fn new(files: Arc<dyn Files>, modules: &[Module], lists: Vec<BuildList>, own: FxHashMap<PathBuf, PackageId>) -> Further {
        let users = users(modules, &lists);
        let alone: Vec<bool> = lists.iter().map(|list| !list.has_vendor()).collect();
        let mut merged = vec![List::default()];
        let mut list_of = Vec::with_capacity(lists.len());
        for list in lists {
            let at = merged.iter_mut().skip(1).position(|other| other.list.merge(&list)).map_or(merged.len(), |at| at + 1);
            if at == merged.len() {
                merged.push(List { list, ..List::default() });
            }
            list_of.push(at as u32);
        }
        // A module that another one uses where it lies (`replace m => ./m`) has that one's versions, as it has in that one's builds.
        for _ in 0..modules.len() {
            let before = list_of.clone();
            for (module, users) in users.iter().enumerate().filter(|(module, _)| alone[*module]) {
                let mut lists = users.iter().map(|user| list_of[*user]);
                let Some(first) = lists.next().filter(|first| lists.all(|list| list == *first) && *first != list_of[module]) else {
                    continue;
                };
                let filling = std::mem::take(&mut merged[list_of[module] as usize].list);
                merged[first as usize].list.fill(&filling);
                merged[list_of[module] as usize].list = filling;
                list_of[module] = first;
            }
            if list_of == before {
                break;
            }
        }
        Further { files: Some(files), lists: merged, list_of, own, ..Further::default() }
    }

    pub(super) fn file(&self, at: usize) -> &File {
        &self.read_files[at]
    }

    pub(super) fn package(&self, at: usize) -> &FurtherPackage {
        &self.packages[at]
    }

    /// See [`Project::import`].
    pub(super) fn import(&self, project: &Project, from: PackageId, path: &str) -> Option<PackageId> {
        if matches!(path, "C" | "unsafe") {
            return None;
        }
        let further = (from.0 as usize).checked_sub(project.packages.len()).map(|at| self.package(at));
        let list_number = match (further, project.package(from).module) {
            (Some(further), _) => further.list,
            (None, Some(module)) => *self.list_of.get(module.0 as usize)?,
            (None, None) => OUTSIDE,
        };
        let list = self.lists.get(list_number as usize)?;
        // As in Go, no module takes the standard library's place, but that library itself.
        let shipped =
            !list.list.is_std() && standard::has(path) && (further.is_some_and(|further| further.origin == Origin::Std) || is_public(path));
        if !shipped
            && further.is_none()
            && let Some(own) = project.imported(from, path)
        {
            return Some(own);
        }
        let known = &list.known[usize::from(further.is_some())];
        if let Some(known) = known.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return *known;
        }
        let found = if shipped { self.shipped(project, path) } else { self.find(project, list_number, further.is_some(), path) };
        known.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found);
        found
    }

    fn find(&self, project: &Project, list_number: u32, with_root: bool, path: &str) -> Option<PackageId> {
        let list = &self.lists[list_number as usize].list;
        let found = list.places(path, with_root).into_iter().find_map(|place| self.load(project, list_number, place));
        // Part of Go's source may be absent.
        found.or_else(|| if list.is_std() { self.shipped(project, path) } else { None })
    }

    fn load(&self, project: &Project, list: u32, place: Place) -> Option<PackageId> {
        let Place { origin, base, directory, path, std } = place;
        if let Some(own) = self.own.get(&directory).filter(|_| origin == Origin::Root) {
            return Some(*own);
        }
        // A package of Go's source finds its imports where `std` does, whoever imports it.
        let of_std = |other: &List| other.list.is_of_std(&base);
        let list = if std { self.lists.iter().position(of_std).map_or(list, |at| at as u32) } else { list };
        let key = (list, directory);
        if let Some(known) = self.places.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(*known);
        }
        let files = self.files.as_deref()?;
        if !is_real(files, &base, &key.1) || origin == Origin::Root && is_nested(files, &base, &key.1) {
            return None;
        }
        let contents = read_directory(files, &key.1);
        let name = package_name(&contents)?;
        let contents = contents.into_iter().filter(|content| content_name(content) == name).collect();
        Some(self.publish(project, key, contents, path, name, origin))
    }

    fn shipped(&self, project: &Project, path: &str) -> Option<PackageId> {
        let directory = Path::new("$GOROOT/src").join(path);
        let key = (OUTSIDE, directory);
        if let Some(known) = self.places.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(*known);
        }
        let texts = standard::texts(path)?.into_iter().zip(1..);
        let sources = texts.map(|(text, at)| SourceFile::new(FileId(0), key.1.join(format!("api{at}.go")), text));
        let contents: Vec<Content> = sources.map(Content::of).collect();
        let name = package_name(&contents)?;
        Some(self.publish(project, key, contents, path.to_owned(), name, Origin::Std))
    }

    /// Makes a package of what was read, or gives the one that another thread has made of the same meanwhile.
    fn publish(
        &self,
        project: &Project,
        key: (u32, PathBuf),
        contents: Vec<Content>,
        path: String,
        name: String,
        origin: Origin,
    ) -> PackageId {
        let mut files: Vec<File> = Vec::with_capacity(contents.len());
        files.extend(contents.into_iter().map(|content| {
            let file = File::new(content.source, content.outline, PackageId(0), false, content.constraint);
            File { target: false, ..file }
        }));
        let (list, directory) = key.clone();
        let package = Package { path, name, directory, module: None, files: Vec::with_capacity(files.len()), target: false };
        let mut package = FurtherPackage { package, origin, list };
        *self.places.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(|| {
            let at = self.packages.push_with(|at| {
                let id = PackageId((project.packages.len() + at) as u32);
                for mut file in files {
                    file.package = id;
                    let at = self.read_files.push_with(|at| {
                        file.source.id = FileId((project.files.len() + at) as u32);
                        file
                    });
                    package.package.files.push(FileId((project.files.len() + at) as u32));
                }
                package
            });
            PackageId((project.packages.len() + at) as u32)
        })
    }
}

/// For each module the others that use it where it lies.
fn users(modules: &[Module], lists: &[BuildList]) -> Vec<Vec<usize>> {
    let at: FxHashMap<(&str, &Path), usize> =
        modules.iter().enumerate().map(|(at, module)| ((module.path.as_str(), module.directory.as_path()), at)).collect();
    let mut users = vec![Vec::new(); modules.len()];
    for (user, list) in lists.iter().enumerate() {
        let used = list.own().iter().filter_map(|(path, directory)| at.get(&(path.as_str(), directory.as_path())));
        used.filter(|used| **used != user).for_each(|used| users[*used].push(user));
    }
    users
}

/// Whether Go lets everybody import a path of the standard library.
fn is_public(path: &str) -> bool {
    path.split('/').all(|element| !matches!(element, "internal" | "vendor"))
}

/// Whether a directory belongs to a module inside the one whose directory is `base`.
fn is_nested(files: &dyn Files, base: &Path, directory: &Path) -> bool {
    let mut between = directory.ancestors().take_while(|above| *above != base);
    between.any(|above| files.kind(&above.join("go.mod")).is_ok_and(|entry| entry.kind == EntryKind::File))
}

/// The files of a directory that some build has, test files aside, by name. What cannot be read is left out: what it declares is unknown.
fn read_directory(files: &dyn Files, directory: &Path) -> Vec<Content> {
    let entries = files.list(directory).unwrap_or_default().into_iter();
    let names = entries.filter(|entry| entry.kind == EntryKind::File && is_go_file(&entry.name) && !is_test_file(&entry.name));
    let contents = names.filter_map(|entry| read_file(directory.join(entry.name), files).ok());
    contents.filter(|content| content.constraint.satisfiable()).collect()
}

fn content_name(content: &Content) -> &str {
    content.outline.package.as_ref().map_or("", |(name, _)| name.as_str())
}

/// The name that most of some files have in their package clauses.
fn package_name(contents: &[Content]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    contents.iter().map(content_name).filter(|name| !name.is_empty()).for_each(|name| *counts.entry(name).or_default() += 1);
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(name, _)| name.to_owned())
}
