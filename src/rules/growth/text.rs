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

use crate::module::decls_with;
use crate::project::DeclId;
use crate::rule::Pass;

/// Whether every mention of a package's map reads an element, its length, or all of it in a loop.
pub(super) fn is_only_read(pass: &Pass, declared: DeclId, name: &str) -> bool {
    let project = pass.project();
    decls_with(pass.sema(), declared, name).filter(|&decl| decl != declared).all(|decl| {
        let range = project.decl(decl).range;
        reads(project.file(decl.file).source.slice(range.start, range.end), name)
    })
}

/// Whether a text only reads what has the name.
fn reads(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).all(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        if before.ends_with(is_part) || after.starts_with(is_part) {
            return true;
        }
        let (before, after) = (before.trim_end(), after.trim_start_matches([' ', '\t']));
        match after.strip_prefix('[') {
            Some(inside) => element_is_read(inside),
            None => before.ends_with("range") || before.ends_with("len("),
        }
    })
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
        let texts =
            ["x := m[k]", "if v, ok := m[f(a[0])]; ok {", "for k := range m {", "if len(m) == 0 {", "m[k] == 1", "mm[k] = 1", "m[k].f()"];
        assert!(texts.iter().all(|text| reads(text, "m")), "{texts:?}");
    }

    #[test]
    fn what_is_written_or_unclear() {
        let texts =
            ["m[k] = 1", "m[k]++", "m[k] += 2", "m[a][b] = 1", "m[a], x = 1, 2", "f(m)", "m = nil", "m[\"]\"] = 1", "p := &m", "m[k] |= 1"];
        assert!(texts.iter().all(|text| !reads(text, "m")), "{texts:?}");
    }
}
