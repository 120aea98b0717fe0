//! `rules/http-transport-per-call.md`: a transport that is made for one call keeps its idle connections when it is forgotten.
//!
//! ```go
//! c := &http.Client{Transport: &http.Transport{}}; resp, err := c.Get(u)
//! ```

use super::lifetime::{self, body::Body};
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::finding::{Confidence, Finding};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId, Sema};

pub(super) const RULE: Rule = Rule { id: "http-transport-per-call", page: include_str!("../../rules/http-transport-per-call.md"), check };

const REQUESTS: [&str; 6] = ["Get", "Head", "Post", "PostForm", "Do", "RoundTrip"];

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.name("Transport") || decl.mentions.name("Clone")) {
        let tree = pass.project().tree(decl);
        for made in (0..tree.exprs.len() as u32).map(ExprId) {
            if matches!(tree.expr(made), Expr::CompositeLit { .. } | Expr::Call { .. }) && makes_transport(pass.sema(), decl, made) {
                let finding = judge(pass, decl, made);
                pass.findings.extend(finding);
            }
        }
    }
}

/// Whether an expression is `http.Transport{..}`, or a copy of a transport.
fn makes_transport(sema: &Sema, decl: DeclId, expr: ExprId) -> bool {
    let tree = sema.tree(decl);
    match tree.expr(expr) {
        Expr::CompositeLit { ty: Some(ty), elts } => {
            let named = matches!(tree.expr(*ty), Expr::Selector { sel, .. } if tree.ident(*sel) == Some("Transport"));
            let idle = |elt: &ExprId| match *tree.expr(*elt) {
                Expr::KeyValue { key, .. } => matches!(tree.ident(key), Some("DisableKeepAlives" | "IdleConnTimeout")),
                _ => true,
            };
            named && !elts.iter().any(idle) && sema.key_of(decl, expr) == "net/http.Transport"
        }
        Expr::Call { fun, args, .. } if args.is_empty() => {
            let named = matches!(tree.expr(*fun), Expr::Selector { sel, .. } if tree.ident(*sel) == Some("Clone"));
            named && matches!(sema.callee(decl, expr), Callee::Function(function) if function.key == "net/http.Transport.Clone")
        }
        _ => false,
    }
}

/// What is done with a transport, or with a client that has it.
#[derive(Default)]
struct Uses {
    asks: bool,
    /// Somebody else has it, or its idle connections are closed.
    escapes: bool,
    locals: Vec<LocalId>,
}

fn judge(pass: &Pass, decl: DeclId, made: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let lit = parents.func_lit(tree, Node::Expr(made));
    let body = Body::new(pass.summaries, decl, lit, parents.body(tree, Node::Expr(made))?);
    if lifetime::ends_with_the_process(pass, &body) || lifetime::runs_once(pass, &body) {
        return None;
    }
    let mut uses = Uses::default();
    uses.value(sema, decl, made);
    let mut at = 0;
    while let Some(&local) = uses.locals.get(at) {
        at += 1;
        let info = sema.scopes(decl).local(local);
        uses.escapes |= info.function != lit;
        for ident in sema.scopes(decl).uses(local).filter(|&ident| ident != info.ident) {
            uses.value(sema, decl, ident);
        }
    }
    if uses.escapes || !uses.asks {
        return None;
    }
    let span = pass.span(decl, Node::Expr(made));
    Some(Finding {
        rule: pass.rule,
        span,
        function: pass.function_name(decl),
        message: "a new `http.Transport` for each call keeps its idle connections, each with two goroutines".to_owned(),
        severity: pass.severity,
        confidence: Confidence::High,
        labels: Vec::new(),
        help: Some("share one transport, or `defer` its `CloseIdleConnections()`".to_owned()),
        fix: None,
    })
}

impl Uses {
    /// Follows a value to what is done with it.
    fn value(&mut self, sema: &Sema, decl: DeclId, value: ExprId) {
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        let mut value = value;
        loop {
            match parents.parent(Node::Expr(value)) {
                Some(Node::Expr(around)) => match *tree.expr(around) {
                    Expr::Paren { .. } | Expr::Star { .. } | Expr::Unary { op: Op::And, .. } => value = around,
                    // The transport of a client.
                    Expr::KeyValue { key, .. } if tree.ident(key) == Some("Transport") => match parents.parent(Node::Expr(around)) {
                        Some(Node::Expr(client)) if sema.key_of(decl, client) == "net/http.Client" => value = client,
                        _ => return self.escapes = true,
                    },
                    Expr::Selector { sel, .. } => return self.selected(sema, decl, around, tree.ident(sel).unwrap_or_default()),
                    _ => return self.escapes = true,
                },
                Some(Node::Stmt(stmt)) => {
                    match tree.stmt(stmt) {
                        Stmt::Assign { lhs, rhs, .. } if lhs.len() == rhs.len() => {
                            let Some(at) = rhs.iter().position(|&expr| expr == value) else { return };
                            match scopes.of_ident(lhs[at]).filter(|_| tree.ident(lhs[at]).is_some()) {
                                Some(local) if !self.locals.contains(&local) => self.locals.push(local),
                                Some(_) => {}
                                None => self.escapes = true,
                            }
                        }
                        Stmt::Expr { .. } => {}
                        _ => self.escapes = true,
                    }
                    return;
                }
                None => return self.escapes = true,
            }
        }
    }

    fn selected(&mut self, sema: &Sema, decl: DeclId, selector: ExprId, name: &str) {
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        match parents.parent(Node::Expr(selector)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == selector) => {
                self.asks |= REQUESTS.contains(&name);
                self.escapes |= !REQUESTS.contains(&name);
            }
            // A field is set: connections that are never idle, or not for ever.
            Some(Node::Stmt(_)) => self.escapes |= matches!(name, "DisableKeepAlives" | "IdleConnTimeout"),
            _ => self.escapes = true,
        }
    }
}
