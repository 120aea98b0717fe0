//! How are functions and types named, and when are two names the same?
//!
//! ```go
//! net/http.(*Client).Do // the same as net/http.Client.Do
//! sync/atomic.(*Pointer[T]).Store // the same as sync/atomic.Pointer.Store
//! github.com/jackc/pgx/v5.(*Conn).Query // also found as github.com/jackc/pgx.Conn.Query
//! ```
//!
//! Not here: which names there are.

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A name without `(`, `*`, `)` and type arguments.
pub(crate) fn normal(name: &str) -> Cow<'_, str> {
    if !name.contains(['(', '*', ')', '[']) {
        return Cow::Borrowed(name);
    }
    let mut depth = 0usize;
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '(' | ')' | '*' => {}
            _ if depth == 0 => text.push(c),
            _ => {}
        }
    }
    Cow::Owned(text)
}

/// The value of a normalised name, or of the name without the major version of its import path.
pub(crate) fn find<'a, T>(map: &'a FxHashMap<CompactString, T>, name: &str) -> Option<&'a T> {
    map.get(name).or_else(|| map.get(without_version(name)?.as_str()))
}

/// `github.com/jackc/pgx/v5/pgxpool.Pool.Query` -> `github.com/jackc/pgx/pgxpool.Pool.Query`.
fn without_version(name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(at) = name[from..].find("/v") {
        let at = from + at;
        let digits = name[at + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 2 + digits;
        if digits > 0 && matches!(name.as_bytes().get(end), Some(b'/' | b'.')) {
            return Some(format!("{}{}", &name[..at], &name[end..]));
        }
        from = at + 2;
    }
    None
}

/// The part of a name before the first dot after its last slash, and the rest: `net/http`, `Client.Do`.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    let slash = name.rfind('/').map_or(0, |slash| slash + 1);
    // The last element of a path may have a dot of its own: gopkg.in/yaml.v3, nats.go. Exported names start with a capital or stand last.
    let rest = &name[slash..];
    let dot = rest.match_indices('.').find(|(at, _)| rest[at + 1..].starts_with(|c: char| c.is_uppercase() || c == '('));
    let dot = slash + dot.or_else(|| rest.match_indices('.').next())?.0;
    Some((&name[..dot], &name[dot + 1..]))
}

/// A type as messages show it, with the package's name only: `*database/sql.Rows` -> `*sql.Rows`.
pub(crate) fn short(type_name: &str) -> CompactString {
    let name = type_name.trim_start_matches('*');
    let stars = type_name.len() - name.len();
    let last = name.rfind('/').map_or(name, |slash| &name[slash + 1..]);
    let mut text = CompactString::from(&type_name[..stars]);
    text.push_str(last);
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn stars_parentheses_and_type_arguments_do_not_matter() {
        assert_eq!(normal("net/http.(*Client).Do"), "net/http.Client.Do");
        assert_eq!(normal("sync/atomic.(*Pointer[T]).Store"), "sync/atomic.Pointer.Store");
        assert_eq!(normal("os.Open"), "os.Open");
    }

    #[test]
    fn the_major_version_may_be_left_out() {
        assert_eq!(without_version("github.com/jackc/pgx/v5/pgxpool.Pool.Query").unwrap(), "github.com/jackc/pgx/pgxpool.Pool.Query");
        assert_eq!(without_version("github.com/jackc/pgx/v5.Conn.Query").unwrap(), "github.com/jackc/pgx.Conn.Query");
        assert_eq!(without_version("example.com/v1beta1.T"), None);
        assert_eq!(without_version("example.com/values.T"), None);
    }

    #[test]
    fn a_name_splits_after_its_import_path() {
        assert_eq!(split("net/http.Client.Do"), Some(("net/http", "Client.Do")));
        assert_eq!(split("github.com/nats-io/nats.go.Connect"), Some(("github.com/nats-io/nats.go", "Connect")));
        assert_eq!(split("C.free"), Some(("C", "free")));
        assert_eq!(split("nothing"), None);
    }

    #[test]
    fn messages_show_the_package_name_only() {
        assert_eq!(short("*database/sql.Rows"), "*sql.Rows");
        assert_eq!(short("net.Conn"), "net.Conn");
    }
}
