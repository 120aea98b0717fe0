//! Where does a body acquire something, and which variable holds it then?
//!
//! ```go
//! resp, err := http.Get(u) // resp holds it, unless err says that there is nothing
//! _, err := http.Get(u)    // nobody does
//! if err := cmd.Start(); err != nil {} // cmd does
//! ```
//!
//! An acquisition into a field, a package variable or a variable of the function around is somebody else's: no site.
//!
//! Not here: what becomes of it (`walk`).

use super::body::Body;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::facts::{EffectKind, ErrorResult, Owned, Release, Resource};
use crate::flow::Place;
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, LocalKind, Type, Value};
use crate::summary::{DEPTH, Handed, Held, Summaries, Use};
use crate::types::Kind;

/// One acquisition.
#[derive(Clone, Debug)]
pub(super) struct Site<'p> {
    pub(super) call: ExprId,
    /// Where the node is that makes the call.
    pub(super) place: Place,
    pub(super) held: Held<'p>,
    /// Who holds it behind the call; nobody, if it is a state of the process.
    pub(super) holders: Vec<(LocalId, Held<'p>)>,
    /// The variable that says whether it was acquired.
    pub(super) error: Option<(LocalId, Says)>,
    /// Nothing holds it: it is lost where it is acquired.
    pub(super) discarded: bool,
    /// The library's function that acquires, as the facts name it.
    pub(super) function: String,
    /// The variables that got its other results: they are something, where something was acquired.
    pub(super) others: Vec<LocalId>,
}

/// How a variable says that something was acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// It is an error that is nil.
    Nil,
    /// It is true.
    True,
    /// If it is true, the error is one.
    FailedIfTrue,
    /// It was made from the error; nobody knows how.
    Something,
}

/// The site that a call is, if it acquires a resource and a variable of the body holds it, or nothing does.
fn of<'p>(body: &Body<'p>, call: ExprId, function: &Function, resource: &'p Resource) -> Option<Site<'p>> {
    let finder = Finder { summaries: body.summaries, decl: body.decl, lit: body.lit };
    if finder.is_exempt(call, resource) { None } else { even_exempt(body, call, function, resource) }
}

/// The same, even where the call's arguments say that it leaves nothing behind.
fn even_exempt<'p>(body: &Body<'p>, call: ExprId, function: &Function, resource: &'p Resource) -> Option<Site<'p>> {
    let finder = Finder { summaries: body.summaries, decl: body.decl, lit: body.lit };
    // What a function wraps belonged to somebody before, who may close it.
    let wraps = |effect: &crate::facts::Effect| effect.kind == EffectKind::WrapsCloses;
    if finder.connects_itself(function)
        || body.summaries.may_read_bodies(body.decl, function)
        || body.summaries.sema.facts.effects(&function.key).iter().any(wraps)
    {
        return None;
    }
    let place = body.graph.place_of(call)?;
    let whole = !resource.component.is_empty();
    let mut site = Site {
        call,
        place,
        held: Held { resource, whole, by_value: false, same: true },
        holders: Vec::new(),
        error: None,
        discarded: false,
        function: function.key.to_string(),
        others: Vec::new(),
    };
    match resource.owned {
        Owned::Result(index) => finder.result(&mut site, index, resource.error)?,
        Owned::Receiver => {
            let receiver = finder.variable(finder.local(function.receiver?)?)?;
            site.holders.push((receiver, site.held));
            site.error = finder.error_of(&site, 1, resource.error, None)?;
        }
        Owned::Arg(index) => {
            let tree = finder.summaries.sema.tree(finder.decl);
            let Expr::Call { args, .. } = tree.expr(call) else { return None };
            let local = finder.summaries.root(finder.decl, *args.get(index)?)?;
            site.held.by_value = finder.summaries.is_by_value(finder.summaries.sema.type_of_local(finder.decl, local));
            let local = finder.variable(finder.own(local)?)?;
            site.holders.push((local, site.held));
            site.error = finder.error_of(&site, 1, resource.error, None)?;
        }
        Owned::Process => site.error = finder.error_of(&site, 1, resource.error, None)?,
    }
    Some(site)
}

struct Finder<'p> {
    summaries: &'p Summaries<'p>,
    decl: DeclId,
    lit: Option<ExprId>,
}

impl<'p> Finder<'p> {
    /// Sets who holds result number `index` of the call; `None` where it is somebody else.
    fn result(&self, site: &mut Site<'p>, index: usize, error: ErrorResult) -> Option<()> {
        let tree = self.summaries.sema.tree(self.decl);
        let ty = self.result_type(site.call, index);
        // Where the type is not known, what a function releases is a number or a name.
        let by_function = site.held.resource.release.iter().any(|way| matches!(way, Release::Func(_)));
        site.held.by_value = self.summaries.is_by_value(ty) || (!ty.is_known() && by_function && site.held.resource.component.is_empty());
        if let Some((stmt, targets)) = self.targets(site.call) {
            let target = tree.unparen(*targets.get(index)?);
            if tree.ident(target) == Some("_") {
                site.discarded = true;
            } else {
                let local = self.local(target)?;
                let written = self.summaries.sema.scopes(self.decl).written_by(stmt).contains(&local);
                if !written {
                    return None;
                }
                site.holders.push((local, site.held));
            }
            site.error = self.error_of(site, targets.len(), error, Some(index))?;
            let scopes = self.summaries.sema.scopes(self.decl);
            let error = site.error.map(|(error, _)| error);
            let others = targets.iter().filter_map(|&target| scopes.of_ident(tree.unparen(target)));
            site.others = others.filter(|&local| Some(local) != error).collect();
            return Some(());
        }
        // `for range time.Tick(d)`: the loop holds it.
        if let Some(Node::Stmt(stmt)) = self.summaries.sema.parents(self.decl).parent(Node::Expr(site.call))
            && matches!(tree.stmt(stmt), Stmt::Range { x, .. } if *x == site.call)
            && site.held.resource.kind == crate::facts::Kind::Timer
        {
            return Some(());
        }
        // In the middle of an expression: only a single result can be there, or nobody looks at any.
        match self.summaries.follow(self.decl, site.call, site.held, DEPTH) {
            Use::Ends => site.discarded = true,
            Use::Held(by, held) => site.holders.extend(by.into_iter().map(|local| (local, held))),
            Use::Released | Use::Leaves | Use::Lent | Use::Returned => return None,
        }
        Some(())
    }

    fn result_type(&self, call: ExprId, index: usize) -> Type {
        match self.summaries.sema.results_of(self.decl, call).get(index) {
            Some(&ty) => ty,
            None => self.summaries.sema.type_of(self.decl, call),
        }
    }

    /// The statement that assigns a call's results, and to what.
    fn targets(&self, call: ExprId) -> Option<(StmtId, Vec<ExprId>)> {
        let (tree, parents) = (self.summaries.sema.tree(self.decl), self.summaries.sema.parents(self.decl));
        let mut value = call;
        let stmt = loop {
            match parents.parent(Node::Expr(value))? {
                Node::Expr(around) if matches!(tree.expr(around), Expr::Paren { .. }) => value = around,
                Node::Expr(_) => return None,
                Node::Stmt(stmt) => break stmt,
            }
        };
        match tree.stmt(stmt) {
            Stmt::Assign { lhs, rhs, .. } if **rhs == [value] => Some((stmt, lhs.to_vec())),
            Stmt::Decl(decl) => decl.specs.iter().find_map(|spec| match &spec.kind {
                crate::ast::SpecKind::Value { names, values, .. } if **values == [value] => Some((stmt, names.to_vec())),
                _ => None,
            }),
            _ => None,
        }
    }

    /// The variable that says whether the call acquired: inside `None` if there is none, outside `None` where it cannot be followed.
    fn error_of(&self, site: &Site<'p>, count: usize, error: ErrorResult, owned: Option<usize>) -> Option<Option<(LocalId, Says)>> {
        let tree = self.summaries.sema.tree(self.decl);
        let resource = site.held.resource;
        let index = match error {
            ErrorResult::None => None,
            ErrorResult::Index(index) => Some(index),
            ErrorResult::Last => count.checked_sub(1),
        };
        let index = if resource.when_true { Some(0) } else { index.filter(|&index| owned != Some(index)) };
        let Some(index) = index else { return Some(None) };
        let Some((_, targets)) = self.targets(site.call) else { return Some(None) };
        let Some(&target) = targets.get(index) else { return Some(None) };
        let target = tree.unparen(target);
        if tree.ident(target) == Some("_") {
            return Some(None);
        }
        // An error in a field, or in a variable of the function around, may be looked at by somebody else.
        let local = self.summaries.sema.scopes(self.decl).of_ident(target).filter(|_| matches!(tree.expr(target), Expr::Ident(_)))?;
        let ty = self.summaries.sema.type_of_local(self.decl, local);
        let says = if resource.when_true || matches!(self.summaries.sema.behind(ty), Kind::Basic(basic) if basic.is_boolean()) {
            Says::True
        } else {
            Says::Nil
        };
        Some(Some((local, says)))
    }

    /// A variable of the body itself.
    fn local(&self, expr: ExprId) -> Option<LocalId> {
        let tree = self.summaries.sema.tree(self.decl);
        let mut expr = tree.unparen(expr);
        if let Expr::Unary { op: Op::And, x } | Expr::Star { x } = *tree.expr(expr) {
            expr = tree.unparen(x);
        }
        let scopes = self.summaries.sema.scopes(self.decl);
        self.own(scopes.of_ident(expr).filter(|_| matches!(tree.expr(expr), Expr::Ident(_)))?)
    }

    fn own(&self, local: LocalId) -> Option<LocalId> {
        let info = self.summaries.sema.scopes(self.decl).local(local);
        (info.function == self.lit && !info.address_taken).then_some(local)
    }

    /// Not a parameter: what is acquired for the caller is the caller's.
    fn variable(&self, local: LocalId) -> Option<LocalId> {
        let info = self.summaries.sema.scopes(self.decl).local(local);
        let tree = self.summaries.sema.tree(self.decl);
        // Neither is what only stands for somebody else's: `cmd := s.cmd`.
        let other = |value: Value| match value {
            Value::Expr(of) => {
                matches!(tree.expr(tree.unparen(of)), Expr::Ident(_) | Expr::Selector { .. } | Expr::Index { .. } | Expr::Star { .. })
            }
            Value::Key(_) | Value::Element(_) | Value::Other => true,
            Value::Result { .. } | Value::Zero => false,
        };
        (info.kind == LocalKind::Var && !info.writes.iter().any(|write| other(write.value))).then_some(local)
    }

    /// Whether the call is made by a value that this function made with a function of its own to connect: nobody knows what it connects to.
    fn connects_itself(&self, function: &Function) -> bool {
        let Some(local) = function.receiver.and_then(|receiver| self.summaries.root(self.decl, receiver)) else { return false };
        let tree = self.summaries.sema.tree(self.decl);
        self.summaries.sema.scopes(self.decl).local(local).writes.iter().any(|write| {
            let Value::Expr(value) = write.value else { return false };
            tree.literal(value).into_iter().flatten().any(|&elt| match *tree.expr(elt) {
                Expr::KeyValue { key, value } => {
                    let dials = tree.ident(key).is_some_and(|key| key.contains("Dial"));
                    dials && matches!(tree.expr(value), Expr::FuncLit { .. })
                }
                _ => false,
            })
        })
    }

    /// Whether an argument says that there is nothing to give back: a request with the method HEAD.
    fn is_exempt(&self, call: ExprId, resource: &Resource) -> bool {
        let Some(exempt) = &resource.exempt else { return false };
        let tree = self.summaries.sema.tree(self.decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return false };
        let Some(&arg) = args.get(exempt.arg) else { return false };
        let equals = |expr: ExprId| exempt.equals.iter().any(|text| self.is_text(expr, text) || self.is_call_of(expr, text));
        // A context with values has the parent's end.
        let is = |expr: ExprId| match tree.expr(expr) {
            Expr::Call { args, .. } if self.is_call_of(expr, "context.WithValue") => args.first().is_some_and(|&parent| equals(parent)),
            _ => equals(expr),
        };
        if is(arg) {
            return true;
        }
        // A request that another call made with that method.
        let Some(local) = self.summaries.local_of(self.decl, arg) else { return false };
        let writes = &self.summaries.sema.scopes(self.decl).local(local).writes;
        writes.iter().any(|write| match write.value {
            Value::Expr(of) | Value::Result { of, .. } => {
                let mut found = is(of);
                tree.walk(Node::Expr(of), |node| {
                    found |= matches!(node, Node::Expr(part) if exempt.equals.iter().any(|text| self.is_text(part, text)));
                    !found
                });
                found
            }
            _ => false,
        })
    }

    /// Whether a function that hands over what it acquires gets what says that there is nothing to give back: `c.request("HEAD", path)`.
    fn passes_exempt(&self, call: ExprId, resource: &Resource) -> bool {
        let Some(exempt) = &resource.exempt else { return false };
        let Expr::Call { args, .. } = self.summaries.sema.tree(self.decl).expr(call) else { return false };
        args.iter().any(|&arg| exempt.equals.iter().any(|text| self.is_text(arg, text)))
    }

    fn is_call_of(&self, expr: ExprId, key: &str) -> bool {
        let call = matches!(self.summaries.sema.tree(self.decl).expr(expr), Expr::Call { .. });
        call && matches!(self.summaries.sema.callee(self.decl, expr), Callee::Function(function) if function.key == key)
    }

    /// Whether an expression is a constant text, also by the name that Go gives it: `http.MethodHead`.
    fn is_text(&self, expr: ExprId, text: &str) -> bool {
        let info = self.summaries.sema.types.info(self.decl);
        let constant = info.constant(expr).and_then(|value| value.as_bytes().map(|bytes| bytes == text.as_bytes()));
        constant.unwrap_or_else(|| match self.summaries.sema.tree(self.decl).expr(expr) {
            Expr::Selector { sel, .. } => {
                let name = self.summaries.sema.tree(self.decl).ident(*sel).unwrap_or_default();
                name.strip_prefix("Method").is_some_and(|method| method.eq_ignore_ascii_case(text))
            }
            _ => false,
        })
    }
}

/// The sites that a call is of a rule: by the facts, or because the module's own function hands over what it acquires.
pub(super) fn all<'p>(body: &Body<'p>, call: ExprId, rule: &str) -> Vec<Site<'p>> {
    let Callee::Function(function) = body.summaries.sema.callee(body.decl, call) else { return Vec::new() };
    let of_rule = |resource: &&Resource| resource.rule == rule;
    let known = body.summaries.sema.facts.acquires(&function.key);
    if !known.is_empty() {
        return known.iter().filter(of_rule).filter_map(|resource| of(body, call, &function, resource)).collect();
    }
    let handed = body.summaries.acquired_by(body.decl, call, DEPTH);
    handed.iter().filter(|handed| of_rule(&handed.resource)).filter_map(|handed| handed_over(body, call, handed)).collect()
}

/// The context that a call of the library makes, whatever its parent is.
pub(super) fn context<'p>(body: &Body<'p>, call: ExprId, rule: &str) -> Option<Site<'p>> {
    let Callee::Function(function) = body.summaries.sema.callee(body.decl, call) else { return None };
    let made = body.summaries.sema.facts.acquires(&function.key).iter().find(|resource| resource.rule == rule)?;
    even_exempt(body, call, &function, made)
}

/// The site of a function of the module that hands over what it acquires.
fn handed_over<'p>(body: &Body<'p>, call: ExprId, handed: &Handed<'p>) -> Option<Site<'p>> {
    let finder = Finder { summaries: body.summaries, decl: body.decl, lit: body.lit };
    let resource = handed.resource;
    if finder.passes_exempt(call, resource) {
        return None;
    }
    let last = body.summaries.sema.results_of(body.decl, call).last().copied().unwrap_or(Type::UNKNOWN);
    let says = last == Type::ERROR || last == Type::BOOL;
    let error = if says { ErrorResult::Last } else { ErrorResult::None };
    let held = Held { resource, whole: handed.whole, by_value: false, same: true };
    let place = body.graph.place_of(call)?;
    let mut site = Site {
        call,
        place,
        held,
        holders: Vec::new(),
        error: None,
        discarded: false,
        function: handed.function.to_string(),
        others: Vec::new(),
    };
    finder.result(&mut site, handed.result as usize, error)?;
    Some(site)
}
