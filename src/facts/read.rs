//! How is a table of facts written, and what does it say?
//!
//! ```toml
//! [[resource]]
//! acquire = "example.com/pool.(*Pool).Get"   # c := pool.Get()
//! release = ["Put"]
//! rule = "closer-not-closed"
//! kind = "memory"
//! ```
//!
//! Not here: what facts mean (`facts`), the shapes of values (`row`), the other keys of goleaklint.toml (`config`).

use super::row::{Read, Row, Wrong, function, only, text, texts, wrong};
use super::{
    Effect, EffectKind, ErrorResult, Facts, FactsError, FunctionFacts, Growth, Kind, Name, Owned, Release, Released, Resource, Target,
    TypeName, When, name,
};
use compact_str::CompactString;
use toml::de::DeTable;

/// The top-level keys of a table of facts; all others in goleaklint.toml are somebody else's.
pub const KEYS: &[&str] = &["resource", "closer", "effect", "growth", "label_sink", "registry", "results", "fields", "entry"];

const RESOURCE: &[&str] = &["acquire", "result", "component", "error", "when", "release", "rule", "kind", "noun", "exempt_if", "lives"];
const CLOSER: &[&str] = &["type", "release", "kind", "noun", "opaque"];
const EFFECT: &[&str] = &["func", "arg", "effect", "when", "part"];
const GROWTH: &[&str] = &["type", "bounded", "insert", "shrink"];
const LABEL_SINK: &[&str] = &["func"];
const REGISTRY: &[&str] = &["func", "names"];
const ENTRY: &[&str] = &["servers", "handlers", "spawn", "noreturn", "inputs", "input_fields", "keeps", "forms"];

/// Reads tables into facts. Where types are not stated here, `base` may state them.
struct Reader<'a> {
    facts: &'a mut Facts,
    base: Option<&'a Facts>,
    rules: Option<&'a [&'a str]>,
}

impl Facts {
    pub(super) fn extend_from(&mut self, text: &str) -> Result<(), FactsError> {
        let parsed = DeTable::parse(text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or("not TOML").to_string();
            Wrong { at: error.span().map_or(0, |span| span.start), message, help: None }.placed(text)
        })?;
        let table = parsed.get_ref();
        let read = only(table, KEYS).and_then(|()| Reader { facts: self, base: None, rules: None }.read(table));
        read.map_err(|wrong| wrong.placed(text))
    }

    /// The facts that a user wrote, in the tables of a goleaklint.toml and in its text; keys that are not [`KEYS`] belong to others and
    /// are passed over. A rule must be one of `rules`, or one that our own facts name.
    pub fn of_user(table: &DeTable<'_>, text: &str, rules: &[&str]) -> Result<Facts, FactsError> {
        let mut facts = Facts::default();
        if KEYS.iter().all(|key| !table.contains_key(*key)) {
            return Ok(facts);
        }
        let shipped = Facts::shipped();
        let rules: Vec<&str> = rules.iter().copied().chain(shipped.rules()).collect();
        let reader = Reader { facts: &mut facts, base: Some(shipped), rules: Some(&rules) };
        reader.read(table).map_err(|wrong| wrong.placed(text))?;
        Ok(facts)
    }
}

impl Reader<'_> {
    /// Every table is read, so that the first mistake in the text is the one that is told.
    fn read(mut self, table: &DeTable<'_>) -> Read<()> {
        // Types come first: resources are described by them.
        let all = [
            self.results(table),
            self.fields(table),
            self.closers(table),
            self.resources(table),
            self.effects(table),
            self.growth(table),
            self.label_sinks(table),
            self.registries(table),
            self.entry(table),
        ];
        all.into_iter().filter_map(Read::err).min_by_key(|wrong| wrong.at).map_or(Ok(()), Err)
    }

    fn function(&mut self, name: Name<'_>) -> &mut FunctionFacts {
        self.facts.functions.entry(name)
    }

    fn results(&mut self, table: &DeTable<'_>) -> Read<()> {
        for (written, at, types) in Row::named(table, "results")? {
            let name = function(written, &at)?;
            let types = texts(written, types)?.into_iter().map(|(of, _)| of.into()).collect();
            self.function(name).results = Some(types);
        }
        Ok(())
    }

    fn fields(&mut self, table: &DeTable<'_>) -> Read<()> {
        for (written, at, of) in Row::named(table, "fields")? {
            let Some(name) = name::function(written) else {
                let help = "write `net/http.Response.Body` or `os.Stdin`".to_string();
                return wrong(&at, format!("`{written}` can be no field and no variable"), Some(help));
            };
            self.facts.variables.insert(name.key(), text(written, of)?.into());
        }
        Ok(())
    }

    fn closers(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "closer", CLOSER)? {
            let releases = row.releases()?;
            let kind = row.kind()?;
            let opaque = row.flag("opaque")?;
            for (written, of) in row.types("type")? {
                let noun = row.text("noun")?.map_or_else(|| name::short(written), CompactString::from);
                self.releases_of(of, &releases, &Released { kind, noun, opaque });
            }
        }
        Ok(())
    }

    fn resources(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "resource", RESOURCE)? {
            self.resource(&row)?;
        }
        Ok(())
    }

    fn resource(&mut self, row: &Row<'_>) -> Read<()> {
        let acquire = row.functions("acquire")?;
        let (release, kind, component) = (row.releases()?, row.kind()?, row.component()?);
        let rule = CompactString::from(row.rule(self.rules)?);
        let (owned, error, when_true) = (row.owned()?, row.error()?, row.when_true()?);
        let (exempt, lives) = (row.exempt()?, row.lives()?);
        for (written, name) in acquire {
            let results = self.function(name).results.clone();
            let stated = || self.base?.of(name.path, name.receiver, name.name)?.results.clone();
            let results = results.or_else(stated);
            for &owned in &owned {
                let of = self.owned_type(name, owned, &component, results.as_deref());
                let noun = match (row.text("noun")?, &of) {
                    (Some(noun), _) => noun.into(),
                    (None, Some(of)) => name::short(of),
                    // `y.Open`: what it is is not known, only where it comes from.
                    (None, None) => name::short(&name::normal(written)),
                };
                if let Some(of) = of.as_deref().and_then(name::of_type) {
                    self.releases_of(of, &release, &Released { kind, noun: noun.clone(), opaque: false });
                }
                self.release_functions(&release, kind, &noun);
                let error = error.unwrap_or_else(|| usual_error(results.as_deref()));
                let (component, release, rule, exempt) = (component.clone(), release.clone(), rule.clone(), exempt.clone());
                let resource = Resource { owned, component, error, when_true, release, rule, kind, noun, exempt, lives };
                self.function(name).resources.push(resource);
            }
        }
        Ok(())
    }

    /// The type of what is owned, where it is known.
    fn owned_type(&self, acquire: Name<'_>, owned: Owned, component: &str, results: Option<&[TypeName]>) -> Option<TypeName> {
        let whole = match owned {
            Owned::Result(i) => results?.get(i)?.clone(),
            Owned::Receiver if acquire.receiver.is_empty() => return None,
            Owned::Receiver => Name { name: acquire.receiver, receiver: "", ..acquire }.key(),
            Owned::Arg(_) | Owned::Process => return None,
        };
        let Some(field) = component.strip_prefix('.') else { return Some(whole).filter(|_| component.is_empty()) };
        let in_base = || self.base.and_then(|base| base.field(&whole, field));
        self.facts.field(&whole, field).or_else(in_base).cloned()
    }

    /// A type's own `[[closer]]` comes first and wins.
    fn releases_of(&mut self, (path, receiver): (&str, &str), releases: &[Release], released: &Released) {
        for release in releases {
            let name = match release {
                Release::Method(method) => method,
                Release::Call => "",
                Release::Func(_) | Release::Drain(_) | Release::Error(_) | Release::Field(_) | Release::Receive(_) => continue,
                Release::Context | Release::Nothing => continue,
            };
            self.function(Name { path, receiver, name }).releases.get_or_insert_with(|| released.clone());
        }
    }

    fn release_functions(&mut self, releases: &[Release], kind: Kind, noun: &CompactString) {
        for release in releases {
            if let Release::Func(written) = release
                && let Some(name) = name::function(written)
            {
                let released = || Released { kind, noun: noun.clone(), opaque: false };
                self.function(name).releases_arg.get_or_insert_with(released);
            }
        }
    }

    fn effects(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "effect", EFFECT)? {
            let effect = Effect { kind: row.effect()?, when: row.effect_when()?, target: row.target()?, parts: row.parts()? };
            if needs_target(effect.kind) && !row.has("arg") {
                let help = "a number, counted from 0, or \"receiver\"".to_string();
                return wrong(&row.at("arg"), "`arg` is missing: to what is it done?", Some(help));
            }
            for (_, name) in row.functions("func")? {
                let function = self.function(name);
                function.never_returns |= effect.kind == EffectKind::Noreturn;
                function.effects.push(effect);
            }
        }
        Ok(())
    }

    fn growth(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "growth", GROWTH)? {
            let growth = Growth { bounded: row.flag("bounded")?, insert: row.methods("insert")?, shrink: row.methods("shrink")? };
            for (_, (path, of)) in row.types("type")? {
                self.facts.growth.insert(Name { path, receiver: "", name: of }.key(), growth.clone());
            }
        }
        Ok(())
    }

    fn label_sinks(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "label_sink", LABEL_SINK)? {
            for (_, name) in row.functions("func")? {
                self.function(name).is_label_sink = true;
            }
        }
        Ok(())
    }

    fn registries(&mut self, table: &DeTable<'_>) -> Read<()> {
        for row in Row::all(table, "registry", REGISTRY)? {
            let names = row.number("names")?.unwrap_or(1);
            for (_, name) in row.functions("func")? {
                self.function(name).registers = Some(names);
            }
        }
        Ok(())
    }

    fn entry(&mut self, table: &DeTable<'_>) -> Read<()> {
        let Some(row) = Row::one(table, "entry", ENTRY)? else { return Ok(()) };
        for (_, name) in row.optional_functions("servers")? {
            self.function(name).serves = true;
        }
        for (_, name) in row.optional_functions("noreturn")? {
            self.function(name).never_returns = true;
        }
        for (_, name) in row.optional_functions("spawn")? {
            let parts = Default::default();
            self.function(name).effects.push(Effect { target: Target::Arg(0), kind: EffectKind::Spawns, when: When::Always, parts });
        }
        for (_, name) in row.optional_functions("inputs")? {
            self.function(name).is_input = true;
        }
        for (_, name) in row.optional_functions("keeps")? {
            self.function(name).keeps = true;
        }
        for (_, name) in row.optional_functions("forms")? {
            self.function(name).reads_form = true;
        }
        for (_, name) in row.optional_functions("input_fields")? {
            self.facts.input_fields.insert(name.key());
        }
        let handlers = row.signatures("handlers")?;
        self.facts.handlers.extend(handlers);
        Ok(())
    }
}

/// Whether an effect is done to a value, so that it must be said to which.
fn needs_target(kind: EffectKind) -> bool {
    use EffectKind::{Big, Blocks, MayBeBig, MayBlockForever, Noreturn, ReturnsCopy};
    !matches!(kind, Big | MayBeBig | Blocks | MayBlockForever | Noreturn | ReturnsCopy)
}

fn usual_error(results: Option<&[TypeName]>) -> ErrorResult {
    match results {
        Some(results) if results.last().is_none_or(|last| last != "error") => ErrorResult::None,
        _ => ErrorResult::Last,
    }
}
