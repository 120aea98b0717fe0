//! `--fix`: which files change, how they are written, what is told, and how it exits.
//!
//! Not here: what the fixes of pages and fixtures make of them (`tests/rules`), which fixes go together (`src/fix`).

use crate::{LEAK, code, program, run, stderr, stdout, tree};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A leak with a safe fix, and the same with it.
const OPEN: &str = "package p\n\nimport \"os\"\n\nfunc F(p string) error {\n\tf, err := os.Open(p)\n\tif err != nil {\n\t\treturn err\n\t}\n\t_, err = f.Stat()\n\treturn err\n}\n";
const DEFER: &str = "\n\tdefer f.Close()";

fn mended(text: &str) -> String {
    let at = text.find("\t_, err =").unwrap();
    let before = text[..at].trim_end();
    let line_end = &text[before.len()..at];
    format!("{before}{}{line_end}{}", DEFER.replace('\n', line_end), &text[at..])
}

fn read(tree: &Path, path: &str) -> String {
    fs::read_to_string(tree.join(path)).unwrap()
}

#[test]
fn what_is_fixed_is_counted_and_what_is_left_is_told() {
    let tree = tree(&[("a.go", OPEN), ("b.go", LEAK.replace('F', "G").as_str()), ("c/c.go", OPEN)]);
    let before = run(tree.path(), &["./..."]);
    assert!(stdout(&before).ends_with("fixable: 2 findings with --fix\n"), "{}", stdout(&before));
    let output = run(tree.path(), &["--fix", "./..."]);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert!(text.contains("b.go:11:3") && !text.contains("a.go"), "{text}");
    assert!(text.contains("1 finding (1 warning)") && text.ends_with("fixed: 2 findings in 2 files\n"), "{text}");
    assert_eq!(read(tree.path(), "a.go"), mended(OPEN));
    assert_eq!(read(tree.path(), "c/c.go"), mended(OPEN));
    let again = run(tree.path(), &["--fix", "./..."]);
    assert!(!stdout(&again).contains("fixed:"), "{}", stdout(&again));
    assert_eq!(read(tree.path(), "a.go"), mended(OPEN));
}

#[test]
fn nothing_is_left_and_the_exit_code_is_0() {
    let tree = tree(&[("a.go", OPEN)]);
    let output = run(tree.path(), &["--fix", "--format", "concise", "-v"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (0, ""));
    assert_eq!(stderr(&output), "fixed: 1 finding in 1 file\n");
    let output = run(tree.path(), &["--fix", "--format", "json"]);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&json["summary"]["fixed"], &json["summary"]["findings"]), (&0.into(), &0.into()));
}

#[test]
fn each_fixed_finding_is_told_with_v() {
    let tree = tree(&[("a.go", OPEN)]);
    let text = stdout(&run(tree.path(), &["--fix", "-v"]));
    assert!(text.contains("fixed: 1 finding in 1 file\n  a.go:6: add `defer f.Close()` (file-not-closed)\n"), "{text}");
}

/// What is told of places is true of the files as they are now.
#[test]
fn places_are_those_of_the_fixed_text() {
    let tree = tree(&[("a.go", &format!("{OPEN}{}", LEAK.split_once("import \"os\"\n").unwrap().1.replace('F', "G")))]);
    let json: Value = serde_json::from_str(&stdout(&run(tree.path(), &["--fix", "--format", "json"]))).unwrap();
    let line = json["findings"][0]["start"]["line"].as_u64().unwrap() as usize;
    assert_eq!(read(tree.path(), "a.go").lines().nth(line - 1), Some("\t\tdefer f.Close()"));
    assert_eq!(json["summary"]["fixed"], 1);
}

#[test]
fn a_preview_changes_nothing() {
    let tree = tree(&[("sub/a.go", OPEN)]);
    let output = run(tree.path(), &["--fix-preview", "--format", "json=r.json", "./..."]);
    assert_eq!(code(&output), 1);
    let wanted = "--- a/sub/a.go\n+++ b/sub/a.go\n@@ -7,6 +7,7 @@\n \tif err != nil {\n \t\treturn err\n \t}\n+\tdefer f.Close()\n \t_, err = f.Stat()\n \treturn err\n }\n";
    assert_eq!(stdout(&output), wanted);
    assert_eq!(stderr(&output), "would be fixed: 1 finding in 1 file; left: 0\n");
    assert_eq!(read(tree.path(), "sub/a.go"), OPEN);
    let json: Value = serde_json::from_str(&read(tree.path(), "r.json")).unwrap();
    assert_eq!(json["summary"]["findings"], 1, "what is found now");
    assert_eq!(code(&run(tree.path(), &["--fix-preview", "--exit-zero", "./..."])), 0);
    assert_eq!(code(&run(tree.path(), &["--fix-preview", "--fail-on", "error", "./..."])), 1, "something would change");
    run(tree.path(), &["--fix", "./..."]);
    let output = run(tree.path(), &["--fix-preview", "./..."]);
    assert_eq!((code(&output), stdout(&output).as_str()), (0, ""));
}

#[test]
fn a_preview_and_a_fix_exclude_each_other() {
    let tree = tree(&[("a.go", OPEN)]);
    assert_eq!(code(&run(tree.path(), &["--fix", "--fix-preview"])), 2);
    let output = run(tree.path(), &["--fix-preview", "--format", "sarif"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("--fix-preview prints a diff"), "{}", stderr(&output));
    // By itself it says nothing about writing.
    run(tree.path(), &["--unsafe-fixes"]);
    assert_eq!(read(tree.path(), "a.go"), OPEN);
}

/// The edits in a report are those that are applied.
#[test]
fn reports_have_the_edits_that_are_applied() {
    let text = OPEN.replace('\n', "\r\n");
    let tree = tree(&[("a.go", &text)]);
    let json: Value = serde_json::from_str(&stdout(&run(tree.path(), &["--format", "json"]))).unwrap();
    let edit = &json["findings"][0]["fix"]["edits"][0];
    let (start, end) = (&edit["start"]["offset"], &edit["end"]["offset"]);
    let (start, end) = (start.as_u64().unwrap() as usize, end.as_u64().unwrap() as usize);
    let made = format!("{}{}{}", &text[..start], edit["text"].as_str().unwrap(), &text[end..]);
    let sarif: Value = serde_json::from_str(&stdout(&run(tree.path(), &["--format", "sarif"]))).unwrap();
    let replacement = &sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], edit["text"]);
    assert_eq!(replacement["deletedRegion"]["startLine"], edit["start"]["line"]);
    run(tree.path(), &["--fix"]);
    assert_eq!(read(tree.path(), "a.go"), made);
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    for text in [OPEN.replace('\n', "\r\n"), format!("\u{feff}{OPEN}"), format!("\u{feff}{}", OPEN.replace('\n', "\r\n"))] {
        let tree = tree(&[("a.go", &text)]);
        assert_eq!(code(&run(tree.path(), &["--fix"])), 0);
        assert_eq!(read(tree.path(), "a.go"), mended(&text));
    }
}

/// A deferred release of what may be nil would panic.
#[test]
fn what_may_be_nil_is_not_released() {
    let ignored =
        OPEN.replace("f, err := os.Open(p)\n\tif err != nil {\n\t\treturn err\n\t}", "f, _ := os.Open(p)").replace("_, err =", "_, err :=");
    let told = OPEN.replace("\t\treturn err\n\t}", "\t\tprintln(err)\n\t}");
    for text in [&ignored, &told] {
        let tree = tree(&[("a.go", text)]);
        let output = run(tree.path(), &["--fix", "--min-confidence", "low"]);
        assert!(stdout(&output).contains("file-not-closed") && !stdout(&output).contains("fix"), "{}", stdout(&output));
        assert_eq!(read(tree.path(), "a.go"), *text);
    }
}

/// Two leaks in one function, and one whose loop lies in the loop of another.
#[test]
fn what_waits_for_another_fix_is_done_in_the_same_run() {
    let one = "\t\tf, err := os.Open(p)\n\t\tif err != nil {\n\t\t\tpanic(err)\n\t\t}\n\t\tdefer f.Close()\n";
    let inner = format!(
        "\t\tfor range ps {{\n{}\t\t}}\n",
        one.replace("\t\t", "\t\t\t").replace('f', "g").replace("deger", "defer").replace("ig ", "if ")
    );
    let text = format!("package p\n\nimport \"os\"\n\nfunc F(ps []string) {{\n\tfor _, p := range ps {{\n{one}{inner}\t}}\n}}\n");
    let tree = tree(&[("a.go", &text)]);
    let output = run(tree.path(), &["--fix", "--min-confidence", "low"]);
    let after = read(tree.path(), "a.go");
    assert_eq!(code(&output), 0, "{after}{}", stdout(&output));
    assert_eq!(after.matches("func() {").count(), 2, "{after}");
    assert!(stdout(&output).contains("fixed: 2 findings in 1 file"), "{}", stdout(&output));
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::time::{Duration, Instant};

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_mode_stays() {
        let tree = tree(&[("a.go", OPEN)]);
        let path = tree.path().join("a.go");
        mode(&path, 0o755);
        assert_eq!(code(&run(tree.path(), &["--fix"])), 0);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::metadata(&path).unwrap().uid(), fs::metadata(tree.path()).unwrap().uid());
        let names: Vec<_> = fs::read_dir(tree.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn a_read_only_file_stays_and_the_rest_is_fixed() {
        let tree = tree(&[("a.go", OPEN), ("b/b.go", OPEN)]);
        mode(&tree.path().join("a.go"), 0o444);
        let output = run(tree.path(), &["--fix", "./..."]);
        assert_eq!(code(&output), 2, "what was asked for was not done");
        let text = stdout(&output);
        assert!(text.contains("problem: a.go: no fix was written: it is read-only"), "{text}");
        assert!(text.contains("a.go:6:12") && text.contains("fixed: 1 finding in 1 file"), "{text}");
        assert_eq!((read(tree.path(), "a.go"), read(tree.path(), "b/b.go")), (OPEN.to_owned(), mended(OPEN)));
    }

    #[test]
    fn a_link_that_leads_out_is_left_alone() {
        let (tree, outside) = (tree(&[("b.go", OPEN)]), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("o.go"), OPEN).unwrap();
        symlink(outside.path().join("o.go"), tree.path().join("a.go")).unwrap();
        symlink(outside.path(), tree.path().join("sub")).unwrap();
        for patterns in [&["./..."][..], &["a.go"], &["./sub"]] {
            run(tree.path(), &[&["--fix"], patterns].concat());
            assert_eq!(read(outside.path(), "o.go"), OPEN, "{patterns:?}");
        }
        assert!(fs::symlink_metadata(tree.path().join("a.go")).unwrap().is_symlink());
        assert_eq!(read(tree.path(), "b.go"), mended(OPEN));
    }

    /// Whenever the program is killed, each file is as it was or as it should be.
    #[test]
    fn a_killed_program_leaves_whole_files() {
        const FILES: usize = 30;
        let name = |number: usize| format!("d{number}/f.go");
        let big = |number: usize| format!("{}\n{}", OPEN.replace("func F", &format!("func F{number}")), "// text\n".repeat(500));
        let texts: Vec<(String, String)> = (0..FILES).map(|number| (name(number), big(number))).collect();
        let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let start = Instant::now();
        let whole = tree(&files);
        let unpacked = start.elapsed();
        let start = Instant::now();
        assert_eq!(code(&run(whole.path(), &["--fix", "./..."])), 0);
        let takes = start.elapsed().max(unpacked / 4);
        let (mut early, mut late, mut seed) = (0, 0, 42u64);
        for _ in 0..50 {
            let tree = tree(&files);
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let wait = takes.mul_f64((seed >> 33) as f64 / (1u64 << 31) as f64);
            let mut child = program(tree.path()).args(["--fix", "-q", "./..."]).stdout(std::process::Stdio::null()).spawn().unwrap();
            std::thread::sleep(wait.max(Duration::from_micros(100)));
            let _ = child.kill();
            child.wait().unwrap();
            for (name, old) in &texts {
                let text = read(tree.path(), name);
                let is_old = text == *old;
                assert!(is_old || text == mended(old), "{name} is neither the old nor the new text after {wait:?}");
                early += usize::from(is_old);
                late += usize::from(!is_old);
            }
            // What the killed run left behind is in nobody's way.
            assert_eq!(code(&run(tree.path(), &["--fix", "-q", "./..."])), 0);
            assert!(texts.iter().all(|(name, old)| read(tree.path(), name) == mended(old)));
        }
        assert!(early > 0 && late > 0, "{early} old, {late} new: the moments were not in between");
    }
}
