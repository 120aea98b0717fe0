//! Are two states the same? Objects and symbols have numbers that depend on the way; what counts is how they hang together.
//!
//! Not here: what is done with it (`search`).

use super::value::{Callee, Id, Kind, Prepared, State, Value, Wait};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

struct Canon<'s> {
    state: &'s State,
    hasher: FxHasher,
    objects: FxHashMap<Id, u32>,
    symbols: FxHashMap<u32, u32>,
    /// How many symbols have a number.
    numbered: u32,
    waiting: Vec<Id>,
}

/// A number that is the same for states that differ in names only. What is known of symbols that nobody has any more is dropped.
pub(super) fn of(state: &mut State) -> u64 {
    let (key, symbols) = key_of(state);
    state.facts.retain(|(sym, _)| symbols.contains_key(sym));
    let is_had = |value: Value| match value {
        Value::Sym(sym) => symbols.contains_key(&sym),
        _ => true,
    };
    state.relations.retain(|&(a, b, _)| is_had(a) && is_had(b));
    key
}

fn key_of(state: &State) -> (u64, FxHashMap<u32, u32>) {
    let mut canon = Canon {
        state,
        hasher: FxHasher::default(),
        objects: FxHashMap::default(),
        symbols: FxHashMap::default(),
        numbered: 0,
        waiting: Vec::new(),
    };
    for goroutine in &state.goroutines {
        (goroutine.frames.len(), goroutine.started).hash(&mut canon.hasher);
        for frame in &goroutine.frames {
            (frame.code, frame.block, frame.at, frame.chosen, frame.then).hash(&mut canon.hasher);
            let mut vars = frame.vars.clone();
            vars.sort_unstable_by_key(|&(local, _)| local);
            for (local, value) in vars {
                local.hash(&mut canon.hasher);
                canon.value(value);
            }
            for &(expr, value) in &frame.memo {
                expr.hash(&mut canon.hasher);
                canon.value(value);
            }
            for value in [frame.last, frame.received.0, frame.received.1] {
                canon.value(value);
            }
            frame.results.iter().for_each(|&value| canon.value(value));
            for &(stmt, value, turn) in &frame.turns {
                (stmt, turn).hash(&mut canon.hasher);
                canon.value(value);
            }
            frame.defers.iter().for_each(|call| canon.prepared(call));
        }
        canon.wait(&goroutine.wait);
        if let Some(group) = goroutine.group {
            canon.value(Value::Ref(group));
        }
    }
    // Relations of values that nobody has any more say nothing.
    for &(a, b, of) in &state.relations {
        let is_had = |value: Value| match state.resolved(value) {
            Value::Sym(sym) => canon.symbols.contains_key(&sym),
            _ => true,
        };
        if is_had(a) && is_had(b) {
            of.hash(&mut canon.hasher);
            canon.value(a);
            canon.value(b);
        }
    }
    let mut at = 0;
    while let Some(&id) = canon.waiting.get(at) {
        at += 1;
        canon.object(id);
    }
    (canon.hasher.finish(), canon.symbols)
}

impl Canon<'_> {
    fn value(&mut self, value: Value) {
        // What stands for a value that was found out has to stay known.
        if let Value::Sym(sym) = value
            && self.state.resolved(value) != value
        {
            self.symbols.insert(sym, u32::MAX);
        }
        match self.state.resolved(value) {
            Value::Ref(id) => {
                let next = self.objects.len() as u32;
                let number = *self.objects.entry(id).or_insert_with(|| {
                    self.waiting.push(id);
                    next
                });
                (1u8, number).hash(&mut self.hasher);
            }
            Value::Sym(sym) => {
                let next = self.numbered;
                let is_new = !self.symbols.contains_key(&sym);
                let number = *self.symbols.entry(sym).or_insert(next);
                self.numbered += u32::from(is_new);
                (2u8, number).hash(&mut self.hasher);
                if is_new {
                    for (_, fact) in self.state.facts.iter().filter(|(of, _)| *of == sym) {
                        match fact {
                            super::value::Fact::Length(length) => self.value(Value::Sym(*length)),
                            fact => fact.hash(&mut self.hasher),
                        }
                    }
                }
            }
            value => value.hash(&mut self.hasher),
        }
    }

    fn prepared(&mut self, call: &Prepared) {
        call.site.hash(&mut self.hasher);
        match &call.callee {
            Callee::Declared(decl, receiver) => {
                decl.hash(&mut self.hasher);
                receiver.iter().for_each(|&value| self.value(value));
            }
            Callee::Library(key, receiver) => {
                key.hash(&mut self.hasher);
                receiver.iter().for_each(|&value| self.value(value));
            }
            Callee::Closure(id) | Callee::Cancel(id) => self.value(Value::Ref(*id)),
            Callee::Builtin(name) => name.hash(&mut self.hasher),
            Callee::Conversion | Callee::Unknown => {}
        }
        call.args.iter().for_each(|&value| self.value(value));
    }

    fn wait(&mut self, wait: &Wait) {
        std::mem::discriminant(wait).hash(&mut self.hasher);
        match wait {
            Wait::Send { chan, value } => [*chan, *value].into_iter().for_each(|value| self.value(value)),
            Wait::Receive { chan, .. } | Wait::Range { chan, .. } => self.value(*chan),
            Wait::Select { cases, .. } => {
                for case in cases {
                    case.clause.hash(&mut self.hasher);
                    self.value(case.chan);
                    case.sends.iter().for_each(|&value| self.value(value));
                }
            }
            Wait::Lock { lock, read, arrived, .. } => {
                (read, arrived).hash(&mut self.hasher);
                self.value(Value::Ref(*lock));
            }
            Wait::Group { group: id, .. } | Wait::Cond { cond: id, .. } | Wait::Once { once: id, .. } => self.value(Value::Ref(*id)),
            Wait::Nothing | Wait::Forever => {}
        }
    }

    fn object(&mut self, id: Id) {
        let state = self.state;
        let object = state.object(id);
        object.open.hash(&mut self.hasher);
        std::mem::discriminant(&object.kind).hash(&mut self.hasher);
        match &object.kind {
            Kind::Struct(ty, fields) => {
                ty.hash(&mut self.hasher);
                let mut fields = fields.clone();
                fields.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (name, value) in fields {
                    name.hash(&mut self.hasher);
                    self.value(value);
                }
            }
            Kind::Chan(chan) => {
                (chan.room, chan.closed, chan.held.len()).hash(&mut self.hasher);
                chan.held.iter().for_each(|&value| self.value(value));
            }
            Kind::Lock(lock) => {
                let pid = |holder: &super::value::Holder| holder.pid;
                lock.writer.as_ref().map(pid).hash(&mut self.hasher);
                lock.readers.iter().map(pid).collect::<Vec<_>>().hash(&mut self.hasher);
            }
            Kind::Group(count) => count.hash(&mut self.hasher),
            Kind::Once(turn) => turn.hash(&mut self.hasher),
            Kind::Closure { decl, lit, captured } => {
                (decl, lit).hash(&mut self.hasher);
                captured.iter().for_each(|&(_, value)| self.value(value));
            }
            Kind::Field(of, name) => {
                name.hash(&mut self.hasher);
                self.value(Value::Ref(*of));
            }
            kind => State::parts(kind, |value| self.value(value)),
        }
    }
}
