//! At most how often does a loop turn? A bound that the source proves, or none.
//!
//! ```go
//! for i := 0; i < 4; i++ {}             // 4
//! for _, s := range []string{"a", "b"} {} // 2
//! for i := 0; i < n; i++ {}             // none, unless n is a constant
//! ```
//!
//! What needs names is asked through [`Constants`]: constant values, lengths of variables whose initialiser is known, and whether two
//! identifiers are one variable. The bound counts turns, not what else ends the loop.
//!
//! Not here: loops whose bound is data, nested loops (multiply), loops made by `goto`.

use crate::ast::{AssignOp, Expr, ExprId, LitKind, Node, Op, Stmt, StmtId, Tree};

/// What the names in a tree mean, as far as a bound needs it. `None` and `false` are always safe answers but for
/// [`Constants::same_variable`], which must be `true` where two identifiers may be one variable.
pub trait Constants {
    /// The value of a constant integer expression.
    fn int(&self, expr: ExprId) -> Option<i64>;
    /// The length of what an expression is, if it is always the same: a constant string, an array, a slice or map whose variable has a
    /// literal initialiser and is never changed.
    fn length(&self, expr: ExprId) -> Option<u64>;
    /// Whether two identifiers are the same variable.
    fn same_variable(&self, a: ExprId, b: ExprId) -> bool;
}

/// The most turns that a `For` or `Range` statement makes each time it is entered.
pub fn trip_count(tree: &Tree, loop_stmt: StmtId, env: &dyn Constants) -> Option<u64> {
    match *tree.stmt(loop_stmt) {
        Stmt::Range { x, .. } => range_count(tree, x, env),
        Stmt::For { init: Some(init), cond: Some(cond), post: Some(post), body } => {
            let counter = Counter::of(tree, post, env)?;
            let start = counter.start(tree, init, env)?;
            if counter.is_written_in(tree, body, env) {
                return None;
            }
            let leaves = conjuncts(tree, cond);
            if leaves.iter().any(|&leaf| counter.is_written_below(tree, Node::Expr(leaf), env)) {
                return None;
            }
            leaves.into_iter().filter_map(|leaf| counter.turns(tree, start, leaf, env)).min()
        }
        _ => None,
    }
}

/// `i++`, `i -= 2`: the variable that counts, and its step.
struct Counter {
    variable: ExprId,
    step: i64,
}

/// The value a counter starts with.
#[derive(Clone, Copy)]
struct Start {
    value: i64,
    /// The counter is an `int` for certain, and not a narrower or unsigned type that wraps around sooner.
    int: bool,
}

impl Counter {
    fn of(tree: &Tree, post: StmtId, env: &dyn Constants) -> Option<Counter> {
        let (variable, step) = match tree.stmt(post) {
            Stmt::IncDec { x, inc } => (*x, if *inc { 1 } else { -1 }),
            Stmt::Assign { lhs, op, rhs } => {
                let (&[variable], &[value]) = (&**lhs, &**rhs) else { return None };
                (variable, step_of(tree, variable, *op, value, env)?)
            }
            _ => return None,
        };
        let variable = tree.unparen(variable);
        tree.ident(variable)?;
        (step != 0).then_some(Counter { variable, step })
    }

    /// What `i := a` gives the counter. Only `:=`: then no other code knows the variable.
    fn start(&self, tree: &Tree, init: StmtId, env: &dyn Constants) -> Option<Start> {
        let Stmt::Assign { lhs, op: AssignOp::Define, rhs } = tree.stmt(init) else { return None };
        let at = lhs.iter().position(|&name| self.is(tree, name, env)).filter(|_| lhs.len() == rhs.len())?;
        Some(Start { value: int(tree, rhs[at], env)?, int: is_plain(tree, rhs[at]) })
    }

    fn is(&self, tree: &Tree, expr: ExprId, env: &dyn Constants) -> bool {
        let expr = tree.unparen(expr);
        tree.ident(expr).is_some() && tree.ident(expr) == tree.ident(self.variable) && env.same_variable(expr, self.variable)
    }

    /// Whether the loop's body may change the counter: assigns to it, takes its address, or calls a method of it.
    fn is_written_in(&self, tree: &Tree, body: StmtId, env: &dyn Constants) -> bool {
        self.is_written_below(tree, Node::Stmt(body), env)
    }

    fn is_written_below(&self, tree: &Tree, root: Node, env: &dyn Constants) -> bool {
        let mut written = false;
        tree.walk(root, |node| {
            written |= match node {
                Node::Expr(id) => match tree.expr(id) {
                    Expr::Unary { op: Op::And, x } | Expr::Selector { x, .. } => self.is(tree, *x, env),
                    _ => false,
                },
                Node::Stmt(id) => match tree.stmt(id) {
                    Stmt::Assign { lhs, .. } => lhs.iter().any(|&x| self.is(tree, x, env)),
                    Stmt::IncDec { x, .. } => self.is(tree, *x, env),
                    Stmt::Range { key, value, .. } => key.iter().chain(value).any(|&x| self.is(tree, x, env)),
                    _ => false,
                },
            };
            !written
        });
        written
    }

    /// How many turns `cond` allows.
    fn turns(&self, tree: &Tree, start: Start, cond: ExprId, env: &dyn Constants) -> Option<u64> {
        let Expr::Binary { op, x, y } = *tree.expr(cond) else { return None };
        let (op, bound) = match (self.is(tree, x, env), self.is(tree, y, env)) {
            (true, false) => (op, int(tree, y, env)?),
            (false, true) => (mirrored(op)?, int(tree, x, env)?),
            _ => return None,
        };
        let (value, bound, step) = (i128::from(start.value), i128::from(bound), i128::from(self.step));
        // The first value at which the loop ends lies `distance` behind the start, or a little further.
        let distance = match (op, step > 0) {
            (Op::Lss, true) => bound - value,
            (Op::Leq, true) => bound - value + 1,
            (Op::Gtr, false) => value - bound,
            (Op::Geq, false) => value - bound + 1,
            (Op::Neq, up) => {
                if up {
                    bound - value
                } else {
                    value - bound
                }
            }
            _ => return None,
        };
        if op == Op::Neq && (distance < 0 || distance % step.abs() != 0) {
            return None;
        }
        if distance <= 0 {
            return Some(0);
        }
        let turns = (distance + step.abs() - 1) / step.abs();
        let last = value + turns * step;
        (op == Op::Neq || !wraps(bound, last, start.int)).then_some(turns as u64)
    }
}

/// Whether a type's range may end between the bound, which is in it, and the last value, so that the counter never gets there:
/// `for i := uint8(0); i <= 255; i++`.
fn wraps(bound: i128, last: i128, int: bool) -> bool {
    // An `int` has 32 or 64 bits.
    let bits: &[u32] = if int { &[32, 64] } else { &[8, 16, 32, 64] };
    if last > bound {
        let ends = |max: i128| bound <= max && max < last;
        bits.iter().any(|&bits| ends((1 << (bits - 1)) - 1) || (!int && ends((1 << bits) - 1)))
    } else {
        let ends = |min: i128| last < min && min <= bound;
        bits.iter().any(|&bits| ends(-(1 << (bits - 1)))) || (!int && ends(0))
    }
}

/// The step of `i += c`, `i -= c`, `i = i + c`, `i = i - c`.
fn step_of(tree: &Tree, variable: ExprId, op: AssignOp, value: ExprId, env: &dyn Constants) -> Option<i64> {
    match (op, tree.expr(tree.unparen(value))) {
        (AssignOp::Op(Op::Add), _) => int(tree, value, env),
        (AssignOp::Op(Op::Sub), _) => int(tree, value, env)?.checked_neg(),
        (AssignOp::Assign, &Expr::Binary { op, x, y }) => {
            let own = |x| tree.ident(tree.unparen(x)).is_some() && env.same_variable(tree.unparen(x), tree.unparen(variable));
            match op {
                Op::Add if own(x) => int(tree, y, env),
                Op::Add if own(y) => int(tree, x, env),
                Op::Sub if own(x) => int(tree, y, env)?.checked_neg(),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `y > x` of `x < y`.
pub fn mirrored(op: Op) -> Option<Op> {
    match op {
        Op::Eql => Some(Op::Eql),
        Op::Lss => Some(Op::Gtr),
        Op::Leq => Some(Op::Geq),
        Op::Gtr => Some(Op::Lss),
        Op::Geq => Some(Op::Leq),
        Op::Neq => Some(Op::Neq),
        _ => None,
    }
}

/// The operands of `a && b && c`: each must hold for another turn.
fn conjuncts(tree: &Tree, cond: ExprId) -> Vec<ExprId> {
    let mut leaves = Vec::new();
    let mut stack = vec![cond];
    while let Some(cond) = stack.pop() {
        let cond = tree.unparen(cond);
        match *tree.expr(cond) {
            Expr::Binary { op: Op::LAnd, x, y } => stack.extend([y, x]),
            _ => leaves.push(cond),
        }
    }
    leaves
}

/// An integer that is constant.
fn int(tree: &Tree, expr: ExprId, env: &dyn Constants) -> Option<i64> {
    env.int(tree.unparen(expr))
}

/// Whether an expression is made of integer literals alone, so that a variable defined with it is an `int`.
fn is_plain(tree: &Tree, expr: ExprId) -> bool {
    let mut plain = true;
    tree.walk(Node::Expr(expr), |node| {
        plain &= match node {
            Node::Expr(id) => {
                matches!(tree.expr(id), Expr::BasicLit(LitKind::Int) | Expr::Paren { .. } | Expr::Unary { .. } | Expr::Binary { .. })
            }
            Node::Stmt(_) => false,
        };
        plain
    });
    plain
}

/// The most elements that `range x` goes through.
fn range_count(tree: &Tree, x: ExprId, env: &dyn Constants) -> Option<u64> {
    let x = tree.unparen(x);
    match *tree.expr(x) {
        // range &[3]T{..}
        Expr::Unary { op: Op::And, x } => literal_count(tree, tree.unparen(x), env).or_else(|| env.length(tree.unparen(x))),
        // range s[1:3], range array[:]
        Expr::Slice { x: of, low, high, .. } => {
            let low = low.map_or(Some(0), |low| int(tree, low, env))?;
            let high = match high {
                Some(high) => int(tree, high, env)?,
                None => i64::try_from(range_count(tree, of, env)?).ok()?,
            };
            u64::try_from(high.checked_sub(low)?).ok()
        }
        _ => {
            let counted = literal_count(tree, x, env).or_else(|| env.length(x));
            // range 10; a negative number is no turn.
            counted.or_else(|| env.int(x).map(|count| u64::try_from(count).unwrap_or(0)))
        }
    }
}

/// The length of a literal whose type says what it is: `[]T{..}`, `[n]T{..}`, `map[K]V{..}`.
fn literal_count(tree: &Tree, x: ExprId, env: &dyn Constants) -> Option<u64> {
    let Expr::CompositeLit { ty: Some(ty), ref elts } = *tree.expr(x) else { return None };
    match *tree.expr(tree.unparen(ty)) {
        Expr::MapType { .. } => Some(elts.len() as u64),
        Expr::ArrayType { len: Some(len), .. } if !matches!(tree.expr(len), Expr::Ellipsis { .. }) => {
            u64::try_from(int(tree, len, env)?).ok()
        }
        Expr::ArrayType { .. } => last_index(tree, elts, env),
        _ => None,
    }
}

/// The length of `{a, b}` or `{5: a, b}`.
fn last_index(tree: &Tree, elts: &[ExprId], env: &dyn Constants) -> Option<u64> {
    let (mut next, mut length) = (0u64, 0u64);
    for &elt in elts {
        if let Expr::KeyValue { key, .. } = *tree.expr(elt) {
            next = u64::try_from(int(tree, key, env)?).ok()?;
        }
        next = next.checked_add(1)?;
        length = length.max(next);
    }
    Some(length)
}

#[cfg(test)]
mod tests;
