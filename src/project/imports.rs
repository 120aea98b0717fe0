//! Where does an import path lead, outside the packages that patterns ask for? The directories in which Go would look for it, by
//! go.mod, go.work and `vendor`, in Go's order.
//!
//! ```go
//! import "ex.com/Lib/x" // require ex.com/Lib v1.2.0  ->  vendor/ex.com/Lib/x, else CACHE/ex.com/!lib@v1.2.0/x
//! ```
//!
//! Versions are those that the go.mod files of the main modules name, in a workspace the highest of them; go.mod files of dependencies
//! are not read. What go.mod says comes from the tree that is analysed, so a path that leads out of the root or of the cache leads
//! nowhere, and links are not followed.
//!
//! Not here: reading what is there (`project::further`).

use super::find::Finder;
use super::gomod::{Replace, Replacement};
use super::pattern::clean;
use super::{Module, ModuleId, Request, Work};
use crate::source::{EntryKind, Files};
use semver::Version;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a package was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Inside the root: in a main module, in a workspace, or in a directory that a `replace` line names.
    Root,
    /// In a `vendor` directory.
    Vendor,
    ModuleCache,
    /// In the standard library as it is shipped with the program.
    Std,
}

/// A directory that an import path may mean.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) origin: Origin,
    /// Below it nothing may be a link.
    pub(super) base: PathBuf,
    pub(super) directory: PathBuf,
    /// The import path as Go names the package.
    pub(super) path: String,
    /// It is one of the source of Go itself, outside the importing module.
    pub(super) std: bool,
}

/// Where the imports of a main module and of its dependencies lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BuildList {
    /// Modules inside the root, and their directories.
    own: BTreeMap<String, PathBuf>,
    /// The directory that has a directory `vendor`.
    vendor: Option<PathBuf>,
    /// What precedes the paths of vendored packages: `vendor/` in the module `std`.
    vendor_prefix: &'static str,
    /// Modules, and their directories in the cache; `None` if a `replace` line leads elsewhere.
    modules: BTreeMap<String, Option<PathBuf>>,
    cache: Option<PathBuf>,
}

/// The main modules of a build: those of a workspace, or one.
#[derive(Debug)]
pub(super) struct Mains {
    modules: Vec<Module>,
    work: Option<Work>,
    /// The highest version that one of them names.
    versions: BTreeMap<String, String>,
    root: PathBuf,
}

impl Mains {
    /// The main modules that a module is one of. Those of a workspace are put together once.
    fn of(finder: &mut Finder, id: ModuleId) -> Rc<Mains> {
        let module = finder.modules[id.0 as usize].clone();
        let root = finder.root_of_module(&module.directory);
        let Some(number) = finder.work_of(&module.directory).filter(|work| finder.works[*work].modules.contains(&id)) else {
            return Rc::new(Mains::together(vec![module], None, root));
        };
        if let Some(mains) = finder.mains.get(&number) {
            return Rc::clone(mains);
        }
        let work = finder.works[number].clone();
        let modules = work.modules.iter().map(|used| finder.modules[used.0 as usize].clone()).collect();
        let mains = Rc::new(Mains::together(modules, Some(work), root));
        finder.mains.insert(number, Rc::clone(&mains));
        mains
    }

    fn together(modules: Vec<Module>, work: Option<Work>, root: PathBuf) -> Mains {
        let mut versions: BTreeMap<String, String> = BTreeMap::new();
        for required in modules.iter().flat_map(|module| &module.go_mod.require).map(|require| &require.module) {
            let known = versions.entry(required.path.clone()).or_insert_with(|| required.version.clone());
            if higher(&required.version, known) {
                known.clone_from(&required.version);
            }
        }
        Mains { modules, work, versions, root }
    }

    /// The `replace` lines of go.work, which are stronger, and those of the modules.
    fn replace_lines(&self) -> [Vec<&Replace>; 2] {
        let work = self.work.iter().flat_map(|work| &work.go_work.replace).collect();
        [work, self.modules.iter().flat_map(|module| &module.go_mod.replace).collect()]
    }

    /// What replaces a module at a version.
    fn replacement(&self, path: &str, version: &str) -> Option<&Replacement> {
        self.replace_lines().into_iter().find_map(|lines| {
            let exact = lines.iter().find(|line| line.path == path && line.version.as_deref() == Some(version));
            let line = exact.or_else(|| lines.iter().find(|line| line.path == path && line.version.is_none()));
            line.map(|line| &line.by)
        })
    }

    /// The directories inside the root that `replace` lines put in place of modules, the stronger ones last.
    fn replaced(&self, files: &dyn Files, lines: &[Replace], from: &Path) -> Vec<(String, PathBuf)> {
        let applies = |line: &&Replace| {
            let selected = self.versions.get(&line.path);
            line.version.is_none() || selected.is_none() || line.version.as_ref() == selected
        };
        let local = lines.iter().filter(applies).filter_map(|line| match &line.by {
            Replacement::Directory(directory) => Some((line.path.clone(), clean(&from.join(directory)))),
            Replacement::Module(_) => None,
        });
        local.filter(|(_, directory)| is_real(files, &self.root, directory)).collect()
    }
}

/// Where the imports of a module are looked for inside the root: in itself, in directories of `replace` lines, in the modules of its
/// workspace. If a module path occurs twice, the later one counts.
pub(super) fn sources(finder: &mut Finder, id: ModuleId) -> Vec<(String, PathBuf)> {
    let mains = Mains::of(finder, id);
    own_sources(finder, id, &mains)
}

/// The paths of the modules that go.mod and go.work name to a module, its own among them.
pub(super) fn known(finder: &mut Finder, id: ModuleId) -> Vec<String> {
    let mains = Mains::of(finder, id);
    let mut known: Vec<String> = own_sources(finder, id, &mains).into_iter().map(|(path, _)| path).collect();
    known.extend(mains.versions.keys().cloned());
    known.extend(mains.replace_lines().into_iter().flatten().map(|line| line.path.clone()));
    known
}

fn own_sources(finder: &mut Finder, id: ModuleId, mains: &Mains) -> Vec<(String, PathBuf)> {
    let module = finder.modules[id.0 as usize].clone();
    let mut sources = vec![(module.path.clone(), module.directory.clone())];
    for used in &mains.modules {
        sources.extend(mains.replaced(finder.files, &used.go_mod.replace, &used.directory));
    }
    if let Some(work) = &mains.work {
        sources.extend(mains.modules.iter().map(|used| (used.path.clone(), used.directory.clone())));
        sources.extend(mains.replaced(finder.files, &work.go_work.replace, &work.directory));
    }
    if let Some(above) = module.directory.parent().filter(|above| module.path == "cmd" && above.starts_with(&mains.root)) {
        let std = finder.module_at(above).map(|std| finder.modules[std.0 as usize].clone());
        sources.extend(std.filter(|std| std.path == "std").map(|std| (std.path, std.directory)));
    }
    sources
}

impl BuildList {
    /// The list of a module.
    pub(super) fn of(finder: &mut Finder, id: ModuleId, request: &Request) -> BuildList {
        let mains = Mains::of(finder, id);
        let own: BTreeMap<String, PathBuf> = own_sources(finder, id, &mains).into_iter().collect();
        let vendor_prefix = match finder.modules[id.0 as usize].path.as_str() {
            "std" => "vendor/",
            "cmd" => "cmd/vendor/",
            _ => "",
        };
        let mut list = BuildList { own, vendor_prefix, ..BuildList::default() };
        if request.no_deps {
            return list;
        }
        let main = mains.work.as_ref().map_or(&finder.modules[id.0 as usize].directory, |work| &work.directory);
        list.vendor = Some(main.clone()).filter(|main| is_real(finder.files, main, &main.join("vendor")));
        if let Some(cache) = &request.module_cache {
            for (path, version) in mains.versions.iter().filter(|(path, _)| !list.own.contains_key(*path)) {
                let directory = match mains.replacement(path, version) {
                    None => in_cache(cache, path, version),
                    Some(Replacement::Module(by)) => in_cache(cache, &by.path, &by.version),
                    Some(Replacement::Directory(_)) => None,
                };
                list.modules.insert(path.clone(), directory);
            }
            list.cache = Some(cache.clone());
        }
        list
    }

    /// Whether the importing module is one of Go's own source.
    pub(super) fn is_std(&self) -> bool {
        self.own.contains_key("std")
    }

    /// Whether these are the imports of the module `std` in this directory.
    pub(super) fn is_of_std(&self, directory: &Path) -> bool {
        self.vendor_prefix == "vendor/" && self.own.get("std").is_some_and(|std| std == directory)
    }

    /// Takes another list's modules, if the two contradict each other nowhere. Modules of one repository mostly agree about their
    /// dependencies, which are then read once.
    pub(super) fn merge(&mut self, other: &BuildList) -> bool {
        let modules = |a: &BuildList, b: &BuildList| a.modules.keys().all(|path| !b.own.contains_key(path));
        let agree = self.vendor == other.vendor
            && self.vendor_prefix == other.vendor_prefix
            && self.cache == other.cache
            && self.is_std() == other.is_std()
            && agree(&self.own, &other.own)
            && agree(&self.modules, &other.modules)
            && modules(self, other)
            && modules(other, self);
        if agree {
            self.own.extend(other.own.iter().map(|(path, directory)| (path.clone(), directory.clone())));
            self.modules.extend(other.modules.iter().map(|(path, directory)| (path.clone(), directory.clone())));
        }
        agree
    }

    /// The directories inside the root that take modules' places, or are those modules.
    pub(super) fn own(&self) -> &BTreeMap<String, PathBuf> {
        &self.own
    }

    pub(super) fn has_vendor(&self) -> bool {
        self.vendor.is_some()
    }

    /// Takes from another list what this one does not know.
    pub(super) fn fill(&mut self, other: &BuildList) {
        for (path, directory) in other.own.iter().filter(|(path, _)| !self.modules.contains_key(*path)) {
            self.own.entry(path.clone()).or_insert_with(|| directory.clone());
        }
        for (path, directory) in other.modules.iter().filter(|(path, _)| !self.own.contains_key(*path)) {
            self.modules.entry(path.clone()).or_insert_with(|| directory.clone());
        }
    }

    /// The directories that a path may mean, best first; those inside the root only `with_root`.
    pub(super) fn places(&self, path: &str, with_root: bool) -> Vec<Place> {
        let mut places = Vec::new();
        if !is_sound(path) {
            return places;
        }
        let place = |origin, base: &Path, directory, path: &str, std| Place {
            origin,
            base: base.to_owned(),
            directory,
            path: path.to_owned(),
            std,
        };
        if with_root {
            let own = prefixes(path).filter_map(|(module, rest)| Some((self.own.get(module)?, rest)));
            places.extend(own.map(|(base, rest)| place(Origin::Root, base, join(base, rest), path, false)));
            // `std` is no prefix.
            places.extend(self.own.get("std").map(|base| place(Origin::Root, base, join(base, path), path, true)));
        }
        places.extend(self.vendor.as_ref().map(|base| {
            let name = format!("{}{path}", self.vendor_prefix);
            place(Origin::Vendor, base, join(&base.join("vendor"), path), &name, false)
        }));
        if let Some(cache) = &self.cache {
            let modules = prefixes(path).filter_map(|(module, rest)| Some((self.modules.get(module)?.as_ref()?, rest)));
            places.extend(modules.map(|(module, rest)| place(Origin::ModuleCache, cache, join(module, rest), path, false)));
        }
        places
    }
}

fn agree<T: PartialEq>(a: &BTreeMap<String, T>, b: &BTreeMap<String, T>) -> bool {
    a.iter().all(|(path, value)| b.get(path).is_none_or(|other| other == value))
}

/// `a/b/c` and nothing, `a/b` and `c`, `a` and `b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let shorter = path.rmatch_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
    std::iter::once((path, "")).chain(shorter)
}

fn join(base: &Path, rest: &str) -> PathBuf {
    if rest.is_empty() { base.to_owned() } else { base.join(rest) }
}

/// Whether a version is a higher one than another; what is no version is the lowest.
fn higher(a: &str, b: &str) -> bool {
    match (parsed(a), parsed(b)) {
        (Some(a), Some(b)) => a.cmp_precedence(&b) == Ordering::Greater,
        (a, b) => a.is_some() && b.is_none(),
    }
}

fn parsed(version: &str) -> Option<Version> {
    Version::parse(version.strip_prefix('v')?).ok()
}

/// Whether a path has only elements that are names, so that it leads below where it begins.
fn is_sound(path: &str) -> bool {
    let name = |element: &str| !matches!(element, "" | "." | "..") && !element.contains(|c: char| c.is_control() || "\\:!@\"`".contains(c));
    path.split('/').all(name)
}

/// The directory of a module in the cache, with every capital letter written `!` and small.
fn in_cache(cache: &Path, path: &str, version: &str) -> Option<PathBuf> {
    let escaped = |text: &str| {
        let mut escaped = String::with_capacity(text.len() + 4);
        for c in text.chars() {
            if c.is_ascii_uppercase() {
                escaped.push('!');
            }
            escaped.push(c.to_ascii_lowercase());
        }
        escaped
    };
    let sound = is_sound(path) && parsed(version).is_some();
    sound.then(|| cache.join(format!("{}@{}", escaped(path), escaped(version))))
}

/// Whether a directory is below another one, or it itself, and is so without a link between them.
pub(super) fn is_real(files: &dyn Files, base: &Path, directory: &Path) -> bool {
    let Ok(rest) = directory.strip_prefix(base) else { return false };
    let mut path = base.to_owned();
    rest.components().all(|part| {
        path.push(part);
        files.kind(&path).is_ok_and(|entry| entry.kind == EntryKind::Directory)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_go() {
        let ascending = [
            "master",
            "v0.0.0-20191109021931-daa7c04131f5",
            "v0.1.0",
            "v1.2.3-0.20191109021931-daa7c04131f5",
            "v1.2.3-rc.1",
            "v1.2.3-rc.1.0.20200101000000-daa7c04131f5",
            "v1.2.3-rc.2",
            "v1.2.3",
            "v1.10.0",
            "v2.0.0+incompatible",
        ];
        for (at, a) in ascending.iter().enumerate() {
            for (other, b) in ascending.iter().enumerate() {
                assert_eq!(higher(a, b), at > other, "{a} {b}");
            }
        }
        assert!(!higher("v1.0.0", "v1.0.0") && !higher("x", "y"));
    }

    #[test]
    fn the_cache_has_small_letters_only() {
        let cache = Path::new("/cache");
        let wanted = |text: &str| Some(PathBuf::from(text));
        assert_eq!(in_cache(cache, "github.com/BurntSushi/toml", "v1.2.0"), wanted("/cache/github.com/!burnt!sushi/toml@v1.2.0"));
        assert_eq!(in_cache(cache, "gopkg.in/yaml.v3", "v3.0.0-RC1"), wanted("/cache/gopkg.in/yaml.v3@v3.0.0-!r!c1"));
        for (path, version) in [
            ("../../etc", "v1.0.0"),
            ("/etc", "v1.0.0"),
            ("a//b", "v1.0.0"),
            ("a\\..\\b", "v1.0.0"),
            ("a", "v1.0.0/../../.."),
            ("a", "../b"),
            ("a", "latest"),
            ("", "v1.0.0"),
        ] {
            assert_eq!(in_cache(cache, path, version), None, "{path} {version}");
        }
    }
}
