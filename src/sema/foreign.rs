//! Which type has a value of a package that is nowhere to be found? As far as the facts say what its functions return.
//!
//! ```go
//! conn, err := pgx.Connect(ctx, url) // conn is a *github.com/jackc/pgx/v5.Conn, also where pgx was not downloaded
//! ```
//!
//! Not here: types of packages that were read (`types`).

use super::{Callee, Sema, imported_as};
use crate::ast::{Decl, Expr, ExprId, SpecKind, Tree};
use crate::project::DeclId;
use crate::types::{Called, Entity, Global, Value};
use compact_str::{CompactString, format_compact};

/// From how many variables to others a value is followed.
pub(super) const STEPS: usize = 4;
/// A variable that is written more often has no type that is known here: each write is followed by itself.
const MOST_WRITES: usize = 16;

impl Sema<'_> {
    /// What a call calls; `x = x.Next()` must not ask for the type of x again and again.
    fn callee_within(&self, decl: DeclId, call: ExprId, fun: ExprId, steps: usize) -> Callee {
        match self.types.function(decl, fun) {
            Called::Unknown => self.foreign(decl, fun, steps),
            _ => self.callee(decl, call),
        }
    }

    /// The type of an expression as the facts write it; `None` if they do not tell.
    pub(super) fn foreign_type(&self, decl: DeclId, expr: ExprId) -> Option<CompactString> {
        self.foreign_within(decl, expr, 0, STEPS)
    }

    /// The same for the start of a further search, which may still take so many steps.
    pub(super) fn foreign_type_within(&self, decl: DeclId, expr: ExprId, steps: usize) -> Option<CompactString> {
        self.foreign_within(decl, expr, 0, steps)
    }

    /// The type of the result number `index`, if the expression is a call with several.
    fn foreign_within(&self, decl: DeclId, expr: ExprId, index: usize, steps: usize) -> Option<CompactString> {
        let steps = steps.checked_sub(1)?;
        let tree = self.tree(decl);
        let expr = tree.unparen(expr);
        match tree.expr(expr) {
            Expr::Ident(_) => {
                let local = match self.types.entity(decl, expr) {
                    Entity::Local(local) => local,
                    Entity::Global(global) => return self.foreign_variable(global, steps),
                    _ => return None,
                };
                let local = self.scopes(decl).local(local);
                if let Some(ty) = local.ty {
                    return self.written(decl, ty);
                }
                if local.writes.len() > MOST_WRITES {
                    return None;
                }
                let mut found = None;
                for write in &local.writes {
                    let this = match write.value {
                        Value::Expr(value) => self.foreign_within(decl, value, 0, steps),
                        Value::Result { of, index, .. } => self.foreign_within(decl, of, index as usize, steps),
                        _ => None,
                    };
                    // All that it gets has to be of one type.
                    if this.is_none() || found.as_ref().is_some_and(|found| Some(found) != this.as_ref()) {
                        return None;
                    }
                    found = this;
                }
                found
            }
            Expr::Call { fun, .. } => match self.callee_within(decl, expr, *fun, steps) {
                Callee::Function(function) if function.decls.is_empty() => self.facts.results(&function.key)?.get(index).cloned(),
                _ => None,
            },
            Expr::Selector { x, sel } => {
                if let (Expr::Ident(_), Some(name)) = (tree.expr(*x), tree.ident(*sel))
                    && let Entity::Package(path, None) = self.types.entity(decl, *x)
                {
                    return self.facts.variable(&format_compact!("{path}.{name}")).cloned();
                }
                let of = self.foreign_within(decl, *x, 0, steps)?;
                self.facts.field(&of, tree.ident(*sel)?).cloned()
            }
            Expr::Unary { op: crate::ast::Op::And, x } => match tree.expr(*x) {
                Expr::CompositeLit { ty: Some(ty), .. } => Some(format_compact!("*{}", self.written(decl, *ty)?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type of a package variable: the one that is written, else that of its first value.
    fn foreign_variable(&self, global: Global, steps: usize) -> Option<CompactString> {
        let tree = self.tree(global.decl);
        let Decl::Gen(group) = &tree.decl else { return None };
        let (name, _) = self.project.decl(global.decl).names.get(global.at as usize)?;
        let ty = group.specs.iter().find_map(|spec| match &spec.kind {
            SpecKind::Value { names, ty, .. } if names.iter().any(|&own| tree.ident(own) == Some(name)) => Some(*ty),
            _ => None,
        })?;
        match ty {
            Some(ty) => self.written(global.decl, ty),
            None => self.foreign_within(global.decl, self.types.initial_value(global)?, 0, steps),
        }
    }

    /// A type as it is written, `*pgx.Conn`, with the import path of a package that was not found.
    pub(super) fn written(&self, decl: DeclId, mut ty: ExprId) -> Option<CompactString> {
        let tree: &Tree = self.tree(decl);
        let mut pointer = "";
        if let Expr::Star { x } = tree.expr(ty) {
            pointer = "*";
            ty = *x;
        }
        let Expr::Selector { x, sel } = tree.expr(ty) else { return None };
        match (self.types.entity(decl, *x), tree.ident(*sel)) {
            (Entity::Package(path, None), Some(name)) => Some(format_compact!("{pointer}{}.{name}", imported_as(path))),
            _ => None,
        }
    }

    /// A type of the facts as Go code in a file writes it: the package's name in front.
    pub(super) fn short(&self, decl: DeclId, key: &str) -> CompactString {
        let (prefix, full) = key.split_at(key.len() - key.trim_start_matches(['*', '[', ']']).len());
        let Some((path, name)) = full.rsplit_once('.') else { return key.into() };
        let import = self.project.file(decl.file).outline.imports.iter().find(|import| import.path == path);
        let package = import
            .map_or_else(|| path.rsplit('/').next().unwrap_or(path), |import| import.name.as_deref().unwrap_or(import.default_name()));
        format_compact!("{prefix}{package}.{name}")
    }
}
