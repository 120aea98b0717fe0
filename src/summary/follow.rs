//! Where does a resource go from where a variable that holds it is mentioned? Is it only used, given back, kept by somebody else, or held
//! by another variable as well?
//!
//! ```go
//! n, err := io.Copy(w, f) // lent: f is still ours
//! closeQuietly(f)         // released, by a function of the module
//! s.files = append(s.files, f) // leaves: s has it now
//! r := bufio.NewReader(f) // r is made from f; closing r would not close f
//! ```
//!
//! The question is asked to accuse, so what is not understood leaves: an unknown callee, a closure that somebody keeps, a struct, a
//! channel. A function of the module is read with the same eyes, through at most `DEPTH` calls.
//!
//! Not here: in which order things happen (the engine in `rules::lifetime`).

use super::{Slot, Summaries};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::EffectKind::{self, Borrows, MayReturnAlias, Releases, ReturnsAlias, ReturnsCopy, Wraps};
use crate::facts::{Release as Way, Resource, Target};
use crate::project::DeclId;
use crate::sema::{self, Callee, Function, LocalId, LocalKind, Type, Value, once_in};
use crate::types::Kind;

/// A value that holds a resource, or that was made from one that does.
#[derive(Clone, Copy, Debug)]
pub struct Held<'p> {
    pub resource: &'p Resource,
    /// The value is the whole of which a component is owned: `resp`, not `resp.Body`.
    pub whole: bool,
    /// Numbers and names carry it as well: a descriptor, a path.
    pub by_value: bool,
    /// It is the resource, not something made from it as `bufio.NewReader(f)` is.
    pub same: bool,
}

/// What becomes of a resource at one mention.
#[derive(Clone, Debug)]
pub enum Use<'p> {
    /// Nothing: it is read, compared, lent.
    Ends,
    Released,
    /// Somebody else may have it now.
    Leaves,
    /// A function got it that nobody knows.
    Lent,
    /// It is, or is part of, what the function around the mention returns.
    Returned,
    /// These variables hold it from now on.
    Held(Vec<LocalId>, Held<'p>),
}

/// What a function does with something that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing that outlives the call.
    Lent,
    /// It gives it back, on some path.
    Released,
    /// It keeps it, returns it, or nobody knows.
    Kept,
}

/// A question about a variable, for the table of answers.
pub(super) type FateQuestion = (DeclId, LocalId, usize, [bool; 3], u8);

enum Step {
    /// The value is part of the value of the expression around it.
    Up,
    /// The value of the expression around it was made from it.
    Derived,
    /// The value of the expression around it is a number or text that names it: `f.Fd()`.
    Names,
    Ends,
    Released,
    Leaves,
    Lent,
}

impl Step {
    /// What a function that is lent something returns was not made from it.
    fn of(fate: Fate) -> Step {
        match fate {
            Fate::Lent => Step::Ends,
            Fate::Released => Step::Released,
            Fate::Kept => Step::Leaves,
        }
    }
}

/// Parts of the names of methods that perhaps give back what they are called on, where no fact says so.
const PERHAPS_RELEASES: [&str; 14] = [
    "abort",
    "cancel",
    "clean",
    "close",
    "commit",
    "destroy",
    "disconnect",
    "dispose",
    "finish",
    "free",
    "quit",
    "release",
    "shutdown",
    "stop",
];

impl<'p> Summaries<'p> {
    /// What becomes of a resource that an expression holds: a variable where it is mentioned, or the call that acquires.
    pub fn follow(&self, decl: DeclId, mention: ExprId, mut held: Held<'p>, depth: u8) -> Use<'p> {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let mut value = mention;
        loop {
            let around = match parents.parent(Node::Expr(value)) {
                Some(Node::Expr(around)) => around,
                Some(Node::Stmt(stmt)) => return self.at_statement(decl, value, stmt, held),
                None => return Use::Leaves,
            };
            // Only what a call returns, or what is selected, has another type than what came in.
            // The method's call stands for its selector.
            let outer = match (tree.expr(around), parents.parent(Node::Expr(around))) {
                (Expr::Selector { .. }, Some(Node::Expr(call))) if self.is_called(decl, around, call) => call,
                _ => around,
            };
            let carries = |held: &Held| held.by_value || !self.sema.carries_nothing(self.sema.type_of(decl, outer));
            let step = match tree.expr(around) {
                Expr::Paren { .. } | Expr::Star { .. } | Expr::TypeAssert { .. } => Step::Up,
                Expr::KeyValue { key, .. } if *key == value => Step::Ends,
                Expr::Selector { x, .. } if *x == value => self.selected(decl, value, around, &mut held, depth),
                // The descriptors of `p [2]int`.
                Expr::Slice { x, .. } if *x == value && held.resource.component == "[*]" => Step::Up,
                Expr::Index { x, .. } if *x == value && held.whole && held.resource.component == "[*]" => {
                    (held.whole, held.by_value) = (false, true);
                    Step::Up
                }
                Expr::Index { x, .. } | Expr::Slice { x, .. } if *x == value => Step::Derived,
                // `open[fd] = true` keeps the number.
                Expr::Index { .. } if held.by_value => Step::Leaves,
                Expr::Index { .. } | Expr::Slice { .. } | Expr::Binary { .. } => Step::Ends,
                Expr::Unary { op, .. } if *op != Op::And => Step::Ends,
                Expr::Call { fun, .. } if *fun == value => {
                    let calls = held.same && held.resource.release.contains(&Way::Call);
                    if calls { Step::Released } else { Step::Leaves }
                }
                Expr::Call { args, .. } => match args.iter().position(|&arg| arg == value) {
                    Some(at) => self.handed(decl, around, at as u32, held, depth),
                    None => Step::Leaves,
                },
                _ => Step::Leaves,
            };
            match step {
                Step::Up => {}
                Step::Names => (held.same, held.by_value) = (false, true),
                Step::Derived if carries(&held) => held.same = false,
                Step::Derived | Step::Ends => return Use::Ends,
                Step::Released => return Use::Released,
                Step::Leaves => return Use::Leaves,
                Step::Lent => return Use::Lent,
            }
            value = outer;
        }
    }

    fn is_called(&self, decl: DeclId, fun: ExprId, call: ExprId) -> bool {
        matches!(self.sema.tree(decl).expr(call), Expr::Call { fun: called, .. } if *called == fun)
            && self.sema.function_value(decl, fun) != Callee::Unknown
    }

    /// `x.sel`, of an x that holds the resource: its component, another field, a method that is called, or one that is not.
    fn selected(&self, decl: DeclId, x: ExprId, selector: ExprId, held: &mut Held<'p>, depth: u8) -> Step {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let Expr::Selector { sel, .. } = *tree.expr(selector) else { return Step::Leaves };
        let Some(name) = tree.ident(sel) else { return Step::Leaves };
        let call = match parents.parent(Node::Expr(selector)) {
            Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == selector) => Some(call),
            _ => None,
        };
        let component = held.resource.component.strip_prefix('.').unwrap_or_default();
        if held.whole && !component.is_empty() && component.trim_end_matches("()") == name {
            held.whole = false;
            return Step::Up;
        }
        let owns = held.same && !held.whole;
        let releases = |way: &Way| matches!(way, Way::Method(method) if method == name);
        if owns && held.resource.release.iter().any(releases) {
            return Step::Released;
        }
        let field = |way: &Way| matches!(way, Way::Field(path) if path.split('.').next() == Some(name));
        if owns && held.resource.release.iter().any(field) {
            return self.by_field(decl, selector, held.resource);
        }
        match (call, self.sema.function_value(decl, selector)) {
            (Some(call), Callee::Function(function)) => self.method(decl, x, call, &function, *held, depth),
            (Some(_), _) => Step::Leaves,
            // A method value: whoever gets it may call it.
            (None, Callee::Function(_)) => Step::Leaves,
            // Another field than the component.
            (None, _) if held.whole && !component.is_empty() => Step::Ends,
            (None, _) => {
                // A part that can be released itself is the resource by another name: an embedded connection.
                let ty = self.sema.type_of(decl, selector);
                let released = |way: &Way| match way {
                    Way::Method(method) => self.sema.types.member_of(ty, method, decl.file).is_some(),
                    _ => false,
                };
                if held.resource.release.iter().any(released) {
                    return Step::Up;
                }
                let of = self.sema.type_of(decl, x);
                let library = self.sema.path_and_name(of).is_some() && !self.sema.is_own(of);
                if library { Step::Ends } else { Step::Derived }
            }
        }
    }

    /// `cmd.Process.Wait()`; what else is done with `cmd.Process` only uses it, if it is called.
    fn by_field(&self, decl: DeclId, selector: ExprId, resource: &Resource) -> Step {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let Some(Node::Expr(outer)) = parents.parent(Node::Expr(selector)) else { return Step::Leaves };
        match tree.expr(outer) {
            Expr::Selector { x, sel } if *x == selector => {
                let (first, second) = match tree.expr(selector) {
                    Expr::Selector { sel: first, .. } => (tree.ident(*first), tree.ident(*sel)),
                    _ => (None, None),
                };
                let path = format!("{}.{}", first.unwrap_or_default(), second.unwrap_or_default());
                let releases = resource.release.iter().any(|way| matches!(way, Way::Field(field) if *field == path));
                if releases { Step::Released } else { Step::Ends }
            }
            Expr::Binary { .. } => Step::Ends,
            _ => Step::Leaves,
        }
    }

    fn method(&self, decl: DeclId, x: ExprId, call: ExprId, function: &Function, held: Held<'p>, depth: u8) -> Step {
        let effects = || self.sema.facts.effects(&function.key).iter().filter(|effect| effect.target == Target::Receiver);
        let has = |kinds: &[EffectKind]| effects().any(|effect| kinds.contains(&effect.kind));
        if has(&[Releases, EffectKind::WrapsCloses, EffectKind::TakesOwnership, EffectKind::Stores]) {
            return Step::Released;
        }
        if has(&[ReturnsAlias]) {
            return Step::Names;
        }
        let own = self.sema.is_own(self.sema.type_of(decl, x));
        if !function.decls.is_empty() || own {
            let fates = match self.sema.targets(decl, call) {
                Some(targets) => self.fates(&targets, Slot::Receiver, held, depth),
                None => Fate::Kept,
            };
            return Step::of(fates);
        }
        let lower = function.name().to_ascii_lowercase();
        let known = self.sema.facts.knows(&function.key) || is_standard(&function.key);
        let perhaps = PERHAPS_RELEASES.iter().any(|part| lower.contains(part));
        if function.key.starts_with("interface.") || (perhaps && !known) { Step::Leaves } else { Step::Derived }
    }

    /// What a call does with an argument.
    fn handed(&self, decl: DeclId, call: ExprId, at: u32, held: Held<'p>, depth: u8) -> Step {
        let tree = self.sema.tree(decl);
        let Expr::Call { args, ellipsis, .. } = tree.expr(call) else { return Step::Leaves };
        if *ellipsis && at as usize + 1 == args.len() && !held.by_value {
            return Step::Leaves;
        }
        match self.sema.callee(decl, call) {
            // What is appended to holds the elements of what is appended with `...`.
            Callee::Builtin("append") => {
                if held.by_value && *ellipsis {
                    Step::Ends
                } else {
                    Step::Leaves
                }
            }
            Callee::Builtin("recover") => Step::Leaves,
            Callee::Builtin(_) => Step::Ends,
            Callee::Conversion(_) => Step::Up,
            Callee::Function(function) if function.key == "unsafe.Pointer" => Step::Up,
            Callee::Function(function) if function.decls.is_empty() => self.library_argument(decl, call, &function, at, held, depth),
            Callee::Closure(lit) => Step::of(self.fates(&[sema::Target::Literal(decl, lit)], Slot::Param(at), held, depth)),
            _ => match self.sema.targets(decl, call) {
                Some(targets) => Step::of(self.fates(&targets, Slot::Param(at), held, depth)),
                None => Step::Lent,
            },
        }
    }

    fn library_argument(&self, decl: DeclId, call: ExprId, function: &Function, at: u32, held: Held<'p>, depth: u8) -> Step {
        let releases = |way: &Way| matches!(way, Way::Func(key) if *key == function.key);
        if held.resource.release.iter().any(releases) {
            return Step::Released;
        }
        let target = Target::Arg(self.parameter(decl, call, at) as usize);
        let kinds: Vec<EffectKind> =
            self.sema.facts.effects(&function.key).iter().filter(|effect| effect.target == target).map(|effect| effect.kind).collect();
        let lends = |kind: &EffectKind| matches!(kind, Borrows | EffectKind::Fills | Wraps | MayReturnAlias | ReturnsCopy);
        if !kinds.is_empty() {
            return match () {
                () if kinds.contains(&ReturnsAlias) => Step::Derived,
                () if !kinds.iter().all(lends) => Step::Leaves,
                () if held.by_value || kinds.contains(&ReturnsCopy) => Step::Ends,
                () => Step::Derived,
            };
        }
        // C does not keep what it is given, but for functions that facts name.
        if function.key.starts_with("C.") {
            return Step::Ends;
        }
        // A method of one of the module's own interfaces.
        match self.sema.targets(decl, call) {
            Some(targets) => Step::of(self.fates(&targets, Slot::Param(at), held, depth)),
            None => Step::Lent,
        }
    }

    /// The number of the parameter that an argument is for: all behind the last are for that one, if it is variadic.
    fn parameter(&self, decl: DeclId, call: ExprId, at: u32) -> u32 {
        let Expr::Call { fun, .. } = self.sema.tree(decl).expr(call) else { return at };
        match self.sema.behind(self.sema.type_of(decl, *fun)) {
            Kind::Func(signature) if signature.variadic => at.min((signature.params.len() as u32).saturating_sub(1)),
            _ => at,
        }
    }

    /// What functions do with something that they get; if they differ, what is least innocent of keeping it.
    fn fates(&self, targets: &[sema::Target], slot: Slot, held: Held<'p>, depth: u8) -> Fate {
        let Some(depth) = depth.checked_sub(1) else { return Fate::Kept };
        let mut worst = Fate::Lent;
        for &target in targets {
            let fate = match target {
                sema::Target::Function(decl) => self.fate_of_slot(decl, None, slot, held, depth),
                sema::Target::Literal(decl, lit) => self.fate_of_slot(decl, Some(lit), slot, held, depth),
            };
            match fate {
                Fate::Kept => return Fate::Kept,
                Fate::Released => worst = Fate::Released,
                Fate::Lent => {}
            }
        }
        if targets.is_empty() { Fate::Kept } else { worst }
    }

    fn fate_of_slot(&self, decl: DeclId, lit: Option<ExprId>, slot: Slot, held: Held<'p>, depth: u8) -> Fate {
        let has_body = lit.is_some() || self.sema.tree(decl).func().is_some_and(|func| func.body.is_some());
        if !has_body {
            return Fate::Kept;
        }
        let scopes = self.sema.scopes(decl);
        let locals = || (0..scopes.locals.len() as u32).map(LocalId).filter(|&id| scopes.local(id).function == lit);
        let wanted = match slot {
            Slot::Receiver => locals().find(|&id| scopes.local(id).kind == LocalKind::Receiver),
            Slot::Param(at) => locals().find(|&id| match scopes.local(id).kind {
                LocalKind::Param(number) => number == at || (scopes.local(id).variadic && number < at),
                _ => false,
            }),
        };
        match wanted {
            Some(local) => self.fate(decl, local, held, depth),
            // A parameter without a name is not used.
            None => Fate::Lent,
        }
    }

    /// What becomes of a resource that a variable holds, wherever the variable is mentioned.
    pub fn fate(&self, decl: DeclId, local: LocalId, held: Held<'p>, depth: u8) -> Fate {
        let resource = std::ptr::from_ref(held.resource) as usize;
        let question = (decl, local, resource, [held.whole, held.by_value, held.same], depth);
        once_in(&self.fates, question, || self.work_out_fate(decl, local, held, depth))
    }

    fn work_out_fate(&self, decl: DeclId, local: LocalId, held: Held<'p>, depth: u8) -> Fate {
        let scopes = self.sema.scopes(decl);
        let mut holders = vec![(local, held)];
        let mut released = false;
        let mut at = 0;
        while let Some(&(local, held)) = holders.get(at) {
            at += 1;
            let info = scopes.local(local);
            if info.address_taken || holders.len() > 16 {
                return Fate::Kept;
            }
            for ident in scopes.uses(local).filter(|&ident| ident != info.ident) {
                match self.follow(decl, ident, held, depth) {
                    Use::Ends => {}
                    Use::Released => released = true,
                    Use::Leaves | Use::Lent | Use::Returned => return Fate::Kept,
                    Use::Held(by, as_held) => {
                        for next in by {
                            let known = holders.iter().any(|(known, how)| *known == next && how.same == as_held.same);
                            if !known {
                                holders.push((next, as_held));
                            }
                        }
                    }
                }
            }
        }
        if released { Fate::Released } else { Fate::Lent }
    }

    /// Whether calling a function value calls one of the releasing functions, directly or in functions of the module.
    pub fn may_call(&self, decl: DeclId, function: ExprId, ways: &[Way], depth: u8) -> bool {
        let (body_of, lit) = match self.sema.function_value(decl, function) {
            Callee::Function(function) => {
                if ways.iter().any(|way| matches!(way, Way::Func(key) if *key == function.key)) {
                    return true;
                }
                (function.decls, None)
            }
            Callee::Closure(lit) => (vec![decl], Some(lit)),
            _ => return false,
        };
        let Some(depth) = depth.checked_sub(1) else { return !body_of.is_empty() };
        body_of.into_iter().any(|of| {
            let tree = self.sema.tree(of);
            let body = match lit.map(|lit| tree.expr(lit)) {
                Some(Expr::FuncLit { body, .. }) => Some(*body),
                _ => tree.func().and_then(|func| func.body),
            };
            let Some(body) = body else { return false };
            let mut found = false;
            tree.walk(Node::Stmt(body), |node| {
                if let Node::Expr(call) = node
                    && let Expr::Call { fun, .. } = tree.expr(call)
                {
                    found |= self.may_call(of, *fun, ways, depth);
                }
                !found
            });
            found
        })
    }

    /// A value gets to a statement.
    fn at_statement(&self, decl: DeclId, value: ExprId, stmt: StmtId, held: Held<'p>) -> Use<'p> {
        let tree = self.sema.tree(decl);
        let scopes = self.sema.scopes(decl);
        match tree.stmt(stmt) {
            Stmt::Assign { lhs, rhs, .. } => match rhs.iter().position(|&expr| expr == value) {
                Some(at) if lhs.len() == rhs.len() => self.assigned(decl, stmt, value, &lhs[at..=at], held),
                Some(_) => self.assigned(decl, stmt, value, lhs, held),
                None => Use::Ends,
            },
            Stmt::Decl(_) => {
                let gets = |local: &&LocalId| {
                    let mut writes = scopes.local(**local).writes.iter().filter(|write| write.stmt == stmt);
                    writes.any(|write| matches!(write.value, Value::Expr(of) | Value::Result { of, .. } if of == value))
                };
                let targets: Vec<ExprId> = scopes.written_by(stmt).iter().filter(gets).map(|&local| scopes.local(local).ident).collect();
                self.assigned(decl, stmt, value, &targets, held)
            }
            Stmt::Send { value: sent, .. } if *sent == value => Use::Leaves,
            Stmt::Return { .. } => Use::Returned,
            Stmt::Range { x, .. } if *x == value => {
                // To receive from a channel hands nothing on.
                let ends = held.by_value || self.sema.is_chan(self.sema.type_of(decl, value));
                if ends { Use::Ends } else { Use::Leaves }
            }
            Stmt::Bad | Stmt::TypeSwitch { .. } => Use::Leaves,
            _ => Use::Ends,
        }
    }

    fn assigned(&self, decl: DeclId, stmt: StmtId, value: ExprId, targets: &[ExprId], held: Held<'p>) -> Use<'p> {
        let (tree, parents, scopes) = (self.sema.tree(decl), self.sema.parents(decl), self.sema.scopes(decl));
        if let Some(Node::Stmt(around)) = parents.parent(Node::Stmt(stmt))
            && matches!(tree.stmt(around), Stmt::TypeSwitch { .. })
        {
            return Use::Leaves;
        }
        let function = parents.func_lit(tree, Node::Stmt(stmt));
        let mut by = Vec::new();
        for &target in targets {
            let target = tree.unparen(target);
            if tree.ident(target) == Some("_") {
                continue;
            }
            let local = scopes.of_ident(target).filter(|_| matches!(tree.expr(target), Expr::Ident(_)));
            let ty = match local {
                Some(local) => self.sema.type_of_local(decl, local),
                None => self.sema.type_of(decl, target),
            };
            let same_type = ty == self.sema.type_of(decl, value);
            if !same_type && self.cannot_hold(ty, held) {
                continue;
            }
            match local {
                Some(local) if scopes.local(local).function == function && !scopes.local(local).address_taken => by.push(local),
                _ => return Use::Leaves,
            }
        }
        if by.is_empty() { Use::Ends } else { Use::Held(by, held) }
    }

    /// Whether a variable of a type cannot hold what is held.
    fn cannot_hold(&self, ty: Type, held: Held) -> bool {
        match held.by_value {
            true => ty == Type::ERROR || ty == Type::BOOL,
            false => ty == Type::ERROR || self.sema.carries_nothing(ty),
        }
    }

    /// Whether a type is only numbers and text, so that a resource of that type is one by its value.
    pub fn is_by_value(&self, ty: Type) -> bool {
        match self.sema.behind(ty) {
            Kind::Slice(inner) => self.sema.behind(*inner) == &Kind::Basic(crate::types::Basic::Uint8),
            Kind::Basic(_) => true,
            _ => false,
        }
    }
}

/// Whether a function is of the standard library: its import path begins without a dot.
fn is_standard(key: &str) -> bool {
    key.split_once('/').is_none_or(|(first, _)| !first.contains('.'))
}
