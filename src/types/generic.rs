//! When are two types the same, what becomes of a type when its parameters are replaced, and which types may a type parameter be?
//!
//! ```go
//! func Map[K ~string, V any](m map[K]V) []V // with K = Name and V = int: func(map[Name]int) []int; K's types are those behind which is string
//! ```
//!
//! Not here: which types a call's arguments tell (`infer`), methods and fields (`members`).

use super::Types;
use super::ask::Ask;
use super::members::{InterfaceSet, SetMethod};
use super::ty::{Basic, ChanDir, FieldType, Interface, Kind, MethodType, Signature, Term, Type, TypeList};
use crate::ast::Name;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{Cell, RefCell};
use std::mem::discriminant;
use std::rc::Rc;

/// How many steps within each other a comparison may take. Real code needs about ten.
const DEPTH: u32 = 100;
/// How many steps one question may take. Real code needs less than a hundred.
const STEPS: u32 = 20_000;

/// The types that a constraint allows; `None`: all.
pub(super) type TermSet = Option<Vec<Term>>;

impl Types<'_> {
    /// The type with type parameters replaced: each of `from` by what stands at its place in `to`.
    pub(super) fn subst(&self, ty: Type, from: &[Type], to: &[Type]) -> Type {
        if from.is_empty() || to.is_empty() || !self.is_generic(ty) {
            return ty;
        }
        Replace { types: self, from, to, done: FxHashMap::default() }.ty(ty)
    }

    /// The types that a type parameter or an interface allows, `None` if all. Any other type allows itself. If that is not known, there is one
    /// unknown term.
    pub(super) fn term_set(&self, ask: &Ask, ty: Type) -> Option<Vec<Term>> {
        View::new(self, ask).terms(ty)
    }

    /// The type behind a type; behind a type parameter, what is behind all types that it may be. Unknown if they have nothing in common.
    pub(super) fn common_under(&self, ask: &Ask, ty: Type) -> Type {
        match self.kind(ty) {
            Kind::Param(_) => View::new(self, ask).common(ty).unwrap_or(Type::UNKNOWN),
            _ => self.underlying(ask, ty),
        }
    }

    /// The same, but a type parameter may be both strings and slices of bytes: then it is `string`.
    pub(super) fn core_string(&self, ask: &Ask, ty: Type) -> Type {
        match self.kind(ty) {
            Kind::Param(_) => View::new(self, ask).common_string(ty),
            _ => self.underlying(ask, ty),
        }
    }

    /// Whether behind a type, and behind all types that a type parameter may be, is a predeclared one of a sort.
    pub(super) fn all_basic(&self, ask: &Ask, ty: Type, is: impl Fn(Basic) -> bool) -> bool {
        let basic = |ty: Type| matches!(self.kind(self.underlying(ask, ty)), Kind::Basic(basic) if is(*basic));
        match self.kind(ty) {
            Kind::Param(_) => self.term_set(ask, ty).is_some_and(|terms| !terms.is_empty() && terms.iter().all(|term| basic(term.ty))),
            _ => basic(ty),
        }
    }

    /// An interface type; a type parameter is none.
    pub(super) fn is_interface(&self, ask: &Ask, ty: Type) -> bool {
        matches!(self.kind(self.underlying(ask, ty)), Kind::Interface(_) | Kind::Error | Kind::Comparable)
    }

    /// A type with a name of its own: neither written out nor a type parameter. `int` is none, as in go/types' inference.
    pub(super) fn is_named(&self, ty: Type) -> bool {
        matches!(self.kind(ty), Kind::Named(..) | Kind::Error | Kind::Comparable)
    }

    /// Whether nil is one of its values; of a type parameter, of all types that it may be.
    pub(super) fn has_nil(&self, ask: &Ask, ty: Type) -> bool {
        let nil = |ty: Type| match self.kind(self.underlying(ask, ty)) {
            Kind::Basic(basic) => *basic == Basic::UnsafePointer,
            Kind::Slice(_) | Kind::Pointer(_) | Kind::Func(_) | Kind::Map(..) | Kind::Chan(..) => true,
            Kind::Interface(_) | Kind::Error | Kind::Comparable => true,
            _ => false,
        };
        match self.kind(ty) {
            Kind::Param(_) => self.term_set(ask, ty).is_some_and(|terms| !terms.is_empty() && terms.iter().all(|term| nil(term.ty))),
            _ => nil(ty),
        }
    }

    /// The type that a value of an untyped type gets where nothing else says; other types stay.
    pub(super) fn default_type(&self, ty: Type) -> Type {
        ty.basic().map_or(ty, |basic| basic.default().ty())
    }

    /// What a pointer type points to, and whether it is one. A defined type that is a pointer stays.
    pub(super) fn deref(&self, ty: Type) -> (Type, bool) {
        match self.kind(ty) {
            Kind::Pointer(base) => (*base, true),
            _ => (ty, false),
        }
    }

    /// The type parameters that occur in a type.
    pub(super) fn params_in(&self, ty: Type) -> Vec<Type> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut waiting = vec![ty];
        while let Some(ty) = waiting.pop() {
            if !self.is_generic(ty) || !seen.insert(ty) {
                continue;
            }
            match self.kind(ty) {
                Kind::Param(_) => found.push(ty),
                Kind::Unknown | Kind::Basic(_) | Kind::Error | Kind::Comparable => {}
                Kind::Named(_, list) | Kind::Tuple(list) => waiting.extend(list),
                Kind::Pointer(ty) | Kind::Slice(ty) | Kind::Array(_, ty) | Kind::Chan(_, ty) => waiting.push(*ty),
                Kind::Map(key, value) => waiting.extend([*key, *value]),
                Kind::Func(signature) => waiting.extend(signature.params.iter().chain(&signature.results)),
                Kind::Struct(fields) => waiting.extend(fields.iter().map(|field| field.ty)),
                Kind::Interface(interface) => {
                    waiting.extend(interface.methods.iter().map(|method| method.ty));
                    waiting.extend(interface.embedded.iter().flatten().map(|term| term.ty));
                }
            }
        }
        found
    }

    /// Whether one of some type parameters occurs in a type.
    pub(super) fn mentions(&self, ty: Type, params: &[Type]) -> bool {
        self.is_generic(ty) && self.params_in(ty).iter().any(|param| params.contains(param))
    }
}

/// One replacement of type parameters. What was replaced already is kept: `P[T, T]` in itself would cost twice as much at each level.
struct Replace<'a, 'p> {
    types: &'a Types<'p>,
    from: &'a [Type],
    to: &'a [Type],
    done: FxHashMap<Type, Type>,
}

impl Replace<'_, '_> {
    fn ty(&mut self, ty: Type) -> Type {
        let types = self.types;
        if !types.is_generic(ty) {
            return ty;
        }
        if let Kind::Param(_) = types.kind(ty) {
            return self.from.iter().position(|&from| from == ty).and_then(|at| self.to.get(at)).map_or(ty, |&to| to);
        }
        if let Some(&done) = self.done.get(&ty) {
            return done;
        }
        let kind = match types.kind(ty) {
            kind @ (Kind::Unknown | Kind::Basic(_) | Kind::Error | Kind::Comparable | Kind::Param(_)) => kind.clone(),
            Kind::Named(name, args) => Kind::Named(*name, self.list(args)),
            Kind::Tuple(list) => Kind::Tuple(self.list(list)),
            Kind::Pointer(base) => Kind::Pointer(self.ty(*base)),
            Kind::Slice(element) => Kind::Slice(self.ty(*element)),
            Kind::Array(length, element) => Kind::Array(*length, self.ty(*element)),
            Kind::Map(key, value) => Kind::Map(self.ty(*key), self.ty(*value)),
            Kind::Chan(direction, element) => Kind::Chan(*direction, self.ty(*element)),
            Kind::Func(signature) => Kind::Func(Signature {
                params: self.list(&signature.params),
                results: self.list(&signature.results),
                variadic: signature.variadic,
            }),
            Kind::Struct(fields) => Kind::Struct(fields.iter().map(|field| FieldType { ty: self.ty(field.ty), ..field.clone() }).collect()),
            Kind::Interface(interface) => {
                let methods = interface.methods.iter().map(|method| MethodType { ty: self.ty(method.ty), ..method.clone() }).collect();
                let mut term = |term: &Term| Term { ty: self.ty(term.ty), ..*term };
                let embedded = interface.embedded.iter().map(|terms| terms.iter().map(&mut term).collect()).collect();
                Kind::Interface(Interface { methods, embedded })
            }
        };
        let made = types.make(kind);
        self.done.insert(ty, made);
        made
    }

    fn list(&mut self, list: &[Type]) -> TypeList {
        list.iter().map(|&ty| self.ty(ty)).collect()
    }
}

/// All hold: no, if one does not; else unknown, if one is unknown.
pub(super) fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => sure = false,
        }
    }
    sure.then_some(true)
}

/// One holds: yes, if one does; else unknown, if one is unknown.
fn any(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.into_iter().map(|part| part.map(|holds| !holds))).map(|none| !none)
}

/// Whether a name is seen outside of its package.
pub(super) fn is_exported(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// One question about types and what was put together for it; it ends after a number of steps.
pub(super) struct View<'a, 'p> {
    pub types: &'a Types<'p>,
    pub ask: &'a Ask,
    /// The constraints of type parameters that exist for this question only.
    pub constraints: FxHashMap<Type, Type>,
    /// The interfaces that were put together.
    pub sets: RefCell<FxHashMap<Type, Rc<InterfaceSet>>>,
    /// Those that are being put together.
    pub open: RefCell<Vec<Type>>,
    depth: Cell<u32>,
    steps: Cell<u32>,
}

impl<'a, 'p> View<'a, 'p> {
    pub(super) fn new(types: &'a Types<'p>, ask: &'a Ask) -> View<'a, 'p> {
        View {
            types,
            ask,
            constraints: FxHashMap::default(),
            sets: RefCell::default(),
            open: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
        }
    }

    /// Does one more step, unless there were too many.
    pub(super) fn step<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let (depth, steps) = (self.depth.get(), self.steps.get());
        if depth >= DEPTH || steps >= STEPS {
            return None;
        }
        self.depth.set(depth + 1);
        self.steps.set(steps + 1);
        let done = work();
        self.depth.set(depth);
        Some(done)
    }

    pub(super) fn under(&self, ty: Type) -> Type {
        self.types.underlying(self.ask, ty)
    }

    /// The constraint of a type parameter.
    pub(super) fn constraint(&self, param: Type) -> Type {
        match (self.constraints.get(&param), self.types.kind(param)) {
            (Some(&constraint), _) => constraint,
            (None, Kind::Param(param)) => self.types.constraint(self.ask, *param),
            _ => Type::UNKNOWN,
        }
    }

    /// Whether two types are identical; `None` if that depends on what is unknown.
    pub(super) fn same(&self, a: Type, b: Type) -> Option<bool> {
        Identity { view: self, seen: FxHashSet::default() }.same(a, b)
    }

    /// The types that a type may be; one unknown term if that is not known.
    pub(super) fn terms(&self, ty: Type) -> TermSet {
        match self.types.kind(self.under(ty)) {
            Kind::Param(_) | Kind::Interface(_) | Kind::Error | Kind::Comparable => {
                let set = self.interface_set(ty);
                if set.unknown { Some(vec![Term { tilde: false, ty: Type::UNKNOWN }]) } else { set.terms.clone() }
            }
            _ => Some(vec![Term { tilde: false, ty }]),
        }
    }

    /// What is behind all types that a type may be: `None` if they have nothing in common, unknown if that is not known.
    pub(super) fn common(&self, ty: Type) -> Option<Type> {
        let Kind::Param(_) = self.types.kind(ty) else { return Some(self.under(ty)) };
        let mut common: Option<Type> = None;
        for term in self.terms(ty)? {
            let under = self.under(term.ty);
            if !under.is_known() {
                return Some(Type::UNKNOWN);
            }
            let Some(before) = common else {
                common = Some(under);
                continue;
            };
            let directions = match (self.types.kind(before), self.types.kind(under)) {
                (Kind::Chan(first, first_element), Kind::Chan(second, second_element)) => {
                    Some((*first, *second, self.same(*first_element, *second_element)))
                }
                _ => None,
            };
            let same = directions.map_or_else(|| self.same(before, under), |(.., same)| same);
            match (same, directions) {
                (None, _) => return Some(Type::UNKNOWN),
                (Some(false), _) => return None,
                // Of channels the one that may do less.
                (_, Some((ChanDir::Both, ..))) => common = Some(under),
                (_, Some((first, second, _))) if second != ChanDir::Both && first != second => return None,
                _ => {}
            }
        }
        common
    }

    /// The same, where a string is as good as a slice of bytes.
    fn common_string(&self, ty: Type) -> Type {
        let Some(terms) = self.terms(ty) else { return Type::UNKNOWN };
        let unders: Vec<Type> = terms.iter().map(|term| self.under(term.ty)).collect();
        let is_string = |ty: Type| ty.basic().is_some_and(Basic::is_string);
        if !unders.iter().any(|&ty| is_string(ty)) {
            return self.common(ty).unwrap_or(Type::UNKNOWN);
        }
        let bytes = self.types.make(Kind::Slice(Type::UINT8));
        let fits = unders.iter().all(|&ty| is_string(ty) || self.same(ty, bytes) == Some(true));
        if fits { Type::STRING } else { Type::UNKNOWN }
    }

    /// Whether no type is of both terms.
    fn disjoint(&self, x: Term, y: Term) -> Option<bool> {
        let a = if y.tilde { self.under(x.ty) } else { x.ty };
        let b = if x.tilde { self.under(y.ty) } else { y.ty };
        self.same(a, b).map(|same| !same)
    }

    /// Each type once: `int | ~int` is `~int`. `None` if that is not known, here and below.
    pub(super) fn union(&self, terms: Vec<Term>) -> Option<Vec<Term>> {
        let mut kept: Vec<Term> = Vec::new();
        'terms: for term in terms {
            for old in &mut kept {
                if !self.disjoint(*old, term)? {
                    if term.tilde && !old.tilde {
                        *old = term;
                    }
                    continue 'terms;
                }
            }
            kept.push(term);
        }
        Some(kept)
    }

    /// The types that both allow.
    pub(super) fn intersection(&self, xs: TermSet, ys: TermSet) -> Option<TermSet> {
        let (xs, ys) = match (xs, ys) {
            (Some(xs), Some(ys)) => (xs, ys),
            (None, other) | (other, None) => return Some(other),
        };
        let mut both = Vec::new();
        for &x in &xs {
            for &y in &ys {
                if !self.disjoint(x, y)? {
                    both.push(if !x.tilde || y.tilde { x } else { y });
                }
            }
        }
        self.union(both).map(Some)
    }

    /// Whether both allow the same types.
    pub(super) fn same_terms(&self, xs: &TermSet, ys: &TermSet) -> Option<bool> {
        let (xs, ys) = match (xs, ys) {
            (Some(xs), Some(ys)) => (xs, ys),
            (xs, ys) => return Some(xs.is_none() && ys.is_none()),
        };
        let inside = |x: Term, y: Term| self.disjoint(x, y).map(|disjoint| !disjoint && (!x.tilde || y.tilde));
        let subset = |xs: &[Term], ys: &[Term]| all(xs.iter().map(|&x| any(ys.iter().map(|&y| inside(x, y)))));
        all([subset(xs, ys), subset(ys, xs)])
    }

    /// Whether two fields agree in all but their types.
    pub(super) fn same_label(&self, f: &FieldType, g: &FieldType) -> Option<bool> {
        let package = is_exported(&f.name) || self.types.package_of(f.place) == self.types.package_of(g.place);
        all([Some(f.name == g.name && f.embedded == g.embedded && package), same_tag(f.tag.as_ref(), g.tag.as_ref())])
    }

    /// Whether two methods have the same name, in the same package if it matters.
    pub(super) fn same_name(&self, f: &SetMethod, g: &SetMethod) -> bool {
        f.name == g.name && f.package == g.package
    }
}

/// Whether two tags say the same. That is not known if one of them has escapes.
fn same_tag(a: Option<&Name>, b: Option<&Name>) -> Option<bool> {
    fn plain(tag: Option<&Name>) -> Option<&str> {
        let Some(tag) = tag else { return Some("") };
        match tag.strip_prefix('`') {
            Some(raw) => raw.strip_suffix('`'),
            None => tag.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('\\')),
        }
    }
    if a == b { Some(true) } else { Some(plain(a)? == plain(b)?) }
}

/// One comparison of two types.
struct Identity<'v, 'a, 'p> {
    view: &'v View<'a, 'p>,
    /// What is being compared or was found to be the same: one difference decides everything.
    seen: FxHashSet<(Type, Type)>,
}

impl Identity<'_, '_, '_> {
    fn same(&mut self, a: Type, b: Type) -> Option<bool> {
        let (view, types) = (self.view, self.view.types);
        if a == b {
            return (!types.store.has_unknown(a)).then_some(true);
        }
        match (types.kind(a), types.kind(b)) {
            (Kind::Unknown, _) | (_, Kind::Unknown) => None,
            (Kind::Basic(_) | Kind::Param(_), _) => Some(false),
            (x, y) if discriminant(x) != discriminant(y) => Some(false),
            _ if !self.seen.insert((a.min(b), a.max(b))) => Some(true),
            (x, y) => view.step(|| self.parts((a, x), (b, y))).flatten(),
        }
    }

    fn list(&mut self, xs: &[Type], ys: &[Type]) -> Option<bool> {
        if xs.len() != ys.len() {
            return Some(false);
        }
        all(xs.iter().zip(ys).map(|(&x, &y)| self.same(x, y)))
    }

    fn parts(&mut self, (a, x): (Type, &Kind), (b, y): (Type, &Kind)) -> Option<bool> {
        match (x, y) {
            (Kind::Named(n, xs), Kind::Named(m, ys)) if n == m => self.list(xs, ys),
            (Kind::Pointer(x), Kind::Pointer(y)) | (Kind::Slice(x), Kind::Slice(y)) => self.same(*x, *y),
            (Kind::Array(n, x), Kind::Array(m, y)) => {
                let length = n.zip(*m).map(|(n, m)| n == m);
                all([length, self.same(*x, *y)])
            }
            (Kind::Map(k, x), Kind::Map(l, y)) => all([self.same(*k, *l), self.same(*x, *y)]),
            (Kind::Chan(d, x), Kind::Chan(e, y)) if d == e => self.same(*x, *y),
            (Kind::Func(f), Kind::Func(g)) if f.variadic == g.variadic => {
                all([self.list(&f.params, &g.params), self.list(&f.results, &g.results)])
            }
            (Kind::Tuple(xs), Kind::Tuple(ys)) => self.list(xs, ys),
            (Kind::Struct(fs), Kind::Struct(gs)) if fs.len() == gs.len() => {
                let labels = all(fs.iter().zip(gs).map(|(f, g)| self.view.same_label(f, g)));
                if labels == Some(false) {
                    return labels;
                }
                all([labels, all(fs.iter().zip(gs).map(|(f, g)| self.same(f.ty, g.ty)))])
            }
            (Kind::Interface(_), Kind::Interface(_)) => self.interfaces(a, b),
            _ => Some(false),
        }
    }

    fn interfaces(&mut self, a: Type, b: Type) -> Option<bool> {
        let view = self.view;
        let (f, g) = (view.interface_set(a), view.interface_set(b));
        if f.unknown || g.unknown {
            return None;
        }
        let names = f.methods.len() == g.methods.len() && f.methods.iter().zip(&g.methods).all(|(f, g)| view.same_name(f, g));
        if !names || f.comparable != g.comparable {
            return Some(false);
        }
        let methods = all(f.methods.iter().zip(&g.methods).map(|(f, g)| self.same(f.ty, g.ty)));
        all([methods, view.same_terms(&f.terms, &g.terms)])
    }
}
