//! What are the results of one of the module's functions: something large, a part of what it got?
//!
//! ```go
//! func read(r io.Reader) ([]byte, error) { return io.ReadAll(r) } // result 0 is large
//! func head(b []byte) []byte { return b[:4] }                   // four bytes of the parameter
//! ```
//!
//! The question is asked to accuse the caller, so every `return` must say the same, or nothing: nil, or a result of zero.
//!
//! Not here: what the caller does with it.

use super::{Source, Window};
use crate::ast::{Expr, ExprId, LitKind, Node, Stmt, StmtId};
use crate::project::DeclId;
use crate::sema::once_in;
use crate::summary::{Slot, Summaries};
use crate::types::Kind;
use std::sync::Arc;

/// What a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::summary) enum Returned {
    Unknown,
    Big { window: Window, sure: bool },
    Part { slot: Slot, window: Window, sure: bool },
}

impl Summaries<'_> {
    /// What the results of a function are, looking through at most `depth` further calls.
    pub(super) fn returned(&self, decl: DeclId, depth: u8) -> Arc<Vec<Returned>> {
        once_in(&self.returned, (decl, depth), || {
            let tree = self.sema.tree(decl);
            let Some((body, ty)) = tree.func().and_then(|func| Some((func.body?, func.ty))) else { return Arc::default() };
            let Expr::FuncType { results: Some(results), .. } = tree.expr(ty) else { return Arc::default() };
            let types = results.fields.iter().flat_map(|field| {
                let ty = self.sema.type_of(decl, field.ty);
                std::iter::repeat_n(ty, field.names.len().max(1))
            });
            let returns = self.returns_of(decl, body);
            let one = |(at, ty)| if self.is_list(ty) { self.joined(decl, &returns, at, depth) } else { Returned::Unknown };
            Arc::new(types.enumerate().map(one).collect())
        })
    }

    /// The operands of the `return` statements of a body, without those of function literals.
    pub fn returns_of(&self, decl: DeclId, body: StmtId) -> Vec<(StmtId, Vec<ExprId>)> {
        let tree = self.sema.tree(decl);
        let mut returns = Vec::new();
        tree.walk(Node::Stmt(body), |node| {
            match node {
                Node::Stmt(id) => {
                    if let Stmt::Return { results } = tree.stmt(id) {
                        returns.push((id, results.to_vec()));
                    }
                }
                Node::Expr(id) => return !matches!(tree.expr(id), Expr::FuncLit { .. }),
            }
            true
        });
        returns
    }

    fn joined(&self, decl: DeclId, returns: &[(StmtId, Vec<ExprId>)], at: usize, depth: u8) -> Returned {
        let mut joined = None;
        for (_, results) in returns {
            // `return` alone, or `return f()` of several results.
            let found = match results[..] {
                [call] if at > 0 || self.is_several(decl, call) => self.result_of(decl, call, at as u32, depth),
                _ => match results.get(at) {
                    Some(&result) if self.is_nothing(decl, result) => continue,
                    Some(&result) => self.one(decl, result, depth),
                    None => Returned::Unknown,
                },
            };
            match joined {
                None => joined = Some(found),
                Some(known) if known == found => {}
                Some(_) => return Returned::Unknown,
            }
        }
        joined.unwrap_or(Returned::Unknown)
    }

    fn is_several(&self, decl: DeclId, expr: ExprId) -> bool {
        matches!(self.sema.types.kind(self.sema.type_of(decl, expr)), Kind::Tuple(all) if all.len() > 1)
    }

    /// Whether a result has no memory: nil, `""`, a literal.
    fn is_nothing(&self, decl: DeclId, expr: ExprId) -> bool {
        let tree = self.sema.tree(decl);
        self.is_nil(decl, expr)
            || match tree.expr(tree.unparen(expr)) {
                Expr::BasicLit(LitKind::String) => true,
                Expr::CompositeLit { elts, .. } => elts.is_empty(),
                _ => false,
            }
    }

    fn one(&self, decl: DeclId, expr: ExprId, depth: u8) -> Returned {
        self.view_within(decl, expr, depth).map_or(Returned::Unknown, |view| Returned::of(&view))
    }

    fn result_of(&self, decl: DeclId, call: ExprId, index: u32, depth: u8) -> Returned {
        self.view_of_result(decl, call, index, depth).map_or(Returned::Unknown, |view| Returned::of(&view))
    }
}

impl Returned {
    fn of(view: &super::View) -> Returned {
        let (window, sure) = (view.window, view.sure && !view.looped);
        match view.source {
            Source::Big { .. } => Returned::Big { window, sure },
            Source::Slot(slot) => Returned::Part { slot, window, sure },
        }
    }
}
