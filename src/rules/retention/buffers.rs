//! Does a buffer grow by as much as it is given?
//!
//! ```go
//! io.Copy(b, r)                 // by what there is to read
//! json.NewEncoder(b).Encode(v)  // by what v is
//! *p = append(*p, x...)         // by what x is
//! b.WriteString("ok")           // two bytes
//! ```
//!
//! Not here: what becomes of the buffer.

use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, LocalKind, Type};

/// Functions that make what writes without a bound to its first argument.
const WRITERS: [&str; 4] =
    ["encoding/json.NewEncoder", "encoding/gob.NewEncoder", "encoding/xml.NewEncoder", "text/template.Template.Execute"];

/// Whether values of a type are buffers, or pointers to buffers.
pub(in crate::rules) fn is_buffer(pass: &Pass, ty: Type) -> bool {
    let sema = pass.sema();
    let of = sema.pointee(ty);
    sema.key(of) == "bytes.Buffer" || (pass.summaries.is_text(of) && !pass.summaries.is_string(of))
}

/// The call by which a buffer, a variable, grows by what it is given.
pub(in crate::rules) fn grows(pass: &Pass, decl: DeclId, local: LocalId) -> Option<ExprId> {
    let is_it = |expr: ExprId| pass.summaries.root(decl, expr) == Some(local);
    pass.project().tree(decl).index.calls.iter().copied().find(|&call| fills(pass, decl, call, &is_it))
}

/// Whether a call makes a buffer grow by what it is given.
pub(in crate::rules) fn fills(pass: &Pass, decl: DeclId, call: ExprId, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let Expr::Call { args, ellipsis, .. } = tree.expr(call) else { return false };
    match sema.callee(decl, call) {
        // p = append(p, x...)
        Callee::Builtin("append") => {
            let back = match parents.parent(Node::Expr(call)) {
                Some(Node::Stmt(stmt)) => matches!(tree.stmt(stmt), Stmt::Assign { lhs, .. } if lhs.iter().any(|&target| is_it(target))),
                _ => false,
            };
            *ellipsis && back && args.first().is_some_and(|&to| is_it(to)) && args.last().is_some_and(|&from| is_given(pass, decl, from))
        }
        Callee::Function(function) => {
            let first = || args.first().is_some_and(|&arg| is_it(arg));
            let filled = || match function.name() {
                "ReadFrom" => function.receiver.is_some_and(is_it),
                _ => first(),
            };
            let is_fill = || sema.facts.effects(&function.key).iter().any(|effect| effect.kind == crate::facts::EffectKind::Fills);
            (WRITERS.contains(&&*function.key) && first()) || (is_fill() && filled())
        }
        _ => false,
    }
}

/// Whether a value comes from outside of the function: a parameter, or an element of one.
fn is_given(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let Some(root) = pass.summaries.root(decl, value) else { return false };
    let local = pass.sema().scopes(decl).local(root);
    let of_given = |of: ExprId| {
        let root = pass.summaries.root(decl, of).map(|root| pass.sema().scopes(decl).local(root).kind);
        matches!(root, Some(LocalKind::Param(_) | LocalKind::Receiver))
    };
    match local.kind {
        LocalKind::Param(_) | LocalKind::Receiver => true,
        _ => local.writes.iter().any(|write| match write.value {
            crate::sema::Value::Element(of) => of_given(of),
            _ => false,
        }),
    }
}
