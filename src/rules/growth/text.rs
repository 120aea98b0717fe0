//! Is a map plainly a table that is only read? Judged by the text of the declarations that have its name, before any of them is parsed.
//!
//! ```go
//! if kind, ok := kinds[name]; ok { … } // an element that is read
//! kinds[name] = kind                   // one that is written: perhaps it grows
//! ```
//!
//! What is not plain counts as written, and is looked at as it should be.
//!
//! Not here: what is really done with it (`summary::containers`).

use crate::project::DeclId;
use crate::rule::Pass;

/// Whether every mention of a map, in a package variable or a field, reads an element, its length, or all of it in a loop, or makes it.
pub(super) fn is_only_read(pass: &Pass, declared: DeclId, name: &str) -> bool {
    pass.module()
        .decls_with(pass.sema(), declared, name)
        .filter(|&decl| decl != declared)
        .all(|decl| reads(pass.project().text(decl), name))
}

/// Whether a text only reads what has the name.
fn reads(text: &str, name: &str) -> bool {
    text.match_indices(name).all(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        if before.ends_with(is_part) || after.starts_with(is_part) {
            return true;
        }
        let (before, after) = (before.trim_end(), after.trim_start_matches([' ', '\t']));
        match after.strip_prefix('[') {
            Some(inside) => element_is_read(inside),
            None => {
                // `range s.m`
                let whole = before.trim_end_matches(|c| is_part(c) || c == '.');
                let before = if before.ends_with('.') { whole.trim_end() } else { before };
                let made = after.strip_prefix([':', '=']).map(str::trim_start);
                before.ends_with("range")
                    || before.ends_with("len(")
                    || made.is_some_and(|made| made.starts_with("make(") || made.starts_with("map["))
            }
        }
    })
}

/// Whether a text makes a value of a struct type, unless it is of a type with a longer name: `T{`, `new(T)`.
pub(super) fn makes(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && (after.starts_with('{') || before.ends_with("new("))
    })
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether what stands behind `m[` reads the element.
fn element_is_read(inside: &str) -> bool {
    let mut depth = 1;
    for (at, c) in inside.char_indices() {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            // Brackets may stand in it.
            '"' | '`' | '\'' => return false,
            _ => {}
        }
        if depth == 0 {
            let rest = inside[at + 1..].trim_start_matches([' ', '\t']);
            let is_comparison = rest.starts_with("==");
            let starts = |ends: &[&str]| ends.iter().any(|end| rest.starts_with(end));
            // An element of the element may be written, and `m[a], m[b] = 1, 2` writes both.
            let is_written = starts(&["=", "++", "--", "+=", "-=", "*=", "/=", "|=", "&=", "^=", "%=", "<<=", ">>=", "[", ",", "&^="]);
            return is_comparison || !is_written;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn an_element_that_is_read() {
        let texts = [
            "x := m[k]",
            "if v, ok := m[f(a[0])]; ok {",
            "for k := range m {",
            "if len(m) == 0 {",
            "m[k] == 1",
            "mm[k] = 1",
            "m[k].f()",
            "for k := range s.t.m {",
            "len(s.m)",
            "&s{m: make(map[int]int)}",
            "s.m = map[int]int{1: 2}",
        ];
        assert!(texts.iter().all(|text| reads(text, "m")), "{texts:?}");
    }

    #[test]
    fn what_is_written_or_unclear() {
        let texts = [
            "m[k] = 1",
            "m[k]++",
            "m[k] += 2",
            "m[a][b] = 1",
            "m[a], x = 1, 2",
            "f(m)",
            "m = nil",
            "m[\"]\"] = 1",
            "p := &m",
            "m[k] |= 1",
            "s{m: other}",
            "f(s.m)",
            "x := s.m",
            "m := make(map[int]int)",
        ];
        assert!(texts.iter().all(|text| !reads(text, "m")), "{texts:?}");
    }
}
