//! What do go.mod and go.work say? Both read whole and exactly; a line that cannot be read costs itself and no other.
//!
//! ```go
//! module ex.com/m
//! go 1.24
//! require (
//!     ex.com/a v1.2.0 // indirect
//! )
//! replace ex.com/b => ../b
//! ignore ./node_modules
//! ```
//!
//! Not here: which of them belongs to a directory (`project::find`), what an import path resolves to (`project::load`).

use crate::version::GoVersion;

/// A go.mod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoMod {
    pub module: Option<String>,
    pub go: Option<GoVersion>,
    pub toolchain: Option<String>,
    pub godebug: Vec<(String, String)>,
    pub require: Vec<Require>,
    pub exclude: Vec<ModuleVersion>,
    pub replace: Vec<Replace>,
    /// The lowest and the highest version of each interval.
    pub retract: Vec<(String, String)>,
    pub tool: Vec<String>,
    pub ignore: Vec<String>,
}

/// A go.work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoWork {
    pub go: Option<GoVersion>,
    pub toolchain: Option<String>,
    pub godebug: Vec<(String, String)>,
    /// Directories, as written.
    pub uses: Vec<String>,
    pub replace: Vec<Replace>,
}

/// A module path and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleVersion {
    pub path: String,
    pub version: String,
}

/// One line of `require`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Require {
    pub module: ModuleVersion,
    /// Marked with `// indirect`.
    pub indirect: bool,
}

/// One line of `replace`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    pub path: String,
    /// Only this version is replaced; without one, all are.
    pub version: Option<String>,
    pub by: Replacement,
}

/// What stands right of `=>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    Directory(String),
    Module(ModuleVersion),
}

/// What is wrong with a line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u32,
    pub text: String,
}

/// Reads a go.mod.
pub fn go_mod(text: &str) -> (GoMod, Vec<Fault>) {
    let blocks = ["module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];
    let mut file = GoMod::default();
    let faults = each_line(text, &blocks, |line| file.add(line));
    (file, faults)
}

/// Reads a go.work.
pub fn go_work(text: &str) -> (GoWork, Vec<Fault>) {
    let mut file = GoWork::default();
    let faults = each_line(text, &["godebug", "use", "replace"], |line| file.add(line));
    (file, faults)
}

/// One directive with its arguments, wherever it was written.
struct Directive<'t> {
    verb: &'t str,
    args: &'t [Token],
    comment: &'t str,
}

/// A token's value, and whether it stood in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    quoted: bool,
}

impl GoMod {
    fn add(&mut self, line: &Directive) -> Result<(), String> {
        match line.verb {
            "module" => once(&mut self.module, line, one(line)?.to_owned()),
            "go" => once(&mut self.go, line, version(line)?),
            "toolchain" => once(&mut self.toolchain, line, one(line)?.to_owned()),
            "godebug" => setting(line).map(|setting| self.godebug.push(setting)),
            "require" => {
                let module = module_version(line)?;
                let mut words = line.comment.split_whitespace();
                let indirect = match words.next() {
                    Some("indirect") => words.next().is_none(),
                    Some("indirect;") => true,
                    _ => false,
                };
                self.require.push(Require { module, indirect });
                Ok(())
            }
            "exclude" => module_version(line).map(|module| self.exclude.push(module)),
            "replace" => replacement(line).map(|replace| self.replace.push(replace)),
            "retract" => interval(line).map(|interval| self.retract.push(interval)),
            "tool" => one(line).map(|path| self.tool.push(path.to_owned())),
            "ignore" => one(line).map(|path| self.ignore.push(path.to_owned())),
            verb => Err(format!("unknown directive `{verb}`")),
        }
    }
}

impl GoWork {
    fn add(&mut self, line: &Directive) -> Result<(), String> {
        match line.verb {
            "go" => once(&mut self.go, line, version(line)?),
            "toolchain" => once(&mut self.toolchain, line, one(line)?.to_owned()),
            "godebug" => setting(line).map(|setting| self.godebug.push(setting)),
            "use" => one(line).map(|path| self.uses.push(path.to_owned())),
            "replace" => replacement(line).map(|replace| self.replace.push(replace)),
            verb => Err(format!("unknown directive `{verb}`")),
        }
    }
}

fn once<T>(place: &mut Option<T>, line: &Directive, value: T) -> Result<(), String> {
    if place.is_some() {
        return Err(format!("a second `{}` line", line.verb));
    }
    *place = Some(value);
    Ok(())
}

fn one<'t>(line: &Directive<'t>) -> Result<&'t str, String> {
    match line.args {
        [arg] => Ok(&arg.text),
        _ => Err(format!("`{}` takes one argument", line.verb)),
    }
}

fn version(line: &Directive) -> Result<GoVersion, String> {
    let text = one(line)?;
    GoVersion::parse(text).ok_or_else(|| format!("`{text}` is not a Go version such as 1.23.0"))
}

fn setting(line: &Directive) -> Result<(String, String), String> {
    let [arg] = line.args else { return Err("`godebug` takes one `key=value`".into()) };
    let pair = arg.text.split_once('=').filter(|_| !arg.quoted && !arg.text.contains(['"', '`', '\'', ',']));
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "`godebug` takes one `key=value`".into())
}

fn module_version(line: &Directive) -> Result<ModuleVersion, String> {
    match line.args {
        [path, version] => Ok(ModuleVersion { path: path.text.clone(), version: version.text.clone() }),
        _ => Err(format!("`{}` takes a module path and a version", line.verb)),
    }
}

fn replacement(line: &Directive) -> Result<Replace, String> {
    let words: Vec<&str> = line.args.iter().map(|token| token.text.as_str()).collect();
    let (path, version, by) = match words.as_slice() {
        [path, "=>", by @ ..] => (path, None, by),
        [path, version, "=>", by @ ..] => (path, Some((*version).to_owned()), by),
        _ => return Err("`replace` takes `module [version] => directory` or `module [version] => module version`".into()),
    };
    let by = match by {
        [directory] if is_directory(directory) => Replacement::Directory((*directory).to_owned()),
        [path] => return Err(format!("`{path}` is neither a directory (it does not begin with `/`, `.` or `..`) nor has it a version")),
        [path, _] if is_directory(path) => return Err(format!("the directory `{path}` cannot have a version")),
        [path, version] => Replacement::Module(ModuleVersion { path: (*path).to_owned(), version: (*version).to_owned() }),
        _ => return Err("`replace` has too many or too few words after `=>`".into()),
    };
    Ok(Replace { path: (*path).to_owned(), version, by })
}

/// modfile.IsDirectoryPath: the syntaxes of all systems, for a go.mod moves from one to another.
fn is_directory(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    matches!(path, "." | "..") || ["./", ".\\", "../", "..\\", "/", "\\"].iter().any(|start| path.starts_with(start)) || drive
}

fn interval(line: &Directive) -> Result<(String, String), String> {
    let words: Vec<&str> = line.args.iter().map(|token| token.text.as_str()).collect();
    match words.as_slice() {
        ["[", low, ",", high, "]"] => Ok(((*low).to_owned(), (*high).to_owned())),
        [version] if !matches!(*version, "[" | "(" | ")" | "]" | ",") => Ok(((*version).to_owned(), (*version).to_owned())),
        _ => Err("`retract` takes a version or `[version, version]`".into()),
    }
}

/// Calls `add` for each directive, in blocks and outside, and collects what was wrong. Tokens never span lines in these files.
fn each_line(text: &str, blocks: &[&str], mut add: impl FnMut(&Directive) -> Result<(), String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut open: Option<(String, u32)> = None;
    for (line, number) in text.trim_start_matches('\u{feff}').split('\n').zip(1u32..) {
        let mut fault = |text: String| faults.push(Fault { line: number, text });
        let (tokens, comment) = match tokens(line) {
            Ok(read) => read,
            Err(text) => {
                fault(text);
                continue;
            }
        };
        let [first, rest @ ..] = tokens.as_slice() else { continue };
        let plain = |token: &Token, text: &str| !token.quoted && token.text == text;
        if let Some((verb, _)) = &open {
            if !plain(first, ")") {
                let known = blocks.contains(&verb.as_str());
                let done = if known { add(&Directive { verb, args: &tokens, comment }) } else { Ok(()) };
                done.unwrap_or_else(&mut fault);
            } else {
                open = None;
                if !rest.is_empty() {
                    fault("a new line is needed after `)`".into());
                }
            }
            continue;
        }
        match rest {
            [.., last] if plain(last, "(") => {
                if rest.len() > 1 || !blocks.contains(&first.text.as_str()) {
                    fault(format!("unknown block `{}`", first.text));
                }
                open = Some((if rest.len() > 1 { String::new() } else { first.text.clone() }, number));
            }
            [left, right] if plain(left, "(") && plain(right, ")") => {}
            _ => add(&Directive { verb: &first.text, args: rest, comment }).unwrap_or_else(&mut fault),
        }
    }
    if let Some((verb, line)) = open {
        faults.push(Fault { line, text: format!("the block `{verb} (` is not closed") });
    }
    faults
}

/// The tokens of a line, and its comment without `//`.
fn tokens(line: &str) -> Result<(Vec<Token>, &str), String> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        if let Some(comment) = rest.strip_prefix("//") {
            return Ok((tokens, comment.trim()));
        }
        if rest.starts_with("/*") {
            return Err("a comment begins with `//` here, not with `/*`".into());
        }
        let Some(first) = rest.chars().next() else { return Ok((tokens, "")) };
        let length = match first {
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => 1,
            '"' | '`' => string_length(rest, first)?,
            _ => word_length(rest)?,
        };
        let (text, after) = rest.split_at(length);
        let quoted = matches!(first, '"' | '`');
        let text = if quoted { unquote(text)? } else { text.to_owned() };
        if !quoted && text.contains(['"', '\'', '`']) {
            return Err("a word without quotes cannot contain a quote".into());
        }
        tokens.push(Token { text, quoted });
        rest = after;
    }
}

/// The length of the string at the start, with its quotes.
fn string_length(text: &str, quote: char) -> Result<usize, String> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return Ok(at + 1);
        }
    }
    Err("the string does not end on its line".into())
}

fn word_length(text: &str) -> Result<usize, String> {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | ',');
    let end = text.find(ends).unwrap_or(text.len());
    let end = text[..end].find("//").unwrap_or(end);
    if text[..end].contains("/*") {
        return Err("a comment begins with `//` here, not with `/*`".into());
    }
    match text.chars().next() {
        Some(c) if end == 0 => Err(format!("unexpected character {:?}", c)),
        _ => Ok(end),
    }
}

/// The value of a Go string literal, raw or interpreted.
fn unquote(literal: &str) -> Result<String, String> {
    let inner = &literal[1..literal.len() - 1];
    if literal.starts_with('`') || !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let wrong = || format!("{literal} is not a valid string");
    let mut bytes = Vec::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = chars.next().ok_or_else(wrong)?;
        let simple = [('a', 7), ('b', 8), ('f', 12), ('n', 10), ('r', 13), ('t', 9), ('v', 11), ('\\', 92), ('"', 34)];
        if let Some((_, byte)) = simple.iter().find(|(letter, _)| *letter == escape) {
            bytes.push(*byte);
            continue;
        }
        let (digits, radix) = match escape {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => (2, 8),
            _ => return Err(wrong()),
        };
        let mut value = if radix == 8 { escape.to_digit(8).unwrap_or(0) } else { 0 };
        for _ in 0..digits {
            let digit = chars.next().and_then(|c| c.to_digit(radix)).ok_or_else(wrong)?;
            value = value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or_else(wrong)?;
        }
        match escape {
            'u' | 'U' => bytes.extend(char::from_u32(value).ok_or_else(wrong)?.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => bytes.push(u8::try_from(value).map_err(|_| wrong())?),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn go(major: u32, minor: u32) -> Option<GoVersion> {
        Some(GoVersion { major, minor })
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.into(), b.into())
    }

    #[test]
    fn a_whole_go_mod_is_read() {
        let text = "// head\r\nmodule ex.com/m // Deprecated: no\n\ngo 1.24.1\ntoolchain go1.25.0\ngodebug asynctimerchan=1\n\
            godebug (\n\tdefault=go1.21\n)\nrequire ex.com/a v1.2.0\nrequire (\n\n\t// why\n\tex.com/b v0.0.0-2024 // indirect; x\n\
            \t\"ex.com/c\" v1.0.0 // indirect\n\tex.com/d v1 // indirectly\n)\nexclude ex.com/a v1.1.0\n\
            replace ex.com/a => ../a\nreplace (\n\tex.com/b v1.0.0 => ex.com/b2 v1.0.1\n\tex.com/e => `./with space`\n)\n\
            retract v1.0.0 // bad\nretract [v1.1.0, v1.2.0]\ntool ex.com/t/cmd\ntool ()\nignore ./node_modules\nignore (\n\tbuild\n)\n";
        let (file, faults) = go_mod(text);
        assert_eq!(faults, []);
        assert_eq!(file.module.as_deref(), Some("ex.com/m"));
        assert_eq!((file.go, file.toolchain.as_deref()), (go(1, 24), Some("go1.25.0")));
        assert_eq!(file.godebug, [pair("asynctimerchan", "1"), pair("default", "go1.21")]);
        let required: Vec<(&str, bool)> = file.require.iter().map(|line| (line.module.path.as_str(), line.indirect)).collect();
        assert_eq!(required, [("ex.com/a", false), ("ex.com/b", true), ("ex.com/c", true), ("ex.com/d", false)]);
        assert_eq!(file.exclude, [ModuleVersion { path: "ex.com/a".into(), version: "v1.1.0".into() }]);
        assert_eq!(file.replace.len(), 3);
        assert_eq!(file.replace[0].by, Replacement::Directory("../a".into()));
        assert_eq!(file.replace[1].version.as_deref(), Some("v1.0.0"));
        assert_eq!(file.replace[1].by, Replacement::Module(ModuleVersion { path: "ex.com/b2".into(), version: "v1.0.1".into() }));
        assert_eq!(file.replace[2].by, Replacement::Directory("./with space".into()));
        assert_eq!(file.retract, [pair("v1.0.0", "v1.0.0"), pair("v1.1.0", "v1.2.0")]);
        assert_eq!((file.tool, file.ignore), (vec!["ex.com/t/cmd".into()], vec!["./node_modules".into(), "build".into()]));
    }

    #[test]
    fn a_whole_go_work_is_read() {
        let (file, faults) = go_work("go 1.26\nuse ./a\nuse (\n\t./b // second\n\t\"./c d\"\n)\nreplace ex.com/x v1 => ./x\ngodebug a=b\n");
        assert_eq!(faults, []);
        assert_eq!((file.go, file.uses.as_slice()), (go(1, 26), ["./a".to_owned(), "./b".into(), "./c d".into()].as_slice()));
        assert_eq!((file.replace.len(), file.godebug.len()), (1, 1));
    }

    #[test]
    fn a_bad_line_costs_only_itself() {
        let cases = [
            ("go 1.x", "`1.x` is not a Go version such as 1.23.0"),
            ("go 1.21\ngo 1.22", "a second `go` line"),
            ("colour red", "unknown directive `colour`"),
            ("use ./a", "unknown directive `use`"),
            ("go (\n\t1.2\n)", "unknown block `go`"),
            ("require ex.com/a", "`require` takes a module path and a version"),
            ("require \"ex.com/a v1", "the string does not end on its line"),
            ("replace ex.com/a => b", "`b` is neither a directory (it does not begin with `/`, `.` or `..`) nor has it a version"),
            ("replace ex.com/a => ./b v1", "the directory `./b` cannot have a version"),
            ("/* no */", "a comment begins with `//` here, not with `/*`"),
            ("ignore 'x'", "a word without quotes cannot contain a quote"),
            ("retract [v1, v2", "`retract` takes a version or `[version, version]`"),
            ("godebug a", "`godebug` takes one `key=value`"),
            ("tool \"a\\q\"", "\"a\\q\" is not a valid string"),
            ("ignore \u{7}", "unexpected character '\\u{7}'"),
            ("tool (\n\tx\n) y", "a new line is needed after `)`"),
        ];
        for (bad, expected) in cases {
            let (file, faults) = go_mod(&format!("module m\n{bad}\ntool after\n"));
            assert_eq!(faults.iter().map(|fault| fault.text.as_str()).collect::<Vec<_>>(), [expected], "{bad}");
            assert_eq!((file.module.as_deref(), file.tool.last().map(String::as_str)), (Some("m"), Some("after")), "{bad}");
        }
        let (_, faults) = go_mod("module m\nrequire (\n\ta v1\n");
        assert_eq!(faults, [Fault { line: 2, text: "the block `require (` is not closed".into() }]);
    }

    #[test]
    fn strings_have_gos_escapes() {
        assert_eq!(unquote(r#""a\x41\101\u4e16\U0001F600\t\\\"""#).unwrap(), "aAA世😀\t\\\"");
        for bad in [r#""\x4""#, r#""\400""#, r#""\ud800""#, r#""\U00110000""#, r#""\xff""#, r#""\'""#] {
            assert!(unquote(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rubbish_ends() {
        let rubbish: String = (0..60_000u32).map(|n| char::from_u32(n * 7919 % 0x3000).unwrap_or('(')).collect();
        let (_, faults) = go_mod(&rubbish);
        assert!(!faults.is_empty());
        assert!(!go_work(&"(".repeat(100_000)).1.is_empty());
    }
}
