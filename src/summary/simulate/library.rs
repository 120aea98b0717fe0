//! What do the functions of `sync`, `context`, `errgroup` and `time` do that let goroutines wait for each other?
//!
//! ```go
//! wg.Add(1)                          // one more to wait for
//! mu.Lock()                          // waits until nobody holds mu
//! ctx, cancel := context.WithCancel(parent) // ctx.Done() is a channel that cancel closes, and parent's end
//! ```
//!
//! Not here: channels, which are the language's own (`wait`); what other functions do to what they get (`facts`).

use super::Machine;
use super::call::{Flow, name_of, tuple};
use super::value::{Callee, Event, Holder, Id, Kind, Pid, Prepared, Site, State, Then, Turn, Value, Wait, set_in};
use crate::ast::{Expr, ExprId, Name, Node, Stmt};
use crate::facts::{EffectKind, Facts};

/// Functions that are done here.
const MODELLED: &[&str] = &[
    "sync.Mutex.Lock",
    "sync.Mutex.Unlock",
    "sync.Mutex.TryLock",
    "sync.RWMutex.Lock",
    "sync.RWMutex.Unlock",
    "sync.RWMutex.TryLock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.RUnlock",
    "sync.RWMutex.TryRLock",
    "sync.RWMutex.RLocker",
    "sync.Locker.Lock",
    "sync.Locker.Unlock",
    "sync.WaitGroup.Add",
    "sync.WaitGroup.Done",
    "sync.WaitGroup.Wait",
    "sync.WaitGroup.Go",
    "sync.Cond.Wait",
    "sync.Cond.Signal",
    "sync.Cond.Broadcast",
    "sync.NewCond",
    "sync.Once.Do",
    "context.Background",
    "context.TODO",
    "context.WithCancel",
    "context.WithCancelCause",
    "context.WithTimeout",
    "context.WithTimeoutCause",
    "context.WithDeadline",
    "context.WithDeadlineCause",
    "context.WithValue",
    "context.Context.Done",
    "context.Context.Err",
    "errors.New",
    "fmt.Errorf",
    "golang.org/x/sync/errgroup.WithContext",
    "golang.org/x/sync/errgroup.Group.Go",
    "golang.org/x/sync/errgroup.Group.TryGo",
    "golang.org/x/sync/errgroup.Group.Wait",
    "golang.org/x/sync/errgroup.Group.SetLimit",
    "time.AfterFunc",
];

/// Types whose values goroutines wait for.
const PRIMITIVES: &[&str] =
    &["sync.Mutex", "sync.RWMutex", "sync.WaitGroup", "sync.Cond", "sync.Once", "golang.org/x/sync/errgroup.Group", "context.Context"];

/// Packages whose functions only look at what they get.
const LOOKING: &[&str] = &["fmt.", "log.", "errors.", "strings.", "bytes.", "strconv.", "math.", "unicode.", "time.", "runtime."];

pub(super) fn is_modelled(key: &str) -> bool {
    MODELLED.contains(&key) || key.starts_with("sync/atomic.")
}

pub(super) fn is_primitive(key: &str) -> bool {
    PRIMITIVES.contains(&key)
}

/// Whether a function of a library keeps nothing of what it gets and calls none of it.
pub(super) fn only_looks(facts: &Facts, key: &str) -> bool {
    let effects = facts.effects(key);
    let borrows = !effects.is_empty() && effects.iter().all(|effect| effect.kind == EffectKind::Borrows);
    borrows || LOOKING.iter().any(|package| key.strip_prefix(package).is_some_and(|name| !name.contains('.')))
}

impl Machine<'_, '_> {
    /// `if !t.Stop() { <-done }`: whether the function of a timer runs decides what comes after.
    fn asks_whether_it_ran(&self, site: Site) -> bool {
        let sema = &self.summaries.sema;
        let package = sema.project.file(site.decl.file).package;
        let decls = sema.decls_that_mention(package, "Stop");
        decls.into_iter().any(|decl| self.asks_in(decl))
    }

    fn asks_in(&self, decl: crate::project::DeclId) -> bool {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        tree.index.calls.iter().any(|&call| {
            let Expr::Call { fun, .. } = *tree.expr(call) else { return false };
            let is_statement = match parents.parent(Node::Expr(call)) {
                Some(Node::Stmt(stmt)) => matches!(tree.stmt(stmt), Stmt::Expr { .. } | Stmt::Defer { .. } | Stmt::Go { .. }),
                _ => false,
            };
            let is_stop = matches!(*tree.expr(tree.unparen(fun)), Expr::Selector { sel, .. } if tree.ident(sel) == Some("Stop"));
            is_stop
                && !is_statement
                && matches!(sema.callee(decl, call), crate::sema::Callee::Function(function) if function.key == "time.Timer.Stop")
        })
    }

    pub(super) fn library(
        &mut self,
        state: &mut State,
        pid: Pid,
        key: &Name,
        receiver: Option<Value>,
        call: &Prepared,
        then: Then,
    ) -> Flow {
        let Node::Expr(expr) = call.site.node else { return Flow::Cut };
        if key.starts_with("sync/atomic.") {
            return self.atomic(state, key, receiver, call);
        }
        let object = receiver.and_then(|value| match state.resolved(value) {
            Value::Ref(id) => Some(id),
            _ => None,
        });
        match (&**key, object) {
            ("errors.New" | "fmt.Errorf", _) => Flow::Done(state.some()),
            ("sync.NewCond", _) => {
                let lock = call.args.first().copied().unwrap_or(Value::Unknown);
                let open = !matches!(state.resolved(lock), Value::Ref(_));
                Flow::Done(Value::Ref(state.alloc(Some(call.site), open, Kind::Cond(lock))))
            }
            ("time.AfterFunc", _) => {
                let Some(&function) = call.args.get(1) else { return self.opaque(state, call) };
                if self.asks_whether_it_ran(call.site) {
                    state.lose(function);
                    return self.opaque(state, call);
                }
                let started = Prepared { callee: self.called_value(state, function), args: Vec::new(), site: call.site };
                match self.start(state, pid, started, call.site, None) {
                    Flow::Done(_) => {
                        let ty = self.summaries.sema.type_of(call.site.decl, expr);
                        Flow::Done(self.external(state, ty))
                    }
                    flow => flow,
                }
            }
            (key, _) if key.starts_with("context.") => self.context(state, key, object, call),
            ("golang.org/x/sync/errgroup.WithContext", _) => {
                let group = state.alloc(Some(call.site), false, Kind::Group(0));
                let done = state.alloc(Some(call.site), true, Kind::Chan(Default::default()));
                let context = state.alloc(Some(call.site), true, Kind::Context { done: Some(done), children: Vec::new() });
                Flow::Done(tuple(state, vec![Value::Ref(group), Value::Ref(context)]))
            }
            (_, Some(id)) => match (&state.object(id).kind, name_of(key)) {
                (Kind::Lock(_), "Lock" | "RLock") => self.lock(state, pid, id, name_of(key) == "RLock", expr),
                (Kind::Lock(_), "Unlock" | "RUnlock") => self.unlock(state, pid, id, name_of(key) == "RUnlock", call.site),
                (Kind::Lock(lock), "TryLock" | "TryRLock") => {
                    let read = name_of(key) == "TryRLock";
                    if state.object(id).open {
                        return Flow::Done(Value::Bool(false));
                    }
                    let free = lock.writer.is_none() && (read || lock.readers.is_empty());
                    if free {
                        self.take(state, pid, id, read, call.site);
                    }
                    Flow::Done(Value::Bool(free))
                }
                (Kind::Lock(_), "RLocker") => Flow::Done(Value::Ref(state.alloc(None, false, Kind::ReadLocker(id)))),
                (&Kind::ReadLocker(of), "Lock") => self.lock(state, pid, of, true, expr),
                (&Kind::ReadLocker(of), "Unlock") => self.unlock(state, pid, of, true, call.site),
                (Kind::Group(_), _) => self.group(state, pid, id, name_of(key), call, expr),
                (Kind::Cond(_), _) => self.cond(state, pid, id, name_of(key), call, expr),
                (&Kind::Once(turn), "Do") => self.once(state, pid, (id, turn), call, then),
                _ => self.opaque(state, call),
            },
            _ => self.opaque(state, call),
        }
    }

    fn lock(&mut self, state: &mut State, pid: Pid, lock: Id, read: bool, call: ExprId) -> Flow {
        state.goroutine(pid).wait = Wait::Lock { lock, read, call, arrived: false };
        Flow::Under
    }

    /// A goroutine gets a lock.
    pub(super) fn take(&mut self, state: &mut State, pid: Pid, lock: Id, read: bool, site: Site) {
        if let Kind::Lock(lock) = &mut state.object_mut(lock).kind {
            let holder = Holder { pid, site };
            match read {
                true => lock.readers.push(holder),
                false => lock.writer = Some(holder),
            }
        }
        state.tell(pid, site, Event::Locked(lock));
    }

    pub(super) fn unlock(&mut self, state: &mut State, pid: Pid, id: Id, read: bool, site: Site) -> Flow {
        let open = state.object(id).open;
        let Kind::Lock(lock) = &mut state.object_mut(id).kind else { return Flow::Cut };
        let held = match read {
            true => {
                let at = lock.readers.iter().position(|holder| holder.pid == pid).or(if lock.readers.is_empty() { None } else { Some(0) });
                at.map(|at| lock.readers.remove(at)).is_some()
            }
            false => lock.writer.take().is_some(),
        };
        // To unlock what is not locked ends the program.
        if !held && !open {
            return Flow::Cut;
        }
        state.tell(pid, site, Event::Unlocked(id));
        Flow::Done(Value::Unknown)
    }

    fn group(&mut self, state: &mut State, pid: Pid, id: Id, name: &str, call: &Prepared, expr: ExprId) -> Flow {
        let add = |state: &mut State, more: i64| -> bool {
            let Kind::Group(count) = &mut state.object_mut(id).kind else { return false };
            *count += more;
            // A negative counter ends the program.
            *count >= 0
        };
        match name {
            "Add" => match call.args.first() {
                Some(&Value::Int(more)) => {
                    let more = if more > super::MOST_TURNS {
                        state.scaled = true;
                        super::MANY
                    } else {
                        more
                    };
                    if !add(state, more) && !state.object(id).open {
                        return Flow::Cut;
                    }
                    state.tell(pid, call.site, if more > 0 { Event::Added(id) } else { Event::Done(id) });
                    Flow::Done(Value::Unknown)
                }
                _ => {
                    state.lose(Value::Ref(id));
                    Flow::Done(Value::Unknown)
                }
            },
            "Done" => {
                if !add(state, -1) && !state.object(id).open {
                    return Flow::Cut;
                }
                state.tell(pid, call.site, Event::Done(id));
                Flow::Done(Value::Unknown)
            }
            "Wait" => {
                state.goroutine(pid).wait = Wait::Group { group: id, call: expr };
                Flow::Under
            }
            "Go" | "TryGo" => {
                let Some(&function) = call.args.first() else { return Flow::Cut };
                let started = Prepared { callee: self.called_value(state, function), args: Vec::new(), site: call.site };
                if matches!(started.callee, Callee::Unknown | Callee::Library(..)) {
                    // It ends some time.
                    state.lose(function);
                    return Flow::Done(Value::Bool(true));
                }
                add(state, 1);
                let before = state.goroutines.len();
                let flow = self.start(state, pid, started, call.site, Some(id));
                // What was not started here is done when nobody sees it.
                if state.goroutines.len() == before {
                    add(state, -1);
                }
                match flow {
                    Flow::Done(_) => Flow::Done(Value::Bool(true)),
                    flow => flow,
                }
            }
            "SetLimit" => {
                state.lose(Value::Ref(id));
                Flow::Done(Value::Unknown)
            }
            _ => self.opaque(state, call),
        }
    }

    fn cond(&mut self, state: &mut State, pid: Pid, id: Id, name: &str, call: &Prepared, expr: ExprId) -> Flow {
        match name {
            "Wait" => {
                let Kind::Cond(lock) = state.object(id).kind else { return Flow::Cut };
                if let Some((lock, read)) = lock_behind(state, lock)
                    && let Flow::Cut = self.unlock(state, pid, lock, read, call.site)
                {
                    return Flow::Cut;
                }
                state.goroutine(pid).wait = Wait::Cond { cond: id, call: expr };
                Flow::Under
            }
            "Signal" | "Broadcast" => {
                state.tell(pid, call.site, Event::Signalled(id));
                let waits = |goroutine: &super::value::Goroutine| matches!(goroutine.wait, Wait::Cond { cond, .. } if cond == id);
                let waiting: Vec<Pid> = (0..state.goroutines.len()).filter(|&pid| waits(&state.goroutines[pid])).collect();
                if name == "Broadcast" || waiting.len() <= 1 {
                    for pid in waiting {
                        wake(state, pid);
                    }
                    return Flow::Done(Value::Unknown);
                }
                let one = |&pid: &Pid| {
                    let mut state = state.clone();
                    wake(&mut state, pid);
                    (state, Value::Unknown)
                };
                Flow::Fork(waiting.iter().map(one).collect())
            }
            _ => self.opaque(state, call),
        }
    }

    fn once(&mut self, state: &mut State, pid: Pid, (id, turn): (Id, Turn), call: &Prepared, then: Then) -> Flow {
        let Node::Expr(expr) = call.site.node else { return Flow::Cut };
        match turn {
            Turn::Done => Flow::Done(Value::Unknown),
            Turn::Running(_) => {
                state.goroutine(pid).wait = Wait::Once { once: id, call: expr };
                Flow::Under
            }
            Turn::Fresh => {
                let function = call.args.first().copied().unwrap_or(Value::Unknown);
                let callee = self.called_value(state, function);
                state.object_mut(id).kind = Kind::Once(Turn::Running(pid));
                let inner = Prepared { callee, args: Vec::new(), site: call.site };
                let answer = match then {
                    Then::Answer(answer) => answer,
                    _ => expr,
                };
                match self.invoke(state, pid, inner, Then::Once(id, answer)) {
                    Flow::Done(value) => {
                        state.object_mut(id).kind = Kind::Once(Turn::Done);
                        Flow::Done(value)
                    }
                    flow => flow,
                }
            }
        }
    }

    fn context(&mut self, state: &mut State, key: &str, object: Option<Id>, call: &Prepared) -> Flow {
        let done_of = |state: &State, value: Value| match state.resolved(value) {
            Value::Ref(id) => match &state.object(id).kind {
                Kind::Context { done, .. } => Some((id, *done)),
                _ => None,
            },
            _ => None,
        };
        let first = call.args.first().copied().unwrap_or(Value::Unknown);
        match key {
            "context.Background" | "context.TODO" => {
                Flow::Done(Value::Ref(state.alloc(Some(call.site), false, Kind::Context { done: None, children: Vec::new() })))
            }
            "context.WithValue" => Flow::Done(first),
            "context.Context.Done" => match object.and_then(|id| done_of(state, Value::Ref(id))) {
                Some((_, Some(done))) => Flow::Done(Value::Ref(done)),
                Some((_, None)) => Flow::Done(Value::Nil),
                None => Flow::Done(Value::Ref(state.alloc(None, true, Kind::Chan(Default::default())))),
            },
            "context.Context.Err" => match object.and_then(|id| done_of(state, Value::Ref(id))) {
                Some((_, Some(done))) => match &state.object(done).kind {
                    Kind::Chan(chan) if chan.closed => Flow::Done(state.some()),
                    _ if state.object(done).open => Flow::Done(state.symbol()),
                    _ => Flow::Done(Value::Nil),
                },
                Some((_, None)) => Flow::Done(Value::Nil),
                None => Flow::Done(state.symbol()),
            },
            _ => {
                let parent = done_of(state, first);
                let timed = !key.starts_with("context.WithCancel");
                let ends = match parent {
                    Some((_, Some(done))) => state.object(done).open,
                    Some((_, None)) => false,
                    None => true,
                };
                let done = state.alloc(Some(call.site), timed || ends, Kind::Chan(Default::default()));
                let context = state.alloc(Some(call.site), timed || ends, Kind::Context { done: Some(done), children: Vec::new() });
                if let Some((parent, _)) = parent
                    && let Kind::Context { children, .. } = &mut state.object_mut(parent).kind
                {
                    children.push(context);
                }
                let cancel = state.alloc(Some(call.site), false, Kind::Cancel(context));
                Flow::Done(tuple(state, vec![Value::Ref(context), Value::Ref(cancel)]))
            }
        }
    }

    /// A context ends, and all that were made from it.
    pub(super) fn cancel(&mut self, state: &mut State, context: Id) {
        let mut waiting = vec![context];
        while let Some(id) = waiting.pop() {
            let Kind::Context { done, children } = state.object(id).kind.clone() else { continue };
            if let Some(done) = done
                && let Kind::Chan(chan) = &mut state.object_mut(done).kind
                && !std::mem::replace(&mut chan.closed, true)
            {
                waiting.extend(children);
            }
        }
    }

    fn atomic(&mut self, state: &mut State, key: &Name, receiver: Option<Value>, call: &Prepared) -> Flow {
        let (place, args) = match receiver {
            Some(receiver) => (receiver, &call.args[..]),
            None => match call.args.split_first() {
                Some((&place, rest)) => (place, rest),
                None => return Flow::Done(Value::Unknown),
            },
        };
        let Value::Ref(id) = state.resolved(place) else { return self.opaque(state, call) };
        let of_field = match &state.object(id).kind {
            Kind::Field(of, name) => Some((*of, name.clone())),
            Kind::Struct(..) => Some((id, "v".into())),
            _ => None,
        };
        let open = state.object(of_field.as_ref().map_or(id, |(of, _)| *of)).open;
        let now = match (&of_field, &state.object(id).kind) {
            (Some((of, name)), _) => match &state.object(*of).kind {
                Kind::Struct(_, fields) => fields.iter().find(|(known, _)| known == name).map_or(Value::Int(0), |&(_, value)| value),
                _ => Value::Unknown,
            },
            (None, Kind::Cell(value)) => *value,
            _ => return self.opaque(state, call),
        };
        let is_bool = key.contains("atomic.Bool.");
        let now = match now {
            Value::Int(0) if is_bool => Value::Bool(false),
            now if open && !matches!(now, Value::Ref(_)) => Value::Unknown,
            now => now,
        };
        let name = name_of(key);
        let arg = |at: usize| args.get(at).copied().unwrap_or(Value::Unknown);
        let (after, result) = match name {
            _ if name.starts_with("Load") => (None, now),
            _ if name.starts_with("Store") => (Some(arg(0)), Value::Unknown),
            _ if name.starts_with("Swap") => (Some(arg(0)), now),
            _ if name.starts_with("Add") => {
                let sum = self.binary(state, crate::ast::Op::Add, now, arg(0));
                (Some(sum), sum)
            }
            _ if name.starts_with("CompareAndSwap") => match self.equal(state, now, arg(0)) {
                Some(true) => (Some(arg(1)), Value::Bool(true)),
                Some(false) => (None, Value::Bool(false)),
                None => {
                    let mut swapped = state.clone();
                    self.put(&mut swapped, id, of_field, arg(1));
                    return Flow::Fork(vec![(swapped, Value::Bool(true)), (state.clone(), Value::Bool(false))]);
                }
            },
            _ => return self.opaque(state, call),
        };
        if let Some(value) = after {
            if open {
                state.lose(value);
            }
            self.put(state, id, of_field, value);
        }
        Flow::Done(result)
    }

    fn put(&mut self, state: &mut State, id: Id, field: Option<(Id, Name)>, value: Value) {
        match field {
            Some((of, name)) => {
                if let Kind::Struct(_, fields) = &mut state.object_mut(of).kind {
                    set_in(fields, &name, value);
                }
            }
            None => state.object_mut(id).kind = Kind::Cell(value),
        }
    }
}

/// The lock of a condition, and whether it is taken for reading.
pub(super) fn lock_behind(state: &State, lock: Value) -> Option<(Id, bool)> {
    match state.resolved(lock) {
        Value::Ref(id) => match &state.object(id).kind {
            Kind::Lock(_) => Some((id, false)),
            Kind::ReadLocker(of) => Some((*of, true)),
            _ => None,
        },
        _ => None,
    }
}

/// A goroutine that waits for a condition was signalled: now it wants the lock again.
pub(super) fn wake(state: &mut State, pid: Pid) {
    let Wait::Cond { cond, call } = state.goroutines[pid].wait else { return };
    let Kind::Cond(lock) = state.object(cond).kind else { return };
    let wait = match lock_behind(state, lock) {
        Some((lock, read)) => Wait::Lock { lock, read, call, arrived: false },
        None => Wait::Nothing,
    };
    let is_free = wait == Wait::Nothing;
    let goroutine = state.goroutine(pid);
    goroutine.wait = wait;
    if is_free && let Some(frame) = goroutine.frame() {
        frame.memo.push((call, Value::Unknown));
    }
}
