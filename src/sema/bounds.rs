//! How long is a list at most, and which value has a constant?
//!
//! ```go
//! var nets = []string{"udp", "tcp"} // unexported, never written again: its length is 2
//! ```
//!
//! Not here: how constants are computed (`types`).

use super::{LocalKind, Object, Sema, Value, once_in};
use crate::ast::{BranchTok, Expr, ExprId, LitKind, Node, Op, Stmt, StmtId};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::types::{Global, Kind, LocalId};

/// Through how many variables a length is followed.
const STEPS: u32 = 8;

impl Sema<'_> {
    /// The value of a constant integer expression.
    pub fn int(&self, decl: DeclId, expr: ExprId) -> Option<i64> {
        self.types.info(decl).constant(expr)?.as_i64()
    }

    /// How many elements a `range` over the expression has at most: a literal, an array, a variable whose literal nobody changes, or
    /// a constant string.
    pub fn length(&self, decl: DeclId, expr: ExprId) -> Option<u64> {
        self.length_with(decl, expr, STEPS)
    }

    fn length_with(&self, decl: DeclId, expr: ExprId, steps: u32) -> Option<u64> {
        let steps = steps.checked_sub(1)?;
        let tree = self.tree(decl);
        let expr = tree.unparen(expr);
        match tree.expr(expr) {
            Expr::CompositeLit { elts, .. } => self.literal_length(decl, expr, elts),
            Expr::BasicLit(LitKind::String) => self.types.info(decl).constant(expr)?.length(),
            Expr::Ident(name) => match self.object(decl, expr) {
                Object::Local(id) => self.local_length(decl, id, steps),
                Object::Package(global) => self.package_length(global, name),
                _ => None,
            }
            .or_else(|| self.array_length(decl, expr)),
            _ => self.array_length(decl, expr),
        }
    }

    fn array_length(&self, decl: DeclId, expr: ExprId) -> Option<u64> {
        match self.behind(self.pointee(self.type_of(decl, expr))) {
            Kind::Array(length, _) => *length,
            _ => None,
        }
    }

    /// A literal's elements; with keys such as `[]T{9: x}` more than are written, so only maps may have them.
    fn literal_length(&self, decl: DeclId, lit: ExprId, elts: &[ExprId]) -> Option<u64> {
        let tree = self.tree(decl);
        let keyed = elts.iter().any(|&elt| matches!(tree.expr(elt), Expr::KeyValue { .. }));
        match self.behind(self.type_of(decl, lit)) {
            Kind::Map(..) => Some(elts.len() as u64),
            Kind::Array(Some(length), _) => Some(*length),
            Kind::Slice(_) | Kind::Array(None, _) if !keyed => Some(elts.len() as u64),
            _ => None,
        }
    }

    fn is_map(&self, decl: DeclId, expr: ExprId) -> bool {
        matches!(self.behind(self.type_of(decl, expr)), Kind::Map(..))
    }

    /// The largest of all literals that a variable gets; it may also be cut shorter: `x = x[:1]`. What `x = append(x, v)` adds,
    /// where no loop repeats it, comes on top if the variable was made with a constant capacity; else what grows has no bound here.
    fn local_length(&self, decl: DeclId, id: LocalId, steps: u32) -> Option<u64> {
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
                Value::Expr(value) if local.kind == LocalKind::Const => self.length_with(decl, value, steps)?,
                Value::Expr(value) => match tree.expr(value) {
                    Expr::CompositeLit { elts, .. } => {
                        let length = self.literal_length(decl, value, elts)?;
                        // A map can be filled without being assigned.
                        let is_map = self.is_map(decl, value);
                        if is_map && self.filled(decl, id) {
                            return None;
                        }
                        length
                    }
                    Expr::Slice { x, .. } if self.scopes(decl).of_ident(*x) == Some(id) => 0,
                    Expr::Call { fun, args, ellipsis } if !ellipsis && self.object(decl, *fun) == Object::Universe => {
                        match (tree.ident(*fun), &**args) {
                            (Some("make"), [ty, length, rest @ ..]) if matches!(self.behind(self.type_of(decl, *ty)), Kind::Slice(_)) => {
                                planned |= rest.first().is_some_and(|&capacity| self.int(decl, capacity).is_some());
                                u64::try_from(self.int(decl, *length)?).ok()?
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
    fn runs_once_for(&self, decl: DeclId, id: LocalId, stmt: StmtId) -> bool {
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
    fn filled(&self, decl: DeclId, id: LocalId) -> bool {
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
    fn package_length(&self, global: Global, name: &str) -> Option<u64> {
        if name.starts_with(char::is_uppercase) || self.project.decl(global.decl).kind != DeclKind::Var {
            return None;
        }
        let value = self.types.initial_value(global)?;
        let Expr::CompositeLit { elts, .. } = self.tree(global.decl).expr(value) else { return None };
        let length = self.literal_length(global.decl, value, elts)?;
        let is_map = self.is_map(global.decl, value);
        // Asked again for every loop over the variable, and each time it would be the whole package.
        once_in(&self.only_read, (global, is_map), || self.package_only_reads(global.decl, name, is_map)).then_some(length)
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
