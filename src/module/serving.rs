//! How long does the program serve, and for what does it wait meanwhile?
//!
//! ```go
//! func main() {
//! 	go http.ListenAndServe(":8080", nil)
//! 	stop := make(chan os.Signal, 1)
//! 	signal.Notify(stop, os.Interrupt)
//! 	<-stop // until somebody stops it
//! }
//! ```
//!
//! Not here: whether it serves at all (`lifetime`).

use super::lifetime::is_empty_select;
use super::{Module, Turns, turns};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::project::DeclId;
use crate::sema::{Callee, Sema, once_in};
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Through how many calls it is followed what `main` waits for.
const DEPTH: usize = 2;

/// What stops a server.
pub const STOPS: &[&str] = &["net/http.Server.Shutdown", "net/http.Server.Close", "net.Listener.Close"];

/// What the analysed programs do while they serve.
#[derive(Clone, Debug, Default)]
pub struct Serving {
    /// What serves is called, and not only started with `go`.
    pub itself: bool,
    /// Something starts what serves with `go`.
    pub aside: bool,
    /// A function that serves, or `main`, waits until somebody stops the program: for a signal, for ever, or for the server itself.
    pub until_stopped: bool,
    /// `main` stops what serves, and not because of a signal.
    pub stops: bool,
    /// There is a `main`.
    pub is_program: bool,
    /// What is waited for besides: the last name of a channel, `Done` of a context, `Wait` of a group.
    pub waits: FxHashSet<CompactString>,
}

impl Module {
    /// How the analysed programs serve.
    pub fn serving(&self, sema: &Sema) -> Arc<Serving> {
        once_in(&self.long, (), || Arc::new(find(sema)))
    }
}

fn find(sema: &Sema) -> Serving {
    let project = sema.project;
    let decls: Vec<DeclId> = project.targets().flat_map(|package| project.functions(package)).map(|(decl, _)| decl).collect();
    let mut found = Serving::default();
    let is_main = |decl: DeclId| {
        let outline = project.decl(decl);
        let in_main = || project.package(project.file(decl.file).package).name == "main";
        outline.receiver.is_none() && outline.names.iter().any(|(name, _)| name == "main") && in_main()
    };
    let mut open: Vec<(DeclId, usize)> = decls.iter().filter(|&&decl| is_main(decl)).map(|&decl| (decl, 0)).collect();
    found.is_program = !open.is_empty();
    let servers: FxHashSet<&str> = sema.facts.servers().iter().map(|name| name.name).collect();
    let mut signals = false;
    for &decl in &decls {
        let mentions = &project.decl(decl).mentions;
        let may_signal = mentions.name("Notify") || mentions.name("NotifyContext");
        if !may_signal && !servers.iter().any(|name| mentions.name(name)) {
            continue;
        }
        for &call in &sema.tree(decl).index.calls {
            let Callee::Function(function) = sema.callee(decl, call) else { continue };
            signals |= function.key.starts_with("os/signal.Notify");
            if sema.facts.serves(&function.key) {
                let started = is_started(sema, decl, Node::Expr(call));
                found.itself |= !started;
                found.aside |= started;
                if started {
                    open.push((decl, 0));
                }
            }
        }
    }
    found.until_stopped = signals;
    let mut seen: FxHashSet<DeclId> = FxHashSet::default();
    while let Some((decl, depth)) = open.pop() {
        if !seen.insert(decl) {
            continue;
        }
        found.add(sema, decl, is_main(decl) && !signals);
        if depth < DEPTH {
            // What `go` starts does not keep the program.
            for &call in sema.tree(decl).index.calls.iter().filter(|&&call| !is_started(sema, decl, Node::Expr(call))) {
                if let Callee::Function(function) = sema.callee(decl, call) {
                    open.extend(function.decls.iter().map(|&callee| (callee, depth + 1)));
                }
            }
        }
    }
    found
}

impl Serving {
    /// Adds what a function waits for. With `main`, what stops the server there counts.
    fn add(&mut self, sema: &Sema, decl: DeclId, in_main: bool) {
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let has_deadline = ["WithTimeout", "WithDeadline"].iter().any(|name| sema.project.decl(decl).mentions.name(name));
        let of_server = sent_by_server(sema, decl);
        for expr in (0..tree.exprs.len() as u32).map(ExprId) {
            let aside = || is_started(sema, decl, Node::Expr(expr));
            match *tree.expr(expr) {
                Expr::Unary { op: Op::Arrow, x } => match sema.callee(decl, tree.unparen(x)) {
                    Callee::Function(function) if function.key == "time.After" => {}
                    Callee::Function(function) if function.name() == "Done" => {
                        self.until_stopped |= !has_deadline && !aside();
                        self.waits.insert("Done".into());
                    }
                    _ => {
                        let Some(name) = last_name(sema, decl, x) else { continue };
                        // What an endless loop takes in each turn ends nothing.
                        let is_turn = parents.ancestors(Node::Expr(expr)).any(|node| is_loop(sema, decl, node));
                        if !is_turn {
                            self.waits.insert(name.into());
                        }
                        self.until_stopped |= of_server.contains(&name) && !aside();
                    }
                },
                Expr::Call { fun, .. } => match sema.callee(decl, expr) {
                    // Not `defer l.Close()`, behind what serves.
                    Callee::Function(function) if STOPS.contains(&&*function.key) => {
                        self.stops |= in_main && parents.func_lit(tree, Node::Expr(expr)).is_some();
                    }
                    _ if last_name(sema, decl, fun) == Some("Wait") => {
                        self.until_stopped |= of_server.contains(&"Done") && !aside();
                        self.waits.insert("Wait".into());
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        for stmt in (0..tree.stmts.len() as u32).map(StmtId) {
            let is_endless = is_empty_select(tree, stmt) || is_loop(sema, decl, Node::Stmt(stmt));
            self.until_stopped |= is_endless && !is_started(sema, decl, Node::Stmt(stmt));
        }
    }
}

/// What the `go` statements with a server in them send to, by name, and `Done` if they tell a group.
fn sent_by_server<'p>(sema: &Sema<'p>, decl: DeclId) -> Vec<&'p str> {
    let tree = sema.tree(decl);
    let mut found = Vec::new();
    for &go in &tree.index.gos {
        let serves = |call: ExprId| matches!(sema.callee(decl, call), Callee::Function(function) if sema.facts.serves(&function.key));
        let (mut is_server, mut names) = (false, Vec::new());
        tree.walk(Node::Stmt(go), |node| {
            match node {
                Node::Expr(call) if matches!(tree.expr(call), Expr::Call { .. }) => {
                    is_server |= serves(call);
                    if let Expr::Call { fun, args, .. } = tree.expr(call) {
                        match (last_name(sema, decl, *fun), args.first()) {
                            (Some("Done"), None) => names.push("Done"),
                            (Some("close"), Some(&chan)) => names.extend(last_name(sema, decl, chan)),
                            _ => {}
                        }
                    }
                }
                Node::Stmt(stmt) => {
                    if let Stmt::Send { chan, .. } = *tree.stmt(stmt) {
                        names.extend(last_name(sema, decl, chan));
                    }
                }
                Node::Expr(_) => {}
            }
            true
        });
        if is_server {
            found.extend(names);
        }
    }
    found
}

/// `done` of `s.done`
pub fn last_name<'p>(sema: &Sema<'p>, decl: DeclId, expr: ExprId) -> Option<&'p str> {
    let tree = sema.tree(decl);
    match *tree.expr(tree.unparen(expr)) {
        Expr::Selector { sel, .. } => tree.ident(sel),
        _ => tree.ident(tree.unparen(expr)),
    }
}

/// Whether a node stands in a `go` statement.
pub fn is_started(sema: &Sema, decl: DeclId, node: Node) -> bool {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    parents.ancestors(node).any(|node| matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Go { .. })))
}

fn is_loop(sema: &Sema, decl: DeclId, node: Node) -> bool {
    matches!(node, Node::Stmt(stmt) if turns(sema, decl, stmt) == Some(Turns::Endless))
}
