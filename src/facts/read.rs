//! How is a table of facts written, and what is wrong with this one?
//!
//! ```toml
//! [[resource]]
//! acquire = "example.com/pool.(*Pool).Get"
//! release = ["Put"]
//! rule = "closer-not-closed"
//! kind = "memory"
//! ```
//!
//! Not here: what facts mean (`facts`), the other keys of goleaklint.toml (`config`).

use super::{
    EffectKind, ErrorResult, Exempt, Facts, Growth, Kind, Lives, Owned, Release, Released, Resource, Target, TypeName, When, name,
};
use compact_str::{CompactString, ToCompactString};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The top-level keys of a table of facts; all others in goleaklint.toml are somebody else's.
pub const KEYS: &[&str] = &["resource", "closer", "effect", "growth", "label_sink", "results", "fields", "entry"];

const RESOURCE: &[&str] = &["acquire", "result", "component", "error", "when", "release", "rule", "kind", "noun", "exempt_if", "lives"];
const CLOSER: &[&str] = &["type", "release", "kind", "noun", "opaque"];
const EFFECT: &[&str] = &["func", "arg", "effect", "when"];
const GROWTH: &[&str] = &["type", "bounded", "insert", "shrink"];
const LABEL_SINK: &[&str] = &["func"];
const ENTRY: &[&str] = &["servers", "handlers", "spawn", "noreturn"];
const EXEMPT: &[&str] = &["arg", "equals"];

const KINDS: &[(&str, Kind)] = &[
    ("fd", Kind::Fd),
    ("goroutine", Kind::Goroutine),
    ("memory", Kind::Memory),
    ("lock", Kind::Lock),
    ("disk", Kind::Disk),
    ("timer", Kind::Timer),
    ("context", Kind::Context),
    ("process", Kind::Process),
];

const EFFECTS: &[(&str, EffectKind)] = &[
    ("borrows", EffectKind::Borrows),
    ("releases", EffectKind::Releases),
    ("takes_ownership", EffectKind::TakesOwnership),
    ("stores", EffectKind::Stores),
    ("wraps", EffectKind::Wraps),
    ("wraps_closes", EffectKind::WrapsCloses),
    ("cancels", EffectKind::Cancels),
    ("closes_chan", EffectKind::ClosesChan),
    ("sends", EffectKind::Sends),
    ("receives", EffectKind::Receives),
    ("returns_alias", EffectKind::ReturnsAlias),
    ("may_return_alias", EffectKind::MayReturnAlias),
    ("returns_copy", EffectKind::ReturnsCopy),
    ("inserts", EffectKind::Inserts),
    ("deletes", EffectKind::Deletes),
    ("spawns", EffectKind::Spawns),
    ("noreturn", EffectKind::Noreturn),
    ("may_block_forever", EffectKind::MayBlockForever),
    ("blocks", EffectKind::Blocks),
    ("repeats", EffectKind::Repeats),
    ("registers", EffectKind::Registers),
    ("big", EffectKind::Big),
];

const WHENS: &[(&str, When)] = &[("always", When::Always), ("on_success", When::OnSuccess), ("on_error", When::OnError)];

/// What is wrong with a text of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsError {
    /// The line, counted from 1.
    pub line: u32,
    /// One clear sentence: lower case, no final period.
    pub message: String,
    /// What to write instead, where there is a good guess.
    pub help: Option<String>,
}

/// An error while its place is still an offset.
struct Wrong {
    at: usize,
    message: String,
    help: Option<String>,
}

type Read<T> = Result<T, Wrong>;

fn wrong<T>(at: &Range<usize>, message: impl Into<String>, help: Option<String>) -> Read<T> {
    Err(Wrong { at: at.start, message: message.into(), help })
}

impl Facts {
    pub(super) fn extend_from(&mut self, text: &str) -> Result<(), FactsError> {
        self.try_extend(text, true).map_err(|wrong| wrong.placed(text))
    }

    /// The facts in the text of a goleaklint.toml; keys that are not [`KEYS`] belong to others and are passed over.
    pub fn parse_within(text: &str) -> Result<Facts, FactsError> {
        let mut facts = Facts::default();
        facts.try_extend(text, false).map_err(|wrong| wrong.placed(text))?;
        Ok(facts)
    }

    fn try_extend(&mut self, text: &str, whole: bool) -> Read<()> {
        let table = DeTable::parse(text).map_err(|error| Wrong {
            at: error.span().map_or(0, |span| span.start),
            message: error.message().lines().next().unwrap_or("not TOML").to_string(),
            help: None,
        })?;
        let table = table.get_ref();
        if whole {
            only(table, KEYS)?;
        }
        // Types come first: resources are described by them.
        self.read_results(table)?;
        self.read_fields(table)?;
        for row in rows(table, "closer")? {
            self.read_closer(row)?;
        }
        for row in rows(table, "resource")? {
            self.read_resource(row)?;
        }
        for row in rows(table, "effect")? {
            self.read_effect(row)?;
        }
        for row in rows(table, "growth")? {
            self.read_growth(row)?;
        }
        for row in rows(table, "label_sink")? {
            only(row.table, LABEL_SINK)?;
            for function in row.names("func")? {
                self.entry(&function).label_sink = true;
            }
        }
        self.read_entry(table)
    }

    fn entry(&mut self, function: &str) -> &mut super::Function {
        self.functions.entry(name::normal(function).to_compact_string()).or_default()
    }

    fn read_results(&mut self, table: &DeTable<'_>) -> Read<()> {
        let Some(value) = table.get("results") else { return Ok(()) };
        for (key, types) in inner(value, "results")? {
            function_name(key.get_ref(), &key.span())?;
            self.entry(key.get_ref()).results = Some(texts(types)?);
        }
        Ok(())
    }

    fn read_fields(&mut self, table: &DeTable<'_>) -> Read<()> {
        let Some(value) = table.get("fields") else { return Ok(()) };
        for (key, of) in inner(value, "fields")? {
            function_name(key.get_ref(), &key.span())?;
            self.variables.insert(name::normal(key.get_ref()).to_compact_string(), text(of)?.into());
        }
        Ok(())
    }

    fn read_closer(&mut self, row: Row<'_>) -> Read<()> {
        only(row.table, CLOSER)?;
        let releases = row.releases()?;
        let kind = row.kind()?;
        let opaque = row.flag("opaque")?;
        for of in row.names("type")? {
            let noun = row.text("noun")?.map_or_else(|| name::short(&of), CompactString::from);
            self.add_releases(&of, &releases, &Released { kind, noun, opaque });
        }
        Ok(())
    }

    fn read_resource(&mut self, row: Row<'_>) -> Read<()> {
        only(row.table, RESOURCE)?;
        let release = row.releases()?;
        let kind = row.kind()?;
        let component = CompactString::from(row.text("component")?.unwrap_or(""));
        let rule = CompactString::from(row.required_text("rule")?);
        let owned = row.owned()?;
        let error = row.error()?;
        let when_true = match row.text("when")? {
            None | Some("always") => false,
            Some("true") => true,
            Some(other) => {
                return wrong(&row.at("when"), format!("unknown `when` of a resource: `{other}`"), suggest(other, &["true", "always"]));
            }
        };
        let exempt = row.exempt()?;
        let lives = row.lives()?;
        for acquire in row.names("acquire")? {
            let results = self.entry(&acquire).results.clone();
            for &owned in &owned {
                let of = self.owned_type(&acquire, owned, &component, results.as_deref());
                let noun = match (row.text("noun")?, &of) {
                    (Some(noun), _) => noun.into(),
                    (None, Some(of)) => name::short(of),
                    (None, None) => name::split(&acquire).map_or_else(|| acquire.clone(), |(_, last)| last.into()),
                };
                if let Some(of) = &of {
                    self.add_releases(of, &release, &Released { kind, noun: noun.clone(), opaque: false });
                }
                self.add_release_functions(&release, kind, &noun);
                let error = error.unwrap_or_else(|| usual_error(results.as_deref()));
                let (component, release, rule, exempt) = (component.clone(), release.clone(), rule.clone(), exempt.clone());
                self.entry(&acquire).resources.push(Resource {
                    owned,
                    component,
                    error,
                    when_true,
                    release,
                    rule,
                    kind,
                    noun,
                    exempt,
                    lives,
                });
            }
        }
        Ok(())
    }

    /// The type of what is owned, where it is known.
    fn owned_type(&self, acquire: &str, owned: Owned, component: &str, results: Option<&[TypeName]>) -> Option<TypeName> {
        let whole = match owned {
            Owned::Result(i) => results?.get(i)?.clone(),
            Owned::Receiver => {
                let normal = name::normal(acquire);
                let (receiver, _) = normal.rsplit_once('.')?;
                receiver.into()
            }
            Owned::Arg(_) | Owned::Process => return None,
        };
        match component.strip_prefix('.') {
            None => Some(whole).filter(|_| component.is_empty()),
            Some(field) => self.field(&whole, field).cloned(),
        }
    }

    /// A type's own `[[closer]]` comes first and wins. A bare `func()` says nothing about what it releases, so only named types count.
    fn add_releases(&mut self, of: &str, releases: &[Release], released: &Released) {
        if of.starts_with("func(") || !of.contains('.') {
            return;
        }
        let methods = self.releases.entry(of.trim_start_matches('*').into()).or_default();
        for release in releases {
            let method = match release {
                Release::Method(method) => method.clone(),
                Release::Call => CompactString::default(),
                Release::Func(_) | Release::Drain(_) | Release::Field(_) => continue,
            };
            if !methods.iter().any(|(known, _)| *known == method) {
                methods.push((method, released.clone()));
            }
        }
    }

    fn add_release_functions(&mut self, releases: &[Release], kind: Kind, noun: &CompactString) {
        for release in releases {
            if let Release::Func(function) = release {
                let released = || Released { kind, noun: noun.clone(), opaque: false };
                self.release_functions.entry(function.clone()).or_insert_with(released);
            }
        }
    }

    fn read_effect(&mut self, row: Row<'_>) -> Read<()> {
        only(row.table, EFFECT)?;
        let written = row.required_text("effect")?;
        let kind = one_of(written, EFFECTS, "effect", &row.at("effect"))?;
        let when = one_of(row.text("when")?.unwrap_or("always"), WHENS, "when", &row.at("when"))?;
        let target = match row.table.get("arg") {
            None => Target::Call,
            Some(value) if value.get_ref().as_str() == Some("receiver") => Target::Receiver,
            Some(value) => Target::Arg(number(value)?),
        };
        for function in row.names("func")? {
            let entry = self.entry(&function);
            entry.never_returns |= kind == EffectKind::Noreturn;
            entry.effects.push(super::Effect { target, kind, when });
        }
        Ok(())
    }

    fn read_growth(&mut self, row: Row<'_>) -> Read<()> {
        only(row.table, GROWTH)?;
        let growth = Growth { bounded: row.flag("bounded")?, insert: row.texts("insert")?, shrink: row.texts("shrink")? };
        for of in row.names("type")? {
            self.growth.insert(name::normal(&of).to_compact_string(), growth.clone());
        }
        Ok(())
    }

    fn read_entry(&mut self, table: &DeTable<'_>) -> Read<()> {
        let Some(value) = table.get("entry") else { return Ok(()) };
        let row = Row { table: inner(value, "entry")?, span: value.span() };
        only(row.table, ENTRY)?;
        for function in row.optional_names("servers")? {
            self.entry(&function).server = true;
        }
        for function in row.optional_names("noreturn")? {
            self.entry(&function).never_returns = true;
        }
        for function in row.optional_names("spawn")? {
            let effect = super::Effect { target: Target::Arg(0), kind: EffectKind::Spawns, when: When::Always };
            self.entry(&function).effects.push(effect);
        }
        self.handlers.extend(row.texts("handlers")?);
        Ok(())
    }
}

fn usual_error(results: Option<&[TypeName]>) -> ErrorResult {
    match results {
        Some(results) if results.last().is_none_or(|last| last != "error") => ErrorResult::None,
        _ => ErrorResult::Last,
    }
}

impl Wrong {
    fn placed(self, text: &str) -> FactsError {
        let before = &text.as_bytes()[..self.at.min(text.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
        FactsError { line, message: self.message, help: self.help }
    }
}

/// One `[[table]]`.
#[derive(Clone)]
struct Row<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl<'a> Row<'a> {
    /// Where a key's value stands, or the row if the key is missing.
    fn at(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    fn text(&self, key: &str) -> Read<Option<&'a str>> {
        self.table.get(key).map(text).transpose()
    }

    fn required_text(&self, key: &str) -> Read<&'a str> {
        match self.text(key)? {
            Some(text) => Ok(text),
            None => wrong(&self.span, format!("`{key}` is missing"), None),
        }
    }

    fn texts(&self, key: &str) -> Read<Vec<CompactString>> {
        self.table.get(key).map_or(Ok(Vec::new()), texts)
    }

    fn flag(&self, key: &str) -> Read<bool> {
        let Some(value) = self.table.get(key) else { return Ok(false) };
        value.get_ref().as_bool().map_or_else(|| wrong(&value.span(), format!("`{key}` must be true or false"), None), Ok)
    }

    /// The names of functions or types that a row is about: one text or an array of them.
    fn names(&self, key: &str) -> Read<Vec<CompactString>> {
        if self.table.get(key).is_none() {
            return wrong(&self.span, format!("`{key}` is missing"), None);
        }
        self.optional_names(key)
    }

    fn optional_names(&self, key: &str) -> Read<Vec<CompactString>> {
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let names = texts(value)?;
        for written in &names {
            function_name(written, &value.span())?;
        }
        Ok(names)
    }

    fn kind(&self) -> Read<Kind> {
        one_of(self.required_text("kind")?, KINDS, "kind", &self.at("kind"))
    }

    fn releases(&self) -> Read<Vec<Release>> {
        let Some(value) = self.table.get("release") else { return wrong(&self.span, "`release` is missing", None) };
        let releases: Vec<Release> = texts(value)?.iter().map(release).collect();
        if releases.is_empty() { wrong(&value.span(), "`release` is empty", None) } else { Ok(releases) }
    }

    fn owned(&self) -> Read<Vec<Owned>> {
        let Some(value) = self.table.get("result") else { return Ok(vec![Owned::Result(0)]) };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| number(item).map(Owned::Result)).collect(),
            DeValue::String(text) => owned(text).map_or_else(
                || {
                    wrong(
                        &value.span(),
                        format!("unknown `result`: `{text}`"),
                        Some("a number, \"receiver\", \"none\" or \"arg:0\"".into()),
                    )
                },
                |owned| Ok(vec![owned]),
            ),
            _ => Ok(vec![Owned::Result(number(value)?)]),
        }
    }

    fn error(&self) -> Read<Option<ErrorResult>> {
        let Some(value) = self.table.get("error") else { return Ok(None) };
        match value.get_ref().as_str() {
            Some("last") => Ok(Some(ErrorResult::Last)),
            Some("none") => Ok(Some(ErrorResult::None)),
            Some(other) => wrong(&value.span(), format!("unknown `error`: `{other}`"), suggest(other, &["last", "none"])),
            None => Ok(Some(ErrorResult::Index(number(value)?))),
        }
    }

    fn lives(&self) -> Read<Lives> {
        const WAYS: [(&str, Lives); 4] = [("value", Lives::Value), ("name", Lives::Name), ("time", Lives::Time), ("apart", Lives::Apart)];
        let Some(text) = self.text("lives")? else { return Ok(Lives::Value) };
        let known = WAYS.iter().find(|(name, _)| *name == text).map(|&(_, lives)| lives);
        match known {
            Some(lives) => Ok(lives),
            None => {
                wrong(&self.at("lives"), format!("unknown `lives` of a resource: `{text}`"), suggest(text, &WAYS.map(|(name, _)| name)))
            }
        }
    }

    fn exempt(&self) -> Read<Option<Exempt>> {
        let Some(value) = self.table.get("exempt_if") else { return Ok(None) };
        let row = Row { table: inner(value, "exempt_if")?, span: value.span() };
        only(row.table, EXEMPT)?;
        let arg = row.table.get("arg").map_or(Ok(0), number)?;
        Ok(Some(Exempt { arg, equals: row.required_text("equals")?.into() }))
    }
}

fn owned(text: &str) -> Option<Owned> {
    match text {
        "receiver" => Some(Owned::Receiver),
        "none" => Some(Owned::Process),
        _ => text.strip_prefix("arg:")?.parse().ok().map(Owned::Arg),
    }
}

fn release(written: &CompactString) -> Release {
    if let Some(function) = written.strip_prefix("func:") {
        return Release::Func(name::normal(function).to_compact_string());
    }
    if let Some(method) = written.strip_prefix("drain:") {
        return Release::Drain(method.into());
    }
    if let Some(path) = written.strip_prefix("field:") {
        return Release::Field(path.into());
    }
    if written == "call" { Release::Call } else { Release::Method(written.clone()) }
}

fn rows<'a>(table: &'a DeTable<'a>, key: &str) -> Read<Vec<Row<'a>>> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    let Some(items) = value.get_ref().as_array() else {
        return wrong(&value.span(), format!("`{key}` is a list of tables"), Some(format!("write `[[{key}]]`")));
    };
    items.iter().map(|item| Ok(Row { table: inner(item, key)?, span: item.span() })).collect()
}

fn inner<'a>(value: &'a Spanned<DeValue<'a>>, key: &str) -> Read<&'a DeTable<'a>> {
    value.get_ref().as_table().map_or_else(|| wrong(&value.span(), format!("`{key}` must be a table"), None), Ok)
}

fn text<'a>(value: &'a Spanned<DeValue<'a>>) -> Read<&'a str> {
    value.get_ref().as_str().map_or_else(|| wrong(&value.span(), "expected a text in quotes", None), Ok)
}

/// One text, or an array of texts.
fn texts(value: &Spanned<DeValue<'_>>) -> Read<Vec<CompactString>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(|item| text(item).map(CompactString::from)).collect(),
        _ => Ok(vec![text(value)?.into()]),
    }
}

fn number(value: &Spanned<DeValue<'_>>) -> Read<usize> {
    let number = value.get_ref().as_integer().and_then(|integer| integer.as_str().parse().ok());
    number.map_or_else(|| wrong(&value.span(), "expected a number, counted from 0", None), Ok)
}

fn one_of<T: Copy>(written: &str, known: &[(&str, T)], what: &str, at: &Range<usize>) -> Read<T> {
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == written) {
        return Ok(*value);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    wrong(at, format!("unknown {what} `{written}`"), suggest(written, &names))
}

fn only(table: &DeTable<'_>, known: &[&str]) -> Read<()> {
    let unknown = table.iter().filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
    match unknown.min_by_key(|(key, _)| key.span().start) {
        Some((key, _)) => wrong(&key.span(), format!("unknown key `{}`", key.get_ref()), suggest(key.get_ref(), known)),
        None => Ok(()),
    }
}

/// `pkgpath.Func`, `pkgpath.(*T).Method`, or a signature.
fn function_name(written: &str, at: &Range<usize>) -> Read<()> {
    let whole = name::split(&name::normal(written)).is_some_and(|(path, rest)| !path.is_empty() && !rest.is_empty());
    if whole && !written.contains(char::is_whitespace) {
        return Ok(());
    }
    wrong(at, format!("`{written}` is not a name with its import path"), Some("write `os.Open` or `net/http.(*Client).Do`".into()))
}

/// The known name that is nearest to what was written, if one is near.
fn suggest(written: &str, known: &[&str]) -> Option<String> {
    let nearest = known.iter().min_by_key(|name| distance(written, name))?;
    if distance(written, nearest) <= written.len().max(3) / 3 + 1 {
        return Some(format!("did you mean `{nearest}`?"));
    }
    Some(format!("one of {}", known.join(", ")))
}

/// The number of single-character changes between two short words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
