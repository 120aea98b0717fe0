//! In which orders do the goroutines take their turns? First those in which each goes on as long as it can, then those in which one is
//! interrupted once, then twice.
//!
//! Not here: whether a goroutine can go on (`wait`), and whether it is stuck (`stuck`).

use super::call::Entry;
use super::value::{Goroutine, Pid, Site, State, Then, Wait};
use super::{FEW_TICKS, MOST_STATES, MOST_SWITCHES, MOST_TICKS, Machine, ROOT_TICKS, hash};
use crate::ast::ExprId;
use crate::parse::Keyword;
use crate::project::DeclId;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A state that is looked at later.
struct Later {
    state: State,
    /// Who ran last.
    pid: Pid,
}

impl Machine<'_, '_> {
    /// Runs a body in all orders that are looked at.
    pub(super) fn search(&mut self, decl: DeclId, lit: Option<ExprId>, started: Option<Site>) {
        let Some(code) = self.code(decl, lit) else { return };
        let starts = self.summaries.sema.project.decl(decl).mentions.has(Keyword::Go);
        // What is looked at by itself gets what is left.
        self.ticks = match starts {
            _ if started.is_some() => self.ticks.max(ROOT_TICKS),
            true => MOST_TICKS,
            false => FEW_TICKS,
        };
        let mut state = State::default();
        state.goroutines.push(Rc::new(Goroutine { frames: Vec::new(), wait: Wait::Nothing, started, through: None, group: None }));
        let captures = self.codes[code].captures.clone();
        let captured = captures
            .into_iter()
            .map(|local| {
                let ty = self.summaries.sema.type_of_local(decl, local);
                let value = self.external(&mut state, ty);
                match self.is_shared(decl, local) {
                    true => (local, super::value::Value::Ref(state.alloc(None, true, super::value::Kind::Cell(value)))),
                    false => (local, value),
                }
            })
            .collect();
        self.push(&mut state, 0, Entry { code, receiver: None, args: Vec::new(), captured, then: Then::Nothing });
        let mut later: Vec<Vec<Later>> = (0..=MOST_SWITCHES).map(|_| Vec::new()).collect();
        let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
        for state in self.advance(state, 0).into_iter().rev() {
            later[0].push(Later { state, pid: 0 });
        }
        let mut looked = 0;
        while let Some(switches) = (0..later.len()).find(|&at| !later[at].is_empty()) {
            let Some(Later { mut state, pid }) = later[switches].pop() else { break };
            if state.guessed {
                continue;
            }
            let key = hash::of(&mut state, &mut self.numbers);
            match seen.get(&key) {
                Some(&known) if known <= switches as u32 => continue,
                _ => seen.insert(key, switches as u32),
            };
            looked += 1;
            self.spend(state.weight());
            if looked > MOST_STATES || self.ticks == 0 {
                self.complete = false;
                break;
            }
            self.turns(state, pid, switches, &mut later);
        }
    }

    /// Whose turn can it be?
    fn turns(&mut self, state: State, last: Pid, switches: usize, later: &mut [Vec<Later>]) {
        let count = state.goroutines.len();
        let mut ready: Vec<(Pid, Vec<State>)> = Vec::new();
        let mut blocked = Vec::new();
        let mut arrives = Vec::new();
        let mut cut = false;
        for pid in 0..count {
            let goroutine = &state.goroutines[pid];
            if goroutine.frames.is_empty() {
                continue;
            }
            if goroutine.wait == Wait::Nothing {
                ready.push((pid, vec![state.clone()]));
                continue;
            }
            let ways = self.ways(&state, pid);
            if ways.states.is_empty() && !ways.cut {
                blocked.push(pid);
                // From now on no reader gets the lock before it.
                if let Wait::Lock { lock, read: false, call, arrived: false } = goroutine.wait {
                    let mut next = state.clone();
                    next.goroutine(pid).wait = Wait::Lock { lock, read: false, call, arrived: true };
                    arrives.push((pid, next));
                }
            } else {
                cut |= ways.cut && ways.states.is_empty();
                ready.push((pid, ways.states));
            }
        }
        if !blocked.is_empty() && !cut {
            self.find_stuck(&state, &blocked);
        }
        let goes_on = ready.iter().any(|(pid, _)| *pid == last);
        for (pid, next) in arrives {
            later[switches].push(Later { state: next, pid });
        }
        ready.sort_by_key(|&(pid, _)| (pid == last, std::cmp::Reverse(pid)));
        for (pid, states) in ready {
            let cost = usize::from(goes_on && pid != last);
            if switches + cost >= later.len() {
                continue;
            }
            for next in states.into_iter().rev() {
                for state in self.advance(next, pid).into_iter().rev() {
                    later[switches + cost].push(Later { state, pid });
                }
            }
        }
    }
}

impl State {
    /// What copying and comparing it costs, in little steps.
    pub(super) fn weight(&self) -> usize {
        (self.heap.len() + self.facts.len() + self.relations.len() + self.elements.len()) / 8
    }
}
