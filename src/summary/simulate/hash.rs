//! Are two states the same? Objects and symbols have numbers that depend on the way; what counts is how they hang together.
//!
//! The number is made in one walk from the goroutines' variables, without maps: what was met is written down beside objects and symbols, in
//! lists that are kept from one state to the next.
//!
//! Not here: what is done with it (`search`).

use super::value::{Callee, Id, Kind, Prepared, State, Value, Wait};
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// The numbers that objects and symbols get in the order in which they are met. They are used again for the next state: what was
/// met in an earlier turn counts for nothing.
#[derive(Default)]
pub(super) struct Numbers {
    turn: u32,
    objects: Vec<(u32, u32)>,
    symbols: Vec<(u32, u32)>,
    /// The objects that were met, by number.
    met: Vec<Id>,
}

impl Numbers {
    fn begin(&mut self, state: &State) {
        self.turn += 1;
        self.met.clear();
        let (objects, symbols) = (state.heap.len(), state.symbols as usize + 1);
        self.objects.resize(self.objects.len().max(objects), (0, 0));
        self.symbols.resize(self.symbols.len().max(symbols), (0, 0));
    }

    fn has_symbol(&self, sym: u32) -> bool {
        self.symbols[sym as usize].0 == self.turn
    }
}

struct Canon<'s> {
    state: &'s State,
    hasher: FxHasher,
    numbers: &'s mut Numbers,
    /// How many symbols have a number.
    numbered: u32,
}

/// A number that is the same for states that differ in names only. What is known of symbols that nobody has any more is dropped.
pub(super) fn of(state: &mut State, numbers: &mut Numbers) -> u64 {
    let key = key_of(state, numbers);
    state.facts.retain(|&(sym, _)| numbers.has_symbol(sym));
    let is_had = |value: Value| match value {
        Value::Sym(sym) => numbers.has_symbol(sym),
        _ => true,
    };
    state.relations.retain(|&(a, b, _)| is_had(a) && is_had(b));
    key
}

fn key_of(state: &State, numbers: &mut Numbers) -> u64 {
    numbers.begin(state);
    let mut canon = Canon { state, hasher: FxHasher::default(), numbers, numbered: 0 };
    for goroutine in &state.goroutines {
        (goroutine.frames.len(), goroutine.started).hash(&mut canon.hasher);
        for frame in &goroutine.frames {
            (frame.code, frame.block, frame.at, frame.chosen, frame.then).hash(&mut canon.hasher);
            for &(local, value) in &frame.vars {
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
            Value::Sym(sym) => canon.numbers.has_symbol(sym),
            _ => true,
        };
        if is_had(a) && is_had(b) {
            of.hash(&mut canon.hasher);
            canon.value(a);
            canon.value(b);
        }
    }
    let mut at = 0;
    while let Some(&id) = canon.numbers.met.get(at) {
        at += 1;
        canon.object(id);
    }
    canon.hasher.finish()
}

impl Canon<'_> {
    fn value(&mut self, value: Value) {
        let resolved = self.state.resolved(value);
        // What stands for a value that was found out has to stay known.
        if let Value::Sym(sym) = value
            && resolved != value
        {
            self.numbers.symbols[sym as usize] = (self.numbers.turn, u32::MAX);
        }
        match resolved {
            Value::Ref(id) => {
                let (turn, number) = self.numbers.objects[id as usize];
                let number = if turn == self.numbers.turn {
                    number
                } else {
                    let next = self.numbers.met.len() as u32;
                    self.numbers.objects[id as usize] = (self.numbers.turn, next);
                    self.numbers.met.push(id);
                    next
                };
                (1u8, number).hash(&mut self.hasher);
            }
            Value::Sym(sym) => {
                if self.numbers.has_symbol(sym) {
                    return (2u8, self.numbers.symbols[sym as usize].1).hash(&mut self.hasher);
                }
                self.numbers.symbols[sym as usize] = (self.numbers.turn, self.numbered);
                (2u8, self.numbered).hash(&mut self.hasher);
                self.numbered += 1;
                for (_, fact) in self.state.facts_of(sym) {
                    match fact {
                        super::value::Fact::Length(length) => self.value(Value::Sym(*length)),
                        fact => fact.hash(&mut self.hasher),
                    }
                }
                // Its elements are the same the next time that somebody looks at them.
                for &(_, turn, half, value) in self.state.elements.iter().filter(|&&(of, ..)| of == sym) {
                    (turn, half).hash(&mut self.hasher);
                    self.value(value);
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
                for (name, value) in fields {
                    name.hash(&mut self.hasher);
                    self.value(*value);
                }
            }
            Kind::Chan(chan) => {
                (chan.room, chan.closed, chan.held.len()).hash(&mut self.hasher);
                chan.held.iter().for_each(|&value| self.value(value));
            }
            Kind::Lock(lock) => {
                let pid = |holder: &super::value::Holder| holder.pid;
                lock.writer.as_ref().map(pid).hash(&mut self.hasher);
                lock.readers.len().hash(&mut self.hasher);
                lock.readers.iter().for_each(|holder| pid(holder).hash(&mut self.hasher));
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
