//! Do the names of the standard library that the facts state exist in Go, with the types that go/types sees?
//!
//! Not here: how facts are read (`tests/program/facts.rs`).

use crate::go::Go;
use goleaklint::facts::Facts;
use std::collections::BTreeMap;

fn is_std(name: &str) -> bool {
    !name.split('/').next().unwrap().contains('.') || !name.contains('/')
}

pub fn names_and_types(go: &Go) {
    let facts = Facts::shipped();
    let mut expected: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut questions = String::new();
    for function in facts.functions().into_iter().filter(|name| is_std(name) && !name.starts_with("C.")) {
        questions.push_str(&format!("func {function}\n"));
        expected.insert(function.to_string(), facts.results(function).map(|types| types.join(" | ")));
    }
    for variable in facts.variables().into_iter().filter(|name| is_std(name)) {
        questions.push_str(&format!("field {variable}\n"));
        expected.insert(variable.to_string(), facts.variable(variable).map(ToString::to_string));
    }
    let answers = go.ask_program("facts", &["check"], questions);
    let mut differences = Vec::new();
    let mut compared = 0;
    for line in answers.lines() {
        let (name, answer) = line.split_once('\t').unwrap();
        compared += 1;
        match &expected[name] {
            _ if answer == "missing" => differences.push(format!("{name}: Go has no such name")),
            Some(types) if types != answer => differences.push(format!("{name}: stated {types}, Go says {answer}")),
            _ => {}
        }
    }
    assert_eq!(compared, expected.len());
    println!("{compared} names compared");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
