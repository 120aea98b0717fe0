//! What do rules ask of names and types? What a call calls in the words of the facts, which type is shown, how long a list is at most.
//!
//! ```go
//! f, err := os.Open(p) // the callee's key is `os.Open`, f is an *os.File
//! ```
//!
//! The answers are those of `types`. A package that is nowhere to be found is known as far as the facts tell what its functions return.
//!
//! Not here: in which order statements run (`flow`), what a function does to its arguments (`summary`).

mod bounds;
mod callee;
mod fields;
mod foreign;
mod handlers;
mod targets;

pub use crate::types::{Local, LocalId, LocalKind, Scopes, Type, Value, Write};
pub use callee::{Callee, Function};
pub use fields::Mention;
pub use targets::Target;

use crate::ast::{ExprId, Parents, Tree};
use crate::facts::{Facts, imported_as};
use crate::project::{DeclId, Origin, PackageId, Project};
use crate::source::FileId;
use crate::types::{Entity, Global, Kind, Member, TypeName, Types};
use compact_str::{CompactString, format_compact};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

/// Types of the standard library that are only data: a value keeps nothing open.
const PLAIN: &[&str] = &[
    "archive/tar.Header",
    "archive/zip.FileHeader",
    "database/sql.Result",
    "image.Config",
    "io/fs.DirEntry",
    "io/fs.FileInfo",
    "io/fs.FileMode",
    "net.Addr",
    "net/http.Cookie",
    "net/http.Header",
    "net/url.URL",
    "net/url.Values",
    "time.Duration",
    "time.Time",
];

/// Of a struct with more different types in it, nobody looks at all.
const MOST_PARTS: usize = 64;

/// The names and types of a project, and what the facts say of them. Shared by all threads; every answer depends on the project only.
pub struct Sema<'p> {
    pub project: &'p Project,
    pub facts: &'p Facts,
    pub types: Types<'p>,
    /// Whether the length of a package variable, by its declaration and position and whether it is a map, never changes.
    only_read: Mutex<FxHashMap<(Global, bool), bool>>,
    /// The types that are in an interface type.
    implementing: Mutex<FxHashMap<Type, Implementing>>,
    /// What names the fields of one name in a package.
    named: Mutex<FxHashMap<(PackageId, CompactString), Arc<fields::Mentions>>>,
    /// What a declaration's literals without names give to fields.
    unnamed: Mutex<FxHashMap<DeclId, Arc<fields::Mentions>>>,
}

/// Types and the files that see their methods; `None` if it is not known which.
type Implementing = Arc<Option<Vec<(Type, FileId)>>>;

/// What an identifier means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'p> {
    Local(LocalId),
    /// A name of a package, its own or one that is imported with a dot.
    Package(Global),
    /// An imported package, by path.
    Import(&'p str),
    /// A predeclared name such as `make` or `nil`.
    Universe,
    Unknown,
}

/// Looks an answer up, or computes it outside of the lock: two threads may compute the same, and no thread waits for another.
pub(crate) fn once_in<K: Eq + Hash, T: Clone>(place: &Mutex<FxHashMap<K, T>>, key: K, compute: impl FnOnce() -> T) -> T {
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
        Sema {
            project,
            facts,
            types: Types::new(project),
            only_read: Mutex::default(),
            implementing: Mutex::default(),
            named: Mutex::default(),
            unnamed: Mutex::default(),
        }
    }

    pub fn tree(&self, decl: DeclId) -> &'p Tree {
        self.project.tree(decl)
    }

    /// The local names of a declaration.
    pub fn scopes(&self, decl: DeclId) -> &Scopes {
        self.types.scopes(decl)
    }

    /// The way up in a declaration's tree.
    pub fn parents(&self, decl: DeclId) -> &Parents {
        self.types.parents(decl)
    }

    /// What an identifier means where it stands; the name of a field or method is unknown here.
    pub fn object(&self, decl: DeclId, ident: ExprId) -> Object<'p> {
        match self.types.entity(decl, ident) {
            Entity::Unknown => Object::Unknown,
            Entity::Local(local) => Object::Local(local),
            Entity::Global(global) => Object::Package(global),
            Entity::Package(path, _) => Object::Import(path),
            Entity::Universe(_) => Object::Universe,
        }
    }

    /// The type of an expression, or the type that a type expression names.
    pub fn type_of(&self, decl: DeclId, expr: ExprId) -> Type {
        self.types.type_of(decl, expr)
    }

    /// The type of a local variable.
    pub fn type_of_local(&self, decl: DeclId, local: LocalId) -> Type {
        self.types.info(decl).local(local)
    }

    /// What a type is made of, a name looked behind.
    pub fn behind(&self, ty: Type) -> &Kind {
        self.types.kind(self.types.behind(ty))
    }

    pub fn is_chan(&self, ty: Type) -> bool {
        matches!(self.behind(ty), Kind::Chan(..))
    }

    /// The type that a pointer points to, or the type itself.
    pub fn pointee(&self, ty: Type) -> Type {
        match self.types.kind(ty) {
            Kind::Pointer(inner) => *inner,
            _ => ty,
        }
    }

    /// A defined type, or the one that a pointer points to.
    fn name_of(&self, ty: Type) -> Option<TypeName> {
        match self.types.kind(self.pointee(ty)) {
            Kind::Named(name, _) => Some(*name),
            _ => None,
        }
    }

    /// The import path and the name of a defined type or of a pointer to one.
    pub fn path_and_name(&self, ty: Type) -> Option<(&'p str, &'p str)> {
        let name = self.name_of(ty)?;
        let package = self.project.package(self.project.file(name.decl.file).package);
        Some((imported_as(&package.path), self.tree(name.decl).ident(name.ident)?))
    }

    /// Whether a defined type, or the one that a pointer points to, is declared in the analysed packages.
    pub fn is_own(&self, ty: Type) -> bool {
        self.name_of(ty).is_some_and(|name| self.project.origin(self.project.file(name.decl.file).package) == Origin::Root)
    }

    /// As the facts write it: the full import path in front of the name. Empty if the type is unknown or has no name.
    pub fn key(&self, ty: Type) -> CompactString {
        match self.types.kind(ty) {
            Kind::Named(..) => self.path_and_name(ty).map_or_else(CompactString::default, |(path, name)| format_compact!("{path}.{name}")),
            Kind::Error => "error".into(),
            Kind::Basic(basic) => basic.name().into(),
            Kind::Pointer(inner) => prefixed("*", &self.key(*inner)),
            Kind::Slice(inner) => prefixed("[]", &self.key(*inner)),
            _ => CompactString::default(),
        }
    }

    /// The type of an expression as the facts write it, also if its package is nowhere to be found. Empty if it is unknown.
    pub fn key_of(&self, decl: DeclId, expr: ExprId) -> CompactString {
        let ty = self.type_of(decl, expr);
        if self.types.is_whole(ty) { self.key(ty) } else { self.foreign_type(decl, expr).unwrap_or_default() }
    }

    /// The type of an expression as Go code in the file writes it. Empty if it is unknown or has no name.
    pub fn shown(&self, decl: DeclId, expr: ExprId) -> CompactString {
        let ty = self.type_of(decl, expr);
        if self.types.is_whole(ty) {
            self.shown_type(decl, ty)
        } else {
            self.short(decl, &self.foreign_type(decl, expr).unwrap_or_default())
        }
    }

    /// The type of one of a call's results as Go code in the file writes it. Empty if it is unknown or has no name.
    pub fn shown_result(&self, decl: DeclId, call: ExprId, function: &Function, index: usize) -> CompactString {
        match self.results_of(decl, call).get(index) {
            Some(ty) => self.shown_type(decl, *ty),
            None => {
                let stated = self.facts.results(&function.key).and_then(|results| results.get(index));
                stated.map_or_else(CompactString::default, |key| self.short(decl, key))
            }
        }
    }

    /// A type as Go code in the file writes it. Empty if it is unknown or has no name.
    pub fn shown_type(&self, decl: DeclId, ty: Type) -> CompactString {
        if self.key(ty).is_empty() { CompactString::default() } else { self.types.shown(ty, decl.file).into() }
    }

    /// Whether a value of this type can keep no file, connection or context alive: numbers, text, errors and containers of those.
    pub fn holds_nothing(&self, ty: Type) -> bool {
        self.is_plain(ty, false)
    }

    /// The same of a value that was made from a resource, and is no number that names it: a struct of the module's own that holds only
    /// numbers and text has nothing of it.
    pub fn carries_nothing(&self, ty: Type) -> bool {
        self.is_plain(ty, true)
    }

    fn is_plain(&self, ty: Type, structs: bool) -> bool {
        let mut types = vec![ty];
        let mut at = 0;
        while let Some(&ty) = types.get(at) {
            at += 1;
            let mut add = |ty: Type| {
                if !types.contains(&ty) {
                    types.push(ty);
                }
            };
            match self.types.kind(ty) {
                Kind::Slice(inner) | Kind::Array(_, inner) | Kind::Pointer(inner) => add(*inner),
                Kind::Map(key, value) if structs => [*key, *value].into_iter().for_each(add),
                Kind::Map(_, value) => add(*value),
                Kind::Tuple(all) if structs => all.iter().copied().for_each(add),
                Kind::Struct(fields) if structs => fields.iter().for_each(|field| add(field.ty)),
                Kind::Basic(_) | Kind::Error => {}
                Kind::Named(..) if PLAIN.contains(&&*self.key(ty)) => {}
                // A struct of numbers that can be closed is a descriptor.
                Kind::Named(name, _) if structs && self.types.declared_methods(*name).contains(&"Close") => return false,
                Kind::Named(..) if structs && (self.is_own(ty) || matches!(self.behind(ty), Kind::Basic(_))) => add(self.types.behind(ty)),
                _ => return false,
            }
            if types.len() > MOST_PARTS {
                return false;
            }
        }
        true
    }

    /// Whether an interface type has a method of this name without parameters that returns an error.
    pub fn has_error_method(&self, ty: Type, name: &str, from: DeclId) -> bool {
        if !matches!(self.behind(ty), Kind::Interface(_)) {
            return false;
        }
        match self.types.member_of(ty, name, from.file) {
            Some(Member::Abstract { ty, .. }) => match self.types.kind(ty) {
                Kind::Func(signature) => signature.params.is_empty() && *signature.results == [Type::ERROR],
                _ => false,
            },
            _ => false,
        }
    }
}

fn prefixed(prefix: &str, key: &str) -> CompactString {
    if key.is_empty() { CompactString::default() } else { format_compact!("{prefix}{key}") }
}

#[cfg(test)]
mod tests;
