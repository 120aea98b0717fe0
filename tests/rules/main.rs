//! Does every rule find what its page says, and nothing else? Every page (`rules/<id>.md`) and every fixture (`fixtures/<id>/`) is
//! one named test; `cargo test --test rules defer-in-loop` runs those of one rule.
//!
//! A page's Go blocks run that page's rule alone, in every profile and at every confidence. Each finding must be wanted
//! (`// want rule-id`), and each want must be found. Programs that leak are edited (`tests/rules/twins/<id>.txt`). Where Go is present, all of it must compile.
//!
//! Not here: how findings look (`tests/program`), and what a page's front matter may say (`tests/tidy`).

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod analysis;
mod case;
mod check;
mod fixes;
mod go;
mod twins;
mod want;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::PathBuf;
use std::process::ExitCode;

/// The folder of the package: pages and fixtures are below it.
pub fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = unit_tests();
    trials.extend(case::sources().into_iter().map(|source| {
        let name = source.name();
        Trial::test(name, move || check::source(&source).map_err(Failed::from))
    }));
    trials.push(fixes::trial());
    trials.extend(go::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The tests of the harness itself.
fn unit_tests() -> Vec<Trial> {
    let all = [("want", want::TESTS), ("case", case::TESTS), ("check", check::TESTS), ("twins", twins::TESTS)];
    let tests = all.into_iter().flat_map(|(module, tests)| tests.iter().map(move |test| (module, test)));
    tests
        .map(|(module, &(name, test))| {
            Trial::test(format!("harness::{module}: {name}"), move || {
                test();
                Ok(())
            })
        })
        .collect()
}
