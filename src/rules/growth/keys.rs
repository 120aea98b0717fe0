//! Where does a key come from? From a few values that the program knows, from whoever calls, or from outside, different each time?
//!
//! ```go
//! hits[r.RemoteAddr]++      // as many as there are clients
//! counts[color.Red]++       // one of a few
//! func Get(id int) { cache[id] = … }  // whatever Get is called with
//! ```
//!
//! The way goes back from the key: through variables, conversions, functions of the standard library that only compute, own functions' results,
//! and from parameters to the arguments of calls. Where it ends in several places, the one that has the most values counts.
//!
//! Not here: how often the container gets a key (`growth`).

mod parts;

use super::reach::Way;
use crate::ast::{AssignOp, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::module::{Turns, turns};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, LocalKind, Object, Type, Value};
use crate::types::{Global, Kind, Meaning};
use rustc_hash::FxHashSet;
use std::cell::Cell;

/// What is said of a request's path.
pub(in crate::rules) const PATH: &str = "a client may ask for any path";

/// How many places are looked at for one key.
const MOST: usize = 150;

/// Through how many conditions, each of which asks where something comes from, one is judged.
const STEPS: u8 = 3;

/// How much is looked at for one container: nodes of the program, and what one place on the way back from a key costs.
const WORK: u32 = 60_000;
const PLACE: u32 = 20;

/// How much may still be looked at.
pub(super) struct Budget(Cell<u32>);

impl Budget {
    pub(super) fn new() -> Budget {
        Budget(Cell::new(WORK))
    }

    /// Whether there is enough for something.
    pub(super) fn spend(&self, cost: u32) -> bool {
        let left = self.0.get().checked_sub(cost);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// How far an answer may look.
#[derive(Clone, Copy)]
pub(super) struct Limit<'a> {
    steps: u8,
    pub(super) budget: &'a Budget,
}

impl<'a> Limit<'a> {
    pub(super) fn new(budget: &'a Budget) -> Limit<'a> {
        Limit { steps: STEPS, budget }
    }
}

/// Types with a value for each type, function or signal of a program.
const FEW: &[&str] = &["reflect.Type", "reflect.Kind", "os.Signal", "syscall.Signal", "time.Month", "time.Weekday"];

/// How many values a key may have, from few to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Range {
    /// A number that does not grow with the time that the program runs.
    Bounded,
    Unknown,
    /// Whatever an exported function is called with; what was counted, read or computed, of which there may be few or many.
    Called,
    /// As many as there are requests, turns of an endless loop, or objects.
    Unbounded,
}

/// Where a key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Origin {
    pub(in crate::rules) range: Range,
    /// What shows it, and what to say of it.
    pub(in crate::rules) shown: Option<(DeclId, Node, &'static str)>,
}

/// An expression, and the calls that lead to the function it stands in, innermost last.
#[derive(Clone)]
struct Place {
    decl: DeclId,
    expr: ExprId,
    calls: Vec<(DeclId, ExprId)>,
    /// The key is only a part of it: `x` of `x.name`.
    part: bool,
    /// The key was read, cut or computed from it: a message names what the program knows more often than not, and a computation may have few results.
    read: bool,
    /// Which result of a call it is.
    result: u32,
}

/// Where a key comes from that stands in a declaration to which some calls lead.
pub(in crate::rules) fn origin(pass: &Pass, decl: DeclId, key: ExprId, calls: &[(DeclId, ExprId)]) -> Origin {
    origin_within(pass, decl, key, calls, Limit::new(&Budget::new()))
}

/// The same, where so many further questions may be asked.
pub(super) fn origin_within(pass: &Pass, decl: DeclId, key: ExprId, calls: &[(DeclId, ExprId)], limit: Limit) -> Origin {
    let Some(steps) = limit.steps.checked_sub(1) else { return Origin { range: Range::Unknown, shown: None } };
    let mut walk = Walk {
        pass,
        limit: Limit { steps, ..limit },
        open: vec![Place { decl, expr: key, calls: calls.to_vec(), part: false, read: false, result: 0 }],
        seen: FxHashSet::default(),
        found: Origin { range: Range::Bounded, shown: None },
    };
    let mut looked = 0;
    while let Some(place) = walk.open.pop() {
        looked += 1;
        if looked > MOST || !limit.budget.spend(PLACE) {
            walk.ends(Range::Unknown, place.decl, Node::Expr(place.expr), "");
            break;
        }
        if walk.seen.insert((place.decl, place.expr, place.calls.len(), place.part, place.read, place.result)) {
            walk.look(&place);
        }
    }
    walk.found
}

struct Walk<'a, 'p> {
    pass: &'a Pass<'p>,
    limit: Limit<'a>,
    open: Vec<Place>,
    seen: FxHashSet<(DeclId, ExprId, usize, bool, bool, u32)>,
    found: Origin,
}

impl Walk<'_, '_> {
    /// The way ends here.
    fn ends(&mut self, range: Range, decl: DeclId, node: Node, text: &'static str) {
        if range > self.found.range {
            self.found = Origin { range, shown: Some((decl, node, text)).filter(|_| !text.is_empty()) };
        }
    }

    fn unknown(&mut self, place: &Place) {
        self.ends(Range::Unknown, place.decl, Node::Expr(place.expr), "");
    }

    fn unbounded(&mut self, place: &Place, text: &'static str) {
        self.ends(if place.read { Range::Called } else { Range::Unbounded }, place.decl, Node::Expr(place.expr), text);
    }

    fn go_on(&mut self, place: &Place, expr: ExprId) {
        self.open.push(Place { expr, result: 0, ..place.clone() });
    }

    /// From a part to the whole.
    fn whole(&mut self, place: &Place, expr: ExprId) {
        self.open.push(Place { expr, part: true, result: 0, ..place.clone() });
    }

    /// From what was computed to what it was computed from: there may be few results of many values.
    fn computed(&mut self, place: &Place, expr: ExprId) {
        self.open.push(Place { expr, read: true, result: 0, ..place.clone() });
    }

    /// A new object: another key each time, if it is the key itself.
    fn new_object(&mut self, place: &Place) {
        if place.part { self.unknown(place) } else { self.unbounded(place, "each is a new object") }
    }

    fn look(&mut self, place: &Place) {
        let sema = self.pass.sema();
        let tree = sema.tree(place.decl);
        let ty = sema.type_of(place.decl, place.expr);
        if sema.types.info(place.decl).constant(place.expr).is_some() {
            return;
        }
        let converted =
            matches!(tree.expr(place.expr), Expr::Call { .. }) && matches!(sema.callee(place.decl, place.expr), Callee::Conversion(_));
        if is_small(self.pass, ty) || (!converted && is_enum(self.pass, ty)) {
            return;
        }
        match tree.expr(place.expr) {
            Expr::Ident(_) => self.name(place),
            Expr::Paren { x } | Expr::TypeAssert { x, .. } => self.go_on(place, *x),
            Expr::Star { x } => self.whole(place, *x),
            Expr::Index { .. } | Expr::Slice { .. } if let Some(whole) = self.host(place) => self.go_on(place, whole),
            Expr::Slice { x, .. } => self.computed(place, *x),
            Expr::Unary { op: Op::And, x } => match tree.expr(tree.unparen(*x)) {
                Expr::CompositeLit { .. } => self.new_object(place),
                _ => self.unknown(place),
            },
            Expr::Unary { op: Op::Arrow, .. } => self.unknown(place),
            Expr::Unary { x, .. } => self.go_on(place, *x),
            // `k % n` has few values.
            Expr::Binary { op: Op::Rem, .. } => {}
            Expr::Binary { op: Op::And, x, y } if sema.int(place.decl, *x).is_some() || sema.int(place.decl, *y).is_some() => {}
            Expr::Binary { op: Op::And | Op::Shr, .. } => self.unknown(place),
            Expr::Binary { x, y, .. } => {
                self.go_on(place, *x);
                self.go_on(place, *y);
            }
            Expr::CompositeLit { .. } if place.part => self.unknown(place),
            Expr::CompositeLit { elts, .. } => {
                for &elt in elts {
                    match *tree.expr(elt) {
                        Expr::KeyValue { value, .. } => self.go_on(place, value),
                        _ => self.go_on(place, elt),
                    }
                }
            }
            Expr::Index { x, .. } => self.whole(place, *x),
            Expr::Selector { x, sel } => self.selector(place, *x, *sel),
            Expr::Call { args, .. } => self.call(place, args),
            _ => self.unknown(place),
        }
    }

    /// `r.RemoteAddr`, `pkg.Name`
    fn selector(&mut self, place: &Place, x: ExprId, sel: ExprId) {
        let sema = self.pass.sema();
        let tree = sema.tree(place.decl);
        if let Object::Import(_) = sema.object(place.decl, x) {
            return match sema.types.meaning(place.decl, sel) {
                Meaning::Global(global) => self.variable(place, global),
                _ => self.unknown(place),
            };
        }
        let of = sema.key_of(place.decl, x);
        match tree.ident(sel) {
            Some(field) if sema.facts.is_input_field(&of, field) => self.unbounded(place, "this comes from outside, one for each request"),
            // A handler's path is the one that was registered, unless its pattern is open; the scheme and host are of a few.
            Some("Path" | "RawPath") if of.trim_start_matches('*') == "net/url.URL" => {
                self.ends(Range::Called, place.decl, Node::Expr(place.expr), PATH);
            }
            Some(field) if of.trim_start_matches('*') == "net/url.URL" && field != "RawQuery" => self.computed(place, x),
            // What else a request has is its method, its protocol: few.
            _ if is_request(self.pass, &of) => self.unknown(place),
            _ if self.field(place, x, sel) => {}
            _ => self.whole(place, x),
        }
    }

    /// A variable.
    fn name(&mut self, place: &Place) {
        let sema = self.pass.sema();
        match sema.object(place.decl, place.expr) {
            Object::Local(local) => self.local(place, local),
            Object::Package(global) => self.variable(place, global),
            _ => self.unknown(place),
        }
    }

    /// A variable of the package: a counter, or something that was read at the start.
    fn variable(&mut self, place: &Place, global: Global) {
        let sema = self.pass.sema();
        if sema.project.decl(global.decl).kind != DeclKind::Var {
            return self.unknown(place);
        }
        let counts = self.pass.module().mentions(sema, global).is_some_and(|all| all.iter().any(|at| counts(self.pass, at.decl, at.ident)));
        match counts {
            true => self.ends(Range::Called, place.decl, Node::Expr(place.expr), "a counter"),
            false => self.unknown(place),
        }
    }

    fn local(&mut self, place: &Place, local: LocalId) {
        let sema = self.pass.sema();
        let info = sema.scopes(place.decl).local(local);
        match info.kind {
            LocalKind::Param(number) => return self.param(place, local, number),
            LocalKind::Var | LocalKind::Result(_) | LocalKind::TypeSwitch => {}
            _ => return self.unknown(place),
        }
        if info.address_taken {
            return self.filled(place, local);
        }
        if info.writes.is_empty() {
            return self.unknown(place);
        }
        // What is written again may have been taken out of a few, or wraps around.
        let is_counted = |write: &crate::types::Write| write.value == Value::Other && self.counted(place.decl, write.stmt).is_some();
        let given = info.writes.iter().filter(|write| write.value != Value::Zero);
        let again = given.clone().filter(|write| !is_counted(write)).count() > 1 && !self.is_always_input(place, local);
        let place = &Place { read: place.read || again, ..place.clone() };
        for write in &info.writes {
            match write.value {
                Value::Zero => {}
                Value::Expr(value) => self.go_on(place, value),
                Value::Result { of, index, .. } => self.open.push(Place { expr: of, result: index, ..place.clone() }),
                Value::Key(x) | Value::Element(x) => {
                    if sema.length(place.decl, x).is_none() {
                        match sema.is_chan(sema.type_of(place.decl, x)) {
                            true => self.unknown(place),
                            false => self.go_on(place, x),
                        }
                    }
                }
                Value::Other => match self.counted(place.decl, write.stmt) {
                    Some(Count::Endless) => self.unbounded(place, "counted up without end"),
                    Some(Count::Constant) => {}
                    _ => self.ends(Range::Unknown, place.decl, Node::Stmt(write.stmt), ""),
                },
            }
        }
    }

    /// A variable that a library function fills, from what else it gets: `json.Unmarshal(body, &v)`.
    fn filled(&mut self, place: &Place, local: LocalId) {
        let sema = self.pass.sema();
        let (tree, parents, scopes) = (sema.tree(place.decl), sema.parents(place.decl), sema.scopes(place.decl));
        self.unknown(place);
        for ident in scopes.uses(local) {
            let Some(Node::Expr(address)) = parents.parent(Node::Expr(ident)) else { continue };
            let Some(Node::Expr(call)) = parents.parent(Node::Expr(address)) else { continue };
            let (Expr::Unary { op: Op::And, .. }, Expr::Call { args, .. }) = (tree.expr(address), tree.expr(call)) else { continue };
            if let Callee::Function(function) = sema.callee(place.decl, call)
                && is_plain(&function.key)
            {
                let from = args.iter().filter(|&&arg| arg != address).chain(&function.receiver);
                self.open.extend(from.map(|&expr| Place { expr, part: true, read: true, result: 0, ..place.clone() }));
            }
        }
    }

    /// How far `i++` counts.
    fn counted(&self, decl: DeclId, stmt: StmtId) -> Option<Count> {
        let sema = self.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        if !matches!(tree.stmt(stmt), Stmt::IncDec { inc: true, .. }) {
            return None;
        }
        let around = parents.ancestors(Node::Stmt(stmt)).find_map(|node| match node {
            Node::Stmt(around) => match *tree.stmt(around) {
                Stmt::For { cond, .. } => Some((around, cond)),
                _ => None,
            },
            Node::Expr(_) => None,
        });
        match around? {
            (around, None) => (turns(sema, decl, around) == Some(Turns::Endless)).then_some(Count::Endless),
            (_, Some(cond)) => match *tree.expr(cond) {
                Expr::Binary { y, .. } if sema.int(decl, y).is_some() => Some(Count::Constant),
                _ => None,
            },
        }
    }

    /// What a parameter may be.
    fn param(&mut self, place: &Place, local: LocalId, number: u32) {
        let sema = self.pass.sema();
        let info = sema.scopes(place.decl).local(local);
        let of = sema.key(sema.pointee(sema.type_of_local(place.decl, local)));
        if is_request(self.pass, &of) {
            return match place.part {
                true => self.unknown(place),
                false => self.unbounded(place, "one for each request"),
            };
        }
        if info.function.is_some() || info.variadic || info.writes.iter().any(|write| write.value != Value::Zero) {
            return self.unknown(place);
        }
        // The call that led here.
        if let Some((&(decl, call), before)) = place.calls.split_last() {
            return match argument(self.pass, decl, call, number) {
                Some(expr) => self.open.push(Place { decl, expr, calls: before.to_vec(), result: 0, ..place.clone() }),
                None => self.unknown(place),
            };
        }
        if self.pass.module().is_open(sema, place.decl) {
            self.ends(Range::Called, place.decl, Node::Expr(info.ident), "whatever it is called with");
        }
        let calls = self.pass.module().calls(sema, place.decl).unwrap_or_default();
        // Who calls it is not known, or nobody does.
        if calls.is_empty() {
            return self.unknown(place);
        }
        for at in calls {
            match at.1.and_then(|call| argument(self.pass, at.0, call, number)) {
                Some(expr) => self.open.push(Place { decl: at.0, expr, calls: Vec::new(), result: 0, ..place.clone() }),
                None => self.unknown(place),
            }
        }
    }

    fn call(&mut self, place: &Place, args: &[ExprId]) {
        let sema = self.pass.sema();
        match sema.callee(place.decl, place.expr) {
            Callee::Conversion(_) => args.iter().for_each(|&arg| self.go_on(place, arg)),
            Callee::Builtin("new") => self.new_object(place),
            Callee::Builtin("min") if args.iter().any(|&arg| sema.int(place.decl, arg).is_some()) => {}
            Callee::Builtin("append" | "min" | "max") => args.iter().for_each(|&arg| self.go_on(place, arg)),
            Callee::Function(function) if sema.facts.is_input(&function.key) => {
                self.unbounded(place, "this comes from outside, or is new each time")
            }
            Callee::Function(function) if is_add(&function.key) => {
                self.ends(Range::Called, place.decl, Node::Expr(place.expr), "a counter")
            }
            // The host of an address, not its port.
            Callee::Function(function) if function.decls.is_empty() && place.result == 0 && sema.facts.keeps(&function.key) => {
                args.iter().chain(&function.receiver).for_each(|&arg| self.go_on(place, arg));
            }
            Callee::Function(function) => match function.decls[..] {
                [callee] if place.calls.len() < 3 => self.results(place, callee),
                [] if is_plain(&function.key) => {
                    args.iter().chain(&function.receiver).for_each(|&arg| self.computed(place, arg));
                }
                _ => self.unknown(place),
            },
            _ => self.unknown(place),
        }
    }

    /// What an own function returns.
    fn results(&mut self, place: &Place, callee: DeclId) {
        let tree = self.pass.sema().tree(callee);
        let Some(body) = tree.func().and_then(|func| func.body) else { return self.unknown(place) };
        let mut calls = place.calls.clone();
        calls.push((place.decl, place.expr));
        let mut returned: Vec<(StmtId, ExprId)> = Vec::new();
        let mut known = true;
        tree.walk(Node::Stmt(body), |node| {
            match node {
                Node::Expr(expr) => return !matches!(tree.expr(expr), Expr::FuncLit { .. }),
                Node::Stmt(stmt) => {
                    if let Stmt::Return { results } = tree.stmt(stmt) {
                        match results.get(place.result as usize) {
                            Some(&result) => returned.push((stmt, result)),
                            None => known = false,
                        }
                    }
                }
            }
            true
        });
        if !known || returned.is_empty() {
            return self.unknown(place);
        }
        // What it returns only where something holds may be one of a few.
        let way = Way { pass: self.pass, decl: callee, key: None, limit: self.limit };
        self.open.extend(returned.into_iter().map(|(stmt, expr)| Place {
            decl: callee,
            expr,
            calls: calls.clone(),
            read: place.read || !way.is_straight(Node::Stmt(stmt), None),
            result: 0,
            ..place.clone()
        }));
    }
}

/// How far something is counted.
enum Count {
    Endless,
    Constant,
}

/// What a call passes for the parameter that a key is in its callee.
pub(super) fn passed(pass: &Pass, callee: DeclId, key: ExprId, decl: DeclId, call: ExprId) -> Option<ExprId> {
    let scopes = pass.sema().scopes(callee);
    match scopes.local(scopes.of_ident(pass.sema().tree(callee).unparen(key))?).kind {
        LocalKind::Param(number) => argument(pass, decl, call, number),
        _ => None,
    }
}

/// The argument of a call that a parameter gets.
fn argument(pass: &Pass, decl: DeclId, call: ExprId, number: u32) -> Option<ExprId> {
    match pass.sema().tree(decl).expr(call) {
        Expr::Call { args, ellipsis: false, .. } => args.get(number as usize).copied(),
        _ => None,
    }
}

/// Whether a mention of a variable counts it up.
fn counts(pass: &Pass, decl: DeclId, ident: ExprId) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    match parents.parent(Node::Expr(ident)) {
        Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
            Stmt::IncDec { inc, .. } => *inc,
            Stmt::Assign { lhs, op: AssignOp::Op(Op::Add), .. } => lhs.contains(&ident),
            _ => false,
        },
        // `atomic.AddInt64(&n, 1)`
        Some(Node::Expr(address)) => match parents.parent(Node::Expr(address)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { .. }) => {
                matches!(sema.callee(decl, call), Callee::Function(function) if is_add(&function.key))
            }
            _ => false,
        },
        None => false,
    }
}

/// `atomic.AddInt64`, `(*atomic.Int64).Add`
fn is_add(key: &str) -> bool {
    key.strip_prefix("sync/atomic.").is_some_and(|name| name.starts_with("Add") || name.ends_with(".Add"))
}

/// Functions of the standard library whose results are computed from what they get.
fn is_plain(key: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "strings.",
        "strconv.",
        "fmt.",
        "bytes.",
        "path.",
        "path/filepath.",
        "net/url.",
        "net/http.",
        "net.",
        "net/netip.",
        "time.",
        "unicode/utf8.",
        "encoding/hex.",
        "encoding/base64.",
        "crypto/sha256.",
        "crypto/sha1.",
        "crypto/md5.",
        "hash/fnv.",
        "io.",
        "bufio.",
        "encoding/json.",
        "encoding/xml.",
        "encoding/gob.",
    ];
    PACKAGES.iter().any(|package| key.starts_with(package))
}

/// Whether a type is that of requests.
fn is_request(pass: &Pass, key: &str) -> bool {
    !key.ends_with("ResponseWriter") && pass.sema().facts.is_of_handler(key)
}

/// Whether a type has few values: bool, one or two bytes, or structs and arrays of these; a type for each type of the program.
fn is_small(pass: &Pass, ty: Type) -> bool {
    let sema = pass.sema();
    let mut open = vec![ty];
    let mut looked = 0;
    while let Some(ty) = open.pop() {
        looked += 1;
        if looked > 16 {
            return false;
        }
        if FEW.contains(&sema.key(ty).as_str()) {
            continue;
        }
        match sema.behind(ty) {
            Kind::Basic(basic) if basic.is_boolean() || matches!(basic.name(), "int8" | "uint8" | "int16" | "uint16") => {}
            Kind::Struct(fields) => open.extend(fields.iter().map(|field| field.ty)),
            Kind::Array(Some(length), of) if *length <= 2 => open.push(*of),
            Kind::Func(_) => {}
            _ => return false,
        }
    }
    true
}

/// Whether a type is a list of names: a defined type of numbers or strings with at least two constants in its package.
fn is_enum(pass: &Pass, ty: Type) -> bool {
    let sema = pass.sema();
    let Kind::Named(name, _) = sema.types.kind(ty) else { return false };
    if !matches!(sema.behind(ty), Kind::Basic(_)) {
        return false;
    }
    let Some((_, written)) = sema.path_and_name(ty) else { return false };
    let package = sema.project.file(name.decl.file).package;
    let decls = sema.decls_that_mention(package, written).into_iter().filter(|&decl| sema.project.decl(decl).kind == DeclKind::Const);
    let names = decls.flat_map(|decl| (0..sema.project.decl(decl).names.len() as u32).map(move |at| Global { decl, at }));
    names.filter(|&global| sema.types.type_at_top(global) == ty).nth(1).is_some()
}
