//! Is a part of something, or one of several things, as good a key as the whole?
//!
//! ```go
//! strings.Split(r.RemoteAddr, ":")[0]         // as many hosts as clients
//! if h != "" { ip = h }                       // the client decides which address it is, and each is one of its own
//! c := &http.Cookie{Value: id}; m[c.Value] = 1 // the field is what the literal gives it
//! ```
//!
//! Not here: the way back from a key (`keys`).

use super::{Place, Range, Walk, origin_within};
use crate::ast::{Expr, ExprId, Node, Stmt, Tree};
use crate::project::DeclId;
use crate::rules::growth::reach::Way;
use crate::sema::{Callee, LocalId, LocalKind, Value};
use crate::types::Constant;

impl Walk<'_, '_> {
    /// Whether all that a variable gets comes from outside, one for each request, whatever it gets: `if h != "" { ip = h }`.
    pub(super) fn is_always_input(&self, place: &Place, local: LocalId) -> bool {
        let sema = self.pass.sema();
        let (tree, scopes) = (sema.tree(place.decl), sema.scopes(place.decl));
        let way = Way { pass: self.pass, decl: place.decl, key: None, limit: self.limit };
        let is_other = |value: ExprId| {
            let mut mentions = false;
            tree.walk(Node::Expr(value), |node| {
                mentions |= matches!(node, Node::Expr(expr) if scopes.of_ident(expr) == Some(local));
                !mentions
            });
            !mentions
        };
        let is_input = |value: ExprId| {
            is_other(value) && origin_within(self.pass, place.decl, value, &place.calls, self.limit).range == Range::Unbounded
        };
        let mut writes = scopes.local(local).writes.iter().filter(|write| write.value != Value::Zero);
        let is_all_input = writes.clone().all(|write| match write.value {
            Value::Expr(value) | Value::Result { of: value, index: 0, .. } => is_input(value),
            _ => false,
        });
        is_all_input && writes.any(|write| way.is_straight(Node::Stmt(write.stmt), None))
    }

    /// What a field of a variable gets, if literals give it: `c := &http.Cookie{Value: id}`.
    pub(super) fn field(&mut self, place: &Place, x: ExprId, sel: ExprId) -> bool {
        let sema = self.pass.sema();
        let (tree, parents, scopes) = (sema.tree(place.decl), sema.parents(place.decl), sema.scopes(place.decl));
        let (Some(local), Some(name)) = (scopes.of_ident(tree.unparen(x)), tree.ident(sel)) else { return false };
        if scopes.local(local).kind != LocalKind::Var {
            return false;
        }
        let is_assigned = |ident: ExprId| {
            let Some(Node::Expr(around)) = parents.parent(Node::Expr(ident)) else { return false };
            matches!(tree.expr(around), Expr::Selector { sel, .. } if tree.ident(*sel) == Some(name))
                && matches!(parents.parent(Node::Expr(around)), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Assign { lhs, .. } if lhs.contains(&around)))
        };
        if scopes.uses(local).any(is_assigned) {
            return false;
        }
        let way = Way { pass: self.pass, decl: place.decl, key: None, limit: self.limit };
        let mut values = Vec::new();
        let mut some_literal = false;
        for write in scopes.local(local).writes.iter().filter(|write| write.value != Value::Zero) {
            let read = place.read || !way.is_straight(Node::Stmt(write.stmt), None);
            match write.value {
                Value::Expr(value) => match literal_field(tree, value, name) {
                    Some(value) => {
                        some_literal = true;
                        values.push(Place { expr: value, read, result: 0, ..place.clone() });
                    }
                    None => values.push(Place { expr: value, part: true, read, result: 0, ..place.clone() }),
                },
                Value::Result { of, index, .. } => values.push(Place { expr: of, part: true, read, result: index, ..place.clone() }),
                _ => return false,
            }
        }
        if some_literal {
            self.open.append(&mut values);
        }
        some_literal
    }

    /// The text of which an expression is the first part, with as many values: `strings.Split(address, ":")[0]`, `address[:strings.LastIndex(address, ":")]`.
    pub(super) fn host(&self, place: &Place) -> Option<ExprId> {
        let sema = self.pass.sema();
        let tree = sema.tree(place.decl);
        let cut = |expr: ExprId, functions: &[&str]| match tree.expr(self.single(place.decl, expr)) {
            Expr::Call { args, .. } => {
                let text = |arg: ExprId| sema.types.info(place.decl).constant(arg).cloned();
                let separates =
                    args.get(1).is_some_and(|&arg| matches!(text(arg), Some(Constant::Str(text)) if matches!(&*text, b":" | b",")));
                let callee = sema.callee(place.decl, self.single(place.decl, expr));
                let cuts = matches!(callee, Callee::Function(function) if functions.contains(&function.key.as_str()));
                args.first().copied().filter(|_| separates && cuts)
            }
            _ => None,
        };
        match *tree.expr(place.expr) {
            Expr::Index { x, ref indices } => {
                let first = indices.first().is_some_and(|&index| sema.int(place.decl, index) == Some(0));
                cut(x, &["strings.Split", "strings.SplitN"]).filter(|_| first)
            }
            Expr::Slice { x, low: None, high: Some(high), max: None } => {
                let of = cut(high, &["strings.Index", "strings.LastIndex"])?;
                (self.pass.text(place.decl, Node::Expr(of)) == self.pass.text(place.decl, Node::Expr(x))).then_some(x)
            }
            _ => None,
        }
    }

    /// What a variable gets that gets one value; any other expression as it is.
    fn single(&self, decl: DeclId, expr: ExprId) -> ExprId {
        let sema = self.pass.sema();
        let scopes = sema.scopes(decl);
        let Some(local) = scopes.of_ident(sema.tree(decl).unparen(expr)) else { return expr };
        match scopes.local(local).writes[..] {
            [write] => match write.value {
                Value::Expr(value) => value,
                _ => expr,
            },
            _ => expr,
        }
    }
}

/// The value that a literal, or the address of one, gives a field.
fn literal_field(tree: &Tree, value: ExprId, name: &str) -> Option<ExprId> {
    tree.literal(value)?.iter().find_map(|&elt| match *tree.expr(elt) {
        Expr::KeyValue { key, value } if tree.ident(key) == Some(name) => Some(value),
        _ => None,
    })
}
