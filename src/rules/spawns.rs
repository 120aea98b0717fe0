//! Which goroutines are started, and does what they run ever end? What the rules about started goroutines share.
//!
//! ```go
//! for range t.C {
//! 	go refresh(ctx) // started in each turn: what runs is refresh, with ctx for its parameter
//! }
//! ```
//!
//! `spawns::endless` finds the loops that no path leaves, `spawns::waits` what every path of a body waits for, `spawns::tickers` who stops a
//! ticker.
//!
//! Not here: whether what a goroutine waits for can still come (`stuck`).

pub(super) mod endless;
pub(super) mod tickers;
pub(super) mod waits;

use super::lifetime::body::Body;
use super::stuck;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId, Tree};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, LocalKind, Sema, Target};
use crate::source::Span;
use crate::summary::simulate::Site;

/// A function's or function literal's body.
pub(super) type BodyId = (DeclId, Option<ExprId>);

/// A goroutine that is started.
pub(super) struct Started {
    /// The declaration it is started in.
    pub(super) decl: DeclId,
    /// The `go` statement, or the statement that calls what starts it: `wg.Go(f)`.
    pub(super) stmt: StmtId,
    /// What it runs.
    pub(super) body: BodyId,
    /// What its parameters are, in the declaration it is started in; empty if it has none or they are not known.
    pub(super) args: Vec<ExprId>,
    /// The value whose method it runs.
    pub(super) receiver: Option<ExprId>,
}

/// A local variable or an expression, and the declaration it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) decl: DeclId,
    pub(super) expr: ExprId,
}

/// The goroutines that a package's functions start, as far as it is known what they run.
pub(super) fn all(pass: &Pass) -> Vec<Started> {
    let names = ["Go", "TryGo", "AfterFunc"];
    let decls = pass.decls(|decl| {
        decl.kind == DeclKind::Func && (decl.mentions.has(Keyword::Go) || names.into_iter().any(|name| decl.mentions.name(name)))
    });
    decls.into_iter().flat_map(|decl| in_decl(pass, decl)).collect()
}

fn in_decl(pass: &Pass, decl: DeclId) -> Vec<Started> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let mut found = Vec::new();
    for &stmt in &tree.index.gos {
        let Stmt::Go { call } = *tree.stmt(stmt) else { continue };
        let Expr::Call { fun, args, .. } = tree.expr(call) else { continue };
        // `go agent.Run(ctx)`, where only one type is an agent.
        let only = || match sema.targets(decl, call)?[..] {
            [Target::Function(callee)] => Some(((callee, None), None)),
            _ => None,
        };
        let Some((body, receiver)) = run_by(sema, decl, *fun).or_else(only) else { continue };
        found.push(Started { decl, stmt, body, args: args.to_vec(), receiver });
    }
    for &call in &tree.index.calls {
        let Callee::Function(function) = sema.callee(decl, call) else { continue };
        let (Some(arg), Expr::Call { args, .. }) = (sema.facts.spawns(&function.key), tree.expr(call)) else { continue };
        let Some(&value) = args.get(arg) else { continue };
        let (Some((body, receiver)), Some(stmt)) = (run_by(sema, decl, value), sema.parents(decl).stmt(Node::Expr(call))) else { continue };
        found.push(Started { decl, stmt, body, args: Vec::new(), receiver });
    }
    found
}

/// The body that a function value runs, and the value whose method it is.
pub(super) fn run_by(sema: &Sema, decl: DeclId, fun: ExprId) -> Option<(BodyId, Option<ExprId>)> {
    match sema.function_value(decl, sema.tree(decl).unparen(fun)) {
        Callee::Closure(lit) => Some(((decl, Some(lit)), None)),
        Callee::Function(function) => match function.decls[..] {
            [callee] => Some(((callee, None), function.receiver)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a body sends anything.
pub(super) fn sends(sema: &Sema, body: BodyId) -> bool {
    let tree = sema.tree(body.0);
    let mut sends = false;
    if let Some(block) = block_of(sema, body) {
        tree.walk(Node::Stmt(block), |node| {
            sends |= matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Send { .. }));
            !sends
        });
    }
    sends
}

/// The body that a goroutine runs in the end: `go func() { a.Run(ctx) }()` runs what `go a.Run(ctx)` would.
pub(super) fn forwarded(sema: &Sema, body: BodyId) -> BodyId {
    let only = || {
        let (decl, lit) = body;
        lit?;
        let tree = sema.tree(decl);
        let Stmt::Block { list } = tree.stmt(block_of(sema, body)?) else { return None };
        let [stmt] = list[..] else { return None };
        let Stmt::Expr { x } = *tree.stmt(stmt) else { return None };
        match sema.targets(decl, tree.unparen(x))?[..] {
            [Target::Function(callee)] => Some((callee, None)),
            _ => None,
        }
    };
    only().unwrap_or(body)
}

/// The statements of a body.
pub(super) fn block_of(sema: &Sema, (decl, lit): BodyId) -> Option<StmtId> {
    let tree = sema.tree(decl);
    match lit {
        Some(lit) => match *tree.expr(lit) {
            Expr::FuncLit { body, .. } => Some(body),
            _ => None,
        },
        None => tree.func()?.body,
    }
}

/// The graph of a body; `None` if it cannot be trusted.
pub(super) fn flow_of<'a>(pass: &Pass<'a>, (decl, lit): BodyId) -> Option<Body<'a>> {
    let body = Body::new(pass.summaries, decl, lit, block_of(pass.sema(), (decl, lit))?);
    body.graph.broken.is_empty().then_some(body)
}

/// The body around a statement.
pub(super) fn around<'a>(pass: &Pass<'a>, decl: DeclId, stmt: StmtId) -> Option<Body<'a>> {
    let (tree, parents) = (pass.sema().tree(decl), pass.sema().parents(decl));
    flow_of(pass, (decl, parents.func_lit(tree, Node::Stmt(stmt))))
}

impl Started {
    /// What a local variable of the goroutine's body is where the goroutine is started: an argument, the receiver, or the variable itself
    /// if it is captured. `None` if it is a variable of the body.
    pub(super) fn bound(&self, sema: &Sema, ident: ExprId) -> Option<Bound> {
        let (decl, lit) = self.body;
        let scopes = sema.scopes(decl);
        let local = scopes.local(scopes.of_ident(ident)?);
        if local.function == lit {
            let given = match local.kind {
                LocalKind::Param(number) if !local.variadic => self.args.get(number as usize).copied(),
                LocalKind::Receiver => self.receiver,
                _ => None,
            };
            let is_kept = local.writes.is_empty() && !local.address_taken;
            return given.filter(|_| is_kept).map(|expr| Bound { decl: self.decl, expr });
        }
        // Captured: the literal stands in the function that starts it, unless it is a variable that holds it.
        lit.is_some().then_some(Bound { decl, expr: ident })
    }

    /// Whether a node of a declaration belongs to what the goroutine runs.
    pub(super) fn runs(&self, sema: &Sema, decl: DeclId, node: Node) -> bool {
        let (of, lit) = self.body;
        decl == of && lit.is_none_or(|lit| sema.parents(decl).within(node, Node::Expr(lit)))
    }
}

/// The local variable at the beginning of `x`, `x.f`, `x.f.g`.
pub(super) fn root(sema: &Sema, decl: DeclId, expr: ExprId) -> Option<(ExprId, LocalId)> {
    let tree = sema.tree(decl);
    let mut at = tree.unparen(expr);
    loop {
        match *tree.expr(at) {
            Expr::Selector { x, .. } => at = tree.unparen(x),
            Expr::Ident(_) => return sema.scopes(decl).of_ident(at).map(|local| (at, local)),
            _ => return None,
        }
    }
}

/// The channel of a statement that only receives: `<-c`, `v := <-c`.
pub(super) fn received(tree: &Tree, stmt: StmtId) -> Option<ExprId> {
    let value = match tree.stmt(stmt) {
        Stmt::Expr { x } => *x,
        Stmt::Assign { rhs, .. } if rhs.len() == 1 => rhs[0],
        _ => return None,
    };
    match *tree.expr(tree.unparen(value)) {
        Expr::Unary { op: Op::Arrow, x } => Some(tree.unparen(x)),
        _ => None,
    }
}

/// The first line of a node.
pub(super) fn head(pass: &Pass, decl: DeclId, node: Node) -> Span {
    stuck::first_line(pass, Site { decl, node })
}

/// Whether a function is only called when the program starts: from `main`, from `init`, or from functions of which that is true.
pub(super) fn runs_at_start(pass: &Pass, decl: DeclId) -> bool {
    starts(pass, decl, 4, &mut Vec::new())
}

fn starts(pass: &Pass, decl: DeclId, depth: usize, known: &mut Vec<(DeclId, bool)>) -> bool {
    if let Some((_, answer)) = known.iter().find(|(of, _)| *of == decl) {
        return *answer;
    }
    let answer = starts_anew(pass, decl, depth, known);
    known.push((decl, answer));
    answer
}

fn starts_anew(pass: &Pass, decl: DeclId, depth: usize, known: &mut Vec<(DeclId, bool)>) -> bool {
    let sema = pass.sema();
    let file = pass.project().file(decl.file);
    let outline = pass.project().decl(decl);
    let Some((name, _)) = outline.names.first() else { return true };
    let is_main = pass.project().package(file.package).name == "main";
    if matches!(pass.function_name(decl).as_str(), "main" | "init" | "TestMain") {
        return true;
    }
    if depth == 0 || !is_main && name.starts_with(char::is_uppercase) {
        return false;
    }
    let callers = pass.decls(|caller| caller.mentions.name(name));
    let mut is_called = false;
    let all = callers.into_iter().filter(|&caller| caller != decl).all(|caller| {
        if pass.project().decl(caller).kind != DeclKind::Func {
            return true;
        }
        let calls = sema.tree(caller).index.calls.iter().any(|&call| match sema.callee(caller, call) {
            Callee::Function(function) => function.decls.contains(&decl),
            _ => false,
        });
        is_called |= calls;
        !calls || starts(pass, caller, depth - 1, known)
    });
    is_called && all
}
