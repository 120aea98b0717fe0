//! What does a package declare? Its top-level names and methods, across files, from their outlines.
//!
//! ```go
//! // a_linux.go: func open() {}    a_windows.go: func open() {}    -> `open` has two declarations that never meet in one build
//! ```
//!
//! Not here: names inside functions (`sema::scope`).

use super::{Sema, once};
use crate::ast::{Decl, ExprId};
use crate::ast::{GenDecl, Name, Spec, SpecKind};
use crate::parse::DeclKind;
use crate::project::{DeclId, PackageId, compatible};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// The top-level names of one package.
#[derive(Debug, Default)]
pub(super) struct PackageNames {
    names: FxHashMap<Name, Vec<DeclId>>,
    /// By receiver's base type and method name.
    methods: FxHashMap<Name, Vec<(Name, DeclId)>>,
}

impl<'p> Sema<'p> {
    fn package_names(&self, package: PackageId) -> &PackageNames {
        once(&self.names[package.0 as usize], || {
            let mut names = PackageNames::default();
            for &file in &self.project.package(package).files {
                for (index, decl) in self.project.file(file).outline.decls.iter().enumerate() {
                    let id = DeclId { file, index: index as u32 };
                    for (name, _) in &decl.names {
                        match &decl.receiver {
                            Some(receiver) => names.methods.entry(receiver.clone()).or_default().push((name.clone(), id)),
                            None => names.names.entry(name.clone()).or_default().push(id),
                        }
                    }
                }
            }
            names
        })
    }

    /// The declarations of a package-level name, as a file sees them: those that can be in one build with it.
    pub fn lookup(&self, package: PackageId, name: &str, from: Option<FileId>) -> Vec<DeclId> {
        let Some(found) = self.package_names(package).names.get(name) else { return Vec::new() };
        found.iter().copied().filter(|&id| self.meets(id, from)).collect()
    }

    /// The declarations of a method by its receiver's base type.
    pub fn methods(&self, package: PackageId, receiver: &str, name: &str, from: Option<FileId>) -> Vec<DeclId> {
        let Some(found) = self.package_names(package).methods.get(receiver) else { return Vec::new() };
        found.iter().filter(|(method, id)| method == name && self.meets(*id, from)).map(|&(_, id)| id).collect()
    }

    /// The package of an import path that was read: the one that the file's module means, else the first of that path.
    pub(super) fn package_at(&self, path: &str, from: Option<FileId>) -> Option<PackageId> {
        // Several packages of one directory have the same path: the file's own comes first.
        let own = from.map(|file| self.project.file(file).package);
        let near = own.and_then(|own| if self.project.package(own).path == path { Some(own) } else { self.project.imported(own, path) });
        near.or_else(|| self.by_path.get(path).copied())
    }

    /// The declarations of `path.name` in a package that was read; a package's tests are not seen from outside.
    pub fn lookup_path(&self, path: &str, name: &str, from: Option<FileId>) -> Vec<DeclId> {
        self.package_at(path, from).map_or_else(Vec::new, |id| self.lookup(id, name, from))
    }

    /// The methods of `path.receiver`.
    pub fn methods_path(&self, path: &str, receiver: &str, name: &str, from: Option<FileId>) -> Vec<DeclId> {
        self.package_at(path, from).map_or_else(Vec::new, |id| self.methods(id, receiver, name, from))
    }

    /// Whether a declaration can be in one build with a file.
    fn meets(&self, id: DeclId, from: Option<FileId>) -> bool {
        let Some(from) = from else { return true };
        let (there, here) = (self.project.file(id.file), self.project.file(from));
        id.file == from || ((here.test || !there.test) && compatible(&there.constraint, &here.constraint))
    }

    /// Whether a package was read, so that what it does not declare does not exist.
    pub fn knows_package(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// The import path of the package a declaration is in.
    pub fn path_of(&self, id: DeclId) -> &'p str {
        &self.project.package(self.project.file(id.file).package).path
    }

    /// A top-level `var`, `const` or `type` declaration's spec that declares `name`, with the position of the name in it.
    pub fn spec_of(&self, id: DeclId, name: &str) -> Option<(&'p GenDecl, &'p Spec, usize)> {
        if !matches!(self.project.decl(id).kind, DeclKind::Var | DeclKind::Const | DeclKind::Type) {
            return None;
        }
        let tree = self.tree(id);
        let Decl::Gen(decl) = &tree.decl else { return None };
        let is = |&ident: &ExprId| tree.ident(ident) == Some(name);
        decl.specs.iter().find_map(|spec| match &spec.kind {
            SpecKind::Import { .. } => None,
            SpecKind::Value { names, .. } => names.iter().position(is).map(|at| (decl, spec, at)),
            SpecKind::Type { name, .. } => is(name).then_some((decl, spec, 0)),
        })
    }
}
