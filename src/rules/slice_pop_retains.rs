//! `rules/slice-pop-retains.md`: a slice that is cut shorter keeps what it held in the dropped slots.
//!
//! ```go
//! old := *h; n := len(old); x := old[n-1]; *h = old[:n-1]; return x // old[n-1] is still there
//! ```

mod path;

use crate::ast::{AssignOp, Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::finding::{Confidence, Edit, Finding, Fix, Safety};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalKind, Type, Value};
use crate::source::Span;
use crate::types::Kind;
use path::{Path, Paths};

pub(super) const RULE: Rule = Rule { id: "slice-pop-retains", page: include_str!("../../rules/slice-pop-retains.md"), check };

/// Of a type with more parts nobody looks at all.
const MOST_PARTS: usize = 64;

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.kind == DeclKind::Func && decl.mentions.has(Keyword::SliceColon)) {
        let tree = pass.project().tree(decl);
        let stmts = (0..tree.stmts.len() as u32).map(StmtId);
        let mut paths: Option<Paths> = None;
        for stmt in stmts {
            let Stmt::Assign { lhs, op: AssignOp::Assign, rhs } = tree.stmt(stmt) else { continue };
            let (&[target], &[value]) = (&lhs[..], &rhs[..]) else { continue };
            if !matches!(tree.expr(tree.unparen(value)), Expr::Slice { .. } | Expr::Call { .. }) {
                continue;
            }
            let paths = paths.get_or_insert_with(|| Paths::new(pass.summaries, decl));
            let finding = judge(pass, paths, stmt, target, value);
            pass.findings.extend(finding);
        }
    }
    if !pass.findings.is_empty() && pass.is_short_lived() {
        pass.findings.clear();
    }
}

/// What is cut off.
#[derive(Clone, Copy)]
enum Cut {
    /// The last one: `s[:len(s)-1]`.
    Last {
        of: ExprId,
        high: ExprId,
    },
    Tail,
    Head,
    /// `append(s[:i], s[i+1:]...)`
    Middle,
}

fn judge(pass: &Pass, paths: &Paths, stmt: StmtId, target: ExprId, value: ExprId) -> Option<Finding> {
    let (sema, decl) = (pass.sema(), paths.decl);
    let path = paths.of(target).filter(|_| !is_own(pass, decl, target))?;
    let cut = cut(pass, paths, &path, value)?;
    let Kind::Slice(element) = sema.behind(sema.type_of(decl, target)) else { return None };
    if !has_pointers(pass, *element) || is_cleared(pass, paths, &path) {
        return None;
    }
    let message = match cut {
        Cut::Last { .. } => "the element that is cut off stays in the slice's memory",
        Cut::Tail => "the elements that are cut off stay in the slice's memory",
        Cut::Head => "the elements in front stay in the slice's memory until it grows",
        Cut::Middle => "the last element stays in the slice's memory a second time",
    };
    let fix = match cut {
        Cut::Last { of, high } if is_nilable(pass, *element) => fix(pass, paths, &path, stmt, of, high),
        _ => None,
    };
    let help = match (&fix, cut) {
        (Some(fix), _) => format!("{} before", fix.title),
        (None, Cut::Middle) => "`slices.Delete` clears the slots that it frees, since Go 1.22".to_owned(),
        (None, _) => "clear what is cut off before: set it to its zero value, or `clear` it".to_owned(),
    };
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Stmt(stmt)),
        function: pass.function_name(decl),
        message: message.to_owned(),
        severity: pass.severity,
        confidence: Confidence::Low,
        labels: Vec::new(),
        help: Some(help),
        fix,
    })
}

/// Whether a target is a variable of the function itself, or in a struct that is one.
fn is_own(pass: &Pass, decl: DeclId, target: ExprId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Some(root) = pass.summaries.root(decl, target) else { return false };
    let local = sema.scopes(decl).local(root);
    let is_given = matches!(local.kind, LocalKind::Receiver | LocalKind::Param(_));
    let by_pointer = matches!(sema.behind(sema.type_of_local(decl, root)), Kind::Pointer(_));
    let direct = tree.ident(tree.unparen(target)).is_some();
    direct || !by_pointer || !(is_given || local.writes.iter().all(|write| is_found(pass, decl, write.value)))
}

/// Whether a value was there before: an element, a field, what a call gave.
fn is_found(pass: &Pass, decl: DeclId, value: Value) -> bool {
    match value {
        Value::Expr(value) => matches!(pass.project().tree(decl).expr(value), Expr::Selector { .. } | Expr::Index { .. }),
        Value::Element(_) | Value::Key(_) => true,
        Value::Result { of, .. } => matches!(pass.project().tree(decl).expr(of), Expr::Index { .. }),
        Value::Zero | Value::Other => false,
    }
}

fn cut(pass: &Pass, paths: &Paths, path: &Path, value: ExprId) -> Option<Cut> {
    let (sema, decl) = (pass.sema(), paths.decl);
    let tree = sema.tree(decl);
    let value = tree.unparen(value);
    let zero = |expr: Option<ExprId>| expr.is_none_or(|expr| sema.int(decl, expr) == Some(0));
    match *tree.expr(value) {
        Expr::Slice { x, low, high: Some(high), .. } if zero(low) && paths.of(x).as_ref() == Some(path) => {
            let is_last = match *tree.expr(tree.unparen(high)) {
                Expr::Binary { op: Op::Sub, y, .. } => sema.int(decl, y) == Some(1),
                // s[:len(s)+1] makes it longer.
                Expr::Binary { op: Op::Add, .. } => return None,
                _ => false,
            };
            Some(if is_last { Cut::Last { of: x, high } } else { Cut::Tail })
        }
        Expr::Slice { x, low: Some(low), high: None, .. } if !zero(Some(low)) && paths.of(x).as_ref() == Some(path) => Some(Cut::Head),
        Expr::Call { ref args, ellipsis: true, .. } if sema.callee(decl, value) == Callee::Builtin("append") => {
            let &[to, from] = &args[..] else { return None };
            let is_cut = |expr: ExprId, front: bool| match *tree.expr(tree.unparen(expr)) {
                Expr::Slice { x, low, high, .. } => {
                    (if front { zero(low) && high.is_some() } else { low.is_some() && high.is_none() })
                        && paths.of(x).as_ref() == Some(path)
                }
                _ => false,
            };
            (is_cut(to, true) && is_cut(from, false)).then_some(Cut::Middle)
        }
        _ => None,
    }
}

/// Whether a value of a type can keep something else alive. Text is left out: it is mostly short.
fn has_pointers(pass: &Pass, ty: Type) -> bool {
    let sema = pass.sema();
    let mut types = vec![ty];
    let mut at = 0;
    while let Some(&ty) = types.get(at).filter(|_| at < MOST_PARTS) {
        at += 1;
        match sema.behind(ty) {
            Kind::Pointer(_) | Kind::Interface(_) | Kind::Slice(_) | Kind::Map(..) => return true,
            Kind::Array(_, element) => types.push(*element),
            Kind::Struct(fields) => types.extend(fields.iter().map(|field| field.ty)),
            _ => {}
        }
    }
    false
}

fn is_nilable(pass: &Pass, ty: Type) -> bool {
    matches!(pass.sema().behind(ty), Kind::Pointer(_) | Kind::Interface(_) | Kind::Slice(_) | Kind::Map(..))
}

/// Whether the function clears slots of the slice, or fills them again.
fn is_cleared(pass: &Pass, paths: &Paths, path: &Path) -> bool {
    let (sema, decl) = (pass.sema(), paths.decl);
    let tree = sema.tree(decl);
    let is_of = |expr: ExprId| paths.of(expr).as_ref() == Some(path);
    let in_slot = |target: ExprId| match *tree.expr(tree.unparen(target)) {
        Expr::Index { x, .. } => is_of(x),
        // A field of a slot: `s[n-1].buf = nil`.
        Expr::Selector { x, .. } => matches!(*tree.expr(tree.unparen(x)), Expr::Index { x, .. } if is_of(x)),
        _ => false,
    };
    let by_assignment = tree.stmts.iter().any(|stmt| match stmt {
        Stmt::Assign { lhs, rhs, op: AssignOp::Assign } if lhs.len() == rhs.len() => lhs.iter().zip(rhs).any(|(&target, &value)| {
            let appends = || match tree.expr(tree.unparen(value)) {
                Expr::Call { args, ellipsis, .. } => {
                    let from_itself =
                        args.get(1).is_some_and(|&arg| matches!(*tree.expr(arg), Expr::Slice { x, .. } if *ellipsis && is_of(x)));
                    match sema.callee(decl, value) {
                        Callee::Builtin("append") => !from_itself,
                        Callee::Builtin(name) => name == "make",
                        _ => false,
                    }
                }
                _ => false,
            };
            (in_slot(target) && is_zero(pass, decl, value)) || (is_of(target) && (appends() || is_zero(pass, decl, value)))
        }),
        _ => false,
    });
    let by_call = |&call: &ExprId| {
        let Expr::Call { args, .. } = tree.expr(call) else { return false };
        let inner = |arg: ExprId| match *tree.expr(tree.unparen(arg)) {
            Expr::Slice { x, .. } => x,
            _ => arg,
        };
        args.iter().any(|&arg| is_of(inner(arg)))
            && match sema.callee(decl, call) {
                Callee::Builtin(name) => name == "clear",
                Callee::Function(function) => !function.decls.is_empty() || function.key.starts_with("slices."),
                _ => false,
            }
    };
    by_assignment || tree.index.calls.iter().any(by_call)
}

/// Whether a value keeps nothing: nil, `T{}`, a variable that is never written.
fn is_zero(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let value = tree.unparen(value);
    match tree.expr(value) {
        Expr::Ident(name) => {
            let local = pass.summaries.local_of(decl, value).map(|local| sema.scopes(decl).local(local));
            name == "nil"
                || local.is_some_and(|local| local.writes.iter().all(|write| write.value == Value::Zero) && !local.writes.is_empty())
        }
        Expr::CompositeLit { elts, .. } => elts.is_empty(),
        // *new(T)
        Expr::Star { x } => sema.callee(decl, tree.unparen(*x)) == Callee::Builtin("new"),
        _ => false,
    }
}

/// `old[n-1] = nil` on the line before, where nobody reads the slot behind it.
fn fix(pass: &Pass, paths: &Paths, path: &Path, stmt: StmtId, of: ExprId, high: ExprId) -> Option<Fix> {
    let (sema, decl) = (pass.sema(), paths.decl);
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let range = tree.stmt_range(stmt);
    let reads = |at: u32| match *tree.expr(ExprId(at)) {
        Expr::Index { x, .. } => tree.expr_range(x).start > range.start && paths.of(x).as_ref() == Some(path),
        _ => false,
    };
    if (0..tree.exprs.len() as u32).any(reads)
        || !matches!(parents.parent(Node::Stmt(stmt))?, Node::Stmt(block) if matches!(tree.stmt(block), Stmt::Block { .. }))
    {
        return None;
    }
    let source = &pass.project().file(decl.file).source;
    let line = range.start as usize - (source.position(range.start).column as usize - 1);
    let indent = source.text.get(line..range.start as usize)?;
    if !indent.chars().all(|c| c == '\t' || c == ' ') {
        return None;
    }
    let slice = pass.text(decl, Node::Expr(of));
    let slice = if slice.starts_with('*') { format!("({slice})") } else { slice.to_owned() };
    let clear = format!("{slice}[{}] = nil", pass.text(decl, Node::Expr(high)));
    let newline = if source.text[..line].ends_with("\r\n") { "\r\n" } else { "\n" };
    let edit = Edit { span: Span::new(decl.file, line as u32, line as u32), text: format!("{indent}{clear}{newline}") };
    // Another slice may share the memory.
    Some(Fix { title: format!("add `{clear}`"), safety: Safety::Unsafe, edits: vec![edit] })
}
