//! `rules/dynamic-global-registration.md`: ever new names in a table of the process from which nothing is taken out.
//!
//! ```go
//! http.HandleFunc("/job/"+id, handle) // in a handler: one more for each job
//! ```

use super::growth::keys::{self, Range};
use crate::ast::{Expr, ExprId, Node};
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::Callee;

pub(super) const RULE: Rule =
    Rule { id: "dynamic-global-registration", page: include_str!("../../rules/dynamic-global-registration.md"), check };

fn check(pass: &mut Pass) {
    let calls = pass.calls_near(&pass.sema().facts.registry_names());
    let found: Vec<Finding> = calls.into_iter().filter_map(|(decl, call)| judge(pass, decl, call)).collect();
    pass.findings.extend(found);
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Callee::Function(function) = sema.callee(decl, call) else { return None };
    let names = sema.facts.registers_in_process(&function.key)?;
    let Expr::Call { args, .. } = tree.expr(call) else { return None };
    let origins = args.iter().take(names).map(|&arg| keys::origin(pass, decl, arg, &[]));
    let origin = origins.max_by_key(|origin| origin.range).filter(|origin| origin.range > Range::Bounded)?;
    let entries = pass.module().entries(sema, decl, Node::Expr(call));
    if !entries.is_empty() && entries.iter().all(|entry| entry.kind.is_start()) {
        return None;
    }
    if pass.is_short_lived() {
        return None;
    }
    let repeated = entries.iter().any(|entry| entry.kind.is_repeated());
    let confidence = if repeated && origin.range == Range::Unbounded { Confidence::Medium } else { Confidence::Low };
    let labels = origin.shown.map(|(decl, node, text)| Label { span: pass.span(decl, node), text: text.to_owned() });
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(call)),
        function: pass.function_name(decl),
        message: format!("`{}` keeps each new name for the life of the process", shown(&function.key)),
        severity: pass.severity,
        confidence,
        labels: labels.into_iter().collect(),
        help: Some("register once, under a fixed name, when the program starts".to_owned()),
        fix: None,
    })
}

/// `http.HandleFunc` for `net/http.HandleFunc`
fn shown(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}
