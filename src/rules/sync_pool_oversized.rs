//! `rules/sync-pool-oversized.md`: a buffer that has grown goes back into its pool, however large it is.
//!
//! ```go
//! io.Copy(b, r); s := b.String(); pool.Put(b)
//! ```

use super::retention::buffers;
use crate::ast::{Expr, ExprId, Node, Op};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId};

pub(super) const RULE: Rule = Rule { id: "sync-pool-oversized", page: include_str!("../../rules/sync-pool-oversized.md"), check };

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.name("Put")) {
        for &call in &pass.project().tree(decl).index.calls {
            let finding = judge(pass, decl, call);
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Expr::Call { fun, args, .. } = tree.expr(call) else { return None };
    let (Expr::Selector { sel, .. }, &[arg]) = (tree.expr(tree.unparen(*fun)), &args[..]) else { return None };
    if tree.ident(*sel) != Some("Put") || !matches!(sema.callee(decl, call), Callee::Function(function) if function.key == "sync.Pool.Put")
    {
        return None;
    }
    let arg = match *tree.expr(tree.unparen(arg)) {
        Expr::Unary { op: Op::And, x } => x,
        _ => arg,
    };
    let local = pass.summaries.local_of(decl, arg)?;
    if !buffers::is_buffer(pass, sema.type_of_local(decl, local)) || is_measured(pass, decl, local) {
        return None;
    }
    let filled = buffers::grows(pass, decl, local)?;
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(call)),
        function: pass.function_name(decl),
        message: format!("`{}` goes back into the pool however large it has grown", sema.scopes(decl).local(local).name),
        severity: pass.severity,
        confidence: Confidence::Medium,
        labels: vec![Label { span: pass.span(decl, Node::Expr(filled)), text: "it grows here by what it is given".to_owned() }],
        help: Some("put it back only if its capacity is small, as package fmt does: `if b.Cap() <= 64<<10`".to_owned()),
        fix: None,
    })
}

/// Whether the function compares the buffer's length or capacity with something.
fn is_measured(pass: &Pass, decl: DeclId, local: LocalId) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    tree.index.calls.iter().any(|&call| {
        let Expr::Call { fun, args, .. } = tree.expr(call) else { return false };
        let of = match (tree.expr(tree.unparen(*fun)), &args[..]) {
            (Expr::Selector { x, sel }, []) if matches!(tree.ident(*sel), Some("Cap" | "Len")) => *x,
            (Expr::Ident(name), &[of]) if matches!(&**name, "cap" | "len") => of,
            _ => return false,
        };
        pass.summaries.root(decl, of) == Some(local)
            && parents.ancestors(Node::Expr(call)).take(4).any(|around| match around {
                Node::Expr(id) => {
                    matches!(tree.expr(id), Expr::Binary { op: Op::Lss | Op::Leq | Op::Gtr | Op::Geq | Op::Eql | Op::Neq, .. })
                }
                Node::Stmt(_) => false,
            })
    })
}
