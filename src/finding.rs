//! What is said to the user: a [`Finding`] about Go code, or a [`Problem`] about a file that could not be read.
//!
//! ```go
//! defer f.Close() // a finding: message = what, labels = why, help = what to do
//! ```
//!
//! Not here: when to say it (`rules`), how it looks (`report`), whether it is silenced (`engine`).

use crate::source::Span;
use std::path::PathBuf;

/// How bad it is when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Note,
    Warning,
    Error,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Note, Severity::Warning, Severity::Error];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How sure the analysis is. Only `High` is shown by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub const ALL: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A leak, with the steps that prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, for example `defer-in-loop`.
    pub rule: &'static str,
    /// Where it is reported: one line, if possible.
    pub span: Span,
    /// The enclosing top-level declaration as Go writes it, `F` or `(*T).M`; empty outside functions.
    pub function: String,
    /// What: lower case, no final period, code in backticks.
    pub message: String,
    pub severity: Severity,
    pub confidence: Confidence,
    /// Why: the steps that prove it, in order.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    pub fix: Option<Fix>,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// How far a fix can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Only shown: a person has to write it.
    Shown,
    /// Removes the leak, but may change what the program does otherwise.
    Unsafe,
    /// Removes the leak and changes nothing else.
    Safe,
}

impl Safety {
    pub fn name(self) -> &'static str {
        match self {
            Safety::Shown => "shown",
            Safety::Unsafe => "unsafe",
            Safety::Safe => "safe",
        }
    }
}

/// A change that removes the leak, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub safety: Safety,
    /// Sorted by span, not overlapping.
    pub edits: Vec<Edit>,
}

/// Replace the bytes of `span` by `text`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// A finding that a comment silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    pub finding: Finding,
    pub suppression: Suppression,
}

/// A comment that silences findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The comment, without another one behind it on its line.
    pub span: Span,
    pub form: SuppressionForm,
    /// Why, in the words of the comment.
    pub reason: Option<String>,
}

/// The ways to write such a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuppressionForm {
    /// `//goleaklint:ignore RULE -- reason`
    Ignore,
    /// `//goleaklint:file-ignore RULE -- reason`
    FileIgnore,
    /// `//nolint`, `//nolint:goleaklint // reason`, `//nolint:RULE`
    Nolint,
    /// `//lint:ignore RULE reason`
    LintIgnore,
    /// `//lint:file-ignore RULE reason`
    LintFileIgnore,
}

impl SuppressionForm {
    /// How such a comment begins.
    pub fn name(self) -> &'static str {
        match self {
            SuppressionForm::Ignore => "//goleaklint:ignore",
            SuppressionForm::FileIgnore => "//goleaklint:file-ignore",
            SuppressionForm::Nolint => "//nolint",
            SuppressionForm::LintIgnore => "//lint:ignore",
            SuppressionForm::LintFileIgnore => "//lint:file-ignore",
        }
    }
}

/// Why something was not analysed, or not done; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Text that is not Go: exit 1.
    Syntax,
    /// A file or directory that could not be read, or was left out for its size or encoding: exit 2.
    Unread,
    /// A file to which a fix could not be written: exit 2.
    Unwritten,
    /// A defect of this program: exit 2.
    Internal,
}

/// What could not be read or analysed. It is data, never a stop: the rest is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The place, where the file was read at all.
    pub span: Option<Span>,
    /// The path as `Files` knows it.
    pub path: PathBuf,
    /// One clear sentence: lower case, no final period.
    pub text: String,
}
