//! Which small values keep something large alive? The engine of the rules about retained memory.
//!
//! ```go
//! data, err := os.ReadFile(path) // a megabyte
//! return data[5:10], err         // keeps it, as long as these five bytes live
//! ```
//!
//! Every value that leaves a function (`kept`) is followed back to where its memory was made (`summary::values`). Where that is
//! something large, and the value a small part of it, and nobody keeps the whole anyway, the whole is kept in vain.
//!
//! Not here: what a value is (`summary::values`), containers that only grow.

pub(super) mod buffers;
pub(super) mod callers;
pub(super) mod fix;
pub(super) mod kept;
mod whole;

use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::{DeclKind, Keyword, OutlineDecl};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::Callee;
use crate::summary::values::{Source, View, Window};
use callers::Used;
use kept::{Keeper, Kept};
use whole::Whole;

/// A small part of something large that outlives the function.
pub(super) struct Retained<'a> {
    pub(super) decl: DeclId,
    pub(super) kept: &'a Kept,
    pub(super) view: View,
    /// The call or conversion that made the large thing.
    pub(super) at: ExprId,
    /// How sure it is that the large thing is kept in vain.
    pub(super) confidence: Confidence,
}

/// Checks bytes or text, and reports what `judge` says.
pub(super) fn check(pass: &mut Pass, is_text: bool, judge: &dyn Fn(&Retained) -> Option<Confidence>) {
    if pass.is_short_lived() {
        return;
    }
    let words = pass.summaries.large_words(pass.package);
    let makes = |decl: &OutlineDecl| decl.kind == DeclKind::Func && decl.mentions.has(Keyword::SliceColon) && decl.mentions.name("make");
    let mut decls = pass.decls(|decl| decl.kind == DeclKind::Func);
    decls.retain(|&id| {
        let (decl, text) = (pass.project().decl(id), pass.project().text(id));
        // Text may also be cut off by who reads it.
        (words.may_have(decl, text) || makes(decl)) && (is_text || words.may_cut(decl, text))
    });
    let findings: Vec<Finding> = decls.into_iter().flat_map(|decl| check_decl(pass, decl, is_text, judge)).collect();
    pass.findings.extend(findings);
}

/// Judges every value that outlives a function that mentions one of some names.
pub(super) fn check_kept(pass: &mut Pass, names: &[&str], judge: fn(&Pass, DeclId, ExprId) -> Option<Finding>) {
    let decls = pass.decls(|decl| decl.kind == DeclKind::Func && names.iter().any(|name| decl.mentions.name(name)));
    let kept = decls.into_iter().flat_map(|decl| kept::all(pass.summaries, decl).into_iter().map(move |kept| (decl, kept.value)));
    let found: Vec<Finding> = kept.filter_map(|(decl, value)| judge(pass, decl, value)).collect();
    pass.findings.extend(found);
}

fn check_decl(pass: &Pass, decl: DeclId, is_text: bool, judge: &dyn Fn(&Retained) -> Option<Confidence>) -> Vec<Finding> {
    let summaries = pass.summaries;
    let all = kept::all(summaries, decl);
    let views: Vec<Option<View>> = all.iter().map(|kept| summaries.view(decl, kept.value)).collect();
    let whole = Whole::new(pass, decl);
    let mut findings: Vec<Finding> = Vec::new();
    for (kept, view) in all.iter().zip(&views) {
        let Some(view) = view else { continue };
        let Source::Big { at, size } = view.source else { continue };
        let ty = summaries.sema.type_of(decl, kept.value);
        if !summaries.is_text(ty) || is_text != summaries.is_string(ty) || !view.window.is_small(size) {
            continue;
        }
        // That function has a finding of its own; of text only what is stored is worth one.
        if view.cut_elsewhere && (!is_text || matches!(kept.keeper, Keeper::Returned { .. })) {
            continue;
        }
        let is_kept_whole = |(kept, other): (&Kept, &Option<View>)| {
            let Some(other) = other.as_ref().filter(|other| other.source == view.source) else { return false };
            (other.each && !kept.is_direct_return()) || !other.window.is_small(size)
        };
        if all.iter().zip(&views).any(is_kept_whole) || view.holders.iter().any(|&holder| summaries.is_length_known(decl, holder)) {
            continue;
        }
        let Some(confidence) = confidence(&whole, kept, view, at) else { continue };
        // Parts of it that are kept side by side may be all of it.
        let is_other =
            |(other, of): &(&Kept, &Option<View>)| other.value != kept.value && of.as_ref().is_some_and(|of| of.source == view.source);
        let alone = !all.iter().zip(&views).any(|of| is_other(&of));
        let confidence = if alone { confidence } else { confidence.min(Confidence::Medium) };
        let retained = Retained { decl, kept, view: view.clone(), at, confidence };
        if let Some(confidence) = judge(&retained) {
            findings.push(finding(pass, &retained, confidence));
        }
    }
    // One finding for a value that leaves in two ways.
    findings.dedup_by_key(|finding| finding.span);
    findings
}

/// How sure it is that it is kept in vain; not at all where callers are done with it, or where all pieces are kept.
fn confidence(whole: &Whole, kept: &Kept, view: &View, at: ExprId) -> Option<Confidence> {
    let (pass, decl) = (whole.pass, whole.decl);
    let mut confidence = Confidence::High;
    let mut at_most = |most: Confidence| confidence = confidence.min(most);
    match kept.keeper {
        Keeper::Returned { index } => match callers::used(pass, decl, index) {
            Used::Locally => return None,
            Used::Perhaps => at_most(Confidence::Medium),
            Used::Kept => {}
        },
        // A variable keeps one, until it gets another; what is put into something is one of many.
        Keeper::Global if is_assigned_whole(pass, decl, kept.value) => at_most(Confidence::Medium),
        Keeper::Global => {}
        Keeper::Field | Keeper::Sent => at_most(Confidence::Medium),
    }
    if view.looped && !kept.is_direct_return() {
        if view.each {
            return None;
        }
        at_most(Confidence::Medium);
    }
    if !view.sure
        || view.window == Window::Found
        || (!kept.is_direct_return() && is_in_loop(pass, decl, kept.value))
        || whole.is_measured(view, at)
        || whole.is_handed_on(view)
    {
        at_most(Confidence::Medium);
    }
    Some(confidence)
}

/// Whether a value is all that a variable gets: `last = b[:8]`.
fn is_assigned_whole(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let tree = pass.project().tree(decl);
    match pass.sema().parents(decl).parent(Node::Expr(value)) {
        Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
            Stmt::Assign { lhs, .. } => lhs.iter().any(|&target| matches!(tree.expr(target), Expr::Ident(_))),
            _ => false,
        },
        _ => false,
    }
}

/// Whether it is done in a loop: then the parts may be all of it together.
fn is_in_loop(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let tree = pass.project().tree(decl);
    let is_loop = |node: Node| matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::For { .. } | Stmt::Range { .. }));
    pass.sema().parents(decl).ancestors(Node::Expr(value)).any(is_loop)
}

fn finding(pass: &Pass, retained: &Retained, confidence: Confidence) -> Finding {
    let Retained { decl, kept, view, at, .. } = retained;
    let (decl, at) = (*decl, *at);
    let small = shown(pass, decl, kept.value).map_or_else(|| "a small part".to_owned(), |text| format!("`{text}`"));
    let large = match pass.project().tree(decl).expr(at) {
        Expr::Call { fun, .. } => shown(pass, decl, *fun).unwrap_or_default(),
        _ => String::new(),
    };
    let (of, why) = match pass.sema().callee(decl, at) {
        Callee::Conversion(_) => (format!("all of `{}`", shown(pass, decl, at).unwrap_or(large)), "the whole text is made here"),
        Callee::Builtin(_) => ("the whole buffer".to_owned(), "the buffer is made here"),
        _ => (format!("all that `{large}` read"), "all of it is read here"),
    };
    let message = match kept.keeper {
        Keeper::Returned { .. } => format!("returning {small} keeps {of} alive"),
        Keeper::Global => format!("storing {small} keeps {of} alive as long as the program runs"),
        Keeper::Field => format!("storing {small} keeps {of} alive"),
        Keeper::Sent => format!("sending {small} keeps {of} alive"),
    };
    let mut labels = vec![Label { span: pass.span(decl, Node::Expr(at)), text: why.to_owned() }];
    if kept.place != kept.value_place {
        labels.push(Label { span: pass.span(decl, Node::Stmt(kept.place)), text: "it leaves the function here".to_owned() });
    }
    let fix = fix::copy(pass, decl, kept.value, view.window);
    let help = fix.as_ref().map_or_else(|| "copy what is kept".to_owned(), |fix| fix.title.clone());
    Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(kept.value)),
        function: pass.function_name(decl),
        message,
        severity: pass.severity,
        confidence,
        labels,
        help: Some(help),
        fix,
    }
}

/// The text of an expression, if it is short.
pub(super) fn shown(pass: &Pass, decl: DeclId, expr: ExprId) -> Option<String> {
    let text = pass.text(decl, Node::Expr(expr));
    (text.len() <= 50 && !text.contains('\n')).then(|| text.to_owned())
}
