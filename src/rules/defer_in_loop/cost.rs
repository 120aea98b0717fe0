//! What does a deferred call that piles up cost? A resource, a lock, or only a record on the stack.
//!
//! ```go
//! defer f.Close()   // a file, if the loop opened it
//! defer mu.Unlock() // a deadlock, if the loop locks the same mutex again
//! defer log()       // 64 bytes: worth a word only in a loop without end
//! ```
//!
//! Not here: whether the loop comes back at all.

use super::Site;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{Kind, Lives};
use crate::finding::{Confidence, Label};
use crate::flow::BlockId;
use crate::sema::{Callee, LocalId, Value};
use crate::source::Span;
use crate::summary::{Iteration, Release};
use std::collections::BTreeSet;

/// A variable that is written more often is one of generated code; which value it holds is not followed.
const MOST_WRITES: usize = 256;

const WRAP: &str = "put the body of the loop into a function of its own, so that the defer runs at the end of each iteration";

/// What the deferred call costs.
pub(super) struct Cost {
    pub(super) confidence: Confidence,
    /// What each iteration does, for the message: `keeps another *os.File open`.
    pub(super) keeps: String,
    /// The call that blocks for ever in the second iteration.
    pub(super) deadlock: Option<String>,
    pub(super) labels: Vec<Label>,
    pub(super) help: &'static str,
    /// The statement that acquires, where there is one.
    pub(super) acquire: Option<StmtId>,
    /// The resource comes from an `Accept`, so from as many clients as there are.
    pub(super) from_accept: bool,
}

/// Where a resource of the iteration comes from.
struct Origin {
    /// The statement that gives it to the variable.
    stmt: StmtId,
    /// The call or channel it comes from.
    from: ExprId,
    /// The facts or the callee's body say that it is owned.
    proven: bool,
    text: String,
    accept: bool,
    lives: Lives,
}

/// The cost of a site's deferred call; `None` if it is none to speak of, or nobody knows.
pub(super) fn of(site: &Site, iteration: &Iteration) -> Option<Cost> {
    let releases = site.summaries.releases(site.decl, site.call);
    let is_lock = |release: &&Release| release.kept.kind == Kind::Lock;
    for release in releases.iter().filter(|release| !is_lock(release)) {
        let origin = site.origin(iteration, release.resource, 4);
        if let Some(origin) = origin.or_else(|| site.started(iteration, release)) {
            return site.resource(iteration, release, origin);
        }
    }
    if let Some(release) = releases.iter().find(is_lock) {
        return site.lock(iteration, release);
    }
    for release in site.released_by_value() {
        if let Some(origin) = site.origin(iteration, release.resource, 4) {
            let cost = site.resource(iteration, &release, origin)?;
            return Some(Cost { confidence: cost.confidence.min(Confidence::Medium), ..cost });
        }
    }
    site.trivial()
}

impl Site<'_> {
    fn span(&self, node: Node) -> Span {
        self.summaries.sema.tree(self.decl).span(node)
    }

    /// `defer check(f.Close)`: the release is handed over as a value, and probably called.
    fn released_by_value(&self) -> Vec<Release> {
        let tree = self.summaries.sema.tree(self.decl);
        let Expr::Call { args, .. } = tree.expr(self.call) else { return Vec::new() };
        let values = args.iter().filter(|&&arg| matches!(tree.expr(arg), Expr::Selector { .. }));
        values.flat_map(|&arg| self.summaries.releases_of_value(self.decl, arg)).collect()
    }

    /// Where in the loop a released expression's variable gets what it holds; `None` if it is not of the iteration.
    fn origin(&self, iteration: &Iteration, resource: ExprId, steps: u32) -> Option<Origin> {
        let local = self.summaries.root(self.decl, resource)?;
        let steps = steps.checked_sub(1)?;
        let info = self.summaries.sema.scopes(self.decl).local(local);
        if info.writes.len() > MOST_WRITES {
            return None;
        }
        let mut found = None;
        for write in info.writes.iter().filter(|write| iteration.runs(self.summaries, Node::Stmt(write.stmt))) {
            let origin = match write.value {
                Value::Result { of, index, .. } => self.call_origin(write.stmt, of, index),
                Value::Expr(expr) => self.call_origin(write.stmt, expr, 0).or_else(|| self.origin(iteration, expr, steps)),
                Value::Key(x) | Value::Element(x) if self.is_channel(x) => Some(self.received(write.stmt, x)),
                _ => None,
            };
            if origin.is_some() && found.as_ref().is_none_or(|known: &Origin| !known.proven) {
                found = origin;
            }
        }
        found
    }

    /// A variable of the iteration whose method acquired what it holds: `pin.Pin(x)`.
    fn started(&self, iteration: &Iteration, release: &Release) -> Option<Origin> {
        let local = self.summaries.root(self.decl, release.resource)?;
        let info = self.summaries.sema.scopes(self.decl).local(local);
        if !iteration.runs(self.summaries, Node::Expr(info.ident)) {
            return None;
        }
        let mut calls = self.body.started(local, release.kept.kind).iter();
        let from = calls.find_map(|&(block, call)| (iteration.contains)(block).then_some(call))?;
        let stmt = self.summaries.sema.parents(self.decl).stmt(Node::Expr(from))?;
        Some(Origin { stmt, from, proven: true, text: "acquired here in each iteration".to_owned(), accept: false, lives: Lives::Value })
    }

    fn is_channel(&self, x: ExprId) -> bool {
        self.summaries.sema.is_chan(self.summaries.sema.type_of(self.decl, x))
    }

    fn received(&self, stmt: StmtId, from: ExprId) -> Origin {
        Origin { stmt, from, proven: true, text: "received here in each iteration".to_owned(), accept: false, lives: Lives::Value }
    }

    /// A value that a call of the iteration returned, or that was received.
    fn call_origin(&self, stmt: StmtId, from: ExprId, index: u32) -> Option<Origin> {
        let tree = self.summaries.sema.tree(self.decl);
        let from = self.summaries.unconverted(self.decl, from);
        match tree.expr(from) {
            Expr::Unary { op: Op::Arrow, .. } => Some(self.received(stmt, from)),
            Expr::Call { .. } => {
                let owned = self.summaries.owned_results(self.decl, from);
                let known = owned.iter().find(|(at, _)| *at == index).map(|(_, kept)| kept.lives);
                let proven = known.is_some();
                let accept = match self.summaries.sema.callee(self.decl, from) {
                    Callee::Function(function) => proven && function.key.rsplit('.').next().is_some_and(|name| name.starts_with("Accept")),
                    Callee::Closure(_) | Callee::Variable(_) => false,
                    _ => return None,
                };
                let verb = if proven { "acquired" } else { "obtained" };
                Some(Origin {
                    stmt,
                    from,
                    proven,
                    text: format!("{verb} here in each iteration"),
                    accept,
                    lives: known.unwrap_or_default(),
                })
            }
            _ => None,
        }
    }

    fn resource(&self, iteration: &Iteration, release: &Release, origin: Origin) -> Option<Cost> {
        let kept = &release.kept;
        // A function that gets a number or a name releases only what was acquired as such: `os.Remove(path)`.
        let by_value = self.summaries.sema.holds_nothing(self.summaries.sema.type_of(self.decl, release.resource));
        if kept.noun.is_empty() || (by_value && !origin.proven) {
            return self.trivial();
        }
        // Released at the end of the iteration it would not do its work: that many at once are meant.
        if origin.lives == Lives::Apart || kept.kind == Kind::Process {
            return None;
        }
        // What a type of the module's own stands for is not known, unless it was seen to be made of something known: perhaps it is a
        // server that others reach by its address.
        let ty = self.summaries.sema.type_of(self.decl, release.resource);
        let own = self.summaries.sema.is_own(ty);
        let by_name = by_value || (own && !origin.proven) || origin.lives == Lives::Name;
        let iteration = &Iteration { by_name, ends_itself: origin.lives == Lives::Time, ..*iteration };
        // What starts in one case of an endless `select` loop mostly starts once, and lives until the loop is left.
        let in_case = matches!(kept.kind, Kind::Timer | Kind::Context) && self.in_case_of_endless_loop();
        let seeds = self.seeds(iteration, origin.stmt, release.resource);
        let for_later = self.summaries.outlives(iteration, &seeds);
        if for_later && !in_case || (by_value || !ty.is_known()) && self.is_needed_at_the_end(&seeds) {
            return None;
        }
        let confidence = if for_later {
            Confidence::Medium
        } else if self.released_in_every_turn(release.resource) {
            Confidence::Low
        } else if kept.opaque && !origin.proven || seeds.iter().any(|&seed| self.body.is_with_c(seed)) {
            Confidence::Medium
        } else {
            Confidence::High
        };
        let noun = match kept.noun.contains(['*', '.']) {
            true => format!("`{}`", kept.noun),
            false => kept.noun.to_string(),
        };
        Some(Cost {
            confidence,
            keeps: format!("keeps another {noun} {}", state(kept.kind)),
            deadlock: None,
            labels: vec![Label { span: self.span(Node::Expr(origin.from)), text: origin.text }],
            help: WRAP,
            acquire: Some(origin.stmt),
            from_accept: origin.accept,
        })
    }

    /// `defer unix.Close(fd); defer func(fd int) { remount(fd) }(fd)`: another deferred function works with the descriptor when the function
    /// ends, and does not release it.
    fn is_needed_at_the_end(&self, seeds: &[LocalId]) -> bool {
        let sema = &self.summaries.sema;
        let (tree, parents, scopes) = (sema.tree(self.decl), sema.parents(self.decl), sema.scopes(self.decl));
        if self.around.iter().any(|&id| self.is_infinite(id)) {
            return false;
        }
        let is_seed = |expr: ExprId| scopes.of_ident(expr).is_some_and(|local| seeds.contains(&local));
        seeds.iter().flat_map(|&seed| scopes.uses(seed)).any(|ident| {
            let Some(Node::Expr(call)) = parents.parent(Node::Expr(ident)) else { return false };
            let Expr::Call { args, .. } = tree.expr(call) else { return false };
            let mut around = parents.ancestors(Node::Expr(ident)).filter_map(|node| match node {
                Node::Stmt(stmt) if stmt != self.defer => Some(stmt),
                _ => None,
            });
            let Some(Stmt::Defer { call: deferred }) =
                around.find(|&stmt| matches!(tree.stmt(stmt), Stmt::Defer { .. })).map(|stmt| tree.stmt(stmt))
            else {
                return false;
            };
            let Expr::Call { fun, .. } = *tree.expr(*deferred) else { return false };
            let works = matches!(tree.expr(tree.unparen(fun)), Expr::FuncLit { .. }) && args.contains(&ident);
            works && !self.summaries.releases(self.decl, *deferred).iter().any(|other| is_seed(other.resource))
        })
    }

    /// The variables that hold the resource: all that the acquiring statement writes, but for errors.
    fn seeds(&self, iteration: &Iteration, acquire: StmtId, resource: ExprId) -> Vec<LocalId> {
        let scopes = self.summaries.sema.scopes(self.decl);
        let mut seeds = scopes.written_by(acquire).to_vec();
        seeds.retain(|&local| !iteration.ends_in(&self.summaries.sema, self.summaries.sema.type_of_local(self.decl, local)));
        seeds.extend(self.summaries.root(self.decl, resource).filter(|root| !seeds.contains(root)));
        seeds
    }

    /// Whether every path from the defer to the next turn releases the same resource without it.
    fn released_in_every_turn(&self, resource: ExprId) -> bool {
        let Some(root) = self.summaries.root(self.decl, resource) else { return false };
        let releases = self.body.released(root).iter().filter(|&&(_, call)| call != self.call);
        let releases: BTreeSet<BlockId> = releases.map(|&(block, _)| block).collect();
        let (Some(&id), Some((from, _)), false) = (self.around.first(), self.graph.place(self.defer), releases.is_empty()) else {
            return false;
        };
        let header = self.loops.get(id).header;
        !self.path(id, from, &|block| block == header, &|block| releases.contains(&block))
    }

    /// A deferred unlock: of the same mutex in every turn, or of another each time.
    fn lock(&self, iteration: &Iteration, release: &Release) -> Option<Cost> {
        let tree = self.summaries.sema.tree(self.decl);
        let mutex = release.resource;
        if !self.is_invariant(iteration, mutex) {
            return Some(Cost {
                confidence: Confidence::Low,
                ..self.plain("keeps another lock held", "unlock at the end of the iteration, or say why all have to be held")
            });
        }
        let (from, _) = self.graph.place(self.defer)?;
        let outermost = *self.around.last()?;
        let reads = matches!(tree.expr(self.call), Expr::Call { fun, .. } if self.method(*fun) == Some("RUnlock"));
        let (lock_name, unlock_name) = if reads { ("RLock", "RUnlock") } else { ("Lock", "Unlock") };
        let acquires = |block: BlockId| self.calls_method(block, mutex, lock_name);
        let unlocks = |block: BlockId| self.calls_method(block, mutex, unlock_name).is_some();
        if !self.path(outermost, from, &|block| acquires(block).is_some(), &unlocks) {
            return self.trivial();
        }
        let lock = self.graph.ids().filter(|&block| self.loops.contains(outermost, block)).find_map(acquires)?;
        let range = tree.expr_range(lock);
        let text = self.summaries.sema.project.file(self.decl.file).source.slice(range.start, range.end).to_owned();
        let labels = vec![Label { span: self.span(Node::Expr(lock)), text: "locked here again before it is unlocked".to_owned() }];
        let help = "unlock at the end of the iteration, or put the body of the loop into a function of its own";
        if reads {
            // A second RLock returns, unless another goroutine waits for the write lock in between.
            let keeps = "read-locks it once more, which blocks as soon as a writer waits";
            return Some(Cost { confidence: Confidence::Medium, labels, ..self.plain(keeps, help) });
        }
        Some(Cost { deadlock: Some(text), labels, ..self.plain("", help) })
    }

    fn method(&self, fun: ExprId) -> Option<&str> {
        let tree = self.summaries.sema.tree(self.decl);
        match tree.expr(tree.unparen(fun)) {
            Expr::Selector { sel, .. } => tree.ident(*sel),
            _ => None,
        }
    }

    /// The call in a block of a lock's method by this name.
    fn calls_method(&self, block: BlockId, mutex: ExprId, name: &str) -> Option<ExprId> {
        let tree = self.summaries.sema.tree(self.decl);
        self.graph.block(block).calls.iter().copied().filter(|&call| call != self.call).find(|&call| match tree.expr(call) {
            Expr::Call { fun, .. } => match tree.expr(tree.unparen(*fun)) {
                Expr::Selector { x, sel } => tree.ident(*sel) == Some(name) && self.summaries.same_path(self.decl, *x, mutex),
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether an expression means the same variable in every turn: fields of a variable that the loop does not write.
    fn is_invariant(&self, iteration: &Iteration, mut expr: ExprId) -> bool {
        let tree = self.summaries.sema.tree(self.decl);
        loop {
            expr = tree.unparen(expr);
            expr = match tree.expr(expr) {
                Expr::Selector { x, .. } | Expr::Star { x } => *x,
                Expr::Unary { op: Op::And, x } => *x,
                Expr::Ident(_) => break,
                _ => return false,
            };
        }
        match self.summaries.local_of(self.decl, expr) {
            Some(local) => {
                let info = self.summaries.sema.scopes(self.decl).local(local);
                let inside = iteration.runs(self.summaries, Node::Expr(info.ident));
                let written = info.writes.iter().any(|write| iteration.runs(self.summaries, Node::Stmt(write.stmt)));
                !inside && !written
            }
            None => matches!(self.summaries.sema.object(self.decl, expr), crate::sema::Object::Package(_) | crate::sema::Object::Import(_)),
        }
    }

    /// Anything else: a record of some 64 bytes, which adds up only where the loop has no bound.
    fn trivial(&self) -> Option<Cost> {
        let unbounded = self.around.iter().any(|&id| self.is_infinite(id) || self.ranges_over_channel(id));
        let help = "call it at the end of the iteration, or put the body of the loop into a function of its own";
        unbounded.then(|| Cost { confidence: Confidence::Medium, ..self.plain("adds another pending call", help) })
    }

    fn plain(&self, keeps: &str, help: &'static str) -> Cost {
        Cost {
            confidence: Confidence::High,
            keeps: keeps.to_owned(),
            deadlock: None,
            labels: Vec::new(),
            help,
            acquire: None,
            from_accept: false,
        }
    }
}

/// How a message says that a resource is still there.
fn state(kind: Kind) -> &'static str {
    match kind {
        Kind::Fd => "open",
        Kind::Goroutine | Kind::Timer | Kind::Process => "running",
        Kind::Memory => "allocated",
        Kind::Lock => "held",
        Kind::Disk => "on disk",
        Kind::Context => "alive",
    }
}
