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
    let facts = settings.facts.as_ref().unwrap_or_else(|| Facts::shipped());
    let summaries = Summaries::new(Sema::new(project, facts));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Severity};
    use crate::project::load_texts;
    use crate::source::Span;

    const PAGE: &str = "---\nid: x\nprofile: default\n---\n";

    fn report(pass: &mut Pass, confidence: Confidence) {
        let file = pass.project().package(pass.package).files[0];
        let finding = Finding {
            rule: pass.rule,
            span: Span::new(file, 0, 1),
            function: String::new(),
            message: "m".to_owned(),
            severity: pass.severity,
            confidence,
            labels: Vec::new(),
            help: None,
            fix: None,
        };
        pass.report(finding);
    }

    #[test]
    fn a_rule_that_panics_is_a_problem_and_the_others_go_on() {
        let rules = [
            Rule { id: "bad", page: PAGE, check: |_| panic!("oh\nno") },
            Rule { id: "good", page: PAGE, check: |pass| report(pass, Confidence::High) },
        ];
        let (project, problems) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", "package a\n")]);
        let settled = run(&project, &rules, &Settings::default(), problems);
        assert_eq!(settled.findings.len(), 1);
        assert_eq!(settled.problems.len(), 1);
        assert_eq!(settled.problems[0].kind, ProblemKind::Internal);
        assert_eq!(settled.problems[0].text, "the rule bad failed on package m, please report it: oh");
    }

    #[test]
    fn findings_are_settled() {
        let rules = [
            Rule { id: "low", page: PAGE, check: |pass| report(pass, Confidence::Low) },
            Rule { id: "high", page: PAGE, check: |pass| (0..2).for_each(|_| report(pass, Confidence::High)) },
        ];
        let texts =
            [("/m/b.go", "package a\n"), ("/m/c/c.go", "// Code generated by x. DO NOT EDIT.\n\npackage c\n"), ("/m/go.mod", "module m\n")];
        let (project, problems) = load_texts(&texts);
        let severities = [("high".to_owned(), Severity::Error)].into_iter().collect();
        let settled = run(&project, &rules, &Settings { severities, ..Settings::default() }, problems);
        let told: Vec<_> = settled.findings.iter().map(|finding| (finding.rule, finding.severity)).collect();
        assert_eq!(told, [("high", Severity::Error)], "once, and not in the generated file");
        assert_eq!(settled.hidden, 1);
    }
}
