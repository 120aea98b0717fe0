//! How do objects come about? From literals, as zero values, and from outside: what somebody who is not seen hands in is open.
//!
//! ```go
//! c := &conn{done: make(chan struct{})} // an object that only the code that is run has
//! var mu sync.Mutex                     // another
//! func serve(l *listener)               // l is open: others may use it meanwhile
//! ```
//!
//! Not here: reading and writing them (`eval`, `store`).

use super::Machine;
use super::code::Code;
use super::value::{Id, Kind, Pid, Site, State, Turn, Value};
use crate::ast::{Expr, ExprId, Node};
use crate::sema::Type;
use crate::types::{Basic, Kind as TypeKind};
use std::rc::Rc;

/// An array of more elements is not looked into.
const MOST_ELEMENTS: u64 = 16;

impl Machine<'_, '_> {
    /// Something of a type that comes from outside.
    pub(super) fn external(&mut self, state: &mut State, ty: Type) -> Value {
        let sema = &self.summaries.sema;
        match sema.behind(ty) {
            TypeKind::Struct(_) => Value::Ref(self.object_of(state, ty, true)),
            TypeKind::Pointer(inner) if matches!(sema.behind(*inner), TypeKind::Struct(_)) => {
                Value::Ref(self.object_of(state, *inner, true))
            }
            TypeKind::Chan(..) => Value::Ref(state.alloc(None, true, Kind::Chan(Default::default()))),
            TypeKind::Interface(_) if sema.key(ty) == "context.Context" => {
                let done = state.alloc(None, true, Kind::Chan(Default::default()));
                Value::Ref(state.alloc(None, true, Kind::Context { done: Some(done), children: Vec::new() }))
            }
            _ => state.symbol(),
        }
    }

    /// A new object of a struct or array type, all zero.
    pub(super) fn object_of(&mut self, state: &mut State, ty: Type, open: bool) -> Id {
        let kind = match &*self.summaries.sema.key(ty) {
            "sync.Mutex" | "sync.RWMutex" => Kind::Lock(Default::default()),
            "sync.WaitGroup" | "golang.org/x/sync/errgroup.Group" => Kind::Group(0),
            "sync.Cond" => Kind::Cond(Value::Nil),
            "sync.Once" => Kind::Once(Turn::Fresh),
            _ => match self.summaries.sema.behind(ty) {
                TypeKind::Array(Some(length), inner) if *length <= MOST_ELEMENTS && !open => {
                    let elements = (0..*length).map(|_| self.zero(state, *inner)).collect();
                    Kind::List(elements)
                }
                TypeKind::Struct(fields) if !open => {
                    // Structs within are there from the beginning: who has the outer one has the locks in it.
                    let inner = fields.iter().filter(|field| self.is_inline(field.ty));
                    let inner: Vec<_> = inner.map(|field| (field.name.clone(), field.ty)).collect();
                    let mut values: Vec<_> = inner.into_iter().map(|(name, ty)| (name, self.zero(state, ty))).collect();
                    values.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                    Kind::Struct(ty, values)
                }
                _ => Kind::Struct(ty, Vec::new()),
            },
        };
        state.alloc(self.here, open, kind)
    }

    pub(super) fn zero(&mut self, state: &mut State, ty: Type) -> Value {
        match self.summaries.sema.behind(ty) {
            TypeKind::Struct(_) | TypeKind::Array(..) => Value::Ref(self.object_of(state, ty, false)),
            TypeKind::Basic(Basic::Bool) => Value::Bool(false),
            TypeKind::Basic(Basic::String) => Value::Text(self.text(b"")),
            TypeKind::Basic(basic) if basic.is_integer() => Value::Int(0),
            TypeKind::Pointer(_)
            | TypeKind::Slice(_)
            | TypeKind::Map(..)
            | TypeKind::Chan(..)
            | TypeKind::Func(_)
            | TypeKind::Interface(_)
            | TypeKind::Error => Value::Nil,
            _ => Value::Unknown,
        }
    }

    pub(super) fn composite(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, expr: ExprId, elts: &[ExprId]) -> Value {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let decl = code.decl;
        let tree = sema.tree(decl);
        let ty = sema.type_of(decl, expr);
        let ty = if matches!(sema.behind(ty), TypeKind::Pointer(_)) { sema.pointee(sema.types.behind(ty)) } else { ty };
        let site = Some(Site { decl, node: Node::Expr(expr) });
        let parts: Vec<(Option<ExprId>, ExprId)> = elts
            .iter()
            .map(|&elt| match *tree.expr(elt) {
                Expr::KeyValue { key, value } => (Some(key), value),
                _ => (None, elt),
            })
            .collect();
        match sema.behind(ty) {
            TypeKind::Struct(fields) => {
                let before = std::mem::replace(&mut self.here, site);
                let id = self.object_of(state, ty, false);
                self.here = before;
                for (at, (key, value)) in parts.into_iter().enumerate() {
                    let field = match key {
                        Some(key) => tree.ident(key).and_then(|name| fields.iter().find(|field| field.name == name)),
                        None => fields.get(at),
                    };
                    let value = self.eval(state, pid, value);
                    match field {
                        Some(field) => self.set_field(state, id, &field.name, field.ty, value),
                        None => state.lose(value),
                    }
                }
                Value::Ref(id)
            }
            TypeKind::Slice(inner) | TypeKind::Array(_, inner) => {
                let values = parts.into_iter().map(|(_, value)| {
                    let value = self.eval(state, pid, value);
                    self.copied(state, value, *inner)
                });
                let values = values.collect();
                Value::Ref(state.alloc(site, false, Kind::List(values)))
            }
            TypeKind::Map(_, inner) => {
                let mut entries = Vec::new();
                for (key, value) in parts {
                    let key = key.map_or(Value::Unknown, |key| self.eval(state, pid, key));
                    let value = self.eval(state, pid, value);
                    entries.push((key, self.copied(state, value, *inner)));
                }
                Value::Ref(state.alloc(site, false, Kind::Map(entries)))
            }
            _ => {
                for (_, value) in parts {
                    let value = self.eval(state, pid, value);
                    state.lose(value);
                }
                state.some()
            }
        }
    }

    pub(super) fn closure(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, lit: ExprId) -> Value {
        let decl = code.decl;
        let Some(inner) = self.code(decl, Some(lit)) else {
            // A body that nobody can read uses what it likes.
            let roots: Vec<Value> = state.frame(pid).vars.iter().map(|&(_, value)| value).collect();
            roots.into_iter().for_each(|value| state.lose(value));
            return state.some();
        };
        let captures = self.codes[inner].captures.clone();
        let captured = captures.into_iter().map(|local| (local, self.raw(state, pid, code, local))).collect();
        Value::Ref(state.alloc(Some(Site { decl, node: Node::Expr(lit) }), false, Kind::Closure { decl, lit, captured }))
    }
}
