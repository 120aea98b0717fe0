//! What becomes of a project when its fixes are applied, and those of what is found then, until nothing is left to do?
//!
//! ```go
//! for _, p := range paths { // round 1 wraps what is in the outer loop, round 2 finds the inner one in its new place
//! ```
//!
//! A fix that does not make its finding go away is not tried again, so that no text grows from round to round.
//!
//! Not here: which fixes go together (`pick`).

use super::{Plan, Wanted, apply, pick};
use crate::engine::Settled;
use crate::finding::{Finding, Problem, ProblemKind};
use crate::parse;
use crate::project::Project;
use crate::source::{Entry, FileId, Files, SourceFile};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a project is looked at anew; more than a few times only where loops are nested.
const MOST_ROUNDS: usize = 16;

/// What fixes make of a project.
#[derive(Default)]
pub struct Mended {
    /// The files that change, by path.
    pub changes: Vec<Change>,
    /// The fixes that were applied, in order.
    pub applied: Vec<Applied>,
    /// What was found in the last round; `None` if nothing changes.
    pub last: Option<(Project, Settled)>,
    /// Fixes that are defects of this program.
    pub problems: Vec<Problem>,
}

/// A file's text before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: PathBuf,
    pub old: String,
    pub new: String,
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub path: PathBuf,
    /// The line of the finding when it was found.
    pub line: u32,
    pub rule: &'static str,
    pub title: String,
}

/// Whose findings they are: a file, a rule and a function.
type Whose = (PathBuf, &'static str, String);

/// Applies fixes to what was found in a project, analyses it anew with `again`, and so on. Nothing is written.
pub fn mend<E>(
    files: &Arc<dyn Files>,
    project: &Project,
    findings: &[Finding],
    wanted: &Wanted,
    again: &mut dyn FnMut(Arc<dyn Files>) -> Result<(Project, Settled), E>,
) -> Result<Mended, E> {
    let mut rounds = Rounds { wanted, texts: BTreeMap::new(), old: BTreeMap::new(), counts: BTreeMap::new(), mended: Mended::default() };
    let mut goes_on = rounds.round(project, findings);
    for _ in 1..MOST_ROUNDS {
        if !goes_on {
            break;
        }
        let (project, settled) = again(rounds.files(files))?;
        goes_on = rounds.round(&project, &settled.findings);
        rounds.mended.last = Some((project, settled));
    }
    if goes_on {
        rounds.mended.last = Some(again(rounds.files(files))?);
    }
    let mut mended = rounds.mended;
    let change = |(path, old)| rounds.texts.remove(&path).map(|new| Change { path, old, new });
    mended.changes = rounds.old.into_iter().filter_map(change).collect();
    Ok(mended)
}

struct Rounds<'w> {
    wanted: &'w Wanted,
    /// The texts that are changed, and what they were.
    texts: BTreeMap<PathBuf, String>,
    old: BTreeMap<PathBuf, String>,
    /// How many findings there were when one of them was fixed.
    counts: BTreeMap<Whose, usize>,
    mended: Mended,
}

impl Rounds<'_> {
    /// The files as they are now.
    fn files(&self, below: &Arc<dyn Files>) -> Arc<dyn Files> {
        Arc::new(Overlay { below: Arc::clone(below), texts: self.texts.clone() })
    }

    /// Applies what goes together; whether something changed.
    fn round(&mut self, project: &Project, findings: &[Finding]) -> bool {
        let offered: Vec<&Finding> = findings.iter().filter(|finding| self.wanted.offers(project, finding)).collect();
        let mut counts: BTreeMap<Whose, usize> = BTreeMap::new();
        findings.iter().for_each(|finding| *counts.entry(whose(project, finding)).or_default() += 1);
        // One of them was fixed, and as many are there as before.
        let in_vain = |whose: &Whose| self.counts.get(whose).is_some_and(|before| counts[whose] >= *before);
        let offered: Vec<&Finding> = offered.into_iter().filter(|finding| !in_vain(&whose(project, finding))).collect();

        let mut refused: BTreeSet<FileId> = BTreeSet::new();
        let (plan, made) = loop {
            let plan = pick(project, offered.iter().copied().filter(|finding| !refused.contains(&finding.span.file)));
            let texts = |id: &FileId| &project.file(*id).source;
            let made: BTreeMap<FileId, String> =
                plan.edits.iter().map(|(id, edits)| (*id, apply(&texts(id).text, edits.values().copied()))).collect();
            let broken: Vec<FileId> = made.iter().filter(|(id, new)| faults(new) > faults(&texts(id).text)).map(|(id, _)| *id).collect();
            if broken.is_empty() {
                break (plan, made);
            }
            broken.iter().for_each(|&id| self.complain(project, &plan, id));
            refused.extend(broken);
        };
        for finding in &plan.taken {
            let whose = whose(project, finding);
            let source = &project.file(finding.span.file).source;
            let title = finding.fix.as_ref().map(|fix| fix.title.clone()).unwrap_or_default();
            let line = source.position(finding.span.start).line;
            self.mended.applied.push(Applied { path: source.path.clone(), line, rule: finding.rule, title });
            self.counts.insert(whose.clone(), counts[&whose]);
        }
        let changed = !made.is_empty();
        for (id, new) in made {
            let source = &project.file(id).source;
            self.old.entry(source.path.clone()).or_insert_with(|| source.text.clone());
            self.texts.insert(source.path.clone(), new);
        }
        changed
    }

    /// Notes that fixes would break a file.
    fn complain(&mut self, project: &Project, plan: &Plan, id: FileId) {
        let rules: BTreeSet<&str> = plan.taken.iter().filter(|finding| finding.span.file == id).map(|finding| finding.rule).collect();
        let rules = rules.into_iter().collect::<Vec<_>>().join(", ");
        let text = format!("the fixes of {rules} would make a syntax error and are left out, please report it");
        self.mended.problems.push(Problem { kind: ProblemKind::Internal, span: None, path: project.file(id).source.path.clone(), text });
    }
}

fn whose(project: &Project, finding: &Finding) -> Whose {
    (project.file(finding.span.file).source.path.clone(), finding.rule, finding.function.clone())
}

/// How much of a text is no Go.
fn faults(text: &str) -> usize {
    let source = SourceFile::new(FileId(0), PathBuf::new(), text.to_owned());
    let (outline, problems) = parse::outline(&source);
    problems.len() + outline.decls.iter().map(|decl| parse::declaration(&source, decl).1.len()).sum::<usize>()
}

/// Files, some of which have another text.
struct Overlay {
    below: Arc<dyn Files>,
    texts: BTreeMap<PathBuf, String>,
}

impl Files for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.texts.get(path).map_or_else(|| self.below.read(path), |text| Ok(text.clone().into_bytes()))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        self.below.list(directory)
    }

    fn kind(&self, path: &Path) -> io::Result<Entry> {
        self.below.kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.canonical(path)
    }
}
