//! Do the steps of `action.yml` do what they say? Each `run` block is run by bash as GitHub runs it, with the environment that GitHub sets;
//! only `cargo install` is answered with the program that was just built.
//!
//! Not here: the step that uploads, which is GitHub's.

use crate::{LEAK, home, text, write};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};
use tempfile::TempDir;

pub const TESTS: [(&str, fn()); 5] = [
    ("no script has an expression in it", no_script_has_an_expression),
    ("findings in a subdirectory are told from the repository's root", findings_in_a_subdirectory),
    ("a clean project passes and what cannot be read fails", clean_and_unreadable),
    ("inputs are words and never commands", inputs_are_words),
    ("other people's actions are pinned", actions_are_pinned),
];

/// A step of the action that runs a script.
struct Step {
    name: String,
    /// Names, and the expressions that they stand for.
    env: Vec<(String, String)>,
    run: String,
}

fn action() -> String {
    fs::read_to_string(home().join("action.yml")).unwrap()
}

/// The steps of a composite action, as far as `action.yml` uses YAML.
fn steps(action: &str) -> Vec<Step> {
    let (_, steps) = action.split_once("\n  steps:\n").unwrap();
    let blocks = steps.split("    - name: ").skip(1);
    let step = |block: &str| {
        let mut lines = block.lines();
        let name = lines.next().unwrap().to_owned();
        let (head, run) = block.split_once("      run: ")?;
        let env = head.split_once("      env:\n").map_or("", |(_, env)| env);
        let env = env.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let run = run.strip_prefix("|\n").unwrap_or(run).lines();
        let run: Vec<&str> = run.map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
        Some(Step { name, env: env.collect(), run: run.join("\n") })
    };
    blocks.filter_map(step).collect()
}

/// The default of each input.
fn defaults(action: &str) -> BTreeMap<String, String> {
    let (_, rest) = action.split_once("\ninputs:\n").unwrap();
    let (inputs, _) = rest.split_once("\noutputs:\n").unwrap();
    let mut defaults = BTreeMap::new();
    let mut name = String::new();
    for line in inputs.lines() {
        match line.strip_prefix("    default: ") {
            Some(value) => drop(defaults.insert(name.clone(), value.trim_matches('"').to_owned())),
            None if line.starts_with("  ") && !line.starts_with("   ") => name = line.trim().trim_end_matches(':').to_owned(),
            None => {}
        }
    }
    defaults
}

/// A job on a machine of GitHub.
struct Job {
    folder: TempDir,
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
    path: Vec<PathBuf>,
}

impl Job {
    fn new(inputs: &[(&str, &str)]) -> Job {
        let folder = tempfile::tempdir().unwrap();
        for name in ["workspace/.git", "temp", "tools"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let mut all = defaults(&action());
        all.extend(inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // `cargo install --quiet --locked --path P --root R` puts the program into R/bin.
        let program = env!("CARGO_BIN_EXE_goleaklint");
        let cargo = format!(
            "#!/bin/bash\nset -eu\n[ \"$*\" = \"install --quiet --locked --path $GITHUB_ACTION_PATH --root $7\" ]\n[ -f \"$5/Cargo.toml\" ]\n\
             mkdir -p \"$7/bin\"\nln -s '{program}' \"$7/bin/goleaklint\"\n"
        );
        let path = folder.path().join("tools/cargo");
        fs::write(&path, cargo).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut path = vec![folder.path().join("tools")];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        Job { folder, inputs: all, outputs: BTreeMap::new(), path }
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    fn value(&self, expression: &str) -> String {
        let name = expression.trim_start_matches("${{ ").trim_end_matches(" }}");
        match (name.strip_prefix("inputs."), name.strip_prefix("steps.check.outputs.")) {
            (Some(input), _) => self.inputs[input].clone(),
            (_, Some(output)) => self.outputs.get(output).cloned().unwrap_or_default(),
            _ => panic!("what is {expression}?"),
        }
    }

    /// Runs a step; what it writes to `GITHUB_OUTPUT` counts for those behind it.
    fn run(&mut self, name: &str) -> Output {
        let steps = steps(&action());
        let step = steps.iter().find(|step| step.name == name).unwrap();
        let file = |name: &str| self.folder.path().join(name);
        for name in ["output", "summary"] {
            fs::write(file(name), "").unwrap();
        }
        fs::write(file("script.sh"), &step.run).unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(file("script.sh"));
        command.current_dir(self.workspace()).env_clear().env("PATH", env::join_paths(&self.path).unwrap()).env("HOME", file("temp"));
        command.env("CI", "true").env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", self.workspace()).env("RUNNER_TEMP", file("temp"));
        command.env("GITHUB_ACTION_PATH", home()).env("GITHUB_OUTPUT", file("output"));
        command.env("GITHUB_STEP_SUMMARY", file("summary"));
        command.envs(step.env.iter().map(|(name, expression)| (name, self.value(expression))));
        let output = command.output().unwrap();
        let written = fs::read_to_string(file("output")).unwrap();
        let pairs = written.lines().map(|line| line.split_once('=').unwrap());
        self.outputs.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        output
    }

    fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// A project with a leak in `service/store/store.go`, line 11.
fn leaky(root: &Path) {
    write(root, "service/go.mod", "module example.com/service\n\ngo 1.24\n");
    write(root, "service/store/store.go", &format!("package store\n\n{LEAK}"));
}

fn no_script_has_an_expression() {
    let action = action();
    let steps = steps(&action);
    assert_eq!(steps.len(), 4, "steps with scripts");
    let bad: Vec<&str> = steps.iter().filter(|step| step.run.contains("${{")).map(|step| step.name.as_str()).collect();
    assert_eq!(bad, [""; 0]);
    assert!(action.matches("${{").count() > 5);
}

fn findings_in_a_subdirectory() {
    let mut job = Job::new(&[("working-directory", "service")]);
    leaky(&job.workspace());
    let built = job.run("Build goleaklint");
    assert_eq!(code(&built), 0, "{}", text(&built));
    let checked = job.run("Look for leaks");
    assert_eq!((code(&checked), job.output("exit-code")), (0, "1"), "{}", text(&checked));
    assert!(text(&checked).contains("store/store.go:11:3"), "the log is for people: {}", text(&checked));
    let sarif: serde_json::Value = serde_json::from_str(&fs::read_to_string(job.output("sarif-file")).unwrap()).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "defer-in-loop");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "service/store/store.go");
    let annotated = job.run("Annotate");
    assert_eq!(code(&annotated), 0, "{}", text(&annotated));
    let told = text(&annotated);
    assert!(told.lines().any(|line| line.starts_with("::warning ") && line.contains("file=service/store/store.go,line=11")), "{told}");
    assert_eq!(code(&job.run("Result")), 1);
    job.inputs.insert("fail".to_owned(), "false".to_owned());
    assert_eq!(code(&job.run("Result")), 0);
}

fn clean_and_unreadable() {
    let mut job = Job::new(&[("args", "--rule defer-in-loop\n--tests")]);
    write(&job.workspace(), "go.mod", "module example.com/p\n");
    write(&job.workspace(), "a.go", "package p\n");
    job.run("Build goleaklint");
    let checked = job.run("Look for leaks");
    assert_eq!((code(&checked), job.output("exit-code")), (0, "0"), "{}", text(&checked));
    assert_eq!(code(&job.run("Result")), 0);
    fs::write(job.workspace().join("b.go"), "package p\0").unwrap();
    let checked = job.run("Look for leaks");
    assert_eq!((code(&checked), job.output("exit-code")), (0, "2"), "{}", text(&checked));
    job.inputs.insert("fail".to_owned(), "false".to_owned());
    assert_eq!(code(&job.run("Result")), 2);
    // A request that cannot be answered.
    job.inputs.insert("patterns".to_owned(), "./nowhere".to_owned());
    let checked = job.run("Look for leaks");
    assert_eq!(job.output("exit-code"), "2", "{}", text(&checked));
}

fn inputs_are_words() {
    let mut job = Job::new(&[("patterns", "$(touch hacked) `touch hacked` ; touch hacked"), ("args", "--rule=$(touch hacked)")]);
    leaky(&job.workspace());
    job.run("Build goleaklint");
    job.run("Look for leaks");
    assert_eq!(job.output("exit-code"), "2");
    job.run("Annotate");
    assert!(!job.workspace().join("hacked").exists());
    // A pattern is no option.
    job.inputs.insert("patterns".to_owned(), "--version".to_owned());
    job.inputs.insert("args".to_owned(), String::new());
    let checked = job.run("Look for leaks");
    assert_eq!(job.output("exit-code"), "2", "{}", text(&checked));
}

fn actions_are_pinned() {
    let workflow = fs::read_to_string(home().join(".github/workflows/ci.yml")).unwrap();
    let texts = [action(), workflow];
    let used: Vec<&str> =
        texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once("uses: ")).map(|(_, used)| used).collect();
    assert_eq!(used.len(), 2, "{used:?}");
    for used in used {
        let (_, rest) = used.split_once('@').unwrap();
        let (hash, version) = rest.split_once(" # v").unwrap();
        assert!(hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && version.contains('.'), "{used}");
    }
}
