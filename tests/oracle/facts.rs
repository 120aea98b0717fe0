//! Is what the facts state true of Go's own source, and of the packages outside of it? Names, result types, what is owned and how it is
//! released, which argument has an effect.
//!
//! `GOLEAKLINT_GOMODCACHE` names a module cache; what the facts say about packages that are there is compared, and packages that are not are
//! named as left out. The comments in `src/facts/thirdparty.toml`
//! name the versions that were read.
//!
//! Not here: how facts are read (`tests/program/facts.rs`).

use crate::go::Go;
use goleaklint::facts::{EffectKind, ErrorResult, Facts, FunctionFacts, Name, Owned, Release, Resource, Target, When};
use std::collections::BTreeSet;
use std::path::Path;

/// What somebody says, and the claim that Go answers.
struct Claim {
    what: String,
    question: String,
}

/// It is not given what it releases: `signal.Reset()` undoes every `signal.Notify`.
const BY_OTHER_MEANS: [&str; 1] = ["func:os/signal  Reset"];

struct Claims<'a> {
    facts: &'a Facts,
    claims: Vec<Claim>,
}

/// The standard library's facts.
pub fn names_and_shapes(go: &Go) {
    let facts = Facts::shipped();
    let claims = Claims::of(facts, is_std);
    let answers = claims.answers(go);
    let absent: Vec<&str> =
        claims.claims.iter().zip(&answers).filter(|(_, answer)| *answer == "absent").map(|(claim, _)| claim.what.as_str()).collect();
    assert!(absent.is_empty(), "no such package: {absent:?}");
    println!("{} claims compared", answers.len());
    claims.judge(&answers);
}

/// The facts about other packages, as far as the module cache has them.
pub fn packages_outside(go: &Go) {
    let facts = Facts::shipped();
    let claims = Claims::of(facts, |path| !is_std(path));
    let answers = claims.answers(go);
    let package = |claim: &Claim| claim.question.split('\t').nth(1).unwrap().to_string();
    let of = |wanted: fn(&str) -> bool| -> BTreeSet<String> {
        claims.claims.iter().zip(&answers).filter(|(_, answer)| wanted(answer)).map(|(claim, _)| package(claim)).collect()
    };
    let (absent, present) = (of(|answer| answer == "absent"), of(|answer| answer != "absent"));
    let compared = answers.iter().filter(|answer| *answer != "absent").count();
    println!("{compared} of {} claims compared, about {} packages", answers.len(), present.len());
    println!("left out, for GOLEAKLINT_GOMODCACHE does not have them: {}", Vec::from_iter(absent).join(" "));
    assert!(compared > 0, "GOLEAKLINT_GOMODCACHE has none of the packages");
    claims.judge(&answers);
}

fn is_std(path: &str) -> bool {
    !path.split('/').next().unwrap().contains('.')
}

impl<'a> Claims<'a> {
    fn of(facts: &'a Facts, wanted: fn(&str) -> bool) -> Claims<'a> {
        let mut claims = Claims { facts, claims: Vec::new() };
        // C has no Go declarations.
        for name in facts.functions().into_iter().filter(|name| wanted(name.path) && name.path != "C") {
            claims.function(name);
        }
        for variable in facts.variables() {
            let name = parts(variable);
            if wanted(name.path) {
                claims.say(variable, "variable", name, &[facts.variable(variable).unwrap()]);
            }
        }
        for container in facts.containers() {
            let (path, of) = container.rsplit_once('.').unwrap();
            let growth = facts.growth(container).unwrap();
            if wanted(path) {
                claims.say(container, "type", Name { path, receiver: of, name: "" }, &[]);
                for name in growth.insert.iter().chain(&growth.shrink) {
                    claims.say(&format!("{container} grows or shrinks by {name}"), "member", Name { path, receiver: of, name }, &[]);
                }
            }
        }
        for field in facts.input_fields() {
            let name = parts(field);
            if wanted(name.path) {
                claims.say(field, "field", name, &[]);
            }
        }
        for handler in facts.handlers() {
            for of in handler.split(|c: char| !c.is_alphanumeric() && !"./-_~".contains(c)).filter(|word| word.contains('.')) {
                let (path, of) = of.rsplit_once('.').unwrap();
                if wanted(path) {
                    claims.say(handler, "type", Name { path, receiver: of, name: "" }, &[]);
                }
            }
        }
        claims
    }

    fn say(&mut self, what: &str, kind: &str, name: Name, words: &[&str]) {
        let words: Vec<&str> = [kind, name.path, name.receiver, name.name].into_iter().chain(words.iter().copied()).collect();
        self.claims.push(Claim { what: what.to_string(), question: words.join("\t") });
    }

    fn function(&mut self, name: Name) {
        let key = name.key();
        let facts = self.facts.of(name.path, name.receiver, name.name).unwrap();
        // What calling a value of a type does.
        if name.name.is_empty() {
            return self.say(&key, "type", name, &[]);
        }
        self.say(&key, "function", name, &[]);
        if let Some(results) = &facts.results {
            self.say(&key, "results", name, &[&results.join(" | ")]);
        }
        for resource in &facts.resources {
            self.resource(name, resource);
        }
        for effect in &facts.effects {
            let target = match effect.target {
                Target::Arg(arg) => format!("arg:{arg}"),
                Target::Receiver => "receiver".to_string(),
                Target::Call => "call".to_string(),
            };
            self.say(&format!("{key}: {:?}", effect.kind), "effect", name, &[&target, effect_name(effect.kind)]);
            if effect.when != When::Always {
                self.say(&format!("{key}: {:?}", effect.when), "error", name, &["last"]);
            }
        }
    }

    fn resource(&mut self, name: Name, resource: &Resource) {
        let key = name.key();
        let error = match resource.error {
            ErrorResult::Last => "last".to_string(),
            ErrorResult::None => "none".to_string(),
            ErrorResult::Index(i) => i.to_string(),
        };
        let owned = match resource.owned {
            Owned::Result(i) => format!("result:{i}"),
            Owned::Receiver => "receiver".to_string(),
            Owned::Arg(i) => format!("arg:{i}"),
            Owned::Process => "none".to_string(),
        };
        self.say(&format!("{key}: its error"), "error", name, &[&error]);
        if resource.owned != Owned::Process {
            self.say(&format!("{key}: {owned}{}", resource.component), "owned", name, &[&owned, &resource.component]);
        }
        for release in &resource.release {
            let way = match release {
                Release::Method(method) => method.to_string(),
                Release::Func(function) => {
                    let function = parts(function);
                    format!("func:{} {} {}", function.path, function.receiver, function.name)
                }
                Release::Call => "call".to_string(),
                Release::Drain(method) => format!("drain:{method}"),
                Release::Error(method) => method.to_string(),
                Release::Field(path) => format!("field:{path}"),
                // A field of the type, or somebody else's context; the pages' own tests hold it.
                Release::Receive(_) | Release::Context | Release::Nothing => continue,
            };
            if !BY_OTHER_MEANS.contains(&way.as_str()) {
                self.say(&format!("{key}: released by {way}"), "release", name, &[&owned, &resource.component, &way]);
            }
        }
        if let Some(exempt) = &resource.exempt {
            self.say(&format!("{key}: exempt"), "effect", name, &[&format!("arg:{}", exempt.arg), "borrows"]);
        }
    }

    fn answers(&self, go: &Go) -> Vec<String> {
        let questions: String = self.claims.iter().map(|claim| format!("{}\n", claim.question)).collect();
        let answers: Vec<String> = go.ask_program("facts", &["check"], questions).lines().map(str::to_string).collect();
        assert_eq!(answers.len(), self.claims.len());
        answers
    }

    fn judge(&self, answers: &[String]) {
        let mut wrong: Vec<String> = Vec::new();
        for (claim, answer) in self.claims.iter().zip(answers) {
            match answer.split('\t').collect::<Vec<_>>().as_slice() {
                ["absent"] | ["ok"] => {}
                // A method of an embedded field is found by both names: by the type that was written, and by the one that declares it.
                ["ok", _, _, path, receiver, name] => {
                    let of = |path: &str, receiver: &str, name: &str| self.facts.of(path, receiver, name);
                    let words: Vec<&str> = claim.question.split('\t').collect();
                    if *receiver != words[2] && is_std(path) && !words[2].is_empty() {
                        let stated = of(words[1], words[2], words[3]).cloned().unwrap_or_default();
                        let declared = of(path, receiver, name).cloned().unwrap_or_default();
                        let shape = |facts: &FunctionFacts| {
                            (facts.resources.len(), facts.effects.clone(), facts.never_returns, facts.releases.is_some())
                        };
                        if shape(&stated) != shape(&declared) {
                            wrong.push(format!(
                                "{}: declared as {path}.(*{receiver}).{name}, of which the facts do not say the same",
                                claim.what
                            ));
                        }
                    }
                }
                _ => wrong.push(format!("{}: {answer}", claim.what)),
            }
        }
        assert!(wrong.is_empty(), "{} claims are wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The parts of a key of ours; types and receivers have a capital there, or there is none.
fn parts(key: &str) -> Name<'_> {
    let (rest, name) = key.rsplit_once('.').unwrap();
    match rest.rsplit_once('.') {
        Some((path, receiver)) if receiver.starts_with(char::is_uppercase) => Name { path, receiver, name },
        _ => Name { path: rest, receiver: "", name },
    }
}

fn effect_name(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Spawns => "spawns",
        EffectKind::Repeats => "repeats",
        EffectKind::Wraps => "wraps",
        EffectKind::WrapsCloses => "wraps_closes",
        EffectKind::ReturnsAlias => "returns_alias",
        EffectKind::MayReturnAlias => "may_return_alias",
        EffectKind::ReturnsCopy => "returns_copy",
        EffectKind::Big | EffectKind::MayBeBig => "big",
        EffectKind::ClosesChan => "closes_chan",
        EffectKind::Sends => "sends",
        EffectKind::Receives => "receives",
        _ => "another",
    }
}

/// Our names are written as Go writes them: `(*T).M` where only a pointer has the method.
pub fn written_as_in_go(go: &Go) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facts");
    let mut claims = Claims { facts: Facts::shipped(), claims: Vec::new() };
    let mut written: Vec<(String, String)> = Vec::new();
    for file in ["std.toml", "thirdparty.toml"] {
        let text = std::fs::read_to_string(directory.join(file)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        names_in(&table, &mut |name| {
            let Ok(facts) = Facts::parse(&format!("[entry]\nnoreturn = [{name:?}]")) else { return };
            let [parts] = facts.functions()[..] else { return };
            if parts.path != "C" {
                claims.say(&format!("{file}: {name}"), "function", parts, &[]);
                written.push((file.to_string(), name.to_string()));
            }
        });
    }
    let answers = claims.answers(go);
    let mut wrong = Vec::new();
    for ((file, name), answer) in written.iter().zip(&answers) {
        if let ["ok", _, right, ..] = answer.split('\t').collect::<Vec<_>>()[..]
            && without_version(right) != without_version(name)
        {
            wrong.push(format!("{file}: {name}, Go writes {right}"));
        }
    }
    println!("{} names compared", answers.len());
    assert!(wrong.is_empty(), "{} names are written otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

fn without_version(name: &str) -> String {
    let elements = name.split('/').map(|element| {
        let digits = element.strip_prefix('v').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        match digits {
            0 => format!("/{element}"),
            _ if element[digits + 1..].is_empty() || element[digits + 1..].starts_with('.') => element[digits + 1..].to_string(),
            _ => format!("/{element}"),
        }
    });
    elements.collect::<String>()
}

/// Every name of a function in a table of facts.
fn names_in(table: &toml::Table, tell: &mut dyn FnMut(&str)) {
    let texts = |value: &toml::Value, tell: &mut dyn FnMut(&str)| match value {
        toml::Value::String(text) => tell(text),
        toml::Value::Array(texts) => texts.iter().filter_map(toml::Value::as_str).for_each(tell),
        _ => {}
    };
    for (key, value) in table {
        match (key.as_str(), value) {
            ("results", toml::Value::Table(results)) => results.keys().for_each(|name| tell(name)),
            ("entry", toml::Value::Table(entry)) => {
                ["servers", "spawn", "noreturn"].iter().filter_map(|key| entry.get(*key)).for_each(|value| texts(value, tell));
            }
            (_, toml::Value::Array(rows)) => {
                for row in rows.iter().filter_map(toml::Value::as_table) {
                    ["acquire", "func"].iter().filter_map(|key| row.get(*key)).for_each(|value| texts(value, tell));
                }
            }
            _ => {}
        }
    }
}
