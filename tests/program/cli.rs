//! Options, configuration and exit codes.

use crate::reports::FORMATS;
use crate::{LEAK, code, program, run, stderr, stdout, tree};
use std::fs::{self, File};
use std::process::Stdio;

const CLEAN: &str = "package p\n\nfunc F() {}\n";
const BROKEN: &str = "package p\n\nfunc F() { x := }\n\nfunc G() {}\n";

#[test]
fn exit_codes_are_the_same_for_every_format() {
    let clean = tree(&[("a.go", CLEAN)]);
    let leak = tree(&[("a.go", LEAK)]);
    let unread = tree(&[("a.go", LEAK), ("b.go", "package p\0\n")]);
    for format in FORMATS {
        let exit = |tree: &tempfile::TempDir, more: &[&str]| code(&run(tree.path(), &[&["--format", format, "./..."], more].concat()));
        assert_eq!(exit(&clean, &[]), 0, "{format}");
        assert_eq!(exit(&leak, &[]), 1, "{format}");
        assert_eq!(exit(&leak, &["--fail-on", "error"]), 0, "{format}");
        assert_eq!(exit(&leak, &["--exit-zero"]), 0, "{format}");
        assert_eq!(exit(&unread, &[]), 2, "{format}");
        assert_eq!(exit(&unread, &["--exit-zero"]), 2, "{format}");
        assert_eq!(exit(&leak, &["--nonsense"]), 2, "{format}");
    }
    let output = run(unread.path(), &["--format", "concise"]);
    assert!(stdout(&output).starts_with("a.go:11:3: "), "findings are still told: {}", stdout(&output));
    assert!(stderr(&output).starts_with("problem: b.go"), "{}", stderr(&output));
}

#[test]
fn a_syntax_error_is_a_problem_and_exits_1() {
    let tree = tree(&[("a.go", &format!("{BROKEN}\nfunc H() {{ for {{ defer x( }} }}\n"))]);
    let output = run(tree.path(), &["--format", "json"]);
    assert_eq!(code(&output), 1, "{}", stdout(&output));
    assert!(stdout(&output).contains("\"problems\":[{\"path\":\"a.go\",\"line\":"), "{}", stdout(&output));
}

#[test]
fn rules_are_chosen_and_slips_are_corrected() {
    let leak = tree(&[("a.go", LEAK)]);
    assert_eq!(code(&run(leak.path(), &["--rule", "defer-in-loop"])), 1);
    assert_eq!(code(&run(leak.path(), &["--skip", "defer-in-loop"])), 0);
    for arguments in [&["--rule", "defer-in-lop"][..], &["--skip", "defer-in-lop"], &["explain", "defer-in-lop"]] {
        let output = run(leak.path(), arguments);
        assert_eq!((code(&output), stdout(&output)), (2, String::new()));
        assert_eq!(stderr(&output), "error: there is no rule `defer-in-lop`\nhelp: did you mean `defer-in-loop`?\n");
    }
}

#[test]
fn the_nearest_configuration_counts_and_flags_win() {
    let tree = tree(&[
        ("goleaklint.toml", "[rules.defer-in-loop]\nenabled = false\n"),
        ("a/a.go", LEAK),
        ("b/b.go", LEAK),
        ("b/goleaklint.toml", ""),
    ]);
    assert_eq!(code(&run(tree.path(), &["./a"])), 0);
    assert_eq!(code(&run(tree.path(), &["./b"])), 1);
    assert_eq!(code(&run(tree.path(), &["./a", "--isolated"])), 1);
    assert_eq!(code(&run(tree.path(), &["./a", "--config", "b/goleaklint.toml"])), 1);
    assert_eq!(code(&run(tree.path(), &["./a", "--rule", "defer-in-loop"])), 1);
    assert!(stderr(&run(tree.path(), &["./a", "./b"])).contains("different configurations"));
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_line() {
    let tree = tree(&[("goleaklint.toml", "tests = true\nprofil = 'all'\n"), ("a.go", CLEAN)]);
    let output = run(tree.path(), &[]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).ends_with("goleaklint.toml:2: unknown key `profil`\nhelp: did you mean `profile`?\n"), "{}", stderr(&output));
    assert_eq!(code(&run(tree.path(), &["--config", "nowhere.toml"])), 2);
}

#[test]
fn facts_of_the_configuration_are_used() {
    let loops = "package p\n\nimport \"example.com/pool\"\n\nfunc F(p *pool.Pool, names []string) {\n\tfor _, name := range names {\n\t\tlease, err := pool.Take(name)\n\t\tif err != nil {\n\t\t\treturn\n\t\t}\n\t\tdefer lease.Free()\n\t\tprintln(lease.ID)\n\t}\n}\n";
    let facts = "[[resource]]\nacquire = 'example.com/pool.Take'\nrelease = 'Free'\nrule = 'closer-not-closed'\nkind = 'memory'\nnoun = 'lease'\n\n[results]\n'example.com/pool.Take' = ['*example.com/pool.Lease', 'error']\n";
    let tree = tree(&[("a.go", loops), ("facts.toml", facts), ("wrong.toml", &facts.replace("pool.Take'", "pool.(*Pool)Take'"))]);
    assert_eq!(code(&run(tree.path(), &[])), 0, "nothing is known of example.com/pool");
    let output = run(tree.path(), &["--config", "facts.toml", "--format", "concise"]);
    assert_eq!((code(&output), stderr(&output)), (1, String::new()));
    assert!(stdout(&output).starts_with("a.go:11:3: ") && stdout(&output).contains("keeps another lease"), "{}", stdout(&output));
    let output = run(tree.path(), &["--config", "wrong.toml"]);
    assert_eq!((code(&output), stdout(&output)), (2, String::new()));
    let error = "wrong.toml:2: `example.com/pool.(*Pool)Take` can be no function's name\nhelp: write `os.Open`, `net/http.(*Client).Do`";
    assert!(stderr(&output).contains(error), "{}", stderr(&output));
}

#[test]
fn what_the_readme_shows_of_the_configuration_is_right() {
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let config = goleaklint::config::parse(block, &["defer-in-loop"]).unwrap_or_else(|error| panic!("{error:?}\n{block}"));
        assert!(config.profile.is_some() || config.facts.never_returns("github.com/x/y.Fatal"));
    }
}

#[test]
fn test_files_are_read_when_asked_for() {
    let tree = tree(&[("a.go", CLEAN), ("a_test.go", LEAK)]);
    let output = run(tree.path(), &[]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("left out: 1 test file (--tests reads them)"), "{}", stdout(&output));
    assert!(!stdout(&run(tree.path(), &["--tests"])).contains("left out: 1 test"));
    assert!(!stdout(&run(tree.path(), &["-q"])).contains("left out"));
}

#[test]
fn a_report_goes_to_a_file_whole() {
    let tree = tree(&[("a.go", LEAK)]);
    let output = run(tree.path(), &["--format", "json=r.json", "--format", "concise"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).starts_with("a.go:11:3: "));
    assert!(
        fs::read_to_string(tree.path().join("r.json")).unwrap().starts_with("{\"version\":1,\"findings\":[{\"rule\":\"defer-in-loop\",")
    );
    let names: Vec<_> = fs::read_dir(tree.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.len(), 3, "nothing else is left behind: {names:?}");
    assert_eq!(code(&run(tree.path(), &["--format", "json=nowhere/r.json"])), 2);
    assert_eq!(code(&run(tree.path(), &["--format", "json=/dev/null"])), 1);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    assert_eq!(code(&run(tree.path(), &["--format", "json", "--format", "concise"])), 2);
    assert_eq!(code(&run(tree.path(), &["--format", "json=x", "--format", "concise=x"])), 2);
}

#[test]
fn all_formats_at_once() {
    let tree = tree(&[("a.go", LEAK)]);
    let named = ["pretty=p.txt", "concise=c.txt", "json=j.json", "sarif=s.sarif", "github=g.txt"];
    let arguments: Vec<&str> = named.iter().flat_map(|target| ["--format", target]).collect();
    let output = run(tree.path(), &[&arguments[..], &["--format", "concise"]].concat());
    assert_eq!((code(&output), stdout(&output).lines().count()), (1, 1));
    for target in named {
        let text = fs::read_to_string(tree.path().join(target.split_once('=').unwrap().1)).unwrap();
        assert!(text.contains("defer-in-loop"), "{target}");
    }
    assert!(stderr(&run(tree.path(), &["--format", "sarf"])).contains("did you mean `sarif`?"));
}

#[cfg(unix)]
#[test]
fn a_report_takes_the_place_of_a_file_and_no_other() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let tree = tree(&[("a.go", LEAK)]);
    let at = |name: &str| tree.path().join(name);
    fs::write(at("real.json"), "old").unwrap();
    fs::set_permissions(at("real.json"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.json", at("link.json")).unwrap();
    assert_eq!(code(&run(tree.path(), &["--format", "json=link.json"])), 1);
    assert!(fs::symlink_metadata(at("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("real.json")).unwrap().starts_with("{\"version\":1"));
    assert_eq!(fs::metadata(at("real.json")).unwrap().permissions().mode() & 0o777, 0o640);
    // A pipe is written to, and stays.
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = at("pipe");
        move || fs::read_to_string(pipe).unwrap()
    });
    assert_eq!(code(&run(tree.path(), &["--format", "json=pipe"])), 1);
    assert!(reader.join().unwrap().ends_with("}\n"));
    assert!(!fs::metadata(at("pipe")).unwrap().is_file());
    // What the output goes to is no file to replace.
    let output = File::create(at("out.json")).unwrap();
    assert_eq!(
        program(tree.path()).args(["--format", "json=/dev/stdout"]).stdout(output.try_clone().unwrap()).status().unwrap().code(),
        Some(1)
    );
    assert!(output.metadata().unwrap().len() > 100, "the same file");
}

#[test]
fn a_full_disk_is_told_and_a_closed_pipe_is_not() {
    let tree = tree(&[("a.go", LEAK)]);
    let full = program(tree.path()).stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap();
    assert_eq!(code(&full), 2);
    assert!(stderr(&full).starts_with("error: cannot write the output"), "{}", stderr(&full));
    for format in FORMATS {
        let output = run(tree.path(), &["--format", &format!("{format}=/dev/full"), "--format", "concise"]);
        assert_eq!((code(&output), stdout(&output).lines().count()), (2, 1), "{format}: the rest is told");
        assert!(stderr(&output).starts_with("error: /dev/full cannot be written: "), "{format}: {}", stderr(&output));
    }
    let mut closed = program(tree.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(closed.stdout.take());
    let closed = closed.wait_with_output().unwrap();
    assert_eq!((code(&closed), stderr(&closed)), (0, String::new()));
}

#[test]
fn colours_follow_the_flag_then_the_environment() {
    let tree = tree(&[("a.go", LEAK)]);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = program(tree.path()).args(arguments).envs(variables.iter().copied()).output().unwrap();
        stdout(&output).contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "no terminal");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn rules_are_listed_and_explained() {
    let tree = tree(&[]);
    assert!(stdout(&run(tree.path(), &["rules"])).contains("\ndefer-in-loop  "));
    let list: serde_json::Value = serde_json::from_slice(&run(tree.path(), &["rules", "--json"]).stdout).unwrap();
    assert_eq!(list["rules"][0]["id"], "defer-in-loop");
    assert!(stdout(&run(tree.path(), &["explain", "defer-in-loop"])).starts_with("# defer-in-loop: "));
    assert!(stdout(&run(tree.path(), &["--version"])).starts_with("goleaklint "));
    assert_eq!(code(&run(tree.path(), &["--help"])), 0);
    assert_eq!(code(&run(tree.path(), &["-j", "0"])), 2);
}

#[cfg(unix)]
#[test]
fn a_configuration_is_not_followed_out_of_the_root() {
    let secret = tree(&[("goleaklint.toml", "secret = \"x\"\n")]);
    let tree = tree(&[("a/a.go", LEAK), ("b/b.go", LEAK), ("b/real.toml", "[rules.defer-in-loop]\nenabled = false\n")]);
    std::os::unix::fs::symlink(secret.path().join("goleaklint.toml"), tree.path().join("a/goleaklint.toml")).unwrap();
    std::os::unix::fs::symlink("real.toml", tree.path().join("b/goleaklint.toml")).unwrap();
    let output = run(tree.path(), &["./a"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("is a link that leads out of"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("secret ="), "{}", stderr(&output));
    assert_eq!(code(&run(tree.path(), &["./a", "--isolated"])), 1);
    assert_eq!(code(&run(tree.path(), &["./b"])), 0, "a link inside the root");
}

/// As pre-commit and lint-staged pass them: some files of several packages, in one run.
#[test]
fn files_of_several_directories_bring_their_packages() {
    let trial = LEAK.replace("defer f.Close()", "defer release(f)");
    let helper = "package p\n\nimport \"os\"\n\nfunc release(f *os.File) { f.Close() }\n\nfunc Old(paths []string) {\n\tfor _, p := range paths {\n\t\tf, _ := os.Open(p)\n\t\tdefer f.Close()\n\t}\n}\n";
    let other = ("other/go.mod", "module example.com/other\n");
    let tree = tree(&[("a/a.go", &trial), ("a/help.go", helper), ("b/b.go", LEAK), ("b/b_test.go", LEAK), other, ("other/o.go", LEAK)]);
    let absolute = tree.path().join("other/o.go");
    let output = run(tree.path(), &["--format", "concise", "a/a.go", "b/b.go", "b/b_test.go", absolute.to_str().unwrap()]);
    let places: Vec<String> = stdout(&output).lines().map(|line| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")).collect();
    assert_eq!(places, ["a/a.go:11", "b/b.go:11", "other/o.go:11"], "the helper is known, and its own leak is not told");
    assert_eq!(code(&output), 1);
}
