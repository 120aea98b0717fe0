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
use super::value::{Callee, Id, Kind, Pid, Prepared, Site, State, Value};
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

/// How one value leads to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The field of the value that has the outer lock: it is the one with the inner lock, or has it among its elements.
    pub field: Name,
    pub element: bool,
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
    /// The goroutine had taken the two the other way round before, and has given one of them back for a while.
    pub again: bool,
    /// The locks are fields of two structs, of which one leads to the other.
    pub link: Option<Link>,
}

/// A goroutine took a lock that others know with another one held.
#[derive(Clone, Debug)]
pub(super) struct Nested {
    pid: Pid,
    outer: Id,
    inner: Id,
    order: Order,
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
        // What is held twice was not taken in this order.
        let again = held.iter().any(|&(id, ..)| id == inner);
        for &(outer, since, outer_read) in &held {
            let (Some((outer_root, outer_name)), Some((inner_root, inner_name))) = (name_of(state, outer), name_of(state, inner)) else {
                continue;
            };
            if outer == inner {
                let is_known = self.seen.rereads.iter().any(|known| known.second == site);
                if read && outer_read && !is_known {
                    self.seen.rereads.push(Reread { lock: inner_name, first: since, second: site });
                }
                continue;
            }
            if again {
                continue;
            }
            let is_same = outer_root == inner_root;
            let gates = held.iter().filter(|&&(id, _, read)| id != outer && !read);
            let order = Order {
                outer: if is_same { outer_name } else { Held::Run(since) },
                inner: if is_same { inner_name } else { Held::Run(site) },
                outer_site: since,
                inner_site: site,
                outer_read,
                inner_read: read,
                gates: match is_same {
                    true => gates.filter_map(|&(id, ..)| name_of(state, id)).map(|(_, name)| name).collect(),
                    false => gates.map(|&(_, since, _)| Held::Run(since)).collect(),
                },
                again: false,
                link: None,
            };
            if !is_same
                && let (Some(from), Some(to)) = (outer_root, inner_root)
                && let Some(link) = link(state, from, to)
                && let (Some((_, outer_name)), Some((_, inner_name))) = (name_of(state, outer), name_of(state, inner))
            {
                let gates = held.iter().filter(|&&(id, _, read)| id != outer && !read);
                let gates = gates.filter_map(|&(id, ..)| name_of(state, id)).map(|(_, name)| name).collect();
                self.add_linked(Order { outer: outer_name, inner: inner_name, gates, link: Some(link), ..order.clone() });
            }
            let is_reverse = |known: &&Nested| (known.pid, known.outer, known.inner) == (pid, inner, outer);
            match state.nested.iter().find(is_reverse).map(|known| known.order.clone()) {
                Some(before) if is_same => self.add_order(Order { again: before.inner_site == since, ..order }),
                // Nobody knows how the two belong together, but here they are the same twice.
                Some(before) => {
                    self.add_order(Order { outer: before.inner.clone(), inner: before.outer.clone(), again: true, ..order });
                    self.add_order(before);
                }
                None => {
                    state.nested.push(Nested { pid, outer, inner, order: order.clone() });
                    if is_same {
                        self.add_order(order);
                    }
                }
            }
        }
    }

    /// Whether a function takes a lock, to judge by the words in it, and one with a lock that the goroutine holds leads to its receiver.
    pub(super) fn takes_linked(&self, state: &State, pid: Pid, call: &Prepared) -> bool {
        let Callee::Declared(decl, Some(receiver)) = call.callee else { return false };
        let mentions = &self.summaries.sema.project.decl(decl).mentions;
        let Value::Ref(to) = state.resolved(receiver) else { return false };
        let is_mine = |&&id: &&Id| match &state.object(id).kind {
            Kind::Lock(lock) => lock.writer.iter().chain(&lock.readers).any(|holder| holder.pid == pid),
            _ => false,
        };
        let takes = mentions.name("Lock") || mentions.name("RLock");
        takes
            && state
                .locks
                .iter()
                .filter(is_mine)
                .any(|&lock| matches!(name_of(state, lock), Some((Some(from), _)) if link(state, from, to).is_some()))
    }

    fn add_linked(&mut self, order: Order) {
        let is_same = |known: &Order| (known.outer_site, known.inner_site) == (order.outer_site, order.inner_site);
        if !self.seen.linked.iter().any(is_same) {
            self.seen.linked.push(order);
        }
    }

    fn add_order(&mut self, order: Order) {
        let is_same = |known: &Order| (known.outer_site, known.inner_site) == (order.outer_site, order.inner_site);
        if !self.seen.orders.iter().any(is_same) {
            self.seen.orders.push(order);
        }
    }
}

/// The field by which one struct leads to another.
fn link(state: &State, from: Id, to: Id) -> Option<Link> {
    let Kind::Struct(_, fields) = &state.object(from).kind else { return None };
    fields.iter().find_map(|(name, value)| {
        let value = state.resolved(*value);
        let is_element = |sym: u32| state.elements.iter().any(|&(of, .., element)| of == sym && state.resolved(element) == Value::Ref(to));
        match value {
            Value::Ref(id) if id == to => Some(Link { field: name.clone(), element: false }),
            Value::Sym(sym) if is_element(sym) => Some(Link { field: name.clone(), element: true }),
            _ => None,
        }
    })
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
