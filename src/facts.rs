//! What does a function outside the analysed code do? What it acquires, what it does to its arguments, whether it returns.
//!
//! ```go
//! f, err := os.Open(p) // facts: result 0 is owned unless the last result is an error; `Close` releases it
//! defer f.Close()      // facts: `Close` is a release of an *os.File
//! log.Fatal(err)       // facts: never returns
//! ```
//!
//! Ours are in `facts/*.toml`; users write the same tables in goleaklint.toml. Functions are named as Go writes them: `os.Open`,
//! `net/http.(*Client).Do`, `net.Listener.Accept`. The `*` and the parentheses may be left out, and so may `/vN`.
//!
//! Not here: what the analysed code's own functions do (`summary`), where goleaklint.toml lies (`config`), types in general (`sema`).

mod name;
mod read;
mod row;
mod table;

pub use name::{Name, imported_as, is_same_path};
pub use read::KEYS;
pub use row::FactsError;

use table::Table;

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// A type as text, with full import paths: `*os.File`, `net/http.RoundTripper`, `[]byte`, `error`.
pub type TypeName = CompactString;

/// What is owned after an acquiring call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owned {
    /// Result `i`, counted from 0.
    Result(usize),
    /// The receiver: `mu.Lock()`, `cmd.Start()`.
    Receiver,
    /// Argument `i`: `syscall.Pipe(p[:])`.
    Arg(usize),
    /// No value: `runtime.LockOSThread()`.
    Process,
}

/// Which result says that nothing was acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorResult {
    Last,
    None,
    Index(usize),
}

/// One way to give a resource back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// A method of the owned value: `Close`.
    Method(CompactString),
    /// A function that gets the owned value, as a normalised key: `syscall.Close`.
    Func(CompactString),
    /// Calling the owned value: `cancel()`.
    Call,
    /// Calling a method (or, if it is a number, that result) until it says that there is no more: `rows.Next()`.
    Drain(CompactString),
    /// A method that returns an error only when the owned value is closed, or never was one: `rows.Err()`.
    Error(CompactString),
    /// A method behind fields of the owned value: `Process.Wait`.
    Field(CompactString),
    /// Receiving from a field of the owned value: `<-t.C`.
    Receive(CompactString),
    /// The end of the context that the acquiring call got, or that its request was made with.
    Context,
    /// There is none: `time.Tick`.
    Nothing,
}

/// What is held; it chooses the words of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Fd,
    Goroutine,
    Memory,
    Lock,
    Disk,
    Timer,
    Context,
    Process,
}

/// What can still depend on a resource when nobody holds its value any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lives {
    /// Nothing: a file that is not used any more may be closed.
    #[default]
    Value,
    /// Whoever knows its name or address: a temporary directory, a listener, a server.
    Name,
    /// Nothing for long: it ends by itself, as a context with a timeout does.
    Time,
    /// It acts on its own until it is released: `time.AfterFunc`, a started process.
    Apart,
}

/// A resource whose acquisition depends on an argument: `exempt_if = { arg = 0, equals = "HEAD" }`. The argument is that text, a call of
/// a function with that name, or made by a call that got the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempt {
    pub arg: usize,
    pub equals: Vec<CompactString>,
}

/// One thing that a call acquires. `os.Pipe` acquires two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub owned: Owned,
    /// The part that is owned, `.Body`; empty if it is the whole.
    pub component: CompactString,
    pub error: ErrorResult,
    /// Owned only if the call returned true: `mu.TryLock()`.
    pub when_true: bool,
    pub release: Vec<Release>,
    /// The rule that reports it when it is never released.
    pub rule: CompactString,
    pub kind: Kind,
    /// What a message calls it: `*os.File`, `context`, `response body`.
    pub noun: CompactString,
    pub exempt: Option<Exempt>,
    pub lives: Lives,
}

/// What a call does to an argument, or what its result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    Borrows,
    Releases,
    TakesOwnership,
    Stores,
    Wraps,
    WrapsCloses,
    Cancels,
    ClosesChan,
    Sends,
    Receives,
    ReturnsAlias,
    /// The argument itself where there was nothing to change: `strings.ToLower`.
    MayReturnAlias,
    ReturnsCopy,
    Inserts,
    Deletes,
    Spawns,
    Noreturn,
    MayBlockForever,
    /// Waits for what normally comes: a lock, time, input.
    Blocks,
    /// Calls its argument any number of times before it returns.
    Repeats,
    /// Keeps its argument for the life of the process or until it is stopped.
    Registers,
    /// The result is as large as what it was read from: nobody knows a bound.
    Big,
    /// The same where it is mostly small: what a command prints.
    MayBeBig,
    /// It is filled with as much as there is to read: `io.Copy(&buf, r)`.
    Fills,
}

/// Which part of an argument a result is that is an alias of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it, or what may be nearly all.
    #[default]
    Whole,
    /// A piece that was looked for: a match, an element.
    Piece,
    /// A list of such pieces: the fields of a line.
    Pieces,
    /// A piece up to a separator, which is argument 1: a line, or nearly all of it.
    Section,
    /// A list of such pieces.
    Sections,
}

/// The results of which an effect says which part they are; those behind them are the whole.
pub const MOST_RESULTS: usize = 2;

/// To what an effect is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Arg(usize),
    Receiver,
    /// Not to a value: `time.Sleep`.
    Call,
}

/// On which outcome an effect happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    OnSuccess,
    OnError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    pub target: Target,
    pub kind: EffectKind,
    pub when: When,
    /// For each result, which part of the argument it is.
    pub parts: [Part; MOST_RESULTS],
}

/// What releasing a value of a type, or calling a releasing function, gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    pub kind: Kind,
    /// What a message calls it: `*os.File`.
    pub noun: CompactString,
    /// The static type says that there is something to release, not what: `io.Closer`, `sync.WaitGroup`. Where the value came from is better evidence.
    pub opaque: bool,
}

/// How a container type grows and shrinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    pub bounded: bool,
    pub insert: Vec<CompactString>,
    pub shrink: Vec<CompactString>,
}

/// Everything known about one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionFacts {
    /// What a call acquires.
    pub resources: Vec<Resource>,
    /// What a call does to its arguments and its receiver.
    pub effects: Vec<Effect>,
    /// What a call gives back of its receiver, or calling a value of a type of functions: `(*os.File).Close`, `context.CancelFunc`.
    pub releases: Option<Released>,
    /// What a call gives back of an argument: `syscall.Close`.
    pub releases_arg: Option<Released>,
    /// The types of the results; `None` is unknown, an empty list is no results.
    pub results: Option<Vec<TypeName>>,
    /// `os.Exit`, `log.Fatal`.
    pub never_returns: bool,
    /// It serves until the process ends: `net/http.ListenAndServe`.
    pub serves: bool,
    /// It makes one metric for each value of its arguments.
    pub is_label_sink: bool,
    /// It keeps a new entry for each value of its first arguments, as many as this, for the life of the process: `expvar.NewInt`.
    pub registers: Option<usize>,
    /// Its result comes from outside or is new each time: `net/http.(*Request).FormValue`, `time.Now`.
    pub is_input: bool,
    /// It has about as many results as arguments: it takes something apart, or writes it in another way. `net.SplitHostPort`
    pub keeps: bool,
    /// Its error only says that what somebody sent has not the form that it should have: `net/http.(*Request).ParseForm`.
    pub reads_form: bool,
}

/// A table of facts: ours, or ours with the user's over them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    functions: Table,
    /// Fields (`net/http.Response.Body`) and package variables (`os.Stdin`).
    variables: FxHashMap<CompactString, TypeName>,
    growth: FxHashMap<CompactString, Growth>,
    handlers: Vec<CompactString>,
    /// Fields that hold what comes from outside: `net/http.Request.RemoteAddr`.
    input_fields: BTreeSet<CompactString>,
}

static SHIPPED: OnceLock<Facts> = OnceLock::new();

const SHIPPED_TEXTS: [(&str, &str); 2] =
    [("std.toml", include_str!("facts/std.toml")), ("thirdparty.toml", include_str!("facts/thirdparty.toml"))];

impl Facts {
    /// Our own facts, read once.
    pub fn shipped() -> &'static Facts {
        if let Some(facts) = SHIPPED.get() {
            return facts;
        }
        // Computed before it is set: two threads may both read, nobody waits inside the lock.
        let facts = Facts::read_shipped();
        SHIPPED.get_or_init(|| facts)
    }

    fn read_shipped() -> Facts {
        let mut facts = Facts::default();
        for (file, text) in SHIPPED_TEXTS {
            let read = facts.extend_from(text);
            debug_assert!(read.is_ok(), "{file}: {read:?}");
        }
        facts
    }

    /// Facts written in our format, and nothing else in the text.
    pub fn parse(text: &str) -> Result<Facts, FactsError> {
        let mut facts = Facts::default();
        facts.extend_from(text)?;
        Ok(facts)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Facts::default()
    }

    /// These facts with the user's over them: what the user says about a function replaces what we say about it, kind by kind.
    pub fn with(&self, user: &Facts) -> Facts {
        let mut all = self.clone();
        all.handlers.extend(user.handlers.iter().cloned());
        all.input_fields.extend(user.input_fields.iter().cloned());
        all.variables.extend(user.variables.iter().map(|(name, of)| (name.clone(), of.clone())));
        all.growth.extend(user.growth.iter().map(|(name, growth)| (name.clone(), growth.clone())));
        user.functions.iter().for_each(|(name, facts)| all.functions.entry(name).replace(facts));
        all
    }

    /// What is known about a function, or about a method of a type or an interface; a generic type has its name without arguments.
    ///
    /// `of("net/http", "Client", "Do")`, `of("github.com/jackc/pgx/v5", "", "Connect")`. For a type of functions the name is empty:
    /// `of("context", "CancelFunc", "")` says what calling its value does. It is fast, above all where nothing is known.
    pub fn of(&self, path: &str, receiver: &str, name: &str) -> Option<&FunctionFacts> {
        self.functions.get(Name { path, receiver, name })
    }

    /// What a call of `key` acquires; empty if nothing is known.
    pub fn acquires(&self, key: &str) -> &[Resource] {
        self.function(key).map_or(&[], |function| &function.resources)
    }

    /// What a call of `key` does to its arguments; empty if nothing is known.
    pub fn effects(&self, key: &str) -> &[Effect] {
        self.function(key).map_or(&[], |function| &function.effects)
    }

    /// Whether a call of `key` never returns: `os.Exit`, `log.Fatal`.
    pub fn never_returns(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.never_returns)
    }

    /// The functions and methods that never return, by their own names: `Exit`, `Fatal`.
    pub fn names_that_never_return(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().filter(|(_, facts)| facts.never_returns).map(|(name, _)| name.name)
    }

    /// Whether `key` serves until the process ends: `net/http.ListenAndServe`.
    pub fn serves(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.serves)
    }

    /// The functions that serve until the process ends, sorted.
    pub fn servers(&self) -> Vec<Name<'_>> {
        let mut names: Vec<Name> = self.functions.iter().filter(|(_, facts)| facts.serves).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// Whether `key` makes one metric for each value of its arguments.
    pub fn is_label_sink(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.is_label_sink)
    }

    /// How many first arguments name the entry that `key` makes in a table of the process; `None` if it makes none.
    pub fn registers_in_process(&self, key: &str) -> Option<usize> {
        self.function(key)?.registers
    }

    /// The names, without package and type, of the functions that make entries in tables of the process, sorted.
    pub fn registry_names(&self) -> Vec<&str> {
        self.names_of(|facts| facts.registers.is_some())
    }

    /// The names, without package and type, of the functions that make one metric for each value, sorted.
    pub fn label_sink_names(&self) -> Vec<&str> {
        self.names_of(|facts| facts.is_label_sink)
    }

    fn names_of(&self, wanted: impl Fn(&FunctionFacts) -> bool) -> Vec<&str> {
        let mut names: Vec<&str> = self.functions.iter().filter(|(_, facts)| wanted(facts)).map(|(name, _)| name.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether what `key` returns comes from outside, as many different values as there are requests, or is new each time.
    pub fn is_input(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.is_input)
    }

    /// Whether a function has about as many results as arguments.
    pub fn keeps(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.keeps)
    }

    /// Whether a function's error only says that what somebody sent has not the form that it should have.
    pub fn reads_form(&self, key: &str) -> bool {
        self.function(key).is_some_and(|function| function.reads_form)
    }

    /// Whether a field holds what comes from outside: `("net/http.Request", "RemoteAddr")`. A `*` before the type does not matter.
    pub fn is_input_field(&self, type_name: &str, field: &str) -> bool {
        self.input_fields.contains(&compact_str::format_compact!("{}.{field}", type_name.trim_start_matches('*')))
    }

    /// The fields that hold what comes from outside, sorted.
    pub fn input_fields(&self) -> Vec<&str> {
        self.input_fields.iter().map(CompactString::as_str).collect()
    }

    /// The result types of a function on which we have facts; `None` is unknown, an empty slice is no results.
    pub fn results(&self, key: &str) -> Option<&[TypeName]> {
        self.function(key)?.results.as_deref()
    }

    /// What `x.method()` gives back, for an x of type `type_name` (with or without `*`): `("*os.File", "Close")`.
    pub fn is_release(&self, type_name: &str, method: &str) -> Option<&Released> {
        let (path, of) = name::of_type(type_name)?;
        self.of(path, of, method)?.releases.as_ref()
    }

    /// What calling a value of this type gives back: `context.CancelFunc`.
    pub fn is_release_call(&self, type_name: &str) -> Option<&Released> {
        self.is_release(type_name, "")
    }

    /// Whether there are facts about a function or method.
    pub fn knows(&self, key: &str) -> bool {
        let releases = || key.rsplit_once('.').is_some_and(|(of, method)| self.is_release(of, method).is_some());
        self.function(key).is_some() || releases() || self.is_release_function(key).is_some()
    }

    /// What a call of a function gives back: `syscall.Close`, `os.RemoveAll`, `C.free`.
    pub fn is_release_function(&self, key: &str) -> Option<&Released> {
        self.function(key)?.releases_arg.as_ref()
    }

    /// The type of a field, `("net/http.Response", "Body")`. A `*` before the type does not matter.
    pub fn field(&self, type_name: &str, field: &str) -> Option<&TypeName> {
        let mut key = CompactString::from(type_name.trim_start_matches('*'));
        key.push('.');
        key.push_str(field);
        name::find(&self.variables, &key)
    }

    /// The type of a package variable: `os.Stdin`, `net/http.DefaultClient`.
    pub fn variable(&self, key: &str) -> Option<&TypeName> {
        name::find(&self.variables, key)
    }

    /// Whether `key` calls one of its arguments again and again: `path/filepath.WalkDir`.
    pub fn repeats(&self, key: &str) -> bool {
        self.effects(key).iter().any(|effect| effect.kind == EffectKind::Repeats)
    }

    /// The argument that `key` runs in a goroutine of its own: 0 for `sync.(*WaitGroup).Go`.
    pub fn spawns(&self, key: &str) -> Option<usize> {
        self.effects(key).iter().find_map(|effect| match effect {
            Effect { kind: EffectKind::Spawns, target: Target::Arg(arg), .. } => Some(*arg),
            _ => None,
        })
    }

    /// How a container type grows and shrinks.
    pub fn growth(&self, type_name: &str) -> Option<&Growth> {
        name::find(&self.growth, &name::normal(type_name.trim_start_matches('*')))
    }

    /// The signatures of functions that are called again and again from outside: `func(net/http.ResponseWriter, *net/http.Request)`.
    pub fn handlers(&self) -> &[CompactString] {
        &self.handlers
    }

    /// Whether a type is one that these functions get: `net/http.Request`. A `*` before it does not matter; a context is everybody's.
    pub fn is_of_handler(&self, key: &str) -> bool {
        let key = key.trim_start_matches('*');
        let words = self.handlers.iter().flat_map(|handler| handler.split(|c: char| "(), ".contains(c)));
        key.contains('.') && key != "context.Context" && words.into_iter().any(|word| is_same_type(key, word.trim_start_matches('*')))
    }

    /// Whether a function with parameters of these types is called once for each request.
    pub fn is_handler(&self, params: &[String]) -> bool {
        self.handlers.iter().any(|handler| {
            let Some(inside) = handler.strip_prefix("func(").and_then(|rest| rest.split(')').next()) else { return false };
            let types: Vec<&str> = inside.split(", ").collect();
            types.len() == params.len() && types.iter().zip(params).all(|(of, param)| is_same_type(param, of))
        })
    }

    /// The names of all functions on which there are facts, sorted.
    pub fn functions(&self) -> Vec<Name<'_>> {
        let mut names: Vec<Name> = self.functions.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// The names of all fields and package variables whose types are known, sorted.
    pub fn variables(&self) -> Vec<&str> {
        sorted(self.variables.keys())
    }

    /// The container types of which it is known how they grow, sorted.
    pub fn containers(&self) -> Vec<&str> {
        sorted(self.growth.keys())
    }

    /// The rules that report what is acquired, sorted.
    pub fn rules(&self) -> Vec<&str> {
        let resources = self.functions.iter().flat_map(|(_, facts)| &facts.resources);
        let mut rules: Vec<&str> = resources.map(|resource| resource.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// What acquires something that a rule reports, sorted.
    pub fn acquiring(&self, rule: &str) -> Vec<Name<'_>> {
        let of_rule = |facts: &FunctionFacts| facts.resources.iter().any(|resource| resource.rule == rule);
        let mut names: Vec<Name> = self.functions.iter().filter(|(_, facts)| of_rule(facts)).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    fn function(&self, key: &str) -> Option<&FunctionFacts> {
        let key = name::normal(key);
        Name::readings(&key).find_map(|name| self.functions.get(name))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a CompactString>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(CompactString::as_str).collect();
    names.sort_unstable();
    names
}

/// Whether a type is one that the facts name, with its major version or without.
fn is_same_type(of: &str, named: &str) -> bool {
    of == named || name::is_version_of(of, named)
}

impl FunctionFacts {
    fn replace(&mut self, user: &FunctionFacts) {
        if !user.resources.is_empty() {
            self.resources.clone_from(&user.resources);
        }
        if !user.effects.is_empty() {
            self.effects.clone_from(&user.effects);
        }
        if user.results.is_some() {
            self.results.clone_from(&user.results);
        }
        if user.releases.is_some() {
            self.releases.clone_from(&user.releases);
        }
        if user.releases_arg.is_some() {
            self.releases_arg.clone_from(&user.releases_arg);
        }
        self.never_returns |= user.never_returns;
        self.serves |= user.serves;
        self.is_label_sink |= user.is_label_sink;
        self.is_input |= user.is_input;
        self.keeps |= user.keeps;
        self.reads_form |= user.reads_form;
        self.registers = user.registers.or(self.registers);
    }
}
