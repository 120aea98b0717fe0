//! What does every identifier mean, and which type has every expression? What go/types would tell, without a Go toolchain and also for code that
//! does not compile.
//!
//! ```go
//! resp, err := client.Do(req) // client is a *http.Client, Do its method, resp a *http.Response, err an error
//! ```
//!
//! Answers are made on demand: a question about a function reads the declarations that its body names, and of those only what it needs. What is nowhere to be
//! found is [`Type::UNKNOWN`] or [`Entity::Unknown`], and so is what is built on it. No text is refused: the checker judges nothing, it
//! only says what it knows.
//!
//! A file is looked at in one build: linux/amd64 if the file is in it, else the first platform that has it. So a name has one meaning.
//!
//! Not here: what a rule makes of it (`sema`, `summary`).

mod ask;
mod builds;
mod builtins;
mod call;
mod called;
mod check;
pub mod constant;
mod convert;
mod declared;
mod expr;
mod generic;
mod infer;
mod literal;
mod meaning;
mod members;
mod memo;
mod names;
mod print;
pub mod scope;
mod sizes;
mod stmt;
pub mod ty;
mod typexpr;
mod universe;

pub use builds::BuildId;
pub use called::Called;
pub use check::{Info, Mode};
pub use constant::Value as Constant;
pub use meaning::{Meaning, label_of};
pub use names::{Entity, Global};
pub use scope::{Local, LocalId, LocalKind, Scopes, Value, Write};
pub use ty::{Basic, ChanDir, FieldType, Interface, Kind, MethodType, Place, Signature, Term, Type, TypeList, TypeName, TypeParam};
pub use universe::{Builtin, Universe};

use crate::ast::{ExprId, Node, Parents, Tree};
use crate::project::{DeclId, PackageId, Project};
use crate::source::FileId;
use ask::Ask;
use builds::Builds;
use check::Checker;
use declared::{Declared, Specs};
use memo::Memo;
use names::{FileNames, PackageNames};
use ty::Store;

/// The names and types of a project. Shared by all threads; every answer depends on the project only.
pub struct Types<'p> {
    pub project: &'p Project,
    store: Store,
    builds: Builds,
    package_names: Memo<PackageId, PackageNames>,
    file_names: Memo<FileId, FileNames>,
    syntax: Memo<DeclId, Syntax>,
    header_scopes: Memo<DeclId, Scopes>,
    declared: Memo<(Global, BuildId), Declared>,
    func_types: Memo<(DeclId, BuildId), FuncType>,
    underlying: Memo<Type, Type>,
    constraints: Memo<TypeParam, Type>,
    infos: Memo<DeclId, Info>,
}

/// What is computed once for a declaration's tree.
pub(crate) struct Syntax {
    pub(crate) scopes: Scopes,
    pub(crate) parents: Parents,
    specs: Specs,
}

/// A function's or method's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncType {
    /// A `Kind::Func`.
    pub ty: Type,
    /// Its own type parameters, each a `Kind::Param`.
    pub type_params: TypeList,
    /// The names that a method's receiver gives its type's parameters: `func (l *List[E]) Push(x E)` has E.
    pub receiver_params: TypeList,
    /// The receiver is a pointer.
    pub pointer: bool,
}

/// What a selector `x.f` selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    Field {
        place: Place,
        ty: Type,
    },
    /// A method of a defined type.
    Method {
        decl: DeclId,
        place: Place,
        ty: Type,
        of: TypeName,
        pointer: bool,
    },
    /// A method that an interface type names; `of` is the interface (or type parameter) that has it.
    Abstract {
        place: Option<Place>,
        ty: Type,
        of: Type,
    },
}

impl<'p> Types<'p> {
    pub fn new(project: &'p Project) -> Types<'p> {
        Types {
            project,
            store: Store::new(),
            builds: Builds::new(),
            package_names: Memo::new(),
            file_names: Memo::new(),
            syntax: Memo::new(),
            header_scopes: Memo::new(),
            declared: Memo::new(),
            func_types: Memo::new(),
            underlying: Memo::new(),
            constraints: Memo::new(),
            infos: Memo::new(),
        }
    }

    pub fn kind(&self, ty: Type) -> &Kind {
        self.store.kind(ty)
    }

    /// The type of a kind.
    pub fn make(&self, kind: Kind) -> Type {
        self.store.make(kind)
    }

    /// Whether a type parameter occurs in a type.
    pub fn is_generic(&self, ty: Type) -> bool {
        self.store.is_generic(ty)
    }

    /// Whether everything in a type is known.
    pub fn is_whole(&self, ty: Type) -> bool {
        !self.store.has_unknown(ty)
    }

    pub fn tree(&self, decl: DeclId) -> &'p Tree {
        self.project.tree(decl)
    }

    pub(crate) fn syntax(&self, decl: DeclId) -> &Syntax {
        self.syntax.get_or(decl, || {
            let tree = self.tree(decl);
            Syntax { scopes: Scopes::of(tree), parents: Parents::of(tree), specs: declared::specs(tree) }
        })
    }

    fn header_scopes(&self, decl: DeclId) -> &Scopes {
        self.header_scopes.get_or(decl, || Scopes::of(self.project.header(decl)))
    }

    /// The local names of a declaration.
    pub fn scopes(&self, decl: DeclId) -> &Scopes {
        &self.syntax(decl).scopes
    }

    /// The way up in a declaration's tree.
    pub fn parents(&self, decl: DeclId) -> &Parents {
        &self.syntax(decl).parents
    }

    /// Everything about the expressions of a declaration.
    pub fn info(&self, decl: DeclId) -> &Info {
        self.infos.get_or(decl, || {
            let ask = Ask::default();
            Checker::new(self, &ask, decl, self.tree(decl), self.build_of(decl.file)).whole()
        })
    }

    /// What an identifier means where it stands. A field's or method's name has no meaning of its own: see [`Info::member`].
    pub fn entity(&self, decl: DeclId, ident: ExprId) -> Entity<'p> {
        let syntax = self.syntax(decl);
        if let Some(local) = syntax.scopes.of_ident(ident) {
            // `T{name: v}` in the scope of a variable called name.
            return if self.is_key(decl, ident) && self.info(decl).is_key(ident) { Entity::Unknown } else { Entity::Local(local) };
        }
        let Some(name) = self.tree(decl).ident(ident) else { return Entity::Unknown };
        if self.is_key(decl, ident) && self.info(decl).is_key(ident) {
            return Entity::Unknown;
        }
        self.in_file(decl.file, name, self.build_of(decl.file))
    }

    /// Whether an identifier stands before the colon of an element of a composite literal.
    fn is_key(&self, decl: DeclId, ident: ExprId) -> bool {
        match self.parents(decl).parent(Node::Expr(ident)) {
            Some(Node::Expr(around)) => matches!(self.tree(decl).expr(around), crate::ast::Expr::KeyValue { key, .. } if *key == ident),
            _ => false,
        }
    }

    /// The type in the words of go/types, with full import paths; `None` if something in it is unknown.
    pub fn text_of(&self, ty: Type) -> Option<String> {
        self.text(&Ask::default(), ty)
    }

    /// The type of an expression in the words of go/types; a generic function's with its type parameters.
    pub fn text_of_expr(&self, decl: DeclId, expr: ExprId) -> Option<String> {
        let info = self.info(decl);
        let (ask, ty) = (Ask::default(), info.ty(expr));
        match info.generic.get(&expr) {
            Some(params) => {
                let func = FuncType { ty, type_params: params.clone(), receiver_params: Box::new([]), pointer: false };
                self.func_text(&ask, &func)
            }
            None => self.text(&ask, ty),
        }
    }

    /// Whether a type's values can be in an interface type, as a file sees them; `None` if that is not known.
    pub fn implements(&self, ty: Type, interface: Type, from: FileId) -> Option<bool> {
        self.has_method_set(&Ask::default(), ty, interface, from)
    }

    /// The field or method that `x.name` selects in a file, for an x of a type.
    pub fn member_of(&self, ty: Type, name: &str, from: FileId) -> Option<Member> {
        match self.lookup(&Ask::default(), ty, name, from) {
            members::Lookup::Found(found) => Some(found.member),
            _ => None,
        }
    }

    /// How many bytes a value of a type has, in the build that a file is looked at in.
    pub fn size(&self, ty: Type, from: FileId) -> Option<u64> {
        self.size_of(&Ask::default(), ty, self.build_of(from))
    }

    /// The type behind a defined type; any other type is itself.
    pub fn behind(&self, ty: Type) -> Type {
        self.underlying(&Ask::default(), ty)
    }
}

#[cfg(test)]
mod tests;
