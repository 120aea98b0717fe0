//! What must be found, and where? Reads `// want` comments out of Go source, and Go blocks out of a page.
//!
//! ```go
//! defer f.Close() // want defer-in-loop
//! defer f.Close() // want defer-in-loop high "runs only when"
//! ```
//!
//! A line can hold several wants, one after the other behind one `// want`. A confidence or a part of the message narrows a want.
//!
//! Not here: running the analysis and comparing (`main.rs`).

/// A finding that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Counted from 1, within the text that was read.
    pub line: usize,
    pub rule: String,
    pub confidence: Option<String>,
    /// A part of the message.
    pub part: Option<String>,
}

/// Reads all wants of a Go file.
pub fn wants(text: &str) -> Result<Vec<Want>, String> {
    let mut wants = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(list) = want_list(line) else { continue };
        read_list(index + 1, list, &mut wants).map_err(|why| format!("line {}: {why}", index + 1))?;
    }
    Ok(wants)
}

/// The text behind `// want` on a line.
fn want_list(line: &str) -> Option<&str> {
    let mut rest = line;
    while let Some(at) = rest.find("//") {
        rest = &rest[at + 2..];
        if let Some(list) = rest.trim_start().strip_prefix("want")
            && (list.is_empty() || list.starts_with(char::is_whitespace))
        {
            return Some(list);
        }
    }
    None
}

fn read_list(line: usize, list: &str, wants: &mut Vec<Want>) -> Result<(), String> {
    let mut rest = list.trim();
    if rest.is_empty() {
        return Err(
            "`// want` names no rule: write `// want rule-id`, then perhaps high, medium or low, then perhaps \"part of the message\""
                .into(),
        );
    }
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or("the quoted part of the message does not end on this line")?;
            let want = last(line, wants)?;
            if want.part.replace(quoted[..end].to_string()).is_some() {
                return Err("two parts of a message for one want: leave one of them".into());
            }
            rest = quoted[end + 1..].trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        if matches!(word, "high" | "medium" | "low") {
            last(line, wants)?.confidence = Some(word.to_string());
        } else if is_rule_id(word) {
            wants.push(Want { line, rule: word.to_string(), confidence: None, part: None });
        } else {
            return Err(format!("`{word}` is neither a rule id, nor high, medium or low, nor a quoted part of the message"));
        }
    }
    Ok(())
}

/// The want on this line that a confidence or a message belongs to.
fn last(line: usize, wants: &mut [Want]) -> Result<&mut Want, String> {
    wants.last_mut().filter(|want| want.line == line).ok_or_else(|| "a want begins with a rule id".to_string())
}

/// Kebab case, as the names of pages.
pub fn is_rule_id(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.split('-').all(part)
}

/// One fenced Go block of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The `##` heading it stands under.
    pub section: String,
    /// The number of the heading of any level it stands under: blocks with `file=` and one number are one tree.
    pub heading: usize,
    /// The line of the page on which the block's first line of code stands, counted from 1.
    pub line: usize,
    /// The go line, such as `1.22`.
    pub go: Option<String>,
    /// The path of the file in its tree.
    pub file: Option<String>,
    /// Why Go does not compile it, if it is not meant to.
    pub nocompile: Option<String>,
    pub text: String,
}

/// Reads all Go blocks of a page.
pub fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut section = String::new();
    let mut heading = 0;
    let mut lines = page.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.trim().to_string();
        }
        if line.starts_with('#') {
            heading += 1;
        }
        let Some((fence, info)) = fence(line) else { continue };
        let mut text = String::new();
        let mut closed = false;
        for (_, line) in lines.by_ref() {
            if line.trim_end().chars().all(|c| fence.starts_with(c)) && line.trim_end().len() >= fence.len() {
                closed = true;
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        if !closed {
            return Err(format!("line {}: the block that begins here has no end", index + 1));
        }
        if info.split_whitespace().next() != Some("go") {
            continue;
        }
        let mut block = Block { section: section.clone(), heading, line: index + 2, go: None, file: None, nocompile: None, text };
        read_info(info, &mut block).map_err(|why| format!("line {}: {why}", index + 1))?;
        blocks.push(block);
    }
    Ok(blocks)
}

/// The fence a line opens, and its info string.
fn fence(line: &str) -> Option<(&str, &str)> {
    let sign = line.chars().next().filter(|&c| c == '`' || c == '~')?;
    let length = line.len() - line.trim_start_matches(sign).len();
    (length >= 3).then(|| (&line[..length], line[length..].trim()))
}

fn read_info(info: &str, block: &mut Block) -> Result<(), String> {
    let mut words = info.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        if let Some(version) = word.strip_prefix("go") {
            block.go = Some(go_line(version).ok_or_else(|| format!("`{word}` is no Go version: write for example go1.22"))?.to_string());
        } else if let Some(path) = word.strip_prefix("file=") {
            block.file = Some(path.to_string());
        } else if word == "nocompile" {
            let reason = words.by_ref().collect::<Vec<_>>().join(" ");
            if reason.is_empty() {
                return Err("nocompile needs a reason behind it, up to the end of the line".into());
            }
            block.nocompile = Some(reason);
        } else {
            return Err(format!("`{word}` means nothing behind ```go: known are go1.N, file=PATH and nocompile REASON"));
        }
    }
    Ok(())
}

/// A version such as `1.22`, as a go line has it.
pub fn go_line(version: &str) -> Option<&str> {
    let minor = version.strip_prefix("1.")?;
    (!minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
}

/// A block as a Go file: with `package p` in front, unless it brings its own clause. Line numbers stay those of the block.
pub fn as_file(text: &str) -> Result<String, String> {
    let mut comment = false;
    for line in text.lines().map(str::trim) {
        if comment {
            comment = !line.contains("*/");
        } else if line.starts_with("package ") {
            return Ok(text.to_string());
        } else if line.starts_with("//go:build") {
            return Err("a block with //go:build needs its own package clause below it".into());
        } else if line.starts_with("/*") {
            comment = !line.contains("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            break;
        }
    }
    Ok(format!("package p; {text}"))
}

/// The tests of this file; they run as trials of this binary.
pub const TESTS: &[(&str, fn())] = &[
    ("a want has a rule, a confidence and a part of the message", a_want_has_parts),
    ("a line holds several wants", a_line_holds_several_wants),
    ("a want that cannot be read is an error", a_bad_want_is_an_error),
    ("blocks know their section, line and info", blocks_know_where_they_stand),
    ("a block that cannot be read is an error", a_bad_block_is_an_error),
    ("package p goes in front and moves no line", package_goes_in_front),
];

fn a_want_has_parts() {
    let found = wants("x := 1\ndefer f() // closes // want a-b low \"runs \\ only\"\n//want c\n// wanted: nothing\n").unwrap();
    let want = |line, rule: &str, confidence: Option<&str>, part: Option<&str>| Want {
        line,
        rule: rule.into(),
        confidence: confidence.map(Into::into),
        part: part.map(Into::into),
    };
    assert_eq!(found, [want(2, "a-b", Some("low"), Some("runs \\ only")), want(3, "c", None, None)]);
}

fn a_line_holds_several_wants() {
    let found = wants("f() // want a high b \"m\" a").unwrap();
    let rules: Vec<_> = found.iter().map(|want| (want.rule.as_str(), want.confidence.as_deref(), want.part.as_deref())).collect();
    assert_eq!(rules, [("a", Some("high"), None), ("b", None, Some("m")), ("a", None, None)]);
}

fn a_bad_want_is_an_error() {
    for (text, part) in [
        ("// want", "names no rule"),
        ("// want high", "begins with a rule id"),
        ("// want a \"b", "does not end"),
        ("// want a \"b\" \"c\"", "two parts"),
        ("// want Close", "`Close` is neither"),
        ("// want a\n// want low", "begins with a rule id"),
    ] {
        let error = wants(text).unwrap_err();
        assert!(error.contains(part), "{text:?} gives {error:?}, not {part:?}");
    }
}

fn blocks_know_where_they_stand() {
    let page = "# T\n\n## Leaks\n```go go1.22 file=b/b.go\nfunc f() {}\n```\n~~~sh\n```go\n~~~\n### More\n````go nocompile it is broken\n```\n````\n";
    let found = blocks(page).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].section, "Leaks");
    assert_eq!((found[0].line, found[0].go.as_deref(), found[0].file.as_deref()), (5, Some("1.22"), Some("b/b.go")));
    assert_eq!(found[0].text, "func f() {}\n");
    assert_eq!((found[1].section.as_str(), found[1].nocompile.as_deref()), ("Leaks", Some("it is broken")));
    assert_eq!(found[1].text, "```\n");
    assert_ne!(found[0].heading, found[1].heading);
}

fn a_bad_block_is_an_error() {
    for (page, part) in [
        ("```go\nfunc f() {}\n", "has no end"),
        ("```go 1.22\n```\n", "`1.22` means nothing"),
        ("```go go1.x\n```\n", "no Go version"),
        ("```go nocompile\n```\n", "needs a reason"),
    ] {
        let error = blocks(page).unwrap_err();
        assert!(error.contains(part), "{page:?} gives {error:?}, not {part:?}");
    }
}

fn package_goes_in_front() {
    assert_eq!(as_file("import \"os\"\n\nvar x = os.Args\n").unwrap(), "package p; import \"os\"\n\nvar x = os.Args\n");
    assert_eq!(as_file("// c\n/*\npackage x\n*/\nvar x = 1\n").unwrap(), "package p; // c\n/*\npackage x\n*/\nvar x = 1\n");
    let own = "//go:debug x=1\n\npackage b\n";
    assert_eq!(as_file(own).unwrap(), own);
    assert!(as_file("//go:build linux\nvar x = 1\n").is_err());
}
