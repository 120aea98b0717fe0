//! Which calls never return? Facts for libraries, bodies for the module's own functions.
//!
//! ```go
//! func fatal(err error) { // never returns: its only statement is a call of log.Fatal
//! 	log.Fatal(err)
//! }
//! ```
//!
//! Nearly all functions return, and each call of a long function asks about a callee and its callees. So what the text shows is enough, where it
//! shows it: a function returns if each of its own statements, as gofmt indents them, may be passed. Only for the others trees are read.
//!
//! Not here: a function's own paths (`flow`), goroutines that end (`simulate`).

use super::{DEPTH, Summaries};
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::facts::{Facts, imported_as};
use crate::flow;
use crate::parse::{DeclKind, Keyword, Mentions, OutlineDecl, Word};
use crate::project::{DeclId, Origin, PackageId};
use crate::sema::{Callee, Function, Object, once_in};
use crate::types::Entity;
use compact_str::CompactString;
use std::sync::Arc;

/// Words that functions mention which never return, whoever wrote them.
const ENDS: &[&str] = &[
    "panic", "recover", "Exit", "Exitf", "Exitln", "Fatal", "Fatalf", "Fatalln", "Fatalw", "Panic", "Panicf", "Panicln", "Goexit",
    "FailNow", "Skip", "Skipf", "SkipNow",
];

/// Builtin functions that return, and types that something is converted to.
const BUILTIN: &[&str] = &[
    "append", "bool", "byte", "cap", "clear", "close", "complex", "copy", "delete", "error", "float32", "float64", "imag", "int", "int16",
    "int32", "int64", "int8", "len", "make", "max", "min", "new", "print", "println", "real", "rune", "string", "uint", "uint16", "uint32",
    "uint64", "uint8", "uintptr",
];

/// Methods of libraries that return.
const METHODS: &[&str] = &[
    "Add",
    "Close",
    "Debug",
    "Debugf",
    "Delete",
    "Do",
    "Done",
    "Error",
    "Errorf",
    "Flush",
    "Fprintf",
    "Fprintln",
    "Inc",
    "Info",
    "Infof",
    "Lock",
    "Observe",
    "Print",
    "Printf",
    "Println",
    "RLock",
    "RUnlock",
    "Reset",
    "Set",
    "Slice",
    "Sort",
    "Stop",
    "Store",
    "String",
    "Strings",
    "Unlock",
    "Wait",
    "Warn",
    "Warnf",
    "Write",
    "WriteByte",
    "WriteRune",
    "WriteString",
];

/// [`ENDS`], and the names of the functions and methods of which the facts say it; sorted.
pub(super) fn names_that_end(facts: &Facts) -> Vec<(CompactString, Word)> {
    let mut names: Vec<CompactString> = ENDS.iter().copied().chain(facts.names_that_never_return()).map(CompactString::from).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name.clone(), Mentions::word(&name))).collect()
}

/// Whether control gets past a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passes<'t> {
    Yes,
    Perhaps,
    /// If it gets past a call of `f`, `pkg.F` or `x.y.M`.
    Call(&'t str),
}

/// Whether control gets past the statement that a line begins, its blocks apart.
fn passes(line: &str) -> Passes<'_> {
    match line.find(|c| !is_of_name(c)).map_or((line, ""), |end| line.split_at(end)) {
        ("select" | "goto", _) => Passes::Perhaps,
        ("for", header) => {
            if is_endless(header) {
                Passes::Perhaps
            } else {
                Passes::Yes
            }
        }
        ("", rest) if rest.starts_with('{') => Passes::Perhaps,
        // It runs at the end.
        ("defer", called) => call(called.trim_start()),
        // `x(); y()`
        _ if line.split(';').skip(1).any(|next| next.trim_start().starts_with(is_of_name)) => Passes::Perhaps,
        _ => call(line),
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn call(line: &str) -> Passes<'_> {
    match line.split_once('(') {
        Some(("", _)) => Passes::Perhaps,
        Some((called, _)) if called.chars().all(|c| is_of_name(c) || c == '.') => Passes::Call(called),
        // `<-f()`, `m[k](x)`
        Some((called, _)) if !called.contains(' ') => Passes::Perhaps,
        _ => Passes::Yes,
    }
}

/// The names of what a line calls: `f` and `g` of `if f() && !x.g() {`.
fn calls_inside(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices('(').map(|(at, _)| {
        let before = &line[..at];
        &before[before.trim_end_matches(is_of_name).len()..]
    })
}

/// Whether the header of a `for`, behind the word, has no condition.
fn is_endless(header: &str) -> bool {
    let header: String = header.split('{').next().unwrap_or_default().split_whitespace().collect();
    header.is_empty() || header.contains(";;") || header.contains("true")
}

/// Whether a body has a `for` without a condition, a `select` or a `goto`.
fn may_go_on_for_ever(outline: &OutlineDecl, body: &str) -> bool {
    let has = |keyword| outline.mentions.has(keyword);
    let mut loops = body.match_indices("for").map(|(at, word)| &body[at + word.len()..]);
    has(Keyword::Select) || has(Keyword::Goto) || has(Keyword::For) && loops.any(is_endless)
}

/// Whether control gets past all of a body's own statements, which are the lines with one tab; `passed` judges one that is no branch, and
/// `ends` whether one calls what may not return inside: `x := f(code())`. "No" means that the text does not show it.
fn all_pass(body: &str, passed: &mut dyn FnMut(&str) -> bool, ends: &dyn Fn(&str) -> bool) -> bool {
    // `{ t.n = n; t.notify() }`
    if let Some(one) = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|one| !one.contains(['\n', '{'])) {
        let mut statements = one.split(';').map(str::trim).take_while(|statement| !is_return(statement));
        return !ends(one) && statements.all(|statement| statement.is_empty() || passed(statement));
    }
    let mut lines = body.lines();
    if lines.next().is_none_or(|first| first.trim_end() != "{") || has_long_text(body) {
        return false;
    }
    let mut branches = Branches::default();
    for line in lines {
        let Some(line) = line.strip_prefix('\t') else {
            // A label, or a text over several lines.
            if line.is_empty() || line == "}" { continue } else { return false }
        };
        let line = without_comment(line);
        if let Some(inner) = line.strip_prefix('\t') {
            let is_statement = inner.starts_with(|c: char| !c.is_whitespace());
            branches.last = if is_statement { Some(inner) } else { branches.last };
        } else if line.is_empty() {
        } else if ends(line) {
            return false;
        } else if line.starts_with("if ") {
            branches = Branches::of_if();
        } else if line.starts_with("switch ") {
            branches = Branches::default();
        } else if line.starts_with("case ") || line == "default:" || line.starts_with(['}', ')', ']']) {
            if !branches.next(line, passed) {
                return false;
            }
        } else if is_return(line) {
            return true;
        } else if !passed(line) {
            return false;
        }
    }
    true
}

/// Whether a comment or a text goes over several lines.
fn has_long_text(body: &str) -> bool {
    let is_open = |line: &str| line.contains("/*") && !line.ends_with("*/") || line.matches('`').count() % 2 == 1;
    (body.contains("/*") || body.contains('`')) && body.lines().any(is_open)
}

/// A line without the comment at its end. A `//` in a text counts as one.
fn without_comment(line: &str) -> &str {
    ["//", "/*"].iter().filter_map(|begin| line.find(begin)).min().map_or(line, |at| &line[..at]).trim_end()
}

fn is_return(line: &str) -> bool {
    line.strip_prefix("return").is_some_and(|rest| !rest.starts_with(is_of_name))
}

/// The branches of an `if` or `switch` so far.
#[derive(Clone, Copy, Default)]
struct Branches<'t> {
    is_open: bool,
    /// The last statement of the one at hand.
    last: Option<&'t str>,
    /// Control gets past one of them.
    some_pass: bool,
    /// It goes through one of them.
    is_whole: bool,
}

impl<'t> Branches<'t> {
    fn of_if() -> Branches<'t> {
        Branches { is_open: true, ..Branches::default() }
    }

    /// Whether control may get past what a line ends: `}`, `} else {`, `case x:`.
    fn next(&mut self, line: &str, passed: &mut dyn FnMut(&str) -> bool) -> bool {
        let may_pass = |last: &str, passed: &mut dyn FnMut(&str) -> bool| {
            let is_clear = !last.starts_with(['}', ')', ']']) && last != "fallthrough";
            is_clear && (is_return(last) || passed(last))
        };
        if self.is_open {
            self.some_pass |= self.last.take().is_none_or(|last| may_pass(last, passed));
        }
        self.is_open = line.starts_with("case ") || line.starts_with("} else ") || line == "default:";
        self.is_whole |= line == "} else {" || line == "default:";
        if self.is_open {
            return true;
        }
        let may_end = self.is_whole && !self.some_pass;
        *self = Branches::default();
        !may_end
    }
}

/// The body of a closure that stands in a text as `name := func() {`, as if it were a function at top level.
fn closure(body: &str, name: &str) -> Option<String> {
    let begins =
        |line: &str| line.strip_prefix('\t').and_then(|line| line.strip_prefix(name)).is_some_and(|rest| rest.starts_with(" := func("));
    let mut lines = body.lines().skip_while(|line| !begins(line));
    let first = lines.next()?;
    // `stop := func() { os.Exit(2) }`
    if let Some((_, body)) = first.split_once('{').filter(|_| first.ends_with('}')) {
        return Some(format!("{{{body}"));
    }
    if !first.ends_with('{') {
        return None;
    }
    let mut text = String::from("{\n");
    for line in lines {
        if line == "\t}" {
            text.push('}');
            return Some(text);
        }
        text.push_str(line.strip_prefix('\t').unwrap_or(line));
        text.push('\n');
    }
    None
}

impl Summaries<'_> {
    /// Whether a call never returns: by the facts, or because no path through the function's body gets to its end.
    pub fn never_returns(&self, decl: DeclId, call: ExprId) -> bool {
        self.never_returns_within(decl, call, DEPTH)
    }

    fn never_returns_within(&self, decl: DeclId, call: ExprId, depth: u8) -> bool {
        // Where no body is looked at, the name decides.
        if depth == 0 && !self.called_name(decl, call).is_some_and(|name| self.may_end_by_name(name)) {
            return false;
        }
        match self.sema.callee(decl, call) {
            Callee::Builtin(name) => name == "panic",
            Callee::Function(function) => {
                let own =
                    |depth: u8| !function.decls.is_empty() && function.decls.iter().all(|&callee| self.decl_never_returns(callee, depth));
                self.sema.facts.never_returns(&function.key) || self.ends_a_test(decl, &function) || depth.checked_sub(1).is_some_and(own)
            }
            Callee::Closure(lit) => match (self.sema.tree(decl).expr(lit), depth.checked_sub(1)) {
                (Expr::FuncLit { body, .. }, Some(depth)) => {
                    once_in(&self.never_returns, (decl, Some(lit), depth), || self.body_never_returns(decl, *body, depth))
                }
                _ => false,
            },
            _ => self.calls_end(decl, call),
        }
    }

    /// Whether a call calls a variable of the package that was given what never returns: `var exit = os.Exit`.
    fn calls_end(&self, decl: DeclId, call: ExprId) -> bool {
        let tree = self.sema.tree(decl);
        let Expr::Call { fun, .. } = tree.expr(call) else { return false };
        let Object::Package(global) = self.sema.object(decl, tree.unparen(*fun)) else { return false };
        if self.sema.project.decl(global.decl).kind != DeclKind::Var {
            return false;
        }
        let Some(value) = self.sema.types.initial_value(global) else { return false };
        let of = self.sema.tree(global.decl);
        let Expr::Selector { x, sel } = *of.expr(of.unparen(value)) else { return false };
        match (self.sema.types.entity(global.decl, x), of.ident(sel)) {
            (Entity::Package(path, _), Some(name)) => self.sema.facts.never_returns(&format!("{}.{name}", imported_as(path))),
            _ => false,
        }
    }

    /// Whether something of a name may never return, whoever wrote it.
    fn may_end_by_name(&self, name: &str) -> bool {
        self.ends.binary_search_by(|(known, _)| known.as_str().cmp(name)).is_ok()
    }

    /// The name of what a call calls: `F` of `pkg.F[int](x)`.
    fn called_name(&self, decl: DeclId, call: ExprId) -> Option<&str> {
        let tree = self.sema.tree(decl);
        let Expr::Call { fun, .. } = tree.expr(call) else { return None };
        let mut fun = tree.unparen(*fun);
        while let Expr::Index { x, .. } = tree.expr(fun) {
            fun = tree.unparen(*x);
        }
        match tree.expr(fun) {
            Expr::Selector { sel, .. } => tree.ident(*sel),
            _ => tree.ident(fun),
        }
    }

    /// `tb.Fatal()` of an interface that `*testing.T` is in, whoever wrote it: only tests have a `Helper`.
    fn ends_a_test(&self, decl: DeclId, function: &Function) -> bool {
        let Some(receiver) = function.receiver.filter(|_| function.decls.is_empty()) else { return false };
        // A logger of the program's own: whoever implements it may end the program.
        let is_own = || self.sema.is_own(self.sema.type_of(decl, receiver));
        if matches!(function.name(), "Fatal" | "Fatalf" | "Fatalln" | "Panic" | "Panicf" | "Panicln" | "Exit") && is_own() {
            return true;
        }
        let ends = matches!(function.name(), "Fatal" | "Fatalf" | "FailNow" | "Skip" | "Skipf" | "SkipNow");
        let ty = self.sema.type_of(decl, receiver);
        ends && self.sema.is_own(ty) && self.sema.types.member_of(ty, "Helper", decl.file).is_some()
    }

    fn decl_never_returns(&self, decl: DeclId, depth: u8) -> bool {
        if self.surely_returns(decl, depth) {
            return false;
        }
        once_in(&self.never_returns, (decl, None, depth), || {
            let body = self.sema.tree(decl).func().and_then(|func| func.body);
            body.is_some_and(|body| self.body_never_returns(decl, body, depth))
        })
    }

    /// Whether a function is seen to return by its text.
    fn surely_returns(&self, decl: DeclId, depth: u8) -> bool {
        once_in(&self.surely_returns, (decl, depth), || {
            let outline = self.sema.project.decl(decl);
            let Some(body) = &outline.body else { return false };
            let text = self.sema.project.file(decl.file).source.slice(body.start, body.end);
            // Where no further body is looked at, only a name and what never ends by itself can keep it.
            if depth == 0 && !self.ends.iter().any(|&(_, word)| outline.mentions.has_word(word)) {
                return !may_go_on_for_ever(outline, text);
            }
            self.text_passes(decl, text, depth)
        })
    }

    fn text_passes(&self, decl: DeclId, text: &str, depth: u8) -> bool {
        let mut known: Vec<(CompactString, bool)> = Vec::new();
        let enders = self.enders(self.sema.project.file(decl.file).package);
        let ends =
            |line: &str| !enders.is_empty() && calls_inside(line).any(|name| enders.binary_search_by(|of| of.as_str().cmp(name)).is_ok());
        let mut passed = |line: &str| match passes(line) {
            Passes::Yes => true,
            Passes::Perhaps => false,
            Passes::Call(called) => match known.iter().find(|(of, _)| of == called) {
                Some(&(_, passes)) => passes,
                None => {
                    let passes = self.call_passes(decl, text, called, depth);
                    known.push((called.into(), passes));
                    passes
                }
            },
        };
        all_pass(text, &mut passed, &ends)
    }

    /// The functions and methods of a package that end the program themselves, by their text; sorted.
    fn enders(&self, package: PackageId) -> Arc<Vec<CompactString>> {
        once_in(&self.enders, package, || {
            let project = self.sema.project;
            let mut found = Vec::new();
            for &file in &project.package(package).files {
                let file = project.file(file);
                for decl in file.outline.decls.iter().filter(|decl| decl.kind == DeclKind::Func) {
                    let (Some(body), Some((name, _))) = (&decl.body, decl.names.first()) else { continue };
                    if !self.ends.iter().any(|&(_, word)| decl.mentions.has_word(word)) {
                        continue;
                    }
                    let text = file.source.slice(body.start, body.end);
                    let mut passed = |line: &str| !matches!(passes(line), Passes::Call(called) if self.is_end(called));
                    if !all_pass(text, &mut passed, &|_| false) {
                        found.push(name.clone());
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            Arc::new(found)
        })
    }

    /// Whether what is called has a name of something that never returns.
    fn is_end(&self, called: &str) -> bool {
        self.may_end_by_name(called.rsplit('.').next().unwrap_or(called))
    }

    /// Whether all that a call may call is seen to return: `f` or `pkg.F`, and of `x.y.M` every method M of the packages that its file sees.
    fn call_passes(&self, decl: DeclId, text: &str, called: &str, depth: u8) -> bool {
        let (qualifier, name) = called.rsplit_once('.').unwrap_or(("", called));
        if self.may_end_by_name(name) {
            return false;
        }
        let Some(depth) = depth.checked_sub(1) else { return true };
        let types = &self.sema.types;
        let (package, build) = (self.sema.project.file(decl.file).package, types.build_of(decl.file));
        let function = |package: PackageId| {
            let global = types.in_package(package, name, decl.file, build)?;
            (self.sema.project.decl(global.decl).kind == DeclKind::Func).then_some(global.decl)
        };
        if qualifier.is_empty() {
            if let Some(closure) = closure(text, name) {
                return self.text_passes(decl, &closure, depth);
            }
            return match types.in_package(package, name, decl.file, build).map(|global| (self.sema.project.decl(global.decl).kind, global))
            {
                Some((DeclKind::Func, callee)) => self.surely_returns(callee.decl, depth),
                Some((DeclKind::Type, _)) => true,
                Some(_) => false,
                None => BUILTIN.contains(&name),
            };
        }
        if let Entity::Package(_, found) = types.in_file(decl.file, qualifier, build) {
            let own = found.filter(|&found| self.sema.project.origin(found) == Origin::Root);
            return own.is_none_or(|own| function(own).is_some_and(|callee| self.surely_returns(callee, depth)));
        }
        let own = types.imported_by(decl.file).filter(|&other| self.sema.project.origin(other) == Origin::Root).chain([package]);
        let mut methods = own.flat_map(|package| types.methods_named(package, name)).peekable();
        if methods.peek().is_none() { METHODS.contains(&name) } else { methods.all(|method| self.surely_returns(method, depth)) }
    }

    fn body_never_returns(&self, decl: DeclId, body: StmtId, depth: u8) -> bool {
        let graph = flow::graph(self.sema.tree(decl), body);
        let returns = |call: ExprId| !self.never_returns_within(decl, call, depth);
        graph.broken.is_empty() && !self.recovers(decl, body) && (!graph.returns(&returns) || self.defers_end(decl, body, &returns))
    }

    /// Whether a body begins with the `defer` of a call that never returns.
    fn defers_end(&self, decl: DeclId, body: StmtId, returns: &dyn Fn(ExprId) -> bool) -> bool {
        let tree = self.sema.tree(decl);
        let Stmt::Block { list } = tree.stmt(body) else { return false };
        let deferred = list.iter().map_while(|&stmt| match *tree.stmt(stmt) {
            Stmt::Defer { call } => Some(call),
            _ => None,
        });
        deferred.into_iter().any(|call| !returns(call))
    }

    /// Whether a deferred closure could turn a panic into a return.
    fn recovers(&self, decl: DeclId, body: StmtId) -> bool {
        let tree = self.sema.tree(decl);
        let mut found = false;
        tree.walk(Node::Stmt(body), |node| {
            found |= matches!(node, Node::Expr(id) if tree.ident(id) == Some("recover"));
            !found
        });
        found
    }
}
