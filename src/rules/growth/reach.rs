//! Does control come straight to a place, whatever the key is? Where something may decide otherwise, there may be a limit, or few keys that are
//! let in.
//!
//! ```go
//! if r.Method == http.MethodPost { hits[r.RemoteAddr]++ } // the client chooses its method: it comes there
//! if v, ok := m[k]; ok { return v }                        // a new key comes past it
//! if !allowed(r.RemoteAddr) { return }                     // nobody knows who comes past that
//! ```
//!
//! Not here: from where the function is entered (`module`), where the key comes from (`keys`).

use super::keys::{self, Limit, Range};
use crate::ast::{BranchTok, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::module::Entry;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, Function, LocalKind, Object, Value};
use crate::summary::containers::{Act, ContainerOp};
use crate::types::{Constant, Kind, Mode};

/// Through how many own functions a call is followed to see that it comes back.
const MOST_CALLS: usize = 3;

/// A declaration, and the key in it if one is asked about.
#[derive(Clone, Copy)]
pub(super) struct Way<'a, 'p> {
    pub(super) pass: &'a Pass<'p>,
    pub(super) decl: DeclId,
    pub(super) key: Option<ExprId>,
    pub(super) limit: Limit<'a>,
}

impl Way<'_, '_> {
    /// Whether control comes straight to a node from the beginning of its function, or of the turn of the loop that an entry is.
    pub(super) fn is_straight(self, node: Node, entry: Option<&Entry>) -> bool {
        let sema = self.pass.sema();
        let (tree, parents) = (sema.tree(self.decl), sema.parents(self.decl));
        let mut inner = node;
        for around in parents.ancestors(node) {
            if entry.is_some_and(|entry| entry.decl == self.decl && entry.node == Some(around)) {
                return true;
            }
            let all_before_pass =
                |list: &[StmtId]| list.iter().take_while(|&&before| Node::Stmt(before) != inner).all(|&stmt| self.passes(stmt));
            let goes_on = match around {
                Node::Expr(expr) => match *tree.expr(expr) {
                    Expr::FuncLit { .. } => return true,
                    // `known[k] && add(k)`
                    Expr::Binary { op: Op::LAnd, x, y } => inner != Node::Expr(y) || self.can_be(x, true),
                    Expr::Binary { op: Op::LOr, x, y } => inner != Node::Expr(y) || self.can_be(x, false),
                    _ => true,
                },
                Node::Stmt(stmt) => match tree.stmt(stmt) {
                    // The cases of a `switch` are not run one after another.
                    Stmt::Block { list } if list.first().is_some_and(|&first| matches!(tree.stmt(first), Stmt::Case { .. })) => true,
                    Stmt::Block { list } => all_before_pass(list),
                    Stmt::Case { list, body } => {
                        list.as_ref().is_none_or(|list| list.iter().all(|&of| self.is_constant(of))) && all_before_pass(body)
                    }
                    Stmt::If { body, else_, cond, .. } => match inner {
                        Node::Stmt(branch) if branch == *body => self.can_be(*cond, true),
                        Node::Stmt(branch) if *else_ == Some(branch) => self.can_be(*cond, false),
                        _ => true,
                    },
                    Stmt::For { body, .. } | Stmt::Range { body, .. } => inner != Node::Stmt(*body),
                    Stmt::Switch { tag, body, .. } => inner != Node::Stmt(*body) || tag.is_some_and(|tag| self.is_choice(tag)),
                    Stmt::Comm { .. } | Stmt::TypeSwitch { .. } | Stmt::Select { .. } | Stmt::Labeled { .. } => false,
                    _ => true,
                },
            };
            if !goes_on {
                return false;
            }
            inner = around;
        }
        true
    }

    /// Whether the arguments of a call are computed by what comes back.
    pub(super) fn has_plain_arguments(self, call: ExprId) -> bool {
        let Expr::Call { args, .. } = self.pass.sema().tree(self.decl).expr(call) else { return false };
        args.iter().all(|&arg| self.comes_past(Node::Expr(arg), 0))
    }

    /// Whether control gets past a statement, if the client wants: it calls nothing but what comes back, and leaves only where the client
    /// need not come.
    fn passes(self, stmt: StmtId) -> bool {
        let tree = self.pass.sema().tree(self.decl);
        match *tree.stmt(stmt) {
            Stmt::If { init, cond, else_: None, .. } if self.can_be(cond, false) => {
                init.is_none_or(|init| self.comes_past(Node::Stmt(init), 0)) && self.comes_past(Node::Expr(cond), 0)
            }
            _ => self.comes_past(Node::Stmt(stmt), 0) && !self.leaves(stmt),
        }
    }

    /// Whether there is a `return` in a statement, or a `break` or `continue` that leads out of it.
    fn leaves(self, stmt: StmtId) -> bool {
        let sema = self.pass.sema();
        let (tree, parents) = (sema.tree(self.decl), sema.parents(self.decl));
        let mut leaves = false;
        tree.walk(Node::Stmt(stmt), |node| {
            leaves |= match node {
                Node::Stmt(inner) => match tree.stmt(inner) {
                    Stmt::Return { .. } => true,
                    Stmt::Branch { .. } => {
                        let is_loop = |around: &Node| matches!(around, Node::Stmt(of) if matches!(tree.stmt(*of), Stmt::Range { .. }));
                        let of = parents.ancestors(node).find(is_loop);
                        of.is_none_or(|of| of != Node::Stmt(stmt) && !parents.within(of, Node::Stmt(stmt)))
                    }
                    _ => false,
                },
                Node::Expr(_) => false,
            };
            !leaves
        });
        leaves
    }

    /// Whether what a node does comes to its end, or to a `return`: it has no loop, and calls only what comes back.
    fn comes_past(self, node: Node, calls: usize) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(self.decl);
        let mut comes = true;
        tree.walk(node, |node| {
            comes &= self.limit.budget.spend(1);
            comes &= match node {
                Node::Stmt(inner) => match *tree.stmt(inner) {
                    Stmt::Expr { .. }
                    | Stmt::IncDec { .. }
                    | Stmt::Assign { .. }
                    | Stmt::Block { .. }
                    | Stmt::If { .. }
                    | Stmt::Decl(_)
                    | Stmt::Defer { .. }
                    | Stmt::Return { .. }
                    | Stmt::Branch { tok: BranchTok::Break | BranchTok::Continue, label: None }
                    | Stmt::Empty { .. } => true,
                    Stmt::Range { x, .. } => self.is_finite(x),
                    _ => false,
                },
                Node::Expr(expr) => match tree.expr(expr) {
                    Expr::Call { .. } => self.call_comes_back(expr, calls),
                    Expr::FuncLit { .. } | Expr::Unary { op: Op::Arrow, .. } => false,
                    Expr::Star { x } => self.is_type(*x),
                    Expr::Selector { x, .. } => !self.may_be_missing(*x),
                    _ => true,
                },
            };
            comes
        });
        comes
    }

    fn call_comes_back(self, call: ExprId, calls: usize) -> bool {
        let sema = self.pass.sema();
        match sema.callee(self.decl, call) {
            Callee::Function(function) => match function.decls[..] {
                [callee] if calls < MOST_CALLS => {
                    let body = sema.tree(callee).func().and_then(|func| func.body);
                    body.is_some_and(|body| Way { decl: callee, key: None, ..self }.comes_past(Node::Stmt(body), calls + 1))
                }
                [] => {
                    !function.receiver.is_some_and(|of| sema.is_own(sema.type_of(self.decl, of)))
                        && !sema.facts.never_returns(&function.key)
                }
                _ => false,
            },
            Callee::Builtin(name) => name != "panic",
            Callee::Conversion(_) => true,
            _ => false,
        }
    }

    /// Whether a client whose key is new can have a condition as it wants it: it asks what the client chooses itself, or whether the key is
    /// there.
    fn can_be(self, cond: ExprId, want: bool) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(self.decl);
        match *tree.expr(tree.unparen(cond)) {
            Expr::Unary { op: Op::Not, x } => self.can_be(x, !want),
            Expr::Binary { op: Op::LAnd, x, y } if want => self.can_be(x, true) && self.can_be(y, true),
            Expr::Binary { op: Op::LAnd, x, y } => self.can_be(x, false) || self.can_be(y, false),
            Expr::Binary { op: Op::LOr, x, y } if want => self.can_be(x, true) || self.can_be(y, true),
            Expr::Binary { op: Op::LOr, x, y } => self.can_be(x, false) && self.can_be(y, false),
            Expr::Binary { op: op @ (Op::Eql | Op::Neq), x, y } => {
                let equal = want == (op == Op::Eql);
                if tree.ident(y) == Some("nil") {
                    // `m[k] == nil`, `err == nil`
                    return if equal { self.is_of_key(x, 0) || self.is_of_form(x) } else { self.is_of_input(x) };
                }
                // What the client chooses, or whether it sends something: `name != ""`
                self.is_constant(y) && (self.is_choice(x) || self.is_empty_text(y) && !(equal && self.is_key(x)) && self.is_input(x))
            }
            // `count >= most`, of what is there for the key
            Expr::Binary { op: Op::Geq | Op::Gtr, x, y } => !want && self.is_of_key(x, 0) && self.is_limit(y),
            Expr::Binary { op: Op::Lss | Op::Leq, x, y } => want && self.is_of_key(x, 0) && self.is_limit(y),
            // `ok`, and `m[k]` of a set
            Expr::Ident(_) => !want && (self.is_of_key(cond, 1) || self.is_of_key(cond, 0) || self.is_of_input_key(cond)),
            Expr::Index { .. } => !want && (self.is_of_key(cond, 0) || self.is_of_input_key(cond)),
            _ => false,
        }
    }

    /// Whether `*x` is the type of a pointer, and not what a pointer leads to, which may be nil.
    fn is_type(self, x: ExprId) -> bool {
        let sema = self.pass.sema();
        sema.types.info(self.decl).mode(x) == Mode::Type || self.is_of_package(x)
    }

    /// Whether an expression is a pointer out of a map, which a new key has not: what follows it panics.
    fn may_be_missing(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let of = match scopes.of_ident(tree.unparen(expr)).map(|local| &scopes.local(local).writes[..]) {
            Some([write]) => match write.value {
                Value::Expr(value) => value,
                _ => return false,
            },
            _ => expr,
        };
        let Expr::Index { x, indices } = tree.expr(tree.unparen(of)) else { return false };
        let is_pointer = |ty| matches!(sema.behind(ty), Kind::Pointer(_));
        let in_map = matches!(sema.behind(sema.type_of(self.decl, *x)), &Kind::Map(_, value) if is_pointer(value));
        in_map && indices.iter().any(|&index| !self.is_constant(index))
    }

    /// Whether a `range` over an expression comes to its end.
    fn is_finite(self, x: ExprId) -> bool {
        let sema = self.pass.sema();
        matches!(sema.behind(sema.type_of(self.decl, x)), Kind::Slice(_) | Kind::Map(..) | Kind::Array(..))
    }

    /// Whether an expression is a limit that holds for every key: a constant, a field or a variable, not one that was looked up.
    fn is_limit(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(self.decl);
        match *tree.expr(tree.unparen(expr)) {
            _ if sema.int(self.decl, expr).is_some_and(|most| most <= 0) => false,
            Expr::BasicLit(_) => true,
            Expr::Selector { x, .. } => self.is_constant(expr) || self.is_limit(x),
            Expr::Ident(_) => match sema.scopes(self.decl).of_ident(tree.unparen(expr)) {
                Some(local) => {
                    matches!(sema.scopes(self.decl).local(local).kind, LocalKind::Param(_) | LocalKind::Receiver) || self.is_constant(expr)
                }
                None => true,
            },
            _ => false,
        }
    }

    /// Whether an expression is a request's method or path, which every client chooses.
    fn is_choice(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(self.decl);
        let Expr::Selector { x, sel } = *tree.expr(tree.unparen(expr)) else { return false };
        let of = sema.key_of(self.decl, x);
        match (of.trim_start_matches('*'), tree.ident(sel)) {
            ("net/http.Request", Some("Method")) => true,
            ("net/url.URL", Some("Path")) => match *tree.expr(tree.unparen(x)) {
                Expr::Selector { x, .. } => sema.key_of(self.decl, x).trim_start_matches('*') == "net/http.Request",
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an expression is a constant, if it is one of another package: `http.MethodPost`.
    fn is_constant(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        sema.types.info(self.decl).constant(expr).is_some() || self.is_of_package(expr)
    }

    /// Whether an expression is a name of another package.
    fn is_of_package(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        matches!(*sema.tree(self.decl).expr(expr), Expr::Selector { x, .. } if matches!(sema.object(self.decl, x), Object::Import(_)))
    }

    /// Whether an expression is the key that is asked about.
    fn is_key(self, expr: ExprId) -> bool {
        let text = |expr: ExprId| self.pass.text(self.decl, Node::Expr(expr));
        self.key.is_some_and(|key| text(key) == text(expr))
    }

    fn is_empty_text(self, expr: ExprId) -> bool {
        matches!(self.pass.sema().types.info(self.decl).constant(expr), Some(Constant::Str(text)) if text.is_empty())
    }

    /// Whether an expression comes from outside.
    fn is_input(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let origin = |expr: ExprId| keys::origin_within(self.pass, self.decl, expr, &[], self.limit).range;
        if origin(expr) == Range::Unbounded {
            return true;
        }
        // `r.Header.Get("X-Forwarded-For")`, `r.URL.Query().Get("q")`
        let gets = |value: ExprId| match sema.callee(self.decl, value) {
            Callee::Function(function) => {
                matches!(&*function.key, "net/http.Header.Get" | "net/url.Values.Get")
                    && function.receiver.is_some_and(|of| origin(of) >= Range::Called)
            }
            _ => false,
        };
        let is_call = |value: ExprId| matches!(tree.expr(value), Expr::Call { .. });
        match scopes.of_ident(tree.unparen(expr)) {
            Some(local) => match scopes.local(local).writes[..] {
                [write] => matches!(write.value, Value::Expr(value) if is_call(value) && gets(value)),
                _ => false,
            },
            None => is_call(expr) && gets(expr),
        }
    }

    /// Whether an expression is what a map has at the key of what grows: `m[k]`, or with `index` 1 the second of `v, ok := m[k]`.
    fn is_of_key(self, expr: ExprId, index: u32) -> bool {
        let sema = self.pass.sema();
        let Some(key) = self.key else { return false };
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let Some(local) = scopes.of_ident(tree.unparen(expr)) else { return index == 0 && reads_key(self.pass, self.decl, key, expr) };
        let writes = &scopes.local(local).writes;
        !writes.is_empty()
            && writes.iter().all(|write| match write.value {
                Value::Result { of, index: at, .. } => at == index && reads_key(self.pass, self.decl, key, of),
                Value::Expr(of) => index == 0 && reads_key(self.pass, self.decl, key, of),
                _ => false,
            })
    }

    /// Whether an expression is what a map has at something that each client chooses: a new one is not there.
    fn is_of_input_key(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let reads = |expr: ExprId| match tree.expr(tree.unparen(expr)) {
            Expr::Index { indices, .. } => {
                let many = |index: ExprId| keys::origin_within(self.pass, self.decl, index, &[], self.limit).range == Range::Unbounded;
                indices.first().is_some_and(|&index| many(index))
            }
            _ => false,
        };
        let Some(local) = scopes.of_ident(tree.unparen(expr)) else { return reads(expr) };
        let writes = &scopes.local(local).writes;
        !writes.is_empty() && writes.iter().all(|write| matches!(write.value, Value::Result { of, index: 1, .. } if reads(of)))
    }

    /// Whether an error says that a client did not send something: `c, err := r.Cookie("session")`.
    fn is_of_input(self, expr: ExprId) -> bool {
        self.is_result_of(expr, |function, _| self.pass.sema().facts.is_input(&function.key))
    }

    /// Whether an error only says that what a client sent has not the form that it should have: there are still as many of those that have.
    fn is_of_form(self, expr: ExprId) -> bool {
        let sema = self.pass.sema();
        let tree = sema.tree(self.decl);
        self.is_result_of(expr, |function, call| {
            let Expr::Call { args, .. } = tree.expr(call) else { return false };
            let is_input = |of: ExprId| keys::origin_within(self.pass, self.decl, of, &[], self.limit).range == Range::Unbounded;
            let of_request = function.key.starts_with("net/http.Request.") || function.key == "crypto/rand.Read";
            let body = || function.receiver.is_some_and(|of| self.pass.text(self.decl, Node::Expr(of)).contains(".Body"));
            (sema.facts.keeps(&function.key) || sema.facts.reads_form(&function.key))
                && (of_request || body() || args.first().is_some_and(|&arg| is_input(arg)))
        })
    }

    /// Whether a variable is only a result of functions of some kind.
    fn is_result_of(self, expr: ExprId, fits: impl Fn(&Function, ExprId) -> bool) -> bool {
        let sema = self.pass.sema();
        let (tree, scopes) = (sema.tree(self.decl), sema.scopes(self.decl));
        let Some(local) = scopes.of_ident(tree.unparen(expr)) else { return false };
        let writes = &scopes.local(local).writes;
        let reads = |call: ExprId| matches!(sema.callee(self.decl, call), Callee::Function(function) if fits(&function, call));
        !writes.is_empty()
            && writes.iter().all(|write| match write.value {
                Value::Result { of, .. } | Value::Expr(of) => reads(of),
                _ => false,
            })
    }
}

/// Whether an expression is an element of a map by a key: `m[k]`, `m.Load(k)`.
fn reads_key(pass: &Pass, decl: DeclId, key: ExprId, expr: ExprId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let is_key = |expr: ExprId| pass.text(decl, Node::Expr(expr)) == pass.text(decl, Node::Expr(key));
    match tree.expr(tree.unparen(expr)) {
        Expr::Index { indices, .. } => indices.iter().any(|&index| is_key(index)),
        Expr::Call { args, .. } => {
            args.first().is_some_and(|&arg| is_key(arg))
                && matches!(sema.callee(decl, expr), Callee::Function(function) if function.key == "sync.Map.Load")
        }
        _ => false,
    }
}

/// Whether an expression is what a map has at the key of what grows: `m[k]`, or one of `v, ok := m[k]`.
pub(super) fn is_read_at_key(pass: &Pass, op: &ContainerOp, expr: ExprId) -> bool {
    let Act::Grow { key: Some(key), .. } = op.act else { return false };
    let sema = pass.sema();
    let scopes = sema.scopes(op.decl);
    let reads = |expr: ExprId| reads_key(pass, op.decl, key, expr);
    let Some(local) = scopes.of_ident(sema.tree(op.decl).unparen(expr)) else { return reads(expr) };
    scopes.local(local).writes.iter().any(|write| match write.value {
        Value::Result { of, .. } | Value::Expr(of) => reads(of),
        _ => false,
    })
}
