//! Which value has an expression? Exactly where it is made of constants, of what the code made itself and of what it got back; unknown
//! everywhere else. What flows to a place that nobody follows is open from then on.
//!
//! ```go
//! c := &conn{done: make(chan struct{})} // an object with a field that is a channel
//! c.done                                // that channel
//! cfg.Retries                           // a number: unknown, and the same each time
//! ```
//!
//! Not here: calls and receives, which happen before (`call`, `wait`), and assignments (`store`).

use super::Machine;
use super::code::Code;
use super::compare::{EQUAL, GREATER, LESS, Ordering};
use super::value::{Fact, Id, Kind, Pid, State, Value, set_in};
use crate::ast::{Expr, ExprId, Name, Op};
use crate::project::DeclId;
use crate::sema::{LocalId, Object as Meaning, Type};
use crate::types::{Called, Global, Kind as TypeKind, Member, TypeName};
use std::rc::Rc;

/// How deep expressions are followed.
const DEEPEST: u32 = 100;
/// How deep a field may lie in embedded structs.
const EMBEDDED: usize = 4;
/// Numbers beyond are not kept.
const BIGGEST: i64 = 1 << 20;

impl Machine<'_, '_> {
    /// The value of an expression. Its calls and receives were made before.
    pub(super) fn eval(&mut self, state: &mut State, pid: Pid, expr: ExprId) -> Value {
        self.depth += 1;
        let value = if self.depth > DEEPEST { Value::Unknown } else { self.value_of(state, pid, expr) };
        self.depth -= 1;
        value
    }

    /// The same for a count: what nobody knows is taken for [`super::MANY`].
    pub(super) fn eval_count(&mut self, state: &mut State, pid: Pid, expr: ExprId) -> Value {
        let before = std::mem::replace(&mut self.counting, true);
        let value = self.eval(state, pid, expr);
        self.counting = before;
        self.count(state, value)
    }

    /// A number that is needed to go on.
    pub(super) fn count(&self, state: &mut State, value: Value) -> Value {
        match state.resolved(value) {
            Value::Sym(sym) => {
                state.guessed |= state.facts_of(sym).contains(&(sym, Fact::Unsure));
                state.learn(sym, Fact::Is(Value::Int(super::MANY)));
                Value::Int(super::MANY)
            }
            value => value,
        }
    }

    fn value_of(&mut self, state: &mut State, pid: Pid, expr: ExprId) -> Value {
        let code = self.code_at(state, pid);
        let decl = code.decl;
        let summaries = self.summaries;
        let sema = &summaries.sema;
        if let Some(constant) = sema.types.info(decl).constant(expr).filter(|constant| constant.is_known()) {
            return self.constant(constant);
        }
        let tree = sema.tree(decl);
        match tree.expr(expr) {
            Expr::Ident(name) => self.ident(state, pid, &code, expr, name),
            Expr::Paren { x } => self.eval(state, pid, *x),
            Expr::Call { .. } | Expr::Unary { op: Op::Arrow, .. } => {
                let memo = &state.frame(pid).memo;
                let value = memo.iter().find(|(of, _)| *of == expr).map_or(Value::Unknown, |&(_, value)| value);
                match value {
                    Value::Ref(id) => match &state.object(id).kind {
                        Kind::Tuple(values) => values.first().copied().unwrap_or(Value::Unknown),
                        _ => value,
                    },
                    _ => value,
                }
            }
            Expr::Selector { x, sel } => self.selector(state, pid, &code, expr, *x, *sel),
            Expr::Index { x, indices } => match (&indices[..], sema.types.function(decl, expr)) {
                (_, Called::Function(global)) => Value::Func(global.decl),
                ([index], _) => {
                    let base = self.eval(state, pid, *x);
                    let index = self.eval(state, pid, *index);
                    let ty = sema.type_of(decl, expr);
                    self.element(state, base, index, ty).0
                }
                _ => Value::Unknown,
            },
            Expr::Slice { x, low, high, max } => {
                let base = self.eval(state, pid, *x);
                if low.is_none() && high.is_none() && max.is_none() {
                    return base;
                }
                let (low, high) = (*low, *high);
                let low = low.map_or(Value::Int(0), |low| self.eval(state, pid, low));
                let high = high.map(|high| self.eval(state, pid, high));
                let is_list = !matches!(sema.behind(sema.type_of(decl, *x)), TypeKind::Basic(_));
                self.slice(state, base, low, high, is_list)
            }
            Expr::TypeAssert { x, .. } => self.eval(state, pid, *x),
            Expr::Star { x } => {
                let pointer = self.eval(state, pid, *x);
                let ty = sema.type_of(decl, expr);
                self.behind_pointer(state, pointer, ty)
            }
            Expr::Unary { op: Op::And, x } => self.address(state, pid, &code, tree.unparen(*x)),
            Expr::Unary { op: Op::Not, x } => match self.eval(state, pid, *x) {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Unknown,
            },
            Expr::Unary { op: Op::Sub, x } => match self.eval(state, pid, *x) {
                Value::Int(value) => value.checked_neg().map_or(Value::Unknown, Value::Int),
                _ => Value::Unknown,
            },
            Expr::Binary { op, x, y } => {
                let (a, b) = (self.eval(state, pid, *x), self.eval(state, pid, *y));
                self.binary(state, *op, a, b)
            }
            Expr::CompositeLit { elts, .. } => self.composite(state, pid, &code, expr, elts),
            Expr::FuncLit { .. } => self.closure(state, pid, &code, expr),
            _ => Value::Unknown,
        }
    }

    fn constant(&mut self, constant: &crate::types::Constant) -> Value {
        match (constant.as_bool(), constant.as_i64(), constant.as_bytes()) {
            (Some(value), ..) => Value::Bool(value),
            (_, Some(value), _) => Value::Int(value),
            (.., Some(text)) => Value::Text(self.text(text)),
            _ => Value::Unknown,
        }
    }

    /// The number of a text.
    pub(super) fn text(&mut self, text: &[u8]) -> u32 {
        let known = self.texts.iter().position(|known| **known == *text);
        known.unwrap_or_else(|| {
            self.texts.push(text.into());
            self.texts.len() - 1
        }) as u32
    }

    fn ident(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, expr: ExprId, name: &str) -> Value {
        match self.summaries.sema.object(code.decl, expr) {
            Meaning::Local(local) => self.variable(state, pid, code, local),
            Meaning::Package(global) => self.global(state, code.decl, expr, global),
            Meaning::Universe if name == "nil" => Value::Nil,
            _ => Value::Unknown,
        }
    }

    /// The value of a variable.
    pub(super) fn variable(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, local: LocalId) -> Value {
        let raw = self.raw(state, pid, code, local);
        match raw {
            Value::Ref(id) if self.is_shared(code.decl, local) => match state.object(id).kind {
                Kind::Cell(value) if state.object(id).open && !matches!(value, Value::Ref(_)) => Value::Unknown,
                Kind::Cell(value) => value,
                _ => raw,
            },
            _ => raw,
        }
    }

    /// What stands for a variable in its frame: its cell, if it is shared.
    pub(super) fn raw(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, local: LocalId) -> Value {
        let vars = &state.frame(pid).vars;
        if let Ok(at) = vars.binary_search_by_key(&local, |&(of, _)| of) {
            return vars[at].1;
        }
        let ty = self.summaries.sema.type_of_local(code.decl, local);
        let value = self.external(state, ty);
        self.declare(state, pid, code, local, value)
    }

    /// Makes a variable; answers what stands for it.
    pub(super) fn declare(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, local: LocalId, value: Value) -> Value {
        let value = if self.is_shared(code.decl, local) { Value::Ref(state.alloc(None, false, Kind::Cell(value))) } else { value };
        let vars = &mut state.frame_mut(pid).vars;
        match vars.binary_search_by_key(&local, |&(of, _)| of) {
            Ok(at) => vars[at].1 = value,
            Err(at) => vars.insert(at, (local, value)),
        }
        value
    }

    /// Whether a variable is seen by function literals or through pointers, and is no object of its own.
    pub(super) fn is_shared(&self, decl: DeclId, local: LocalId) -> bool {
        let info = self.summaries.sema.scopes(decl).local(local);
        (info.captured || info.address_taken) && !self.is_inline(self.summaries.sema.type_of_local(decl, local))
    }

    /// Whether a value of a type is its fields or elements, and not a reference to them.
    pub(super) fn is_inline(&self, ty: Type) -> bool {
        matches!(self.summaries.sema.behind(ty), TypeKind::Struct(_) | TypeKind::Array(..))
    }

    fn global(&mut self, state: &mut State, decl: DeclId, expr: ExprId, global: Global) -> Value {
        if let Called::Function(function) = self.summaries.sema.types.function(decl, expr) {
            return Value::Func(function.decl);
        }
        if let Some(&(_, value)) = state.globals.iter().find(|(of, _)| *of == global) {
            return value;
        }
        let ty = self.summaries.sema.type_of(decl, expr);
        let value = if ty == Type::ERROR { state.some() } else { self.external(state, ty) };
        state.globals.push((global, value));
        value
    }

    fn selector(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, expr: ExprId, x: ExprId, sel: ExprId) -> Value {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let decl = code.decl;
        if let Meaning::Import(_) = sema.object(decl, x)
            && let Meaning::Package(global) = sema.object(decl, sel)
        {
            return self.global(state, decl, expr, global);
        }
        match sema.types.function(decl, expr) {
            Called::Function(global) => return Value::Func(global.decl),
            Called::Method(member, Some(receiver)) => {
                let value = self.eval(state, pid, receiver);
                let key = match sema.function_value(decl, expr) {
                    crate::sema::Callee::Function(function) => function.key,
                    _ => Name::default(),
                };
                let declared = match member {
                    Member::Method { decl, .. }
                        if sema.project.origin(sema.project.file(decl.file).package) == crate::project::Origin::Root =>
                    {
                        Some(decl)
                    }
                    _ => None,
                };
                return Value::Ref(state.alloc(None, false, Kind::Bound { receiver: value, decl: declared, key }));
            }
            _ => {}
        }
        let Some(name) = sema.tree(decl).ident(sel) else { return Value::Unknown };
        let base = self.eval(state, pid, x);
        let ty = sema.type_of(decl, expr);
        let base_ty = sema.type_of(decl, x);
        self.field(state, base, base_ty, name, ty)
    }

    /// The object that a value of a struct or pointer type is; one that nobody knew is made up, open.
    pub(super) fn struct_of(&mut self, state: &mut State, value: Value, ty: Type) -> Option<Id> {
        let sema = &self.summaries.sema;
        match state.resolved(value) {
            Value::Ref(id) => Some(id),
            Value::Sym(sym) if matches!(sema.behind(sema.pointee(ty)), TypeKind::Struct(_)) => {
                let id = self.object_of(state, sema.pointee(ty), true);
                state.learn(sym, Fact::Is(Value::Ref(id)));
                Some(id)
            }
            _ => None,
        }
    }

    fn field(&mut self, state: &mut State, base: Value, base_ty: Type, name: &str, ty: Type) -> Value {
        let Some(id) = self.struct_of(state, base, base_ty) else {
            return self.external(state, ty);
        };
        match &state.object(id).kind {
            Kind::Struct(..) => {
                let Some(id) = self.owner(state, id, name) else { return self.external(state, ty) };
                self.read_field(state, id, name, ty)
            }
            Kind::Cond(lock) if name == "L" => *lock,
            // A pointer to a pointer is followed by hand only.
            Kind::Cell(inner) => {
                let inner = *inner;
                match inner {
                    Value::Ref(_) => self.field(state, inner, base_ty, name, ty),
                    _ => self.external(state, ty),
                }
            }
            _ => self.external(state, ty),
        }
    }

    /// The embedded object that has a field, or the object itself.
    pub(super) fn owner(&mut self, state: &mut State, id: Id, name: &str) -> Option<Id> {
        let sema = &self.summaries.sema;
        let mut at = vec![id];
        for _ in 0..EMBEDDED {
            let mut next = Vec::new();
            for id in at {
                let Kind::Struct(ty, _) = &state.object(id).kind else { continue };
                let TypeKind::Struct(fields) = sema.behind(*ty) else { return Some(id) };
                if fields.iter().any(|field| field.name == name) {
                    return Some(id);
                }
                for field in fields.iter().filter(|field| field.embedded) {
                    let value = self.read_field(state, id, &field.name, field.ty);
                    next.extend(self.struct_of(state, value, field.ty));
                }
            }
            at = next;
        }
        None
    }

    pub(super) fn read_field(&mut self, state: &mut State, id: Id, name: &str, ty: Type) -> Value {
        let object = state.object(id);
        let open = object.open;
        let Kind::Struct(_, fields) = &object.kind else { return Value::Unknown };
        if let Some((_, value)) = fields.iter().find(|(of, _)| of == name) {
            return *value;
        }
        let value = if open { self.external(state, ty) } else { self.zero(state, ty) };
        if let Kind::Struct(_, fields) = &mut state.object_mut(id).kind {
            set_in(fields, name, value);
        }
        value
    }

    /// An element, and whether it is there.
    pub(super) fn element(&mut self, state: &mut State, base: Value, index: Value, ty: Type) -> (Value, Value) {
        let index = state.resolved(index);
        match state.resolved(base) {
            Value::Ref(id) => match state.object(id).kind.clone() {
                Kind::List(values) => match index {
                    Value::Int(at) => match values.get(at as usize) {
                        // Somebody else may have put something there.
                        Some(Value::Nil) if state.object(id).open => (self.external(state, ty), Value::Bool(true)),
                        value => (value.copied().unwrap_or(Value::Unknown), Value::Bool(true)),
                    },
                    _ => {
                        values.into_iter().for_each(|value| state.lose(value));
                        (self.external(state, ty), Value::Unknown)
                    }
                },
                Kind::Map(entries) => {
                    let mut certain = !state.object(id).open;
                    for (key, value) in &entries {
                        match self.equal(state, *key, index) {
                            Some(true) if certain => return (*value, Value::Bool(true)),
                            Some(false) => {}
                            _ => certain = false,
                        }
                    }
                    if certain {
                        return (self.zero(state, ty), Value::Bool(false));
                    }
                    entries.into_iter().for_each(|(_, value)| state.lose(value));
                    (self.external(state, ty), Value::Unknown)
                }
                _ => (self.external(state, ty), Value::Unknown),
            },
            Value::Nil => (self.zero(state, ty), Value::Bool(false)),
            _ => (self.external(state, ty), Value::Unknown),
        }
    }

    fn slice(&mut self, state: &mut State, base: Value, low: Value, high: Option<Value>, is_list: bool) -> Value {
        // Both have the same elements: what is written through one is seen through the other.
        state.lose(base);
        let part = state.symbol();
        if is_list {
            let length = match state.resolved(base) {
                Value::Sym(sym) => Some(state.length_of(sym)),
                Value::Ref(id) => match &state.object(id).kind {
                    Kind::List(values) => Some(Value::Int(values.len() as i64)),
                    _ => Some(state.length_of_open(id)),
                },
                _ => None,
            };
            let length = length.map(|length| self.count(state, length));
            let end = high.map_or(length, |high| Some(state.resolved(high)));
            match (part, state.resolved(low), end) {
                (Value::Sym(part), Value::Int(low), Some(Value::Int(end))) if (0..=end).contains(&low) => {
                    if let Value::Sym(length) = state.length_of(part) {
                        state.learn(length, Fact::Is(Value::Int(end - low)));
                    }
                }
                // How long it is compared with the whole, nobody knows.
                (Value::Sym(part), ..) => {
                    if let Value::Sym(length) = state.length_of(part) {
                        state.learn(length, Fact::Unsure);
                    }
                }
                _ => {}
            }
        }
        part
    }

    pub(super) fn behind_pointer(&mut self, state: &mut State, pointer: Value, ty: Type) -> Value {
        match state.resolved(pointer) {
            Value::Ref(id) => match state.object(id).kind.clone() {
                Kind::Cell(value) if state.object(id).open && !matches!(value, Value::Ref(_)) => Value::Unknown,
                Kind::Cell(value) => value,
                Kind::Field(of, name) => self.read_field(state, of, &name, ty),
                _ => Value::Ref(id),
            },
            _ => self.external(state, ty),
        }
    }

    fn address(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, x: ExprId) -> Value {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let decl = code.decl;
        let tree = sema.tree(decl);
        let is_inline = self.is_inline(sema.type_of(decl, x));
        match tree.expr(x) {
            Expr::CompositeLit { .. } => self.eval(state, pid, x),
            Expr::Ident(_) => match sema.object(decl, x) {
                Meaning::Local(local) => self.raw(state, pid, code, local),
                Meaning::Package(_) if is_inline => self.eval(state, pid, x),
                _ => state.some(),
            },
            Expr::Selector { .. } | Expr::Index { .. } if is_inline => self.eval(state, pid, x),
            Expr::Selector { x: base, sel } => {
                let (base_ty, name) = (sema.type_of(decl, *base), tree.ident(*sel));
                let base = self.eval(state, pid, *base);
                let owner = self.struct_of(state, base, base_ty).zip(name).and_then(|(id, name)| self.owner(state, id, name));
                match (owner, name) {
                    (Some(id), Some(name)) => Value::Ref(state.alloc(None, state.object(id).open, Kind::Field(id, name.into()))),
                    _ => state.some(),
                }
            }
            _ => {
                let value = self.eval(state, pid, x);
                state.lose(value);
                state.some()
            }
        }
    }

    /// Whether two values are the same; `None` if nobody knows.
    pub(super) fn equal(&self, state: &State, a: Value, b: Value) -> Option<bool> {
        match (state.resolved(a), state.resolved(b)) {
            (Value::Nil, other) | (other, Value::Nil) => match other {
                Value::Nil => Some(true),
                other if state.is_not_nil(other) => Some(false),
                _ => None,
            },
            (Value::Sym(a), Value::Sym(b)) if a == b => Some(true),
            (Value::Bool(a), Value::Bool(b)) => Some(a == b),
            (Value::Int(a), Value::Int(b)) => Some(a == b),
            (Value::Text(a), Value::Text(b)) => Some(a == b),
            (Value::Ref(a), Value::Ref(b)) if a == b => Some(true),
            (Value::Ref(a), Value::Ref(b)) => {
                let differ = |id: Id| !state.object(id).open && !matches!(state.object(id).kind, Kind::Struct(..) | Kind::List(_));
                (differ(a) && differ(b)).then_some(false)
            }
            _ => None,
        }
    }

    pub(super) fn binary(&mut self, state: &mut State, op: Op, a: Value, b: Value) -> Value {
        let (mut a, mut b) = (state.resolved(a), state.resolved(b));
        let known = |value: Option<bool>| value.map_or(Value::Unknown, Value::Bool);
        match op {
            Op::Eql | Op::Neq => {
                let by_order = match state.ordering(a, b) {
                    EQUAL => Some(true),
                    possible if possible & EQUAL == 0 => Some(false),
                    _ => None,
                };
                let equal = self.equal(state, a, b).or(by_order);
                return known(equal.map(|equal| equal == (op == Op::Eql)));
            }
            Op::LAnd => {
                return match (a, b) {
                    (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
                    (Value::Bool(true), other) | (other, Value::Bool(true)) => other,
                    _ => Value::Unknown,
                };
            }
            Op::LOr => {
                return match (a, b) {
                    (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
                    (Value::Bool(false), other) | (other, Value::Bool(false)) => other,
                    _ => Value::Unknown,
                };
            }
            _ => {}
        }
        if self.counting {
            (a, b) = (self.count(state, a), self.count(state, b));
        }
        if outcomes(op).is_none() && [a, b].iter().any(|value| matches!(value, Value::Sym(_))) {
            return state.unsure();
        }
        if matches!(a, Value::Sym(_)) || matches!(b, Value::Sym(_)) {
            return known(outcomes(op).and_then(|wanted| match state.ordering(a, b) {
                possible if possible & wanted == 0 => Some(false),
                possible if possible & !wanted == 0 => Some(true),
                _ => None,
            }));
        }
        let (Value::Int(a), Value::Int(b)) = (a, b) else { return Value::Unknown };
        let number = |value: Option<i64>| value.filter(|value| value.abs() <= BIGGEST).map_or(Value::Unknown, Value::Int);
        match op {
            Op::Lss => Value::Bool(a < self.scaled(state, a, b)),
            Op::Leq => Value::Bool(a <= self.scaled(state, a, b)),
            Op::Gtr => Value::Bool(a > b),
            Op::Geq => Value::Bool(a >= b),
            Op::Add => number(a.checked_add(b)),
            Op::Sub => number(a.checked_sub(b)),
            Op::Mul => number(a.checked_mul(b)),
            _ => state.unsure(),
        }
    }

    /// The bound of a loop that turns too often to be followed, taken for one with few turns.
    fn scaled(&self, state: &mut State, a: i64, b: i64) -> i64 {
        if self.counting && b > super::MOST_TURNS && a <= super::MANY {
            state.scaled = true;
            return super::MANY;
        }
        b
    }

    /// The embedded object of a type that a promoted method belongs to.
    pub(super) fn promoted(&mut self, state: &mut State, value: Value, ty: Type, fits: &dyn Fn(&Self, Type) -> bool) -> Option<Id> {
        let id = self.struct_of(state, value, ty)?;
        let sema = &self.summaries.sema;
        let mut at = vec![id];
        for _ in 0..EMBEDDED {
            let mut next = Vec::new();
            for id in at {
                let Kind::Struct(ty, _) = &state.object(id).kind else { continue };
                let ty = *ty;
                if fits(self, ty) {
                    return Some(id);
                }
                let TypeKind::Struct(fields) = sema.behind(ty) else { continue };
                for field in fields.iter().filter(|field| field.embedded) {
                    let value = self.read_field(state, id, &field.name, field.ty);
                    let Some(inner) = self.struct_of(state, value, field.ty) else { continue };
                    if fits(self, sema.pointee(field.ty)) {
                        return Some(inner);
                    }
                    next.push(inner);
                }
            }
            at = next;
        }
        None
    }

    pub(super) fn is_named(&self, ty: Type, name: TypeName) -> bool {
        matches!(self.summaries.sema.types.kind(ty), TypeKind::Named(of, _) if (of.decl, of.ident) == (name.decl, name.ident))
    }
}

/// The outcomes of a comparison for which it is true.
pub(super) fn outcomes(op: Op) -> Option<Ordering> {
    Some(match op {
        Op::Lss => LESS,
        Op::Leq => LESS | EQUAL,
        Op::Gtr => GREATER,
        Op::Geq => GREATER | EQUAL,
        Op::Eql => EQUAL,
        Op::Neq => LESS | GREATER,
        _ => return None,
    })
}
