//! Is this where a container grows for ever? One place where it grows: how often it runs, and by which keys.
//!
//! ```go
//! func init() { table["x"] = 1 }               // once
//! if old, ok := m[k]; ok { m[k] = old + 1 }    // k is there already
//! if _, dup := codecs[name]; dup { panic(…) }  // a register: each name once
//! ```
//!
//! Not here: what else is done with the container (`growth`).

use super::find::Found;
use super::keys::{self, Limit, Origin, Range};
use super::reach::{Way, is_read_at_key};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId, Tree};
use crate::finding::{Confidence, Label};
use crate::module::{Entry, EntryKind};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::spawns;
use crate::sema::{Callee, Type};
use crate::source::Span;
use crate::summary::containers::{Act, Container, ContainerOp};

/// How exported functions are called that fill a table when the program starts.
const REGISTERS: &[&str] =
    &["Register", "MustRegister", "Add", "Install", "Define", "Declare", "Handle", "Use", "On", "Subscribe", "Set", "With"];

/// By how many calls a handler comes to where something grows, and what it costs to look at one.
const MOST_CALLS: usize = 3;
const WAY: u32 = 100;

/// A place where a container grows again and again.
pub(super) struct Site {
    pub(super) decl: DeclId,
    pub(super) node: Node,
    pub(super) confidence: Confidence,
    origin: Origin,
    pub(super) entry: Entry,
    /// The calls from what begins there, outermost first, if the container grows in a function of its own.
    way: Vec<(DeclId, ExprId)>,
}

impl Site {
    /// The place, if it can be one where the container grows for ever.
    pub(super) fn of(pass: &Pass, found: &Found, op: &ContainerOp, limit: Limit) -> Option<Site> {
        let Act::Grow { key, .. } = op.act else { return None };
        let sema = pass.sema();
        if key.is_some() && is_there(pass, op) {
            return None;
        }
        let (decl, node) = outermost(op);
        let entries = pass.module().entries(sema, decl, node);
        let entry = *entries.iter().filter(|entry| !entry.kind.is_start()).min_by_key(|entry| rank(entry.kind))?;
        let ways = key.map_or(Vec::new(), |key| ways_from(pass, op, key, &entry, limit));
        let sure_call = ways.into_iter().find_map(|way| {
            let origin = keys::origin_within(pass, op.decl, key?, &way, limit);
            (origin.range == Range::Unbounded).then_some((way, origin))
        });
        let origin = match (key, found.kind) {
            (Some(_), _) if let Some((_, origin)) = &sure_call => *origin,
            (Some(key), _) => keys::origin_within(pass, op.decl, key, &op.calls, limit),
            // A list takes everything; of a map that is copied nobody knows the keys.
            (None, Container::Slice | Container::Library) => Origin { range: Range::Called, shown: None },
            (None, Container::Map) => Origin { range: Range::Unknown, shown: None },
        };
        let repeated = entry.kind.is_repeated();
        // A list grows by each turn of the loop that it stands in; further away, something may decide that it does not.
        let listed = key.is_none() && found.kind != Container::Map && entry.decl == op.decl && op.calls.is_empty();
        // Sure is only what is done for each request, or in each turn of an endless loop, without any condition.
        let is_here = (entry.decl == decl && op.calls.len() <= 1 && is_own_code(pass, decl, node, &entry)) || sure_call.is_some();
        let certain = is_here && matches!(entry.kind, EntryKind::Handler | EntryKind::Loop) && is_straight(pass, op, &entry, limit);
        let confidence = match origin.range {
            Range::Bounded => return None,
            Range::Unbounded if certain => Confidence::High,
            Range::Called if certain && listed => Confidence::High,
            Range::Unbounded => Confidence::Medium,
            Range::Called if repeated || entry.kind == EntryKind::Exported => Confidence::Medium,
            Range::Unknown if repeated => Confidence::Medium,
            _ => Confidence::Low,
        };
        if !repeated
            && origin.range != Range::Unbounded
            && ((registers(pass, decl) && others_start(&entries, decl)) || refuses_twice(pass, op))
        {
            return None;
        }
        Some(Site { decl: op.decl, node: op.node, confidence, origin, entry, way: sure_call.map(|(way, _)| way).unwrap_or_default() })
    }

    pub(super) fn span(&self, pass: &Pass) -> Span {
        spawns::head(pass, self.decl, self.node)
    }

    pub(super) fn is_handler(&self) -> bool {
        self.entry.kind == EntryKind::Handler
    }

    /// The functions on the way from the handler to where it grows.
    pub(super) fn decls(&self) -> Vec<DeclId> {
        let input = self.origin.shown.map(|(decl, ..)| decl);
        [self.decl, self.entry.decl].into_iter().chain(self.way.iter().map(|&(decl, _)| decl)).chain(input).collect()
    }

    /// What comes from outside and makes the key.
    pub(super) fn input(&self) -> Option<(DeclId, Node)> {
        self.origin.shown.map(|(decl, node, _)| (decl, node))
    }

    /// What proves it, in order.
    pub(super) fn labels(&self, pass: &Pass) -> Vec<Label> {
        let mut labels = vec![Label { span: self.span(pass), text: "it grows here".to_owned() }];
        if let Some((decl, node, text)) = self.origin.shown {
            labels.push(Label { span: spawns::head(pass, decl, node), text: text.to_owned() });
        }
        if let Some(&(decl, call)) = self.way.first() {
            labels.push(Label { span: spawns::head(pass, decl, Node::Expr(call)), text: "which is called here".to_owned() });
        }
        let text = match self.entry.kind {
            EntryKind::Handler => "this runs for each request",
            EntryKind::Loop => "this loop goes on as long as the program",
            EntryKind::Waits => "this loop turns with whatever comes",
            EntryKind::Exported => "this may be called any number of times",
            _ => return labels,
        };
        let span = match self.entry.node {
            Some(node) => spawns::head(pass, self.entry.decl, node),
            None => name_span(pass, self.entry.decl),
        };
        if labels.iter().all(|label| label.span != span) {
            labels.push(Label { span, text: text.to_owned() });
        }
        labels
    }
}

/// The name in a function's declaration.
fn name_span(pass: &Pass, decl: DeclId) -> Span {
    let outline = pass.project().decl(decl);
    let range = outline.names.first().map_or(outline.range, |(_, range)| *range);
    Span { file: decl.file, start: range.start, end: range.end }
}

/// Where the way to what is done begins: the first call, or the place itself.
fn outermost(op: &ContainerOp) -> (DeclId, Node) {
    op.calls.first().map_or((op.decl, op.node), |&(decl, call)| (decl, Node::Expr(call)))
}

/// Whether a function that other packages may call is called here, if at all, only where the program starts.
fn others_start(entries: &[Entry], decl: DeclId) -> bool {
    entries.iter().all(|entry| entry.kind.is_start() || (entry.kind == EntryKind::Exported && entry.decl == decl))
}

/// The ways from what begins at an entry to the function in which something grows, by calls that are made without a condition: from function to
/// function, the outermost call first.
fn ways_from(pass: &Pass, op: &ContainerOp, key: ExprId, entry: &Entry, limit: Limit) -> Vec<Vec<(DeclId, ExprId)>> {
    let sema = pass.sema();
    let is_own = sema.parents(op.decl).func_lit(sema.tree(op.decl), op.node).is_none();
    if !op.calls.is_empty() || !is_own || entry.decl == op.decl || !matches!(entry.kind, EntryKind::Handler | EntryKind::Loop) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open = vec![(op.decl, Some(key), Vec::new())];
    while let Some((callee, key, way)) = open.pop() {
        for (decl, call) in pass.module().calls(sema, callee).unwrap_or_default() {
            let Some(call) = call.filter(|_| limit.budget.spend(WAY)) else { continue };
            let key = key.and_then(|key| keys::passed(pass, callee, key, decl, call));
            let here = Way { pass, decl, key, limit };
            let node = Node::Expr(call);
            let mut way = way.clone();
            way.insert(0, (decl, call));
            if entry.decl == decl && pass.module().entries(sema, decl, node).contains(entry) {
                if is_own_code(pass, decl, node, entry) && here.is_straight(node, Some(entry)) && here.has_plain_arguments(call) {
                    found.push(way);
                }
            } else if way.len() < MOST_CALLS
                && sema.parents(decl).func_lit(sema.tree(decl), node).is_none()
                && here.is_straight(node, None)
                && here.has_plain_arguments(call)
            {
                open.push((decl, key, way));
            }
        }
    }
    found
}

/// Whether a node stands in the very function that begins at an entry, not in a closure in it.
fn is_own_code(pass: &Pass, decl: DeclId, node: Node, entry: &Entry) -> bool {
    let (tree, parents) = (pass.sema().tree(decl), pass.sema().parents(decl));
    let of = match entry.node {
        Some(Node::Expr(expr)) => matches!(tree.expr(expr), Expr::FuncLit { .. }).then_some(expr),
        Some(stmt) => parents.func_lit(tree, stmt),
        None => None,
    };
    parents.func_lit(tree, node) == of
}

/// What shows best that something runs again and again comes first.
fn rank(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Handler => 0,
        EntryKind::Loop => 1,
        EntryKind::Waits => 2,
        EntryKind::Exported => 3,
        _ => 4,
    }
}

/// Whether anything grows elsewhere than where the program starts.
pub(super) fn grows_again(pass: &Pass, ops: &[ContainerOp]) -> bool {
    ops.iter().filter(|op| matches!(op.act, Act::Grow { .. })).any(|op| {
        let (decl, node) = outermost(op);
        pass.module().entries(pass.sema(), decl, node).iter().any(|entry| !entry.kind.is_start())
    })
}

/// Whether `m = make(…)` only makes what is not there yet: when the program starts, or where m is nil.
pub(super) fn is_first(pass: &Pass, op: &ContainerOp) -> bool {
    let sema = pass.sema();
    let (decl, node) = outermost(op);
    if pass.module().entries(sema, decl, node).iter().all(|entry| entry.kind.is_start()) {
        return true;
    }
    let Node::Stmt(stmt) = op.node else { return false };
    let (tree, parents) = (sema.tree(op.decl), sema.parents(op.decl));
    let Stmt::Assign { lhs, .. } = tree.stmt(stmt) else { return false };
    let mut inner = Node::Stmt(stmt);
    for around in parents.ancestors(inner) {
        if let Node::Stmt(id) = around
            && let Stmt::If { cond, body, .. } = *tree.stmt(id)
            && inner == Node::Stmt(body)
            && let Expr::Binary { op: Op::Eql, x, y } = *tree.expr(tree.unparen(cond))
            && tree.ident(y) == Some("nil")
            && lhs.iter().any(|&target| pass.text(op.decl, Node::Expr(target)) == pass.text(op.decl, Node::Expr(x)))
        {
            return true;
        }
        inner = around;
    }
    false
}

/// The conditions that must hold, or not hold, where a statement runs: those around it, and those before it whose branch leaves.
fn conditions(pass: &Pass, decl: DeclId, node: Node) -> Vec<(StmtId, bool)> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut found = Vec::new();
    let mut inner = node;
    for around in parents.ancestors(node) {
        match around {
            Node::Expr(expr) if matches!(tree.expr(expr), Expr::FuncLit { .. }) => break,
            Node::Stmt(id) => match tree.stmt(id) {
                Stmt::If { body, else_, .. } => {
                    if inner == Node::Stmt(*body) {
                        found.push((id, true));
                    } else if else_.is_some_and(|else_| inner == Node::Stmt(else_)) {
                        found.push((id, false));
                    }
                }
                Stmt::Block { list } | Stmt::Case { body: list, .. } | Stmt::Comm { body: list, .. } => {
                    let before = list.iter().take_while(|&&stmt| Node::Stmt(stmt) != inner);
                    let may_leave = |stmt: &&StmtId| {
                        matches!(tree.stmt(**stmt), Stmt::If { .. } | Stmt::Switch { .. } | Stmt::TypeSwitch { .. } | Stmt::Select { .. })
                    };
                    found.extend(before.filter(may_leave).map(|&stmt| (stmt, false)));
                }
                _ => {}
            },
            _ => {}
        }
        inner = around;
    }
    found
}

/// Whether the key is in the map already: `if _, ok := m[k]; ok { m[k] = … }`.
fn is_there(pass: &Pass, op: &ContainerOp) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(op.decl);
    let is_found = |expr: ExprId| is_read_at_key(pass, op, expr);
    conditions(pass, op.decl, op.node).into_iter().any(|(stmt, holds)| {
        let Stmt::If { cond, body, .. } = *tree.stmt(stmt) else { return false };
        // Before it: `if !ok { return }`
        let is_before = !is_within(tree, stmt, op.node);
        if is_before && !leaves(pass, op.decl, body) {
            return false;
        }
        let mut parts = vec![cond];
        while let Some(part) = parts.pop() {
            match *tree.expr(tree.unparen(part)) {
                Expr::Binary { op: Op::LAnd, x, y } if holds => parts.extend([x, y]),
                Expr::Binary { op: Op::LOr, x, y } if !holds => parts.extend([x, y]),
                Expr::Unary { op: Op::Not, x } if !holds && is_found(x) => return true,
                Expr::Binary { op: Op::Neq, x, y } if holds && tree.ident(y) == Some("nil") && is_found(x) => return true,
                Expr::Binary { op: Op::Eql, x, y } if !holds && tree.ident(y) == Some("nil") && is_found(x) => return true,
                _ if holds && is_found(part) && !is_before => return true,
                _ => {}
            }
        }
        false
    })
}

/// Whether a node stands in a statement.
fn is_within(tree: &Tree, stmt: StmtId, node: Node) -> bool {
    let (outer, inner) = (tree.stmt_range(stmt), tree.range(node));
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether nothing but the client decides that it grows: else there may be a limit, or few keys that are let in.
fn is_straight(pass: &Pass, op: &ContainerOp, entry: &Entry, limit: Limit) -> bool {
    let Act::Grow { key, .. } = op.act else { return false };
    Way { pass, decl: op.decl, key, limit }.is_straight(op.node, Some(entry))
        && op.calls.iter().all(|&(decl, call)| Way { pass, decl, key: None, limit }.is_straight(Node::Expr(call), Some(entry)))
}

/// Whether a block ends by leaving the statements after it.
fn leaves(pass: &Pass, decl: DeclId, body: StmtId) -> bool {
    let tree = pass.sema().tree(decl);
    let Stmt::Block { list } = tree.stmt(body) else { return false };
    match list.last().map(|&last| tree.stmt(last)) {
        Some(Stmt::Return { .. } | Stmt::Branch { .. }) => true,
        Some(Stmt::Expr { x }) => matches!(pass.sema().callee(decl, tree.unparen(*x)), Callee::Builtin("panic")),
        _ => false,
    }
}

/// Whether a name that is there already is refused: `if _, dup := m[k]; dup { panic(…) }`, or with an error.
fn refuses_twice(pass: &Pass, op: &ContainerOp) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(op.decl);
    conditions(pass, op.decl, op.node).into_iter().any(|(stmt, holds)| {
        let Stmt::If { body, .. } = *tree.stmt(stmt) else { return false };
        let Stmt::Block { list } = tree.stmt(body) else { return false };
        if holds {
            return false;
        }
        match list.last().map(|&last| tree.stmt(last)) {
            Some(Stmt::Expr { x }) => {
                let call = tree.unparen(*x);
                match sema.callee(op.decl, call) {
                    Callee::Builtin("panic") => true,
                    Callee::Function(function) => sema.facts.never_returns(&function.key),
                    _ => false,
                }
            }
            Some(Stmt::Return { results }) => {
                results.last().is_some_and(|&last| sema.type_of(op.decl, last) == Type::ERROR || is_error_call(pass, op.decl, last))
            }
            _ => false,
        }
    })
}

/// `fmt.Errorf(…)`, `errors.New(…)`
fn is_error_call(pass: &Pass, decl: DeclId, expr: ExprId) -> bool {
    let sema = pass.sema();
    matches!(sema.callee(decl, expr), Callee::Function(_)) && sema.results_of(decl, expr).contains(&Type::ERROR)
}

/// Whether an exported function is called as those that fill a table when the program starts.
fn registers(pass: &Pass, decl: DeclId) -> bool {
    let Some((name, _)) = pass.project().decl(decl).names.first() else { return false };
    REGISTERS.iter().any(|start| {
        name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
    })
}
