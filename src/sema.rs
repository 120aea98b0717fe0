//! What does a name mean, and which type has an expression? Answers about one project, on demand and without a Go toolchain.
//!
//! ```go
//! f, err := os.Open(p) // `os` is the import "os", `os.Open` the function of that name, `f` has the type *os.File
//! ```
//!
//! What is nowhere to be found is [`Object::Unknown`], [`Type::Unknown`], [`Callee::Unknown`], and so is everything built on it.
//! The standard library is known as far as the facts tell its result types.
//!
//! Not here: in which order statements run (`flow`), what a function does to its arguments (`summary`).

mod callee;
mod constants;
mod decls;
mod fuel;
mod position;
pub mod scope;
mod types;

pub use callee::{Callee, Function};
pub use scope::{Local, LocalId, LocalKind, Scopes, Value, Write};
pub use types::Type;

use crate::ast::{ExprId, Parents, Tree};
use crate::facts::Facts;
use crate::project::{DeclId, PackageId, Project};
use crate::source::FileId;
use decls::PackageNames;
use fuel::{Fuel, Steps};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Mutex, OnceLock};

/// The names and types of a project. Shared by all threads; every answer depends on the project only.
pub struct Sema<'p> {
    pub project: &'p Project,
    pub facts: &'p Facts,
    by_path: FxHashMap<&'p str, PackageId>,
    names: Vec<OnceLock<PackageNames>>,
    /// In boxes: most declarations are never asked about.
    syntax: Vec<Vec<OnceLock<Box<Syntax>>>>,
    /// Whether the length of a package variable, by its declaration and position and whether it is a map, never changes.
    only_read: Mutex<FxHashMap<(DeclId, usize, bool), bool>>,
}

/// What is computed once for a declaration's tree.
struct Syntax {
    scopes: Scopes,
    parents: Parents,
}

/// What an identifier means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object<'p> {
    Local(LocalId),
    /// A name of the package: its declarations, several where build variants declare it differently.
    Package(Vec<DeclId>),
    /// An imported package, by path.
    Import(&'p str),
    /// A predeclared name such as `make` or `nil`.
    Universe,
    Unknown,
}

/// Go's predeclared names.
const UNIVERSE: &[&str] = &[
    "any",
    "append",
    "bool",
    "byte",
    "cap",
    "clear",
    "close",
    "comparable",
    "complex",
    "complex128",
    "complex64",
    "copy",
    "delete",
    "error",
    "false",
    "float32",
    "float64",
    "imag",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "iota",
    "len",
    "make",
    "max",
    "min",
    "new",
    "nil",
    "panic",
    "print",
    "println",
    "real",
    "recover",
    "rune",
    "string",
    "true",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

/// Computes a value when it is first asked for. Never inside the lock: a recursive question, or a thread that rayon has given other
/// work, would wait for itself.
fn once<T>(place: &OnceLock<T>, compute: impl FnOnce() -> T) -> &T {
    if place.get().is_none() {
        let _ = place.set(compute());
    }
    place.get().expect("invariant: set just above, by this thread or another")
}

/// Looks an answer up, or computes it outside of the lock: two threads may compute the same, and no thread waits for another.
pub(crate) fn once_in<K: Copy + Eq + Hash, T: Clone>(place: &Mutex<FxHashMap<K, T>>, key: K, compute: impl FnOnce() -> T) -> T {
    let known = place.lock().map_or(None, |map| map.get(&key).cloned());
    known.unwrap_or_else(|| {
        let value = compute();
        if let Ok(mut map) = place.lock() {
            map.insert(key, value.clone());
        }
        value
    })
}

impl<'p> Sema<'p> {
    pub fn new(project: &'p Project, facts: &'p Facts) -> Sema<'p> {
        let mut by_path: FxHashMap<&str, PackageId> = FxHashMap::default();
        for (at, package) in project.packages.iter().enumerate() {
            by_path.entry(&package.path).or_insert(PackageId(at as u32));
        }
        let names = project.packages.iter().map(|_| OnceLock::new()).collect();
        let places = |file: &crate::project::File| file.outline.decls.iter().map(|_| OnceLock::new()).collect();
        let syntax = project.files.iter().map(places).collect();
        Sema { project, facts, by_path, names, syntax, only_read: Mutex::default() }
    }

    pub fn tree(&self, decl: DeclId) -> &'p Tree {
        self.project.tree(decl)
    }

    /// The local names of a declaration.
    pub fn scopes(&self, decl: DeclId) -> &Scopes {
        &self.syntax(decl).scopes
    }

    /// The way up in a declaration's tree.
    pub fn parents(&self, decl: DeclId) -> &Parents {
        &self.syntax(decl).parents
    }

    fn syntax(&self, decl: DeclId) -> &Syntax {
        once::<Box<_>>(&self.syntax[decl.file.0 as usize][decl.index as usize], || {
            let tree = self.tree(decl);
            Box::new(Syntax { scopes: Scopes::of(tree), parents: Parents::of(tree) })
        })
    }

    /// What an identifier means where it stands.
    pub fn object(&self, decl: DeclId, ident: ExprId) -> Object<'p> {
        if let Some(local) = self.scopes(decl).of_ident(ident) {
            return Object::Local(local);
        }
        match self.tree(decl).ident(ident) {
            Some(name) => self.file_object(decl.file, name),
            None => Object::Unknown,
        }
    }

    /// What a name means at the top level of a file.
    pub fn file_object(&self, file: FileId, name: &str) -> Object<'p> {
        let found = self.lookup(self.project.file(file).package, name, Some(file));
        if !found.is_empty() {
            return Object::Package(found);
        }
        let mut dot = false;
        for import in &self.project.file(file).outline.imports {
            match import.name.as_deref() {
                Some(".") => dot = true,
                Some(given) if given == name => return Object::Import(&import.path),
                Some(_) => {}
                None if self.import_name(&import.path) == name => return Object::Import(&import.path),
                None => {}
            }
        }
        match UNIVERSE.binary_search(&name) {
            Ok(_) if !dot => Object::Universe,
            _ => Object::Unknown,
        }
    }

    /// The name of a package: from its clause where it was read, else by Go's habit from its path.
    fn import_name<'a>(&'a self, path: &'a str) -> &'a str {
        if let Some(&known) = self.by_path.get(path) {
            return &self.project.package(known).name;
        }
        let mut parts = path.rsplit('/');
        let last = parts.next().unwrap_or(path);
        let is_version =
            |part: &str| part.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
        let base = if is_version(last) { parts.next().unwrap_or(last) } else { last };
        match base.rsplit_once('.') {
            Some((name, version)) if is_version(version) => name,
            _ => base,
        }
    }
}

#[cfg(test)]
mod tests;
