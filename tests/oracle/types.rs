//! Does every identifier mean, does every expression have, does every call call what go/types says? On all of Go's source with its
//! tests, on what is in `fixtures/`, and on the repositories that `GOLEAKLINT_CORPORA` names: there once with what they depend on, as
//! far as `go mod download` or `vendor/` has brought it, and once without any of it. What we do not know is counted and must be
//! little; what we say must be so.
//!
//! `GOLEAKLINT_UNKNOWN=1` prints what is most often unknown, `GOLEAKLINT_SHOW=100` more of what is wrong, and `GOLEAKLINT_PATTERNS`
//! asks for other packages than all: `./net/http ./os`.
//!
//! Not here: the questions (`answers.rs`), what the oracle prints (`types/print.go`), code with errors (`edits.rs`).

#[allow(dead_code, reason = "the present analyser says less")]
mod answers;
mod compare;
mod edits;
mod figures;
mod read;

use crate::go::Go;
use answers::Answers;
use figures::Figures;
use goleaklint::project::{OsFiles, Project, Request, load};
use goleaklint::source::{Entry, Files};
use rayon::prelude::*;
use read::Units;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use edits::nothing_wrong_beside_an_error;

/// All of Go's source, with vendored packages.
const GO: &[&str] = &["./...", "./vendor/...", "./cmd/vendor/..."];

pub fn of_go(go: &Go) {
    let root = go.goroot().join("src");
    let asked = asked();
    let ours = asked.clone().unwrap_or_else(|| GO.iter().map(ToString::to_string).collect());
    let theirs = asked.clone().unwrap_or_else(|| vec!["std".into(), "cmd".into()]);
    let figures = of_root(go, &root, &ours, &theirs, &[With::Dependencies]);
    figures[0].report("Go's source");
    figures[0].enough(if asked.is_some() { 1 } else { 3_900_000 });
}

/// The modules in `fixtures/`.
pub fn of_fixtures(go: &Go) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let modules = walkdir::WalkDir::new(fixtures).sort_by_file_name().into_iter().filter_map(Result::ok);
    let modules = modules.filter(|entry| entry.file_name() == "go.mod").filter_map(|entry| Some(entry.path().parent()?.to_owned()));
    let modules: Vec<PathBuf> = modules.collect();
    assert!(!modules.is_empty());
    let mut all = Figures::default();
    for module in modules {
        of_root(go, &module, &["./...".into()], &["./...".into()], &[With::Dependencies]).into_iter().for_each(|figures| all.add(figures));
    }
    all.report("fixtures");
    all.enough(1);
}

/// The repositories of `GOLEAKLINT_CORPORA`.
pub fn of_corpora(go: &Go) {
    for root in go.corpora() {
        let ours = asked().unwrap_or_else(|| vec!["./...".into()]);
        let figures = of_root(go, &root, &ours, &asked().unwrap_or_default(), &[With::Dependencies, With::Nothing]);
        figures[0].report(&root.display().to_string());
        figures[1].report(&format!("{} without its dependencies", root.display()));
        figures[0].enough(1);
        figures[1].nothing_wrong();
    }
}

fn asked() -> Option<Vec<String>> {
    let patterns = std::env::var("GOLEAKLINT_PATTERNS").ok()?;
    Some(patterns.split_whitespace().map(ToString::to_string).collect())
}

/// What a project may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Dependencies,
    Nothing,
}

fn of_root(go: &Go, root: &Path, ours: &[String], theirs: &[String], with: &[With]) -> Vec<Figures> {
    let cache = std::env::var_os("GOMODCACHE").map(PathBuf::from);
    let request = Request { patterns: ours.to_vec(), working_directory: root.to_owned(), tests: true, no_deps: false, module_cache: cache };
    let read = |with: &With| match with {
        With::Dependencies => load(&request, Arc::new(OsFiles)),
        With::Nothing => load(&request, Arc::new(WithoutDependencies { root: root.to_owned() })),
    };
    let projects: Vec<Project> = with.iter().map(|with| read(with).map_err(|error| error.text).unwrap().0).collect();
    let engines: Vec<Box<dyn Answers + '_>> = projects.iter().map(answers::of).collect();
    let sides: Vec<compare::Side<'_>> =
        projects.iter().zip(&engines).map(|(project, engine)| compare::Side::new(project, &**engine)).collect();
    let all = Mutex::new(with.iter().map(|_| Figures::default()).collect::<Vec<_>>());
    let units = Units::ask(go, "print", root, theirs, None);
    units.par_bridge().for_each(|unit| {
        let unit = read::Unit::parse(&unit);
        for (at, side) in sides.iter().enumerate() {
            let figures = side.unit(&unit);
            all.lock().unwrap()[at].add(figures);
        }
    });
    all.into_inner().unwrap()
}

/// The disk without `vendor` directories and without what is outside of the root.
struct WithoutDependencies {
    root: PathBuf,
}

impl WithoutDependencies {
    fn visible(&self, path: &Path) -> io::Result<()> {
        let vendored = path.strip_prefix(&self.root).is_ok_and(|inside| inside.components().any(|part| part.as_os_str() == "vendor"));
        // What is above the root is looked at to find where the root is.
        let seen = !vendored
            && (path.starts_with(&self.root)
                || self.root.starts_with(path)
                || path.parent().is_some_and(|above| self.root.starts_with(above)));
        if seen { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

impl Files for WithoutDependencies {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.visible(path)?;
        OsFiles.read(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        self.visible(directory)?;
        let mut entries = OsFiles.list(directory)?;
        entries.retain(|entry| self.visible(&directory.join(&entry.name)).is_ok());
        Ok(entries)
    }

    fn kind(&self, path: &Path) -> io::Result<Entry> {
        self.visible(path)?;
        OsFiles.kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.visible(path)?;
        OsFiles.canonical(path)
    }
}
