//! In which builds is a file? `//go:build` lines and names such as `x_linux_arm64.go`, for all platforms at once.
//!
//! ```go
//! //go:build linux && !cgo   // in x_amd64.go: builds for linux/amd64 and android/amd64, while the tag `cgo` is off
//! ```
//!
//! A [`Constraint`] knows the set of platforms (GOOS and GOARCH) on which its file can be built, as one bit each. Tags that the
//! platform does not decide (`cgo`, `integration`, `race`) are free: they may be on or off. `gc` and `go1.1` up to the newest Go
//! are on; `gccgo`, later versions and `ignore` are off.
//!
//! Not here: finding the `//go:build` line, and reading old `// +build` lines as one (`parse::outline`), `_test` and names that begin with `_` or `.` (`project::find`).

use super::GoVersion;
use compact_str::CompactString;

/// The newest Go whose `go1.N` tag is on.
const NEWEST: u32 = 27;
/// With more free tags than this, an answer is "perhaps".
const MAX_FREE: usize = 10;
/// go/build/constraint's limit of terms in one line.
const MAX_TERMS: usize = 1000;

/// A set of platforms: a bit for each of `PLATFORMS`.
type Platforms = u128;

/// GOOS values (go/build's KnownOS) with their GOARCH values: internal/platform's list, former ports, and Linux with every
/// architecture that a file name may end in.
#[rustfmt::skip]
const PORTS: &[(&str, &[&str])] = &[
    ("aix", &["ppc64"]),
    ("android", &["386", "amd64", "arm", "arm64"]),
    ("darwin", &["386", "amd64", "arm", "arm64"]),
    ("dragonfly", &["amd64"]),
    ("freebsd", &["386", "amd64", "arm", "arm64", "riscv64", "ppc64le"]),
    ("hurd", &["386", "amd64"]),
    ("illumos", &["amd64"]),
    ("ios", &["amd64", "arm64"]),
    ("js", &["wasm"]),
    ("linux", &["386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
        "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm"]),
    ("nacl", &["386", "amd64p32", "arm"]),
    ("netbsd", &["386", "amd64", "arm", "arm64"]),
    ("openbsd", &["386", "amd64", "arm", "arm64", "mips64", "ppc64", "riscv64"]),
    ("plan9", &["386", "amd64", "arm"]),
    ("solaris", &["amd64", "sparc", "sparc64"]),
    ("wasip1", &["wasm"]),
    ("windows", &["386", "amd64", "arm", "arm64"]),
    ("zos", &["s390x"]),
];

/// What the tag `unix` stands for. It is not a suffix of file names.
const UNIX: &[&str] =
    &["aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "linux", "netbsd", "openbsd", "solaris"];

/// One step of a constraint in postfix order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Platforms(Platforms),
    /// A free tag: its position in `free`.
    Free(u16),
    Not,
    And,
    Or,
}

/// The builds that a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Empty: every build.
    ops: Vec<Op>,
    free: Vec<CompactString>,
    /// The platforms on which it holds for some choice of the free tags.
    platforms: Platforms,
    /// The N of the `go1.N` that a `//go:build` line asks for at least.
    version: Option<u32>,
}

/// One build: a platform and the tags that are on besides those of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Build {
    /// The position of the platform in the list of ports.
    platform: usize,
    /// Sorted.
    on: Vec<CompactString>,
}

impl Build {
    /// The GOOS and the GOARCH.
    pub fn platform(&self) -> (&'static str, &'static str) {
        ports().nth(self.platform).unwrap_or(("linux", "amd64"))
    }
}

impl Default for Build {
    /// linux/amd64 with cgo.
    fn default() -> Build {
        let platform = ports().position(|port| port == ("linux", "amd64")).unwrap_or(0);
        Build { platform, on: USUAL.iter().map(|tag| (*tag).into()).collect() }
    }
}

/// The tags that are on in a usual build: cgo, and the experiments of the newest Go that are on unless somebody says otherwise (its
/// internal/buildcfg). Sorted.
const USUAL: &[&str] = &[
    "cgo",
    "goexperiment.dwarf5",
    "goexperiment.greenteagc",
    "goexperiment.jsonv2",
    "goexperiment.randomizedheapbase64",
    "goexperiment.regabiargs",
    "goexperiment.regabiwrappers",
    "goexperiment.sizespecializedmalloc",
];

/// The platforms that are tried first for a file that is not in the usual build.
const FIRST: &[(&str, &str)] =
    &[("linux", "amd64"), ("darwin", "arm64"), ("windows", "amd64"), ("linux", "arm64"), ("freebsd", "amd64"), ("darwin", "amd64")];

impl Default for Constraint {
    fn default() -> Constraint {
        Constraint::always()
    }
}

impl Constraint {
    /// Every build.
    pub fn always() -> Constraint {
        Constraint { ops: Vec::new(), free: Vec::new(), platforms: all(), version: None }
    }

    /// The constraint of a file: its name, the expression of its `//go:build` line, and whether it imports "C". A line that cannot be
    /// read counts as absent; the second value says what is wrong with it.
    pub fn of_file(name: &str, build: Option<&str>, cgo: bool) -> (Constraint, Option<String>) {
        let mut constraint = Constraint::always();
        let mut wrong = None;
        match build.map(parse) {
            Some(Ok(terms)) => {
                constraint.version = least_version(&terms);
                constraint.add(&terms);
            }
            Some(Err(text)) => wrong = Some(text),
            None => {}
        }
        name_tags(name).into_iter().for_each(|tag| constraint.add(&[Term::Tag(tag)]));
        if cgo {
            constraint.add(&[Term::Tag("cgo")]);
        }
        constraint.platforms = constraint.possible_platforms();
        (constraint, wrong)
    }

    /// Whether some build has it. `//go:build ignore` is in none.
    pub fn satisfiable(&self) -> bool {
        self.platforms != 0
    }

    /// Whether a build has it.
    pub fn holds(&self, build: &Build) -> bool {
        self.ops.is_empty() || self.platforms_with(|free| build.on.contains(&self.free[free])) & (1 << build.platform) != 0
    }

    /// The first build that has it: the usual one if it can be, else with as few other tags as possible on a common platform.
    pub fn build(&self) -> Option<Build> {
        let usual = Build::default();
        if self.holds(&usual) {
            return Some(usual);
        }
        let first = FIRST.iter().filter_map(|first| ports().position(|port| port == *first));
        let platforms: Vec<usize> = first.chain(0..ports().count()).filter(|&at| self.platforms & (1 << at) != 0).collect();
        let free = self.free.len().min(MAX_FREE);
        // As few tags as possible other than usual.
        let usually = (0..free).fold(0u32, |on, at| on | u32::from(usual.on.contains(&self.free[at])) << at);
        let mut choices: Vec<u32> = (0..1u32 << free).collect();
        choices.sort_by_key(|on| (on ^ usually).count_ones());
        for &choice in &choices {
            let mut on: Vec<CompactString> = usual.on.iter().filter(|tag| !self.free[..free].contains(tag)).cloned().collect();
            on.extend((0..free).filter(|at| choice & (1 << at) != 0).map(|at| self.free[at].clone()));
            on.sort();
            for &platform in &platforms {
                let build = Build { platform, on: on.clone() };
                if self.holds(&build) {
                    return Some(build);
                }
            }
        }
        None
    }

    /// Whether only builds with a tag have it that no usual build has: `//go:build debug`.
    pub fn needs_tag(&self) -> bool {
        !self.ops.is_empty() && self.build().is_none_or(|build| build.on.iter().any(|tag| !USUAL.contains(&tag.as_str())))
    }

    /// The language version that a `//go:build go1.22` line gives its file.
    pub fn go_version(&self) -> Option<GoVersion> {
        self.version.map(|minor| GoVersion { major: 1, minor })
    }

    /// Adds "and these terms".
    fn add(&mut self, terms: &[Term]) {
        let first = self.ops.is_empty();
        for &term in terms {
            let op = match term {
                Term::Tag(tag) => tag_platforms(tag).map_or_else(|| self.free_tag(tag), Op::Platforms),
                Term::Not => Op::Not,
                Term::And => Op::And,
                Term::Or => Op::Or,
            };
            self.ops.push(op);
        }
        if !first && !terms.is_empty() {
            self.ops.push(Op::And);
        }
    }

    fn free_tag(&mut self, tag: &str) -> Op {
        let known = self.free.iter().position(|free| free == tag);
        let at = known.unwrap_or_else(|| {
            self.free.push(tag.into());
            self.free.len() - 1
        });
        Op::Free(at as u16)
    }

    fn possible_platforms(&self) -> Platforms {
        if self.free.len() > MAX_FREE {
            return self.bounds().1;
        }
        (0..1u32 << self.free.len()).fold(0, |found, on| found | self.platforms_with(|free| on & (1 << free) != 0))
    }

    /// The platforms on which it holds when `on` tells which free tags are on.
    fn platforms_with(&self, on: impl Fn(usize) -> bool) -> Platforms {
        let mut stack: Vec<Platforms> = Vec::new();
        for op in &self.ops {
            let value = match *op {
                Op::Platforms(platforms) => platforms,
                Op::Free(free) => {
                    if on(usize::from(free)) {
                        all()
                    } else {
                        0
                    }
                }
                Op::Not => all() & !stack.pop().unwrap_or(0),
                Op::And => stack.pop().unwrap_or(0) & stack.pop().unwrap_or(0),
                Op::Or => stack.pop().unwrap_or(0) | stack.pop().unwrap_or(0),
            };
            stack.push(value);
        }
        stack.pop().unwrap_or_else(all)
    }

    /// Platforms on which it holds certainly, and on which it may hold, whatever the free tags are.
    fn bounds(&self) -> (Platforms, Platforms) {
        let mut stack: Vec<(Platforms, Platforms)> = Vec::new();
        for op in &self.ops {
            let value = match *op {
                Op::Platforms(platforms) => (platforms, platforms),
                Op::Free(_) => (0, all()),
                Op::Not => {
                    let (certain, possible) = stack.pop().unwrap_or((0, 0));
                    (all() & !possible, all() & !certain)
                }
                Op::And | Op::Or => {
                    let (a, b) = (stack.pop().unwrap_or((0, 0)), stack.pop().unwrap_or((0, 0)));
                    if *op == Op::And { (a.0 & b.0, a.1 & b.1) } else { (a.0 | b.0, a.1 | b.1) }
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or((all(), all()))
    }
}

/// Whether two files can be in one build. `f_linux.go` and `f_windows.go` cannot; where it is too much to find out, they can.
pub fn compatible(a: &Constraint, b: &Constraint) -> bool {
    if a.platforms & b.platforms == 0 {
        return false;
    }
    // Without a common free tag, each file may have its tags as it needs them.
    if !a.free.iter().any(|tag| b.free.contains(tag)) {
        return true;
    }
    let mut tags: Vec<&CompactString> = a.free.iter().chain(b.free.iter().filter(|tag| !a.free.contains(tag))).collect();
    if tags.len() > MAX_FREE {
        return true;
    }
    tags.dedup();
    let places: Vec<usize> = b.free.iter().filter_map(|tag| tags.iter().position(|other| *other == tag)).collect();
    (0..1u32 << tags.len()).any(|on| {
        let with_a = a.platforms_with(|free| on & (1 << free) != 0);
        let with_b = b.platforms_with(|free| on & (1 << places[free]) != 0);
        with_a & with_b != 0
    })
}

fn ports() -> impl Iterator<Item = (&'static str, &'static str)> {
    PORTS.iter().flat_map(|(os, arches)| arches.iter().map(|arch| (*os, *arch)))
}

fn all() -> Platforms {
    (1 << ports().count()) - 1
}

fn platforms_where(holds: impl Fn(&str, &str) -> bool) -> Platforms {
    ports().enumerate().filter(|(_, (os, arch))| holds(os, arch)).fold(0, |set, (bit, _)| set | 1 << bit)
}

fn is_os(word: &str) -> bool {
    PORTS.iter().any(|(os, _)| *os == word)
}

fn is_arch(word: &str) -> bool {
    // Linux has them all.
    PORTS.iter().any(|(os, arches)| *os == "linux" && arches.contains(&word))
}

/// The platforms on which a tag is on; nothing if the tag is free.
fn tag_platforms(tag: &str) -> Option<Platforms> {
    if is_os(tag) {
        let implies = |os: &str| matches!((os, tag), ("android", "linux") | ("illumos", "solaris") | ("ios", "darwin"));
        return Some(platforms_where(|os, _| os == tag || implies(os)));
    }
    if is_arch(tag) {
        return Some(platforms_where(|_, arch| arch == tag));
    }
    match tag {
        "unix" => Some(platforms_where(|os, _| UNIX.contains(&os))),
        "gc" => Some(all()),
        "gccgo" | "ignore" => Some(0),
        _ => version_tag(tag).map(|minor| if minor <= NEWEST { all() } else { 0 }),
    }
}

/// The N of `go1.N`; 0 for `go1`.
fn version_tag(tag: &str) -> Option<u32> {
    if tag == "go1" {
        return Some(0);
    }
    tag.strip_prefix("go1.").filter(|minor| minor.bytes().all(|byte| byte.is_ascii_digit())).and_then(|minor| minor.parse().ok())
}

/// The tags that a file name stands for, as go/build's goodOSArchFile reads it.
fn name_tags(name: &str) -> Vec<&str> {
    // `x_linux.pb.go`: the name ends at the first dot.
    let stem = name.split('.').next().unwrap_or("");
    // `linux.go`: what stands before the first `_` is no constraint.
    let Some(at) = stem.find('_') else { return Vec::new() };
    let mut words: Vec<&str> = stem[at..].split('_').collect();
    if words.last() == Some(&"test") {
        words.pop();
    }
    match words.as_slice() {
        [.., os, arch] if is_os(os) && is_arch(arch) => vec![os, arch],
        [.., word] if is_os(word) || is_arch(word) => vec![word],
        _ => Vec::new(),
    }
}

/// A part of an expression, in postfix order once it is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term<'t> {
    Tag(&'t str),
    Not,
    And,
    Or,
}

/// What waits on the parser's stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Open,
    Or,
    And,
    Not,
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// Reads the expression of a `//go:build` line into postfix order, with go/build/constraint's grammar.
fn parse(line: &str) -> Result<Vec<Term<'_>>, String> {
    let (mut out, mut waiting) = (Vec::new(), Vec::new());
    let mut rest = line.trim_matches([' ', '\t', '\r']);
    let mut want_operand = true;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            ' ' | '\t' => {}
            '!' if want_operand => {
                if waiting.last() == Some(&Waiting::Not) {
                    return Err("double negation is not allowed".into());
                }
                waiting.push(Waiting::Not);
            }
            '(' if want_operand => waiting.push(Waiting::Open),
            ')' if !want_operand => {
                unwind(&mut waiting, &mut out, Waiting::Or);
                if waiting.pop() != Some(Waiting::Open) {
                    return Err("unexpected `)`".into());
                }
                unwind(&mut waiting, &mut out, Waiting::Not);
            }
            '&' | '|' if !want_operand && rest[1..].starts_with(c) => {
                let operator = if c == '&' { Waiting::And } else { Waiting::Or };
                unwind(&mut waiting, &mut out, operator);
                waiting.push(operator);
                length = 2;
                want_operand = true;
            }
            _ if is_tag_char(c) && want_operand => {
                length = rest.find(|c| !is_tag_char(c)).unwrap_or(rest.len());
                out.push(Term::Tag(&rest[..length]));
                unwind(&mut waiting, &mut out, Waiting::Not);
                want_operand = false;
            }
            _ => return Err(format!("unexpected `{c}`")),
        }
        if out.len() + waiting.len() > MAX_TERMS {
            return Err("the expression is too large".into());
        }
        rest = &rest[length..];
    }
    if want_operand {
        return Err("the expression ends too early".into());
    }
    unwind(&mut waiting, &mut out, Waiting::Or);
    if waiting.is_empty() { Ok(out) } else { Err("missing `)`".into()) }
}

/// Moves the operators that bind at least as tightly as `operator` to the output.
fn unwind(waiting: &mut Vec<Waiting>, out: &mut Vec<Term>, operator: Waiting) {
    let level = |waiting: Waiting| waiting as u8;
    while let Some(&top) = waiting.last().filter(|&&top| top != Waiting::Open && level(top) >= level(operator)) {
        waiting.pop();
        out.push(match top {
            Waiting::Not => Term::Not,
            Waiting::And => Term::And,
            _ => Term::Or,
        });
    }
}

/// go/build/constraint.GoVersion: the least N for which the expression can hold.
fn least_version(terms: &[Term]) -> Option<u32> {
    // For each value on the stack: the least version for it to be true, and for it to be false.
    let mut stack: Vec<(Option<u32>, Option<u32>)> = Vec::new();
    for term in terms {
        let value = match term {
            Term::Tag(tag) => (version_tag(tag), None),
            Term::Not => stack.pop().map_or((None, None), |(yes, no)| (no, yes)),
            Term::And | Term::Or => {
                let (a, b) = (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                // `None` is less than any version.
                if *term == Term::And { (a.0.max(b.0), a.1.min(b.1)) } else { (a.0.min(b.0), a.1.max(b.1)) }
            }
        };
        stack.push(value);
    }
    stack.pop().and_then(|(yes, _)| yes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(name: &str, build: &str) -> Constraint {
        let (constraint, wrong) = Constraint::of_file(name, (!build.is_empty()).then_some(build), false);
        assert_eq!(wrong, None, "{name} {build}");
        constraint
    }

    /// The platforms as text, for some choice of the free tags.
    fn names(constraint: &Constraint) -> Vec<String> {
        let on = |bit: usize| constraint.platforms & (1 << bit) != 0;
        ports().enumerate().filter(|(bit, _)| on(*bit)).map(|(_, (os, arch))| format!("{os}/{arch}")).collect()
    }

    #[test]
    fn platforms_fit_into_their_bits() {
        assert!(ports().count() < 128);
        assert_eq!(all().count_ones() as usize, ports().count());
    }

    #[test]
    fn file_names_constrain_as_in_go_build() {
        let cases: &[(&str, &[&str])] = &[
            ("linux.go", &[]),
            ("foo_linux.go", &["linux"]),
            ("foo_linux.pb.go", &["linux"]),
            ("foo.pb_linux.go", &[]),
            ("foo_linux_test.go", &["linux"]),
            ("foo_linux_arm64.go", &["linux", "arm64"]),
            ("foo_arm64_linux.go", &["linux"]),
            ("foo_unix.go", &[]),
            ("linux_amd64.go", &["amd64"]),
            ("a_test.go", &[]),
            ("_linux.go", &["linux"]),
            ("foo_test_windows.go", &["windows"]),
        ];
        for (name, tags) in cases {
            assert_eq!(name_tags(name), *tags, "{name}");
        }
    }

    #[test]
    fn a_build_line_is_a_set_of_platforms() {
        assert_eq!(names(&file("a_amd64.go", "linux && !cgo")), ["android/amd64", "linux/amd64"]);
        assert_eq!(names(&file("a.go", "js || wasip1")), ["js/wasm", "wasip1/wasm"]);
        assert_eq!(names(&file("a.go", "(windows && !386) && !(arm || amd64)")), ["windows/arm64"]);
        assert_eq!(names(&file("a.go", "!unix && arm64")), ["windows/arm64"]);
        assert!(file("a.go", "go1.27 && gc && unix").satisfiable());
        for never in ["ignore", "go1.28", "!go1.21", "gccgo", "linux && windows", "ignore || (race && !race)", "plan9 && wasm"] {
            assert!(!file("a.go", never).satisfiable(), "{never}");
        }
        for some in ["ignore || integration", "!ignore", "a && b && c && d && e && f && g && h && i && j && k && l", "amd64.v2", "go1.x"] {
            assert!(file("a.go", some).satisfiable(), "{some}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_and_counts_as_absent() {
        for bad in ["", "linux &&", "&& linux", "linux windows", "!!linux", "(linux", "linux)", "a & b", "a, b", "a-b", "()"] {
            let (constraint, wrong) = Constraint::of_file("a.go", Some(bad), false);
            assert!(wrong.is_some(), "{bad}");
            assert_eq!(constraint, Constraint::always(), "{bad}");
        }
        assert!(parse(&"(".repeat(1_000_000)).is_err());
        assert!(parse(&format!("{}a{}", "(".repeat(400), ")".repeat(400))).is_ok());
        assert!(parse(&vec!["a"; 2000].join(" || ")).is_err());
    }

    #[test]
    fn compatible_files_can_be_in_one_build() {
        let cases = [
            ("f_linux.go", "", "f_windows.go", "", false),
            ("f_linux.go", "", "f_android.go", "", true),
            ("f.go", "unix", "g.go", "!unix", false),
            ("f.go", "linux", "g.go", "!linux", false),
            ("f.go", "cgo", "g.go", "!cgo", false),
            ("f.go", "cgo && linux", "g.go", "!cgo || windows", false),
            ("f.go", "race", "g.go", "msan", true),
            ("f.go", "b && a && linux", "g.go", "a && !b || windows", false),
            ("f.go", "b && a && linux", "g.go", "a && c || windows", true),
            ("f_js.go", "", "f_amd64.go", "", false),
            ("f.go", "", "g.go", "", true),
            ("f.go", "ignore", "g.go", "", false),
        ];
        for (a, build_a, b, build_b, expected) in cases {
            let (a, b) = (file(a, build_a), file(b, build_b));
            assert_eq!(compatible(&a, &b), expected, "{build_a} | {build_b}");
            assert_eq!(compatible(&b, &a), expected, "{build_b} | {build_a}");
        }
    }

    #[test]
    fn an_import_of_c_needs_cgo() {
        let (with, _) = Constraint::of_file("a.go", None, true);
        assert!(with.satisfiable());
        assert!(!compatible(&with, &file("b.go", "!cgo")));
    }

    #[test]
    fn a_build_line_may_set_the_language_version() {
        let version = |build: &str| file("a.go", build).go_version().map(|version| version.minor);
        assert_eq!(version("go1.22"), Some(22));
        assert_eq!(version("linux && go1.21 && go1.23"), Some(23));
        assert_eq!(version("go1.21 || go1.23"), Some(21));
        assert_eq!(version("linux || go1.23"), None);
        assert_eq!(version("!go1.28"), None);
        assert_eq!(version("!(!go1.22)"), Some(22));
    }
}
