//! Who can go on? A goroutine that waits goes on with what is there, or together with one that waits for the opposite.
//!
//! ```go
//! ch <- v // room in the buffer, or somebody at <-ch, or nobody knows who else uses ch
//! ```
//!
//! Not here: in which order goroutines take their turns (`search`).

use super::Machine;
use super::library::wake;
use super::value::{Event, Id, Kind, Pid, Site, State, Turn, Value, Wait};
use crate::ast::{Expr, Node, Stmt, StmtId};
use crate::sema::Callee;

/// The ways in which a goroutine that waits can go on.
pub(super) struct Ways {
    pub(super) states: Vec<State>,
    /// It goes on, but to where nobody follows: a send on a closed channel panics.
    pub(super) cut: bool,
}

/// One thing that a goroutine waits for at a channel.
#[derive(Clone, Copy)]
struct Op {
    clause: Option<StmtId>,
    chan: Value,
    sends: Option<Value>,
}

fn ops(wait: &Wait) -> Vec<Op> {
    match wait {
        Wait::Send { chan, value } => vec![Op { clause: None, chan: *chan, sends: Some(*value) }],
        Wait::Receive { chan, .. } | Wait::Range { chan, .. } => vec![Op { clause: None, chan: *chan, sends: None }],
        Wait::Select { cases, .. } => {
            cases.iter().map(|case| Op { clause: Some(case.clause), chan: case.chan, sends: case.sends }).collect()
        }
        _ => Vec::new(),
    }
}

impl Machine<'_, '_> {
    /// The ways in which a goroutine that waits can go on from a state.
    pub(super) fn ways(&mut self, state: &State, pid: Pid) -> Ways {
        let mut ways = Ways { states: Vec::new(), cut: false };
        let site = self.site(state, pid);
        match state.goroutines[pid].wait.clone() {
            Wait::Nothing | Wait::Forever => {}
            wait @ (Wait::Send { .. } | Wait::Receive { .. } | Wait::Range { .. }) => {
                for op in ops(&wait) {
                    self.try_op(state, pid, op, site, &mut ways);
                }
            }
            wait @ Wait::Select { default, .. } => {
                let mut certain = false;
                // A timer that the `select` makes has not fired when another case is ready at once.
                let (timers, others): (Vec<Op>, Vec<Op>) =
                    ops(&wait).into_iter().partition(|op| op.clause.is_some_and(|clause| self.makes_timer(site, clause)));
                let mut ready = false;
                for op in others {
                    let (before, chan) = (ways.states.len(), state.resolved(op.chan));
                    certain |= self.try_op(state, pid, op, site, &mut ways);
                    let is_open = !matches!(chan, Value::Ref(id) if !state.object(id).open);
                    ready |= ways.states.len() > before && !is_open;
                }
                for op in timers.into_iter().filter(|_| !ready) {
                    certain |= self.try_op(state, pid, op, site, &mut ways);
                }
                if let Some(clause) = default.filter(|_| !certain) {
                    let mut next = state.clone();
                    take_case(&mut next, pid, Some(clause));
                    next.tell(pid, Site { decl: site.decl, node: Node::Stmt(clause) }, Event::Took);
                    ways.states.push(next);
                }
            }
            Wait::Lock { lock, read, call, .. } => {
                if self.is_free(state, pid, lock, read) {
                    let mut next = state.clone();
                    self.note_order(&mut next, pid, lock, read, Site { decl: site.decl, node: Node::Expr(call) });
                    self.take(&mut next, pid, lock, read, Site { decl: site.decl, node: Node::Expr(call) });
                    answer(&mut next, pid, call, Value::Unknown);
                    ways.states.push(next);
                }
            }
            Wait::Group { group, call } => {
                let is_done = matches!(state.object(group).kind, Kind::Group(count) if count <= 0);
                if is_done || state.object(group).open {
                    let mut next = state.clone();
                    if !is_done {
                        next.tell(pid, site, Event::Assumed);
                    }
                    let value = next.symbol();
                    answer(&mut next, pid, call, value);
                    ways.states.push(next);
                }
            }
            Wait::Cond { cond, .. } => {
                if state.object(cond).open {
                    let mut next = state.clone();
                    wake(&mut next, pid);
                    ways.states.push(next);
                }
            }
            Wait::Once { once, call } => {
                if matches!(state.object(once).kind, Kind::Once(Turn::Done)) {
                    let mut next = state.clone();
                    answer(&mut next, pid, call, Value::Unknown);
                    ways.states.push(next);
                }
            }
        }
        ways
    }

    /// `case <-time.After(d):`
    fn makes_timer(&self, site: Site, clause: StmtId) -> bool {
        let sema = &self.summaries.sema;
        let tree = sema.tree(site.decl);
        let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return false };
        let mut makes = false;
        tree.walk(Node::Stmt(comm), |node| {
            if let Node::Expr(call) = node
                && matches!(tree.expr(call), Expr::Call { .. })
            {
                makes |= matches!(sema.callee(site.decl, call), Callee::Function(function) if function.key == "time.After");
            }
            !makes
        });
        makes
    }

    /// Whether a lock can be had.
    fn is_free(&self, state: &State, pid: Pid, id: Id, read: bool) -> bool {
        let Kind::Lock(lock) = &state.object(id).kind else { return true };
        let wants = |of: &Wait| matches!(of, Wait::Lock { lock, read: false, arrived: true, .. } if *lock == id);
        let writer_waits = || (0..state.goroutines.len()).any(|other| other != pid && wants(&state.goroutines[other].wait));
        match read {
            true => lock.writer.is_none() && !writer_waits(),
            false => lock.writer.is_none() && lock.readers.is_empty(),
        }
    }

    /// Tries one operation at a channel; answers whether it can go on whatever the others do.
    fn try_op(&mut self, state: &State, pid: Pid, op: Op, site: Site, ways: &mut Ways) -> bool {
        let id = match state.resolved(op.chan) {
            Value::Ref(id) => id,
            Value::Nil => return false,
            // A channel that nobody knows: others use it too.
            _ => {
                self.go_on(state, pid, op, site, ways);
                return false;
            }
        };
        let Kind::Chan(chan) = &state.object(id).kind else {
            self.go_on(state, pid, op, site, ways);
            return false;
        };
        let open = state.object(id).open;
        if open {
            self.go_on(state, pid, op, site, ways);
        }
        match op.sends {
            Some(_) if chan.closed => {
                ways.cut = true;
                return true;
            }
            Some(value) if chan.held.len() < chan.room => {
                let mut next = state.clone();
                if let Kind::Chan(chan) = &mut next.object_mut(id).kind {
                    chan.held.push(value);
                }
                next.tell(pid, site_of(site, op), Event::Sent(id));
                take_case(&mut next, pid, op.clause);
                ways.states.push(next);
                return true;
            }
            None if !chan.held.is_empty() => {
                let mut next = state.clone();
                let value = match &mut next.object_mut(id).kind {
                    Kind::Chan(chan) => chan.held.remove(0),
                    _ => Value::Unknown,
                };
                next.tell(pid, site_of(site, op), Event::Received(id));
                receive(&mut next, pid, op.clause, value, Value::Bool(true));
                ways.states.push(next);
                return true;
            }
            None if chan.closed => {
                let mut next = state.clone();
                next.tell(pid, site_of(site, op), Event::Received(id));
                let zero = chan.of.map_or(Value::Unknown, |of| self.zero(&mut next, of));
                receive(&mut next, pid, op.clause, zero, Value::Bool(false));
                ways.states.push(next);
                return true;
            }
            _ if chan.room > 0 => return false,
            _ => {}
        }
        for other in (0..state.goroutines.len()).filter(|&other| other != pid) {
            let wait = &state.goroutines[other].wait;
            // It does not wait, so it cannot be met where it stands.
            if matches!(wait, Wait::Select { default: Some(_), .. }) {
                continue;
            }
            let meets = |partner: &Op| partner.sends.is_some() != op.sends.is_some() && state.resolved(partner.chan) == Value::Ref(id);
            for partner in ops(wait).into_iter().filter(meets) {
                let mut next = state.clone();
                let there = self.site(state, other);
                let (sender, receiver) = match op.sends {
                    Some(value) => ((pid, site, op, value), (other, there, partner)),
                    None => ((other, there, partner, partner.sends.unwrap_or(Value::Unknown)), (pid, site, op)),
                };
                next.tell(sender.0, site_of(sender.1, sender.2), Event::Sent(id));
                next.tell(receiver.0, site_of(receiver.1, receiver.2), Event::Received(id));
                take_case(&mut next, sender.0, sender.2.clause);
                receive(&mut next, receiver.0, receiver.2.clause, sender.3, Value::Bool(true));
                ways.states.push(next);
            }
        }
        false
    }

    /// Somebody who is not seen meets the operation.
    fn go_on(&mut self, state: &State, pid: Pid, op: Op, site: Site, ways: &mut Ways) {
        let mut next = state.clone();
        next.tell(pid, site_of(site, op), if op.clause.is_some() { Event::Took } else { Event::Assumed });
        match op.sends {
            Some(value) => {
                next.lose(value);
                take_case(&mut next, pid, op.clause);
            }
            None => {
                let value = next.symbol();
                receive(&mut next, pid, op.clause, value, Value::Unknown);
                // `<-ctx.Done()` goes on because the context has ended: `ctx.Err()` is not nil from here on.
                if let Value::Ref(done) = next.resolved(op.chan) {
                    for context in contexts_of(&next, done) {
                        self.cancel(&mut next, context);
                    }
                }
            }
        }
        ways.states.push(next);
    }
}

/// Where an operation is: the statement, or the case of a `select`.
fn site_of(site: Site, op: Op) -> Site {
    match op.clause {
        Some(clause) => Site { decl: site.decl, node: Node::Stmt(clause) },
        None => site,
    }
}

/// The contexts whose `Done()` a channel is.
fn contexts_of(state: &State, done: Id) -> Vec<Id> {
    let is_its = |id: &Id| matches!(state.object(*id).kind, Kind::Context { done: Some(of), .. } if of == done);
    (0..state.heap.len() as Id).filter(is_its).collect()
}

/// A call that waited has returned.
fn answer(state: &mut State, pid: Pid, call: crate::ast::ExprId, value: Value) {
    let goroutine = state.goroutine(pid);
    goroutine.wait = Wait::Nothing;
    if let Some(frame) = goroutine.frame() {
        frame.memo.push((call, value));
    }
}

/// A send is over, or a `select` has taken a case.
fn take_case(state: &mut State, pid: Pid, clause: Option<StmtId>) {
    let goroutine = state.goroutine(pid);
    goroutine.wait = Wait::Nothing;
    if let Some(frame) = goroutine.frame() {
        match clause {
            Some(_) => frame.chosen = clause,
            // The send itself is the node.
            None => {
                frame.at += 1;
                frame.memo.clear();
            }
        }
    }
}

/// A value was received.
fn receive(state: &mut State, pid: Pid, clause: Option<StmtId>, value: Value, ok: Value) {
    let wait = std::mem::replace(&mut state.goroutine(pid).wait, Wait::Nothing);
    let expr = match wait {
        Wait::Receive { expr, .. } => Some(expr),
        _ => None,
    };
    let both = expr.map(|_| Value::Ref(state.alloc(None, false, Kind::Tuple(vec![value, ok]))));
    if let Some(frame) = state.goroutine(pid).frame() {
        match (wait, expr.zip(both)) {
            (_, Some((expr, both))) => frame.memo.push((expr, both)),
            (Wait::Range { stmt, .. }, _) => {
                frame.chosen = Some(stmt);
                frame.received = (value, ok);
            }
            _ => {
                frame.chosen = clause;
                frame.received = (value, ok);
            }
        }
    }
}
