//! Which type has a call, and what do its arguments become?
//!
//! ```go
//! slices.Sort(xs) // S and E are inferred from xs; the call has no result
//! time.Duration(3) // a conversion
//! ```
//!
//! Not here: built-in functions (`builtins`).

use super::check::{Checker, Mode, Task};
use super::infer::Arg;
use super::ty::{Basic, Kind, Signature, Type, TypeList};
use crate::ast::{Expr, ExprId};

impl Checker<'_, '_> {
    pub(super) fn call(&mut self, expr: ExprId, fun: ExprId, args: &[ExprId], ellipsis: bool, step: u8) {
        match self.mode(fun) {
            Mode::Builtin(builtin) => self.builtin(expr, builtin, args, ellipsis, step),
            Mode::Type => self.conversion(expr, fun, args, step),
            _ if step == 0 => {
                // Where only the type of the result is asked for, arguments do not matter, unless they decide it.
                if self.shallow && !self.info.generic.contains_key(&fun) {
                    return self.called(expr, fun, args, ellipsis);
                }
                self.then(args.iter().map(|&arg| Task::Expr(arg)).chain([Task::Done(expr, 1)]).collect::<Vec<_>>());
            }
            _ => self.called(expr, fun, args, ellipsis),
        }
    }

    fn conversion(&mut self, expr: ExprId, fun: ExprId, args: &[ExprId], step: u8) {
        let target = self.ty(fun);
        let [arg] = args else { return self.record(expr, Mode::Value, target) };
        if step == 0 {
            return self.then([Task::Expr(*arg), Task::Done(expr, 1)]);
        }
        let constant = self.mode(*arg) == Mode::Constant;
        let basic = match self.under(target) {
            Kind::Basic(basic) if *basic != Basic::UnsafePointer => Some(*basic),
            _ => None,
        };
        if self.info.generic.contains_key(arg) {
            self.generic_value(*arg, target);
        }
        self.converted(*arg, target);
        match (constant, basic, self.value(*arg)) {
            (true, Some(basic), Some(value)) => {
                let value = value.convert(basic, self.word());
                self.record_constant(expr, target, value);
            }
            _ => self.record(expr, Mode::Value, target),
        }
    }

    /// A call of a function whose arguments are known.
    fn called(&mut self, expr: ExprId, fun: ExprId, args: &[ExprId], ellipsis: bool) {
        let ty = self.ty(fun);
        let Kind::Func(signature) = self.core(ty) else {
            args.iter().for_each(|&arg| self.assign(arg, Type::UNKNOWN));
            return;
        };
        // f(g()) with several results of g.
        let spread = match args {
            [only] => match self.kind(self.ty(*only)) {
                Kind::Tuple(types) if types.len() != 1 => Some(types.clone()),
                _ => None,
            },
            _ => None,
        };
        let count = spread.as_ref().map_or(args.len(), |types| types.len());
        let mut signature = signature.clone();
        if let Some(params) = self.info.generic.get(&fun).cloned() {
            match self.inferred(fun, &params, &signature, args, spread.as_deref(), ellipsis) {
                Some(ty) => match self.kind(ty) {
                    Kind::Func(found) => {
                        signature = found.clone();
                        let mut fun = fun;
                        self.set_type(fun, ty);
                        self.info.generic.remove(&fun);
                        while let Expr::Paren { x } = self.tree.expr(fun) {
                            fun = *x;
                            self.set_type(fun, ty);
                            self.info.generic.remove(&fun);
                        }
                    }
                    _ => return,
                },
                None => {
                    args.iter().for_each(|&arg| self.assign(arg, Type::UNKNOWN));
                    self.set_type(fun, Type::UNKNOWN);
                    return self.result(expr, &[], signature.results.len());
                }
            }
        }
        if spread.is_none() {
            for (at, &arg) in args.iter().enumerate() {
                let param = param_type(self, &signature, at, count, ellipsis);
                self.assign(arg, param);
            }
        }
        let results = signature.results.clone();
        self.result(expr, &results, results.len());
    }

    fn result(&mut self, expr: ExprId, results: &[Type], count: usize) {
        match (results, count) {
            ([], 0) => self.record(expr, Mode::NoValue, Type::NOTHING),
            ([only], _) => self.record(expr, Mode::Value, *only),
            ([], _) => {}
            (several, _) => {
                let ty = self.make(Kind::Tuple(several.into()));
                self.record(expr, Mode::Value, ty);
            }
        }
    }

    /// The type of a generic function with the type arguments that its arguments tell.
    fn inferred(
        &mut self,
        fun: ExprId,
        params: &TypeList,
        signature: &Signature,
        args: &[ExprId],
        spread: Option<&[Type]>,
        ellipsis: bool,
    ) -> Option<Type> {
        let given = self.partial.get(&fun).cloned().unwrap_or_default();
        let actual: Vec<Arg> = match spread {
            Some(types) => types.iter().map(|&ty| Arg { ty, generic: Box::new([]), given: Box::new([]) }).collect(),
            None => args
                .iter()
                .map(|&arg| Arg {
                    ty: self.ty(arg),
                    generic: self.info.generic.get(&arg).cloned().unwrap_or_default(),
                    given: self.partial.get(&arg).cloned().unwrap_or_default(),
                })
                .collect(),
        };
        let formal: Vec<Type> = (0..actual.len()).map(|at| param_type(self, signature, at, actual.len(), ellipsis)).collect();
        let (names, stand_for) = self.receiver_of(fun);
        let found = self.types.infer(self.ask, params, &given, &formal, &actual, (&names, &stand_for))?;
        let ty = self.ty(fun);
        Some(self.types.subst(ty, params, &found))
    }

    /// What the receiver of a generic method calls the type parameters of its type, and what they stand for in this selector.
    pub(super) fn receiver_of(&self, mut fun: ExprId) -> (TypeList, TypeList) {
        while let Expr::Paren { x } | Expr::Index { x, .. } = self.tree.expr(fun) {
            fun = *x;
        }
        self.receivers.get(&fun).cloned().unwrap_or_default()
    }

    /// A generic function that is used as a value gets its type arguments from where it goes.
    pub(super) fn generic_value(&mut self, expr: ExprId, target: Type) {
        let Some(params) = self.info.generic.remove(&expr) else { return };
        let given = self.partial.remove(&expr).unwrap_or_default();
        let (names, stand_for) = self.receiver_of(expr);
        let ty = self.ty(expr);
        let found = self.types.infer_from_target(self.ask, &params, &given, ty, target, (&names, &stand_for));
        let ty = found.map_or(Type::UNKNOWN, |found| self.types.subst(ty, &params, &found));
        let mut expr = expr;
        self.set_type(expr, ty);
        while let Expr::Paren { x } = self.tree.expr(expr) {
            expr = *x;
            self.set_type(expr, ty);
            self.info.generic.remove(&expr);
        }
    }
}

/// The type of the parameter that gets the argument number `at` of `count`.
fn param_type(checker: &Checker<'_, '_>, signature: &Signature, at: usize, count: usize, ellipsis: bool) -> Type {
    let last = signature.params.len().saturating_sub(1);
    if signature.variadic && at >= last {
        let slice = signature.params[last];
        if ellipsis && at + 1 == count {
            return slice;
        }
        return match checker.kind(slice) {
            Kind::Slice(element) => *element,
            _ => Type::UNKNOWN,
        };
    }
    signature.params.get(at).copied().unwrap_or(Type::UNKNOWN)
}
