//! What did a comment that silences rules do? What the rules about such comments look at.
//!
//! ```go
//! //goleaklint:ignore defer-in-loop -- three interfaces at most
//! ```
//!
//! Not here: reading the comments, and what they silence (`engine::suppress`).

use crate::finding::Suppression;
use crate::source::Span;

/// A comment that speaks of this program's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silencer {
    pub suppression: Suppression,
    /// What it names, in order. Of `//nolint` and `//lint:` comments only what means this program.
    pub names: Vec<Named>,
    /// Why it silences nothing: the word behind `goleaklint:` is none, and perhaps the one that was meant.
    pub unknown_word: Option<(String, String)>,
}

/// A rule that a comment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub span: Span,
    pub fate: Fate,
}

/// What became of the name of a rule in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The rule found what the comment silences.
    Used,
    /// The rule ran, and found nothing that the comment silences.
    Unused,
    /// The rule did not run, or not on all of it.
    Unjudged,
    /// There is no such rule; what may help.
    Unknown(String),
}
