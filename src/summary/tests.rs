//! What small functions do.

#![allow(clippy::unwrap_used)]

use super::{DEPTH, Effects, Slot, Summaries};
use crate::facts::Facts;
use crate::project::{DeclId, load_texts};
use crate::sema::Sema;
use std::sync::Arc;

/// The effects of `f`, and whether it never returns.
fn of_f(body: &str) -> (Arc<Effects>, bool) {
    let text = format!("package m\nimport (\"os\"; \"io\"; \"log\")\n{body}\nfunc caller() {{ f() }}");
    let project = load_texts(&[("/go.mod", "module m\n\ngo 1.24\n"), ("/a.go", &text)]).0;
    let summaries = Summaries::new(Sema::new(&project, Facts::shipped()));
    let file = &project.files[0];
    let named = |name: &str| {
        let index = file.outline.decls.iter().position(|decl| decl.names.first().is_some_and(|(own, _)| own == name)).unwrap();
        DeclId { file: file.source.id, index: index as u32 }
    };
    let caller = named("caller");
    let call = project.tree(caller).index.calls[0];
    (summaries.effects(named("f"), DEPTH), summaries.never_returns(caller, call))
}

#[test]
fn releases() {
    let cases: [(&str, &[Slot]); 7] = [
        ("func f(x *os.File) { x.Close() }", &[Slot::Param(0)]),
        ("func f(n int, c io.Closer) { _ = c.Close() }", &[Slot::Param(1)]),
        ("func f(x *os.File) { defer func() { x.Close() }() }", &[Slot::Param(0)]),
        ("func f(x *os.File) { g(1, x) }\nfunc g(n int, x *os.File) { x.Close() }", &[Slot::Param(0)]),
        ("func f(t *T) { t.end() }\ntype T struct{ c *os.File }\nfunc (t *T) end() { t.c.Close() }", &[Slot::Param(0)]),
        ("func f(x *os.File) { f(x) }", &[]),
        ("func f(x *os.File) { x.Name() }", &[]),
    ];
    for (body, expected) in cases {
        let found: Vec<Slot> = of_f(body).0.releases.iter().map(|(slot, _)| *slot).collect();
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn owned_results() {
    let cases: [(&str, &[u32]); 5] = [
        ("func f() (*os.File, error) { return os.Open(\"\") }", &[0]),
        ("func f() (int, *os.File) { x, _ := os.Open(\"\"); return 1, x }", &[1]),
        ("func f() *T { x, _ := os.Open(\"\"); return &T{c: x} }\ntype T struct{ c *os.File }", &[0]),
        ("func f(x *os.File) *os.File { return x }", &[]),
        ("func f() string { return os.TempDir() }", &[]),
    ];
    for (body, expected) in cases {
        let found: Vec<u32> = of_f(body).0.owned.iter().map(|(at, _)| *at).collect();
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn stores() {
    let cases: [(&str, &[Slot]); 5] = [
        ("func f(x *os.File) { global = x }\nvar global *os.File", &[Slot::Param(0)]),
        ("func f(m map[int]*os.File, x *os.File) { m[1] = x }", &[Slot::Param(1)]),
        ("func f(c chan *os.File, x *os.File) { c <- x }", &[Slot::Param(1)]),
        ("func f(x *os.File) { go func() { x.Name() }() }", &[Slot::Param(0)]),
        ("func f(x *os.File) { y := x; _ = y }", &[]),
    ];
    for (body, expected) in cases {
        assert_eq!(of_f(body).0.stores, expected, "{body}");
    }
}

#[test]
fn never_returns() {
    let cases = [
        ("func f() { panic(1) }", true),
        ("func f() { os.Exit(1) }", true),
        ("func f() { g() }\nfunc g() { log.Fatal(1) }", true),
        ("func f() { for {} }", true),
        ("func f() { for { break } }", false),
        ("func f() { defer func() { recover() }(); panic(1) }", false),
        ("func f() { if x { os.Exit(1) } }\nvar x bool", false),
        ("func f() { f() }", false),
        // As gofmt writes it, that is seen in the text.
        ("func f() {\n\tx = true\n}\nvar x bool", false),
        ("func f() {\n\tg()\n}\nfunc g() {\n\tos.Exit(1)\n}", true),
        ("func f() {\n\tswitch {\n\tcase x:\n\t\tpanic(1)\n\tdefault:\n\t\tpanic(2)\n\t}\n}\nvar x bool", true),
        ("func f() {\n\tif x {\n\t\tdie()\n\t} else {\n\t\tdie()\n\t}\n}\nfunc die() {\n\tpanic(1)\n}\nvar x bool", true),
        ("func f() int {\n\tif x {\n\t\tpanic(1)\n\t}\n\treturn 1\n}\nvar x bool", false),
        ("func f() {\n\tfor {\n\t}\n}", true),
    ];
    for (body, expected) in cases {
        assert_eq!(of_f(body).1, expected, "{body}");
    }
}

#[test]
fn the_text_of_a_function_says_the_same_as_its_tree() {
    let die = "func die() {\n\tprintln()\n\tos.Exit(1)\n}\nfunc on() {\n\tprintln()\n}\nvar x bool\n\
               func quit() bool {\n\tos.Exit(1)\n\treturn true\n}\nfunc stay() bool {\n\treturn x\n}\n";
    let methods = "type T struct{}\nfunc (T) Die() {\n\tdie()\n}\nfunc (T) On() {\n\ton()\n}\nvar t T\n";
    let bodies = [
        ("on()\n\tdie()", true),
        ("t.On()\n\tt.Die()", true),
        ("t.On()\n\ton()", false),
        ("stop := func() {\n\t\tdie()\n\t}\n\tstop()", true),
        ("stop := func() {\n\t\ton()\n\t}\n\tstop()", false),
        ("if x {\n\t\tdie()\n\t}", false),
        ("if x {\n\t\tdie()\n\t} else if !x {\n\t\tdie()\n\t}", false),
        ("if x {\n\t\tdie()\n\t} else if !x {\n\t\tdie()\n\t} else {\n\t\tdie()\n\t}", true),
        ("if x {\n\t\tdie()\n\t} else {\n\t\tfor {\n\t\t}\n\t}", true),
        ("if x {\n\t\tdie()\n\t} else {\n\t\t// It goes on.\n\t}", false),
        ("if x {\n\t\treturn\n\t}\n\tdie()", false),
        ("switch {\n\tcase x:\n\tdefault:\n\t\tdie()\n\t}", false),
        ("switch {\n\tcase x:\n\t\tfallthrough\n\tdefault:\n\t\tdie()\n\t}", true),
        ("switch {\n\tdefault:\n\t\tdie()\n\tcase x:\n\t\tt.Die()\n\t}", true),
        ("switch {\n\tcase x:\n\t\tdie()\n\tcase !x:\n\t\tdie()\n\t}", false),
        ("for i := 0; ; i++ {\n\t\ton()\n\t}", true),
        ("for i := 0; i < 3; i++ {\n\t\tdie()\n\t}", false),
        ("for x {\n\t\tdie()\n\t}\n\tselect {}", true),
        ("{\n\t\tdie()\n\t}", true),
        ("goto end\nend:\n\tdie()", true),
        ("defer die()\n\ton()", true),
        ("defer on()\n\ton()", false),
        ("x = !quit()\n\ton()", true),
        ("x = !stay()\n\ton()", false),
        ("on(); die()", true),
        ("func() {\n\t\tdie()\n\t}()", true),
        ("switch x := x; x {\n\tcase true:\n\t\ton()\n\t}\n\tdie()", true),
    ];
    for (body, expected) in bodies {
        let of = |begin: &str| of_f(&format!("func f() {{{begin}\n\t{body}\n}}\n{die}{methods}")).1;
        // What stands behind the brace keeps the text from being enough.
        assert_eq!((of(""), of(" // by its tree")), (expected, expected), "{body}");
    }
}
