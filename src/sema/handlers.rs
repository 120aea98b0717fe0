//! Which functions are called from outside, once for each request?
//!
//! ```go
//! func list(w http.ResponseWriter, r *http.Request) { … } // the facts say so of functions with these parameters
//! ```
//!
//! Not here: whether a program registers the function (`module`).

use super::Sema;
use crate::ast::{Expr, ExprId, FieldList};
use crate::project::DeclId;

impl<'p> Sema<'p> {
    /// The types of a function's or function literal's parameters, as the facts write them.
    pub fn param_keys(&self, decl: DeclId, lit: Option<ExprId>) -> Vec<String> {
        let fields = self.params(decl, lit).map_or(&[][..], |params| &params.fields);
        let key = |ty: ExprId| match self.key_of(decl, ty) {
            // Its package is nowhere to be found.
            key if key.is_empty() => self.written(decl, ty).unwrap_or_default(),
            key => key,
        };
        let keys = fields.iter().map(|field| (key(field.ty).to_string(), field.names.len().max(1)));
        keys.flat_map(|(key, count)| std::iter::repeat_n(key, count)).collect()
    }

    fn params(&self, decl: DeclId, lit: Option<ExprId>) -> Option<&'p FieldList> {
        let tree = self.tree(decl);
        let ty = match lit {
            Some(lit) => match *tree.expr(lit) {
                Expr::FuncLit { ty, .. } => ty,
                _ => return None,
            },
            None => tree.func()?.ty,
        };
        match tree.expr(ty) {
            Expr::FuncType { params, .. } => Some(params),
            _ => None,
        }
    }

    /// Whether a function or function literal has the parameters of one that is called for each request.
    pub fn is_handler(&self, decl: DeclId, lit: Option<ExprId>) -> bool {
        self.facts.is_handler(&self.param_keys(decl, lit))
    }
}
