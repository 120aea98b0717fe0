//! `rules/nan-map-key.md`: an entry whose key is no number can never be deleted.
//!
//! ```go
//! byPrice[math.NaN()] = 1 // delete(byPrice, math.NaN()) does not find it
//! ```

use super::growth::{self, keys};
use crate::ast::ExprId;
use crate::finding::{Confidence, Finding, Label};
use crate::rule::{Pass, Rule};
use crate::sema::Type;
use crate::summary::containers::{Act, ContainerOp};
use crate::types::Kind;

pub(super) const RULE: Rule = Rule { id: "nan-map-key", page: include_str!("../../rules/nan-map-key.md"), check };

/// Of a type with more parts nobody looks at all.
const MOST_PARTS: usize = 32;

fn check(pass: &mut Pass) {
    for (found, ops) in growth::deleted_from(pass) {
        if !found.entry.is_some_and(|(key, _)| has_float(pass, key)) {
            continue;
        }
        let Some(grows) = ops.iter().find(|op| may_be_nan(pass, op)) else { continue };
        let finding = Finding {
            rule: pass.rule,
            span: found.span,
            function: String::new(),
            message: format!("an entry of `{}` whose key is NaN can never be deleted", found.name),
            severity: pass.severity,
            confidence: Confidence::Low,
            labels: vec![Label { span: pass.span(grows.decl, grows.node), text: "nothing keeps NaN out here".to_owned() }],
            help: Some("refuse NaN, or empty the map with `clear`".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}

/// Whether an entry may get a key that is no number: it is not one of a few, and the function does not ask.
fn may_be_nan(pass: &Pass, op: &ContainerOp) -> bool {
    let Act::Grow { key: Some(key), .. } = op.act else { return false };
    let tree = pass.sema().tree(op.decl);
    let asks = (0..tree.exprs.len() as u32).any(|expr| tree.ident(ExprId(expr)) == Some("IsNaN"));
    !asks && keys::origin(pass, op.decl, key, &op.calls).range > keys::Range::Bounded
}

/// Whether a float is part of a key.
fn has_float(pass: &Pass, key: Type) -> bool {
    let sema = pass.sema();
    let mut open = vec![key];
    let mut looked = 0;
    while let Some(ty) = open.pop() {
        looked += 1;
        if looked > MOST_PARTS {
            return false;
        }
        match sema.behind(ty) {
            Kind::Basic(basic) if basic.is_float() || basic.is_complex() => return true,
            Kind::Struct(fields) => open.extend(fields.iter().map(|field| field.ty)),
            Kind::Array(_, of) => open.push(*of),
            _ => {}
        }
    }
    false
}
