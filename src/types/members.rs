//! Which field or method does a selector select, and which methods has an interface?
//!
//! ```go
//! type file struct{ *os.File }
//! var f file
//! f.Close() // (*os.File).Close, through the embedded field File
//! var c io.Closer = f // all methods of io.Closer are there
//! ```
//!
//! Not here: what is done with the type of what was found.

use super::ask::Ask;
use super::generic::{TermSet, View, all, is_exported};
use super::ty::{Basic, Interface, Kind, Place, Signature, Term, Type, TypeList, TypeName};
use super::{Member, Types};
use crate::ast::Name;
use crate::project::{DeclId, PackageId};
use crate::source::FileId;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// How many embedded types one search looks at. Real code needs less than a hundred.
const EMBEDDED: usize = 1000;

/// What a search for a name in a type found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    Found(Found),
    /// There is no such name, or there are several.
    None,
    /// Something unknown may have it.
    Unknown,
}

/// A field or method that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its type has the type arguments of the type it was found in; type parameters of a generic method itself are still in it.
    pub member: Member,
    /// The embedded fields on the way, outermost first.
    pub path: Vec<Place>,
    /// There was a pointer on the way; the searched type itself counts.
    pub indirect: bool,
    /// The type arguments of the type that the method is declared on: what its receiver's type parameters stand for.
    pub receiver_args: TypeList,
}

/// All that an interface type asks for, embedded interfaces included.
#[derive(Clone, Debug, Default)]
pub(super) struct InterfaceSet {
    /// Sorted by name; unexported names of several packages by package.
    pub methods: Vec<SetMethod>,
    pub terms: TermSet,
    /// Only types with `==`; said only if there are no terms.
    pub comparable: bool,
    /// There may be more methods and fewer types.
    pub unknown: bool,
}

/// A method of an interface type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetMethod {
    pub name: Name,
    /// The package that an unexported name belongs to.
    pub package: Option<PackageId>,
    /// A `Kind::Func`.
    pub ty: Type,
    /// `Error` of the predeclared `error` has none.
    pub place: Option<Place>,
    /// The defined interface type that names the method, or the type that was asked about if that has no name.
    pub of: Type,
}

impl Types<'_> {
    /// The field or method that a selector in a file selects. Code is taken as valid: where something beside it is unknown, a name that was found
    /// is the one.
    pub(super) fn lookup(&self, ask: &Ask, ty: Type, name: &str, from: FileId) -> Lookup {
        let package = self.project.file(from).package;
        let view = View::new(self, ask);
        let search = Search { name, from: Some(from), package: Some(package), strict: false };
        // A defined type that is a pointer has the fields of what it points to, but not the methods.
        if let Kind::Named(..) = self.kind(ty) {
            let behind = view.under(ty);
            if let Kind::Pointer(_) = self.kind(behind) {
                return match view.search(behind, search) {
                    Lookup::Found(found) if !matches!(found.member, Member::Field { .. }) => Lookup::None,
                    other => other,
                };
            }
        }
        view.search(ty, search)
    }

    /// Whether a type has all methods of an interface type, with the same types: whether its values can be in it. `None` if that is not known.
    pub(super) fn has_method_set(&self, ask: &Ask, ty: Type, interface: Type, from: FileId) -> Option<bool> {
        let view = View::new(self, ask);
        let set = view.interface_set(interface);
        let mut sure = !set.unknown;
        for method in &set.methods {
            let found = match view.method(ty, method, Some(from)) {
                Lookup::None => return Some(false),
                Lookup::Unknown => None,
                Lookup::Found(found) => match view.plain_method_type(&found.member) {
                    Some(ty) => view.same(ty, method.ty),
                    None => return Some(false),
                },
            };
            match found {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        sure.then_some(true)
    }
}

/// What is searched for.
#[derive(Clone, Copy)]
struct Search<'n> {
    pub name: &'n str,
    /// The file that must see a method's declaration; without one, the file that declares the type.
    pub from: Option<FileId>,
    /// The package that must be the name's own if it is unexported.
    pub package: Option<PackageId>,
    /// Asks for what is in the method set of the type: a method with a pointer receiver is only behind a pointer, and unknown types beside
    /// what was found matter.
    pub strict: bool,
}

impl Search<'_> {
    fn sees(&self, types: &Types<'_>, place: Place) -> bool {
        is_exported(self.name) || self.package == Some(types.package_of(place))
    }
}

/// A type that is searched, at one depth of embedding.
struct Entry {
    ty: Type,
    path: Vec<Place>,
    indirect: bool,
    /// It is embedded several times at this depth: what is found in it is ambiguous.
    several: bool,
}

/// What was found at one depth.
enum Hit<'t> {
    Field(Place, Type),
    Method(DeclId, Place, TypeName, &'t TypeList),
    Abstract(SetMethod),
}

impl<'a> View<'a, '_> {
    /// A type's own method for a method of an interface, as its method set has it.
    pub(super) fn method(&self, ty: Type, method: &SetMethod, from: Option<FileId>) -> Lookup {
        self.search(ty, Search { name: &method.name, from, package: method.package, strict: true })
    }

    /// The type of a method without type parameters of its own; a generic method or a field satisfies no interface.
    pub(super) fn plain_method_type(&self, member: &Member) -> Option<Type> {
        match member {
            Member::Field { .. } => None,
            Member::Abstract { ty, .. } => Some(*ty),
            Member::Method { decl, ty, of, .. } => self.types.func_type(self.ask, *decl, of.build).type_params.is_empty().then_some(*ty),
        }
    }

    fn search(&self, ty: Type, search: Search<'_>) -> Lookup {
        if search.name == "_" {
            return Lookup::None;
        }
        let types = self.types;
        let (base, pointer) = types.deref(ty);
        if pointer && matches!(types.kind(self.under(base)), Kind::Interface(_) | Kind::Error | Kind::Comparable | Kind::Param(_)) {
            return Lookup::None;
        }
        let mut current = vec![Entry { ty: base, path: Vec::new(), indirect: pointer, several: false }];
        let mut seen = FxHashSet::default();
        let mut count = 0;
        while !current.is_empty() {
            count += current.len();
            if count > EMBEDDED {
                return Lookup::Unknown;
            }
            let mut next = Vec::new();
            let mut hit: Option<(Hit<'a>, &Entry)> = None;
            let mut unknown = false;
            for entry in &current {
                // A type that was there at a lesser depth hides this one.
                if types.is_named(entry.ty) && !seen.insert(entry.ty) {
                    continue;
                }
                let found = match self.declared(entry.ty, search) {
                    Some(found) => Some(found),
                    None => match types.kind(self.under(entry.ty)) {
                        Kind::Unknown => {
                            unknown = true;
                            None
                        }
                        Kind::Struct(fields) => {
                            let named = fields.iter().find(|field| field.name == search.name && search.sees(types, field.place));
                            if named.is_none() && hit.is_none() {
                                next.extend(fields.iter().filter(|field| field.embedded).map(|field| {
                                    let (ty, pointer) = types.deref(field.ty);
                                    let path = entry.path.iter().copied().chain([field.place]).collect();
                                    Entry { ty, path, indirect: entry.indirect || pointer, several: entry.several }
                                }));
                            }
                            named.map(|field| Hit::Field(field.place, field.ty))
                        }
                        Kind::Interface(_) | Kind::Error | Kind::Comparable | Kind::Param(_) => {
                            let (found, rest) = self.abstract_method(entry.ty, search);
                            unknown |= found.is_none() && rest;
                            found.map(Hit::Abstract)
                        }
                        _ => None,
                    },
                };
                if let Some(found) = found {
                    if hit.is_some() || entry.several {
                        return Lookup::None;
                    }
                    hit = Some((found, entry));
                }
            }
            match hit {
                Some(_) if unknown && search.strict => return Lookup::Unknown,
                Some((hit, entry)) => return self.found(hit, entry, search.strict),
                None if unknown => return Lookup::Unknown,
                None => current = self.together(next),
            }
        }
        Lookup::None
    }

    /// A method that is declared on a defined type.
    fn declared(&self, ty: Type, search: Search<'_>) -> Option<Hit<'a>> {
        let types = self.types;
        let Kind::Named(of, args) = types.kind(ty) else { return None };
        let (decl, place) = types.declared_method(*of, search.name, search.from.unwrap_or(of.decl.file))?;
        search.sees(types, place).then_some(Hit::Method(decl, place, *of, args))
    }

    fn found(&self, hit: Hit<'a>, entry: &Entry, strict: bool) -> Lookup {
        let types = self.types;
        let mut receiver_args: TypeList = Box::new([]);
        let member = match hit {
            Hit::Field(place, ty) => Member::Field { place, ty },
            Hit::Abstract(method) => Member::Abstract { place: method.place, ty: method.ty, of: method.of },
            Hit::Method(decl, place, of, args) => {
                let func = types.func_type(self.ask, decl, of.build);
                if strict && func.pointer && !entry.indirect {
                    return Lookup::None;
                }
                let ty = types.subst(func.ty, &func.receiver_params, args);
                receiver_args = args.clone();
                Member::Method { decl, place, ty, of, pointer: func.pointer }
            }
        };
        Lookup::Found(Found { member, path: entry.path.clone(), indirect: entry.indirect, receiver_args })
    }

    /// The same type twice at one depth is one entry.
    fn together(&self, list: Vec<Entry>) -> Vec<Entry> {
        let mut kept: Vec<Entry> = Vec::with_capacity(list.len());
        for entry in list {
            match kept.iter_mut().find(|old| old.ty == entry.ty || self.same(old.ty, entry.ty) == Some(true)) {
                Some(old) => old.several = true,
                None => kept.push(entry),
            }
        }
        kept
    }

    /// A method of an interface type, and whether something that it embeds is unknown.
    fn abstract_method(&self, ty: Type, search: Search<'_>) -> (Option<SetMethod>, bool) {
        let types = self.types;
        let mut unknown = false;
        let mut seen = FxHashSet::default();
        // Each with the type that has the methods of a literal.
        let mut waiting = vec![(ty, ty)];
        while let Some((ty, owner)) = waiting.pop() {
            if !seen.insert(ty) {
                continue;
            }
            if seen.len() > EMBEDDED {
                return (None, true);
            }
            let owner = if types.is_named(ty) { ty } else { owner };
            match types.kind(self.under(ty)) {
                Kind::Unknown => unknown = true,
                Kind::Param(_) => waiting.push((self.constraint(ty), owner)),
                Kind::Error if search.name == "Error" => return (Some(self.error_method()), false),
                Kind::Interface(interface) => {
                    let named = |name: &Name, place| name == search.name && search.sees(types, place);
                    if let Some(method) = interface.methods.iter().find(|method| named(&method.name, method.place)) {
                        return (Some(self.set_method(&method.name, method.ty, method.place, owner)), false);
                    }
                    let embedded = interface.embedded.iter().rev();
                    waiting.extend(embedded.filter_map(|terms| match **terms {
                        [Term { tilde: false, ty }] => Some((ty, owner)),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        (None, unknown)
    }

    fn set_method(&self, name: &Name, ty: Type, place: Place, of: Type) -> SetMethod {
        let package = (!is_exported(name)).then(|| self.types.package_of(place));
        SetMethod { name: name.clone(), package, ty, place: Some(place), of }
    }

    /// `Error() string`.
    fn error_method(&self) -> SetMethod {
        let signature = Signature { params: Box::new([]), results: Box::new([Type::STRING]), variadic: false };
        SetMethod { name: "Error".into(), package: None, ty: self.types.make(Kind::Func(signature)), place: None, of: Type::ERROR }
    }

    /// All that an interface asks for. A type that is none allows itself.
    pub(super) fn interface_set(&self, ty: Type) -> Rc<InterfaceSet> {
        if let Some(known) = self.sets.borrow().get(&ty) {
            return known.clone();
        }
        let unknown = || InterfaceSet { unknown: true, ..InterfaceSet::default() };
        // No interface of valid code embeds itself.
        if self.open.borrow().contains(&ty) {
            return Rc::new(unknown());
        }
        self.open.borrow_mut().push(ty);
        let set = Rc::new(self.step(|| self.put_together(ty)).unwrap_or_else(unknown));
        self.open.borrow_mut().pop();
        self.sets.borrow_mut().insert(ty, set.clone());
        set
    }

    fn put_together(&self, ty: Type) -> InterfaceSet {
        let behind = self.under(ty);
        match self.types.kind(behind) {
            Kind::Unknown => InterfaceSet { unknown: true, ..InterfaceSet::default() },
            Kind::Error => InterfaceSet { methods: vec![self.error_method()], ..InterfaceSet::default() },
            Kind::Comparable => InterfaceSet { comparable: true, ..InterfaceSet::default() },
            Kind::Interface(interface) => self.literal_set(interface, ty),
            Kind::Param(_) => {
                let constraint = self.constraint(ty);
                let mut set = (*self.interface_set(constraint)).clone();
                self.own(&mut set, constraint, ty);
                set
            }
            _ => InterfaceSet { terms: Some(vec![Term { tilde: false, ty }]), ..InterfaceSet::default() },
        }
    }

    /// The methods of an interface type without a name are those of the type around it.
    fn own(&self, set: &mut InterfaceSet, literal: Type, owner: Type) {
        if matches!(self.types.kind(literal), Kind::Interface(_)) {
            set.methods.iter_mut().filter(|method| method.of == literal).for_each(|method| method.of = owner);
        }
    }

    fn literal_set(&self, interface: &Interface, owner: Type) -> InterfaceSet {
        let mut set = InterfaceSet::default();
        set.methods.extend(interface.methods.iter().map(|method| self.set_method(&method.name, method.ty, method.place, owner)));
        for element in &interface.embedded {
            let (terms, comparable) = match **element {
                [Term { tilde: false, ty }] => {
                    let mut embedded = (*self.interface_set(ty)).clone();
                    self.own(&mut embedded, ty, owner);
                    set.methods.append(&mut embedded.methods);
                    set.unknown |= embedded.unknown;
                    (embedded.terms, embedded.comparable)
                }
                _ => match self.union_terms(element) {
                    Some(terms) => (terms, false),
                    None => {
                        set.unknown = true;
                        continue;
                    }
                },
            };
            let terms =
                self.intersection(set.terms.take(), terms).and_then(|terms| self.with_equality(terms, set.comparable || comparable));
            match terms {
                Some((terms, comparable)) => (set.terms, set.comparable) = (terms, comparable),
                None => set.unknown = true,
            }
        }
        // The first of several stays: the sort keeps their order.
        set.methods.sort_by(|a, b| (&a.name, a.package).cmp(&(&b.name, b.package)));
        set.methods.dedup_by(|later, first| later.name == first.name && later.package == first.package);
        set
    }

    /// The types of `~int | string | Number`; `None` if that is not known.
    fn union_terms(&self, element: &[Term]) -> Option<TermSet> {
        let mut found = Vec::new();
        for &term in element {
            let behind = self.under(term.ty);
            match self.types.kind(behind) {
                Kind::Unknown => return None,
                Kind::Interface(_) | Kind::Error | Kind::Comparable | Kind::Param(_) => {
                    let set = self.interface_set(term.ty);
                    if set.unknown {
                        return None;
                    }
                    match &set.terms {
                        Some(terms) => found.extend(terms),
                        None => return Some(None),
                    }
                }
                // No type is behind a defined type: `~Name` allows nothing.
                _ if term.tilde && term.ty != behind => {}
                _ => found.push(term),
            }
        }
        self.union(found).map(Some)
    }

    /// Of the terms those with `==`, if that is asked for. Without terms it stays a wish.
    fn with_equality(&self, terms: TermSet, comparable: bool) -> Option<(TermSet, bool)> {
        match terms {
            Some(terms) if comparable => {
                let mut kept = Vec::new();
                for term in terms {
                    if self.has_equality(term.ty, &mut FxHashSet::default())? {
                        kept.push(term);
                    }
                }
                Some((Some(kept), false))
            }
            Some(terms) => Some((Some(terms), false)),
            None => Some((None, comparable)),
        }
    }

    /// Whether all values of a type can be compared with `==` and none panics.
    fn has_equality(&self, ty: Type, seen: &mut FxHashSet<Type>) -> Option<bool> {
        if !seen.insert(ty) {
            return Some(true);
        }
        self.step(|| match self.types.kind(self.under(ty)) {
            Kind::Unknown => None,
            Kind::Basic(basic) => Some(*basic != Basic::UntypedNil),
            Kind::Pointer(_) | Kind::Chan(..) => Some(true),
            Kind::Array(_, element) => self.has_equality(*element, seen),
            Kind::Struct(fields) => all(fields.iter().map(|field| self.has_equality(field.ty, seen))),
            Kind::Interface(_) | Kind::Error | Kind::Comparable | Kind::Param(_) => {
                let set = self.interface_set(ty);
                match &set.terms {
                    _ if set.unknown => None,
                    None => Some(set.comparable),
                    Some(terms) if terms.is_empty() => Some(false),
                    Some(terms) => all(terms.iter().map(|term| self.has_equality(term.ty, seen))),
                }
            }
            _ => Some(false),
        })
        .flatten()
    }
}

#[cfg(test)]
mod tests;
