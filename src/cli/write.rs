//! How does a report get into a file? Whole or not at all: it is written beside the file and takes its place. This is the only place
//! that writes files.
//!
//! ```text
//! goleaklint --format json=report.json ./...
//! ```
//!
//! Not here: the output (`cli`).

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn file(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        // A device or a pipe keeps its place: /dev/null must not become a file.
        Ok(there) if !there.is_file() => OpenOptions::new().write(true).open(path)?.write_all(text),
        // A link keeps its place too.
        Ok(_) => replace(&fs::canonicalize(path)?, text),
        Err(_) => replace(path, text),
    }
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let written = file.write_all(text).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
