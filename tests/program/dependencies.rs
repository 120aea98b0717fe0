//! What does an import mean that no pattern asks for? Workspaces, `vendor`, the module cache and `replace` lines, also hostile ones.
//!
//! Not here: the standard library that is shipped (`standard.rs`), the packages that patterns ask for (`loading.rs`).

use crate::signature::signature;
use goleaklint::ast::Decl;
use goleaklint::project::{DeclId, Origin, PackageId, Project, Request, load};
use goleaklint::source::{FileId, MemFiles};
use std::path::PathBuf;
use std::sync::Arc;

/// A repository below `/repo`, beside a module cache at `/cache`.
fn repository(texts: &[(&str, &str)], change: impl Fn(&mut Request)) -> Project {
    let mut files = MemFiles::default();
    files.add("/repo/.git/HEAD", "");
    texts.iter().for_each(|(path, text)| files.add(*path, *text));
    let mut request = Request {
        patterns: vec!["./...".into()],
        working_directory: "/repo".into(),
        module_cache: Some(PathBuf::from("/cache")),
        ..Request::default()
    };
    change(&mut request);
    let (project, problems) = load(&request, Arc::new(files)).unwrap();
    assert_eq!(problems, []);
    project
}

/// The directory and origin of what an import means in a package.
fn meaning(project: &Project, from: &str, path: &str) -> String {
    let from = project.package_by_path(from).unwrap_or_else(|| panic!("no package {from}"));
    project.import(from, path).map_or("nowhere".to_owned(), |id| place(project, id))
}

fn place(project: &Project, id: PackageId) -> String {
    format!("{} {:?}", project.package(id).directory.display(), project.origin(id))
}

#[test]
fn a_package_of_vendor_is_read_when_it_is_asked_for() {
    let project = repository(
        &[
            ("/repo/go.mod", "module ex.com/m\ngo 1.22\nrequire ex.com/v v1.0.0\n"),
            ("/repo/m.go", "package m\n\nimport \"ex.com/v/sub\"\n"),
            ("/repo/vendor/ex.com/v/sub/a_linux.go", "package sub\n\nimport \"ex.com/w\"\n\nfunc F(x int) (y w.T) { return 1 }\n"),
            ("/repo/vendor/ex.com/v/sub/a_test.go", "package sub\n"),
            ("/repo/vendor/ex.com/v/sub/gen.go", "//go:build ignore\n\npackage main\n"),
            ("/repo/vendor/ex.com/w/w.go", "package ww\n\ntype T int\n"),
            ("/cache/ex.com/v@v1.0.0/sub/a.go", "package wrong\n"),
        ],
        |_| {},
    );
    assert_eq!((project.files.len(), project.packages.len()), (1, 1));
    let m = project.package_by_path("ex.com/m").unwrap();
    let sub = project.import(m, "ex.com/v/sub").unwrap();
    assert_eq!(project.import(m, "ex.com/v/sub"), Some(sub), "read once");
    assert_eq!((sub, project.origin(sub), project.origin(m)), (PackageId(1), Origin::Vendor, Origin::Root));
    let package = project.package(sub);
    assert_eq!((package.path.as_str(), package.name.as_str(), package.target, package.module), ("ex.com/v/sub", "sub", false, None));
    assert_eq!(package.files, [FileId(1)], "neither tests nor what no build has");
    let file = project.file(FileId(1));
    assert_eq!((file.package, file.target, file.test, file.source.id), (sub, false, false, FileId(1)));
    assert_eq!(file.source.path, PathBuf::from("/repo/vendor/ex.com/v/sub/a_linux.go"));
    let w = project.import(sub, "ex.com/w").unwrap();
    assert_eq!((project.package(w).name.as_str(), place(&project, w)), ("ww", "/repo/vendor/ex.com/w Vendor".to_owned()));
    for path in ["ex.com/v", "ex.com/none", "C", "unsafe", "../m", "/repo", "ex.com/v/sub/../../../../m"] {
        assert_eq!(project.import(m, path), None, "{path}");
    }
    let tree = project.tree(DeclId { file: FileId(1), index: 0 });
    assert!(matches!(&tree.decl, Decl::Func(func) if func.body.is_some()));
    assert_eq!(project.syntax_problems(), []);
}

#[test]
fn the_module_cache_is_read_at_the_versions_of_go_mod() {
    let texts = [
        (
            "/repo/go.mod",
            "module ex.com/m\nrequire (\n\tex.com/Lib v1.2.0\n\tex.com/Lib/sub v0.1.0 // indirect\n\tex.com/old v1.0.0\n\tex.com/gone v1.0.0\n)\n\
             replace ex.com/old => ex.com/New v1.1.0-RC1\nexclude ex.com/Lib v1.2.0\n",
        ),
        ("/repo/m.go", "package m\n\nimport \"ex.com/Lib/x\"\n"),
        ("/cache/ex.com/!lib@v1.2.0/x/x.go", "package x\n"),
        ("/cache/ex.com/!lib@v1.2.0/sub/below/x.go", "package below\n"),
        ("/cache/ex.com/!lib@v1.2.0/sub/s.go", "package wrong\n"),
        ("/cache/ex.com/!lib@v1.3.0/y/y.go", "package y\n"),
        ("/cache/ex.com/!lib/sub@v0.1.0/s.go", "package sub\n"),
        ("/cache/ex.com/!new@v1.1.0-!r!c1/o/o.go", "package o\n"),
        ("/cache/ex.com/old@v1.0.0/o/o.go", "package wrong\n"),
        ("/cache/ex.com/other@v1.0.0/o.go", "package other\n"),
    ];
    let project = repository(&texts, |_| {});
    let m = |path| meaning(&project, "ex.com/m", path);
    assert_eq!(m("ex.com/Lib/x"), "/cache/ex.com/!lib@v1.2.0/x ModuleCache");
    assert_eq!(m("ex.com/Lib/y"), "nowhere", "another version");
    assert_eq!(m("ex.com/Lib/sub"), "/cache/ex.com/!lib/sub@v0.1.0 ModuleCache", "the longest module path");
    assert_eq!(m("ex.com/Lib/sub/below"), "/cache/ex.com/!lib@v1.2.0/sub/below ModuleCache", "the longest that has it");
    assert_eq!(m("ex.com/old/o"), "/cache/ex.com/!new@v1.1.0-!r!c1/o ModuleCache");
    assert_eq!((m("ex.com/gone"), m("ex.com/other"), m("ex.com/lib/x")), ("nowhere".into(), "nowhere".into(), "nowhere".into()));
    let x = project.import(PackageId(0), "ex.com/Lib/x").unwrap();
    let old = project.import(x, "ex.com/old/o").unwrap();
    assert_eq!((project.package(old).path.as_str(), Some(old)), ("ex.com/old/o", project.import(PackageId(0), "ex.com/old/o")));

    let project = repository(&texts, |request| request.no_deps = true);
    assert_eq!(meaning(&project, "ex.com/m", "ex.com/Lib/x"), "nowhere");
    let project = repository(&texts, |request| request.module_cache = None);
    assert_eq!(meaning(&project, "ex.com/m", "ex.com/Lib/x"), "nowhere");
    let project = repository(&[texts[0], texts[1], ("/repo/vendor/ex.com/Lib/x/x.go", "package x\n")], |request| request.no_deps = true);
    assert_eq!(meaning(&project, "ex.com/m", "ex.com/Lib/x"), "nowhere");
}

#[test]
fn modules_of_a_workspace_have_the_highest_version_and_one_vendor() {
    let texts = [
        ("/repo/go.work", "go 1.22\nuse (\n\t./a\n\t./b\n)\nreplace ex.com/r v1.0.0 => ./r\nreplace ex.com/q => ex.com/p v0.2.0\n"),
        (
            "/repo/a/go.mod",
            "module ex.com/a\nrequire ex.com/x v1.9.0\nrequire ex.com/y v1.0.0\nrequire ex.com/r v1.0.0\nrequire ex.com/q v1.0.0\n",
        ),
        ("/repo/a/a.go", "package a\n\nimport \"ex.com/b\"\n"),
        ("/repo/a/more/more.go", "package more\n"),
        ("/repo/b/go.mod", "module ex.com/b\nrequire ex.com/x v1.10.0\n"),
        ("/repo/b/b.go", "package b\n"),
        ("/repo/b/lazy/lazy.go", "package lazy\n"),
        ("/repo/r/go.mod", "module ex.com/r\n"),
        ("/repo/r/s/s.go", "package s\n"),
        ("/cache/ex.com/x@v1.9.0/x.go", "package x\n"),
        ("/cache/ex.com/x@v1.10.0/x.go", "package x\n\nimport \"ex.com/y\"\n"),
        ("/cache/ex.com/y@v1.0.0/y.go", "package y\n"),
        ("/cache/ex.com/p@v0.2.0/q.go", "package q\n"),
        ("/cache/ex.com/r@v1.0.0/s/s.go", "package wrong\n"),
    ];
    let project = repository(&texts, |request| request.patterns = vec!["./a".into()]);
    let a = |path| meaning(&project, "ex.com/a", path);
    assert_eq!(a("ex.com/x"), "/cache/ex.com/x@v1.10.0 ModuleCache");
    assert_eq!(a("ex.com/q"), "/cache/ex.com/p@v0.2.0 ModuleCache");
    let b = project.package_by_path("ex.com/b").unwrap();
    let x = project.import(b, "ex.com/x").unwrap();
    assert_eq!(Some(x), project.import(project.package_by_path("ex.com/a").unwrap(), "ex.com/x"), "one package for both");
    assert_eq!(place(&project, project.import(x, "ex.com/y").unwrap()), "/cache/ex.com/y@v1.0.0 ModuleCache");
    // A dependency imports from the workspace: what was read anyway, and what was not.
    assert_eq!(project.import(x, "ex.com/b"), Some(b));
    let lazy = project.import(x, "ex.com/b/lazy").unwrap();
    assert_eq!(place(&project, lazy), "/repo/b/lazy Root");
    assert!(lazy.0 as usize >= project.packages.len());
    assert_eq!(project.import(x, "ex.com/r/s").map(|id| place(&project, id)), Some("/repo/r/s Root".to_owned()));

    let vendored = [&texts[..], &[("/repo/vendor/ex.com/x/x.go", "package x\n"), ("/repo/a/vendor/ex.com/y/y.go", "package y\n")]].concat();
    let project = repository(&vendored, |_| {});
    assert_eq!(meaning(&project, "ex.com/b", "ex.com/x"), "/repo/vendor/ex.com/x Vendor");
    assert_eq!(meaning(&project, "ex.com/a", "ex.com/y"), "/cache/ex.com/y@v1.0.0 ModuleCache", "only the workspace's vendor counts");
}

#[test]
fn modules_that_agree_share_their_dependencies_and_others_do_not() {
    let project = repository(
        &[
            ("/repo/a/go.mod", "module ex.com/a\nrequire ex.com/x v1.0.0\n"),
            ("/repo/a/a.go", "package a\n"),
            ("/repo/b/go.mod", "module ex.com/b\nrequire ex.com/x v1.0.0\nrequire ex.com/y v1.0.0\n"),
            ("/repo/b/b.go", "package b\n"),
            ("/repo/c/go.mod", "module ex.com/c\nrequire ex.com/x v1.0.0\nrequire ex.com/y v1.1.0\n"),
            ("/repo/c/c.go", "package c\n"),
            ("/cache/ex.com/x@v1.0.0/x.go", "package x\n"),
            ("/cache/ex.com/y@v1.0.0/y.go", "package y\n"),
            ("/cache/ex.com/y@v1.1.0/y.go", "package y\n"),
        ],
        |_| {},
    );
    let import = |from: &str, path| project.import(project.package_by_path(from).unwrap(), path).unwrap();
    let (a, b, c) = (import("ex.com/a", "ex.com/x"), import("ex.com/b", "ex.com/x"), import("ex.com/c", "ex.com/x"));
    assert!(a == b && b != c, "what x imports differs");
    assert_eq!(place(&project, project.import(b, "ex.com/y").unwrap()), "/cache/ex.com/y@v1.0.0 ModuleCache");
    assert_eq!(place(&project, project.import(c, "ex.com/y").unwrap()), "/cache/ex.com/y@v1.1.0 ModuleCache");
}

#[test]
fn a_module_that_another_one_uses_where_it_lies_has_its_versions() {
    let project = repository(
        &[
            (
                "/repo/go.mod",
                "module ex.com/m\nrequire (\n\tex.com/x v1.1.0\n\tex.com/y v1.0.0 // indirect\n\tex.com/m/api v0.0.0\n)\nreplace ex.com/m/api => ./api\n",
            ),
            ("/repo/m.go", "package m\n\nimport \"ex.com/m/api\"\n"),
            ("/repo/api/go.mod", "module ex.com/m/api\nrequire ex.com/x v1.0.0\nrequire ex.com/z v1.0.0\n"),
            ("/repo/api/a.go", "package api\n"),
            ("/repo/vendor/ex.com/v/v.go", "package v\n"),
            ("/cache/ex.com/x@v1.1.0/x.go", "package x\n"),
            ("/cache/ex.com/x@v1.0.0/x.go", "package x\n"),
            ("/cache/ex.com/y@v1.0.0/y.go", "package y\n"),
            ("/cache/ex.com/z@v1.0.0/z.go", "package z\n"),
        ],
        |_| {},
    );
    let api = |path| meaning(&project, "ex.com/m/api", path);
    assert_eq!(meaning(&project, "ex.com/m", "ex.com/m/api"), "/repo/api Root");
    assert_eq!(api("ex.com/x"), "/cache/ex.com/x@v1.1.0 ModuleCache");
    assert_eq!(api("ex.com/v"), "/repo/vendor/ex.com/v Vendor");
    assert_eq!(api("ex.com/y"), "/cache/ex.com/y@v1.0.0 ModuleCache");
    assert_eq!(api("ex.com/z"), "/cache/ex.com/z@v1.0.0 ModuleCache", "what only its own go.mod names");
}

#[test]
fn what_a_go_mod_says_leads_out_of_neither_root_nor_cache() {
    let project = repository(
        &[
            (
                "/repo/m/go.mod",
                "module ex.com/m\nrequire (\n\tex.com/out v1.0.0\n\tex.com/up v1.0.0\n\tex.com/esc v1.0.0\n\t../../out v1.0.0\n\tex.com/ver v1.0.0/../../../out\n)\n\
                 replace ex.com/out => ../../out\nreplace ex.com/up => /out\nreplace ex.com/esc => x/../../../out v1.0.0\n",
            ),
            ("/repo/m/m.go", "package m\n\nimport (\n\t_ \"ex.com/out\"\n\t_ \"ex.com/up\"\n\t_ \"ex.com/esc\"\n)\n"),
            ("/out/go.mod", "module ex.com/out\n"),
            ("/out/o.go", "package o\n"),
            ("/cache/ex.com/out@v1.0.0/o.go", "package o\n"),
            ("/cache/ex.com/up@v1.0.0/o.go", "package o\n"),
            ("/out@v1.0.0/o.go", "package o\n"),
        ],
        |_| {},
    );
    assert_eq!(project.files.len(), 1);
    for path in ["ex.com/out", "ex.com/up", "ex.com/esc", "ex.com/ver", "../../out", "/out", "ex.com/m/../../out", ""] {
        assert_eq!(meaning(&project, "ex.com/m", path), "nowhere", "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_vendor_and_in_the_cache_are_not_followed() {
    use std::fs;
    use std::os::unix::fs::symlink;
    let place = tempfile::tempdir().unwrap();
    let place = fs::canonicalize(place.path()).unwrap();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(place.join(path).parent().unwrap()).unwrap();
        fs::write(place.join(path), text).unwrap();
    };
    write("repo/go.mod", "module ex.com/m\nrequire ex.com/x v1.0.0\nrequire ex.com/y v1.0.0\nreplace ex.com/z => ./z\n");
    write("repo/m.go", "package m\n\nimport _ \"ex.com/z/z\"\n");
    write("repo/vendor/ex.com/real/r.go", "package real\n");
    write("out/go.mod", "module ex.com/out\n");
    write("out/o.go", "package o\n");
    write("out/z/z.go", "package z\n");
    write("cache/ex.com/x@v1.0.0/x/x.go", "package x\n");
    symlink("../../../out", place.join("repo/vendor/ex.com/link")).unwrap();
    symlink("../../../../out/o.go", place.join("repo/vendor/ex.com/real/o.go")).unwrap();
    symlink("../out", place.join("repo/z")).unwrap();
    symlink(place.join("out"), place.join("cache/ex.com/y@v1.0.0")).unwrap();
    // The cache itself may be one: the user says where it is.
    symlink("cache", place.join("linked")).unwrap();
    let request = Request {
        patterns: vec!["./...".into()],
        working_directory: place.join("repo"),
        module_cache: Some(place.join("linked")),
        ..Request::default()
    };
    let (project, _) = load(&request, Arc::new(goleaklint::project::OsFiles)).unwrap();
    let found = |path| project.import(PackageId(0), path);
    assert_eq!(
        (project.files.len(), found("ex.com/link"), found("ex.com/z"), found("ex.com/z/z"), found("ex.com/y")),
        (1, None, None, None, None)
    );
    assert_eq!(project.package(found("ex.com/real").unwrap()).files.len(), 1);
    assert_eq!(project.origin(found("ex.com/x/x").unwrap()), Origin::ModuleCache);
}

#[test]
fn go_s_own_source_has_its_own_vendored_packages() {
    let mut files = MemFiles::default();
    for (path, text) in [
        ("/go/src/go.mod", "module std\n"),
        ("/go/src/net/net.go", "package net\n\nimport \"golang.org/x/dns\"\n"),
        ("/go/src/time/time.go", "package time\n"),
        ("/go/src/vendor/golang.org/x/dns/dns.go", "package dns\n\nimport (\n\t\"golang.org/x/text\"\n\t\"time\"\n)\n"),
        ("/go/src/vendor/golang.org/x/text/text.go", "package text\n"),
        ("/go/src/cmd/go.mod", "module cmd\n"),
        ("/go/src/cmd/vendor/golang.org/x/text/text.go", "package text\n\nimport \"late\"\n"),
        ("/go/src/cmd/go/main.go", "package main\n\nimport (\n\t\"golang.org/x/text\"\n\t\"net\"\n)\n"),
        ("/go/src/late/late.go", "package late\n\nimport \"golang.org/x/dns\"\n"),
    ] {
        files.add(path, text);
    }
    let request = Request { patterns: vec!["./cmd/go".into(), "./net".into()], working_directory: "/go/src".into(), ..Request::default() };
    let (project, _) = load(&request, Arc::new(files)).unwrap();
    let package = |path: &str| project.package_by_path(path).unwrap();
    let dns = project.import(package("net"), "golang.org/x/dns").unwrap();
    assert_eq!((project.package(dns).path.as_str(), project.origin(dns)), ("vendor/golang.org/x/dns", Origin::Vendor));
    assert_eq!(place(&project, project.import(dns, "golang.org/x/text").unwrap()), "/go/src/vendor/golang.org/x/text Vendor");
    assert_eq!(place(&project, project.import(dns, "time").unwrap()), "/go/src/time Root");
    let text = project.import(package("cmd/go"), "golang.org/x/text").unwrap();
    assert_eq!(
        (project.package(text).path.as_str(), place(&project, text).as_str()),
        ("cmd/vendor/golang.org/x/text", "/go/src/cmd/vendor/golang.org/x/text Vendor")
    );
    // Imported by a vendored package only, so it was not read before; what it imports is std's, not cmd's.
    let late = project.import(text, "late").unwrap();
    assert_eq!(project.import(late, "golang.org/x/dns"), Some(dns));
}

#[test]
fn threads_that_ask_at_once_get_one_package() {
    let mut texts = vec![("/repo/go.mod".to_owned(), "module ex.com/m\n".to_owned()), ("/repo/m.go".to_owned(), "package m\n".to_owned())];
    for at in 0..50 {
        let import = format!("package p{at}\n\nimport \"ex.com/p{}\"\n\nfunc F() {{}}\n", (at + 1) % 50);
        texts.push((format!("/repo/vendor/ex.com/p{at}/a.go"), import.clone()));
        texts.push((format!("/repo/vendor/ex.com/p{at}/b.go"), import));
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = repository(&texts, |_| {});
    let ask = || {
        let mut at = PackageId(0);
        let ids = (0..100).map(|step| {
            at = project.import(at, &format!("ex.com/p{}", step % 50)).unwrap();
            let package = project.package(at);
            assert_eq!((package.name.clone(), package.files.len()), (format!("p{}", step % 50), 2));
            for file in &package.files {
                assert_eq!((project.file(*file).package, project.file(*file).source.id), (at, *file));
                assert!(matches!(project.header(DeclId { file: *file, index: 0 }).decl, Decl::Func(_)));
            }
            at
        });
        ids.collect::<Vec<_>>()
    };
    let all = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(all.iter().all(|ids| *ids == all[0]));
    let mut ids: Vec<u32> = all[0].iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, (1..=50).collect::<Vec<u32>>(), "each was made once");
}

#[test]
fn a_header_is_the_tree_without_the_body() {
    let text = "package p

func plain(a, b int, c ...string) (err error) { defer f(); return nil }
func (r *T[K, _]) method[P any, Q interface{ ~int | string }](x P) func(struct{ a int }) map[K][]Q { go g() }
func results() struct{ A, B int } { return struct{ A, B int }{1, 2} }
func embedded() interface{ error } /* comment { */ { return nil }
func channels(in <-chan (<-chan int), out chan<- func()) (<-chan struct{}) { panic(1) }
func sized(a [len([...]int{1, 2})]int, f func(g.T[int, *x.Y]) (n int)) {
}
func none()
type T[K comparable, V any] struct{ f func() }
func broken_body() { x := = }
func broken_header(a int int) { }
";
    let project = repository(&[("/repo/go.mod", "module ex.com/m\n"), ("/repo/p.go", text)], |_| {});
    let file = project.files.first().unwrap();
    assert_eq!(file.outline.decls.len(), 10);
    for (decl, index) in file.outline.decls.iter().zip(0..) {
        let id = DeclId { file: file.source.id, index };
        let (header, tree) = (project.header(id), project.tree(id));
        let name = &decl.names[0].0;
        assert_eq!(signature(header), signature(tree), "{name}");
        let whole = decl.body.is_none() || name == "broken_header";
        assert_eq!(std::ptr::eq(header, tree), whole, "{name}");
        if let (Decl::Func(func), false) = (&header.decl, whole) {
            assert!(func.body.is_none() && header.stmts.is_empty(), "{name}");
            assert_eq!((func.range, header.file), (decl.range, file.source.id), "{name}");
        }
        if let Some(body) = decl.body {
            assert!(file.source.slice(body.start, body.end).starts_with('{'), "{name}");
        }
    }
}

#[test]
fn a_tree_that_no_go_mod_names_is_what_its_files_call_it() {
    let raft = "package raft\n\nimport (\n\t\"ex.com/etcd/raft/raftpb\"\n\t\"ex.com/pkg/errors\"\n)\n";
    let wal = "package wal\n\nimport (\n\t\"ex.com/etcd/raft\"\n\t\"ex.com/etcd/pkg/own\"\n\t\"ex.com/etcd/gone\"\n)\n";
    let files = [
        ("/repo/raft/raft.go", raft),
        ("/repo/raft/raftpb/pb.go", "package raftpb\n"),
        ("/repo/wal/wal.go", wal),
        ("/repo/pkg/own/own.go", "package own\n"),
        ("/repo/errors/e.go", "package wrong\n"),
        ("/repo/pkg/own/nested/go.mod", "module ex.com/nested\n"),
        ("/repo/pkg/own/nested/n.go", "package nested\n\nimport \"ex.com/etcd/raft\"\n"),
    ];
    let check = |more: &[(&str, &str)], patterns: &[&str], raft: &str| {
        let all = [&files[..], more].concat();
        let project = repository(&all, |request| request.patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect());
        let raft = project.package_by_path(raft).unwrap_or_else(|| panic!("{raft} is not there"));
        let of = |path| project.import(raft, path).map_or("nowhere".to_owned(), |id| place(&project, id));
        (of("ex.com/etcd/raft/raftpb"), of("ex.com/pkg/errors"), of("ex.com/etcd/gone"))
    };
    let there = ("/repo/raft/raftpb Root".to_owned(), "nowhere".to_owned(), "nowhere".to_owned());
    let nowhere = ("nowhere".to_owned(), "nowhere".to_owned(), "nowhere".to_owned());
    assert_eq!(check(&[], &["./..."], "ex.com/etcd/raft"), there);
    assert_eq!(check(&[], &["./raft"], "ex.com/etcd/raft"), there, "one directory is enough for its own");
    assert_eq!(check(&[("/repo/go.mod", "module ex.com/fork\n")], &["./..."], "ex.com/fork/raft"), there, "a go.mod that came later");
    let required = "module ex.com/fork\n\nrequire ex.com/etcd v1.0.0\n";
    assert_eq!(check(&[("/repo/go.mod", required)], &["./..."], "ex.com/fork/raft"), nowhere, "go.mod says that it is another module");
}
