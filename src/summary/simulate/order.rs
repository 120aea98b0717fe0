//! In which order does a goroutine take locks that others know too? Fields of one struct and package variables have names that mean the
//! same in every function.
//!
//! ```go
//! k.from.Lock()
//! k.to.Lock() // Bank.to under Bank.from, of one Bank
//! ```
//!
//! Not here: whether somebody else takes them in another order (`rules`).

use super::Machine;
use super::value::{Id, Kind, Pid, Site, State, Value};
use crate::ast::Name;
use crate::sema::Type;
use crate::types::Global;

/// A lock by a name that means the same everywhere: of two fields only if they are of one struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    Field(Type, Name),
    Package(Global),
    /// A lock that one run of a function has twice in its hands, by where it was taken first.
    Run(Site),
}

/// A lock was taken with another held.
#[derive(Clone, Debug)]
pub struct Order {
    pub outer: Held,
    pub inner: Held,
    /// Where the two were taken.
    pub outer_site: Site,
    pub inner_site: Site,
    /// Whether they were taken for reading.
    pub outer_read: bool,
    pub inner_read: bool,
    /// What was held besides.
    pub gates: Vec<Held>,
}

/// A lock that others know was taken with another one held.
#[derive(Clone, Debug)]
pub(super) struct Nested {
    outer: Id,
    inner: Id,
    outer_site: Site,
    inner_site: Site,
    outer_read: bool,
    inner_read: bool,
}

/// A read lock was taken with the same one held: a writer that comes in between makes it wait.
#[derive(Clone, Debug)]
pub struct Reread {
    pub lock: Held,
    pub first: Site,
    pub second: Site,
}

impl Machine<'_, '_> {
    /// A goroutine takes a lock: notes what it holds.
    pub(super) fn note_order(&mut self, state: &mut State, pid: Pid, inner: Id, read: bool, site: Site) {
        let mut held: Vec<(Id, Site, bool)> = Vec::new();
        for &id in &state.locks {
            let Kind::Lock(lock) = &state.object(id).kind else { continue };
            held.extend(lock.writer.iter().filter(|holder| holder.pid == pid).map(|holder| (id, holder.site, false)));
            held.extend(lock.readers.iter().filter(|holder| holder.pid == pid).map(|holder| (id, holder.site, true)));
        }
        if held.is_empty() {
            return;
        }
        self.note_again(state, inner, read, site, &held);
        let Some((inner_root, inner_name)) = name_of(state, inner) else { return };
        for &(outer, since, outer_read) in &held {
            let Some((outer_root, outer_name)) = name_of(state, outer) else { continue };
            if outer == inner {
                let is_known = self.seen.rereads.iter().any(|known| known.second == site);
                if read && outer_read && !is_known {
                    self.seen.rereads.push(Reread { lock: inner_name.clone(), first: since, second: site });
                }
                continue;
            }
            let is_known = self.seen.orders.iter().any(|known| known.inner_site == site && known.outer_site == since);
            // What is held twice was not taken in this order.
            let again = held.iter().any(|&(id, ..)| id == inner);
            if outer_root != inner_root || is_known || again {
                continue;
            }
            let gates = held.iter().filter(|&&(id, _, read)| id != outer && !read).filter_map(|&(id, ..)| name_of(state, id));
            self.seen.orders.push(Order {
                outer: outer_name,
                inner: inner_name.clone(),
                outer_site: since,
                inner_site: site,
                outer_read,
                inner_read: read,
                gates: gates.map(|(_, name)| name).collect(),
            });
        }
    }
}

impl Machine<'_, '_> {
    /// Notes a lock that was given back and is taken again, with one held that was taken under it: two calls of the function are enough.
    fn note_again(&mut self, state: &mut State, inner: Id, read: bool, site: Site, held: &[(Id, Site, bool)]) {
        if !state.object(inner).open || held.iter().any(|&(id, ..)| id == inner) {
            return;
        }
        for &(outer, since, outer_read) in held {
            if !state.object(outer).open {
                continue;
            }
            let before = state.nested.iter().find(|nested| (nested.outer, nested.inner) == (inner, outer)).cloned();
            let Some(before) = before else {
                state.nested.push(Nested { outer, inner, outer_site: since, inner_site: site, outer_read, inner_read: read });
                continue;
            };
            if self.seen.orders.iter().any(|known| known.inner_site == site && known.outer_site == since) {
                continue;
            }
            let (first, second) = (Held::Run(before.outer_site), Held::Run(before.inner_site));
            let others =
                held.iter().filter(|&&(id, _, read)| id != outer && !read).map(|&(_, since, _)| Held::Run(since)).collect::<Vec<_>>();
            self.seen.orders.push(Order {
                outer: first.clone(),
                inner: second.clone(),
                outer_site: before.outer_site,
                inner_site: before.inner_site,
                outer_read: before.outer_read,
                inner_read: before.inner_read,
                gates: others.clone(),
            });
            self.seen.orders.push(Order {
                outer: second,
                inner: first,
                outer_site: since,
                inner_site: site,
                outer_read,
                inner_read: read,
                gates: others,
            });
        }
    }
}

/// The name of a lock that others may have, and the struct that it is in.
fn name_of(state: &State, lock: Id) -> Option<(Option<Id>, Held)> {
    if let Some(&(global, _)) = state.globals.iter().find(|&&(_, value)| value == Value::Ref(lock)) {
        return Some((None, Held::Package(global)));
    }
    if !state.object(lock).open {
        return None;
    }
    state.heap.iter().enumerate().find_map(|(id, object)| match &object.kind {
        Kind::Struct(ty, fields) => {
            let (name, _) = fields.iter().find(|(_, value)| *value == Value::Ref(lock))?;
            Some((Some(id as Id), Held::Field(*ty, name.clone())))
        }
        _ => None,
    })
}
