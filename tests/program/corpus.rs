//! What does the default profile find in real repositories, and is it true? `tests/corpus/repositories.tsv` pins repositories by
//! commit; `tests/corpus/findings.tsv` has every finding in them with a verdict, made by reading the code, and the reason for it.
//!
//! `GOLEAKLINT_REVIEWED=DIR cargo test --test program corpus` compares a run on the checkouts `DIR/<name>` with the table. Without
//! the variable only the table itself is tested; repositories that are not in the directory are left out.
//!
//! Not here: what a rule finds in small examples (`tests/rules`).

use crate::{program, stdout};
use std::collections::BTreeSet;
use std::path::Path;

const REPOSITORIES: &str = include_str!("../corpus/repositories.tsv");
const FINDINGS: &str = include_str!("../corpus/findings.tsv");

/// The lines below a table's head, which has these columns.
fn rows<const N: usize>(table: &'static str, head: [&str; N]) -> Vec<[&'static str; N]> {
    let cells = |line: &'static str| <[&str; N]>::try_from(line.split('\t').collect::<Vec<_>>()).unwrap();
    let mut lines = table.lines().map(cells);
    assert_eq!(lines.next(), Some(head));
    lines.collect()
}

fn repositories() -> Vec<[&'static str; 3]> {
    rows(REPOSITORIES, ["name", "repository", "commit"])
}

fn findings() -> Vec<[&'static str; 5]> {
    rows(FINDINGS, ["repository", "place", "rule", "verdict", "reason"])
}

/// What a run without dependencies says about a checkout: `path:line` and rule.
fn found(checkout: &Path) -> BTreeSet<(String, String)> {
    let output = program(checkout).args(["./...", "--no-deps", "--format", "concise"]).output().unwrap();
    let finding = |line: &str| {
        let (place, text) = line.split_once(": ")?;
        let (place, _column) = place.rsplit_once(':')?;
        let rule = text.strip_suffix(')')?.rsplit_once('(')?.1;
        Some((place.to_owned(), rule.to_owned()))
    };
    stdout(&output).lines().filter_map(finding).collect()
}

#[test]
fn every_finding_has_a_repository_a_verdict_and_a_reason() {
    let names: BTreeSet<&str> = repositories().iter().map(|[name, ..]| *name).collect();
    for [name, repository, commit] in repositories() {
        assert!(repository.ends_with(&format!("/{name}")) && commit.len() == 40, "{name}: {repository} {commit}");
    }
    let findings = findings();
    assert!(findings.is_sorted(), "tests/corpus/findings.tsv is not in order");
    for [name, place, rule, verdict, reason] in &findings {
        assert!(names.contains(name), "{name} is not in tests/corpus/repositories.tsv");
        assert!(Path::new(&format!("rules/{rule}.md")).exists(), "{rule} is no rule");
        assert!(["true", "false", "unclear"].contains(verdict), "{place}: {verdict}");
        assert!(!reason.is_empty(), "{place} has no reason");
    }
    let verdicts = |wanted: &str| findings.iter().filter(|[.., verdict, _]| *verdict == wanted).count();
    assert_eq!(verdicts("false"), 0, "a false finding is mended, or its rule leaves the default profile");
}

#[test]
fn the_findings_in_real_repositories_are_those_that_were_reviewed() {
    let Some(checkouts) = std::env::var_os("GOLEAKLINT_REVIEWED") else { return };
    let mut compared = 0;
    for [name, repository, commit] in repositories() {
        let checkout = Path::new(&checkouts).join(name);
        if !checkout.is_dir() {
            continue;
        }
        let reviewed = findings().into_iter().filter(|[of, ..]| *of == name);
        let reviewed: BTreeSet<_> = reviewed.map(|[_, place, rule, ..]| (place.to_owned(), rule.to_owned())).collect();
        let found = found(&checkout);
        let unreviewed: Vec<_> = found.difference(&reviewed).collect();
        let lost: Vec<_> = reviewed.difference(&found).collect();
        assert!(unreviewed.is_empty() && lost.is_empty(), "{repository} at {commit}: not reviewed {unreviewed:?}, lost {lost:?}");
        compared += 1;
    }
    assert!(compared > 0, "GOLEAKLINT_REVIEWED has none of the repositories");
}
