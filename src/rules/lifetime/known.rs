//! What does a path know about the conditions of a body? Two tests of the same condition cannot have different outcomes, as long as
//! nothing that it depends on is written.
//!
//! ```go
//! if useTLS { conn = dial() }
//! if useTLS { conn.Close() } // whoever came through dial comes through here
//! opened = true              // and so does a variable that says so
//! ```
//!
//! Not here: what a condition says about a resource (`walk`).

use super::body::{Body, Compared, Key};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::flow::{EdgeKind, Place, Trail, Walk, explore};
use crate::sema::{Callee, LocalId, Type, Value};

/// What holds and what does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::rules) struct Known {
    /// Conditions, in order.
    conditions: Vec<(Key, bool)>,
    /// Between what two values, both included, numbers lie; in order.
    numbers: Vec<(Key, i64, i64)>,
}

impl Known {
    /// What may hold behind a place's node, for each way to it; in a body with too many ways, what must hold on all of them.
    pub(in crate::rules) fn behind(body: &Body, place: Place) -> Vec<Known> {
        let mut arrivals = Arrivals { body, place, found: Vec::new() };
        if !explore(&body.graph, (body.graph.entry, 0), Known::default(), &mut arrivals) {
            return vec![Known::at(body, place)];
        }
        let mut found = arrivals.found;
        if let Some(node) = body.graph.node(place) {
            for known in &mut found {
                body.writes(node).for_each(|(local, _)| known.forget(body, local));
            }
        }
        found
    }

    /// What must hold at a place, before its node; what the node writes is forgotten.
    fn at(body: &Body, place: Place) -> Known {
        let mut known = Known::default();
        for (cond, holds) in body.known_at(place) {
            if let Some((key, negated)) = body.condition(cond)
                && body.is_tested_again(key)
            {
                known.learn(key, holds != negated);
            }
        }
        if let Some(node) = body.graph.node(place) {
            body.writes(node).for_each(|(local, _)| known.forget(body, local));
        }
        known
    }

    /// Notes a condition; `false` if it contradicts what is known.
    pub(in crate::rules) fn learn(&mut self, key: Key, holds: bool) -> bool {
        match self.conditions.binary_search_by_key(&key, |&(known, _)| known) {
            Ok(at) => self.conditions[at].1 == holds,
            Err(at) => {
                self.conditions.insert(at, (key, holds));
                true
            }
        }
    }

    fn holds(&self, key: Key) -> Option<bool> {
        let at = self.conditions.binary_search_by_key(&key, |&(known, _)| known).ok()?;
        Some(self.conditions[at].1)
    }

    /// Notes what a comparison tells of a number; `false` if no value is left.
    fn compare(&mut self, compared: &Compared, holds: bool) -> bool {
        let at = self.numbers.binary_search_by_key(&compared.number, |&(number, ..)| number);
        let (mut least, mut most) = at.map_or((compared.least, i64::MAX), |at| (self.numbers[at].1, self.numbers[at].2));
        let with = compared.with;
        let op = match (compared.op, holds) {
            (op, true) => op,
            (Op::Eql, false) => Op::Neq,
            (Op::Neq, false) => Op::Eql,
            (Op::Lss, false) => Op::Geq,
            (Op::Leq, false) => Op::Gtr,
            (Op::Gtr, false) => Op::Leq,
            (_, false) => Op::Lss,
        };
        match op {
            Op::Eql => (least, most) = (least.max(with), most.min(with)),
            Op::Lss => most = most.min(with.saturating_sub(1)),
            Op::Leq => most = most.min(with),
            Op::Gtr => least = least.max(with.saturating_add(1)),
            Op::Geq => least = least.max(with),
            _ if with == least => least = least.saturating_add(1),
            _ if with == most => most = most.saturating_sub(1),
            _ => {}
        }
        match at {
            Ok(at) => self.numbers[at] = (compared.number, least, most),
            Err(at) => self.numbers.insert(at, (compared.number, least, most)),
        }
        least <= most
    }

    /// A variable is written.
    pub(in crate::rules) fn forget(&mut self, body: &Body, local: LocalId) {
        self.conditions.retain(|&(key, _)| !body.depends_on(key, local));
        self.numbers.retain(|&(key, ..)| !body.depends_on(key, local));
    }

    /// A condition is true or false; `false` if it cannot be.
    pub(in crate::rules) fn tested(&mut self, body: &Body, cond: ExprId, truth: bool) -> bool {
        let is_possible = match body.condition(cond) {
            Some((key, negated)) if body.is_tested_again(key) || self.conditions.iter().any(|&(known, _)| known == key) => {
                self.learn(key, truth != negated)
            }
            _ => true,
        };
        is_possible && self.compared(body, body.compared(cond), truth)
    }

    fn compared(&mut self, body: &Body, compared: Option<Compared>, holds: bool) -> bool {
        compared.filter(|compared| body.is_tested_again(compared.number)).is_none_or(|compared| self.compare(&compared, holds))
    }

    /// A switch's tag equals a value, or does not; `false` if it cannot be.
    pub(in crate::rules) fn case(&mut self, body: &Body, switch: StmtId, value: ExprId, equal: bool) -> bool {
        let is_possible = match body.case(switch, value) {
            Some(key) if body.is_tested_again(key) => self.learn(key, equal),
            _ => true,
        };
        is_possible && self.compared(body, body.compared_case(switch, value), equal)
    }

    /// What a node writes.
    pub(in crate::rules) fn written(&mut self, body: &Body, node: Node) {
        for (local, value) in body.writes(node) {
            self.forget(body, local);
            self.assigned(body, local, value);
        }
        self.fields_written(body, node);
    }

    /// What a node writes to fields.
    pub(in crate::rules) fn fields_written(&mut self, body: &Body, node: Node) {
        let tree = body.summaries.sema.tree(body.decl);
        if let Node::Stmt(stmt) = node
            && let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt)
            && lhs.len() == rhs.len()
        {
            for (&target, &value) in lhs.iter().zip(rhs).filter(|(target, _)| matches!(tree.expr(**target), Expr::Selector { .. })) {
                self.field_assigned(body, target, value);
            }
        }
    }

    /// `s.running = true`, `s.ctx = nil`
    fn field_assigned(&mut self, body: &Body, target: ExprId, value: ExprId) {
        let tree = body.summaries.sema.tree(body.decl);
        let (is_true, is_nil) = (body.condition(target).map(|(key, _)| key), body.is_nil_expr(target));
        let keys = [is_true, is_nil];
        self.conditions.retain(|(key, _)| !keys.contains(&Some(*key)));
        let (key, holds) = match tree.ident(tree.unparen(value)) {
            Some(name @ ("true" | "false")) => (is_true, name == "true"),
            Some("nil") => (is_nil, true),
            _ => return,
        };
        if let Some(key) = key.filter(|&key| body.is_tested(key)) {
            self.learn(key, holds);
        }
    }

    /// What an edge tells; `false` if control cannot take it.
    pub(in crate::rules) fn edge(&mut self, body: &Body, edge: EdgeKind) -> bool {
        match edge {
            EdgeKind::True(cond) => self.tested(body, cond, true),
            EdgeKind::False(cond) => self.tested(body, cond, false),
            EdgeKind::Case { switch, value } => self.case(body, switch, value, true),
            EdgeKind::NotCase { switch, value } => self.case(body, switch, value, false),
            _ => true,
        }
    }

    /// `ok = true`, `f = nil`, `err = errors.New(…)`, `var err error`, `n = 0`
    pub(in crate::rules) fn assigned(&mut self, body: &Body, local: LocalId, value: Value) {
        let constant = match value {
            Value::Zero => Some(0),
            Value::Expr(expr) => body.summaries.sema.int(body.decl, expr),
            _ => None,
        };
        if let Some(with) = constant
            && body.is_tested_again(body.number(local))
        {
            self.compare(&Compared { number: body.number(local), op: Op::Eql, with, least: i64::MIN }, true);
        }
        if value == Value::Zero {
            for (key, holds) in [(body.is_nil(local), true), (body.is_true(local), false)] {
                if body.is_tested(key) {
                    self.learn(key, holds);
                }
            }
        }
        let tree = body.summaries.sema.tree(body.decl);
        let is_error = || body.summaries.sema.type_of_local(body.decl, local) == Type::ERROR && body.is_tested(body.is_nil(local));
        let result = match value {
            Value::Expr(call) => Some((call, 0)),
            Value::Result { of, index, .. } => Some((of, index)),
            _ => None,
        };
        if let Some((call, index)) = result
            && matches!(tree.expr(call), Expr::Call { .. })
            && is_error()
            && body.summaries.always_succeeds(body.decl, call, index)
        {
            self.learn(body.is_nil(local), true);
        }
        let Value::Expr(expr) = value else { return };
        let expr = tree.unparen(expr);
        let (key, holds) = match tree.expr(expr) {
            Expr::Ident(name) if name == "nil" => (body.is_nil(local), true),
            Expr::Ident(name) if name == "true" || name == "false" => (body.is_true(local), name == "true"),
            Expr::Unary { op: Op::And, .. } | Expr::FuncLit { .. } | Expr::CompositeLit { .. } => (body.is_nil(local), false),
            Expr::Call { .. } => match body.summaries.sema.callee(body.decl, expr) {
                Callee::Function(function) if matches!(&*function.key, "errors.New" | "fmt.Errorf") => (body.is_nil(local), false),
                Callee::Builtin("new" | "make") => (body.is_nil(local), false),
                _ => return,
            },
            Expr::Selector { .. } | Expr::Ident(_) if is_package_error(body, expr) => (body.is_nil(local), false),
            // `found := err == nil`, where that is known.
            Expr::Binary { op: Op::Eql | Op::Neq, .. } => {
                match body.condition(expr).and_then(|(key, negated)| Some((self.holds(key)?, negated))) {
                    Some((holds, negated)) => (body.is_true(local), holds != negated),
                    None => return,
                }
            }
            _ => return,
        };
        if body.is_tested(key) {
            self.learn(key, holds);
        }
    }
}

/// Collects what is known on each way to a place.
struct Arrivals<'b, 'a> {
    body: &'b Body<'a>,
    place: Place,
    found: Vec<Known>,
}

impl Walk for Arrivals<'_, '_> {
    type State = Known;

    fn node(&mut self, place: Place, node: Node, state: &mut Known, _: &Trail) -> bool {
        if place == self.place && !self.found.contains(state) {
            self.found.push(state.clone());
        }
        state.written(self.body, node);
        true
    }

    fn edge(&mut self, edge: EdgeKind, state: &mut Known) -> bool {
        state.edge(self.body, edge)
    }

    fn exit(&mut self, _: &Known, _: &Trail) {}

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}

/// `ErrClosed`, `io.ErrUnexpectedEOF`: a package variable of type error that is named as one.
fn is_package_error(body: &Body, expr: ExprId) -> bool {
    let sema = &body.summaries.sema;
    let tree = sema.tree(body.decl);
    let name = match tree.expr(expr) {
        Expr::Selector { sel, .. } => tree.ident(*sel),
        _ if sema.scopes(body.decl).of_ident(expr).is_none() => tree.ident(expr),
        _ => None,
    };
    name.is_some_and(|name| name.starts_with("Err") || name.starts_with("err")) && sema.type_of(body.decl, expr) == Type::ERROR
}
