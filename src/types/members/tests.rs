//! Which field or method a selector selects, and when types are the same.

#![allow(clippy::unwrap_used)]

use super::Lookup;
use crate::project::{DeclId, Project, load_texts};
use crate::types::ask::Ask;
use crate::types::generic::View;
use crate::types::{LocalId, Member, Type, Types};

/// Whether two types are identical. What has unknown parts is identical to itself only.
fn identical(types: &Types<'_>, a: Type, b: Type) -> bool {
    a == b || View::new(types, &Ask::default()).same(a, b) == Some(true)
}

/// Asks something about the types of the local names of the function `f` in the file a.go.
fn with<T>(texts: &[(&str, &str)], ask: impl FnOnce(&Types<'_>, &dyn Fn(&str) -> Type) -> T) -> T {
    let all: Vec<(&str, &str)> = [("/m/go.mod", "module m\n\ngo 1.27\n")].into_iter().chain(texts.iter().copied()).collect();
    let (project, problems) = load_texts(&all);
    assert!(problems.is_empty(), "{problems:?}");
    let types = Types::new(&project);
    let decl = f_of(&project);
    let local = |name: &str| {
        let local = types.scopes(decl).locals.iter().position(|local| local.name == name).unwrap();
        types.info(decl).local(LocalId(local as u32))
    };
    ask(&types, &local)
}

fn f_of(project: &Project) -> DeclId {
    let file = project.files.iter().find(|file| file.source.path.ends_with("a.go")).unwrap();
    let index = file.outline.decls.iter().position(|decl| decl.names.iter().any(|(name, _)| name == "f")).unwrap();
    DeclId { file: file.source.id, index: index as u32 }
}

/// What `of.name` selects in a.go: its type, and how many embedded fields are on the way.
fn select(text: &str, name: &str) -> String {
    with(&[("/m/a.go", &format!("package p\n{text}"))], |types, local| {
        let file = f_of(types.project).file;
        match types.lookup(&Ask::default(), local("v"), name, file) {
            Lookup::None => "none".into(),
            Lookup::Unknown => "unknown".into(),
            Lookup::Found(found) => {
                let (what, ty) = match found.member {
                    Member::Field { ty, .. } => ("field", ty),
                    Member::Method { ty, .. } => ("method", ty),
                    Member::Abstract { ty, .. } => ("abstract", ty),
                };
                format!("{what} {} {}", found.path.len(), types.shown(ty, file))
            }
        }
    })
}

#[test]
fn the_least_depth_wins() {
    let text = "type a struct{ n int; m string }\n func (a) get() int { return 0 }\n type b struct{ *a; n bool }\n type c struct{ b }\n
        func f(v c) {}";
    assert_eq!(select(text, "n"), "field 1 bool");
    assert_eq!(select(text, "m"), "field 2 string");
    assert_eq!(select(text, "get"), "method 2 func() int");
    assert_eq!(select(text, "a"), "field 1 *a");
    assert_eq!(select(text, "none"), "none");
    assert_eq!(select(text, "_"), "none");
}

#[test]
fn twice_at_one_depth_is_nothing() {
    let text =
        "type a struct{ n int }\n type b struct{ n int }\n type c struct{ a; b }\n type d struct{ c; *e }\n type e struct{ a; k int }\n";
    assert_eq!(select(&format!("{text} func f(v c) {{}}"), "n"), "none");
    assert_eq!(select(&format!("{text} func f(v d) {{}}"), "n"), "none");
    assert_eq!(select(&format!("{text} func f(v d) {{}}"), "k"), "field 1 int");
    // The same type by two ways.
    let twice = "type a struct{ n int }\n type b struct{ a }\n type c struct{ a }\n type d struct{ b; c }\n func f(v d) {}";
    assert_eq!(select(twice, "n"), "none");
    // A type that embeds itself.
    assert_eq!(select("type a struct{ *a; n int }\n func f(v *a) {}", "n"), "field 0 int");
    assert_eq!(select("type a struct{ *a; n int }\n func f(v *a) {}", "k"), "none");
}

#[test]
fn pointers_have_what_they_point_to() {
    let text = "type a struct{ n int }\n func (*a) m() {}\n type p *a\n type i interface{ m() }\n";
    assert_eq!(select(&format!("{text} func f(v *a) {{}}"), "m"), "method 0 func()");
    assert_eq!(select(&format!("{text} func f(v a) {{}}"), "m"), "method 0 func()");
    assert_eq!(select(&format!("{text} func f(v p) {{}}"), "n"), "field 0 int");
    assert_eq!(select(&format!("{text} func f(v p) {{}}"), "m"), "none");
    assert_eq!(select(&format!("{text} func f(v i) {{}}"), "m"), "abstract 0 func()");
    assert_eq!(select(&format!("{text} func f(v *i) {{}}"), "m"), "none");
    assert_eq!(select(&format!("{text} func f(v **a) {{}}"), "n"), "none");
}

#[test]
fn type_arguments_are_in_the_types() {
    let text = "type list[T any] struct{ next *list[T]; v T }\n func (l *list[E]) push(e E) *list[E] { return l }\n
        type ints struct{ list[int] }\n type has[T any] interface{ get() T; error }\n";
    assert_eq!(select(&format!("{text} func f(v list[string]) {{}}"), "next"), "field 0 *list[string]");
    assert_eq!(select(&format!("{text} func f(v ints) {{}}"), "push"), "method 1 func(int) *list[int]");
    assert_eq!(select(&format!("{text} func f(v has[bool]) {{}}"), "get"), "abstract 0 func() bool");
    assert_eq!(select(&format!("{text} func f[P has[int]](v P) {{}}"), "get"), "abstract 0 func() int");
    assert_eq!(select(&format!("{text} func f[P has[int]](v P) {{}}"), "Error"), "abstract 0 func() string");
    assert_eq!(select(&format!("{text} func f[P has[int]](v *P) {{}}"), "get"), "none");
}

#[test]
fn what_is_unknown_may_have_the_name() {
    let text = "type a struct{ n int }\n type b struct{ gone.T; n int }\n type c struct{ a; gone.T }\n type d struct{ b }\n
        type i interface{ gone.I; m() }\n";
    assert_eq!(select(&format!("{text} func f(v b) {{}}"), "n"), "field 0 int");
    assert_eq!(select(&format!("{text} func f(v b) {{}}"), "k"), "unknown");
    // Were it in the other one too, the code would not compile.
    assert_eq!(select(&format!("{text} func f(v c) {{}}"), "n"), "field 1 int");
    assert_eq!(select(&format!("{text} func f(v d) {{}}"), "k"), "unknown");
    assert_eq!(select(&format!("{text} func f(v i) {{}}"), "m"), "abstract 0 func()");
    assert_eq!(select(&format!("{text} func f(v i) {{}}"), "k"), "unknown");
    assert_eq!(select(&format!("{text} func f(v gone.T) {{}}"), "k"), "unknown");
}

#[test]
fn unexported_names_belong_to_their_package() {
    let other = "package q\n type S struct{ n int; N bool }\n func (S) m() {}\n func (S) M() {}\n type I interface{ m() }\n";
    let text = "package p\n import \"m/q\"\n type own struct{ q.S; *hidden }\n type hidden struct{ n string }\n func (hidden) m() {}\n
        func f(v own, s q.S, h hidden, i q.I) {}";
    with(&[("/m/q/b.go", other), ("/m/a.go", text)], |types, local| {
        let ask = Ask::default();
        let file = f_of(types.project).file;
        let field = |name| match types.lookup(&ask, local("v"), name, file) {
            Lookup::Found(found) => match found.member {
                Member::Field { ty, .. } => types.shown(ty, file),
                _ => "method".into(),
            },
            other => format!("{other:?}"),
        };
        assert_eq!(field("n"), "string");
        assert_eq!(field("N"), "bool");
        assert_eq!(types.has_method_set(&ask, local("s"), local("i"), file), Some(true));
        assert_eq!(types.has_method_set(&ask, local("h"), local("i"), file), Some(false));
    });
}

#[test]
fn method_sets_are_those_of_values_and_pointers() {
    let text = "package p\n type i interface{ get() int; set(int) }\n type g interface{ get() int }\n type t struct{}\n func (t) get() int { return 0 }\n
        func (*t) set(int) {}\n type in struct{ t }\n type by struct{ *t }\n type odd struct{}\n func (odd) get() string { return \"\" }\n
        type half struct{ gone.T }\n func (half) get() int { return 0 }\n type gen struct{}\n func (gen) get[T any]() int { return 0 }\n
        func f(i i, g g, v t, p *t, in in, inp *in, by by, odd odd, half half, gen gen, e error, any any) {}";
    with(&[("/m/a.go", text)], |types, local| {
        let has = |ty, interface| types.has_method_set(&Ask::default(), local(ty), local(interface), f_of(types.project).file);
        for (ty, all, one) in [
            ("v", Some(false), Some(true)),
            ("p", Some(true), Some(true)),
            ("in", Some(false), Some(true)),
            ("inp", Some(true), Some(true)),
            ("by", Some(true), Some(true)),
            ("odd", Some(false), Some(false)),
            ("half", None, Some(true)),
            ("gen", Some(false), Some(false)),
            ("i", Some(true), Some(true)),
            ("g", Some(false), Some(true)),
        ] {
            assert_eq!((has(ty, "i"), has(ty, "g"), has(ty, "any")), (all, one, Some(true)), "{ty}");
        }
        assert_eq!(has("p", "e"), Some(false));
    });
}

#[test]
fn interfaces_are_put_together() {
    let text = "package p\n type r interface{ Read() }\n type c interface{ Close() }\n type rc interface{ r; c; Read() }\n
        func f(rc rc, lit interface{ Close(); r }, err error) {}\n
        func g[T interface{ ~int | ~string; String() string }, U interface{ ~int | string; int | ~string }]() {}";
    with(&[("/m/a.go", text)], |types, local| {
        let ask = Ask::default();
        let file = f_of(types.project).file;
        let methods = |ty: Type| -> Vec<String> {
            let set = View::new(types, &ask).interface_set(ty);
            set.methods.iter().map(|method| format!("{} {}", method.name, types.shown(method.of, file))).collect()
        };
        assert_eq!(methods(local("rc")), ["Close c", "Read rc"]);
        assert_eq!(methods(local("err")), ["Error error"]);
        assert!(identical(types, types.behind(local("rc")), local("lit")));
        let index = types.project.file(file).outline.decls.iter().position(|decl| decl.names.iter().any(|(name, _)| name == "g")).unwrap();
        let func = types.func_type(&ask, DeclId { file, index: index as u32 }, types.build_of(file));
        let terms = |at: usize| -> Vec<String> {
            let terms = types.term_set(&ask, func.type_params[at]).unwrap();
            terms.iter().map(|term| format!("{}{}", if term.tilde { "~" } else { "" }, types.shown(term.ty, file))).collect()
        };
        assert_eq!(terms(0), ["~int", "~string"]);
        assert_eq!(terms(1), ["int", "string"]);
        assert_eq!(types.core_string(&ask, func.type_params[1]), Type::UNKNOWN);
        assert_eq!(methods(func.type_params[0]), ["String T"]);
        assert_eq!(types.term_set(&ask, Type::ANY), None);
    });
}

#[test]
fn types_are_identical_as_the_specification_says() {
    let text = "package p\n type t int\n func f(
        a struct{ n int `json:\"n\"` }, b struct{ n int \"json:\\\"n\\\"\" }, c struct{ n int }, d struct{ m int }, e struct{ n int },
        g func(a int, b ...string) error, h func(int, ...string) error, i func(int, []string) error,
        j chan<- int, k chan int, l map[t]int, m map[int]int, n struct{ t }, o struct{ t t },
        q interface{ a(); b(interface{ error }) }, r interface{ b(interface{ error }); a() }, s [2]int, u [3]int, v [2]gone.T, w [2]gone.T,
        x struct{ gone.T }, y struct{ gone.T; n int }) {}";
    with(&[("/m/a.go", text)], |types, local| {
        let same = |a, b| identical(types, local(a), local(b));
        for (a, b) in [("c", "e"), ("g", "h"), ("q", "r"), ("a", "a")] {
            assert!(same(a, b) && same(b, a), "{a} {b}");
        }
        for (a, b) in
            [("a", "c"), ("c", "d"), ("g", "i"), ("j", "k"), ("l", "m"), ("n", "o"), ("s", "u"), ("x", "y"), ("s", "v"), ("a", "b")]
        {
            assert!(!same(a, b) && !same(b, a), "{a} {b}");
        }
        let ask = Ask::default();
        let view = View::new(types, &ask);
        assert_eq!(view.same(local("x"), local("y")), Some(false));
        assert_eq!(view.same(local("v"), local("w")), None);
        assert_eq!(view.same(local("u"), local("w")), Some(false));
        assert_eq!(view.same(local("a"), local("b")), None);
    });
}

#[test]
fn code_that_is_not_valid_ends() {
    let text = "package p\n type i interface{ j }\n type j interface{ i; m() }\n type g[T any] interface{ g[[]T] }\n type s[T any] struct{ *s[[]T]; *s[*T] }\n
        type u interface{ struct{ a u } | struct{ b u } }\n func f[P Q, Q P](i i, g g[int], s s[int], p P) {}";
    with(&[("/m/a.go", text)], |types, local| {
        let file = f_of(types.project).file;
        let find = |ty| types.lookup(&Ask::default(), local(ty), "k", file);
        assert_eq!(find("i"), Lookup::None);
        assert_ne!(find("g"), Lookup::None);
        assert_eq!(find("s"), Lookup::Unknown);
        assert_eq!(find("p"), Lookup::None);
        for ty in ["i", "g", "s", "p"] {
            assert_ne!(types.has_method_set(&Ask::default(), local("i"), local(ty), file), Some(false), "{ty}");
        }
    });
}
