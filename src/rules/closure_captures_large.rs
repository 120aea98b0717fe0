//! `rules/closure-captures-large.md`: a closure that lives long keeps all of what it only asks something of.
//!
//! ```go
//! data, _ := os.ReadFile(path); hooks = append(hooks, func() { fmt.Println(len(data)) })
//! ```

use super::retention::kept::{self, Keeper};
use crate::ast::{Expr, ExprId, Node, Op};
use crate::facts::{EffectKind, Target};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId, LocalKind};
use crate::summary::values::{LARGE, Source, Window};

pub(super) const RULE: Rule = Rule { id: "closure-captures-large", page: include_str!("../../rules/closure-captures-large.md"), check };

fn check(pass: &mut Pass) {
    let is_literal = |pass: &Pass, decl: DeclId, expr: ExprId| matches!(pass.project().tree(decl).expr(expr), Expr::FuncLit { .. });
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.has(Keyword::Func)) {
        let tree = pass.project().tree(decl);
        if tree.index.func_lits.is_empty() {
            continue;
        }
        let kept = kept::all(pass.summaries, decl);
        let global = kept.iter().filter(|kept| kept.keeper == Keeper::Global).map(|kept| kept.value);
        let mut literals: Vec<ExprId> = global.chain(registered(pass, decl)).filter(|&value| is_literal(pass, decl, value)).collect();
        literals.sort_unstable();
        literals.dedup();
        for literal in literals {
            let finding = judge(pass, decl, literal);
            pass.findings.extend(finding);
        }
    }
    if !pass.findings.is_empty() && pass.is_short_lived() {
        pass.findings.clear();
    }
}

/// What is handed to functions that keep it as long as the program runs.
fn registered(pass: &Pass, decl: DeclId) -> Vec<ExprId> {
    let tree = pass.project().tree(decl);
    let given = |&call: &ExprId| {
        let Expr::Call { args, .. } = tree.expr(call) else { return Vec::new() };
        // Most calls get no literal.
        if !args.iter().any(|&arg| matches!(tree.expr(arg), Expr::FuncLit { .. })) {
            return Vec::new();
        }
        let Callee::Function(function) = pass.sema().callee(decl, call) else { return Vec::new() };
        // These keep it only until it was called.
        if matches!(&*function.key, "time.AfterFunc" | "context.AfterFunc") || function.name() == "Cleanup" {
            return Vec::new();
        }
        let effects = pass.sema().facts.effects(&function.key).iter();
        let kept = effects.filter_map(|effect| match (effect.kind, effect.target) {
            (EffectKind::Registers, Target::Arg(at)) => args.get(at).copied(),
            _ => None,
        });
        kept.collect()
    };
    tree.index.calls.iter().flat_map(given).collect()
}

fn judge(pass: &Pass, decl: DeclId, literal: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let (scopes, parents) = (sema.scopes(decl), sema.parents(decl));
    let captured = (0..scopes.locals.len() as u32).map(LocalId).find(|&local| {
        let inside = |ident: &ExprId| parents.within(Node::Expr(*ident), Node::Expr(literal));
        let mut uses = scopes.uses(local).filter(inside).peekable();
        let declared_inside = inside(&scopes.local(local).ident);
        uses.peek().is_some() && !declared_inside && uses.all(|ident| asks_little(pass, decl, ident)) && is_large(pass, decl, local)
    })?;
    let name = &scopes.local(captured).name;
    let used = scopes.uses(captured).find(|&ident| parents.within(Node::Expr(ident), Node::Expr(literal)))?;
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Stmt(parents.stmt(Node::Expr(literal))?)),
        function: pass.function_name(decl),
        message: format!("a closure that is kept keeps all of `{name}`, of which it needs little"),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: vec![Label { span: pass.span(decl, Node::Expr(used)), text: "this is all that it needs".to_owned() }],
        help: Some("ask before the closure is made, and let it capture the answer".to_owned()),
        fix: None,
    })
}

/// Whether all that is done with a variable is `len(x)`, or reading a small part.
fn asks_little(pass: &Pass, decl: DeclId, ident: ExprId) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut value = ident;
    while let Some(Node::Expr(around)) = parents.parent(Node::Expr(value)) {
        match *tree.expr(around) {
            Expr::Paren { .. } | Expr::Star { .. } => value = around,
            Expr::Selector { x, sel } if x == value && sema.field(decl, sel).is_some() => value = around,
            Expr::Index { x, .. } if x == value => value = around,
            Expr::Call { ref args, .. } if args.len() == 1 && matches!(sema.callee(decl, around), Callee::Builtin("len" | "cap")) => {
                return true;
            }
            Expr::Unary { op: Op::And, .. } | Expr::Slice { .. } | Expr::Selector { .. } => return false,
            _ => break,
        }
    }
    value != ident && sema.types.size(sema.type_of(decl, value), decl.file).is_some_and(|size| size <= 64) && {
        let ty = sema.type_of(decl, value);
        sema.holds_nothing(ty) && !matches!(sema.behind(ty), crate::types::Kind::Slice(_) | crate::types::Kind::Pointer(_))
    }
}

/// Whether a variable holds something that was read whole, or leads to a large struct.
fn is_large(pass: &Pass, decl: DeclId, local: LocalId) -> bool {
    let sema = pass.sema();
    let info = sema.scopes(decl).local(local);
    let ty = sema.type_of_local(decl, local);
    let by_size = || {
        let is_given = matches!(info.kind, LocalKind::Param(_) | LocalKind::Receiver);
        let pointee = sema.pointee(ty);
        is_given && pointee != ty && sema.types.size(pointee, decl.file).is_some_and(|size| size >= LARGE)
    };
    let is_read = || {
        let view = sema.scopes(decl).uses(local).last().and_then(|ident| pass.summaries.view(decl, ident));
        view.is_some_and(|view| matches!(view.source, Source::Big { .. }) && view.window == Window::Whole && view.sure)
    };
    by_size() || (pass.summaries.is_text(ty) && is_read())
}
