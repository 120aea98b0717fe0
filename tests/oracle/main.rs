//! Does Go say the same? What the analyser reads is compared with go/parser, go/types and `go list`; each comparison is a named test.
//!
//! They run where Go is found (`GOLEAKLINT_GO`, else `go` on `PATH`). Where it is not, or is too old, their names say that they are
//! left out; with `GOLEAKLINT_REQUIRE_GO=1` they fail. `GOLEAKLINT_GOMODCACHE` names a module cache for the facts about other packages. `GOLEAKLINT_CORPORA=DIR:DIR…` compares more than Go's own source. The Go
//! module in this folder has the questions.
//!
//! Not here: whether the Go in pages and fixtures compiles (`tests/rules`).

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)]

mod api;
mod facts;
mod flow;
mod go;
mod headers;
mod imports;
mod list;
mod nodes;
mod outline;
mod shape;
#[path = "../program/signature.rs"]
mod signature;
#[allow(dead_code, reason = "tests/program asks the same trees for more")]
#[path = "../program/trees.rs"]
mod trees;
mod types;

use go::Go;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::Arc;

struct Comparison {
    name: &'static str,
    /// The Go 1.x that it needs.
    minor: u32,
    /// The environment variable without which there is nothing to compare.
    variable: Option<&'static str>,
    compare: fn(&Go),
}

const COMPARISONS: [Comparison; 14] = [
    Comparison { name: "the files of small trees are those of go list", minor: 24, variable: None, compare: list::the_same },
    Comparison {
        name: "facts about the standard library are those of go/types",
        minor: 27,
        variable: None,
        compare: facts::names_and_shapes,
    },
    Comparison {
        name: "facts about other packages are those of go/types",
        minor: 27,
        variable: Some("GOLEAKLINT_GOMODCACHE"),
        compare: facts::packages_outside,
    },
    Comparison {
        name: "functions in the facts are written as Go writes them",
        minor: 27,
        variable: None,
        compare: facts::written_as_in_go,
    },
    Comparison { name: "outlines of all of Go's source are those of go/parser", minor: 24, variable: None, compare: outline::the_same },
    Comparison { name: "trees of all of Go's source are those of go/parser", minor: 27, variable: None, compare: shape::the_same },
    Comparison {
        name: "headers of all functions in Go's source are their trees without bodies",
        minor: 24,
        variable: None,
        compare: headers::the_same,
    },
    Comparison { name: "imports lead where go list says", minor: 25, variable: None, compare: imports::the_same },
    Comparison { name: "graphs of all functions in Go's source are sound", minor: 24, variable: None, compare: flow::sound },
    Comparison {
        name: "names, types and callees in all of Go's source are those of go/types",
        minor: 27,
        variable: None,
        compare: types::of_go,
    },
    Comparison {
        name: "names, types and callees in fixtures are those of go/types",
        minor: 27,
        variable: None,
        compare: types::of_fixtures,
    },
    Comparison {
        name: "names, types and callees in other repositories are those of go/types",
        minor: 27,
        variable: Some("GOLEAKLINT_CORPORA"),
        compare: types::of_corpora,
    },
    Comparison { name: "beside an error nothing wrong is said", minor: 27, variable: None, compare: types::nothing_wrong_beside_an_error },
    Comparison { name: "the standard library that is shipped is Go's own", minor: 27, variable: None, compare: api::the_same },
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each uses all threads itself, and what it prints stays together.
    arguments.test_threads.get_or_insert(1);
    let required = std::env::var("GOLEAKLINT_REQUIRE_GO").is_ok_and(|value| value == "1");
    let go = Go::find().map(Arc::new);
    let trials = COMPARISONS.into_iter().map(|comparison| trial(comparison, go.clone(), required)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The comparison, or what says that it was left out.
fn trial(Comparison { name, minor, variable, compare }: Comparison, go: Option<Arc<Go>>, required: bool) -> Trial {
    if let Some(variable) = variable
        && std::env::var_os(variable).is_none_or(|value| value.is_empty())
    {
        let failure = format!("{variable} is not set");
        return Trial::test(format!("{name} (left out: {failure})"), move || Err(Failed::from(failure))).with_ignored_flag(true);
    }
    let missing = match go {
        Some(go) if go.minor >= minor => {
            return Trial::test(format!("{name} (go1.{})", go.minor), move || {
                compare(&go);
                Ok(())
            });
        }
        Some(go) => format!("needs go1.{minor}, and this is go1.{}", go.minor),
        None => "no Go here; set GOLEAKLINT_GO or put go on PATH".to_string(),
    };
    let failure = format!("GOLEAKLINT_REQUIRE_GO=1, but: {missing}");
    let trial = Trial::test(format!("{name} (left out: {missing})"), move || Err(Failed::from(failure)));
    trial.with_ignored_flag(!required)
}
