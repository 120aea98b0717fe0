//! Which type gets a constant that has none of its own? The one that its surroundings want, and everything in it with it.
//!
//! ```go
//! var d time.Duration = 2 * 3 // the product is a time.Duration; so is the 1 of d + 1, and x of float64(x << s)
//! ```
//!
//! Not here: which type is wanted (`expr`, `stmt`, `call`).

use super::check::{Checker, Mode};
use super::ty::{Basic, Kind, Type};
use crate::ast::{Expr, ExprId, Op};

impl Checker<'_, '_> {
    /// An expression is assigned to something of a type; if that is unknown, so is what a constant becomes.
    pub(super) fn assign(&mut self, expr: ExprId, target: Type) {
        if self.info.generic.contains_key(&expr) {
            return self.generic_value(expr, target);
        }
        let ty = self.ty(expr);
        if !ty.is_untyped() {
            return;
        }
        if !target.is_known() {
            return self.update(expr, Type::UNKNOWN);
        }
        if self.types.is_interface(self.ask, target) {
            let default = self.types.default_type(ty);
            return self.convert(expr, default);
        }
        self.convert(expr, target);
    }

    /// An expression is used where no type is wanted: `x := 1`.
    pub(super) fn assign_default(&mut self, expr: ExprId) {
        let ty = self.ty(expr);
        if ty.is_untyped() {
            let default = self.types.default_type(ty);
            self.convert(expr, default);
        }
    }

    /// Gives an untyped operand the type that it becomes beside or in something of the target type.
    pub(super) fn convert(&mut self, expr: ExprId, target: Type) {
        let ty = self.ty(expr);
        if !ty.is_untyped() {
            return;
        }
        if let Some(new) = self.implicit(expr, target)
            && new != ty
        {
            self.update(expr, new);
        }
    }

    /// The type that an untyped operand gets from a target.
    fn implicit(&self, expr: ExprId, target: Type) -> Option<Type> {
        let ty = self.ty(expr);
        if !target.is_known() {
            return Some(Type::UNKNOWN);
        }
        if target.is_untyped() {
            return larger(ty, target);
        }
        let nil = ty == Type::UNTYPED_NIL;
        match self.under(target) {
            Kind::Unknown => Some(Type::UNKNOWN),
            Kind::Basic(_) if nil => Some(Type::UNTYPED_NIL),
            Kind::Basic(_) => Some(target),
            Kind::Param(_) => Some(if nil { Type::UNTYPED_NIL } else { target }),
            Kind::Interface(_) | Kind::Error | Kind::Comparable if nil => Some(Type::UNTYPED_NIL),
            Kind::Interface(_) => Some(self.types.default_type(ty)),
            Kind::Pointer(_) | Kind::Func(_) | Kind::Slice(_) | Kind::Map(..) | Kind::Chan(..) if nil => Some(Type::UNTYPED_NIL),
            _ => None,
        }
    }

    /// The operands of an operation: an untyped one gets the type of the other.
    pub(super) fn matched(&mut self, x: ExprId, y: ExprId) {
        let (left, right) = (self.ty(x), self.ty(y));
        if !left.is_untyped() && !right.is_untyped() {
            return;
        }
        if !left.is_known() || !right.is_known() {
            return;
        }
        // What is behind a name may be unknown.
        for (side, other) in [(x, right), (y, left)] {
            if matches!(self.under(other), Kind::Unknown) {
                return self.update(side, Type::UNKNOWN);
            }
        }
        if self.may_convert(x, y) {
            self.convert(x, right);
            let left = self.ty(x);
            self.convert(y, left);
        }
    }

    fn may_convert(&self, x: ExprId, y: ExprId) -> bool {
        let (left, right) = (self.ty(x), self.ty(y));
        if self.types.is_interface(self.ask, left) || self.types.is_interface(self.ask, right) {
            return true;
        }
        let all = |ty: Type, is: fn(Basic) -> bool| self.types.all_basic(self.ask, ty, is);
        if all(left, Basic::is_boolean) != all(right, Basic::is_boolean) || all(left, Basic::is_string) != all(right, Basic::is_string) {
            return false;
        }
        if left == Type::UNTYPED_NIL {
            return self.types.has_nil(self.ask, right);
        }
        if right == Type::UNTYPED_NIL {
            return self.types.has_nil(self.ask, left);
        }
        let pointer = |ty: Type| matches!(self.under(ty), Kind::Pointer(_));
        !pointer(left) && !pointer(right)
    }

    /// Writes down the type that an untyped expression gets, in it and in the parts that get it too.
    pub(super) fn update(&mut self, expr: ExprId, ty: Type) {
        let mut stack = vec![(expr, ty)];
        while let Some((expr, ty)) = stack.pop() {
            if !self.ty(expr).is_untyped() {
                continue;
            }
            let constant = self.mode(expr) == Mode::Constant;
            // The parts of a constant keep their types; those of what may be one, nobody knows.
            let below = if self.perhaps.contains(&expr) { Type::UNKNOWN } else { ty };
            match self.tree.expr(expr) {
                Expr::Paren { x } => stack.push((*x, ty)),
                Expr::Unary { x, .. } if !constant => stack.push((*x, below)),
                Expr::Binary { op, x, y } if !constant => match op {
                    Op::Eql | Op::Neq | Op::Lss | Op::Leq | Op::Gtr | Op::Geq => {}
                    Op::Shl | Op::Shr => stack.push((*x, below)),
                    _ => stack.extend([(*x, below), (*y, below)]),
                },
                _ => {}
            }
            self.set_type(expr, ty);
            if constant && ty.is_known() {
                self.represent(expr, ty);
            }
        }
    }

    /// A conversion gives its argument a last type.
    pub(super) fn converted(&mut self, arg: ExprId, target: Type) {
        let ty = self.ty(arg);
        if !ty.is_untyped() {
            return;
        }
        if matches!(self.under(target), Kind::Unknown) {
            return self.update(arg, Type::UNKNOWN);
        }
        let constant = self.mode(arg) == Mode::Constant;
        let of_constants = self.types.all_basic(self.ask, target, |basic| basic != Basic::UnsafePointer);
        let is_param = matches!(self.kind(target), Kind::Param(_));
        let integer = matches!(ty.basic(), Some(basic) if basic.is_integer());
        let last = if self.types.is_interface(self.ask, target) || (constant && (!of_constants || is_param)) || ty == Type::UNTYPED_NIL {
            self.types.default_type(ty)
        } else if constant && integer && self.types.all_basic(self.ask, target, Basic::is_string) {
            ty
        } else {
            target
        };
        self.update(arg, last);
    }
}

/// Of two untyped numeric types the one that holds both; the same type for two of a kind.
fn larger(x: Type, y: Type) -> Option<Type> {
    if x == y {
        return Some(x);
    }
    let (a, b) = (x.basic()?, y.basic()?);
    (a.is_numeric() && b.is_numeric()).then(|| if a > b { x } else { y })
}
