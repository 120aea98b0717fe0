//! Is what a function acquires given back on every path? The engine of all rules about lifetimes: each of them is a page, the facts that
//! name it, and a line in [`RULES`].
//!
//! ```go
//! resp, err := http.Get(u) // acquired here
//! if err != nil {
//! 	return err            // nothing was acquired
//! }
//! return check(resp)       // a leak, if check only looks at it
//! ```
//!
//! Not here: what acquires and what releases (`facts`, `summary`).

pub(super) mod body;
mod fix;
pub(super) mod known;
mod sites;
mod walk;
mod words;

use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::facts::Release;
use crate::finding::{Confidence, Finding};
use crate::flow::{self, Constants};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::project::timers::Timers;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, Object, Sema, Value};
use crate::summary::handing::Acquirers;
use body::Body;
use sites::Site;

/// A loss that the engine found, and what a rule may want to know before it is told.
pub(super) struct Candidate<'b, 'a> {
    body: &'b Body<'a>,
    site: &'b Site<'a>,
    /// A path on which it is released or handed on was found as well.
    pub(super) ever_done: bool,
}

/// Checks the rule that the pass is for.
pub(super) fn check(pass: &mut Pass) {
    check_where(pass, &|_, _| Some(Confidence::High));
}

/// Checks a rule about timers or tickers that Go's garbage collector takes since Go 1.23.
pub(super) fn check_old_timers(pass: &mut Pass) {
    let timers = pass.timers();
    if timers.timers == Timers::Old {
        check_where(pass, &|pass, candidate| (!candidate.runs_once(pass)).then_some(timers.confidence));
    }
}

/// Checks the rule that the pass is for; `judge` says how sure a loss is, or that it is none.
pub(super) fn check_where(pass: &mut Pass, judge: &dyn Fn(&Pass, &Candidate) -> Option<Confidence>) {
    let acquirers = pass.summaries.acquirers(pass.rule);
    // A package variable may be a function literal.
    let mut decls = pass.decls(|decl| matches!(decl.kind, DeclKind::Func | DeclKind::Var));
    decls.retain(|&decl| acquirers.may_be_called(pass.project(), decl) && !pass.is_owner(decl));
    for decl in decls {
        check_decl(pass, decl, &acquirers, judge);
    }
}

fn check_decl(pass: &mut Pass, decl: DeclId, acquirers: &Acquirers, judge: &dyn Fn(&Pass, &Candidate) -> Option<Confidence>) {
    let tree = pass.project().tree(decl);
    let mut last: Option<(Option<ExprId>, Body)> = None;
    for &call in &tree.index.calls {
        let Expr::Call { fun, .. } = tree.expr(call) else { continue };
        let name = match tree.expr(tree.unparen(*fun)) {
            Expr::Selector { sel, .. } => tree.ident(*sel),
            _ => tree.ident(*fun),
        };
        if !name.is_some_and(|name| acquirers.has_name(name)) {
            continue;
        }
        let parents = pass.sema().parents(decl);
        let lit = parents.func_lit(tree, Node::Expr(call));
        if last.as_ref().is_none_or(|(known, _)| *known != lit) {
            let Some(body) = parents.body(tree, Node::Expr(call)) else { continue };
            last = Some((lit, Body::new(pass.summaries, decl, lit, body)));
        }
        let Some((_, body)) = &last else { continue };
        if !body.graph.broken.is_empty() {
            continue;
        }
        // What `main` holds ends with it; but in a loop without an end it takes more and more.
        let is_last = ends_with_the_process(pass, body);
        let piles_up = |site: &Site| {
            !is_last || !body.ends_behind(site.place) && flow::reaches_again(&body.graph, site.place, &|call| body.returns(call))
        };
        for site in sites::all(body, call, pass.rule).into_iter().filter(piles_up).take_while(|_| body.may_ask()) {
            let finding = found(pass, body, &site, judge);
            pass.findings.extend(finding);
        }
    }
}

fn found(pass: &Pass, body: &Body, site: &Site, judge: &dyn Fn(&Pass, &Candidate) -> Option<Confidence>) -> Option<Finding> {
    // What is lost once in the life of the process costs little, and is mostly meant.
    let most = if runs_once(pass, body) { Confidence::Medium } else { Confidence::High };
    if site.discarded {
        let confidence = judge(pass, &Candidate { body, site, ever_done: false })?.min(most);
        return Some(words::discarded(pass, body, site, confidence));
    }
    let outcome = walk::of(body, site);
    if outcome.leaks.is_empty() {
        return None;
    }
    let confidence = judge(pass, &Candidate { body, site, ever_done: outcome.ever_done })?.min(most);
    Some(words::leaked(pass, body, site, &outcome, confidence))
}

/// `main` ends with the process, and `init` is run once.
pub(super) fn ends_with_the_process(pass: &Pass, body: &Body) -> bool {
    let file = pass.project().file(body.decl.file);
    body.lit.is_none()
        && match pass.function_name(body.decl).as_str() {
            "main" => pass.project().package(file.package).name == "main",
            "init" => true,
            "TestMain" => file.test,
            _ => false,
        }
}

/// Whether a body is a function literal that a `sync.Once` runs.
pub(super) fn runs_once(pass: &Pass, body: &Body) -> bool {
    let sema = pass.sema();
    let Some(lit) = body.lit else { return false };
    let Some(Node::Expr(call)) = sema.parents(body.decl).parent(Node::Expr(lit)) else { return false };
    let once = |key: &str| matches!(key, "sync.Once.Do" | "sync.OnceFunc" | "sync.OnceValue" | "sync.OnceValues");
    matches!(pass.project().tree(body.decl).expr(call), Expr::Call { .. })
        && matches!(sema.callee(body.decl, call), Callee::Function(function) if once(&function.key))
}

impl Candidate<'_, '_> {
    /// The arguments of the acquiring call.
    pub(super) fn args(&self) -> &[ExprId] {
        match self.body.summaries.sema.tree(self.body.decl).expr(self.site.call) {
            Expr::Call { args, .. } => args,
            _ => &[],
        }
    }

    /// The source text of an argument.
    pub(super) fn text(&self, arg: ExprId) -> &str {
        let project = self.body.summaries.sema.project;
        let range = project.tree(self.body.decl).expr_range(arg);
        project.file(self.body.decl.file).source.slice(range.start, range.end)
    }

    /// Whether it happens once in the life of the process.
    pub(super) fn runs_once(&self, pass: &Pass) -> bool {
        runs_once(pass, self.body)
    }

    /// Whether a method of this name is called on what holds it.
    pub(super) fn is_called(&self, method: &str) -> bool {
        let sema = &self.body.summaries.sema;
        let (tree, parents, scopes) = (sema.tree(self.body.decl), sema.parents(self.body.decl), sema.scopes(self.body.decl));
        let is_method = |ident: ExprId| match parents.parent(Node::Expr(ident)) {
            Some(Node::Expr(around)) => {
                matches!(tree.expr(around), Expr::Selector { x, sel } if *x == ident && tree.ident(*sel) == Some(method))
            }
            _ => false,
        };
        self.site.holders.iter().any(|&(local, _)| scopes.uses(local).any(is_method))
    }

    /// Whether it is a second descriptor of what another one stands for, and dropped where it is made.
    pub(super) fn is_dropped_copy(&self) -> bool {
        self.site.discarded && matches!(self.site.function.rsplit('.').next(), Some("Dup" | "Dup2" | "Dup3"))
    }

    /// How it can be given back.
    pub(super) fn releases(&self) -> &[Release] {
        &self.site.held.resource.release
    }

    /// The function that acquires, as the facts name it.
    pub(super) fn function(&self) -> &str {
        &self.site.function
    }

    /// Whether the first argument is a request that was made with a context which this function cancels at its end.
    pub(super) fn request_ends(&self) -> bool {
        let sema = &self.body.summaries.sema;
        let tree = sema.tree(self.body.decl);
        let Some(&request) = self.args().first() else { return false };
        let made = self.written(request).into_iter().filter_map(|(_, value)| match value {
            Value::Expr(of) | Value::Result { of, .. } => Some(of),
            _ => None,
        });
        made.chain([tree.unparen(request)]).any(|of| match tree.expr(of) {
            Expr::Call { args, .. } => args.first().is_some_and(|&context| self.is_cancelled_at_end(context)),
            _ => false,
        })
    }

    /// Whether a context is made in this function, which defers its cancel.
    pub(super) fn is_cancelled_at_end(&self, context: ExprId) -> bool {
        let sema = &self.body.summaries.sema;
        let (tree, scopes) = (sema.tree(self.body.decl), sema.scopes(self.body.decl));
        let deferred = |local: LocalId| {
            let mut idents = scopes.uses(local);
            idents.any(|ident| {
                let stmt = sema.parents(self.body.decl).stmt(Node::Expr(ident));
                stmt.is_some_and(|stmt| matches!(tree.stmt(stmt), Stmt::Defer { .. }) && self.body.graph.place(stmt).is_some())
            })
        };
        self.written(context).into_iter().any(|(stmt, _)| {
            let cancels = |&&local: &&LocalId| {
                matches!(&*sema.key(sema.type_of_local(self.body.decl, local)), "context.CancelFunc" | "context.CancelCauseFunc")
            };
            scopes.written_by(stmt).iter().filter(cancels).any(|&local| deferred(local))
        })
    }

    /// Whether a context ends with its parent, which this function made for it and cancels on every path: `ctx, cancel :=
    /// context.WithCancelCause(ctx); ctx, _ = context.WithTimeoutCause(ctx, d, err); defer cancel(nil)`.
    pub(super) fn ends_with_parent(&self, rule: &str) -> bool {
        let body = self.body;
        let is_made = |site: &Site| site.function.starts_with("context.With");
        if !is_made(self.site) {
            return false;
        }
        let Some(&parent) = self.args().first() else { return false };
        let Some((stmt, Value::Result { of, index: 0, .. })) = self.written_last(parent) else { return false };
        let Some(made) = body.graph.place(stmt) else { return false };
        let own = sites::context(body, of, rule).filter(|site| is_made(site) && !site.discarded);
        own.is_some_and(|site| {
            body.is_always_before(made, self.site.place)
                && walk::of(body, &site).leaks.is_empty()
                && body.is_once_behind(self.site.place, made)
        })
    }

    /// The transaction to which the acquiring call belongs: that of `tx.Query(q)`, or of a statement from `tx.Prepare(q)`. It may be none that
    /// can be named.
    pub(super) fn transaction(&self) -> Option<Option<ExprId>> {
        let sema = &self.body.summaries.sema;
        let called = |call: ExprId| match sema.callee(self.body.decl, call) {
            Callee::Function(function) => Some(function),
            _ => None,
        };
        let is_its = |key: &str| key.starts_with("database/sql.Tx.");
        let own = called(self.site.call)?;
        if !self.site.function.starts_with("database/sql.Stmt.") {
            return is_its(&self.site.function).then_some(own.receiver);
        }
        match self.written_last(own.receiver?)?.1 {
            Value::Expr(made) | Value::Result { of: made, .. } => {
                called(made).filter(|maker| is_its(&maker.key)).map(|maker| maker.receiver)
            }
            _ => None,
        }
    }

    /// Whether this function made what an expression stands for.
    pub(super) fn is_made_here(&self, expr: ExprId) -> bool {
        self.written(expr).into_iter().any(|(_, value)| matches!(value, Value::Result { .. } | Value::Expr(_)))
    }

    /// What a variable got last before the acquiring call.
    fn written_last(&self, expr: ExprId) -> Option<(StmtId, Value)> {
        let sema = &self.body.summaries.sema;
        let tree = sema.tree(self.body.decl);
        let local = self.body.summaries.local_of(self.body.decl, expr)?;
        let write = sema.scopes(self.body.decl).last_write_before(tree, local, tree.expr_range(self.site.call).start)?;
        Some((write.stmt, write.value))
    }

    /// What is written to a variable.
    fn written(&self, expr: ExprId) -> Vec<(StmtId, Value)> {
        let scopes = self.body.summaries.sema.scopes(self.body.decl);
        let local = self.body.summaries.local_of(self.body.decl, expr);
        local.map_or_else(Vec::new, |local| scopes.local(local).writes.iter().map(|write| (write.stmt, write.value)).collect())
    }

    /// The function or function literal.
    pub(super) fn body(&self) -> (DeclId, Option<ExprId>) {
        (self.body.decl, self.body.lit)
    }

    /// Whether it is a declared function, or a literal that is called where it stands: nobody else gets it, and nobody starts it.
    pub(super) fn is_called_here(&self, pass: &Pass) -> bool {
        let Some(lit) = self.body.lit else { return true };
        let (tree, parents) = (pass.sema().tree(self.body.decl), pass.sema().parents(self.body.decl));
        let Some(Node::Expr(call)) = parents.parent(Node::Expr(lit)) else { return false };
        let is_started =
            || matches!(parents.parent(Node::Expr(call)), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Go { .. }));
        matches!(*tree.expr(call), Expr::Call { fun, .. } if fun == lit) && !is_started()
    }

    pub(super) fn decl(&self) -> DeclId {
        self.body.decl
    }

    /// Whether a constant argument is a duration of at most so many seconds.
    pub(super) fn is_short(&self, arg: usize, seconds: i64) -> bool {
        let duration = self.args().get(arg).and_then(|&arg| self.body.summaries.sema.int(self.body.decl, arg));
        duration.is_some_and(|nanoseconds| nanoseconds <= seconds * 1_000_000_000)
    }

    /// Whether the acquiring call stands in a loop of the body.
    pub(super) fn is_in_loop(&self) -> bool {
        flow::reaches_again(&self.body.graph, self.site.place, &|call| self.body.returns(call))
    }
}

/// What a loop's bound may be made of.
pub(super) struct Bounds<'a> {
    pub(super) sema: &'a Sema<'a>,
    pub(super) decl: DeclId,
}

impl Constants for Bounds<'_> {
    fn int(&self, expr: ExprId) -> Option<i64> {
        self.sema.int(self.decl, expr)
    }

    fn length(&self, expr: ExprId) -> Option<u64> {
        self.sema.length(self.decl, expr)
    }

    fn same_variable(&self, a: ExprId, b: ExprId) -> bool {
        match (self.sema.object(self.decl, a), self.sema.object(self.decl, b)) {
            (Object::Local(a), Object::Local(b)) => a == b,
            (Object::Package(a), Object::Package(b)) => a == b,
            (Object::Unknown, _) | (_, Object::Unknown) => true,
            _ => false,
        }
    }
}
