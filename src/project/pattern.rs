//! What does a word on the command line mean? A file, a directory, directories below one, or an import path.
//!
//! ```go
//! // ./...  ./cmd/...  ./su...  ../x  a.go  /abs/dir  ex.com/m/sub  ex.com/m/...
//! ```
//!
//! Beyond Go, a bare word that is an existing directory, alone or before `/...`, is that directory.
//!
//! Not here: looking for the files (`project::find`).

use crate::source::{EntryKind, Files};
use std::path::{Component, Path, PathBuf};

/// A request that cannot be answered: a line that says what is wrong, and one that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    pub text: String,
    pub help: Option<String>,
}

impl RequestError {
    pub(super) fn new(text: impl Into<String>, help: &str) -> RequestError {
        RequestError { text: text.into(), help: (!help.is_empty()).then(|| help.to_owned()) }
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for RequestError {}

const KINDS_HELP: &str = "name a directory, `./...`, Go files, or an import path of this module";

/// A pattern whose path, if it has one, exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    File(PathBuf),
    Directory(PathBuf),
    /// Directories below `base` whose path relative to it matches.
    Below {
        base: PathBuf,
        glob: Glob,
    },
    /// An import path, perhaps with `...`.
    Import(String),
}

/// Reads one word. `text` relative to `working_directory`.
pub(super) fn read(text: &str, working_directory: &Path, files: &dyn Files) -> Result<Pattern, RequestError> {
    match text {
        "" => return Err(RequestError::new("an empty pattern", KINDS_HELP)),
        "..." => return Err(RequestError::new("`...` stands for every package there is", "write `./...` for those below this directory")),
        _ => {}
    }
    let text = slashes(text, working_directory, files);
    let Some(dots) = text.find("...") else { return literal(&text, working_directory, files) };
    // The directory before the element with the first `...`.
    let start = text[..dots].rfind('/').map_or(0, |slash| slash + 1);
    let (base, glob) = text.split_at(start);
    let local = is_local(&text);
    if base.is_empty() && !local {
        let help = format!("if directories are meant, write `./{text}`");
        return if text.contains('/') {
            Ok(Pattern::Import(text))
        } else {
            Err(RequestError::new(format!("`{text}` matches no packages"), &help))
        };
    }
    let directory = clean(&working_directory.join(base));
    match follow(&directory, files) {
        Ok(EntryKind::Directory) => Ok(Pattern::Below { base: directory, glob: Glob::new(glob) }),
        Ok(_) => Err(RequestError::new(format!("{}: not a directory", shown(base)), KINDS_HELP)),
        Err(_) if !local => Ok(Pattern::Import(text)),
        Err(error) => Err(unreachable_path(base, &error)),
    }
}

fn literal(text: &str, working_directory: &Path, files: &dyn Files) -> Result<Pattern, RequestError> {
    let path = clean(&working_directory.join(text));
    match follow(&path, files) {
        Ok(EntryKind::Directory) => Ok(Pattern::Directory(path)),
        Ok(EntryKind::File) if text.ends_with(".go") => Ok(Pattern::File(path)),
        Ok(EntryKind::File) => Err(RequestError::new(format!("`{text}` is not a Go file"), KINDS_HELP)),
        Ok(_) => Err(RequestError::new(format!("`{text}` is not a regular file"), "pipes, sockets and devices are not read")),
        Err(_) if !is_local(text) && !text.ends_with(".go") => Ok(Pattern::Import(text.to_owned())),
        Err(error) => Err(unreachable_path(text, &error)),
    }
}

/// What a path is once links are followed.
fn follow(path: &Path, files: &dyn Files) -> std::io::Result<EntryKind> {
    match files.kind(path)?.kind {
        EntryKind::Link => Ok(files.kind(&files.canonical(path)?)?.kind),
        kind => Ok(kind),
    }
}

fn unreachable_path(text: &str, error: &std::io::Error) -> RequestError {
    let reason = reason(error);
    RequestError::new(format!("{}: {reason}", shown(text)), KINDS_HELP)
}

/// An error of the operating system in plain words, the same on every system where that is possible.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::NotADirectory => "not a directory".into(),
        _ => error.to_string(),
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "`.`".into() } else { format!("`{text}`") }
}

/// A relative pattern may be written with `\`, unless there is a file whose name has one.
fn slashes(text: &str, working_directory: &Path, files: &dyn Files) -> String {
    let exists = || !cfg!(windows) && files.kind(&working_directory.join(text)).is_ok();
    let keep = !text.contains('\\') || (!cfg!(windows) && Path::new(text).is_absolute()) || exists();
    if keep { text.to_owned() } else { text.replace('\\', "/") }
}

/// Go's file-system patterns: `.`, `..`, `./x`, `../x` and absolute paths.
fn is_local(text: &str) -> bool {
    matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../") || Path::new(text).is_absolute()
}

/// The path without `.`, `..` and double slashes, as path/filepath.Clean makes it: by its letters, without looking at links.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if clean.parent().is_some() => drop(clean.pop()),
            Component::CurDir | Component::ParentDir => {}
            other => clean.push(other),
        }
    }
    clean
}

/// A pattern in which `...` is any text, and `/...` at the end also nothing. It matches paths relative to its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    /// What stands between the `...`s.
    parts: Vec<String>,
    /// It ends in `/...`.
    tree: bool,
    elements: Vec<String>,
}

impl Glob {
    pub(super) fn new(text: &str) -> Glob {
        let text = text.trim_end_matches('/');
        let (text, tree) = match format!("/{text}").strip_suffix("/...") {
            Some(rest) => (rest.to_owned(), true),
            None => (format!("/{text}"), false),
        };
        let parts = text.split("...").map(str::to_owned).collect();
        Glob { parts, tree, elements: text.split('/').map(str::to_owned).collect() }
    }

    /// Whether `name` matches: relative, with `/`, empty for the base itself.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name = if name.is_empty() { String::new() } else { format!("/{name}") };
        let exact = matches_parts(&self.parts, &name, false);
        exact || (self.tree && matches_parts(&self.parts, &name, true))
    }

    /// Whether something below `name` may match.
    pub(super) fn may_match_below(&self, name: &str) -> bool {
        let first = self.parts.first().map_or("", String::as_str);
        let name = format!("/{name}");
        first.starts_with(&name) || name.starts_with(first)
    }

    /// Whether it is `...`.
    pub(super) fn is_all(&self) -> bool {
        self.tree && self.parts == [""]
    }

    /// Whether an element of the pattern is this very name: `./.../vendor/...` asks for vendored packages.
    pub(super) fn names(&self, element: &str) -> bool {
        self.elements.iter().any(|other| other == element)
    }
}

/// The first part stands at the start, the last at the end, the others in order between them. With `tree`, `/` and any text follow.
fn matches_parts(parts: &[String], name: &str, tree: bool) -> bool {
    let Some((first, others)) = parts.split_first() else { return false };
    let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
    if !tree {
        let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        return rest.ends_with(last.as_str());
    }
    let Some((last, middle)) = others.split_last() else { return rest.starts_with('/') };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.contains(&format!("{last}/"))
}

/// The `ignore` lines of a go.mod, as cmd/go's IgnorePatterns reads them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ignored {
    /// `ignore ./x`: this directory of the module and what is below it.
    rooted: Vec<String>,
    /// `ignore x`: each directory of that name.
    anywhere: Vec<String>,
}

impl Ignored {
    pub(super) fn new(lines: &[String]) -> Ignored {
        let mut ignored = Ignored::default();
        for line in lines {
            match line.strip_prefix("./") {
                Some(path) => ignored.rooted.push(with_slashes(path)),
                None => ignored.anywhere.push(with_slashes(line)),
            }
        }
        ignored
    }

    /// Whether a directory is ignored; its path is relative to the module's directory.
    pub(super) fn contains(&self, directory: &str) -> bool {
        if directory.is_empty() || (self.rooted.is_empty() && self.anywhere.is_empty()) {
            return false;
        }
        let directory = with_slashes(directory);
        self.rooted.iter().any(|path| directory.starts_with(path)) || self.anywhere.iter().any(|path| directory.contains(path))
    }

    /// The lines that say nothing about this directory: who names a directory wants it read.
    pub(super) fn unless_named(&self, directory: &str) -> Ignored {
        let named = if directory.is_empty() { String::new() } else { with_slashes(directory) };
        Ignored {
            rooted: self.rooted.iter().filter(|path| !named.starts_with(*path)).cloned().collect(),
            anywhere: self.anywhere.iter().filter(|path| !named.contains(*path)).cloned().collect(),
        }
    }
}

fn with_slashes(path: &str) -> String {
    format!("/{}/", path.trim_matches('/'))
}

/// The path of `path` below `base`, with `/`.
pub(super) fn relative(path: &Path, base: &Path) -> Option<String> {
    let rest = path.strip_prefix(base).ok()?;
    let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_in_go() {
        let cases = [
            ("...", &["", "a", "a/b"][..], &[][..]),
            ("a/...", &["a", "a/b", "a/b/c"], &["", "ab", "b/a"]),
            ("su...", &["su", "sub", "sub/x"], &["", "s", "x/sub"]),
            (".../x", &["a/x", "a/b/x"], &["x", "a/xy", ""]),
            ("a...z", &["az", "abz", "a/b/z"], &["a", "aza", "z"]),
            ("a.../m/...", &["a/m", "ab/m/x", "a/x/m/y"], &["a", "m", "a/mx"]),
            ("a.../b.../c", &["a/b/c", "ax/by/c"], &["a/c", "a/b/cd"]),
            (".../internal/...", &["a/internal", "a/internal/b"], &["internal", "a/internals"]),
        ];
        for (pattern, yes, no) in cases {
            let glob = Glob::new(pattern);
            for name in yes {
                assert!(glob.matches(name), "{pattern} {name}");
            }
            for name in no {
                assert!(!glob.matches(name), "{pattern} {name}");
            }
        }
        let long = Glob::new(&"a...".repeat(200));
        assert!(!long.matches(&"a".repeat(199)));
        assert!(long.matches(&"a".repeat(4000)));
    }

    #[test]
    fn a_walk_leaves_out_what_cannot_match() {
        let glob = Glob::new("su.../x");
        assert!(glob.may_match_below("sub") && glob.may_match_below("su") && glob.may_match_below("s"));
        assert!(!glob.may_match_below("other"));
        assert!(Glob::new("...").may_match_below("x"));
    }

    #[test]
    fn ignore_lines_are_read_as_in_cmd_go() {
        let ignored = Ignored::new(&["./static".into(), "node_modules".into(), "a/b/".into()]);
        for path in ["static", "static/x", "node_modules", "x/node_modules/y", "z/a/b"] {
            assert!(ignored.contains(path), "{path}");
        }
        for path in ["", "x/static", "statics", "my_node_modules", "a"] {
            assert!(!ignored.contains(path), "{path}");
        }
        assert!(!ignored.unless_named("static").contains("static/x"));
        assert!(ignored.unless_named("static").contains("static/node_modules"));
    }

    #[test]
    fn paths_are_cleaned_by_their_letters() {
        for (path, expected) in [("/a/./b/../c//d/", "/a/c/d"), ("/..", "/"), ("/a/../../b", "/b")] {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
