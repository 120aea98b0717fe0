//! Are the files of the twelve trees those of `go list`, but for the differences that are wanted?
//!
//! Not here: the trees (`tests/program/trees.rs`).

use crate::go::Go;
use crate::trees::{Side, TREES, copy, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn the_same(go: &Go) {
    for tree in TREES {
        let (_place, root) = copy(tree.name);
        let (project, _) = read(&root, &["./..."], true).unwrap();
        let ours: BTreeSet<String> = project.files.iter().filter(|file| file.target).map(|file| project.display_path(file)).collect();
        let gos: BTreeSet<String> = tree.go_in.iter().flat_map(|directory| go_list(go, &root, directory)).collect();
        let mut found: Vec<(Side, &str)> = ours.difference(&gos).map(|path| (Side::Ours, path.as_str())).collect();
        found.extend(gos.difference(&ours).map(|path| (Side::Go, path.as_str())));
        let wanted: Vec<(Side, &str)> = tree.differences.iter().map(|(side, path, _)| (*side, *path)).collect();
        assert_eq!(found, wanted, "{}: files that only one side has", tree.name);
        println!("{}: {} files as in `go list`, {} wanted differences", tree.name, ours.intersection(&gos).count(), wanted.len());
    }
}

/// The files that `go list` has for linux/amd64, relative to the tree.
fn go_list(go: &Go, root: &Path, directory: &str) -> BTreeSet<String> {
    let output = Command::new(&go.command)
        .args(["list", "-e", "-json", "./..."])
        .current_dir(root.join(directory))
        .envs([("GOOS", "linux"), ("GOARCH", "amd64"), ("CGO_ENABLED", "1"), ("GOFLAGS", ""), ("GOPROXY", "off")])
        .envs([("GOTOOLCHAIN", "local"), ("GOWORK", ""), ("GO111MODULE", "on")])
        .output()
        .unwrap();
    let mut files = BTreeSet::new();
    for package in serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>() {
        let package = package.unwrap();
        // Without a go.mod it answers with an error and no directory.
        let Some(directory) = package["Dir"].as_str().map(PathBuf::from) else { continue };
        let inside = directory.strip_prefix(root).unwrap().to_owned();
        for list in ["GoFiles", "CgoFiles", "TestGoFiles", "XTestGoFiles", "InvalidGoFiles"] {
            let names = package[list].as_array().into_iter().flatten();
            files.extend(names.map(|name| inside.join(name.as_str().unwrap()).to_string_lossy().replace('\\', "/")));
        }
    }
    files
}
