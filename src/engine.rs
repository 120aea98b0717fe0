//! From a project to findings: which rules run on which packages, in parallel, and what becomes of what they find.
//!
//! ```go
//! // package a: defer-in-loop -> 2 findings    package b: a rule panics -> 1 problem, and the run goes on
//! ```
//!
//! Not here: what a rule is (`rule`), how findings look (`report`).

pub mod settings;
mod settle;

pub use settings::{Options, Settings, UnknownRule};
pub use settle::Settled;

use crate::facts::Facts;
use crate::finding::{Finding, Problem, ProblemKind};
use crate::project::{PackageId, Project};
use crate::rule::{Pass, Rule};
use crate::rules;
use crate::sema::Sema;
use crate::summary::Summaries;
use rayon::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs every rule that the settings ask for on every package that a pattern asked for. Findings and problems come in an order that
/// depends on the project only. The problems are those of the analysis; loading told its own.
pub fn check(project: &Project, settings: &Settings) -> (Vec<Finding>, Vec<Problem>) {
    let settled = run(project, rules::ALL, settings, Vec::new());
    (settled.findings, settled.problems)
}

/// The same with the rules there are, and with the problems that were met before: everything that is told, in order.
pub fn run(project: &Project, rules: &[Rule], settings: &Settings, mut problems: Vec<Problem>) -> Settled {
    let summaries = Summaries::new(Sema::new(project, Facts::shipped()));
    let on: Vec<&Rule> = rules.iter().filter(|rule| settings.runs(rule)).collect();
    let targets = (0..project.packages.len() as u32).map(PackageId).filter(|&id| project.package(id).target);
    let jobs: Vec<(PackageId, &Rule)> = targets.flat_map(|package| on.iter().map(move |rule| (package, *rule))).collect();
    let done: Vec<_> = jobs.into_par_iter().map(|(package, rule)| rule_findings(&summaries, package, rule, settings)).collect();
    let mut findings = Vec::new();
    for outcome in done {
        match outcome {
            Ok(found) => findings.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(project.syntax_problems());
    settle::settle(project, findings, problems, settings)
}

/// One rule on one package. A defect in a rule must not cost the findings of the others.
fn rule_findings(summaries: &Summaries, package: PackageId, rule: &Rule, settings: &Settings) -> Result<Vec<Finding>, Problem> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut pass =
            Pass { rule: rule.id, severity: rule.page().severity, package, summaries, options: &settings.options, findings: Vec::new() };
        (rule.check)(&mut pass);
        pass.findings
    }));
    outcome.map_err(|panic| {
        let package = summaries.sema.project.package(package);
        let text = format!("the rule {} failed on package {}, please report it: {}", rule.id, package.path, panic_text(panic.as_ref()));
        Problem { kind: ProblemKind::Internal, span: None, path: package.directory.clone(), text }
    })
}

/// What a panic says, if it says something; its first line.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("no message")
}
