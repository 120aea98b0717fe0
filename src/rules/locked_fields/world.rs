//! All that a package does with a channel, wait group, condition or context that is an unexported field, each with the value that it is a
//! field of. If anything else is done with it, nothing is said of it.
//!
//! ```go
//! b := &box{done: make(chan struct{})} // made
//! close(b.done)                        // lets others go on
//! <-b.done                             // waits
//! ```
//!
//! Not here: locks.

mod context;

use super::At;
use super::held::{Locks, Run};
use crate::ast::{Decl, Expr, ExprId, Node, Op, Parents, SpecKind, Stmt, StmtId};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::spawns::{self, BodyId};
use crate::sema::{Callee, Local, LocalId, LocalKind, Mention, Value};
use crate::summary::locks::{Path, Root};
use crate::types::{Kind, Place};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Send,
    /// `range` too.
    Receive,
    Close,
    /// `Wait` of a group or a condition; the end of a context.
    Wait,
    /// `Done`, `Signal`, `Broadcast`, the call of a context's cancel function.
    Free,
    /// The end of what a wait group has started.
    End,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) does: Does,
    /// The statement of a send, a `range`, a case; the receive; the call.
    pub(super) at: At,
    /// The body whose end it is.
    pub(super) ends: Option<BodyId>,
    /// The value that has the field; `None` if nobody can tell.
    pub(super) owner: Option<Path>,
    /// The `select` that it is a case of.
    pub(super) select: Option<StmtId>,
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// `None`: of unknown capacity, or with room.
    Channel {
        unbuffered: bool,
    },
    Group,
    /// The field that is its lock.
    Cond(Place),
    Context,
}

/// All that is done with a field.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) name: String,
    pub(super) sort: Sort,
    pub(super) deeds: Vec<Deed>,
    /// Where the channel is made.
    pub(super) made: Vec<At>,
    /// Where something is counted in a wait group.
    pub(super) counts: Vec<At>,
    /// The body whose variable it is.
    pub(super) local: Option<BodyId>,
    /// What goes through a channel says nothing: its places are counted.
    pub(super) places: bool,
    /// Others may receive from it.
    pub(super) lent: bool,
    /// Tests do something with it.
    pub(super) tested: bool,
}

/// A field that may be looked at.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) place: Place,
    sort: Sort,
    /// The fields beside it that are functions to cancel a context.
    cancel: Option<Place>,
}

/// The unexported fields of a package's structs that somebody may wait for.
pub(super) fn candidates(pass: &Pass) -> Vec<Candidate> {
    let sema = pass.sema();
    let names = ["WaitGroup", "Cond", "CancelFunc"];
    let decls = pass.decls(|decl| {
        decl.kind == DeclKind::Type && (decl.mentions.has(Keyword::Chan) || names.iter().any(|name| decl.mentions.name(name)))
    });
    let mut found = Vec::new();
    for decl in decls {
        let tree = pass.project().tree(decl);
        let Decl::Gen(group) = &tree.decl else { continue };
        for spec in group.specs.iter() {
            let SpecKind::Type { ty, .. } = &spec.kind else { continue };
            let Expr::StructType { fields } = tree.expr(*ty) else { continue };
            let own = fields.fields.iter().flat_map(|field| field.names.iter().map(move |&name| (field, name)));
            let own: Vec<(ExprId, Place)> = own
                .filter(|&(_, name)| tree.ident(name).is_some_and(|name| name != "_" && !name.starts_with(char::is_uppercase)))
                .map(|(field, name)| {
                    let span = tree.span(Node::Expr(name));
                    (field.ty, Place { file: span.file, offset: span.start })
                })
                .collect();
            let key = |ty: ExprId| sema.key_of(decl, ty);
            let cancels: Vec<Place> = own.iter().filter(|&&(ty, _)| key(ty) == "context.CancelFunc").map(|&(_, place)| place).collect();
            for &(ty, place) in &own {
                let sort = match tree.expr(ty) {
                    Expr::ChanType { .. } => Some(Sort::Channel { unbuffered: true }),
                    Expr::Selector { .. } | Expr::Star { .. } => match (key(ty).as_str(), &cancels[..]) {
                        ("sync.WaitGroup", _) => Some(Sort::Group),
                        ("*sync.Cond", _) => Some(Sort::Cond(place)),
                        ("context.Context", [_]) => Some(Sort::Context),
                        _ => None,
                    },
                    _ => None,
                };
                found.extend(sort.map(|sort| Candidate { place, sort, cancel: cancels.first().copied() }));
            }
        }
    }
    found
}

impl World {
    fn new(name: String, sort: Sort) -> World {
        World {
            name,
            sort,
            deeds: Vec::new(),
            made: Vec::new(),
            counts: Vec::new(),
            local: None,
            places: false,
            lent: false,
            tested: false,
        }
    }

    /// All that is done with the channels that a function makes for the function literals that it hands out.
    pub(super) fn of_locals(locks: &Locks) -> Vec<World> {
        let (pass, sema) = (locks.pass, locks.pass.sema());
        let decls = pass.decls(|decl| {
            let mentions = |keyword| decl.mentions.has(keyword);
            decl.kind == DeclKind::Func
                && [Keyword::Chan, Keyword::Func, Keyword::Arrow].into_iter().all(mentions)
                && ["Mutex", "RWMutex"].iter().any(|name| decl.mentions.name(name))
                && decl.mentions.name("Lock")
        });
        let mut found = Vec::new();
        for decl in decls {
            let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
            if !tree.index.func_lits.iter().any(|&lit| locks.run(decl, lit) == Run::Unknown) {
                continue;
            }
            for local in scopes.locals.iter().filter(|local| is_once(pass, decl, local) && local.captured) {
                let (&[write], Some(id)) = (&local.writes[..], scopes.of_ident(local.ident)) else { continue };
                let Value::Expr(made) = write.value else { continue };
                let field = Place { file: decl.file, offset: tree.range(Node::Expr(local.ident)).start };
                let world =
                    World { local: Some((decl, local.function)), ..World::new(local.name.to_string(), Sort::Channel { unbuffered: true }) };
                let mut reader = Reader { locks, world, field, locals: Vec::new(), lock: None };
                let uses = scopes.uses(id).filter(|&ident| ident != local.ident);
                let read =
                    reader.is_made(decl, made).and_then(|()| uses.map(|ident| reader.operation(decl, ident, None)).collect::<Option<()>>());
                found.extend(read.map(|()| reader.world));
            }
        }
        found
    }

    /// All that is done with a field; `None` if somebody else may do something.
    pub(super) fn of(locks: &Locks, candidate: Candidate) -> Option<World> {
        let sema = locks.pass.sema();
        let name = sema.name_at(candidate.place).to_owned();
        let mut reader = Reader { locks, world: World::new(name, candidate.sort), field: candidate.place, locals: Vec::new(), lock: None };
        match candidate.sort {
            Sort::Context => reader.context(candidate.cancel?)?,
            _ => reader.mentions()?,
        }
        if let Sort::Cond(_) = candidate.sort {
            reader.world.sort = Sort::Cond(reader.lock?);
        }
        Some(reader.world)
    }

    /// What lets a deed that waits go on.
    pub(super) fn met_by(&self, does: Does) -> impl Iterator<Item = &Deed> {
        self.deeds.iter().filter(move |deed| match does {
            Does::Send => deed.does == Does::Receive,
            Does::Receive => matches!(deed.does, Does::Send | Does::Close),
            Does::Wait => matches!(deed.does, Does::Free | Does::End),
            _ => false,
        })
    }
}

struct Reader<'r, 'p, 'a> {
    locks: &'r Locks<'p, 'a>,
    world: World,
    field: Place,
    /// The variables that have the channel before it gets into the field, and of which value.
    locals: Vec<(DeclId, LocalId, Option<Path>)>,
    /// The lock of a condition.
    lock: Option<Place>,
}

impl Reader<'_, '_, '_> {
    fn mentions(&mut self) -> Option<()> {
        let (pass, sema) = (self.locks.pass, self.locks.pass.sema());
        for Mention { decl, at, number } in sema.mentions(self.field) {
            if pass.project().file(decl.file).test {
                self.world.tested = true;
                continue;
            }
            match (number, sema.tree(decl).expr(at)) {
                (Some(_), Expr::CompositeLit { elts, .. }) if elts.is_empty() => {}
                (Some(number), Expr::CompositeLit { elts, .. }) => self.gets(decl, *elts.get(number)?, at)?,
                _ => self.mentioned(decl, at)?,
            }
        }
        for (decl, local, owner) in self.locals.clone() {
            let uses: Vec<ExprId> = sema.scopes(decl).uses(local).collect();
            for ident in uses.into_iter().filter(|&ident| ident != sema.scopes(decl).local(local).ident) {
                let (tree, parents) = (sema.tree(decl), sema.parents(decl));
                let is_store = match parents.parent(Node::Expr(ident)) {
                    Some(Node::Expr(around)) => match *tree.expr(around) {
                        Expr::KeyValue { key, value } => value == ident && sema.field(decl, key) == Some(self.field),
                        Expr::CompositeLit { .. } => true,
                        _ => false,
                    },
                    Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
                        Stmt::Assign { lhs, rhs, .. } => match rhs.iter().position(|&value| value == ident) {
                            Some(at) => lhs.get(at).is_some_and(|&left| sema.selected_field(decl, left) == Some(self.field)),
                            None => false,
                        },
                        _ => false,
                    },
                    None => false,
                };
                if !is_store {
                    self.operation(decl, ident, owner.clone())?;
                }
            }
        }
        Some(())
    }

    /// `x.f`, or the key of a literal.
    fn mentioned(&mut self, decl: DeclId, ident: ExprId) -> Option<()> {
        let sema = self.locks.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let Some(Node::Expr(around)) = parents.parent(Node::Expr(ident)) else { return None };
        match *tree.expr(around) {
            Expr::KeyValue { key, value } if key == ident => {
                let Some(Node::Expr(literal)) = parents.parent(Node::Expr(around)) else { return None };
                self.gets(decl, value, literal)
            }
            Expr::Selector { x, .. } => {
                let owner = self.locks.pass.summaries.lock_path(decl, x);
                self.operation(decl, around, owner)
            }
            _ => None,
        }
    }

    /// A value that the field gets, in a literal or from an assignment.
    fn gets(&mut self, decl: DeclId, value: ExprId, target: ExprId) -> Option<()> {
        let sema = self.locks.pass.sema();
        let tree = sema.tree(decl);
        let value = tree.unparen(value);
        match self.world.sort {
            Sort::Channel { .. } => {}
            Sort::Cond(_) => return self.gets_cond(decl, value),
            _ => return None,
        }
        if self.is_made(decl, value).is_some() {
            return Some(());
        }
        let scopes = sema.scopes(decl);
        let id = scopes.of_ident(value)?;
        let local = scopes.local(id);
        let made = local.only_value()?;
        if local.kind != LocalKind::Var || local.address_taken || self.locals.iter().any(|&(of, known, _)| (of, known) == (decl, id)) {
            return None;
        }
        self.is_made(decl, made)?;
        let owner = match tree.expr(target) {
            Expr::CompositeLit { .. } => self.variable_of(decl, target),
            Expr::Selector { x, .. } => self.locks.pass.summaries.lock_path(decl, *x),
            _ => None,
        };
        self.locals.push((decl, id, owner));
        Some(())
    }

    /// `x := &T{…}`: the variable that has the literal.
    fn variable_of(&self, decl: DeclId, literal: ExprId) -> Option<Path> {
        let sema = self.locks.pass.sema();
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        let value = match parents.parent(Node::Expr(literal))? {
            Node::Expr(around) if matches!(tree.expr(around), Expr::Unary { op: Op::And, .. }) => around,
            _ => literal,
        };
        let Node::Stmt(stmt) = parents.parent(Node::Expr(value))? else { return None };
        let [local] = scopes.written_by(stmt)[..] else { return None };
        let is_only = scopes.local(local).writes.len() == 1 && scopes.local(local).kind == LocalKind::Var;
        is_only.then(|| Path { root: Root::Local(local), fields: Vec::new() })
    }

    /// `make(chan T)`, with or without room.
    fn is_made(&mut self, decl: DeclId, value: ExprId) -> Option<()> {
        let sema = self.locks.pass.sema();
        let Expr::Call { args, .. } = sema.tree(decl).expr(value) else { return None };
        if !matches!(sema.callee(decl, value), Callee::Builtin("make")) {
            return None;
        }
        let has_none = match args[..] {
            [_] => true,
            [_, size] => sema.int(decl, size) == Some(0),
            _ => false,
        };
        if let Sort::Channel { unbuffered } = &mut self.world.sort {
            *unbuffered &= has_none;
        }
        self.world.places |= match sema.behind(sema.type_of(decl, value)) {
            Kind::Chan(_, element) => match sema.behind(*element) {
                Kind::Struct(fields) => fields.is_empty(),
                Kind::Basic(basic) => basic.is_boolean(),
                _ => false,
            },
            _ => false,
        };
        self.world.made.push(At { decl, node: Node::Expr(value) });
        Some(())
    }

    /// `sync.NewCond(&x.mu)`, always with the same field.
    fn gets_cond(&mut self, decl: DeclId, value: ExprId) -> Option<()> {
        let sema = self.locks.pass.sema();
        let tree = sema.tree(decl);
        let Expr::Call { ref args, .. } = *tree.expr(value) else { return None };
        let Callee::Function(function) = sema.callee(decl, value) else { return None };
        let Expr::Unary { op: Op::And, x } = *tree.expr(tree.unparen(*args.first()?)) else { return None };
        let lock = sema.selected_field(decl, x).filter(|_| function.key == "sync.NewCond")?;
        if self.lock.is_some_and(|known| known != lock) {
            return None;
        }
        self.lock = Some(lock);
        Some(())
    }

    /// What is done with an expression that is the field.
    fn operation(&mut self, decl: DeclId, expr: ExprId, owner: Option<Path>) -> Option<()> {
        match self.world.sort {
            Sort::Channel { .. } => self.channel_operation(decl, expr, owner),
            Sort::Group | Sort::Cond(_) => self.method(decl, expr, owner),
            Sort::Context => None,
        }
    }

    fn deed(&mut self, does: Does, decl: DeclId, node: Node, owner: Option<Path>) {
        let sema = self.locks.pass.sema();
        let select = sema.parents(decl).stmt(node).and_then(|stmt| select_of(self.locks.pass, decl, stmt));
        self.world.deeds.push(Deed { does, at: At { decl, node }, ends: None, owner, select });
    }

    fn channel_operation(&mut self, decl: DeclId, chan: ExprId, owner: Option<Path>) -> Option<()> {
        let sema = self.locks.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        match parents.parent(Node::Expr(chan))? {
            Node::Stmt(stmt) => match tree.stmt(stmt) {
                Stmt::Send { chan: to, .. } if *to == chan => {
                    self.deed(Does::Send, decl, Node::Stmt(stmt), owner);
                    Some(())
                }
                Stmt::Range { x, .. } if *x == chan => {
                    self.deed(Does::Receive, decl, Node::Stmt(stmt), owner);
                    Some(())
                }
                Stmt::Assign { lhs, rhs, .. } if lhs.len() == rhs.len() => match lhs.iter().position(|&left| left == chan) {
                    Some(at) => self.gets(decl, rhs[at], chan),
                    None => None,
                },
                Stmt::Return { .. } if self.is_returned_for_receiving(decl, stmt) => {
                    self.world.lent = true;
                    Some(())
                }
                _ => None,
            },
            Node::Expr(around) => match *tree.expr(around) {
                Expr::Unary { op: Op::Arrow, .. } => {
                    self.deed(Does::Receive, decl, Node::Expr(around), owner);
                    Some(())
                }
                Expr::Call { fun, .. } if fun != chan => match sema.callee(decl, around) {
                    Callee::Builtin("close") => {
                        self.deed(Does::Close, decl, Node::Expr(around), owner);
                        Some(())
                    }
                    Callee::Builtin("len" | "cap") => Some(()),
                    _ => None,
                },
                Expr::Binary { op: Op::Eql | Op::Neq, .. } => Some(()),
                _ => None,
            },
        }
    }

    /// `func (x *T) Done() <-chan struct{} { return x.done }`
    fn is_returned_for_receiving(&self, decl: DeclId, stmt: StmtId) -> bool {
        let sema = self.locks.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let ty = match parents.func_lit(tree, Node::Stmt(stmt)) {
            Some(lit) => match *tree.expr(lit) {
                Expr::FuncLit { ty, .. } => Some(ty),
                _ => None,
            },
            None => tree.func().map(|func| func.ty),
        };
        let Some(Expr::FuncType { results: Some(results), .. }) = ty.map(|ty| tree.expr(ty)) else { return false };
        let is_receiving = |ty: ExprId| matches!(sema.behind(sema.type_of(decl, ty)), Kind::Chan(crate::ast::ChanDir::Recv, _));
        results.fields.iter().all(|field| is_receiving(field.ty))
    }

    /// `x.wg.Add(1)`, `x.cond.Wait()`, `x.cond.L`
    fn method(&mut self, decl: DeclId, expr: ExprId, owner: Option<Path>) -> Option<()> {
        let sema = self.locks.pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        let Node::Expr(selector) = parents.parent(Node::Expr(expr))? else {
            // x.cond = sync.NewCond(&x.mu)
            let Node::Stmt(stmt) = parents.parent(Node::Expr(expr))? else { return None };
            let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt) else { return None };
            let at = lhs.iter().position(|&left| left == expr).filter(|_| lhs.len() == rhs.len())?;
            return self.gets(decl, rhs[at], expr);
        };
        let Expr::Selector { sel, .. } = *tree.expr(selector) else { return None };
        let name = tree.ident(sel)?;
        if name == "L" {
            return Some(());
        }
        let Node::Expr(call) = parents.parent(Node::Expr(selector))? else { return None };
        let Expr::Call { fun, ref args, .. } = *tree.expr(call) else { return None };
        if fun != selector {
            return None;
        }
        match name {
            "Add" => {
                let is_more = args.first().is_some_and(|&count| sema.int(decl, count).is_none_or(|count| count > 0));
                self.world.counts.push(At { decl, node: Node::Expr(call) });
                is_more.then_some(())
            }
            "Done" | "Signal" | "Broadcast" => {
                self.deed(Does::Free, decl, Node::Expr(call), owner);
                Some(())
            }
            "Wait" => {
                self.deed(Does::Wait, decl, Node::Expr(call), owner);
                Some(())
            }
            "Go" => {
                let (body, receiver) = spawns::run_by(sema, decl, *args.first()?)?;
                let inner = match (body.1, receiver) {
                    (Some(_), _) => owner,
                    (None, Some(receiver)) => self.of_receiver(decl, body.0, receiver, owner),
                    (None, None) => None,
                };
                let at = At { decl, node: Node::Expr(call) };
                self.world.counts.push(at);
                self.world.deeds.push(Deed { does: Does::End, at, ends: Some(body), owner: inner, select: None });
                Some(())
            }
            _ => None,
        }
    }

    /// `w.wg.Go(w.run)`: the value is the receiver of what is started.
    fn of_receiver(&self, decl: DeclId, callee: DeclId, receiver: ExprId, owner: Option<Path>) -> Option<Path> {
        let (owner, given) = (owner?, self.locks.pass.summaries.lock_path(decl, receiver)?);
        let rest = owner.fields.strip_prefix(&given.fields[..]).filter(|_| given.root == owner.root)?;
        self.locks.bound(callee, LocalKind::Receiver, rest)
    }
}

/// Whether there is only one of a variable each time its function is called.
pub(super) fn is_once(pass: &Pass, decl: DeclId, local: &Local) -> bool {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let is_loop = |node: Node| matches!(node, Node::Stmt(stmt) if Parents::is_loop(tree, stmt));
    let mut around = parents.ancestors(Node::Expr(local.ident)).take_while(|&node| local.function.map(Node::Expr) != Some(node));
    local.kind == LocalKind::Var && !local.address_taken && !around.any(is_loop)
}

/// The `select` whose case a statement is.
fn select_of(pass: &Pass, decl: DeclId, stmt: StmtId) -> Option<StmtId> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let Some(Node::Stmt(clause)) = parents.parent(Node::Stmt(stmt)) else { return None };
    if !matches!(tree.stmt(clause), Stmt::Comm { comm: Some(comm), .. } if *comm == stmt) {
        return None;
    }
    parents.ancestors(Node::Stmt(clause)).find_map(|node| match node {
        Node::Stmt(select) if matches!(tree.stmt(select), Stmt::Select { .. }) => Some(select),
        _ => None,
    })
}
