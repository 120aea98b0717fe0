//! A rule's page as code scanning shows it: one line for each paragraph, since every line end there is a new line, and without the
//! marks in the examples that only tests read.
//!
//! ```text
//! defer f.Close() // want defer-in-loop high   ->   defer f.Close()
//! ```
//!
//! Not here: the pages (`rules/`), and what their front matter means (`rule`).

use crate::rule::Page;

/// The page behind its title.
pub(super) fn markdown(page: &Page) -> String {
    let title = format!("# {}\n", page.id);
    let body = page.body.strip_prefix(&title).unwrap_or(page.body).trim();
    let mut lines: Vec<String> = Vec::new();
    let mut fenced = false;
    // Whether the next line of text goes on with the one before.
    let mut open = false;
    for line in body.lines() {
        let fence = line.trim_start().starts_with("```");
        if fenced && !fence {
            lines.push(line.split("// want ").next().unwrap_or(line).trim_end().to_owned());
        } else if fence {
            // What stands behind the language speaks to the tests.
            let end = if fenced { line } else { line.trim_end().split(' ').next().unwrap_or(line) };
            lines.push(end.to_owned());
            fenced = !fenced;
            open = false;
        } else if let (true, Some(last)) = (open && !begins(line), lines.last_mut()) {
            last.push(' ');
            last.push_str(line.trim());
        } else {
            lines.push(line.trim_end().to_owned());
            open = !line.trim().is_empty() && !line.starts_with(['#', '|']);
        }
        open &= !line.trim().is_empty();
    }
    lines.join("\n")
}

/// Whether a line begins something of its own: a heading, a table's row, an entry of a list.
fn begins(line: &str) -> bool {
    let line = line.trim_start();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.is_empty()
        || line.starts_with(['#', '|', '>'])
        || line.starts_with("- ")
        || line.starts_with("* ")
        || numbered.len() < line.len() && numbered.starts_with(". ")
}

/// What a page says first.
pub(super) fn first_paragraph(markdown: &str) -> &str {
    markdown.split("\n\n").find(|part| !part.trim().is_empty() && !part.starts_with('#')).unwrap_or("").trim()
}

/// `defer-in-loop` as a name: `DeferInLoop`.
pub(super) fn pascal_case(id: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(word).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_lines_and_marks_of_tests_go() {
        let text = "---\nid: a-b\n---\n\n# a-b\n\nOne\ntwo.\n\n- three\n  four\n- five\n\n| a |\n|---|\n| b |\n\n## Six\nseven\n1. eight\n\n```go go1.22\n\tx() // want a-b \"y\"\n\n\ty()\n```\nnine\n";
        let markdown = markdown(&Page::parse(text).unwrap());
        let wanted =
            "One two.\n\n- three four\n- five\n\n| a |\n|---|\n| b |\n\n## Six\nseven\n1. eight\n\n```go\n\tx()\n\n\ty()\n```\nnine";
        assert_eq!(markdown, wanted);
        assert_eq!(first_paragraph(&markdown), "One two.");
        assert_eq!(pascal_case("a-b"), "AB");
        assert_eq!(pascal_case("defer-in-loop"), "DeferInLoop");
    }
}
