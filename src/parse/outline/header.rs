//! What do the comments say that are more than comments? Build constraints, `//go:debug`, the mark of generated files, directives.
//!
//! ```go
//! //go:build linux && !cgo
//! ```
//!
//! Not here: whether a constraint holds (`project`), what a directive silences (`engine`).

/// The build constraint before the package clause, as go/build finds it. Old `// +build` lines count where there is no `//go:build`;
/// they are written as the expression they mean.
pub(super) fn build(text: &str) -> Option<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = Header::read(text);
    match header.build.as_slice() {
        [] => plus_build(&text[..header.end]),
        [one] => Some((*one).to_string()),
        // go/build refuses such a file; both have to hold, whichever a reader meant.
        several => Some(several.iter().map(|expr| format!("({expr})")).collect::<Vec<_>>().join(" && ")),
    }
}

/// go/build's parseFileHeader.
#[derive(Default)]
struct Header<'a> {
    /// The expressions of all `//go:build` lines.
    build: Vec<&'a str>,
    /// The end of the text in which `// +build` lines count: the last blank line before the first line that is no line comment.
    end: usize,
}

impl<'a> Header<'a> {
    fn read(text: &'a str) -> Header<'a> {
        let mut header = Header::default();
        let mut ended = false;
        let mut in_comment = false;
        let mut at = 0;
        for whole in text.split_inclusive('\n') {
            at += whole.len();
            let mut line = whole.trim();
            if line.is_empty() && !ended {
                header.end = at;
                continue;
            }
            ended |= !line.starts_with("//");
            if !in_comment && let Some(expr) = after_word(line, "//go:build") {
                header.build.push(expr);
            }
            while !line.is_empty() {
                if in_comment {
                    let Some(end) = line.find("*/") else { break };
                    in_comment = false;
                    line = line[end + 2..].trim();
                } else if line.starts_with("//") {
                    break;
                } else if let Some(rest) = line.strip_prefix("/*") {
                    in_comment = true;
                    line = rest.trim();
                } else {
                    return header;
                }
            }
        }
        header
    }
}

/// What follows `word` in a line, if a space or nothing follows it directly.
fn after_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(word)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}

/// The meaning of all `// +build` lines: lines are joined by and, words by or, commas by and.
fn plus_build(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter_map(|line| after_word(line.strip_prefix("//")?.trim(), "+build"));
    let lines: Vec<String> = lines.map(plus_line).collect();
    match lines.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(several.iter().map(|line| format!("({line})")).collect::<Vec<_>>().join(" && ")),
    }
}

fn plus_line(line: &str) -> String {
    let words: Vec<String> = line.split_whitespace().map(|word| word.split(',').map(plus_term).collect::<Vec<_>>().join(" && ")).collect();
    if words.is_empty() { "ignore".to_string() } else { words.join(" || ") }
}

/// A tag or its negation; what is neither never holds, which go/build writes as the tag `ignore`.
fn plus_term(term: &str) -> String {
    if term.starts_with("!!") || term == "!" {
        return "ignore".to_string();
    }
    let (not, tag) = term.strip_prefix('!').map_or(("", term), |tag| ("!", tag));
    let valid = !tag.is_empty() && tag.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    format!("{not}{}", if valid { tag } else { "ignore" })
}

/// The text after `//go:debug`.
pub(super) fn debug(comment: &str) -> Option<&str> {
    after_word(comment, "//go:debug").filter(|setting| !setting.is_empty())
}

/// go/ast.IsGenerated for one comment.
pub(super) fn generated(comment: &str) -> bool {
    comment.contains("// Code generated ")
        && comment.split('\n').any(|line| {
            // go/scanner takes carriage returns out of comments.
            let line = line.replace('\r', "");
            line.strip_prefix("// Code generated ").is_some_and(|rest| rest.ends_with(" DO NOT EDIT."))
        })
}

/// Whether a comment speaks to a tool: `//go:…`, `//export f`, and with spaces allowed `//goleaklint:…`, `//nolint`, `//lint:…`.
pub(super) fn directive(comment: &str) -> bool {
    let Some(rest) = comment.strip_prefix("//") else { return false };
    // Only four letters begin a directive; nearly all comments end here.
    match rest.trim_start_matches([' ', '\t', '/']).as_bytes() {
        [b'g', b'o', ..] | [b'e', b'x', b'p', ..] if rest.starts_with("go:") || rest.starts_with("export ") => true,
        [b'g' | b'n' | b'l', ..] => {
            let word = rest.trim_start_matches([' ', '\t', '/']);
            word.starts_with("goleaklint:") || word.starts_with("nolint") || word.starts_with("lint:")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_constraints_are_found_where_go_build_finds_them() {
        for (text, expected) in [
            ("//go:build linux\n\npackage p", Some("linux")),
            ("\u{feff}//go:build  linux && cgo \r\n\r\npackage p", Some("linux && cgo")),
            ("/* a */ // b\n//go:build a\npackage p", Some("a")),
            ("/*\n//go:build a\n*/\npackage p", None),
            ("//go:buildx a\n\npackage p", None),
            ("package p\n\n//go:build a\n", None),
            ("// +build a\n\npackage p", Some("a")),
            ("// +build a\npackage p", None), // no blank line: documentation
            ("//+build a,!b c\n// +build d !!e\n\npackage p", Some("(a && !b || c) && (d || ignore)")),
            ("//go:build x\n// +build a\n\npackage p", Some("x")),
            ("", None),
        ] {
            assert_eq!(build(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn directives_and_marks() {
        for text in ["//go:noinline", "//nolint", "// nolint:a", "//nolint: a", "//lint:ignore X y", "//goleaklint:ignore r", "//export F"]
        {
            assert!(directive(text), "{text}");
        }
        for text in ["// go:noinline", "// good", "// lint", "/*nolint*/", "// golang", "//", "// export F"] {
            assert!(!directive(text), "{text}");
        }
        assert!(generated("// Code generated by x. DO NOT EDIT.\r"));
        assert!(generated("/*\n// Code generated by x. DO NOT EDIT.\n*/"));
        assert!(!generated("// Code generated by x. DO NOT EDIT. "));
        assert!(!generated("//  Code generated by x. DO NOT EDIT."));
        assert_eq!(debug("//go:debug asynctimerchan=1"), Some("asynctimerchan=1"));
        assert_eq!(debug("//go:debugx a=1"), None);
    }
}
