//! What does a call call?
//!
//! ```go
//! f.Close() // the method Close of *os.File
//! ```
//!
//! Not here: what a variable of function type may hold (`sema`).

use super::check::Mode;
use super::names::{Entity, Global};
use super::scope::LocalId;
use super::ty::Type;
use super::universe::Builtin;
use super::{Member, Types};
use crate::ast::{Expr, ExprId};
use crate::parse::DeclKind;
use crate::project::DeclId;

/// What a call calls, as far as names and types tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    Unknown,
    Builtin(Builtin),
    Conversion(Type),
    /// A function that is declared at top level.
    Function(Global),
    /// A method: of a defined type, or one that an interface names. The expression is the receiver; a method expression has none.
    Method(Member, Option<ExprId>),
    /// A function literal.
    Literal(ExprId),
    /// A variable of the declaration itself.
    Local(LocalId),
    /// A variable at top level.
    Variable(Global),
    /// A field of function type, and what it is selected from.
    Field(Member, ExprId),
    /// Any other value of function type.
    Value,
}

impl Types<'_> {
    /// What a call calls. `call` is an `Expr::Call`.
    pub fn called(&self, decl: DeclId, call: ExprId) -> Called {
        match self.tree(decl).expr(call) {
            Expr::Call { fun, .. } => self.function(decl, *fun),
            _ => Called::Unknown,
        }
    }

    /// What a function value is: `f.Close` of `defer f.Close()` and of `t.Cleanup(f.Close)`.
    pub fn function(&self, decl: DeclId, fun: ExprId) -> Called {
        let tree = self.tree(decl);
        let mut fun = tree.unparen(fun);
        // What the names alone say: the types of a whole declaration cost much more.
        if let Some(global) = self.named_function(decl, fun) {
            return Called::Function(global);
        }
        let info = self.info(decl);
        match info.mode(fun) {
            Mode::Type => return Called::Conversion(info.ty(fun)),
            Mode::Builtin(builtin) => return Called::Builtin(builtin),
            _ => {}
        }
        // f[int]
        if let Expr::Index { x, .. } = tree.expr(fun)
            && matches!(tree.expr(tree.unparen(*x)), Expr::Ident(_) | Expr::Selector { .. })
            && self.names_function(decl, tree.unparen(*x))
        {
            fun = tree.unparen(*x);
        }
        match tree.expr(fun) {
            Expr::FuncLit { .. } => Called::Literal(fun),
            Expr::Ident(_) => match self.entity(decl, fun) {
                Entity::Local(local) => Called::Local(local),
                Entity::Global(global) => self.of_global(global),
                _ => Called::Unknown,
            },
            Expr::Selector { x, sel } => {
                if let Expr::Ident(_) = tree.expr(*x)
                    && let Entity::Package(_, package) = self.entity(decl, *x)
                {
                    let name = tree.ident(*sel).unwrap_or("");
                    let found = package.and_then(|package| self.in_package(package, name, decl.file, self.build_of(decl.file)));
                    return found.map_or(Called::Unknown, |global| self.of_global(global));
                }
                match info.member(*sel) {
                    Some(member @ Member::Field { .. }) => Called::Field(member.clone(), *x),
                    Some(member) => Called::Method(member.clone(), (info.mode(*x) != Mode::Type).then_some(*x)),
                    None => Called::Unknown,
                }
            }
            _ if info.ty(fun).is_known() => Called::Value,
            _ => Called::Unknown,
        }
    }

    /// The function at top level that an identifier or `pkg.F` names.
    fn named_function(&self, decl: DeclId, fun: ExprId) -> Option<Global> {
        let tree = self.tree(decl);
        let global = match tree.expr(fun) {
            Expr::Ident(_) => match self.entity(decl, fun) {
                Entity::Global(global) => global,
                _ => return None,
            },
            Expr::Selector { x, sel } => match (tree.expr(*x), self.entity(decl, *x)) {
                (Expr::Ident(_), Entity::Package(_, Some(package))) => {
                    self.in_package(package, tree.ident(*sel)?, decl.file, self.build_of(decl.file))?
                }
                _ => return None,
            },
            _ => return None,
        };
        (self.project.decl(global.decl).kind == DeclKind::Func).then_some(global)
    }

    fn of_global(&self, global: Global) -> Called {
        match self.project.decl(global.decl).kind {
            DeclKind::Func => Called::Function(global),
            DeclKind::Var => Called::Variable(global),
            _ => Called::Unknown,
        }
    }

    /// Whether an expression names a function or method, so that an index behind it is a type argument.
    fn names_function(&self, decl: DeclId, expr: ExprId) -> bool {
        let is_method = |sel: ExprId| matches!(self.info(decl).member(sel), Some(Member::Method { .. }));
        self.named_function(decl, expr).is_some() || matches!(self.tree(decl).expr(expr), Expr::Selector { sel, .. } if is_method(*sel))
    }
}
