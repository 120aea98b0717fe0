//! How is a lost resource told? The message, the labels along the path, and what to do.
//!
//! ```text
//! the response body of `http.Get` is not closed on every path: … // with a label at the return that leaves it open
//! ```
//!
//! Not here: whether it is lost (`walk`).

use super::body::Body;
use super::fix;
use super::sites::Site;
use super::walk::{Leak, Loss, Outcome};
use crate::ast::{Expr, Node, Stmt};
use crate::facts::{Kind, Release as Way, Resource};
use crate::finding::{Confidence, Finding, Label, Severity};
use crate::flow::EdgeKind;
use crate::rule::Pass;
use crate::source::Span;

/// At how many places a loss is told.
const MOST_PLACES: usize = 3;

/// A resource that nothing holds.
pub(super) fn discarded(pass: &Pass, body: &Body, site: &Site, confidence: Confidence) -> Finding {
    let resource = site.held.resource;
    let message = format!("{} is dropped and never {}: {}", subject(pass, body, site), done(resource), cost(pass, resource));
    Finding { confidence, ..finding(pass, body, site, message, Vec::new(), pass.severity) }
}

/// A resource that some path loses.
pub(super) fn leaked(pass: &Pass, body: &Body, site: &Site, outcome: &Outcome, confidence: Confidence) -> Finding {
    let resource = site.held.resource;
    let subject = subject(pass, body, site);
    let mut leaks: Vec<&Leak> = outcome.leaks.iter().collect();
    leaks.sort_by_key(|leak| (leak.loss == Loss::Turned, leak.node.map_or(u32::MAX, |node| pass.span(body.decl, node).start)));
    let line = |node: Node| {
        let file = pass.project().file(body.decl.file);
        file.source.position(pass.span(body.decl, node).start).line
    };
    let first = leaks[0];
    // A body that was read to its end, or to an error, gives its connection back, unless something in between stopped early.
    let is_body = resource.rule == "http-body-not-closed";
    let done = done(resource);
    let what = match (first.loss, first.node) {
        _ if !outcome.ever_done && is_body && leaks.iter().all(|leak| leak.drained) => {
            format!("{subject} is read to its end, but never {done}")
        }
        _ if !outcome.ever_done && first.loss != Loss::Overwritten => format!("{subject} is never {done}"),
        (Loss::Overwritten, Some(node)) => format!("{subject} is lost at line {} before it is {done}", line(node)),
        (Loss::Turned, _) => format!("{subject} is not {done} before the next turn of the loop"),
        (Loss::Returned, Some(node)) => format!("{subject} is not {done} on the return at line {}", line(node)),
        _ => format!("{subject} is not {done} on every path to the end of the function"),
    };
    let mut labels = Vec::new();
    if outcome.ever_done {
        labels.extend(first.branches.first().and_then(|&kind| branch(pass, body, kind)));
    }
    for leak in leaks.iter().take(MOST_PLACES) {
        let (span, text) = match (leak.loss, leak.node) {
            (Loss::Overwritten, Some(node)) => (pass.span(body.decl, node), "here the last variable that holds it gets another value"),
            (Loss::Turned, Some(node)) => (pass.span(body.decl, node), "here the next turn of the loop begins, and it is left behind"),
            (_, Some(node)) => (pass.span(body.decl, node), "this return leaves it behind"),
            (_, None) => (end(pass, body), "the function ends here, and it is left behind"),
        };
        labels.push(Label { span: first_line(pass, span), text: text.to_owned() });
    }
    let read = is_body && leaks.iter().all(|leak| leak.drained);
    let severity = if read { pass.severity.min(Severity::Warning) } else { pass.severity };
    let fix = if outcome.ever_done && !fix::is_only_drained(body, site) { None } else { fix::of(pass, body, site) };
    let mut finding = finding(pass, body, site, format!("{what}: {}", cost(pass, resource)), labels, severity);
    finding.confidence =
        if leaks.iter().all(|leak| is_unsure(body, site, leak, is_body)) { confidence.min(Confidence::Medium) } else { confidence };
    finding.fix = fix;
    finding
}

/// Whether something speaks against a loss: somebody else may give it back, it may be used on, or the path may be none.
fn is_unsure(body: &Body, site: &Site, leak: &Leak, is_body: bool) -> bool {
    leak.lent || leak.shared || (is_body && leak.drained) || is_about_the_same(body, site, leak)
}

/// Whether the condition that led to the acquisition and the one that led to the loss are about the same thing, in different words:
/// perhaps they cannot both hold.
fn is_about_the_same(body: &Body, site: &Site, leak: &Leak) -> bool {
    let conditions = body.known_at(site.place);
    let subjects: Vec<_> = conditions.iter().flat_map(|&(cond, _)| body.subjects(cond)).collect();
    let decided = leak.branches.iter().any(|&kind| match kind {
        EdgeKind::True(cond) => body.subjects(cond).iter().any(|subject| subjects.contains(subject)),
        _ => false,
    });
    !subjects.is_empty() && decided
}

fn finding(pass: &Pass, body: &Body, site: &Site, message: String, labels: Vec<Label>, severity: Severity) -> Finding {
    Finding {
        rule: pass.rule,
        span: first_line(pass, pass.span(body.decl, Node::Expr(site.call))),
        function: pass.function_name(body.decl),
        message,
        severity,
        confidence: Confidence::High,
        labels,
        help: Some(help(site.held.resource)),
        fix: None,
    }
}

/// What is lost, with the function that it comes from.
fn subject(pass: &Pass, body: &Body, site: &Site) -> String {
    let resource = site.held.resource;
    let tree = pass.project().tree(body.decl);
    let call = match tree.expr(site.call) {
        Expr::Call { fun, .. } => pass.text(body.decl, Node::Expr(*fun)),
        _ => "",
    };
    let call = if call.contains('\n') || call.len() > 60 { site.function.as_str() } else { call };
    let holder = site.holders.first().map(|&(local, _)| pass.sema().scopes(body.decl).local(local).name.clone());
    let noun = if resource.noun.is_empty() || resource.noun.contains('.') { String::new() } else { format!("the {} ", resource.noun) };
    match (noun.is_empty(), holder) {
        (false, _) if resource.release.contains(&Way::Call) => match site.holders.first() {
            Some((local, _)) => format!("`{}` of `{call}`", pass.sema().scopes(body.decl).local(*local).name),
            None => format!("the {} of `{call}`", if resource.kind == Kind::Context { "cancel function" } else { "stop function" }),
        },
        (false, _) => format!("{noun}of `{call}`"),
        (true, Some(holder)) => format!("`{holder}` from `{call}`"),
        (true, None) => format!("the result of `{call}`"),
    }
}

/// The participle of how it is given back.
fn done(resource: &Resource) -> &'static str {
    let first = resource.release.first();
    match first {
        Some(Way::Call) => "called",
        Some(Way::Nothing) => "stopped",
        Some(Way::Method(name)) => match name.as_str() {
            "Close" => "closed",
            "Stop" => "stopped",
            "Wait" => "waited for",
            "Commit" | "Rollback" => "committed or rolled back",
            "Scan" => "scanned",
            "Unlock" | "RUnlock" => "unlocked",
            "Unpin" => "unpinned",
            "Delete" => "deleted",
            "End" => "ended",
            "RemoveAll" => "removed",
            _ => "released",
        },
        Some(Way::Func(key)) => match key.rsplit('.').next().unwrap_or_default() {
            "Close" => "closed",
            "Remove" | "RemoveAll" => "removed",
            "Munmap" => "unmapped",
            "free" => "freed",
            "UnlockOSThread" => "unlocked",
            name if name.starts_with("Stop") => "stopped",
            _ => "released",
        },
        _ => "released",
    }
}

/// What a loss costs.
fn cost(pass: &Pass, resource: &Resource) -> String {
    if matches!(resource.rule.as_str(), "ticker-not-stopped" | "timer-not-stopped") {
        return format!("with {} it is not collected", pass.timers().fact);
    }
    let text = match resource.rule.as_str() {
        "http-body-not-closed" => "its connection and two goroutines stay",
        "sql-rows-not-closed" | "sql-row-not-scanned" | "sql-tx-not-finished" => "its connection stays out of the pool",
        "exec-not-waited" => "the child stays a zombie, and its pipes stay open",
        "iter-pull-not-stopped" => "the goroutine of the iterator never ends",
        "raw-fd-not-closed" => "no garbage collector ever closes it",
        "temp-not-removed" => "it stays on the disk",
        "locked-os-thread" => "nothing else can run on it",
        "mutex-not-unlocked" => "whoever locks it next waits for ever",
        _ => match resource.kind {
            Kind::Fd => "its descriptor stays open",
            Kind::Goroutine => "its goroutine keeps running",
            Kind::Memory => "its memory is not freed",
            Kind::Lock => "whoever locks it next waits for ever",
            Kind::Disk => "it stays on the disk",
            Kind::Timer => "it is never collected",
            Kind::Context if resource.lives == crate::facts::Lives::Time => "the context and its timer stay until the deadline",
            Kind::Context => "the context stays as long as its parent",
            Kind::Process => "the process stays",
        },
    };
    text.to_owned()
}

fn help(resource: &Resource) -> String {
    let call = match resource.release.first() {
        Some(Way::Call) => "call it with `defer`".to_owned(),
        Some(Way::Nothing) => return "use `time.NewTicker` and `defer` its `Stop()`".to_owned(),
        Some(Way::Method(name)) if !resource.component.is_empty() => {
            format!("`defer` its `{}.{name}()`", resource.component.trim_start_matches('.'))
        }
        Some(Way::Method(name)) if name == "Scan" => "call `Scan`".to_owned(),
        Some(Way::Method(name)) => format!("`defer` its `{name}()`"),
        Some(Way::Func(key)) => format!("`defer` a call of `{}`", key.rsplit('/').next().unwrap_or(key)),
        _ => "release it".to_owned(),
    };
    match resource.error {
        crate::facts::ErrorResult::None => format!("{call} right behind this"),
        _ => format!("{call} right behind the check of the error"),
    }
}

/// The condition that led to the place.
fn branch(pass: &Pass, body: &Body, kind: EdgeKind) -> Option<Label> {
    let (node, text) = match kind {
        EdgeKind::True(cond) => (Node::Expr(cond), "when this holds"),
        EdgeKind::False(cond) => (Node::Expr(cond), "when this does not hold"),
        EdgeKind::Case { value, .. } => (Node::Expr(value), "in this case"),
        EdgeKind::Comm(clause) => match pass.project().tree(body.decl).stmt(clause) {
            Stmt::Comm { comm: Some(comm), .. } => (Node::Stmt(*comm), "in this case"),
            _ => return None,
        },
        _ => return None,
    };
    Some(Label { span: first_line(pass, pass.span(body.decl, node)), text: text.to_owned() })
}

/// The closing brace of the body.
fn end(pass: &Pass, body: &Body) -> Span {
    let range = pass.project().tree(body.decl).stmt_range(body.graph.body);
    Span::new(body.decl.file, range.end.saturating_sub(1), range.end)
}

/// A span up to the end of its first line.
fn first_line(pass: &Pass, span: Span) -> Span {
    let text = pass.project().file(span.file).source.slice(span.start, span.end);
    Span { end: span.start + text.lines().next().unwrap_or_default().len() as u32, ..span }
}
