//! What do the grammar's expressions become? One arm for each kind.
//!
//! ```go
//! a[i] // index_expression: Index{a, [i]}
//! T(x) // type_conversion_expression: Call{T, [x]}, as in go/ast
//! ```
//!
//! Not here: types that are only types (`types`).

use super::kinds::Kind;
use super::{Arena, Built, Item, Value, exprs_of, from_to, listed};
use crate::ast::{ChanDir, Expr, ExprId, Exprs, Op, Range};

pub(super) fn build(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    let expr = match kind {
        Kind::Arguments | Kind::ExpressionList | Kind::TypeArguments => return Some(list(arena, range, kids)),
        Kind::LiteralValue => return Some((range, Value::Exprs(listed(arena, kids), false))),
        Kind::LiteralElement => return literal_element(arena, kids),
        Kind::Variadic => return variadic(arena, range, kids),
        Kind::Paren => Expr::Paren { x: exprs_of(kids).next()? },
        Kind::Selector => {
            let [x, sel] = two(kids)?;
            Expr::Selector { x, sel }
        }
        Kind::Index => {
            let [x, index] = two(kids)?;
            Expr::Index { x, indices: Exprs::from([index]) }
        }
        Kind::Instantiation => {
            let mut exprs = exprs_of(kids);
            Expr::Index { x: exprs.next()?, indices: exprs.collect() }
        }
        Kind::KeyedElement => {
            let [key, value] = two(kids)?;
            Expr::KeyValue { key, value }
        }
        Kind::TypeAssertion => {
            let [x, ty] = two(kids)?;
            Expr::TypeAssert { x, ty: Some(ty) }
        }
        Kind::Binary => {
            let [x, y] = two(kids)?;
            Expr::Binary { op: operator(kids)?, x, y }
        }
        Kind::Unary => {
            let x = exprs_of(kids).next()?;
            match operator(kids)? {
                Op::Mul => Expr::Star { x },
                op => Expr::Unary { op, x },
            }
        }
        Kind::Slice => slice(kids)?,
        Kind::Composite => {
            let ty = exprs_of(kids).next()?;
            Expr::CompositeLit { ty: Some(ty), elts: take_list(kids)?.0 }
        }
        Kind::Call => return call(arena, range, kids),
        Kind::Conversion => return conversion(arena, range, kids),
        _ => return None,
    };
    let id = arena.expr(range, expr);
    Some((range, Value::Expr(id)))
}

fn two(kids: &[Item]) -> Option<[ExprId; 2]> {
    let mut exprs = exprs_of(kids);
    Some([exprs.next()?, exprs.next()?])
}

fn operator(kids: &[Item]) -> Option<Op> {
    kids.iter().find_map(|item| match item.kind {
        Kind::Op(op) => Some(op),
        Kind::Arrow => Some(Op::Arrow),
        _ => None,
    })
}

fn list(arena: &mut Arena, range: Range, kids: &mut [Item]) -> (Range, Value) {
    let ellipsis = kids.iter().any(|item| item.kind == Kind::Variadic);
    for item in kids.iter_mut() {
        if let Value::Exprs(inner, _) = &item.value {
            // `x...` is a list of one.
            item.value = inner.first().map_or(Value::Token, |&x| Value::Expr(x));
        }
    }
    (range, Value::Exprs(listed(arena, kids), ellipsis))
}

fn variadic(arena: &mut Arena, range: Range, kids: &mut [Item]) -> Built {
    Some((range, Value::Exprs(listed(arena, kids), true)))
}

fn take_list(kids: &mut [Item]) -> Option<(Exprs, bool)> {
    kids.iter_mut().find_map(|item| match std::mem::take(&mut item.value) {
        Value::Exprs(list, ellipsis) => Some((list.into_boxed_slice(), ellipsis)),
        other => {
            item.value = other;
            None
        }
    })
}

/// `{1, 2}` inside another literal is a literal without a type.
fn literal_element(arena: &mut Arena, kids: &mut [Item]) -> Built {
    if let Some(x) = exprs_of(kids).next() {
        return Some((arena.range_of(x), Value::Expr(x)));
    }
    let range = kids.first()?.range;
    let (elts, _) = take_list(kids)?;
    let id = arena.expr(range, Expr::CompositeLit { ty: None, elts });
    Some((range, Value::Expr(id)))
}

fn slice(kids: &[Item]) -> Option<Expr> {
    let mut exprs = kids.iter();
    let x = exprs.by_ref().find_map(Item::expr)?;
    let mut parts = [None; 3];
    let mut at = 0;
    for item in exprs {
        match item.value {
            Value::Expr(id) => parts[at] = Some(id),
            _ if item.kind == Kind::Colon => at = (at + 1).min(2),
            _ => {}
        }
    }
    let [low, high, max] = parts;
    Some(Expr::Slice { x, low, high, max })
}

/// `f(x)`, and `f[T](x)`, which go/ast sees as a call of the index expression `f[T]`.
fn call(arena: &mut Arena, range: Range, kids: &mut [Item]) -> Built {
    let function = exprs_of(kids).next()?;
    let fun = match kids.iter().position(|item| item.kind == Kind::TypeArguments) {
        Some(at) => {
            let range = from_to(arena.range_of(function), kids[at].range);
            let (indices, _) = take_list(&mut kids[at..=at])?;
            arena.expr(range, Expr::Index { x: function, indices })
        }
        None => function,
    };
    let (args, ellipsis) = take_list(kids).unwrap_or_default();
    Some(called(arena, range, fun, args, ellipsis))
}

fn conversion(arena: &mut Arena, range: Range, kids: &mut [Item]) -> Built {
    let [ty, operand] = two(kids)?;
    Some(called(arena, range, ty, Exprs::from([operand]), false))
}

/// The call of `fun`. The grammar reads `*(*T)(x)` as a conversion to `*(*T)` and `<-chan int(c)` as one to `<-chan int`; in Go the
/// call binds stronger than `*` and `<-`, so that the call goes below them.
fn called(arena: &mut Arena, range: Range, fun: ExprId, args: Exprs, ellipsis: bool) -> (Range, Value) {
    let (mut outer, mut fun) = (Vec::new(), fun);
    loop {
        let at = arena.range_of(fun);
        match arena.exprs[fun.0 as usize] {
            Expr::Star { x } => {
                outer.push((at.start, None));
                fun = x;
            }
            Expr::ChanType { dir: ChanDir::Recv, value } => {
                // `<-chan T(x)` receives from the conversion to `chan T`.
                outer.push((at.start, Some(Op::Arrow)));
                let start = arena.chan_keyword(fun);
                fun = arena.expr(Range { start, end: at.end }, Expr::ChanType { dir: ChanDir::Both, value });
            }
            _ => break,
        }
    }
    let start = if outer.is_empty() { range.start } else { arena.range_of(fun).start };
    let mut id = arena.expr(Range { start, end: range.end }, Expr::Call { fun, args, ellipsis });
    while let Some((start, op)) = outer.pop() {
        let expr = op.map_or(Expr::Star { x: id }, |op| Expr::Unary { op, x: id });
        id = arena.expr(Range { start, end: range.end }, expr);
    }
    (range, Value::Expr(id))
}
