//! Which fixes are applied, and what becomes of the text?
//!
//! ```go
//! f, err := os.Open(p)
//! if err != nil {
//! 	return err
//! }
//! defer f.Close() // an edit of a fix: an insertion at the end of the line above
//! ```
//!
//! A fix is applied whole or not at all, in one file. Of two that touch each other the first one wins; the other waits until the project
//! has been looked at anew, for what it was about may be different then. Texts are changed in memory and analysed again, round by round,
//! until nothing is left to do: so each file is written once, and a second run finds nothing to do.
//!
//! Fixes are taken only where the project's own text is: not in generated files, `vendor` or the module cache. A text with more syntax
//! errors than before is never kept.
//!
//! Not here: who offers fixes (`rules`), who writes files (`cli::write`).

pub mod diff;
mod pick;
mod rounds;

pub use pick::{Plan, apply, pick};
pub use rounds::{Applied, Change, Mended, mend};

use crate::finding::{Finding, Safety};
use crate::project::{File, Origin, Project};
use std::path::{Component, PathBuf};

/// Which fixes are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How safe they must be at least.
    pub least: Safety,
    /// Where Go keeps the modules it has downloaded: nothing is changed there.
    pub module_cache: Option<PathBuf>,
}

impl Wanted {
    /// Whether a finding has a fix of this kind that can be applied.
    pub fn offers(&self, project: &Project, finding: &Finding) -> bool {
        let Some(fix) = &finding.fix else { return false };
        let own = |edit: &crate::finding::Edit| edit.span.file == finding.span.file;
        let applicable = fix.safety > Safety::Shown && fix.safety >= self.least && !fix.edits.is_empty();
        applicable && fix.edits.iter().all(own) && self.is_ours(project, project.file(finding.span.file))
    }

    /// Whether a file is one that its people write themselves.
    fn is_ours(&self, project: &Project, file: &File) -> bool {
        let path = &file.source.path;
        let Ok(inside) = path.strip_prefix(&project.root) else { return false };
        let vendored = inside.components().any(|part| part == Component::Normal("vendor".as_ref()));
        let downloaded = self.module_cache.as_ref().is_some_and(|cache| path.starts_with(cache));
        project.origin(file.package) == Origin::Root && file.target && !file.outline.generated && !vendored && !downloaded
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
