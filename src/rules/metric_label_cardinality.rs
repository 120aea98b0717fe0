//! `rules/metric-label-cardinality.md`: a metric for each value that comes from outside.
//!
//! ```go
//! requests.WithLabelValues(r.URL.Path).Inc() // whoever asks for ever new paths makes ever new metrics
//! ```

use super::growth::keys::{self, Range};
use crate::ast::{Expr, ExprId, Node};
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, Type};

pub(super) const RULE: Rule = Rule { id: "metric-label-cardinality", page: include_str!("../../rules/metric-label-cardinality.md"), check };

fn check(pass: &mut Pass) {
    let calls = pass.calls_near(&pass.sema().facts.label_sink_names());
    let found: Vec<Finding> = calls.into_iter().filter_map(|(decl, call)| judge(pass, decl, call)).collect();
    pass.findings.extend(found);
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let Callee::Function(function) = sema.callee(decl, call) else { return None };
    let Expr::Call { args, .. } = sema.tree(decl).expr(call) else { return None };
    if !sema.facts.is_label_sink(&function.key) {
        return None;
    }
    args.iter().find_map(|&arg| {
        let origin = keys::origin(pass, decl, arg, &[]);
        let (at, node, text) = match (origin.range, origin.shown) {
            (Range::Unbounded, Some(shown)) | (_, Some(shown @ (_, _, keys::PATH))) => shown,
            _ if is_error_text(pass, decl, arg) => (decl, Node::Expr(arg), "the text of an error: it may name files, addresses, numbers"),
            _ => return None,
        };
        Some(Finding {
            rule: pass.rule,
            span: pass.span(decl, Node::Expr(arg)),
            function: pass.function_name(decl),
            message: "each value of this label is a metric of its own that stays".to_owned(),
            severity: pass.severity,
            confidence: Confidence::Low,
            labels: vec![Label { span: pass.span(at, node), text: text.to_owned() }],
            help: Some("use a label with few values: the route, the kind of error".to_owned()),
            fix: None,
        })
    })
}

/// `err.Error()`
fn is_error_text(pass: &Pass, decl: DeclId, arg: ExprId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    match *tree.expr(tree.unparen(arg)) {
        Expr::Call { fun, .. } => match *tree.expr(fun) {
            Expr::Selector { x, sel } => tree.ident(sel) == Some("Error") && sema.type_of(decl, x) == Type::ERROR,
            _ => false,
        },
        _ => false,
    }
}
