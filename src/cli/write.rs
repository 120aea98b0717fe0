//! How does a text get into a file? Whole or not at all: it is written beside the file and takes its place. Only the summary of a
//! GitHub step is added to what is there. This is the only place that writes files: reports that were asked for, and source with
//! `--fix`.
//!
//! ```text
//! goleaklint --format json=report.json --fix ./...
//! ```
//!
//! A program that is killed leaves each file as it was or as it should be, and perhaps a file `.name.PID` beside it, which Go does not
//! read.
//!
//! Not here: the output (`cli`), what is written (`report`, `fix`).

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a report.
pub(super) fn file(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        // A device or a pipe keeps its place: /dev/null must not become a file. Nor must what /dev/stdout stands for.
        Ok(there) if !there.is_file() || path.starts_with("/dev") => OpenOptions::new().append(true).open(path)?.write_all(text),
        // A link keeps its place too, and a file its permissions.
        Ok(there) => replace(&fs::canonicalize(path)?, text, Some(&there), None),
        Err(_) => replace(path, text, None, None),
    }
}

/// Puts a new text in place of a source file's, if it is a file inside the root that still has the old one; else the error says why it
/// stays as it is. A link that stays inside the root is followed.
pub(super) fn source(path: &Path, root: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let wrong = |error: io::Error| error.to_string();
    let real = fs::canonicalize(path).map_err(wrong)?;
    if !real.starts_with(fs::canonicalize(root).map_err(wrong)?) {
        return Err(format!("it leads out of {}", root.display()));
    }
    let there = fs::symlink_metadata(&real).map_err(wrong)?;
    if !there.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if there.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    replace(&real, new, Some(&there), Some(old)).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => "it has changed since it was read".to_owned(),
        _ => error.to_string(),
    })
}

/// Writes a text beside a file, with the file's permissions and owner, and lets it take the file's place: if the file still has the
/// expected text, just before that.
fn replace(path: &Path, text: &[u8], there: Option<&Metadata>, expected: Option<&[u8]>) -> io::Result<()> {
    let (beside, mut file) = create_beside(path)?;
    let kept = || there.map_or(Ok(()), |there| keep(&beside, there));
    let unchanged = || match expected {
        Some(expected) if fs::read(path)? != expected => Err(ErrorKind::InvalidData.into()),
        _ => Ok(()),
    };
    let written = file.write_all(text).and_then(|()| kept()).and_then(|()| file.sync_all());
    let written = written.and_then(|()| unchanged()).and_then(|()| fs::rename(&beside, path));
    match &written {
        Err(_) => drop(fs::remove_file(&beside)),
        // That the new name is there after a power cut is the folder's affair; not every system can be asked for it.
        Ok(()) => drop(path.parent().map(|folder| File::open(folder).and_then(|folder| folder.sync_all()))),
    }
    written
}

/// A new file `.name.PID` in the same folder; what another run left behind is not touched.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    const MOST: u32 = 100;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut tried = 0;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(if tried == 0 { format!(".{}", std::process::id()) } else { format!(".{}.{tried}", std::process::id()) });
        let beside = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < MOST => tried += 1,
            opened => return opened.map(|file| (beside, file)),
        }
    }
}

/// Gives a file the owner and the permissions of another one: who runs as root, as in a container, takes no file from its owner.
fn keep(beside: &Path, there: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let own = fs::symlink_metadata(beside)?;
        if (own.uid(), own.gid()) != (there.uid(), there.gid()) {
            // Only root may do it; for everybody else the file is theirs from now on, as with any editor.
            let _ = chown(beside, Some(there.uid()), Some(there.gid()));
        }
    }
    fs::set_permissions(beside, there.permissions())
}

/// Adds a text to a file that others write too; the text depends on how many bytes there are.
pub(super) fn append(path: &Path, text: impl FnOnce(u64) -> String) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text(file.metadata()?.len()).as_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.go");
        fs::write(&path, "mine").unwrap();
        assert_eq!(source(&path, folder.path(), b"old", b"new").unwrap_err(), "it has changed since it was read");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing lies beside it");
        source(&path, folder.path(), b"mine", b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_another_run_left_behind_is_not_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.go");
        fs::write(&path, "old").unwrap();
        let left = folder.path().join(format!(".a.go.{}", std::process::id()));
        fs::write(&left, "half").unwrap();
        source(&path, folder.path(), b"old", b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&left).unwrap()), (b"new".to_vec(), b"half".to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_inside_the_root_only() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let link = |target: &Path, name: &str| {
            let path = folder.path().join(name);
            std::os::unix::fs::symlink(target, &path).unwrap();
            path
        };
        for place in [folder.path(), outside.path()] {
            fs::write(place.join("a.go"), "old").unwrap();
        }
        let inside = link(&folder.path().join("a.go"), "b.go");
        source(&inside, folder.path(), b"old", b"new").unwrap();
        assert!(fs::symlink_metadata(&inside).unwrap().is_symlink());
        assert_eq!(fs::read(folder.path().join("a.go")).unwrap(), b"new");
        let out = link(&outside.path().join("a.go"), "c.go");
        assert!(source(&out, folder.path(), b"old", b"new").unwrap_err().starts_with("it leads out of "));
        assert_eq!(fs::read(outside.path().join("a.go")).unwrap(), b"old");
        let pipe = link(Path::new("/dev/null"), "d.go");
        assert!(source(&pipe, folder.path(), b"", b"new").is_err());
        assert!(source(folder.path(), folder.path(), b"", b"new").unwrap_err().contains("regular"));
    }
}
