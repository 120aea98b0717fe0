//! Does every import lead to the directory that `go list` names? In Go's own source, and in the repositories of `GOLEAKLINT_CORPORA` with their
//! dependencies, as far as these are on this machine.
//!
//! Not here: hostile trees (`tests/program/dependencies.rs`).

use crate::go::Go;
use goleaklint::project::{Origin, OsFiles, PackageId, Project, Request, load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// A package as `go list` sees it.
struct Listed {
    directory: PathBuf,
    standard: bool,
    /// The paths that stand in the source, and the packages that they mean.
    imports: Vec<(String, String)>,
}

pub fn the_same(go: &Go) {
    let own = go.goroot().join("src");
    for root in go.roots() {
        let patterns: &[&str] = if root == own { &["std", "cmd"] } else { &["work"] };
        compare(go, &root, patterns);
    }
}

fn compare(go: &Go, root: &Path, patterns: &[&str]) {
    let listed = go_list(go, root, patterns);
    let module_cache = Some(PathBuf::from(answer(go, root, &["env", "GOMODCACHE"]).trim()));
    let request = Request { patterns: vec!["./...".into()], working_directory: root.to_owned(), module_cache, ..Request::default() };
    let (project, _) = load(&request, Arc::new(OsFiles)).map_err(|error| error.text).unwrap();
    let by_directory: BTreeMap<&Path, PackageId> = (0..project.packages.len() as u32)
        .map(PackageId)
        .filter(|id| !project.package(*id).name.ends_with("_test"))
        .map(|id| (project.package(id).directory.as_path(), id))
        .collect();
    // From the packages of the main modules on, side by side.
    let mut waiting: Vec<(&str, PackageId)> =
        listed.iter().filter_map(|(path, package)| Some((path.as_str(), *by_directory.get(package.directory.as_path())?))).collect();
    let (mut seen, mut right, mut unknown, mut wrong) = (BTreeSet::new(), 0, BTreeSet::new(), Vec::new());
    let start = Instant::now();
    while let Some((path, id)) = waiting.pop() {
        if !seen.insert((path, id)) {
            continue;
        }
        for (written, meant) in &listed[path].imports {
            let Some((meant, package)) = listed.get_key_value(meant).filter(|_| !matches!(written.as_str(), "C" | "unsafe")) else {
                continue;
            };
            let Some(found) = project.import(id, written) else {
                unknown.insert(format!("{path} imports {written}: {}", package.directory.display()));
                continue;
            };
            if !is_the_same(&project, found, meant, package) {
                wrong.push(format!(
                    "{path} imports {written}: {} and not {}",
                    project.package(found).directory.display(),
                    package.directory.display()
                ));
            }
            right += 1;
            if project.origin(found) != Origin::Std {
                waiting.push((meant, found));
            }
        }
    }
    println!(
        "{}: {} packages of {}, {right} imports lead where go list says, {} nowhere, {} wrong, {:.2} s",
        root.display(),
        seen.len(),
        listed.len(),
        unknown.len(),
        wrong.len(),
        start.elapsed().as_secs_f64()
    );
    unknown.iter().take(10).for_each(|unknown| println!("    nowhere: {unknown}"));
    assert!(wrong.is_empty(), "{} wrong; the first: {:#?}", wrong.len(), wrong.iter().take(10).collect::<Vec<_>>());
    assert!(right > 100 && unknown.len() * 1000 <= right, "{right} right, {} nowhere", unknown.len());
}

fn is_the_same(project: &Project, found: PackageId, path: &str, listed: &Listed) -> bool {
    let package = project.package(found);
    match project.origin(found) {
        Origin::Std => listed.standard && package.path == path,
        // Go has a copy in `vendor` of a module that lies in the same repository; here it is the module itself.
        Origin::Root if listed.directory.ends_with(Path::new("vendor").join(path)) => package.path == path,
        _ => package.directory == listed.directory && package.path == path,
    }
}

fn answer(go: &Go, directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(&go.command);
    command.args(arguments).current_dir(directory);
    command.envs([
        ("GOOS", "linux"),
        ("GOARCH", "amd64"),
        ("CGO_ENABLED", "1"),
        ("GOFLAGS", ""),
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The packages and all that they need, by the paths that Go gives them.
fn go_list(go: &Go, root: &Path, patterns: &[&str]) -> BTreeMap<String, Listed> {
    let fields = "-json=ImportPath,Dir,Standard,Imports,ImportMap";
    let output = answer(go, root, &[&["list", "-e", "-deps", "-pgo=off", fields], patterns].concat());
    let mut listed = BTreeMap::new();
    for package in serde_json::Deserializer::from_str(&output).into_iter::<serde_json::Value>() {
        let package = package.unwrap();
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        // What is not on this machine has no directory.
        if text("Dir").is_empty() {
            continue;
        }
        let map: BTreeMap<&str, &str> = package["ImportMap"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(written, meant)| (meant.as_str().unwrap(), written.as_str()))
            .collect();
        let meant = package["Imports"].as_array().into_iter().flatten().map(|path| path.as_str().unwrap());
        let imports = meant.map(|meant| (map.get(meant).copied().unwrap_or(meant).to_owned(), meant.to_owned())).collect();
        let standard = package["Standard"].as_bool().unwrap_or(false);
        listed.insert(text("ImportPath"), Listed { directory: text("Dir").into(), standard, imports });
    }
    listed
}
