//! What does the user want? What was typed ([`Options`]) and what the configuration says become [`Settings`]; what was typed wins.
//!
//! ```toml
//! [rules.defer-in-loop]
//! enabled = false   # `--rule defer-in-loop` runs it all the same
//! ```
//!
//! Not here: the words of the command line (`cli::arguments`), the words of the file (`config`).

use crate::config::{self, Config, Profile, RuleOptions};
use crate::finding::{Confidence, Severity};
use crate::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// What was typed, as far as it is about rules; what was not typed is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub profile: Option<Profile>,
    pub min_confidence: Option<Confidence>,
    /// Only these rules.
    pub rules: Vec<String>,
    /// All but these rules.
    pub skip: Vec<String>,
    pub tests: bool,
}

/// A rule was named that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    pub text: String,
    pub help: String,
}

/// What it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub min_confidence: Confidence,
    pub tests: bool,
    pub rule_options: RuleOptions,
    on: BTreeSet<&'static str>,
    severities: BTreeMap<&'static str, Severity>,
}

impl Settings {
    pub fn new(options: &Options, config: &Config, rules: &[Rule]) -> Result<Settings, UnknownRule> {
        options.rules.iter().chain(&options.skip).try_for_each(|id| find(id, rules).map(|_| ()))?;
        let profile = options.profile.or(config.profile).unwrap_or_default();
        let on = |rule: &&Rule| {
            let named = options.rules.iter().any(|id| id == rule.id);
            let enabled = config.rules.get(rule.id).and_then(|rule| rule.enabled);
            let wanted = if options.rules.is_empty() { enabled.unwrap_or_else(|| rule.page().profile <= profile) } else { named };
            wanted && !options.skip.iter().any(|id| id == rule.id)
        };
        let severity = |rule: &Rule| Some((rule.id, config.rules.get(rule.id)?.severity?));
        let max_const_trips = config.max_const_trips.unwrap_or(RuleOptions::default().max_const_trips);
        Ok(Settings {
            min_confidence: options.min_confidence.or(config.min_confidence).unwrap_or(Confidence::High),
            tests: options.tests || config.tests.unwrap_or(false),
            rule_options: RuleOptions { max_const_trips },
            on: rules.iter().filter(on).map(|rule| rule.id).collect(),
            severities: rules.iter().filter_map(severity).collect(),
        })
    }

    pub fn is_on(&self, rule: &str) -> bool {
        self.on.contains(rule)
    }

    /// The severity that the configuration gives to all findings of a rule.
    pub fn severity(&self, rule: &str) -> Option<Severity> {
        self.severities.get(rule).copied()
    }

    /// How many rules are on.
    pub fn rules_on(&self) -> usize {
        self.on.len()
    }
}

/// The rule with an id; if there is none, a suggestion.
pub fn find<'r>(id: &str, rules: &'r [Rule]) -> Result<&'r Rule, UnknownRule> {
    rules.iter().find(|rule| rule.id == id).ok_or_else(|| {
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
        let help = config::nearest(id, &ids).map(|near| format!("did you mean `{near}`?"));
        UnknownRule { text: format!("there is no rule `{id}`"), help: help.unwrap_or_else(|| "`goleaklint rules` lists them".to_owned()) }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const fn rule(id: &'static str, page: &'static str) -> Rule {
        Rule { id, page, check: |_| {} }
    }

    const RULES: [Rule; 3] = [
        rule("one", "---\nprofile: default\n---\n"),
        rule("two", "---\nprofile: extended\n---\n"),
        rule("three", "---\nprofile: all\n---\n"),
    ];

    fn on(options: &Options, config: &str) -> String {
        let config = config::parse(config, &["one", "two", "three"]).unwrap();
        let settings = Settings::new(options, &config, &RULES).unwrap();
        RULES.iter().map(|rule| rule.id).filter(|id| settings.is_on(id)).collect::<Vec<_>>().join(" ")
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn flags_win_over_the_configuration_and_the_configuration_over_the_profile() {
        let none = Options::default();
        assert_eq!(on(&none, ""), "one");
        assert_eq!(on(&none, "profile = 'extended'"), "one two");
        assert_eq!(on(&Options { profile: Some(Profile::All), ..none.clone() }, "profile = 'extended'"), "one two three");
        assert_eq!(on(&none, "[rules.one]\nenabled = false\n[rules.three]\nenabled = true"), "three");
        assert_eq!(on(&Options { rules: names(&["one", "two"]), ..none.clone() }, "[rules.one]\nenabled = false"), "one two");
        assert_eq!(on(&Options { rules: names(&["one", "two"]), skip: names(&["two"]), ..none.clone() }, ""), "one");
        assert_eq!(on(&Options { skip: names(&["one"]), ..none }, ""), "");
    }

    #[test]
    fn a_rule_that_does_not_exist_gets_a_suggestion() {
        let options = Options { skip: names(&["tree"]), ..Options::default() };
        let error = Settings::new(&options, &Config::default(), &RULES).unwrap_err();
        assert_eq!((error.text.as_str(), error.help.as_str()), ("there is no rule `tree`", "did you mean `three`?"));
        assert_eq!(find("x", &RULES).err().unwrap().help, "`goleaklint rules` lists them");
    }

    #[test]
    fn values_have_their_defaults() {
        let settings = Settings::new(&Options::default(), &Config::default(), &RULES).unwrap();
        assert_eq!((settings.min_confidence, settings.tests, settings.rule_options.max_const_trips), (Confidence::High, false, 16));
    }
}
