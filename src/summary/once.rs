//! Does a statement in a loop run at most once, because a condition guards it that it makes false itself?
//!
//! ```go
//! for range blocks {
//! 	if f == nil {
//! 		f, _ = os.CreateTemp("", "x") // from now on f is not nil
//! 		defer f.Close()
//! 	}
//! }
//! ```
//!
//! The guards: `x == nil`, `!x`, `x`, `x == 0` and the like on a variable from outside the loop that the branch assigns another
//! value, and `i == c` on the loop's own counter.
//!
//! Not here: `sync.Once`, whose closure is a function of its own.

use super::Summaries;
use super::outlives::Iteration;
use crate::ast::{Expr, ExprId, Node, Op, Parents, Stmt, StmtId};
use crate::sema::{Callee, LocalId, Value};

impl Summaries<'_> {
    /// Whether a statement of the loop is guarded so that it runs once in all iterations.
    pub fn runs_once(&self, iteration: &Iteration, stmt: StmtId) -> bool {
        let decl = iteration.decl;
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let mut inner = Node::Stmt(stmt);
        for around in parents.ancestors(Node::Stmt(stmt)) {
            let Node::Stmt(id) = around else { break };
            if !iteration.runs(self, around) {
                break;
            }
            if let Stmt::If { cond, body, .. } = tree.stmt(id)
                && inner == Node::Stmt(*body)
                && self.guards(iteration, *cond, *body)
            {
                return true;
            }
            inner = around;
        }
        false
    }

    /// Whether one of the conditions that must all hold is made false by the branch.
    fn guards(&self, iteration: &Iteration, cond: ExprId, body: StmtId) -> bool {
        let tree = self.sema.tree(iteration.decl);
        let mut conditions = vec![cond];
        while let Some(cond) = conditions.pop() {
            let cond = tree.unparen(cond);
            let guarded = match tree.expr(cond) {
                Expr::Binary { op: Op::LAnd, x, y } => {
                    conditions.extend([*x, *y]);
                    false
                }
                Expr::Binary { op: Op::Eql, x, y } => self.flips(iteration, *x, *y, body) || self.counts(iteration, *x, *y),
                Expr::Unary { op: Op::Not, x } => self.assigns(iteration, *x, body, |value| tree.ident(value) == Some("true")),
                Expr::Ident(_) | Expr::Selector { .. } => self.assigns(iteration, cond, body, |value| tree.ident(value) == Some("false")),
                _ => false,
            };
            if guarded {
                return true;
            }
        }
        false
    }

    /// `x == nil` and a branch that gives x another value; the same for `0`, `""` and `false`.
    fn flips(&self, iteration: &Iteration, x: ExprId, zero: ExprId, body: StmtId) -> bool {
        let tree = self.sema.tree(iteration.decl);
        let is_zero = |expr: ExprId| {
            let range = tree.expr_range(expr);
            let text = self.sema.project.file(tree.file).source.slice(range.start, range.end);
            matches!(text, "nil" | "0" | "\"\"" | "``" | "false")
        };
        is_zero(zero) && self.assigns(iteration, x, body, |value| !is_zero(value))
    }

    /// Whether a direct statement of the branch assigns `x`, a variable or field from outside the loop, a fitting value, and no
    /// other assignment in the loop undoes it.
    fn assigns(&self, iteration: &Iteration, x: ExprId, body: StmtId, fits: impl Fn(ExprId) -> bool) -> bool {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        if let Some(root) = self.root(decl, x)
            && iteration.runs(self, Node::Expr(self.sema.scopes(decl).local(root).ident))
        {
            return false;
        }
        let Stmt::Block { list } = tree.stmt(body) else { return false };
        let called = self.closure_statements(decl, list);
        let mut set = false;
        let mut undone = false;
        for (at, stmt) in tree.stmts.iter().enumerate() {
            let id = StmtId(at as u32);
            let Stmt::Assign { lhs, rhs, .. } = stmt else { continue };
            let Some(target) = lhs.iter().position(|&target| self.same_path(decl, target, x)) else { continue };
            if !iteration.runs(self, Node::Stmt(id)) && !called.contains(&id) {
                continue;
            }
            let value = if lhs.len() == rhs.len() { rhs[target] } else { rhs[0] };
            if (list.contains(&id) || called.contains(&id)) && fits(value) {
                set = true;
            } else {
                undone = true;
            }
        }
        set && !undone
    }

    /// The direct statements of the closures that the statements call: `sub := subscribe()`.
    fn closure_statements(&self, decl: crate::project::DeclId, list: &[StmtId]) -> Vec<StmtId> {
        let tree = self.sema.tree(decl);
        let mut found = Vec::new();
        for &stmt in list.iter().filter(|&&stmt| matches!(tree.stmt(stmt), Stmt::Assign { .. } | Stmt::Expr { .. } | Stmt::Decl(_))) {
            tree.walk(Node::Stmt(stmt), |node| {
                let Node::Expr(id) = node else { return true };
                if let Expr::Call { .. } = tree.expr(id)
                    && let Callee::Closure(lit) = self.sema.callee(decl, id)
                    && let Expr::FuncLit { body, .. } = tree.expr(lit)
                    && let Stmt::Block { list } = tree.stmt(*body)
                {
                    found.extend(list.iter().copied());
                }
                !matches!(tree.expr(id), Expr::FuncLit { .. })
            });
        }
        found
    }

    /// Whether two expressions are the same variable, or the same fields of it.
    pub fn same_path(&self, decl: crate::project::DeclId, mut a: ExprId, mut b: ExprId) -> bool {
        let tree = self.sema.tree(decl);
        loop {
            a = tree.unparen(a);
            b = tree.unparen(b);
            match (tree.expr(a), tree.expr(b)) {
                (Expr::Ident(x), Expr::Ident(y)) => return x == y && self.sema.object(decl, a) == self.sema.object(decl, b),
                (Expr::Selector { x, sel: first }, Expr::Selector { x: y, sel: second }) if tree.ident(*first) == tree.ident(*second) => {
                    (a, b) = (*x, *y);
                }
                (Expr::Star { x }, Expr::Star { x: y }) => (a, b) = (*x, *y),
                (Expr::Unary { op: Op::And, x }, Expr::Unary { op: Op::And, x: y }) => (a, b) = (*x, *y),
                _ => return false,
            }
        }
    }

    /// `i == c` where i is the key of the range, or a counter that only the loop's own post statement changes.
    fn counts(&self, iteration: &Iteration, x: ExprId, y: ExprId) -> bool {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        let Some(local) = self.local_of(decl, x) else { return false };
        let invariant = self.sema.int(decl, y).is_some()
            || matches!(tree.expr(tree.unparen(y)), Expr::Call { .. } | Expr::Binary { .. } | Expr::Ident(_));
        invariant && self.is_counter(iteration, local) && self.root(decl, y).is_none_or(|other| other != local)
    }

    fn is_counter(&self, iteration: &Iteration, local: LocalId) -> bool {
        let decl = iteration.decl;
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let info = self.sema.scopes(decl).local(local);
        if info.address_taken {
            return false;
        }
        let in_loop = info.writes.iter().filter(|write| iteration.runs(self, Node::Stmt(write.stmt)));
        let writes: Vec<_> = in_loop.collect();
        let is_step = |stmt: StmtId| match parents.parent(Node::Stmt(stmt)) {
            Some(Node::Stmt(around)) => matches!(tree.stmt(around), Stmt::For { post, .. } if *post == Some(stmt)),
            _ => false,
        };
        match &writes[..] {
            [only] if matches!(only.value, Value::Key(_)) => {
                // The key of an inner loop comes again in every turn of the outer one.
                let mut around = parents.ancestors(Node::Stmt(only.stmt));
                let repeated =
                    around.any(|node| matches!(node, Node::Stmt(id) if Parents::is_loop(tree, id)) && iteration.runs(self, node));
                !repeated && self.is_indexed(decl, only.value)
            }
            [only] => is_step(only.stmt) && matches!(tree.stmt(only.stmt), Stmt::IncDec { .. }),
            _ => false,
        }
    }

    /// The keys of a range are all different over slices, arrays, maps, strings and numbers, not over channels and functions.
    fn is_indexed(&self, decl: crate::project::DeclId, value: Value) -> bool {
        use crate::types::Kind;
        let Value::Key(x) = value else { return false };
        match self.sema.behind(self.sema.pointee(self.sema.type_of(decl, x))) {
            Kind::Slice(_) | Kind::Array(..) | Kind::Map(..) => true,
            Kind::Basic(basic) => basic.is_string() || basic.is_integer(),
            _ => false,
        }
    }
}
