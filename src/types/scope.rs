//! Which variable does an identifier inside a function mean? The local scopes of one declaration.
//!
//! ```go
//! func f(p string) {
//! 	x := p            // x: declared here, written once with p
//! 	if x := g(); x {} // another x
//! 	_ = x             // the first one
//! }
//! ```
//!
//! Not here: names that are not local (`sema`), types (`sema::types`). The key of a composite literal's element is taken for a
//! variable if one of that name is in scope; only types could tell a field's name.

use crate::ast::{AssignOp, Decl, Expr, ExprId, FieldList, GenDecl, GenTok, Name, Node, Op, SpecKind, Stmt, StmtId, Tree};
use rustc_hash::FxHashMap;

/// The number of a local variable, constant or type in its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u32);

/// What kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalKind {
    Receiver,
    /// The number of the parameter, from 0.
    Param(u32),
    Result(u32),
    Var,
    /// The variable of `switch x := y.(type)`.
    TypeSwitch,
    Const,
    Type,
    TypeParam,
}

/// A value that is written to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The value of an expression.
    Expr(ExprId),
    /// One result of a call, or one half of `v, ok := …`.
    Result { of: ExprId, index: u32, count: u32 },
    /// The first variable of a `range` over the expression.
    Key(ExprId),
    /// The second one.
    Element(ExprId),
    /// `var x T`
    Zero,
    /// `x += 1`, `x++`, a channel's value in a select and other ways.
    Other,
}

/// One write to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The statement that writes.
    pub stmt: StmtId,
    pub value: Value,
}

/// A local name.
#[derive(Clone, Debug)]
pub struct Local {
    pub name: Name,
    /// The identifier that declares it.
    pub ident: ExprId,
    pub kind: LocalKind,
    /// Its declared type, if one is written.
    pub ty: Option<ExprId>,
    pub variadic: bool,
    /// The function literal it belongs to; `None` in the declaration itself.
    pub function: Option<ExprId>,
    pub writes: Vec<Write>,
    /// `&x` occurs.
    pub address_taken: bool,
    /// A function literal inside its own function mentions it.
    pub captured: bool,
}

impl Local {
    /// The value of what is written once, where that is an expression.
    pub fn only_value(&self) -> Option<ExprId> {
        match self.writes[..] {
            [Write { value: Value::Expr(value), .. }] => Some(value),
            _ => None,
        }
    }
}

/// The local names of one declaration and what its identifiers mean.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    pub locals: Vec<Local>,
    /// For every expression: the local it names, plus one.
    uses: Vec<u32>,
    /// For every local: the identifiers that mean it.
    idents: Vec<Vec<ExprId>>,
    /// The locals that a statement writes.
    written: FxHashMap<StmtId, Vec<LocalId>>,
}

impl Scopes {
    pub fn of(tree: &Tree) -> Scopes {
        let mut builder = Builder {
            tree,
            scopes: Scopes { locals: Vec::new(), uses: vec![0; tree.exprs.len()], ..Scopes::default() },
            visible: FxHashMap::default(),
            declared: Vec::new(),
            opened: Vec::new(),
            functions: Vec::new(),
            tasks: Vec::new(),
        };
        builder.decl();
        builder.run();
        let mut scopes = builder.scopes;
        scopes.index();
        scopes
    }

    /// Turns around what was found: rules ask for the uses and the writes of many locals, and must not read all of them each time.
    fn index(&mut self) {
        self.idents = vec![Vec::new(); self.locals.len()];
        for (at, &local) in self.uses.iter().enumerate() {
            if let Some(local) = local.checked_sub(1) {
                self.idents[local as usize].push(ExprId(at as u32));
            }
        }
        for (at, local) in self.locals.iter().enumerate() {
            let id = LocalId(at as u32);
            for write in &local.writes {
                let locals = self.written.entry(write.stmt).or_default();
                if locals.last() != Some(&id) {
                    locals.push(id);
                }
            }
        }
    }

    /// The locals that a statement writes, in the order in which they were declared.
    pub fn written_by(&self, stmt: StmtId) -> &[LocalId] {
        self.written.get(&stmt).map_or(&[], Vec::as_slice)
    }

    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }

    /// The local that an identifier declares or uses.
    pub fn of_ident(&self, ident: ExprId) -> Option<LocalId> {
        self.uses.get(ident.0 as usize)?.checked_sub(1).map(LocalId)
    }

    /// The identifiers that mean a local, its declaration included, in the order of the arena.
    pub fn uses(&self, id: LocalId) -> impl Iterator<Item = ExprId> {
        self.idents[id.0 as usize].iter().copied()
    }

    /// The write to a variable that stands last in front of a place, and is over there.
    pub fn last_write_before(&self, tree: &Tree, id: LocalId, start: u32) -> Option<&Write> {
        let before = self.local(id).writes.iter().filter(|write| tree.stmt_range(write.stmt).end <= start);
        before.max_by_key(|write| tree.stmt_range(write.stmt).start)
    }

    /// The local parameter with this number.
    pub fn param(&self, index: u32) -> Option<LocalId> {
        self.find(|local| local.function.is_none() && local.kind == LocalKind::Param(index))
    }

    pub fn receiver(&self) -> Option<LocalId> {
        self.find(|local| local.kind == LocalKind::Receiver)
    }

    fn find(&self, wanted: impl Fn(&Local) -> bool) -> Option<LocalId> {
        self.locals.iter().position(wanted).map(|at| LocalId(at as u32))
    }
}

enum Task {
    Node(Node),
    /// A statement whose parts were visited: now its names exist.
    Declare(StmtId),
    /// The key and value of a `range`.
    DeclareRange(StmtId),
    /// The names of one spec of a `var` or `const`.
    DeclareSpec(StmtId, usize),
    /// The type parameters of one spec of a `type`; without a statement it is the declaration's own.
    DeclareTypeParams(Option<StmtId>, usize),
    /// A function's body: one scope with its parameters and results, so that `n, err := f()` reuses a result `err`.
    Body(StmtId),
    Open,
    Close,
    EnterLit(ExprId),
    LeaveLit,
}

struct Builder<'t> {
    tree: &'t Tree,
    scopes: Scopes,
    /// For every name the locals in scope, innermost last.
    visible: FxHashMap<Name, Vec<LocalId>>,
    declared: Vec<LocalId>,
    /// The length of `declared` when each open scope was opened.
    opened: Vec<usize>,
    functions: Vec<ExprId>,
    tasks: Vec<Task>,
}

impl Builder<'_> {
    fn decl(&mut self) {
        match &self.tree.decl {
            Decl::Bad => {}
            Decl::Func(func) => {
                self.open();
                if let Some(recv) = &func.recv {
                    self.receiver_type_params(recv);
                }
                self.signature(func.recv.as_ref(), func.ty);
                self.tasks.extend(func.body.map(Task::Body));
            }
            Decl::Gen(decl) => self.specs(decl, None),
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Node(Node::Expr(id)) => self.expr(id),
                Task::Node(Node::Stmt(id)) => self.stmt(id),
                Task::Declare(id) => self.assign(id),
                Task::DeclareRange(id) => self.range(id),
                Task::DeclareSpec(id, at) => self.spec(id, at),
                Task::DeclareTypeParams(id, at) => self.type_params(id, at),
                Task::Body(id) => self.children(Node::Stmt(id)),
                Task::Open => self.open(),
                Task::Close => self.close(),
                Task::EnterLit(id) => self.enter(id),
                Task::LeaveLit => {
                    self.functions.pop();
                }
            }
        }
    }

    fn open(&mut self) {
        self.opened.push(self.declared.len());
    }

    fn close(&mut self) {
        let Some(length) = self.opened.pop() else { return };
        for id in self.declared.drain(length..) {
            if let Some(stack) = self.visible.get_mut(&self.scopes.locals[id.0 as usize].name) {
                stack.pop();
            }
        }
    }

    /// Visits the tasks in the given order, before everything that waits.
    fn then(&mut self, tasks: impl DoubleEndedIterator<Item = Task>) {
        self.tasks.extend(tasks.rev());
    }

    fn lookup(&self, name: &str) -> Option<LocalId> {
        self.visible.get(name)?.last().copied()
    }

    fn declare(&mut self, ident: ExprId, kind: LocalKind, ty: Option<ExprId>) -> Option<LocalId> {
        let Expr::Ident(name) = self.tree.expr(ident) else { return None };
        let id = LocalId(self.scopes.locals.len() as u32);
        self.scopes.locals.push(Local {
            name: name.clone(),
            ident,
            kind,
            ty,
            variadic: false,
            function: self.functions.last().copied(),
            writes: Vec::new(),
            address_taken: false,
            captured: false,
        });
        self.scopes.uses[ident.0 as usize] = id.0 + 1;
        if name != "_" {
            self.visible.entry(name.clone()).or_default().push(id);
            self.declared.push(id);
        }
        Some(id)
    }

    /// `func (t *T[K]) M()` declares K.
    fn receiver_type_params(&mut self, recv: &FieldList) {
        for field in &recv.fields {
            let mut ty = self.tree.unparen(field.ty);
            if let Expr::Star { x } = *self.tree.expr(ty) {
                ty = self.tree.unparen(x);
            }
            if let Expr::Index { indices, .. } = self.tree.expr(ty) {
                for &index in indices {
                    self.declare(index, LocalKind::TypeParam, None);
                }
            }
        }
    }

    /// The names of a list; its types were resolved before, outside of their scope: `func f(url *url.URL)`.
    fn fields(&mut self, list: &FieldList, kind: impl Fn(u32) -> LocalKind) {
        let mut number = 0;
        for field in &list.fields {
            let variadic = matches!(self.tree.expr(field.ty), Expr::Ellipsis { .. });
            for &name in &field.names {
                if let Some(id) = self.declare(name, kind(number), Some(field.ty)) {
                    self.scopes.locals[id.0 as usize].variadic = variadic;
                }
                number += 1;
            }
            number += u32::from(field.names.is_empty());
        }
    }

    fn signature(&mut self, recv: Option<&FieldList>, ty: ExprId) {
        let Expr::FuncType { type_params, params, results } = self.tree.expr(ty) else { return };
        if let Some(list) = type_params {
            self.fields(list, |_| LocalKind::TypeParam);
            self.resolve(list);
        }
        for list in [recv, Some(params), results.as_ref()].into_iter().flatten() {
            self.resolve(list);
        }
        if let Some(list) = recv {
            self.fields(list, |_| LocalKind::Receiver);
        }
        self.fields(params, LocalKind::Param);
        if let Some(list) = results {
            self.fields(list, LocalKind::Result);
        }
    }

    /// Resolves the types of a list at once, in the scope as it is now.
    fn resolve(&mut self, list: &FieldList) {
        let waiting = std::mem::take(&mut self.tasks);
        self.types(list);
        while let Some(Task::Node(Node::Expr(id))) = self.tasks.pop() {
            if !matches!(self.tree.expr(id), Expr::FuncLit { .. }) {
                self.expr(id);
            }
        }
        self.tasks = waiting;
    }

    fn enter(&mut self, lit: ExprId) {
        let Expr::FuncLit { ty, body } = *self.tree.expr(lit) else { return };
        self.functions.push(lit);
        self.tasks.push(Task::Body(body));
        self.signature(None, ty);
    }

    fn expr(&mut self, id: ExprId) {
        match self.tree.expr(id) {
            Expr::Ident(name) => self.mention(id, name),
            Expr::Selector { x, .. } => self.tasks.push(Task::Node(Node::Expr(*x))),
            Expr::FuncLit { .. } => self.then([Task::Open, Task::EnterLit(id), Task::LeaveLit, Task::Close].into_iter()),
            // Field and parameter names of a type are no uses and no variables.
            Expr::FuncType { type_params, params, results } => {
                for list in [type_params.as_ref(), Some(params), results.as_ref()].into_iter().flatten() {
                    self.types(list);
                }
            }
            Expr::StructType { fields: list } | Expr::InterfaceType { methods: list } => self.types(list),
            Expr::Unary { op: Op::And, x } => {
                self.tasks.push(Task::Node(Node::Expr(*x)));
                if let Some(local) = self.root(*x) {
                    self.scopes.locals[local.0 as usize].address_taken = true;
                }
            }
            _ => self.children(Node::Expr(id)),
        }
    }

    fn types(&mut self, list: &FieldList) {
        self.tasks.extend(list.fields.iter().rev().map(|field| Task::Node(Node::Expr(field.ty))));
    }

    fn children(&mut self, node: Node) {
        let mut children = Vec::new();
        self.tree.children(node, &mut children);
        self.then(children.into_iter().map(Task::Node));
    }

    fn mention(&mut self, ident: ExprId, name: &str) {
        let Some(id) = self.lookup(name) else { return };
        self.scopes.uses[ident.0 as usize] = id.0 + 1;
        let here = self.functions.last().copied();
        let local = &mut self.scopes.locals[id.0 as usize];
        local.captured |= local.function != here;
    }

    /// The variable that `x`, `x.f`, `x[i]` and `(x)` are part of.
    fn root(&self, mut id: ExprId) -> Option<LocalId> {
        loop {
            match self.tree.expr(id) {
                Expr::Ident(name) => return self.lookup(name),
                Expr::Paren { x } | Expr::Selector { x, .. } | Expr::Index { x, .. } => id = *x,
                _ => return None,
            }
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        let stmt = |id: &StmtId| Task::Node(Node::Stmt(*id));
        let expr = |id: &ExprId| Task::Node(Node::Expr(*id));
        match tree.stmt(id) {
            Stmt::Block { .. } | Stmt::If { .. } | Stmt::For { .. } | Stmt::Switch { .. } | Stmt::Case { .. } | Stmt::Comm { .. } => {
                let mut children = Vec::new();
                tree.children(Node::Stmt(id), &mut children);
                self.tasks.push(Task::Close);
                self.then(children.into_iter().map(Task::Node));
                self.open();
            }
            Stmt::TypeSwitch { init, assign, body } => {
                // switch x := f(); x := x.(type): two variables.
                let mut tasks: Vec<Task> = init.iter().map(stmt).collect();
                tasks.extend([Task::Open, stmt(assign), stmt(body), Task::Close, Task::Close]);
                self.then(tasks.into_iter());
                self.open();
            }
            Stmt::Range { key, value, define, x, body } => {
                let mut tasks = vec![expr(x)];
                if !define {
                    tasks.extend(key.iter().chain(value.iter()).map(expr));
                }
                tasks.extend([Task::DeclareRange(id), stmt(body), Task::Close]);
                self.then(tasks.into_iter());
                self.open();
            }
            Stmt::Assign { lhs, op, rhs } => {
                let mut tasks: Vec<Task> = rhs.iter().map(expr).collect();
                if *op != AssignOp::Define {
                    tasks.extend(lhs.iter().map(expr));
                }
                tasks.push(Task::Declare(id));
                self.then(tasks.into_iter());
            }
            Stmt::IncDec { x, .. } => {
                self.tasks.push(Task::Declare(id));
                self.tasks.push(expr(x));
            }
            Stmt::Decl(decl) => self.specs(decl, Some(id)),
            Stmt::Labeled { stmt: inner, .. } => self.tasks.push(stmt(inner)),
            Stmt::Branch { .. } => {}
            _ => self.children(Node::Stmt(id)),
        }
    }

    fn write(&mut self, target: ExprId, stmt: StmtId, value: Value) {
        let target = self.tree.unparen(target);
        if let (Expr::Ident(_), Some(id)) = (self.tree.expr(target), self.scopes.of_ident(target)) {
            self.scopes.locals[id.0 as usize].writes.push(Write { stmt, value });
        }
    }

    /// `:=` reuses a variable of the same scope and declares the others.
    fn define(&mut self, target: ExprId, kind: LocalKind) {
        let Expr::Ident(name) = self.tree.expr(target) else {
            self.tasks.push(Task::Node(Node::Expr(target)));
            return;
        };
        let from = self.opened.last().copied().unwrap_or(0);
        // Locals are numbered as they are declared: what is visible and not older than the scope is of the scope.
        let known = self.lookup(name).filter(|&id| self.declared.get(from).is_some_and(|&first| id >= first));
        match known {
            Some(id) => self.scopes.uses[target.0 as usize] = id.0 + 1,
            None => drop(self.declare(target, kind, None)),
        }
    }

    fn assign(&mut self, id: StmtId) {
        match self.tree.stmt(id) {
            Stmt::IncDec { x, .. } => self.write(*x, id, Value::Other),
            Stmt::Assign { lhs, op, rhs } => {
                let is_type_switch = rhs.len() == 1 && matches!(self.tree.expr(rhs[0]), Expr::TypeAssert { ty: None, .. });
                if *op == AssignOp::Define {
                    let kind = if is_type_switch { LocalKind::TypeSwitch } else { LocalKind::Var };
                    lhs.iter().for_each(|&target| self.define(target, kind));
                }
                for (at, &target) in lhs.iter().enumerate() {
                    let value = match op {
                        AssignOp::Op(_) => Value::Other,
                        _ => value_at(lhs.len(), rhs, at),
                    };
                    self.write(target, id, value);
                }
            }
            _ => {}
        }
    }

    fn range(&mut self, id: StmtId) {
        let Stmt::Range { key, value, define, x, .. } = *self.tree.stmt(id) else { return };
        for (target, value) in [(key, Value::Key(x)), (value, Value::Element(x))] {
            let Some(target) = target else { continue };
            if define {
                self.declare(target, LocalKind::Var, None);
            }
            self.write(target, id, value);
        }
    }

    /// The specs of a declaration statement, or of a top-level declaration (`stmt` is `None`: its names are not local).
    fn specs(&mut self, decl: &GenDecl, stmt: Option<StmtId>) {
        let mut tasks = Vec::new();
        for (at, spec) in decl.specs.iter().enumerate() {
            match &spec.kind {
                SpecKind::Import { .. } => {}
                SpecKind::Value { ty, values, .. } => {
                    tasks.extend(ty.iter().chain(values.iter()).map(|&id| Task::Node(Node::Expr(id))));
                    tasks.extend(stmt.map(|stmt| Task::DeclareSpec(stmt, at)));
                }
                SpecKind::Type { type_params, ty, .. } => {
                    // A type's name is in scope inside its own declaration.
                    tasks.extend(stmt.map(|stmt| Task::DeclareSpec(stmt, at)));
                    tasks.push(Task::Open);
                    if let Some(list) = type_params {
                        tasks.push(Task::DeclareTypeParams(stmt, at));
                        tasks.extend(list.fields.iter().map(|field| Task::Node(Node::Expr(field.ty))));
                    }
                    tasks.extend([Task::Node(Node::Expr(*ty)), Task::Close]);
                }
            }
        }
        self.then(tasks.into_iter());
    }

    fn type_params(&mut self, stmt: Option<StmtId>, at: usize) {
        let tree = self.tree;
        let decl = match (stmt.map(|stmt| tree.stmt(stmt)), &tree.decl) {
            (Some(Stmt::Decl(decl)), _) | (None, Decl::Gen(decl)) => decl,
            _ => return,
        };
        if let SpecKind::Type { type_params: Some(list), .. } = &decl.specs[at].kind {
            self.fields(list, |_| LocalKind::TypeParam);
        }
    }

    fn spec(&mut self, stmt: StmtId, at: usize) {
        let Stmt::Decl(decl) = self.tree.stmt(stmt) else { return };
        match &decl.specs[at].kind {
            SpecKind::Import { .. } => {}
            SpecKind::Value { names, ty, values } => {
                let kind = if decl.tok == GenTok::Const { LocalKind::Const } else { LocalKind::Var };
                for (at, &name) in names.iter().enumerate() {
                    self.declare(name, kind, *ty);
                    let value = if values.is_empty() { Value::Zero } else { value_at(names.len(), values, at) };
                    self.write(name, stmt, value);
                }
            }
            SpecKind::Type { name, ty, .. } => drop(self.declare(*name, LocalKind::Type, Some(*ty))),
        }
    }
}

/// The value that the target number `at` of `targets` gets: its own expression, or one result of the only one.
fn value_at(targets: usize, values: &[ExprId], at: usize) -> Value {
    match values {
        [only] if targets > 1 => Value::Result { of: *only, index: at as u32, count: targets as u32 },
        _ => values.get(at).map_or(Value::Other, |&value| Value::Expr(value)),
    }
}
