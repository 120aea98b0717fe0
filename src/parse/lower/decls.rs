//! What do the grammar's declarations become? Functions, methods, `const`, `type` and `var`, at the top or inside a function.
//!
//! ```go
//! const c = 1 // const_declaration of one const_spec: GenDecl{const, [Value{[c], [1]}]}
//! ```
//!
//! Not here: imports, which only the outline reads.

use super::kinds::Kind;
use super::types::{signature, take_fields};
use super::{Arena, Built, Item, Value, exprs_of, token};
use crate::ast::{AssignOp, ExprId, FuncDecl, GenDecl, GenTok, Range, Spec, SpecKind};

pub(super) fn build(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    match kind {
        Kind::ValueSpec => value_spec(arena, kids),
        Kind::TypeSpec(alias) => type_spec(arena, alias, kids),
        Kind::Specs => Some((range, Value::Specs(specs(kids)))),
        Kind::Gen(tok) => gen_decl(tok, range, kids),
        Kind::Function | Kind::Method => function(arena, kind, range, kids),
        _ => None,
    }
}

fn value_spec(arena: &Arena, kids: &mut [Item]) -> Built {
    let names: Vec<ExprId> = kids.iter().filter(|item| item.kind == Kind::Identifier).filter_map(Item::expr).collect();
    let ty = kids.iter().filter(|item| item.kind != Kind::Identifier).find_map(Item::expr);
    let values = kids.iter_mut().find_map(|item| match &mut item.value {
        Value::Exprs(list, _) => Some(std::mem::take(list)),
        _ => None,
    });
    let values = values.unwrap_or_default();
    let start = arena.range_of(*names.first()?).start;
    let end = arena.range_of(values.last().copied().or(ty).unwrap_or(*names.last()?)).end;
    let kind = SpecKind::Value { names: names.into(), ty, values: values.into() };
    Some(spec(Range { start, end }, kind))
}

fn spec(range: Range, kind: SpecKind) -> (Range, Value) {
    (range, Value::Spec(Box::new(Spec { range, kind })))
}

fn type_spec(arena: &Arena, alias: bool, kids: &mut [Item]) -> Built {
    let type_params = take_fields(kids);
    let mut exprs = exprs_of(kids);
    let (name, ty) = (exprs.next()?, exprs.next()?);
    let range = Range { start: arena.range_of(name).start, end: arena.range_of(ty).end };
    let alias = alias || token(kids, Kind::Assign(AssignOp::Assign)).is_some();
    Some(spec(range, SpecKind::Type { name, type_params, alias, ty }))
}

fn specs(kids: &mut [Item]) -> Vec<Spec> {
    let mut all = Vec::new();
    for item in kids {
        match std::mem::take(&mut item.value) {
            Value::Spec(spec) => all.push(*spec),
            Value::Specs(list) => all.extend(list),
            _ => {}
        }
    }
    all
}

fn gen_decl(tok: GenTok, range: Range, kids: &mut [Item]) -> Built {
    let grouped = kids.iter().any(|item| matches!(item.kind, Kind::Specs | Kind::OpenParen));
    let specs = specs(kids);
    let end = if grouped { range.end } else { specs.last().map_or(range.end, |spec| spec.range.end) };
    let range = Range { start: range.start, end };
    Some((range, Value::Gen(Box::new(GenDecl { range, tok, grouped, specs: specs.into_boxed_slice() }))))
}

fn function(arena: &mut Arena, kind: Kind, range: Range, kids: &mut [Item]) -> Built {
    let recv = if kind == Kind::Method { Some(take_fields(kids)?) } else { None };
    let at = kids.iter().position(|item| item.expr().is_some())?;
    let (head, rest) = kids.split_at_mut(at + 1);
    let name = head[at].expr()?;
    let type_params = token(rest, Kind::TypeParameters).is_some().then(|| take_fields(rest)).flatten();
    let (ty, body) = signature(arena, range.start, type_params, rest)?;
    let end = body.map_or(arena.range_of(ty).end, |body| arena.stmt_ranges[body.0 as usize].end);
    let range = Range { start: range.start, end };
    Some((range, Value::Func(Box::new(FuncDecl { range, recv, name, ty, body }))))
}
