//! Is a lock that a function takes given back on every path? The engine of the rules about locks and places of a semaphore.
//!
//! ```go
//! s.mu.Lock()
//! if !ok {
//! 	return errMissing // a leak: on the other path the function gives it back
//! }
//! s.mu.Unlock()
//! ```
//!
//! A function that gives a lock back on no path means to keep it, and one that gives back what it did not take does so for its caller.
//!
//! Not here: which lock is which, and which function gives one back (`summary::locks`).

use super::lifetime::body::Body;
use super::lifetime::ends_with_the_process;
use super::lifetime::known::Known;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{EdgeKind, Place, Trail, Walk, explore};
use crate::parse::{DeclKind, OutlineDecl};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{LocalId, LocalKind, Value};
use crate::source::Span;
use crate::summary::DEPTH;
use crate::summary::locks::{Act, LockOp, Path, Root, Token};
use rustc_hash::FxHashMap;

/// At how many places a loss is told.
const MOST_PLACES: usize = 3;

/// What a rule calls what is taken.
pub(super) struct Words {
    /// `unlocked`, `given back`.
    pub(super) given: &'static str,
    pub(super) cost: &'static str,
    pub(super) help: &'static str,
}

/// Checks all bodies that a declaration's outline and text concern.
pub(super) fn check(pass: &mut Pass, concerned: &dyn Fn(&OutlineDecl, &str) -> bool, tokens: &[Token], words: &Words) {
    for decl in pass.decls(|decl| matches!(decl.kind, DeclKind::Func | DeclKind::Var)) {
        let outline = pass.project().decl(decl);
        if !concerned(outline, pass.project().file(decl.file).source.slice(outline.range.start, outline.range.end)) {
            continue;
        }
        let tree = pass.project().tree(decl);
        let own = tree.func().and_then(|func| func.body).map(|body| (None, body));
        let literals = tree.index.func_lits.iter().filter_map(|&lit| match tree.expr(lit) {
            Expr::FuncLit { body, .. } => Some((Some(lit), *body)),
            _ => None,
        });
        for (lit, stmt) in own.into_iter().chain(literals) {
            let ops = pass.summaries.lock_ops(decl, Node::Stmt(stmt));
            let gives = |op: &LockOp| op.act == Act::Give && tokens.contains(&op.token);
            let takes = |op: &LockOp| matches!(op.act, Act::Take | Act::TryTake) && tokens.contains(&op.token);
            if ops.iter().any(gives) && (ops.iter().any(takes) || lit.is_some()) && !is_named_for_it(pass, decl) {
                check_body(pass, decl, lit, stmt, tokens, words);
            }
        }
    }
}

/// Whether a function's name says that it takes or gives something for others.
fn is_named_for_it(pass: &Pass, decl: DeclId) -> bool {
    let name = pass.function_name(decl).rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    name.contains("lock") || name.contains("acquire")
}

fn check_body(pass: &mut Pass, decl: DeclId, lit: Option<ExprId>, stmt: StmtId, tokens: &[Token], words: &Words) {
    let body = Body::new(pass.summaries, decl, lit, stmt);
    if !body.graph.broken.is_empty() || ends_with_the_process(pass, &body) {
        return;
    }
    let ops = Ops::of(&body, tokens);
    let own = |ops: &[(LockOp, Standing)]| ops.iter().any(|(_, standing)| *standing == Standing::Runs);
    let mut sites: Vec<(Place, LockOp)> = Vec::new();
    for id in body.graph.ids() {
        for at in 0..body.graph.block(id).nodes.len() {
            let here = ops.at((id, at));
            if own(here) {
                let taken = here.iter().filter(|(op, standing)| *standing == Standing::Runs && matches!(op.act, Act::Take | Act::TryTake));
                sites.extend(taken.map(|(op, _)| ((id, at), op.clone())));
            }
        }
    }
    let mut given: Vec<(Path, bool)> = Vec::new();
    for (place, op) in sites.into_iter().take_while(|_| body.may_ask()) {
        let known = given.iter().find(|(path, _)| *path == op.path).map(|&(_, given)| given);
        let gives_before = known.unwrap_or_else(|| ops.gives_before(&body, &op.path));
        if known.is_none() {
            given.push((op.path.clone(), gives_before));
        }
        if dies_with(&body, &op) || gives_before || ops.is_deferred_before(&body, &op) {
            continue;
        }
        let mut walker = Walker { body: &body, ops: &ops, op: &op, place, outcome: Outcome::default(), ok: taken_if(&body, &op) };
        for known in Known::behind(&body, place) {
            explore(&body.graph, (place.0, place.1 + 1), State { known }, &mut walker);
        }
        let outcome = walker.outcome;
        if outcome.gives && !outcome.leaks.is_empty() && !is_handed_on(pass, &body, &op, &outcome) {
            let finding = told(pass, &body, &op, &outcome, words);
            pass.findings.push(finding);
        }
    }
    spawned(pass, &body, &ops, words);
}

/// Whether a function keeps a lock for another one, as `Begin` does for `Commit`: it holds it only where it returns without an error, and a
/// function of the package gives it back that did not take it.
fn is_handed_on(pass: &Pass, body: &Body, op: &LockOp, outcome: &Outcome) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(body.decl);
    let results = match tree.func().map(|func| tree.expr(func.ty)) {
        Some(Expr::FuncType { results: Some(results), .. }) => &results.fields[..],
        _ => &[],
    };
    let may_fail = results.last().is_some_and(|last| tree.ident(last.ty) == Some("error"));
    let succeeds = |leak: &Leak| match leak.node {
        Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
            Stmt::Return { results } => !may_fail || results.last().is_some_and(|&last| tree.ident(tree.unparen(last)) == Some("nil")),
            _ => false,
        },
        Some(Node::Expr(_)) => false,
        None => true,
    };
    let Some(class) = op.path.class().filter(|_| body.lit.is_none()) else { return false };
    outcome.leaks.iter().all(|leak| !leak.again && succeeds(leak))
        && pass.summaries.is_given_back(pass.package, class, &pass.summaries.owner(body.decl, op), op.token)
}

/// Whether what is taken ends with the function: a semaphore that it makes for itself.
fn dies_with(body: &Body, op: &LockOp) -> bool {
    match op.path.root {
        Root::Local(local) if op.token == Token::Place => {
            let info = body.summaries.sema.scopes(body.decl).local(local);
            info.function == body.lit && info.kind == LocalKind::Var && op.path.fields.is_empty()
        }
        _ => false,
    }
}

/// The body of a goroutine that gives back the place that its parent took for it.
fn spawned(pass: &mut Pass, body: &Body, ops: &Ops, words: &Words) {
    let (sema, decl) = (pass.sema(), body.decl);
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let Some(lit) = body.lit else { return };
    let Some(Node::Expr(call)) = parents.parent(Node::Expr(lit)) else { return };
    let Some(Node::Stmt(go)) = parents.parent(Node::Expr(call)) else { return };
    if !matches!(tree.stmt(go), Stmt::Go { .. }) {
        return;
    }
    // The statement in front of `go` took it.
    let Some(Node::Stmt(block)) = parents.parent(Node::Stmt(go)) else { return };
    let Stmt::Block { list } = tree.stmt(block) else { return };
    let before = list.iter().take_while(|&&stmt| stmt != go).last();
    let Some(&before) = before.filter(|&&stmt| matches!(tree.stmt(stmt), Stmt::Send { .. })) else { return };
    for op in pass.summaries.lock_ops(decl, Node::Stmt(before)).into_iter().filter(|op| op.token == Token::Place && op.act == Act::Take) {
        let takes = |other: &&(LockOp, Standing)| other.0.path == op.path && other.0.act != Act::Give;
        if ops.all().any(|other| takes(&other)) {
            continue;
        }
        let place = (body.graph.exit, usize::MAX);
        let mut walker = Walker { body, ops, op: &op, place, outcome: Outcome::default(), ok: None };
        explore(&body.graph, (body.graph.entry, 0), State { known: Known::default() }, &mut walker);
        let outcome = walker.outcome;
        if outcome.gives && !outcome.leaks.is_empty() {
            let finding = told(pass, body, &op, &outcome, words);
            pass.findings.push(finding);
        }
    }
}

/// How an operation stands in its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It runs with the node.
    Runs,
    /// It runs when the function returns.
    Deferred,
    /// It is in a function literal, or a goroutine.
    Elsewhere,
}

/// The operations of a body, by node.
struct Ops {
    by_place: FxHashMap<Place, Vec<(LockOp, Standing)>>,
}

impl Ops {
    fn of(body: &Body, tokens: &[Token]) -> Ops {
        let tree = body.summaries.sema.tree(body.decl);
        let parents = body.summaries.sema.parents(body.decl);
        let mut by_place = FxHashMap::default();
        for id in body.graph.ids() {
            for (at, &node) in body.graph.block(id).nodes.iter().enumerate() {
                let roots: Vec<Node> = match node {
                    Node::Stmt(stmt) => match tree.stmt(stmt) {
                        Stmt::Range { key, value, .. } => key.iter().chain(value.iter()).map(|&expr| Node::Expr(expr)).collect(),
                        // Its cases say themselves what they take.
                        Stmt::Select { .. } => Vec::new(),
                        _ => vec![node],
                    },
                    Node::Expr(_) => vec![node],
                };
                let mut found = Vec::new();
                for root in roots {
                    for op in body.summaries.lock_ops(body.decl, root).into_iter().filter(|op| tokens.contains(&op.token)) {
                        let inside = parents.func_lit(tree, op.node) != body.lit;
                        let standing = match node {
                            Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Defer { .. }) => Standing::Deferred,
                            Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Go { .. }) => Standing::Elsewhere,
                            _ if inside => Standing::Elsewhere,
                            _ => Standing::Runs,
                        };
                        found.push((op, standing));
                    }
                }
                if !found.is_empty() {
                    by_place.insert((id, at), found);
                }
            }
        }
        Ops { by_place }
    }

    fn at(&self, place: Place) -> &[(LockOp, Standing)] {
        self.by_place.get(&place).map_or(&[], Vec::as_slice)
    }

    fn all(&self) -> impl Iterator<Item = &(LockOp, Standing)> {
        self.by_place.values().flatten()
    }

    /// Whether a path from the entry gives a lock back before it takes it: then the caller took it.
    fn gives_before(&self, body: &Body, path: &Path) -> bool {
        let mut finder = Finder { body, ops: self, path, found: false };
        explore(&body.graph, (body.graph.entry, 0), State { known: Known::default() }, &mut finder);
        finder.found
    }

    /// Whether a `defer` that stands before the operation gives it back.
    fn is_deferred_before(&self, body: &Body, op: &LockOp) -> bool {
        let tree = body.summaries.sema.tree(body.decl);
        let start = tree.range(op.node).start;
        self.all().any(|(other, standing)| {
            *standing == Standing::Deferred && other.path == op.path && other.act == Act::Give && tree.range(other.node).start < start
        })
    }
}

/// The variable that says whether a conditional operation took the lock, and the value that says so.
fn taken_if(body: &Body, op: &LockOp) -> Option<LocalId> {
    let sema = &body.summaries.sema;
    let (parents, scopes) = (sema.parents(body.decl), sema.scopes(body.decl));
    let Node::Expr(call) = op.node else { return None };
    let Some(Node::Stmt(stmt)) = parents.parent(Node::Expr(call)) else { return None };
    let gets = |&&local: &&LocalId| {
        let mut writes = scopes.local(local).writes.iter().filter(|write| write.stmt == stmt);
        writes.any(|write| matches!(write.value, Value::Expr(of) if of == call))
    };
    scopes.written_by(stmt).iter().find(gets).copied()
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    known: Known,
}

/// Looks for a way to give back what was not taken.
struct Finder<'b, 'a> {
    body: &'b Body<'a>,
    ops: &'b Ops,
    path: &'b Path,
    found: bool,
}

impl Walk for Finder<'_, '_> {
    type State = State;

    fn node(&mut self, place: Place, node: Node, state: &mut State, _: &Trail) -> bool {
        for (op, standing) in self.ops.at(place).iter().filter(|(op, _)| op.path == *self.path) {
            match op.act {
                Act::Take | Act::TryTake if *standing == Standing::Runs => return false,
                Act::Give if *standing == Standing::Runs => {
                    self.found = true;
                    return false;
                }
                _ => {}
            }
        }
        state.known.written(self.body, node);
        true
    }

    fn edge(&mut self, edge: EdgeKind, state: &mut State) -> bool {
        state.known.edge(self.body, edge)
    }

    fn exit(&mut self, _: &State, _: &Trail) {}

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}

/// Where a lock is left held.
#[derive(Clone, Debug)]
struct Leak {
    /// The `return`, or the operation that waits for itself; none where the function ends.
    node: Option<Node>,
    again: bool,
    branch: Option<EdgeKind>,
}

#[derive(Clone, Debug, Default)]
struct Outcome {
    leaks: Vec<Leak>,
    /// Some path gives it back in the function itself.
    gives: bool,
}

struct Walker<'b, 'a> {
    body: &'b Body<'a>,
    ops: &'b Ops,
    op: &'b LockOp,
    place: Place,
    outcome: Outcome,
    ok: Option<LocalId>,
}

impl Walk for Walker<'_, '_> {
    type State = State;

    fn node(&mut self, place: Place, node: Node, state: &mut State, trail: &Trail) -> bool {
        for (op, _) in self.ops.at(place) {
            let same = op.path == self.op.path;
            let alike = op.path.class() == self.op.path.class();
            match op.act {
                // A read lock that the pair of a write lock gives back is another mistake.
                Act::Give if same => {
                    self.outcome.gives = true;
                    return false;
                }
                // Perhaps it is the same by another name.
                Act::Give | Act::Escape if alike => return false,
                Act::Take if same && place == self.place && op.token != Token::Place => {
                    self.lost(Some(op.node), true, trail);
                    return false;
                }
                // Somebody else gave it back, or this is another mistake.
                Act::Take | Act::TryTake if same => return false,
                _ => {}
            }
        }
        if self.is_rebound(node) || self.called_gives(node) {
            return false;
        }
        let tree = self.body.summaries.sema.tree(self.body.decl);
        if matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Return { .. })) {
            self.lost(Some(node), false, trail);
            return false;
        }
        state.known.written(self.body, node);
        true
    }

    fn edge(&mut self, edge: EdgeKind, state: &mut State) -> bool {
        if let EdgeKind::True(cond) | EdgeKind::False(cond) = edge
            && self.op.act == Act::TryTake
            && let Some(taken) = self.says_taken(cond)
        {
            return taken == matches!(edge, EdgeKind::True(_));
        }
        state.known.edge(self.body, edge)
    }

    fn exit(&mut self, _: &State, trail: &Trail) {
        self.lost(None, false, trail);
    }

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}

impl Walker<'_, '_> {
    fn lost(&mut self, node: Option<Node>, again: bool, trail: &Trail) {
        let decides = |kind: &EdgeKind| matches!(kind, EdgeKind::True(_) | EdgeKind::False(_) | EdgeKind::Case { .. });
        let branch = trail.edges().map(|(_, kind)| kind).find(decides);
        if !self.outcome.leaks.iter().any(|leak| leak.node == node) {
            self.outcome.leaks.push(Leak { node, again, branch });
        }
    }

    /// What a condition must be for the lock to be taken; `None` if it says nothing about it.
    fn says_taken(&self, cond: ExprId) -> Option<bool> {
        let sema = &self.body.summaries.sema;
        let (tree, scopes) = (sema.tree(self.body.decl), sema.scopes(self.body.decl));
        let cond = tree.unparen(cond);
        let is_it = |expr: ExprId| Node::Expr(expr) == self.op.node || (self.ok.is_some() && scopes.of_ident(expr) == self.ok);
        match *tree.expr(cond) {
            Expr::Binary { op: Op::Eql, x, .. } if is_it(x) => Some(true),
            Expr::Binary { op: Op::Neq, x, .. } if is_it(x) => Some(false),
            _ if is_it(cond) => Some(true),
            _ => None,
        }
    }

    /// Whether a node gives the path's variable, or a field on the way, another value.
    fn is_rebound(&self, node: Node) -> bool {
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let tree = summaries.sema.tree(decl);
        if let Root::Local(root) = self.op.path.root
            && self.body.writes(node).any(|(local, _)| local == root)
        {
            return true;
        }
        let Node::Stmt(stmt) = node else { return false };
        let Stmt::Assign { lhs, .. } = tree.stmt(stmt) else { return false };
        lhs.iter().filter(|&&target| matches!(tree.expr(target), Expr::Selector { .. })).any(|&target| {
            let Some(path) = summaries.lock_path(decl, target) else { return false };
            path.root == self.op.path.root && self.op.path.fields.starts_with(&path.fields)
        })
    }

    /// Whether a function that the node calls may give the lock back.
    fn called_gives(&self, node: Node) -> bool {
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let tree = summaries.sema.tree(decl);
        let Some(class) = self.op.path.class() else { return self.calls_literal(node) };
        let mut found = false;
        let root = match node {
            Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Range { .. } | Stmt::Select { .. }) => return false,
            other => other,
        };
        tree.walk(root, |inner| {
            if let Node::Expr(call) = inner
                && matches!(tree.expr(call), Expr::Call { .. })
            {
                found |= summaries.gives_back(decl, call, DEPTH).contains(class);
            }
            !found
        });
        found || self.calls_literal(node)
    }

    /// Whether a node calls a function literal of the body, by a variable, that gives the lock back.
    fn calls_literal(&self, node: Node) -> bool {
        let (summaries, decl) = (self.body.summaries, self.body.decl);
        let tree = summaries.sema.tree(decl);
        let mut found = false;
        if matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Range { .. } | Stmt::Select { .. })) {
            return false;
        }
        tree.walk(node, |inner| {
            if let Node::Expr(call) = inner
                && let Expr::Call { .. } = tree.expr(call)
                && let crate::sema::Callee::Closure(lit) = summaries.sema.callee(decl, call)
            {
                let ops = summaries.lock_ops(decl, Node::Expr(lit));
                found |= ops.iter().any(|op| matches!(op.act, Act::Give | Act::Escape) && op.path == self.op.path);
            }
            !found
        });
        found
    }
}

fn told(pass: &Pass, body: &Body, op: &LockOp, outcome: &Outcome, words: &Words) -> Finding {
    let decl = body.decl;
    let tree = pass.project().tree(decl);
    let line = |span: Span| pass.project().file(decl.file).source.position(span.start).line;
    let mut leaks: Vec<&Leak> = outcome.leaks.iter().collect();
    leaks.sort_by_key(|leak| (!leak.again, leak.node.map_or(u32::MAX, |node| tree.range(node).start)));
    let first = leaks[0];
    let taken = pass.span(decl, op.node);
    let shown = pass.text(decl, op.node).lines().next().unwrap_or_default();
    let end = tree.stmt_range(body.graph.body).end;
    let closing = Span::new(decl.file, end.saturating_sub(1), end);
    let (span, message) = match (first.again, first.node) {
        (true, _) => (taken, format!("`{shown}` in a loop is not {} before the next turn: {}", words.given, words.cost)),
        (_, Some(node)) => {
            let message = format!("`{shown}` at line {} is not {} on this return: {}", line(taken), words.given, words.cost);
            (pass.span(decl, node), message)
        }
        (_, None) => (taken, format!("`{shown}` is not {} on every path to the end: {}", words.given, words.cost)),
    };
    let mut labels = Vec::new();
    if span != taken {
        labels.push(Label { span: taken, text: "taken here".to_owned() });
    }
    labels.extend(first.branch.and_then(|kind| {
        let (node, text) = match kind {
            EdgeKind::True(cond) => (Node::Expr(cond), "when this holds"),
            EdgeKind::False(cond) => (Node::Expr(cond), "when this does not hold"),
            EdgeKind::Case { value, .. } => (Node::Expr(value), "in this case"),
            _ => return None,
        };
        Some(Label { span: first_line(pass, pass.span(decl, node)), text: text.to_owned() })
    }));
    for leak in leaks.iter().skip(1).take(MOST_PLACES) {
        let (span, text) = match leak.node {
            Some(node) => (pass.span(decl, node), "so does this"),
            None => (closing, "the function ends here, and it is still held"),
        };
        labels.push(Label { span: first_line(pass, span), text: text.to_owned() });
    }
    if first.node.is_none() {
        labels.push(Label { span: closing, text: "the function ends here, and it is still held".to_owned() });
    }
    Finding {
        rule: pass.rule,
        span: first_line(pass, span),
        function: pass.function_name(decl),
        message,
        severity: pass.severity,
        // A channel may count something else than places.
        confidence: if op.token == Token::Place { Confidence::Medium } else { Confidence::High },
        labels,
        help: Some(words.help.to_owned()),
        fix: None,
    }
}

/// A span up to the end of its first line.
fn first_line(pass: &Pass, span: Span) -> Span {
    let text = pass.project().file(span.file).source.slice(span.start, span.end);
    Span { end: span.start + text.lines().next().unwrap_or_default().len() as u32, ..span }
}
