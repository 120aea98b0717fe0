//! The real disk, read-only. A pipe, a socket or a device is never opened, so that none can make a run hang.
//!
//! ```go
//! // mkfifo x.go; goleaklint .   ->   a Problem about x.go, and the rest of the package is analysed
//! ```
//!
//! Not here: which files are wanted (`project::find`), what their bytes must look like (`parse::hygiene`).

#![allow(clippy::disallowed_methods, reason = "this is where the disk is read")]

use crate::parse::hygiene::MAX_FILE;
use crate::source::{Entry, EntryKind, Files};
use std::fs::{self, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The files of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsFiles;

impl Files for OsFiles {
    /// Reads a regular file; one larger than the limit is `FileTooLarge` and is not read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // Asked before opening, for opening alone can wait or rewind a tape …
        regular(&fs::metadata(path)?)?;
        let file = open(path)?;
        // … and again of what was opened, for the name may mean something else by now.
        let metadata = file.metadata()?;
        regular(&metadata)?;
        let limit = MAX_FILE as u64;
        if metadata.len() > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // The file may grow meanwhile, and in /proc a length is 0.
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        // A file would be listed as its own only entry.
        if !fs::metadata(directory)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let names = WalkDir::new(directory).min_depth(1).max_depth(1).sort_by_file_name();
        let mut entries = Vec::new();
        for name in names {
            let name = name.map_err(io::Error::from)?;
            // No length: it would cost one more system call for each file.
            entries.push(Entry { kind: kind(name.file_type()), name: name.file_name().to_owned(), length: 0 });
        }
        Ok(entries)
    }

    fn kind(&self, path: &Path) -> io::Result<Entry> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = kind(metadata.file_type());
        let length = if kind == EntryKind::File { metadata.len() } else { 0 };
        Ok(Entry { name: path.file_name().unwrap_or_default().to_owned(), kind, length })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}

fn kind(file_type: FileType) -> EntryKind {
    if file_type.is_symlink() {
        EntryKind::Link
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else if file_type.is_file() {
        EntryKind::File
    } else {
        EntryKind::Other
    }
}

fn regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")) }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(DO_NOT_WAIT).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).open(path)
}

/// O_NONBLOCK: a pipe that took a file's place since it was looked at does not block.
#[cfg(all(
    any(target_os = "linux", target_os = "android"),
    not(any(target_arch = "mips", target_arch = "mips64", target_arch = "sparc64"))
))]
const DO_NOT_WAIT: i32 = 0o4000;
#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly"))]
const DO_NOT_WAIT: i32 = 4;
#[cfg(all(
    unix,
    not(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly")),
    any(not(any(target_os = "linux", target_os = "android")), target_arch = "mips", target_arch = "mips64", target_arch = "sparc64")
))]
const DO_NOT_WAIT: i32 = 0;
