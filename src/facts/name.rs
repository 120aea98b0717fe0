//! How are functions and types named, and when are two names the same?
//!
//! ```go
//! net/http.(*Client).Do           // the same as net/http.Client.Do
//! sync/atomic.(*Pointer[T]).Store // the same as sync/atomic.Pointer.Store
//! github.com/jackc/pgx/v5.(*Conn).Query // also found as github.com/jackc/pgx.Conn.Query
//! ```
//!
//! Not here: which names there are.

use compact_str::{CompactString, format_compact};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// A function's name in its parts. A method of an interface has the interface as its receiver; a function has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a> {
    /// The import path.
    pub path: &'a str,
    /// The receiver's type, without `*` and type arguments; empty for a function.
    pub receiver: &'a str,
    pub name: &'a str,
}

impl<'a> Name<'a> {
    /// The name behind an import path, in a normalised key. Two readings may be possible, and the longer path comes last:
    /// `nats.go.Connect` is a method of a type `go` in `nats`, or a function in `nats.go`.
    pub(crate) fn readings(key: &'a str) -> impl Iterator<Item = Name<'a>> {
        let last = key.rsplit_once('.');
        let method = last.and_then(|(rest, name)| {
            let (path, receiver) = rest.rsplit_once('.')?;
            (!receiver.contains('/')).then_some(Name { path, receiver, name })
        });
        method.into_iter().chain(last.map(|(path, name)| Name { path, receiver: "", name }))
    }

    /// `net/http.Client.Do`.
    pub fn key(&self) -> CompactString {
        match self.receiver {
            "" => format_compact!("{}.{}", self.path, self.name),
            receiver => format_compact!("{}.{receiver}.{}", self.path, self.name),
        }
    }
}

/// The parts of what somebody wrote: `os.Open`, `net/http.(*Client).Do`, `net.Conn.Close`, with type arguments or without; `None` if it
/// can be no function's name. A receiver without parentheses is known by its capital: `nats.go.Connect` has none.
pub(crate) fn function(written: &str) -> Option<Name<'_>> {
    let (path, rest) = match written.find(".(") {
        Some(dot) => (&written[..dot], &written[dot + 1..]),
        None => split(written)?,
    };
    let (receiver, name) = match rest.strip_prefix('(') {
        Some(rest) => {
            let (receiver, name) = rest.split_once(')')?;
            (receiver.strip_prefix('*').unwrap_or(receiver), name.strip_prefix('.')?)
        }
        None => last_dot(rest).unwrap_or(("", rest)),
    };
    let receiver = without_arguments(receiver)?;
    let name = without_arguments(name)?;
    let whole = is_path(path) && (receiver.is_empty() || is_identifier(receiver)) && is_identifier(name);
    (whole && (!rest.starts_with('(') || !receiver.is_empty())).then_some(Name { path, receiver, name })
}

/// The import path and the name of a type as somebody wrote it: `*os.File`, `github.com/x/y.(*Cache)`, `net.Conn`.
pub(crate) fn of_type(written: &str) -> Option<(&str, &str)> {
    let written = written.strip_prefix('*').unwrap_or(written);
    let end = written.find('[').unwrap_or(written.len());
    let (path, name) = match written.find(".(") {
        Some(dot) => {
            let name = written[dot + 2..].strip_suffix(')')?;
            (&written[..dot], name.strip_prefix('*').unwrap_or(name))
        }
        None => {
            let dot = written[..end].rfind('.')?;
            (&written[..dot], &written[dot + 1..])
        }
    };
    let name = without_arguments(name)?;
    (is_path(path) && is_identifier(name)).then_some((path, name))
}

/// `Pointer[T]` -> `Pointer`; `None` if something follows the arguments.
fn without_arguments(name: &str) -> Option<&str> {
    match name.split_once('[') {
        Some((name, arguments)) => arguments.ends_with(']').then_some(name),
        None => Some(name),
    }
}

/// Before and behind the last dot that is not inside type arguments.
fn last_dot(rest: &str) -> Option<(&str, &str)> {
    match rest.split_once('[') {
        None => rest.split_once('.'),
        Some((name, _)) if name.contains('.') => name.find('.').map(|dot| (&rest[..dot], &rest[dot + 1..])),
        Some(_) => rest.rfind("].").map(|end| (&rest[..=end], &rest[end + 2..])),
    }
}

/// Whether it is one name of Go.
pub(crate) fn is_identifier(text: &str) -> bool {
    let ascii = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    if !text.is_empty() && text.bytes().all(ascii) {
        return !text.as_bytes()[0].is_ascii_digit();
    }
    let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether it could be an import path.
fn is_path(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~+!$&,;=@^%".contains(&byte);
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else { return false };
    let ends = first != b'/' && last != b'/' && last != b'.' && !text.contains("//");
    ends && (text.bytes().all(fits) || text.chars().all(|c| c.is_alphanumeric() || c.is_ascii() && fits(c as u8)))
}

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
    let lenient = || version(name).and_then(|(before, after)| map.get(format_compact!("{before}{after}").as_str()));
    map.get(name).or_else(lenient)
}

/// Whether a name is `other` with a major version: `github.com/jackc/pgx/v5/pgxpool` is `github.com/jackc/pgx/pgxpool`.
pub(crate) fn is_version_of(name: &str, other: &str) -> bool {
    // Comparing lengths first is what makes a question about an unknown function cheap.
    name.len() > other.len()
        && version(name)
            .is_some_and(|(before, after)| before.len() + after.len() == other.len() && other.starts_with(before) && other.ends_with(after))
}

/// Whether an import path is one that the facts name, with its major version or without.
pub fn is_same_path(imported: &str, named: &str) -> bool {
    let imported = imported_as(imported);
    imported == named || is_version_of(imported, named)
}

/// The path that the facts know a package by: godep, an old tool, copied packages and wrote its folder into the imports.
pub fn imported_as(path: &str) -> &str {
    // This is asked of every name: looking for one letter is what makes it cheap.
    path.find('G').and_then(|at| path[at..].strip_prefix("Godeps/_workspace/src/")).unwrap_or(path)
}

/// What stands before and behind the major version of an import path: `github.com/jackc/pgx` and `/pgxpool`.
fn version(name: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(at) = name[from..].find("/v") {
        let at = from + at;
        let digits = name[at + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 2 + digits;
        if digits > 0 && matches!(name.as_bytes().get(end), None | Some(b'/' | b'.')) {
            return Some((&name[..at], &name[end..]));
        }
        from = at + 2;
    }
    None
}

/// The last element of an import path that is no major version: `pgx` for `github.com/jackc/pgx/v5`.
pub(crate) fn last_element(path: &str) -> &str {
    let Some((before, last)) = path.rsplit_once('/') else { return path };
    let is_version = last.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_version { before.rsplit_once('/').map_or(before, |(_, last)| last) } else { last }
}

/// The part of a name before the first dot after its last slash, and the rest: `net/http`, `Client.Do`.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    let slash = name[..name.find('[').unwrap_or(name.len())].rfind('/').map_or(0, |slash| slash + 1);
    // The last element of a path may have a dot of its own: gopkg.in/yaml.v3, nats.go. Exported names start with a capital or stand last.
    let rest = &name[slash..];
    let dot = rest.match_indices('.').find(|(at, _)| rest[at + 1..].starts_with(|c: char| c.is_uppercase() || c == '('));
    let last = || rest[..rest.find('[').unwrap_or(rest.len())].rfind('.');
    let dot = slash + dot.map(|(at, _)| at).or_else(last)?;
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

    fn parts(written: &str) -> Option<(&str, &str, &str)> {
        function(written).map(|name| (name.path, name.receiver, name.name))
    }

    #[test]
    fn functions_and_methods_are_read_as_go_writes_them() {
        assert_eq!(parts("os.Open"), Some(("os", "", "Open")));
        assert_eq!(parts("net/http.(*Client).Do"), Some(("net/http", "Client", "Do")));
        assert_eq!(parts("net/http.(Client).Do"), Some(("net/http", "Client", "Do")));
        assert_eq!(parts("net/http.Client.Do"), Some(("net/http", "Client", "Do")));
        assert_eq!(parts("sync/atomic.(*Pointer[T]).Store"), Some(("sync/atomic", "Pointer", "Store")));
        assert_eq!(parts("sync/atomic.Pointer[a/b.T].Store"), Some(("sync/atomic", "Pointer", "Store")));
        assert_eq!(parts("slices.Clone[S]"), Some(("slices", "", "Clone")));
        assert_eq!(parts("testing.(*common).Fatal"), Some(("testing", "common", "Fatal")));
        assert_eq!(parts("github.com/nats-io/nats.go.Connect"), Some(("github.com/nats-io/nats.go", "", "Connect")));
        assert_eq!(parts("github.com/nats-io/nats.go.Conn.Close"), Some(("github.com/nats-io/nats.go", "Conn", "Close")));
        assert_eq!(parts("gopkg.in/yaml.v3.unmarshal"), Some(("gopkg.in/yaml.v3", "", "unmarshal")));
        assert_eq!(parts("C.free"), Some(("C", "", "free")));
        assert_eq!(parts("example.com/m/v2/d-e.run"), Some(("example.com/m/v2/d-e", "", "run")));
    }

    #[test]
    fn what_can_be_no_functions_name_is_none() {
        for written in [
            "github.com/x/y.(*T)Method",
            "github.com/x/y.(*T)",
            "github.com/x/y.(*T.Method",
            "github.com/x/y.(**T).Method",
            "github.com/x/y.().Method",
            "github.com/x/y.",
            "github.com/x/y",
            "github.com//y.Open",
            "/x/y.Open",
            "os.Open()",
            "os.(*File).Close()",
            "os Open",
            "os.Open ",
            "os.File.Close.Now",
            "os.(*File).a.b",
            "os..Open",
            "exit",
            ".Open",
            "os.1",
            "",
            "*os.Open",
            "os.F[T",
            "é",
        ] {
            assert_eq!(parts(written), None, "{written}");
        }
    }

    #[test]
    fn types_are_read_with_and_without_star() {
        for written in ["*os.File", "os.File", "os.(*File)", "os.(File)"] {
            assert_eq!(of_type(written), Some(("os", "File")), "{written}");
        }
        assert_eq!(of_type("*sync/atomic.Pointer[a/b.T]"), Some(("sync/atomic", "Pointer")));
        assert_eq!(of_type("github.com/hashicorp/golang-lru/v2.(*Cache)"), Some(("github.com/hashicorp/golang-lru/v2", "Cache")));
        for written in ["error", "File", "[]os.File", "func()", "os.", "os.(*File", "os.(*File).Close", "map[string]os.File"] {
            assert_eq!(of_type(written), None, "{written}");
        }
    }

    #[test]
    fn a_key_is_read_in_all_ways() {
        let read = |key| Name::readings(key).map(|name| (name.path, name.receiver, name.name)).collect::<Vec<_>>();
        assert_eq!(read("net/http.Client.Do"), [("net/http", "Client", "Do"), ("net/http.Client", "", "Do")]);
        assert_eq!(read("github.com/x/y.Open"), [("github.com/x/y", "", "Open")]);
        assert_eq!(read("os.Open"), [("os", "", "Open")]);
        assert_eq!(read("x"), []);
        assert_eq!(function("net/http.(*Client).Do").unwrap().key(), "net/http.Client.Do");
        assert_eq!(function("os.Open").unwrap().key(), "os.Open");
    }

    #[test]
    fn stars_parentheses_and_type_arguments_do_not_matter() {
        assert_eq!(normal("net/http.(*Client).Do"), "net/http.Client.Do");
        assert_eq!(normal("sync/atomic.(*Pointer[T]).Store"), "sync/atomic.Pointer.Store");
        assert_eq!(normal("os.Open"), "os.Open");
    }

    #[test]
    fn the_major_version_may_be_left_out() {
        assert!(is_version_of("github.com/jackc/pgx/v5/pgxpool", "github.com/jackc/pgx/pgxpool"));
        assert!(is_version_of("github.com/jackc/pgx/v5", "github.com/jackc/pgx"));
        assert!(!is_version_of("github.com/jackc/pgx", "github.com/jackc/pgx/v5"));
        assert!(!is_version_of("example.com/v1beta1", "example.com"));
        assert!(!is_version_of("example.com/values", "example.com"));
        assert!(!is_version_of("example.com/a/v2", "example.com/b"));
        assert_eq!(version("github.com/jackc/pgx/v5.Rows"), Some(("github.com/jackc/pgx", ".Rows")));
        let last = ["net/http", "os", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgxpool", "v2", "a/v"].map(last_element);
        assert_eq!(last, ["http", "os", "pgx", "pgxpool", "v2", "v"]);
    }

    #[test]
    fn messages_show_the_package_name_only() {
        assert_eq!(short("*database/sql.Rows"), "*sql.Rows");
        assert_eq!(short("net.Conn"), "net.Conn");
    }
}
