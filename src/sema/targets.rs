//! Which functions may a call run? One for a static call; for an interface's method those of the analysed types that have it; for a
//! variable, field or parameter of function type the only value that it ever gets.
//!
//! ```go
//! type source interface{ Close() error } // s.Close() runs (*fileSource).Close or (*netSource).Close, and nothing else is a source here
//! s.stop()                               // the field stop is assigned once, in the constructor: that function literal
//! ```
//!
//! An interface of another package, or a field that other packages can assign, ends in `None`: nobody knows what runs.
//!
//! Not here: what a field gets (`fields`), what the functions do (`summary`).

use super::{Callee, Function, Sema, once_in};
use crate::ast::{Expr, ExprId, Node};
use crate::parse::{DeclKind, Mentions};
use crate::project::{DeclId, PackageId};
use crate::source::FileId;
use crate::types::{Called, Entity, Global, Kind, LocalKind, Member, Type};
use std::sync::Arc;

/// A function that a call may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A declared function or method.
    Function(DeclId),
    /// A function literal in a declaration.
    Literal(DeclId, ExprId),
}

impl<'p> Sema<'p> {
    /// All functions that a call may run; `None` if that is not known, or if they are none of the analysed code's own.
    pub fn targets(&self, decl: DeclId, call: ExprId) -> Option<Vec<Target>> {
        let Expr::Call { fun, .. } = self.tree(decl).expr(call) else { return None };
        match self.callee(decl, call) {
            Callee::Function(Function { decls, .. }) if !decls.is_empty() => {
                return Some(decls.into_iter().map(Target::Function).collect());
            }
            Callee::Closure(lit) => return Some(vec![Target::Literal(decl, lit)]),
            Callee::Builtin(_) | Callee::Conversion(_) => return None,
            _ => {}
        }
        match self.types.function(decl, *fun) {
            Called::Method(Member::Abstract { .. }, Some(receiver)) => {
                let Expr::Selector { sel, .. } = self.tree(decl).expr(self.tree(decl).unparen(*fun)) else { return None };
                self.implementations(self.type_of(decl, receiver), self.tree(decl).ident(*sel)?)
            }
            Called::Field(Member::Field { place, .. }, _) => self.only_value(place).and_then(|(at, value)| self.value_target(at, value)),
            Called::Local(local) => match self.scopes(decl).local(local).kind {
                LocalKind::Param(number) if self.scopes(decl).local(local).function.is_none() => {
                    let (at, value) = self.only_argument(decl, number)?;
                    self.value_target(at, value)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The function that a value is.
    fn value_target(&self, decl: DeclId, value: ExprId) -> Option<Vec<Target>> {
        match self.function_value(decl, value) {
            Callee::Closure(lit) => Some(vec![Target::Literal(decl, lit)]),
            Callee::Function(Function { decls, .. }) if !decls.is_empty() => Some(decls.into_iter().map(Target::Function).collect()),
            _ => None,
        }
    }

    /// The method of every analysed type that is in one of the analysed code's own interface types.
    pub fn implementations(&self, interface: Type, method: &str) -> Option<Vec<Target>> {
        if !self.is_own(interface) || !matches!(self.behind(interface), Kind::Interface(_)) {
            return None;
        }
        let types = once_in(&self.implementing, interface, || Arc::new(self.implementing(interface)));
        let types = types.as_ref().as_ref()?;
        let mut found = Vec::new();
        for &(ty, file) in types {
            match self.types.member_of(ty, method, file) {
                Some(Member::Method { decl, .. }) => found.push(Target::Function(decl)),
                // It is promoted from an interface that is embedded: anything may run.
                _ => return None,
            }
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// The analysed types that are in an interface type, by pointer where only the pointer is; `None` if it is not known of one.
    fn implementing(&self, interface: Type) -> Option<Vec<(Type, FileId)>> {
        let mut found = Vec::new();
        let packages = (0..self.project.packages.len() as u32).map(PackageId);
        for file in packages.flat_map(|package| self.project.package(package).files.iter().copied()) {
            let outline = &self.project.file(file).outline;
            for (index, decl) in outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Type) {
                for at in 0..decl.names.len() {
                    let global = Global { decl: DeclId { file, index: index as u32 }, at: at as u32 };
                    let Some(ty) = self.types.defined_type(global) else { continue };
                    if !self.may_have_methods(ty) {
                        continue;
                    }
                    let pointer = self.types.make(Kind::Pointer(ty));
                    if self.is_generic(ty) {
                        // Whether an instance is in it depends on its type arguments.
                        if self.has_names(pointer, interface, file) {
                            return None;
                        }
                        continue;
                    }
                    // What a value has, its pointer has too.
                    if self.types.implements(pointer, interface, file)? {
                        found.push((pointer, file));
                    }
                }
            }
        }
        Some(found)
    }

    /// Whether a defined type has methods of its own, or fields that may promote some; interfaces are no implementations.
    fn may_have_methods(&self, ty: Type) -> bool {
        let own = match self.types.kind(ty) {
            Kind::Named(name, _) => !self.types.declared_methods(*name).is_empty(),
            _ => false,
        };
        match self.behind(ty) {
            Kind::Interface(_) => false,
            Kind::Struct(fields) => own || fields.iter().any(|field| field.embedded),
            _ => own,
        }
    }

    fn is_generic(&self, ty: Type) -> bool {
        matches!(self.types.kind(ty), Kind::Named(name, _) if self.types.is_generic_name(*name))
    }

    /// Whether a type has a method for each name of an interface's own methods.
    fn has_names(&self, ty: Type, interface: Type, file: FileId) -> bool {
        match self.behind(interface) {
            Kind::Interface(of) => of.methods.iter().all(|method| self.types.member_of(ty, &method.name, file).is_some()),
            _ => false,
        }
    }

    /// The only argument that a parameter of an unexported function ever gets, if the function is called in one place and used nowhere else.
    fn only_argument(&self, decl: DeclId, number: u32) -> Option<(DeclId, ExprId)> {
        let outline = self.project.decl(decl);
        let (name, _) = outline.names.first()?;
        if outline.kind != DeclKind::Func || outline.receiver.is_some() || name.starts_with(char::is_uppercase) {
            return None;
        }
        let mut found = None;
        for other in self.decls_that_mention(self.project.file(decl.file).package, name) {
            let (tree, parents) = (self.tree(other), self.parents(other));
            for ident in (0..tree.exprs.len() as u32).map(ExprId).filter(|&id| tree.ident(id) == Some(name.as_str())) {
                if tree.func().is_some_and(|func| func.name == ident) {
                    continue;
                }
                if !matches!(self.types.entity(other, ident), Entity::Global(global) if global.decl == decl) {
                    continue;
                }
                let Some(Node::Expr(call)) = parents.parent(Node::Expr(ident)) else { return None };
                match tree.expr(call) {
                    Expr::Call { fun, args, ellipsis: false } if *fun == ident && found.is_none() => {
                        found = Some((other, *args.get(number as usize)?));
                    }
                    // The name of a field or method that is called the same.
                    Expr::Selector { sel, .. } if *sel == ident => {}
                    _ => return None,
                }
            }
        }
        found
    }

    /// The declarations of a package that mention or declare a name.
    pub fn decls_that_mention(&self, package: PackageId, name: &str) -> Vec<DeclId> {
        let word = Mentions::word(name);
        let files = self.project.package(package).files.iter();
        let decls = files.flat_map(|&file| {
            let outline = &self.project.file(file).outline;
            let mentioning = outline
                .decls
                .iter()
                .enumerate()
                .filter(|(_, decl)| decl.mentions.has_word(word) || decl.names.iter().any(|(own, _)| own == name));
            mentioning.map(move |(index, _)| DeclId { file, index: index as u32 })
        });
        decls.collect()
    }
}
