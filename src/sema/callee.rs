//! What does a call call, in the words of the facts?
//!
//! ```go
//! f.Close()            // os.File.Close, also through `type file struct{ *os.File }`
//! done := func() {}    // a closure: the only value that the variable ever gets
//! done()
//! ```
//!
//! Not here: what the callee does (`facts`, `summary`).

use super::Sema;
use super::foreign::STEPS;
use crate::ast::{Expr, ExprId};
use crate::facts::imported_as;
use crate::project::{DeclId, Origin};
use crate::types::{Called, Entity, Kind, LocalId, LocalKind, Member, Type, Value};
use compact_str::{CompactString, format_compact};

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Unknown,
    Function(Function),
    /// `make`, `append` …
    Builtin(&'static str),
    Conversion(Type),
    /// A function literal, called where it stands or through the only variable that ever holds it.
    Closure(ExprId),
    /// A local variable of function type.
    Variable(LocalId),
}

/// A function or method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// As the facts name it: `os.Open`, `os.File.Close`, `io.ReadCloser.Close`.
    pub key: CompactString,
    /// Its declarations, if it is one of the analysed code's own; an interface's method has none.
    pub decls: Vec<DeclId>,
    /// The expression in front of a method's name.
    pub receiver: Option<ExprId>,
}

impl<'p> Sema<'p> {
    /// What a call calls. `call` is an `Expr::Call`.
    pub fn callee(&self, decl: DeclId, call: ExprId) -> Callee {
        match self.tree(decl).expr(call) {
            Expr::Call { fun, .. } => self.function_value(decl, *fun),
            _ => Callee::Unknown,
        }
    }

    /// What a function value is, as in `defer f.Close()` or `t.Cleanup(f.Close)`.
    pub fn function_value(&self, decl: DeclId, fun: ExprId) -> Callee {
        let found = self.types.function(decl, fun);
        match found {
            Called::Builtin(builtin) => Callee::Builtin(builtin.name()),
            Called::Conversion(ty) => Callee::Conversion(ty),
            Called::Literal(lit) => Callee::Closure(lit),
            Called::Local(local) => self.local_function(decl, local),
            Called::Function(global) => {
                let package = self.project.file(global.decl.file).package;
                let path = imported_as(&self.project.package(package).path);
                let key = format_compact!("{path}.{}", self.types.name_of(global));
                Callee::Function(Function { key, decls: self.own(global.decl), receiver: None })
            }
            Called::Method(member, receiver) => self.method(decl, fun, &member, receiver),
            Called::Variable(_) | Called::Field(..) | Called::Value => Callee::Unknown,
            Called::Unknown => self.foreign(decl, fun, STEPS),
        }
    }

    /// The declarations whose bodies may be looked at.
    fn own(&self, decl: DeclId) -> Vec<DeclId> {
        let package = self.project.file(decl.file).package;
        if self.project.origin(package) == Origin::Root { vec![decl] } else { Vec::new() }
    }

    /// The result types of what a call calls; empty if there are none or they are unknown.
    pub fn results_of(&self, decl: DeclId, call: ExprId) -> &[Type] {
        match self.tree(decl).expr(call) {
            Expr::Call { fun, .. } => match self.types.kind(self.type_of(decl, *fun)) {
                Kind::Func(signature) => &signature.results,
                _ => &[],
            },
            _ => &[],
        }
    }

    fn method(&self, decl: DeclId, fun: ExprId, member: &Member, receiver: Option<ExprId>) -> Callee {
        let tree = self.tree(decl);
        let Expr::Selector { x, sel } = tree.expr(unindexed(tree, fun)) else { return Callee::Unknown };
        let Some(name) = tree.ident(*sel) else { return Callee::Unknown };
        let (of, decls) = match member {
            Member::Method { decl, of, .. } => {
                let of = self.types.make(Kind::Named(*of, Box::new([])));
                (self.key(of), self.own(*decl))
            }
            Member::Abstract { of, .. } => (self.key(*of), Vec::new()),
            Member::Field { .. } => return Callee::Unknown,
        };
        // The facts may speak of the type that has the method, or of the one that promotes it.
        let promoting = self.key(self.pointee(self.type_of(decl, *x)));
        let key = [promoting, of.clone()].into_iter().filter(|of| !of.is_empty()).map(|of| format_compact!("{of}.{name}"));
        let key = key.clone().find(|key| self.facts.knows(key)).or_else(|| Some(format_compact!("{of}.{name}")).filter(|_| !of.is_empty()));
        // An interface type without a name.
        let key = key.unwrap_or_else(|| format_compact!("interface.{name}"));
        Callee::Function(Function { key, decls, receiver })
    }

    fn local_function(&self, decl: DeclId, id: LocalId) -> Callee {
        let local = self.scopes(decl).local(id);
        let assigned: Vec<_> = local.writes.iter().filter(|write| write.value != Value::Zero).collect();
        if let ([write], LocalKind::Var, false) = (&assigned[..], local.kind, local.address_taken)
            && let Value::Expr(value) = write.value
        {
            match self.tree(decl).expr(value) {
                Expr::FuncLit { .. } => return Callee::Closure(value),
                // `exit := os.Exit`. A method's receiver may be another by the time of the call.
                Expr::Selector { .. } => {
                    if let Callee::Function(function) = self.function_value(decl, value)
                        && function.receiver.is_none()
                    {
                        return Callee::Function(function);
                    }
                }
                _ => {}
            }
        }
        Callee::Variable(id)
    }

    /// A function of a package that is nowhere to be found, or a method of a type of one, as far as the facts know its name.
    pub(super) fn foreign(&self, decl: DeclId, fun: ExprId, steps: usize) -> Callee {
        let tree = self.tree(decl);
        let Expr::Selector { x, sel } = tree.expr(unindexed(tree, fun)) else { return Callee::Unknown };
        let Some(name) = tree.ident(*sel) else { return Callee::Unknown };
        if let Expr::Ident(_) = tree.expr(*x)
            && let Entity::Package(path, package) = self.types.entity(decl, *x)
        {
            let known = package.is_none();
            return if known { self.foreign_function(format_compact!("{}.{name}", imported_as(path)), None) } else { Callee::Unknown };
        }
        let Some(of) = self.foreign_type_within(decl, *x, steps) else { return Callee::Unknown };
        self.foreign_function(format_compact!("{}.{name}", of.trim_start_matches('*')), Some(*x))
    }

    fn foreign_function(&self, key: CompactString, receiver: Option<ExprId>) -> Callee {
        Callee::Function(Function { key, decls: Vec::new(), receiver })
    }
}

/// A function without its type arguments and parentheses.
fn unindexed(tree: &crate::ast::Tree, mut fun: ExprId) -> ExprId {
    while let Expr::Paren { x } | Expr::Index { x, .. } = tree.expr(fun) {
        fun = *x;
    }
    fun
}

impl Function {
    /// The function's or method's own name.
    pub fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or("")
    }
}
