//! Which field does an expression name, where is a field mentioned, and what sets it?
//!
//! ```go
//! s := &server{stop: cancel} // the only value that the field stop ever gets, if nothing else is assigned to it
//! s.stop()                   // names it
//! ```
//!
//! Not here: what a field's type has (`types`), and what runs when a field is called (`targets`).

use super::{Sema, once_in};
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::project::{DeclId, Origin, PackageId};
use crate::types::{Kind, Member, Place};
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl<'p> Sema<'p> {
    /// The field that an identifier names: `f` of `x.f`, or a key of a literal.
    pub fn field(&self, decl: DeclId, ident: ExprId) -> Option<Place> {
        match self.types.info(decl).member(ident)? {
            Member::Field { place, .. } => Some(*place),
            Member::Method { .. } | Member::Abstract { .. } => None,
        }
    }

    /// The field that an expression `x.f` names.
    pub fn selected_field(&self, decl: DeclId, expr: ExprId) -> Option<Place> {
        let tree = self.tree(decl);
        match *tree.expr(tree.unparen(expr)) {
            Expr::Selector { sel, .. } => self.field(decl, sel),
            _ => None,
        }
    }

    /// The identifier that stands at a place.
    pub fn name_at(&self, place: Place) -> &'p str {
        let source = &self.project.file(place.file).source;
        let text = source.slice(place.offset, source.text.len() as u32);
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        &text[..end]
    }

    /// The name of an unexported field of the analysed code's own.
    fn own_name(&self, field: Place) -> Option<&'p str> {
        let is_root = self.project.origin(self.project.file(field.file).package) == Origin::Root;
        let name = self.name_at(field);
        (is_root && !name.is_empty() && !name.starts_with(char::is_uppercase)).then_some(name)
    }

    /// All that a field's package has to do with it, in the order of the text of each file.
    pub fn mentions(&self, field: Place) -> Vec<Mention> {
        let file = self.project.file(field.file);
        let name = self.name_at(field);
        // Types of the same shape have fields of the same name: what is asked of one will be asked of all.
        let named = once_in(&self.named, (file.package, name.into()), || Arc::new(self.mentions_of_name(file.package, name)));
        let mut found = named.get(&field).cloned().unwrap_or_default();
        // T{v} does not mention the field, only its type.
        let types = file.outline.decls.iter().filter(|decl| (decl.range.start..decl.range.end).contains(&field.offset));
        let decls = types.flat_map(|decl| &decl.names).flat_map(|(of, _)| self.decls_that_mention(file.package, of));
        found.extend(decls.flat_map(|decl| self.unnamed_in(decl).get(&field).cloned().unwrap_or_default()));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What the declarations that mention a name have to do with fields of that name.
    fn mentions_of_name(&self, package: PackageId, name: &str) -> Mentions {
        let mut found = Mentions::default();
        for decl in self.decls_that_mention(package, name) {
            let tree = self.tree(decl);
            for at in (0..tree.exprs.len() as u32).map(ExprId).filter(|&at| tree.ident(at) == Some(name)) {
                if let Some(field) = self.field(decl, at) {
                    found.entry(field).or_default().push(Mention { decl, at, number: None });
                }
            }
            for (&field, literals) in self.unnamed_in(decl).iter().filter(|&(&field, _)| self.name_at(field) == name) {
                found.entry(field).or_default().extend(literals);
            }
        }
        found
    }

    /// What the literals of a declaration whose values have no names give to fields.
    fn unnamed_in(&self, decl: DeclId) -> Arc<Mentions> {
        once_in(&self.unnamed, decl, || {
            let tree = self.tree(decl);
            let mut found = Mentions::default();
            let is_unnamed = |literal: &ExprId| match tree.expr(*literal) {
                Expr::CompositeLit { elts, .. } => elts.first().is_some_and(|&first| !matches!(tree.expr(first), Expr::KeyValue { .. })),
                _ => false,
            };
            for at in (0..tree.exprs.len() as u32).map(ExprId).filter(is_unnamed) {
                let Kind::Struct(fields) = self.behind(self.pointee(self.type_of(decl, at))) else { continue };
                for (number, field) in fields.iter().enumerate() {
                    found.entry(field.place).or_default().push(Mention { decl, at, number: Some(number) });
                }
            }
            Arc::new(found)
        })
    }

    /// The only value that an unexported field ever gets, and the declaration it stands in: `T{f: v}` or `x.f = v`. A field of a
    /// literal without names, one whose address is taken and one that is assigned together with others have none that is known.
    pub fn only_value(&self, field: Place) -> Option<(DeclId, ExprId)> {
        self.own_name(field)?;
        let mut found = None;
        for mention in self.mentions(field) {
            match self.value_of(mention) {
                Use::Read => {}
                Use::Value(value) if found.is_none() => found = Some((mention.decl, value)),
                _ => return None,
            }
        }
        found
    }

    /// Whether no code sets an unexported field: no literal names it, nothing is assigned to it, its address is not taken.
    pub fn is_never_set(&self, field: Place) -> bool {
        self.own_name(field).is_some() && self.mentions(field).into_iter().all(|mention| matches!(self.value_of(mention), Use::Read))
    }

    /// What a mention of a field does with it.
    fn value_of(&self, Mention { decl, at: ident, number }: Mention) -> Use {
        if number.is_some() {
            return Use::Unclear;
        }
        let (tree, parents) = (self.tree(decl), self.parents(decl));
        let Some(Node::Expr(around)) = parents.parent(Node::Expr(ident)) else { return Use::Unclear };
        match tree.expr(around) {
            Expr::KeyValue { key, value } if *key == ident => Use::Value(*value),
            Expr::Selector { .. } => match parents.parent(Node::Expr(around)) {
                Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                    Stmt::Assign { lhs, rhs, .. } => match lhs.iter().position(|&target| target == around) {
                        Some(at) if lhs.len() == rhs.len() => Use::Value(rhs[at]),
                        Some(_) => Use::Unclear,
                        None => Use::Read,
                    },
                    Stmt::Range { key, value, .. } if *key == Some(around) || *value == Some(around) => Use::Unclear,
                    _ => Use::Read,
                },
                Some(Node::Expr(outer)) if matches!(tree.expr(outer), Expr::Unary { op: Op::And, .. }) => Use::Unclear,
                _ => Use::Read,
            },
            _ => Use::Unclear,
        }
    }
}

/// What a field has to do with an expression: an identifier that names it, or a literal that gives it a value without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    pub decl: DeclId,
    /// The identifier, or the literal.
    pub at: ExprId,
    /// Which value of the literal is the field's.
    pub number: Option<usize>,
}

/// The mentions of fields, each in order.
pub(super) type Mentions = FxHashMap<Place, Vec<Mention>>;

/// What is done with a field where it is mentioned.
enum Use {
    Read,
    Value(ExprId),
    Unclear,
}
