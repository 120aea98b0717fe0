//! Which types and meanings has everything in one declaration? The checker walks it once, in the order of the text, as go/types does.
//!
//! ```go
//! n := len(xs) + 1 // xs first, then len(xs), 1, the sum; then n is an int, and so is the 1
//! ```
//!
//! What waits is on a stack of tasks, never on the program's own: real code nests thousands of levels. Types are the exception: they are
//! nested at most so deep.
//!
//! Not here: types of other declarations (`declared`).

use super::ask::Ask;
use super::builds::BuildId;
use super::constant::Value;
use super::names::Entity;
use super::scope::{LocalId, Scopes};
use super::ty::{Kind, Place, Type, TypeList};
use super::universe::Builtin;
use super::{Member, Types};
use crate::ast::{Decl, ExprId, SpecKind, StmtId, Tree};
use crate::project::DeclId;
use rustc_hash::{FxHashMap, FxHashSet};

/// What an expression is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Not looked at, or not known.
    #[default]
    Unknown,
    /// A call without results.
    NoValue,
    Builtin(Builtin),
    Type,
    Constant,
    Value,
    /// `m[k]`, `<-c`, `x.(T)`: `v, ok :=` can get two values from it.
    CommaOk,
    Nil,
}

/// What is known about the expressions of one declaration.
#[derive(Clone, Debug, Default)]
pub struct Info {
    types: Vec<Type>,
    modes: Vec<Mode>,
    constants: FxHashMap<ExprId, Value>,
    /// What the right half of a selector, or the key of a struct literal, selects.
    members: FxHashMap<ExprId, Member>,
    /// Identifiers that mean a field although a local of that name is in scope.
    keys: FxHashSet<ExprId>,
    /// The type parameters of a generic function value that has no type arguments.
    pub(super) generic: FxHashMap<ExprId, TypeList>,
    /// The types of the local names.
    pub locals: Vec<Type>,
}

impl Info {
    /// The type of an expression, or the type that it names. An untyped constant that gets a type from its surroundings has that one.
    pub fn ty(&self, expr: ExprId) -> Type {
        self.types.get(expr.0 as usize).copied().unwrap_or(Type::UNKNOWN)
    }

    pub fn mode(&self, expr: ExprId) -> Mode {
        self.modes.get(expr.0 as usize).copied().unwrap_or_default()
    }

    /// The value of a constant expression.
    pub fn constant(&self, expr: ExprId) -> Option<&Value> {
        self.constants.get(&expr)
    }

    /// What the right half of a selector, or the key of a struct literal, selects.
    pub fn member(&self, ident: ExprId) -> Option<&Member> {
        self.members.get(&ident)
    }

    /// Whether an identifier is the key of a struct literal.
    pub fn is_key(&self, ident: ExprId) -> bool {
        self.keys.contains(&ident)
    }

    /// The type of a local name; of one that a type switch declares, the last that was met.
    pub fn local(&self, id: LocalId) -> Type {
        self.locals.get(id.0 as usize).copied().unwrap_or(Type::UNKNOWN)
    }
}

/// What is to be done next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    Expr(ExprId),
    /// An element of a composite literal, which may leave out its type.
    Hinted(ExprId, Type),
    /// The parts of an expression have been looked at; the number counts how often.
    Done(ExprId, u8),
    Stmt(StmtId),
    /// The parts of a statement have been looked at.
    After(StmtId),
    /// The expression is assigned to something of the type; of an unknown one nobody knows what a constant becomes.
    Assign(ExprId, Type),
    /// It is used where no type is wanted: `switch 1 {`.
    Default(ExprId),
    /// The variable of a type switch has this type now.
    Clause(LocalId, Type),
    /// A function literal's body ends.
    Leave,
}

/// The walk over one declaration.
pub(super) struct Checker<'a, 'p> {
    pub types: &'a Types<'p>,
    pub ask: &'a Ask,
    pub decl: DeclId,
    pub tree: &'a Tree,
    /// The local names; none for a header, which has only type parameters.
    pub scopes: &'a Scopes,
    pub build: BuildId,
    pub info: Info,
    pub tasks: Vec<Task>,
    /// Untyped expressions that are constants if something unknown in them is one.
    pub perhaps: FxHashSet<ExprId>,
    /// The type arguments that a generic function value was given, if not all.
    pub partial: FxHashMap<ExprId, TypeList>,
    /// What a generic method's receiver calls the type parameters of its type, and what they stand for.
    pub receivers: FxHashMap<ExprId, (TypeList, TypeList)>,
    /// The tags of the switches that cases belong to.
    pub tags: FxHashMap<StmtId, Option<ExprId>>,
    /// The results of the function literals around, the declaration's own first.
    pub results: Vec<TypeList>,
    /// The value of `iota`, in constants.
    pub iota: Option<u32>,
    /// Only the type of the whole is asked for, not those of all parts: bodies and elements of literals are left out.
    pub shallow: bool,
    /// How deep types and constants in types are nested here.
    pub depth: u32,
}

/// How deep a type expression may be nested.
pub(super) const TYPE_DEPTH: u32 = 80;

impl<'a, 'p> Checker<'a, 'p> {
    pub(super) fn new(types: &'a Types<'p>, ask: &'a Ask, decl: DeclId, tree: &'a Tree, build: BuildId) -> Checker<'a, 'p> {
        Checker::with(types, ask, decl, tree, &types.syntax(decl).scopes, build)
    }

    /// For a function's header, a tree of its own.
    pub(super) fn new_header(types: &'a Types<'p>, ask: &'a Ask, decl: DeclId, tree: &'a Tree, build: BuildId) -> Checker<'a, 'p> {
        Checker::with(types, ask, decl, tree, types.header_scopes(decl), build)
    }

    fn with(types: &'a Types<'p>, ask: &'a Ask, decl: DeclId, tree: &'a Tree, scopes: &'a Scopes, build: BuildId) -> Checker<'a, 'p> {
        let info = Info { locals: vec![Type::UNKNOWN; scopes.locals.len()], ..Info::default() };
        Checker {
            types,
            ask,
            decl,
            tree,
            scopes,
            build,
            info,
            tasks: Vec::new(),
            perhaps: FxHashSet::default(),
            partial: FxHashMap::default(),
            receivers: FxHashMap::default(),
            tags: FxHashMap::default(),
            results: Vec::new(),
            iota: None,
            shallow: false,
            depth: 0,
        }
    }

    pub(super) fn kind(&self, ty: Type) -> &'a Kind {
        self.types.kind(ty)
    }

    pub(super) fn make(&self, kind: Kind) -> Type {
        self.types.make(kind)
    }

    /// The type behind a name.
    pub(super) fn under(&self, ty: Type) -> &'a Kind {
        self.types.kind(self.types.underlying(self.ask, ty))
    }

    /// The same, of a type parameter what its whole type set has in common.
    pub(super) fn core(&self, ty: Type) -> &'a Kind {
        self.types.kind(self.types.common_under(self.ask, ty))
    }

    /// How many bytes an int has in the build.
    pub(super) fn word(&self) -> u64 {
        self.types.word(self.build)
    }

    pub(super) fn text(&self, expr: ExprId) -> &'a str {
        let range = self.tree.expr_range(expr);
        self.types.project.file(self.decl.file).source.slice(range.start, range.end)
    }

    pub(super) fn ty(&self, expr: ExprId) -> Type {
        self.info.ty(expr)
    }

    pub(super) fn mode(&self, expr: ExprId) -> Mode {
        self.info.mode(expr)
    }

    /// Writes down what an expression is.
    pub(super) fn record(&mut self, expr: ExprId, mode: Mode, ty: Type) {
        let count = self.tree.exprs.len();
        if self.info.types.is_empty() {
            self.info.types = vec![Type::UNKNOWN; count];
            self.info.modes = vec![Mode::Unknown; count];
        }
        self.info.types[expr.0 as usize] = ty;
        self.info.modes[expr.0 as usize] = mode;
    }

    pub(super) fn set_type(&mut self, expr: ExprId, ty: Type) {
        if let Some(place) = self.info.types.get_mut(expr.0 as usize) {
            *place = ty;
        }
    }

    pub(super) fn record_constant(&mut self, expr: ExprId, ty: Type, value: Value) {
        self.record(expr, Mode::Constant, ty);
        let value = self.represented(ty, value);
        self.info.constants.insert(expr, value);
    }

    /// A constant's value as its type has it: `const k int = 3.0` is 3.
    fn represented(&self, ty: Type, value: Value) -> Value {
        match self.under(ty) {
            Kind::Basic(basic) => value.represent(*basic, self.word()).unwrap_or(Value::Unknown),
            _ => value,
        }
    }

    /// A constant has got its last type.
    pub(super) fn represent(&mut self, expr: ExprId, ty: Type) {
        if let Some(value) = self.info.constants.remove(&expr) {
            let value = self.represented(ty, value);
            self.info.constants.insert(expr, value);
        }
    }

    pub(super) fn member(&mut self, ident: ExprId, member: Member) {
        self.info.members.insert(ident, member);
    }

    pub(super) fn key(&mut self, ident: ExprId) {
        self.info.keys.insert(ident);
    }

    pub(super) fn set_local(&mut self, id: LocalId, ty: Type) {
        self.info.locals[id.0 as usize] = ty;
    }

    /// The value of a constant expression that was looked at.
    pub(super) fn value(&self, expr: ExprId) -> Option<&Value> {
        self.info.constants.get(&expr)
    }

    /// What an identifier means.
    pub(super) fn entity(&self, ident: ExprId) -> Entity<'p> {
        if let Some(local) = self.scopes.of_ident(ident) {
            return Entity::Local(local);
        }
        match self.tree.ident(ident) {
            Some(name) => self.types.in_file(self.decl.file, name, self.build),
            None => Entity::Unknown,
        }
    }

    /// Does what waits until nothing more waits than before.
    pub(super) fn run(&mut self, from: usize) {
        while self.tasks.len() > from {
            let Some(task) = self.tasks.pop() else { return };
            match task {
                Task::Expr(expr) => self.expr(expr, None),
                Task::Hinted(expr, hint) => self.expr(expr, Some(hint)),
                Task::Done(expr, step) => self.done(expr, step),
                Task::Stmt(stmt) => self.stmt(stmt),
                Task::After(stmt) => self.after(stmt),
                Task::Assign(expr, ty) => self.assign(expr, ty),
                Task::Default(expr) => self.assign_default(expr),
                Task::Clause(local, ty) => self.set_local(local, ty),
                Task::Leave => drop(self.results.pop()),
            }
        }
    }

    /// Looks at one expression and everything in it.
    pub(super) fn evaluate(&mut self, expr: ExprId) {
        if self.depth > TYPE_DEPTH {
            return;
        }
        self.depth += 1;
        let from = self.tasks.len();
        self.tasks.push(Task::Expr(expr));
        self.run(from);
        self.depth -= 1;
    }

    /// Adds tasks that are done in the given order, before all that wait.
    pub(super) fn then(&mut self, tasks: impl IntoIterator<Item = Task>) {
        let from = self.tasks.len();
        self.tasks.extend(tasks);
        self.tasks[from..].reverse();
    }

    /// The value and the type of a constant.
    pub(super) fn constant(&mut self, ty: Option<ExprId>, value: Option<ExprId>, iota: u32) -> (Type, Value) {
        let outer = self.iota.replace(iota);
        let ty = ty.map(|ty| self.type_expr(ty));
        let mut found = (ty.unwrap_or(Type::UNKNOWN), Value::Unknown);
        if let Some(value) = value {
            self.evaluate(value);
            match ty {
                Some(ty) => self.assign(value, ty),
                None => found.0 = self.ty(value),
            }
            found.1 = self.value(value).cloned().unwrap_or(Value::Unknown);
            if self.mode(value) != Mode::Constant && ty.is_none() {
                found.0 = Type::UNKNOWN;
            }
        }
        self.iota = outer;
        found
    }

    /// The type of the variable number `at` of `count`, which get these values.
    pub(super) fn variable(&mut self, count: usize, values: &[ExprId], at: usize) -> Type {
        match values {
            [only] if count > 1 => {
                self.evaluate(*only);
                self.parts(*only, count).get(at).copied().unwrap_or(Type::UNKNOWN)
            }
            values => {
                let Some(&value) = values.get(at) else { return Type::UNKNOWN };
                self.evaluate(value);
                self.types.default_type(self.single(value))
            }
        }
    }

    /// Everything in the declaration.
    pub(super) fn whole(mut self) -> Info {
        match &self.tree.decl {
            Decl::Bad => {}
            Decl::Func(func) => {
                if let Some(recv) = &func.recv {
                    self.receiver(recv);
                }
                let results = self.function_scope(func.ty);
                self.results.push(results);
                if let Some(body) = func.body {
                    self.tasks.push(Task::Stmt(body));
                }
            }
            Decl::Gen(decl) => {
                for (number, spec) in decl.specs.iter().enumerate() {
                    match &spec.kind {
                        SpecKind::Import { .. } => {}
                        SpecKind::Type { .. } => self.type_spec(spec),
                        SpecKind::Value { .. } => self.value_spec(decl, number),
                    }
                    self.run(0);
                }
            }
        }
        self.run(0);
        self.info
    }

    /// The place of an identifier.
    pub(super) fn place(&self, ident: ExprId) -> Place {
        Place { file: self.decl.file, offset: self.tree.expr_range(ident).start }
    }
}
