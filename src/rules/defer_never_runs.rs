//! `rules/defer-never-runs.md`: a deferred release in a function that never returns.
//!
//! ```go
//! defer f.Close(); for { serve() }
//! ```

use super::lifetime::{self, body::Body};
use crate::ast::{ExprId, Node, Stmt, StmtId};
use crate::facts::Kind;
use crate::finding::{Confidence, Finding, Label};
use crate::flow::Loops;
use crate::parse::{DeclKind, Keyword};
use crate::rule::{Pass, Rule};
use crate::summary::Release;

pub(super) const RULE: Rule = Rule { id: "defer-never-runs", page: include_str!("../../rules/defer-never-runs.md"), check };

fn check(pass: &mut Pass) {
    let decls = pass.decls(|decl| {
        let mentions = &decl.mentions;
        decl.kind == DeclKind::Func && mentions.has(Keyword::Defer) && (mentions.has(Keyword::For) || mentions.has(Keyword::Select))
    });
    for decl in decls {
        let tree = pass.project().tree(decl);
        let mut last: Option<(Option<ExprId>, Body)> = None;
        for &defer in &tree.index.defers {
            let parents = pass.sema().parents(decl);
            let lit = parents.func_lit(tree, Node::Stmt(defer));
            if last.as_ref().is_none_or(|(known, _)| *known != lit) {
                let Some(body) = parents.body(tree, Node::Stmt(defer)) else { continue };
                last = Some((lit, Body::new(pass.summaries, decl, lit, body)));
            }
            let Some((_, body)) = &last else { continue };
            let finding = judge(pass, body, defer);
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, body: &Body, defer: StmtId) -> Option<Finding> {
    let decl = body.decl;
    let tree = pass.project().tree(decl);
    let Stmt::Defer { call } = *tree.stmt(defer) else { return None };
    let place = body.graph.place(defer)?;
    if !body.graph.broken.is_empty() || body.ends_behind(place) || lifetime::ends_with_the_process(pass, body) || runs_with_main(pass, body)
    {
        return None;
    }
    let release = pass.summaries.releases(decl, tree.unparen(call)).into_iter().find(keeps_something)?;
    let shown = pass.text(decl, Node::Stmt(defer));
    let shown = if shown.contains('\n') { "defer func() { … }()" } else { shown };
    let noun = &release.kept.noun;
    let kept = match (noun.is_empty(), noun.contains(['*', '.'])) {
        (true, _) => "what it should release stays".to_owned(),
        (false, true) => format!("the `{noun}` stays open"),
        (false, false) => format!("the {noun} stays"),
    };
    let loops = Loops::of(&body.graph, tree);
    let endless =
        body.graph.ids().find_map(|id| loops.innermost(id).filter(|&of| !loops.has_exit(&body.graph, of, &|call| body.returns(call))));
    let labels = endless.map(|id| {
        let span = pass.span(decl, Node::Stmt(loops.get(id).kind.stmt()));
        let line = pass.project().file(decl.file).source.slice(span.start, span.end).lines().next().unwrap_or_default().len() as u32;
        Label { span: crate::source::Span { end: span.start + line, ..span }, text: "no path leads out of this loop".to_owned() }
    });
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Stmt(defer)),
        function: pass.function_name(decl),
        message: format!("`{shown}` never runs, for the function never returns: {kept} as long as the process"),
        severity: pass.severity,
        confidence: if release.kept.opaque { Confidence::Medium } else { Confidence::High },
        labels: labels.into_iter().collect(),
        help: Some("give the loop an exit: a context, a channel that is closed, an error".to_owned()),
        fix: None,
    })
}

/// Locks and timers have other reasons, or cost nothing.
fn keeps_something(release: &Release) -> bool {
    match release.kept.kind {
        Kind::Lock | Kind::Timer => false,
        Kind::Goroutine => !release.kept.opaque,
        _ => true,
    }
}

/// Whether `main` of the same package mentions the function: then it may be what the process does.
fn runs_with_main(pass: &Pass, body: &Body) -> bool {
    let package = pass.project().package(pass.project().file(body.decl.file).package);
    let outline = pass.project().decl(body.decl);
    let Some((name, _)) = outline.names.first() else { return false };
    let is_main = |decl: &crate::parse::OutlineDecl| decl.names.first().is_some_and(|(main, _)| main == "main") && decl.mentions.name(name);
    package.name == "main" && !pass.decls(is_main).is_empty()
}
