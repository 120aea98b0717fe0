//! Which slice does an expression name? `*h`, `h.array`, and a variable that was set to one of them, are the same.
//!
//! ```go
//! old := *h
//! *h = old[:n-1] // old is *h
//! ```
//!
//! Not here: elements and results of calls, which have no name.

use crate::ast::{Expr, ExprId};
use crate::project::DeclId;
use crate::sema::{LocalId, Object, Value};
use crate::summary::Summaries;
use crate::types::Kind;
use compact_str::CompactString;

/// How many fields and variables a name may have.
const STEPS: usize = 12;

/// A slice's name: where it begins, and the fields to it, the last one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    root: Root,
    fields: Vec<CompactString>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    Local(LocalId),
    Package(CompactString),
}

/// Names in one declaration.
pub(super) struct Paths<'a, 'p> {
    summaries: &'a Summaries<'p>,
    pub(super) decl: DeclId,
}

impl<'a, 'p> Paths<'a, 'p> {
    pub(super) fn new(summaries: &'a Summaries<'p>, decl: DeclId) -> Paths<'a, 'p> {
        Paths { summaries, decl }
    }

    pub(super) fn of(&self, expr: ExprId) -> Option<Path> {
        let sema = &self.summaries.sema;
        let tree = sema.tree(self.decl);
        let mut fields = Vec::new();
        let mut expr = expr;
        for _ in 0..STEPS {
            expr = match *tree.expr(expr) {
                Expr::Paren { x } | Expr::Star { x } => x,
                Expr::Selector { x, sel } => {
                    fields.push(tree.ident(sel)?.into());
                    if let Object::Import(path) = sema.object(self.decl, x) {
                        return Some(Path { root: Root::Package(path.into()), fields });
                    }
                    x
                }
                Expr::Ident(ref name) => match sema.object(self.decl, expr) {
                    Object::Package(_) => return Some(Path { root: Root::Package(name.clone()), fields }),
                    Object::Local(local) => match self.other_name(local) {
                        Some(other) => other,
                        None => return Some(Path { root: Root::Local(local), fields }),
                    },
                    _ => return None,
                },
                _ => return None,
            };
        }
        None
    }

    /// The expression that a variable of slice type is another name for.
    fn other_name(&self, local: LocalId) -> Option<ExprId> {
        let sema = &self.summaries.sema;
        if !matches!(sema.behind(sema.type_of_local(self.decl, local)), Kind::Slice(_)) {
            return None;
        }
        match sema.scopes(self.decl).local(local).writes[..] {
            [write] => match write.value {
                Value::Expr(value) => {
                    let named = matches!(sema.tree(self.decl).expr(value), Expr::Star { .. } | Expr::Selector { .. } | Expr::Ident(_));
                    named.then_some(value)
                }
                _ => None,
            },
            _ => None,
        }
    }
}
