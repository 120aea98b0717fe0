//! What does a `goleaklint.toml` ask for? Text, and the ids of the rules there are, become a [`Config`]; a key, a rule or a value that
//! is not known is an error with its line and the nearest good name.
//!
//! ```toml
//! min_confidence = "medium"
//!
//! [rules.defer-in-loop]
//! severity = "error"        # for i := range files { defer f.Close() }
//! ```
//!
//! Not here: where the file lies (`cli`), what flags change (`engine::settings`).

use crate::finding::{Confidence, Severity};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How many rules are on: each profile has the rules of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    #[default]
    Default,
    Extended,
    All,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Default, Profile::Extended, Profile::All];

    pub fn name(self) -> &'static str {
        match self {
            Profile::Default => "default",
            Profile::Extended => "extended",
            Profile::All => "all",
        }
    }
}

/// A `goleaklint.toml`; what it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub profile: Option<Profile>,
    pub min_confidence: Option<Confidence>,
    pub tests: Option<bool>,
    /// Whether dependencies are looked for in `vendor` and in the module cache.
    pub deps: Option<bool>,
    pub max_const_trips: Option<u64>,
    /// By rule id.
    pub rules: BTreeMap<String, RuleConfig>,
}

/// A table `[rules.ID]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleConfig {
    pub severity: Option<Severity>,
    pub enabled: Option<bool>,
}

/// Why a configuration cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Counted from 1.
    pub line: u32,
    pub message: String,
    pub help: Option<String>,
}

const KEYS: [&str; 6] = ["profile", "min_confidence", "tests", "deps", "max_const_trips", "rules"];
const RULE_KEYS: [&str; 2] = ["severity", "enabled"];

type Key<'k> = &'k Spanned<std::borrow::Cow<'k, str>>;
type Value<'v> = &'v Spanned<DeValue<'v>>;

/// Reads the text of a `goleaklint.toml`.
pub fn parse(text: &str, rule_ids: &[&str]) -> Result<Config, ConfigError> {
    let reader = Reader { text, rule_ids };
    let table =
        DeTable::parse(text).map_err(|error| reader.error(error.span().map_or(0, |span| span.start), first_line(error.message()), None))?;
    let mut config = Config::default();
    for (key, value) in in_order(table.get_ref()) {
        match key.get_ref().as_ref() {
            "profile" => config.profile = Some(reader.choice(key, value, &Profile::ALL, Profile::name)?),
            "min_confidence" => config.min_confidence = Some(reader.choice(key, value, &Confidence::ALL, Confidence::name)?),
            "tests" => config.tests = Some(reader.boolean(key, value)?),
            "deps" => config.deps = Some(reader.boolean(key, value)?),
            "max_const_trips" => config.max_const_trips = Some(reader.count(key, value)?),
            "rules" => config.rules = reader.rules(key, value)?,
            _ => return Err(reader.unknown("key", key, &KEYS)),
        }
    }
    Ok(config)
}

/// The entries in the order of the text, so that the first mistake is told first.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or("not TOML").to_owned()
}

struct Reader<'a> {
    text: &'a str,
    rule_ids: &'a [&'a str],
}

impl Reader<'_> {
    fn error(&self, offset: usize, message: String, help: Option<String>) -> ConfigError {
        let before = self.text.as_bytes().iter().take(offset);
        ConfigError { line: before.filter(|byte| **byte == b'\n').count() as u32 + 1, message, help }
    }

    fn unknown(&self, what: &str, key: Key, known: &[&str]) -> ConfigError {
        self.error(key.span().start, format!("unknown {what} `{}`", key.get_ref()), Some(did_you_mean(key.get_ref(), known)))
    }

    fn mistyped(&self, key: Key, value: Value, wanted: &str) -> ConfigError {
        let message = format!("`{}` must be {wanted}, not {}", key.get_ref(), article(value.get_ref().type_str()));
        self.error(value.span().start, message, None)
    }

    fn choice<T: Copy>(&self, key: Key, value: Value, all: &[T], name: fn(T) -> &'static str) -> Result<T, ConfigError> {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        let text = value.get_ref().as_str().ok_or_else(|| self.mistyped(key, value, &format!("one of {}", quoted(&names))))?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        found.ok_or_else(|| {
            let message = format!("`{text}` is no value of `{}`", key.get_ref());
            self.error(value.span().start, message, Some(did_you_mean(text, &names)))
        })
    }

    fn boolean(&self, key: Key, value: Value) -> Result<bool, ConfigError> {
        value.get_ref().as_bool().ok_or_else(|| self.mistyped(key, value, "true or false"))
    }

    fn count(&self, key: Key, value: Value) -> Result<u64, ConfigError> {
        let integer = value.get_ref().as_integer();
        let count = integer.and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok().map(u64::from));
        count.ok_or_else(|| {
            let message = format!("`{}` must be a whole number from 0 to {}", key.get_ref(), u32::MAX);
            self.error(value.span().start, message, None)
        })
    }

    fn rules(&self, key: Key, value: Value) -> Result<BTreeMap<String, RuleConfig>, ConfigError> {
        let table = value.get_ref().as_table();
        let table = table.ok_or_else(|| self.mistyped(key, value, "tables such as `[rules.defer-in-loop]`"))?;
        let mut rules = BTreeMap::new();
        for (id, value) in in_order(table) {
            if !self.rule_ids.contains(&id.get_ref().as_ref()) {
                return Err(self.unknown("rule", id, self.rule_ids));
            }
            rules.insert(id.get_ref().to_string(), self.rule(id, value)?);
        }
        Ok(rules)
    }

    fn rule(&self, id: Key, value: Value) -> Result<RuleConfig, ConfigError> {
        let table = value.get_ref().as_table().ok_or_else(|| self.mistyped(id, value, "a table"))?;
        let mut rule = RuleConfig::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "severity" => rule.severity = Some(self.choice(key, value, &Severity::ALL, Severity::name)?),
                "enabled" => rule.enabled = Some(self.boolean(key, value)?),
                _ => return Err(self.unknown("key", key, &RULE_KEYS)),
            }
        }
        Ok(rule)
    }
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// One line that helps with a name that is not known: the nearest one there is, else all of them.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there is {}", quoted(known)),
    }
}

/// The known name that is nearest, if one is near: at most a third of its letters differ.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let limit = |other: &str| (name.chars().count().max(other.chars().count()) / 3).max(1);
    // A name as long as a book is no slip, and comparing it would take long.
    let short = name.len() <= 100;
    let near = known.iter().filter(|_| short).map(|other| (distance(name, other), *other));
    near.filter(|(distance, other)| *distance <= limit(other)).min().map(|(_, other)| other)
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const IDS: [&str; 2] = ["defer-in-loop", "ticker-not-stopped"];

    fn error(text: &str) -> (u32, String, String) {
        let error = parse(text, &IDS).unwrap_err();
        (error.line, error.message, error.help.unwrap_or_default())
    }

    #[test]
    fn every_key_is_read() {
        let text = "profile = \"all\"\nmin_confidence = 'low'\ntests = true\ndeps = false\nmax_const_trips = 0x20\n[rules.defer-in-loop]\nseverity = \"error\"\nenabled = false\n";
        let rule = RuleConfig { severity: Some(Severity::Error), enabled: Some(false) };
        let wanted = Config {
            profile: Some(Profile::All),
            min_confidence: Some(Confidence::Low),
            tests: Some(true),
            deps: Some(false),
            max_const_trips: Some(32),
            rules: BTreeMap::from([("defer-in-loop".to_owned(), rule)]),
        };
        assert_eq!(parse(text, &IDS), Ok(wanted));
        assert_eq!(parse("", &IDS), Ok(Config::default()));
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_the_nearest_name() {
        let told = |line, message: &str, help: &str| (line, message.to_owned(), help.to_owned());
        assert_eq!(error("tests = true\nprofil = 'all'"), told(2, "unknown key `profil`", "did you mean `profile`?"));
        assert_eq!(error("\n\nprofile = 'extendet'"), told(3, "`extendet` is no value of `profile`", "did you mean `extended`?"));
        assert_eq!(error("[rules.defer-in-lop]\nenabled = true"), told(1, "unknown rule `defer-in-lop`", "did you mean `defer-in-loop`?"));
        assert_eq!(error("[rules.defer-in-loop]\nsevrity = 1"), told(2, "unknown key `sevrity`", "did you mean `severity`?"));
        assert_eq!(error("[rules.defer-in-loop]\nseverity = 'fatal'").2, "there is `note`, `warning`, `error`");
        assert_eq!(error("tests = 1").1, "`tests` must be true or false, not an integer");
        assert_eq!(error("max_const_trips = -1").0, 1);
        assert_eq!(error("rules = 3").1, "`rules` must be tables such as `[rules.defer-in-loop]`, not an integer");
        assert_eq!(error("zzz = 1\nprofil = 1").0, 1, "the first mistake is told");
        assert_eq!(error("tests = true\ntests = = 1").0, 2);
        assert_eq!(error("tests = true\ntests = true").0, 2);
    }

    #[test]
    fn near_names_are_near() {
        assert_eq!(nearest("defre-in-loop", &IDS), Some("defer-in-loop"));
        assert_eq!(nearest("ticker_not_stopped", &IDS), Some("ticker-not-stopped"));
        assert_eq!(nearest("goroutine", &IDS), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), &IDS), None);
        assert_eq!(distance("ab", "ba"), 1);
    }
}
