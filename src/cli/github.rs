//! Is this a GitHub job, and where are its repository and the summary of its step? It is told in the environment.
//!
//! ```text
//! GITHUB_ACTIONS=true GITHUB_WORKSPACE=/w GITHUB_STEP_SUMMARY=/w/../summary.md
//! ```
//!
//! Not here: what is told (`report::github`).

use super::{Failure, write};
use crate::project::OsFiles;
use crate::report::github::{LONGEST_SUMMARY, summary};
use crate::report::{Options, Report};
use crate::source::Files;
use std::env;
use std::path::{Path, PathBuf};

pub(super) fn is_job() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// What paths start from for GitHub: the workspace, where the project is in it and not in a repository that can be seen. A checkout
/// without `.git` has no root of its own.
pub(super) fn repository(root: &Path) -> Option<PathBuf> {
    let workspace = OsFiles.canonical(&path("GITHUB_WORKSPACE")?).ok()?;
    let inside = root.starts_with(&workspace) && OsFiles.kind(&root.join(".git")).is_err();
    inside.then_some(workspace)
}

/// Adds the table to the summary of the step, if there is one.
pub(super) fn write_summary(report: &Report, options: &Options) -> Result<(), Failure> {
    let Some(path) = path("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let text = |there: u64| summary(report, options, LONGEST_SUMMARY.saturating_sub(there as usize));
    let failed = |error| Failure::new(format!("{} cannot be written: {error}", path.display()));
    write::append(&path, text).map_err(failed)
}
