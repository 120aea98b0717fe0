//! Which field does an expression name, and what sets it?
//!
//! ```go
//! s := &server{stop: cancel} // the only value that the field stop ever gets, if nothing else is assigned to it
//! s.stop()                   // names it
//! ```
//!
//! Not here: what a field's type has (`types`), and what runs when a field is called (`targets`).

use super::Sema;
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::project::{DeclId, Origin};
use crate::types::{Kind, Member, Place};

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

    /// The only value that an unexported field ever gets, and the declaration it stands in: `T{f: v}` or `x.f = v`. A field of a
    /// literal without names, one whose address is taken and one that is assigned together with others have none that is known.
    pub fn only_value(&self, field: Place) -> Option<(DeclId, ExprId)> {
        let name = self.own_name(field)?;
        let mut found = None;
        for decl in self.decls_about(field) {
            for ident in self.mentions_in(decl, field, name) {
                match self.value_of(decl, ident) {
                    Use::Read => {}
                    Use::Value(value) if found.is_none() => found = Some((decl, value)),
                    _ => return None,
                }
            }
            // T{v} sets it without its name.
            if self.has_positional(decl, field) {
                return None;
            }
        }
        found
    }

    /// The name of an unexported field of the analysed code's own.
    fn own_name(&self, field: Place) -> Option<&'p str> {
        let is_root = self.project.origin(self.project.file(field.file).package) == Origin::Root;
        let name = self.name_at(field);
        (is_root && !name.is_empty() && !name.starts_with(char::is_uppercase)).then_some(name)
    }

    /// The identifiers of a declaration that name a field.
    fn mentions_in(&self, decl: DeclId, field: Place, name: &str) -> impl Iterator<Item = ExprId> {
        let tree = self.tree(decl);
        let idents = (0..tree.exprs.len() as u32).map(ExprId);
        idents.filter(move |&ident| tree.ident(ident) == Some(name) && self.field(decl, ident) == Some(field))
    }

    /// The declarations that may set a field: those that mention it, and those that mention its type, for `T{v}` sets it without its name.
    pub fn decls_about(&self, field: Place) -> Vec<DeclId> {
        let name = self.name_at(field);
        let file = self.project.file(field.file);
        let mut found = self.decls_that_mention(file.package, name);
        let types = file.outline.decls.iter().filter(|decl| (decl.range.start..decl.range.end).contains(&field.offset));
        for (of, _) in types.flat_map(|decl| &decl.names) {
            found.extend(self.decls_that_mention(file.package, of));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether no code sets an unexported field: no literal names it, nothing is assigned to it, its address is not taken.
    pub fn is_never_set(&self, field: Place) -> bool {
        let Some(name) = self.own_name(field) else { return false };
        self.decls_about(field).into_iter().all(|decl| {
            let is_read = |ident: ExprId| matches!(self.value_of(decl, ident), Use::Read);
            self.mentions_in(decl, field, name).all(is_read) && !self.has_positional(decl, field)
        })
    }

    /// What a mention of a field does with it.
    fn value_of(&self, decl: DeclId, ident: ExprId) -> Use {
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

    /// Whether a declaration has a literal of the field's struct whose values have no names.
    fn has_positional(&self, decl: DeclId, field: Place) -> bool {
        let tree = self.tree(decl);
        let mut literals = (0..tree.exprs.len() as u32).map(ExprId).filter(|&id| match tree.expr(id) {
            Expr::CompositeLit { elts, .. } => elts.first().is_some_and(|&first| !matches!(tree.expr(first), Expr::KeyValue { .. })),
            _ => false,
        });
        literals.any(|literal| match self.behind(self.pointee(self.type_of(decl, literal))) {
            Kind::Struct(fields) => fields.iter().any(|other| other.place == field),
            _ => false,
        })
    }
}

/// What is done with a field where it is mentioned.
enum Use {
    Read,
    Value(ExprId),
    Unclear,
}
