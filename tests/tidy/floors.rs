//! Does every module stand on its floor? A module uses only modules of lower floors; what touches the world outside is where
//! `ARCHITECTURE.md` says.
//!
//! Not here: how paths are read out of Rust (`paths.rs`).

use crate::paths::{module_of, used};
use crate::{assert_none, files, read};

/// The floors, lowest first. Modules on one floor do not see each other.
const FLOORS: &[&[&str]] = &[
    &["source", "spelling", "version"],
    &["finding", "ast", "facts"],
    &["config", "parse"],
    &["project"],
    &["types"],
    &["sema"],
    &["flow", "module"],
    &["summary"],
    &["rule"],
    &["rules"],
    &["engine"],
    &["report", "fix"],
    &["cli"],
    &["main"],
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The room a file is in: the first part of its module.
fn room(path: &str) -> Option<String> {
    match path {
        "src/lib.rs" => None,
        "src/main.rs" => Some("main".to_string()),
        _ => module_of(path).first().cloned(),
    }
}

/// What is wrong with the paths that a file uses.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let Some(room) = room(path) else { return Vec::new() };
    let Some(own) = floor(&room) else {
        return vec![format!("{path}: {room} has no floor; add it to FLOORS in tests/tidy/floors.rs and to ARCHITECTURE.md")];
    };
    let mut complaints = Vec::new();
    for used in used(text, &module_of(path)) {
        let (Some(root), Some(other)) = (used.first(), used.get(1)) else { continue };
        if root != "crate" && root != "goleaklint" || *other == room {
            continue;
        }
        let Some(floor) = floor(other) else { continue };
        if floor >= own {
            complaints.push(format!(
                "{path} uses crate::{other}; {room} is floor {own}, {other} is floor {floor}. Pass what you need in as an argument."
            ));
        }
    }
    complaints.dedup();
    complaints
}

#[test]
fn a_module_uses_only_lower_floors() {
    let complaints: Vec<String> = files("src", "rs").iter().flat_map(|path| complaints(path, &read(path))).collect();
    assert_none(&complaints);
}

#[test]
fn a_use_of_a_higher_floor_is_told_in_one_sentence() {
    let wanted = "src/flow/build.rs uses crate::rules; flow is floor 6, rules is floor 9. Pass what you need in as an argument.";
    assert_eq!(complaints("src/flow/build.rs", "use crate::{ast::Expr, rules::ALL};"), [wanted]);
    assert_eq!(complaints("src/flow/build.rs", "fn f() { super::super::rules::all() }"), [wanted]);
    assert_eq!(complaints("src/flow.rs", "use crate::module;").len(), 1, "siblings do not see each other");
    assert!(complaints("src/flow/build.rs", "use crate::flow::graph; use super::paths; use std::fmt;").is_empty());
    assert!(complaints("src/odd.rs", "")[0].contains("has no floor"));
}

#[test]
fn a_rule_uses_no_other_rule() {
    let pages: Vec<String> = crate::pages::ids().iter().map(|id| id.replace('-', "_")).collect();
    let mut complaints = Vec::new();
    for path in files("src/rules", "rs") {
        let own = module_of(&path);
        for used in used(&read(&path), &own) {
            let [root, room, other, ..] = used.as_slice() else { continue };
            if root == "crate" && room == "rules" && pages.contains(other) && own.get(1) != Some(other) {
                complaints
                    .push(format!("{path} uses the rule {other}; put what both need into an engine of their family or a lower floor"));
            }
        }
    }
    assert_none(&complaints);
}

/// The files whose names begin with one of `allowed` may name paths that begin with `prefix`.
fn only(prefix: &[&str], allowed: &[&str], reason: &str) {
    let mut complaints = Vec::new();
    for path in files("src", "rs").iter().filter(|path| !allowed.iter().any(|allowed| path.starts_with(allowed))) {
        if used(&read(path), &module_of(path)).iter().any(|used| used.iter().zip(prefix).filter(|(a, b)| a == b).count() == prefix.len()) {
            complaints.push(format!("{path} uses {}; {reason}", prefix.join("::")));
        }
    }
    assert_none(&complaints);
}

#[test]
fn only_parse_names_tree_sitter() {
    let reason = "only parse does, so that a change of the grammar stays in one room";
    only(&["tree_sitter"], &["src/parse"], reason);
    only(&["tree_sitter_go"], &["src/parse"], reason);
}

#[test]
fn only_the_edge_touches_the_disk() {
    let reason = "only project::OsFiles, engine::cache and cli read the disk: ask the Files that you are given";
    let allowed = ["src/project/os", "src/project/files", "src/engine/cache", "src/cli", "src/main.rs"];
    for prefix in [["std", "fs"], ["fs", "read"], ["fs", "read_dir"], ["fs", "File"], ["File", "open"]] {
        only(&prefix, &allowed, reason);
    }
    only(&["walkdir"], &allowed, reason);
}

#[test]
fn only_one_file_writes() {
    let reason = "only cli::write and engine::cache write files: reports that were asked for, and with --fix the project's own source";
    let allowed = ["src/cli/write.rs", "src/engine/cache"];
    for prefix in [["fs", "write"], ["File", "create"], ["fs", "remove_file"], ["fs", "rename"], ["fs", "create_dir_all"]] {
        only(&prefix, &allowed, reason);
    }
    // `OpenOptions` also opens to read without waiting, as project::OsFiles does; what it is asked to create or write is a call.
    let mut complaints = Vec::new();
    for path in files("src", "rs").iter().filter(|path| !allowed.iter().any(|allowed| path.starts_with(allowed))) {
        let text = read(path);
        for call in [".write(true)", ".append(true)", ".create(true)", ".create_new(true)", ".truncate(true)"] {
            if text.contains(call) {
                complaints.push(format!("{path} calls {call}; {reason}"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn nothing_opens_a_socket_or_starts_a_program() {
    let reason = "the analysis asks nobody and starts nothing";
    only(&["std", "net"], &[], reason);
    for prefix in [vec!["std", "process", "Command"], vec!["Command", "new"]] {
        // clap has a Command too; it is a description of arguments.
        only(&prefix, &["src/cli"], reason);
    }
}

#[test]
fn only_the_engine_and_the_edge_start_threads() {
    let reason = "no threads below the engine but over files in project: answers on demand must never wait for each other";
    let allowed = ["src/project", "src/engine", "src/cli", "src/main.rs"];
    only(&["rayon"], &allowed, reason);
    only(&["std", "thread"], &allowed, reason);
}

#[test]
fn a_rule_has_no_state() {
    let mut complaints = Vec::new();
    for path in files("src/rules", "rs").iter().chain(&["src/rules.rs".to_string()]) {
        let file = syn::parse_file(&read(path)).unwrap();
        for item in &file.items {
            let what = match item {
                syn::Item::Static(item) if item.ident != "ALL" => item.ident.to_string(),
                syn::Item::Macro(item) if item.mac.path.is_ident("thread_local") => "thread_local!".to_string(),
                _ => continue,
            };
            complaints.push(format!("{path}: {what} outlives a package; a rule is a function without state"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn a_tree_owns_its_data() {
    // That it compiles is the proof: what borrows from the parser is not `'static`.
    fn owned<T: Send + Sync + 'static>() -> &'static str {
        std::any::type_name::<T>()
    }
    assert!(owned::<goleaklint::ast::Tree>().ends_with("Tree") && owned::<goleaklint::parse::Outline>().ends_with("Outline"));
}
