//! The list of rules about timers one by one: configuration, toolchain, settings, go lines, workspaces, libraries, files without a module.

use super::*;
use crate::config;
use crate::project::load_texts;

const MAIN: (&str, &str) = ("/m/main.go", "package main\n");
const LIB: (&str, &str) = ("/m/lib/lib.go", "package lib\n");

/// The answer for the package of a directory.
fn asked(config: &str, texts: &[(&str, &str)], directory: &str) -> TimerVersion {
    let (project, _) = load_texts(texts);
    let config = config::parse(config, &[]).unwrap().go;
    let at = project.packages.iter().position(|package| package.directory == Path::new(directory)).unwrap();
    of(&project, PackageId(at as u32), &config)
}

/// The same in short: `old go 1.21 in go.mod`, then `?` if it is less than sure and `^` if a newer Go mends it.
fn short(config: &str, texts: &[(&str, &str)], directory: &str) -> String {
    let answer = asked(config, texts, directory);
    let timers = if answer.timers == Timers::Old { "old" } else { "new" };
    let doubt = if answer.confidence == Confidence::High { "" } else { " ?" };
    let mends = if answer.newer_go_mends { " ^" } else { "" };
    format!("{timers} {}{doubt}{mends}", answer.fact)
}

/// A main package with a go.mod and a `//go:debug` line.
fn main(go_mod: &str, debug: &str) -> String {
    configured_main("", go_mod, debug)
}

fn configured_main(config: &str, go_mod: &str, debug: &str) -> String {
    let go_mod = format!("module ex.com/m\n{go_mod}\n");
    let text = if debug.is_empty() { String::new() } else { format!("//go:debug {debug}\n") } + "package main\n";
    short(config, &[("/m/go.mod", &go_mod), ("/m/main.go", &text)], "/m")
}

#[test]
fn the_configuration_wins() {
    let go = |keys: &str, go_mod: &str| configured_main(&format!("[go]\n{keys}\n"), go_mod, "asynctimerchan=1");
    assert_eq!(go("timers = 'old'", "go 1.27"), "old timers = \"old\" in goleaklint.toml");
    assert_eq!(go("timers = 'new'", "go 1.18"), "new timers = \"new\" in goleaklint.toml");
    assert_eq!(go("timers = 'old'\ntoolchain = '1.27'", "go 1.27"), "old timers = \"old\" in goleaklint.toml");
    assert_eq!(go("timers = 'auto'", "go 1.24"), "old //go:debug asynctimerchan=1 in main.go");
}

#[test]
fn a_configured_toolchain_is_the_one_that_builds() {
    let built = |toolchain: &str, go_mod: &str| configured_main(&format!("[go]\ntoolchain = '{toolchain}'\n"), go_mod, "");
    assert_eq!(built("1.27", "go 1.18"), "new toolchain = \"1.27\" in goleaklint.toml");
    assert_eq!(built("1.28", ""), "new toolchain = \"1.28\" in goleaklint.toml");
    // Before 1.23 there is nothing but old timers, and no setting that changes it.
    assert_eq!(built("1.22", "go 1.22\ngodebug asynctimerchan=0"), "old toolchain = \"1.22\" in goleaklint.toml");
    // Between, the program decides; there is no doubt about the release, so a newer one is not spoken of.
    assert_eq!(built("1.26", "go 1.22"), "old go 1.22 in go.mod");
    assert_eq!(built("1.23", "go 1.23"), "new go 1.23 in go.mod");
    assert_eq!(short("[go]\ntoolchain = '1.21'\n", &[("/x/a.go", "package a\n")], "/x"), "old toolchain = \"1.21\" in goleaklint.toml");
}

#[test]
fn go_1_27_has_only_new_timers() {
    assert_eq!(main("go 1.27", ""), "new go 1.27 in go.mod");
    assert_eq!(main("go 1.27\ngodebug asynctimerchan=1", "default=go1.20"), "new go 1.27 in go.mod");
    assert_eq!(main("go 1.21\ntoolchain go1.27.3", ""), "new toolchain go1.27 in go.mod");
    assert_eq!(main("go 1.21\ntoolchain go1.28rc1-custom", "asynctimerchan=1"), "new toolchain go1.28 in go.mod");
}

#[test]
fn an_older_toolchain_line_leaves_it_to_the_program() {
    assert_eq!(main("go 1.21\ntoolchain go1.24.2", ""), "old go 1.21 in go.mod");
    assert_eq!(main("go 1.24\ntoolchain go1.24.2", ""), "new go 1.24 in go.mod");
    assert_eq!(main("go 1.21\ntoolchain default", ""), "old go 1.21 in go.mod ^");
    // A line asks for a release at least so new; one before 1.23 says nothing.
    assert_eq!(main("go 1.21\ntoolchain go1.22.1\ngodebug asynctimerchan=0", ""), "new godebug asynctimerchan=0 in go.mod");
}

#[test]
fn a_setting_decides_before_the_go_line() {
    assert_eq!(main("go 1.25\ngodebug asynctimerchan=1", ""), "old godebug asynctimerchan=1 in go.mod");
    assert_eq!(main("go 1.21\ngodebug asynctimerchan=0", ""), "new godebug asynctimerchan=0 in go.mod");
    assert_eq!(main("go 1.21\ngodebug asynctimerchan=2", ""), "new godebug asynctimerchan=2 in go.mod");
    assert_eq!(main("go 1.25\ngodebug (\n\tpanicnil=1\n\tasynctimerchan=1\n)", ""), "old godebug asynctimerchan=1 in go.mod");
    assert_eq!(main("go 1.25", "asynctimerchan=1"), "old //go:debug asynctimerchan=1 in main.go");
    assert_eq!(main("go 1.21", "asynctimerchan=0"), "new //go:debug asynctimerchan=0 in main.go");
    assert_eq!(main("go 1.21", "asynctimerchan=2"), "new //go:debug asynctimerchan=2 in main.go");
    assert_eq!(main("go 1.25", "panicnil=1"), "new go 1.25 in go.mod");
}

#[test]
fn a_line_of_the_main_package_beats_go_mod() {
    assert_eq!(main("go 1.25\ngodebug asynctimerchan=1", "asynctimerchan=0"), "new //go:debug asynctimerchan=0 in main.go");
    assert_eq!(main("go 1.25\ngodebug asynctimerchan=0", "asynctimerchan=1"), "old //go:debug asynctimerchan=1 in main.go");
}

#[test]
fn a_default_takes_the_place_of_the_go_line() {
    assert_eq!(main("go 1.25\ngodebug default=go1.21", ""), "old godebug default=go1.21 in go.mod ^");
    assert_eq!(main("go 1.21\ngodebug default=go1.23", ""), "new godebug default=go1.23 in go.mod");
    assert_eq!(main("go 1.25", "default=go1.22"), "old //go:debug default=go1.22 in main.go ^");
    assert_eq!(main("go 1.25\ngodebug default=go1.21", "default=go1.24"), "new //go:debug default=go1.24 in main.go");
    // What is set by name beats any default.
    assert_eq!(main("go 1.21\ngodebug asynctimerchan=1", "default=go1.24"), "old godebug asynctimerchan=1 in go.mod");
    // What is no version is no default.
    assert_eq!(main("go 1.25", "default=old"), "new go 1.25 in go.mod");
}

#[test]
fn else_the_go_line_decides() {
    assert_eq!(main("go 1.22", ""), "old go 1.22 in go.mod ^");
    assert_eq!(main("go 1.22.9", ""), "old go 1.22 in go.mod ^");
    assert_eq!(main("go 1.23", ""), "new go 1.23 in go.mod");
    assert_eq!(main("go 1.23rc1", ""), "new go 1.23 in go.mod");
    assert_eq!(main("go 1.26.1", ""), "new go 1.26 in go.mod");
    assert_eq!(main("", ""), "old no go line in go.mod ^");
}

#[test]
fn in_a_workspace_go_work_decides() {
    let work = |work: &str, go_mod: &str| {
        let go_mod = format!("module ex.com/m\n{go_mod}\n");
        short("", &[("/go.work", &format!("{work}\nuse ./m\n")), ("/m/go.mod", &go_mod), MAIN], "/m")
    };
    assert_eq!(work("go 1.24", "go 1.20"), "new go 1.24 in go.work");
    assert_eq!(work("go 1.22", "go 1.20"), "old go 1.22 in go.work ^");
    assert_eq!(work("go 1.22\ntoolchain go1.27.0", "go 1.20"), "new toolchain go1.27 in go.work");
    assert_eq!(work("go 1.24\ngodebug asynctimerchan=1", "go 1.20"), "old godebug asynctimerchan=1 in go.work");
    // The lines of a module of a workspace do not count, but its go line cannot be newer than the workspace's.
    assert_eq!(work("go 1.24", "go 1.20\ngodebug asynctimerchan=1"), "new go 1.24 in go.work");
    assert_eq!(work("go 1.22", "go 1.20\ntoolchain go1.27.0"), "old go 1.22 in go.work ^");
    assert_eq!(work("go 1.22", "go 1.24"), "new go 1.24 in go.mod");
    assert_eq!(work("", "go 1.20"), "old go 1.20 in go.mod ^");
}

#[test]
fn a_module_that_go_work_does_not_use_stands_alone() {
    let texts = [
        ("/go.work", "go 1.24\nuse ./n\n"),
        ("/n/go.mod", "module ex.com/n\ngo 1.24\n"),
        ("/m/go.mod", "module ex.com/m\ngo 1.21\n"),
        MAIN,
    ];
    assert_eq!(short("", &texts, "/m"), "old go 1.21 in go.mod ^");
}

#[test]
fn the_programs_of_its_module_decide_for_a_library() {
    let library = |go_mod: &str, main: &str| {
        short("", &[("/m/go.mod", &format!("module ex.com/m\n{go_mod}\n")), LIB, ("/m/cmd/a/a.go", main)], "/m/lib")
    };
    assert_eq!(library("go 1.21", "package main\n"), "old go 1.21 in go.mod ^");
    assert_eq!(library("go 1.24", "//go:debug asynctimerchan=1\npackage main\n"), "old //go:debug asynctimerchan=1 in a.go");
    assert_eq!(library("go 1.21", "//go:debug asynctimerchan=0\npackage main\n"), "new //go:debug asynctimerchan=0 in a.go");
}

#[test]
fn one_program_with_old_timers_is_enough() {
    let texts = [
        ("/m/go.mod", "module ex.com/m\ngo 1.24\n"),
        LIB,
        ("/m/cmd/a/a.go", "package main\n"),
        ("/m/cmd/b/b.go", "//go:debug asynctimerchan=1\npackage main\n"),
    ];
    assert_eq!(short("", &texts, "/m/lib"), "old //go:debug asynctimerchan=1 in b.go");
    // Each program is judged by its own lines.
    assert_eq!(short("", &texts, "/m/cmd/a"), "new go 1.24 in go.mod");
}

#[test]
fn a_library_alone_knows_only_its_own_go_line() {
    let library = |go_mod: &str| short("", &[("/m/go.mod", &format!("module ex.com/m\n{go_mod}\n")), LIB], "/m/lib");
    assert_eq!(library("go 1.21"), "old go 1.21 in go.mod ? ^");
    assert_eq!(library("go 1.24\ngodebug asynctimerchan=1"), "old godebug asynctimerchan=1 in go.mod ?");
    // Whoever imports it has at least this go line.
    assert_eq!(library("go 1.23"), "new go 1.23 in go.mod");
    let texts = [("/go.work", "go 1.22\nuse ./m\n"), ("/m/go.mod", "module ex.com/m\ngo 1.20\n"), LIB];
    assert_eq!(short("", &texts, "/m/lib"), "old go 1.22 in go.work ? ^");
}

#[test]
fn the_programs_that_use_a_module_decide_for_it() {
    let lib = ("/lib/lib.go", "package lib\n");
    let lib_mod = ("/lib/go.mod", "module ex.com/lib\ngo 1.20\n");
    let texts = [lib_mod, lib, ("/m/go.mod", "module ex.com/m\ngo 1.24\nreplace ex.com/lib => ../lib\n"), MAIN];
    assert_eq!(short("", &texts, "/lib"), "new go 1.24 in go.mod");
    let texts = [lib_mod, lib, ("/m/go.mod", "module ex.com/m\ngo 1.24\n"), MAIN];
    assert_eq!(short("", &texts, "/lib"), "old go 1.20 in go.mod ? ^");
    let texts = [("/go.work", "go 1.24\nuse (\n\t./m\n\t./lib\n)\n"), lib_mod, lib, ("/m/go.mod", "module ex.com/m\ngo 1.24\n"), MAIN];
    assert_eq!(short("", &texts, "/lib"), "new go 1.24 in go.work");
}

#[test]
fn a_line_in_a_test_file_or_in_a_library_is_no_programs() {
    let texts = [
        ("/m/go.mod", "module ex.com/m\ngo 1.24\n"),
        MAIN,
        ("/m/main_test.go", "//go:debug asynctimerchan=1\npackage main\n"),
        ("/m/lib/lib.go", "//go:debug asynctimerchan=1\npackage lib\n"),
    ];
    assert_eq!(short("", &texts, "/m"), "new go 1.24 in go.mod");
    assert_eq!(short("", &texts, "/m/lib"), "new go 1.24 in go.mod");
}

#[test]
fn files_without_a_module_are_built_by_the_newest_rules() {
    let newest = "new no go.mod (loose files are built by the newest rules)";
    assert_eq!(short("", &[("/x/a.go", "package main\n")], "/x"), newest);
    assert_eq!(short("", &[("/x/src/a.go", "package a\n")], "/x/src"), newest);
    assert_eq!(short("", &[("/x/src/util/a.go", "package a\n")], "/x/src/util"), newest);
}

#[test]
fn a_gopath_is_go_1_20() {
    let gopath = |path: &str| short("", &[(path, "package a\n")], path.rsplit_once('/').unwrap().0);
    assert_eq!(gopath("/go/src/example.com/x/a.go"), "old no go.mod (GOPATH mode is go 1.20) ? ^");
    assert_eq!(gopath("/go/src/github.com/x/y/z/a.go"), "old no go.mod (GOPATH mode is go 1.20) ? ^");
    let texts = [("/go/src/example.com/x/go.mod", "module example.com/x\ngo 1.24\n"), ("/go/src/example.com/x/a.go", "package a\n")];
    assert_eq!(short("", &texts, "/go/src/example.com/x"), "new go 1.24 in go.mod");
}

#[test]
fn a_go_mod_that_cannot_be_read_accuses_nobody() {
    assert_eq!(short("", &[("/m/go.mod", "modul ex.com/m\n"), MAIN], "/m"), "new a go.mod that cannot be read");
}
