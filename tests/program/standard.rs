//! What does a program see of the standard library that is shipped with goleaklint?
//!
//! Not here: whether it is that of Go's source (`tests/oracle`).

use goleaklint::parse::{DeclKind, declaration, outline};
use goleaklint::project::{Constraint, DeclId, Origin, PackageId, Project, compatible, load_texts, standard};
use goleaklint::source::{FileId, SourceFile};
use std::path::{Path, PathBuf};

fn module() -> Project {
    load_texts(&[("/m/go.mod", "module ex.com/m\n\ngo 1.27\n"), ("/m/m.go", "package m\n")]).0
}

/// The declarations of a name, or of `T.M`, in a package, with the places where they are.
fn found<'p>(project: &'p Project, package: PackageId, name: &str) -> Vec<(&'p str, &'p Constraint)> {
    let (receiver, name) = name.split_once('.').map_or((None, name), |(receiver, name)| (Some(receiver), name));
    let mut found = Vec::new();
    for file in project.package(package).files.iter().map(|file| project.file(*file)) {
        let fits = file.outline.decls.iter().filter(|decl| decl.names[0].0 == name && decl.receiver.as_deref() == receiver);
        found.extend(fits.map(|decl| (file.source.slice(decl.range.start, decl.range.end), &file.constraint)));
    }
    found
}

/// The only declaration there is on a platform.
fn on(project: &Project, path: &str, name: &str, platform: &str) -> String {
    let package = project.import(PackageId(0), path).unwrap_or_else(|| panic!("no package {path}"));
    let (os, arch) = platform.split_once('/').unwrap();
    // `linux` is on for Android too.
    let others = ["android", "illumos", "ios"].into_iter().filter(|other| *other != os).map(|other| format!(" && !{other}"));
    let (build, wrong) = Constraint::of_file("x.go", Some(&format!("{os} && {arch}{}", others.collect::<String>())), false);
    assert_eq!(wrong, None);
    let all = found(project, package, name);
    let here: Vec<&str> = all.iter().filter(|(_, constraint)| compatible(constraint, &build)).map(|(text, _)| *text).collect();
    assert!(here.len() < 2, "{here:?}");
    here.first().map_or(String::new(), |text| text.replace("\n\t", " ").replace('\n', " "))
}

#[test]
fn a_handful_of_facts() {
    let project = module();
    let linux = |path, name| on(&project, path, name, "linux/amd64");
    assert_eq!(linux("os", "Open"), "func Open(string) (*File, error)");
    assert_eq!(linux("os", "File.Close"), "func (*File) Close() error");
    assert_eq!(linux("os", "ModeDir"), "const ModeDir fs.FileMode = 2147483648");
    assert_eq!(linux("os", "DirEntry"), "type DirEntry = fs.DirEntry");
    assert_eq!(linux("io", "EOF"), "var EOF error");
    assert_eq!(linux("math", "Pi").split(" = ").next(), Some("const Pi"), "untyped");
    assert_eq!(linux("unicode/utf8", "RuneError"), "const RuneError = '\\ufffd'");
    assert_eq!(linux("strconv", "IntSize"), "const IntSize = 64");
    assert_eq!(on(&project, "strconv", "IntSize", "linux/386"), "const IntSize = 32");
    assert!(linux("net/http", "Response").contains(" Body io.ReadCloser "), "{}", linux("net/http", "Response"));
    assert_eq!(linux("slices", "SortFunc"), "func SortFunc[S ~[]E, E any](S, func(E, E) int)");
    assert_eq!(linux("sync/atomic", "Pointer.Load"), "func (*Pointer[T]) Load() *T");
    assert_eq!(linux("math/rand/v2", "Rand.N"), "func (*Rand) N[Int intType](Int) Int");
    assert!(linux("math/rand/v2", "intType").starts_with("type intType interface {"), "what is not exported but needed");
    assert_eq!(linux("os", "hostLookup"), "");
    assert!(linux("reflect", "Type").contains(" common() "), "an interface that nobody else can implement");
    assert!(linux("go/ast", "Ident.exprNode").ends_with("exprNode()"), "and what implements one");
    assert!(linux("sync", "Mutex").ends_with("_ int }"), "it has fields that others do not see");
}

#[test]
fn a_declaration_can_differ_between_platforms() {
    let project = module();
    let stat = |platform| on(&project, "syscall", "Stat_t", platform);
    assert!(stat("linux/amd64").starts_with("type Stat_t struct { Dev uint64 Ino uint64 Nlink uint64 "), "{}", stat("linux/amd64"));
    assert!(stat("linux/arm64").starts_with("type Stat_t struct { Dev uint64 Ino uint64 Mode uint32 "), "{}", stat("linux/arm64"));
    assert!(stat("darwin/arm64").starts_with("type Stat_t struct { Dev int32 Mode uint16 "), "{}", stat("darwin/arm64"));
    assert_eq!(stat("darwin/arm64"), stat("ios/arm64"));
    assert_eq!(stat("linux/386"), stat("android/386"));
    assert_eq!((stat("windows/amd64"), stat("plan9/386")), (String::new(), String::new()));
    assert_eq!(on(&project, "syscall", "Handle", "windows/amd64"), "type Handle uintptr");
    assert_eq!(on(&project, "syscall", "Handle", "linux/amd64"), "");
    assert!(on(&project, "os", "SIGKILL", "linux/amd64").is_empty());
    assert!(on(&project, "syscall/js", "Value", "js/wasm").starts_with("type Value struct {"));
    assert_eq!(on(&project, "log/syslog", "Dial", "windows/amd64"), "");
    assert!(on(&project, "log/syslog", "Dial", "linux/amd64").starts_with("func Dial("));
}

#[test]
fn imports_lead_to_it_and_to_nothing_internal() {
    let (project, _) = load_texts(&[
        ("/m/go.mod", "module log\n\nrequire os v1.0.0\n"),
        ("/m/m.go", "package log\n\nimport (\n\t\"log/slog\"\n\t\"log/own\"\n)\n"),
        ("/m/slog/s.go", "package wrong\n"),
        ("/m/own/o.go", "package own\n"),
        ("/m/vendor/os/o.go", "package wrong\n"),
        ("/bare/b.go", "package b\n"),
    ]);
    let own = project.package_by_path("log").unwrap();
    let place = |from, path| project.import(from, path).map(|id| (project.origin(id), project.package(id).name.as_str()));
    assert_eq!(place(own, "log/slog"), Some((Origin::Std, "slog")), "as in Go");
    assert_eq!(place(own, "log/own"), Some((Origin::Root, "own")));
    assert_eq!(place(own, "os"), Some((Origin::Std, "os")));
    assert_eq!(place(own, "math/rand/v2"), Some((Origin::Std, "rand")));
    let bare = project.packages.iter().position(|package| package.name == "b").unwrap();
    assert_eq!(place(PackageId(bare as u32), "os"), Some((Origin::Std, "os")), "outside modules too");
    let internal = *standard::packages().iter().find(|path| path.starts_with("internal/")).unwrap();
    assert_eq!((place(own, internal), place(own, "unsafe"), place(own, "C"), place(own, "builtin")), (None, None, None, None));
    let os = project.import(own, "os").unwrap();
    assert_eq!(place(os, internal).map(|place| place.0), Some(Origin::Std));
    assert_eq!(project.import(os, "io/fs"), project.import(own, "io/fs"), "one package, whoever asks");
    assert_eq!(place(os, "log/own"), None);
    let file = project.file(project.package(os).files[0]);
    assert_eq!((file.source.path.as_path(), file.target), (Path::new("$GOROOT/src/os/api1.go"), false));
}

#[test]
fn every_declaration_can_be_read_and_every_import_is_there() {
    assert!(standard::version().starts_with("go1."));
    let (mut decls, mut methods) = (0, 0);
    for path in standard::packages() {
        for text in standard::texts(path).unwrap() {
            let source = SourceFile::new(FileId(0), PathBuf::from(*path), text);
            let (outline, problems) = outline(&source);
            assert_eq!(problems, [], "{path}");
            assert!(outline.package.is_some(), "{path}");
            let (constraint, wrong) = Constraint::of_file("x.go", outline.build.as_deref(), false);
            assert!(wrong.is_none() && constraint.satisfiable(), "{path}: {:?}", outline.build);
            for import in &outline.imports {
                assert!(import.path == "unsafe" || standard::has(&import.path), "{path} imports {}", import.path);
            }
            for decl in &outline.decls {
                assert_eq!(declaration(&source, decl).1, [], "{path}");
                assert!(decl.body.is_none() && decl.names.len() == 1, "{path}");
                methods += usize::from(decl.kind == DeclKind::Func && decl.receiver.is_some());
            }
            decls += outline.decls.len();
        }
    }
    assert!(decls > 20_000 && methods > 3_000, "{decls} declarations, {methods} methods");
}

#[test]
fn it_is_small() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/project/standard.data");
    let bytes = std::fs::metadata(path).unwrap().len();
    assert!(bytes < 1_500_000, "{bytes} bytes");
    let project = module();
    let http = project.import(PackageId(0), "net/http").unwrap();
    let tree = project.tree(DeclId { file: project.package(http).files[0], index: 0 });
    assert!(!tree.exprs.is_empty());
    assert!(project.import(http, "crypto/tls").is_some() && project.import(PackageId(0), "net/htp").is_none());
}
