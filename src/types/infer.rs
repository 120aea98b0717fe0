//! Which type arguments does a call of a generic function leave out?
//!
//! ```go
//! func Map[S ~[]E, E, R any](s S, f func(E) R) []R
//! Map(names, strings.ToUpper) // S = []string from the first argument, R = string from the second, E = string from S's constraint
//! ```
//!
//! As in go/types: the types of parameters and arguments are unified, then type parameters with their constraints as long as that tells something, then
//! constants without a type get their default. Type parameters are replaced by stand-ins before that, since a function may call itself with its own.
//!
//! What is unknown may be anything: a type argument that it could decide is unknown.
//!
//! Not here: which argument belongs to which parameter (`call`).

use super::Types;
use super::ask::Ask;
use super::generic::View;
use super::members::{Lookup, SetMethod};
use super::ty::{Basic, ChanDir, Kind, Type, TypeList, TypeParam};
use std::mem::{discriminant, swap};

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arg {
    /// That of a constant without a type is an untyped one.
    pub ty: Type,
    /// Its type parameters, if it is a generic function without all of its type arguments.
    pub generic: TypeList,
    /// Those of its type arguments that the code writes, the first ones.
    pub given: TypeList,
}

impl Types<'_> {
    /// The type arguments of a call: one for each of `params`, then one for each type parameter of the arguments that are generic functions
    /// themselves. `given` are the first ones that the code writes; each of `formal` is the parameter type for the argument at the same place.
    /// A method's constraints may mention what its `receiver` calls the parameters of its type: those names, and what they stand for.
    /// What is not known, or what something unknown could decide, is unknown; `None` if there is no answer at all.
    pub(super) fn infer(
        &self,
        ask: &Ask,
        params: &[Type],
        given: &[Type],
        formal: &[Type],
        actual: &[Arg],
        receiver: (&[Type], &[Type]),
    ) -> Option<Vec<Type>> {
        if formal.len() != actual.len() {
            return None;
        }
        if given.len() == params.len() && actual.iter().all(|arg| arg.generic.is_empty()) {
            return Some(given.to_vec());
        }
        let mut view = View::new(self, ask);
        let mut slots = Slots::default();
        let callee = slots.add(&mut view, params, given, receiver)?;
        let formal: Vec<Type> = formal.iter().map(|&ty| callee.put_in(self, ty)).collect();
        let mut types = Vec::new();
        for arg in actual {
            types.push(slots.add(&mut view, &arg.generic, &arg.given, (&[], &[]))?.put_in(self, arg.ty));
        }
        let mut unifier = Unifier::new(&view, slots);
        let untyped = unifier.arguments(&formal, &types)?;
        unifier.constraints()?;
        unifier.untyped(&untyped)?;
        unifier.result()
    }

    /// The type arguments of a generic function that is assigned, passed or returned where a function type is expected, if the code does not write
    /// them all.
    pub(super) fn infer_from_target(
        &self,
        ask: &Ask,
        params: &[Type],
        given: &[Type],
        func: Type,
        target: Type,
        receiver: (&[Type], &[Type]),
    ) -> Option<Vec<Type>> {
        let ty = self.underlying(ask, target);
        let Kind::Func(_) = self.kind(ty) else { return None };
        self.infer(ask, params, given, &[func], &[Arg { ty, generic: Box::new([]), given: Box::new([]) }], receiver)
    }
}

/// The type parameters of one function and their stand-ins.
struct StandIns<'l> {
    params: &'l [Type],
    given: &'l [Type],
    own: Vec<Type>,
}

impl StandIns<'_> {
    /// The type with the stand-ins in place of the originals, and given arguments in place of stand-ins.
    fn put_in(&self, types: &Types<'_>, ty: Type) -> Type {
        types.subst(types.subst(ty, self.params, &self.own), &self.own[..self.given.len()], self.given)
    }
}

/// The type parameters to be found and what is known of them from the start.
#[derive(Default)]
struct Slots {
    bound: Vec<Type>,
    slots: Vec<Slot>,
}

impl Slots {
    /// Makes stand-ins for type parameters; their constraints mention each other and not the originals. No file is so long that a declared type
    /// parameter could have such an offset.
    fn add<'l>(
        &mut self,
        view: &mut View<'_, '_>,
        params: &'l [Type],
        given: &'l [Type],
        receiver: (&[Type], &[Type]),
    ) -> Option<StandIns<'l>> {
        let types = view.types;
        if given.len() > params.len() {
            return None;
        }
        let mut own = Vec::new();
        for (at, &param) in params.iter().enumerate() {
            let Kind::Param(original) = types.kind(param) else { return None };
            let stand_in = types.make(Kind::Param(TypeParam { offset: u32::MAX - self.bound.len() as u32, ..*original }));
            own.push(stand_in);
            self.bound.push(stand_in);
            self.slots.push(Slot { ty: given.get(at).copied(), given: at < given.len(), ..Slot::default() });
        }
        for (&param, &stand_in) in params.iter().zip(&own) {
            let constraint = types.subst(view.constraint(param), params, &own);
            view.constraints.insert(stand_in, types.subst(constraint, receiver.0, receiver.1));
        }
        Some(StandIns { params, given, own })
    }
}

/// How alike two types must be.
#[derive(Clone, Copy)]
struct Mode {
    /// One is assigned to the other: what they are made of must be identical.
    assign: bool,
    /// They must be identical. Else a defined type unifies with what is behind it, channel directions do not matter, and an interface unifies
    /// with what has its methods.
    exact: bool,
    /// They are parts of others. In valid code those are identical in the end.
    inside: bool,
}

const LOOSE: Mode = Mode { assign: false, exact: false, inside: false };
const ASSIGN: Mode = Mode { assign: true, exact: false, inside: false };
const EXACT: Mode = Mode { assign: false, exact: true, inside: true };

/// What was found for a type parameter, or for several that must be the same.
#[derive(Clone, Copy, Default)]
struct Slot {
    ty: Option<Type>,
    /// The code writes it.
    given: bool,
    /// It is identical to a part of something.
    certain: bool,
    /// Something unknown may say more about it.
    doubtful: bool,
}

/// One inference.
struct Unifier<'v, 'a, 'p> {
    view: &'v View<'a, 'p>,
    /// The type parameters to be found.
    bound: Vec<Type>,
    /// The slot of each.
    slot_of: Vec<usize>,
    slots: Vec<Slot>,
    /// The interface types that are being unified.
    pairs: Vec<(Type, Type)>,
    /// Something unknown was met: what is not found is unknown, not wrong.
    unsure: bool,
}

/// What all types of a constraint have in common.
enum Core {
    Nothing,
    Unknown,
    /// The type behind them all, or the only one that is allowed.
    Type {
        ty: Type,
        only: bool,
    },
}

impl<'v, 'a, 'p> Unifier<'v, 'a, 'p> {
    fn new(view: &'v View<'a, 'p>, Slots { bound, slots }: Slots) -> Unifier<'v, 'a, 'p> {
        Unifier { view, slot_of: (0..bound.len()).collect(), bound, slots, pairs: Vec::new(), unsure: false }
    }

    /// The number of a type parameter that is to be found.
    fn number(&self, ty: Type) -> Option<usize> {
        self.bound.iter().position(|&bound| bound == ty)
    }

    fn slot(&mut self, number: usize) -> &mut Slot {
        &mut self.slots[self.slot_of[number]]
    }

    fn at(&self, number: usize) -> Option<Type> {
        self.slots[self.slot_of[number]].ty
    }

    fn set(&mut self, number: usize, ty: Type) {
        let slot = self.slot(number);
        if !slot.given {
            slot.ty = Some(ty);
        }
    }

    fn missing(&self) -> usize {
        (0..self.bound.len()).filter(|&number| self.at(number).is_none()).count()
    }

    /// Something unknown stands where this type does.
    fn doubt(&mut self, ty: Type) {
        self.unsure = true;
        for param in self.view.types.params_in(ty) {
            if let Some(number) = self.number(param) {
                self.slot(number).doubtful = true;
            }
        }
    }

    /// What the arguments tell. Answers with the type parameters that constants without a type are passed to.
    fn arguments(&mut self, formal: &[Type], actual: &[Type]) -> Option<Vec<(usize, Basic)>> {
        let types = self.view.types;
        let mut untyped = Vec::new();
        for (&formal, &actual) in formal.iter().zip(actual) {
            if !types.mentions(formal, &self.bound) && !types.mentions(actual, &self.bound) {
                continue;
            }
            match actual.basic().filter(|basic| basic.is_untyped()) {
                // The default of a constant is no composite type: only a type parameter alone learns something.
                Some(basic) => {
                    if let Some(number) = self.number(formal).filter(|_| basic != Basic::UntypedNil) {
                        untyped.push((number, basic));
                    }
                }
                None if self.unify(formal, actual, ASSIGN) => {}
                None => return None,
            }
        }
        Some(untyped)
    }

    /// What the constraints tell, as long as they tell something new.
    fn constraints(&mut self) -> Option<()> {
        let (view, types) = (self.view, self.view.types);
        loop {
            let missing = self.missing();
            for number in 0..self.bound.len() {
                let param = self.bound[number];
                let found = self.at(number);
                match (self.core(param), found) {
                    (Core::Unknown, _) => self.unsure = true,
                    (Core::Type { ty, .. }, Some(found)) if !self.unify(found, ty, LOOSE) => return None,
                    (Core::Type { ty, only: true }, None) => {
                        self.set(number, ty);
                        self.slot(number).certain = true;
                    }
                    _ => {}
                }
                // What was found before this round's core: a type that is not complete yet has not its methods yet.
                let Some(found) = found.filter(|&found| !types.mentions(found, &self.bound)) else { continue };
                let set = view.interface_set(param);
                self.unsure |= set.unknown;
                for method in &set.methods {
                    if !self.unify_method(found, method) {
                        return None;
                    }
                }
            }
            if self.missing() == missing {
                return Some(());
            }
        }
    }

    /// What would tell a type parameter would tell what its constraint is made of: of `Contains[S ~[]E, E comparable](unknown, 0)` nobody knows E.
    fn spread_doubt(&mut self) {
        for _ in 0..self.bound.len() {
            for number in 0..self.bound.len() {
                let slot = self.slots[self.slot_of[number]];
                if let (true, None, Core::Type { ty, .. }) = (slot.doubtful, slot.ty, self.core(self.bound[number])) {
                    self.doubt(ty);
                }
            }
        }
    }

    fn core(&self, param: Type) -> Core {
        match self.view.terms(param).as_deref() {
            None | Some([]) => Core::Nothing,
            Some([term]) if !term.ty.is_known() => Core::Unknown,
            Some([term]) => Core::Type { ty: term.ty, only: !term.tilde },
            Some(_) => match self.view.common(param) {
                None => Core::Nothing,
                Some(ty) if !ty.is_known() => Core::Unknown,
                Some(ty) => Core::Type { ty, only: false },
            },
        }
    }

    /// Gives type parameters the default type of their constants, if nothing else told: of 1 and 2.5, float64.
    fn untyped(&mut self, untyped: &[(usize, Basic)]) -> Option<()> {
        if self.unsure {
            self.spread_doubt();
        }
        let mut largest: Vec<(usize, Basic)> = Vec::new();
        for &(number, basic) in untyped {
            let slot = self.slots[self.slot_of[number]];
            if slot.ty.is_some() || slot.doubtful {
                continue;
            }
            match largest.iter_mut().find(|(other, _)| self.slot_of[*other] == self.slot_of[number]) {
                None => largest.push((number, basic)),
                Some((_, other)) if *other == basic => {}
                Some((_, other)) if other.is_numeric() && basic.is_numeric() => *other = basic.max(*other),
                Some(_) => return None,
            }
        }
        for (number, basic) in largest {
            self.set(number, basic.default().ty());
        }
        Some(())
    }

    /// Puts what was found for type parameters into what was found for others.
    fn result(self) -> Option<Vec<Type>> {
        let types = self.view.types;
        let named = |ty: Type| types.is_named(ty) || matches!(types.kind(ty), Kind::Basic(_) | Kind::Param(_));
        let found = |number: usize| {
            let slot = self.slots[self.slot_of[number]];
            match slot.ty {
                // A type that is written out gives way to a defined one that is behind what is unknown.
                Some(ty) if slot.doubtful && !slot.given && !slot.certain && !named(ty) => Some(Type::UNKNOWN),
                found => found,
            }
        };
        let mut list: Vec<Type> = (0..self.bound.len()).map(|number| found(number).unwrap_or(self.bound[number])).collect();
        // Each round doubles the way that is replaced. More rounds would follow a cycle.
        for _ in 0..usize::BITS - self.bound.len().leading_zeros() {
            let next: Vec<Type> = list.iter().map(|&ty| types.subst(ty, &self.bound, &list)).collect();
            if next == list {
                break;
            }
            list = next;
        }
        for ty in &mut list {
            if types.mentions(*ty, &self.bound) {
                if !self.unsure {
                    return None;
                }
                *ty = Type::UNKNOWN;
            }
        }
        Some(list)
    }

    /// Makes two types alike by finding type parameters. `false` if that cannot be.
    fn unify(&mut self, x: Type, y: Type, mode: Mode) -> bool {
        let view = self.view;
        x == y || view.step(|| self.pair(x, y, mode)).unwrap_or(false)
    }

    fn pair(&mut self, mut x: Type, mut y: Type, mode: Mode) -> bool {
        let (view, types) = (self.view, self.view.types);
        if !x.is_known() || !y.is_known() {
            self.doubt(x);
            self.doubt(y);
            return true;
        }
        // A defined type stands in y, a type parameter to be found in x.
        if types.is_named(x) || self.number(y).is_some() {
            swap(&mut x, &mut y);
        }
        if !mode.exact && types.is_named(y) && !types.is_named(x) && !matches!(types.kind(x), Kind::Param(_) | Kind::Interface(_)) {
            y = view.under(y);
            if !y.is_known() {
                self.doubt(x);
                return true;
            }
            if x == y {
                return true;
            }
        }
        match (self.number(x), self.number(y)) {
            (Some(p), Some(q)) => match (self.at(p), self.at(q)) {
                _ if self.slot_of[p] == self.slot_of[q] => true,
                (Some(x), Some(y)) => self.unify(x, y, mode),
                (Some(_), None) => self.join(q, p),
                (None, _) => self.join(p, q),
            },
            (Some(p), None) => self.one_bound(p, y, mode),
            _ if mode.exact => self.structure(x, y, mode),
            _ => match (self.is_interface(x), self.is_interface(y)) {
                (true, true) => self.interfaces(x, y),
                (true, false) => self.has_methods(y, x),
                (false, true) => self.has_methods(x, y),
                (false, false) if self.same_name(x, y) || view.under(x).is_known() && view.under(y).is_known() => {
                    self.structure(x, y, mode)
                }
                // A defined type with nothing known behind it may be an interface.
                (false, false) => {
                    self.doubt(x);
                    self.doubt(y);
                    true
                }
            },
        }
    }

    /// Lets a type parameter be the same as another.
    fn join(&mut self, p: usize, q: usize) -> bool {
        let (from, to) = (self.slot_of[p], self.slot_of[q]);
        self.slots[to].doubtful |= self.slots[from].doubtful;
        self.slot_of.iter_mut().filter(|slot| **slot == from).for_each(|slot| *slot = to);
        true
    }

    /// A type parameter to be found, and a type that is none.
    fn one_bound(&mut self, p: usize, y: Type, mode: Mode) -> bool {
        let (view, types) = (self.view, self.view.types);
        let Some(x) = self.at(p) else {
            self.set(p, y);
            self.slot(p).certain |= mode.exact || mode.inside;
            return true;
        };
        if !self.unify(x, y, mode) {
            return false;
        }
        self.slot(p).certain |= mode.exact || mode.inside;
        if x == y {
            return true;
        }
        if !view.under(x).is_known() || !view.under(y).is_known() {
            self.slot(p).doubtful = true;
            return true;
        }
        let (x_named, y_named) = (types.is_named(x), types.is_named(y));
        match (self.is_interface(x), self.is_interface(y)) {
            // Which of two names is the right one is not known.
            (true, true) if x_named && y_named => match view.same(x, y) {
                Some(false) => return false,
                Some(true) => {}
                None => self.slot(p).doubtful = true,
            },
            (true, true) => {
                let (xs, ys) = (view.interface_set(x), view.interface_set(y));
                if xs.unknown || ys.unknown {
                    self.slot(p).doubtful = true;
                } else if xs.methods.len() != ys.methods.len() {
                    return false;
                }
            }
            // Both could be meant.
            (true, false) | (false, true) => return false,
            (false, false) => {}
        }
        let direction = |ty: Type| match types.kind(ty) {
            Kind::Chan(direction, _) => Some(*direction),
            _ => None,
        };
        let better = match (x_named, y_named) {
            // A defined type wins over one that is written out.
            (false, true) => !mode.exact,
            (true, false) => false,
            // A channel that may do less can be assigned from one that may do more.
            (false, false) if !mode.exact && direction(y).is_some_and(|direction| direction != ChanDir::Both) => true,
            _ => {
                let alike = discriminant(types.kind(x)) == discriminant(types.kind(y)) && direction(x) == direction(y);
                alike && types.store.has_unknown(x) && !types.store.has_unknown(y)
            }
        };
        if better {
            self.set(p, y);
        }
        true
    }

    /// An interface type; a type parameter is none.
    fn is_interface(&self, ty: Type) -> bool {
        self.view.types.is_interface(self.view.ask, ty)
    }

    fn same_name(&self, x: Type, y: Type) -> bool {
        let types = self.view.types;
        matches!((types.kind(x), types.kind(y)), (Kind::Named(n, _), Kind::Named(m, _)) if n == m)
    }

    /// Two interfaces: one has all methods of the other.
    fn interfaces(&mut self, x: Type, y: Type) -> bool {
        let view = self.view;
        let (xs, ys) = (view.interface_set(x), view.interface_set(y));
        let unsure = xs.unknown || ys.unknown;
        if !unsure && (xs.comparable != ys.comparable || view.same_terms(&xs.terms, &ys.terms) == Some(false)) {
            return false;
        }
        let (few, many) = if xs.methods.len() > ys.methods.len() { (ys, xs) } else { (xs, ys) };
        self.within(x, y, |unifier| {
            few.methods.iter().all(|method| match many.methods.iter().find(|other| view.same_name(method, other)) {
                Some(other) => unifier.unify(method.ty, other.ty, EXACT),
                None => {
                    unifier.doubt(method.ty);
                    unsure
                }
            })
        })
    }

    /// Two interfaces with the same methods.
    fn same_interfaces(&mut self, x: Type, y: Type) -> bool {
        let view = self.view;
        let (xs, ys) = (view.interface_set(x), view.interface_set(y));
        if xs.unknown || ys.unknown {
            self.doubt(x);
            self.doubt(y);
            return true;
        }
        xs.comparable == ys.comparable
            && xs.methods.len() == ys.methods.len()
            && view.same_terms(&xs.terms, &ys.terms) != Some(false)
            && self.within(x, y, |unifier| {
                xs.methods.iter().zip(&ys.methods).all(|(f, g)| view.same_name(f, g) && unifier.unify(f.ty, g.ty, EXACT))
            })
    }

    /// Interface types may mention themselves in their methods: a pair that is being unified already unifies.
    fn within(&mut self, x: Type, y: Type, unify: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.pairs.contains(&(x, y)) || self.pairs.contains(&(y, x)) {
            return true;
        }
        self.pairs.push((x, y));
        let unifies = unify(self);
        self.pairs.pop();
        unifies
    }

    /// A type that is no interface, and an interface: the type has all its methods.
    fn has_methods(&mut self, ty: Type, interface: Type) -> bool {
        let set = self.view.interface_set(interface);
        self.unsure |= set.unknown;
        set.methods.iter().all(|method| self.unify_method(ty, method))
    }

    fn unify_method(&mut self, ty: Type, method: &SetMethod) -> bool {
        match self.view.method(ty, method, None) {
            Lookup::None => false,
            Lookup::Unknown => {
                self.doubt(method.ty);
                true
            }
            Lookup::Found(found) => match self.view.plain_method_type(&found.member) {
                Some(ty) => self.unify(method.ty, ty, EXACT),
                None => false,
            },
        }
    }

    fn list(&mut self, xs: &[Type], ys: &[Type], mode: Mode) -> bool {
        xs.len() == ys.len() && xs.iter().zip(ys).all(|(&x, &y)| self.unify(x, y, mode))
    }

    /// Two types that must be made of the same parts. A type parameter among them is none of those to be found.
    fn structure(&mut self, mut x: Type, mut y: Type, mode: Mode) -> bool {
        let (view, types) = (self.view, self.view.types);
        if let Kind::Param(_) = types.kind(y) {
            swap(&mut x, &mut y);
        }
        let inner = Mode { exact: mode.exact || mode.assign, inside: true, ..mode };
        let args = Mode { inside: true, ..mode };
        match (types.kind(x), types.kind(y)) {
            (Kind::Named(n, xs), Kind::Named(m, ys)) => n == m && self.list(xs, ys, args),
            (Kind::Pointer(x), Kind::Pointer(y)) | (Kind::Slice(x), Kind::Slice(y)) => self.unify(*x, *y, inner),
            (Kind::Array(n, x), Kind::Array(m, y)) => (n.is_none() || m.is_none() || n == m) && self.unify(*x, *y, inner),
            (Kind::Map(k, x), Kind::Map(l, y)) => self.unify(*k, *l, inner) && self.unify(*x, *y, inner),
            (Kind::Chan(d, x), Kind::Chan(e, y)) => (!mode.exact || d == e) && self.unify(*x, *y, inner),
            (Kind::Func(f), Kind::Func(g)) => {
                f.variadic == g.variadic && self.list(&f.params, &g.params, inner) && self.list(&f.results, &g.results, inner)
            }
            (Kind::Tuple(xs), Kind::Tuple(ys)) => self.list(xs, ys, args),
            (Kind::Struct(fs), Kind::Struct(gs)) => {
                fs.len() == gs.len()
                    && fs.iter().zip(gs).all(|(f, g)| view.same_label(f, g) != Some(false) && self.unify(f.ty, g.ty, inner))
            }
            (Kind::Interface(_), Kind::Interface(_)) => self.same_interfaces(x, y),
            // What all its types have in common must unify.
            (Kind::Param(_), _) => match view.common(x) {
                Some(core) if core.is_known() => self.unify(core, y, ASSIGN),
                Some(_) => {
                    self.doubt(y);
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
