//! Is what a function acquires given back on every path? The engine of all rules about lifetimes: each of them is a page, the facts that
//! name it, and a line in [`RULES`].
//!
//! ```go
//! resp, err := http.Get(u) // acquired here
//! if err != nil {
//! 	return err            // nothing was acquired
//! }
//! return check(resp)       // a leak, if check only looks at it
//! ```
//!
//! Not here: what acquires and what releases (`facts`, `summary`).

mod body;
mod sites;
mod walk;
mod words;

use crate::ast::{Expr, ExprId, Node};
use crate::facts::Resource;
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::Pass;
use body::Body;

/// Checks the rule that the pass is for.
pub(super) fn check(pass: &mut Pass) {
    let names = pass.sema().facts.acquiring(pass.rule);
    let decls = pass.decls(|decl| decl.kind == DeclKind::Func && names.iter().any(|name| decl.mentions.name(name)));
    for decl in decls {
        check_decl(pass, decl, &names);
    }
}

fn check_decl(pass: &mut Pass, decl: DeclId, names: &[&str]) {
    let tree = pass.project().tree(decl);
    let mut last: Option<(Option<ExprId>, Body)> = None;
    for &call in &tree.index.calls {
        let Expr::Call { fun, .. } = tree.expr(call) else { continue };
        let name = match tree.expr(tree.unparen(*fun)) {
            Expr::Selector { sel, .. } => tree.ident(*sel),
            _ => tree.ident(*fun),
        };
        if !name.is_some_and(|name| names.contains(&name)) {
            continue;
        }
        let parents = pass.sema().parents(decl);
        let lit = parents.func_lit(tree, Node::Expr(call));
        if last.as_ref().is_none_or(|(known, _)| *known != lit) {
            let Some(body) = parents.body(tree, Node::Expr(call)) else { continue };
            last = Some((lit, Body::new(pass.summaries, decl, lit, body)));
        }
        let Some((_, body)) = &last else { continue };
        if !body.graph.broken.is_empty() {
            continue;
        }
        for (function, resource) in sites::acquired(body, call, pass.rule) {
            let finding = sites::of(body, call, &function, resource).and_then(|site| judge(pass, body, &site));
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, body: &Body, site: &sites::Site) -> Option<crate::finding::Finding> {
    if ends_with_the_process(pass, body, site.held.resource) {
        return None;
    }
    if site.discarded {
        return Some(words::discarded(pass, body, site));
    }
    let outcome = walk::of(body, site);
    (!outcome.leaks.is_empty()).then(|| words::leaked(pass, body, site, &outcome))
}

/// `main` and `init` end with the process, or are run once.
fn ends_with_the_process(pass: &Pass, body: &Body, _: &Resource) -> bool {
    if body.lit.is_some() {
        return false;
    }
    let file = pass.project().file(body.decl.file);
    match pass.function_name(body.decl).as_str() {
        "main" => pass.project().package(file.package).name == "main",
        "init" => true,
        "TestMain" => file.test,
        _ => false,
    }
}
