//! Does goleaklint work where projects use it? pre-commit runs the hooks of `.pre-commit-hooks.yaml`, and bash the steps of `action.yml`.
//!
//! What needs a program from outside runs where it is found: pre-commit (`GOLEAKLINT_PRE_COMMIT`, else `pre-commit` on `PATH`). Where it is
//! not, the test's name says that it is left out; with `GOLEAKLINT_REQUIRE_PRE_COMMIT=1` it fails.
//!
//! Not here: what the program prints and how it exits (`tests/program`).

#![allow(clippy::disallowed_methods, reason = "a test looks at the world outside")]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod action;
mod hooks;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::{env, fs};

/// A function that opens a file in each iteration and keeps it open.
pub const LEAK: &str = "import \"os\"\n\nfunc F(paths []string) {\n\tfor _, path := range paths {\n\t\tf, err := os.Open(path)\n\t\tif err != nil {\n\t\t\treturn\n\t\t}\n\t\tdefer f.Close()\n\t}\n}\n";

/// The folder of the package.
pub fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Everything a program wrote.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `PATH` with the program's folder in front.
pub fn path_with_program() -> std::ffi::OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_goleaklint")).parent().unwrap().to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(program).chain(env::split_paths(&others))).unwrap()
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let pre_commit = env::var_os("GOLEAKLINT_PRE_COMMIT").unwrap_or_else(|| "pre-commit".into());
    let found = Command::new(&pre_commit).arg("--version").output().is_ok_and(|output| output.status.success());
    let required = env::var("GOLEAKLINT_REQUIRE_PRE_COMMIT").is_ok_and(|value| value == "1");
    let mut trials: Vec<Trial> = Vec::new();
    for (name, test) in hooks::TESTS {
        let pre_commit = PathBuf::from(&pre_commit);
        trials.push(if found {
            Trial::test(format!("pre-commit: {name}"), move || {
                test(&pre_commit);
                Ok(())
            })
        } else {
            let missing = "no pre-commit here; set GOLEAKLINT_PRE_COMMIT or put it on PATH";
            let trial = Trial::test(format!("pre-commit: {name} (left out: {missing})"), move || Err(Failed::from(missing)));
            trial.with_ignored_flag(!required)
        });
    }
    for (name, test) in action::TESTS {
        trials.push(Trial::test(format!("action: {name}"), move || {
            test();
            Ok(())
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
