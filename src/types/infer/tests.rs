//! Which type arguments are inferred; `tests/oracle` compares whole packages with go/types.

#![allow(clippy::unwrap_used)]

use crate::project::{DeclId, load_texts};
use crate::source::FileId;
use crate::types::{LocalId, Type, Types};

/// Asks about the type of the local variable `x` of the function `f`.
fn with_x<T>(text: &str, ask: impl FnOnce(&Types<'_>, Type, FileId) -> T) -> T {
    let (project, problems) = load_texts(&[("/m/go.mod", "module m\n\ngo 1.27\n"), ("/m/a.go", &format!("package p\n{text}"))]);
    assert!(problems.is_empty(), "{problems:?}");
    let types = Types::new(&project);
    let file = &project.files[0];
    let index = file.outline.decls.iter().position(|decl| decl.names.iter().any(|(name, _)| name == "f")).unwrap();
    let decl = DeclId { file: file.source.id, index: index as u32 };
    let local = types.scopes(decl).locals.iter().position(|local| local.name == "x").unwrap();
    ask(&types, types.info(decl).local(LocalId(local as u32)), file.source.id)
}

/// The type as readers see it: `?` is unknown.
fn x_of(text: &str) -> String {
    with_x(text, |types, ty, file| types.shown(ty, file))
}

/// Declarations that all cases share.
const SHARED: &str = "
    type names []string
    type box[T any] struct{ v T }
    func (b box[T]) get() T { return b.v }
    func (b box[T]) with[U any, P *T](u U, p P) (r box[U]) { return }
    type getter[T any] interface{ get() T }
    type number interface{ ~int | ~float64 }
    func id[T any](v T) (r T) { return }
    func same[T any](a, b T) (r T) { return }
    func mapped[S ~[]E, E, R any](s S, f func(E) R) (r []R) { return }
    func filtered[S ~[]E, E any](s S, f func(E) bool) (r S) { return }
    func first[S ~[]E, E any](s S, more ...E) (r E) { return }
    func pointed[T any, P interface{ *T; set(string) }](s string) (r T) { return }
    func from[T any](g getter[T]) (r T) { return }
    func recv[T any](c <-chan T) (r T) { return }
    func both[T any](f, g func(T) T) (r T) { return }
    func size(s string) (n int) { return }
    type settable int
    func (s *settable) set(string) {}
";

fn body(body: &str) -> String {
    x_of(&format!("{SHARED}\nfunc f(in chan int, s names, b box[int], p *box[string]) {{ {body}; _ = x }}"))
}

#[test]
fn arguments_tell_type_arguments() {
    let cases = [
        ("x := id(s)", "names"),
        ("x := id(&b)", "*box[int]"),
        ("x := mapped(s, size)", "[]int"),
        ("x := mapped(s, func(t string) error { return nil })", "[]error"),
        ("x := filtered(s, nil)", "names"),
        ("x := first(s)", "string"),
        ("x := first[names](s)", "string"),
        ("x := recv(in)", "int"),
        ("x := same(names{}, []string{})", "names"),
        ("x := same([]string{}, names{})", "names"),
        ("x := same(in, (<-chan int)(nil))", "<-chan int"),
        ("x := pointed[settable](\"1\")", "settable"),
    ];
    for (code, wanted) in cases {
        assert_eq!(body(code), wanted, "{code}");
    }
}

#[test]
fn constants_get_the_largest_default() {
    let cases = [
        ("x := id(1)", "int"),
        ("x := id('a')", "int32"),
        ("x := same(1, 2.5)", "float64"),
        ("x := same(1, 'a')", "int32"),
        ("var n int8; x := same(1, n)", "int8"),
        ("x := id(1 < 2)", "bool"),
        ("x := first(s, \"a\")", "string"),
    ];
    for (code, wanted) in cases {
        assert_eq!(body(code), wanted, "{code}");
    }
}

#[test]
fn methods_tell_type_arguments() {
    let cases = [
        ("x := from(b)", "int"),
        ("x := from(p)", "string"),
        ("var g getter[names]; x := from(g)", "names"),
        // A generic method: its constraint mentions the receiver's parameter.
        ("x := b.with(s, new(int))", "box[names]"),
        ("x := box[int].with(b, 1.5, new(int))", "box[float64]"),
    ];
    for (code, wanted) in cases {
        assert_eq!(body(code), wanted, "{code}");
    }
}

#[test]
fn generic_functions_are_values() {
    let cases = [
        ("x := mapped(s, id)", "[]string"),
        ("x := mapped(s, id[string])", "[]string"),
        ("x := both(id, id[int8])", "int8"),
        ("x := first[names]", "func(names, ...string) string"),
        ("x := []func(int) int{id}[0]", "func(int) int"),
    ];
    for (code, wanted) in cases {
        assert_eq!(body(code), wanted, "{code}");
    }
}

#[test]
fn a_function_calls_itself_with_its_own_parameters() {
    assert_eq!(x_of("func f[P, Q any](p P, q Q) (r []P) { x := f(q, []P{p}); _ = x; return }"), "[]Q");
    assert_eq!(x_of("func f[P any](p P) (r []P) { x := f(f(p)); _ = x; return }"), "[][]P");
}

#[test]
fn constraints_tell_type_arguments() {
    let chain = "func chain[A any, B interface{ []C }, C interface{ *A }](a A) (r B) { return }\n";
    assert_eq!(x_of(&format!("{chain} func f() {{ x := chain(1); _ = x }}")), "[]*int");
    let only = "func only[T interface{ map[string]int }]() (r T) { return }\n";
    assert_eq!(x_of(&format!("{only} func f() {{ x := only(); _ = x }}")), "map[string]int");
    let cycle = "func cycle[A interface{ *A }]() (r A) { return }\n";
    assert_eq!(x_of(&format!("{cycle} func f() {{ x := cycle(); _ = x }}")), "?");
}

#[test]
fn what_is_unknown_decides_nothing_else() {
    let cases = [
        ("x := id(gone)", "?"),
        // It may be a float64, or a type with the constant's type behind it.
        ("x := same(1, gone)", "?"),
        ("x := same([]string{}, gone)", "?"),
        // Nothing else can be assigned to what these are.
        ("x := same(s, gone)", "names"),
        ("var n int; x := same(gone, n)", "int"),
        ("x := first(s, gone)", "string"),
        ("x := mapped(s, gone)", "[]?"),
        ("x := mapped(gone, size)", "[]int"),
        ("x := filtered(s, gone)", "names"),
        ("x := from(gone)", "?"),
        ("x := same(map[string]gone.T{}, map[string]int{})", "map[string]int"),
    ];
    for (code, wanted) in cases {
        assert_eq!(body(code), wanted, "{code}");
    }
}

#[test]
fn types_that_grow_end() {
    let text = "func pair[T any](t T) (r struct{ a, b T }) { return }\n func f() { x := ";
    let deep = format!("{text}{}1{}; _ = x }}", "pair(".repeat(80), ")".repeat(80));
    assert!(with_x(&deep, |types, ty, _| !types.is_whole(ty)));
    let loops = "type a[T any] interface{ m() b[T] }\n type b[T any] interface{ m() a[T] }\n
        func g[T any](v a[T]) (r T) { return }\n func f(v b[int]) { x := g(v); _ = x }";
    assert_eq!(x_of(loops), "?");
}
