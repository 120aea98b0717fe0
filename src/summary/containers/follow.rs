//! From a mention of a container to what is done with it: through variables that stand for it, and into functions that get it.
//!
//! ```go
//! c := cache     // c is the same map
//! add(c, key)    // and so is the parameter of add
//! ```
//!
//! Not here: which mentions there are.

use super::{Act, ContainerOp};
use crate::ast::{AssignOp, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{EffectKind, Target};
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, LocalKind, Type, Value};
use crate::summary::{DEPTH, Summaries};
use crate::types::Kind;
use compact_str::CompactString;
use rustc_hash::FxHashSet;

/// How many mentions are looked at from one.
const MOST: usize = 200;

/// An expression that is the container, or stands for it.
#[derive(Clone)]
struct Handle {
    decl: DeclId,
    expr: ExprId,
    calls: Vec<(DeclId, ExprId)>,
    /// It is the variable itself, not another one with the same value.
    direct: bool,
    inner: bool,
}

impl Summaries<'_> {
    /// All that is done with the container that an expression is.
    pub fn container_ops(&self, decl: DeclId, expr: ExprId) -> Vec<ContainerOp> {
        let first = Handle { decl, expr, calls: Vec::new(), direct: true, inner: false };
        let mut follow = Follow { summaries: self, open: vec![first], seen: FxHashSet::default(), found: Vec::new() };
        follow.run();
        follow.found
    }
}

struct Follow<'s, 'p> {
    summaries: &'s Summaries<'p>,
    open: Vec<Handle>,
    seen: FxHashSet<(DeclId, ExprId, bool)>,
    found: Vec<ContainerOp>,
}

impl Follow<'_, '_> {
    fn run(&mut self) {
        let mut looked = 0;
        while let Some(handle) = self.open.pop() {
            if !self.seen.insert((handle.decl, handle.expr, handle.direct)) {
                continue;
            }
            looked += 1;
            if looked > MOST {
                return self.add(&handle, Act::Escape, Node::Expr(handle.expr));
            }
            self.look(&handle);
        }
    }

    fn add(&mut self, handle: &Handle, act: Act, node: Node) {
        self.found.push(ContainerOp { act, decl: handle.decl, node, calls: handle.calls.clone(), inner: handle.inner });
    }

    /// Somebody gets it. Whoever gets a slice, and not its address, cannot make this one shorter.
    fn escape(&mut self, handle: &Handle) {
        if self.is_slice(handle) {
            return;
        }
        self.add(handle, Act::Escape, Node::Expr(handle.expr));
    }

    fn go_on(&mut self, handle: &Handle, expr: ExprId) {
        self.open.push(Handle { expr, ..handle.clone() });
    }

    fn look(&mut self, handle: &Handle) {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(handle.decl), sema.parents(handle.decl));
        match parents.parent(Node::Expr(handle.expr)) {
            Some(Node::Expr(around)) => match tree.expr(around) {
                Expr::Paren { .. } => self.go_on(handle, around),
                // What a pointer points to is the variable itself.
                Expr::Star { .. } => self.open.push(Handle { expr: around, direct: true, ..handle.clone() }),
                // `registry.m`, the selector of another package's variable or of a field.
                Expr::Selector { sel, .. } if *sel == handle.expr => self.go_on(handle, around),
                Expr::Unary { op: Op::And, .. } => self.open.push(Handle { expr: around, direct: false, ..handle.clone() }),
                Expr::Index { x, indices } if *x == handle.expr => match indices[..] {
                    [index] => self.element(handle, around, index),
                    _ => self.escape(handle),
                },
                Expr::Index { .. } => {}
                Expr::Slice { x, .. } if *x == handle.expr => {}
                Expr::Selector { x, sel } if *x == handle.expr => self.method(handle, around, *sel),
                Expr::Call { args, .. } => match args.iter().position(|&arg| arg == handle.expr) {
                    Some(at) => self.argument(handle, around, at),
                    None => self.escape(handle),
                },
                Expr::Binary { op: Op::Eql | Op::Neq, .. } => {}
                // `T{m: …}` only names the field.
                Expr::KeyValue { key, .. } if *key == handle.expr => {}
                _ => self.escape(handle),
            },
            Some(Node::Stmt(stmt)) => self.statement(handle, stmt),
            None => self.escape(handle),
        }
    }

    fn statement(&mut self, handle: &Handle, stmt: StmtId) {
        let sema = &self.summaries.sema;
        let tree = sema.tree(handle.decl);
        match tree.stmt(stmt) {
            Stmt::Assign { lhs, op, rhs } => {
                if lhs.contains(&handle.expr) {
                    // Another value for a variable that stood for it is no matter of the container's.
                    if handle.direct {
                        let value = lhs.iter().position(|&target| target == handle.expr).filter(|_| lhs.len() == rhs.len());
                        self.replaced(handle, stmt, *op, value.map(|at| rhs[at]));
                    }
                    return;
                }
                self.aliased(handle, stmt);
            }
            Stmt::Decl(_) => self.aliased(handle, stmt),
            Stmt::Range { x, value, .. } if *x == handle.expr => self.ranged(handle, value.is_some()),
            Stmt::Expr { .. } | Stmt::If { .. } | Stmt::Switch { .. } => {}
            _ => self.escape(handle),
        }
    }

    /// `for _, inner := range m`: somebody has the containers in it.
    fn ranged(&mut self, handle: &Handle, has_elements: bool) {
        let sema = &self.summaries.sema;
        let holds_map = |of: Type| has_elements && matches!(sema.behind(sema.pointee(of)), Kind::Map(..));
        match *sema.behind(sema.pointee(sema.type_of(handle.decl, handle.expr))) {
            Kind::Map(_, of) if holds_map(of) => {
                self.add(&Handle { inner: true, ..handle.clone() }, Act::Escape, Node::Expr(handle.expr));
            }
            Kind::Slice(of) | Kind::Array(_, of) if holds_map(of) => self.add(handle, Act::Escape, Node::Expr(handle.expr)),
            _ => {}
        }
    }

    /// `m = …`
    fn replaced(&mut self, handle: &Handle, stmt: StmtId, op: AssignOp, value: Option<ExprId>) {
        let tree = self.summaries.sema.tree(handle.decl);
        let node = Node::Stmt(stmt);
        if matches!(op, AssignOp::Op(_)) {
            return;
        }
        let is_own = |expr: ExprId| self.is_same(handle, expr);
        match value.map(|value| tree.expr(tree.unparen(value))) {
            // `s = append(s, v)` is told by the s in it; `s = append(s[:i], s[j:]…)` drops some.
            Some(Expr::Call { args, ellipsis, .. }) if args.first().is_some_and(|&first| is_own(first)) && !ellipsis => {}
            Some(Expr::Call { args, .. }) if args.first().is_some_and(|&first| is_own(first)) => {}
            Some(Expr::Slice { x, .. }) if is_own(*x) => self.add(handle, Act::Shrink, node),
            _ => self.add(handle, Act::Replace, node),
        }
    }

    /// Whether an expression reads as the container where it is assigned to.
    fn is_same(&self, handle: &Handle, expr: ExprId) -> bool {
        let sema = &self.summaries.sema;
        let file = &sema.project.file(handle.decl.file).source;
        let text = |expr: ExprId| {
            let range = sema.tree(handle.decl).expr_range(expr);
            file.slice(range.start, range.end)
        };
        text(handle.expr) == text(expr)
    }

    /// `c := m`
    fn aliased(&mut self, handle: &Handle, stmt: StmtId) {
        let sema = &self.summaries.sema;
        let (tree, scopes) = (sema.tree(handle.decl), sema.scopes(handle.decl));
        if let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt)
            && lhs.len() == rhs.len()
            && let Some(at) = rhs.iter().position(|&value| value == handle.expr)
            && tree.ident(lhs[at]) == Some("_")
        {
            return;
        }
        if self.is_slice(handle) {
            return;
        }
        let gets = |local: &LocalId| {
            let local = scopes.local(*local);
            local.kind == LocalKind::Var
                && !local.address_taken
                && matches!(local.writes[..], [write] if write.value == Value::Expr(handle.expr))
        };
        match scopes.written_by(stmt).iter().copied().find(gets) {
            Some(local) => self.variable(handle, handle.decl, local, handle.calls.clone()),
            None => self.escape(handle),
        }
    }

    fn is_slice(&self, handle: &Handle) -> bool {
        let sema = &self.summaries.sema;
        matches!(sema.behind(sema.type_of(handle.decl, handle.expr)), Kind::Slice(_))
    }

    /// The mentions of a variable that stands for the container.
    fn variable(&mut self, handle: &Handle, decl: DeclId, local: LocalId, calls: Vec<(DeclId, ExprId)>) {
        let scopes = self.summaries.sema.scopes(decl);
        let declared = scopes.local(local).ident;
        for expr in scopes.uses(local).filter(|&ident| ident != declared) {
            self.open.push(Handle { decl, expr, calls: calls.clone(), direct: false, inner: handle.inner });
        }
    }

    /// `m[k]`, and what is done with it.
    fn element(&mut self, handle: &Handle, element: ExprId, key: ExprId) {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(handle.decl), sema.parents(handle.decl));
        let container = sema.behind(sema.pointee(sema.type_of(handle.decl, handle.expr))).clone();
        let is_map = matches!(container, Kind::Map(..));
        let holds_map = match container {
            Kind::Map(_, of) | Kind::Slice(of) | Kind::Array(_, of) => matches!(sema.behind(of), Kind::Map(..)),
            _ => return self.escape(handle),
        };
        match parents.parent(Node::Expr(element)) {
            Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                Stmt::Assign { lhs, rhs, .. } if lhs.contains(&element) => {
                    let at = lhs.iter().position(|&target| target == element).filter(|_| lhs.len() == rhs.len());
                    let value = at.map(|at| rhs[at]);
                    if is_map {
                        // What is nil takes no part: a place that is emptied is there already, or is not worth a word.
                        if value.and_then(|value| tree.ident(value)) != Some("nil") {
                            self.add(handle, Act::Grow { key: Some(key), value }, Node::Stmt(stmt));
                        }
                        // `m[k] = map[string]int{}`, and not only where there is none: what was in the old one goes.
                        let is_guarded = |node: Node| matches!(node, Node::Stmt(around) if matches!(tree.stmt(around), Stmt::If { .. }));
                        if holds_map && !parents.ancestors(Node::Stmt(stmt)).any(is_guarded) {
                            self.add(&Handle { inner: true, ..handle.clone() }, Act::Escape, Node::Stmt(stmt));
                        }
                    } else if holds_map {
                        self.add(handle, Act::Replace, Node::Stmt(stmt));
                    }
                }
                Stmt::IncDec { .. } if is_map => self.add(handle, Act::Grow { key: Some(key), value: None }, Node::Stmt(stmt)),
                _ if holds_map => self.go_inside(handle, element, is_map),
                _ => {}
            },
            _ if holds_map => self.go_inside(handle, element, is_map),
            _ => {}
        }
    }

    /// A map that is an element of a list of maps is as good as the container itself; one of a map of maps is a container in it.
    fn go_inside(&mut self, handle: &Handle, element: ExprId, in_map: bool) {
        self.open.push(Handle { expr: element, inner: handle.inner || in_map, direct: !in_map, ..handle.clone() });
    }

    /// `m.Store(k, v)`
    fn method(&mut self, handle: &Handle, selector: ExprId, sel: ExprId) {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(handle.decl), sema.parents(handle.decl));
        let call = match parents.parent(Node::Expr(selector)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == selector) => call,
            _ => return self.escape(handle),
        };
        let Expr::Call { args, .. } = tree.expr(call) else { return };
        let (Some(name), Callee::Function(function)) = (tree.ident(sel), sema.function_value(handle.decl, selector)) else {
            return self.escape(handle);
        };
        if let [callee] = function.decls[..] {
            // A receiver without a name is not used.
            if let Some(receiver) = sema.scopes(callee).receiver() {
                self.enter(handle, call, callee, receiver);
            }
            return;
        }
        let of = sema.key(sema.pointee(sema.type_of(handle.decl, handle.expr)));
        let Some(growth) = sema.facts.growth(&of) else { return self.escape(handle) };
        if growth.insert.iter().any(|method| method == name) {
            // The key is the first of two: Store(k, v).
            let (key, value) = match args[..] {
                [key, value, ..] => (Some(key), Some(value)),
                [value] => (None, Some(value)),
                [] => (None, None),
            };
            self.add(handle, Act::Grow { key, value }, Node::Expr(call));
        } else if growth.shrink.iter().any(|method| method == name) {
            self.add(handle, Act::Shrink, Node::Expr(call));
        } else if name == "Len" {
            self.length(handle, call);
        }
    }

    /// From a call into the function that gets the container.
    fn enter(&mut self, handle: &Handle, call: ExprId, callee: DeclId, local: LocalId) {
        if handle.calls.len() >= usize::from(DEPTH) {
            return self.escape(handle);
        }
        let mut calls = handle.calls.clone();
        calls.push((handle.decl, call));
        let info = self.summaries.sema.scopes(callee).local(local);
        if info.writes.iter().any(|write| write.value != Value::Zero) {
            return self.escape(handle);
        }
        self.variable(handle, callee, local, calls);
    }

    /// The container is handed to a function.
    fn argument(&mut self, handle: &Handle, call: ExprId, at: usize) {
        let sema = &self.summaries.sema;
        let node = Node::Expr(call);
        match sema.callee(handle.decl, call) {
            Callee::Builtin("delete" | "clear") if at == 0 => self.add(handle, Act::Shrink, node),
            Callee::Builtin("append") => self.appended(handle, call, at),
            Callee::Builtin("len" | "cap") => self.length(handle, call),
            Callee::Builtin(_) => {}
            Callee::Conversion(_) => self.go_on(handle, call),
            Callee::Function(function) => match function.decls[..] {
                [callee] => match sema.scopes(callee).param(at as u32) {
                    Some(param) if !sema.scopes(callee).local(param).variadic => self.enter(handle, call, callee, param),
                    _ => self.escape(handle),
                },
                [] => self.library(handle, call, &function, at),
                _ => self.escape(handle),
            },
            _ => self.escape(handle),
        }
    }

    /// A function of another package gets the container.
    fn library(&mut self, handle: &Handle, call: ExprId, function: &Function, at: usize) {
        let sema = &self.summaries.sema;
        let node = Node::Expr(call);
        let does = |kind: EffectKind| sema.facts.effects(&function.key).iter().any(|e| e.target == Target::Arg(at) && e.kind == kind);
        let by_address = matches!(sema.types.kind(sema.type_of(handle.decl, handle.expr)), Kind::Pointer(_));
        // `fmt.Fprintf(&buffer, …)` writes to it, `io.ReadAll(&buffer)` takes all out.
        let param = self.param_key(handle.decl, call, at);
        if does(EffectKind::Inserts) || does(EffectKind::Fills) || param == "io.Writer" {
            self.add(handle, Act::Grow { key: None, value: None }, node);
        } else if does(EffectKind::Deletes) || param == "io.Reader" {
            self.add(handle, Act::Shrink, node);
        } else if !(does(EffectKind::Borrows) || does(EffectKind::ReturnsCopy) || (!by_address && is_looker(&function.key))) {
            self.escape(handle);
        }
    }

    /// The type of a called function's parameter.
    fn param_key(&self, decl: DeclId, call: ExprId, at: usize) -> CompactString {
        let sema = &self.summaries.sema;
        let Expr::Call { fun, .. } = *sema.tree(decl).expr(call) else { return CompactString::default() };
        match sema.behind(sema.type_of(decl, fun)) {
            Kind::Func(signature) => signature.params.get(at).map_or(CompactString::default(), |&ty| sema.key(ty)),
            _ => CompactString::default(),
        }
    }

    /// `append(s, v)`: the container grows if it gets the result.
    fn appended(&mut self, handle: &Handle, call: ExprId, at: usize) {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(handle.decl), sema.parents(handle.decl));
        let Expr::Call { args, .. } = tree.expr(call) else { return };
        if at > 0 {
            return self.escape(handle);
        }
        let Some(Node::Stmt(stmt)) = parents.parent(Node::Expr(call)) else { return };
        if let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt)
            && lhs.len() == rhs.len()
            && let Some(at) = rhs.iter().position(|&value| value == call)
            && self.is_same(handle, lhs[at])
        {
            self.add(handle, Act::Grow { key: None, value: args.get(1).copied() }, Node::Stmt(stmt));
        }
    }

    /// `len(m)`: whether it decides something.
    fn length(&mut self, handle: &Handle, call: ExprId) {
        let sema = &self.summaries.sema;
        let (tree, parents, scopes) = (sema.tree(handle.decl), sema.parents(handle.decl), sema.scopes(handle.decl));
        let mut open = vec![call];
        let mut seen: FxHashSet<ExprId> = FxHashSet::default();
        while let Some(expr) = open.pop() {
            if !seen.insert(expr) {
                continue;
            }
            match parents.parent(Node::Expr(expr)) {
                Some(Node::Expr(around)) => match *tree.expr(around) {
                    Expr::Binary { op: Op::Lss | Op::Gtr | Op::Leq | Op::Geq | Op::Eql | Op::Neq, x, y } => {
                        let other = if x == expr { y } else { x };
                        if !matches!(sema.int(handle.decl, other), Some(0 | 1)) {
                            return self.add(handle, Act::Bound, Node::Expr(around));
                        }
                    }
                    Expr::Binary { .. } | Expr::Paren { .. } | Expr::Unary { .. } => open.push(around),
                    Expr::Call { .. }
                        if matches!(sema.callee(handle.decl, around), Callee::Conversion(_) | Callee::Builtin("min" | "max")) =>
                    {
                        open.push(around);
                    }
                    // `m[len(m)]`, `s[:len(s)-1]` …
                    _ => {}
                },
                Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                    Stmt::Assign { .. } | Stmt::Decl(_) => {
                        let gets = |local: &&LocalId| scopes.local(**local).writes.iter().any(|write| write.value == Value::Expr(expr));
                        for &local in scopes.written_by(stmt).iter().filter(gets) {
                            open.extend(scopes.uses(local).filter(|&ident| ident != scopes.local(local).ident));
                        }
                    }
                    Stmt::Return { .. } | Stmt::Switch { .. } | Stmt::Case { .. } => return self.add(handle, Act::Bound, Node::Stmt(stmt)),
                    _ => {}
                },
                None => {}
            }
        }
    }
}

/// Functions of the standard library that get a map or slice, and not its address, look at it; those that change it are facts.
fn is_looker(key: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "fmt.",
        "maps.",
        "slices.",
        "sort.",
        "strings.",
        "bytes.",
        "reflect.DeepEqual",
        "reflect.TypeOf",
        "encoding/json.",
        "log.",
        "errors.",
        "strconv.",
    ];
    PACKAGES.iter().any(|package| key.starts_with(package))
}

impl Summaries<'_> {
    /// The container that a type is, behind a pointer: a map, a slice, a list of maps, or a type of which the facts say how it grows.
    pub fn container_kind(&self, ty: Type) -> Option<Container> {
        let sema = &self.sema;
        let ty = sema.pointee(ty);
        if let Some(growth) = sema.facts.growth(&sema.key(ty)) {
            return (!growth.bounded).then_some(Container::Library);
        }
        match sema.behind(ty) {
            Kind::Map(..) => Some(Container::Map),
            Kind::Slice(of) | Kind::Array(_, of) if matches!(sema.behind(*of), Kind::Map(..)) => Some(Container::Map),
            Kind::Slice(_) => Some(Container::Slice),
            _ => None,
        }
    }
}

/// What kind of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Map,
    Slice,
    /// A type of which the facts say how it grows: `sync.Map`, `container/list.List`.
    Library,
}
