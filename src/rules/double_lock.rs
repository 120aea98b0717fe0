//! `rules/double-lock.md`: a goroutine locks a mutex that it holds already.
//!
//! ```go
//! s.mu.Lock(); s.size() // and size locks s.mu
//! ```

use super::stuck;
use crate::ast::Node;
use crate::finding::{Confidence, Finding, Label};
use crate::rule::{Pass, Rule};
use crate::summary::locks::{Act, Root, Token};
use crate::summary::simulate::{Held, Reread, Site};

pub(super) const RULE: Rule = Rule { id: "double-lock", page: include_str!("../../rules/double-lock.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "double-lock");
    let mut known: Vec<Site> = Vec::new();
    for &decl in &pass.summaries.entries(pass.package).locking {
        for reread in &pass.summaries.simulated(decl).rereads {
            let is_here = pass.project().file(reread.second.decl.file).package == pass.package;
            if !is_here || known.contains(&reread.second) {
                continue;
            }
            if let Some(writer) = writer(pass, reread) {
                known.push(reread.second);
                let finding = finding(pass, reread, writer);
                pass.findings.push(finding);
            }
        }
    }
}

/// Where the package takes the lock to write: a writer that waits keeps new readers out.
fn writer(pass: &Pass, reread: &Reread) -> Option<Site> {
    let Held::Field(ty, name) = &reread.lock else { return None };
    for decl in pass.decls(|decl| decl.mentions.name("Lock")) {
        let tree = pass.project().tree(decl);
        let Some(body) = tree.func().and_then(|func| func.body) else { continue };
        let takes = pass.summaries.lock_ops(decl, Node::Stmt(body)).into_iter().find(|op| {
            let Root::Local(local) = op.path.root else { return false };
            let of = pass.sema().pointee(pass.sema().type_of_local(decl, local));
            op.act == Act::Take && op.token == Token::Write && op.path.fields.len() == 1 && op.path.fields[0] == *name && of == *ty
        });
        if let Some(op) = takes {
            return Some(Site { decl, node: op.node });
        }
    }
    None
}

fn finding(pass: &Pass, reread: &Reread, writer: Site) -> Finding {
    let label = |site: Site, text: &str| Label { span: stuck::first_line(pass, site), text: text.to_owned() };
    Finding {
        rule: pass.rule,
        span: stuck::first_line(pass, reread.second),
        function: pass.function_name(reread.second.decl),
        message: "this read lock is taken under itself: a writer that comes in between blocks both forever".to_owned(),
        severity: pass.severity,
        confidence: Confidence::Medium,
        labels: vec![label(reread.first, "it is held since here"), label(writer, "a writer waits here, and keeps new readers out")],
        help: Some("take the read lock once, and call a function that expects it to be held".to_owned()),
        fix: None,
    }
}
