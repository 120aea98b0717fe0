//! Which types do statements give to variables?
//!
//! ```go
//! for i, r := range "text" { v, ok := m[r] } // i int, r rune, v the map's element type, ok bool
//! ```
//!
//! Not here: expressions (`expr`).

use super::check::{Checker, Mode, Task};
use super::declared::{const_parts, is_source};
use super::scope::{LocalId, LocalKind};
use super::ty::{Basic, Kind, Type};
use crate::ast::{AssignOp, Expr, ExprId, GenDecl, GenTok, SpecKind, Stmt, StmtId};

impl Checker<'_, '_> {
    /// Looks at a statement; what has parts comes back in `after` when they are known.
    pub(super) fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        match tree.stmt(id) {
            Stmt::Bad | Stmt::Empty { .. } | Stmt::Branch { .. } => {}
            Stmt::Decl(decl) => self.declaration(decl),
            Stmt::Labeled { stmt, .. } => self.tasks.push(Task::Stmt(*stmt)),
            Stmt::Expr { x } => self.tasks.push(Task::Expr(*x)),
            Stmt::Send { chan, value } => self.then([Task::Expr(*chan), Task::Expr(*value), Task::After(id)]),
            Stmt::IncDec { x, .. } => self.tasks.push(Task::Expr(*x)),
            Stmt::Assign { lhs, op, rhs } => {
                let mut tasks: Vec<Task> = Vec::new();
                for &target in lhs.iter().filter(|_| *op != AssignOp::Define) {
                    // `_` is no variable.
                    if tree.ident(target) != Some("_") {
                        tasks.push(Task::Expr(target));
                    }
                }
                if *op == AssignOp::Define {
                    // What is no identifier is no declaration.
                    tasks.extend(lhs.iter().filter(|&&target| tree.ident(target).is_none()).map(|&target| Task::Expr(target)));
                }
                tasks.extend(rhs.iter().map(|&value| Task::Expr(value)));
                tasks.push(Task::After(id));
                self.then(tasks);
            }
            Stmt::Go { call } | Stmt::Defer { call } => self.tasks.push(Task::Expr(*call)),
            Stmt::Return { results } => {
                self.then(results.iter().map(|&value| Task::Expr(value)).chain([Task::After(id)]).collect::<Vec<_>>());
            }
            Stmt::Block { list } => self.then(list.iter().map(|&stmt| Task::Stmt(stmt)).collect::<Vec<_>>()),
            Stmt::If { init, cond, body, else_ } => {
                let mut tasks: Vec<Task> = init.iter().map(|&stmt| Task::Stmt(stmt)).collect();
                tasks.extend([Task::Expr(*cond), Task::Stmt(*body)]);
                tasks.extend(else_.iter().map(|&stmt| Task::Stmt(stmt)));
                self.then(tasks);
            }
            Stmt::Switch { init, tag, .. } => {
                let mut tasks: Vec<Task> = init.iter().map(|&stmt| Task::Stmt(stmt)).collect();
                tasks.extend(tag.iter().flat_map(|&tag| [Task::Expr(tag), Task::Default(tag)]));
                tasks.push(Task::After(id));
                self.then(tasks);
            }
            Stmt::Case { list, body } => {
                // The case of a switch that was not read as one.
                let mut tasks: Vec<Task> = list.iter().flatten().map(|&expr| Task::Expr(expr)).collect();
                tasks.extend(body.iter().map(|&stmt| Task::Stmt(stmt)));
                self.then(tasks);
            }
            Stmt::TypeSwitch { init, assign, .. } => {
                let mut tasks: Vec<Task> = init.iter().map(|&stmt| Task::Stmt(stmt)).collect();
                if let Some(x) = self.switched(*assign) {
                    tasks.push(Task::Expr(x));
                }
                tasks.push(Task::After(id));
                self.then(tasks);
            }
            Stmt::Comm { comm, body } => {
                let tasks: Vec<Task> = comm.iter().chain(body.iter()).map(|&stmt| Task::Stmt(stmt)).collect();
                self.then(tasks);
            }
            Stmt::Select { body } => self.tasks.push(Task::Stmt(*body)),
            Stmt::For { init, cond, post, body } => {
                let mut tasks: Vec<Task> = init.iter().map(|&stmt| Task::Stmt(stmt)).collect();
                tasks.extend(cond.iter().map(|&cond| Task::Expr(cond)));
                tasks.extend(post.iter().map(|&stmt| Task::Stmt(stmt)));
                tasks.push(Task::Stmt(*body));
                self.then(tasks);
            }
            Stmt::Range { key, value, define, x, body } => {
                let mut tasks = Vec::new();
                if !*define {
                    let targets = key.iter().chain(value).filter(|&&target| tree.ident(target) != Some("_"));
                    tasks.extend(targets.map(|&target| Task::Expr(target)));
                }
                tasks.extend([Task::Expr(*x), Task::After(id), Task::Stmt(*body)]);
                self.then(tasks);
            }
        }
    }

    pub(super) fn after(&mut self, id: StmtId) {
        let tree = self.tree;
        match tree.stmt(id) {
            Stmt::Send { chan, value } => {
                let element = self.channel_element(self.ty(*chan)).map_or(Type::UNKNOWN, |(_, element)| element);
                self.assign(*value, element);
            }
            Stmt::Assign { lhs, op, rhs } => match op {
                AssignOp::Define => self.define(lhs, rhs),
                AssignOp::Assign => self.assigned(lhs, rhs),
                AssignOp::Op(op) => {
                    if let ([target], [value]) = (&**lhs, &**rhs) {
                        if matches!(op, crate::ast::Op::Shl | crate::ast::Op::Shr) {
                            if self.ty(*value).is_untyped() && self.mode(*value) != Mode::Constant {
                                self.convert(*value, Type::UINT);
                            }
                        } else {
                            self.matched(*target, *value);
                            if self.ty(*value).is_untyped() && !self.ty(*target).is_known() {
                                self.assign(*value, Type::UNKNOWN);
                            }
                        }
                    }
                }
            },
            Stmt::Return { results } => {
                let wanted = self.results.last().cloned().unwrap_or_default();
                match &**results {
                    [only] if wanted.len() == 2 && self.mode(*only) == Mode::CommaOk => {}
                    list if list.len() == wanted.len() => {
                        for (&value, &ty) in list.iter().zip(&wanted) {
                            self.assign(value, ty);
                        }
                    }
                    [only] if matches!(self.kind(self.ty(*only)), Kind::Tuple(_)) => {}
                    list => list.iter().for_each(|&value| self.assign(value, Type::UNKNOWN)),
                }
            }
            Stmt::Switch { tag, body, .. } => self.cases(*tag, *body),
            Stmt::Case { list, .. } => self.case_values(id, list.as_deref().unwrap_or(&[])),
            Stmt::TypeSwitch { assign, body, .. } => self.type_cases(*assign, *body),
            Stmt::Range { .. } => self.range(id),
            _ => {}
        }
    }

    /// Declares what stands on the left of `:=`, or gives it to a variable that is there.
    fn define(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        if let [only] = rhs
            && lhs.len() > 1
        {
            return self.several(lhs, *only, true);
        }
        for (at, &target) in lhs.iter().enumerate() {
            let Some(&value) = rhs.get(at) else { continue };
            match self.declares(target) {
                Some(local) => {
                    self.assign_default(value);
                    let ty = self.single(value);
                    self.set_local(local, ty);
                }
                None => {
                    let ty = self.target_type(target);
                    self.give(target, value, ty);
                }
            }
        }
    }

    fn assigned(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        if let [only] = rhs
            && lhs.len() > 1
        {
            return self.several(lhs, *only, false);
        }
        for (at, &target) in lhs.iter().enumerate() {
            if let Some(&value) = rhs.get(at) {
                let ty = self.target_type(target);
                self.give(target, value, ty);
            }
        }
    }

    fn give(&mut self, target: ExprId, value: ExprId, ty: Type) {
        if self.tree.ident(target) == Some("_") { self.assign_default(value) } else { self.assign(value, ty) }
    }

    /// The type of what is assigned to.
    fn target_type(&self, target: ExprId) -> Type {
        match self.scopes.of_ident(target) {
            Some(local) => self.info.local(local),
            None => self.ty(target),
        }
    }

    /// The variable that an identifier on the left of `:=` declares, if it declares one.
    fn declares(&self, target: ExprId) -> Option<LocalId> {
        let local = self.scopes.of_ident(target)?;
        (self.scopes.local(local).ident == target).then_some(local)
    }

    /// `a, b = f()`, `v, ok = m[k]`.
    fn several(&mut self, lhs: &[ExprId], value: ExprId, define: bool) {
        let comma_ok = lhs.len() == 2 && self.mode(value) == Mode::CommaOk;
        let types = self.parts(value, lhs.len());
        let mut second = Type::BOOL;
        for (at, &target) in lhs.iter().enumerate() {
            match self.declares(target).filter(|_| define) {
                Some(local) => self.set_local(local, types[at]),
                None if at == 1 && self.tree.ident(target) != Some("_") => second = self.target_type(target),
                None => {}
            }
        }
        if comma_ok {
            self.record_comma_ok(value, types[0], second);
        }
    }

    /// An expression that gives two values has the type of both.
    fn record_comma_ok(&mut self, mut expr: ExprId, first: Type, second: Type) {
        let tuple = if first.is_known() { self.make(Kind::Tuple(Box::new([first, second]))) } else { Type::UNKNOWN };
        loop {
            self.set_type(expr, tuple);
            match self.tree.expr(expr) {
                Expr::Paren { x } => expr = *x,
                _ => return,
            }
        }
    }

    /// A declaration statement.
    fn declaration(&mut self, decl: &GenDecl) {
        for number in 0..decl.specs.len() {
            match &decl.specs[number].kind {
                SpecKind::Import { .. } => {}
                SpecKind::Type { .. } => self.type_spec(&decl.specs[number]),
                SpecKind::Value { .. } => self.value_spec(decl, number),
            }
        }
    }

    /// A `var` or `const` line, at top level or in a function.
    pub(super) fn value_spec(&mut self, decl: &GenDecl, number: usize) {
        let SpecKind::Value { names, ty, values } = &decl.specs[number].kind else { return };
        if decl.tok == GenTok::Const {
            let source = decl.specs[..=number].iter().rposition(is_source).unwrap_or_default();
            for (at, &name) in names.iter().enumerate() {
                let place = super::declared::SpecAt { stmt: None, spec: number as u32, at: at as u32, source: source as u32 };
                let (ty, value) = const_parts(decl, place);
                let (ty, value) = self.constant(ty, value, number as u32);
                if let Some(local) = self.declares(name) {
                    self.set_local(local, ty);
                    self.record_constant(name, ty, value);
                }
            }
            return;
        }
        let declared = ty.map(|ty| self.type_expr(ty));
        let from = self.tasks.len();
        self.then(values.iter().map(|&value| Task::Expr(value)).collect::<Vec<_>>());
        self.run(from);
        match &**values {
            [only] if names.len() > 1 => {
                let types = self.parts(*only, names.len());
                for (at, &name) in names.iter().enumerate() {
                    if let Some(local) = self.declares(name) {
                        self.set_local(local, declared.unwrap_or(types[at]));
                    }
                }
                if names.len() == 2 && self.mode(*only) == Mode::CommaOk {
                    let second = declared.unwrap_or(Type::BOOL);
                    self.record_comma_ok(*only, types[0], second);
                }
            }
            values => {
                for (at, &name) in names.iter().enumerate() {
                    let mut ty = declared.unwrap_or(Type::UNKNOWN);
                    if let Some(&value) = values.get(at) {
                        match declared {
                            Some(declared) => self.assign(value, declared),
                            None => {
                                self.assign_default(value);
                                ty = self.single(value);
                            }
                        }
                    }
                    if let Some(local) = self.declares(name) {
                        self.set_local(local, ty);
                    }
                }
            }
        }
    }

    fn cases(&mut self, tag: Option<ExprId>, body: StmtId) {
        let tree = self.tree;
        let Stmt::Block { list } = tree.stmt(body) else { return };
        let mut tasks = Vec::new();
        for &case in list {
            let Stmt::Case { list, body } = tree.stmt(case) else { continue };
            for &value in list.iter().flatten() {
                tasks.push(Task::Expr(value));
            }
            if list.is_some() {
                self.tags.insert(case, tag);
                tasks.push(Task::After(case));
            }
            tasks.extend(body.iter().map(|&stmt| Task::Stmt(stmt)));
        }
        self.then(tasks);
    }

    /// The values of a case are compared with the tag, or with `true`.
    fn case_values(&mut self, case: StmtId, values: &[ExprId]) {
        let tag = self.tags.get(&case).copied().flatten();
        for &value in values {
            match tag {
                None => {
                    if self.ty(value).is_untyped() {
                        self.convert(value, Type::BOOL);
                    }
                }
                Some(tag) => {
                    let of = self.ty(tag);
                    if !of.is_known() {
                        self.assign(value, Type::UNKNOWN);
                    } else if self.ty(value).is_untyped() {
                        if self.types.is_interface(self.ask, of) {
                            self.assign_default(value);
                        } else {
                            self.convert(value, of);
                        }
                        let default = self.types.default_type(self.ty(value));
                        self.update(value, default);
                    }
                }
            }
        }
    }

    /// `y` of `x := y.(type)`.
    fn switched(&self, assign: StmtId) -> Option<ExprId> {
        let value = match self.tree.stmt(assign) {
            Stmt::Expr { x } => *x,
            Stmt::Assign { rhs, .. } => *rhs.first()?,
            _ => return None,
        };
        match self.tree.expr(self.tree.unparen(value)) {
            Expr::TypeAssert { x, .. } => Some(*x),
            _ => None,
        }
    }

    fn type_cases(&mut self, assign: StmtId, body: StmtId) {
        let tree = self.tree;
        let whole = self.switched(assign).map_or(Type::UNKNOWN, |x| self.single(x));
        let local = match tree.stmt(assign) {
            Stmt::Assign { lhs, .. } => lhs.first().and_then(|&ident| self.scopes.of_ident(ident)),
            _ => None,
        };
        let local = local.filter(|&local| self.scopes.local(local).kind == LocalKind::TypeSwitch);
        let Stmt::Block { list } = tree.stmt(body) else { return };
        let mut tasks = Vec::new();
        for &case in list {
            let Stmt::Case { list, body } = tree.stmt(case) else { continue };
            let mut only = None;
            for &ty in list.iter().flatten() {
                // `case nil` is a value.
                if tree.ident(tree.unparen(ty)) == Some("nil") && matches!(self.entity(tree.unparen(ty)), super::names::Entity::Universe(_))
                {
                    tasks.push(Task::Expr(ty));
                    only = Some(whole);
                } else {
                    only = Some(self.type_expr(ty));
                }
            }
            let single = list.as_ref().is_some_and(|list| list.len() == 1);
            if let Some(local) = local {
                tasks.push(Task::Clause(local, only.filter(|_| single).unwrap_or(whole)));
            }
            tasks.extend(body.iter().map(|&stmt| Task::Stmt(stmt)));
        }
        self.then(tasks);
    }

    fn range(&mut self, id: StmtId) {
        let Stmt::Range { key, value, define, x, .. } = *self.tree.stmt(id) else { return };
        let of = self.ty(x);
        let declared = |checker: &Self, target: Option<ExprId>| match target {
            Some(target) if checker.tree.ident(target) == Some("_") => Type::UNKNOWN,
            Some(target) if !define => checker.target_type(target),
            _ => Type::UNKNOWN,
        };
        if of.is_untyped() {
            // `for i = range 10`: the constant gets the type of i.
            let wanted = declared(self, key);
            let numeric = of.basic().is_some_and(Basic::is_numeric);
            match (numeric, wanted.is_known()) {
                (true, true) => self.assign(x, wanted),
                (true, false) => self.assign_default(x),
                // A text keeps its type.
                _ => {}
            }
        }
        if self.info.generic.contains_key(&x) {
            self.generic_value(x, Type::UNKNOWN);
        }
        let (first, second) = self.ranged(self.ty(x));
        for (target, ty) in [(key, first), (value, second)] {
            let Some(target) = target else { continue };
            if let Some(local) = self.declares(target).filter(|_| define) {
                self.set_local(local, ty);
            }
        }
    }

    /// What the two variables of a `range` over something of a type get.
    fn ranged(&self, of: Type) -> (Type, Type) {
        let unknown = (Type::UNKNOWN, Type::UNKNOWN);
        match self.core(of) {
            Kind::Basic(basic) if basic.is_string() => (Type::INT, Type::INT32),
            Kind::Basic(basic) if basic.is_integer() => (of, Type::UNKNOWN),
            Kind::Array(_, element) | Kind::Slice(element) => (Type::INT, *element),
            Kind::Pointer(target) => match self.under(*target) {
                Kind::Array(_, element) => (Type::INT, *element),
                _ => unknown,
            },
            Kind::Map(key, element) => (*key, *element),
            Kind::Chan(_, element) => (*element, Type::UNKNOWN),
            Kind::Func(iterator) => match iterator.params.first().map(|&yields| self.core(yields)) {
                Some(Kind::Func(yields)) => {
                    let at = |at: usize| yields.params.get(at).copied().unwrap_or(Type::UNKNOWN);
                    (at(0), at(1))
                }
                _ => unknown,
            },
            _ => unknown,
        }
    }
}
