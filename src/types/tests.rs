//! What the checker says of small programs; `tests/oracle` compares with go/types.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::project::load_texts;

/// The types of the local names of the first function of a file, `name: type`, in the order of their declaration.
fn locals(texts: &[(&str, &str)]) -> Vec<String> {
    let (project, problems) = load_texts(texts);
    assert!(problems.is_empty(), "{problems:?}");
    let types = Types::new(&project);
    let file = project.files.iter().find(|file| file.source.path.ends_with("a.go")).unwrap();
    let index = file.outline.decls.iter().position(|decl| decl.names.iter().any(|(name, _)| name == "f")).unwrap();
    let decl = DeclId { file: file.source.id, index: index as u32 };
    let info = types.info(decl);
    let text = |ty| types.text_of(ty).unwrap_or_else(|| "?".into());
    let locals = types.scopes(decl).locals.iter().enumerate();
    locals.map(|(at, local)| format!("{}: {}", local.name, text(info.local(LocalId(at as u32))))).collect()
}

fn of(text: &str) -> Vec<String> {
    locals(&[("/m/go.mod", "module m\n\ngo 1.27\n"), ("/m/a.go", &format!("package p\n{text}"))])
}

#[test]
fn variables_get_the_types_of_their_values() {
    let text = "type T struct{ a []int; m map[string]*T }\nfunc (t *T) get() (int, error) { return 0, nil }\n\
        func f(t T) { x := 1; y := t.a[x]; z, ok := t.m[\"k\"]; n, err := z.get(); s := 'a' + 1; u := []byte(\"x\"); _, _, _, _, _ = y, ok, n, err, s; _ = u }";
    assert_eq!(of(text), ["t: m.T", "x: int", "y: int", "z: *m.T", "ok: bool", "n: int", "err: error", "s: int32", "u: []uint8"]);
}
