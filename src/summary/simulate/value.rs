//! What is known of a value and of what it refers to while functions are run: channels, locks and structs with their fields exactly, text
//! and numbers where they are constants, everything else as something unknown that is the same wherever it is copied to.
//!
//! ```go
//! ch := make(chan error, 1) // a reference to a channel with room for one
//! err := validate()         // a symbol: nobody knows, but `err != nil` has one answer until err is written again
//! ```
//!
//! Not here: how values come about (`eval`), who waits for what (`wait`).

use super::compare::Ordering;
use super::doubt::Asked;
use super::order::Nested;
use crate::ast::{ExprId, Name, Node, StmtId};
use crate::parse::Word;
use crate::project::DeclId;
use crate::sema::{LocalId, Type};
use crate::types::Global;
use std::rc::Rc;

/// The number of an object in the heap of a state.
pub(super) type Id = u32;
/// The number of a goroutine; the one that runs the entry is 0.
pub(super) type Pid = usize;

/// A node of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    pub decl: DeclId,
    pub node: Node,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    /// Nothing, not even that it is the same as another.
    Unknown,
    /// Something that stays the same; what was found out of it is in the state's facts.
    Sym(u32),
    Nil,
    Bool(bool),
    Int(i64),
    /// A constant text, by its number.
    Text(u32),
    /// An object of the heap: a pointer, a channel, a map; also a struct or an array where it stands.
    Ref(Id),
    /// A declared function.
    Func(DeclId),
}

/// What was found out of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    Is(Value),
    NotNil,
    /// The symbol that is the length of a slice, map or text.
    Length(u32),
    /// Whoever counts by it guesses: it is computed, or the length of a part of a list.
    Unsure,
}

/// An object of the heap.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// Where it was made.
    pub(super) made: Option<Site>,
    /// Code that is not run may use it too: whoever waits for it may be let go at any time.
    pub(super) open: bool,
    pub(super) kind: Kind,
}

/// What an object is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A variable that a function literal shares, or whose address is taken.
    Cell(Value),
    /// A struct; fields that are not there have their zero value, or something unknown if the struct is open. In the order of names.
    Struct(Type, Vec<(Name, Value)>),
    /// The results of a call.
    Tuple(Vec<Value>),
    /// A slice or an array.
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Chan(Chan),
    Lock(Lock),
    /// The second half of an `RWMutex`, as a `Locker`.
    ReadLocker(Id),
    Group(i64),
    /// A `sync.Cond` and its lock.
    Cond(Value),
    Once(Turn),
    /// A function literal with what it captured.
    Closure {
        decl: DeclId,
        lit: ExprId,
        captured: Vec<(LocalId, Value)>,
    },
    /// A method with its receiver; `None` where the function is one of the library's.
    Bound {
        receiver: Value,
        decl: Option<DeclId>,
        key: Name,
    },
    /// A context: its channel, and those that end with it.
    Context {
        done: Option<Id>,
        children: Vec<Id>,
    },
    Cancel(Id),
    /// `&x.f` of a field that is no struct.
    Field(Id, Name),
}

/// A channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Chan {
    /// The type of what goes through it, if that is known.
    pub(super) of: Option<Type>,
    pub(super) room: usize,
    pub(super) held: Vec<Value>,
    pub(super) closed: bool,
}

/// A `Mutex` or `RWMutex`.
#[derive(Clone, Debug, Default)]
pub(super) struct Lock {
    pub(super) writer: Option<Holder>,
    pub(super) readers: Vec<Holder>,
}

/// Who holds a lock, and since which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Holder {
    pub(super) pid: Pid,
    pub(super) site: Site,
}

/// How far a `sync.Once` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    Fresh,
    Running(Pid),
    Done,
}

/// What a goroutine waits for before its next step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wait {
    Nothing,
    Send {
        chan: Value,
        value: Value,
    },
    Receive {
        chan: Value,
        expr: ExprId,
    },
    /// The next value of a `range` over a channel.
    Range {
        chan: Value,
        stmt: StmtId,
    },
    Select {
        cases: Vec<Case>,
        default: Option<StmtId>,
    },
    Lock {
        lock: Id,
        read: bool,
        call: ExprId,
        arrived: bool,
    },
    Group {
        group: Id,
        call: ExprId,
    },
    Cond {
        cond: Id,
        call: ExprId,
    },
    Once {
        once: Id,
        call: ExprId,
    },
    /// `select {}`
    Forever,
}

/// A case of a `select`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Case {
    pub(super) clause: StmtId,
    pub(super) chan: Value,
    /// What is sent; nothing where the case receives.
    pub(super) sends: Option<Value>,
}

/// A call whose function and arguments are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Prepared {
    pub(super) callee: Callee,
    pub(super) args: Vec<Value>,
    pub(super) site: Site,
}

/// What a call runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Callee {
    /// A function of the analysed code, with its receiver.
    Declared(DeclId, Option<Value>),
    /// The object of a function literal.
    Closure(Id),
    Builtin(&'static str),
    /// A function of a library, by its key.
    Library(Name, Option<Value>),
    /// A cancel function's context.
    Cancel(Id),
    Conversion,
    Unknown,
}

/// What happens when a frame's function has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Then {
    /// The result goes to this call of the frame below.
    Answer(ExprId),
    /// Nothing: it was deferred, or it is the goroutine's own function.
    Nothing,
    /// A `sync.Once` is done, and this call has returned.
    Once(Id, ExprId),
}

/// A function that is running.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// The number of its body.
    pub(super) code: usize,
    pub(super) block: u32,
    pub(super) at: usize,
    /// In the order of their numbers.
    pub(super) vars: Vec<(LocalId, Value)>,
    /// What the calls and receives of the node at hand resulted in so far.
    pub(super) memo: Vec<(ExprId, Value)>,
    /// The value of the last node that is an expression.
    pub(super) last: Value,
    /// Which clause a `select` took.
    pub(super) chosen: Option<StmtId>,
    /// What a `select` received, and whether the channel was not closed.
    pub(super) received: (Value, Value),
    pub(super) defers: Vec<Prepared>,
    /// How often the loops over something were turned: the statement, what it is over, and the number.
    pub(super) turns: Vec<(StmtId, Value, u32)>,
    pub(super) results: Vec<Value>,
    pub(super) then: Then,
    /// How many blocks it went through.
    pub(super) steps: u32,
}

/// A goroutine.
#[derive(Clone, Debug)]
pub(super) struct Goroutine {
    pub(super) frames: Vec<Rc<Frame>>,
    pub(super) wait: Wait,
    /// Where it was started.
    pub(super) started: Option<Site>,
    /// The call of the function that started it, if that was called by the function that is run.
    pub(super) through: Option<Site>,
    /// The group that is done when it ends.
    pub(super) group: Option<Id>,
}

/// What happened on the way to a state; the evidence of a finding.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) before: Option<Rc<Step>>,
    pub(super) pid: Pid,
    pub(super) site: Site,
    pub(super) event: Event,
}

/// Something that is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Sent(Id),
    Received(Id),
    Closed(Id),
    Started(Pid),
    Returned,
    /// A branch that nobody could decide; and whether it is the usual one, where there is no error.
    Chose(bool),
    /// A case of a `select`.
    Took,
    Locked(Id),
    Unlocked(Id),
    Added(Id),
    Done(Id),
    Signalled(Id),
    /// A wait group was copied.
    Copied(Id, Id),
    /// Somebody who is not seen was taken to let it go on.
    Assumed,
}

/// All that there is at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) heap: Vec<Rc<Object>>,
    /// What of the heap can be held: locks and `sync.Once`s.
    pub(super) locks: Vec<Id>,
    pub(super) goroutines: Vec<Rc<Goroutine>>,
    /// In the order of symbols.
    pub(super) facts: Vec<(u32, Fact)>,
    /// How two values compare, where at least one is a symbol: which of less, equal and greater are possible.
    pub(super) relations: Vec<(Value, Value, Ordering)>,
    pub(super) globals: Vec<(Global, Value)>,
    pub(super) symbols: u32,
    /// The lengths of lists and maps that others may change, by symbol.
    pub(super) sizes: Vec<(Id, u32)>,
    /// What the elements of lists and maps are that nobody knows, by symbol and turn.
    pub(super) elements: Vec<(u32, u32, usize, Value)>,
    /// What conditions asked for that may be written.
    pub(super) asked: Vec<Asked>,
    /// The functions that were called and are not followed, by the number that `doubt` gives them.
    pub(super) unfollowed: Vec<u32>,
    /// The names of maps, lists and pointers through which something was written.
    pub(super) written: Vec<Word>,
    /// The locks that were taken with others held.
    pub(super) nested: Vec<Nested>,
    /// How conditions were decided that nobody could, by what they ask.
    pub(super) decided: Vec<(u64, bool)>,
    /// A loop with many turns was taken for one with two.
    pub(super) scaled: bool,
    /// Nobody knows whether this can happen (`doubt`): it goes no further.
    pub(super) guessed: bool,
    pub(super) trace: Option<Rc<Step>>,
}

impl State {
    pub(super) fn object(&self, id: Id) -> &Object {
        &self.heap[id as usize]
    }

    pub(super) fn object_mut(&mut self, id: Id) -> &mut Object {
        Rc::make_mut(&mut self.heap[id as usize])
    }

    pub(super) fn alloc(&mut self, made: Option<Site>, open: bool, kind: Kind) -> Id {
        let id = self.heap.len() as Id;
        if matches!(kind, Kind::Lock(_) | Kind::Once(_)) {
            self.locks.push(id);
        }
        self.heap.push(Rc::new(Object { made, open, kind }));
        id
    }

    /// Another thing stands where an object stood: all of a struct was overwritten.
    pub(super) fn become_kind(&mut self, id: Id, kind: Kind) {
        if matches!(kind, Kind::Lock(_) | Kind::Once(_)) && !self.locks.contains(&id) {
            self.locks.push(id);
        }
        self.object_mut(id).kind = kind;
    }

    pub(super) fn goroutine(&mut self, pid: Pid) -> &mut Goroutine {
        Rc::make_mut(&mut self.goroutines[pid])
    }

    /// The function that a goroutine runs at the moment.
    pub(super) fn frame(&self, pid: Pid) -> &Frame {
        self.goroutines[pid].frames.last().expect("invariant: only goroutines that run are asked")
    }

    pub(super) fn frame_mut(&mut self, pid: Pid) -> &mut Frame {
        self.goroutine(pid).frame().expect("invariant: only goroutines that run are asked")
    }

    pub(super) fn symbol(&mut self) -> Value {
        self.symbols += 1;
        Value::Sym(self.symbols)
    }

    /// A value that nobody knows but for being there.
    pub(super) fn some(&mut self) -> Value {
        let value = self.symbol();
        if let Value::Sym(sym) = value {
            self.learn(sym, Fact::NotNil);
        }
        value
    }

    pub(super) fn learn(&mut self, sym: u32, fact: Fact) {
        let at = match self.facts.last() {
            Some(&(last, _)) if last > sym => self.facts.partition_point(|&(of, _)| of <= sym),
            _ => self.facts.len(),
        };
        self.facts.insert(at, (sym, fact));
    }

    /// A number that is computed from others of which nobody knows all.
    pub(super) fn unsure(&mut self) -> Value {
        let value = self.symbol();
        if let Value::Sym(sym) = value {
            self.learn(sym, Fact::Unsure);
        }
        value
    }

    /// What was found out of a symbol, the first first.
    pub(super) fn facts_of(&self, sym: u32) -> &[(u32, Fact)] {
        let rest = &self.facts[self.facts.partition_point(|&(of, _)| of < sym)..];
        let count = rest.iter().take_while(|(of, _)| *of == sym).count();
        &rest[..count]
    }

    /// What a value is, looking through symbols.
    pub(super) fn resolved(&self, value: Value) -> Value {
        let Value::Sym(sym) = value else { return value };
        let found = self.facts_of(sym).iter().find_map(|&(_, fact)| match fact {
            Fact::Is(value) => Some(value),
            _ => None,
        });
        found.unwrap_or(value)
    }

    pub(super) fn is_not_nil(&self, value: Value) -> bool {
        match self.resolved(value) {
            Value::Sym(sym) => self.facts_of(sym).iter().any(|&(_, fact)| fact == Fact::NotNil),
            Value::Unknown | Value::Nil => false,
            _ => true,
        }
    }

    /// The length of something that nobody knows; the same each time.
    pub(super) fn length_of(&mut self, sym: u32) -> Value {
        let known = self.facts_of(sym).iter().find_map(|&(_, fact)| match fact {
            Fact::Length(length) => Some(length),
            _ => None,
        });
        let length = known.unwrap_or_else(|| {
            self.symbols += 1;
            self.learn(sym, Fact::Length(self.symbols));
            self.symbols
        });
        self.resolved(Value::Sym(length))
    }

    /// The length of a list or map that others may change.
    pub(super) fn length_of_open(&mut self, id: Id) -> Value {
        let known = self.sizes.iter().find(|(of, _)| *of == id).map(|&(_, length)| length);
        let length = known.unwrap_or_else(|| {
            self.symbols += 1;
            self.sizes.push((id, self.symbols));
            self.symbols
        });
        self.resolved(Value::Sym(length))
    }

    pub(super) fn tell(&mut self, pid: Pid, site: Site, event: Event) {
        self.trace = Some(Rc::new(Step { before: self.trace.take(), pid, site, event }));
    }

    /// The objects that a value refers to directly.
    pub(super) fn parts(kind: &Kind, mut visit: impl FnMut(Value)) {
        match kind {
            Kind::Cell(value) | Kind::Cond(value) => visit(*value),
            Kind::Struct(_, fields) => fields.iter().for_each(|(_, value)| visit(*value)),
            Kind::Tuple(values) | Kind::List(values) => values.iter().for_each(|value| visit(*value)),
            Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
                visit(*key);
                visit(*value);
            }),
            Kind::Chan(chan) => chan.held.iter().for_each(|value| visit(*value)),
            Kind::Closure { captured, .. } => captured.iter().for_each(|(_, value)| visit(*value)),
            Kind::Bound { receiver, .. } => visit(*receiver),
            Kind::Context { done, children } => done.iter().chain(children).for_each(|&id| visit(Value::Ref(id))),
            Kind::Cancel(id) | Kind::Field(id, _) | Kind::ReadLocker(id) => visit(Value::Ref(*id)),
            Kind::Lock(_) | Kind::Group(_) | Kind::Once(_) => {}
        }
    }

    /// Everything that can be reached from values.
    pub(super) fn reach(&self, roots: impl IntoIterator<Item = Value>) -> Vec<bool> {
        let mut seen = vec![false; self.heap.len()];
        let mut stack: Vec<Value> = roots.into_iter().collect();
        while let Some(value) = stack.pop() {
            if let Value::Ref(id) = self.resolved(value)
                && !std::mem::replace(&mut seen[id as usize], true)
            {
                State::parts(&self.object(id).kind, |part| stack.push(part));
            }
        }
        seen
    }

    /// A value goes where nobody follows it: from now on others may use what it refers to.
    pub(super) fn lose(&mut self, value: Value) {
        if !matches!(self.resolved(value), Value::Ref(_)) {
            return;
        }
        let seen = self.reach([value]);
        for id in (0..seen.len()).filter(|&id| seen[id]) {
            if !self.heap[id].open {
                self.object_mut(id as Id).open = true;
            }
        }
    }

    /// Whether a value leads to something that goroutines can wait for, and that only the code that is run uses.
    pub(super) fn reaches_own(&self, value: Value) -> bool {
        if !matches!(self.resolved(value), Value::Ref(_)) {
            return false;
        }
        let seen = self.reach([value]);
        (0..seen.len()).filter(|&id| seen[id]).any(|id| {
            let object = &self.heap[id];
            let waits =
                matches!(object.kind, Kind::Chan(_) | Kind::Lock(_) | Kind::Group(_) | Kind::Cond(_) | Kind::Once(_) | Kind::Cancel(_));
            !object.open && waits
        })
    }
}

impl State {
    /// Whether values lead to a variable that is nil and that nobody else has: what waits for it waits forever.
    pub(super) fn reaches_nil(&self, roots: &[Value]) -> bool {
        if roots.iter().any(|&root| self.resolved(root) == Value::Nil) {
            return true;
        }
        let seen = self.reach(roots.iter().copied());
        let is_nil = |object: &Object| !object.open && matches!(object.kind, Kind::Cell(Value::Nil));
        (0..seen.len()).any(|id| seen[id] && is_nil(&self.heap[id]))
    }

    /// Whether values lead to a lock that a goroutine holds: whoever gets them may want it too.
    pub(super) fn reaches_held(&self, pid: Pid, roots: &[Value]) -> bool {
        let is_held = |kind: &Kind| match kind {
            Kind::Lock(lock) => lock.writer.iter().chain(&lock.readers).any(|holder| holder.pid == pid),
            Kind::Once(turn) => *turn == Turn::Running(pid),
            _ => false,
        };
        if !self.locks.iter().any(|&id| is_held(&self.object(id).kind)) {
            return false;
        }
        let globals = self.globals.iter().map(|&(_, value)| value);
        let seen = self.reach(roots.iter().copied().chain(globals));
        self.locks.iter().any(|&id| seen[id as usize] && is_held(&self.object(id).kind))
    }
}

impl Goroutine {
    /// The function that it runs at the moment.
    pub(super) fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut().map(Rc::make_mut)
    }

    /// All values that it holds.
    pub(super) fn roots(&self) -> Vec<Value> {
        let mut roots = Vec::new();
        for frame in &self.frames {
            roots.extend(frame.vars.iter().map(|&(_, value)| value));
            roots.extend(frame.memo.iter().map(|&(_, value)| value));
            roots.extend([frame.last, frame.received.0]);
            roots.extend(frame.turns.iter().map(|&(_, value, _)| value));
            roots.extend(frame.results.iter().copied());
            for prepared in &frame.defers {
                prepared.roots(&mut roots);
            }
        }
        match &self.wait {
            Wait::Send { chan, value } => roots.extend([*chan, *value]),
            Wait::Receive { chan, .. } | Wait::Range { chan, .. } => roots.push(*chan),
            Wait::Select { cases, .. } => roots.extend(cases.iter().flat_map(|case| [Some(case.chan), case.sends]).flatten()),
            Wait::Lock { lock: id, .. } | Wait::Group { group: id, .. } | Wait::Cond { cond: id, .. } | Wait::Once { once: id, .. } => {
                roots.push(Value::Ref(*id));
            }
            Wait::Nothing | Wait::Forever => {}
        }
        roots.extend(self.group.map(Value::Ref));
        roots
    }
}

/// Sets a field of a struct.
pub(super) fn set_in(fields: &mut Vec<(Name, Value)>, name: &str, value: Value) {
    match fields.binary_search_by(|(of, _)| of.as_str().cmp(name)) {
        Ok(at) => fields[at].1 = value,
        Err(at) => fields.insert(at, (name.into(), value)),
    }
}

impl Prepared {
    pub(super) fn roots(&self, roots: &mut Vec<Value>) {
        roots.extend(self.args.iter().copied());
        match &self.callee {
            Callee::Declared(_, receiver) | Callee::Library(_, receiver) => roots.extend(receiver.iter().copied()),
            Callee::Closure(id) | Callee::Cancel(id) => roots.push(Value::Ref(*id)),
            Callee::Builtin(_) | Callee::Conversion | Callee::Unknown => {}
        }
    }
}
