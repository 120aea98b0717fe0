//! `rules/finalizer-never-runs.md`: a finalizer or cleanup that keeps alive what it waits for.
//!
//! ```go
//! runtime.SetFinalizer(f, func(*file) { close(f.fd) }) // the closure has f, so f is never collected
//! ```

use crate::ast::{Expr, ExprId, Node, Op, Stmt, Tree};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId, Sema, Value};

pub(super) const RULE: Rule = Rule { id: "finalizer-never-runs", page: include_str!("../../rules/finalizer-never-runs.md"), check };

const SET_FINALIZER: &str = "runtime.SetFinalizer";
const ADD_CLEANUP: &str = "runtime.AddCleanup";

fn check(pass: &mut Pass) {
    let decls =
        pass.decls(|decl| decl.kind == DeclKind::Func && ["SetFinalizer", "AddCleanup"].into_iter().any(|name| decl.mentions.name(name)));
    for decl in decls {
        for &call in &pass.project().tree(decl).index.calls {
            let finding = judge(pass, decl, call);
            pass.findings.extend(finding);
        }
    }
}

/// The object that is waited for, as the function knows it.
#[derive(Clone, Copy)]
struct Object {
    local: LocalId,
    /// `&x`: the variable is the object; else it points to it.
    is_variable: bool,
}

/// One function, and the object.
struct Scene<'a> {
    sema: &'a Sema<'a>,
    tree: &'a Tree,
    decl: DeclId,
    object: Object,
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Expr::Call { args, .. } = tree.expr(call) else { return None };
    let is_cleanup = match sema.callee(decl, call) {
        Callee::Function(function) if function.key == SET_FINALIZER => false,
        Callee::Function(function) if function.key == ADD_CLEANUP => true,
        _ => return None,
    };
    let (&target, &action) = (args.first()?, args.get(1)?);
    let scene = Scene { sema, tree, decl, object: object(sema, decl, target)? };
    if scene.is_set_again(call) {
        return None;
    }
    let shown = pass.text(decl, Node::Expr(target));
    let (held, message, confidence) = if is_cleanup {
        // What has the object itself makes AddCleanup panic, and needs no rule.
        let holder = args[1..].iter().find_map(|&arg| scene.holder(arg))?;
        (holder, format!("the cleanup never runs: what it gets holds `{shown}`, which is never collected"), Confidence::Medium)
    } else if let Some(ident) = scene.captured(action) {
        (ident, format!("the finalizer never runs: it holds `{shown}`, which is never collected"), Confidence::High)
    } else if let Some(holder) = scene.holder(action) {
        (holder, format!("the finalizer never runs: it holds what holds `{shown}`, which is never collected"), Confidence::Medium)
    } else {
        let back = scene.cycle()?;
        (back, format!("the finalizer never runs: `{shown}` is part of a cycle, which is never collected"), Confidence::Medium)
    };
    let help = if is_cleanup {
        "give the cleanup only what it needs, without the way back to the object"
    } else {
        "use the finalizer's parameter, or `runtime.AddCleanup` with what has to be released"
    };
    Some(Finding {
        rule: pass.rule,
        span: first_line(pass, decl, Node::Expr(call)),
        function: pass.function_name(decl),
        message,
        severity: pass.severity,
        confidence,
        labels: vec![Label { span: first_line(pass, decl, Node::Expr(held)), text: "this keeps the object alive".to_owned() }],
        help: Some(help.to_owned()),
        fix: None,
    })
}

fn first_line(pass: &Pass, decl: DeclId, node: Node) -> crate::source::Span {
    let span = pass.span(decl, node);
    let line = pass.text(decl, node).lines().next().unwrap_or_default().len() as u32;
    crate::source::Span { end: span.start + line, ..span }
}

/// The object, if it is a local variable that is set once, or the address of one.
fn object(sema: &Sema, decl: DeclId, target: ExprId) -> Option<Object> {
    let tree = sema.tree(decl);
    let target = tree.unparen(target);
    let (ident, is_variable) = match *tree.expr(target) {
        Expr::Unary { op: Op::And, x } => (tree.unparen(x), true),
        _ => (target, false),
    };
    let local = sema.scopes(decl).of_ident(ident)?;
    // A variable that points to something else later keeps nothing of this.
    (is_variable || sema.scopes(decl).local(local).writes.len() <= 1).then_some(Object { local, is_variable })
}

impl Scene<'_> {
    /// Whether an expression is the object's pointer.
    fn is_object(&self, expr: ExprId) -> bool {
        let expr = self.tree.unparen(expr);
        match *self.tree.expr(expr) {
            Expr::Unary { op: Op::And, x } if self.object.is_variable => self.names(self.tree.unparen(x), self.object.local),
            Expr::Ident(_) => !self.object.is_variable && self.names(expr, self.object.local),
            _ => false,
        }
    }

    fn names(&self, ident: ExprId, local: LocalId) -> bool {
        matches!(self.tree.expr(ident), Expr::Ident(_)) && self.sema.scopes(self.decl).of_ident(ident) == Some(local)
    }

    /// Where a function literal mentions the object, or a method value is bound to it.
    fn captured(&self, action: ExprId) -> Option<ExprId> {
        let action = self.tree.unparen(action);
        match *self.tree.expr(action) {
            Expr::FuncLit { .. } => self.mention(action, self.object.local),
            Expr::Selector { x, .. } if self.is_object(x) && self.binds_pointer(action) => Some(x),
            _ => None,
        }
    }

    /// Whether a method value keeps the pointer, not a copy of the value.
    fn binds_pointer(&self, selector: ExprId) -> bool {
        let Callee::Function(function) = self.sema.function_value(self.decl, selector) else { return false };
        let [method] = function.decls[..] else { return false };
        let tree = self.sema.tree(method);
        let receiver = tree.func().and_then(|func| func.recv.as_ref()).and_then(|recv| recv.fields.first());
        receiver.is_some_and(|field| matches!(tree.expr(tree.unparen(field.ty)), Expr::Star { .. }))
    }

    /// The first mention of a variable in an expression.
    fn mention(&self, within: ExprId, local: LocalId) -> Option<ExprId> {
        let range = self.tree.expr_range(within);
        let inside = |ident: &ExprId| (range.start..range.end).contains(&self.tree.expr_range(*ident).start);
        self.sema.scopes(self.decl).uses(local).find(inside)
    }

    /// What holds the object in an expression that is not the object: a literal, a variable that has one, a closure over such a variable.
    fn holder(&self, expr: ExprId) -> Option<ExprId> {
        let expr = self.tree.unparen(expr);
        let scopes = self.sema.scopes(self.decl);
        match *self.tree.expr(expr) {
            Expr::FuncLit { .. } => {
                let holders = (0..scopes.locals.len() as u32).map(LocalId).filter(|&local| scopes.local(local).captured);
                holders.filter(|&local| self.holds(local).is_some()).find_map(|local| self.mention(expr, local))
            }
            Expr::Ident(_) => self.holds(scopes.of_ident(expr)?),
            _ => self.literal(expr),
        }
    }

    /// A variable that is set once, to a literal with the object in it, and whose fields are not set.
    fn holds(&self, local: LocalId) -> Option<ExprId> {
        let value = self.sema.scopes(self.decl).local(local).only_value()?;
        let is_other = local != self.object.local && self.set_fields(local).next().is_none();
        is_other.then(|| self.literal(self.tree.unparen(value))).flatten()
    }

    /// `&holder{n: x}`, also some literals deep.
    fn literal(&self, expr: ExprId) -> Option<ExprId> {
        let mut waiting = vec![expr];
        while let Some(expr) = waiting.pop() {
            let expr = self.tree.unparen(expr);
            match *self.tree.expr(expr) {
                Expr::Unary { op: Op::And, x } => waiting.push(x),
                Expr::CompositeLit { ref elts, .. } => {
                    let value = |elt: &ExprId| match *self.tree.expr(*elt) {
                        Expr::KeyValue { value, .. } => value,
                        _ => *elt,
                    };
                    if let Some(held) = elts.iter().map(value).find(|&value| self.is_object(value)) {
                        return Some(held);
                    }
                    // An address is followed only in front of a literal.
                    let inner = |expr: &ExprId| match *self.tree.expr(self.tree.unparen(*expr)) {
                        Expr::Unary { op: Op::And, x } => matches!(self.tree.expr(self.tree.unparen(x)), Expr::CompositeLit { .. }),
                        Expr::CompositeLit { .. } => true,
                        _ => false,
                    };
                    waiting.extend(elts.iter().map(value).filter(inner));
                }
                _ => {}
            }
        }
        None
    }

    /// The values that the function sets fields of a variable to, with the fields.
    fn set_fields(&self, local: LocalId) -> impl Iterator<Item = (&str, ExprId)> {
        let assigns = self.tree.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Assign { lhs, rhs, .. } if lhs.len() == rhs.len() => Some(lhs.iter().zip(rhs)),
            _ => None,
        });
        assigns.flatten().filter_map(move |(&target, &value)| match *self.tree.expr(target) {
            Expr::Selector { x, sel } if self.names(self.tree.unparen(x), local) => Some((self.tree.ident(sel)?, value)),
            _ => None,
        })
    }

    /// Where something that the object points to points back: each of the fields is set once, and `x.self = x` is no cycle.
    fn cycle(&self) -> Option<ExprId> {
        let scopes = self.sema.scopes(self.decl);
        let forth: Vec<(&str, ExprId)> = self.set_fields(self.object.local).collect();
        let once = |field: &str, all: &[(&str, ExprId)]| all.iter().filter(|(other, _)| *other == field).count() == 1;
        forth.iter().filter(|(field, _)| once(field, &forth)).find_map(|&(_, value)| {
            let value = self.tree.unparen(value);
            let other = scopes.of_ident(value).filter(|&other| self.names(value, other) && other != self.object.local)?;
            // A copy of a struct would be a part of the object itself.
            let ty = self.sema.type_of_local(self.decl, other);
            let [write] = scopes.local(other).writes[..] else { return None };
            if self.sema.pointee(ty) == ty {
                return None;
            }
            let back: Vec<(&str, ExprId)> = self.set_fields(other).collect();
            let set =
                back.iter().filter(|(field, _)| once(field, &back)).find(|(_, value)| self.is_object(*value)).map(|&(_, value)| value);
            let made = match write.value {
                Value::Expr(value) if back.is_empty() => self.literal(value),
                _ => None,
            };
            set.or(made)
        })
    }

    /// Whether the function sets another finalizer for the object, or takes this one away.
    fn is_set_again(&self, own: ExprId) -> bool {
        self.tree.index.calls.iter().filter(|&&call| call != own).any(|&call| {
            let Expr::Call { args, .. } = self.tree.expr(call) else { return false };
            args.first().is_some_and(|&first| self.is_object(first))
                && matches!(self.sema.callee(self.decl, call), Callee::Function(function) if function.key == SET_FINALIZER)
        })
    }
}
