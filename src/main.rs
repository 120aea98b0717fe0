//! The program: arguments in, findings out, an exit code.

use std::process::ExitCode;

#[allow(clippy::disallowed_methods, reason = "the program begins here")]
fn main() -> ExitCode {
    goleaklint::cli::run(std::env::args_os())
}
