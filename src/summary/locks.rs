//! Which locks does a node take and give back, and which does a function give back for its caller? Also places of a semaphore that is a
//! channel: `sem <- struct{}{}` takes one, `<-sem` gives it back.
//!
//! ```go
//! s.mu.Lock()          // takes s.mu
//! defer s.mu.Unlock()  // gives s.mu back
//! s.unlock()           // gives back a lock whose field is called mu, for that is what unlock does
//! ```
//!
//! A lock is named by a path: a variable and the fields that lead to the lock. A variable that only ever stands for a path is that path.
//!
//! Not here: whether every path through a function gives back what it takes (`rules`).

use super::Summaries;
use crate::ast::{ChanDir, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{Kind, Owned};
use crate::project::{DeclId, PackageId};
use crate::sema::{Callee, LocalId, LocalKind, Object, once_in};
use crate::types::{Global, Kind as TypeKind};
use compact_str::CompactString;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many functions are asked whether they give a lock back for another one, and how many that call one of them are looked at.
const MOST_GIVERS: usize = 8;
const MOST_CALLERS: usize = 64;

/// How many variables are looked through to find what a path begins with.
const STEPS: u32 = 4;

/// What a path begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    Local(LocalId),
    Package(Global),
}

/// A variable and fields: `s.mu`, `registry.lock`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub root: Root,
    pub fields: Vec<CompactString>,
}

impl Path {
    /// The name by which a lock is told from others where it is not known whose it is.
    pub fn class(&self) -> Option<&str> {
        self.fields.last().map(CompactString::as_str)
    }
}

/// What is taken and given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    Write,
    Read,
    /// A place of a semaphore.
    Place,
}

/// What is done with a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Take,
    /// Only if the call returns true, or no error.
    TryTake,
    Give,
    /// Its address, or a method of it, is handed to somebody who may give it back.
    Escape,
}

/// Something that is done with a lock.
#[derive(Clone, Debug)]
pub struct LockOp {
    pub act: Act,
    pub token: Token,
    pub path: Path,
    /// The call, the channel operation, or the address.
    pub node: Node,
}

/// What a function does with the locks of one field.
#[derive(Clone, Debug)]
pub(super) struct LockUser {
    decl: DeclId,
    owner: CompactString,
    token: Token,
    takes: bool,
    gives: bool,
}

impl Summaries<'_> {
    /// What a node, with all that stands below it, does with locks; also in the function literals inside of it. In source order.
    pub fn lock_ops(&self, decl: DeclId, root: Node) -> Vec<LockOp> {
        let tree = self.sema.tree(decl);
        let mut found = Vec::new();
        tree.walk(root, |node| {
            match node {
                Node::Expr(expr) => found.extend(self.lock_op(decl, expr)),
                Node::Stmt(stmt) => found.extend(self.send_op(decl, stmt)),
            }
            true
        });
        found
    }

    /// What an expression itself does with a lock, without what stands below it.
    pub fn lock_op(&self, decl: DeclId, expr: ExprId) -> Option<LockOp> {
        let tree = self.sema.tree(decl);
        match tree.expr(expr) {
            Expr::Selector { x, sel } => self.method_op(decl, expr, *x, tree.ident(*sel)?).or_else(|| self.handed_op(decl, expr)),
            Expr::Ident(_) => self.handed_op(decl, expr),
            Expr::Unary { op: Op::Arrow, x } => {
                let path = self.semaphore(decl, *x)?;
                Some(LockOp { act: Act::Give, token: Token::Place, path, node: Node::Expr(expr) })
            }
            Expr::Unary { op: Op::And, x } => {
                let lock = self.is_lock(decl, *x);
                let path = self.lock_path(decl, *x).filter(|_| lock)?;
                Some(LockOp { act: Act::Escape, token: Token::Write, path, node: Node::Expr(expr) })
            }
            _ => None,
        }
    }

    /// `tx{locker: locker}`, `release(mu)`: a pointer to a lock, or a `sync.Locker`, goes to where somebody may give it back.
    fn handed_op(&self, decl: DeclId, expr: ExprId) -> Option<LockOp> {
        let tree = self.sema.tree(decl);
        let goes = match self.sema.parents(decl).parent(Node::Expr(expr))? {
            Node::Expr(parent) => match tree.expr(parent) {
                Expr::Call { args, .. } => args.contains(&expr) && !self.only_shows(decl, parent),
                Expr::CompositeLit { elts, .. } => elts.contains(&expr),
                Expr::KeyValue { value, .. } => *value == expr,
                _ => false,
            },
            Node::Stmt(parent) => match tree.stmt(parent) {
                Stmt::Return { .. } => true,
                Stmt::Send { value, .. } => *value == expr,
                Stmt::Assign { lhs, rhs, .. } => rhs.contains(&expr) && lhs.iter().any(|&to| tree.ident(to).is_none()),
                _ => false,
            },
        };
        let ty = goes.then(|| self.sema.type_of(decl, expr))?;
        let is_shared = matches!(self.sema.types.kind(ty), TypeKind::Pointer(_)) || matches!(self.sema.behind(ty), TypeKind::Interface(_));
        let path = self.lock_path(decl, expr).filter(|_| is_shared && self.is_lock(decl, expr))?;
        Some(LockOp { act: Act::Escape, token: Token::Write, path, node: Node::Expr(expr) })
    }

    /// Whether a call gives no lock back that it gets: `fmt.Println(mu)`, `sync.NewCond(mu)`.
    fn only_shows(&self, decl: DeclId, call: ExprId) -> bool {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return false };
        function.key.starts_with("fmt.") || function.key.starts_with("log.") || function.key == "sync.NewCond"
    }

    /// The type whose field the lock of an operation is, or the lock's own; empty where it is unknown.
    pub fn owner(&self, decl: DeclId, op: &LockOp) -> CompactString {
        let tree = self.sema.tree(decl);
        let Node::Expr(call) = op.node else { return CompactString::default() };
        let Expr::Call { fun, .. } = *tree.expr(call) else { return CompactString::default() };
        let Expr::Selector { x, .. } = *tree.expr(tree.unparen(fun)) else { return CompactString::default() };
        let of = match *tree.expr(tree.unparen(x)) {
            Expr::Selector { x, .. } => x,
            _ => x,
        };
        self.sema.key(self.sema.pointee(self.sema.type_of(decl, of)))
    }

    /// `s.mu.Lock`, called or not.
    fn method_op(&self, decl: DeclId, selector: ExprId, x: ExprId, name: &str) -> Option<LockOp> {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let token = match name {
            "Lock" | "TryLock" | "Unlock" => Token::Write,
            "RLock" | "TryRLock" | "RUnlock" => Token::Read,
            "Acquire" | "TryAcquire" | "Release" => Token::Place,
            _ => return None,
        };
        let Callee::Function(function) = self.sema.function_value(decl, selector) else { return None };
        let (of, _) = function.key.rsplit_once('.')?;
        let facts = self.sema.facts;
        let taken = facts.acquires(&function.key).iter().find(|resource| resource.kind == Kind::Lock && resource.owned == Owned::Receiver);
        let gives = facts.is_release(of, name).is_some_and(|released| released.kind == Kind::Lock);
        let call = match parents.parent(Node::Expr(selector)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == selector) => Some(call),
            _ => None,
        };
        let act = match (taken, gives, call) {
            (Some(_), _, None) => Act::Escape,
            (Some(resource), _, _) if resource.when_true || resource.error != crate::facts::ErrorResult::None => Act::TryTake,
            (Some(_), ..) => Act::Take,
            (None, true, _) => Act::Give,
            _ => return None,
        };
        let mut path = self.lock_path(decl, x)?;
        // A method of an embedded lock is one of the field.
        let own = self.sema.key_of(decl, x);
        let is_struct = matches!(self.sema.behind(self.sema.pointee(self.sema.type_of(decl, x))), TypeKind::Struct(_));
        if own.trim_start_matches('*') != of && (!own.is_empty() || is_struct) {
            path.fields.push(of.rsplit('.').next().unwrap_or_default().into());
        }
        Some(LockOp { act, token, path, node: Node::Expr(call.unwrap_or(selector)) })
    }

    fn send_op(&self, decl: DeclId, stmt: StmtId) -> Option<LockOp> {
        let Stmt::Send { chan, .. } = *self.sema.tree(decl).stmt(stmt) else { return None };
        let path = self.semaphore(decl, chan)?;
        Some(LockOp { act: Act::Take, token: Token::Place, path, node: Node::Stmt(stmt) })
    }

    /// The path of a channel that only counts: what goes through it is empty, or true and false.
    fn semaphore(&self, decl: DeclId, chan: ExprId) -> Option<Path> {
        let ty = self.sema.type_of(decl, chan);
        let counts = match self.sema.behind(ty) {
            TypeKind::Chan(ChanDir::Both, element) => match self.sema.behind(*element) {
                TypeKind::Struct(fields) => fields.is_empty(),
                TypeKind::Basic(basic) => basic.is_boolean(),
                _ => false,
            },
            _ => false,
        };
        if counts { self.lock_path(decl, chan) } else { None }
    }

    fn is_lock(&self, decl: DeclId, expr: ExprId) -> bool {
        let key = self.sema.key(self.sema.pointee(self.sema.type_of(decl, expr)));
        !key.is_empty()
            && self.sema.facts.acquires(&compact_str::format_compact!("{key}.Lock")).iter().any(|resource| resource.kind == Kind::Lock)
    }

    /// The path that an expression is; `None` if it is another one each time, as an element of a map.
    pub fn lock_path(&self, decl: DeclId, expr: ExprId) -> Option<Path> {
        self.path_within(decl, expr, STEPS)
    }

    fn path_within(&self, decl: DeclId, expr: ExprId, steps: u32) -> Option<Path> {
        let tree = self.sema.tree(decl);
        let mut fields = Vec::new();
        let mut expr = expr;
        let root = loop {
            expr = match *tree.expr(expr) {
                Expr::Paren { x } | Expr::Star { x } | Expr::Unary { op: Op::And, x } => x,
                Expr::Selector { x, sel } => {
                    if let Object::Import(_) = self.sema.object(decl, x)
                        && let Object::Package(global) = self.sema.object(decl, sel)
                    {
                        break Root::Package(global);
                    }
                    fields.push(CompactString::from(tree.ident(sel)?));
                    x
                }
                Expr::Ident(_) => match self.sema.object(decl, expr) {
                    Object::Local(local) => break Root::Local(local),
                    Object::Package(global) => break Root::Package(global),
                    _ => return None,
                },
                _ => return None,
            };
        };
        fields.reverse();
        if let Root::Local(local) = root
            && let Some(steps) = steps.checked_sub(1)
            && let Some(value) = self.only_path(decl, local)
            && let Some(mut path) = self.path_within(decl, value, steps)
        {
            path.fields.extend(fields);
            return Some(path);
        }
        Some(Path { root, fields })
    }

    /// The only value of a variable that gets no other.
    fn only_path(&self, decl: DeclId, local: LocalId) -> Option<ExprId> {
        let info = self.sema.scopes(decl).local(local);
        info.only_value().filter(|_| info.kind == LocalKind::Var && !info.address_taken)
    }

    /// The classes of the locks that a call gives back although the called function did not take them; `depth` calls are looked through.
    pub fn gives_back(&self, decl: DeclId, call: ExprId, depth: u8) -> BTreeSet<CompactString> {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return BTreeSet::new() };
        let targets = if function.decls.is_empty() { self.sema.targets(decl, call) } else { None };
        let of_targets = targets.into_iter().flatten().filter_map(|target| match target {
            crate::sema::Target::Function(decl) => Some(decl),
            crate::sema::Target::Literal(..) => None,
        });
        let mut found = BTreeSet::new();
        for callee in function.decls.iter().copied().chain(of_targets) {
            found.extend(self.gives(callee, depth).iter().cloned());
        }
        found
    }

    /// Whether a function of a package gives back a lock of a type that neither it took nor one that calls it, perhaps through others; and none
    /// only takes it, for that one would be its partner.
    pub fn is_given_back(&self, package: PackageId, class: &str, owner: &str, token: Token) -> bool {
        let question = (package, CompactString::from(class), CompactString::from(owner), token);
        !owner.is_empty() && once_in(&self.given_back, question, || self.find_giver(package, class, owner, token))
    }

    fn find_giver(&self, package: PackageId, class: &str, owner: &str, token: Token) -> bool {
        let known = once_in(&self.lock_users, (package, CompactString::from(class)), || Arc::new(self.users_of(package, class)));
        let all: Vec<&LockUser> = known.iter().filter(|user| user.owner == owner && user.token == token).collect();
        if all.iter().any(|user| user.takes && !user.gives) {
            return false;
        }
        let takes = |decl: DeclId| all.iter().any(|user| user.decl == decl && user.takes);
        let calls = |caller: &DeclId, callee: DeclId| {
            let is_it =
                |&call: &ExprId| matches!(self.sema.callee(*caller, call), Callee::Function(function) if function.decls.contains(&callee));
            self.sema.tree(*caller).index.calls.iter().any(is_it)
        };
        let callers = |decl: DeclId| {
            let names = self.sema.project.decl(decl).names.iter();
            let mentioning = names.flat_map(|(name, _)| self.sema.decls_that_mention(package, name));
            mentioning.filter(|caller| calls(caller, decl)).collect::<Vec<_>>()
        };
        all.iter().filter(|user| user.gives && !user.takes).take(MOST_GIVERS).any(|giver| {
            let mut around = vec![giver.decl];
            let mut next = 0;
            while let Some(&decl) = around.get(next).filter(|_| next < MOST_CALLERS) {
                next += 1;
                if takes(decl) {
                    return false;
                }
                // Who comes from outside may have begun there.
                if self.sema.project.is_exported(decl) {
                    continue;
                }
                let more: Vec<DeclId> = callers(decl).into_iter().filter(|caller| !around.contains(caller)).collect();
                around.extend(more);
            }
            true
        })
    }

    /// What the functions of a package do with locks of a name; what a function literal gives back is somebody else's.
    fn users_of(&self, package: PackageId, class: &str) -> Vec<LockUser> {
        let mut found: Vec<LockUser> = Vec::new();
        for decl in self.sema.decls_that_mention(package, class) {
            let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
            let Some(body) = tree.func().and_then(|func| func.body) else { continue };
            let own = found.len();
            for op in self.lock_ops(decl, Node::Stmt(body)).into_iter().filter(|op| op.path.class() == Some(class)) {
                let owner = self.owner(decl, &op);
                let at = match found[own..].iter().position(|user| user.owner == owner && user.token == op.token) {
                    Some(at) => own + at,
                    None => {
                        found.push(LockUser { decl, owner, token: op.token, takes: false, gives: false });
                        found.len() - 1
                    }
                };
                found[at].takes |= matches!(op.act, Act::Take | Act::TryTake);
                found[at].gives |= op.act == Act::Give && parents.func_lit(tree, op.node).is_none();
            }
        }
        found
    }

    fn gives(&self, decl: DeclId, depth: u8) -> Arc<BTreeSet<CompactString>> {
        once_in(&self.gives, (decl, depth), || {
            let mut found = BTreeSet::new();
            let tree = self.sema.tree(decl);
            if let Some(body) = tree.func().and_then(|func| func.body) {
                let ops = self.lock_ops(decl, Node::Stmt(body));
                let parents = self.sema.parents(decl);
                let is_later = |op: &LockOp| {
                    parents.ancestors(op.node).any(|node| matches!(node, Node::Stmt(of) if matches!(tree.stmt(of), Stmt::Defer { .. })))
                };
                // What is taken again behind it was the caller's before; what is deferred comes after all.
                let is_before = |taken: &LockOp, op: &LockOp| is_later(op) || tree.range(taken.node).start < tree.range(op.node).start;
                let takes = |op: &LockOp| {
                    let mut taken = ops.iter().filter(|other| matches!(other.act, Act::Take | Act::TryTake) && other.path == op.path);
                    taken.any(|taken| is_before(taken, op))
                };
                for op in ops.iter().filter(|op| matches!(op.act, Act::Give | Act::Escape) && !takes(op)) {
                    found.extend(op.path.class().map(CompactString::from));
                }
                if let Some(depth) = depth.checked_sub(1) {
                    for &call in &tree.index.calls {
                        found.extend(self.gives_back(decl, call, depth));
                    }
                }
            }
            Arc::new(found)
        })
    }
}
