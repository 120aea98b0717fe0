//! Which types have composite literals and their elements?
//!
//! ```go
//! []*T{{1, "a"}} // the inner literal leaves out &T
//! ```
//!
//! Not here: function literals (`expr`).

use super::Member;
use super::check::{Checker, Mode, Task};
use super::ty::{Kind, Type};
use crate::ast::{Expr, ExprId};

impl Checker<'_, '_> {
    pub(super) fn composite(&mut self, expr: ExprId, ty: Option<ExprId>, elts: &[ExprId], hint: Option<Type>) {
        let tree = self.tree;
        let (whole, base) = match (ty, hint) {
            (Some(ty), _) => match tree.expr(ty) {
                Expr::ArrayType { len: Some(len), elem } if matches!(tree.expr(*len), Expr::Ellipsis { .. }) => {
                    let element = self.type_expr(*elem);
                    return self.counted(expr, ty, element, elts);
                }
                _ => {
                    let ty = self.type_expr(ty);
                    (ty, ty)
                }
            },
            (None, Some(hint)) => match self.core(hint) {
                Kind::Pointer(target) => (hint, *target),
                _ => (hint, hint),
            },
            (None, None) => (Type::UNKNOWN, Type::UNKNOWN),
        };
        if whole.is_known() {
            self.record(expr, Mode::Value, whole);
        }
        if !self.shallow {
            self.elements(base, elts);
        }
    }

    fn elements(&mut self, base: Type, elts: &[ExprId]) {
        let tree = self.tree;
        match self.core(base) {
            Kind::Struct(fields) => {
                let mut tasks = Vec::new();
                for (at, &elt) in elts.iter().enumerate() {
                    match tree.expr(elt) {
                        Expr::KeyValue { key, value } => {
                            let name = tree.ident(*key).unwrap_or("");
                            self.key(*key);
                            let field = fields.iter().find(|field| field.name == name && self.same_package(field.place, name));
                            let target = match field {
                                Some(field) => {
                                    self.member(*key, Member::Field { place: field.place, ty: field.ty });
                                    field.ty
                                }
                                // A struct literal may set promoted fields.
                                None => self.promoted_key(base, *key, name),
                            };
                            tasks.extend([Task::Expr(*value), Task::Assign(*value, target)]);
                        }
                        _ => {
                            let target = fields.get(at).map_or(Type::UNKNOWN, |field| field.ty);
                            tasks.extend([Task::Expr(elt), Task::Assign(elt, target)]);
                        }
                    }
                }
                self.then(tasks);
            }
            Kind::Array(_, element) | Kind::Slice(element) => {
                let tasks = self.indexed(*element, elts);
                self.then(tasks);
            }
            Kind::Map(key_type, value_type) => {
                let mut tasks = Vec::new();
                for &elt in elts {
                    if let Expr::KeyValue { key, value } = tree.expr(elt) {
                        tasks.extend([Task::Hinted(*key, *key_type), Task::Assign(*key, *key_type)]);
                        tasks.extend([Task::Hinted(*value, *value_type), Task::Assign(*value, *value_type)]);
                    }
                }
                self.then(tasks);
            }
            _ => {
                // An identifier before a colon may be a field.
                let mut tasks = Vec::new();
                for &elt in elts {
                    let values = match tree.expr(elt) {
                        Expr::KeyValue { key, value } => {
                            if tree.ident(*key).is_some() {
                                self.key(*key);
                                vec![*value]
                            } else {
                                vec![*key, *value]
                            }
                        }
                        _ => vec![elt],
                    };
                    for value in values {
                        tasks.extend([Task::Expr(value), Task::Assign(value, Type::UNKNOWN)]);
                    }
                }
                self.then(tasks);
            }
        }
    }

    fn same_package(&self, place: super::ty::Place, name: &str) -> bool {
        name.starts_with(char::is_uppercase) || self.types.package_of(place) == self.types.project.file(self.decl.file).package
    }

    fn promoted_key(&mut self, base: Type, key: ExprId, name: &str) -> Type {
        match self.types.lookup(self.ask, base, name, self.decl.file) {
            super::members::Lookup::Found(found) => match found.member {
                Member::Field { ty, .. } => {
                    self.member(key, found.member);
                    ty
                }
                _ => Type::UNKNOWN,
            },
            _ => Type::UNKNOWN,
        }
    }

    fn indexed(&mut self, element: Type, elts: &[ExprId]) -> Vec<Task> {
        let tree = self.tree;
        let mut tasks = Vec::new();
        for &elt in elts {
            let value = match tree.expr(elt) {
                Expr::KeyValue { key, value } => {
                    tasks.extend([Task::Expr(*key), Task::Assign(*key, Type::INT)]);
                    *value
                }
                _ => elt,
            };
            tasks.extend([Task::Hinted(value, element), Task::Assign(value, element)]);
        }
        tasks
    }

    /// `[...]T{..}`: the length is known when the keys are.
    fn counted(&mut self, expr: ExprId, ty: ExprId, element: Type, elts: &[ExprId]) {
        let tree = self.tree;
        let mut tasks = if self.shallow { Vec::new() } else { self.indexed(element, elts) };
        if self.shallow {
            tasks.extend(elts.iter().filter_map(|&elt| match tree.expr(elt) {
                Expr::KeyValue { key, .. } => Some(Task::Expr(*key)),
                _ => None,
            }));
        }
        let unknown = self.make(Kind::Array(None, element));
        self.record(ty, Mode::Type, unknown);
        tasks.push(Task::Done(expr, 1));
        self.then(tasks);
    }

    pub(super) fn composite_done(&mut self, expr: ExprId) {
        let tree = self.tree;
        let Expr::CompositeLit { ty: Some(ty), elts } = tree.expr(expr) else { return };
        let Kind::Array(_, element) = self.kind(self.ty(*ty)) else { return };
        let mut next = Some(0u64);
        let mut longest = Some(0u64);
        for &elt in elts {
            if let Expr::KeyValue { key, .. } = tree.expr(elt) {
                next = self.value(*key).and_then(super::constant::Value::as_u64);
            }
            next = next.and_then(|at| at.checked_add(1));
            longest = longest.zip(next).map(|(longest, next)| longest.max(next));
        }
        let array = self.make(Kind::Array(longest, *element));
        self.record(*ty, Mode::Type, array);
        self.record(expr, Mode::Value, array);
    }
}
