//! How much of its operand is a slice expression, or a part that a library function gives?
//!
//! ```go
//! b[5:10]                      // five bytes
//! b[i : i+8]                   // eight
//! b[len(b)-4:]                 // four
//! b[:bytes.IndexByte(b, '\n')] // up to something that was looked for
//! b[:n]                        // unknown: perhaps all
//! ```
//!
//! Not here: where the operand comes from (`values`).

use super::{Summaries, Window};
use crate::ast::{Expr, ExprId, Op};
use crate::facts::Part;
use crate::project::DeclId;
use crate::sema::{Callee, Value};

impl Summaries<'_> {
    pub(super) fn slice_window(&self, decl: DeclId, x: ExprId, low: Option<ExprId>, high: Option<ExprId>) -> Window {
        let sema = &self.sema;
        let tree = sema.tree(decl);
        let number = |expr: ExprId| sema.int(decl, expr).and_then(|value| u64::try_from(value).ok());
        let start = low.map_or(Some(0), number);
        let Some(high) = high else {
            // b[len(b)-4:]
            return match low.map(|low| tree.expr(tree.unparen(low))) {
                Some(&Expr::Binary { op: Op::Sub, x: length, y }) if self.is_length_of(decl, length, x) => {
                    number(y).map_or(Window::Whole, Window::Bytes)
                }
                _ => Window::Whole,
            };
        };
        if let (Some(start), Some(end)) = (start, number(high)) {
            return end.checked_sub(start).map_or(Window::Whole, Window::Bytes);
        }
        // b[i : i+8]
        if let (Some(low), &Expr::Binary { op: Op::Add, x: base, y }) = (low, tree.expr(tree.unparen(high)))
            && self.same_path(decl, low, base)
            && let Some(width) = number(y)
        {
            return Window::Bytes(width);
        }
        if self.is_found(decl, high) { Window::Found } else { Window::Whole }
    }

    /// Whether an expression is `len(x)`.
    fn is_length_of(&self, decl: DeclId, expr: ExprId, x: ExprId) -> bool {
        let tree = self.sema.tree(decl);
        let expr = tree.unparen(expr);
        match tree.expr(expr) {
            Expr::Call { args, .. } if args.len() == 1 => {
                matches!(self.sema.callee(decl, expr), Callee::Builtin("len")) && self.same_path(decl, args[0], x)
            }
            _ => false,
        }
    }

    /// Whether an index is where something first is, as `bytes.IndexByte` says.
    fn is_found(&self, decl: DeclId, index: ExprId) -> bool {
        let index = match self.local_of(decl, index).map(|local| self.sema.scopes(decl).local(local)) {
            Some(local) => match local.writes[..] {
                [write] => match write.value {
                    Value::Expr(value) => value,
                    _ => return false,
                },
                _ => return false,
            },
            None => self.sema.tree(decl).unparen(index),
        };
        let first = |key: &str| {
            let (package, name) = key.split_once('.').unwrap_or_default();
            matches!(package, "bytes" | "strings") && name.starts_with("Index")
        };
        matches!(self.sema.tree(decl).expr(index), Expr::Call { .. })
            && matches!(self.sema.callee(decl, index), Callee::Function(function) if first(&function.key))
    }

    /// What a part of an argument is where it is called; lines are small, other sections are as a rule.
    pub(super) fn part_window(&self, decl: DeclId, call: ExprId, part: Part) -> Window {
        match part {
            Part::Whole => Window::Whole,
            Part::Piece => Window::Piece,
            Part::Pieces => Window::Pieces,
            Part::Section if self.is_by_line(decl, call) => Window::Piece,
            Part::Section => Window::Found,
            Part::Sections if self.is_by_line(decl, call) && !self.has_number(decl, call) => Window::Pieces,
            Part::Sections => Window::Sections,
        }
    }

    /// Whether the separator, argument 1, is the end of a line: "\n", []byte("\n").
    fn is_by_line(&self, decl: DeclId, call: ExprId) -> bool {
        let tree = self.sema.tree(decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return false };
        let Some(&separator) = args.get(1) else { return false };
        let separator = self.unconverted(decl, separator);
        let constant = self.sema.types.info(decl).constant(separator).and_then(|constant| constant.as_bytes());
        constant.is_some_and(|text| matches!(text, b"\n" | b"\r\n"))
    }

    /// Whether a call says how many pieces there are at most: the last one is all the rest.
    fn has_number(&self, decl: DeclId, call: ExprId) -> bool {
        matches!(self.sema.tree(decl).expr(call), Expr::Call { args, .. } if args.len() > 2)
    }
}
