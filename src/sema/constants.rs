//! Which number is a constant expression, and how long is a slice whose literal nobody changes?
//!
//! ```go
//! const tries = 3
//! var networks = []string{"udp", "tcp"} // unexported, never written again: its length is 2
//! ```
//!
//! Not here: `iota`, floating point, constants of other packages that were not read.

use super::{Fuel, LocalKind, Object, Sema, Steps, Value, once_in};
use crate::ast::{BranchTok, Expr, ExprId, LitKind, Node, Op, SpecKind, Stmt, StmtId};
use crate::parse::DeclKind;
use crate::project::DeclId;

impl Sema<'_> {
    /// The value of a constant integer expression.
    pub fn int(&self, decl: DeclId, expr: ExprId) -> Option<i64> {
        self.constant(decl, expr, Steps::new().fuel(32))
    }

    pub(super) fn constant(&self, decl: DeclId, expr: ExprId, fuel: Fuel<'_>) -> Option<i64> {
        let fuel = fuel.step()?;
        let tree = self.tree(decl);
        match tree.expr(expr) {
            Expr::Paren { x } => self.constant(decl, *x, fuel),
            Expr::BasicLit(LitKind::Int) => {
                let range = tree.expr_range(expr);
                int_literal(self.project.file(decl.file).source.slice(range.start, range.end))
            }
            Expr::Unary { op: Op::Sub, x } => self.constant(decl, *x, fuel)?.checked_neg(),
            Expr::Binary { op, x, y } => {
                let (x, y) = (self.constant(decl, *x, fuel)?, self.constant(decl, *y, fuel)?);
                match op {
                    Op::Add => x.checked_add(y),
                    Op::Sub => x.checked_sub(y),
                    Op::Mul => x.checked_mul(y),
                    Op::Quo => x.checked_div(y),
                    Op::Rem => x.checked_rem(y),
                    Op::Shl => u32::try_from(y).ok().filter(|&y| y < 62).and_then(|y| x.checked_mul(1 << y)),
                    _ => None,
                }
            }
            Expr::Ident(name) => match self.object(decl, expr) {
                Object::Local(id) => {
                    let local = self.scopes(decl).local(id);
                    match (local.kind, local.writes.first().map(|write| write.value)) {
                        (LocalKind::Const, Some(Value::Expr(value))) => self.constant(decl, value, fuel),
                        _ => None,
                    }
                }
                Object::Package(decls) => self.constant_decl(&decls, name, fuel),
                _ => None,
            },
            Expr::Selector { x, sel } => match self.object(decl, *x) {
                Object::Import(path) => {
                    let name = tree.ident(*sel)?;
                    self.constant_decl(&self.lookup_path(path, name, Some(decl.file)), name, fuel)
                }
                _ => None,
            },
            Expr::Call { args, .. } => match (self.callee_with(decl, expr, fuel), &**args) {
                (super::Callee::Conversion(_), [arg]) => self.constant(decl, *arg, fuel),
                (super::Callee::Builtin(name), [arg]) if name == "len" => {
                    self.length_with(decl, *arg, fuel).and_then(|n| i64::try_from(n).ok())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A package-level constant; where build variants disagree, the largest, for it is asked for as a bound.
    fn constant_decl(&self, decls: &[DeclId], name: &str, fuel: Fuel<'_>) -> Option<i64> {
        let values = decls.iter().map(|&id| {
            if self.project.decl(id).kind != DeclKind::Const {
                return None;
            }
            let (_, spec, at) = self.spec_of(id, name)?;
            match &spec.kind {
                SpecKind::Value { values, .. } => self.constant(id, *values.get(at)?, fuel),
                _ => None,
            }
        });
        values.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// How many elements a `range` over the expression has at most: a literal, an array, a variable whose literal nobody changes, or
    /// a constant string.
    pub fn length(&self, decl: DeclId, expr: ExprId) -> Option<u64> {
        self.length_with(decl, expr, Steps::new().fuel(32))
    }

    fn length_with(&self, decl: DeclId, expr: ExprId, fuel: Fuel<'_>) -> Option<u64> {
        let fuel = fuel.step()?;
        let tree = self.tree(decl);
        let expr = tree.unparen(expr);
        match tree.expr(expr) {
            Expr::CompositeLit { elts, .. } => self.literal_length(decl, expr, elts, fuel),
            Expr::BasicLit(LitKind::String) => {
                let range = tree.expr_range(expr);
                Some(u64::from(range.end - range.start).saturating_sub(2))
            }
            Expr::Ident(name) => match self.object(decl, expr) {
                Object::Local(id) => self.local_length(decl, id, fuel),
                Object::Package(decls) => self.package_length(&decls, name, fuel),
                _ => None,
            }
            .or_else(|| self.array_length(decl, expr, fuel)),
            _ => self.array_length(decl, expr, fuel),
        }
    }

    fn array_length(&self, decl: DeclId, expr: ExprId, fuel: Fuel<'_>) -> Option<u64> {
        match self.underlying(self.typed(decl, expr, fuel).pointee().clone(), fuel) {
            super::Type::Array(length, _) => length,
            _ => None,
        }
    }

    /// A literal's elements; with keys such as `[]T{9: x}` more than are written, so only maps may have them.
    fn literal_length(&self, decl: DeclId, lit: ExprId, elts: &[ExprId], fuel: Fuel<'_>) -> Option<u64> {
        let tree = self.tree(decl);
        let keyed = elts.iter().any(|&elt| matches!(tree.expr(elt), Expr::KeyValue { .. }));
        match self.underlying(self.typed(decl, lit, fuel), fuel) {
            super::Type::Map(..) => Some(elts.len() as u64),
            super::Type::Array(Some(length), _) => Some(length),
            super::Type::Slice(_) | super::Type::Array(None, _) if !keyed => Some(elts.len() as u64),
            _ => None,
        }
    }

    /// The largest of all literals that a variable gets; it may also be cut shorter: `x = x[:1]`. What `x = append(x, v)` adds,
    /// where no loop repeats it, comes on top if the variable was made with a constant capacity; else what grows has no bound here.
    fn local_length(&self, decl: DeclId, id: super::LocalId, fuel: Fuel<'_>) -> Option<u64> {
        let tree = self.tree(decl);
        let local = self.scopes(decl).local(id);
        if local.address_taken || !matches!(local.kind, LocalKind::Var | LocalKind::Const) || local.writes.is_empty() {
            return None;
        }
        let mut longest = 0;
        let mut added: u64 = 0;
        // `make([]T, 0, 2)` says that a few elements are planned.
        let mut planned = false;
        for write in &local.writes {
            let length = match write.value {
                Value::Zero => 0,
                Value::Expr(value) if local.kind == LocalKind::Const => self.length_with(decl, value, fuel)?,
                Value::Expr(value) => match tree.expr(value) {
                    Expr::CompositeLit { elts, .. } => {
                        let length = self.literal_length(decl, value, elts, fuel)?;
                        // A map can be filled without being assigned.
                        let is_map = matches!(self.underlying(self.typed(decl, value, fuel), fuel), super::Type::Map(..));
                        if is_map && self.filled(decl, id) {
                            return None;
                        }
                        length
                    }
                    Expr::Slice { x, .. } if self.scopes(decl).of_ident(*x) == Some(id) => 0,
                    Expr::Call { fun, args, ellipsis } if !ellipsis && self.object(decl, *fun) == Object::Universe => {
                        match (tree.ident(*fun), &**args) {
                            (Some("make"), [ty, length, rest @ ..])
                                if matches!(self.underlying(self.typed(decl, *ty, fuel), fuel), super::Type::Slice(_)) =>
                            {
                                planned |= rest.first().is_some_and(|&capacity| self.constant(decl, capacity, fuel).is_some());
                                u64::try_from(self.constant(decl, *length, fuel)?).ok()?
                            }
                            (Some("append"), [to, values @ ..])
                                if self.scopes(decl).of_ident(*to) == Some(id) && self.runs_once_for(decl, id, write.stmt) =>
                            {
                                added = added.saturating_add(values.len() as u64);
                                0
                            }
                            _ => return None,
                        }
                    }
                    _ => return None,
                },
                _ => return None,
            };
            longest = longest.max(length);
        }
        (added == 0 || planned).then_some(longest.saturating_add(added))
    }

    /// Whether a statement runs at most once for each time the variable comes into being: no loop, label or literal is between.
    fn runs_once_for(&self, decl: DeclId, id: super::LocalId, stmt: StmtId) -> bool {
        let (tree, parents) = (self.tree(decl), self.parents(decl));
        let declared = Node::Expr(self.scopes(decl).local(id).ident);
        let repeats = |node: &Node| match *node {
            Node::Stmt(id) => matches!(tree.stmt(id), Stmt::For { .. } | Stmt::Range { .. } | Stmt::Labeled { .. }),
            Node::Expr(id) => matches!(tree.expr(id), Expr::FuncLit { .. }),
        };
        let jumps = tree.stmts.iter().any(|stmt| matches!(stmt, Stmt::Branch { tok: BranchTok::Goto, .. }));
        !jumps && parents.ancestors(Node::Stmt(stmt)).filter(repeats).all(|node| parents.within(declared, node))
    }

    /// Whether a map variable is used in any way but `range` over it, reading an element, `len` and `delete`.
    fn filled(&self, decl: DeclId, id: super::LocalId) -> bool {
        let (tree, parents) = (self.tree(decl), self.parents(decl));
        self.scopes(decl).uses(id).any(|ident| match parents.parent(Node::Expr(ident)) {
            Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                Stmt::Range { x, .. } => *x != ident,
                Stmt::Assign { lhs, .. } => !lhs.contains(&ident),
                _ => true,
            },
            _ => true,
        })
    }

    /// An unexported package variable with a literal that no declaration of the package mentions but to read it.
    fn package_length(&self, decls: &[DeclId], name: &str, fuel: Fuel<'_>) -> Option<u64> {
        let &[id] = decls else { return None };
        if name.starts_with(char::is_uppercase) || self.project.decl(id).kind != DeclKind::Var {
            return None;
        }
        let (_, spec, at) = self.spec_of(id, name)?;
        let SpecKind::Value { values, .. } = &spec.kind else { return None };
        let value = *values.get(at)?;
        let Expr::CompositeLit { elts, .. } = self.tree(id).expr(value) else { return None };
        let length = self.literal_length(id, value, elts, fuel)?;
        let is_map = matches!(self.underlying(self.typed(id, value, fuel), fuel), super::Type::Map(..));
        // Asked again for every loop over the variable, and each time it would be the whole package.
        once_in(&self.only_read, (id, at, is_map), || self.package_only_reads(id, name, is_map)).then_some(length)
    }

    /// Whether no declaration of the package but a variable's own changes its length.
    fn package_only_reads(&self, id: DeclId, name: &str, is_map: bool) -> bool {
        let package = self.project.package(self.project.file(id.file).package);
        let decls = package.files.iter().flat_map(|&file| {
            let count = self.project.file(file).outline.decls.len() as u32;
            (0..count).map(move |index| DeclId { file, index })
        });
        let mut others = decls.filter(|&other| other != id && self.project.decl(other).mentions.name(name));
        others.all(|other| if is_map { self.only_reads(other, name) } else { self.never_replaces(other, name) })
    }

    /// Whether a declaration never assigns a package variable nor takes its address. Its elements may change: the length stays.
    fn never_replaces(&self, decl: DeclId, name: &str) -> bool {
        self.mentions_of(decl, name).all(|ident| !self.is_target(decl, ident))
    }

    /// The identifiers of a declaration that mean a package-level name.
    fn mentions_of(&self, decl: DeclId, name: &str) -> impl Iterator<Item = ExprId> {
        let tree = self.tree(decl);
        let parents = self.parents(decl);
        let idents = (0..tree.exprs.len() as u32).map(ExprId).filter(move |&id| tree.ident(id) == Some(name));
        idents.filter(move |&id| match parents.parent(Node::Expr(id)) {
            Some(Node::Expr(around)) if matches!(tree.expr(around), Expr::Selector { sel, .. } if *sel == id) => false,
            _ => matches!(self.object(decl, id), Object::Package(_)),
        })
    }

    /// Whether a declaration's mentions of a package variable are all `range x`, `len(x)` or `x[i]` on the right side.
    fn only_reads(&self, decl: DeclId, name: &str) -> bool {
        let (tree, parents) = (self.tree(decl), self.parents(decl));
        self.mentions_of(decl, name).all(|ident| match parents.parent(Node::Expr(ident)) {
            Some(Node::Stmt(stmt)) => matches!(tree.stmt(stmt), Stmt::Range { x, .. } if *x == ident),
            Some(Node::Expr(around)) => match tree.expr(around) {
                Expr::Call { fun, .. } => tree.ident(*fun) == Some("len"),
                Expr::Index { x, .. } if *x == ident => !self.is_target(decl, around),
                _ => false,
            },
            None => false,
        })
    }

    /// Whether an expression is written to, or its address is taken.
    fn is_target(&self, decl: DeclId, expr: ExprId) -> bool {
        let tree = self.tree(decl);
        match self.parents(decl).parent(Node::Expr(expr)) {
            Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                Stmt::Assign { lhs, .. } => lhs.contains(&expr),
                Stmt::IncDec { .. } => true,
                Stmt::Range { key, value, .. } => *key == Some(expr) || *value == Some(expr),
                _ => false,
            },
            Some(Node::Expr(around)) => matches!(tree.expr(around), Expr::Unary { op: Op::And, .. } | Expr::Paren { .. }),
            None => false,
        }
    }
}

/// An integer literal as Go writes it: `10`, `0x1f`, `0o17`, `017`, `0b1`, `1_000`.
fn int_literal(text: &str) -> Option<i64> {
    let text = text.replace('_', "");
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    i64::from_str_radix(digits, radix).ok()
}
