//! What is acquired, what is released? Facts for libraries, bodies for the module's own functions.
//!
//! ```go
//! defer func() { _ = resp.Body.Close() }() // releases resp's response body
//! ```
//!
//! Not here: whether it is released on every path, which calls never return (`returns`).

use super::{DEPTH, Effects, Slot, Summaries};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{Kind, Lives, Owned, Release as Way, Released, Resource};
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, LocalKind, Object, Value, once_in};
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// What an unreleased resource keeps: for decisions its kind, for messages its noun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub kind: Kind,
    /// `*os.File`, `response body`; empty if its type should be shown.
    pub noun: CompactString,
    /// Only a type such as `io.Closer` says that there is something to release.
    pub opaque: bool,
    pub lives: Lives,
}

/// One release that a call makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// What is released, in the tree of the call: `f` of `f.Close()`, `cancel` of `cancel()`.
    pub resource: ExprId,
    pub kept: Kept,
}

impl Kept {
    fn of(resource: &Resource, shown: CompactString) -> Kept {
        // Words such as `response body` say more than a type; a type is better written as the file writes it.
        let is_type = resource.noun.contains('.');
        let kept = Kept { kind: resource.kind, noun: CompactString::default(), opaque: false, lives: resource.lives };
        if is_type { kept.or(&shown).or(&resource.noun) } else { kept.or(&resource.noun).or(&shown) }
    }

    fn released(released: &Released, shown: CompactString) -> Kept {
        let noun = if released.opaque { "" } else { &released.noun };
        Kept { kind: released.kind, noun: noun.into(), opaque: released.opaque, lives: Lives::Value }.or(&shown)
    }

    /// The noun of something else, if there is none.
    fn or(mut self, noun: &str) -> Kept {
        if self.noun.is_empty() {
            self.noun = noun.into();
        }
        self
    }
}

impl<'p> Summaries<'p> {
    /// What a call releases, looking through the module's own functions.
    pub fn releases(&self, decl: DeclId, call: ExprId) -> Vec<Release> {
        self.releases_within(decl, call, DEPTH)
    }

    fn releases_within(&self, decl: DeclId, call: ExprId, depth: u8) -> Vec<Release> {
        let tree = self.sema.tree(decl);
        let Expr::Call { fun, args, .. } = tree.expr(call) else { return Vec::new() };
        let mut found = match self.sema.callee(decl, call) {
            Callee::Function(function) => self.function_releases(decl, &function, args, depth),
            Callee::Closure(lit) => self.closure_releases(decl, lit, args, depth),
            Callee::Variable(local) => match self.called_release(decl, local) {
                Some(kept) => vec![Release { resource: tree.unparen(*fun), kept }],
                None => self.bound_releases(decl, local),
            },
            _ => Vec::new(),
        };
        found.dedup();
        found
    }

    /// What calling a method value would release: `f.Close` of `check(f.Close)`.
    pub fn releases_of_value(&self, decl: DeclId, value: ExprId) -> Vec<Release> {
        if !matches!(self.sema.tree(decl).expr(self.sema.tree(decl).unparen(value)), Expr::Selector { .. }) {
            return Vec::new();
        }
        match self.sema.function_value(decl, value) {
            Callee::Function(function) => self.function_releases(decl, &function, &[], DEPTH),
            _ => Vec::new(),
        }
    }

    fn function_releases(&self, decl: DeclId, function: &Function, args: &[ExprId], depth: u8) -> Vec<Release> {
        let facts = self.sema.facts;
        let mut found = Vec::new();
        if let Some(receiver) = function.receiver
            && let Some((_, method)) = function.key.rsplit_once('.')
        {
            // The component's noun stands with the acquisition: `resp.Body` is an io.ReadCloser, but a response body to the reader.
            if let Some(resource) = self.component_of(decl, receiver, method) {
                found.push(Release { resource: receiver, kept: Kept::of(resource, self.sema.shown(decl, receiver)) });
            } else if let Some(released) = self.releasing_method(decl, function, receiver) {
                found.push(Release { resource: receiver, kept: Kept::released(released, self.sema.shown(decl, receiver)) });
            }
        }
        if let (Some(released), Some(&arg)) = (facts.is_release_function(&function.key), args.first()) {
            let arg = self.unconverted(decl, arg);
            found.push(Release { resource: arg, kept: Kept::released(released, self.sema.shown(decl, arg)).or(&released.noun) });
        }
        if found.is_empty() && depth > 0 {
            for &callee in &function.decls {
                let effects = self.effects(callee, depth - 1);
                for slot in &effects.calls {
                    let Slot::Param(at) = slot else { continue };
                    found.extend(args.get(*at as usize).into_iter().flat_map(|&arg| self.releases_of_value(decl, arg)));
                }
                for (slot, kept) in &effects.releases {
                    let resource = match slot {
                        Slot::Receiver => function.receiver,
                        Slot::Param(at) => args.get(*at as usize).copied(),
                    };
                    let Some(resource) = resource.map(|expr| self.unconverted(decl, expr)) else { continue };
                    // A value of the module's own that holds such a thing is itself what is kept.
                    let closes = function.key.to_ascii_lowercase().ends_with(".close") && kept.kind != Kind::Lock;
                    let kind = if closes { Kind::Fd } else { kept.kind };
                    // The helper knows an io.Closer; the caller may know what it hands over.
                    let is_closer = || facts.is_release(&self.sema.key_of(decl, resource), "Close").is_some_and(|released| released.opaque);
                    let has_close = || self.sema.has_error_method(self.sema.type_of(decl, resource), "Close", decl);
                    let opaque = kept.opaque && (is_closer() || has_close());
                    let kept = Kept { kind, noun: self.sema.shown(decl, resource), opaque, lives: kept.lives }.or(&kept.noun);
                    found.push(Release { resource, kept });
                }
            }
        }
        found
    }

    /// What the facts say of a method that releases its receiver; an interface of the module with `Close() error` is an `io.Closer`.
    fn releasing_method(&self, decl: DeclId, function: &Function, receiver: ExprId) -> Option<&'p Released> {
        let facts = self.sema.facts;
        let (of, method) = function.key.rsplit_once('.')?;
        let is_closer = || self.sema.has_error_method(self.sema.type_of(decl, receiver), method, decl);
        let as_closer = || facts.is_release("io.Closer", method).filter(|_| is_closer());
        facts.is_release(of, method).or_else(as_closer)
    }

    /// `resp.Body` of a `resp` that a call acquired with the component `.Body`.
    fn component_of(&self, decl: DeclId, expr: ExprId, method: &str) -> Option<&'p Resource> {
        let tree = self.sema.tree(decl);
        let Expr::Selector { x, sel } = tree.expr(expr) else { return None };
        let field = tree.ident(*sel)?;
        let local = self.local_of(decl, *x)?;
        self.acquisitions(decl, local).into_iter().find(|resource| {
            resource.component.strip_prefix('.') == Some(field)
                && resource.release.iter().any(|way| matches!(way, Way::Method(name) if name == method))
        })
    }

    /// The resources that the facts see acquired in any write to a local.
    fn acquisitions(&self, decl: DeclId, local: LocalId) -> Vec<&'p Resource> {
        let scopes = self.sema.scopes(decl);
        let mut found = Vec::new();
        for write in &scopes.local(local).writes {
            let (call, index) = match write.value {
                Value::Expr(expr) => (expr, 0),
                Value::Result { of, index, .. } => (of, index),
                _ => continue,
            };
            if let Callee::Function(function) = self.sema.callee(decl, self.sema.tree(decl).unparen(call)) {
                let resources = self.sema.facts.acquires(&function.key);
                found.extend(resources.iter().filter(|resource| resource.owned == Owned::Result(index as usize)));
            }
        }
        found
    }

    /// The variables whose own method acquires something, and what: `pin` of `pin.Pin(x)`, `cmd` of `cmd.Start()`.
    pub fn receiver_acquisitions(&self, decl: DeclId, call: ExprId) -> Vec<(LocalId, Kind)> {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return Vec::new() };
        let resources = self.sema.facts.acquires(&function.key).iter().filter(|resource| resource.owned == Owned::Receiver);
        let Some(local) = function.receiver.and_then(|receiver| self.root(decl, receiver)) else { return Vec::new() };
        resources.map(|resource| (local, resource.kind)).collect()
    }

    /// A variable such as `cancel` that releases by being called.
    fn called_release(&self, decl: DeclId, local: LocalId) -> Option<Kept> {
        let resource = self.acquisitions(decl, local).into_iter().find(|resource| resource.release.contains(&Way::Call))?;
        Some(Kept::of(resource, CompactString::default()))
    }

    /// What calling a variable releases that only ever got a method value: `closeFile := f.Close`.
    fn bound_releases(&self, decl: DeclId, local: LocalId) -> Vec<Release> {
        let local = self.sema.scopes(decl).local(local);
        match (&local.writes[..], local.address_taken) {
            ([only], false) => match only.value {
                Value::Expr(value) => self.releases_of_value(decl, value),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// What the calls in a closure's own body release, its parameters replaced by the arguments.
    fn closure_releases(&self, decl: DeclId, lit: ExprId, args: &[ExprId], depth: u8) -> Vec<Release> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let tree = self.sema.tree(decl);
        let Expr::FuncLit { body, .. } = *tree.expr(lit) else { return Vec::new() };
        // Closures that call each other would be read again for every path through them.
        let releases = once_in(&self.closures, (decl, lit, depth), || {
            let mut seen = FxHashSet::default();
            let calls = self.calls_in(decl, body);
            let mut found: Vec<Release> = calls.iter().flat_map(|&call| self.releases_within(decl, call, depth)).collect();
            found.retain(|release| seen.insert((release.resource, release.kept.kind)));
            found.retain(|release| !self.locks_itself(decl, &calls, release));
            Arc::new(found)
        });
        let mut found = Vec::new();
        for mut release in releases.iter().cloned() {
            if let Some(local) = self.root(decl, release.resource)
                && let info = self.sema.scopes(decl).local(local)
                && info.function == Some(lit)
            {
                let LocalKind::Param(at) = info.kind else { continue };
                let Some(&arg) = args.get(at as usize) else { continue };
                release.resource = arg;
            }
            found.push(release);
        }
        found
    }

    /// Whether a body locks the same lock that it unlocks: then it is not its caller's lock that it releases.
    fn locks_itself(&self, decl: DeclId, calls: &[ExprId], release: &Release) -> bool {
        let locks = |function: &Function| self.sema.facts.acquires(&function.key).iter().any(|resource| resource.kind == Kind::Lock);
        release.kept.kind == Kind::Lock
            && calls.iter().any(|&call| match self.sema.callee(decl, call) {
                Callee::Function(function) if locks(&function) => {
                    function.receiver.is_some_and(|lock| self.same_path(decl, lock, release.resource))
                }
                _ => false,
            })
    }

    /// The calls of a body outside its function literals; the call of a literal where it stands is one.
    pub(super) fn calls_in(&self, decl: DeclId, body: StmtId) -> Vec<ExprId> {
        let tree = self.sema.tree(decl);
        let mut calls = Vec::new();
        tree.walk(Node::Stmt(body), |node| {
            if let Node::Expr(id) = node {
                match tree.expr(id) {
                    Expr::Call { .. } => calls.push(id),
                    Expr::FuncLit { .. } => return false,
                    _ => {}
                }
            }
            true
        });
        calls
    }

    /// What a call's results own: by the facts, or because the module's own function hands over what it acquired.
    pub fn owned_results(&self, decl: DeclId, call: ExprId) -> Vec<(u32, Kept)> {
        self.owned_within(decl, call, DEPTH)
    }

    fn owned_within(&self, decl: DeclId, call: ExprId, depth: u8) -> Vec<(u32, Kept)> {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return Vec::new() };
        let facts = self.sema.facts.acquires(&function.key).iter().filter_map(|resource| match resource.owned {
            Owned::Result(index) => Some((index as u32, Kept::of(resource, self.sema.shown_result(decl, call, &function, index)))),
            _ => None,
        });
        let mut found: Vec<_> = facts.collect();
        if found.is_empty() && depth > 0 {
            found.extend(function.decls.iter().flat_map(|&callee| self.effects(callee, depth - 1).owned.clone()));
        }
        found
    }

    /// What one of the module's own functions does, looking through at most `depth` further calls.
    pub fn effects(&self, decl: DeclId, depth: u8) -> Arc<Effects> {
        once_in(&self.effects, (decl, depth), || {
            let mut effects = Effects::default();
            if let Some(body) = self.sema.tree(decl).func().and_then(|func| func.body) {
                self.sum_releases(decl, body, depth, &mut effects);
                self.sum_returns(decl, body, depth, &mut effects);
                self.sum_stores(decl, body, depth, &mut effects);
            }
            Arc::new(effects)
        })
    }

    pub(super) fn slot(&self, decl: DeclId, local: LocalId) -> Option<Slot> {
        let local = self.sema.scopes(decl).local(local);
        match local.kind {
            LocalKind::Receiver => Some(Slot::Receiver),
            LocalKind::Param(at) if local.function.is_none() => Some(Slot::Param(at)),
            _ => None,
        }
    }

    fn sum_releases(&self, decl: DeclId, body: StmtId, depth: u8, effects: &mut Effects) {
        let calls = self.calls_in(decl, body);
        for &call in &calls {
            if let Callee::Variable(local) = self.sema.callee(decl, call)
                && let Some(slot) = self.slot(decl, local)
                && !effects.calls.contains(&slot)
            {
                effects.calls.push(slot);
            }
            for release in self.releases_within(decl, call, depth) {
                if let Some(slot) = self.root(decl, release.resource).and_then(|local| self.slot(decl, local))
                    && !self.locks_itself(decl, &calls, &release)
                    && !effects.releases.iter().any(|(known, _)| *known == slot)
                {
                    effects.releases.push((slot, release.kept));
                }
            }
        }
    }

    fn sum_returns(&self, decl: DeclId, body: StmtId, depth: u8, effects: &mut Effects) {
        let tree = self.sema.tree(decl);
        let mut returns = Vec::new();
        tree.walk(Node::Stmt(body), |node| match node {
            Node::Stmt(id) => {
                if let Stmt::Return { results } = tree.stmt(id) {
                    returns.push(results);
                }
                true
            }
            Node::Expr(_) => false,
        });
        for results in returns {
            let owned = match &**results {
                [only] if matches!(tree.expr(*only), Expr::Call { .. }) => self.owned_value(decl, *only, depth),
                results => {
                    let each = results.iter().enumerate();
                    let each = each.flat_map(|(at, &result)| {
                        self.owned_value(decl, result, depth).into_iter().take(1).map(move |(_, kept)| (at as u32, kept))
                    });
                    each.collect()
                }
            };
            for (at, kept) in owned {
                if !effects.owned.iter().any(|(known, _)| *known == at) {
                    effects.owned.push((at, kept));
                }
            }
        }
    }

    /// What of a returned expression's results is owned: a call's, a variable's that a call wrote, or `&T{f: owned}`.
    fn owned_value(&self, decl: DeclId, expr: ExprId, depth: u8) -> Vec<(u32, Kept)> {
        let tree = self.sema.tree(decl);
        let expr = self.unconverted(decl, expr);
        match tree.expr(expr) {
            Expr::Call { .. } => self.owned_within(decl, expr, depth),
            Expr::Ident(_) => self.owned_local(decl, expr, depth).map(|kept| (0, kept)).into_iter().collect(),
            Expr::Unary { op: Op::And, x } if matches!(tree.expr(*x), Expr::CompositeLit { .. }) => self.owned_literal(decl, *x, depth),
            Expr::CompositeLit { .. } => self.owned_literal(decl, expr, depth),
            _ => Vec::new(),
        }
    }

    fn owned_literal(&self, decl: DeclId, lit: ExprId, depth: u8) -> Vec<(u32, Kept)> {
        let tree = self.sema.tree(decl);
        let Expr::CompositeLit { elts, .. } = tree.expr(lit) else { return Vec::new() };
        let values = elts.iter().map(|&elt| match tree.expr(elt) {
            Expr::KeyValue { value, .. } => *value,
            _ => elt,
        });
        let mut kept = values.filter_map(|value| self.owned_local(decl, value, depth));
        kept.next().map(|kept| (0, kept)).into_iter().collect()
    }

    fn owned_local(&self, decl: DeclId, expr: ExprId, depth: u8) -> Option<Kept> {
        let local = self.local_of(decl, expr)?;
        let scopes = self.sema.scopes(decl);
        scopes.local(local).writes.iter().find_map(|write| {
            let (of, at) = match write.value {
                Value::Result { of, index, .. } => (of, index),
                Value::Expr(of) => (of, 0),
                _ => return None,
            };
            if !matches!(self.sema.tree(decl).expr(of), Expr::Call { .. }) {
                return None;
            }
            self.owned_within(decl, of, depth).into_iter().find(|&(index, _)| index == at).map(|(_, kept)| kept)
        })
    }

    /// The local variable that an expression is, without parentheses.
    pub fn local_of(&self, decl: DeclId, expr: ExprId) -> Option<LocalId> {
        let expr = self.sema.tree(decl).unparen(expr);
        match self.sema.tree(decl).expr(expr) {
            Expr::Ident(_) => match self.sema.object(decl, expr) {
                Object::Local(local) => Some(local),
                _ => None,
            },
            _ => None,
        }
    }

    /// The local variable that an expression is part of: `f` of `f`, `f.conn`, `(*f).conn[i]`, `int(f)`, `f.Name()`.
    pub fn root(&self, decl: DeclId, mut expr: ExprId) -> Option<LocalId> {
        let tree = self.sema.tree(decl);
        loop {
            expr = self.unconverted(decl, expr);
            expr = match tree.expr(expr) {
                Expr::Ident(_) => return self.local_of(decl, expr),
                Expr::Selector { x, .. }
                | Expr::Index { x, .. }
                | Expr::Star { x }
                | Expr::Slice { x, .. }
                | Expr::TypeAssert { x, .. } => *x,
                Expr::Unary { op: Op::And, x } => *x,
                Expr::Call { fun, .. } => match tree.expr(tree.unparen(*fun)) {
                    Expr::Selector { x, .. } => *x,
                    _ => return None,
                },
                _ => return None,
            };
        }
    }

    /// The expression inside parentheses and conversions: `fd` of `int(fd)`, `p` of `unsafe.Pointer(p)`.
    pub fn unconverted(&self, decl: DeclId, mut expr: ExprId) -> ExprId {
        let tree = self.sema.tree(decl);
        loop {
            expr = tree.unparen(expr);
            match tree.expr(expr) {
                Expr::Call { args, .. } if args.len() == 1 => match self.sema.callee(decl, expr) {
                    Callee::Conversion(_) => expr = args[0],
                    Callee::Function(function) if function.key == "unsafe.Pointer" => expr = args[0],
                    _ => return expr,
                },
                _ => return expr,
            }
        }
    }
}
