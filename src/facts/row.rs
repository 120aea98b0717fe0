//! Which values stand in a table of facts, and what is wrong with this one?
//!
//! ```toml
//! acquire = ["os.Open", "os.Create"]   # one text or several: for `f, err := os.Open(p)`
//! arg = "first"                        # must be a number, counted from 0, or "receiver"
//! ```
//!
//! Not here: which tables there are, and what they say together (`read`).

use super::name::{self, Name};
use super::{EffectKind, ErrorResult, Exempt, Kind, Lives, MOST_RESULTS, Owned, Part, Release, Target, When};
use crate::spelling::{did_you_mean, nearest};
use compact_str::CompactString;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("fd", Kind::Fd),
    ("goroutine", Kind::Goroutine),
    ("memory", Kind::Memory),
    ("lock", Kind::Lock),
    ("disk", Kind::Disk),
    ("timer", Kind::Timer),
    ("context", Kind::Context),
    ("process", Kind::Process),
];

pub(super) const EFFECTS: &[(&str, EffectKind)] = &[
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
    ("may_be_big", EffectKind::MayBeBig),
    ("fills", EffectKind::Fills),
];

const PARTS: &[(&str, Part)] =
    &[("whole", Part::Whole), ("piece", Part::Piece), ("pieces", Part::Pieces), ("section", Part::Section), ("sections", Part::Sections)];

pub(super) const WHENS: &[(&str, When)] = &[("always", When::Always), ("on_success", When::OnSuccess), ("on_error", When::OnError)];

const LIVES: &[(&str, Lives)] = &[("value", Lives::Value), ("name", Lives::Name), ("time", Lives::Time), ("apart", Lives::Apart)];

const FUNCTION: &str = "write `os.Open`, `net/http.(*Client).Do` or, for a method of an interface, `net.Conn.Close`";

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
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Wrong {
    pub(super) fn placed(self, text: &str) -> FactsError {
        let before = &text.as_bytes()[..self.at.min(text.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
        FactsError { line, message: self.message, help: self.help }
    }
}

pub(super) type Read<T> = Result<T, Wrong>;

pub(super) fn wrong<T>(at: &Range<usize>, message: impl Into<String>, help: Option<String>) -> Read<T> {
    Err(Wrong { at: at.start, message: message.into(), help })
}

type Value<'a> = Spanned<DeValue<'a>>;

/// `key` has a value of the wrong shape.
fn misshapen<T>(key: &str, value: &Value, wanted: &str) -> Read<T> {
    let found = value.get_ref().type_str();
    let article = if found.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    wrong(&value.span(), format!("`{key}` must be {wanted}, not {article} {found}"), None)
}

/// One `[[table]]`.
#[derive(Clone)]
pub(super) struct Row<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl<'a> Row<'a> {
    /// The rows of a list of tables, which have no other keys than `known`.
    pub(super) fn all(table: &'a DeTable<'a>, key: &str, known: &[&str]) -> Read<Vec<Row<'a>>> {
        let Some(value) = table.get(key) else { return Ok(Vec::new()) };
        let Some(items) = value.get_ref().as_array() else {
            return wrong(&value.span(), format!("`{key}` is a list of tables"), Some(format!("write `[[{key}]]`")));
        };
        items.iter().map(|item| Row::of(item, key, known)).collect()
    }

    /// One table, if it is there.
    pub(super) fn one(table: &'a DeTable<'a>, key: &str, known: &[&str]) -> Read<Option<Row<'a>>> {
        table.get(key).map(|value| Row::of(value, key, known)).transpose()
    }

    fn of(value: &'a Value<'a>, key: &str, known: &[&str]) -> Read<Row<'a>> {
        let row = Row { table: inner(value, key)?, span: value.span() };
        only(row.table, known)?;
        Ok(row)
    }

    /// Where a key's value stands, or the row if the key is missing.
    pub(super) fn at(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn required(&self, key: &str) -> Read<&'a Value<'a>> {
        self.table.get(key).map_or_else(|| wrong(&self.span, format!("`{key}` is missing"), None), Ok)
    }

    pub(super) fn text(&self, key: &str) -> Read<Option<&'a str>> {
        self.table.get(key).map(|value| text(key, value)).transpose()
    }

    pub(super) fn required_text(&self, key: &str) -> Read<&'a str> {
        text(key, self.required(key)?)
    }

    pub(super) fn number(&self, key: &str) -> Read<Option<usize>> {
        let read = |value| number(value).map_or_else(|| misshapen(key, value, "a number, counted from 0"), Ok);
        self.table.get(key).map(read).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Read<bool> {
        let Some(value) = self.table.get(key) else { return Ok(false) };
        value.get_ref().as_bool().map_or_else(|| misshapen(key, value, "true or false"), Ok)
    }

    /// The names of methods: one text or an array of them.
    pub(super) fn methods(&self, key: &str) -> Read<Vec<CompactString>> {
        let methods = self.table.get(key).map_or(Ok(Vec::new()), |value| texts(key, value))?;
        let names = methods.into_iter().map(|(method, at)| match name::is_identifier(method) {
            true => Ok(method.into()),
            false => wrong(&at, format!("`{method}` is no name of a method"), Some("write `Close`".into())),
        });
        names.collect()
    }

    /// The names of functions that a row is about: one text or an array of them.
    pub(super) fn functions(&self, key: &str) -> Read<Vec<(&'a str, Name<'a>)>> {
        self.required(key)?;
        self.optional_functions(key)
    }

    pub(super) fn optional_functions(&self, key: &str) -> Read<Vec<(&'a str, Name<'a>)>> {
        let names = self.table.get(key).map_or(Ok(Vec::new()), |value| texts(key, value))?;
        names.into_iter().map(|(written, at)| Ok((written, function(written, &at)?))).collect()
    }

    /// The types that a row is about, as written, and their import paths and names.
    pub(super) fn types(&self, key: &str) -> Read<Vec<(&'a str, (&'a str, &'a str))>> {
        let names = texts(key, self.required(key)?)?.into_iter().map(|(written, at)| match name::of_type(written) {
            Some(of) => Ok((written, of)),
            None => wrong(&at, format!("`{written}` is no type with its import path"), Some("write `*os.File` or `net.Conn`".into())),
        });
        names.collect()
    }

    /// Signatures of functions.
    pub(super) fn signatures(&self, key: &str) -> Read<Vec<CompactString>> {
        let signatures = self.table.get(key).map_or(Ok(Vec::new()), |value| texts(key, value))?;
        let signatures = signatures.into_iter().map(|(written, at)| match written.starts_with("func(") && written.contains(')') {
            true => Ok(written.into()),
            false => {
                wrong(&at, format!("`{written}` is no signature"), Some("write `func(net/http.ResponseWriter, *net/http.Request)`".into()))
            }
        });
        signatures.collect()
    }

    /// A rule's id; one of `known`, if they are given.
    pub(super) fn rule(&self, known: Option<&[&str]>) -> Read<&'a str> {
        let id = self.required_text("rule")?;
        match known {
            Some(known) if !known.contains(&id) => {
                // There are too many to tell them all.
                let help = nearest(id, known).map_or("`closer-not-closed` is the rule for everything that has no other".into(), |near| {
                    format!("did you mean `{near}`?")
                });
                wrong(&self.at("rule"), format!("unknown rule `{id}`"), Some(help))
            }
            _ => Ok(id),
        }
    }

    pub(super) fn kind(&self) -> Read<Kind> {
        one_of("kind", self.required_text("kind")?, KINDS, &self.at("kind"))
    }

    pub(super) fn effect(&self) -> Read<EffectKind> {
        one_of("effect", self.required_text("effect")?, EFFECTS, &self.at("effect"))
    }

    pub(super) fn effect_when(&self) -> Read<When> {
        one_of("when", self.text("when")?.unwrap_or("always"), WHENS, &self.at("when"))
    }

    /// Which part of the argument the results are: one text for the first result, or an array of them.
    pub(super) fn parts(&self) -> Read<[Part; MOST_RESULTS]> {
        let mut parts = [Part::Whole; MOST_RESULTS];
        let Some(value) = self.table.get("part") else { return Ok(parts) };
        let written = texts("part", value)?;
        if written.len() > MOST_RESULTS {
            return wrong(&value.span(), format!("`part` is about at most {MOST_RESULTS} results"), None);
        }
        for (part, (text, at)) in parts.iter_mut().zip(written) {
            *part = one_of("part", text, PARTS, &at)?;
        }
        Ok(parts)
    }

    /// Whether something is acquired only if the call returned true.
    pub(super) fn when_true(&self) -> Read<bool> {
        one_of("when", self.text("when")?.unwrap_or("always"), &[("always", false), ("true", true)], &self.at("when"))
    }

    pub(super) fn lives(&self) -> Read<Lives> {
        one_of("lives", self.text("lives")?.unwrap_or("value"), LIVES, &self.at("lives"))
    }

    pub(super) fn target(&self) -> Read<Target> {
        let Some(value) = self.table.get("arg") else { return Ok(Target::Call) };
        match (value.get_ref().as_str(), number(value)) {
            (Some("receiver"), _) => Ok(Target::Receiver),
            (_, Some(arg)) => Ok(Target::Arg(arg)),
            (Some(other), _) => {
                wrong(&value.span(), format!("unknown `arg`: `{other}`"), Some("a number, counted from 0, or \"receiver\"".into()))
            }
            (None, _) => misshapen("arg", value, "a number, counted from 0, or \"receiver\""),
        }
    }

    pub(super) fn releases(&self) -> Read<Vec<Release>> {
        let value = self.required("release")?;
        let releases: Vec<Release> = texts("release", value)?.iter().map(|(written, at)| release(written, at)).collect::<Read<_>>()?;
        if releases.is_empty() { wrong(&value.span(), "`release` is empty", None) } else { Ok(releases) }
    }

    pub(super) fn owned(&self) -> Read<Vec<Owned>> {
        const WANTED: &str = "a number, counted from 0, or a list of them, \"receiver\", \"arg:0\" or \"none\"";
        let Some(value) = self.table.get("result") else { return Ok(vec![Owned::Result(0)]) };
        let index = |item: &Value| number(item).map(Owned::Result);
        match value.get_ref() {
            DeValue::Array(items) => {
                let all: Option<Vec<Owned>> = items.iter().map(index).collect();
                all.map_or_else(|| misshapen("result", value, WANTED), Ok)
            }
            DeValue::String(text) => match owned(text) {
                Some(owned) => Ok(vec![owned]),
                None => wrong(&value.span(), format!("unknown `result`: `{text}`"), Some(WANTED.into())),
            },
            _ => index(value).map_or_else(|| misshapen("result", value, WANTED), |owned| Ok(vec![owned])),
        }
    }

    /// A field, a method or the elements of what is owned: `.Body`, `.Name()`, `[*]`.
    pub(super) fn component(&self) -> Read<CompactString> {
        let component = self.text("component")?.unwrap_or("");
        let field = |part: &str| name::is_identifier(part.strip_suffix("()").unwrap_or(part));
        if component.is_empty() || component == "[*]" || component.strip_prefix('.').is_some_and(|path| path.split('.').all(field)) {
            return Ok(component.into());
        }
        wrong(&self.at("component"), format!("`{component}` is no component"), Some("write `.Body`, `.Name()` or `[*]`".into()))
    }

    pub(super) fn error(&self) -> Read<Option<ErrorResult>> {
        let Some(value) = self.table.get("error") else { return Ok(None) };
        match (value.get_ref().as_str(), number(value)) {
            (Some(text), _) => {
                let known = [("last", ErrorResult::Last), ("none", ErrorResult::None)];
                one_of("error", text, &known, &value.span()).map(Some)
            }
            (None, Some(index)) => Ok(Some(ErrorResult::Index(index))),
            (None, None) => misshapen("error", value, "\"last\", \"none\" or a number, counted from 0"),
        }
    }

    pub(super) fn exempt(&self) -> Read<Option<Exempt>> {
        let Some(row) = Row::one(self.table, "exempt_if", &["arg", "equals"])? else { return Ok(None) };
        let arg = match row.table.get("arg") {
            Some(value) => number(value).map_or_else(|| misshapen("arg", value, "a number, counted from 0"), Ok)?,
            None => 0,
        };
        let equals = texts("equals", row.required("equals")?)?.into_iter().map(|(text, _)| text.into()).collect();
        Ok(Some(Exempt { arg, equals }))
    }

    /// The keys of a table that are names themselves, with their values.
    pub(super) fn named(table: &'a DeTable<'a>, key: &str) -> Read<Vec<(&'a str, Range<usize>, &'a Value<'a>)>> {
        let Some(value) = table.get(key) else { return Ok(Vec::new()) };
        let mut named: Vec<_> = inner(value, key)?.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        named.sort_unstable_by_key(|(_, at, _)| at.start);
        Ok(named)
    }
}

/// No other keys than these; the first one that is wrong is told.
pub(super) fn only(table: &DeTable<'_>, known: &[&str]) -> Read<()> {
    let unknown = table.iter().filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
    match unknown.min_by_key(|(key, _)| key.span().start) {
        Some((key, _)) => wrong(&key.span(), format!("unknown key `{}`", key.get_ref()), Some(did_you_mean(key.get_ref(), known))),
        None => Ok(()),
    }
}

/// A name in its parts.
pub(super) fn function<'a>(written: &'a str, at: &Range<usize>) -> Read<Name<'a>> {
    match name::function(written) {
        Some(name) => Ok(name),
        None => wrong(at, format!("`{written}` can be no function's name"), Some(FUNCTION.into())),
    }
}

pub(super) fn text<'a>(key: &str, value: &'a Value<'a>) -> Read<&'a str> {
    value.get_ref().as_str().map_or_else(|| misshapen(key, value, "a text in quotes"), Ok)
}

/// One text, or an array of texts, each with its place.
pub(super) fn texts<'a>(key: &str, value: &'a Value<'a>) -> Read<Vec<(&'a str, Range<usize>)>> {
    let wanted = "a text in quotes or a list of them";
    let one = |item: &'a Value<'a>| match item.get_ref().as_str() {
        Some(text) => Ok((text, item.span())),
        None => misshapen(key, item, wanted),
    };
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(one).collect(),
        _ => Ok(vec![one(value)?]),
    }
}

fn inner<'a>(value: &'a Value<'a>, key: &str) -> Read<&'a DeTable<'a>> {
    let list = value.get_ref().is_array();
    match value.get_ref().as_table() {
        Some(table) => Ok(table),
        None if list => wrong(&value.span(), format!("`{key}` is one table"), Some(format!("write `[{key}]`"))),
        None => misshapen(key, value, "a table"),
    }
}

fn number(value: &Value) -> Option<usize> {
    let integer = value.get_ref().as_integer()?;
    usize::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn one_of<T: Copy>(key: &str, written: &str, known: &[(&str, T)], at: &Range<usize>) -> Read<T> {
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == written) {
        return Ok(*value);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    wrong(at, format!("`{written}` is no value of `{key}`"), Some(did_you_mean(written, &names)))
}

fn owned(text: &str) -> Option<Owned> {
    match text {
        "receiver" => Some(Owned::Receiver),
        "none" => Some(Owned::Process),
        _ => text.strip_prefix("arg:")?.parse().ok().map(Owned::Arg),
    }
}

fn release(written: &str, at: &Range<usize>) -> Read<Release> {
    let (way, rest) = written.split_once(':').unwrap_or(("", written));
    let is_path = |path: &str| path.split('.').all(name::is_identifier);
    match way {
        "" if rest == "call" => Ok(Release::Call),
        "" if rest == "context" => Ok(Release::Context),
        "" if rest == "nothing" => Ok(Release::Nothing),
        "" if name::is_identifier(rest) => Ok(Release::Method(rest.into())),
        "func" => Ok(Release::Func(function(rest, at)?.key())),
        "drain" if name::is_identifier(rest) || rest.parse::<u32>().is_ok() => Ok(Release::Drain(rest.into())),
        "error" if name::is_identifier(rest) => Ok(Release::Error(rest.into())),
        "field" if is_path(rest) => Ok(Release::Field(rest.into())),
        "receive" if name::is_identifier(rest) => Ok(Release::Receive(rest.into())),
        _ => wrong(
            at,
            format!("`{written}` is no way to release"),
            Some(
                "a method `Close`, `call`, `func:os.Remove`, `drain:Next`, `error:Err`, `field:Process.Wait`, `receive:C`, `context` or `nothing`"
                    .into(),
            ),
        ),
    }
}
