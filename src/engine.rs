//! From a project to findings: which rules run on which packages, in parallel, and what becomes of what they find.
//!
//! ```go
//! // package a: defer-in-loop -> 2 findings    package b: a rule panics -> 1 problem, and the run goes on
//! ```
//!
//! Not here: what a rule is (`rule`), how findings look (`report`).

pub mod settings;
mod settle;

pub use settings::Settings;

use crate::facts::Facts;
use crate::finding::{Finding, Problem, ProblemKind};
use crate::project::{PackageId, Project};
use crate::rule::{Pass, Rule};
use crate::rules;
use crate::sema::Sema;
use crate::summary::Summaries;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs every rule that the settings ask for on every package that a pattern asked for. Findings and problems come in an order that
/// depends on the project only. The problems are those of the analysis; loading told its own.
pub fn check(project: &Project, settings: &Settings) -> (Vec<Finding>, Vec<Problem>) {
    let summaries = Summaries::new(Sema::new(project, Facts::shipped()));
    let rules: Vec<&Rule> = rules::ALL.iter().filter(|rule| settings.runs(rule)).collect();
    let targets = (0..project.packages.len() as u32).map(PackageId).filter(|&id| project.package(id).target);
    let targets: Vec<PackageId> = targets.collect();
    let done: Vec<_> = targets.par_iter().map(|&package| package_findings(&summaries, package, &rules, settings)).collect();
    let mut findings = Vec::new();
    let mut problems = Vec::new();
    for (found, failed) in done {
        findings.extend(found);
        problems.extend(failed);
    }
    problems.extend(project.syntax_problems());
    (settle::settle(project, findings, settings), problems)
}

fn package_findings(summaries: &Summaries, package: PackageId, rules: &[&Rule], settings: &Settings) -> (Vec<Finding>, Vec<Problem>) {
    let mut findings = Vec::new();
    let mut problems = Vec::new();
    for rule in rules {
        let mut pass = Pass {
            rule: rule.id,
            severity: settings.severities.get(rule.id).copied().unwrap_or(rule.page().severity),
            package,
            summaries,
            options: &settings.options,
            findings: Vec::new(),
        };
        // A defect in a rule must not cost the findings of the others.
        match catch_unwind(AssertUnwindSafe(|| (rule.check)(&mut pass))) {
            Ok(()) => findings.append(&mut pass.findings),
            Err(panic) => {
                let package = summaries.sema.project.package(package);
                let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                problems.push(Problem {
                    kind: ProblemKind::Internal,
                    span: None,
                    path: package.directory.clone(),
                    text: format!("the rule {} failed on package {}, please report it: {said}", rule.id, package.name),
                });
            }
        }
    }
    (findings, problems)
}
