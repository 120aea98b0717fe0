//! What do the grammar's statements become? One arm for each kind.
//!
//! ```go
//! switch x := y.(type) {} // flat in the grammar: TypeSwitch{Assign{x, :=, TypeAssert{y}}, Block}
//! ```
//!
//! Not here: what is inside a declaration statement (`decls`).

use super::kinds::Kind;
use super::{Arena, Built, ForParts, Item, RangeParts, Value, as_stmt, exprs_of, from_to, token};
use crate::ast::{AssignOp, Expr, ExprId, Range, Stmt, StmtId, Stmts};

pub(super) fn build(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    let stmt = match kind {
        Kind::StatementList => {
            let list = kids.iter_mut().filter_map(|item| as_stmt(arena, item)).collect();
            return Some((range, Value::Stmts(list)));
        }
        Kind::ForClause => return Some((range, Value::For(for_clause(kids)))),
        Kind::RangeClause => return Some((range, Value::RangeFor(range_clause(kids)))),
        Kind::Case | Kind::CommCase | Kind::DefaultCase => return case(arena, kind, range, kids),
        Kind::TypeSwitch => return type_switch(arena, range, kids),
        Kind::Block => Stmt::Block { list: statements(arena, kids) },
        Kind::ExpressionStatement => Stmt::Expr { x: exprs_of(kids).next()? },
        Kind::Send => {
            let mut exprs = exprs_of(kids);
            Stmt::Send { chan: exprs.next()?, value: exprs.next()? }
        }
        Kind::IncDec(inc) => Stmt::IncDec { x: exprs_of(kids).next()?, inc },
        Kind::Assignment | Kind::ShortVar => {
            let op = assign_op(kids)?;
            let (lhs, rhs) = (take_exprs(kids)?, take_exprs(kids)?);
            Stmt::Assign { lhs: lhs.into(), op, rhs: rhs.into() }
        }
        Kind::Receive => receive(kids)?,
        Kind::Labeled => labeled(arena, kids)?,
        Kind::Branch(tok) => Stmt::Branch { tok, label: exprs_of(kids).next() },
        Kind::Return => Stmt::Return { results: take_exprs(kids).unwrap_or_default().into() },
        Kind::Go => Stmt::Go { call: exprs_of(kids).next()? },
        Kind::Defer => Stmt::Defer { call: exprs_of(kids).next()? },
        Kind::If => if_statement(kids)?,
        Kind::For => for_statement(kids)?,
        Kind::Switch => {
            let body = body(arena, kids)?;
            Stmt::Switch { init: simple(kids), tag: exprs_of(kids).next(), body }
        }
        Kind::Select => {
            let body = body(arena, kids)?;
            as_comms(arena, body);
            Stmt::Select { body }
        }
        _ => return None,
    };
    let range = end_of(arena, &stmt, range);
    let id = arena.stmt(range, stmt);
    Some((range, Value::Stmt(id)))
}

/// The range of a labeled statement ends with its statement, whatever helped the grammar behind it.
fn end_of(arena: &Arena, stmt: &Stmt, range: Range) -> Range {
    match stmt {
        Stmt::Labeled { stmt, .. } => from_to(range, arena.stmt_ranges[stmt.0 as usize]),
        _ => range,
    }
}

fn take_exprs(kids: &mut [Item]) -> Option<Vec<ExprId>> {
    kids.iter_mut().find_map(|item| match &mut item.value {
        Value::Exprs(list, _) => {
            let list = std::mem::take(list);
            item.value = Value::Token;
            Some(list)
        }
        _ => None,
    })
}

/// The statements of a block or a case. Something unreadable beside the list is a `Bad` in its place.
fn statements(arena: &mut Arena, kids: &mut [Item]) -> Stmts {
    let mut all = Vec::new();
    for item in kids {
        match &mut item.value {
            Value::Stmts(list) => all.append(list),
            Value::Bad => all.push(arena.stmt(item.range, Stmt::Bad)),
            _ => {}
        }
    }
    all.into_boxed_slice()
}

fn assign_op(kids: &[Item]) -> Option<AssignOp> {
    kids.iter().find_map(|item| match item.kind {
        Kind::Define => Some(AssignOp::Define),
        Kind::Assign(op) => Some(op),
        _ => None,
    })
}

/// `v, ok := <-c` or `<-c` behind a `case`.
fn receive(kids: &mut [Item]) -> Option<Stmt> {
    let x = exprs_of(kids).last()?;
    Some(match (assign_op(kids), take_exprs(kids)) {
        (Some(op), Some(lhs)) => Stmt::Assign { lhs: lhs.into(), op, rhs: Box::new([x]) },
        _ => Stmt::Expr { x },
    })
}

fn labeled(arena: &mut Arena, kids: &mut [Item]) -> Option<Stmt> {
    let (label, rest) = kids.split_first_mut()?;
    let label = label.expr()?;
    let end = rest.last()?.range.end;
    let found = rest.iter_mut().find_map(|item| as_stmt(arena, item));
    // A label right before the closing brace: go/parser adds an empty statement.
    let stmt = found.unwrap_or_else(|| arena.stmt(Range { start: end, end }, Stmt::Empty { implicit: true }));
    Some(Stmt::Labeled { label, stmt })
}

fn simple(kids: &[Item]) -> Option<StmtId> {
    kids.iter().find(|item| item.kind != Kind::Block && item.stmt().is_some()).and_then(Item::stmt)
}

fn if_statement(kids: &[Item]) -> Option<Stmt> {
    let at = kids.iter().position(|item| item.kind == Kind::Block)?;
    let (head, rest) = kids.split_at(at);
    let cond = head.iter().rev().find_map(Item::expr)?;
    let mut blocks = rest.iter().filter_map(Item::stmt);
    Some(Stmt::If { init: simple(head), cond, body: blocks.next()?, else_: blocks.next() })
}

fn for_clause(kids: &[Item]) -> ForParts {
    let first = kids.iter().position(|item| item.kind == Kind::Semicolon).unwrap_or(0);
    let (before, after) = kids.split_at(first);
    let init = before.iter().find_map(Item::stmt);
    ForParts { init, cond: exprs_of(after).next(), post: after.iter().find_map(Item::stmt) }
}

fn range_clause(kids: &mut [Item]) -> RangeParts {
    let define = token(kids, Kind::Define).is_some();
    RangeParts { x: exprs_of(kids).last(), left: take_exprs(kids).unwrap_or_default(), define }
}

fn for_statement(kids: &mut [Item]) -> Option<Stmt> {
    let body = token(kids, Kind::Block)?.stmt()?;
    for item in kids {
        match std::mem::take(&mut item.value) {
            Value::Expr(cond) => return Some(Stmt::For { init: None, cond: Some(cond), post: None, body }),
            Value::For(parts) => return Some(Stmt::For { init: parts.init, cond: parts.cond, post: parts.post, body }),
            Value::RangeFor(RangeParts { left, define, x }) => {
                let mut left = left.into_iter();
                return Some(Stmt::Range { key: left.next(), value: left.next(), define, x: x?, body });
            }
            _ => {}
        }
    }
    Some(Stmt::For { init: None, cond: None, post: None, body })
}

/// The block of cases, for which the grammar has no node.
fn body(arena: &mut Arena, kids: &mut [Item]) -> Option<StmtId> {
    let open = kids.iter().rposition(|item| item.kind == Kind::OpenBrace)?;
    let range = Range { start: kids[open].range.start, end: kids.last()?.range.end };
    let mut list = Vec::with_capacity(kids.len() - open);
    for item in &mut kids[open..] {
        match std::mem::take(&mut item.value) {
            Value::Stmt(id) => list.push(id),
            Value::Bad => list.push(arena.stmt(item.range, Stmt::Bad)),
            _ => {}
        }
    }
    Some(arena.stmt(range, Stmt::Block { list: list.into_boxed_slice() }))
}

fn case(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    let colon = kids.iter().position(|item| item.kind == Kind::Colon)?;
    let (head, rest) = kids.split_at_mut(colon);
    let body = statements(arena, rest);
    let end = body.last().map_or(rest[0].range.end, |last| arena.stmt_ranges[last.0 as usize].end);
    let stmt = match kind {
        Kind::DefaultCase => Stmt::Case { list: None, body },
        Kind::CommCase => Stmt::Comm { comm: Some(head.iter().find_map(Item::stmt)?), body },
        // `case a, b:` of expressions is a list, of types it is not.
        _ => Stmt::Case { list: Some(take_exprs(head).unwrap_or_else(|| exprs_of(head).collect()).into()), body },
    };
    let range = Range { start: range.start, end };
    let id = arena.stmt(range, stmt);
    Some((range, Value::Stmt(id)))
}

/// In a `select`, `default:` is a communication without one.
fn as_comms(arena: &mut Arena, block: StmtId) {
    let Stmt::Block { list } = arena.stmts[block.0 as usize].clone() else { return };
    for id in list {
        let stmt = &mut arena.stmts[id.0 as usize];
        if let Stmt::Case { body, .. } = stmt {
            *stmt = Stmt::Comm { comm: None, body: std::mem::take(body) };
        }
    }
}

fn type_switch(arena: &mut Arena, range: Range, kids: &mut [Item]) -> Built {
    let open = kids.iter().rposition(|item| item.kind == Kind::OpenParen)?;
    let end = kids[open..].iter().find(|item| item.kind == Kind::CloseParen)?.range.end;
    let value = kids[..open].iter().rfind(|item| item.expr().is_some())?;
    let (x, start) = (value.expr()?, value.range.start);
    let assert = arena.expr(Range { start, end }, Expr::TypeAssert { x, ty: None });
    let init = simple(&kids[..open]);
    let first = kids[..open].iter().find(|item| matches!(item.value, Value::Exprs(..))).map(|item| item.range.start);
    let assign = match (first, take_exprs(&mut kids[..open])) {
        (Some(start), Some(lhs)) => {
            let rhs = Box::new([assert]);
            arena.stmt(Range { start, end }, Stmt::Assign { lhs: lhs.into(), op: AssignOp::Define, rhs })
        }
        _ => arena.stmt(Range { start, end }, Stmt::Expr { x: assert }),
    };
    let body = body(arena, kids)?;
    let id = arena.stmt(range, Stmt::TypeSwitch { init, assign, body });
    Some((range, Value::Stmt(id)))
}
