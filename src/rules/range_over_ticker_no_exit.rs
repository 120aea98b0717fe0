//! `rules/range-over-ticker-no-exit.md`: a goroutine ranges over a ticker that somebody stops, which ends nothing.
//!
//! ```go
//! go func() { for range t.C { beat() } }()
//! t.Stop() // does not close t.C
//! ```

use super::spawns::{self, endless, tickers};
use crate::ast::Node;
use crate::finding::{Confidence, Finding, Label};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule =
    Rule { id: "range-over-ticker-no-exit", page: include_str!("../../rules/range-over-ticker-no-exit.md"), check };

fn check(pass: &mut Pass) {
    let mut told: Vec<(DeclId, Node)> = Vec::new();
    for started in spawns::all(pass) {
        let Some(endless) = endless::in_body(pass, started.body) else { continue };
        let Some((ticker, node)) = endless.ticker else { continue };
        let decl = endless.body.0;
        if told.contains(&(decl, node)) {
            continue;
        }
        let Some((stopped_in, stop)) = tickers::stopped_elsewhere(pass, &started, endless.body, ticker) else { continue };
        told.push((decl, node));
        let name = pass.text(decl, Node::Expr(ticker)).to_owned();
        let finding = Finding {
            rule: pass.rule,
            span: spawns::head(pass, decl, node),
            function: pass.function_name(decl),
            message: format!("this goroutine waits forever: `Stop` does not close the channel of `{name}`, and nothing else ends the loop"),
            severity: pass.severity,
            confidence: Confidence::High,
            labels: vec![
                Label {
                    span: pass.span(stopped_in, Node::Expr(stop)),
                    text: "the ticker is stopped here: no tick comes any more".to_owned(),
                },
                Label {
                    span: spawns::head(pass, started.decl, Node::Stmt(started.stmt)),
                    text: "the goroutine is started here".to_owned(),
                },
            ],
            help: Some("wait in a `select` for a channel that is closed where the ticker is stopped, and return".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}
