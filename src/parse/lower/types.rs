//! What do the grammar's types become? Types are expressions, as in go/ast.
//!
//! ```go
//! ~int | string      // type_elem of negated_type and type_identifier: Binary{|, Unary{~, int}, string}
//! chan<- chan int    // whatever the grammar makes of it: the leftmost `chan` owns the arrow
//! ```
//!
//! Not here: expressions (`exprs`), type declarations (`decls`).

use super::kinds::Kind;
use super::{Arena, Built, Item, Value, exprs_of, from_to, is_string, token};
use crate::ast::{ChanDir, Expr, ExprId, Field, FieldList, Op, Range};

pub(super) fn build(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    let expr = match kind {
        Kind::TypeElem => return union(arena, kids),
        Kind::FieldDeclaration => return field(arena, kids),
        Kind::FieldDeclarations | Kind::Parameters | Kind::TypeParameters => {
            return Some((range, Value::Fields(FieldList { range, fields: grouped(arena, kids) })));
        }
        Kind::Parameter | Kind::TypeParameter => return parameter(arena, kids),
        Kind::VariadicParameter => return variadic(arena, kids),
        Kind::MethodElem => return method(arena, kids),
        Kind::GenericType => {
            let x = exprs_of(kids).next()?;
            let indices = kids.iter_mut().find_map(|item| match &mut item.value {
                Value::Exprs(list, _) => Some(std::mem::take(list).into_boxed_slice()),
                _ => None,
            })?;
            Expr::Index { x, indices }
        }
        Kind::PointerType => Expr::Star { x: exprs_of(kids).next()? },
        Kind::NegatedType => Expr::Unary { op: Op::Tilde, x: exprs_of(kids).next()? },
        Kind::SliceType => Expr::ArrayType { len: None, elem: exprs_of(kids).next()? },
        Kind::ArrayType => {
            let [len, elem] = two(kids)?;
            Expr::ArrayType { len: Some(len), elem }
        }
        Kind::ImplicitArrayType => {
            let dots = token(kids, Kind::Dots)?.range;
            let elem = exprs_of(kids).next()?;
            let len = Some(arena.expr(dots, Expr::Ellipsis { elt: None }));
            Expr::ArrayType { len, elem }
        }
        Kind::MapType => {
            let [key, value] = two(kids)?;
            Expr::MapType { key, value }
        }
        Kind::ChannelType => return channel(arena, range, kids),
        Kind::FunctionType => {
            let (ty, _) = signature(arena, range.start, None, kids)?;
            return Some((arena.range_of(ty), Value::Expr(ty)));
        }
        Kind::FuncLiteral => {
            let (ty, body) = signature(arena, range.start, None, kids)?;
            Expr::FuncLit { ty, body: body? }
        }
        Kind::StructType => Expr::StructType { fields: take_fields(kids)? },
        Kind::InterfaceType => interface(arena, range, kids)?,
        _ => return None,
    };
    let id = arena.expr(range, expr);
    Some((range, Value::Expr(id)))
}

fn two(kids: &[Item]) -> Option<[ExprId; 2]> {
    let mut exprs = exprs_of(kids);
    Some([exprs.next()?, exprs.next()?])
}

fn union(arena: &mut Arena, kids: &[Item]) -> Built {
    let mut exprs = exprs_of(kids);
    let mut x = exprs.next()?;
    for y in exprs {
        let range = from_to(arena.range_of(x), arena.range_of(y));
        x = arena.expr(range, Expr::Binary { op: Op::Or, x, y });
    }
    Some((arena.range_of(x), Value::Expr(x)))
}

/// `a, b T "tag"`, `T "tag"` or `*T "tag"`; the grammar has no pointer node in the last one.
fn field(arena: &mut Arena, kids: &[Item]) -> Built {
    let names: Vec<ExprId> = kids.iter().filter(|item| item.kind == Kind::FieldIdentifier).filter_map(Item::expr).collect();
    let tag = kids.last().filter(|item| is_string(item)).and_then(Item::expr);
    let typed = |item: &&Item| item.kind != Kind::FieldIdentifier && !is_string(item);
    let mut ty = kids.iter().filter(typed).find_map(Item::expr)?;
    if let Some(star) = token(kids, Kind::Op(Op::Mul)) {
        let range = from_to(star.range, arena.range_of(ty));
        ty = arena.expr(range, Expr::Star { x: ty });
    }
    Some(one(arena, names, ty, tag))
}

fn one(arena: &Arena, names: Vec<ExprId>, ty: ExprId, tag: Option<ExprId>) -> (Range, Value) {
    let first = names.first().copied().unwrap_or(ty);
    let range = from_to(arena.range_of(first), arena.range_of(tag.unwrap_or(ty)));
    (range, Value::Field(Box::new(Field { range, names: names.into_boxed_slice(), ty, tag })))
}

/// `a, b T` or `T`.
fn parameter(arena: &Arena, kids: &[Item]) -> Built {
    let mut names: Vec<ExprId> = exprs_of(kids).collect();
    let ty = names.pop()?;
    Some(one(arena, names, ty, None))
}

/// `a ...T` or `...T`.
fn variadic(arena: &mut Arena, kids: &[Item]) -> Built {
    let dots = token(kids, Kind::Dots)?.range;
    let mut names: Vec<ExprId> = exprs_of(kids).collect();
    let elt = names.pop()?;
    let range = from_to(dots, arena.range_of(elt));
    let ty = arena.expr(range, Expr::Ellipsis { elt: Some(elt) });
    Some(one(arena, names, ty, None))
}

/// The fields of a list. In `(a, b, c ...T)` the grammar takes `a` and `b` for types; where one parameter has a name, all have.
fn grouped(arena: &mut Arena, kids: &mut [Item]) -> Box<[Field]> {
    let mut fields = Vec::with_capacity(kids.len() / 2);
    for item in kids {
        match std::mem::take(&mut item.value) {
            Value::Field(field) => fields.push(*field),
            Value::Bad => {
                let ty = arena.expr(item.range, Expr::Bad);
                fields.push(Field { range: item.range, names: Box::default(), ty, tag: None });
            }
            _ => {}
        }
    }
    let is_params = fields.iter().any(|field| matches!(arena.exprs[field.ty.0 as usize], Expr::Ellipsis { .. }));
    if !is_params || fields.iter().all(|field| field.names.is_empty()) {
        return fields.into_boxed_slice();
    }
    let mut waiting = Vec::new();
    let mut named = Vec::with_capacity(fields.len());
    for mut field in fields {
        if field.names.is_empty() && matches!(arena.exprs[field.ty.0 as usize], Expr::Ident(_)) {
            waiting.push(field.ty);
            continue;
        }
        if let Some(&first) = waiting.first() {
            field.range.start = arena.range_of(first).start;
            field.names = waiting.drain(..).chain(field.names.iter().copied()).collect();
        }
        named.push(field);
    }
    named.into_boxed_slice()
}

/// `m(x T) R` in an interface. Its function type has no `func`, so that it starts at the parameters.
fn method(arena: &mut Arena, kids: &mut [Item]) -> Built {
    let (name, rest) = kids.split_first_mut()?;
    let name = name.expr()?;
    let start = token(rest, Kind::Parameters)?.range.start;
    let (ty, _) = signature(arena, start, None, rest)?;
    Some(one(arena, vec![name], ty, None))
}

/// The function type of parameters and results among some items, and the body behind it.
pub(super) fn signature(
    arena: &mut Arena,
    start: u32,
    type_params: Option<FieldList>,
    kids: &mut [Item],
) -> Option<(ExprId, Option<crate::ast::StmtId>)> {
    let params = take_fields(kids)?;
    let (mut results, mut body) = (None, None);
    for item in kids {
        match std::mem::take(&mut item.value) {
            Value::Fields(list) if results.is_none() => results = Some(list),
            Value::Expr(ty) if results.is_none() => {
                let range = item.range;
                let field = Field { range, names: Box::default(), ty, tag: None };
                results = Some(FieldList { range, fields: Box::new([field]) });
            }
            Value::Stmt(id) => body = Some(id),
            _ => {}
        }
    }
    let end = results.as_ref().map_or(params.range.end, |list| list.range.end);
    let ty = arena.expr(Range { start, end }, Expr::FuncType { type_params, params, results });
    Some((ty, body))
}

pub(super) fn take_fields(kids: &mut [Item]) -> Option<FieldList> {
    kids.iter_mut().find_map(|item| match &mut item.value {
        Value::Fields(list) => {
            let list = std::mem::take(list);
            item.value = Value::Token;
            Some(list)
        }
        _ => None,
    })
}

fn interface(arena: &mut Arena, range: Range, kids: &mut [Item]) -> Option<Expr> {
    let open = token(kids, Kind::OpenBrace)?.range;
    let mut fields = Vec::with_capacity(kids.len() / 2);
    for item in kids {
        let value = std::mem::take(&mut item.value);
        let ty = match value {
            Value::Field(field) => {
                fields.push(*field);
                continue;
            }
            Value::Expr(ty) => ty,
            Value::Bad => arena.expr(item.range, Expr::Bad),
            _ => continue,
        };
        fields.push(Field { range: item.range, names: Box::default(), ty, tag: None });
    }
    let range = from_to(open, range);
    Some(Expr::InterfaceType { methods: FieldList { range, fields: fields.into_boxed_slice() } })
}

/// `chan T`, `chan<- T`, `<-chan T`. The grammar may read `chan<- chan T` as a `chan` of `<-chan T`; in Go the leftmost `chan` owns
/// the arrow, all along the type.
fn channel(arena: &mut Arena, range: Range, kids: &[Item]) -> Built {
    let mut value = exprs_of(kids).next()?;
    let arrow = kids.iter().position(|item| item.kind == Kind::Arrow);
    let dir = match arrow {
        None => ChanDir::Both,
        Some(0) => ChanDir::Recv,
        Some(_) => ChanDir::Send,
    };
    let mut dir = dir;
    let mut outer = Vec::new();
    let (mut start, end) = (range.start, range.end);
    while dir == ChanDir::Both
        && let Expr::ChanType { dir: ChanDir::Recv, value: inner } = arena.exprs[value.0 as usize]
    {
        outer.push(start);
        start = arena.chan_keyword(value);
        dir = ChanDir::Both;
        value = inner;
    }
    let mut id = arena.expr(Range { start, end }, Expr::ChanType { dir, value });
    if dir == ChanDir::Recv {
        let chan = token(kids, Kind::Chan)?.range.start;
        arena.chan_keywords.push((id, chan));
    }
    while let Some(start) = outer.pop() {
        id = arena.expr(Range { start, end }, Expr::ChanType { dir: ChanDir::Send, value: id });
    }
    Some((range, Value::Expr(id)))
}
