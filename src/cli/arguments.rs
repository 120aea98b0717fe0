//! Which words does the command line have?
//!
//! ```text
//! goleaklint --format concise --min-confidence medium ./...
//! ```
//!
//! Not here: what they mean together with the configuration (`engine::settings`).

use crate::config::Profile;
use crate::finding::{Confidence, Severity};
use crate::report::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const AFTER: &str = "Exit codes: 0 nothing to report; 1 findings (see --fail-on) or syntax errors; 2 a bad request, something that could not \
be read or written, or an internal error.\n\nWith --fix the exit code is that of what is left; with --fix-preview it is 1 \
where something would change.\n\nFindings go to the output. Problems (what could not be read) stand among them with `pretty` and \
`github`, and go to the error output with other formats.";

#[derive(Debug, Parser)]
#[command(name = "goleaklint", version, about = "Finds leak patterns in Go source", after_help = AFTER, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) check: Check,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Analyse Go source (the default command)
    #[command(after_help = AFTER, max_term_width = 100)]
    Check(Check),
    /// Print the page of a rule
    Explain { rule: String },
    /// List the rules
    Rules {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// What to analyse, as Go reads it: ./..., a directory, files, an import path [default: .]
    #[arg(value_name = "PATTERN")]
    pub(super) patterns: Vec<String>,
    /// Also read _test.go files
    #[arg(long, help_heading = "What is analysed")]
    pub(super) tests: bool,
    /// Read neither vendor nor the module cache: what dependencies declare is unknown
    #[arg(long, help_heading = "What is analysed")]
    pub(super) no_deps: bool,
    /// Which rules are on: default, extended or all [default: default]
    #[arg(long, value_parser = named(&Profile::ALL, Profile::name), help_heading = "What is analysed", hide_possible_values = true)]
    pub(super) profile: Option<Profile>,
    /// Only these rules
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', help_heading = "What is analysed")]
    pub(super) rule: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', help_heading = "What is analysed")]
    pub(super) skip: Vec<String>,
    /// Read this configuration, not the nearest goleaklint.toml
    #[arg(long, value_name = "FILE", conflicts_with = "isolated", help_heading = "What is analysed")]
    pub(super) config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, help_heading = "What is analysed")]
    pub(super) isolated: bool,
    /// How many threads; by default one for each processor
    #[arg(short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "What is analysed")]
    pub(super) jobs: Option<u16>,
    /// pretty, concise, json, sarif or github; with =PATH to a file; can be given several times [default: pretty; in a GitHub job
    /// github]
    #[arg(long, value_name = "FORMAT[=PATH]", value_parser = target, help_heading = "What is told")]
    pub(super) format: Vec<Target>,
    /// Tell findings that are at least so sure: low, medium or high [default: high]
    #[arg(long, value_name = "LEVEL", value_parser = named(&Confidence::ALL, Confidence::name), help_heading = "What is told", hide_possible_values = true)]
    pub(super) min_confidence: Option<Confidence>,
    /// Comments silence nothing
    #[arg(long, help_heading = "What is told")]
    pub(super) no_ignores: bool,
    /// Tell also what comments silence; it does not change the exit code
    #[arg(long, conflicts_with = "no_ignores", help_heading = "What is told")]
    pub(super) show_suppressed: bool,
    /// Colours: auto, always or never; auto heeds NO_COLOR, CLICOLOR_FORCE and TERM=dumb
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "What is told", hide_possible_values = true)]
    pub(super) color: Color,
    /// No summary
    #[arg(short, long, conflicts_with = "verbose", help_heading = "What is told")]
    pub(super) quiet: bool,
    /// Tell more of what was left out
    #[arg(short, long, help_heading = "What is told")]
    pub(super) verbose: bool,
    /// Apply safe fixes, then tell what is left
    #[arg(long, conflicts_with = "fix_preview", help_heading = "Fixes")]
    pub(super) fix: bool,
    /// With --fix or --fix-preview, also apply fixes that may change what the program does otherwise
    #[arg(long, help_heading = "Fixes")]
    pub(super) unsafe_fixes: bool,
    /// Print what --fix would change as a unified diff, and change nothing
    #[arg(long, help_heading = "Fixes")]
    pub(super) fix_preview: bool,
    /// The lowest severity that makes the exit code 1: error, warning or note
    #[arg(long, value_name = "SEVERITY", default_value = "note", value_parser = named(&Severity::ALL, Severity::name), help_heading = "Exit code", hide_possible_values = true)]
    pub(super) fail_on: Severity,
    /// 0 instead of 1
    #[arg(long, help_heading = "Exit code")]
    pub(super) exit_zero: bool,
}

impl Check {
    /// `goleaklint -v check ./...`: the command's name behind options is no pattern.
    pub(super) fn without_the_word(mut self) -> Check {
        if self.patterns.first().is_some_and(|first| first == "check") {
            self.patterns.remove(0);
        }
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// A format, and the file it goes to; without one, the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) format: Format,
    pub(super) path: Option<PathBuf>,
}

fn target(text: &str) -> Result<Target, String> {
    let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| (name, Some(path)));
    let names = Format::ALL.map(Format::name);
    let format = Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| crate::spelling::did_you_mean(name, &names))?;
    if path == Some("") { Err("a path must follow `=`".to_owned()) } else { Ok(Target { format, path: path.map(PathBuf::from) }) }
}

/// A word out of a list, and what it stands for.
fn named<T: Copy + Send + Sync + 'static>(all: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T> {
    let words = PossibleValuesParser::new(all.iter().map(|one| name(*one)));
    words.try_map(move |word| all.iter().copied().find(|one| name(*one) == word).ok_or("no such value"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        assert_eq!(target("json=a=b").unwrap().path, Some(PathBuf::from("a=b")));
        assert_eq!(target("jsn").unwrap_err(), "did you mean `json`?");
        assert!(target("json=").is_err());
    }

    #[test]
    fn check_is_the_default_command() {
        let patterns = |words: &[&str]| {
            let arguments = Arguments::try_parse_from([&["goleaklint"], words].concat()).unwrap();
            match arguments.command {
                Some(Command::Check(check)) => check.patterns,
                _ => arguments.check.without_the_word().patterns,
            }
        };
        assert_eq!(patterns(&["./..."]), ["./..."]);
        assert_eq!(patterns(&["check", "./...", "-q"]), ["./..."]);
        assert_eq!(patterns(&["-q", "check", "./..."]), ["./..."]);
        assert_eq!(patterns(&["./check"]), ["./check"]);
    }
}
