//! What does a condition say about a resource? Whether it was acquired at all, whether there is any left, whether control can get there.
//!
//! ```go
//! if err != nil            // nothing was acquired
//! if resp != nil           // something was
//! for rows.Next() {}       // all was read, and the rows closed themselves
//! if errors.Is(err, x)     // err is no nil: nothing was acquired
//! ```
//!
//! Not here: what statements do (`walk`).

use super::{Holder, State, Walker};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::Release as Way;
use crate::rules::lifetime::sites::Says;
use crate::sema::{Callee, LocalId, Value};
use crate::types::Kind as TypeKind;

impl Walker<'_, '_> {
    /// A condition is true or false. `false`: control cannot get there, or the path does not matter.
    pub(super) fn tested(&mut self, cond: ExprId, truth: bool, state: &mut State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let tree = sema.tree(decl);
        let cond = tree.unparen(cond);
        if cond == self.site.call {
            return truth;
        }
        if let Some((x, is_nil)) = self.nil_test(cond, truth) {
            if x == self.site.call {
                return is_nil;
            }
            if !is_nil && (self.is_over(x, cond, state) || self.asks_own_context(x, "Err")) {
                return false;
            }
            if let Some(answer) = self.nil_tested(x, is_nil, state) {
                return answer;
            }
        }
        if !truth && self.is_drained(cond, state) {
            self.outcome.ever_done = true;
            return false;
        }
        if let Some(local) = sema.scopes(decl).of_ident(cond).filter(|_| tree.ident(cond).is_some())
            && let Some(says) = state.says(local)
        {
            match says {
                Says::True => {
                    state.errors.retain(|(known, _)| *known != local);
                    state.known.learn(self.body.is_true(local), true);
                    return truth;
                }
                Says::FailedIfTrue => return !truth,
                Says::Nil | Says::Something => return false,
            }
        }
        if self.has_no_body(cond, truth, state) {
            return false;
        }
        if let Some(fails) = self.number_fails(cond, truth, state) {
            return !fails;
        }
        if self.mentions_error(cond, state) {
            return self.error_condition(cond, truth);
        }
        state.known.tested(self.body, cond, truth)
    }

    /// `x == nil` and `x != nil`: the x, and whether it is nil here.
    pub(super) fn nil_test(&self, cond: ExprId, truth: bool) -> Option<(ExprId, bool)> {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let Expr::Binary { op: op @ (Op::Eql | Op::Neq), x, y } = *tree.expr(cond) else { return None };
        let (x, y) = (tree.unparen(x), tree.unparen(y));
        let x = match (tree.ident(x), tree.ident(y)) {
            (_, Some("nil")) => x,
            (Some("nil"), _) => y,
            _ => return None,
        };
        Some((x, (op == Op::Eql) == truth))
    }

    /// What it says that something is nil, or is not: `None` if it has nothing to do with the resource.
    fn nil_tested(&self, x: ExprId, is_nil: bool, state: &mut State) -> Option<bool> {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let base = match tree.expr(x) {
            Expr::Selector { x, .. } => tree.unparen(*x),
            _ => x,
        };
        let local = scopes.of_ident(base).filter(|_| tree.ident(base).is_some())?;
        if base == x
            && let Some(says) = state.says(local)
        {
            return Some(match says {
                Says::Nil if is_nil => {
                    // From now on it is known, and another error may take the variable.
                    state.errors.retain(|(known, _)| *known != local);
                    state.known.learn(self.body.is_nil(local), true);
                    true
                }
                _ => false,
            });
        }
        let holder = state.holds(local)?;
        // `resp != nil`, `resp.Body != nil`: there is something to release.
        (holder.same && (base == x || holder.whole)).then_some(!is_nil)
    }

    /// `rows.Err() != nil`, or a variable that just got it: the rows are closed, or never were any.
    fn is_over(&self, x: ExprId, cond: ExprId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let errors = |name: &str| self.site.held.resource.release.iter().any(|way| matches!(way, Way::Error(error) if *error == name));
        let asked = match scopes.of_ident(x).filter(|_| tree.ident(x).is_some()) {
            None => Some(x),
            Some(local) => {
                let at = tree.expr_range(cond).start;
                scopes.last_write_before(tree, local, at).and_then(|write| match write.value {
                    Value::Expr(value) | Value::Result { of: value, .. } => Some(value),
                    _ => None,
                })
            }
        };
        asked.is_some_and(|asked| self.calls_method(tree.unparen(asked), state, &errors))
    }

    /// Whether an expression calls a method of what holds the resource.
    fn calls_method(&self, call: ExprId, state: &State, wanted: &dyn Fn(&str) -> bool) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let Expr::Call { fun, .. } = tree.expr(call) else { return false };
        match *tree.expr(tree.unparen(*fun)) {
            Expr::Selector { x, sel } => {
                let holder = scopes.of_ident(x).and_then(|local| state.holds(local));
                holder.is_some_and(|holder| holder.same) && tree.ident(sel).is_some_and(wanted)
            }
            _ => false,
        }
    }

    /// `resp.StatusCode == http.StatusNoContent`: such a response has no body, and its connection is free.
    fn has_no_body(&self, cond: ExprId, truth: bool, state: &State) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let Expr::Binary { op: op @ (Op::Eql | Op::Neq), x, y } = *tree.expr(cond) else { return false };
        (op == Op::Eql) == truth && self.is_without_body(x, y, state)
    }

    /// Whether an expression is the status of a response, and the other one a status that has no body.
    fn is_without_body(&self, x: ExprId, status: ExprId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let Expr::Selector { x, sel } = *tree.expr(tree.unparen(x)) else { return false };
        let is_status = tree.ident(sel) == Some("StatusCode") && scopes.of_ident(x).is_some_and(|local| state.holds(local).is_some());
        is_status && self.site.held.resource.component == ".Body" && matches!(sema.int(decl, status), Some(204 | 304))
    }

    /// `case <-ctx.Done():`, of the context that the acquiring call got.
    pub(super) fn context_ends(&self, clause: StmtId) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return false };
        let received = match *tree.stmt(comm) {
            Stmt::Expr { x } => x,
            Stmt::Assign { ref rhs, .. } if rhs.len() == 1 => rhs[0],
            _ => return false,
        };
        matches!(*tree.expr(tree.unparen(received)), Expr::Unary { op: Op::Arrow, x } if self.asks_own_context(x, "Done"))
    }

    /// The expression that a variable got last before the acquiring call.
    fn made_last(&self, local: LocalId) -> Option<ExprId> {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let tree = sema.tree(decl);
        match sema.scopes(decl).last_write_before(tree, local, tree.expr_range(self.site.call).start)?.value {
            Value::Expr(of) | Value::Result { of, .. } => Some(tree.unparen(of)),
            _ => None,
        }
    }

    /// Whether a call is that of a method of the context which the acquiring call got, or its request, and which is no other one by now.
    fn asks_own_context(&self, call: ExprId, method: &str) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        if !self.site.held.resource.release.contains(&Way::Context) {
            return false;
        }
        let Expr::Call { fun, .. } = tree.expr(tree.unparen(call)) else { return false };
        let Expr::Selector { x, sel } = *tree.expr(tree.unparen(*fun)) else { return false };
        let Some(context) = scopes.of_ident(x).filter(|_| tree.ident(sel) == Some(method)) else { return false };
        let start = tree.expr_range(self.site.call).start;
        let is_same = scopes.local(context).writes.iter().all(|write| tree.stmt_range(write.stmt).start < start);
        let gets = |call: ExprId| match tree.expr(tree.unparen(call)) {
            Expr::Call { args, .. } => args.first().is_some_and(|&arg| scopes.of_ident(arg) == Some(context)),
            _ => false,
        };
        // `c.Do(req.WithContext(ctx))`, or of a request that was made with it last.
        let request_gets = || {
            let Expr::Call { args, .. } = tree.expr(self.site.call) else { return false };
            let makes = |call: ExprId| match sema.callee(decl, call) {
                Callee::Function(function) => function.key.starts_with("net/http.") && gets(call),
                _ => false,
            };
            args.iter().any(|&arg| match scopes.of_ident(arg) {
                Some(request) => self.made_last(request).is_some_and(makes),
                None => matches!(tree.expr(tree.unparen(arg)), Expr::Call { .. }) && makes(tree.unparen(arg)),
            })
        };
        is_same && sema.key(sema.type_of_local(decl, context)) == "context.Context" && (gets(self.site.call) || request_gets())
    }

    /// `fd < 0`, `h == 0`, `fd == -1`: whether a number that should name the resource says that there is none.
    fn number_fails(&self, cond: ExprId, truth: bool, state: &State) -> Option<bool> {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let Expr::Binary { op, x, y } = *tree.expr(cond) else { return None };
        let local = scopes.of_ident(x).filter(|_| tree.ident(x).is_some())?;
        state.holds(local).filter(|holder| holder.same && self.site.held.by_value)?;
        let name = match *tree.expr(tree.unparen(y)) {
            Expr::Selector { sel, .. } => tree.ident(sel),
            _ => tree.ident(tree.unparen(y)),
        };
        let is_none = name.is_some_and(|name| matches!(name, "InvalidHandle" | "InvalidSocket" | "INVALID_HANDLE_VALUE"));
        let number = if is_none { -1 } else { sema.int(decl, y)? };
        match (op, number) {
            (Op::Eql, ..=0) | (Op::Lss, 0) | (Op::Leq, ..=0) => Some(truth),
            (Op::Neq, ..=0) | (Op::Geq, 0) | (Op::Gtr, ..=0) => Some(!truth),
            _ => None,
        }
    }

    /// A condition about the error that is not a comparison with nil.
    fn error_condition(&self, cond: ExprId, truth: bool) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let tree = sema.tree(decl);
        match tree.expr(cond) {
            Expr::Binary { op: Op::Eql, .. } => !truth,
            Expr::Binary { op: Op::Neq, .. } => truth,
            Expr::Call { .. } => match sema.callee(decl, cond) {
                Callee::Function(function) => {
                    let about_errors = function.key.starts_with("os.Is") || matches!(&*function.key, "errors.Is" | "errors.As");
                    about_errors && !truth
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn mentions_error(&self, expr: ExprId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let mut found = false;
        tree.walk(Node::Expr(expr), |node| {
            if let Node::Expr(id) = node {
                found |= scopes.of_ident(id).is_some_and(|local| state.says(local).is_some());
            }
            !found
        });
        found
    }

    /// `for rows.Next() {}` that came to its end, also by a variable, or `v, ok := next()` with an ok that is false.
    fn is_drained(&self, cond: ExprId, state: &State) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let drains = |name: &str| self.site.held.resource.release.iter().any(|way| matches!(way, Way::Drain(drain) if *drain == name));
        match tree.expr(cond) {
            Expr::Call { .. } => self.calls_method(cond, state, &drains),
            Expr::Ident(_) => {
                let Some(local) = scopes.of_ident(cond) else { return false };
                let writes = &scopes.local(local).writes;
                let has_next = |value: Value| match value {
                    Value::Result { of, .. } => matches!(tree.expr(of), Expr::Call { fun, .. } if self.is_first_result(*fun)),
                    _ => false,
                };
                // `for ok := rows.Next(); ok; ok = rows.Next() {}`
                let is_next = |value: Value| matches!(value, Value::Expr(of) if self.calls_method(tree.unparen(of), state, &drains));
                drains("0") && writes.iter().any(|write| has_next(write.value))
                    || !writes.is_empty() && writes.iter().all(|write| is_next(write.value))
            }
            _ => false,
        }
    }

    /// Whether a value is the `ok` of an assertion about the resource that cannot fail.
    pub(super) fn is_asserted(&self, value: Value, holders: &[Holder]) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let Value::Result { of, index: 1, .. } = value else { return false };
        let Expr::TypeAssert { x, ty: Some(ty) } = *tree.expr(tree.unparen(of)) else { return false };
        let is_holder =
            |expr: ExprId| holders.iter().any(|holder| holder.same && Some(holder.local) == scopes.of_ident(tree.unparen(expr)));
        match self.address_of(x) {
            Some(of) => is_holder(of) && self.has_address(ty),
            None => is_holder(x) && self.is_closer(ty),
        }
    }

    /// `io.Closer`, of what has to be closed.
    fn is_closer(&self, ty: ExprId) -> bool {
        let sema = &self.body.summaries.sema;
        let releases = |name: &str| self.site.held.resource.release.iter().any(|way| matches!(way, Way::Method(method) if *method == name));
        let TypeKind::Interface(wanted) = sema.behind(sema.type_of(self.body.decl, ty)) else { return false };
        wanted.embedded.is_empty() && wanted.methods.iter().all(|method| releases(&method.name))
    }

    /// The connection of `conn.LocalAddr()`.
    fn address_of(&self, x: ExprId) -> Option<ExprId> {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let Expr::Call { fun, .. } = *tree.expr(tree.unparen(x)) else { return None };
        let Expr::Selector { x: of, sel } = *tree.expr(tree.unparen(fun)) else { return None };
        matches!(tree.ident(sel), Some("LocalAddr" | "Addr")).then_some(of)
    }

    /// `*net.UDPAddr`, of what `net.ListenUDP` made.
    fn has_address(&self, ty: ExprId) -> bool {
        let wanted = self.body.summaries.sema.key_of(self.body.decl, ty);
        let made = self.site.function.rsplit('.').next().unwrap_or_default();
        let is = |network: &str| made.contains(network) && wanted.trim_start_matches('*') == format!("net.{network}Addr");
        self.site.function.starts_with("net.") && ["TCP", "UDP", "Unix", "IP"].into_iter().any(is)
    }

    /// Whether an expression is the variable that got the first result of the acquiring call.
    fn is_first_result(&self, fun: ExprId) -> bool {
        let scopes = self.body.summaries.sema.scopes(self.body.decl);
        let first = |value: Value| matches!(value, Value::Result { of, index: 0, .. } if of == self.site.call);
        scopes.of_ident(fun).is_some_and(|local| scopes.local(local).writes.iter().any(|write| first(write.value)))
    }

    pub(super) fn switches_on_error(&self, switch: StmtId, state: &State) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        let subject = match tree.stmt(switch) {
            Stmt::Switch { tag: Some(tag), .. } => Node::Expr(*tag),
            Stmt::TypeSwitch { assign, .. } => Node::Stmt(*assign),
            _ => return false,
        };
        let scopes = self.body.summaries.sema.scopes(self.body.decl);
        let mut found = false;
        tree.walk(subject, |node| {
            if let Node::Expr(id) = node {
                found |= scopes.of_ident(id).is_some_and(|local| state.says(local).is_some());
            }
            !found
        });
        found
    }

    pub(super) fn case(&mut self, switch: StmtId, value: ExprId, equal: bool, state: &mut State) -> bool {
        let tree = self.body.summaries.sema.tree(self.body.decl);
        if self.switches_on_error(switch, state) {
            let is_nil = tree.ident(tree.unparen(value)) == Some("nil");
            return is_nil == equal;
        }
        let tag = match tree.stmt(switch) {
            Stmt::Switch { tag, .. } => *tag,
            _ => None,
        };
        if equal && tag.is_some_and(|tag| self.is_without_body(tag, value, state)) {
            return false;
        }
        state.known.case(self.body, switch, value, equal)
    }
}
