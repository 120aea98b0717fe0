//! Which type has an expression, once its parts are known?
//!
//! ```go
//! xs[i].name // xs and i first; then the element's type; then its field
//! ```
//!
//! Not here: calls (`call`), statements (`stmt`), untyped constants (`convert`).

use super::Member;
use super::check::{Checker, Mode, Task};
use super::constant::Value;
use super::declared::{Declared, const_parts, gen_decl};
use super::members::Lookup;
use super::names::{Entity, Global};
use super::scope::{LocalId, LocalKind};
use super::ty::{Basic, Kind, Signature, Type, TypeList};
use super::universe::{Universe, of_unsafe};
use crate::ast::{ChanDir, Expr, ExprId, Op};

impl<'p> Checker<'_, 'p> {
    /// Looks at an expression; what has parts comes back in `done` when they are known.
    pub(super) fn expr(&mut self, expr: ExprId, hint: Option<Type>) {
        let tree = self.tree;
        match tree.expr(expr) {
            Expr::Bad | Expr::KeyValue { .. } => {}
            Expr::Ident(_) => self.ident(expr),
            Expr::BasicLit(kind) => {
                let value = Value::parse(*kind, self.text(expr));
                let ty = Value::literal_type(*kind);
                self.record_constant(expr, ty, value);
            }
            Expr::Paren { x } => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            Expr::CompositeLit { ty, elts } => self.composite(expr, *ty, elts, hint),
            Expr::FuncLit { ty, body } => {
                let signature = self.type_expr(*ty);
                self.record(expr, Mode::Value, signature);
                if !self.shallow {
                    let results = self.function_scope(*ty);
                    self.results.push(results);
                    self.then([Task::Stmt(*body), Task::Leave]);
                }
            }
            Expr::Selector { x, sel } => match tree.expr(*x) {
                Expr::Ident(_) => match self.entity(*x) {
                    Entity::Package(path, package) => self.qualified(expr, *sel, path, package),
                    _ => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
                },
                _ => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            },
            Expr::Index { x, .. } => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            Expr::Slice { x, low, high, max } => {
                let parts = [Some(*x), *low, *high, *max].into_iter().flatten().map(Task::Expr);
                self.then(parts.chain([Task::Done(expr, 0)]).collect::<Vec<_>>());
            }
            Expr::TypeAssert { x, .. } => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            Expr::Call { fun, .. } => self.then([Task::Expr(*fun), Task::Done(expr, 0)]),
            Expr::Star { x } => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            Expr::Unary { op: Op::Tilde, .. } => drop(self.type_expr(expr)),
            Expr::Unary { x, .. } => self.then([Task::Expr(*x), Task::Done(expr, 0)]),
            Expr::Binary { x, y, .. } => self.then([Task::Expr(*x), Task::Expr(*y), Task::Done(expr, 0)]),
            Expr::ArrayType { .. }
            | Expr::Ellipsis { .. }
            | Expr::StructType { .. }
            | Expr::FuncType { .. }
            | Expr::InterfaceType { .. }
            | Expr::MapType { .. }
            | Expr::ChanType { .. } => drop(self.type_expr(expr)),
        }
    }

    pub(super) fn done(&mut self, expr: ExprId, step: u8) {
        match self.tree.expr(expr) {
            Expr::Paren { x } => {
                let x = *x;
                self.record(expr, self.mode(x), self.ty(x));
                if let Some(value) = self.value(x).cloned() {
                    self.record_constant(expr, self.ty(x), value);
                }
                if let Some(params) = self.info.generic.get(&x).cloned() {
                    self.info.generic.insert(expr, params);
                    if let Some(given) = self.partial.get(&x).cloned() {
                        self.partial.insert(expr, given);
                    }
                }
                if self.perhaps.contains(&x) {
                    self.perhaps.insert(expr);
                }
            }
            Expr::CompositeLit { .. } => self.composite_done(expr),
            Expr::Selector { x, sel } => self.selector(expr, *x, *sel),
            Expr::Index { x, indices } => self.index(expr, *x, indices, step),
            Expr::Slice { x, low, high, max } => self.slice(expr, *x, [*low, *high, *max]),
            Expr::TypeAssert { ty: Some(ty), .. } => {
                let ty = self.type_expr(*ty);
                self.record(expr, Mode::CommaOk, ty);
            }
            Expr::Call { fun, args, ellipsis } => self.call(expr, *fun, args, *ellipsis, step),
            Expr::Star { x } => self.star(expr, *x),
            Expr::Unary { op, x } => self.unary(expr, *op, *x),
            Expr::Binary { op, x, y } => self.binary(expr, *op, *x, *y),
            _ => {}
        }
    }

    fn ident(&mut self, expr: ExprId) {
        match self.entity(expr) {
            Entity::Local(local) => self.local(expr, local),
            Entity::Global(global) => self.global(expr, global),
            Entity::Universe(found) => self.predeclared(expr, found),
            Entity::Package(..) | Entity::Unknown => {}
        }
    }

    fn predeclared(&mut self, expr: ExprId, found: Universe) {
        match found {
            Universe::Type(ty) => self.record(expr, Mode::Type, ty),
            Universe::Builtin(builtin) => self.record(expr, Mode::Builtin(builtin), Type::UNKNOWN),
            Universe::True => self.record_constant(expr, Type::UNTYPED_BOOL, Value::Bool(true)),
            Universe::False => self.record_constant(expr, Type::UNTYPED_BOOL, Value::Bool(false)),
            Universe::Iota => {
                let value = self.iota.map_or(Value::Unknown, |iota| Value::int(u64::from(iota)));
                self.record_constant(expr, Type::UNTYPED_INT, value);
            }
            Universe::Nil => self.record(expr, Mode::Nil, Type::UNTYPED_NIL),
        }
    }

    fn local(&mut self, expr: ExprId, id: LocalId) {
        match self.scopes.local(id).kind {
            LocalKind::Type | LocalKind::TypeParam => drop(self.type_expr(expr)),
            LocalKind::Const => {
                let (ty, value) = self.local_constant(id);
                if ty.is_known() {
                    self.record_constant(expr, ty, value);
                }
            }
            _ => {
                let ty = self.info.local(id);
                self.record(expr, Mode::Value, ty);
            }
        }
    }

    /// A constant that a function declares. It may be asked for before its declaration is walked: by a type, on its own.
    fn local_constant(&mut self, id: LocalId) -> (Type, Value) {
        let ident = self.scopes.local(id).ident;
        if let Some(value) = self.value(ident) {
            return (self.info.local(id), value.clone());
        }
        let syntax = self.types.syntax(self.decl);
        let Some(&at) = syntax.specs.get(&self.tree.expr_range(ident).start) else { return (Type::UNKNOWN, Value::Unknown) };
        let Some(decl) = gen_decl(self.tree, at.stmt) else { return (Type::UNKNOWN, Value::Unknown) };
        let (ty, value) = const_parts(decl, at);
        if self.depth > super::check::TYPE_DEPTH {
            return (Type::UNKNOWN, Value::Unknown);
        }
        self.depth += 1;
        let (ty, value) = self.constant(ty, value, at.spec);
        self.depth -= 1;
        self.set_local(id, ty);
        self.record_constant(ident, ty, value.clone());
        (ty, value)
    }

    pub(super) fn global(&mut self, expr: ExprId, global: Global) {
        match self.types.declared(self.ask, global, self.build) {
            Declared::Unknown => {}
            Declared::Const(ty, value) => {
                if ty.is_known() {
                    self.record_constant(expr, ty, value);
                }
            }
            Declared::Var(ty) => self.record(expr, Mode::Value, ty),
            Declared::Func(func) => {
                self.record(expr, Mode::Value, func.ty);
                if !func.type_params.is_empty() {
                    self.info.generic.insert(expr, func.type_params);
                }
            }
            Declared::Type(ty) | Declared::GenericAlias(_, ty) => self.record(expr, Mode::Type, ty),
        }
    }

    fn qualified(&mut self, expr: ExprId, sel: ExprId, path: &str, package: Option<crate::project::PackageId>) {
        let Some(name) = self.tree.ident(sel) else { return };
        if path == "unsafe" {
            if let Some(found) = of_unsafe(name) {
                self.predeclared(expr, found);
            }
            return;
        }
        let global = package.and_then(|package| self.types.in_package(package, name, self.decl.file, self.build));
        if let Some(global) = global {
            self.global(expr, global);
        }
    }

    fn selector(&mut self, expr: ExprId, x: ExprId, sel: ExprId) {
        let Some(name) = self.tree.ident(sel) else { return };
        let base = self.ty(x);
        if name == "_" || !base.is_known() {
            return;
        }
        let Lookup::Found(found) = self.types.lookup(self.ask, base, name, self.decl.file) else { return };
        let mut ty = match found.member {
            Member::Field { ty, .. } | Member::Abstract { ty, .. } | Member::Method { ty, .. } => ty,
        };
        if let Member::Method { decl, of, .. } = found.member {
            let func = self.types.func_type(self.ask, decl, of.build);
            if !func.type_params.is_empty() {
                self.info.generic.insert(expr, func.type_params);
                self.receivers.insert(expr, (func.receiver_params, found.receiver_args));
            }
        }
        // T.Method is a function that gets the receiver first.
        if self.mode(x) == Mode::Type {
            match (&found.member, self.kind(ty)) {
                (Member::Field { .. }, _) => return,
                (_, Kind::Func(signature)) => {
                    let receiver = [base].into_iter().chain(signature.params.iter().copied()).collect();
                    ty = self.make(Kind::Func(Signature { params: receiver, ..signature.clone() }));
                }
                _ => {}
            }
        }
        self.member(sel, found.member);
        self.record(expr, Mode::Value, ty);
    }

    fn index(&mut self, expr: ExprId, x: ExprId, indices: &[ExprId], step: u8) {
        if step == 0 {
            if self.mode(x) == Mode::Type {
                let ty = self.instance(x, indices);
                return self.record(expr, Mode::Type, ty);
            }
            if let Some(params) = self.info.generic.get(&x).cloned() {
                return self.explicit(expr, x, &params, indices);
            }
            // What stands behind an unknown name may be types too: nothing is said about it.
            if !self.ty(x).is_known() {
                return self.then(indices.iter().map(|&index| Task::Expr(index)).chain([Task::Done(expr, 2)]).collect::<Vec<_>>());
            }
            return self.then(indices.iter().map(|&index| Task::Expr(index)).chain([Task::Done(expr, 1)]).collect::<Vec<_>>());
        }
        let Some(&index) = indices.first() else { return };
        if step == 2 {
            return self.assign(index, Type::UNKNOWN);
        }
        let of = self.ty(x);
        let mut mode = Mode::Value;
        let mut key = Type::INT;
        let element = match self.under(of) {
            Kind::Basic(basic) if basic.is_string() => {
                if self.ty(index).is_untyped() {
                    self.assign(index, Type::INT);
                }
                self.record(expr, Mode::Value, Type::UINT8);
                return;
            }
            Kind::Array(_, element) | Kind::Slice(element) => *element,
            Kind::Pointer(target) => match self.under(*target) {
                Kind::Array(_, element) => *element,
                _ => Type::UNKNOWN,
            },
            Kind::Map(of, element) => {
                mode = Mode::CommaOk;
                key = *of;
                *element
            }
            Kind::Param(_) => match self.element_of_param(of) {
                Some((of, element)) => {
                    key = of.unwrap_or(Type::INT);
                    if of.is_some() {
                        mode = Mode::CommaOk;
                    }
                    element
                }
                None => {
                    key = Type::UNKNOWN;
                    Type::UNKNOWN
                }
            },
            _ => {
                key = Type::UNKNOWN;
                Type::UNKNOWN
            }
        };
        // A map's key may be a generic function, an index never is.
        if mode == Mode::CommaOk || self.ty(index).is_untyped() {
            self.assign(index, key);
        }
        self.record(expr, mode, element);
    }

    /// The key (of a map) and the element type that all types of a type parameter share.
    fn element_of_param(&self, ty: Type) -> Option<(Option<Type>, Type)> {
        let terms = self.types.term_set(self.ask, ty)?;
        let mut found: Option<(Option<Type>, Type)> = None;
        for term in &terms {
            let this = match self.under(term.ty) {
                Kind::Basic(basic) if basic.is_string() => (None, Type::UINT8),
                Kind::Array(_, element) | Kind::Slice(element) => (None, *element),
                Kind::Pointer(target) => match self.under(*target) {
                    Kind::Array(_, element) => (None, *element),
                    _ => return None,
                },
                Kind::Map(key, element) => (Some(*key), *element),
                _ => return None,
            };
            if found.is_some_and(|found| found != this) {
                return None;
            }
            found = Some(this);
        }
        found
    }

    /// `f[int]`, perhaps with fewer arguments than the function has parameters.
    fn explicit(&mut self, expr: ExprId, x: ExprId, params: &TypeList, indices: &[ExprId]) {
        let mut args: Vec<Type> = indices.iter().map(|&index| self.type_expr(index)).collect();
        let signature = self.ty(x);
        if args.len() < params.len() {
            // The constraints may tell the rest: the `E` of `S ~[]E`.
            let (names, stand_for) = self.receiver_of(x);
            let all = self.types.infer(self.ask, params, &args, &[], &[], (&names, &stand_for));
            if let Some(all) = all.filter(|all| all.iter().all(|ty| ty.is_known())) {
                args = all;
            }
        }
        if args.len() < params.len() {
            self.partial.insert(expr, args.into());
            self.info.generic.insert(expr, params.clone());
            return self.record(expr, Mode::Value, signature);
        }
        let ty = if args.len() == params.len() { self.types.subst(signature, params, &args) } else { Type::UNKNOWN };
        self.record(expr, Mode::Value, ty);
    }

    fn slice(&mut self, expr: ExprId, x: ExprId, bounds: [Option<ExprId>; 3]) {
        for bound in bounds.into_iter().flatten() {
            if self.ty(bound).is_untyped() {
                self.assign(bound, Type::INT);
            }
        }
        let of = self.ty(x);
        let ty = match self.under(of) {
            Kind::Basic(basic) if basic.is_string() => {
                // The constant itself keeps its type.
                if of.is_untyped() { Type::STRING } else { of }
            }
            Kind::Slice(_) => of,
            Kind::Array(_, element) => self.make(Kind::Slice(*element)),
            Kind::Pointer(target) => match self.under(*target) {
                Kind::Array(_, element) => self.make(Kind::Slice(*element)),
                _ => Type::UNKNOWN,
            },
            Kind::Param(_) => match self.kind(self.types.core_string(self.ask, of)) {
                Kind::Slice(_) | Kind::Basic(Basic::String) => of,
                Kind::Array(_, element) => self.make(Kind::Slice(*element)),
                Kind::Pointer(target) => match self.under(*target) {
                    Kind::Array(_, element) => self.make(Kind::Slice(*element)),
                    _ => Type::UNKNOWN,
                },
                _ => Type::UNKNOWN,
            },
            _ => Type::UNKNOWN,
        };
        self.record(expr, Mode::Value, ty);
    }

    fn star(&mut self, expr: ExprId, x: ExprId) {
        let ty = self.ty(x);
        match self.mode(x) {
            Mode::Type => {
                let pointer = self.make(Kind::Pointer(ty));
                self.record(expr, Mode::Type, pointer);
            }
            Mode::Unknown => {}
            _ => {
                let target = match self.core(ty) {
                    Kind::Pointer(target) => *target,
                    _ => Type::UNKNOWN,
                };
                self.record(expr, Mode::Value, target);
            }
        }
    }

    fn unary(&mut self, expr: ExprId, op: Op, x: ExprId) {
        let ty = self.ty(x);
        match op {
            Op::And => {
                if ty.is_known() {
                    let pointer = self.make(Kind::Pointer(ty));
                    self.record(expr, Mode::Value, pointer);
                }
            }
            Op::Arrow => {
                let element = match self.core(ty) {
                    Kind::Chan(_, element) => *element,
                    _ => self.received_from_param(ty),
                };
                self.record(expr, Mode::CommaOk, element);
            }
            _ => match (self.mode(x), self.value(x)) {
                (Mode::Constant, Some(value)) => {
                    let basic = match self.under(ty) {
                        Kind::Basic(basic) => Some(*basic),
                        _ => None,
                    };
                    let value = value.unary(op, basic, self.word());
                    self.record_constant(expr, ty, value);
                }
                _ => {
                    if ty.is_known() {
                        self.record(expr, Mode::Value, ty);
                    }
                    if self.perhaps.contains(&x) {
                        self.perhaps.insert(expr);
                    }
                }
            },
        }
    }

    fn received_from_param(&self, ty: Type) -> Type {
        let terms = match self.under(ty) {
            Kind::Param(_) => self.types.term_set(self.ask, ty).unwrap_or_default(),
            _ => return Type::UNKNOWN,
        };
        let mut found = None;
        for term in &terms {
            let Kind::Chan(_, element) = self.under(term.ty) else { return Type::UNKNOWN };
            if found.is_some_and(|found| found != *element) {
                return Type::UNKNOWN;
            }
            found = Some(*element);
        }
        found.unwrap_or(Type::UNKNOWN)
    }

    fn binary(&mut self, expr: ExprId, op: Op, x: ExprId, y: ExprId) {
        // In constraints: `A | B` of types.
        if op == Op::Or && (self.mode(x) == Mode::Type || self.mode(y) == Mode::Type) {
            self.type_expr(expr);
            return;
        }
        if matches!(op, Op::Shl | Op::Shr) {
            return self.shift(expr, op, x, y);
        }
        self.matched(x, y);
        // Only if both operands are constants it is one.
        let perhaps = ![x, y].iter().any(|&side| self.mode(side) == Mode::Value && !self.perhaps.contains(&side))
            && [x, y].iter().any(|side| self.mode(*side) == Mode::Unknown || self.perhaps.contains(side));
        if perhaps {
            self.perhaps.insert(expr);
        }
        let is_comparison = matches!(op, Op::Eql | Op::Neq | Op::Lss | Op::Leq | Op::Gtr | Op::Geq);
        let (left, right) = (self.ty(x), self.ty(y));
        if is_comparison {
            if let (Mode::Constant, Mode::Constant, Some(a), Some(b)) = (self.mode(x), self.mode(y), self.value(x), self.value(y)) {
                let value = Value::compare(op, a, b);
                return self.record_constant(expr, Type::UNTYPED_BOOL, value);
            }
            for side in [x, y] {
                let ty = self.ty(side);
                if ty.is_untyped() {
                    let other = if side == x { right } else { left };
                    // Beside a type of its own only `nil` is left untyped; anything else is an error, or something is unknown.
                    let fits = other.is_untyped() || (ty == Type::UNTYPED_NIL && other.is_known());
                    let last = if fits { self.types.default_type(ty) } else { Type::UNKNOWN };
                    self.update(side, last);
                }
            }
            return self.record(expr, Mode::Value, Type::UNTYPED_BOOL);
        }
        // The operands of valid Go have one type, so one known operand is enough if it has a type of its own.
        let ty = match (left.is_known(), right.is_known()) {
            (true, true) => left,
            (true, false) if !left.is_untyped() => left,
            (false, true) if !right.is_untyped() => right,
            _ => Type::UNKNOWN,
        };
        if !ty.is_known() {
            for side in [x, y] {
                if self.ty(side).is_untyped() {
                    self.update(side, Type::UNKNOWN);
                }
            }
            return;
        }
        if let (Mode::Constant, Mode::Constant, Some(a), Some(b)) = (self.mode(x), self.mode(y), self.value(x), self.value(y)) {
            let basic = match self.under(ty) {
                Kind::Basic(basic) => Some(*basic),
                _ => None,
            };
            let value = Value::binary(op, a, b, basic.is_some_and(Basic::is_integer));
            return self.record_constant(expr, ty, value);
        }
        self.record(expr, Mode::Value, ty);
    }

    fn shift(&mut self, expr: ExprId, op: Op, x: ExprId, y: ExprId) {
        if self.ty(y).is_untyped() && self.mode(y) != Mode::Constant {
            self.convert(y, Type::UINT);
        }
        let ty = self.ty(x);
        if !ty.is_known() {
            return;
        }
        if self.mode(x) == Mode::Constant {
            if self.mode(y) == Mode::Constant {
                let is_integer = matches!(self.under(ty), Kind::Basic(basic) if basic.is_integer());
                let ty = if is_integer { ty } else { Type::UNTYPED_INT };
                let value = match (self.value(x), self.value(y)) {
                    (Some(value), Some(count)) => value.shift(op, count),
                    _ => Value::Unknown,
                };
                return self.record_constant(expr, ty, value);
            }
            if ty.is_untyped() {
                if self.mode(y) == Mode::Unknown || self.perhaps.contains(&y) {
                    self.perhaps.insert(expr);
                }
                // The left side gets the type that the whole gets.
                return self.record(expr, Mode::Value, ty);
            }
        }
        self.record(expr, Mode::Value, ty);
    }

    /// The types of the values that an expression gives where `count` are wanted.
    pub(super) fn parts(&mut self, expr: ExprId, count: usize) -> Vec<Type> {
        let ty = self.ty(expr);
        match self.kind(ty) {
            Kind::Tuple(types) if types.len() == count => types.to_vec(),
            _ if count == 2 && self.mode(expr) == Mode::CommaOk => vec![ty, Type::BOOL],
            _ => vec![Type::UNKNOWN; count],
        }
    }

    /// The type of an expression where one value is wanted.
    pub(super) fn single(&self, expr: ExprId) -> Type {
        let ty = self.ty(expr);
        match (self.kind(ty), self.mode(expr)) {
            (Kind::Tuple(_), _) | (_, Mode::Type) => Type::UNKNOWN,
            _ => ty,
        }
    }

    /// The direction does not matter for what a channel gives.
    pub(super) fn channel_element(&self, ty: Type) -> Option<(ChanDir, Type)> {
        match self.core(ty) {
            Kind::Chan(dir, element) => Some((*dir, *element)),
            _ => None,
        }
    }
}
