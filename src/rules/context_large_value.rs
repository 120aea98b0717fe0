//! `rules/context-large-value.md`: a context that lives on with a large value in it.
//!
//! ```go
//! b, _ := io.ReadAll(r); return &job{ctx: context.WithValue(ctx, key{}, b)}
//! ```

use super::retention;
use crate::ast::{Expr, ExprId, Node};
use crate::finding::{Confidence, Finding};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::Callee;
use crate::summary::values::{Source, Window};

pub(super) const RULE: Rule = Rule { id: "context-large-value", page: include_str!("../../rules/context-large-value.md"), check };

/// Values that have a body or a buffer behind them.
const LARGE: [&str; 3] = ["*bytes.Buffer", "*net/http.Response", "bytes.Buffer"];

/// Through how many contexts of contexts one is followed.
const STEPS: usize = 8;

fn check(pass: &mut Pass) {
    retention::check_kept(pass, &["WithValue"], judge);
}

fn judge(pass: &Pass, decl: DeclId, value: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let mut context = value;
    for _ in 0..STEPS {
        context = pass.summaries.written_once(decl, context);
        let Expr::Call { args, .. } = tree.expr(context) else { return None };
        let Callee::Function(function) = sema.callee(decl, context) else { return None };
        let &parent = args.first()?;
        let held = match &*function.key {
            "context.WithValue" => *args.get(2)?,
            key if key.starts_with("context.With") => {
                context = parent;
                continue;
            }
            _ => return None,
        };
        if is_large(pass, decl, held) {
            return Some(finding(pass, decl, context, held));
        }
        context = parent;
    }
    None
}

fn is_large(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let view = pass.summaries.view(decl, value);
    let is_read = view.is_some_and(|view| matches!(view.source, Source::Big { .. }) && view.window == Window::Whole);
    is_read || LARGE.contains(&&*pass.sema().key_of(decl, value))
}

fn finding(pass: &Pass, decl: DeclId, context: ExprId, held: ExprId) -> Finding {
    Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(context)),
        function: pass.function_name(decl),
        message: format!("`{}` lives as long as the context that it is put into", pass.text(decl, Node::Expr(held))),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: Vec::new(),
        help: Some("hand it over as an argument, or keep only what is needed of it in the context".to_owned()),
        fix: None,
    }
}
