//! What does an identifier mean, wherever it stands? A variable, a field, a label, the name that it declares itself.
//!
//! ```go
//! T{name: name} // the first name is a field, the second perhaps a parameter
//! ```
//!
//! Not here: the type of what it means (`check`).

use super::check::Mode;
use super::names::{Entity, Global};
use super::ty::{Kind, Place, Type};
use super::universe::{Universe, of_unsafe};
use super::{LocalId, Member, Types};
use crate::ast::{Decl, Expr, ExprId, FieldList, Node, Stmt, StmtId, Tree};
use crate::project::{DeclId, PackageId};

/// What an identifier means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning<'p> {
    Unknown,
    Local(LocalId),
    Global(Global),
    Package(&'p str, Option<PackageId>),
    Universe(Universe),
    /// A name of package unsafe.
    Unsafe(Universe),
    Member(Member),
    /// The label that stands at this statement.
    Label(StmtId),
    /// It declares a field, a method, a parameter of a function type, or a function.
    Declares(Place),
}

impl<'p> Types<'p> {
    /// What an identifier means where it stands.
    pub fn meaning(&self, decl: DeclId, ident: ExprId) -> Meaning<'p> {
        let tree = self.tree(decl);
        let own = Place { file: decl.file, offset: tree.expr_range(ident).start };
        match self.parents(decl).parent(Node::Expr(ident)) {
            Some(Node::Expr(around)) => match tree.expr(around) {
                Expr::Selector { x, sel } if *sel == ident => return self.selected(decl, *x, ident),
                Expr::KeyValue { key, .. } if *key == ident && self.info(decl).is_key(ident) => {
                    return self.info(decl).member(ident).map_or(Meaning::Unknown, |member| Meaning::Member(member.clone()));
                }
                Expr::StructType { fields: list } | Expr::InterfaceType { methods: list } if declares(list, ident) => {
                    return Meaning::Declares(own);
                }
                Expr::FuncType { type_params, params, results } => {
                    let lists = [type_params.as_ref(), Some(params), results.as_ref()];
                    // Those of a function that has a body are locals.
                    if self.scopes(decl).of_ident(ident).is_none() && lists.into_iter().flatten().any(|list| declares(list, ident)) {
                        return Meaning::Declares(own);
                    }
                }
                _ => {}
            },
            Some(Node::Stmt(around)) => match tree.stmt(around) {
                Stmt::Labeled { label, .. } if *label == ident => return Meaning::Label(around),
                Stmt::Branch { label: Some(label), .. } if *label == ident => {
                    return self.label(decl, around, ident).map_or(Meaning::Unknown, Meaning::Label);
                }
                _ => {}
            },
            None => {
                let is_own = match &tree.decl {
                    Decl::Func(func) => func.name == ident,
                    _ => false,
                };
                if is_own {
                    return Meaning::Declares(own);
                }
                if let Some(at) = self.project.decl(decl).names.iter().position(|(_, range)| range.start == own.offset)
                    && matches!(tree.decl, Decl::Gen(_))
                {
                    return Meaning::Global(Global { decl, at: at as u32 });
                }
            }
        }
        match self.entity(decl, ident) {
            Entity::Unknown => Meaning::Unknown,
            Entity::Local(local) => Meaning::Local(local),
            Entity::Global(global) => Meaning::Global(global),
            Entity::Package(path, package) => Meaning::Package(path, package),
            Entity::Universe(found) => Meaning::Universe(found),
        }
    }

    fn selected(&self, decl: DeclId, x: ExprId, sel: ExprId) -> Meaning<'p> {
        let tree = self.tree(decl);
        let name = tree.ident(sel).unwrap_or("");
        if let Expr::Ident(_) = tree.expr(x)
            && let Entity::Package(path, package) = self.entity(decl, x)
        {
            if path == "unsafe" {
                return of_unsafe(name).map_or(Meaning::Unknown, Meaning::Unsafe);
            }
            let found = package.and_then(|package| self.in_package(package, name, decl.file, self.build_of(decl.file)));
            return found.map_or(Meaning::Unknown, Meaning::Global);
        }
        self.info(decl).member(sel).map_or(Meaning::Unknown, |member| Meaning::Member(member.clone()))
    }

    /// The labelled statement that a branch names: in the same function.
    fn label(&self, decl: DeclId, branch: StmtId, label: ExprId) -> Option<StmtId> {
        let tree = self.tree(decl);
        let (parents, name) = (self.parents(decl), tree.ident(label)?);
        let function = parents.func_lit(tree, Node::Stmt(branch));
        let labelled = (0..tree.stmts.len() as u32)
            .map(StmtId)
            .filter(|&id| matches!(tree.stmt(id), Stmt::Labeled { label, .. } if tree.ident(*label) == Some(name)));
        let mut own = labelled.filter(|&id| parents.func_lit(tree, Node::Stmt(id)) == function);
        own.next()
    }

    /// The place where a member is declared; `error`'s method has none.
    pub fn member_place(member: &Member) -> Option<Place> {
        match member {
            Member::Field { place, .. } | Member::Method { place, .. } => Some(*place),
            Member::Abstract { place, .. } => *place,
        }
    }

    /// The type of an expression's only or first value, or the type that it names.
    pub fn type_of(&self, decl: DeclId, expr: ExprId) -> Type {
        let info = self.info(decl);
        match (info.mode(expr), self.kind(info.ty(expr))) {
            (Mode::CommaOk, Kind::Tuple(types)) => types.first().copied().unwrap_or(Type::UNKNOWN),
            _ => info.ty(expr),
        }
    }
}

fn declares(list: &FieldList, ident: ExprId) -> bool {
    list.fields.iter().any(|field| field.names.contains(&ident))
}

/// The label of a labelled statement.
pub fn label_of(tree: &Tree, id: StmtId) -> Option<ExprId> {
    match tree.stmt(id) {
        Stmt::Labeled { label, .. } => Some(*label),
        _ => None,
    }
}
