//! What can be said of a call once for all, whoever makes it and with what? Computed when it is made for the first time, and kept for all
//! functions that are run.
//!
//! ```go
//! n := log.Print(x, wg.Wait) // a library's function, two arguments, nothing that it returns is waited for
//! ```
//!
//! Not here: what happens when it is made (`call`).

use super::library;
use crate::ast::{Expr, ExprId, Name};
use crate::project::DeclId;
use crate::sema::{self, Sema, Type};
use crate::summary::Summaries;
use crate::types::{Called, Kind as TypeKind, Member, Mode, TypeName};
use std::sync::Arc;

/// How many parts of a type are looked at for something that goroutines wait for.
const MOST_PARTS: usize = 48;

/// A call as it stands in the code.
pub(in crate::summary) struct CallSite {
    pub(super) fun: ExprId,
    pub(super) target: Target,
    /// What stands before a method's name, and its type.
    pub(super) receiver: Option<(ExprId, Type)>,
    /// The arguments that are no types.
    pub(super) args: Vec<ExprId>,
    /// There is one argument, which may be a call with many results.
    pub(super) is_spread: bool,
    /// The arguments are counts.
    pub(super) counts: bool,
    /// How many arguments come before those that become a list.
    pub(super) fixed: Option<usize>,
    pub(super) results: Vec<Type>,
    /// What it returns may lead to something that goroutines wait for.
    pub(super) leads_on: bool,
    /// It never returns.
    pub(super) ends: bool,
    /// It keeps nothing of what it gets, as far as its name tells.
    pub(super) only_looks: bool,
}

/// What a call calls, as far as the code says it.
pub(super) enum Target {
    Builtin(&'static str),
    Conversion,
    /// A function that is done in `library`.
    Modelled(Name),
    Library(Name),
    /// A method, and the type that has it.
    Method(DeclId, TypeName),
    /// An interface's method.
    Abstract(Name),
    Declared(DeclId),
    /// A value of function type.
    Value,
}

impl CallSite {
    pub(super) fn of(summaries: &Summaries, decl: DeclId, call: ExprId) -> Arc<CallSite> {
        crate::sema::once_in(&summaries.calls, (decl, call), || Arc::new(CallSite::new(summaries, decl, call)))
    }

    fn new(summaries: &Summaries, decl: DeclId, call: ExprId) -> CallSite {
        let sema = &summaries.sema;
        let Expr::Call { fun, args, ellipsis } = sema.tree(decl).expr(call) else {
            return CallSite {
                fun: call,
                target: Target::Value,
                receiver: None,
                args: Vec::new(),
                is_spread: false,
                counts: false,
                fixed: None,
                results: Vec::new(),
                leads_on: false,
                ends: false,
                only_looks: false,
            };
        };
        let (target, receiver) = match sema.function_value(decl, *fun) {
            sema::Callee::Builtin(name) => (Target::Builtin(name), None),
            sema::Callee::Conversion(_) => (Target::Conversion, None),
            sema::Callee::Function(function) => {
                let receiver = function.receiver.map(|x| (x, sema.type_of(decl, x)));
                (target_of(sema, decl, *fun, function), receiver)
            }
            _ => (Target::Value, None),
        };
        let info = sema.types.info(decl);
        let counts = matches!(&target, Target::Builtin("make")) || matches!(&target, Target::Modelled(key) if key == "sync.WaitGroup.Add");
        let signature = match sema.types.kind(sema.types.behind(sema.type_of(decl, *fun))) {
            TypeKind::Func(signature) if signature.variadic && !ellipsis => Some(signature),
            _ => None,
        };
        let ty = sema.type_of(decl, call);
        let only_looks = match &target {
            Target::Library(key) | Target::Modelled(key) | Target::Abstract(key) => library::only_looks(sema.facts, key),
            _ => false,
        };
        CallSite {
            fun: *fun,
            receiver,
            args: args.iter().copied().filter(|&arg| info.mode(arg) != Mode::Type).collect(),
            is_spread: args.len() == 1,
            counts,
            fixed: signature.map(|signature| signature.params.len().saturating_sub(1)),
            results: match sema.types.kind(ty) {
                TypeKind::Tuple(all) => all.to_vec(),
                _ => vec![ty],
            },
            leads_on: matches!(target, Target::Method(..) | Target::Declared(_) | Target::Abstract(_) | Target::Value)
                && may_be_waited_for(sema, ty),
            ends: summaries.never_returns(decl, call),
            only_looks,
            target,
        }
    }
}

fn target_of(sema: &Sema, decl: DeclId, fun: ExprId, function: sema::Function) -> Target {
    if library::is_modelled(&function.key) {
        return Target::Modelled(function.key);
    }
    // What the facts say of a function is said once for all.
    if !sema.facts.effects(&function.key).is_empty() {
        return Target::Library(function.key);
    }
    let has_receiver = function.receiver.is_some();
    match sema.types.function(decl, fun) {
        Called::Method(Member::Method { decl: declared, of, .. }, _) if has_receiver && function.decls == [declared] => {
            Target::Method(declared, of)
        }
        Called::Method(Member::Abstract { .. }, _) if has_receiver => Target::Abstract(function.key),
        _ => match function.decls[..] {
            [only] => Target::Declared(only),
            _ => Target::Library(function.key),
        },
    }
}

/// Whether a value of a type may be, or lead to, something that goroutines wait for.
fn may_be_waited_for(sema: &Sema, ty: Type) -> bool {
    let mut types = vec![ty];
    let mut at = 0;
    while let Some(&ty) = types.get(at) {
        at += 1;
        if types.len() > MOST_PARTS {
            return false;
        }
        let mut add = |ty: Type| {
            if !types.contains(&ty) {
                types.push(ty);
            }
        };
        match sema.types.kind(ty) {
            TypeKind::Chan(..) => return true,
            TypeKind::Named(..) => {
                let key = sema.key(ty);
                if library::is_primitive(&key) && key != "context.Context" {
                    return true;
                }
                if sema.is_own(ty) {
                    add(sema.types.behind(ty));
                }
            }
            TypeKind::Pointer(inner) => add(*inner),
            TypeKind::Struct(fields) => fields.iter().for_each(|field| add(field.ty)),
            TypeKind::Tuple(all) => all.iter().copied().for_each(add),
            _ => {}
        }
    }
    false
}
