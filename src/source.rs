//! Where is it? Files, spans and lines: the ground on which everything else stands.
//!
//! A [`Span`] is a range of bytes in one file. A line and a column are computed from it when somebody wants to read them:
//!
//! ```go
//! defer f.Close() // bytes 120..135 of a.go, line 9, column 2
//! ```
//!
//! Not here: what the bytes mean (`parse`), which files there are (`project`), the real disk (`project::OsFiles`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The number of a file in a project: its position in `Project::files`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// The half-open range of bytes `start..end` of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }
}

/// A line and a column, both counted from 1. The column counts bytes, as `go vet` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// One Go file that was read: valid UTF-8 without NUL. A byte order mark stays in `text`, so that offsets are those of the disk.
#[derive(Debug)]
pub struct SourceFile {
    pub id: FileId,
    /// The path as `Files` reads it: absolute, or as `MemFiles` knows it.
    pub path: PathBuf,
    pub text: String,
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    pub fn new(id: FileId, path: PathBuf, text: String) -> SourceFile {
        SourceFile { id, path, text, lines: OnceLock::new() }
    }

    /// The offsets at which lines start; the first is 0.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at as u32 + 1);
            std::iter::once(0).chain(newlines).collect()
        })
    }

    /// The position of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset);
        Position { line: line as u32, column: offset - starts[line - 1] + 1 }
    }

    /// The bytes of a line (counted from 1) without its line end.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(&start) = (line as usize).checked_sub(1).and_then(|line| starts.get(line)) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |&next| next as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// Whether gofmt may align what is commented at the ends of a line (counted from 1) and of the next one. What comes between the two
    /// would leave them askew.
    pub fn comments_meet(&self, line: u32) -> bool {
        let has_comment = |line: u32| {
            let text = self.line(line);
            !text.trim_start().starts_with("//") && (text.contains("//") || text.contains("/*"))
        };
        has_comment(line) && has_comment(line + 1)
    }

    /// The line end that is used around an offset: that of its line, or of the one before.
    pub fn line_end(&self, offset: u32) -> &'static str {
        let starts = self.line_starts();
        let line = self.position(offset).line as usize;
        let end = starts.get(line).or(starts.last()).copied().unwrap_or(0);
        if self.slice(0, end).ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// The column in UTF-16 code units, counted from 1, as editors and SARIF want it.
    pub fn utf16_column(&self, offset: u32) -> u32 {
        let position = self.position(offset);
        let start = self.line_starts()[position.line as usize - 1] as usize;
        let prefix = self.text.get(start..(offset as usize).min(self.text.len())).unwrap_or("");
        prefix.chars().map(|c| c.len_utf16() as u32).sum::<u32>() + 1
    }

    /// The text of a range of bytes; empty if the range is not one of this file.
    pub fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}

/// What a directory entry is, without following links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Directory,
    Link,
    /// A pipe, a socket, a device: never opened.
    Other,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: OsString,
    pub kind: EntryKind,
    /// Length in bytes; 0 for what is not a file.
    pub length: u64,
}

/// The outside world, as far as the analysis sees it: real in `project::OsFiles`, in memory in tests and editors.
pub trait Files: Send + Sync {
    /// The bytes of a regular file. A pipe or a device is an error, and never blocks.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The entries of a directory, sorted by name.
    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>>;
    /// What a path is; a link is `Link`.
    fn kind(&self, path: &Path) -> io::Result<Entry>;
    /// The absolute path with links resolved.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
}

/// Files in memory, by absolute path with `/`.
#[derive(Clone, Debug, Default)]
pub struct MemFiles {
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemFiles {
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), text.into());
    }
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{}: no such file or directory", path.display()))
}

impl Files for MemFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| missing(path))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        let mut entries: BTreeMap<OsString, Entry> = BTreeMap::new();
        for (path, text) in &self.files {
            let Ok(rest) = path.strip_prefix(directory) else { continue };
            let mut parts = rest.components();
            let Some(Component::Normal(name)) = parts.next() else { continue };
            let nested = parts.next().is_some();
            let (kind, length) = if nested { (EntryKind::Directory, 0) } else { (EntryKind::File, text.len() as u64) };
            entries.entry(name.to_owned()).or_insert(Entry { name: name.to_owned(), kind, length });
        }
        if entries.is_empty() { Err(missing(directory)) } else { Ok(entries.into_values().collect()) }
    }

    fn kind(&self, path: &Path) -> io::Result<Entry> {
        let name = path.file_name().unwrap_or_default().to_owned();
        if let Some(text) = self.files.get(path) {
            return Ok(Entry { name, kind: EntryKind::File, length: text.len() as u64 });
        }
        self.list(path).map(|_| Entry { name, kind: EntryKind::Directory, length: 0 })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir => drop(clean.pop()),
                Component::CurDir => {}
                other => clean.push(other),
            }
        }
        self.kind(&clean).map(|_| clean)
    }
}
