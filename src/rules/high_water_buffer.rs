//! `rules/high-water-buffer.md`: a buffer that lives for ever keeps the size of the largest thing that was ever in it.
//!
//! ```go
//! var buf bytes.Buffer
//! func render(v any) { buf.Reset(); json.NewEncoder(&buf).Encode(v); … }
//! ```

use super::retention::buffers;
use crate::ast::{Expr, ExprId, Node, Op};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, Object};
use crate::types::Global;

pub(super) const RULE: Rule = Rule { id: "high-water-buffer", page: include_str!("../../rules/high-water-buffer.md"), check };

fn check(pass: &mut Pass) {
    if pass.is_short_lived() {
        return;
    }
    let found: Vec<Finding> = pass.calls_near(&["Reset"]).into_iter().filter_map(|(decl, call)| judge(pass, decl, call)).collect();
    pass.findings.extend(found);
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let Callee::Function(function) = sema.callee(decl, call) else { return None };
    if function.key != "bytes.Buffer.Reset" {
        return None;
    }
    let global = global(pass, decl, function.receiver?)?;
    let name = sema.types.name_of(global);
    if name.starts_with(char::is_uppercase) {
        return None;
    }
    let mut filled = None;
    for other in sema.decls_that_mention(pass.package, name).into_iter().filter(|&other| other != global.decl) {
        let is_it = |expr: ExprId| self::global(pass, other, expr) == Some(global);
        if is_bounded(pass, other, &is_it) {
            return None;
        }
        let calls = &pass.project().tree(other).index.calls;
        let found = calls.iter().find(|&&call| buffers::fills(pass, other, call, &is_it));
        filled = filled.or(found.map(|&call| (other, call)));
    }
    let (filling, at) = filled?;
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(call)),
        function: pass.function_name(decl),
        message: format!("`{name}` keeps the size of the largest thing that was ever in it"),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: vec![Label { span: pass.span(filling, Node::Expr(at)), text: "it grows here by what it is given".to_owned() }],
        help: Some(format!("make a new one if it has grown large: `if {name}.Cap() > 1<<20 {{ {name} = bytes.Buffer{{}} }}`")),
        fix: None,
    })
}

/// The package variable of this package that an expression is, or the address of one.
fn global(pass: &Pass, decl: DeclId, expr: ExprId) -> Option<Global> {
    let tree = pass.project().tree(decl);
    let mut expr = tree.unparen(expr);
    if let Expr::Unary { op: Op::And, x } = *tree.expr(expr) {
        expr = tree.unparen(x);
    }
    match pass.sema().object(decl, expr) {
        Object::Package(global) if matches!(tree.expr(expr), Expr::Ident(_)) && pass.project().decl(global.decl).kind == DeclKind::Var => {
            Some(global)
        }
        _ => None,
    }
}

/// Whether a function asks for the capacity, or sets a new buffer.
fn is_bounded(pass: &Pass, decl: DeclId, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let tree = pass.project().tree(decl);
    let asks = tree.index.calls.iter().any(|&call| match pass.sema().callee(decl, call) {
        Callee::Function(function) => matches!(function.name(), "Cap" | "Truncate") && function.receiver.is_some_and(is_it),
        _ => false,
    });
    asks || tree.stmts.iter().any(|stmt| matches!(stmt, crate::ast::Stmt::Assign { lhs, .. } if lhs.iter().any(|&target| is_it(target))))
}
