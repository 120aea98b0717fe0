//! Which type has a call of a built-in function, and what do its arguments become?
//!
//! ```go
//! append(xs, 1) // the type of xs; the 1 has its element type
//! ```
//!
//! Not here: other calls (`call`).

use super::Member;
use super::check::{Checker, Mode, Task};
use super::constant::Value;
use super::ty::{Basic, Kind, Type};
use super::universe::Builtin;
use crate::ast::{Expr, ExprId, Node, Op};

impl Checker<'_, '_> {
    pub(super) fn builtin(&mut self, expr: ExprId, builtin: Builtin, args: &[ExprId], ellipsis: bool, step: u8) {
        if step == 0 {
            if builtin == Builtin::Make {
                if let Some((&ty, sizes)) = args.split_first() {
                    self.type_expr(ty);
                    if self.shallow {
                        return self.record(expr, Mode::Value, self.ty(ty));
                    }
                    return self.then(sizes.iter().map(|&size| Task::Expr(size)).chain([Task::Done(expr, 1)]).collect::<Vec<_>>());
                }
                return;
            }
            let first_only = self.shallow && matches!(builtin, Builtin::Append);
            let wanted = if first_only { &args[..args.len().min(1)] } else { args };
            return self.then(wanted.iter().map(|&arg| Task::Expr(arg)).chain([Task::Done(expr, 1)]).collect::<Vec<_>>());
        }
        let first = args.first().copied();
        let of = first.map_or(Type::UNKNOWN, |first| self.ty(first));
        match builtin {
            Builtin::Append => self.append(expr, args, ellipsis),
            Builtin::Cap | Builtin::Len => self.length(expr, builtin, first),
            Builtin::Clear | Builtin::Close => self.record(expr, Mode::NoValue, Type::NOTHING),
            Builtin::Panic => {
                args.iter().for_each(|&arg| self.assign(arg, Type::ANY));
                self.record(expr, Mode::NoValue, Type::NOTHING);
            }
            Builtin::Print | Builtin::Println => {
                args.iter().for_each(|&arg| self.assign_default(arg));
                self.record(expr, Mode::NoValue, Type::NOTHING);
            }
            Builtin::Recover => self.record(expr, Mode::Value, Type::ANY),
            Builtin::Copy => self.record(expr, Mode::Value, Type::INT),
            Builtin::Delete => {
                if let [map, key] = args {
                    let wanted = match self.core(self.ty(*map)) {
                        Kind::Map(key, _) => *key,
                        _ => Type::UNKNOWN,
                    };
                    self.assign(*key, wanted);
                }
                self.record(expr, Mode::NoValue, Type::NOTHING);
            }
            Builtin::Complex => self.complex(expr, args),
            Builtin::Real | Builtin::Imag => self.part(expr, builtin, first),
            Builtin::Make => {
                let Some((&ty, sizes)) = args.split_first() else { return };
                for &size in sizes {
                    if self.ty(size).is_untyped() {
                        self.assign(size, Type::INT);
                    }
                }
                self.record(expr, Mode::Value, self.ty(ty));
            }
            Builtin::Max | Builtin::Min => self.extreme(expr, builtin, args),
            Builtin::New => {
                let Some(first) = first else { return };
                let ty = match self.mode(first) {
                    Mode::Type => of,
                    _ => {
                        self.assign_default(first);
                        self.single(first)
                    }
                };
                if ty.is_known() {
                    let pointer = self.make(Kind::Pointer(ty));
                    self.record(expr, Mode::Value, pointer);
                }
            }
            Builtin::UnsafeAdd => {
                self.lengths(&args[args.len().min(1)..]);
                self.record(expr, Mode::Value, Type::UNSAFE_POINTER);
            }
            Builtin::UnsafeAlignof | Builtin::UnsafeOffsetof | Builtin::UnsafeSizeof => self.layout(expr, builtin, first),
            Builtin::UnsafeSlice => {
                self.lengths(&args[args.len().min(1)..]);
                if let Kind::Pointer(target) = self.core(of) {
                    let slice = self.make(Kind::Slice(*target));
                    self.record(expr, Mode::Value, slice);
                }
            }
            Builtin::UnsafeSliceData => {
                if let Kind::Slice(element) = self.core(of) {
                    let pointer = self.make(Kind::Pointer(*element));
                    self.record(expr, Mode::Value, pointer);
                }
            }
            Builtin::UnsafeString => {
                self.lengths(&args[args.len().min(1)..]);
                self.record(expr, Mode::Value, Type::STRING);
            }
            Builtin::UnsafeStringData => {
                if let Some(first) = first {
                    self.assign(first, Type::STRING);
                }
                let pointer = self.make(Kind::Pointer(Type::UINT8));
                self.record(expr, Mode::Value, pointer);
            }
        }
    }

    fn lengths(&mut self, args: &[ExprId]) {
        for &arg in args {
            if self.ty(arg).is_untyped() {
                self.assign(arg, Type::INT);
            }
        }
    }

    fn append(&mut self, expr: ExprId, args: &[ExprId], ellipsis: bool) {
        let Some((&first, rest)) = args.split_first() else { return };
        // append(g()) with several results of g.
        let ty = match self.kind(self.ty(first)) {
            Kind::Tuple(types) => types.first().copied().unwrap_or(Type::UNKNOWN),
            _ => self.ty(first),
        };
        let element = match self.core(ty) {
            Kind::Slice(element) => *element,
            _ => Type::UNKNOWN,
        };
        for (at, &arg) in rest.iter().enumerate() {
            if ellipsis && at + 1 == rest.len() {
                // The text of append([]byte{}, "text"...) keeps its type.
                if self.ty(arg) != Type::UNTYPED_STRING {
                    self.assign(arg, ty);
                }
            } else {
                self.assign(arg, element);
            }
        }
        if ty.is_untyped() {
            return;
        }
        self.record(expr, Mode::Value, ty);
    }

    fn length(&mut self, expr: ExprId, builtin: Builtin, arg: Option<ExprId>) {
        let Some(arg) = arg else { return };
        let of = self.ty(arg);
        let target = match self.under(of) {
            Kind::Pointer(target) => *target,
            _ => of,
        };
        let value = match self.under(target) {
            Kind::Basic(basic) if basic.is_string() && builtin == Builtin::Len => {
                self.value(arg).filter(|_| self.mode(arg) == Mode::Constant).map(|text| text.length().map_or(Value::Unknown, Value::int))
            }
            Kind::Array(length, _) if !self.has_call_or_receive(arg) => Some(length.map_or(Value::Unknown, Value::int)),
            _ => None,
        };
        match value {
            Some(value) => self.record_constant(expr, Type::INT, value),
            None => self.record(expr, Mode::Value, Type::INT),
        }
    }

    /// Whether an expression calls a function or receives, so that the length of what it gives is no constant.
    fn has_call_or_receive(&self, expr: ExprId) -> bool {
        let mut found = false;
        self.tree.walk(Node::Expr(expr), |node| {
            let Node::Expr(id) = node else { return false };
            found |= match self.tree.expr(id) {
                Expr::Call { fun, .. } => {
                    self.mode(*fun) != Mode::Type && !(matches!(self.mode(*fun), Mode::Builtin(_)) && self.mode(id) == Mode::Constant)
                }
                Expr::Unary { op: Op::Arrow, .. } => true,
                _ => false,
            };
            !found && !matches!(self.tree.expr(id), Expr::FuncLit { .. })
        });
        found
    }

    fn complex(&mut self, expr: ExprId, args: &[ExprId]) {
        let [x, y] = args else { return };
        let (x, y) = (*x, *y);
        let (left, right) = (self.ty(x), self.ty(y));
        if !left.is_known() || !right.is_known() {
            self.assign(x, Type::UNKNOWN);
            return self.assign(y, Type::UNKNOWN);
        }
        let constants = self.mode(x) == Mode::Constant && self.mode(y) == Mode::Constant;
        match (left.is_untyped(), right.is_untyped()) {
            (true, false) => self.convert(x, right),
            (false, true) => self.convert(y, left),
            (true, true) if !constants => {
                self.convert(x, Type::FLOAT64);
                self.convert(y, Type::FLOAT64);
            }
            _ => {}
        }
        let ty = match self.under(self.ty(x)) {
            Kind::Basic(Basic::Float32) => Type::COMPLEX64,
            Kind::Basic(Basic::Float64) => Type::COMPLEX128,
            Kind::Basic(basic) if basic.is_untyped() => Type::UNTYPED_COMPLEX,
            _ => Type::UNKNOWN,
        };
        if constants {
            let value = match (self.value(x), self.value(y)) {
                (Some(real), Some(imaginary)) => Value::complex(real, imaginary),
                _ => Value::Unknown,
            };
            self.record_constant(expr, ty, value);
        } else {
            self.record(expr, Mode::Value, ty);
        }
    }

    fn part(&mut self, expr: ExprId, builtin: Builtin, arg: Option<ExprId>) {
        let Some(arg) = arg else { return };
        let constant = self.mode(arg) == Mode::Constant;
        if self.ty(arg).is_untyped() && !constant {
            self.convert(arg, Type::COMPLEX128);
        }
        let ty = match self.under(self.ty(arg)) {
            Kind::Basic(Basic::Complex64) => Type::FLOAT32,
            Kind::Basic(Basic::Complex128) => Type::FLOAT64,
            Kind::Basic(basic) if basic.is_untyped() => Type::UNTYPED_FLOAT,
            _ => Type::UNKNOWN,
        };
        match self.value(arg).filter(|_| constant) {
            Some(value) => {
                let value = if builtin == Builtin::Real { value.real() } else { value.imag() };
                self.record_constant(expr, ty, value);
            }
            None => self.record(expr, Mode::Value, ty),
        }
    }

    fn extreme(&mut self, expr: ExprId, builtin: Builtin, args: &[ExprId]) {
        let Some((&first, rest)) = args.split_first() else { return };
        // Each is matched with what the ones before became.
        let mut ty = self.ty(first);
        let mut value = self.value(first).filter(|_| self.mode(first) == Mode::Constant).cloned();
        let mut before = first;
        for &arg in rest {
            self.matched(before, arg);
            if !self.ty(before).is_known() || !self.ty(arg).is_known() {
                ty = [ty, self.ty(arg)].into_iter().find(|ty| ty.is_known() && !ty.is_untyped()).unwrap_or(Type::UNKNOWN);
                args.iter().for_each(|&arg| self.assign(arg, ty));
                return self.record(expr, Mode::Value, ty);
            }
            let other = self.value(arg).filter(|_| self.mode(arg) == Mode::Constant).cloned();
            value = match (value, other) {
                (Some(a), Some(b)) => {
                    let op = if builtin == Builtin::Max { Op::Gtr } else { Op::Lss };
                    match Value::compare(op, &a, &b) {
                        Value::Bool(true) => Some(a),
                        Value::Bool(false) => Some(b),
                        _ => Some(Value::Unknown),
                    }
                }
                _ => None,
            };
            let this = self.ty(arg);
            if !this.is_untyped() || self.ty(before).is_untyped() {
                before = arg;
            }
            ty = self.ty(before);
        }
        let ty = if ty.is_untyped() && value.is_none() { self.types.default_type(ty) } else { ty };
        if value.is_none() || !ty.is_untyped() {
            args.iter().for_each(|&arg| self.update(arg, ty));
        }
        match value {
            Some(value) => {
                if ty.is_untyped() {
                    args.iter().for_each(|&arg| self.update(arg, ty));
                }
                self.record_constant(expr, ty, value);
            }
            None => self.record(expr, Mode::Value, ty),
        }
    }

    /// `unsafe.Offsetof(x.f)`
    fn offset(&self, arg: ExprId) -> Option<u64> {
        let Expr::Selector { x, sel } = self.tree.expr(self.tree.unparen(arg)) else { return None };
        let place = match self.info.member(*sel)? {
            Member::Field { place, .. } => *place,
            _ => return None,
        };
        let of = match self.under(self.ty(*x)) {
            Kind::Pointer(target) => *target,
            _ => self.ty(*x),
        };
        self.types.offset_of(self.ask, of, place, self.build)
    }

    fn layout(&mut self, expr: ExprId, builtin: Builtin, arg: Option<ExprId>) {
        let Some(arg) = arg else { return };
        if builtin != Builtin::UnsafeOffsetof {
            self.assign_default(arg);
        }
        let ty = self.ty(arg);
        let value = match builtin {
            Builtin::UnsafeSizeof => self.types.size_of(self.ask, ty, self.build),
            Builtin::UnsafeAlignof => self.types.align_of(self.ask, ty, self.build),
            _ => self.offset(arg),
        };
        // What depends on a type parameter is no constant; of an unknown type nobody knows.
        if value.is_none() && self.types.is_generic(ty) {
            return self.record(expr, Mode::Value, Type::UINTPTR);
        }
        self.record_constant(expr, Type::UINTPTR, value.map_or(Value::Unknown, Value::int));
    }
}
