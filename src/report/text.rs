//! How is text shown that somebody else wrote? Everything that could steer a terminal, turn a line around or speak to a build server
//! is shown escaped. Source lines, names, paths and messages go through here on their way to a terminal.
//!
//! ```go
//! var name = "\u202e…" // a character that turns the line around is shown as `\u{202e}`
//! ```
//!
//! Not here: the escapes of JSON (`json`).

use crate::finding::Suppression;
use std::path::Path;

/// Whether a character is shown escaped: controls, directions, invisible ones.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Puts one character of a text.
fn put(shown: &mut String, c: char) {
    // Build servers take `##[…]` for a command, wherever it stands in a line.
    if is_hidden(c) || c == '[' && shown.ends_with("##") {
        shown.extend(c.escape_unicode());
    } else {
        shown.push(c);
    }
}

/// A text as one line without anything hidden.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| put(&mut shown, c));
    shown
}

/// The same, but line ends stay: a command of a build server has an escape of its own for them.
pub(super) fn shown_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|c| if matches!(c, '\r' | '\n') { shown.push(c) } else { put(&mut shown, c) });
    shown
}

/// A text that begins a line: the same, and it does not begin with `::`, which build servers take for a command.
pub fn line(text: &str) -> String {
    let text = shown(text);
    if text.trim_start().starts_with("::") { format!("./{text}") } else { text }
}

/// A text of several lines, each for itself.
pub fn lines(text: &str) -> String {
    text.lines().map(|text| line(text) + "\n").collect()
}

/// What stands before the message of a finding that is silenced and told all the same.
pub(super) fn mark(suppression: Option<&Suppression>) -> String {
    match suppression.map(|suppression| suppression.reason.as_deref()) {
        None => String::new(),
        Some(None) => "suppressed: ".to_owned(),
        Some(Some(reason)) => format!("suppressed ({}): ", shown(reason)),
    }
}

/// How many, and what.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A path relative to `base` and with `/` if it is below it, else absolute; not yet safe to show.
pub fn relative(path: &Path, base: &Path) -> String {
    let inside = path.strip_prefix(base).ok().filter(|inside| !inside.as_os_str().is_empty());
    let Some(inside) = inside else { return path.to_string_lossy().into_owned() };
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// A source line as it is shown, with the way from its bytes to those that are shown.
pub(super) struct Shown {
    pub(super) text: String,
    /// For each byte of the line, and for its end, where it is shown.
    places: Vec<usize>,
}

/// The longest line that is shown whole.
const LONGEST: usize = 400;
/// What is shown of a longer one before the place that matters, and behind it.
const BEFORE: usize = 60;
const BEHIND: usize = 120;

/// The nearest place at or before a byte where a character begins; the end, if the line is shorter.
fn boundary(line: &str, byte: usize) -> usize {
    (0..=byte.min(line.len())).rev().find(|place| line.is_char_boundary(*place)).unwrap_or(0)
}

impl Shown {
    /// `focus` is the byte that matters.
    pub(super) fn new(line: &str, focus: usize) -> Shown {
        let long = line.len() > LONGEST;
        let from = if long { boundary(line, focus.saturating_sub(BEFORE)) } else { 0 };
        let to = if long { boundary(line, focus.saturating_add(BEHIND)) } else { line.len() };
        let mut text = String::from(if from > 0 { "…" } else { "" });
        let mut places = vec![text.len(); from];
        for c in line[from..to].chars() {
            places.resize(places.len() + c.len_utf8(), text.len());
            // codespan-reporting shows a tab as spaces.
            if c == '\t' { text.push(c) } else { put(&mut text, c) }
        }
        places.resize(line.len() + 1, text.len());
        if to < line.len() {
            text.push('…');
        }
        Shown { text, places }
    }

    /// The byte of the line that is shown at a place.
    pub(super) fn byte(&self, place: usize) -> usize {
        self.places.partition_point(|shown| *shown < place)
    }

    /// Where a byte of the line is shown.
    pub(super) fn place(&self, byte: usize) -> usize {
        self.places.get(byte).or(self.places.last()).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_shown() {
        assert_eq!(
            shown("a\nb\u{1b}[2J\u{9b}\u{202e}\u{200b}\u{feff}\u{7f}é"),
            "a\\u{a}b\\u{1b}[2J\\u{9b}\\u{202e}\\u{200b}\\u{feff}\\u{7f}é"
        );
        assert_eq!(shown("x ##[stop-commands]y"), "x ##\\u{5b}stop-commands]y");
        assert_eq!(shown_lines("a\r\nb\u{1b}"), "a\r\nb\\u{1b}");
        assert_eq!(line("::error::x"), "./::error::x");
        assert_eq!(lines("a\n  ::error::x\u{1b}\n"), "a\n./  ::error::x\\u{1b}\n");
    }

    #[test]
    fn places_follow_what_is_shown() {
        let shown = Shown::new("a\u{1b}bc", 2);
        assert_eq!(shown.text, "a\\u{1b}bc");
        assert_eq!((shown.place(1), shown.place(2), shown.place(4), shown.place(99)), (1, 7, 9, 9));
        let long = format!("{}x{}", "é".repeat(1000), "y".repeat(1000));
        let shown = Shown::new(&long, 2000);
        assert!(shown.text.len() < 250, "{} bytes", shown.text.len());
        assert_eq!(&shown.text[shown.place(2000)..shown.place(2001)], "x");
        assert_eq!(shown.place(0), "…".len());
        assert!(shown.text.starts_with('…') && shown.text.ends_with('…'));
    }
}
