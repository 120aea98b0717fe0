//! The command line: what was typed, one file for each command, and the only place that prints.
//!
//! ```text
//! goleaklint ./...   ->   findings on the output, exit code 1
//! ```
//!
//! Not here: what is analysed (`engine`), how it looks (`report`).

#![allow(clippy::disallowed_methods, reason = "the command line is one of the edges that touch the world outside")]

mod arguments;
mod check;
mod explain;
mod fix;
mod github;
mod rules;
mod write;

use crate::engine::{self, UnknownRule};
use crate::report::text;
use arguments::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

/// What is wrong with the request or with what was to be written: one line, and what to do.
struct Failure {
    text: String,
    help: Option<String>,
}

impl Failure {
    fn new(text: impl Into<String>) -> Failure {
        Failure { text: text.into(), help: None }
    }
}

impl From<UnknownRule> for Failure {
    fn from(unknown: UnknownRule) -> Failure {
        Failure { text: unknown.text, help: Some(unknown.help) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::new(format!("cannot write the output: {error}"))
    }
}

/// Runs the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // What a panic says is told as a problem, in one line; with RUST_BACKTRACE also where it happened.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        panic::set_hook(Box::new(|_| {}));
    }
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let code = panic::catch_unwind(|| dispatch(arguments)).unwrap_or_else(|panic| {
        complain(&Failure::new(format!("internal error, please report it: {}", engine::panic_text(panic.as_ref()))));
        2
    });
    ExitCode::from(code)
}

fn dispatch(arguments: Vec<OsString>) -> u8 {
    let outcome = match Arguments::try_parse_from(arguments) {
        // Help and version are errors for clap.
        Err(error) if !error.use_stderr() => print(&error.render().to_string(), 0),
        Err(error) => {
            let _ = io::stderr().write_all(text::lines(&error.render().to_string()).as_bytes());
            return 2;
        }
        Ok(arguments) => match arguments.command {
            None => check::run(arguments.check.without_the_word()),
            Some(Command::Check(check)) => check::run(check),
            Some(Command::Explain { rule }) => explain::run(&rule),
            Some(Command::Rules { json }) => rules::run(json),
        },
    };
    outcome.unwrap_or_else(|failure| {
        complain(&failure);
        2
    })
}

/// Tells a failure on the error output; if nobody listens there, nobody is told.
fn complain(failure: &Failure) {
    let help = failure.help.iter().map(|help| format!("help: {}\n", text::shown(help)));
    let told = format!("error: {}\n{}", text::shown(&failure.text), help.collect::<String>());
    let _ = io::stderr().write_all(told.as_bytes());
}

/// Writes to the output and tells the exit code. If nobody reads on (`| head`), that is no failure: 0.
fn print(text: &str, code: u8) -> Result<u8, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(code),
    }
}
