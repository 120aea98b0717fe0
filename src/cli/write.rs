//! How does a report get into a file? Whole or not at all: it is written beside the file and takes its place. Only the summary of a
//! GitHub step is added to what is there. This is the only place that writes files.
//!
//! ```text
//! goleaklint --format json=report.json ./...
//! ```
//!
//! Not here: the output (`cli`).

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn file(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        // A device or a pipe keeps its place: /dev/null must not become a file. Nor must what /dev/stdout stands for.
        Ok(there) if !there.is_file() || path.starts_with("/dev") => OpenOptions::new().append(true).open(path)?.write_all(text),
        // A link keeps its place too, and a file its permissions.
        Ok(there) => replace(&fs::canonicalize(path)?, text, Some(there.permissions())),
        Err(_) => replace(path, text, None),
    }
}

fn replace(path: &Path, text: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let permitted = || permissions.map_or(Ok(()), |permissions| fs::set_permissions(&beside, permissions));
    let written = file.write_all(text).and_then(|()| permitted()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Adds a text to a file that others write too; the text depends on how many bytes there are.
pub(super) fn append(path: &Path, text: impl FnOnce(u64) -> String) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text(file.metadata()?.len()).as_bytes())
}
