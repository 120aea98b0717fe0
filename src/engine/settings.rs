//! What does the user want? Which rules run, how severe they are, what is shown.
//!
//! ```go
//! // --profile extended --skip defer-in-loop --min-confidence medium
//! ```
//!
//! Not here: flags (`cli`) and goleaklint.toml (`config`), from which settings are made.

use crate::finding::{Confidence, Severity};
use crate::rule::{Options, Profile, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// What a run does.
#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: Profile,
    /// What is less sure is not shown.
    pub min_confidence: Confidence,
    /// If not empty, only these rules run, whatever their profile.
    pub only: BTreeSet<String>,
    /// Rules that do not run.
    pub skip: BTreeSet<String>,
    /// Rules that the configuration switches on or off.
    pub enabled: BTreeMap<String, bool>,
    /// Severities that the configuration sets.
    pub severities: BTreeMap<String, Severity>,
    pub options: Options,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            profile: Profile::Default,
            min_confidence: Confidence::High,
            only: BTreeSet::new(),
            skip: BTreeSet::new(),
            enabled: BTreeMap::new(),
            severities: BTreeMap::new(),
            options: Options::default(),
        }
    }
}

impl Settings {
    /// Whether a rule runs. A flag is stronger than the configuration, the configuration than the profile.
    pub fn runs(&self, rule: &Rule) -> bool {
        if self.skip.contains(rule.id) {
            return false;
        }
        if !self.only.is_empty() {
            return self.only.contains(rule.id);
        }
        self.enabled.get(rule.id).copied().unwrap_or_else(|| rule.page().profile <= self.profile)
    }
}
