//! How is what is kept copied, so that the rest can go?
//!
//! ```go
//! return bytes.Clone(data[5:10]), nil
//! s.name = strings.Clone(name)
//! ```
//!
//! Not here: applying it.

use crate::ast::{ExprId, Node};
use crate::finding::{Edit, Fix, Safety};
use crate::project::DeclId;
use crate::rule::{Pass, imports};
use crate::source::Span;
use crate::summary::values::Window;
use crate::types::Kind;
use crate::version::GoVersion;

const fn go(minor: u32) -> GoVersion {
    GoVersion { major: 1, minor }
}

/// Wraps an expression of bytes or text into a copy.
pub(in crate::rules) fn copy(pass: &Pass, decl: DeclId, expr: ExprId, window: Window) -> Option<Fix> {
    let sema = pass.sema();
    let ty = sema.type_of(decl, expr);
    let version = pass.project().go_version(decl.file).unwrap_or(go(u32::MAX));
    let is_named = matches!(sema.types.kind(ty), Kind::Named(..));
    // The package of the function, and its name; nothing is in front of what copies without one.
    let (package, function) = match (pass.summaries.is_string(ty), is_named) {
        (true, false) if version >= go(18) => ("strings", "Clone"),
        (false, false) if version >= go(20) => ("bytes", "Clone"),
        // It returns the type that it gets.
        (false, true) if version >= go(21) => ("slices", "Clone"),
        (false, false) => ("", ""),
        _ => return None,
    };
    let range = pass.project().tree(decl).expr_range(expr);
    let text = super::shown(pass, decl, expr).unwrap_or_else(|| "…".to_owned());
    let insert = |at: u32, text: String| Edit { span: Span::new(decl.file, at, at), text };
    if package.is_empty() {
        let edits = vec![insert(range.start, "append([]byte(nil), ".to_owned()), insert(range.end, "...)".to_owned())];
        // Of no bytes at all it makes nil.
        let safety = if matches!(window, Window::Bytes(_)) { Safety::Safe } else { Safety::Unsafe };
        return Some(Fix { title: format!("copy it: `append([]byte(nil), {text}...)`"), safety, edits });
    }
    let (mut edits, name) = imports::edits(pass, decl, package)?;
    edits.extend([insert(range.start, format!("{name}.{function}(")), insert(range.end, ")".to_owned())]);
    debug_assert!(pass.text(decl, Node::Expr(expr)).len() == (range.end - range.start) as usize);
    Some(Fix { title: format!("copy it: `{name}.{function}({text})`"), safety: Safety::Safe, edits })
}
