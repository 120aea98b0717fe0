//! `goleaklint rules`: which rules there are, for people or as JSON.
//!
//! ```text
//! defer-in-loop  warning  high  default  a deferred call in a loop …
//! ```
//!
//! Not here: one rule in full (`explain`).

use super::{Failure, print};
use crate::rule::{Page, Rule};
use crate::rules::ALL;
use serde_json::{Value, json};

pub(super) fn run(as_json: bool) -> Result<u8, Failure> {
    let pages: Vec<Page> = ALL.iter().map(Rule::page).collect();
    print(&if as_json { list(&pages) } else { table(&pages) }, 0)
}

fn list(pages: &[Page]) -> String {
    let rule = |page: &Page| {
        json!({"id": page.id, "title": page.title, "severity": page.severity.name(), "confidence": page.confidence.name(),
            "profile": page.profile.name(), "status": page.status.name(), "since": page.since, "fix": page.fix, "tags": page.tags})
    };
    let rules: Vec<Value> = pages.iter().map(rule).collect();
    format!("{}\n", json!({"version": 1, "rules": rules}))
}

fn table(pages: &[Page]) -> String {
    let width = pages.iter().map(|page| page.id.len()).max().unwrap_or(0).max(4);
    let row = |id: &str, severity: &str, confidence: &str, profile: &str, title: &str| {
        format!("{id:width$}  {severity:8}  {confidence:10}  {profile:8}  {title}\n")
    };
    let rows = pages.iter().map(|page| row(page.id, page.severity.name(), page.confidence.name(), page.profile.name(), page.title));
    row("rule", "severity", "confidence", "profile", "what leaks") + &rows.collect::<String>()
}
