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
//! Not here: where the file lies (`cli`), what flags change (`engine::settings`), the tables of facts that it may have (`facts`).

use crate::facts::{self, Facts, FactsError};
use crate::finding::{Confidence, Severity};
use crate::spelling::{did_you_mean, quoted};
use crate::version::GoVersion;
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
    pub go: GoConfig,
    /// By rule id.
    pub rules: BTreeMap<String, RuleConfig>,
    /// What the user knows about functions; empty if nothing is said.
    pub facts: Facts,
}

/// The table `[go]`: what cannot be read in the tree of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoConfig {
    /// The release that the program is built with.
    pub toolchain: Option<GoVersion>,
    /// `None` if `project::timers` is to find it out: `timers = "auto"`.
    pub timers: Option<Timers>,
}

/// What becomes of a timer or ticker that nobody stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timers {
    /// Before Go 1.23: a ticker is never collected, a timer not before it fires.
    Old,
    /// They are collected like anything else.
    New,
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

/// Beside [`facts::KEYS`].
const KEYS: [&str; 7] = ["profile", "min_confidence", "tests", "deps", "max_const_trips", "go", "rules"];
const GO_KEYS: [&str; 2] = ["toolchain", "timers"];
const RULE_KEYS: [&str; 2] = ["severity", "enabled"];

type Key<'k> = &'k Spanned<std::borrow::Cow<'k, str>>;
type Value<'v> = &'v Spanned<DeValue<'v>>;

/// Reads the text of a `goleaklint.toml`.
pub fn parse(text: &str, rule_ids: &[&str]) -> Result<Config, ConfigError> {
    let reader = Reader { text, rule_ids };
    let table =
        DeTable::parse(text).map_err(|error| reader.error(error.span().map_or(0, |span| span.start), first_line(error.message()), None))?;
    let table = table.get_ref();
    match (reader.config(table), Facts::of_user(table, text, rule_ids)) {
        (Ok(config), Ok(facts)) => Ok(Config { facts, ..config }),
        // The first mistake is told first.
        (Err(config), Err(facts)) if facts.line < config.line => Err(facts.into()),
        (Err(config), _) => Err(config),
        (Ok(_), Err(facts)) => Err(facts.into()),
    }
}

impl From<FactsError> for ConfigError {
    fn from(FactsError { line, message, help }: FactsError) -> ConfigError {
        ConfigError { line, message, help }
    }
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
    /// All but the facts.
    fn config(&self, table: &DeTable<'_>) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "profile" => config.profile = Some(self.choice(key, value, &Profile::ALL, Profile::name)?),
                "min_confidence" => config.min_confidence = Some(self.choice(key, value, &Confidence::ALL, Confidence::name)?),
                "tests" => config.tests = Some(self.boolean(key, value)?),
                "deps" => config.deps = Some(self.boolean(key, value)?),
                "max_const_trips" => config.max_const_trips = Some(self.count(key, value)?),
                "go" => config.go = self.go(key, value)?,
                "rules" => config.rules = self.rules(key, value)?,
                other if facts::KEYS.contains(&other) => {}
                _ => return Err(self.unknown("key", key, &[&KEYS, facts::KEYS].concat())),
            }
        }
        Ok(config)
    }

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

    fn go(&self, key: Key, value: Value) -> Result<GoConfig, ConfigError> {
        const TIMERS: [(&str, Option<Timers>); 3] = [("auto", None), ("old", Some(Timers::Old)), ("new", Some(Timers::New))];
        let table = value.get_ref().as_table().ok_or_else(|| self.mistyped(key, value, "a table"))?;
        let mut go = GoConfig::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "toolchain" => go.toolchain = Some(self.version(key, value)?),
                "timers" => go.timers = self.choice(key, value, &TIMERS, |(name, _)| name)?.1,
                _ => return Err(self.unknown("key", key, &GO_KEYS)),
            }
        }
        Ok(go)
    }

    /// `1.27`, and what a go.mod or `go version` may say: `go1.27.3`.
    fn version(&self, key: Key, value: Value) -> Result<GoVersion, ConfigError> {
        let wanted = "a Go version in quotes such as \"1.27\"";
        let text = value.get_ref().as_str().ok_or_else(|| self.mistyped(key, value, wanted))?;
        let version = GoVersion::parse(text.strip_prefix("go").unwrap_or(text));
        version.ok_or_else(|| self.error(value.span().start, format!("`{}` must be {wanted}, not `{text}`", key.get_ref()), None))
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
        let text = "profile = \"all\"\nmin_confidence = 'low'\ntests = true\ndeps = false\nmax_const_trips = 0x20\n[go]\ntoolchain = \"1.27\"\ntimers = \"old\"\n[rules.defer-in-loop]\nseverity = \"error\"\nenabled = false\n";
        let rule = RuleConfig { severity: Some(Severity::Error), enabled: Some(false) };
        let wanted = Config {
            profile: Some(Profile::All),
            min_confidence: Some(Confidence::Low),
            tests: Some(true),
            deps: Some(false),
            max_const_trips: Some(32),
            go: GoConfig { toolchain: Some(GoVersion { major: 1, minor: 27 }), timers: Some(Timers::Old) },
            rules: BTreeMap::from([("defer-in-loop".to_owned(), rule)]),
            facts: Facts::default(),
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
    fn the_toolchain_is_read_as_go_writes_it() {
        let go = |text: &str| parse(&format!("[go]\n{text}"), &IDS).unwrap().go;
        for (text, minor) in [("1.27", 27), ("go1.22", 22), ("go1.26.3", 26), ("1.23rc1", 23)] {
            assert_eq!(go(&format!("toolchain = '{text}'")).toolchain, Some(GoVersion { major: 1, minor }), "{text}");
        }
        assert_eq!(go("timers = 'new'").timers, Some(Timers::New));
        assert_eq!(go("timers = 'auto'"), GoConfig::default());
        let told = |text: &str| error(&format!("[go]\n{text}"));
        let wanted = |message: &str, help: &str| (2, message.to_owned(), help.to_owned());
        let quotes = "`toolchain` must be a Go version in quotes such as \"1.27\", not";
        assert_eq!(told("toolchain = 1.27"), wanted(&format!("{quotes} a float"), ""));
        assert_eq!(told("toolchain = 'latest'"), wanted(&format!("{quotes} `latest`"), ""));
        assert_eq!(told("timers = 'olt'"), wanted("`olt` is no value of `timers`", "did you mean `old`?"));
        assert_eq!(told("timers = true"), wanted("`timers` must be one of `auto`, `old`, `new`, not a boolean", ""));
        assert_eq!(told("tolchain = '1.27'"), wanted("unknown key `tolchain`", "did you mean `toolchain`?"));
        assert_eq!(error("go = '1.27'"), (1, "`go` must be a table, not a string".to_owned(), String::new()));
    }

    #[test]
    fn facts_stand_beside_the_other_keys() {
        let text = r#"
            profile = "all"
            [[resource]]
            acquire = "github.com/x/y.(*Pool).Get"
            release = ["func:github.com/x/y.Put", "Close"]
            rule = "defer-in-loop"
            kind = "memory"
            [[effect]]
            func = ["github.com/x/y.Watch", "os.Open"]
            arg = 0
            effect = "borrows"
            [[growth]]
            type = "github.com/x/y.(*Cache)"
            bounded = true
            [[label_sink]]
            func = "github.com/x/y.Label"
            [entry]
            servers = ["github.com/x/y.Serve"]
            handlers = ["func(*github.com/x/y.Context)"]
            spawn = ["github.com/x/y.(*Group).Go"]
            noreturn = ["github.com/x/y.Die"]
        "#;
        let config = parse(text, &IDS).unwrap();
        assert_eq!(config.profile, Some(Profile::All));
        let facts = &config.facts;
        let acquired = &facts.of("github.com/x/y", "Pool", "Get").unwrap().resources;
        assert_eq!((acquired.len(), acquired[0].noun.as_str()), (1, "y.Pool.Get"));
        assert!(facts.of("github.com/x/y", "", "Put").unwrap().releases_arg.is_some());
        assert_eq!(facts.effects("github.com/x/y.Watch").len(), 1);
        assert!(facts.growth("*github.com/x/y.Cache").unwrap().bounded);
        assert!(facts.is_label_sink("github.com/x/y.Label") && facts.serves("github.com/x/y.Serve"));
        assert_eq!(facts.handlers(), ["func(*github.com/x/y.Context)"]);
        assert_eq!(facts.spawns("github.com/x/y.(*Group).Go"), Some(0));
        assert!(facts.never_returns("github.com/x/y.Die"));
    }

    #[test]
    fn a_mistake_in_the_facts_is_told_as_any_other() {
        let told = |line, message: &str, help: &str| (line, message.to_owned(), help.to_owned());
        let function = "write `os.Open`, `net/http.(*Client).Do` or, for a method of an interface, `net.Conn.Close`";
        let resource =
            |line: &str| format!("[[resource]]\nacquire = 'a.b/c.Open'\nrelease = 'Close'\nrule = 'defer-in-loop'\nkind = 'fd'\n{line}\n");
        let instead = |old: &str, new: &str| resource("").replace(old, new);
        assert_eq!(parse(&resource(""), &IDS).map(|config| config.facts.functions().len()), Ok(1));
        for (text, wanted) in [
            ("tests = true\n[[resourse]]\n".to_owned(), told(2, "unknown key `resourse`", "did you mean `resource`?")),
            (resource("relaese = 'x'"), told(6, "unknown key `relaese`", "did you mean `release`?")),
            (instead("a.b/c.Open", "a.b/c.(*T)Method"), told(2, "`a.b/c.(*T)Method` can be no function's name", function)),
            (instead("'a.b/c.Open'", "[\n'a.b/c.Open',\n'Open']"), told(4, "`Open` can be no function's name", function)),
            (instead("'a.b/c.Open'", "3"), told(2, "`acquire` must be a text in quotes or a list of them, not an integer", "")),
            (instead("acquire = 'a.b/c.Open'", ""), told(1, "`acquire` is missing", "")),
            (instead("defer-in-loop", "close-not-closed"), told(4, "unknown rule `close-not-closed`", "did you mean `closer-not-closed`?")),
            (instead("'fd'", "'gorutine'"), told(5, "`gorutine` is no value of `kind`", "did you mean `goroutine`?")),
            (instead("'Close'", "[]"), told(3, "`release` is empty", "")),
            (
                instead("'Close'", "'Close()'"),
                told(
                    3,
                    "`Close()` is no way to release",
                    "a method `Close`, `call`, `func:os.Remove`, `drain:Next`, `error:Err`, `field:Process.Wait`, `receive:C`, `context` or `nothing`",
                ),
            ),
            (instead("'Close'", "'func:Free'"), told(3, "`Free` can be no function's name", function)),
            (resource("component = 'Body'"), told(6, "`Body` is no component", "write `.Body`, `.Name()` or `[*]`")),
            (
                resource("result = 'first'"),
                told(6, "unknown `result`: `first`", "a number, counted from 0, or a list of them, \"receiver\", \"arg:0\" or \"none\""),
            ),
            (resource("error = 'lst'"), told(6, "`lst` is no value of `error`", "did you mean `last`?")),
            (resource("error = true"), told(6, "`error` must be \"last\", \"none\" or a number, counted from 0, not a boolean", "")),
            (resource("when = 'tru'"), told(6, "`tru` is no value of `when`", "did you mean `true`?")),
            (resource("lives = 'names'"), told(6, "`names` is no value of `lives`", "did you mean `name`?")),
            (resource("exempt_if = { arg = 'x', equals = 'HEAD' }"), told(6, "`arg` must be a number, counted from 0, not a string", "")),
            (resource("exempt_if = { arg = 1, equal = 'HEAD' }"), told(6, "unknown key `equal`", "did you mean `equals`?")),
            (
                "[[effect]]\nfunc = 'a.B'\neffect = 'borow'\n".to_owned(),
                told(3, "`borow` is no value of `effect`", "did you mean `borrows`?"),
            ),
            (
                "[[effect]]\nfunc = 'a.B'\narg = 0\neffect = 'borrows'\nwhen = 'on_sucess'\n".to_owned(),
                told(5, "`on_sucess` is no value of `when`", "did you mean `on_success`?"),
            ),
            (
                "[[effect]]\nfunc = 'a.B'\neffect = 'borrows'\n".to_owned(),
                told(1, "`arg` is missing: to what is it done?", "a number, counted from 0, or \"receiver\""),
            ),
            (
                "[[effect]]\nfunc = 'a.B'\neffect = 'borrows'\narg = 'reciever'\n".to_owned(),
                told(4, "unknown `arg`: `reciever`", "a number, counted from 0, or \"receiver\""),
            ),
            ("[effect]\nfunc = 'a.B'\n".to_owned(), told(1, "`effect` is a list of tables", "write `[[effect]]`")),
            ("[[entry]]\nnoreturn = 'a.B'\n".to_owned(), told(1, "`entry` is one table", "write `[entry]`")),
            ("[entry]\nnoretrun = 'a.B'\n".to_owned(), told(2, "unknown key `noretrun`", "did you mean `noreturn`?")),
            (
                "[entry]\nhandlers = '*gin.Context'\n".to_owned(),
                told(2, "`*gin.Context` is no signature", "write `func(net/http.ResponseWriter, *net/http.Request)`"),
            ),
            (
                "[[growth]]\ntype = 'Cache'\n".to_owned(),
                told(2, "`Cache` is no type with its import path", "write `*os.File` or `net.Conn`"),
            ),
            ("[[growth]]\ntype = 'a.B'\nbounded = 1\n".to_owned(), told(3, "`bounded` must be true or false, not an integer", "")),
            ("[[growth]]\ntype = 'a.B'\ninsert = 'a.Set'\n".to_owned(), told(3, "`a.Set` is no name of a method", "write `Close`")),
            ("[[label_sink]]\nfunk = 'a.B'\n".to_owned(), told(2, "unknown key `funk`", "did you mean `func`?")),
            ("tests = 1\n[entry]\nnoreturn = 'B'\n".to_owned(), told(1, "`tests` must be true or false, not an integer", "")),
            ("[entry]\nnoreturn = 'B'\n[rules]\nx = 1\n".to_owned(), told(2, "`B` can be no function's name", function)),
        ] {
            assert_eq!(error(&text), wanted, "{text}");
        }
    }
}
