//! Which rules run on which packages, and what becomes of what they find? Every rule that is on runs on every package that a pattern
//! names, in parallel; a rule that panics becomes a [`Problem`], and the run goes on.
//!
//! ```go
//! // package a: rules 1, 2, 3   package b: rules 1, 2, 3   ->   findings in the order of paths, whatever the number of threads
//! ```
//!
//! Not here: what a rule finds (`rules`), how it is told (`report`), how many threads there are (`cli`).

pub mod settings;
pub mod settle;

pub use settings::{Options, Settings, UnknownRule};
pub use settle::Settled;

use crate::finding::{Finding, Problem, ProblemKind};
use crate::project::{PackageId, Project};
use crate::rule::{Pass, Rule};
use rayon::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the rules that are on, and settles what they find. `problems` are those that were met when the project was read.
pub fn check(project: &Project, rules: &[Rule], settings: &Settings, problems: Vec<Problem>) -> Settled {
    let on: Vec<&Rule> = rules.iter().filter(|rule| settings.is_on(rule.id)).collect();
    let targets = (0..project.packages.len() as u32).map(PackageId).filter(|id| project.package(*id).target);
    let jobs: Vec<(PackageId, &Rule)> = targets.flat_map(|package| on.iter().map(move |rule| (package, *rule))).collect();
    let results: Vec<Result<Vec<Finding>, Problem>> = jobs.into_par_iter().map(|(package, rule)| run(project, package, rule, settings)).collect();
    let mut findings = Vec::new();
    let mut all_problems = problems;
    for result in results {
        match result {
            Ok(found) => findings.extend(found),
            Err(problem) => all_problems.push(problem),
        }
    }
    all_problems.extend(project.syntax_problems());
    settle::settle(project, settings, findings, all_problems)
}

/// One rule on one package.
fn run(project: &Project, package: PackageId, rule: &Rule, settings: &Settings) -> Result<Vec<Finding>, Problem> {
    // Nothing that a rule can break outlives it: it has its own `Pass`, and what the project keeps is set whole or not at all.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut pass = Pass { project, package, options: &settings.rule_options, findings: Vec::new() };
        (rule.check)(&mut pass);
        pass.findings
    }));
    outcome.map_err(|panic| {
        let package = project.package(package);
        let text = format!("internal error: the rule {} failed on package {}: {}", rule.id, package.path, panic_text(panic.as_ref()));
        Problem { kind: ProblemKind::Internal, span: None, path: package.directory.clone(), text }
    })
}

/// What a panic says, if it says something; its first line.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("no message")
}
