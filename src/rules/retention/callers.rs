//! What do callers do with a result: do they keep it, or are they done with it when they return?
//!
//! ```go
//! if bytes.Equal(magic(path), elf) { … } // done with it: nothing stays
//! s.magic = magic(path)                  // kept
//! ```
//!
//! The question is asked to accuse, so a use that is not understood is only perhaps one that keeps.
//!
//! Not here: callers in other packages, whom an exported function may have.

use crate::ast::{AssignOp, Expr, ExprId, Node, Op, Stmt};
use crate::facts::EffectKind;
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::{Callee, LocalId, Value};
use crate::summary::{Slot, Summaries};

/// What callers do with a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Used {
    Locally,
    Perhaps,
    Kept,
}

/// How many variables are followed at one call.
const MOST_LOCALS: usize = 32;

/// What the callers of a function do with one of its results. Whoever is called by others, or by nobody, is taken for kept.
pub(in crate::rules) fn used(pass: &Pass, decl: DeclId, index: u32) -> Used {
    let project = pass.project();
    let Some((name, _)) = project.decl(decl).names.first() else { return Used::Perhaps };
    let package = project.file(decl.file).package;
    if name.starts_with(char::is_uppercase) && project.package(package).name != "main" {
        return Used::Kept;
    }
    let mut found: Option<Used> = None;
    let mut is_mentioned = false;
    for other in pass.sema().decls_that_mention(package, name).into_iter().filter(|&other| other != decl) {
        if project.file(other.file).test {
            continue;
        }
        is_mentioned = true;
        for &call in &project.tree(other).index.calls {
            let Callee::Function(function) = pass.sema().callee(other, call) else { continue };
            if function.decls.contains(&decl) {
                let used = Uses { summaries: pass.summaries, decl: other }.of_result(call, index);
                found = Some(found.map_or(used, |known| known.max(used)));
            }
        }
    }
    found.unwrap_or(if is_mentioned { Used::Perhaps } else { Used::Kept })
}

struct Uses<'a, 'p> {
    summaries: &'a Summaries<'p>,
    decl: DeclId,
}

impl Uses<'_, '_> {
    fn of_result(&self, call: ExprId, index: u32) -> Used {
        let sema = &self.summaries.sema;
        let scopes = sema.scopes(self.decl);
        let gets = |value: Value| match value {
            Value::Expr(of) => sema.tree(self.decl).unparen(of) == call,
            Value::Result { of, index: at, .. } => of == call && at == index,
            _ => false,
        };
        let mut locals: Vec<LocalId> = (0..scopes.locals.len() as u32).map(LocalId).collect();
        locals.retain(|&local| scopes.local(local).writes.iter().any(|write| gets(write.value)));
        let mut used = if locals.is_empty() { self.of_value(call, &mut locals) } else { Used::Locally };
        let mut at = 0;
        while let Some(&local) = locals.get(at) {
            at += 1;
            if at > MOST_LOCALS {
                return used.max(Used::Perhaps);
            }
            if scopes.local(local).captured {
                used = used.max(Used::Perhaps);
            }
            for ident in scopes.uses(local).filter(|&ident| ident != scopes.local(local).ident) {
                used = used.max(self.of_value(ident, &mut locals));
            }
        }
        used
    }

    /// What is done with a value where it stands; variables that get it are added.
    fn of_value(&self, value: ExprId, locals: &mut Vec<LocalId>) -> Used {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(self.decl), sema.parents(self.decl));
        let mut value = value;
        loop {
            match parents.parent(Node::Expr(value)) {
                Some(Node::Expr(around)) => match *tree.expr(around) {
                    Expr::Paren { .. } => value = around,
                    Expr::Slice { x, .. } if x == value => value = around,
                    Expr::Unary { op, .. } if op != Op::And => return Used::Locally,
                    Expr::Binary { .. } | Expr::Slice { .. } | Expr::Index { .. } => return Used::Locally,
                    Expr::KeyValue { .. } | Expr::CompositeLit { .. } => return Used::Kept,
                    Expr::Call { .. } => match self.argument(around, value) {
                        Some(used) => return used,
                        None => value = around,
                    },
                    _ => return Used::Perhaps,
                },
                Some(Node::Stmt(stmt)) => {
                    return match tree.stmt(stmt) {
                        Stmt::Return { .. } | Stmt::Send { .. } => Used::Kept,
                        Stmt::Assign { lhs, rhs, op } => {
                            let Some(at) = rhs.iter().position(|&expr| expr == value) else { return Used::Locally };
                            match lhs.get(at).and_then(|&target| self.summaries.local_of(self.decl, target)) {
                                Some(local) => {
                                    if !locals.contains(&local) {
                                        locals.push(local);
                                    }
                                    Used::Locally
                                }
                                None if *op == AssignOp::Define || lhs.get(at).is_some_and(|&target| tree.ident(target) == Some("_")) => {
                                    Used::Locally
                                }
                                None => Used::Kept,
                            }
                        }
                        Stmt::Go { .. } | Stmt::Defer { .. } | Stmt::Decl(_) => Used::Perhaps,
                        _ => Used::Locally,
                    };
                }
                None => return Used::Perhaps,
            }
        }
    }

    /// What a call does with an argument; nothing if its result is the argument again.
    fn argument(&self, call: ExprId, value: ExprId) -> Option<Used> {
        let sema = &self.summaries.sema;
        let Expr::Call { args, ellipsis, .. } = sema.tree(self.decl).expr(call) else { return Some(Used::Perhaps) };
        let at = args.iter().position(|&arg| arg == value)?;
        match sema.callee(self.decl, call) {
            Callee::Builtin("append") if !ellipsis => Some(Used::Kept),
            Callee::Builtin(_) => Some(Used::Locally),
            Callee::Conversion(ty) => {
                let copies = self.summaries.is_string(ty) != self.summaries.is_string(sema.type_of(self.decl, value));
                copies.then_some(Used::Locally)
            }
            Callee::Function(function) if function.decls.is_empty() => {
                let effects = sema.facts.effects(&function.key);
                let has = |kinds: &[EffectKind]| effects.iter().any(|effect| kinds.contains(&effect.kind));
                if has(&[EffectKind::Inserts, EffectKind::Stores, EffectKind::Registers]) {
                    return Some(Used::Kept);
                }
                if has(&[EffectKind::ReturnsAlias, EffectKind::MayReturnAlias]) { None } else { Some(Used::Locally) }
            }
            Callee::Function(function) => {
                let stores = |&callee: &DeclId| self.summaries.effects(callee, 1).stores.contains(&Slot::Param(at as u32));
                Some(if function.decls.iter().any(stores) { Used::Perhaps } else { Used::Locally })
            }
            _ => Some(Used::Perhaps),
        }
    }
}
