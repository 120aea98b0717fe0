//! Who is stuck in small programs, and who is not.

#![allow(clippy::unwrap_used)]

use super::{FEW_TICKS, Seen, Waits};
use crate::facts::Facts;
use crate::project::{DeclId, PackageId, Project, load_texts};
use crate::sema::Sema;
use crate::summary::Summaries;
use std::sync::Arc;

fn project(body: &str) -> Project {
    let text =
        format!("package m\nimport (\"context\"; \"sync\"; \"os\")\nvar _ context.Context\nvar _ sync.Once\nvar _ = os.Args\n{body}\n");
    load_texts(&[("/go.mod", "module m\n\ngo 1.24\n"), ("/a.go", &text)]).0
}

fn named(project: &Project, name: &str) -> DeclId {
    let file = &project.files[0];
    let index = file.outline.decls.iter().position(|decl| decl.names.first().is_some_and(|(own, _)| own == name)).unwrap();
    DeclId { file: file.source.id, index: index as u32 }
}

/// What is seen when `f` is run.
fn of_f(body: &str) -> Arc<Seen> {
    let project = project(body);
    let summaries = Summaries::new(Sema::new(&project, Facts::shipped()));
    summaries.simulated(named(&project, "f"))
}

fn waits(body: &str) -> Vec<Waits> {
    of_f(body).stuck.iter().map(|stuck| stuck.waits).collect()
}

#[test]
fn who_waits_for_nobody_is_stuck() {
    let cases: [(&str, &[Waits]); 8] = [
        ("func f() { c := make(chan int); go func() { c <- 1 }() }", &[Waits::Send]),
        ("func f() { c := make(chan int); go func() { <-c }() }", &[Waits::Receive]),
        ("func f() { c := make(chan int); go func() { for range c {} }() }", &[Waits::Range]),
        ("func f() { a, b := make(chan int), make(chan int); go func() { select { case <-a: case b <- 1: } }() }", &[Waits::Select]),
        ("func f() { var wg sync.WaitGroup; wg.Add(1); wg.Wait() }", &[Waits::Group]),
        ("func f() { var mu sync.Mutex; mu.Lock(); mu.Lock() }", &[Waits::Lock { read: false }]),
        (
            "type t struct{ mu sync.Mutex }\nfunc f(x *t) { x.mu.Lock(); x.g() }\nfunc (x *t) g() { x.mu.Lock() }",
            &[Waits::Lock { read: false }],
        ),
        ("func f(e error) { c := make(chan int); go func() { c <- 1 }(); if e != nil { return }; <-c }", &[Waits::Send]),
    ];
    for (body, expected) in cases {
        assert_eq!(waits(body), expected, "{body}");
    }
}

#[test]
fn who_may_be_met_is_not_stuck() {
    let cases = [
        "func f() { c := make(chan int, 1); go func() { c <- 1 }() }",
        "func f() { c := make(chan int); go func() { c <- 1 }(); <-c }",
        "func f() { c := make(chan int); go func() { for range c {} }(); c <- 1; close(c) }",
        "func f(c chan int) { go func() { c <- 1 }() }",
        "func f() { var wg sync.WaitGroup; wg.Add(1); go wg.Done(); wg.Wait() }",
        "func f() { var mu sync.Mutex; mu.Lock(); mu.Unlock(); mu.Lock() }",
        "func f(ctx context.Context) { <-ctx.Done() }",
    ];
    for body in cases {
        assert_eq!(waits(body), [], "{body}");
    }
}

#[test]
fn what_leaves_through_an_unknown_call_accuses_nobody() {
    let cases = [
        "func f() { c := make(chan int); unknown(c); go func() { c <- 1 }() }",
        "func f(g func(chan int)) { c := make(chan int); go func() { c <- 1 }(); g(c) }",
        "type t struct{ c chan int }\nfunc f(g func(*t)) { x := &t{c: make(chan int)}; g(x); go func() { x.c <- 1 }() }",
        "var kept chan int\nfunc f() { c := make(chan int); kept = c; go func() { c <- 1 }() }",
        "func f() chan int { c := make(chan int); go func() { c <- 1 }(); return c }",
    ];
    for body in cases {
        assert_eq!(waits(body), [], "{body}");
    }
}

/// A function with many branches that nobody can decide, all of which matter later.
fn branches(count: usize) -> String {
    let each = |at: usize| format!("if x{at} := g(); x{at} > 0 {{ n = append(n, {at}) }}\n");
    format!(
        "func g() int\nfunc f() {{ n := []int{{}}\nvar mu sync.Mutex\nmu.Lock()\n{}_ = n\n_ = len(n) }}",
        (0..count).map(each).collect::<String>()
    )
}

#[test]
fn the_budget_ends_a_run() {
    let seen = of_f(&branches(14));
    assert!(seen.is_cut, "2^14 ways are more than {FEW_TICKS} steps");
    assert!(!of_f(&branches(2)).is_cut);
}

#[test]
fn the_answer_is_the_same_whoever_asks_first() {
    let body = "type t struct{ mu sync.Mutex; c chan int }\n\
        func f() { x := h(); go x.g(); x.mu.Lock(); x.g() }\n\
        func (x *t) g() { x.mu.Lock(); defer x.mu.Unlock(); x.c <- 1 }\n\
        func h() *t { return &t{c: make(chan int)} }\n\
        func k() { x := h(); x.g() }";
    let project = project(body);
    let told = |order: &[&str]| {
        let summaries = Summaries::new(Sema::new(&project, Facts::shipped()));
        for name in order {
            summaries.simulated(named(&project, name));
        }
        let of = |name: &str| format!("{:?}", summaries.simulated(named(&project, name)).stuck);
        (of("f"), of("g"), of("k"))
    };
    let first = told(&["f", "g", "h", "k"]);
    assert_eq!(first, told(&["k", "h", "g", "f"]));
    assert!(first.0.contains("Lock") && first.2.contains("Send"), "{first:?}");
}

#[test]
fn functions_that_matter_to_nobody_who_waits_are_not_run() {
    let project = project(
        "func start() { go work() }\nfunc work() {}\nfunc calls() { start() }\nfunc comes() { restart() }\nfunc restart() {}\n\
         type t struct{ start int; mu sync.Mutex }\nfunc (x *t) reads() int { return x.start }\nfunc (x *t) locks() { x.mu.Lock() }\n\
         func (x *t) asks() { x.locks() }\nfunc sends(c chan int) { c <- 1 }",
    );
    let summaries = Summaries::new(Sema::new(&project, Facts::shipped()));
    let entries = summaries.entries(PackageId(0));
    let names = |decls: &[DeclId]| decls.iter().map(|&decl| project.decl(decl).names[0].0.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&entries.waiting), ["start", "calls", "sends"]);
    assert_eq!(names(&entries.locking), ["start", "locks", "asks", "sends"]);
}

const LEFT: &str = "c := make(chan int); go func() { c <- 1 }();";

#[test]
fn what_may_have_been_written_is_not_guessed() {
    let cases = [
        // A function that is not followed writes the field, by itself or through another.
        "type t struct{ n *int }\nfunc (x *t) set() { x.n = new(int) }\nfunc f(x *t) { LEFT if x.n == nil { x.set() }; if x.n == nil { return }; <-c }",
        "type t struct{ n *int }\nfunc (x *t) set() { x.n = new(int) }\nfunc (x *t) all() { x.set() }\nfunc f(x *t) { LEFT if x.n == nil { x.all() }; if x.n == nil { return }; <-c }",
        // Nobody knows what a value of function type does.
        "type t struct{ n *int }\nfunc f(x *t, set func(*t)) { LEFT if x.n == nil { set(x) }; if x.n == nil { return }; <-c }",
        // An interface's method may be one of this package.
        "type s interface{ set() }\ntype t struct{ n *int }\nfunc (x *t) set() { x.n = new(int) }\nfunc f(x *t, y s) { LEFT if x.n == nil { y.set() }; if x.n == nil { return }; <-c }",
        // Elements of maps and lists, and how many there are.
        "type t struct{ m map[string]bool }\nfunc f(x *t, k string) { LEFT x.m[k] = true; if !x.m[k] { return }; <-c }",
        "type t struct{ m map[string]bool }\nfunc f(x *t, k string) { LEFT x.m[k] = true; if len(x.m) == 0 { return }; <-c }",
        "type t struct{ l []int }\nfunc f(x *t, n int) { LEFT x.l[n] = 3; for _, e := range x.l { if e == 3 { <-c; return } } }",
        // What a call answered of a variable, and what is asked of it next, may exclude each other.
        "func ok(s string) bool { return s != \"\" }\nfunc f(s string) { LEFT if !ok(s) { <-c; return }; if s == \"\" { return }; <-c }",
        // A method or a closure answers from what is asked next.
        "type t struct{ l []int }\nfunc (x *t) count() int { return len(x.l) }\nfunc f(x *t) { LEFT if x.count() > 0 { <-c; return }; if len(x.l) > 0 { <-c } }",
        "func f(l []int) { has := func() bool { return len(l) > 0 }; LEFT if has() { <-c; return }; if len(l) == 0 { <-c } }",
        "func f(b []byte) { LEFT if string(b) == \"\" { <-c; return }; if len(b) != 0 { <-c } }",
        // The same elements are met again in the next loop.
        "func f(l []*int, a bool) { for _, e := range l { if e == nil { return } }; LEFT if a { println(1) } else { println(2) }; for _, e := range l { if e == nil { return } }; <-c }",
        // What is computed.
        "func f(n int) { LEFT if n%2 == 0 { <-c; return }; if n%2 == 1 { <-c } }",
    ];
    for body in cases {
        assert_eq!(waits(&body.replace("LEFT", LEFT)), [], "{body}");
    }
}

#[test]
fn what_nobody_wrote_is_known() {
    let cases = [
        "type t struct{ n *int }\nfunc (x *t) get() int { return 1 }\nfunc f(x *t) { LEFT if x.n == nil { x.get() }; if x.n == nil { return }; <-c }",
        "type t struct{ n *int }\ntype s interface{ get() }\nfunc f(x *t, y s) { LEFT if x.n == nil { y.get() }; if x.n == nil { return }; <-c }",
        "type t struct{ n *int }\nfunc f(x *t, stop context.CancelFunc) { LEFT if x.n == nil { stop() }; if x.n == nil { return }; <-c }",
        "type t struct{ m map[string]bool }\nfunc f(x *t, k string) { LEFT x.m[k] = true; if len(x.m) > 8 { return }; <-c }",
        "type t struct{ n, m int }\nfunc (x *t) get() int { return x.n }\nfunc f(x *t) { LEFT if x.get() > 0 { <-c; return }; if x.m > 0 { return }; <-c }",
        "func f(a, b string) { LEFT if a == \"\" { <-c; return }; if b == \"\" { return }; <-c }",
        "func ok(s string) bool { return s != \"\" }\nfunc f(s string) { LEFT if !ok(s) { return }; <-c }",
    ];
    for body in cases {
        assert_eq!(waits(&body.replace("LEFT", LEFT)), [Waits::Send], "{body}");
    }
}

#[test]
fn a_lock_that_is_taken_again_is_told_apart() {
    let cases: [(&str, &[bool]); 2] = [
        ("x.a.Lock(); x.b.Lock(); x.a.Unlock(); x.a.Lock(); x.a.Unlock(); x.b.Unlock()", &[false, true]),
        ("x.a.Lock(); x.b.Lock(); x.b.Unlock(); x.a.Unlock(); x.b.Lock(); x.a.Lock(); x.a.Unlock(); x.b.Unlock()", &[false, false]),
    ];
    for (body, expected) in cases {
        let seen = of_f(&format!("type t struct{{ a, b sync.Mutex }}\nfunc f(x *t) {{ {body} }}"));
        assert_eq!(seen.orders.iter().map(|order| order.again).collect::<Vec<_>>(), expected, "{body}");
    }
}
