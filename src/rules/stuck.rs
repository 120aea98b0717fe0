//! Which goroutine never ends, and what is said about it? The engine of the rules about channels, wait groups and conditions: a function is
//! run with its goroutines (`summary::simulate`), and each that is stuck is told by one rule.
//!
//! ```go
//! ch := make(chan int)
//! go func() { ch <- compute() }() // goroutine-blocked-send: whoever takes the other case of the select below never receives
//! ```
//!
//! Not here: what can happen when a function runs (`summary::simulate`).

mod worker;

use crate::ast::{Expr, ExprId, Node, Op, Parents, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::LocalKind;
use crate::source::Span;
use crate::summary::simulate::{Site, Stuck, Told, Waits};
use rustc_hash::FxHashSet;
use std::cell::LazyCell;
use worker::{Endings, Worker};

/// How many of the steps that led there are told.
const MOST_STEPS: usize = 2;

/// Of rules that speak of the same channel the first one does.
const PRECEDENCE: &[&str] = &["goroutine-blocked-send", "goroutine-blocked-receive", "goroutine-range-unclosed", "channel-double-send"];

/// Reports what a rule tells of a package.
pub(super) fn check(pass: &mut Pass, rule: &'static str) {
    let findings = findings(pass, rule);
    pass.findings.extend(findings);
}

/// A goroutine that is stuck, and what it is told as.
struct Case<'s> {
    stuck: &'s Stuck,
    /// What it is if a method would have ended it.
    worker: Option<Worker>,
    /// The rule that tells it.
    rule: Option<&'static str>,
}

fn findings(pass: &Pass, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    // One finding for each thing that is waited for: that it is waited for elsewhere too has the same cause.
    let mut known: FxHashSet<Site> = FxHashSet::default();
    let earlier = PRECEDENCE.iter().position(|of| *of == rule).map_or(&[][..], |own| &PRECEDENCE[..own]);
    let endings = LazyCell::new(|| Endings::of(pass));
    let entries = pass.summaries.entries(pass.package);
    let is_about_locks = matches!(rule, "double-lock" | "mutex-not-unlocked");
    for &decl in if is_about_locks { &entries.locking } else { &entries.waiting } {
        let found = &pass.summaries.simulated(decl).stuck;
        let cases: Vec<Case> = found.iter().map(|stuck| judge(pass, decl, stuck, &endings)).collect();
        for case in cases.iter().filter(|case| case.rule == Some(rule)) {
            let stuck = case.stuck;
            let file = pass.project().file(stuck.site.decl.file);
            let is_here = file.package == pass.package && file.target && !file.outline.generated;
            let is_said = stuck.made.is_some()
                && cases.iter().any(|other| other.stuck.made == stuck.made && other.rule.is_some_and(|rule| earlier.contains(&rule)));
            // A worker is told where it is started; the channel that all wait for may be made in one constructor.
            let made = stuck.made.filter(|_| rule != "worker-never-stopped");
            let known_by = [Some(place(pass, case)), made];
            if is_said || !is_here || known_by.iter().flatten().any(|site| known.contains(site)) {
                continue;
            }
            known.extend(known_by.into_iter().flatten());
            findings.push(told(pass, case));
        }
    }
    findings
}

fn judge<'s>(pass: &Pass, entry: DeclId, stuck: &'s Stuck, endings: &LazyCell<Endings, impl FnOnce() -> Endings>) -> Case<'s> {
    let may_be_ended = matches!(stuck.waits, Waits::Receive | Waits::Range | Waits::Select);
    let worker = may_be_ended.then(|| worker::of(pass, entry, stuck, endings)).flatten();
    Case { stuck, rule: rule_of(pass, stuck, worker.is_some()), worker }
}

/// The rule that tells about a goroutine that is stuck when a function runs.
fn rule_of(pass: &Pass, stuck: &Stuck, is_worker: bool) -> Option<&'static str> {
    let waits_for_lock = |&(_, waits): &(Site, Waits)| matches!(waits, Waits::Lock { .. });
    let is_silent = match stuck.waits {
        Waits::Select => stuck.started.is_none() && stuck.made.is_none(),
        // A signal that comes too early is another mistake.
        Waits::Cond => stuck.told.iter().any(|told| matches!(told, Told::Signalled(_))),
        _ => false,
    };
    if is_silent {
        return None;
    }
    if stuck.is_nil {
        return Some("goroutine-nil-channel");
    }
    match stuck.waits {
        // The next turn of a loop is a matter of the missing unlock, or of the `defer`, of which `defer-in-loop` tells.
        Waits::Lock { .. } if stuck.holder == Some((stuck.site, true)) && stuck.calls.is_empty() => {
            (!defers_unlock(pass, stuck.site)).then_some("mutex-not-unlocked")
        }
        Waits::Lock { .. } => match stuck.holder {
            Some((_, true)) => Some("double-lock"),
            // The one that holds it waits for a lock itself; if it waits for something else, that is told.
            Some(_) if matches!(stuck.holder_waits, Some(Waits::Lock { .. })) => Some("lock-order-cycle"),
            _ => None,
        },
        Waits::Once => Some("double-lock"),
        _ if !stuck.holds.is_empty() && stuck.others.iter().any(waits_for_lock) => Some("blocked-under-lock"),
        Waits::Send if stuck.sent_before.is_some_and(|before| before != stuck.site || !is_in_loop(pass, stuck)) => {
            Some("channel-double-send")
        }
        Waits::Send => Some("goroutine-blocked-send"),
        Waits::Receive | Waits::Range | Waits::Select if is_worker => Some("worker-never-stopped"),
        Waits::Range => Some("goroutine-range-unclosed"),
        Waits::Receive if is_drain(pass, stuck) => Some("goroutine-range-unclosed"),
        Waits::Receive => Some("goroutine-blocked-receive"),
        Waits::Select => Some("goroutine-blocked-select"),
        Waits::Group if copied(stuck).is_some() => Some("waitgroup-by-value"),
        Waits::Group => Some("waitgroup-never-done"),
        Waits::Cond => Some("cond-wait-never-signalled"),
    }
}

/// Where a copy of the wait group is done instead.
fn copied(stuck: &Stuck) -> Option<Site> {
    stuck.told.iter().rev().find_map(|told| match told {
        Told::DoneOnCopy(site) => Some(*site),
        _ => None,
    })
}

/// Whether the function around a lock defers its unlock.
fn defers_unlock(pass: &Pass, site: Site) -> bool {
    let tree = pass.sema().tree(site.decl);
    tree.index.defers.iter().any(|&defer| pass.text(site.decl, Node::Stmt(defer)).contains("nlock()"))
}

/// Whether the operation is in a loop of its function.
fn is_in_loop(pass: &Pass, stuck: &Stuck) -> bool {
    loop_around(pass, stuck.site).is_some()
}

/// The innermost loop around a node, in the same function.
fn loop_around(pass: &Pass, site: Site) -> Option<Node> {
    let (tree, parents) = (pass.sema().tree(site.decl), pass.sema().parents(site.decl));
    let mut at = Some(site.node);
    while let Some(node) = at {
        match node {
            Node::Stmt(stmt) if Parents::is_loop(tree, stmt) => return Some(node),
            Node::Expr(expr) if matches!(tree.expr(expr), Expr::FuncLit { .. }) => return None,
            _ => at = parents.parent(node),
        }
    }
    None
}

/// `for { v, ok := <-c; if !ok { return } … }`: a loop over what comes until the channel is closed.
fn is_drain(pass: &Pass, stuck: &Stuck) -> bool {
    let (tree, parents) = (pass.sema().tree(stuck.site.decl), pass.sema().parents(stuck.site.decl));
    let two = |node: Node| match node {
        Node::Stmt(stmt) => matches!(tree.stmt(stmt), Stmt::Assign { lhs, rhs, .. } if lhs.len() == 2 && rhs.len() == 1),
        Node::Expr(_) => false,
    };
    let is_two = two(stuck.site.node) || parents.parent(stuck.site.node).is_some_and(two);
    is_two && is_in_loop(pass, stuck)
}

/// The channel, group or condition as the code writes it.
fn name_of(pass: &Pass, site: Site) -> String {
    let tree = pass.sema().tree(site.decl);
    let shown = |expr: ExprId| {
        let text = pass.text(site.decl, Node::Expr(expr));
        if text.contains('\n') || text.len() > 40 { "it".to_owned() } else { format!("`{text}`") }
    };
    let received = |expr: ExprId| match *tree.expr(tree.unparen(expr)) {
        Expr::Unary { op: Op::Arrow, x } => shown(x),
        Expr::Call { fun, .. } => match *tree.expr(fun) {
            Expr::Selector { x, .. } => shown(x),
            _ => shown(fun),
        },
        _ => shown(expr),
    };
    match site.node {
        Node::Expr(expr) => received(expr),
        Node::Stmt(stmt) => match tree.stmt(stmt) {
            Stmt::Send { chan, .. } => shown(*chan),
            Stmt::Range { x, .. } => shown(*x),
            Stmt::Expr { x } => received(*x),
            Stmt::Assign { rhs, .. } => received(rhs[0]),
            _ => "it".to_owned(),
        },
    }
}

/// Where it is told: the operation; of a loop that waits for the end of a channel the loop, of a wait group what was forgotten.
fn place(pass: &Pass, case: &Case) -> Site {
    if let Some(worker) = &case.worker {
        return worker.start;
    }
    let stuck = case.stuck;
    let is_helper = stuck.sent_before == Some(stuck.site);
    match stuck.waits {
        Waits::Receive if is_drain(pass, stuck) => loop_around(pass, stuck.site).map_or(stuck.site, |node| Site { node, ..stuck.site }),
        Waits::Send if is_helper => stuck.calls.first().copied().unwrap_or(stuck.site),
        Waits::Group if copied(stuck).is_some() => copied(stuck).unwrap_or(stuck.site),
        Waits::Group if stuck.holds.is_empty() => forgotten(pass, stuck).unwrap_or(stuck.site),
        // The one that comes first stands for all.
        Waits::Lock { .. } if stuck.holder.is_some_and(|(_, mine)| !mine) => {
            let others = stuck.others.iter().filter(|(_, waits)| matches!(waits, Waits::Lock { .. })).map(|&(site, _)| site);
            others.chain([stuck.site]).min_by_key(|site| pass.span(site.decl, site.node)).unwrap_or(stuck.site)
        }
        _ => stuck.site,
    }
}

/// The `return` of a goroutine that is done on another path; else the last `Add`.
fn forgotten(pass: &Pass, stuck: &Stuck) -> Option<Site> {
    let skips = |site: &Site| {
        let (tree, parents) = (pass.sema().tree(site.decl), pass.sema().parents(site.decl));
        let body = parents.body(tree, site.node);
        let is_explicit = matches!(site.node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Return { .. }));
        is_explicit && body.is_some_and(|body| pass.text(site.decl, Node::Stmt(body)).contains(".Done()"))
    };
    let returned = stuck.told.iter().find_map(|told| match told {
        Told::Returned(site) if skips(site) => Some(*site),
        _ => None,
    });
    let added = stuck.told.iter().find_map(|told| match told {
        Told::Added(site) => Some(*site),
        _ => None,
    });
    returned.or(added)
}

fn told(pass: &Pass, case: &Case) -> Finding {
    let stuck = case.stuck;
    let name = name_of(pass, stuck.site);
    let worker = case.worker.as_ref().filter(|_| case.rule == Some("worker-never-stopped"));
    let who = if stuck.started.is_some() { "this goroutine" } else { "the function" };
    let message = match stuck.waits {
        _ if worker.is_some() => worker.map_or_else(String::new, |worker| worker.message(pass)),
        _ if stuck.is_nil => format!("{who} waits forever: {name} is nil here"),
        Waits::Send if stuck.sent_before.is_some() => format!("{who} blocks forever: nobody takes a second value from {name}"),
        Waits::Send => format!("{who} blocks forever: nobody receives from {name} any more"),
        Waits::Receive => format!("{who} waits forever: nobody sends on {name} or closes it any more"),
        Waits::Range => format!("{who} waits forever for more: {name} is never closed"),
        Waits::Select => format!("{who} waits forever: no case of this `select` can become ready"),
        Waits::Group if copied(stuck).is_some() => format!("`Done` of a copy does not reach {name}: whoever waits for it waits forever"),
        Waits::Group => format!("{who} waits forever: {name} is never done"),
        Waits::Cond => format!("{who} waits forever: nobody signals {name} any more"),
        Waits::Lock { .. } if stuck.holder.is_some_and(|(_, mine)| mine) => format!("{who} blocks forever: it holds {name} already"),
        Waits::Lock { .. } => format!("{who} blocks forever: {name} is held by one that waits for what this one holds"),
        Waits::Once => format!("{who} blocks forever: {name} runs already, and waits for itself"),
    };
    let place = place(pass, case);
    let decl = place.decl;
    Finding {
        rule: pass.rule,
        span: first_line(pass, place),
        function: pass.function_name(decl),
        message,
        severity: pass.severity,
        confidence: confidence(pass, stuck),
        labels: labels(pass, stuck, &name),
        help: worker.map(|worker| format!("call `{}` on every path, best with `defer`", pass.function_name(worker.stop))),
        fix: None,
    }
}

fn confidence(pass: &Pass, stuck: &Stuck) -> Confidence {
    // Who waits for himself needs no other; what is nil may be so where nobody comes.
    let mine = stuck.holder.is_some_and(|(_, mine)| mine);
    let is_certain = if stuck.is_nil { is_never_made(pass, stuck.site) } else { stuck.started.is_some() || mine };
    match stuck.choices() {
        0..=4 if !stuck.is_assumed() && !stuck.scaled && is_certain => Confidence::High,
        0..=8 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Whether the channel is a variable that gets no value at all: `var done chan struct{}`.
fn is_never_made(pass: &Pass, site: Site) -> bool {
    let tree = pass.sema().tree(site.decl);
    let chan = match site.node {
        Node::Expr(expr) => match *tree.expr(expr) {
            Expr::Unary { op: Op::Arrow, x } => x,
            _ => return false,
        },
        Node::Stmt(stmt) => match *tree.stmt(stmt) {
            Stmt::Send { chan, .. } => chan,
            Stmt::Range { x, .. } => x,
            _ => return false,
        },
    };
    let scopes = pass.sema().scopes(site.decl);
    let local = scopes.of_ident(tree.unparen(chan)).map(|local| scopes.local(local));
    local.is_some_and(|local| {
        let is_zero = |write: &crate::sema::Write| write.value == crate::sema::Value::Zero;
        local.kind == LocalKind::Var && !local.address_taken && local.writes.iter().all(is_zero)
    })
}

fn labels(pass: &Pass, stuck: &Stuck, name: &str) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut label = |site: Site, text: String| {
        let span = first_line(pass, site);
        if labels.iter().all(|known: &Label| known.span != span) {
            labels.push(Label { span, text });
        }
    };
    if let Some(made) = stuck.made {
        label(made, format!("{name} is made here"));
    }
    if let Some(started) = stuck.started {
        label(started, "the goroutine starts here".to_owned());
    }
    if let Some(before) = stuck.sent_before {
        label(before, "it has sent here before".to_owned());
    }
    if let Some((site, mine)) = stuck.holder {
        label(site, if mine { "it holds the lock since here" } else { "locked here" }.to_owned());
        // The lock that waits may be taken for a caller, who is the one that holds it.
        for &call in stuck.calls.iter().filter(|_| mine).take(MOST_STEPS) {
            label(call, "it comes from this call".to_owned());
        }
    }
    for &site in &stuck.holds {
        label(site, "it holds this lock meanwhile".to_owned());
    }
    for &(site, _) in &stuck.others {
        label(site, "and this waits too".to_owned());
    }
    let steps = stuck.told.iter().filter_map(|told| match told {
        Told::Returned(site) => Some((*site, "the other side has returned here")),
        Told::Took(site) => Some((*site, "if this case is taken")),
        Told::Chose(site) => Some((*site, "depending on this")),
        _ => None,
    });
    for (site, text) in steps.take(MOST_STEPS) {
        label(site, text.to_owned());
    }
    labels
}

/// The first line of a node.
pub(super) fn first_line(pass: &Pass, site: Site) -> Span {
    let span = pass.span(site.decl, site.node);
    let text = pass.project().file(site.decl.file).source.slice(span.start, span.end);
    let line = text.lines().next().unwrap_or_default().trim_end_matches([' ', '{']);
    Span { end: span.start + line.len() as u32, ..span }
}
