//! What does a call run, and with what? And what do the language's own functions do?
//!
//! ```go
//! go w.run(stop)      // the method's body with its receiver and argument, in a goroutine of its own
//! defer close(w.done) // prepared here, run when the function returns
//! log.Printf("%v", w) // not followed: nothing of what it gets is used by anybody else
//! publish(w)          // not followed: from now on anybody may use w
//! ```
//!
//! A function of the analysed code is run where what it gets leads to something that goroutines wait for, or where what it returns may;
//! every other call is something that returns and tells nothing.
//!
//! Not here: what the functions of `sync`, `context` and `time` do (`library`).

use super::Machine;
use super::callee::{CallSite, Target};
use super::code::Code;
use super::doubt;
use super::value::{Callee, Event, Frame, Id, Kind, Pid, Prepared, Site, State, Then, Value, Wait};
use crate::ast::{Expr, ExprId, Name, Node};
use crate::project::DeclId;
use crate::sema::{LocalId, Type};
use crate::types::{Kind as TypeKind, Member};
use std::rc::Rc;
use std::sync::Arc;

/// How many functions may run within each other.
const DEEPEST: usize = 12;
/// A body that is entered, and with what.
pub(super) struct Entry {
    pub(super) code: usize,
    pub(super) receiver: Option<Value>,
    pub(super) args: Vec<Value>,
    pub(super) captured: Vec<(LocalId, Value)>,
    pub(super) then: Then,
}

/// What becomes of a goroutine when it has begun a call.
pub(super) enum Flow {
    /// The call has returned.
    Done(Value),
    /// A function's body runs now, or the goroutine waits.
    Under,
    /// There are several ways on; in each the call has returned, or what it runs runs.
    Fork(Vec<(State, Value)>),
    /// The path does not matter any further.
    Cut,
}

impl Machine<'_, '_> {
    /// What a call will run, with the values of its function and arguments.
    pub(super) fn prepare(&mut self, state: &mut State, pid: Pid, code: &Rc<Code>, call: ExprId) -> Prepared {
        let decl = code.decl;
        let tree = self.summaries.sema.tree(decl);
        let site = Site { decl, node: Node::Expr(call) };
        let known = self.call_site(decl, call);
        let callee = self.callee(state, pid, decl, &known);
        let mut values = Vec::with_capacity(known.args.len());
        for &arg in &known.args {
            match known.is_spread {
                true => values.extend(self.spread(state, pid, tree.unparen(arg), known.counts)),
                false if known.counts => values.push(self.eval_count(state, pid, arg)),
                false => values.push(self.eval(state, pid, arg)),
            }
        }
        if let Some(fixed) = known.fixed
            && matches!(callee, Callee::Declared(..) | Callee::Closure(_))
            && values.len() >= fixed
        {
            let rest = values.split_off(fixed);
            let rest = if rest.is_empty() { Value::Nil } else { Value::Ref(state.alloc(None, false, Kind::List(rest))) };
            values.push(rest);
        }
        Prepared { callee, args: values, site }
    }

    fn call_site(&mut self, decl: DeclId, call: ExprId) -> Arc<CallSite> {
        let summaries = self.summaries;
        if let Some(known) = self.calls.get(&(decl, call)) {
            return known.clone();
        }
        self.spend(super::CALL_TICKS);
        let found = CallSite::of(summaries, decl, call);
        self.calls.insert((decl, call), found.clone());
        found
    }

    /// The only argument of a call; all results where it is a call itself.
    fn spread(&mut self, state: &mut State, pid: Pid, arg: ExprId, counts: bool) -> Vec<Value> {
        if counts {
            return vec![self.eval_count(state, pid, arg)];
        }
        match self.results_of(state, pid, arg) {
            results if results.len() > 1 => results,
            _ => vec![self.eval(state, pid, arg)],
        }
    }

    fn callee(&mut self, state: &mut State, pid: Pid, decl: DeclId, known: &CallSite) -> Callee {
        if let Target::Value = known.target {
            let value = self.eval(state, pid, known.fun);
            return self.called_value(state, value);
        }
        let receiver = known.receiver.map(|(x, ty)| (self.eval(state, pid, x), ty));
        let value = receiver.map(|(value, _)| value);
        match (&known.target, receiver) {
            (Target::Builtin(name), _) => Callee::Builtin(name),
            (Target::Conversion, _) => Callee::Conversion,
            (Target::Modelled(key), Some((value, ty))) => {
                let value = self.primitive(state, value, ty).map_or(value, Value::Ref);
                Callee::Library(key.clone(), Some(value))
            }
            (&Target::Method(declared, of), Some((value, ty))) => {
                let owner = self.promoted(state, value, ty, &|machine, ty| machine.is_named(ty, of));
                Callee::Declared(declared, Some(owner.map_or(value, Value::Ref)))
            }
            // An interface's method: that of the value's own type.
            (Target::Abstract(key), Some((value, _))) => {
                self.method_of(state, value, name_of(key), decl).unwrap_or_else(|| Callee::Library(key.clone(), Some(value)))
            }
            (&(Target::Declared(declared) | Target::Method(declared, _)), _) => Callee::Declared(declared, value),
            (Target::Library(key) | Target::Modelled(key) | Target::Abstract(key), _) => Callee::Library(key.clone(), value),
            (Target::Value, _) => Callee::Unknown,
        }
    }

    /// The lock, group, condition or context that a value is or embeds.
    fn primitive(&mut self, state: &mut State, value: Value, ty: Type) -> Option<Id> {
        let id = self.struct_of(state, value, ty)?;
        match &state.object(id).kind {
            Kind::Struct(..) => {
                self.promoted(state, value, ty, &|machine, ty| super::library::is_primitive(&machine.summaries.sema.key(ty)))
            }
            Kind::Cell(inner) => match state.resolved(*inner) {
                Value::Ref(id) => Some(id),
                _ => None,
            },
            _ => Some(id),
        }
    }

    /// The method of a name that a value's own type has.
    fn method_of(&mut self, state: &mut State, value: Value, name: &str, from: DeclId) -> Option<Callee> {
        let sema = &self.summaries.sema;
        let Value::Ref(id) = state.resolved(value) else { return None };
        let object = state.object(id);
        let Kind::Struct(ty, _) = &object.kind else { return None };
        let ty = *ty;
        // What came from outside may be anything that is in the interface.
        if object.open && !matches!(sema.types.kind(ty), TypeKind::Named(..)) {
            return None;
        }
        let pointer = sema.types.make(TypeKind::Pointer(ty));
        match sema.types.member_of(pointer, name, from.file) {
            Some(Member::Method { decl, of, .. }) => {
                let owner = self.promoted(state, value, ty, &|machine, ty| machine.is_named(ty, of));
                Some(Callee::Declared(decl, Some(owner.map_or(value, Value::Ref))))
            }
            _ => None,
        }
    }

    /// What a value of function type runs.
    pub(super) fn called_value(&mut self, state: &State, value: Value) -> Callee {
        match state.resolved(value) {
            Value::Func(decl) => Callee::Declared(decl, None),
            Value::Ref(id) => match &state.object(id).kind {
                Kind::Closure { .. } => Callee::Closure(id),
                Kind::Cancel(context) => Callee::Cancel(*context),
                Kind::Bound { receiver, decl: Some(decl), .. } => Callee::Declared(*decl, Some(*receiver)),
                Kind::Bound { receiver, key, .. } => Callee::Library(key.clone(), Some(*receiver)),
                _ => Callee::Unknown,
            },
            _ => Callee::Unknown,
        }
    }

    /// Begins a call in a goroutine; `then` says who gets the result.
    pub(super) fn invoke(&mut self, state: &mut State, pid: Pid, call: Prepared, then: Then) -> Flow {
        match &call.callee {
            Callee::Builtin(name) => self.builtin(state, pid, name, &call),
            Callee::Conversion => Flow::Done(call.args.first().copied().unwrap_or(Value::Unknown)),
            Callee::Cancel(context) => {
                self.cancel(state, *context);
                Flow::Done(Value::Unknown)
            }
            Callee::Library(key, receiver) if super::library::is_modelled(key) => {
                let (key, receiver) = (key.clone(), *receiver);
                self.library(state, pid, &key, receiver, &call, then)
            }
            Callee::Declared(decl, receiver) => {
                if !self.is_worth_running(state, pid, &call) {
                    return self.opaque(state, &call);
                }
                match self.code(*decl, None) {
                    Some(code) if state.goroutines[pid].frames.len() < DEEPEST => {
                        let receiver = *receiver;
                        self.push(state, pid, Entry { code, receiver, args: call.args.clone(), captured: Vec::new(), then });
                        Flow::Under
                    }
                    _ => self.opaque(state, &call),
                }
            }
            Callee::Closure(id) => {
                let Kind::Closure { decl, lit, captured } = state.object(*id).kind.clone() else { return Flow::Cut };
                match self.code(decl, Some(lit)) {
                    Some(code) if state.goroutines[pid].frames.len() < DEEPEST => {
                        self.push(state, pid, Entry { code, receiver: None, args: call.args.clone(), captured, then });
                        Flow::Under
                    }
                    _ => self.opaque(state, &call),
                }
            }
            _ => self.opaque(state, &call),
        }
    }

    /// Whether a function takes a lock for its caller, or gives one back, or calls what it gets under one, or gets the same twice, to judge
    /// by the words in it. `roots` is what it gets.
    fn locks_for_others(&self, state: &State, call: &Prepared, roots: &[Value]) -> bool {
        let Callee::Declared(decl, _) = call.callee else { return false };
        let mentions = &self.summaries.sema.project.decl(decl).mentions;
        let (takes, gives) = (mentions.name("Lock") || mentions.name("RLock"), mentions.name("Unlock") || mentions.name("RUnlock"));
        let gets_function = || {
            let is_closure = |value: &Value| match state.resolved(*value) {
                Value::Ref(id) => matches!(state.object(id).kind, Kind::Closure { .. }),
                _ => false,
            };
            call.args.iter().any(is_closure)
        };
        // `merge(j, j)`: the second lock is the first, unless it asks before whether the two are the same.
        let is_same = |(at, value): (usize, &Value)| matches!(value, Value::Ref(_)) && roots[..at].contains(value);
        let gets_twice = roots.iter().enumerate().any(is_same);
        let asks = || {
            let sema = &self.summaries.sema;
            let range = &sema.project.decl(decl).range;
            let text = sema.project.file(decl.file).source.slice(range.start, range.end);
            super::entries::words(text).any(|(word, _)| matches!(word, "if" | "switch" | "for" | "select" | "goto"))
        };
        match gets_twice {
            true => takes && !asks(),
            false => takes != gives || takes && gets_function(),
        }
    }

    /// Whether a declared function has to be followed to know what goroutines wait for.
    fn is_worth_running(&mut self, state: &State, pid: Pid, call: &Prepared) -> bool {
        let mut roots = Vec::new();
        call.roots(&mut roots);
        if roots.iter().any(|&value| state.reaches_own(value))
            || state.reaches_held(pid, &roots)
            || self.locks_for_others(state, call, &roots)
            || self.takes_linked(state, pid, call)
        {
            return true;
        }
        match call.site.node {
            Node::Expr(expr) => self.call_site(call.site.decl, expr).leads_on,
            Node::Stmt(_) => false,
        }
    }

    /// A call that nobody follows: what it gets may be used by anybody, unless the library is known to only look at it.
    pub(super) fn opaque(&mut self, state: &mut State, call: &Prepared) -> Flow {
        let Node::Expr(expr) = call.site.node else {
            self.note_unknown(state);
            return Flow::Done(Value::Unknown);
        };
        let known = self.call_site(call.site.decl, expr);
        self.note_unfollowed(state, call, &known);
        if known.ends {
            return Flow::Cut;
        }
        let borrows = match (&call.callee, &known.target) {
            (Callee::Library(key, _), Target::Library(own) | Target::Modelled(own) | Target::Abstract(own)) if key == own => {
                known.only_looks
            }
            (Callee::Library(key, _), _) => super::library::only_looks(self.summaries.sema.facts, key),
            _ => false,
        };
        if !borrows {
            doubt::note_lent(state, &self.summaries.sema, call.site.decl, expr);
            let mut roots = Vec::new();
            call.roots(&mut roots);
            roots.into_iter().for_each(|value| state.lose(value));
        }
        let values: Vec<Value> = known.results.iter().map(|&ty| self.external(state, ty)).collect();
        Flow::Done(tuple(state, values))
    }

    /// Enters a function's body.
    pub(super) fn push(&mut self, state: &mut State, pid: Pid, entry: Entry) {
        let Entry { code, receiver, args, mut captured, then } = entry;
        captured.sort_unstable_by_key(|&(local, _)| local);
        let body = self.codes[code].clone();
        state.goroutine(pid).frames.push(Rc::new(Frame {
            code,
            block: body.graph.entry.0,
            at: 0,
            vars: captured,
            memo: Vec::new(),
            last: Value::Unknown,
            chosen: None,
            received: (Value::Unknown, Value::Unknown),
            defers: Vec::new(),
            turns: Vec::new(),
            results: Vec::new(),
            then,
            steps: 0,
        }));
        let summaries = self.summaries;
        let sema = &summaries.sema;
        if let Some(local) = body.receiver {
            let ty = sema.type_of_local(body.decl, local);
            let value = match receiver {
                Some(value) => self.copied(state, value, ty),
                None => self.external(state, ty),
            };
            self.declare(state, pid, &body, local, value);
        }
        for &(number, local, _) in &body.params {
            let ty = sema.type_of_local(body.decl, local);
            let value = match args.get(number as usize) {
                Some(&value) => self.copied(state, value, ty),
                None => self.external(state, ty),
            };
            self.declare(state, pid, &body, local, value);
        }
        for &local in &body.results {
            let value = self.zero(state, sema.type_of_local(body.decl, local));
            self.declare(state, pid, &body, local, value);
        }
    }

    fn builtin(&mut self, state: &mut State, pid: Pid, name: &str, call: &Prepared) -> Flow {
        let summaries = self.summaries;
        let sema = &summaries.sema;
        let Node::Expr(expr) = call.site.node else { return Flow::Cut };
        let decl = call.site.decl;
        let ty = sema.type_of(decl, expr);
        let first = call.args.first().copied().unwrap_or(Value::Unknown);
        let site = Some(call.site);
        if let ("delete" | "clear", Expr::Call { args, .. }) = (name, sema.tree(decl).expr(expr))
            && let Some(&written) = args.first()
        {
            doubt::note_written(state, sema.tree(decl), written);
        }
        let value = match name {
            "make" => match sema.behind(ty) {
                TypeKind::Chan(_, of) => {
                    let (room, open) = match call.args.first() {
                        None => (0, false),
                        Some(Value::Int(room)) => (usize::try_from(*room).unwrap_or(0), false),
                        Some(_) => (0, true),
                    };
                    Value::Ref(state.alloc(site, open, Kind::Chan(super::value::Chan { of: Some(*of), room, ..Default::default() })))
                }
                TypeKind::Map(..) => Value::Ref(state.alloc(site, false, Kind::Map(Vec::new()))),
                TypeKind::Slice(inner) => match first {
                    Value::Int(length) if (0..=8).contains(&length) => {
                        let values = (0..length).map(|_| self.zero(state, *inner)).collect();
                        Value::Ref(state.alloc(site, false, Kind::List(values)))
                    }
                    _ => state.some(),
                },
                _ => Value::Unknown,
            },
            "new" => match sema.types.kind(sema.types.behind(ty)) {
                TypeKind::Pointer(inner) => {
                    let before = std::mem::replace(&mut self.here, site);
                    let value = self.zero(state, *inner);
                    self.here = before;
                    if self.is_inline(*inner) { value } else { Value::Ref(state.alloc(site, false, Kind::Cell(value))) }
                }
                _ => Value::Unknown,
            },
            "len" | "cap" => match state.resolved(first) {
                Value::Nil => Value::Int(0),
                Value::Ref(id) => match &state.object(id).kind {
                    Kind::List(values) if !state.object(id).open => Value::Int(values.len() as i64),
                    Kind::Map(entries) if !state.object(id).open => Value::Int(entries.len() as i64),
                    Kind::Chan(chan) if name == "cap" && !state.object(id).open => Value::Int(chan.room as i64),
                    Kind::Chan(chan) if !state.object(id).open => Value::Int(chan.held.len() as i64),
                    Kind::List(_) | Kind::Map(_) => state.length_of_open(id),
                    _ => Value::Unknown,
                },
                Value::Sym(sym) if name == "len" => state.length_of(sym),
                _ => Value::Unknown,
            },
            "append" => {
                let mut values = match state.resolved(first) {
                    Value::Nil => Vec::new(),
                    Value::Ref(id) => match &state.object(id).kind {
                        Kind::List(values) if !state.object(id).open => values.clone(),
                        _ => return self.opaque(state, call),
                    },
                    _ => return self.opaque(state, call),
                };
                let Expr::Call { ellipsis, .. } = sema.tree(decl).expr(expr) else { return Flow::Cut };
                for &value in &call.args[1..] {
                    match state.resolved(value) {
                        Value::Ref(id) if *ellipsis => match &state.object(id).kind {
                            Kind::List(more) => values.extend(more.clone()),
                            _ => return self.opaque(state, call),
                        },
                        Value::Nil if *ellipsis => {}
                        _ if *ellipsis => return self.opaque(state, call),
                        _ => values.push(value),
                    }
                }
                if values.len() > 16 {
                    return Flow::Cut;
                }
                Value::Ref(state.alloc(site, false, Kind::List(values)))
            }
            "close" => return self.close(state, pid, first, call.site),
            "delete" => {
                if let (Value::Ref(id), Some(&key)) = (state.resolved(first), call.args.get(1)) {
                    let Kind::Map(entries) = state.object(id).kind.clone() else { return Flow::Done(Value::Unknown) };
                    let certain = entries.iter().all(|(of, _)| self.equal(state, *of, key).is_some());
                    if !certain {
                        state.lose(first);
                    }
                    let entries = entries.into_iter().filter(|(of, _)| self.equal(state, *of, key) != Some(true)).collect();
                    state.object_mut(id).kind = Kind::Map(entries);
                }
                Value::Unknown
            }
            "clear" => {
                if let Value::Ref(id) = state.resolved(first)
                    && matches!(state.object(id).kind, Kind::Map(_))
                {
                    state.object_mut(id).kind = Kind::Map(Vec::new());
                }
                Value::Unknown
            }
            "panic" => return Flow::Cut,
            "recover" => Value::Nil,
            _ => return self.opaque(state, call),
        };
        Flow::Done(value)
    }

    /// `close(c)`
    pub(super) fn close(&mut self, state: &mut State, pid: Pid, chan: Value, site: Site) -> Flow {
        match state.resolved(chan) {
            Value::Ref(id) => {
                if let Kind::Chan(chan) = &mut state.object_mut(id).kind {
                    if chan.closed {
                        return Flow::Cut;
                    }
                    chan.closed = true;
                    state.tell(pid, site, Event::Closed(id));
                }
                Flow::Done(Value::Unknown)
            }
            // It panics.
            Value::Nil => Flow::Cut,
            _ => Flow::Done(Value::Unknown),
        }
    }

    /// Starts a goroutine; `group` is done when it ends.
    pub(super) fn start(&mut self, state: &mut State, pid: Pid, call: Prepared, site: Site, group: Option<Id>) -> Flow {
        let mut roots = Vec::new();
        call.roots(&mut roots);
        let is_own = group.is_some_and(|group| !state.object(group).open);
        let runs = match &call.callee {
            Callee::Declared(decl, _) => Some((*decl, None)),
            Callee::Closure(id) => match &state.object(*id).kind {
                Kind::Closure { decl, lit, .. } => Some((*decl, Some(*lit))),
                _ => None,
            },
            _ => None,
        };
        let Some((decl, lit)) = runs else {
            // `go wg.Wait()`, `go hook()`: it does what it does now, or nobody knows when.
            if matches!(call.callee, Callee::Builtin("close") | Callee::Cancel(_)) {
                return self.invoke(state, pid, call, Then::Nothing);
            }
            roots.into_iter().for_each(|value| state.lose(value));
            return Flow::Done(Value::Unknown);
        };
        let shares = roots.iter().any(|&value| state.reaches_own(value)) || state.reaches_nil(&roots);
        let Some(code) = self.code(decl, lit) else {
            roots.into_iter().for_each(|value| state.lose(value));
            return Flow::Done(Value::Unknown);
        };
        if !shares && !is_own {
            // Nothing connects the two: it is looked at by itself.
            if lit.is_some() {
                self.add_root(decl, lit, Some(site));
            }
            roots.into_iter().for_each(|value| state.lose(value));
            return Flow::Done(Value::Unknown);
        }
        let running = state.goroutines.iter().filter(|goroutine| !goroutine.frames.is_empty()).count();
        if running >= super::MOST_GOROUTINES {
            return Flow::Cut;
        }
        let new = state.goroutines.len();
        let through = match self.calls(state, pid)[..] {
            [call] => Some(call),
            _ => None,
        };
        let started = Some(site);
        state.goroutines.push(Rc::new(super::value::Goroutine { frames: Vec::new(), wait: Wait::Nothing, started, through, group }));
        state.tell(pid, site, Event::Started(new));
        let (receiver, captured) = match &call.callee {
            Callee::Declared(_, receiver) => (*receiver, Vec::new()),
            Callee::Closure(id) => match &state.object(*id).kind {
                Kind::Closure { captured, .. } => (None, captured.clone()),
                _ => (None, Vec::new()),
            },
            _ => (None, Vec::new()),
        };
        self.push(state, new, Entry { code, receiver, args: call.args, captured, then: Then::Nothing });
        Flow::Done(Value::Unknown)
    }
}

/// One value for all results of a call.
pub(super) fn tuple(state: &mut State, values: Vec<Value>) -> Value {
    match values[..] {
        [] => Value::Unknown,
        [only] => only,
        _ => Value::Ref(state.alloc(None, false, Kind::Tuple(values))),
    }
}

/// The key of a library function as a name.
pub(super) fn name_of(key: &Name) -> &str {
    key.rsplit('.').next().unwrap_or_default()
}
