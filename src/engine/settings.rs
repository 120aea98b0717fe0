//! What does the user want? What was typed ([`Options`]) and what the configuration says become [`Settings`]; what was typed wins.
//!
//! ```toml
//! [rules.defer-in-loop]
//! enabled = false   # `--rule defer-in-loop` runs it all the same
//! ```
//!
//! Not here: the words of the command line (`cli::arguments`), the words of the file (`config`).

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::{Confidence, Severity};
use crate::rule::{self, Profile, Rule};
use crate::spelling;
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
    pub no_deps: bool,
    /// Comments silence nothing.
    pub no_ignores: bool,
}

/// A rule was named that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    pub text: String,
    pub help: String,
}

/// What a run does.
#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: Profile,
    /// What is less sure is not shown.
    pub min_confidence: Confidence,
    /// Test files are read.
    pub tests: bool,
    /// Dependencies are not looked for in `vendor` and in the module cache.
    pub no_deps: bool,
    /// If not empty, only these rules run, whatever their profile.
    pub only: BTreeSet<String>,
    /// Rules that do not run.
    pub skip: BTreeSet<String>,
    /// Rules that the configuration switches on or off.
    pub enabled: BTreeMap<String, bool>,
    /// Severities that the configuration sets.
    pub severities: BTreeMap<String, Severity>,
    /// Our facts with those of the configuration over them; `None` if it has none.
    pub facts: Option<Facts>,
    /// Comments in the source silence findings.
    pub ignores: bool,
    pub options: rule::Options,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            profile: Profile::Default,
            min_confidence: Confidence::High,
            tests: false,
            no_deps: false,
            only: BTreeSet::new(),
            skip: BTreeSet::new(),
            enabled: BTreeMap::new(),
            severities: BTreeMap::new(),
            facts: None,
            ignores: true,
            options: rule::Options::default(),
        }
    }
}

impl Settings {
    /// What was typed and what the configuration says, together. `rules` are those there are.
    pub fn new(options: &Options, config: &Config, rules: &[Rule]) -> Result<Settings, UnknownRule> {
        options.rules.iter().chain(&options.skip).try_for_each(|id| find(id, rules).map(|_| ()))?;
        let usual = Settings::default();
        let configured = config.rules.iter();
        Ok(Settings {
            profile: options.profile.or(config.profile).unwrap_or(usual.profile),
            min_confidence: options.min_confidence.or(config.min_confidence).unwrap_or(usual.min_confidence),
            tests: options.tests || config.tests.unwrap_or(usual.tests),
            no_deps: options.no_deps || config.deps.is_some_and(|deps| !deps),
            only: options.rules.iter().cloned().collect(),
            skip: options.skip.iter().cloned().collect(),
            enabled: configured.clone().filter_map(|(id, rule)| Some((id.clone(), rule.enabled?))).collect(),
            severities: configured.filter_map(|(id, rule)| Some((id.clone(), rule.severity?))).collect(),
            facts: (!config.facts.is_empty()).then(|| Facts::shipped().with(&config.facts)),
            ignores: !options.no_ignores,
            options: rule::Options { max_const_trips: config.max_const_trips.unwrap_or(usual.options.max_const_trips) },
        })
    }

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

/// The rule with an id; if there is none, a suggestion.
pub fn find<'r>(id: &str, rules: &'r [Rule]) -> Result<&'r Rule, UnknownRule> {
    rules.iter().find(|rule| rule.id == id).ok_or_else(|| {
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
        let help = spelling::nearest(id, &ids).map(|near| format!("did you mean `{near}`?"));
        UnknownRule { text: format!("there is no rule `{id}`"), help: help.unwrap_or_else(|| "`goleaklint rules` lists them".to_owned()) }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config;

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
        RULES.iter().filter(|rule| settings.runs(rule)).map(|rule| rule.id).collect::<Vec<_>>().join(" ")
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
    fn facts_of_the_configuration_lie_over_ours() {
        let facts = |text| Settings::new(&Options::default(), &config::parse(text, &[]).unwrap(), &RULES).unwrap().facts;
        assert!(facts("profile = 'all'").is_none());
        let facts = facts("[entry]\nnoreturn = 'example.com/x.Die'").unwrap();
        assert!(facts.never_returns("example.com/x.Die") && facts.never_returns("os.Exit"));
    }

    #[test]
    fn values_have_their_defaults() {
        let settings = Settings::new(&Options::default(), &Config::default(), &RULES).unwrap();
        assert_eq!((settings.min_confidence, settings.tests, settings.options.max_const_trips), (Confidence::High, false, 16));
    }
}
