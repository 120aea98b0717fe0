//! `--fix` and `--fix-preview`: what becomes of the files, and of what was found in them.
//!
//! ```text
//! goleaklint --fix ./...            the files are changed, and what is left is told
//! goleaklint --fix-preview ./...    a diff is printed
//! ```
//!
//! Not here: which fixes are applied (`fix`), how a file is written (`write`).

use super::arguments::Check;
use super::{Failure, github, write};
use crate::engine::Settled;
use crate::finding::{Problem, ProblemKind, Safety};
use crate::fix::{self, Mended, Wanted, diff};
use crate::project::{OsFiles, Project};
use crate::report::{Fixed, Report, text};
use crate::source::Files;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

/// Analyses the project in files.
pub(super) type Analysis<'a> = dyn FnMut(Arc<dyn Files>) -> Result<(Project, Settled), Failure> + 'a;

/// The fixes that are asked for.
pub(super) fn wanted(check: &Check) -> Wanted {
    Wanted { least: if check.unsafe_fixes { Safety::Unsafe } else { Safety::Safe }, module_cache: super::check::module_cache() }
}

/// How many findings have a safe fix that `--fix` would apply, and how many an unsafe one.
pub(super) fn fixable(report: &Report) -> (usize, usize) {
    let of = |least| {
        let wanted = Wanted { least, module_cache: super::check::module_cache() };
        report.findings.iter().filter(|finding| wanted.offers(report.project, finding)).count()
    };
    let safe = of(Safety::Safe);
    (safe, of(Safety::Unsafe) - safe)
}

/// What fixes make of a project; nothing is written yet.
pub(super) fn mend(project: &Project, settled: &Settled, check: &Check, analyse: &mut Analysis) -> Result<Mended, Failure> {
    let files: Arc<dyn Files> = Arc::new(OsFiles);
    fix::mend(&files, project, &settled.findings, &wanted(check), analyse)
}

/// Writes what is changed. What is left then is told with what could not be written: after the last round, or if some file stayed as it
/// was, as it is now.
pub(super) fn write(mended: Mended, before: (Project, Settled), analyse: &mut Analysis) -> Result<(Project, Settled, Vec<Fixed>), Failure> {
    let mut left = Vec::new();
    for change in &mended.changes {
        if let Err(why) = write::source(&change.path, &before.0.root, change.old.as_bytes(), change.new.as_bytes()) {
            let text = format!("no fix was written: {why}");
            left.push(Problem { kind: ProblemKind::Unwritten, span: None, path: change.path.clone(), text });
        }
    }
    let written = |path| !left.iter().any(|problem| problem.path == path);
    let fixed: Vec<Fixed> =
        mended.applied.iter().filter(|applied| written(applied.path.clone())).map(|applied| fixed(&before.0, applied)).collect();
    let (project, mut settled) = match mended.last {
        _ if !left.is_empty() => analyse(Arc::new(OsFiles))?,
        Some(last) => last,
        None => before,
    };
    settled.problems.extend(mended.problems.into_iter().chain(left));
    settled.problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((project, settled, fixed))
}

fn fixed(project: &Project, applied: &fix::Applied) -> Fixed {
    let place = format!("{}:{}", project.display(&applied.path), applied.line);
    Fixed { place, rule: applied.rule, title: applied.title.clone() }
}

/// Prints the diff, and on the error output how many findings it is about.
pub(super) fn preview(report: &Report, mended: &Mended, check: &Check, code: u8) -> Result<u8, Failure> {
    let root = &report.project.working_directory;
    let mut told = String::new();
    for change in &mended.changes {
        // A patch that is read by a program stays as it is.
        let diff = diff::unified(&text::relative(&change.path, root), &change.old, &change.new);
        let is_read_by_people = io::stdout().is_terminal() || github::is_job();
        told.push_str(&if is_read_by_people { text::lines(&diff) } else { diff });
    }
    let mut summary = report.summary.clone();
    summary.fixed = mended.applied.iter().map(|applied| fixed(report.project, applied)).collect();
    let counts = summary.fixed_text();
    if !check.quiet {
        let what = if counts.is_empty() { "nothing would be fixed".to_owned() } else { format!("would be fixed: {counts}") };
        let left = mended.last.as_ref().map_or(report.findings.len(), |(_, settled)| settled.findings.len());
        let _ = writeln!(io::stderr(), "{what}; left: {left}");
    }
    super::print(&told, if told.is_empty() || check.exit_zero { code } else { code.max(1) })
}
