//! Is a goroutine that is stuck one that a method starts, and that another method would end?
//!
//! ```go
//! w := newWorker(); w.Start() // and no w.Stop()
//! ```
//!
//! Not here: that it is stuck (`summary::simulate`).

use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, Sema};
use crate::summary::simulate::{Site, Stuck};
use crate::types::Place;

/// A goroutine of a value, and who would end it.
pub(super) struct Worker {
    /// The call that starts it.
    pub(super) start: Site,
    /// The method that ends it.
    pub(super) stop: DeclId,
}

impl Worker {
    pub(super) fn message(&self, pass: &Pass) -> String {
        let tree = pass.sema().tree(self.start.decl);
        let started = match self.start.node {
            Node::Expr(call) => match *tree.expr(call) {
                Expr::Call { fun, .. } => pass.text(self.start.decl, Node::Expr(fun)),
                _ => pass.text(self.start.decl, self.start.node),
            },
            Node::Stmt(_) => pass.text(self.start.decl, self.start.node),
        };
        format!("`{started}` starts a goroutine that only `{}` ends, and a path does not call it", pass.function_name(self.stop))
    }
}

/// Whether a stuck goroutine is one that a function called by `entry` started, and that a method of the package would have ended.
pub(super) fn of(pass: &Pass, entry: DeclId, stuck: &Stuck) -> Option<Worker> {
    let sema = pass.sema();
    let started = stuck.started?;
    let start = stuck.through.filter(|call| call.decl == entry && started.decl != entry)?;
    let fields = fields_waited_for(sema, stuck.site);
    let methods = pass.decls(|decl| decl.kind == DeclKind::Func && decl.receiver.is_some());
    let mut methods = methods.into_iter().filter(|&decl| decl != started.decl && decl != entry && !pass.project().file(decl.file).test);
    // What the goroutine itself runs cannot end it from outside.
    let is_run = |decl: DeclId| stuck.body.0 == decl || stuck.calls.iter().any(|call| call.decl == decl);
    let stop = methods.find(|&decl| !is_run(decl) && ends(sema, decl, &fields))?;
    Some(Worker { start, stop })
}

/// The fields whose channels an operation waits for.
fn fields_waited_for(sema: &Sema, site: Site) -> Vec<Place> {
    let tree = sema.tree(site.decl);
    let mut found = Vec::new();
    let mut chan = |chan: ExprId| found.extend(sema.selected_field(site.decl, chan));
    let waits = |node: Node, chan: &mut dyn FnMut(ExprId)| match node {
        Node::Expr(expr) => {
            if let Expr::Unary { op: Op::Arrow, x } = *tree.expr(expr) {
                chan(x);
            }
        }
        Node::Stmt(stmt) => {
            if let Stmt::Range { x, .. } = *tree.stmt(stmt) {
                chan(x);
            }
        }
    };
    match site.node {
        Node::Stmt(select) if matches!(tree.stmt(select), Stmt::Select { .. }) => {
            for &clause in tree.clauses(select) {
                let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { continue };
                tree.walk(Node::Stmt(comm), |node| {
                    waits(node, &mut chan);
                    true
                });
            }
        }
        Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Range { .. }) => waits(site.node, &mut chan),
        node => tree.walk(node, |node| {
            waits(node, &mut chan);
            true
        }),
    }
    found
}

/// Whether a method closes one of the channels, or sends on it.
fn ends(sema: &Sema, decl: DeclId, fields: &[Place]) -> bool {
    let tree = sema.tree(decl);
    let is_one = |chan: ExprId| sema.selected_field(decl, chan).is_some_and(|field| fields.contains(&field));
    let closes = tree.index.calls.iter().any(|&call| match tree.expr(call) {
        Expr::Call { args, .. } if args.len() == 1 && is_one(args[0]) => sema.callee(decl, call) == Callee::Builtin("close"),
        _ => false,
    });
    let is_case = |stmt: StmtId| matches!(sema.parents(decl).parent(Node::Stmt(stmt)), Some(Node::Stmt(up)) if matches!(tree.stmt(up), Stmt::Comm { .. }));
    let sends = || {
        (0..tree.stmts.len() as u32).map(StmtId).any(
            |stmt| matches!(*tree.stmt(stmt), Stmt::Send { chan, value } if is_one(chan) && is_empty(sema, decl, value) && !is_case(stmt)),
        )
    };
    closes || sends()
}

/// A value that says nothing but that something ends: `struct{}{}`, `true`.
fn is_empty(sema: &Sema, decl: DeclId, value: ExprId) -> bool {
    let tree = sema.tree(decl);
    match tree.expr(tree.unparen(value)) {
        Expr::CompositeLit { elts, .. } => elts.is_empty(),
        _ => matches!(tree.ident(value), Some("true" | "false")),
    }
}
