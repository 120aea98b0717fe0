//! How does a change look as a unified diff? As `git diff` writes it: `git apply` and `patch -p1` read it.
//!
//! ```text
//! --- a/store.go
//! +++ b/store.go
//! @@ -9,3 +9,4 @@
//! ```
//!
//! Not here: how its lines are shown on a terminal (`cli`).

use similar::TextDiff;

/// The unified diff of a file's texts; empty if they are the same.
pub fn unified(name: &str, old: &str, new: &str) -> String {
    let (before, after) = (quoted(&format!("a/{name}")), quoted(&format!("b/{name}")));
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(&before, &after).to_string()
}

/// A name as git writes it: in quotes, if something in it could be taken for something else.
fn quoted(name: &str) -> String {
    if !name.contains(|c: char| c.is_control() || c == '"' || c == '\\') {
        return name.to_owned();
    }
    let mut shown = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => shown.extend(['\\', c]),
            c if c.is_control() => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| shown.push_str(&format!("\\{byte:03o}"))),
            c => shown.push(c),
        }
    }
    shown.push('"');
    shown
}
