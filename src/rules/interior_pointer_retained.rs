//! `rules/interior-pointer-retained.md`: a pointer to a small part of something large keeps all of it.
//!
//! ```go
//! func track(p *page) { ids = append(ids, &p.id) }
//! ```

use super::retention::kept::{self, Keeper, Kept};
use crate::ast::{Expr, ExprId, Node, Op};
use crate::finding::{Confidence, Finding};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, Object, Type};
use crate::summary::values::LARGE;
use crate::types::Kind;

pub(super) const RULE: Rule =
    Rule { id: "interior-pointer-retained", page: include_str!("../../rules/interior-pointer-retained.md"), check };

/// How many times as large the whole has to be.
const TIMES: u64 = 64;

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func) {
        if pass.project().decl(decl).body.is_none() || !may(pass, decl) {
            continue;
        }
        for kept in kept::all(pass.summaries, decl).iter().filter(|kept| kept.keeper == Keeper::Global) {
            let finding = judge(pass, decl, kept);
            pass.findings.extend(finding);
        }
    }
    if !pass.findings.is_empty() && pass.is_short_lived() {
        pass.findings.clear();
    }
}

/// Whether a function takes an address or cuts an array, by its text.
fn may(pass: &Pass, decl: DeclId) -> bool {
    let range = pass.project().decl(decl).range;
    let text = pass.project().file(decl.file).source.slice(range.start, range.end);
    text.contains('&') || pass.project().decl(decl).mentions.has(crate::parse::Keyword::SliceColon)
}

fn judge(pass: &Pass, decl: DeclId, kept: &Kept) -> Option<Finding> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let is_address = match parents.parent(Node::Expr(kept.value)) {
        Some(Node::Expr(around)) => matches!(tree.expr(around), Expr::Unary { op: Op::And, .. }),
        _ => false,
    };
    let size = |ty: Type| sema.types.size(ty, decl.file);
    let (whole, part, of) = match *tree.expr(kept.value) {
        Expr::Selector { x, sel } if is_address && sema.field(decl, sel).is_some() => {
            (size(sema.pointee(sema.type_of(decl, x)))?, size(sema.type_of(decl, kept.value))?, x)
        }
        Expr::Index { x, .. } if is_address => (length(pass, decl, x)?, size(sema.type_of(decl, kept.value))?, x),
        Expr::Slice { x, low, high: Some(high), .. } => {
            let Kind::Array(_, element) = sema.behind(sema.pointee(sema.type_of(decl, x))) else { return None };
            let count = sema.int(decl, high)? - low.map_or(Some(0), |low| sema.int(decl, low))?;
            let part = u64::try_from(count).ok()?.checked_mul(size(*element)?)?;
            (length(pass, decl, x)?, part, x)
        }
        _ => return None,
    };
    // What a package variable is part of lives as long anyway.
    if part == 0 || whole < LARGE || whole / part < TIMES || is_global(pass, decl, of) {
        return None;
    }
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Stmt(kept.place)),
        function: pass.function_name(decl),
        message: format!("a pointer to {part} bytes keeps {whole} bytes alive"),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: Vec::new(),
        help: Some("keep a copy of the part, not its address".to_owned()),
        fix: None,
    })
}

/// The size of an array, or of a slice that was made here with a constant length.
fn length(pass: &Pass, decl: DeclId, x: ExprId) -> Option<u64> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let ty = sema.pointee(sema.type_of(decl, x));
    match sema.behind(ty) {
        // An array that is a field may stand in something larger; it is large enough.
        Kind::Array(..) => sema.types.size(ty, decl.file),
        Kind::Slice(element) => {
            let local = sema.scopes(decl).local(pass.summaries.local_of(decl, x)?);
            let made = local.only_value()?;
            let Expr::Call { args, .. } = tree.expr(made) else { return None };
            if sema.callee(decl, made) != Callee::Builtin("make") {
                return None;
            }
            u64::try_from(sema.int(decl, *args.get(1)?)?).ok()?.checked_mul(sema.types.size(*element, decl.file)?)
        }
        _ => None,
    }
}

fn is_global(pass: &Pass, decl: DeclId, mut expr: ExprId) -> bool {
    let tree = pass.project().tree(decl);
    while let Expr::Paren { x } | Expr::Selector { x, .. } | Expr::Index { x, .. } | Expr::Star { x } = *tree.expr(expr) {
        expr = x;
    }
    !matches!(pass.sema().object(decl, expr), Object::Local(_))
}
