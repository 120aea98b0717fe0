//! `goleaklint check`: reads the configuration and the project, runs the rules, tells what they found.
//!
//! ```text
//! goleaklint --format json=report.json --format concise ./...
//! ```
//!
//! Not here: what the words mean together (`engine::settings`), patterns (`project`).

use super::arguments::{Check, Color, Target};
use super::{Failure, fix, github, print, write};
use crate::config::{self, Config};
use crate::engine::{self, Options, Settings, Settled};
use crate::facts::Facts;
use crate::project::{self, OsFiles, Request};
use crate::report::{self, Detail, Format, Report};
use crate::rules::ALL;
use crate::source::{EntryKind, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

const CONFIG: &str = "goleaklint.toml";

pub(super) fn run(check: Check) -> Result<u8, Failure> {
    let start = Instant::now();
    let working_directory = env::current_dir().map_err(|error| Failure::new(format!("the working directory cannot be read: {error}")))?;
    targets_are_sound(&check.format)?;
    if check.fix_preview && check.format.iter().any(|target| target.path.is_none()) {
        return Err(Failure {
            text: "--fix-preview prints a diff to the output".to_owned(),
            help: Some("--format FORMAT=PATH writes what is found to a file".to_owned()),
        });
    }
    let config = configuration(&check, &working_directory)?;
    let options = Options {
        profile: check.profile,
        min_confidence: check.min_confidence,
        rules: check.rule.clone(),
        skip: check.skip.clone(),
        tests: check.tests,
        no_deps: check.no_deps,
        no_ignores: check.no_ignores,
    };
    let settings = Settings::new(&options, &config, ALL)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(check.jobs.map_or(0, usize::from)).stack_size(8 << 20);
    let threads = threads.build().map_err(|error| Failure::new(format!("threads cannot be started: {error}")))?;
    let request = Request {
        patterns: check.patterns.clone(),
        working_directory,
        tests: settings.tests,
        no_deps: settings.no_deps,
        module_cache: module_cache(),
    };
    threads.install(|| {
        // The facts are read while the files are found.
        let mut analyse = |files: Arc<dyn Files>| {
            let (loaded, _) = rayon::join(|| project::load(&request, files), Facts::shipped);
            let (project, problems) = loaded.map_err(|error| Failure { text: error.text, help: error.help })?;
            let settled = engine::run(&project, ALL, &settings, problems);
            Ok((project, settled))
        };
        let (project, settled) = analyse(Arc::new(OsFiles))?;
        if check.fix_preview {
            let mended = fix::mend(&project, &settled, &check, &mut analyse)?;
            let problems = settled.problems.iter().chain(&mended.problems).cloned().collect();
            let report = Report::new(&project, Settled { problems, ..settled }, start.elapsed().as_millis());
            let code = tell(&report, &check, &check.format)?;
            return fix::preview(&report, &mended, &check, code);
        }
        let (project, settled, fixed) = if check.fix {
            let mended = fix::mend(&project, &settled, &check, &mut analyse)?;
            fix::write(mended, (project, settled), &mut analyse)?
        } else {
            (project, settled, Vec::new())
        };
        let mut report = Report::new(&project, settled, start.elapsed().as_millis());
        report.summary.fixed = fixed;
        report.summary.fixable = fix::fixable(&report);
        tell(&report, &check, &targets(&check.format))
    })
}

/// Where Go keeps the modules it has downloaded, by the variables that Go itself reads.
pub(super) fn module_cache() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("GOMODCACHE").map(PathBuf::from).or_else(|| {
        let path = set("GOPATH").and_then(|paths| env::split_paths(&paths).next());
        Some(path.or_else(|| Some(env::home_dir()?.join("go")))?.join("pkg/mod"))
    });
    cache.filter(|cache| cache.is_absolute())
}

/// At most one format goes to the output, and one to each file.
fn targets_are_sound(targets: &[Target]) -> Result<(), Failure> {
    for (at, target) in targets.iter().enumerate() {
        if targets[..at].iter().any(|other| other.path == target.path) {
            return Err(match &target.path {
                Some(path) => Failure::new(format!("two formats are to be written to {}", path.display())),
                None => Failure {
                    text: "two formats are to be written to the output".to_owned(),
                    help: Some("--format FORMAT=PATH writes one of them to a file".to_owned()),
                },
            });
        }
    }
    Ok(())
}

/// The configuration that the patterns' directories have.
fn configuration(check: &Check, working_directory: &Path) -> Result<Config, Failure> {
    if check.isolated {
        return Ok(Config::default());
    }
    if let Some(path) = &check.config {
        return read(&working_directory.join(path));
    }
    let none = [".".to_owned()];
    let patterns = if check.patterns.is_empty() { &none[..] } else { &check.patterns };
    let each = patterns.iter().map(|pattern| nearest(&directory(pattern, working_directory)));
    let mut found: Vec<Option<PathBuf>> = each.collect::<Result<_, _>>()?;
    found.dedup();
    match found.as_slice() {
        [] | [None] => Ok(Config::default()),
        [Some(path)] => read(path),
        _ => Err(Failure {
            text: "the patterns have different configurations".to_owned(),
            help: Some("check them one by one, or name one with --config FILE".to_owned()),
        }),
    }
}

/// The directory in which a pattern begins.
fn directory(pattern: &str, working_directory: &Path) -> PathBuf {
    let fixed = pattern.split("...").next().unwrap_or("");
    let path = working_directory.join(fixed);
    let there = path.ancestors().find_map(|above| OsFiles.canonical(above).ok()).unwrap_or_else(|| working_directory.to_owned());
    // An import path, or a file.
    if OsFiles.kind(&there).is_ok_and(|entry| entry.kind == EntryKind::Directory) {
        there
    } else {
        there.parent().unwrap_or(&there).to_owned()
    }
}

/// The nearest configuration upward, inside the root. A link is followed to a file inside the root, like `a/goleaklint.toml` to the one
/// above; a link that leads out of it would let a repository read what is not its own.
fn nearest(directory: &Path) -> Result<Option<PathBuf>, Failure> {
    let root = project::root_of(directory, &OsFiles);
    let inside = directory.ancestors().take_while(|above| above.starts_with(root));
    let kind = |path: &PathBuf| OsFiles.kind(path).ok().map(|entry| entry.kind).filter(|&kind| kind != EntryKind::Directory);
    let Some((path, kind)) = inside.map(|above| above.join(CONFIG)).find_map(|path| kind(&path).map(|kind| (path, kind))) else {
        return Ok(None);
    };
    let leads_out = || OsFiles.canonical(&path).is_ok_and(|target| !target.starts_with(root));
    if kind == EntryKind::Link && leads_out() {
        return Err(Failure {
            text: format!("{} is a link that leads out of {}", path.display(), root.display()),
            help: Some("name the file with --config FILE, or go without it with --isolated".to_owned()),
        });
    }
    Ok(Some(path))
}

fn read(path: &Path) -> Result<Config, Failure> {
    let bytes = OsFiles.read(path).map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::new(format!("{} is not UTF-8", path.display())))?;
    let ids: Vec<&str> = ALL.iter().map(|rule| rule.id).collect();
    config::parse(&text, &ids)
        .map_err(|error| Failure { text: format!("{}:{}: {}", path.display(), error.line, error.message), help: error.help })
}

/// What is told where, if nothing else is said.
fn targets(asked: &[Target]) -> Vec<Target> {
    let usual = Target { format: if github::is_job() { Format::Github } else { Format::Pretty }, path: None };
    if asked.is_empty() { vec![usual] } else { asked.to_vec() }
}

fn tell(report: &Report, check: &Check, targets: &[Target]) -> Result<u8, Failure> {
    let mut code = report.exit_code(check.fail_on, check.exit_zero);
    let detail = match (check.quiet, check.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Usual,
    };
    let options = report::Options { detail, show_suppressed: check.show_suppressed, repository: github::repository(&report.project.root) };
    for target in targets {
        let Some(path) = &target.path else { continue };
        if let Err(error) = write::file(path, &rendered(report, target.format, &options, check.color == Color::Always)?) {
            super::complain(&Failure::new(format!("{} cannot be written: {error}", path.display())));
            code = 2;
        }
    }
    let output = targets.iter().find(|target| target.path.is_none());
    if output.is_some_and(|target| target.format == Format::Github)
        && let Err(failure) = github::write_summary(report, &options)
    {
        super::complain(&failure);
        code = 2;
    }
    if output.is_none_or(|target| !target.format.tells_problems()) {
        let mut problems = Vec::new();
        report.write_problems(&mut problems)?;
        let fixed = report.summary.fixed_text();
        if !fixed.is_empty() && !check.quiet {
            writeln!(problems, "fixed: {fixed}")?;
        }
        let _ = io::stderr().write_all(&problems);
    }
    let Some(target) = output else { return Ok(code) };
    print(&String::from_utf8_lossy(&rendered(report, target.format, &options, has_color(check.color))?), code)
}

fn rendered(report: &Report, format: Format, options: &report::Options, color: bool) -> io::Result<Vec<u8>> {
    if color {
        let mut out = Ansi::new(Vec::new());
        report.write(format, options, &mut out)?;
        Ok(out.into_inner())
    } else {
        let mut out = NoColor::new(Vec::new());
        report.write(format, options, &mut out)?;
        Ok(out.into_inner())
    }
}

fn has_color(color: Color) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
        Color::Auto => io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}
