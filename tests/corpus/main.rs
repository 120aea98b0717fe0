//! What does the default profile find in real repositories, and is it true? `repositories.tsv` pins repositories by commit;
//! `findings.tsv` has every finding in them with a verdict, made by reading the code, and the reason for it.
//!
//! What has a fix is mended in memory: nothing else may be found then, and gofmt (beside `GOLEAKLINT_GO`) must have nothing to say that it did
//! not say before.
//!
//! Each repository is a named test. `GOLEAKLINT_REVIEWED=DIR` says where the checkouts are: `prometheus/prometheus` in `DIR/prometheus`.
//! Where one is not, the test's name says that it is left out.
//!
//! Not here: what a rule finds in small examples (`tests/rules`).

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used)]

use goleaklint::engine::{self, Settings, Settled};
use goleaklint::finding::Safety;
use goleaklint::fix::{Wanted, mend};
use goleaklint::project::{self, OsFiles, Project, Request};
use goleaklint::source::Files;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

/// `path:line` and the rule.
type Place = (String, String);

/// The lines below the head of a table that has these columns.
fn rows<const N: usize>(table: &'static str, columns: [&str; N]) -> Vec<[&'static str; N]> {
    let cells = |line: &'static str| <[&str; N]>::try_from(line.split('\t').collect::<Vec<_>>()).unwrap();
    let mut lines = table.lines().map(cells);
    assert_eq!(lines.next(), Some(columns));
    lines.collect()
}

fn repositories() -> Vec<[&'static str; 2]> {
    rows(include_str!("repositories.tsv"), ["repository", "commit"])
}

fn findings() -> Vec<[&'static str; 5]> {
    rows(include_str!("findings.tsv"), ["repository", "place", "rule", "verdict", "reason"])
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let checkouts = std::env::var_os("GOLEAKLINT_REVIEWED").map(PathBuf::from);
    let mut trials = vec![Trial::test("every finding has a repository, a rule, a verdict and a reason", || {
        table_is_whole();
        Ok(())
    })];
    for [repository, commit] in repositories() {
        let name = format!("findings in {repository} are those that were reviewed");
        let folder = Path::new(repository).file_name().unwrap();
        let missing = match checkouts.as_ref().map(|checkouts| checkouts.join(folder)) {
            Some(checkout) if checkout.is_dir() => {
                trials.push(Trial::test(name, move || {
                    as_reviewed(&checkout, repository, commit);
                    Ok(())
                }));
                continue;
            }
            Some(_) => "it is not in GOLEAKLINT_REVIEWED",
            None => "GOLEAKLINT_REVIEWED is not set",
        };
        trials.push(Trial::test(format!("{name} (left out: {missing})"), move || Err(Failed::from(missing))).with_ignored_flag(true));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn table_is_whole() {
    let known: BTreeSet<&str> = repositories().iter().map(|[repository, _]| *repository).collect();
    let findings = findings();
    assert!(findings.is_sorted(), "tests/corpus/findings.tsv is not in order");
    for [repository, place, rule, verdict, reason] in findings {
        assert!(known.contains(repository), "{repository} is not in tests/corpus/repositories.tsv");
        assert!(goleaklint::rules::ALL.iter().any(|known| known.id == rule), "{place}: {rule} is no rule");
        assert!(
            ["true", "unclear"].contains(&verdict),
            "{place}: {verdict}; a false finding is mended, or its rule leaves the default profile"
        );
        assert!(!reason.is_empty(), "{place} has no reason");
    }
}

fn as_reviewed(checkout: &Path, repository: &str, commit: &str) {
    let reviewed = findings().into_iter().filter(|[of, ..]| *of == repository);
    let reviewed: BTreeSet<Place> = reviewed.map(|[_, place, rule, ..]| (place.to_owned(), rule.to_owned())).collect();
    let found = found(checkout);
    let unreviewed: Vec<_> = found.difference(&reviewed).collect();
    let lost: Vec<_> = reviewed.difference(&found).collect();
    fixes_mend(checkout);
    assert!(unreviewed.is_empty() && lost.is_empty(), "{repository} at {commit}: not reviewed {unreviewed:?}, lost {lost:?}");
}

/// Whether what can be fixed is gone when it is, and nothing new is there.
fn fixes_mend(checkout: &Path) {
    let request = Request { patterns: vec!["./...".into()], working_directory: checkout.to_owned(), no_deps: true, ..Request::default() };
    let mut run = |files: Arc<dyn Files>| -> Result<(Project, Settled), String> {
        let (project, problems) = project::load(&request, files).map_err(|error| error.to_string())?;
        let settled = engine::run(&project, goleaklint::rules::ALL, &Settings::default(), problems);
        Ok((project, settled))
    };
    let wanted = Wanted { least: Safety::Unsafe, module_cache: None };
    let files: Arc<dyn Files> = Arc::new(OsFiles);
    let (project, settled) = run(Arc::clone(&files)).unwrap();
    let mended = mend(&files, &project, &settled.findings, &wanted, &mut run).unwrap();
    assert_eq!(mended.problems, []);
    let Some((after, left)) = &mended.last else { return };
    assert_eq!(left.findings.len() + mended.applied.len(), settled.findings.len(), "{:?}", mended.applied);
    assert!(!left.findings.iter().any(|finding| wanted.offers(after, finding)), "a second run would fix more");
    let Some(go) = std::env::var_os("GOLEAKLINT_GO").map(PathBuf::from) else { return };
    let is_formatted = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.go"), text).unwrap();
        let output = Command::new(go.with_file_name("gofmt")).args(["-l", "a.go"]).current_dir(&folder).output().unwrap();
        output.status.success() && output.stdout.is_empty()
    };
    let askew = mended.changes.iter().filter(|change| is_formatted(&change.old) && !is_formatted(&change.new));
    let askew: Vec<&PathBuf> = askew.map(|change| &change.path).collect();
    assert!(askew.is_empty(), "gofmt would change what is fixed in {askew:?}");
}

/// What a run with the defaults says of a checkout. What it depends on is left out: a module cache is not pinned.
fn found(checkout: &Path) -> BTreeSet<Place> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goleaklint"));
    let output = command.current_dir(checkout).args(["./...", "--isolated", "--no-deps", "--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let findings = report["findings"].as_array();
    let findings = findings.unwrap_or_else(|| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["problems"], Value::Array(Vec::new()), "what was not analysed has no findings");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings.iter().map(|finding| (format!("{}:{}", text(&finding["path"]), finding["start"]["line"]), text(&finding["rule"]))).collect()
}
