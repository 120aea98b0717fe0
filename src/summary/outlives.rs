//! Does a value outlive the iteration of a loop in which it was acquired? Then a release at the end of the function is no mistake.
//!
//! ```go
//! for _, p := range paths {
//! 	f, _ := os.Open(p)
//! 	defer f.Close()
//! 	readers = append(readers, bufio.NewReader(f)) // readers is declared outside and used after the loop: f has to stay open
//! }
//! ```
//!
//! The question is asked to stay silent, so what is not understood counts as outliving: a value handed to an unknown method of
//! something outside the loop, to a callback, to a goroutine, sent on a channel.
//!
//! Not here: whether it is released.

use super::{DEPTH, Slot, Summaries};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::flow::graph::{BlockId, Graph};
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, Sema, Type, Value};

/// A loop of one function, and the statement whose own uses do not count (the release).
#[derive(Clone, Copy)]
pub struct Iteration<'a> {
    pub decl: DeclId,
    pub graph: &'a Graph,
    /// Whether a block belongs to the loop.
    pub contains: &'a dyn Fn(BlockId) -> bool,
    pub except: StmtId,
    /// Names and numbers carry the value as well: a descriptor, a temporary directory, the address of a server.
    pub by_name: bool,
    /// It is a context that ends by itself: nobody keeps one for later.
    pub ends_itself: bool,
}

/// Where a mention of a value leads.
enum Step {
    /// The value is part of this expression's value.
    Up(ExprId),
    /// It ends here.
    Ends,
    /// It gets out of the loop, or nobody knows.
    Leaves,
}

impl Iteration<'_> {
    /// Whether a node runs in the loop; a node inside a function literal, where the literal stands.
    pub fn runs(&self, summaries: &Summaries, node: Node) -> bool {
        let parents = summaries.sema.parents(self.decl);
        let mut around = std::iter::once(node).chain(parents.ancestors(node));
        let place = around.find_map(|node| match node {
            Node::Stmt(id) => self.graph.place(id),
            Node::Expr(_) => None,
        });
        place.is_some_and(|(block, _)| (self.contains)(block))
    }

    /// Whether a value of a type cannot carry the resource any further.
    pub fn ends_in(&self, sema: &Sema, ty: Type) -> bool {
        if self.by_name { ty == Type::ERROR || ty == Type::BOOL } else { sema.holds_nothing(ty) }
    }

    fn declared_inside(&self, summaries: &Summaries, local: LocalId) -> bool {
        self.runs(summaries, Node::Expr(summaries.sema.scopes(self.decl).local(local).ident))
    }
}

impl Summaries<'_> {
    /// Whether what the locals hold may be used after the iteration that acquired it.
    pub fn outlives(&self, iteration: &Iteration, seeds: &[LocalId]) -> bool {
        let mut tainted = seeds.to_vec();
        let mut at = 0;
        while let Some(&local) = tainted.get(at) {
            at += 1;
            let uses: Vec<ExprId> = self.sema.scopes(iteration.decl).uses(local).collect();
            for ident in uses {
                if self.use_leaves(iteration, local, ident, &mut tainted) {
                    return true;
                }
            }
        }
        false
    }

    fn use_leaves(&self, iteration: &Iteration, local: LocalId, ident: ExprId, tainted: &mut Vec<LocalId>) -> bool {
        let decl = iteration.decl;
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let (range, except) = (tree.expr_range(ident), tree.stmt_range(iteration.except));
        if except.start <= range.start && range.end <= except.end {
            return false;
        }
        if !iteration.runs(self, Node::Expr(ident)) {
            // A variable of the iteration is used there only on the way out. One from outside the loop keeps the value of a turn.
            let declared = self.sema.scopes(decl).local(local).ident;
            let later = range.start > except.end;
            return ident != declared && later && !iteration.declared_inside(self, local);
        }
        let mut value = ident;
        loop {
            match parents.parent(Node::Expr(value)) {
                Some(Node::Expr(around)) => match self.step(iteration, value, around, tainted) {
                    Step::Up(next) => value = next,
                    Step::Ends => return false,
                    Step::Leaves => return true,
                },
                Some(Node::Stmt(stmt)) => {
                    if self.stmt_leaves(iteration, value, stmt, tainted) {
                        return true;
                    }
                    // Inside a function literal: the literal holds the variable.
                    if iteration.graph.place(stmt).is_some() {
                        return false;
                    }
                    match parents.func_lit(tree, Node::Stmt(stmt)) {
                        Some(lit) if self.sema.scopes(decl).local(local).function != Some(lit) => value = lit,
                        _ => return false,
                    }
                }
                None => return false,
            }
        }
    }

    /// From a value to the expression around it.
    fn step(&self, iteration: &Iteration, value: ExprId, around: ExprId, tainted: &[LocalId]) -> Step {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        let up = || if iteration.ends_in(&self.sema, self.sema.type_of(decl, around)) { Step::Ends } else { Step::Up(around) };
        match tree.expr(around) {
            Expr::Binary { .. } => Step::Ends,
            Expr::Index { x, .. } if *x != value => Step::Ends,
            Expr::Slice { x, .. } if *x != value => Step::Ends,
            Expr::Unary { op, .. } if *op != Op::And && *op != Op::Arrow => Step::Ends,
            // The function of a call: a method of the value, or the value itself.
            Expr::Call { fun, .. } if *fun == value => up(),
            Expr::Call { args, .. } => {
                let at = args.iter().position(|&arg| arg == value).unwrap_or(0);
                match self.argument(iteration, around, value, at as u32, tainted) {
                    Step::Up(_) => up(),
                    other => other,
                }
            }
            _ => up(),
        }
    }

    /// What a call may do with an argument.
    fn argument(&self, iteration: &Iteration, call: ExprId, arg: ExprId, at: u32, tainted: &[LocalId]) -> Step {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        let is_closure = matches!(tree.expr(tree.unparen(arg)), Expr::FuncLit { .. });
        match self.sema.callee(decl, call) {
            Callee::Builtin("append") => Step::Up(call),
            Callee::Builtin(_) => Step::Ends,
            Callee::Conversion(_) | Callee::Closure(_) => Step::Up(call),
            Callee::Function(function) if is_closure => self.closure_argument(&function, at, call),
            Callee::Function(function) => self.function_argument(iteration, &function, call, arg, at, tainted),
            _ if self.is_lent_context(iteration, arg) => Step::Up(call),
            Callee::Unknown => match self.receiver_of(decl, call) {
                Some(receiver) if self.is_inside(iteration, receiver, tainted) => Step::Up(call),
                _ => Step::Leaves,
            },
            Callee::Variable(_) => Step::Leaves,
        }
    }

    /// A context with a timeout is for the call that it is given to; one without may be for what the call starts.
    fn is_lent_context(&self, iteration: &Iteration, arg: ExprId) -> bool {
        iteration.ends_itself && self.sema.key_of(iteration.decl, arg) == "context.Context"
    }

    /// A closure that holds the value is handed over: it is harmless only where the callee is known to be done with it at the end.
    fn closure_argument(&self, function: &Function, at: u32, call: ExprId) -> Step {
        if self.sema.facts.repeats(&function.key) {
            return Step::Up(call);
        }
        if function.decls.is_empty() || self.stores(function, at) { Step::Leaves } else { Step::Up(call) }
    }

    fn function_argument(
        &self,
        iteration: &Iteration,
        function: &Function,
        call: ExprId,
        arg: ExprId,
        at: u32,
        tainted: &[LocalId],
    ) -> Step {
        if self.is_lent_context(iteration, arg) {
            return Step::Up(call);
        }
        if !function.decls.is_empty() {
            return if self.stores(function, at) { Step::Leaves } else { Step::Up(call) };
        }
        if self.copies(&function.key, at) {
            return Step::Ends;
        }
        if self.borrows(&function.key, at) {
            return Step::Up(call);
        }
        match function.receiver {
            None if self.keeps(&function.key, at) => Step::Leaves,
            // Any other function of another package is taken to store it in nothing but what else it is given.
            None => Step::Up(call),
            Some(receiver) if self.is_inside(iteration, receiver, tainted) => Step::Up(call),
            Some(_) => Step::Leaves,
        }
    }

    /// Whether one of the module's own functions may store an argument where it outlives the call.
    fn stores(&self, function: &Function, at: u32) -> bool {
        function.decls.iter().any(|&callee| self.effects(callee, DEPTH - 1).stores.contains(&Slot::Param(at)))
    }

    /// Whether a library function keeps an argument when it has returned: `log.SetOutput(f)`.
    fn keeps(&self, key: &str, at: u32) -> bool {
        use crate::facts::{EffectKind::Registers, EffectKind::Stores, Target};
        let target = Target::Arg(at as usize);
        self.sema.facts.effects(key).iter().any(|effect| effect.target == target && matches!(effect.kind, Registers | Stores))
    }

    /// Whether nothing of an argument is left in a library function's results: `io.ReadAll(f)`.
    fn copies(&self, key: &str, at: u32) -> bool {
        use crate::facts::{EffectKind::ReturnsCopy, Target};
        let target = Target::Arg(at as usize);
        self.sema.facts.effects(key).iter().any(|effect| effect.target == target && effect.kind == ReturnsCopy)
    }

    fn receiver_of(&self, decl: DeclId, call: ExprId) -> Option<ExprId> {
        let tree = self.sema.tree(decl);
        let Expr::Call { fun, .. } = tree.expr(call) else { return None };
        match tree.expr(tree.unparen(*fun)) {
            Expr::Selector { x, .. } => Some(*x),
            _ => None,
        }
    }

    /// Whether an expression is part of a variable that belongs to the iteration.
    fn is_inside(&self, iteration: &Iteration, expr: ExprId, tainted: &[LocalId]) -> bool {
        let root = self.root(iteration.decl, expr);
        root.is_some_and(|local| tainted.contains(&local) || iteration.declared_inside(self, local))
    }

    /// Whether a statement carries a value out of the iteration; variables of the iteration that get it are added to `tainted`.
    fn stmt_leaves(&self, iteration: &Iteration, value: ExprId, stmt: StmtId, tainted: &mut Vec<LocalId>) -> bool {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        match tree.stmt(stmt) {
            Stmt::Assign { lhs, rhs, .. } => {
                let Some(at) = rhs.iter().position(|&expr| expr == value) else { return false };
                let targets = if lhs.len() == rhs.len() { &lhs[at..=at] } else { &lhs[..] };
                // A call's result has something of the value; a name has all of it.
                let whole = !matches!(tree.expr(tree.unparen(value)), Expr::Call { .. });
                targets.iter().any(|&target| self.target_leaves(iteration, target, whole, tainted))
            }
            Stmt::Decl(_) => {
                let scopes = self.sema.scopes(decl);
                let gets = |local: &&LocalId| {
                    let mut writes = scopes.local(**local).writes.iter().filter(|write| write.stmt == stmt);
                    writes.any(|write| matches!(write.value, Value::Expr(of) | Value::Result { of, .. } if of == value))
                };
                let mut written = scopes.written_by(stmt).iter().filter(gets);
                written.any(|&local| self.target_leaves(iteration, scopes.local(local).ident, false, tainted))
            }
            Stmt::Send { value: sent, .. } => *sent == value,
            Stmt::Go { .. } => true,
            Stmt::Range { key, value: element, x, .. } if *x == value => {
                [*key, *element].into_iter().flatten().any(|target| self.target_leaves(iteration, target, false, tainted))
            }
            _ => false,
        }
    }

    fn target_leaves(&self, iteration: &Iteration, target: ExprId, whole: bool, tainted: &mut Vec<LocalId>) -> bool {
        let decl = iteration.decl;
        let tree = self.sema.tree(decl);
        let target = tree.unparen(target);
        if tree.ident(target) == Some("_") || iteration.ends_in(&self.sema, self.target_type(decl, target)) {
            return false;
        }
        let Some(local) = self.root(decl, target) else { return true };
        if self.is_error(decl, local) {
            return false;
        }
        let is_whole = matches!(tree.expr(target), Expr::Ident(_));
        if !tainted.contains(&local) && !iteration.declared_inside(self, local) {
            // `k = key`, and the next turn begins with k.
            let start = tree.expr_range(target).start;
            let mut uses = self.sema.scopes(decl).uses(local);
            let carried = uses
                .any(|ident| tree.expr_range(ident).start < start && iteration.runs(self, Node::Expr(ident)) && self.is_read(decl, ident));
            if !is_whole || (whole && carried) {
                return true;
            }
        }
        if !tainted.contains(&local) {
            tainted.push(local);
        }
        false
    }

    /// Whether an identifier is read where it stands, not written.
    fn is_read(&self, decl: DeclId, ident: ExprId) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        match parents.parent(Node::Expr(ident)) {
            Some(Node::Stmt(stmt)) => !matches!(tree.stmt(stmt), Stmt::Assign { lhs, .. } if lhs.contains(&ident)),
            _ => true,
        }
    }

    /// The type of what is assigned to, also where `:=` declares it.
    fn target_type(&self, decl: DeclId, target: ExprId) -> Type {
        match self.sema.scopes(decl).of_ident(target) {
            Some(local) => self.sema.type_of_local(decl, local),
            None => self.sema.type_of(decl, target),
        }
    }

    /// Whether a variable is an error: by its type, or as the last of several results that is compared with nil.
    fn is_error(&self, decl: DeclId, local: LocalId) -> bool {
        let ty = self.sema.type_of_local(decl, local);
        if ty.is_known() {
            return ty == Type::ERROR;
        }
        let scopes = self.sema.scopes(decl);
        let is_last = |value: Value| matches!(value, Value::Result { index, count, .. } if count > 1 && index + 1 == count);
        let writes = &scopes.local(local).writes;
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let compared = |ident: ExprId| match parents.parent(Node::Expr(ident)) {
            Some(Node::Expr(around)) => match tree.expr(around) {
                Expr::Binary { op: Op::Eql | Op::Neq, y, .. } => tree.ident(*y) == Some("nil"),
                _ => false,
            },
            _ => false,
        };
        !writes.is_empty() && writes.iter().all(|write| is_last(write.value)) && scopes.uses(local).any(compared)
    }
}
