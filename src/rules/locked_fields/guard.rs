//! What must hold for a goroutine to get to where it waits, and does the other side have a say in it? A condition that the other side
//! makes true may mean that it has come by already.
//!
//! ```go
//! if s.waiting { s.wake <- v } // who receives has set waiting behind the lock
//! ```
//!
//! Not here: values of conditions.

use super::At;
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::flow::Place as Spot;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::lifetime::body::Body;
use crate::rules::spawns::BodyId;
use crate::sema::{Callee, Mention, Object, Value};
use crate::types::{Kind, Place};

/// Through how many variables a condition is looked into.
const MOST_VALUES: usize = 32;

/// What stands between the beginning of a body and a place.
#[derive(Debug, Default)]
pub(super) struct Guards {
    /// The fields that are asked.
    pub(super) fields: Vec<Place>,
    /// There is a condition.
    pub(super) any: bool,
    /// One of which nobody knows what it asks.
    pub(super) opaque: bool,
    /// A loop.
    pub(super) looped: bool,
}

/// Whether a condition decides if control gets to a place; that something has failed does not count.
pub(super) fn is_guarded(pass: &Pass, body: &Body, spot: Spot) -> bool {
    body.known_at(spot).iter().any(|&(cond, _)| !is_error_check(pass, body.decl, cond))
}

/// `err != nil`
fn is_error_check(pass: &Pass, decl: DeclId, cond: ExprId) -> bool {
    let sema = pass.sema();
    let is_error = |expr: ExprId| matches!(sema.behind(sema.type_of(decl, expr)), Kind::Error);
    match *sema.tree(decl).expr(sema.tree(decl).unparen(cond)) {
        Expr::Binary { op: Op::Eql | Op::Neq, x, y } => is_error(x) || is_error(y),
        _ => false,
    }
}

impl Guards {
    /// Adds what stands before a place of a body.
    pub(super) fn add(&mut self, pass: &Pass, body: &Body, spot: Spot, node: Node) {
        let sema = pass.sema();
        let decl = body.decl;
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let mut asked: Vec<ExprId> = body.known_at(spot).into_iter().map(|(cond, _)| cond).collect();
        for around in parents.ancestors(node) {
            match around {
                Node::Expr(lit) if matches!(tree.expr(lit), Expr::FuncLit { .. }) => break,
                Node::Expr(_) => {}
                Node::Stmt(stmt) => match tree.stmt(stmt) {
                    Stmt::If { cond, .. } => asked.push(*cond),
                    Stmt::Switch { tag, .. } => asked.extend(tag),
                    Stmt::Case { list: Some(list), .. } => asked.extend(list.iter()),
                    Stmt::TypeSwitch { .. } => self.any = true,
                    Stmt::For { cond, .. } => {
                        self.looped = true;
                        asked.extend(cond);
                    }
                    Stmt::Range { x, .. } => {
                        self.looped = true;
                        asked.push(*x);
                    }
                    _ => {}
                },
            }
        }
        asked.retain(|&cond| !is_error_check(pass, decl, cond));
        self.any |= !asked.is_empty();
        let mut at = 0;
        while let Some(&cond) = asked.get(at) {
            at += 1;
            if at > MOST_VALUES {
                self.opaque = true;
                return;
            }
            self.ask(pass, decl, cond, &mut asked);
        }
    }

    fn ask(&mut self, pass: &Pass, decl: DeclId, cond: ExprId, more: &mut Vec<ExprId>) {
        let sema = pass.sema();
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        tree.walk(Node::Expr(cond), |node| {
            let Node::Expr(expr) = node else { return false };
            match *tree.expr(expr) {
                Expr::Selector { sel, .. } => {
                    self.fields.extend(sema.field(decl, sel));
                    true
                }
                Expr::Call { .. } => {
                    self.opaque |= !matches!(sema.callee(decl, expr), Callee::Builtin("len" | "cap") | Callee::Conversion(_));
                    true
                }
                Expr::FuncLit { .. } | Expr::Unary { op: Op::Arrow, .. } => {
                    self.opaque = true;
                    false
                }
                Expr::Ident(_) => {
                    match sema.object(decl, expr) {
                        Object::Local(local) => {
                            let values = scopes.local(local).writes.iter().filter_map(|write| match write.value {
                                Value::Expr(value) | Value::Key(value) | Value::Element(value) => Some(value),
                                Value::Result { of, .. } => Some(of),
                                _ => None,
                            });
                            more.extend(values.filter(|value| !more.contains(value)).collect::<Vec<_>>());
                        }
                        // Constants are no matter, but who tells them from variables?
                        Object::Package(_) => self.opaque |= tree.ident(expr).is_some_and(|name| name.starts_with(char::is_lowercase)),
                        _ => {}
                    }
                    false
                }
                _ => true,
            }
        });
    }

    /// Whether one of the bodies changes what is asked.
    pub(super) fn are_changed_in(&self, pass: &Pass, bodies: &[BodyId]) -> bool {
        let sema = pass.sema();
        self.fields.iter().any(|&field| {
            sema.mentions(field).into_iter().any(|Mention { decl, at, .. }| {
                bodies.iter().any(|&(of, lit)| of == decl && is_inside(pass, decl, Node::Expr(at), lit)) && is_changed(pass, decl, at)
            })
        })
    }
}

fn is_inside(pass: &Pass, decl: DeclId, node: Node, lit: Option<ExprId>) -> bool {
    let parents = pass.sema().parents(decl);
    lit.is_none_or(|lit| parents.within(node, Node::Expr(lit)))
}

/// Whether something is assigned to a field where it is mentioned, or to a part of it, or a method or function gets it.
fn is_changed(pass: &Pass, decl: DeclId, ident: ExprId) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut at = ident;
    loop {
        match parents.parent(Node::Expr(at)) {
            Some(Node::Expr(around)) => match tree.expr(around) {
                Expr::Selector { .. } | Expr::Index { .. } | Expr::Paren { .. } | Expr::Star { .. } => at = around,
                Expr::Unary { op: Op::And, .. } => return true,
                Expr::Call { .. } => return !matches!(sema.callee(decl, around), Callee::Builtin("len" | "cap")),
                _ => return false,
            },
            Some(Node::Stmt(stmt)) => {
                return match tree.stmt(stmt) {
                    Stmt::Assign { lhs, .. } => lhs.contains(&at),
                    Stmt::IncDec { .. } => true,
                    _ => false,
                };
            }
            None => return false,
        }
    }
}

/// The body around a place.
pub(super) fn body_of(pass: &Pass, at: At) -> BodyId {
    let sema = pass.sema();
    (at.decl, sema.parents(at.decl).func_lit(sema.tree(at.decl), at.node))
}
