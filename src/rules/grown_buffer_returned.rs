//! `rules/grown-buffer-returned.md`: a buffer that was made large for a few bytes, which keep it.
//!
//! ```go
//! var b strings.Builder; b.Grow(1 << 20); b.WriteString("id"); return b.String()
//! ```

use super::retention;
use crate::ast::{Expr, ExprId, Node, Op};
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId};
use crate::summary::values::LARGE;
use crate::types::{Basic, Kind};

pub(super) const RULE: Rule = Rule { id: "grown-buffer-returned", page: include_str!("../../rules/grown-buffer-returned.md"), check };

/// How many bytes a number, a rune or a boolean has as text.
const NUMBER: u64 = 32;

fn check(pass: &mut Pass) {
    retention::check_kept(pass, &["Grow", "append"], judge);
}

fn judge(pass: &Pass, decl: DeclId, value: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Expr::Call { fun, .. } = tree.expr(tree.unparen(value)) else { return None };
    let Callee::Function(function) = sema.callee(decl, tree.unparen(value)) else { return appended(pass, decl, value) };
    if !matches!(&*function.key, "strings.Builder.String" | "bytes.Buffer.Bytes") {
        return None;
    }
    let Expr::Selector { x, .. } = *tree.expr(tree.unparen(*fun)) else { return None };
    let buffer = pass.summaries.local_of(decl, x)?;
    let (grown, size) = grown(pass, decl, buffer)?;
    let written = written(pass, decl, buffer)?;
    (written <= size / 8).then(|| finding(pass, decl, value, grown, size))
}

fn finding(pass: &Pass, decl: DeclId, value: ExprId, made: ExprId, size: u64) -> Finding {
    Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(value)),
        function: pass.function_name(decl),
        message: format!("a few bytes keep a buffer of {size} bytes alive"),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: vec![Label { span: pass.span(decl, Node::Expr(made)), text: "it is made so large here".to_owned() }],
        help: Some("do not make the buffer larger than what is written, or copy what is kept".to_owned()),
        fix: None,
    }
}

/// `append(b, "key"...)`, for a b that was made large and empty.
fn appended(pass: &Pass, decl: DeclId, value: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Expr::Call { args, .. } = tree.expr(value) else { return None };
    let (&to, rest) = args.split_first()?;
    if sema.callee(decl, value) != Callee::Builtin("append") {
        return None;
    }
    let local = sema.scopes(decl).local(pass.summaries.local_of(decl, to)?);
    let made = local.only_value()?;
    let Expr::Call { args: sizes, .. } = tree.expr(made) else { return None };
    let &[_, length, capacity] = &sizes[..] else { return None };
    if sema.callee(decl, made) != Callee::Builtin("make") || sema.int(decl, length) != Some(0) {
        return None;
    }
    let size = u64::try_from(sema.int(decl, capacity)?).ok().filter(|&size| size >= LARGE)?;
    let bytes: Option<u64> = rest.iter().map(|&arg| length_of(pass, decl, arg)).sum();
    (bytes? <= size / 8).then(|| finding(pass, decl, value, made, size))
}

/// Where a buffer is grown to a constant size that is large.
fn grown(pass: &Pass, decl: DeclId, buffer: LocalId) -> Option<(ExprId, u64)> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    tree.index.calls.iter().find_map(|&call| {
        let Expr::Call { args, .. } = tree.expr(call) else { return None };
        let Callee::Function(function) = sema.callee(decl, call) else { return None };
        let is_it = function.name() == "Grow" && function.receiver.is_some_and(|of| pass.summaries.local_of(decl, of) == Some(buffer));
        let size = u64::try_from(sema.int(decl, *args.first()?)?).ok()?;
        (is_it && size >= LARGE).then_some((call, size))
    })
}

/// How many bytes are written to a buffer at most; unknown if it is used in any other way, or in a loop.
fn written(pass: &Pass, decl: DeclId, buffer: LocalId) -> Option<u64> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut bytes: u64 = 0;
    for ident in sema.scopes(decl).uses(buffer).filter(|&ident| ident != sema.scopes(decl).local(buffer).ident) {
        let mut around = parents
            .ancestors(Node::Expr(ident))
            .filter(|node| !matches!(node, Node::Expr(id) if matches!(tree.expr(*id), Expr::Paren { .. })));
        let repeats = |node: Node| match node {
            Node::Stmt(id) => crate::ast::Parents::is_loop(tree, id),
            Node::Expr(id) => matches!(tree.expr(id), Expr::FuncLit { .. }),
        };
        if parents.ancestors(Node::Expr(ident)).any(repeats) {
            return None;
        }
        let Some(Node::Expr(first)) = around.next() else { return None };
        let (Some(Node::Expr(call)), is_address) = (around.next(), matches!(tree.expr(first), Expr::Unary { op: Op::And, .. })) else {
            return None;
        };
        let Expr::Call { args, .. } = tree.expr(call) else { return None };
        let Callee::Function(function) = sema.callee(decl, call) else { return None };
        let given = match (function.name(), is_address) {
            ("Grow" | "Len" | "Cap" | "String" | "Bytes" | "Reset", false) => continue,
            ("WriteByte" | "WriteRune", false) => NUMBER,
            ("WriteString" | "Write", false) => length_of(pass, decl, *args.first()?)?,
            ("Fprintf" | "Fprint" | "Fprintln", true) => args.iter().skip(1).map(|&arg| length_of(pass, decl, arg)).sum::<Option<u64>>()?,
            _ => return None,
        };
        bytes = bytes.saturating_add(given);
    }
    Some(bytes)
}

/// How long a value is as text at most.
fn length_of(pass: &Pass, decl: DeclId, value: ExprId) -> Option<u64> {
    let sema = pass.sema();
    if let Some(constant) = sema.types.info(decl).constant(value).and_then(|constant| constant.length()) {
        return Some(constant);
    }
    match sema.behind(sema.type_of(decl, value)) {
        Kind::Basic(basic) if basic.is_numeric() || *basic == Basic::Bool => Some(NUMBER),
        _ => None,
    }
}
