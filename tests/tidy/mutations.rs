//! Does any text make the analysis fail or hang? Fixtures and the pages' Go blocks, broken at random, and inputs made to cost much.
//!
//! ```go
//! for _, p := range defer paths { f, _ := os.Open(p)) ; ; defer f.Close( }
//! ```
//!
//! The seed is fixed, so that a failure comes again. `FUZZ_SECONDS=600 FUZZ_FILES=dir cargo test --test tidy mutations` goes on longer,
//! on files of your own.
//!
//! Not here: which problem a certain fault is told as (`parse`).

use crate::{files, read};
use goleaklint::engine::{self, Settings};
use goleaklint::finding::{Confidence, Finding, ProblemKind};
use goleaklint::project;
use goleaklint::rule::Profile;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs everything on one file; fails if a rule panics.
fn analyse(text: &str) -> Vec<Finding> {
    // That no build has a file is told as a problem of the request.
    let (project, _) = project::load_texts(&[("/m/go.mod", "module m\n\ngo 1.26\n"), ("/m/a.go", text)]);
    let settings = Settings { profile: Profile::All, min_confidence: Confidence::Low, tests: true, ..Settings::default() };
    let (findings, problems) = engine::check(&project, &settings);
    for problem in &problems {
        assert!(problem.kind != ProblemKind::Internal, "{}:\n{text}", problem.text);
    }
    findings
}

/// Marsaglia's xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const INSERTED: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "for",
    "for {",
    "defer ",
    "go ",
    "func() {",
    "}()",
    "goto L",
    "L:",
    "break",
    "continue L",
    "select {",
    "case ",
    "default:",
    "switch x := y.(type) {",
    "range ",
    "if ",
    "else ",
    "return",
    ":=",
    "=",
    "...",
    "<-",
    "chan ",
    "map[",
    "*",
    "&",
    ".",
    ",",
    ";",
    "\n",
    "\r\n",
    "\"",
    "`",
    "'",
    "//",
    "/*",
    "*/",
    "\0",
    "é",
    "\u{feff}",
    "type T = ",
    "T[T[T]]",
    "struct {",
    "interface {",
    "const a = a + a",
    "var ",
    "import \"os\"\n",
    "package p\n",
    "_",
    "0x",
    "1e9999",
    "nil",
    "f.Close()",
    "mu.Lock()",
    "_, err :=",
];

/// The text in tokens, roughly: words, blanks, and single characters.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| if c.is_alphanumeric() || c == '_' { 1 } else { 2 + u8::from(c.is_whitespace()) };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        if at > start && (last != Some(kind(c)) || kind(c) == 2) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = Some(kind(c));
    }
    tokens.push(&text[start..]);
    tokens
}

fn mutated(text: &str, random: &mut Random) -> String {
    let mut tokens = tokens(text);
    for _ in 0..1 + random.below(6) {
        let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
        match random.below(6) {
            0 if tokens.len() > 1 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => {
                let end = (at + random.below(40)).min(tokens.len());
                let copy = tokens[at..end].to_vec();
                tokens.splice(other..other, copy);
            }
            4 if tokens.len() > 40 => drop(tokens.drain(at..(at + random.below(30)).min(tokens.len()))),
            _ => tokens.insert(at, INSERTED[random.below(INSERTED.len())]),
        }
    }
    tokens.concat()
}

/// The fixtures, and the Go blocks of the rules' pages.
fn corpus() -> Vec<String> {
    if let Some(directory) = std::env::var_os("FUZZ_FILES") {
        let own = walk(Path::new(&directory));
        return own.into_iter().filter_map(|path| std::fs::read_to_string(path).ok()).filter(|text| text.len() < 40_000).collect();
    }
    let mut corpus: Vec<String> = files("fixtures", "go").iter().map(|path| read(path)).collect();
    for page in files("rules", "md") {
        let text = read(&page);
        let blocks = text.split("\n```go").skip(1).filter_map(|block| block.split_once('\n')?.1.split("\n```").next().map(str::to_owned));
        corpus.extend(blocks.map(|block| format!("package p\n\n{block}\n")));
    }
    corpus
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() && entry.path().extension().is_some_and(|name| name == "go") => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

#[test]
fn broken_texts_are_analysed() {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x9e37_79b9_7f4a_7c15);
    let (mut random, corpus, start) = (Random(seed), corpus(), Instant::now());
    let (mut runs, mut found) = (0, 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = mutated(&corpus[random.below(corpus.len())], &mut random);
        let begin = Instant::now();
        found += analyse(&text).len();
        assert!(begin.elapsed() < Duration::from_secs(20), "took {:?}:\n{text}", begin.elapsed());
        runs += 1;
    }
    assert!(runs > 10 && found > 0, "{runs} texts, {found} findings: the corpus is not what it should be");
}

const LOOP: &str = "for _, p := range ps { f, _ := os.Open(p); defer f.Close(); use(x) }";

/// A file with a loop that is asked about, in a function that begins with `inside`.
fn file(outside: &str, inside: &str) -> String {
    format!("package p\n\nimport \"os\"\n\n{outside}\n\nfunc F(ps []string) {{\n{inside}\n{LOOP}\n}}\n")
}

fn quickly(name: &str, text: &str) -> Vec<Finding> {
    let start = Instant::now();
    let findings = analyse(text);
    assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
    findings
}

#[test]
fn questions_that_branch_end() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let closures = format!("var x, g func()\nx = func() {{ {} }}\ng = func() {{ {} }}", "g();".repeat(300), "x();".repeat(300));
    let call = "for { x(); defer x() }";
    let embedded =
        |level: usize| many(30, &|at| format!("type S{level}x{at} struct {{ {} }}\n", many(30, &|to| format!("*S{}x{to};", level + 1))));
    let cases = [
        ("a type of its own results", file("type A = func() (A, A, A, A)\nvar x A", call)),
        ("a local type of its own results", file("", &format!("type A func() (A, A, A, A, A, A)\nvar x A\n{call}"))),
        (
            "aliases of aliases",
            file(&format!("type A0 = int\n{}var x A60", many(60, &|at| format!("type A{} = map[A{at}]A{at}\n", at + 1))), call),
        ),
        (
            "constants of constants",
            file(&format!("const x = x + x\n{}", "const x = x * x\n".repeat(9)), "for i := 0; i < x; i++ { defer g() }"),
        ),
        ("structs that embed all others", file(&many(6, &embedded), "var x S0x0\nfor { x.Start(); defer x.Stop() }")),
        (
            "a struct that embeds itself",
            file(&format!("type S struct {{ {} }}", "*S;".repeat(40)), "var x S\nfor { x.a.Start(); defer x.b.Stop() }"),
        ),
        ("closures that call each other", file("", &format!("{closures}\n{call}"))),
    ];
    for (name, text) in cases {
        let findings = quickly(name, &text);
        assert!(findings.iter().all(|finding| finding.rule == "defer-in-loop"), "{name}: {findings:?}");
    }
}

#[test]
fn generated_functions_cost_no_more_than_their_length() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let open = |at: usize| format!("f{at}, _ := os.Open(p); defer f{at}.Close()\n");
    let cases = [
        ("3,000 defers in one loop", format!("for _, p := range ps {{\n{}}}", many(3_000, &open)), 3_000),
        ("3,000 loops", many(3_000, &|_| LOOP.replace("use(x)", "") + "\n"), 3_000),
        ("300 loops in loops", format!("{}{}", many(300, &|at| format!("for a {{\n{}", open(at))), "}\n".repeat(300)), 300),
        ("20,000 variables", many(20_000, &|at| format!("x{at} := 1\n")), 0),
        ("20,000 assignments", format!("x := 1\n{}", "x = g()\n".repeat(20_000)), 0),
    ];
    for (name, inside, expected) in cases {
        let findings = quickly(name, &file("", &inside));
        assert_eq!(findings.len(), expected + 1, "{name}");
    }
}

#[test]
fn functions_with_many_acquisitions_and_branches_end() {
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let check = "if err != nil { return err }\n";
    let function = |inside: &str| {
        format!(
            "package p\n\nimport (\"os\"; \"sync\")\n\nvar mu sync.Mutex\n\nfunc f(p string, is []bool) error {{\n{inside}\nreturn nil\n}}\n"
        )
    };
    let one = format!("f, err := os.Open(p)\n{check}");
    let cases = [
        (
            "3,000 files",
            many(3_000, &|at| format!("f{at}, err := os.Open(p)\n{check}if err := f{at}.Close(); err != nil {{ return err }}\n")),
        ),
        ("3,000 locks", many(3_000, &|at| format!("mu.Lock()\nif is[{at}] {{ mu.Unlock(); return nil }}\nmu.Unlock()\n"))),
        ("200 conditions, each twice", one.clone() + &many(400, &|at| format!("if is[{}] {{ p += p }}\n", at % 200)) + "f.Close()"),
        ("300 ifs in ifs", one.clone() + &many(300, &|at| format!("if is[{at}] {{\n")) + "f.Close()\n" + &"}\n".repeat(300)),
        (
            "300 names for one file",
            one.clone() + &many(300, &|at| format!("g{} := {}\n", at, if at == 0 { "f".to_owned() } else { format!("g{}", at - 1) })),
        ),
        (
            "functions that hand it on",
            format!(
                "var a, b func(*os.File)\na = func(x *os.File) {{ {} }}\nb = func(x *os.File) {{ {} }}\n{one}a(f)",
                "b(x);".repeat(100),
                "a(x);".repeat(100)
            ),
        ),
        ("300 loops in loops", one.clone() + &"for range is {\n".repeat(300) + "_ = f.Name()\n" + &"}\n".repeat(300)),
    ];
    for (name, inside) in cases {
        let findings = quickly(name, &function(&inside));
        assert!(findings.len() <= 2, "{name}: {} findings", findings.len());
    }
}
