//! Which type has a top-level name, and what is behind a defined type?
//!
//! ```go
//! var client = &http.Client{} // *http.Client, read off the literal without looking into it
//! type handler func(w http.ResponseWriter, r *http.Request) // underlying: a function type
//! ```
//!
//! Not here: bodies (`body`).

use super::ask::Ask;
use super::builds::BuildId;
use super::check::Checker;
use super::constant::Value;
use super::names::Global;
use super::ty::{Interface, Kind, Place, Term, Type, TypeList, TypeName, TypeParam};
use super::{FuncType, Types};
use crate::ast::{Decl, Expr, ExprId, FieldList, GenDecl, GenTok, Name, Spec, SpecKind, Stmt, StmtId, Tree};
use crate::parse::DeclKind;
use crate::project::DeclId;
use rustc_hash::FxHashMap;

/// What a top-level name is.
#[derive(Clone, Debug, Default)]
pub(super) enum Declared {
    #[default]
    Unknown,
    Const(Type, Value),
    Var(Type),
    Func(FuncType),
    /// The type; a generic one without its arguments.
    Type(Type),
    /// An alias with type parameters, and what it stands for.
    GenericAlias(TypeList, Type),
}

/// Where the names of a declaration are declared: by the offset of the identifier, the spec and the position in it.
pub(super) type Specs = FxHashMap<u32, SpecAt>;

/// A name's spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpecAt {
    /// The statement around a local one.
    pub stmt: Option<StmtId>,
    pub spec: u32,
    pub at: u32,
    /// The last spec up to here that says what constants are: those behind it repeat it.
    pub source: u32,
}

/// The `GenDecl` that a spec is in.
pub(super) fn gen_decl(tree: &Tree, stmt: Option<StmtId>) -> Option<&GenDecl> {
    match stmt {
        None => match &tree.decl {
            Decl::Gen(decl) => Some(decl),
            _ => None,
        },
        Some(stmt) => match tree.stmt(stmt) {
            Stmt::Decl(decl) => Some(decl),
            _ => None,
        },
    }
}

pub(super) fn specs(tree: &Tree) -> Specs {
    let mut found = Specs::default();
    let mut add = |decl: &GenDecl, stmt| {
        let mut source = 0;
        for (number, spec) in decl.specs.iter().enumerate() {
            if is_source(spec) {
                source = number as u32;
            }
            let names: &[ExprId] = match &spec.kind {
                SpecKind::Value { names, .. } => names,
                SpecKind::Type { name, .. } => std::slice::from_ref(name),
                SpecKind::Import { .. } => &[],
            };
            for (at, &ident) in names.iter().enumerate() {
                found.insert(tree.expr_range(ident).start, SpecAt { stmt, spec: number as u32, at: at as u32, source });
            }
        }
    };
    if let Decl::Gen(decl) = &tree.decl {
        add(decl, None);
    }
    for (at, stmt) in tree.stmts.iter().enumerate() {
        if let Stmt::Decl(decl) = stmt {
            add(decl, Some(StmtId(at as u32)));
        }
    }
    found
}

/// Whether a spec has a type or values of its own.
pub(super) fn is_source(spec: &Spec) -> bool {
    matches!(&spec.kind, SpecKind::Value { ty, values, .. } if ty.is_some() || !values.is_empty())
}

/// A constant's expression and declared type: its own, or those of the last spec before it that has some.
pub(super) fn const_parts(decl: &GenDecl, at: SpecAt) -> (Option<ExprId>, Option<ExprId>) {
    match &decl.specs[at.source as usize].kind {
        SpecKind::Value { ty, values, .. } => (*ty, values.get(at.at as usize).copied()),
        _ => (None, None),
    }
}

impl<'p> Types<'p> {
    /// What a top-level name is.
    pub(super) fn declared(&self, ask: &Ask, global: Global, build: BuildId) -> Declared {
        if let Some(known) = self.declared.get(&(global, build)) {
            return known.clone();
        }
        let kind = self.project.decl(global.decl).kind;
        if kind == DeclKind::Const {
            self.earlier_constants(ask, global, build);
        }
        let Some((found, keep)) = ask.within(self.place_of(global), || match kind {
            DeclKind::Func => Declared::Func(self.func_type(ask, global.decl, build)),
            _ => self.declared_spec(ask, global, build),
        }) else {
            return Declared::Unknown;
        };
        if keep { self.declared.set((global, build), found).clone() } else { found }
    }

    /// The constants of a long group often each need the one before: first things first, or one question would go too deep.
    fn earlier_constants(&self, ask: &Ask, global: Global, build: BuildId) {
        let before = (0..global.at).rev().map(|at| Global { at, ..global });
        let missing = |other: &Global| self.declared.get(&(*other, build)).is_none() && !ask.is_open(self.place_of(*other));
        let mut waiting: Vec<Global> = before.take_while(missing).collect();
        if waiting.len() < 8 {
            return;
        }
        while let Some(other) = waiting.pop() {
            if let Some((found, true)) = ask.within(self.place_of(other), || self.declared_spec(ask, other, build)) {
                self.declared.set((other, build), found);
            }
        }
    }

    fn declared_spec(&self, ask: &Ask, global: Global, build: BuildId) -> Declared {
        let offset = self.place_of(global).offset;
        // A long table is not read for its type.
        let short = self.project.short(global.decl);
        let tree = short.unwrap_or_else(|| self.project.tree(global.decl));
        let at = match short {
            Some(tree) => specs(tree).get(&offset).copied(),
            None => self.syntax(global.decl).specs.get(&offset).copied(),
        };
        let Some(at) = at else { return Declared::Unknown };
        let Some(decl) = gen_decl(tree, at.stmt) else { return Declared::Unknown };
        let mut checker = match short {
            Some(tree) => Checker::new_header(self, ask, global.decl, tree, build),
            None => Checker::new(self, ask, global.decl, tree, build),
        };
        checker.shallow = true;
        match &decl.specs[at.spec as usize].kind {
            SpecKind::Import { .. } => Declared::Unknown,
            SpecKind::Type { alias: true, type_params: None, ty, .. } => Declared::Type(checker.type_expr(*ty)),
            SpecKind::Type { alias: true, type_params: Some(list), ty, .. } => {
                Declared::GenericAlias(self.params_of(global.decl, tree, list, build), checker.type_expr(*ty))
            }
            SpecKind::Type { name, .. } => {
                Declared::Type(self.make(Kind::Named(TypeName { decl: global.decl, ident: *name, build }, Box::new([]))))
            }
            SpecKind::Value { .. } if decl.tok == GenTok::Const => {
                let (ty, value) = const_parts(decl, at);
                let (ty, value) = checker.constant(ty, value, at.spec);
                Declared::Const(ty, value)
            }
            SpecKind::Value { ty: Some(ty), .. } => Declared::Var(checker.type_expr(*ty)),
            SpecKind::Value { names, values, .. } => Declared::Var(checker.variable(names.len(), values, at.at as usize)),
        }
    }

    /// The expression that a variable at top level gets, if it has one of its own.
    pub fn initial_value(&self, global: Global) -> Option<ExprId> {
        let at = self.syntax(global.decl).specs.get(&self.place_of(global).offset)?;
        match &gen_decl(self.project.tree(global.decl), None)?.specs[at.spec as usize].kind {
            SpecKind::Value { names, values, .. } if names.len() == values.len() => values.get(at.at as usize).copied(),
            _ => None,
        }
    }

    /// The type of a variable or constant at top level.
    pub fn type_at_top(&self, global: Global) -> Type {
        match self.declared(&Ask::default(), global, self.build_of(global.decl.file)) {
            Declared::Var(ty) | Declared::Const(ty, _) => ty,
            _ => Type::UNKNOWN,
        }
    }

    /// The type that a name at top level defines; an alias defines none.
    pub fn defined_type(&self, global: Global) -> Option<Type> {
        match self.declared(&Ask::default(), global, self.build_of(global.decl.file)) {
            Declared::Type(ty) => match self.kind(ty) {
                Kind::Named(name, _) if name.decl == global.decl => Some(ty),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a defined type has type parameters.
    pub fn is_generic_name(&self, name: TypeName) -> bool {
        !self.type_params(name).is_empty()
    }

    /// The name of the same package that an alias stands for.
    pub(super) fn alias_of(&self, global: Global) -> Option<Name> {
        let tree = self.project.tree(global.decl);
        let at = self.syntax(global.decl).specs.get(&self.place_of(global).offset)?;
        match &gen_decl(tree, None)?.specs[at.spec as usize].kind {
            SpecKind::Type { alias: true, ty, .. } => tree.ident(*ty).map(Name::from),
            _ => None,
        }
    }

    /// A list's type parameters as types.
    pub(super) fn params_of(&self, decl: DeclId, tree: &Tree, list: &FieldList, build: BuildId) -> TypeList {
        let names = list.fields.iter().flat_map(|field| &field.names);
        names.map(|&name| self.make(Kind::Param(TypeParam { decl, offset: tree.expr_range(name).start, build }))).collect()
    }

    /// A function's or method's type.
    pub(super) fn func_type(&self, ask: &Ask, decl: DeclId, build: BuildId) -> FuncType {
        let key = (decl, build);
        if let Some(known) = self.func_types.get(&key) {
            return known.clone();
        }
        let unknown = || FuncType { ty: Type::UNKNOWN, type_params: Box::new([]), receiver_params: Box::new([]), pointer: false };
        let offset = self.project.decl(decl).range.start;
        let Some((found, keep)) = ask.within(Place { file: decl.file, offset }, || {
            let tree = self.project.header(decl);
            let Some(func) = tree.func() else { return unknown() };
            let mut checker = Checker::new_header(self, ask, decl, tree, build);
            let type_params = match tree.expr(func.ty) {
                Expr::FuncType { type_params: Some(list), .. } => self.params_of(decl, tree, list, build),
                _ => Box::new([]),
            };
            let mut receiver_params: TypeList = Box::new([]);
            let mut pointer = false;
            if let Some(field) = func.recv.as_ref().and_then(|recv| recv.fields.first()) {
                let mut ty = tree.unparen(field.ty);
                if let Expr::Star { x } = tree.expr(ty) {
                    pointer = true;
                    ty = tree.unparen(*x);
                }
                if let Expr::Index { indices, .. } = tree.expr(ty) {
                    let param = |&index: &ExprId| self.make(Kind::Param(TypeParam { decl, offset: tree.expr_range(index).start, build }));
                    receiver_params = indices.iter().map(param).collect();
                }
            }
            FuncType { ty: checker.signature(func.ty), type_params, receiver_params, pointer }
        }) else {
            return unknown();
        };
        if keep { self.func_types.set(key, found).clone() } else { found }
    }

    /// The spec of a defined type: the tree, its type parameters and the type expression.
    fn type_spec(&self, name: TypeName) -> Option<(&'p Tree, Option<&'p FieldList>, ExprId)> {
        let tree = self.project.tree(name.decl);
        let at = self.syntax(name.decl).specs.get(&tree.expr_range(name.ident).start)?;
        match &gen_decl(tree, at.stmt)?.specs[at.spec as usize].kind {
            SpecKind::Type { type_params, ty, .. } => Some((tree, type_params.as_ref(), *ty)),
            _ => None,
        }
    }

    /// The type parameters of a defined type.
    pub(super) fn type_params(&self, name: TypeName) -> TypeList {
        match self.type_spec(name) {
            Some((tree, Some(list), _)) => self.params_of(name.decl, tree, list, name.build),
            _ => Box::new([]),
        }
    }

    /// The type behind a defined type, its arguments put in; any other type is itself.
    pub(super) fn underlying(&self, ask: &Ask, ty: Type) -> Type {
        let Kind::Named(name, args) = self.kind(ty) else { return ty };
        if let Some(&known) = self.underlying.get(&ty) {
            return known;
        }
        if !args.is_empty() {
            let origin = self.make(Kind::Named(*name, Box::new([])));
            let behind = self.underlying(ask, origin);
            let params = self.type_params(*name);
            let found = if params.len() == args.len() { self.subst(behind, &params, args) } else { Type::UNKNOWN };
            // Kept only if the origin's answer was.
            if self.underlying.get(&origin).is_some() {
                self.underlying.set(ty, found);
            }
            return found;
        }
        let Some((tree, _, expr)) = self.type_spec(*name) else { return Type::UNKNOWN };
        // The name's own place is asked about when its `Declared` is.
        let place = Place { file: name.decl.file, offset: tree.expr_range(expr).start };
        let found = ask.within(place, || {
            let mut checker = Checker::new(self, ask, name.decl, tree, name.build);
            checker.shallow = true;
            let ty = checker.type_expr(expr);
            match self.kind(ty) {
                Kind::Named(..) => self.underlying(ask, ty),
                _ => ty,
            }
        });
        match found {
            Some((found, true)) => *self.underlying.set(ty, found),
            Some((found, false)) => found,
            None => Type::UNKNOWN,
        }
    }

    /// The constraint of a type parameter, as an interface type.
    pub(super) fn constraint(&self, ask: &Ask, param: TypeParam) -> Type {
        if let Some(&known) = self.constraints.get(&param) {
            return known;
        }
        let place = Place { file: param.decl.file, offset: param.offset };
        match ask.within(place, || self.constraint_at(ask, param)) {
            Some((found, true)) => *self.constraints.set(param, found),
            Some((found, false)) => found,
            None => Type::UNKNOWN,
        }
    }

    fn constraint_at(&self, ask: &Ask, param: TypeParam) -> Type {
        let tree = self.project.header(param.decl);
        let at = |id: ExprId| tree.expr_range(id).start == param.offset;
        // A method's receiver names the parameters of its type.
        if let Some(func) = tree.func()
            && let Some(field) = func.recv.as_ref().and_then(|recv| recv.fields.first())
        {
            let mut ty = tree.unparen(field.ty);
            if let Expr::Star { x } = tree.expr(ty) {
                ty = tree.unparen(*x);
            }
            if let Expr::Index { x, indices } = tree.expr(ty)
                && let Some(number) = indices.iter().position(|&index| at(index))
            {
                let mut checker = Checker::new_header(self, ask, param.decl, tree, param.build);
                let Kind::Named(name, _) = self.kind(checker.type_expr(*x)) else { return Type::UNKNOWN };
                let (from, to) = (self.type_params(*name), checker.idents_as_params(indices));
                let Some(&original) = from.get(number) else { return Type::UNKNOWN };
                let Kind::Param(original) = self.kind(original) else { return Type::UNKNOWN };
                let constraint = self.constraint(ask, *original);
                return if from.len() == to.len() { self.subst(constraint, &from, &to) } else { Type::UNKNOWN };
            }
        }
        let lists = param_lists(tree);
        let Some(field) = lists.iter().flat_map(|list| &list.fields).find(|field| field.names.iter().any(|&name| at(name))) else {
            return Type::UNKNOWN;
        };
        let mut checker = Checker::new_header(self, ask, param.decl, tree, param.build);
        checker.constraint_expr(field.ty)
    }

    /// A constraint that is no interface by itself, as one: `~int | string`, `[]E`.
    pub(super) fn as_interface(&self, terms: Box<[Term]>) -> Type {
        self.make(Kind::Interface(Interface { methods: Box::new([]), embedded: Box::new([terms]) }))
    }
}

/// All lists of type parameters in a tree.
fn param_lists(tree: &Tree) -> Vec<&FieldList> {
    let mut lists: Vec<&FieldList> = Vec::new();
    for expr in &tree.exprs {
        if let Expr::FuncType { type_params: Some(list), .. } = expr {
            lists.push(list);
        }
    }
    let locals = tree.stmts.iter().filter_map(|stmt| match stmt {
        Stmt::Decl(decl) => Some(decl),
        _ => None,
    });
    let top = match &tree.decl {
        Decl::Gen(decl) => Some(decl),
        _ => None,
    };
    for spec in top.into_iter().chain(locals).flat_map(|decl| &decl.specs) {
        if let SpecKind::Type { type_params: Some(list), .. } = &spec.kind {
            lists.push(list);
        }
    }
    lists
}
