//! Do the pages tell the truth? The functions under `## Leaks` are run and must leave something behind, the others must not.
//!
//! ```go
//! leak.Check(t, true, leak.Goroutines, 2, func() { never(u) }) // http-body-not-closed: ten calls, twenty goroutines
//! ```
//!
//! The pages say what is run; `proofs/recipes.toml` says how it is called and what is counted, `proofs/leak.go` counts. Every block
//! with a function of a recipe becomes a package, every page a test program. Where Go's own profile of leaked goroutines can see the leak, it must name the function.
//!
//! Not here: whether the analyser finds it (`tests/rules`), timers before Go 1.23, which no Go that runs this has.

use crate::go::Go;
use crate::want::{self, Block};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use toml::{Table, Value};

/// The packages that calls use, beside those of this test.
const STD: &[&str] = &[
    "archive/zip",
    "bytes",
    "context",
    "database/sql",
    "encoding/binary",
    "fmt",
    "io",
    "math",
    "net",
    "net/http",
    "net/http/httptest",
    "net/url",
    "os",
    "path/filepath",
    "runtime",
    "runtime/cgo",
    "slices",
    "strconv",
    "strings",
    "sync",
    "sync/atomic",
    "syscall",
    "time",
];
const SECTIONS: [(&str, &str); 3] = [("leaks", "Leaks"), ("good", "Does not leak"), ("fixed", "How to fix it")];

pub fn leak_and_do_not(go: &Go) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recipes: Table = fs::read_to_string(home.join("tests/oracle/proofs/recipes.toml")).unwrap().parse().unwrap();
    let module = tempfile::tempdir().unwrap();
    let sync = "require golang.org/x/sync v0.0.0\n\nreplace golang.org/x/sync => ./sync\n";
    write(&module.path().join("go.mod"), &format!("module proofs\n\ngo 1.26\n\n{sync}"));
    // Nothing is downloaded: Go's own commands bring a part of it along.
    write(&module.path().join("sync/go.mod"), "module golang.org/x/sync\n\ngo 1.21\n");
    let errgroup = go.goroot().join("src/cmd/vendor/golang.org/x/sync/errgroup/errgroup.go");
    write(&module.path().join("sync/errgroup/errgroup.go"), &fs::read_to_string(errgroup).unwrap());
    write(&module.path().join("leak/leak.go"), &fs::read_to_string(home.join("tests/oracle/proofs/leak.go")).unwrap());
    let mut proofs = BTreeMap::new();
    let mut waiting = Vec::new();
    for (rule, recipe) in &recipes {
        // A page that waits for its rule is no page yet.
        let pages = ["rules", "tests/oracle/proofs/pages"].map(|folder| home.join(folder).join(format!("{rule}.md")));
        match pages.iter().find_map(|path| fs::read_to_string(path).ok()) {
            Some(page) => drop(proofs.insert(rule, prepare(rule, recipe.as_table().unwrap(), &page, module.path()))),
            None => waiting.push(rule.as_str()),
        }
    }
    println!("{} functions of {} pages; no page yet: {waiting:?}", proofs.values().sum::<usize>(), proofs.len());
    let mut command = Command::new(&go.command);
    command.args(["test", "-vet=off", "-count=1", "-timeout=300s", "./..."]).current_dir(module.path());
    command.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOFLAGS", ""), ("GOWORK", "off")]);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let wrong: Vec<&str> = told.lines().filter(|line| !line.starts_with("ok ") && !line.contains("[no test files]")).collect();
    assert!(output.status.success(), "{}\n{}", wrong.join("\n"), String::from_utf8_lossy(&output.stderr));
}

/// Writes the packages of a page; how many functions they run.
fn prepare(rule: &str, recipe: &Table, page: &str, module: &Path) -> usize {
    let text = |key: &str| recipe[key].as_str().unwrap();
    let (count, setup, each) = (text("count"), text("setup"), recipe["each"].as_integer().unwrap());
    let profiled =
        recipe.get("profiled").and_then(Value::as_array).map_or(Vec::new(), |names| names.iter().flat_map(Value::as_str).collect());
    let blocks = want::blocks(page).unwrap();
    let mut run = BTreeSet::new();
    let mut functions = 0;
    let (mut imports, mut all) = (String::new(), String::new());
    for block in blocks.iter().filter(|block| block.file.is_none() && block.nocompile.is_none()) {
        let Some((key, _)) = SECTIONS.iter().find(|(_, section)| *section == block.section) else { continue };
        let Some(calls) = recipe.get(*key).and_then(Value::as_table) else { continue };
        let mut tests = String::new();
        for (function, call) in calls.iter().filter(|(function, _)| declares(block, function)) {
            let (leaks, call) = (*key == "leaks", call.as_str().unwrap());
            let named = format!("; leak.Named(t, {:?})", function.rsplit('.').next().unwrap_or_default());
            let named = if leaks && profiled.contains(&function.as_str()) { named.as_str() } else { "" };
            let check = format!("leak.Check(t, {leaks}, {count}, {each}, func() {{ {call} }}){named}");
            writeln!(tests, "\tt.Run({function:?}, func(t *testing.T) {{ {check} }})").unwrap();
            run.insert((*key, function.as_str()));
            functions += 1;
        }
        if !tests.is_empty() {
            // The name of the package tells where its block stands.
            let name = format!("line{}", block.line);
            write(&module.join(rule).join(&name).join("page.go"), &want::as_file(&block.text).unwrap());
            write(&module.join(rule).join(&name).join("proof.go"), &proof(setup, &tests));
            writeln!(imports, "\t{name} \"proofs/{rule}/{name}\"").unwrap();
            writeln!(all, "\tt.Run({name:?}, {name}.Proof)").unwrap();
        }
    }
    let test = format!("package proof\n\nimport (\n\t\"testing\"\n{imports})\n\nfunc TestPage(t *testing.T) {{\n{all}}}\n");
    write(&module.join(rule).join("page_test.go"), &test);
    for (key, section) in SECTIONS {
        let calls = recipe.get(key).and_then(Value::as_table);
        for function in calls.into_iter().flat_map(Table::keys) {
            assert!(run.contains(&(key, function.as_str())), "the page of {rule} has no function `{function}` under `## {section}`");
        }
    }
    for function in profiled {
        assert!(run.contains(&("leaks", function)), "`{function}` of {rule} is in no call that leaks");
    }
    functions
}

/// Whether a block has a function or a method with a name; `Bank.Pay` is a method of one type.
fn declares(block: &Block, function: &str) -> bool {
    let parts = match function.split_once('.') {
        Some((ty, method)) => vec![format!(" {ty}) {method}("), format!("*{ty}) {method}(")],
        None => vec![format!("func {function}("), format!(") {function}(")],
    };
    block.text.lines().any(|line| line.starts_with("func ") && parts.iter().any(|part| line.contains(part)))
}

fn proof(setup: &str, tests: &str) -> String {
    let body = format!("{setup}\n{tests}");
    let used = STD.iter().filter(|path| uses(&body, path.rsplit('/').next().unwrap_or(path)));
    let imports: String = used.chain(&["testing", "proofs/leak"]).map(|path| format!("\t{path:?}\n")).collect();
    format!("package p\n\nimport (\n{imports})\n\nfunc Proof(t *testing.T) {{\n{body}}}\n")
}

/// Whether `name.` stands in a text as a word.
fn uses(text: &str, name: &str) -> bool {
    text.match_indices(&format!("{name}.")).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
