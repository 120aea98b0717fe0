//! Which function does a call call?
//!
//! ```go
//! os.Open(p)          // the function "os.Open"
//! resp.Body.Close()   // the method "io.ReadCloser.Close": the field's type is known
//! cancel()            // a variable: its value says more than its name
//! func() { .. }()     // a closure
//! []byte(s)           // no call but a conversion
//! ```
//!
//! Not here: which implementation an interface's method has.

use super::{Fuel, LocalId, LocalKind, Object, Sema, Steps, Type, Value};
use crate::ast::{Expr, ExprId, Name};
use crate::parse::DeclKind;
use crate::project::DeclId;

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Unknown,
    Builtin(Name),
    Conversion(Type),
    /// In a package that was not read and of which the facts know nothing, it may be a conversion or a variable too.
    Function(Function),
    /// A function literal: called where it stands, or the only value of a variable.
    Closure(ExprId),
    /// A local variable of function type, and its type.
    Variable(LocalId, Type),
}

/// A function or method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// As the facts name it: `os.Open`, `os.File.Close`, `io.ReadCloser.Close`.
    pub key: String,
    /// Its declarations, where its package was read; several for build variants.
    pub decls: Vec<DeclId>,
    /// The expression in front of a method's name.
    pub receiver: Option<ExprId>,
    /// The result types; empty if there are none or they are unknown.
    pub results: Vec<Type>,
}

impl<'p> Sema<'p> {
    /// What a call calls. `call` is an `Expr::Call`.
    pub fn callee(&self, decl: DeclId, call: ExprId) -> Callee {
        self.callee_with(decl, call, Steps::new().fuel(40))
    }

    pub(super) fn callee_with(&self, decl: DeclId, call: ExprId, fuel: Fuel<'_>) -> Callee {
        match self.tree(decl).expr(call) {
            Expr::Call { fun, .. } => self.function(decl, *fun, fuel),
            _ => Callee::Unknown,
        }
    }

    /// What a function value is, as in `defer f.Close()` or `t.Cleanup(f.Close)`.
    pub fn function_value(&self, decl: DeclId, fun: ExprId) -> Callee {
        self.function(decl, fun, Steps::new().fuel(40))
    }

    fn function(&self, decl: DeclId, fun: ExprId, fuel: Fuel<'_>) -> Callee {
        let Some(fuel) = fuel.step() else { return Callee::Unknown };
        let tree = self.tree(decl);
        let fun = tree.unparen(fun);
        match tree.expr(fun) {
            Expr::FuncLit { .. } => Callee::Closure(fun),
            Expr::Ident(name) => match self.object(decl, fun) {
                Object::Local(local) => self.local_function(decl, local, fuel),
                Object::Package(decls) => self.package_function(decl, fun, self.path_of(decl), name, decls, fuel),
                Object::Universe if self.is_type(decl, fun) => Callee::Conversion(Type::named(name)),
                Object::Universe => Callee::Builtin(name.clone()),
                _ => Callee::Unknown,
            },
            Expr::Selector { x, sel } => {
                let Some(name) = tree.ident(*sel) else { return Callee::Unknown };
                if let (Expr::Ident(_), Object::Import(path)) = (tree.expr(*x), self.object(decl, *x)) {
                    let decls = self.lookup_path(path, name, Some(decl.file));
                    return self.package_function(decl, fun, path, name, decls, fuel);
                }
                let base = self.typed(decl, *x, fuel);
                self.method(&base, name, decl, *x, fuel)
            }
            // f[int](x)
            Expr::Index { x, .. } if !self.is_type(decl, fun) => match self.function(decl, *x, fuel) {
                found @ Callee::Function(_) => found,
                _ => Callee::Unknown,
            },
            _ if self.is_type(decl, fun) => Callee::Conversion(self.typed(decl, fun, fuel)),
            _ => Callee::Unknown,
        }
    }

    fn local_function(&self, decl: DeclId, id: LocalId, fuel: Fuel<'_>) -> Callee {
        let local = self.scopes(decl).local(id);
        if local.kind == LocalKind::Type {
            return Callee::Conversion(local.ty.map_or(Type::Unknown, |ty| self.typed(decl, ty, fuel)));
        }
        if local.kind == LocalKind::TypeParam {
            return Callee::Conversion(Type::Unknown);
        }
        let assigned: Vec<_> = local.writes.iter().filter(|write| write.value != Value::Zero).collect();
        if let ([write], LocalKind::Var, false) = (&assigned[..], local.kind, local.address_taken)
            && let Value::Expr(value) = write.value
            && let Expr::FuncLit { .. } = self.tree(decl).expr(value)
        {
            return Callee::Closure(value);
        }
        Callee::Variable(id, self.local_type(decl, id, fuel))
    }

    fn package_function(&self, decl: DeclId, fun: ExprId, path: &str, name: &str, decls: Vec<DeclId>, fuel: Fuel<'_>) -> Callee {
        let key = format!("{path}.{name}");
        // Its source shows types that do not exist.
        if path == "unsafe" {
            return Callee::Function(Function { key, decls: Vec::new(), receiver: None, results: Vec::new() });
        }
        let Some(&first) = decls.first() else {
            if self.knows_package(path) {
                return Callee::Unknown;
            }
            let stated = self.facts.results(&key);
            let results = stated.map_or_else(Vec::new, |types| types.iter().map(|ty| Type::parse(ty)).collect());
            return Callee::Function(Function { key, decls, receiver: None, results });
        };
        match self.project.decl(first).kind {
            DeclKind::Func => {
                let results = self.agreed_results(&decls, fuel);
                Callee::Function(Function { key, decls, receiver: None, results })
            }
            DeclKind::Type => Callee::Conversion(self.typed(decl, fun, fuel)),
            DeclKind::Var | DeclKind::Const => Callee::Unknown,
        }
    }

    /// The result types in which all build variants of a function agree.
    fn agreed_results(&self, decls: &[DeclId], fuel: Fuel<'_>) -> Vec<Type> {
        let mut all = decls.iter().map(|&id| self.declared_results(id, fuel));
        let Some(mut agreed) = all.next() else { return Vec::new() };
        for other in all {
            if other.len() != agreed.len() {
                return Vec::new();
            }
            agreed.iter_mut().zip(other).filter(|(ours, theirs)| **ours != *theirs).for_each(|(ours, _)| *ours = Type::Unknown);
        }
        agreed
    }

    /// The method of a type, promoted ones included.
    fn method(&self, base: &Type, name: &str, from: DeclId, receiver: ExprId, fuel: Fuel<'_>) -> Callee {
        let Some(fuel) = fuel.step() else { return Callee::Unknown };
        let Some((path, type_name)) = base.path_and_name() else { return Callee::Unknown };
        let key = format!("{path}.{type_name}.{name}");
        let found = |decls, results| Callee::Function(Function { key: key.clone(), decls, receiver: Some(receiver), results });
        let decls = self.methods_path(path, type_name, name, Some(from.file));
        if !decls.is_empty() {
            let results = self.agreed_results(&decls, fuel);
            return found(decls, results);
        }
        if !self.knows_package(path) {
            let stated = self.facts.results(&key);
            let results = stated.map_or_else(Vec::new, |types| types.iter().map(|ty| Type::parse(ty)).collect());
            return found(decls, results);
        }
        if let Some((place, list)) = self.interface_methods(base, fuel) {
            let tree = self.tree(place);
            let method = list.fields.iter().find(|field| field.names.iter().any(|&ident| tree.ident(ident) == Some(name)));
            if let Some(method) = method {
                return match self.typed(place, method.ty, fuel) {
                    Type::Func(results) => found(decls, results),
                    _ => Callee::Unknown,
                };
            }
            let embedded = self.embedded(place, list, fuel);
            return self.promoted(&embedded, name, from, receiver, fuel);
        }
        match self.struct_fields(base.pointee(), fuel) {
            Some((place, list)) => {
                let embedded = self.embedded(place, list, fuel);
                self.promoted(&embedded, name, from, receiver, fuel)
            }
            None => Callee::Unknown,
        }
    }

    /// A method of an embedded type; of types that were not read only where the facts know it, for any of them could have it.
    fn promoted(&self, embedded: &[Type], name: &str, from: DeclId, receiver: ExprId, fuel: Fuel<'_>) -> Callee {
        for ty in embedded {
            if let Callee::Function(function) = self.method(ty, name, from, receiver, fuel.half())
                && (!function.decls.is_empty() || self.knows(&function.key))
            {
                return Callee::Function(function);
            }
        }
        Callee::Unknown
    }

    /// Whether there are facts about a method.
    fn knows(&self, key: &str) -> bool {
        let facts = self.facts;
        let releases = || key.rsplit_once('.').is_some_and(|(of, method)| facts.is_release(of, method).is_some());
        facts.results(key).is_some() || !facts.acquires(key).is_empty() || !facts.effects(key).is_empty() || releases()
    }
}
