//! Which type does a type expression name?
//!
//! ```go
//! map[string][]*os.File // read from the outside in, each part written down with its type
//! ```
//!
//! Not here: expressions that are values (`expr`).

use super::check::{Checker, Mode, TYPE_DEPTH};
use super::declared::{Declared, gen_decl};
use super::names::{Entity, Global};
use super::scope::{LocalId, LocalKind};
use super::ty::{FieldType, Interface, Kind, MethodType, Signature, Term, Type, TypeList, TypeName, TypeParam};
use super::universe::{Universe, of_unsafe};
use crate::ast::{Expr, ExprId, FieldList, Op, Spec, SpecKind};

/// A name of a type, before it has its arguments.
pub(super) enum Named {
    Type(Type),
    Alias(TypeList, Type),
    NoType,
}

impl<'p> Checker<'_, 'p> {
    /// The type that an expression names, written down with all parts.
    pub(super) fn type_expr(&mut self, expr: ExprId) -> Type {
        if self.depth > TYPE_DEPTH {
            return Type::UNKNOWN;
        }
        self.depth += 1;
        let ty = self.type_expr_inner(expr);
        self.depth -= 1;
        self.record(expr, Mode::Type, ty);
        ty
    }

    fn type_expr_inner(&mut self, expr: ExprId) -> Type {
        let tree = self.tree;
        match tree.expr(expr) {
            Expr::Ident(_) | Expr::Selector { .. } => match self.type_name(expr) {
                Named::Type(ty) => ty,
                _ => Type::UNKNOWN,
            },
            Expr::Paren { x } => self.type_expr(*x),
            Expr::Index { x, indices } => self.instance(*x, indices),
            Expr::Star { x } => {
                let inner = self.type_expr(*x);
                self.make(Kind::Pointer(inner))
            }
            Expr::ArrayType { len: None, elem } => {
                let elem = self.type_expr(*elem);
                self.make(Kind::Slice(elem))
            }
            Expr::ArrayType { len: Some(len), elem } => {
                let length = self.array_length(*len);
                let elem = self.type_expr(*elem);
                self.make(Kind::Array(length, elem))
            }
            Expr::Ellipsis { elt: Some(elt) } => {
                let elem = self.type_expr(*elt);
                self.make(Kind::Slice(elem))
            }
            Expr::MapType { key, value } => {
                let (key, value) = (self.type_expr(*key), self.type_expr(*value));
                self.make(Kind::Map(key, value))
            }
            Expr::ChanType { dir, value } => {
                let value = self.type_expr(*value);
                self.make(Kind::Chan(*dir, value))
            }
            Expr::FuncType { .. } => self.signature(expr),
            Expr::StructType { fields } => self.struct_type(fields),
            Expr::InterfaceType { methods } => self.interface_type(methods),
            Expr::Unary { op: Op::Tilde, .. } | Expr::Binary { op: Op::Or, .. } => {
                let terms = self.union(expr);
                self.types.as_interface(terms)
            }
            _ => Type::UNKNOWN,
        }
    }

    /// A constraint; one that is no interface is made one.
    pub(super) fn constraint_expr(&mut self, expr: ExprId) -> Type {
        let ty = self.type_expr(expr);
        if matches!(self.tree.expr(expr), Expr::Unary { .. } | Expr::Binary { .. }) {
            // A union is no type by itself.
            self.record(expr, Mode::Type, Type::UNKNOWN);
        }
        match self.kind(ty) {
            Kind::Interface(_) | Kind::Error | Kind::Comparable | Kind::Named(..) | Kind::Unknown => ty,
            _ => self.types.as_interface(Box::new([Term { tilde: false, ty }])),
        }
    }

    fn array_length(&mut self, len: ExprId) -> Option<u64> {
        if let Expr::Ellipsis { .. } = self.tree.expr(len) {
            return None;
        }
        self.evaluate(len);
        self.value(len).and_then(super::constant::Value::as_u64)
    }

    /// The type that a name or a qualified name means; a generic one without its arguments.
    pub(super) fn type_name(&mut self, expr: ExprId) -> Named {
        let tree = self.tree;
        match tree.expr(expr) {
            Expr::Ident(_) => match self.entity(expr) {
                Entity::Local(local) => self.local_type_name(local),
                Entity::Global(global) => self.global_type_name(global),
                Entity::Universe(Universe::Type(ty)) => Named::Type(ty),
                _ => Named::NoType,
            },
            Expr::Selector { x, sel } => {
                let (Expr::Ident(_), Some(name)) = (tree.expr(*x), tree.ident(*sel)) else { return Named::NoType };
                match self.entity(*x) {
                    Entity::Package("unsafe", _) => match of_unsafe(name) {
                        Some(Universe::Type(ty)) => Named::Type(ty),
                        _ => Named::NoType,
                    },
                    Entity::Package(_, Some(package)) => match self.types.in_package(package, name, self.decl.file, self.build) {
                        Some(global) => self.global_type_name(global),
                        None => Named::NoType,
                    },
                    _ => Named::NoType,
                }
            }
            _ => Named::NoType,
        }
    }

    fn global_type_name(&self, global: Global) -> Named {
        match self.types.declared(self.ask, global, self.build) {
            Declared::Type(ty) => Named::Type(ty),
            Declared::GenericAlias(params, ty) => Named::Alias(params, ty),
            _ => Named::NoType,
        }
    }

    fn local_type_name(&mut self, id: LocalId) -> Named {
        let local = self.scopes.local(id);
        match local.kind {
            LocalKind::TypeParam => Named::Type(self.param(local.ident)),
            LocalKind::Type => {
                let offset = self.tree.expr_range(local.ident).start;
                let syntax = self.types.syntax(self.decl);
                let spec = syntax.specs.get(&offset).and_then(|at| Some(&gen_decl(self.tree, at.stmt)?.specs[at.spec as usize]));
                match spec.map(|spec| &spec.kind) {
                    Some(SpecKind::Type { alias: true, ty, type_params: None, .. }) => {
                        let ty = *ty;
                        Named::Type(self.type_expr(ty))
                    }
                    Some(SpecKind::Type { alias: false, name, .. }) => {
                        Named::Type(self.make(Kind::Named(TypeName { decl: self.decl, ident: *name, build: self.build }, Box::new([]))))
                    }
                    _ => Named::NoType,
                }
            }
            _ => Named::NoType,
        }
    }

    fn param(&self, ident: ExprId) -> Type {
        self.make(Kind::Param(TypeParam { decl: self.decl, offset: self.tree.expr_range(ident).start, build: self.build }))
    }

    /// The identifiers of a receiver's type arguments as type parameters.
    pub(super) fn idents_as_params(&self, idents: &[ExprId]) -> TypeList {
        idents.iter().map(|&ident| self.param(ident)).collect()
    }

    /// A generic type with its arguments.
    pub(super) fn instance(&mut self, x: ExprId, indices: &[ExprId]) -> Type {
        let args: TypeList = indices.iter().map(|&index| self.type_expr(index)).collect();
        let x = self.tree.unparen(x);
        let (recorded, ty) = match self.type_name(x) {
            Named::Type(origin) => match self.kind(origin) {
                Kind::Named(name, given) if given.is_empty() && self.types.type_params(*name).len() == args.len() => {
                    (origin, self.make(Kind::Named(*name, args)))
                }
                _ => (origin, Type::UNKNOWN),
            },
            Named::Alias(params, behind) if params.len() == args.len() => (behind, self.types.subst(behind, &params, &args)),
            _ => (Type::UNKNOWN, Type::UNKNOWN),
        };
        self.record(x, Mode::Type, recorded);
        ty
    }

    /// A function type, its parameters and results written down.
    pub(super) fn signature(&mut self, expr: ExprId) -> Type {
        let tree = self.tree;
        let Expr::FuncType { type_params, params, results } = tree.expr(expr) else { return Type::UNKNOWN };
        if let Some(list) = type_params {
            for field in &list.fields {
                self.constraint_expr(field.ty);
            }
        }
        let variadic = params.fields.last().is_some_and(|field| matches!(tree.expr(field.ty), Expr::Ellipsis { .. }));
        let params = self.list_types(params);
        let results = results.as_ref().map_or_else(|| Box::new([]) as TypeList, |list| self.list_types(list));
        self.make(Kind::Func(Signature { params, results, variadic }))
    }

    pub(super) fn list_types(&mut self, list: &FieldList) -> TypeList {
        let mut types = Vec::new();
        for field in &list.fields {
            let ty = self.type_expr(field.ty);
            types.extend(std::iter::repeat_n(ty, field.names.len().max(1)));
        }
        types.into()
    }

    fn struct_type(&mut self, list: &FieldList) -> Type {
        let tree = self.tree;
        let mut fields = Vec::new();
        for field in &list.fields {
            let ty = self.type_expr(field.ty);
            let tag = field.tag.map(|tag| self.text(tag).into());
            for &name in &field.names {
                let text = tree.ident(name).unwrap_or("_").into();
                fields.push(FieldType { name: text, ty, embedded: false, place: self.place(name), tag: tag.clone() });
            }
            if field.names.is_empty()
                && let Some(name) = self.embedded_name(field.ty)
            {
                let text = tree.ident(name).unwrap_or("_").into();
                fields.push(FieldType { name: text, ty, embedded: true, place: self.place(name), tag });
            }
        }
        self.make(Kind::Struct(fields.into()))
    }

    /// The identifier that names an embedded field: `File` of `*os.File`.
    fn embedded_name(&self, mut expr: ExprId) -> Option<ExprId> {
        loop {
            expr = match self.tree.expr(expr) {
                Expr::Paren { x } | Expr::Star { x } | Expr::Index { x, .. } => *x,
                Expr::Selector { sel, .. } => *sel,
                Expr::Ident(_) => return Some(expr),
                _ => return None,
            };
        }
    }

    fn interface_type(&mut self, list: &FieldList) -> Type {
        let tree = self.tree;
        let mut interface = (Vec::new(), Vec::new());
        for field in &list.fields {
            if let Some(&name) = field.names.first() {
                let ty = self.type_expr(field.ty);
                let text = tree.ident(name).unwrap_or("_").into();
                interface.0.push(MethodType { name: text, ty, place: self.place(name) });
            } else {
                interface.1.push(self.union(field.ty));
            }
        }
        self.make(Kind::Interface(Interface { methods: interface.0.into(), embedded: interface.1.into() }))
    }

    /// The terms of `~int | string`, or the only one.
    fn union(&mut self, expr: ExprId) -> Box<[Term]> {
        let tree = self.tree;
        let mut terms = Vec::new();
        let mut stack = vec![expr];
        while let Some(expr) = stack.pop() {
            match tree.expr(expr) {
                Expr::Binary { op: Op::Or, x, y } => stack.extend([*y, *x]),
                Expr::Unary { op: Op::Tilde, x } => {
                    let ty = self.type_expr(*x);
                    terms.push(Term { tilde: true, ty });
                }
                _ => {
                    let ty = self.type_expr(expr);
                    terms.push(Term { tilde: false, ty });
                }
            }
        }
        terms.into()
    }

    /// A receiver's type; its type parameters are in scope.
    pub(super) fn receiver(&mut self, list: &FieldList) {
        for field in &list.fields {
            let ty = self.type_expr(field.ty);
            for &name in &field.names {
                if let Some(local) = self.scopes.of_ident(name) {
                    self.set_local(local, ty);
                }
            }
        }
    }

    /// Gives the parameters and results of a function their types; its result types.
    pub(super) fn function_scope(&mut self, ty: ExprId) -> TypeList {
        let tree = self.tree;
        let signature = self.signature(ty);
        let Expr::FuncType { params, results, .. } = tree.expr(ty) else { return Box::new([]) };
        for field in params.fields.iter().chain(results.iter().flat_map(|list| &list.fields)) {
            let ty = self.ty(field.ty);
            for &name in &field.names {
                if let Some(local) = self.scopes.of_ident(name) {
                    self.set_local(local, ty);
                }
            }
        }
        match self.kind(signature) {
            Kind::Func(signature) => signature.results.clone(),
            _ => Box::new([]),
        }
    }

    /// A type declaration, everything in it written down.
    pub(super) fn type_spec(&mut self, spec: &Spec) {
        if let SpecKind::Type { type_params, ty, .. } = &spec.kind {
            if let Some(list) = type_params {
                for field in &list.fields {
                    self.constraint_expr(field.ty);
                }
            }
            self.type_expr(*ty);
        }
    }
}
