//! What do the top-level names of a package mean, and what does a file see? Package scope, file scope, universe.
//!
//! ```go
//! import "os" // in this file `os` is the package; `os.Open` is looked up in its package scope
//! ```
//!
//! Not here: names inside functions (`scope`), fields and methods (`members`).

use super::builds::BuildId;
use super::ty::{Place, TypeName};
use super::universe::{Universe, universe};
use super::{LocalId, Types};
use crate::ast::Name;
use crate::parse::DeclKind;
use crate::project::{DeclId, PackageId};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// A name that is declared at top level: the declaration, and which of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    pub decl: DeclId,
    pub at: u32,
}

/// What an identifier means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity<'p> {
    Unknown,
    /// A variable, constant, type or type parameter of the declaration itself.
    Local(LocalId),
    Global(Global),
    /// An imported package: its path, and the package where it was found.
    Package(&'p str, Option<PackageId>),
    Universe(Universe),
}

/// The names that a package declares.
#[derive(Default)]
pub(super) struct PackageNames {
    names: FxHashMap<Name, Vec<Global>>,
    /// By the receiver's base type, then by name. An alias in a receiver counts as the type that it stands for.
    methods: FxHashMap<Name, FxHashMap<Name, Vec<DeclId>>>,
}

/// How many aliases of aliases are followed.
const ALIASES: usize = 8;

/// The names that a file's imports bring.
#[derive(Default)]
pub(super) struct FileNames {
    /// The number of the import, and the package where it was found.
    packages: FxHashMap<Name, (usize, Option<PackageId>)>,
    dots: Vec<PackageId>,
}

impl<'p> Types<'p> {
    fn package_names(&self, package: PackageId) -> &PackageNames {
        self.package_names.get_or(package, || {
            let mut names = PackageNames::default();
            let mut methods = Vec::new();
            for &file in &self.project.package(package).files {
                for (index, decl) in self.project.file(file).outline.decls.iter().enumerate() {
                    let id = DeclId { file, index: index as u32 };
                    for (at, (name, _)) in decl.names.iter().enumerate() {
                        match &decl.receiver {
                            Some(receiver) => methods.push((receiver, name, id)),
                            None if name == "_" || (name == "init" && decl.kind == DeclKind::Func) => {}
                            None => names.names.entry(name.clone()).or_default().push(Global { decl: id, at: at as u32 }),
                        }
                    }
                }
            }
            for (receiver, name, id) in methods {
                let receiver = self.unaliased(&names.names, receiver);
                names.methods.entry(receiver).or_default().entry(name.clone()).or_default().push(id);
            }
            names
        })
    }

    /// The type that a receiver's name stands for: `type Token = token` and `func (t Token) String() string`.
    fn unaliased(&self, names: &FxHashMap<Name, Vec<Global>>, receiver: &Name) -> Name {
        let mut name = receiver.clone();
        for _ in 0..ALIASES {
            let Some(&global) = names.get(&name).and_then(|globals| globals.first()) else { return name };
            // An alias has a `=` behind its name; the tree is read only then.
            let text = &self.project.file(global.decl.file).source.text;
            let end = self.project.decl(global.decl).names[global.at as usize].1.end;
            if !text[end as usize..].trim_start().starts_with('=') {
                return name;
            }
            match self.alias_of(global) {
                Some(other) => name = other,
                None => return name,
            }
        }
        name
    }

    fn file_names(&self, file: FileId) -> &FileNames {
        self.file_names.get_or(file, || {
            let mut names = FileNames::default();
            let package = self.project.file(file).package;
            for (number, import) in self.project.file(file).outline.imports.iter().enumerate() {
                let found = self.project.import(package, &import.path);
                match import.name.as_deref() {
                    Some("_") => {}
                    Some(".") => names.dots.extend(found),
                    Some(name) => drop(names.packages.insert(name.into(), (number, found))),
                    None => {
                        let name = found.map(|found| self.project.package(found).name.as_str()).filter(|name| !name.is_empty());
                        names.packages.insert(name.unwrap_or_else(|| import.default_name()).into(), (number, found));
                    }
                }
            }
            names
        })
    }

    /// What a package-level name means for a file that is looked at in a build.
    pub fn in_package(&self, package: PackageId, name: &str, from: FileId, build: BuildId) -> Option<Global> {
        let found = self.package_names(package).names.get(name)?;
        let mut visible = found.iter().copied().filter(|global| self.is_visible(global.decl, from, build));
        let first = visible.next()?;
        // Files that no build has together, such as several with `//go:build ignore`, may declare the same: the file's own comes first.
        if first.decl.file == from { Some(first) } else { visible.find(|global| global.decl.file == from).or(Some(first)) }
    }

    /// What a name means in a file, where no function declares it.
    pub fn in_file(&self, file: FileId, name: &str, build: BuildId) -> Entity<'p> {
        if let Some(global) = self.in_package(self.project.file(file).package, name, file, build) {
            return Entity::Global(global);
        }
        let names = self.file_names(file);
        if let Some(&(number, found)) = names.packages.get(name) {
            return Entity::Package(&self.project.file(file).outline.imports[number].path, found);
        }
        let exported = name.starts_with(char::is_uppercase);
        if exported && let Some(global) = names.dots.iter().find_map(|&dot| self.in_package(dot, name, file, build)) {
            return Entity::Global(global);
        }
        match universe(name) {
            Some(found) => Entity::Universe(found),
            None => Entity::Unknown,
        }
    }

    /// The declarations of a method of a defined type that a file sees: its declaration and the place of its name.
    pub fn declared_method(&self, of: TypeName, method: &str, from: FileId) -> Option<(DeclId, Place)> {
        // Only types at top level have methods.
        let outline = self.project.decl(of.decl);
        if outline.kind != DeclKind::Type {
            return None;
        }
        let name = self.project.tree(of.decl).ident(of.ident)?;
        let package = self.project.file(of.decl.file).package;
        let found = self.package_names(package).methods.get(name)?.get(method)?;
        let decl = found.iter().copied().find(|&decl| self.is_visible(decl, from, of.build))?;
        let (_, range) = self.project.decl(decl).names.first()?;
        Some((decl, Place { file: decl.file, offset: range.start }))
    }

    /// The packages that a file imports under a name, as far as they are found.
    pub fn imported_by(&self, file: FileId) -> impl Iterator<Item = PackageId> {
        self.file_names(file).packages.values().filter_map(|&(_, package)| package)
    }

    /// The methods of a name that a package declares, whatever type has them.
    pub fn methods_named(&self, package: PackageId, name: &str) -> impl Iterator<Item = DeclId> {
        self.package_names(package).methods.values().filter_map(move |methods| methods.get(name)).flatten().copied()
    }

    /// The names of the methods that are declared on a defined type.
    pub fn declared_methods(&self, of: TypeName) -> Vec<&str> {
        let (Some(name), DeclKind::Type) = (self.project.tree(of.decl).ident(of.ident), self.project.decl(of.decl).kind) else {
            return Vec::new();
        };
        let methods = self.package_names(self.project.file(of.decl.file).package).methods.get(name);
        let mut names: Vec<&str> = methods.into_iter().flat_map(|methods| methods.keys().map(Name::as_str)).collect();
        names.sort_unstable();
        names
    }

    /// The place of a top-level name.
    pub fn place_of(&self, global: Global) -> Place {
        let range = self.project.decl(global.decl).names.get(global.at as usize).map_or_else(Default::default, |(_, range)| *range);
        Place { file: global.decl.file, offset: range.start }
    }

    pub fn name_of(&self, global: Global) -> &'p str {
        self.project.decl(global.decl).names.get(global.at as usize).map_or("", |(name, _)| name)
    }

    /// The package that a place is in.
    pub fn package_of(&self, place: Place) -> PackageId {
        self.project.file(place.file).package
    }
}
