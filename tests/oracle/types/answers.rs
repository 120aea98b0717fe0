//! What is asked of the analyser, and its answers in the oracle's words.
//!
//! Not here: whether they are right (`compare.rs`).

use goleaklint::ast::{Decl, ExprId, Range, SpecKind};
use goleaklint::project::{DeclId, Origin, Project};
use goleaklint::source::FileId;
use goleaklint::types::{Called, Meaning, Member, Place, Types, label_of};

/// What an identifier means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ours {
    Unknown,
    /// It is declared there: the file and the offset of the identifier. Several where build variants declare it differently.
    Places(Vec<(FileId, u32)>),
    /// A predeclared name.
    Universe,
    /// An imported package, by path.
    Package(String),
    /// Declared in a package of which only the API is known: `net/http.Client.Do`, `net/http.Response.Body`, `unsafe.Pointer`.
    Qualified(String),
    /// The label that stands there.
    Label(u32),
}

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OursCallee {
    Unknown,
    Builtin(String),
    Conversion,
    /// The function literal that is called where it stands.
    Literal,
    /// A value of function type, whatever is known about it.
    Value,
    /// A function, or a method of a concrete type.
    Function(Ours),
    /// A method of an interface.
    Abstract(Ours),
    /// Different ones in different build variants: a function here, a variable there.
    Several(Vec<OursCallee>),
}

/// What is asked. Declaration by declaration, from several threads.
pub trait Answers: Sync {
    /// What an identifier means.
    fn object(&self, decl: DeclId, ident: ExprId) -> Ours;
    /// The type of an expression as `types/name.go` writes it; none if it or a part of it is unknown, several where build variants
    /// declare it differently.
    fn type_texts(&self, decl: DeclId, expr: ExprId) -> Vec<String>;
    /// What a call calls.
    fn callee(&self, decl: DeclId, call: ExprId) -> OursCallee;
}

/// The analyser that is compared.
pub fn of(project: &Project) -> Box<dyn Answers + '_> {
    Box::new(Engine { types: Types::new(project) })
}

struct Engine<'p> {
    types: Types<'p>,
}

impl Engine<'_> {
    /// The place; of what is declared in the shipped API of the standard library, the name for everybody.
    fn place(&self, place: Place) -> Ours {
        let project = self.types.project;
        let package = project.file(place.file).package;
        if project.origin(package) != Origin::Std {
            return Ours::Places(vec![(place.file, place.offset)]);
        }
        let path = &project.package(package).path;
        let inside = |range: Range| range.start <= place.offset && place.offset < range.end;
        let outline = &project.file(place.file).outline;
        let Some(index) = outline.decls.iter().position(|decl| inside(decl.range)) else { return Ours::Unknown };
        let declared = &outline.decls[index];
        if let Some((name, _)) = declared.names.iter().find(|(_, range)| inside(*range)) {
            return Ours::Qualified(match &declared.receiver {
                Some(receiver) => format!("{path}.{receiver}.{name}"),
                None => format!("{path}.{name}"),
            });
        }
        // A field or an interface's method.
        let decl = DeclId { file: place.file, index: index as u32 };
        let tree = project.tree(decl);
        let Decl::Gen(group) = &tree.decl else { return Ours::Unknown };
        let Some(spec) = group.specs.iter().find(|spec| inside(spec.range)) else { return Ours::Unknown };
        let SpecKind::Type { name, .. } = &spec.kind else { return Ours::Unknown };
        let ident =
            (0..tree.exprs.len() as u32).map(ExprId).find(|&id| tree.expr_range(id).start == place.offset && tree.ident(id).is_some());
        let name_of = |id: ExprId| tree.ident(id).unwrap_or_default();
        ident.map_or(Ours::Unknown, |ident| Ours::Qualified(format!("{path}.{}.{}", name_of(*name), name_of(ident))))
    }

    fn member(&self, member: &Member) -> Ours {
        match Types::member_place(member) {
            Some(place) => self.place(place),
            None => Ours::Universe,
        }
    }
}

impl Answers for Engine<'_> {
    fn object(&self, decl: DeclId, ident: ExprId) -> Ours {
        let tree = self.types.tree(decl);
        match self.types.meaning(decl, ident) {
            Meaning::Unknown => Ours::Unknown,
            Meaning::Local(local) => {
                let ident = self.types.scopes(decl).local(local).ident;
                Ours::Places(vec![(decl.file, tree.expr_range(ident).start)])
            }
            Meaning::Global(global) => self.place(self.types.place_of(global)),
            Meaning::Package(path, _) => Ours::Package(path.to_string()),
            Meaning::Universe(_) => Ours::Universe,
            Meaning::Unsafe(_) => Ours::Qualified(format!("unsafe.{}", tree.ident(ident).unwrap_or(""))),
            Meaning::Member(member) => self.member(&member),
            Meaning::Label(stmt) => Ours::Label(label_of(tree, stmt).map_or(0, |label| tree.expr_range(label).start)),
            Meaning::Declares(place) => self.place(place),
        }
    }

    fn type_texts(&self, decl: DeclId, expr: ExprId) -> Vec<String> {
        self.types.text_of_expr(decl, expr).into_iter().collect()
    }

    fn callee(&self, decl: DeclId, call: ExprId) -> OursCallee {
        match self.types.called(decl, call) {
            Called::Unknown => OursCallee::Unknown,
            Called::Builtin(builtin) => OursCallee::Builtin(builtin.name().to_string()),
            Called::Conversion(_) => OursCallee::Conversion,
            Called::Literal(_) => OursCallee::Literal,
            Called::Local(_) | Called::Variable(_) | Called::Field(..) | Called::Value => OursCallee::Value,
            Called::Function(global) => OursCallee::Function(self.place(self.types.place_of(global))),
            Called::Method(member @ Member::Abstract { .. }, _) => OursCallee::Abstract(self.member(&member)),
            Called::Method(member, _) => OursCallee::Function(self.member(&member)),
        }
    }
}
