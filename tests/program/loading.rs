//! Which files are analysed? The packages and files of twelve small trees (`trees.rs`), and of what else a directory can hold.
//!
//! Not here: whether `go list` agrees (`tests/oracle`).

use crate::trees::{TREES, copy, read};
use goleaklint::finding::{Problem, ProblemKind};
use goleaklint::project::{OsFiles, Project, Request, load, load_texts};
use goleaklint::source::MemFiles;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// The target packages: import path, name, files as they are displayed.
fn packages(project: &Project) -> Vec<String> {
    let targets = project.packages.iter().filter(|package| package.target);
    let root = project.root.to_string_lossy();
    let line = |package: &goleaklint::project::Package| {
        let files = package.files.iter().map(|file| project.file(*file)).filter(|file| file.target);
        let files: Vec<String> = files.map(|file| project.display_path(file)).collect();
        let path = if root == "/" { package.path.clone() } else { package.path.replace(&*root, "ROOT") };
        format!("{path} {}: {}", package.name, files.join(" "))
    };
    targets.map(line).collect()
}

fn listed(directory: &Path, patterns: &[&str]) -> Vec<String> {
    let (project, problems) = read(directory, patterns, false).unwrap();
    assert_eq!(problems, [], "{patterns:?}");
    packages(&project)
}

#[test]
fn each_tree_has_the_packages_and_files_that_are_written_here() {
    for tree in TREES {
        let (_place, root) = copy(tree.name);
        let (project, problems) = read(&root, &["./..."], true).unwrap();
        assert_eq!(problems, [], "{}", tree.name);
        assert_eq!(packages(&project), tree.packages, "{}", tree.name);
        assert_eq!(project.root, root, "{}", tree.name);
        assert_eq!(project.links_skipped, if cfg!(unix) && tree.name == "links" { 4 } else { 0 }, "{}", tree.name);
    }
}

#[test]
fn patterns_are_read_as_in_go_and_beyond() {
    let (_place, root) = copy("testdata");
    let (m, a, td) = ("ex.com/m m: m.go", "ex.com/m/a a: a/a.go", "ex.com/m/testdata testdata: testdata/td.go");
    let td = td.replace(" testdata:", " td:");
    assert_eq!(listed(&root, &[]), [m]);
    assert_eq!(listed(&root, &["."]), [m]);
    assert_eq!(listed(&root, &["a"]), [a], "a bare word that is a directory");
    assert_eq!(listed(&root, &["a/..."]), [a]);
    assert_eq!(listed(&root, &["./a.go/../a/..."]), [a]);
    assert_eq!(listed(&root, &[".\\a\\..."]), [a], "a Windows path");
    assert_eq!(listed(&root, &["./testdata"]), [td.as_str()], "named, so read");
    assert_eq!(listed(&root, &["./testdata/..."]), [td.as_str(), "ex.com/m/testdata/td td: testdata/td/td.go"]);
    assert_eq!(listed(&root, &["ex.com/m/..."]), [m, a]);
    assert_eq!(listed(&root, &["ex.com/m/a", "./a"]), [a], "once, however often it is named");
    assert_eq!(listed(&root, &["./a/a.go", "m.go"]), [m, a], "files of several directories");
    assert_eq!(listed(&root, &[&format!("{}/...", root.display())]), [m, a]);
    assert_eq!(listed(&root, &["./...a"]), [a], "`...` inside a path");
    let above = format!("ex.com/m m: {}/m.go", root.display());
    assert_eq!(listed(&root.join("a"), &["../..."]), [above.as_str(), "ex.com/m/a a: a.go"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error() {
    let cases = [
        ("testdata", "./nope", "`./nope`: no such file or directory"),
        ("testdata", "./nope/...", "`./nope/`: no such file or directory"),
        ("testdata", "nope.go", "`nope.go`: no such file or directory"),
        ("testdata", "go.mod", "`go.mod` is not a Go file"),
        ("testdata", "ex.com/other", "`ex.com/other` is neither a directory nor a package of module `ex.com/m`"),
        ("testdata", "ex.com/mother/...", "`ex.com/mother/...` matches no Go files"),
        ("testdata", "./x...", "`./x...` matches no Go files"),
        ("testdata", "...", "`...` stands for every package there is"),
        ("testdata", "", "an empty pattern"),
        ("workspace", ".", "no Go files in `.`"),
        ("buildtags", "./all_out", "build constraints exclude all Go files of `./all_out`"),
        ("buildtags", "./all_out/...", "build constraints exclude all Go files of `./all_out/...`"),
        ("bare", "ex.com/m", "`ex.com/m` matches no Go files"),
    ];
    for (tree, pattern, expected) in cases {
        let (_place, root) = copy(tree);
        let error = read(&root, &[pattern], false).unwrap_err();
        assert_eq!(error.text, expected, "{tree} {pattern}");
        let error = read(&root, &["./...", pattern], false).unwrap_err();
        assert_eq!(error.text, expected, "{tree} ./... {pattern}");
    }
}

#[test]
fn a_file_that_is_named_is_read_and_those_beside_it_are_for_facts() {
    let (_place, root) = copy("buildtags");
    assert_eq!(listed(&root, &["gen.go"]), ["ex.com/m main: gen.go"]);
    let (project, _) = read(&root, &["p.go"], false).unwrap();
    assert_eq!(packages(&project), ["ex.com/m p: p.go"]);
    assert_eq!(project.files.iter().filter(|file| !file.target).count(), 3);
    let (_place, root) = copy("hidden");
    assert_eq!(listed(&root, &["_m.go", "./_x", "./.y/..."]), ["ex.com/m m: _m.go", "ex.com/m/.y y: .y/y.go", "ex.com/m/_x x: _x/x.go"]);
    assert_eq!(listed(&root, &["_x/..."]), ["ex.com/m/_x x: _x/x.go", "ex.com/m/_x/sub sub: _x/sub/sub.go"]);
    let (_place, root) = copy("ignored");
    assert_eq!(listed(&root, &["./static"]), ["ex.com/m/static static: static/s.go"]);
    assert_eq!(listed(&root, &["./static/..."]), ["ex.com/m/static static: static/s.go"]);
    let (_place, root) = copy("vendored");
    assert_eq!(listed(&root, &["./vendor/..."]), ["ex.com/m/vendor/ex.com/v v: vendor/ex.com/v/v.go"]);
}

#[test]
fn test_files_are_read_only_when_asked_for() {
    let (_place, root) = copy("tests");
    assert_eq!(listed(&root, &["./..."]), ["ex.com/m m: m.go"]);
    let (project, problems) = read(&root, &["m_test.go", "./only"], false).unwrap();
    assert_eq!((packages(&project).len(), problems.len(), project.tests_skipped), (0, 0, 2), "left out and counted, not an error");
}

#[test]
fn imports_lead_to_packages_of_the_workspace_and_no_further() {
    let (_place, root) = copy("workspace");
    let (project, problems) = read(&root, &["./a"], false).unwrap();
    assert_eq!(problems, []);
    assert_eq!(packages(&project), ["ex.com/a a: a/a.go"]);
    let paths: Vec<&str> = project.packages.iter().map(|package| package.path.as_str()).collect();
    assert_eq!(paths, ["ex.com/a", "ex.com/b/sub"], "read for facts; ex.com/b itself is not imported");
    let a = project.package_by_path("ex.com/a").unwrap();
    let sub = project.imported(a, "ex.com/b/sub").unwrap();
    assert_eq!(project.package(sub).name, "sub");
    assert_eq!((project.imported(a, "fmt"), project.package_by_path("ex.com/b")), (None, None));
    assert_eq!(project.package_by_path("ex.com/b/sub"), Some(sub));
    assert_eq!(listed(&root, &["ex.com/b/..."]), ["ex.com/b b: b/b.go", "ex.com/b/sub sub: b/sub/sub.go"]);
}

#[test]
fn the_root_is_the_repository_else_the_workspace_else_the_module() {
    let (place, root) = copy("workspace");
    assert_eq!(read(&root, &["./a"], false).unwrap().0.root, root);
    fs::remove_file(root.join("go.work")).unwrap();
    assert_eq!(read(&root, &["./a"], false).unwrap().0.root, root.join("a"));
    assert_eq!(read(&root, &["./a", "./b"], false).unwrap().0.root, root, "the directory that holds both");
    fs::create_dir(root.parent().unwrap().join(".git")).unwrap();
    assert_eq!(read(&root, &["./a"], false).unwrap().0.root, root.parent().unwrap());
    // In a worktree or a submodule `.git` is a file.
    fs::write(root.join("a/.git"), "gitdir: elsewhere\n").unwrap();
    assert_eq!(read(&root, &["./a"], false).unwrap().0.root, root.join("a"));
    drop(place);
}

#[test]
fn clashing_package_names_are_packages_of_their_own() {
    let (project, problems) = load_texts(&[
        ("/m/go.mod", "module m\n"),
        ("/m/a.go", "package p\n"),
        ("/m/b.go", "package q\n"),
        ("/m/c.go", "package p\n"),
        ("/m/x_test.go", "package p_test\n"),
        ("/m/use/u.go", "package use\n\nimport \"m\"\n"),
    ]);
    assert_eq!(problems, []);
    assert_eq!(packages(&project), ["m p: m/a.go m/c.go", "m_test p_test: m/x_test.go", "m q: m/b.go", "m/use use: m/use/u.go"]);
    let user = project.package_by_path("m/use").unwrap();
    assert_eq!(project.package(project.imported(user, "m").unwrap()).name, "p", "the package with most files");
}

#[test]
fn a_replace_line_leads_to_a_directory_inside_the_root_only() {
    let mut files = MemFiles::default();
    for (path, text) in [
        ("/repo/.git/HEAD", ""),
        ("/repo/a/go.mod", "module ex.com/a\nreplace ex.com/b => ../b\nreplace ex.com/out v1.0.0 => ../../out\n"),
        (
            "/repo/a/a.go",
            "package a\n\nimport (\n\t\"ex.com/b/x\"\n\t\"ex.com/out\"\n\t\"ex.com/a/../../../out\"\n\t\"ex.com/b/inner\"\n)\n",
        ),
        ("/repo/b/go.mod", "module ex.com/b\n"),
        ("/repo/b/x/x.go", "package x\n\nimport \"ex.com/b/y\"\n"),
        ("/repo/b/y/y.go", "package y\n"),
        ("/repo/b/inner/go.mod", "module ex.com/b/inner\n"),
        ("/repo/b/inner/i.go", "package inner\n"),
        ("/out/go.mod", "module ex.com/out\n"),
        ("/out/out.go", "package out\n"),
    ] {
        files.add(path, text);
    }
    let request = Request { patterns: Vec::new(), working_directory: "/repo/a".into(), tests: false, ..Request::default() };
    let (project, problems) = load(&request, Arc::new(files)).unwrap();
    assert_eq!((problems, project.root.as_path()), (vec![], Path::new("/repo")));
    let paths: Vec<&str> = project.packages.iter().map(|package| package.path.as_str()).collect();
    assert_eq!(paths, ["ex.com/a", "ex.com/b/x", "ex.com/b/y"], "neither what is outside the root nor a module inside the module");
    assert_eq!(project.display_path(&project.files[1]), "/repo/b/x/x.go");
}

#[test]
fn what_is_wrong_with_a_file_is_a_problem_and_no_stop() {
    let (project, problems) = load_texts(&[
        ("/m/go.mod", "module m\ncolour red\n"),
        ("/m/go.work", "use ./m ../../outside\n"),
        ("/m/a.go", "//go:build linux &&\n\npackage p\n\nimport \"m/none\"\n"),
        ("/m/b.go", "func f() {}\n"),
        ("/m/c.go", "package p\n\x00"),
        ("/m/d.go", "package p\n"),
    ]);
    let told: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.path.display(), problem.text)).collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[0], "/m/a.go: `//go:build` line: the expression ends too early");
    assert!(told[1].starts_with("/m/b.go: "), "{told:?}");
    assert!(told[2].starts_with("/m/c.go: "), "{told:?}");
    assert_eq!(told[3], "/m/go.mod: line 2: unknown directive `colour`");
    assert_eq!(told[4], "/m/go.work: line 1: `use` takes one argument");
    assert_eq!(packages(&project), ["m : m/b.go", "m p: m/a.go m/d.go"]);
    let broken = problems[1].span.map(|span| project.file(span.file).source.path.clone());
    assert!(broken.is_none_or(|path| path == Path::new("/m/b.go")), "a problem's span names its own file");
}

#[test]
fn the_standard_library_has_import_paths_without_its_module() {
    let (project, problems) = load_texts(&[
        ("/.git/HEAD", ""),
        ("/go/src/go.mod", "module std\n\ngo 1.27\n"),
        ("/go/src/fmt/print.go", "package fmt\n\nimport \"os\"\n"),
        ("/go/src/os/os.go", "package os\n"),
        ("/go/src/cmd/go.mod", "module cmd\n\ngo 1.27\n"),
        ("/go/src/cmd/go/main.go", "package main\n\nimport (\n\t\"fmt\"\n\t\"cmd/go/sub\"\n)\n"),
        ("/go/src/cmd/go/sub/sub.go", "//go:build go1.22\n\npackage sub\n"),
    ]);
    assert_eq!(problems, []);
    let paths: Vec<&str> = project.packages.iter().map(|package| package.path.as_str()).collect();
    assert_eq!(paths, ["cmd/go", "cmd/go/sub", "fmt", "os"]);
    let package = |path: &str| project.package_by_path(path).unwrap();
    assert_eq!(project.imported(package("fmt"), "os"), Some(package("os")));
    assert_eq!(project.imported(package("cmd/go"), "fmt"), Some(package("fmt")));
    assert_eq!(project.imported(package("cmd/go"), "cmd/go/sub"), Some(package("cmd/go/sub")));
    let versions: Vec<u32> =
        project.files.iter().filter_map(|file| project.go_version(file.source.id)).map(|version| version.minor).collect();
    assert_eq!(versions, [27, 22, 27, 27]);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn texts(problems: &[Problem]) -> Vec<&str> {
        assert!(problems.iter().all(|problem| problem.kind == ProblemKind::Unread));
        problems.iter().map(|problem| problem.text.as_str()).collect()
    }

    #[test]
    fn a_link_that_is_named_is_followed() {
        let (_place, root) = copy("links");
        assert_eq!(listed(&root, &["./link"]), ["ex.com/m/link real: link/real.go"]);
        assert_eq!(listed(&root, &["./link/..."]), ["ex.com/m/link real: link/real.go", "ex.com/m/link/below below: link/below/below.go"]);
        assert_eq!(listed(&root, &["linked.go"]), ["ex.com/m m: linked.go"]);
        symlink("nowhere", root.join("dangling")).unwrap();
        assert!(read(&root, &["./dangling"], false).unwrap_err().text.contains("no such file"));
        symlink("self", root.join("self")).unwrap();
        assert!(read(&root, &["./self"], false).is_err());
    }

    #[test]
    fn a_pipe_or_a_socket_named_like_a_go_file_does_not_hang() {
        let (_place, root) = copy("bare");
        assert!(Command::new("mkfifo").arg(root.join("pipe.go")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.go")).unwrap();
        fs::create_dir(root.join("directory.go")).unwrap();
        let (project, problems) = read(&root, &["./..."], false).unwrap();
        assert_eq!(packages(&project).len(), 2);
        assert_eq!(texts(&problems), ["skipped: not a regular file"; 2]);
        let error = read(&root, &["pipe.go"], false).unwrap_err();
        assert_eq!(error.text, "`pipe.go` is not a regular file");
        symlink("pipe.go", root.join("link.go")).unwrap();
        assert!(read(&root, &["link.go"], false).is_err());
        assert!(goleaklint::source::Files::read(&OsFiles, &root.join("pipe.go")).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told_and_the_rest_is_analysed() {
        let (_place, root) = copy("bare");
        fs::write(root.join("big.go"), vec![b'\n'; 5 * 1024 * 1024 + 1]).unwrap();
        fs::create_dir(root.join("closed")).unwrap();
        fs::write(root.join("secret.go"), "package p\n").unwrap();
        for path in ["closed", "secret.go"] {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o000)).unwrap();
        }
        // The superuser may read everything.
        let closed = fs::read_dir(root.join("closed")).is_err();
        let (project, problems) = read(&root, &["./..."], false).unwrap();
        assert!(packages(&project)[0].starts_with("ROOT p: p.go"));
        let mut expected = vec!["skipped: larger than 5 MiB"];
        if closed {
            expected.extend(["cannot list the directory: permission denied", "cannot be read: permission denied"]);
        }
        assert_eq!(texts(&problems), expected);
        fs::set_permissions(root.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
    }

    #[test]
    fn names_may_be_any_bytes() {
        let (_place, root) = copy("bare");
        let odd = root.join(OsStr::from_bytes(b"odd\xff\n\x1b"));
        fs::create_dir(&odd).unwrap();
        fs::write(odd.join(OsStr::from_bytes(b"\xfe.go")), "package odd\n").unwrap();
        let (project, problems) = read(&root, &["./..."], false).unwrap();
        assert_eq!((project.files.len(), problems.len()), (3, 0));
        assert_eq!(project.files[1].source.path, odd.join(OsStr::from_bytes(b"\xfe.go")));
        assert_eq!(project.packages[1].name, "odd");
    }

    #[test]
    fn directories_may_be_deep() {
        let (_place, root) = copy("bare");
        let deep = root.join(["d"; 1500].join("/"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("x.go"), "package x\n").unwrap();
        let (project, problems) = read(&root, &["./..."], false).unwrap();
        assert_eq!((project.files.len(), problems.len()), (3, 0));
    }

    #[test]
    fn the_order_of_everything_is_that_of_the_paths() {
        let (_place, root) = copy("workspace");
        let all = |patterns: &[&str]| {
            let (project, _) = read(&root, patterns, true).unwrap();
            let modules: Vec<String> = project.modules.iter().map(|module| module.path.clone()).collect();
            (packages(&project), modules)
        };
        let expected = all(&["./..."]);
        assert_eq!(all(&["./c/...", "./b/sub", "./b", "ex.com/a"]), expected);
        assert_eq!(expected.1, ["ex.com/a", "ex.com/b", "ex.com/c"]);
    }
}
