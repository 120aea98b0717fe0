//! What is the import path of a tree that no go.mod tells? The one by which its own files import each other.
//!
//! ```go
//! // raft/raft.go, beside the directories raft/raftpb and pkg/fileutil
//! import (
//! 	"github.com/coreos/etcd/pkg/fileutil"
//! 	"github.com/coreos/etcd/raft/raftpb" // the tree is github.com/coreos/etcd
//! )
//! ```
//!
//! GOPATH trees and those of other build tools have no go.mod, and one that was put there later may say another path. Two directories at least
//! must say the same, or a file in `raft` that imports `…/raft/raftpb`; and whatever else the path is the beginning of must be there too, nearly
//! always: else a directory `errors` would make the tree `github.com/pkg`.
//!
//! Not here: reading go.mod (`project::gomod`), which version of Go such a tree is for (`project::timers`).

use std::collections::{BTreeMap, BTreeSet};

/// What files import, and the directories of those files, relative to the tree's.
pub(super) type Imports = BTreeMap<String, BTreeSet<String>>;

/// The import path of a tree whose files import `imports`, among them nothing that a go.mod explains; `is_package` says whether a directory of the
/// tree has Go files.
pub(super) fn import_path(imports: &Imports, is_package: &mut dyn FnMut(&str) -> bool) -> Option<String> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut sure: BTreeSet<&str> = BTreeSet::new();
    for (import, from) in imports.iter().filter(|(import, _)| has_host(import)) {
        for (at, _) in import.match_indices('/') {
            let (path, directory) = (&import[..at], &import[at + 1..]);
            if is_package(directory) {
                found.entry(path).or_default().insert(directory);
                if from.iter().any(|from| !from.is_empty() && is_below(from, directory)) {
                    sure.insert(path);
                }
            }
        }
    }
    let (path, directories) = found.into_iter().max_by_key(|(path, directories)| (directories.len(), sure.contains(path)))?;
    let all = imports.keys().filter(|import| is_below(path, import)).count();
    let is_there = (all - directories.len()) * 4 <= all;
    (is_there && (directories.len() > 1 || sure.contains(path))).then(|| path.to_owned())
}

fn is_below(path: &str, import: &str) -> bool {
    import.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// `example.com/x`, not `net/http` or `../x`
fn has_host(import: &str) -> bool {
    let host = import.split('/').next().unwrap_or_default();
    host.contains('.') && import.split('/').all(|element| !matches!(element, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::{Imports, import_path};

    fn of(imports: &[&str], directories: &[&str]) -> Option<String> {
        from("raft", imports, directories)
    }

    fn from(directory: &str, imports: &[&str], directories: &[&str]) -> Option<String> {
        let imports: Imports = imports.iter().map(|&import| (import.to_owned(), [directory.to_owned()].into())).collect();
        import_path(&imports, &mut |directory| directories.contains(&directory))
    }

    #[test]
    fn what_the_files_say() {
        let own = ["github.com/coreos/etcd/raft/raftpb", "github.com/coreos/etcd/pkg/fileutil", "net/http", "github.com/pkg/errors"];
        assert_eq!(of(&own, &["raft/raftpb", "pkg/fileutil", "errors"]).as_deref(), Some("github.com/coreos/etcd"));
        // Generated code that is not there.
        let more = [&own[..], &["github.com/coreos/etcd/a", "github.com/coreos/etcd/b", "github.com/coreos/etcd/gen/pb"]].concat();
        assert_eq!(of(&more, &["raft/raftpb", "pkg/fileutil", "a", "b"]).as_deref(), Some("github.com/coreos/etcd"));
    }

    #[test]
    fn what_one_file_says_of_its_own_directory() {
        let own = ["github.com/coreos/etcd/raft/raftpb"];
        assert_eq!(from("raft", &own, &["raft/raftpb"]).as_deref(), Some("github.com/coreos/etcd"));
        assert_eq!(from("rafts", &own, &["raft/raftpb"]), None);
        assert_eq!(from("", &own, &["raft/raftpb"]), None);
    }

    #[test]
    fn what_may_be_chance() {
        assert_eq!(of(&["github.com/pkg/errors"], &["errors"]), None, "one directory");
        let others = ["github.com/pkg/errors", "github.com/pkg/term", "github.com/pkg/sftp", "github.com/pkg/diff"];
        assert_eq!(of(&others, &["errors", "term"]), None, "half of them are elsewhere");
        assert_eq!(
            of(
                &["net/http", "./errors", "../term", "net/url", "x.y/../errors", "x.y/../term"],
                &["errors", "term", "http", "url", "../errors", "../term"]
            ),
            None,
            "no host"
        );
        assert_eq!(of(&[], &["errors"]), None);
    }
}
