//! From a project to findings: which rules run on which packages, in parallel, and what becomes of what they find.
//!
//! ```go
//! // package a: defer-in-loop -> 2 findings    package b: a rule panics -> 1 problem, and the run goes on
//! ```
//!
//! Not here: what a rule is (`rule`), how findings look (`report`).

pub mod settings;
mod settle;
mod suppress;
mod twins;

pub use settings::{Options, Settings, UnknownRule};
pub use settle::Settled;

use crate::facts::Facts;
use crate::finding::{Finding, Problem, ProblemKind};
use crate::project::{PackageId, Project};
use crate::rule::{Pass, Rule, Silencer};
use crate::rules;
use crate::sema::Sema;
use crate::summary::Summaries;
use rayon::prelude::*;
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many of the functions that took longest are told.
const MOST_SLOWEST: usize = 10;

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
    // What comments did is known when all other rules have run.
    let (last, first): (Vec<&Rule>, Vec<&Rule>) = on.iter().partition(|rule| rules::ABOUT_COMMENTS.contains(&rule.id));
    let targets = || (0..project.packages.len() as u32).map(PackageId).filter(|&id| project.package(id).target);
    let jobs = targets().flat_map(|package| first.iter().map(move |rule| (package, *rule))).collect();
    let (findings, failed) = rules_findings(&summaries, jobs, settings, &mut problems, &|_| &[]);
    problems.extend(project.syntax_problems());

    let mut comments = suppress::Comments::read(project);
    let mut found = comments.judge(findings, settings);
    if !last.is_empty() {
        let broken: BTreeSet<&Path> = problems.iter().map(|problem| problem.path.as_path()).collect();
        let silencers: Vec<Vec<Silencer>> = (0..project.packages.len() as u32)
            .map(PackageId)
            .map(|package| {
                let ran = |id: &str| first.iter().any(|rule| rule.id == id) && !failed.contains(&(package, id));
                comments.of(package, rules, &ran, &|path| !broken.contains(path))
            })
            .collect();
        let of = |package: PackageId| silencers[package.0 as usize].as_slice();
        let jobs = targets().filter(|&package| !of(package).is_empty());
        let jobs = jobs.flat_map(|package| last.iter().map(move |rule| (package, *rule))).collect();
        let (findings, _) = rules_findings(&summaries, jobs, settings, &mut problems, &of);
        found.extend(comments.judge(findings, settings));
    }
    let mut settled = settle::settle(project, found, problems, &on, settings);
    let run = summaries.all_simulated();
    settled.cut = run.iter().filter(|(_, seen)| seen.is_cut).count();
    settled.slowest = run.iter().map(|(decl, seen)| (*decl, seen.took)).collect();
    settled.slowest.sort_by_key(|&(decl, took)| (std::cmp::Reverse(took), decl));
    settled.slowest.truncate(MOST_SLOWEST);
    settled
}

/// What rules find, and where they failed.
fn rules_findings<'r, 's>(
    summaries: &Summaries,
    jobs: Vec<(PackageId, &'r Rule)>,
    settings: &Settings,
    problems: &mut Vec<Problem>,
    silencers: &(dyn Fn(PackageId) -> &'s [Silencer] + Sync),
) -> (Vec<Finding>, BTreeSet<(PackageId, &'r str)>) {
    let job = |(package, rule): (PackageId, &'r Rule)| {
        ((package, rule.id), rule_findings(summaries, package, rule, settings, silencers(package)))
    };
    let done: Vec<_> = jobs.into_par_iter().map(job).collect();
    let (mut findings, mut failed) = (Vec::new(), BTreeSet::new());
    for (job, outcome) in done {
        match outcome {
            Ok(found) => findings.extend(found),
            Err(problem) => {
                failed.insert(job);
                problems.push(problem);
            }
        }
    }
    (findings, failed)
}

/// One rule on one package. A defect in a rule must not cost the findings of the others.
fn rule_findings(
    summaries: &Summaries,
    package: PackageId,
    rule: &Rule,
    settings: &Settings,
    silencers: &[Silencer],
) -> Result<Vec<Finding>, Problem> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (severity, options, findings) = (rule.page().severity, &settings.options, Vec::new());
        let mut pass = Pass { rule: rule.id, severity, package, summaries, options, silencers, findings };
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

    /// A stronger rule at `b`, with a label at `a`; a weaker one at `a`.
    fn twins(confidence: Confidence, text: &str, settings: &Settings) -> Vec<&'static str> {
        const STRONG: &str = "---\nid: strong\nprofile: default\nsilences: weak\n---\n";
        fn at(pass: &mut Pass, name: &str, confidence: Confidence, label: Option<&str>) {
            let file = pass.project().package(pass.package).files[0];
            let text = &pass.project().file(file).source.text;
            let span = |name: &str| text.find(name).map(|at| Span::new(file, at as u32, at as u32 + 3));
            let Some(place) = span(name) else { return };
            report(pass, confidence);
            let label = label.and_then(span).map(|span| crate::finding::Label { span, text: "l".to_owned() });
            if let Some(finding) = pass.findings.last_mut() {
                (finding.span, finding.labels) = (place, label.into_iter().collect());
            }
        }
        let sure = Rule { id: "strong", page: STRONG, check: |pass| at(pass, "b()", Confidence::High, Some("a()")) };
        let unsure = Rule { id: "strong", page: STRONG, check: |pass| at(pass, "b()", Confidence::Low, Some("a()")) };
        let strong = if confidence == Confidence::High { sure } else { unsure };
        let rules = [
            strong,
            Rule { id: "weak", page: PAGE, check: |pass| at(pass, "a()", Confidence::High, None) },
            Rule { id: "weak-too", page: PAGE, check: |pass| at(pass, "c()", Confidence::High, Some("b()")) },
        ];
        let (project, problems) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", text)]);
        let settled = run(&project, &rules, settings, problems);
        settled.findings.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_stronger_rule_silences_its_twin() {
        let text = "package p\n\nfunc f() {\n\ta()\n\tb()\n}\n";
        let usual = Settings::default();
        assert_eq!(twins(Confidence::High, text, &usual), ["strong"]);
        // Elsewhere the weaker one speaks.
        assert_eq!(twins(Confidence::High, &text.replace("b()", "x()"), &usual), ["weak"]);
        // A comment at the stronger one is one for the twin as well, and so is one that names the twin.
        assert_eq!(twins(Confidence::High, &text.replace("b()", "b() //goleaklint:ignore strong -- r"), &usual), [""; 0]);
        assert_eq!(twins(Confidence::High, &text.replace("b()", "b() //goleaklint:ignore weak -- r"), &usual), ["strong"]);
    }

    #[test]
    fn the_twin_appears_when_the_stronger_rule_is_not_told() {
        let text = "package p\n\nfunc f() {\n\ta()\n\tb()\n}\n";
        let off = Settings { skip: ["strong".to_owned()].into(), ..Settings::default() };
        assert_eq!(twins(Confidence::High, text, &off), ["weak"]);
        let disabled = Settings { enabled: [("strong".to_owned(), false)].into(), ..Settings::default() };
        assert_eq!(twins(Confidence::High, text, &disabled), ["weak"]);
        assert_eq!(twins(Confidence::Low, text, &Settings::default()), ["weak"], "it is not sure enough to be told");
        let all = Settings { min_confidence: Confidence::Low, ..Settings::default() };
        assert_eq!(twins(Confidence::Low, text, &all), ["strong"]);
        // A comment for a rule that is off silences nobody else.
        assert_eq!(twins(Confidence::High, &text.replace("b()", "b() //goleaklint:ignore strong -- r"), &off), ["weak"]);
        // A rule that the stronger one does not name is told beside it.
        assert_eq!(twins(Confidence::High, &text.replace("b()", "b(); c()"), &Settings::default()), ["strong", "weak-too"]);
    }
}
