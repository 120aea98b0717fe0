//! Are the locks of two structs taken in both orders, where each of the two leads to the other?
//!
//! ```go
//! s.mu.Lock(); for _, c := range s.conns { c.mu.Lock() } // a server and one of its connections
//! c.mu.Lock(); c.srv.mu.Lock()                           // a connection and its server
//! ```
//!
//! The two are the same in both functions if whoever sets the one field sets the other one too; else that is likely, and no more.
//!
//! Not here: locks of one struct, and package variables (`lock_order_cycle`).

use super::{can_meet, finding};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::finding::{Confidence, Finding};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, Mention, Type, Value};
use crate::summary::simulate::{Held, Link, Order};
use crate::types::{Kind, Place};

pub(super) fn findings(pass: &Pass) -> Vec<Finding> {
    let mut orders: Vec<Order> = Vec::new();
    for &decl in &pass.summaries.entries(pass.package).locking {
        for order in &pass.summaries.simulated(decl).linked {
            if orders.iter().all(|known| (known.outer_site, known.inner_site) != (order.outer_site, order.inner_site)) {
                orders.push(order.clone());
            }
        }
    }
    let mut found: Vec<Finding> = Vec::new();
    let mut told: Vec<(Held, Held)> = Vec::new();
    for (first, order) in orders.iter().enumerate() {
        let fits = |other: &Order| other.outer == order.inner && other.inner == order.outer && order.outer != order.inner;
        for (second, other) in orders.iter().enumerate().filter(|(_, other)| fits(other)) {
            let (Some(to), Some(back)) = (&order.link, &other.link) else { continue };
            let is_told = |(a, b): &(Held, Held)| (a, b) == (&order.outer, &order.inner) || (a, b) == (&order.inner, &order.outer);
            // Of two that are both among the elements of the other nobody knows which.
            if back.element || told.iter().any(is_told) || !can_meet(&orders, &[first, second]) {
                continue;
            }
            told.push((order.outer.clone(), order.inner.clone()));
            let is_proven = inverse(pass, (&order.outer, to), (&other.outer, back)).is_some();
            let one = finding(pass, &orders, &[first, second]);
            let confidence = if is_proven { one.confidence } else { Confidence::Medium };
            found.push(Finding { confidence, ..one });
        }
    }
    found
}

/// Whether whoever sets the field that leads back puts the value into the other one, too.
fn inverse(pass: &Pass, (outer, to): (&Held, &Link), (inner, back): (&Held, &Link)) -> Option<()> {
    let (to_field, back_field) = (field_of(pass, outer, to)?, field_of(pass, inner, back)?);
    let mut is_set = false;
    for mention in pass.sema().mentions(back_field) {
        if pass.project().file(mention.decl.file).test {
            continue;
        }
        if let Some((value, owner)) = store(pass, mention)? {
            is_set = true;
            is_put(pass, mention.decl, value, owner, to_field)?;
        }
    }
    is_set.then_some(())
}

/// A struct's field.
fn field_of(pass: &Pass, held: &Held, link: &Link) -> Option<Place> {
    let Held::Field(ty, _) = held else { return None };
    let ty: Type = *ty;
    match pass.sema().behind(pass.sema().pointee(ty)) {
        Kind::Struct(fields) => fields.iter().find(|field| field.name == link.field).map(|field| field.place),
        _ => None,
    }
}

/// The variable that has the struct where its field is set, and what the field gets; nothing if the field is only read, `None` if nobody
/// can tell.
#[allow(clippy::type_complexity, reason = "a question with three answers")]
fn store(pass: &Pass, Mention { decl, at, number }: Mention) -> Option<Option<(LocalId, ExprId)>> {
    let sema = pass.sema();
    let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
    if number.is_some() {
        return None;
    }
    let Some(Node::Expr(around)) = parents.parent(Node::Expr(at)) else { return None };
    match *tree.expr(around) {
        // c := &conn{srv: s}
        Expr::KeyValue { key, value } if key == at => {
            let Some(Node::Expr(literal)) = parents.parent(Node::Expr(around)) else { return None };
            let whole = match parents.parent(Node::Expr(literal))? {
                Node::Expr(address) if matches!(tree.expr(address), Expr::Unary { op: Op::And, .. }) => address,
                _ => literal,
            };
            let Node::Stmt(stmt) = parents.parent(Node::Expr(whole))? else { return None };
            let [local] = scopes.written_by(stmt)[..] else { return None };
            let is_only = matches!(scopes.local(local).writes[..], [write] if write.value == Value::Expr(whole));
            is_only.then_some(Some((local, value)))
        }
        // c.srv = s
        Expr::Selector { x, .. } => match parents.parent(Node::Expr(around)) {
            Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                Stmt::Assign { lhs, rhs, .. } if lhs.contains(&around) => {
                    let at = lhs.iter().position(|&left| left == around).filter(|_| lhs.len() == rhs.len())?;
                    Some(Some((scopes.of_ident(tree.unparen(x))?, rhs[at])))
                }
                _ => Some(None),
            },
            Some(Node::Expr(parent)) if matches!(tree.expr(parent), Expr::Unary { op: Op::And, .. }) => None,
            _ => Some(None),
        },
        _ => None,
    }
}

/// `s.conns[id] = c`, `s.conns = append(s.conns, c)`, `s.conn = c`
fn is_put(pass: &Pass, decl: DeclId, value: LocalId, owner: ExprId, field: Place) -> Option<()> {
    let sema = pass.sema();
    let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
    let is_it = |expr: ExprId| scopes.of_ident(tree.unparen(expr)) == Some(value);
    let is_owners = |left: ExprId| {
        let list = match *tree.expr(left) {
            Expr::Index { x, .. } => x,
            _ => left,
        };
        match *tree.expr(list) {
            Expr::Selector { x, .. } => sema.selected_field(decl, list) == Some(field) && pass.summaries.same_path(decl, x, owner),
            _ => false,
        }
    };
    let is_given = |right: ExprId| match tree.expr(right) {
        Expr::Call { args, .. } => matches!(sema.callee(decl, right), Callee::Builtin("append")) && args.iter().any(|&arg| is_it(arg)),
        _ => is_it(right),
    };
    let mut stmts = (0..tree.stmts.len() as u32).map(StmtId);
    let is_put = stmts.any(|stmt| match tree.stmt(stmt) {
        Stmt::Assign { lhs, rhs, .. } if lhs.len() == rhs.len() => {
            lhs.iter().zip(rhs).any(|(&left, &right)| is_owners(left) && is_given(right))
        }
        _ => false,
    });
    is_put.then_some(())
}
