//! What does a statement write where? Variables, fields, elements; what is written to a place that nobody follows is open from then on.
//!
//! ```go
//! s.done = make(chan struct{}) // known, if s was made by the code that is run
//! cfg.hook = stop              // cfg came from outside: anybody may call stop now
//! ```
//!
//! Not here: the values (`eval`).

use super::Machine;
use super::code::Code;
use super::doubt;
use super::value::{Event, Id, Kind, Pid, State, Value, set_in};
use crate::ast::{AssignOp, Expr, ExprId, GenDecl, SpecKind};
use crate::sema::{Object as Meaning, Type};
use crate::types::Kind as TypeKind;
use std::rc::Rc;

impl Machine<'_, '_> {
    /// A value as it is stored: a struct is copied.
    pub(super) fn copied(&mut self, state: &mut State, value: Value, ty: Type) -> Value {
        match state.resolved(value) {
            Value::Ref(id) if self.is_inline(ty) => {
                let object = state.object(id);
                let (made, open, mut kind) = (object.made, object.open, object.kind.clone());
                match &mut kind {
                    Kind::Struct(of, fields) => {
                        if let TypeKind::Struct(types) = self.summaries.sema.behind(*of) {
                            for (name, value) in fields {
                                if let Some(field) = types.iter().find(|field| field.name == *name) {
                                    *value = self.copied(state, *value, field.ty);
                                }
                            }
                        }
                    }
                    Kind::List(values) => {
                        if let TypeKind::Array(_, inner) = self.summaries.sema.behind(ty) {
                            for value in values {
                                *value = self.copied(state, *value, *inner);
                            }
                        }
                    }
                    _ => {}
                }
                let is_group = matches!(kind, Kind::Group(_));
                let copy = state.alloc(made, open, kind);
                if let Some(site) = made.filter(|_| is_group) {
                    state.tell(0, site, Event::Copied(id, copy));
                }
                Value::Ref(copy)
            }
            _ => value,
        }
    }

    pub(super) fn set_field(&mut self, state: &mut State, id: Id, name: &str, ty: Type, value: Value) {
        let value = self.copied(state, value, ty);
        let open = state.object(id).open;
        if open {
            state.lose(value);
        }
        match &mut state.object_mut(id).kind {
            // What nobody knows is not worth knowing where others write too.
            Kind::Struct(_, fields) if open && matches!(value, Value::Sym(_) | Value::Text(_)) => fields.retain(|(of, _)| of != name),
            Kind::Struct(_, fields) => set_in(fields, name, value),
            Kind::Cond(lock) if name == "L" => *lock = value,
            _ => state.lose(value),
        }
    }

    /// `lhs = rhs` and its kin. The calls and receives in it were made before.
    pub(super) fn assign(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, lhs: &[ExprId], op: AssignOp, rhs: &[ExprId]) {
        let summaries = self.summaries;
        let (tree, decl) = (summaries.sema.tree(code.decl), code.decl);
        if let AssignOp::Op(op) = op {
            let (a, b) = (self.eval(state, pid, lhs[0]), self.eval(state, pid, rhs[0]));
            let value = self.binary(state, op, a, b);
            let value = if value == Value::Unknown { state.symbol() } else { value };
            return self.set(state, pid, code, lhs[0], value, false);
        }
        let define = op == AssignOp::Define;
        if lhs.len() == rhs.len() {
            let values: Vec<Value> = rhs.iter().map(|&value| self.eval(state, pid, value)).collect();
            for ((&target, &of), value) in lhs.iter().zip(rhs).zip(values) {
                let value = match value {
                    Value::Unknown => self.external(state, summaries.sema.type_of(decl, of)),
                    value => value,
                };
                self.set(state, pid, code, target, value, define);
            }
            return;
        }
        let Some(&of) = rhs.first() else { return };
        let values = match tree.expr(tree.unparen(of)) {
            Expr::Index { x, indices } => {
                let (x, index) = (*x, indices[0]);
                let (base, index) = (self.eval(state, pid, x), self.eval(state, pid, index));
                let (value, there) = self.element(state, base, index, summaries.sema.type_of(decl, lhs[0]));
                vec![value, there]
            }
            Expr::TypeAssert { x, ty } => {
                let value = self.eval(state, pid, *x);
                let fits = ty.and_then(|ty| self.is_of(state, value, summaries.sema.type_of(decl, ty)));
                vec![value, fits.map_or(Value::Unknown, Value::Bool)]
            }
            _ => self.results_of(state, pid, tree.unparen(of)),
        };
        for (at, &target) in lhs.iter().enumerate() {
            let value = match values.get(at).copied().unwrap_or(Value::Unknown) {
                Value::Unknown => state.symbol(),
                value => value,
            };
            self.set(state, pid, code, target, value, define);
        }
    }

    /// Whether a value is of a type that is asked for; `None` if nobody knows.
    fn is_of(&self, state: &State, value: Value, wanted: Type) -> Option<bool> {
        let types = &self.summaries.sema.types;
        match state.resolved(value) {
            Value::Nil => Some(false),
            Value::Ref(id) => match (&state.object(id).kind, types.kind(wanted)) {
                (Kind::Struct(ty, _), TypeKind::Pointer(inner)) if !state.object(id).open => Some(ty == inner),
                _ => None,
            },
            _ => None,
        }
    }

    /// All that a call or receive of the node at hand resulted in.
    pub(super) fn results_of(&self, state: &State, pid: Pid, expr: ExprId) -> Vec<Value> {
        let memo = &state.frame(pid).memo;
        match memo.iter().find(|(of, _)| *of == expr) {
            Some(&(_, Value::Ref(id))) => match &state.object(id).kind {
                Kind::Tuple(values) => values.clone(),
                _ => vec![Value::Ref(id)],
            },
            Some(&(_, value)) => vec![value],
            None => Vec::new(),
        }
    }

    /// Writes a value to what an expression denotes.
    pub(super) fn set(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, target: ExprId, value: Value, define: bool) {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let (tree, decl) = (sema.tree(code.decl), code.decl);
        let target = tree.unparen(target);
        match tree.expr(target) {
            Expr::Ident(name) if name == "_" => {}
            Expr::Ident(_) => match sema.scopes(decl).of_ident(target) {
                Some(local) => {
                    let ty = sema.type_of_local(decl, local);
                    let value = self.copied(state, value, ty);
                    if define && sema.scopes(decl).local(local).ident == target {
                        self.declare(state, pid, code, local, value);
                        return;
                    }
                    if self.is_shared(decl, local) || self.is_inline(ty) {
                        let raw = self.raw(state, pid, code, local);
                        self.overwrite(state, raw, value);
                    } else {
                        self.declare(state, pid, code, local, value);
                    }
                }
                None => {
                    state.lose(value);
                    if let Meaning::Package(global) = sema.object(decl, target) {
                        state.globals.retain(|(of, _)| *of != global);
                        state.globals.push((global, value));
                    }
                }
            },
            Expr::Selector { x, sel } => {
                let (x, name) = (*x, tree.ident(*sel).unwrap_or_default());
                let base = self.eval(state, pid, x);
                let id = self.struct_of(state, base, sema.type_of(decl, x)).and_then(|id| match state.object(id).kind {
                    Kind::Struct(..) => self.owner(state, id, name),
                    _ => Some(id),
                });
                match id {
                    Some(id) => self.set_field(state, id, name, sema.type_of(decl, target), value),
                    None => state.lose(value),
                }
            }
            Expr::Index { x, indices } => {
                let (x, index) = (*x, indices[0]);
                doubt::note_written(state, tree, x);
                let (base, index) = (self.eval(state, pid, x), self.eval(state, pid, index));
                let value = self.copied(state, value, sema.type_of(decl, target));
                self.set_element(state, base, index, value);
            }
            Expr::Star { x } => {
                doubt::note_written(state, tree, *x);
                let pointer = self.eval(state, pid, *x);
                let value = self.copied(state, value, sema.type_of(decl, target));
                self.overwrite(state, pointer, value);
            }
            _ => state.lose(value),
        }
    }

    /// Writes through a reference: to a cell, a field, or all of a struct.
    pub(super) fn overwrite(&mut self, state: &mut State, target: Value, value: Value) {
        let Value::Ref(id) = state.resolved(target) else { return state.lose(value) };
        if state.object(id).open {
            state.lose(value);
        }
        match state.object(id).kind.clone() {
            Kind::Cell(_) => state.object_mut(id).kind = Kind::Cell(value),
            Kind::Field(of, name) => {
                if state.object(of).open {
                    state.lose(value);
                }
                if let Kind::Struct(_, fields) = &mut state.object_mut(of).kind {
                    set_in(fields, &name, value);
                }
            }
            Kind::Struct(..) | Kind::List(_) | Kind::Lock(_) | Kind::Group(_) | Kind::Cond(_) | Kind::Once(_) => {
                match state.resolved(value) {
                    Value::Ref(from) => {
                        let (kind, open) = (state.object(from).kind.clone(), state.object(from).open);
                        state.become_kind(id, kind);
                        state.object_mut(id).open |= open;
                    }
                    _ => state.lose(target),
                }
            }
            _ => state.lose(value),
        }
    }

    fn set_element(&mut self, state: &mut State, base: Value, index: Value, value: Value) {
        let Value::Ref(id) = state.resolved(base) else { return state.lose(value) };
        if state.object(id).open {
            state.lose(index);
            state.lose(value);
        }
        let index = state.resolved(index);
        match state.object(id).kind.clone() {
            Kind::List(mut values) => match index {
                Value::Int(at) if (at as usize) < values.len() => {
                    values[at as usize] = value;
                    state.object_mut(id).kind = Kind::List(values);
                }
                // One of them, nobody knows which.
                _ => {
                    state.lose(base);
                    state.lose(value);
                }
            },
            Kind::Map(mut entries) => {
                for at in 0..entries.len() {
                    match self.equal(state, entries[at].0, index) {
                        Some(true) => {
                            entries[at].1 = value;
                            state.object_mut(id).kind = Kind::Map(entries);
                            return;
                        }
                        Some(false) => {}
                        None => {
                            state.lose(base);
                            state.lose(index);
                            state.lose(value);
                            return;
                        }
                    }
                }
                entries.push((index, value));
                state.object_mut(id).kind = Kind::Map(entries);
            }
            _ => state.lose(value),
        }
    }

    /// `var a, b T = x, y`
    pub(super) fn var(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, decl: &GenDecl) {
        let summaries = self.summaries;
        for spec in &decl.specs {
            let SpecKind::Value { names, values, .. } = &spec.kind else { continue };
            if !values.is_empty() {
                self.assign(state, pid, code, names, AssignOp::Define, values);
                continue;
            }
            for &name in names {
                if let Some(local) = summaries.sema.scopes(code.decl).of_ident(name) {
                    let ty = summaries.sema.type_of_local(code.decl, local);
                    let before = self.here.replace(super::value::Site { decl: code.decl, node: crate::ast::Node::Expr(name) });
                    let value = self.zero(state, ty);
                    self.here = before;
                    self.declare(state, pid, code, local, value);
                }
            }
        }
    }
}
