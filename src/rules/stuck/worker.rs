//! Is a goroutine that is stuck one that a method starts, and that another method would end?
//!
//! ```go
//! w := newWorker(); w.Start() // and no w.Stop()
//! ```
//!
//! Not here: that it is stuck (`summary::simulate`).

use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, Sema};
use crate::summary::simulate::{Site, Stuck};
use crate::types::Place;
use rustc_hash::FxHashMap;
use std::cell::LazyCell;

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

/// The methods of a package that end what waits for a field, by the field; each with its number among all methods.
pub(super) struct Endings(FxHashMap<Place, Vec<(usize, DeclId)>>);

impl Endings {
    /// Those of methods that close something or send.
    pub(super) fn of(pass: &Pass) -> Endings {
        let mut endings: FxHashMap<Place, Vec<(usize, DeclId)>> = FxHashMap::default();
        let methods = pass.decls(|decl| {
            let may_end = decl.mentions.name("close") || decl.mentions.has(Keyword::Arrow);
            decl.kind == DeclKind::Func && decl.receiver.is_some() && may_end
        });
        for (at, decl) in methods.into_iter().enumerate().filter(|(_, decl)| !pass.project().file(decl.file).test) {
            for field in ended(pass.sema(), decl) {
                endings.entry(field).or_default().push((at, decl));
            }
        }
        Endings(endings)
    }
}

/// Whether a stuck goroutine is one that a function called by `entry` started, and that a method of the package would have ended.
pub(super) fn of(pass: &Pass, entry: DeclId, stuck: &Stuck, endings: &LazyCell<Endings, impl FnOnce() -> Endings>) -> Option<Worker> {
    let started = stuck.started?;
    let start = stuck.through.filter(|call| call.decl == entry && started.decl != entry)?;
    let fields = fields_waited_for(pass.sema(), stuck.site);
    // What the goroutine itself runs cannot end it from outside.
    let is_run = |decl: DeclId| stuck.body.0 == decl || stuck.calls.iter().any(|call| call.decl == decl);
    let methods = fields.iter().filter_map(|field| endings.0.get(field)).flatten().copied();
    let others = methods.filter(|&(_, decl)| decl != started.decl && decl != entry && !is_run(decl));
    let (_, stop) = others.min()?;
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

/// The fields whose channels a method closes, or on which it sends that something ends.
fn ended(sema: &Sema, decl: DeclId) -> Vec<Place> {
    let tree = sema.tree(decl);
    let closed = tree.index.calls.iter().filter_map(|&call| match tree.expr(call) {
        Expr::Call { args, .. } if args.len() == 1 && sema.callee(decl, call) == Callee::Builtin("close") => {
            sema.selected_field(decl, args[0])
        }
        _ => None,
    });
    let is_case = |stmt: StmtId| matches!(sema.parents(decl).parent(Node::Stmt(stmt)), Some(Node::Stmt(up)) if matches!(tree.stmt(up), Stmt::Comm { .. }));
    let sent = (0..tree.stmts.len() as u32).map(StmtId).filter_map(|stmt| match *tree.stmt(stmt) {
        Stmt::Send { chan, value } if is_empty(sema, decl, value) && !is_case(stmt) => sema.selected_field(decl, chan),
        _ => None,
    });
    closed.chain(sent).collect()
}

/// A value that says nothing but that something ends: `struct{}{}`, `true`.
fn is_empty(sema: &Sema, decl: DeclId, value: ExprId) -> bool {
    let tree = sema.tree(decl);
    match tree.expr(tree.unparen(value)) {
        Expr::CompositeLit { elts, .. } => elts.is_empty(),
        _ => matches!(tree.ident(value), Some("true" | "false")),
    }
}
