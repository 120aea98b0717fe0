//! Does a timer or ticker that nobody stops ever go away, and which fact says so? Since Go 1.23 it does, but only in programs whose main
//! module is new enough; since Go 1.27 it always does.
//!
//! ```go
//! // go.mod: go 1.21   main.go: //go:debug asynctimerchan=0   ->   new, for `//go:debug asynctimerchan=0` in main.go says so
//! ```
//!
//! A program decides, not a library: a library is judged by the programs of its module and workspace that were read. If there are none,
//! its own go.mod is all that is known, and that is less sure: an old go line there says nothing about who uses it, while a new one
//! does, for Go demands at least as new a line of every program that imports it.
//!
//! Not here: what a rule makes of it (`rules`), the environment variable `GODEBUG`, which no file tells.

use super::gomod::Replacement;
use super::pattern::clean;
use super::{GoVersion, Module, ModuleId, Package, PackageId, Project};
use crate::config::GoConfig;
pub use crate::config::Timers;
use crate::finding::Confidence;
use std::path::{Component, Path};

/// What becomes of the timers and tickers of a package, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerVersion {
    pub timers: Timers,
    /// The fact that decides, for a message: `go 1.21 in go.mod`.
    pub fact: String,
    /// Medium if the package's users may decide otherwise.
    pub confidence: Confidence,
    /// The timers are old, and nothing says with which release the program is built: built with Go 1.27 or newer they are new.
    pub newer_go_mends: bool,
}

/// The release that first had new timers.
const NEW: GoVersion = GoVersion { major: 1, minor: 23 };
/// The release that has no others.
const ALWAYS_NEW: GoVersion = GoVersion { major: 1, minor: 27 };

/// The answer for a package.
pub fn of(project: &Project, package: PackageId, config: &GoConfig) -> TimerVersion {
    match (config.timers, config.toolchain) {
        (Some(Timers::Old), _) => return sure(Timers::Old, "timers = \"old\" in goleaklint.toml"),
        (Some(Timers::New), _) => return sure(Timers::New, "timers = \"new\" in goleaklint.toml"),
        (None, Some(toolchain)) if toolchain >= ALWAYS_NEW => return sure(Timers::New, &configured(toolchain)),
        (None, Some(toolchain)) if toolchain < NEW => return sure(Timers::Old, &configured(toolchain)),
        _ => {}
    }
    let own = project.package(package);
    let mut answer = match own.module {
        None => loose(&own.directory),
        Some(module) if project.module(module).inferred => loose(&own.directory),
        Some(module) if own.name == "main" => program(project, module, Some(own)),
        Some(module) => library(project, module),
    };
    answer.newer_go_mends &= config.toolchain.is_none();
    answer
}

fn sure(timers: Timers, fact: &str) -> TimerVersion {
    TimerVersion { timers, fact: fact.to_owned(), confidence: Confidence::High, newer_go_mends: false }
}

fn configured(toolchain: GoVersion) -> String {
    format!("toolchain = \"{toolchain}\" in goleaklint.toml")
}

/// Files without a go.mod. Below `src/example.com/` they are taken for a GOPATH, which is go 1.20; Go builds all others by its newest rules.
fn loose(directory: &Path) -> TimerVersion {
    let parts: Vec<_> = directory.components().collect();
    let is_host = |part: &Component| part.as_os_str().to_string_lossy().trim_start_matches('.').contains('.');
    let gopath = parts.windows(2).any(|pair| pair[0].as_os_str() == "src" && is_host(&pair[1]));
    if gopath {
        TimerVersion { confidence: Confidence::Medium, newer_go_mends: true, ..sure(Timers::Old, "no go.mod (GOPATH mode is go 1.20)") }
    } else {
        sure(Timers::New, "no go.mod (loose files are built by the newest rules)")
    }
}

/// A package that is no program: old if a program that was read and can have it is old.
fn library(project: &Project, module: ModuleId) -> TimerVersion {
    let users = users(project, module);
    let mut found: Option<TimerVersion> = None;
    for package in project.packages.iter().filter(|package| package.name == "main") {
        let Some(user) = package.module.filter(|user| users.contains(user)) else { continue };
        let answer = program(project, user, Some(package));
        match answer.timers {
            Timers::Old => return answer,
            Timers::New => found = found.or(Some(answer)),
        }
    }
    found.unwrap_or_else(|| {
        let answer = program(project, module, None);
        let confidence = if answer.timers == Timers::Old { Confidence::Medium } else { Confidence::High };
        TimerVersion { confidence, ..answer }
    })
}

/// The modules whose programs can have a module's packages: itself, those of its workspace, and those that put its directory in place
/// of a module.
fn users(project: &Project, module: ModuleId) -> Vec<ModuleId> {
    if let Some(work) = project.works.iter().find(|work| work.modules.contains(&module)) {
        return work.modules.clone();
    }
    let directory = &project.module(module).directory;
    let replaces = |user: &Module| {
        user.go_mod.replace.iter().any(|line| match &line.by {
            Replacement::Directory(path) => clean(&user.directory.join(path)) == *directory,
            Replacement::Module(_) => false,
        })
    };
    let all = (0..project.modules.len() as u32).map(ModuleId);
    all.filter(|user| *user == module || replaces(project.module(*user))).collect()
}

/// A `key=value` of a `godebug` or `//go:debug` line, and the line as a message names it.
struct Setting<'p> {
    key: &'p str,
    value: &'p str,
    fact: String,
}

/// What a module, in its workspace if it has one, and the `//go:debug` lines of a main package say together.
fn program(project: &Project, module: ModuleId, main: Option<&Package>) -> TimerVersion {
    let own = project.module(module);
    let work = project.works.iter().find(|work| work.modules.contains(&module));
    let (file, go, toolchain, godebug) = match work {
        Some(work) => ("go.work", work.go_work.go, &work.go_work.toolchain, &work.go_work.godebug),
        None => ("go.mod", own.go, &own.go_mod.toolchain, &own.go_mod.godebug),
    };
    // Go demands at least as new a line of a go.work as of the modules it uses.
    let (file, go) = if own.go > go { ("go.mod", own.go) } else { (file, go) };
    let toolchain_line = toolchain.as_deref().and_then(|name| GoVersion::parse(name.strip_prefix("go")?.split('-').next()?));
    if let Some(line) = go.filter(|line| *line >= ALWAYS_NEW) {
        return sure(Timers::New, &format!("go {line} in {file}"));
    }
    if let Some(line) = toolchain_line.filter(|line| *line >= ALWAYS_NEW) {
        return sure(Timers::New, &format!("toolchain go{line} in {}", if work.is_some() { "go.work" } else { "go.mod" }));
    }
    let mut settings: Vec<Setting> = Vec::new();
    for (key, value) in godebug {
        let place = if work.is_some() { "go.work" } else { "go.mod" };
        settings.push(Setting { key, value, fact: format!("godebug {key}={value} in {place}") });
    }
    for file in main.into_iter().flat_map(|main| &main.files).map(|file| project.file(*file)).filter(|file| !file.test) {
        let name = file.source.path.file_name().unwrap_or_default().to_string_lossy();
        let pairs = file.outline.debug.iter().filter_map(|text| text.split_once('='));
        settings.extend(pairs.map(|(key, value)| Setting { key, value, fact: format!("//go:debug {key}={value} in {name}") }));
    }
    // The last line with a key wins, so that `//go:debug` is stronger than go.mod and go.work.
    let last = |key: &str| settings.iter().rev().find(|setting| setting.key == key);
    if let Some(setting) = last("asynctimerchan") {
        return sure(if setting.value == "1" { Timers::Old } else { Timers::New }, &setting.fact);
    }
    let default = last("default").and_then(|setting| {
        let version = GoVersion::parse(setting.value.strip_prefix("go").unwrap_or(setting.value))?;
        Some((version, setting.fact.clone()))
    });
    let (timers, fact) = match default.or_else(|| go.map(|line| (line, format!("go {line} in {file}")))) {
        Some((version, fact)) => (if version < NEW { Timers::Old } else { Timers::New }, fact),
        // Without a module line too, the file could not be read: what is unknown is no accusation.
        None if own.path.is_empty() => (Timers::New, "a go.mod that cannot be read".to_owned()),
        None => (Timers::Old, format!("no go line in {file}")),
    };
    TimerVersion { newer_go_mends: timers == Timers::Old && toolchain_line.is_none(), ..sure(timers, &fact) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
