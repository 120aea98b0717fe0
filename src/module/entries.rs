//! From where is a piece of code entered? The ways up, from call to caller, to where a program begins or the outside calls in.
//!
//! ```go
//! func main() { http.HandleFunc("/", handle) } // handle is entered from outside, once for each request
//! func init() { fill() }                       // fill runs when the program starts, and never again
//! ```
//!
//! Not here: whether the conditions on the way hold.

use super::{At, Module, call_of, value_of};
use crate::ast::{BranchTok, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::EffectKind;
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::sema::{Callee, Sema, Value, once_in};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How many places are looked at on the ways up from one.
const MOST_PLACES: usize = 400;

/// Calls their function value once in all.
const ONCE: &[&str] = &["sync.Once.Do", "sync.OnceFunc", "sync.OnceValue", "sync.OnceValues"];

/// How something begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// An `init` function, or the value of a package variable: when the program starts.
    Start,
    /// `main`, with no loop around that goes on as long as the program.
    Main,
    /// What `sync.Once` and its like call.
    Once,
    /// A loop that nothing ends.
    Loop,
    /// A loop that waits for something in each turn, and ends when that ends: perhaps soon.
    Waits,
    /// A function that is called once for each request.
    Handler,
    /// An exported function or method, which others may call: not one of a program that calls it itself.
    Exported,
    /// A function value, or a method that is called through an interface: nobody knows how often.
    Unknown,
}

/// Where something begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    pub kind: EntryKind,
    pub decl: DeclId,
    /// The loop, the function literal, or the mention of the function; `None` for the declaration itself.
    pub node: Option<Node>,
}

impl EntryKind {
    /// Whether what is entered so runs once, when the program begins.
    pub fn is_start(self) -> bool {
        matches!(self, EntryKind::Start | EntryKind::Main | EntryKind::Once)
    }

    /// Whether what is entered so runs any number of times while the program runs.
    pub fn is_repeated(self) -> bool {
        matches!(self, EntryKind::Loop | EntryKind::Waits | EntryKind::Handler)
    }
}

impl Module {
    /// From where a node of a declaration is entered, sorted; empty if it never runs. Of code that is entered in too many ways, `Unknown`.
    pub fn entries(&self, sema: &Sema, decl: DeclId, node: Node) -> Arc<Vec<Entry>> {
        once_in(&self.entries, (decl, node), || {
            let mut search = Search { module: self, sema, found: Vec::new(), places: vec![(decl, node)], seen: FxHashSet::default() };
            search.run();
            search.found.sort_unstable();
            search.found.dedup();
            Arc::new(search.found)
        })
    }
}

struct Search<'a, 'p> {
    module: &'a Module,
    sema: &'a Sema<'p>,
    found: Vec<Entry>,
    /// What is still to be looked at.
    places: Vec<(DeclId, Node)>,
    /// The functions and function literals whose callers were looked up.
    seen: FxHashSet<(DeclId, Option<ExprId>)>,
}

impl Search<'_, '_> {
    fn run(&mut self) {
        let mut looked = 0;
        while let Some((decl, node)) = self.places.pop() {
            looked += 1;
            if looked > MOST_PLACES {
                self.add(EntryKind::Unknown, decl, None);
                return;
            }
            self.up(decl, node);
        }
    }

    fn add(&mut self, kind: EntryKind, decl: DeclId, node: Option<Node>) {
        self.found.push(Entry { kind, decl, node });
    }

    /// From a node to the function around it, and to who calls that.
    fn up(&mut self, decl: DeclId, node: Node) {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        for around in parents.ancestors(node) {
            match around {
                Node::Stmt(stmt) => {
                    let kind = match turns(self.sema, decl, stmt) {
                        Some(Turns::Endless) => EntryKind::Loop,
                        Some(Turns::Waiting) => EntryKind::Waits,
                        None => continue,
                    };
                    self.add(kind, decl, Some(around));
                }
                Node::Expr(lit) if matches!(tree.expr(lit), Expr::FuncLit { .. }) => {
                    if self.seen.insert((decl, Some(lit))) {
                        self.literal(decl, lit);
                    }
                    return;
                }
                _ => {}
            }
        }
        if self.seen.insert((decl, None)) {
            self.declaration(decl);
        }
    }

    /// Who runs a declaration.
    fn declaration(&mut self, decl: DeclId) {
        let outline = self.sema.project.decl(decl);
        let package = self.sema.project.package(self.sema.project.file(decl.file).package);
        let name = outline.names.first().map_or("", |(name, _)| name.as_str());
        match (outline.kind, &outline.receiver) {
            (DeclKind::Func, None) if name == "init" => return self.add(EntryKind::Start, decl, None),
            (DeclKind::Func, None) if name == "main" && package.name == "main" => return self.add(EntryKind::Main, decl, None),
            (DeclKind::Func, _) => {}
            _ => return self.add(EntryKind::Start, decl, None),
        }
        let handles = self.sema.is_handler(decl, None);
        let mentions = self.module.mentions_of_function(self.sema, decl);
        if self.module.is_entry(self.sema, decl, mentions.as_deref()) {
            self.add(EntryKind::Exported, decl, None);
        }
        let Some(mentions) = mentions else {
            return self.add(if handles { EntryKind::Handler } else { EntryKind::Unknown }, decl, None);
        };
        let (calls, values): (Vec<At>, Vec<At>) = mentions.into_iter().partition(|&at| call_of(self.sema, at).is_some());
        // One that is only called is a part of handlers, and one that nobody names may be another program's.
        let is_alive = || values.iter().any(|at| self.is_alive(at.decl, Node::Expr(at.ident)));
        let is_open = || values.is_empty() && calls.is_empty() && !self.module.is_unused(self.sema, decl);
        if handles && (is_open() || is_alive()) {
            self.add(EntryKind::Handler, decl, None);
        }
        self.places.extend(calls.into_iter().filter_map(|at| Some((at.decl, Node::Expr(call_of(self.sema, at)?)))));
        for at in values.into_iter().filter(|_| !handles) {
            self.value(at.decl, value_of(self.sema, at));
        }
    }

    /// Who runs a function literal.
    fn literal(&mut self, decl: DeclId, lit: ExprId) {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        if let Some(Node::Expr(around)) = parents.parent(Node::Expr(lit))
            && matches!(tree.expr(around), Expr::Call { fun, .. } if *fun == lit)
        {
            return self.places.push((decl, Node::Expr(around)));
        }
        // A handler that the program only calls itself is none.
        if let Some(Node::Stmt(stmt)) = parents.parent(Node::Expr(lit))
            && self.only_called(decl, lit, stmt)
        {
            return;
        }
        match self.sema.is_handler(decl, Some(lit)) {
            true if self.is_alive(decl, Node::Expr(lit)) => self.add(EntryKind::Handler, decl, Some(Node::Expr(lit))),
            true => {}
            false => self.value(decl, lit),
        }
    }

    /// Whether the function around a node may run at all.
    fn is_alive(&self, decl: DeclId, node: Node) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let mut decl = decl;
        let mut seen = FxHashSet::default();
        if parents.ancestors(node).any(|around| matches!(around, Node::Expr(lit) if matches!(tree.expr(lit), Expr::FuncLit { .. }))) {
            return true;
        }
        while seen.insert(decl) {
            if self.module.is_unused(self.sema, decl) {
                return false;
            }
            // Only one place names it: is that in a function that may run?
            match self.module.mentions_of_function(self.sema, decl).as_deref() {
                Some(&[at]) => decl = at.decl,
                _ => return true,
            }
        }
        true
    }

    /// Who calls a function value.
    fn value(&mut self, decl: DeclId, value: ExprId) {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        match parents.parent(Node::Expr(value)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { .. }) => match self.sema.callee(decl, call) {
                Callee::Function(function) if ONCE.contains(&function.key.as_str()) => {
                    self.add(EntryKind::Once, decl, Some(Node::Expr(value)));
                }
                Callee::Function(function)
                    if self
                        .sema
                        .facts
                        .effects(&function.key)
                        .iter()
                        .any(|effect| matches!(effect.kind, EffectKind::Spawns | EffectKind::Repeats)) =>
                {
                    self.places.push((decl, Node::Expr(call)));
                }
                _ => self.add(EntryKind::Unknown, decl, Some(Node::Expr(value))),
            },
            Some(Node::Stmt(stmt)) if self.only_called(decl, value, stmt) => {}
            _ => self.add(EntryKind::Unknown, decl, Some(Node::Expr(value))),
        }
    }

    /// `f := func() { … }`, where f is only called: the calls are looked at.
    fn only_called(&mut self, decl: DeclId, value: ExprId, stmt: StmtId) -> bool {
        let (tree, parents, scopes) = (self.sema.tree(decl), self.sema.parents(decl), self.sema.scopes(decl));
        let gets = |local: &crate::sema::LocalId| {
            let writes = &scopes.local(*local).writes;
            writes.iter().any(|write| write.stmt == stmt && write.value == Value::Expr(value))
        };
        let Some(&local) = scopes.written_by(stmt).iter().find(|local| gets(local)) else { return false };
        let mut calls = Vec::new();
        for ident in scopes.uses(local).filter(|&ident| ident != scopes.local(local).ident) {
            match parents.parent(Node::Expr(ident)) {
                Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == ident) => {
                    calls.push((decl, Node::Expr(call)));
                }
                Some(Node::Stmt(other)) if matches!(tree.stmt(other), Stmt::Assign { lhs, .. } if lhs.contains(&ident)) => {}
                _ => return false,
            }
        }
        self.places.extend(calls);
        true
    }
}

/// How long a loop turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// Nothing ends it.
    Endless,
    /// It waits in each turn, and something ends it.
    Waiting,
}

/// How long a loop turns, if that is more than to get something done.
pub fn turns(sema: &Sema, decl: DeclId, stmt: StmtId) -> Option<Turns> {
    let tree = sema.tree(decl);
    match *tree.stmt(stmt) {
        Stmt::For { cond: None, body, .. } => {
            let (mut waits, mut leaves) = (false, false);
            let parents = sema.parents(decl);
            tree.walk(Node::Stmt(body), |node| {
                match node {
                    Node::Expr(expr) => match tree.expr(expr) {
                        Expr::FuncLit { .. } => return false,
                        Expr::Unary { op: Op::Arrow, .. } => waits = true,
                        Expr::Call { fun, .. } => {
                            waits |= matches!(tree.expr(tree.unparen(*fun)), Expr::Selector { sel, .. } if tree.ident(*sel) == Some("Accept"));
                            leaves |= matches!(sema.callee(decl, expr), Callee::Builtin("panic"));
                        }
                        _ => {}
                    },
                    Node::Stmt(inner) => match tree.stmt(inner) {
                        // A label may be one of a loop around.
                        Stmt::Return { .. } | Stmt::Branch { tok: BranchTok::Goto, .. } | Stmt::Branch { label: Some(_), .. } => leaves = true,
                        Stmt::Branch { tok: BranchTok::Break, label: None } => {
                            // A `break` of something inside stays inside.
                            let stops = |node: &Node| {
                                matches!(node, Node::Stmt(around) if matches!(
                                    tree.stmt(*around),
                                    Stmt::For { .. } | Stmt::Range { .. } | Stmt::Switch { .. } | Stmt::TypeSwitch { .. } | Stmt::Select { .. }
                                ))
                            };
                            leaves |= parents.ancestors(node).find(stops) == Some(Node::Stmt(stmt));
                        }
                        Stmt::Select { .. } => waits = true,
                        _ => {}
                    },
                }
                true
            });
            match (leaves, waits) {
                (false, _) => Some(Turns::Endless),
                (true, true) => Some(Turns::Waiting),
                (true, false) => None,
            }
        }
        Stmt::Range { x, .. } => sema.is_chan(sema.type_of(decl, x)).then_some(Turns::Waiting),
        _ => None,
    }
}

impl Module {
    /// Whether a declaration has a loop that nothing ends.
    pub(super) fn loops_long(sema: &Sema, decl: DeclId) -> bool {
        let tree = sema.tree(decl);
        (0..tree.stmts.len() as u32).map(StmtId).any(|stmt| turns(sema, decl, stmt) == Some(Turns::Endless))
    }

    /// Whether others may call a function: it is exported, and nothing shows that only the analysed code can.
    fn is_entry(&self, sema: &Sema, decl: DeclId, mentions: Option<&[At]>) -> bool {
        let of = sema.project.file(decl.file).package;
        // One of a program that nobody calls may be there for others.
        let has_callers = mentions.is_none_or(|mentions| !mentions.is_empty());
        sema.project.is_exported(decl) && sema.project.package(of).name != "main" && !(has_callers && self.knows_callers(sema, of))
    }

    /// Whether nobody runs a function: it is a part of a program that does not name it anywhere.
    fn is_unused(&self, sema: &Sema, decl: DeclId) -> bool {
        let outline = sema.project.decl(decl);
        let Some((name, _)) = outline.names.first().filter(|_| outline.kind == DeclKind::Func) else { return false };
        let of = sema.project.file(decl.file).package;
        // A method may be called as that of an interface, one of the library's as well.
        let is_main = outline.receiver.is_some() || matches!(name.as_str(), "init" | "main");
        let is_known = sema.project.package(of).name == "main" || self.knows_callers(sema, of);
        !is_main && is_known && self.mentions_of_function(sema, decl).is_some_and(|mentions| mentions.is_empty())
    }

    /// Whether others may call a function with whatever they want.
    pub fn is_open(&self, sema: &Sema, decl: DeclId) -> bool {
        self.is_entry(sema, decl, self.mentions_of_function(sema, decl).as_deref())
    }

    /// The calls of a function in the analysed code; where it is mentioned but not called, there is no call. `None` if it may be called by an
    /// interface, or too many functions are called the same.
    pub fn calls(&self, sema: &Sema, decl: DeclId) -> Option<Vec<(DeclId, Option<ExprId>)>> {
        Some(self.mentions_of_function(sema, decl)?.into_iter().map(|at| (at.decl, call_of(sema, at))).collect())
    }
}
