//! What does the place tell about an expression? Where only types may stand, a name of a package that was not read is a type's; and
//! a constant without a type of its own takes another operand's.
//!
//! ```go
//! var f *os.File  // `os.File` can only be a type
//! c := http.Other // a type, a variable, a function: nobody knows without reading net/http
//! ```
//!
//! Not here: names that were declared where we can read (`sema::types`).

use super::{Fuel, LocalKind, Object, Sema, Value};
use crate::ast::{Decl, Expr, ExprId, FieldList, GenDecl, Node, Op, SpecKind, Stmt};
use crate::parse::DeclKind;
use crate::project::{DeclId, GoVersion};

impl Sema<'_> {
    /// Whether only a type may stand where the expression stands.
    pub(super) fn stands_for_type(&self, decl: DeclId, mut expr: ExprId) -> bool {
        let (tree, parents) = (self.tree(decl), self.parents(decl));
        loop {
            let around = match parents.parent(Node::Expr(expr)) {
                Some(Node::Expr(around)) => around,
                Some(Node::Stmt(stmt)) => {
                    return match tree.stmt(stmt) {
                        Stmt::Decl(decl) => names_type(decl, expr),
                        Stmt::Case { .. } => self.is_type_case(decl, stmt),
                        _ => false,
                    };
                }
                None => {
                    return match &tree.decl {
                        Decl::Func(func) => func.recv.as_ref().is_some_and(|list| holds(list, expr)),
                        Decl::Gen(decl) => names_type(decl, expr),
                        Decl::Bad => false,
                    };
                }
            };
            match tree.expr(around) {
                Expr::Paren { .. } | Expr::Star { .. } => expr = around,
                // The parts of `pkg.F[pkg.T]`, where it may be an index too.
                Expr::Index { x, .. } if *x == expr => expr = around,
                Expr::CompositeLit { ty, .. } => return *ty == Some(expr),
                Expr::TypeAssert { ty, .. } => return *ty == Some(expr),
                Expr::ArrayType { elem, .. } => return *elem == expr,
                Expr::MapType { .. } | Expr::ChanType { .. } | Expr::Ellipsis { .. } => return true,
                Expr::StructType { fields: list } | Expr::InterfaceType { methods: list } => return holds(list, expr),
                Expr::FuncType { type_params, params, results } => {
                    return [type_params.as_ref(), Some(params), results.as_ref()].into_iter().flatten().any(|list| holds(list, expr));
                }
                Expr::Call { fun, args, .. } => {
                    // (*T)(x) is a conversion.
                    let is_conversion = *fun == expr && matches!(tree.expr(expr), Expr::Paren { .. });
                    return is_conversion || (args.first() == Some(&expr) && self.takes_type(decl, *fun));
                }
                _ => return false,
            }
        }
    }

    /// `make`, and `new` before Go 1.26, which takes values too.
    fn takes_type(&self, decl: DeclId, fun: ExprId) -> bool {
        let before = |version| version < GoVersion { major: 1, minor: 26 };
        match self.tree(decl).ident(fun) {
            Some("make") => true,
            Some("new") => self.project.go_version(decl.file).is_some_and(before),
            _ => false,
        }
    }

    fn is_type_case(&self, decl: DeclId, case: crate::ast::StmtId) -> bool {
        let mut around = self.parents(decl).ancestors(Node::Stmt(case));
        let switch = around.nth(1);
        matches!(switch, Some(Node::Stmt(id)) if matches!(self.tree(decl).stmt(id), Stmt::TypeSwitch { .. }))
    }

    /// Whether an expression is, or may be, a constant that has no type of its own.
    pub(super) fn is_untyped(&self, decl: DeclId, expr: ExprId, fuel: Fuel<'_>) -> bool {
        let Some(fuel) = fuel.step() else { return true };
        let tree = self.tree(decl);
        match tree.expr(expr) {
            Expr::BasicLit(_) => true,
            Expr::Paren { x } => self.is_untyped(decl, *x, fuel),
            Expr::Unary { op, x } => !matches!(op, Op::And | Op::Arrow) && self.is_untyped(decl, *x, fuel),
            Expr::Binary { op: Op::Shl | Op::Shr, x, .. } => self.is_untyped(decl, *x, fuel),
            Expr::Binary { x, y, .. } => self.is_untyped(decl, *x, fuel) && self.is_untyped(decl, *y, fuel),
            Expr::Ident(name) => match self.object(decl, expr) {
                Object::Local(id) => {
                    let local = self.scopes(decl).local(id);
                    match (local.kind, local.ty, local.writes.first().map(|write| write.value)) {
                        (LocalKind::Const, None, Some(Value::Expr(value))) => self.is_untyped(decl, value, fuel),
                        (LocalKind::Const, None, _) => true,
                        _ => false,
                    }
                }
                Object::Package(decls) => decls.iter().any(|&id| self.is_untyped_constant(id, name, fuel)),
                Object::Universe => name == "iota",
                _ => false,
            },
            Expr::Selector { x, sel } => match (tree.ident(*sel), tree.expr(*x), self.object(decl, *x)) {
                (Some(name), Expr::Ident(_), Object::Import(path)) => {
                    let decls = self.lookup_path(path, name, Some(decl.file));
                    decls.iter().any(|&id| self.is_untyped_constant(id, name, fuel))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn is_untyped_constant(&self, id: DeclId, name: &str, fuel: Fuel<'_>) -> bool {
        if self.project.decl(id).kind != DeclKind::Const {
            return false;
        }
        match self.spec_of(id, name) {
            Some((_, spec, at)) => match &spec.kind {
                SpecKind::Value { ty: Some(_), .. } => false,
                SpecKind::Value { values, .. } => values.get(at).is_none_or(|&value| self.is_untyped(id, value, fuel)),
                _ => false,
            },
            None => false,
        }
    }
}

fn holds(list: &FieldList, expr: ExprId) -> bool {
    list.fields.iter().any(|field| field.ty == expr)
}

fn names_type(decl: &GenDecl, expr: ExprId) -> bool {
    decl.specs.iter().any(|spec| match &spec.kind {
        SpecKind::Value { ty, .. } => *ty == Some(expr),
        SpecKind::Type { ty, type_params, .. } => *ty == expr || type_params.as_ref().is_some_and(|list| holds(list, expr)),
        SpecKind::Import { .. } => false,
    })
}
