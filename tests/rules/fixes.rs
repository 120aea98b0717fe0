//! Do fixes mend? All that pages and fixtures offer are applied, safe and unsafe: what they were about is gone, nothing is left to do in
//! a second run, and where Go is present the result compiles and is formatted as gofmt has it, wherever it was before.
//!
//! Not here: one fix for itself (`check.rs`), how files are written (`tests/program`).

use crate::analysis;
use crate::case::{self, Case, Source};
use goleaklint::engine::{self, Settings, Settled};
use goleaklint::finding::{Confidence, Safety};
use goleaklint::fix::{Applied, Wanted, mend};
use goleaklint::project::{self, Project};
use goleaklint::rule::Profile;
use goleaklint::rules::ALL;
use goleaklint::source::Files;
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// A case with all its fixes applied.
pub struct Mended {
    pub case: Case,
    pub applied: Vec<Applied>,
}

/// Applies what all rules offer in a case; what they found before and what they find then.
pub fn mended(case: &Case, complaints: &mut String) -> Result<Mended, String> {
    let settings = Settings { profile: Profile::All, min_confidence: Confidence::Low, ..Settings::default() };
    let mut run = |files: Arc<dyn Files>| -> Result<(Project, Settled), String> {
        let (project, problems) = project::load(&analysis::request(case), files).map_err(|error| error.to_string())?;
        let settled = engine::run(&project, ALL, &settings, problems);
        Ok((project, settled))
    };
    let wanted = Wanted { least: Safety::Unsafe, module_cache: None };
    let files: Arc<dyn Files> = Arc::new(analysis::files(case));
    let (project, settled) = run(Arc::clone(&files))?;
    let mended = mend(&files, &project, &settled.findings, &wanted, &mut run)?;
    let mut after = case.clone();
    for change in &mended.changes {
        let path = analysis::in_case(&change.path);
        after.files.iter_mut().filter(|file| file.path == path).for_each(|file| file.text.clone_from(&change.new));
    }
    let place = || case.files.iter().find(|file| file.path.ends_with(".go")).map_or(String::new(), |file| file.place(1));
    for problem in &mended.problems {
        let _ = writeln!(complaints, "{}: {}", place(), problem.text);
    }
    if let Some((project, left)) = &mended.last {
        let fixable = left.findings.iter().filter(|finding| wanted.offers(project, finding)).map(|finding| finding.rule);
        let fixable: Vec<&str> = fixable.collect();
        if !fixable.is_empty() {
            let _ = writeln!(complaints, "{}: a second run would fix more: {fixable:?}", place());
        }
        // Each fix that was applied is one finding less; what was hidden behind it may come to light.
        if left.findings.len() + mended.applied.len() > settled.findings.len() + shown_by(left, &settled) {
            let _ = writeln!(
                complaints,
                "{}: {} findings, {} fixed, and {} are left",
                place(),
                settled.findings.len(),
                mended.applied.len(),
                left.findings.len()
            );
        }
        if left.problems.len() > settled.problems.len() {
            let _ = writeln!(complaints, "{}: {:?}", place(), left.problems);
        }
    }
    Ok(Mended { case: after, applied: mended.applied })
}

/// How many findings there are of rules that said nothing before: the comment that silenced them is gone.
fn shown_by(left: &Settled, before: &Settled) -> usize {
    let known: BTreeSet<&str> = before.findings.iter().map(|finding| finding.rule).collect();
    left.findings.iter().filter(|finding| !known.contains(finding.rule)).count()
}

/// Every case in which something can be fixed, with its source.
pub fn all(complaints: &mut String) -> Result<Vec<(Source, Case, Mended)>, String> {
    let mut all = Vec::new();
    for source in case::sources().into_iter().filter(|source| !matches!(source, Source::Stray { .. })) {
        for case in case::cases(&source)? {
            let mended = mended(&case, complaints)?;
            if !mended.applied.is_empty() {
                all.push((source.clone(), case, mended));
            }
        }
    }
    Ok(all)
}

/// The trial that needs no Go.
pub fn trial() -> Trial {
    Trial::test("fixes mend what they are offered for, in pages, fixtures and twins", || {
        let mut complaints = String::new();
        let all = all(&mut complaints)?;
        let applied: BTreeSet<&str> = all.iter().flat_map(|(_, _, mended)| &mended.applied).map(|applied| applied.rule).collect();
        for rule in ALL.iter().filter(|rule| applied.contains(rule.id) != (rule.page().fix != "none")) {
            let _ = writeln!(complaints, "rules/{}.md says `fix: {}`; what it shows says otherwise", rule.id, rule.page().fix);
        }
        if complaints.is_empty() { Ok(()) } else { Err(Failed::from(complaints)) }
    })
}
