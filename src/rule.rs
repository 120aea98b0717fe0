//! What is a rule? A page and a function over a package.
//!
//! ```go
//! defer f.Close() // rules/defer-in-loop.md says what is wrong with it in a loop; the function finds it
//! ```
//!
//! Not here: the rules (`rules`), when they run (`engine`).

pub use crate::config::{Profile, RuleOptions};
use crate::finding::{Confidence, Finding, Severity};
use crate::project::{PackageId, Project};

/// A rule: a page and a function.
pub struct Rule {
    pub id: &'static str,
    /// The text of `rules/ID.md`.
    pub page: &'static str,
    pub check: fn(&mut Pass),
}

/// How settled a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Stable,
    Preview,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Preview => "preview",
        }
    }
}

/// A page: its front matter, and the text below it.
pub struct Page {
    pub id: &'static str,
    pub title: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    pub status: Status,
    pub since: &'static str,
    pub fix: &'static str,
    pub tags: Vec<&'static str>,
    pub profile: Profile,
    pub body: &'static str,
}

impl Rule {
    /// The page, read. What the front matter does not say has its usual value; a test sees to it that pages say what they must.
    pub fn page(&self) -> Page {
        let (front, body) = self.page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap_or(("", self.page));
        let value = |key: &str| front.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == key).map_or("", |(_, value)| value.trim());
        Page {
            id: self.id,
            title: value("title"),
            severity: Severity::ALL.into_iter().find(|one| one.name() == value("severity")).unwrap_or(Severity::Warning),
            confidence: Confidence::ALL.into_iter().find(|one| one.name() == value("confidence")).unwrap_or(Confidence::High),
            status: if value("status") == "preview" { Status::Preview } else { Status::Stable },
            since: value("since"),
            fix: value("fix"),
            tags: value("tags").split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect(),
            profile: Profile::ALL.into_iter().find(|one| one.name() == value("profile")).unwrap_or_default(),
            body: body.trim_start_matches('\n'),
        }
    }
}

/// What a rule sees of a package.
pub struct Pass<'a> {
    pub project: &'a Project,
    pub package: PackageId,
    pub options: &'a RuleOptions,
    pub findings: Vec<Finding>,
}
