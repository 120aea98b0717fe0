//! `rules/goroutine-no-exit.md`: a goroutine that is started again and again runs a loop that nothing leaves.
//!
//! ```go
//! func handler(w http.ResponseWriter, r *http.Request) {
//! 	go func() { for { poll(); time.Sleep(d) } }() // one more for each request
//! }
//! ```

use super::lifetime::{self, body::Body};
use super::spawns::{self, Started, endless, tickers};
use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{self, Dominators, Loops};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, Object, Sema};

pub(super) const RULE: Rule = Rule { id: "goroutine-no-exit", page: include_str!("../../rules/goroutine-no-exit.md"), check };

/// Names of methods that end what another one started.
const ENDS: &[&str] = &["Close", "Stop", "Shutdown", "Cancel", "Kill", "Terminate", "Release", "Dispose"];

fn check(pass: &mut Pass) {
    for started in spawns::all(pass) {
        let Some(endless) = endless::in_body(pass, started.body) else { continue };
        let is_other = |(ticker, _)| tickers::stopped_elsewhere(pass, &started, endless.body, ticker).is_some();
        if endless.ticker.is_some_and(is_other) {
            continue;
        }
        let Some(body) = spawns::around(pass, started.decl, started.stmt) else { continue };
        if lifetime::ends_with_the_process(pass, &body) || lifetime::runs_once(pass, &body) || is_started_once(pass, &body, &started) {
            continue;
        }
        let Some((confidence, message)) = again(pass, &started, &body, &endless) else { continue };
        let finding = Finding {
            rule: pass.rule,
            span: spawns::head(pass, started.decl, Node::Stmt(started.stmt)),
            function: pass.function_name(started.decl),
            message,
            severity: pass.severity,
            confidence,
            labels: vec![Label {
                span: spawns::head(pass, endless.body.0, Node::Stmt(endless.stmt)),
                text: "no path leaves this loop".to_owned(),
            }],
            help: Some("let the loop end with a context or a channel that is closed: `case <-ctx.Done(): return`".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}

/// Why it is started again and again, and how sure that is.
fn again(pass: &Pass, started: &Started, body: &Body, endless: &endless::Endless) -> Option<(Confidence, String)> {
    let sema = pass.sema();
    let only_at_start = spawns::runs_at_start(pass, started.decl);
    if is_in_loop(pass, started, body) && !only_at_start {
        return Some((Confidence::Medium, "each turn of a loop starts a goroutine that never ends: nothing leaves its loop".to_owned()));
    }
    if sema.is_handler(started.decl, body.lit) || body.lit.is_none() && is_called_by_handler(pass, started.decl) {
        return Some((Confidence::Medium, "each request starts a goroutine that never ends: nothing leaves its loop".to_owned()));
    }
    if only_at_start {
        return None;
    }
    let keys = sema.param_keys(body.decl, body.lit);
    let is_context = |key: &String| matches!(key.as_str(), "context.Context" | "*net/http.Request");
    if keys.iter().any(is_context) && !watches_context(sema, started, endless) {
        return Some((Confidence::Low, "each call starts a goroutine that does not watch the context: nothing leaves its loop".to_owned()));
    }
    (body.lit.is_none() && is_owner_without_end(pass, started.decl))
        .then(|| (Confidence::Low, "each call starts a goroutine that nothing can stop: nothing leaves its loop".to_owned()))
}

/// Whether it is started in a loop that turns more often than a few times.
fn is_in_loop(pass: &Pass, started: &Started, body: &Body) -> bool {
    let tree = pass.sema().tree(started.decl);
    let loops = Loops::of(&body.graph, tree);
    let constants = lifetime::Bounds { sema: pass.sema(), decl: started.decl };
    let is_long = |id| {
        let count = flow::trip_count(tree, loops.get(id).kind.stmt(), &constants);
        count.is_none_or(|count| count > pass.options.max_const_trips)
    };
    // A number of workers is chosen once; what comes is another thing each time.
    let is_each = |id| match *tree.stmt(loops.get(id).kind.stmt()) {
        Stmt::For { cond, .. } => cond.is_none(),
        // What a value has is started with it.
        Stmt::Range { x, .. } => !matches!(tree.expr(tree.unparen(x)), Expr::Selector { .. } | Expr::Call { .. }),
        _ => true,
    };
    body.graph.place(started.stmt).is_some_and(|(block, _)| loops.around(block).any(|id| is_long(id) && is_each(id)))
}

/// Whether a condition guards the start, in the same function, that asks a package variable, a field, a call or a `bool`: it may be started
/// once, or once for each key.
fn is_started_once(pass: &Pass, body: &Body, started: &Started) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(started.decl);
    let Some((block, _)) = body.graph.place(started.stmt) else { return true };
    let returns = |call| body.returns(call);
    let conditions = Dominators::of(&body.graph, &returns).conditions_at(&body.graph, block);
    conditions.into_iter().any(|(cond, _)| {
        let mut keeps = false;
        tree.walk(Node::Expr(cond), |node| {
            if let Node::Expr(expr) = node {
                keeps |= match tree.expr(expr) {
                    Expr::Selector { .. } | Expr::Call { .. } => true,
                    Expr::Ident(_) => match sema.object(started.decl, expr) {
                        Object::Package(_) => true,
                        // `if _, ok := watched[name]; !ok`
                        Object::Local(local) => sema.key(sema.type_of_local(started.decl, local)) == "bool",
                        _ => false,
                    },
                    _ => false,
                };
            }
            true
        });
        keeps
    })
}

/// Whether a handler calls a function in any case: a statement of its own body, that no condition guards.
fn is_called_by_handler(pass: &Pass, decl: DeclId) -> bool {
    let sema = pass.sema();
    let Some((name, _)) = pass.project().decl(decl).names.first() else { return false };
    let callers = pass.decls(|caller| caller.kind == DeclKind::Func && caller.mentions.name(name));
    callers.into_iter().filter(|&caller| sema.is_handler(caller, None)).any(|caller| {
        let tree = sema.tree(caller);
        let Some(Stmt::Block { list }) = tree.func().and_then(|func| func.body).map(|body| tree.stmt(body)) else { return false };
        list.iter().any(|&stmt| {
            let Stmt::Expr { x } = *tree.stmt(stmt) else { return false };
            let call = tree.unparen(x);
            matches!(sema.callee(caller, call), Callee::Function(function) if function.decls.contains(&decl))
        })
    })
}

/// Whether the loop, or what is handed to the goroutine, has to do with a context.
fn watches_context(sema: &Sema, started: &Started, endless: &endless::Endless) -> bool {
    let is_context = |decl: DeclId, expr: ExprId| matches!(&*sema.key_of(decl, expr), "context.Context" | "*net/http.Request");
    let mut found = started.args.iter().any(|&arg| is_context(started.decl, arg));
    let decl = endless.body.0;
    let tree = sema.tree(decl);
    tree.walk(Node::Stmt(endless.stmt), |node| {
        if let Node::Expr(expr) = node {
            found |= matches!(tree.expr(expr), Expr::Ident(_) | Expr::Selector { .. }) && is_context(decl, expr);
        }
        !found
    });
    found
}

/// Whether a method, or a function that makes a value, belongs to a type that has no method to end what was started.
fn is_owner_without_end(pass: &Pass, decl: DeclId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let outline = pass.project().decl(decl);
    let name = outline.names.first().map_or("", |(name, _)| name);
    let Some(func) = tree.func() else { return false };
    let made = match (&func.recv, tree.expr(func.ty)) {
        (Some(recv), _) if matches!(name, "Start" | "Open" | "Run" | "Init") => recv.fields.first().map(|field| field.ty),
        (None, Expr::FuncType { results: Some(results), .. }) if name.starts_with("New") || name.starts_with("Open") => {
            results.fields.first().map(|field| field.ty)
        }
        _ => None,
    };
    let Some(made) = made else { return false };
    let ty = sema.type_of(decl, made);
    let of = sema.pointee(ty);
    sema.is_own(ty)
        && matches!(sema.types.kind(of), crate::types::Kind::Named(name, _) if !sema.types.declared_methods(*name).iter().any(|method| ENDS.contains(method)))
}
