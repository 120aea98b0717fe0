//! Is the standard library that is shipped with the program Go's own? The oracle in the folder `api` reads Go's source on all platforms; with
//! `UPDATE=1` what it says becomes `src/project/standard.data`.
//!
//! Not here: what a program sees of it (`tests/program/standard.rs`).

use crate::go::Go;
use goleaklint::project::standard;
use miniz_oxide::deflate::compress_to_vec_zlib;
use std::collections::BTreeMap;
use std::path::Path;

pub fn the_same(go: &Go) {
    let answer = go.ask_program("api", &[], String::new());
    let (first, rest) = answer.split_once('\n').unwrap();
    let version = first.strip_prefix("@version ").unwrap();
    let mut packages: BTreeMap<&str, String> = BTreeMap::new();
    for package in rest.split("@package ").filter(|package| !package.is_empty()) {
        let (path, files) = package.split_once('\n').unwrap();
        let files: Vec<&str> = files.split("@file\n").skip(1).collect();
        packages.insert(path, files.join("\0"));
    }
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/project/standard.data");
        std::fs::write(path, packed(version, &packages)).unwrap();
        return;
    }
    let advice = "UPDATE=1 cargo test --test oracle shipped makes src/project/standard.data anew";
    assert_eq!(standard::version(), version, "{advice}");
    let ours: Vec<(&str, String)> = standard::packages().iter().map(|path| (*path, standard::texts(path).unwrap().join("\0"))).collect();
    let theirs: Vec<(&str, String)> = packages.into_iter().collect();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!(ours == theirs, "{} is not what Go's source says, which has {}; {advice}", ours.0, theirs.0);
    }
    assert_eq!(ours.len(), theirs.len(), "{advice}");
    let bytes: usize = ours.iter().map(|(_, text)| text.len()).sum();
    println!("{} packages of {version}, {bytes} bytes before packing", ours.len());
}

/// The format that `goleaklint::project::standard` reads.
fn packed(version: &str, packages: &BTreeMap<&str, String>) -> Vec<u8> {
    let chunks: Vec<(&str, Vec<u8>)> = packages.iter().map(|(path, text)| (*path, compress_to_vec_zlib(text.as_bytes(), 10))).collect();
    let lines: String = chunks.iter().map(|(path, chunk)| format!("{path} {}\n", chunk.len())).collect();
    let mut data = format!("{version}\n{lines}\n").into_bytes();
    chunks.iter().for_each(|(_, chunk)| data.extend(chunk));
    data
}
