//! What is printed: the same for any number of threads, and safe to look at.

use crate::{LEAK, run, stderr, stdout, timeless, tree};

#[test]
fn a_small_project_in_every_format() {
    let tree = tree(&[("a.go", LEAK), ("sub/b_test.go", "package sub\n"), ("sub/b.go", "package sub\n")]);
    for format in ["pretty", "concise", "json"] {
        insta::assert_snapshot!(format, timeless(&run(tree.path(), &["--format", format, "./..."])));
    }
}

#[test]
fn output_is_the_same_for_any_number_of_threads() {
    let names: Vec<String> = (0..40).map(|number| format!("d{}/f{number}.go", number % 7)).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), LEAK)).collect();
    let tree = tree(&files);
    for format in ["pretty", "concise", "json"] {
        let one = timeless(&run(tree.path(), &["-j", "1", "--format", format, "./..."]));
        assert!(one.matches("defer-in-loop").count() >= 40, "{one}");
        for threads in ["2", "8"] {
            assert_eq!(timeless(&run(tree.path(), &["-j", threads, "--format", format, "./..."])), one);
        }
    }
}

#[test]
fn hostile_names_and_texts_are_shown_escaped() {
    let leak = LEAK.replace("defer f.Close()", "defer f.Close() // \u{1b}[2J \u{202e} ##[stop-commands]x");
    let tree = tree(&[("a\n::stop-commands::x.go", &leak), ("::error::b.go", &leak), ("c\u{1b}]0;x\u{7}.go", "package p\0")]);
    for format in ["pretty", "concise", "json"] {
        let output = run(tree.path(), &["--format", format, "./..."]);
        for text in [stdout(&output), stderr(&output)] {
            let bad = |c: char| c != '\n' && c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!text.contains(bad), "{format}: {text:?}");
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")) && !text.contains("##["), "{format}: {text}");
        }
        assert!(stdout(&output).contains("defer-in-loop"), "{format}");
    }
}

#[test]
fn a_very_long_line_is_cut() {
    let leak = LEAK.replace("\t\tdefer", &format!("\t\t_ = \"{}\"; defer", "x".repeat(100_000)));
    let tree = tree(&[("a.go", &leak)]);
    let output = stdout(&run(tree.path(), &[]));
    assert!(output.contains("defer f.Close()") && output.len() < 5000, "{} bytes", output.len());
}
