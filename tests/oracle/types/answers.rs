//! What is asked of the analyser, and its answers in the oracle's words.
//!
//! Not here: whether they are right (`compare.rs`).

use goleaklint::ast::ExprId;
use goleaklint::facts::Facts;
use goleaklint::project::{DeclId, Project};
use goleaklint::sema::{Callee, Object, Sema, Type};
use goleaklint::source::FileId;

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
    Box::new(Names { sema: Sema::new(project, Facts::shipped()) })
}

struct Names<'p> {
    sema: Sema<'p>,
}

impl Names<'_> {
    fn places(&self, decls: &[DeclId], name: &str) -> Ours {
        let places = decls.iter().filter_map(|&id| {
            let (_, range) = self.sema.project.decl(id).names.iter().find(|(declared, _)| declared == name)?;
            Some((id.file, range.start))
        });
        Ours::Places(places.collect())
    }
}

impl Answers for Names<'_> {
    fn object(&self, decl: DeclId, ident: ExprId) -> Ours {
        let tree = self.sema.tree(decl);
        match self.sema.object(decl, ident) {
            Object::Local(local) => Ours::Places(vec![(decl.file, tree.expr_range(self.sema.scopes(decl).local(local).ident).start)]),
            Object::Package(decls) => self.places(&decls, tree.ident(ident).unwrap_or_default()),
            Object::Import(path) => Ours::Package(path.to_string()),
            Object::Universe => Ours::Universe,
            Object::Unknown => Ours::Unknown,
        }
    }

    fn type_texts(&self, decl: DeclId, expr: ExprId) -> Vec<String> {
        text(&self.sema.type_of(decl, expr)).into_iter().collect()
    }

    fn callee(&self, decl: DeclId, call: ExprId) -> OursCallee {
        match self.sema.callee(decl, call) {
            Callee::Unknown => OursCallee::Unknown,
            Callee::Builtin(name) => OursCallee::Builtin(name.to_string()),
            Callee::Conversion(_) => OursCallee::Conversion,
            Callee::Closure(_) | Callee::Variable(..) => OursCallee::Value,
            Callee::Function(function) if function.decls.is_empty() => OursCallee::Unknown,
            Callee::Function(function) => {
                let name = function.key.rsplit('.').next().unwrap_or_default();
                OursCallee::Function(self.places(&function.decls, name))
            }
        }
    }
}

fn text(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Named(name) if name == "byte" => "uint8".into(),
        Type::Named(name) if name == "rune" => "int32".into(),
        Type::Named(name) if name == "any" => "interface{}".into(),
        Type::Named(name) => name.to_string(),
        Type::Pointer(inner) => format!("*{}", text(inner)?),
        Type::Slice(inner) => format!("[]{}", text(inner)?),
        Type::Array(Some(length), inner) => format!("[{length}]{}", text(inner)?),
        Type::Map(key, value) => format!("map[{}]{}", text(key)?, text(value)?),
        Type::Tuple(types) if !types.is_empty() => format!("({})", types.iter().map(text).collect::<Option<Vec<_>>>()?.join(", ")),
        _ => return None,
    })
}
