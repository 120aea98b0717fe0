//! Names, types and callees of small packages. `tests/oracle/types.rs` compares the same with go/types over real ones.

#![allow(clippy::unwrap_used)]

use super::{Callee, LocalId, LocalKind, Sema, Target};
use crate::ast::ExprId;
use crate::facts::Facts;
use crate::project::{DeclId, Project, load_texts};

/// A module `m` with one file.
fn project(body: &str) -> Project {
    load_texts(&[("/go.mod", "module m\n\ngo 1.24\n"), ("/a.go", &format!("package m\n{body}"))]).0
}

fn decls(project: &Project) -> impl Iterator<Item = DeclId> {
    project.files.iter().flat_map(|file| (0..file.outline.decls.len() as u32).map(|index| DeclId { file: file.source.id, index }))
}

/// Every use of `name` that means a local, as `use line:declaration line`.
fn uses(body: &str, name: &str) -> String {
    let project = project(body);
    let sema = Sema::new(&project, Facts::shipped());
    let mut found = Vec::new();
    for decl in decls(&project) {
        let tree = project.tree(decl);
        let line = |id: ExprId| project.file(decl.file).source.position(tree.expr_range(id).start).line - 1;
        for id in (0..tree.exprs.len() as u32).map(ExprId).filter(|&id| tree.ident(id) == Some(name)) {
            let place = (tree.expr_range(id).start, line(id));
            found.push((place, sema.scopes(decl).of_ident(id).map(|local| line(sema.scopes(decl).local(local).ident))));
        }
    }
    found.sort_unstable();
    let words = found.iter().map(|((_, at), to)| to.map_or_else(|| format!("{at}:-"), |to| format!("{at}:{to}")));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn scopes_are_gos() {
    let cases = [
        ("func f() (err error) {\n_, err := g()\nreturn err }", "err", "1:1 2:1 3:1", "a result is in the body's own scope"),
        ("func f() {\nx := 1\nif x := x; x > 0 {\n_ = x }\n_ = x }", "x", "2:2 3:3 3:2 3:3 4:3 5:2", "if"),
        ("func f() {\nx := 1\nfor x := x; x < 2; x++ {\nx := x\n_ = x }}", "x", "2:2 3:3 3:2 3:3 3:3 4:4 4:3 5:4", "for"),
        ("func f(x []int) {\nfor x := range x {\n_ = x }\n_ = x }", "x", "1:1 2:2 2:1 3:2 4:1", "range"),
        ("func f(c chan int) {\nselect {\ncase x := <-c:\n_ = x\ncase x := <-c:\n_ = x }}", "x", "3:3 4:3 5:5 6:5", "select"),
        ("func f(x any) {\nswitch x := x.(type) {\ncase int:\n_ = x }\n_ = x }", "x", "1:1 2:2 2:1 4:2 5:1", "type switch"),
        ("func f() {\nx := 1\n_ = func(x int) int {\nreturn x }(x) }", "x", "2:2 3:3 4:3 4:2", "closure"),
        ("func f() {\nx:\nfor { break x } }", "x", "2:- 3:-", "labels are no variables"),
        ("func f(x T) {\n_ = y.x\n_ = x.x }", "x", "1:1 2:- 3:1 3:-", "selectors"),
        ("func f(url *url.URL) { _ = url }", "url", "1:1 1:- 1:1", "types of parameters are outside"),
        ("func f[T any](x T) {\nvar y T }", "T", "1:1 1:1 2:1", "type parameters"),
        ("func (s *S[T]) f(x T) {\nvar y T }", "T", "1:1 1:1 2:1", "a receiver's type parameters"),
        ("func f() {\ntype T struct{ next *T }\nvar _ T }", "T", "2:2 2:2 3:2", "local types know themselves"),
        ("func f() {\nconst (\na = 1\nb = a )\n_ = a }", "a", "3:3 4:3 5:3", "constants"),
        ("func f() {\n{ x := 1\n_ = x }\n_ = x }", "x", "2:2 3:2 4:-", "a block ends"),
        ("func f() {\nvar x = x }", "x", "2:2 2:-", "a variable is not in scope in its own value"),
    ];
    for (body, name, expected, why) in cases {
        assert_eq!(uses(body, name), expected, "{why}: {body}");
    }
}

/// The type of the local variable `x`.
fn type_of_x(body: &str) -> String {
    let project = project(body);
    let sema = Sema::new(&project, Facts::shipped());
    for decl in decls(&project) {
        let locals = &sema.scopes(decl).locals;
        if let Some(at) = locals.iter().position(|local| local.name == "x" && local.kind == LocalKind::Var) {
            let ident = locals[at].ident;
            let ty = sema.type_of_local(decl, LocalId(at as u32));
            let key = if sema.types.is_whole(ty) { sema.key(ty) } else { sema.key_of(decl, ident) };
            return if key.is_empty() { "Unknown".into() } else { key.to_string() };
        }
    }
    "no x".into()
}

#[test]
fn types_are_known_or_unknown_but_never_wrong() {
    let cases = [
        ("import \"os\"\nfunc f() { x, err := os.Open(\"\") }", "*os.File"),
        ("type T struct{ u *U }\ntype U struct{ n []byte }\nfunc f(t *T) { x := t.u.n }", "[]uint8"),
        ("type T struct{ *U }\ntype U struct{ n int }\nfunc (U) M() string\nfunc f(t T) { x := t.M() }", "string"),
        ("type T struct{ *U }\ntype U struct{ n string }\nfunc (T) n() int\nfunc f(t T) { x := t.n() }", "int"),
        ("func f(m map[string]error) { x, ok := m[\"\"] }", "error"),
        ("func f(m map[string]error) { for _, x := range m {} }", "error"),
        ("func f(c chan string) { x := <-c }", "string"),
        ("func f(a *[4]string) { x := a[:] }", "[]string"),
        ("type L []string\nfunc f(a L) { x := a[1:] }", "m.L"),
        ("const c = 2\nfunc f(n int64) { x := c * n }", "int64"),
        ("const c = 2\nfunc f(n uint8) { x := n << c }", "uint8"),
        ("import \"net/http\"\nfunc f() { x := http.NobodyKnows }", "Unknown"),
        ("import \"ex.com/absent\"\nfunc f() { var x *absent.Whatever }", "*ex.com/absent.Whatever"),
        ("import \"github.com/jackc/pgx/v5\"\nfunc f() { x, err := pgx.Connect(nil, \"\") }", "*github.com/jackc/pgx.Conn"),
        ("func g[T any](t T) T\nfunc f() { x := g(1) }", "int"),
        ("import \"unsafe\"\nfunc f(p *byte) { x := unsafe.Slice(p, 1) }", "[]uint8"),
        ("func f() { g := func() (int, error) { return 0, nil }\nx, err := g() }", "int"),
        ("func f() { x := append([]byte(nil), 1) }", "[]uint8"),
    ];
    for (body, expected) in cases {
        assert_eq!(type_of_x(body), expected, "{body}");
    }
}

#[test]
fn a_file_is_looked_at_in_one_build() {
    let text = |system: &str, ty: &str| format!("//go:build {system}\n\npackage m\n\ntype T struct {{ a int; b {ty} }}\nfunc g() {ty}\n");
    let (linux, windows) = (text("linux", "string"), text("windows", "error"));
    for (system, expected) in [("", "string"), ("//go:build windows\n\n", "error"), ("//go:build !linux && !windows\n\n", "Unknown")] {
        for value in ["t.b", "g()"] {
            let own = format!("{system}package m\nfunc f(t T) {{ x := {value} }}");
            let files = [("/go.mod", "module m\n"), ("/a.go", &*own), ("/l.go", &*linux), ("/w.go", &*windows)];
            let project = load_texts(&files).0;
            let sema = Sema::new(&project, Facts::shipped());
            let found = decls(&project).find(|&decl| project.decl(decl).names[0].0 == "f").unwrap();
            let at = sema.scopes(found).locals.iter().position(|local| local.name == "x").unwrap();
            let ty = sema.type_of_local(found, LocalId(at as u32));
            assert_eq!(if ty.is_known() { sema.key(ty) } else { "Unknown".into() }, expected, "{value} {system}");
        }
    }
}

/// What the first call of `f` calls.
fn callee(body: &str) -> String {
    let project = project(body);
    let sema = Sema::new(&project, Facts::shipped());
    let f = decls(&project).find(|&decl| project.decl(decl).names[0].0 == "f").unwrap();
    let tree = project.tree(f);
    let call = *tree.index.calls.iter().min_by_key(|&&call| (tree.expr_range(call).start, u32::MAX - tree.expr_range(call).end)).unwrap();
    match sema.callee(f, call) {
        Callee::Function(function) => function.key.to_string(),
        Callee::Builtin(name) => format!("builtin {name}"),
        Callee::Conversion(ty) => format!("conversion {}", sema.key(ty)),
        Callee::Closure(_) => "closure".into(),
        Callee::Variable(_) => "variable".into(),
        Callee::Unknown => "unknown".into(),
    }
}

#[test]
fn callees() {
    let cases = [
        ("import o \"os\"\nfunc f() { o.Open(\"\") }", "os.Open"),
        ("import \"math/rand/v2\"\nfunc f() { rand.N(1) }", "math/rand/v2.N"),
        ("import \"gopkg.in/yaml.v3\"\nfunc f() { yaml.Marshal(1) }", "gopkg.in/yaml.v3.Marshal"),
        ("import \"os\"\nfunc f(os T) { os.Open(\"\") }\ntype T struct{}", "unknown"),
        ("import _ \"os\"\nfunc f() { os.Open(\"\") }", "unknown"),
        ("type T struct{}\nfunc (*T) M() {}\nfunc f(t T) { t.M() }", "m.T.M"),
        ("type T struct{ U }\ntype U struct{}\nfunc (U) M() {}\nfunc f(t *T) { t.M() }", "m.U.M"),
        ("type I interface{ M() }\nfunc f(i I) { i.M() }", "m.I.M"),
        ("func f() { g := func() {}\ng() }", "closure"),
        ("func f() { g := func() {}\ng = h\ng() }", "variable"),
        ("func f(g func()) { g() }", "variable"),
        ("func f() { len(\"\") }", "builtin len"),
        ("func len(string) {}\nfunc f() { len(\"\") }", "m.len"),
        ("func f() { []byte(\"\") }", "conversion []uint8"),
        ("func g[T any](T) {}\nfunc f() { g[int](1) }", "m.g"),
    ];
    for (body, expected) in cases {
        assert_eq!(callee(body), expected, "{body}");
    }
}

/// The value of the last constant or the length of the last literal, of the package-level name `x`.
#[test]
fn constants() {
    let cases =
        [("10", Some(10)), ("0x1f", Some(31)), ("1_000", Some(1000)), ("(2 + 3) * 4", Some(20)), ("017", Some(15)), ("7 / 0", None)];
    for (value, expected) in cases.into_iter() {
        let project = project(&format!("const x = {value}\nfunc f() {{ var y = x\n_ = y }}"));
        let sema = Sema::new(&project, Facts::shipped());
        let f = decls(&project).find(|&decl| project.decl(decl).names[0].0 == "f").unwrap();
        let tree = project.tree(f);
        let ident = (0..tree.exprs.len() as u32).map(ExprId).find(|&id| tree.ident(id) == Some("x")).unwrap();
        assert_eq!(sema.int(f, ident), expected, "{value}");
    }
}

/// What the calls in `f` may run: for each `name` or `literal line`, `-` if nobody knows.
fn targets(body: &str) -> String {
    let project = project(body);
    let sema = Sema::new(&project, Facts::shipped());
    let f = decls(&project).find(|&decl| project.decl(decl).names[0].0 == "f").unwrap();
    let tree = project.tree(f);
    let mut calls = tree.index.calls.clone();
    calls.sort_by_key(|&call| tree.expr_range(call).start);
    let name = |target: &Target| match target {
        Target::Function(decl) => {
            let decl = project.decl(*decl);
            decl.receiver.as_ref().map_or_else(String::new, |receiver| format!("{receiver}.")) + &decl.names[0].0
        }
        Target::Literal(decl, lit) => {
            let offset = project.tree(*decl).expr_range(*lit).start;
            format!("literal {}", project.file(decl.file).source.position(offset).line - 1)
        }
    };
    let of = |&call: &ExprId| match sema.targets(f, call) {
        Some(found) => found.iter().map(name).collect::<Vec<_>>().join(" or "),
        None => "-".into(),
    };
    calls.iter().map(of).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_a_call_may_run() {
    let types = "type A struct{}\nfunc (*A) Close() error\ntype B struct{ *A }\ntype C int\nfunc (C) Close() error\ntype D struct{}\nfunc (D) Close()\n";
    let cases = [
        ("func f() { g() }\nfunc g() {}", "g"),
        ("func f() { func() {}() }", "literal 1"),
        ("type I interface{ Close() error }\nfunc f(i I) { i.Close() }", "A.Close or C.Close"),
        ("import \"io\"\nfunc f(i io.Closer) { i.Close() }", "-"),
        ("type I interface{ Open() }\nfunc f(i I) { i.Open() }", ""),
        ("type T struct{ stop func() }\nfunc n() *T {\nreturn &T{stop: func() {}} }\nfunc f(t *T) { t.stop() }", "literal 3"),
        ("type T struct{ stop func() }\nfunc n(t *T) { t.stop = g }\nfunc g() {}\nfunc f(t *T) { t.stop() }", "g"),
        ("type T struct{ stop func() }\nfunc n(t *T) { t.stop = g; t.stop = nil }\nfunc g() {}\nfunc f(t *T) { t.stop() }", "-"),
        ("type T struct{ stop func() }\nvar t = T{func() {}}\nfunc f(t *T) { t.stop() }", "-"),
        ("type T struct{ Stop func() }\nfunc n(t *T) { t.Stop = g }\nfunc g() {}\nfunc f(t *T) { t.Stop() }", "-"),
        ("func f(done func()) { done() }\nfunc g() {\nf(func() {}) }", "literal 3"),
        ("func f(done func()) { done() }\nfunc g() {\nf(func() {}); f(nil) }", "-"),
        ("func f(done func()) { done() }\nfunc g() {\n_ = f; f(nil) }", "-"),
    ];
    for (body, expected) in cases {
        let (imports, rest) = body.split_once('\n').filter(|(first, _)| first.starts_with("import")).unwrap_or(("", body));
        let text = if rest.contains("interface{ Close() error }") || !imports.is_empty() {
            format!("{imports}\n{types}{rest}")
        } else {
            body.to_string()
        };
        assert_eq!(targets(&text), expected, "{body}");
    }
}

/// A question about a variable of a package that is nowhere must end, also where the variable is made from itself.
#[test]
fn variables_that_are_made_from_themselves_end() {
    let import = "import \"github.com/jackc/pgx/v5\"\n";
    let again = "x, err = x.Next()\n".repeat(12);
    let chain = ".Next()".repeat(20_000);
    let bodies = [
        "func f() { x, err := pgx.Connect(nil, \"\")\nfor { x, err = x.Next() } }".to_string(),
        "func f() { x, err := pgx.Connect(nil, \"\")\ny, err := x.Next()\nfor { x, err = y.Next()\ny, err = x.Next() } }".to_string(),
        format!("func f() {{ x, err := pgx.Connect(nil, \"\")\n{again}}}"),
        format!("func f() {{ x := pgx.First(){chain} }}"),
    ];
    for body in bodies {
        let project = project(&format!("{import}{body}"));
        let sema = Sema::new(&project, Facts::shipped());
        let f = decls(&project).find(|&decl| project.decl(decl).names[0].0 == "f").unwrap();
        let tree = project.tree(f);
        // What the calls are may be known or not; that each answer comes is what counts.
        let known = tree.index.calls.iter().take(200).filter(|&&call| sema.callee(f, call) != Callee::Unknown).count();
        assert!(known >= 1, "{}", &body[..body.len().min(60)]);
        let ident = sema.scopes(f).locals.iter().find(|local| local.name == "x").unwrap().ident;
        assert_ne!(sema.key_of(f, ident), "error");
    }
}
