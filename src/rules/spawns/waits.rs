//! Does every path of a goroutine's body wait for a thing that is the same for all goroutines that a loop starts?
//!
//! ```go
//! for range t.C {
//! 	go func() { refresh(); <-ctx.Done() }() // each waits for the end of ctx
//! }
//! ```
//!
//! Such a thing is the end of a context without a deadline, and a channel of which nobody takes values: it is only ever closed. A `select`
//! waits for it if all its cases do.
//!
//! Not here: whether the loop ends first (the rules).

use super::{Started, flow_of, received, root, run_by};
use crate::ast::{ChanDir, Expr, ExprId, Node, Stmt, StmtId};
use crate::finding::Confidence;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::lifetime::body::Body;
use crate::sema::{Callee, Local, LocalKind, Value};
use crate::types::Kind;

/// How many calls lead to the wait at most.
const DEPTH: u8 = 3;

/// Where every path waits.
pub(in crate::rules) struct Wait {
    pub(in crate::rules) decl: DeclId,
    pub(in crate::rules) node: Node,
    /// What for; nothing for `select {}` and a loop that no path leaves.
    pub(in crate::rules) thing: Option<ExprId>,
    pub(in crate::rules) confidence: Confidence,
}

/// What every path of a started body waits for, if that is made before a loop.
pub(in crate::rules) fn of(pass: &Pass, started: &Started, around: StmtId) -> Option<Wait> {
    Search { pass, around, outer: started.decl }.body(started, DEPTH)
}

struct Search<'s, 'a> {
    pass: &'s Pass<'a>,
    /// The loop, and the declaration it is in.
    around: StmtId,
    outer: DeclId,
}

impl Search<'_, '_> {
    fn body(&self, started: &Started, depth: u8) -> Option<Wait> {
        let body = flow_of(self.pass, started.body)?;
        let (graph, returns) = (&body.graph, |call| body.returns(call));
        let mut first = None;
        let mut seen = vec![false; graph.blocks.len()];
        let mut stack = vec![graph.entry];
        seen[graph.entry.0 as usize] = true;
        while let Some(block) = stack.pop() {
            if block == graph.exit {
                return None;
            }
            let waits = graph.block(block).nodes.iter().find_map(|&node| self.node(started, &body, node, depth));
            if let Some(wait) = waits {
                first.get_or_insert(wait);
                continue;
            }
            for edge in graph.edges(block, &returns) {
                if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                    stack.push(edge.to);
                }
            }
        }
        // A body that only ends by a panic does not wait.
        let found: Wait = first?;
        let confidence = if self.works_after(&body, &found) { Confidence::Medium } else { found.confidence };
        Some(Wait { confidence, ..found })
    }

    fn node(&self, started: &Started, body: &Body, node: Node, depth: u8) -> Option<Wait> {
        let decl = body.decl;
        let tree = self.pass.sema().tree(decl);
        let Node::Stmt(stmt) = node else { return None };
        if body.graph.is_comm(stmt) {
            return None;
        }
        match tree.stmt(stmt) {
            Stmt::Select { .. } => {
                let mut wait = Wait { decl, node, thing: None, confidence: Confidence::High };
                for &clause in tree.clauses(stmt) {
                    let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return None };
                    let chan = received(tree, comm)?;
                    wait.confidence = wait.confidence.min(self.signal(started, chan)?);
                    wait.thing = wait.thing.or(Some(chan));
                }
                Some(wait)
            }
            Stmt::Expr { .. } | Stmt::Assign { .. } => {
                if let Some(chan) = received(tree, stmt) {
                    let confidence = self.signal(started, chan)?;
                    return Some(Wait { decl, node, thing: Some(chan), confidence });
                }
                self.call(started, stmt, depth)
            }
            _ => None,
        }
    }

    /// A function of the package's own that waits.
    fn call(&self, started: &Started, stmt: StmtId, depth: u8) -> Option<Wait> {
        let (sema, decl) = (self.pass.sema(), started.body.0);
        let tree = sema.tree(decl);
        let Stmt::Expr { x } = *tree.stmt(stmt) else { return None };
        let Expr::Call { fun, args, .. } = tree.expr(tree.unparen(x)) else { return None };
        let depth = depth.checked_sub(1)?;
        let (callee, receiver) = run_by(sema, decl, *fun)?;
        // What the callee gets must be the same for all goroutines; it is looked up where the goroutines are started.
        let up = |expr: ExprId| match sema.tree(decl).expr(tree.unparen(expr)) {
            Expr::Ident(_) => started.bound(sema, tree.unparen(expr)).filter(|bound| bound.decl == self.outer).map(|bound| bound.expr),
            _ => None,
        };
        let mut given = Vec::new();
        for &arg in args {
            // Something of the goroutine's own in its place is never taken for the same.
            given.push(up(arg).or(if decl == self.outer { Some(arg) } else { None })?);
        }
        let inner = Started { decl: self.outer, stmt: started.stmt, body: callee, args: given, receiver: receiver.and_then(up) };
        self.body(&inner, depth)
    }

    /// Whether a channel is a signal that is the same for all goroutines, and how sure that is.
    fn signal(&self, started: &Started, chan: ExprId) -> Option<Confidence> {
        let sema = self.pass.sema();
        let decl = started.body.0;
        let tree = sema.tree(decl);
        let chan = tree.unparen(chan);
        if let Expr::Call { fun, .. } = *tree.expr(chan) {
            let Callee::Function(function) = sema.callee(decl, chan) else { return None };
            let Expr::Selector { x, .. } = *tree.expr(tree.unparen(fun)) else { return None };
            return (function.key == "context.Context.Done" && self.is_same(started, x)).then_some(Confidence::High);
        }
        if !self.is_same(started, chan) || self.is_sent_on(started, chan) {
            return None;
        }
        let Kind::Chan(dir, of) = sema.behind(sema.type_of(decl, chan)) else { return None };
        let is_empty = matches!(sema.behind(*of), Kind::Struct(fields) if fields.is_empty());
        match (sema.behind(*of), dir) {
            (_, ChanDir::Send) => None,
            _ if is_empty && (*dir == ChanDir::Recv || self.is_made(started, chan)) => Some(Confidence::High),
            (Kind::Struct(_), _) if is_empty && !self.is_local(started, chan) => Some(Confidence::Medium),
            (Kind::Basic(_), _) if sema.key(*of) == "bool" && !self.is_local(started, chan) => Some(Confidence::Medium),
            _ => None,
        }
    }

    /// Whether an expression of the goroutine's body, `x` or `x.f`, is the same for all turns of the loop, and ends with no deadline. A
    /// context made by a `context.With…` without `Cancel` in its name counts as one with a deadline, also by `WithValue`: its parent may
    /// have one.
    fn is_same(&self, started: &Started, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let Some((ident, _)) = root(sema, started.body.0, expr) else { return false };
        let Some(bound) = started.bound(sema, ident) else { return false };
        let tree = sema.tree(bound.decl);
        if bound.decl != self.outer {
            return false;
        }
        if self.is_reassigned(started.body.0, expr) || self.is_reassigned(bound.decl, bound.expr) {
            return false;
        }
        let Some((_, local)) = root(sema, bound.decl, bound.expr) else { return false };
        let info = sema.scopes(bound.decl).local(local);
        let parents = sema.parents(bound.decl);
        let turns = |node: Node| parents.within(node, Node::Stmt(self.around));
        let ends_itself = |write: &crate::sema::Write| match write.value {
            Value::Expr(of) | Value::Result { of, .. } => match sema.callee(bound.decl, of) {
                Callee::Function(function) => function.key.starts_with("context.With") && !function.key.contains("Cancel"),
                _ => false,
            },
            _ => false,
        };
        let is_call = |value: Value| match value {
            Value::Expr(of) | Value::Result { of, .. } => matches!(tree.expr(of), Expr::Call { .. }),
            _ => false,
        };
        let ends = info.writes.iter().any(|write| is_call(write.value) && ends_itself(write));
        !info.address_taken && !ends && !turns(Node::Expr(info.ident)) && !info.writes.iter().any(|write| turns(Node::Stmt(write.stmt)))
    }

    /// Whether `x.f` is a field to which something is assigned anywhere: each goroutine may have had another one.
    fn is_reassigned(&self, decl: DeclId, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(decl);
        let Expr::Selector { sel, .. } = *tree.expr(tree.unparen(expr)) else { return false };
        let Some(name) = tree.ident(sel) else { return true };
        sema.decls_that_mention(self.pass.package, name).into_iter().any(|decl| {
            let tree = sema.tree(decl);
            tree.stmts.iter().any(|stmt| match stmt {
                Stmt::Assign { lhs, .. } => lhs.iter().any(|&left| match *tree.expr(left) {
                    Expr::Selector { sel, .. } => tree.ident(sel) == Some(name),
                    _ => false,
                }),
                _ => false,
            })
        })
    }

    /// Whether somebody sends on something that is called like the channel: then values come, not only the end. Of a field any function of
    /// the package may, of a variable the function that starts the goroutines and the one in which the body stands.
    fn is_sent_on(&self, started: &Started, chan: ExprId) -> bool {
        let sema = self.pass.sema();
        let name = |decl: DeclId, expr: ExprId| {
            let tree = sema.tree(decl);
            match *tree.expr(tree.unparen(expr)) {
                Expr::Selector { sel, .. } => tree.ident(sel).map(str::to_owned),
                _ => tree.ident(tree.unparen(expr)).map(str::to_owned),
            }
        };
        let mut names = vec![name(started.body.0, chan)];
        if let Some((ident, _)) = root(sema, started.body.0, chan)
            && let Some(bound) = started.bound(sema, ident)
        {
            names.push(name(bound.decl, bound.expr));
        }
        let is_field = matches!(sema.tree(started.body.0).expr(chan), Expr::Selector { .. });
        let mut decls = vec![started.decl, started.body.0];
        if is_field {
            decls = self.pass.decls(|decl| names.iter().flatten().any(|name| decl.mentions.name(name)));
        }
        decls.into_iter().any(|decl| {
            sema.tree(decl).stmts.iter().any(|stmt| match stmt {
                Stmt::Send { chan, .. } => names.contains(&name(decl, *chan)),
                _ => false,
            })
        })
    }

    /// Whether the channel is a variable of the function that starts the goroutines, made there.
    fn is_made(&self, started: &Started, chan: ExprId) -> bool {
        let sema = self.pass.sema();
        let Some((decl, local)) = self.variable(started, chan) else { return false };
        let tree = sema.tree(decl);
        // What the same function closes is the start of all, and not their end.
        let is_closed = tree.index.calls.iter().any(|&call| match tree.expr(call) {
            Expr::Call { args, .. } if args.len() == 1 => {
                tree.ident(args[0]) == Some(&local.name) && sema.callee(decl, call) == Callee::Builtin("close")
            }
            _ => false,
        });
        if is_closed {
            return false;
        }
        let made = |value: Value| match value {
            Value::Expr(of) => matches!(sema.callee(decl, of), Callee::Builtin("make")),
            _ => false,
        };
        local.kind == LocalKind::Var && !local.writes.is_empty() && local.writes.iter().all(|write| made(write.value))
    }

    /// Whether the channel is a variable of the function that starts the goroutines: what else it does with it decides.
    fn is_local(&self, started: &Started, chan: ExprId) -> bool {
        self.variable(started, chan).is_some_and(|(_, local)| local.kind == LocalKind::Var)
    }

    /// The variable that a channel of the body is where the goroutines are started, and the declaration it is in.
    fn variable(&self, started: &Started, chan: ExprId) -> Option<(DeclId, &Local)> {
        let sema = self.pass.sema();
        let bound = started.bound(sema, chan)?;
        let scopes = sema.scopes(bound.decl);
        let local = scopes.of_ident(sema.tree(bound.decl).unparen(bound.expr))?;
        Some((bound.decl, scopes.local(local)))
    }

    /// Whether something other than cleaning up comes behind the wait: then what is waited for may be a turn, and not an end.
    fn works_after(&self, body: &Body, wait: &Wait) -> bool {
        let Some(chan) = wait.thing.filter(|_| wait.decl == body.decl) else { return false };
        let tree = self.pass.sema().tree(body.decl);
        if matches!(tree.expr(chan), Expr::Call { .. }) {
            return false;
        }
        let end = tree.range(wait.node).end;
        let is_cleanup = |call: ExprId| match *tree.expr(call) {
            Expr::Call { fun, .. } => match *tree.expr(tree.unparen(fun)) {
                Expr::Selector { sel, .. } => matches!(tree.ident(sel), Some("Close" | "Stop" | "Done" | "Unlock" | "Shutdown" | "Cancel")),
                _ => matches!(tree.ident(fun), Some("close" | "cancel" | "delete")),
            },
            _ => false,
        };
        let parents = self.pass.sema().parents(body.decl);
        let inside = |call: ExprId| body.lit.is_none_or(|lit| parents.within(Node::Expr(call), Node::Expr(lit)));
        let mut calls = tree.index.calls.iter().copied().filter(|&call| inside(call) && tree.expr_range(call).start >= end);
        calls.any(|call| !is_cleanup(call))
    }
}
