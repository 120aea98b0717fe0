//! Does a rule see the leak, and not how it is written? For each rule a program that leaks, edits that mend it, and edits that keep it.
//!
//! ```text
//! What stands before the first line of equal signs is for the reader.
//!
//! === leaks
//! func nobody() {
//! 	ch := make(chan int)
//! 	go func() { ch <- 1 }() // want goroutine-blocked-send
//! }
//!
//! === mends a buffer
//! -	ch := make(chan int)
//! +	ch := make(chan int, 1)
//!
//! === keeps another name
//! ~ ch results
//! ```
//!
//! Lines with a `-` or a blank in front stand somewhere in the program, once, one after the other; those with a `+` or a blank are there
//! afterwards; an empty line ends such a place. How far they are indented, and what is wanted there, is not compared. `~ a b` writes b for
//! the word a everywhere. An edit with no such line is a program of its own. A program is a Go file but for `package p`.
//!
//! A file is named after its rule, `tests/rules/twins/<id>.txt`. In a program that leaks, and in one that is kept, nothing but what is
//! wanted is found by any rule that has such a file, and one thing is wanted of its own rule. In one that is mended nothing is found.
//!
//! Not here: whether the edits are Go (`go.rs`).

use crate::analysis;
use crate::case::{self, Case, CaseFile};
use crate::want;
use std::fmt::Write;

/// How many edits of each kind a file has at least.
const LEAST: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Leaks,
    Mends,
    Keeps,
}

/// A program, and how it comes from the one that leaks.
#[derive(Clone, Debug)]
struct Twin {
    kind: Kind,
    name: String,
    /// The line of the file on which it begins, counted from 1.
    line: usize,
    /// What the file says.
    edit: String,
    /// The program, without package clause.
    text: String,
}

/// The programs of a file as cases; `origin` is its path below the package.
pub fn cases(origin: &str, file: &str) -> Result<Vec<Case>, String> {
    read(file).and_then(|twins| twins.iter().map(|twin| twin.case(origin)).collect()).map_err(|why| format!("{origin}: {why}"))
}

/// Runs all rules that have such files on the programs of one; what is wrong.
pub fn complaints(origin: &str, file: &str, rule: &str, rules: &[&str]) -> Result<String, String> {
    let twins = read(file).map_err(|why| format!("{origin}: {why}"))?;
    let mut complaints = String::new();
    for (kind, word) in [(Kind::Mends, "mends"), (Kind::Keeps, "keeps")] {
        let count = twins.iter().filter(|twin| twin.kind == kind).count();
        if count < LEAST {
            let _ = writeln!(complaints, "{origin}: {count} edits say `=== {word}`; write at least {LEAST}");
        }
    }
    for twin in &twins {
        let wrong = twin.wrong(origin, rule, rules)?;
        if !wrong.is_empty() {
            let _ =
                writeln!(complaints, "{origin}:{}: {rule}: `{} {}`\n{wrong}{}", twin.line, twin.word(), twin.name, twin.edit.trim_end());
        }
    }
    Ok(complaints)
}

impl Twin {
    fn word(&self) -> &'static str {
        match self.kind {
            Kind::Leaks => "leaks",
            Kind::Mends => "mends",
            Kind::Keeps => "keeps",
        }
    }

    fn case(&self, origin: &str) -> Result<Case, String> {
        let text = want::as_file(&self.text).map_err(|why| format!("line {}: {why}", self.line))?;
        let file = CaseFile { path: "a.go".into(), text, origin: origin.into(), lines_before: self.line };
        Ok(Case { files: vec![case::go_mod(case::GO), file], go: case::GO.into(), ..Case::default() })
    }

    /// What is found and not wanted, and the other way round.
    fn wrong(&self, origin: &str, rule: &str, rules: &[&str]) -> Result<String, String> {
        let mut wrong = String::new();
        let mut wants = want::wants(&self.text)?;
        if self.kind == Kind::Mends {
            wants.clear();
        } else if wants.iter().filter(|want| want.rule == rule).count() != 1 {
            let _ = writeln!(wrong, "    not one line says `// want {rule}`");
        }
        let (found, problems) = analysis::run(&self.case(origin)?, rules)?;
        for problem in problems {
            let _ = writeln!(wrong, "    {problem}");
        }
        let line = |line: usize| self.text.lines().nth(line - 1).unwrap_or_default().trim();
        for found in found {
            match wants.iter().position(|want| want.line == found.line && want.rule == found.rule) {
                Some(at) => drop(wants.remove(at)),
                None => {
                    let (message, confidence) = (&found.message, found.confidence);
                    let _ = writeln!(wrong, "    unexpected: {} {confidence} {message:?}\n        {}", found.rule, line(found.line));
                }
            }
        }
        for want in wants {
            let _ = writeln!(wrong, "    missing: {}\n        {}", want.rule, line(want.line));
        }
        Ok(wrong)
    }
}

/// Reads a file: the program that leaks first.
fn read(file: &str) -> Result<Vec<Twin>, String> {
    let mut twins: Vec<Twin> = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let Some(title) = line.strip_prefix("=== ") else {
            if let Some(twin) = twins.last_mut() {
                twin.edit += line;
                twin.edit.push('\n');
            }
            continue;
        };
        let (word, name) = title.trim().split_once(' ').unwrap_or((title.trim(), ""));
        let kind = match (word, name.is_empty()) {
            ("leaks", true) if twins.is_empty() => Kind::Leaks,
            ("mends", false) if !twins.is_empty() => Kind::Mends,
            ("keeps", false) if !twins.is_empty() => Kind::Keeps,
            _ => return Err(format!("line {}: write `=== leaks` once and first, then `=== mends NAME` and `=== keeps NAME`", index + 1)),
        };
        if twins.iter().any(|twin| twin.kind == kind && twin.name == name) {
            return Err(format!("line {}: there are two edits `{word} {name}`", index + 1));
        }
        twins.push(Twin { kind, name: name.to_string(), line: index + 1, edit: String::new(), text: String::new() });
    }
    let base = twins.first().ok_or("there is no program below `=== leaks`")?.edit.clone();
    for twin in &mut twins {
        twin.text = match twin.kind {
            Kind::Leaks => base.clone(),
            _ => edited(&base, &twin.edit).map_err(|why| format!("line {}: `{} {}`: {why}", twin.line, twin.word(), twin.name))?,
        };
        if twin.kind != Kind::Leaks && twin.text == base {
            return Err(format!("line {}: `{} {}` changes nothing", twin.line, twin.word(), twin.name));
        }
    }
    Ok(twins)
}

/// A program after an edit.
fn edited(base: &str, edit: &str) -> Result<String, String> {
    if !edit.lines().any(|line| line.starts_with(['-', '+', '~'])) {
        return Ok(edit.to_string());
    }
    let mut text: Vec<String> = base.lines().map(str::to_string).collect();
    for place in edit.lines().collect::<Vec<_>>().split(|line| line.is_empty()).filter(|place| !place.is_empty()) {
        if place[0].starts_with('~') {
            for line in place {
                let mut words = line.trim_start_matches('~').split_whitespace();
                let (Some(old), Some(new), None) = (words.next(), words.next(), words.next()) else {
                    return Err(format!("{line:?} is not `~ old new`"));
                };
                text.iter_mut().for_each(|line| *line = renamed(line, old, new));
            }
            continue;
        }
        replace(&mut text, place)?;
    }
    Ok(text.join("\n") + "\n")
}

/// A line of code without what is wanted there, and without what is around it.
fn code(line: &str) -> &str {
    line.split("// want ").next().unwrap_or_default().trim()
}

fn replace(text: &mut Vec<String>, place: &[&str]) -> Result<(), String> {
    if let Some(line) = place.iter().find(|line| !line.starts_with(['-', '+', ' '])) {
        return Err(format!("{line:?} begins neither with `-` nor `+` nor a blank"));
    }
    let old: Vec<&str> = place.iter().filter(|line| !line.starts_with('+')).map(|line| code(&line[1..])).collect();
    let stands_at = |at: &usize| old.iter().zip(&text[*at..]).all(|(old, line)| *old == code(line));
    let found: Vec<usize> = (0..=text.len().saturating_sub(old.len())).filter(stands_at).collect();
    let [at] = found[..] else {
        return Err(format!("{old:?} stands {} times in the program, not once", found.len()));
    };
    let mut new = Vec::new();
    let mut next = at;
    for line in place {
        match &line[..1] {
            "+" => new.push(line[1..].to_string()),
            "-" => next += 1,
            _ => {
                new.push(text[next].clone());
                next += 1;
            }
        }
    }
    text.splice(at..next, new);
    Ok(())
}

/// A line with one word written for another.
fn renamed(line: &str, old: &str, new: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(old) {
        let (before, after) = (&rest[..at], &rest[at + old.len()..]);
        let is_whole = !out.ends_with(is_word) || !before.is_empty();
        let is_whole = is_whole && !before.ends_with(is_word) && !after.starts_with(is_word);
        out += before;
        out += if is_whole { new } else { old };
        rest = after;
    }
    out + rest
}

/// The tests of this file; they run as trials of this binary.
pub const TESTS: &[(&str, fn())] = &[
    ("an edit replaces lines, adds some and renames words", an_edit_changes_the_program),
    ("an edit that cannot be made is an error", a_bad_edit_is_an_error),
    ("a complaint says which rule and which edit", a_complaint_names_the_edit),
];

const FILE: &str = "Prose.\n=== leaks\nfunc f() {\n\tc <- cc // want a\n\tg()\n}\n";

fn an_edit_changes_the_program() {
    let text = |edit: &str| read(&format!("{FILE}=== keeps x\n{edit}")).unwrap()[1].text.clone();
    assert_eq!(text("- c <- cc\n+\tx()\n g()\n+\th()\n\n"), "func f() {\n\tx()\n\tg()\n\th()\n}\n");
    assert_eq!(text(" c <- cc\n+\th()\n\n~ c cd\n"), "func f() {\n\tcd <- cc // want a\n\th()\n\tg()\n}\n");
    assert_eq!(text("func h() {}\n"), "func h() {}\n");
}

fn a_bad_edit_is_an_error() {
    for (edit, part) in [
        ("=== keeps\n", "write `=== leaks` once"),
        ("=== leaks\n", "write `=== leaks` once"),
        ("=== mends x\n-h()\n", "stands 0 times"),
        ("=== mends x\n-}\n+}\n*\n", "begins neither"),
        ("=== mends x\n-}\n+}\n", "changes nothing"),
        ("=== mends x\n~ g\n", "is not `~ old new`"),
        ("=== mends x\nfunc g() {}\n=== mends x\nfunc h() {}\n", "two edits"),
    ] {
        let error = read(&format!("{FILE}{edit}")).unwrap_err();
        assert!(error.contains(part), "{edit:?} gives {error:?}, not {part:?}");
    }
}

fn a_complaint_names_the_edit() {
    let rule = "goroutine-blocked-send";
    let leaks = format!("func f() {{\n\tc := make(chan int)\n\tgo func() {{ c <- 1 }}() // want {rule}\n}}\n");
    let file = format!("=== leaks\n{leaks}=== mends in words\n~ c d\n=== keeps it\n-c := make(chan int)\n+c := make(chan int, 1)\n");
    let told = complaints("x.txt", &file, rule, &[rule]).unwrap();
    assert!(told.contains(&format!("x.txt:6: {rule}: `mends in words`\n    unexpected: {rule} high")), "{told}");
    assert!(told.contains(&format!("x.txt:8: {rule}: `keeps it`\n    missing: {rule}\n        go func()")), "{told}");
    assert!(told.contains("+c := make(chan int, 1)\n") && told.contains("1 edits say `=== mends`"), "{told}");
}
