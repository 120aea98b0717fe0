//! Twelve small trees, the packages and files that belong to them, and where `go list` has others: each difference with its reason.
//!
//! Not here: the comparisons (`loading.rs`, and `tests/oracle`).

use goleaklint::finding::Problem;
use goleaklint::project::{OsFiles, Project, Request, RequestError, load};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Whose files they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Go,
}

pub struct Tree {
    pub name: &'static str,
    /// `import/path name: files`, for `./...` with tests.
    pub packages: &'static [&'static str],
    /// The directories in which `go list ./...` is asked: it does not go from module to module.
    pub go_in: &'static [&'static str],
    /// Files that only one side has, and why that is wanted.
    pub differences: &'static [(Side, &'static str, &'static str)],
}

const OTHER_BUILD: &str = "all platforms and tags are analysed in one run; go list answers for one";
const NO_LINKS: &str = "links inside the tree are not followed; go list follows links to files";
const NO_MODULE: &str = "go list needs a go.mod";

pub const TREES: &[Tree] = &[
    Tree {
        name: "workspace",
        packages: &["ex.com/a a: a/a.go", "ex.com/b b: b/b.go", "ex.com/b/sub sub: b/sub/sub.go", "ex.com/c c: c/c.go"],
        go_in: &["a", "b"],
        differences: &[(Side::Ours, "c/c.go", "a module below the directory that go.work does not use; go list refuses it")],
    },
    Tree {
        name: "nested",
        packages: &[
            "ex.com/m m: m.go",
            "ex.com/other inner: inner/inner.go",
            "ex.com/other/deep deep: inner/deep/deep.go",
            "ex.com/m/sub sub: sub/sub.go",
        ],
        go_in: &[".", "inner"],
        differences: &[],
    },
    Tree {
        name: "buildtags",
        packages: &["ex.com/m p: on_unix.go other.go p.go race.go"],
        go_in: &["."],
        differences: &[(Side::Ours, "other.go", OTHER_BUILD), (Side::Ours, "race.go", OTHER_BUILD)],
    },
    Tree {
        name: "cgo",
        packages: &["ex.com/m p: p.go with.go without.go"],
        go_in: &["."],
        differences: &[(Side::Ours, "without.go", OTHER_BUILD)],
    },
    Tree {
        name: "names",
        packages: &["ex.com/m p: linux.go x.pb_windows.go x_arm64.go x_darwin_test.go x_linux.pb.go x_unix.go x_windows.pb.go"],
        go_in: &["."],
        differences: &[
            (Side::Ours, "x_arm64.go", OTHER_BUILD),
            (Side::Ours, "x_darwin_test.go", OTHER_BUILD),
            (Side::Ours, "x_windows.pb.go", OTHER_BUILD),
        ],
    },
    Tree {
        name: "ignored",
        packages: &["ex.com/m m: m.go", "ex.com/m/a a: a/a.go", "ex.com/m/a/static static: a/static/s.go"],
        go_in: &["."],
        differences: &[],
    },
    Tree { name: "vendored", packages: &["ex.com/m m: m.go", "ex.com/m/sub sub: sub/sub.go"], go_in: &["."], differences: &[] },
    Tree { name: "testdata", packages: &["ex.com/m m: m.go", "ex.com/m/a a: a/a.go"], go_in: &["."], differences: &[] },
    Tree {
        name: "links",
        packages: &["ex.com/m m: m.go", "ex.com/m/real real: real/real.go", "ex.com/m/real/below below: real/below/below.go"],
        go_in: &["."],
        differences: if cfg!(unix) { &[(Side::Go, "linked.go", NO_LINKS)] } else { &[] },
    },
    Tree {
        name: "tests",
        packages: &["ex.com/m m: m.go m_test.go", "ex.com/m_test m_test: x_test.go", "ex.com/m/only only: only/only_test.go"],
        go_in: &["."],
        differences: &[],
    },
    Tree { name: "hidden", packages: &["ex.com/m m: m.go"], go_in: &["."], differences: &[] },
    Tree {
        name: "bare",
        packages: &["ROOT p: p.go", "ROOT/sub q: sub/q.go"],
        go_in: &["."],
        differences: &[(Side::Ours, "p.go", NO_MODULE), (Side::Ours, "sub/q.go", NO_MODULE)],
    },
];

/// A copy of a tree, outside any repository; `links` gets its links, which not every system could check out.
pub fn copy(name: &str) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(place.path()).unwrap().join(name);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/loading").join(name);
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = root.join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to).unwrap();
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
    #[cfg(unix)]
    if name == "links" {
        use std::os::unix::fs::symlink;
        fs::write(root.join("../outside.txt"), "package m\n").unwrap();
        symlink("../outside.txt", root.join("linked.go")).unwrap();
        symlink("real", root.join("link")).unwrap();
        symlink(".", root.join("loop")).unwrap();
        symlink("..", root.join("real/up")).unwrap();
    }
    (place, root)
}

pub fn read(directory: &Path, patterns: &[&str], tests: bool) -> Result<(Project, Vec<Problem>), RequestError> {
    let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    load(&Request { patterns, working_directory: directory.to_owned(), tests, ..Request::default() }, Arc::new(OsFiles))
}
