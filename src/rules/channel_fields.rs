//! Who sends and receives on a channel that is a field, and who is left alone? All operations of a package are looked at, for the channel
//! goes where no function can be followed: into a queue, to another goroutine.
//!
//! ```go
//! q.put(&request{resp: c}) // somebody sends the answer: r.resp <- v
//! select {
//! case v := <-c:
//! case <-ctx.Done():       // nobody else has c to receive from it
//! 	return ctx.Err()
//! }
//! ```
//!
//! A field of another package's, one that is exported, and one with which anything else is done end in silence.
//!
//! Not here: channels that one function and its goroutines have for themselves (`stuck`).

use super::spawns::{self, Started};
use crate::ast::{Decl, Expr, ExprId, Node, Op, SpecKind, Stmt, StmtId, Tree};
use crate::finding::{Confidence, Finding, Label};
use crate::parse::{DeclKind, Keyword};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::rules::lifetime::body::Body;
use crate::sema::{Callee, LocalId, LocalKind, Mention};
use crate::source::Span;
use crate::types::{Kind, Place};
use rustc_hash::FxHashMap;
use std::cell::LazyCell;

/// Functions of these packages only look, or format what is said.
const HARMLESS: &[&str] = &["context.Context.", "errors.", "fmt.", "log.", "time.", "google.golang.org/grpc/status."];

/// A place in a declaration.
#[derive(Clone, Copy)]
struct At {
    decl: DeclId,
    node: Node,
}

/// What a package does with a field.
#[derive(Default)]
struct Field {
    name: String,
    /// The calls of `make` whose channel it gets.
    made: Vec<At>,
    /// The variables that have the channel before it gets into the field.
    locals: Vec<(DeclId, LocalId)>,
    /// Sends that have no other way out.
    sends: Vec<At>,
    /// Receives, and the statement: the receive itself, the `case`, the `range`.
    receives: Vec<At>,
    closed: bool,
}

/// Reports the sends that nobody takes.
pub(super) fn check(pass: &mut Pass) {
    let started = LazyCell::new(|| Goroutines::of(pass));
    let fields = fields(pass).into_iter().filter_map(|place| Field::of(pass, place));
    let sent = fields.filter(|field| !field.closed && !field.sends.is_empty());
    let found: Vec<Finding> = sent.filter_map(|field| abandoned(pass, &field).or_else(|| outlived(pass, &field, &started))).collect();
    pass.findings.extend(found);
}

/// The goroutines that a package starts, by the body that they run in the end.
struct Goroutines(FxHashMap<spawns::BodyId, Vec<Started>>);

impl Goroutines {
    fn of(pass: &Pass) -> Goroutines {
        let mut by_body: FxHashMap<spawns::BodyId, Vec<Started>> = FxHashMap::default();
        for each in spawns::all(pass) {
            by_body.entry(spawns::forwarded(pass.sema(), each.body)).or_default().push(each);
        }
        Goroutines(by_body)
    }

    /// Those that run a body.
    fn that_run(&self, body: spawns::BodyId) -> &[Started] {
        self.0.get(&body).map_or(&[], Vec::as_slice)
    }
}

/// The fields of channel type that only the package knows.
fn fields(pass: &Pass) -> Vec<Place> {
    let mut found = Vec::new();
    for decl in pass.decls(|decl| decl.kind == DeclKind::Type && decl.mentions.has(Keyword::Chan)) {
        let tree = pass.project().tree(decl);
        let Decl::Gen(group) = &tree.decl else { continue };
        for spec in group.specs.iter() {
            let SpecKind::Type { ty, .. } = &spec.kind else { continue };
            let Expr::StructType { fields } = tree.expr(*ty) else { continue };
            for field in fields.fields.iter().filter(|field| matches!(tree.expr(field.ty), Expr::ChanType { .. })) {
                let own = field.names.iter().filter(|&&name| tree.ident(name).is_some_and(|name| !name.starts_with(char::is_uppercase)));
                found.extend(own.map(|&name| {
                    let span = tree.span(Node::Expr(name));
                    Place { file: span.file, offset: span.start }
                }));
            }
        }
    }
    found
}

impl Field {
    /// All that is done with a field; `None` if somebody else may have the channel.
    fn of(pass: &Pass, place: Place) -> Option<Field> {
        let sema = pass.sema();
        let mut field = Field { name: sema.name_at(place).to_owned(), ..Field::default() };
        for Mention { decl, at, number } in sema.mentions(place).into_iter().filter(|of| !pass.project().file(of.decl.file).test) {
            match (number, sema.tree(decl).expr(at)) {
                (Some(number), Expr::CompositeLit { elts, .. }) => field.gets(pass, decl, *elts.get(number)?)?,
                _ => field.mentioned(pass, decl, at)?,
            }
        }
        for (decl, local) in field.locals.clone() {
            let uses: Vec<ExprId> = sema.scopes(decl).uses(local).collect();
            for ident in uses.into_iter().filter(|&ident| ident != sema.scopes(decl).local(local).ident) {
                field.used(pass, decl, ident, place)?;
            }
        }
        Some(field)
    }

    /// `x.f`, or the key of a literal.
    fn mentioned(&mut self, pass: &Pass, decl: DeclId, ident: ExprId) -> Option<()> {
        let (tree, parents) = (pass.sema().tree(decl), pass.sema().parents(decl));
        let Some(Node::Expr(around)) = parents.parent(Node::Expr(ident)) else { return None };
        match *tree.expr(around) {
            Expr::KeyValue { key, value } if key == ident => self.gets(pass, decl, value),
            Expr::Selector { .. } => self.operation(pass, decl, around),
            _ => None,
        }
    }

    /// A value that the field gets: a channel that is made for it.
    fn gets(&mut self, pass: &Pass, decl: DeclId, value: ExprId) -> Option<()> {
        let sema = pass.sema();
        let tree = sema.tree(decl);
        let value = tree.unparen(value);
        if is_unbuffered(pass, decl, value) {
            self.made.push(At { decl, node: Node::Expr(value) });
            return Some(());
        }
        let scopes = sema.scopes(decl);
        let id = scopes.of_ident(value)?;
        let local = scopes.local(id);
        let made = local.only_value()?;
        if local.kind != LocalKind::Var || local.address_taken || !is_unbuffered(pass, decl, made) {
            return None;
        }
        if !self.locals.contains(&(decl, id)) {
            self.locals.push((decl, id));
            self.made.push(At { decl, node: Node::Expr(made) });
        }
        Some(())
    }

    /// A mention of a variable that has the channel.
    fn used(&mut self, pass: &Pass, decl: DeclId, ident: ExprId, field: Place) -> Option<()> {
        let sema = pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        match parents.parent(Node::Expr(ident)) {
            Some(Node::Expr(around)) => match *tree.expr(around) {
                Expr::KeyValue { key, value } if value == ident => (sema.field(decl, key) == Some(field)).then_some(()),
                Expr::CompositeLit { ref elts, .. } => {
                    let Kind::Struct(fields) = sema.behind(sema.pointee(sema.type_of(decl, around))) else { return None };
                    let at = elts.iter().position(|&elt| elt == ident)?;
                    (fields.get(at)?.place == field).then_some(())
                }
                _ => self.operation(pass, decl, ident),
            },
            _ => self.operation(pass, decl, ident),
        }
    }

    /// What is done with an expression that is the channel.
    fn operation(&mut self, pass: &Pass, decl: DeclId, chan: ExprId) -> Option<()> {
        let sema = pass.sema();
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        match parents.parent(Node::Expr(chan))? {
            Node::Stmt(stmt) => match tree.stmt(stmt) {
                Stmt::Send { chan: to, .. } if *to == chan => {
                    match case_of(tree, sema.parents(decl), stmt) {
                        // A send with another way out is nobody's loss.
                        Some((select, _)) if tree.clauses(select).len() > 1 => {}
                        _ => self.sends.push(At { decl, node: Node::Stmt(stmt) }),
                    }
                    Some(())
                }
                Stmt::Range { x, .. } if *x == chan => {
                    self.receives.push(At { decl, node: Node::Stmt(stmt) });
                    Some(())
                }
                Stmt::Assign { lhs, rhs, .. } if lhs.len() == rhs.len() => {
                    let at = lhs.iter().position(|&left| left == chan)?;
                    match tree.ident(rhs[at]) {
                        Some("nil") => None,
                        _ => self.gets(pass, decl, rhs[at]),
                    }
                }
                _ => None,
            },
            Node::Expr(around) => match *tree.expr(around) {
                Expr::Unary { op: Op::Arrow, .. } => {
                    let stmt = parents.stmt(Node::Expr(around))?;
                    self.receives.push(At { decl, node: Node::Stmt(stmt) });
                    Some(())
                }
                Expr::Call { fun, .. } if fun != chan => match sema.callee(decl, around) {
                    Callee::Builtin("close") => {
                        self.closed = true;
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
}

/// `make(chan T)`, `make(chan T, 0)`
fn is_unbuffered(pass: &Pass, decl: DeclId, value: ExprId) -> bool {
    let sema = pass.sema();
    match sema.tree(decl).expr(value) {
        Expr::Call { args, .. } if matches!(sema.callee(decl, value), Callee::Builtin("make")) => match args[..] {
            [_] => true,
            [_, size] => sema.int(decl, size) == Some(0),
            _ => false,
        },
        _ => false,
    }
}

/// The `select` and its case whose operation a statement is.
fn case_of(tree: &Tree, parents: &crate::ast::Parents, stmt: StmtId) -> Option<(StmtId, StmtId)> {
    let Some(Node::Stmt(clause)) = parents.parent(Node::Stmt(stmt)) else { return None };
    let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return None };
    let select = parents.ancestors(Node::Stmt(clause)).find_map(|node| match node {
        Node::Stmt(select) if matches!(tree.stmt(select), Stmt::Select { .. }) => Some(select),
        _ => None,
    });
    select.filter(|_| comm == stmt).map(|select| (select, clause))
}

/// A channel for one answer: the function that made it gives up, and nobody else receives from it.
fn abandoned(pass: &Pass, field: &Field) -> Option<Finding> {
    let sema = pass.sema();
    // Each is received from only where it was made: through the variable.
    if field.locals.len() != field.made.len() || field.locals.is_empty() {
        return None;
    }
    let is_own = |at: &At| field.locals.iter().any(|&(decl, _)| decl == at.decl);
    if !field.receives.iter().all(is_own) {
        return None;
    }
    for (&(decl, local), made) in field.locals.iter().zip(&field.made) {
        let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
        let own_receives: Vec<StmtId> = field
            .receives
            .iter()
            .filter(|at| at.decl == decl)
            .filter_map(|at| match at.node {
                Node::Stmt(stmt) => Some(stmt),
                Node::Expr(_) => None,
            })
            .filter(|&stmt| {
                let mut own = false;
                tree.walk(Node::Stmt(stmt), |node| {
                    own |= matches!(node, Node::Expr(expr) if scopes.of_ident(expr) == Some(local));
                    !own
                });
                own
            })
            .collect();
        // Received in another function literal: nobody knows when.
        let lit = scopes.local(local).function;
        if own_receives.iter().any(|&stmt| parents.func_lit(tree, Node::Stmt(stmt)) != lit) {
            continue;
        }
        let Some(body) = spawns::flow_of(pass, (decl, lit)) else { continue };
        for &receive in &own_receives {
            let Some((select, clause)) = case_of(tree, parents, receive) else { continue };
            for &other in tree.clauses(select).iter().filter(|&&other| other != clause && gives_up(pass, decl, other)) {
                // The way back to the same select is a way to receive.
                let stops: Vec<StmtId> = own_receives.iter().copied().chain([select]).collect();
                if let Some(does) = way_out(pass, &body, other, &stops) {
                    let confidence = if does { Confidence::Low } else { Confidence::High };
                    let left = Label {
                        span: spawns::head(pass, decl, Node::Stmt(other)),
                        text: "whoever takes this case never receives, and nobody else can".to_owned(),
                    };
                    return Some(told(pass, field.sends[0], &field.name, *made, left, confidence));
                }
            }
        }
    }
    None
}

/// Whether a case is one for those who wait no longer, whatever the other side does: a timer, the end of a context, `default`. What another
/// channel says may come from the one who would send.
fn gives_up(pass: &Pass, decl: DeclId, clause: StmtId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Stmt::Comm { comm, .. } = *tree.stmt(clause) else { return false };
    let Some(chan) = comm.map(|comm| spawns::received(tree, comm)) else { return true };
    let Some(chan) = chan else { return false };
    match *tree.expr(chan) {
        Expr::Call { .. } => {
            matches!(sema.callee(decl, chan), Callee::Function(function) if matches!(&*function.key, "context.Context.Done" | "time.After"))
        }
        Expr::Selector { x, sel } => {
            tree.ident(sel) == Some("C") && matches!(sema.key_of(decl, x).trim_start_matches('*'), "time.Timer" | "time.Ticker")
        }
        _ => false,
    }
}

/// Whether a path leads from a case to the end of the body, past none of some statements, and whether something is done on it that the
/// other side may notice.
fn way_out(pass: &Pass, body: &Body, clause: StmtId, stops: &[StmtId]) -> Option<bool> {
    let graph = &body.graph;
    let returns = |call| body.returns(call);
    let mut seen = vec![false; graph.blocks.len()];
    let mut stack = vec![graph.place(clause)?.0];
    let (mut ends, mut does) = (false, false);
    while let Some(block) = stack.pop() {
        if std::mem::replace(&mut seen[block.0 as usize], true) {
            continue;
        }
        if block == graph.exit {
            ends = true;
            continue;
        }
        let nodes = &graph.block(block).nodes;
        if nodes.iter().any(|node| stops.iter().any(|&stmt| Node::Stmt(stmt) == *node)) {
            continue;
        }
        does |= nodes.iter().any(|&node| does_something(pass, body.decl, node));
        stack.extend(graph.edges(block, &returns).iter().map(|edge| edge.to));
    }
    ends.then_some(does)
}

/// Whether a node may tell the other side, or take the request back: it calls something, assigns to something, or sends.
fn does_something(pass: &Pass, decl: DeclId, node: Node) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let mut does = match node {
        Node::Stmt(stmt) => match tree.stmt(stmt) {
            Stmt::Send { .. } | Stmt::IncDec { .. } | Stmt::Go { .. } | Stmt::Defer { .. } => true,
            Stmt::Assign { lhs, .. } => lhs.iter().any(|&left| !matches!(tree.expr(left), Expr::Ident(_))),
            _ => false,
        },
        Node::Expr(_) => false,
    };
    tree.walk(node, |inner| {
        if let Node::Expr(call) = inner
            && matches!(tree.expr(call), Expr::Call { .. })
        {
            does |= match sema.callee(decl, call) {
                Callee::Function(function) => !HARMLESS.iter().any(|prefix| function.key.starts_with(prefix)),
                Callee::Conversion(_) => false,
                Callee::Builtin(name) => !matches!(name, "len" | "cap" | "make" | "new" | "append"),
                _ => true,
            };
        }
        !does
    });
    does
}

/// One goroutine receives, and ends while another one still sends.
fn outlived(pass: &Pass, field: &Field, started: &LazyCell<Goroutines, impl FnOnce() -> Goroutines>) -> Option<Finding> {
    let sema = pass.sema();
    let &made = field.made.first()?;
    let bodies: Vec<spawns::BodyId> = field.receives.iter().map(|at| body_of(pass, *at)).collect();
    let receiver = *bodies.first()?;
    if !field.locals.is_empty() || field.made.len() != 1 || !bodies.iter().all(|&body| body == receiver) {
        return None;
    }
    // The receiver leaves its loop by a case of the select in which it receives.
    let tree = sema.tree(receiver.0);
    let flow = spawns::flow_of(pass, receiver)?;
    // All that receives is one `select`, in one goroutine.
    let mut cases = field.receives.iter().map(|at| match at.node {
        Node::Stmt(receive) => case_of(tree, sema.parents(receiver.0), receive),
        Node::Expr(_) => None,
    });
    let (select, clause) = cases.next()??;
    if cases.next().is_some() {
        return None;
    }
    let others = tree.clauses(select).iter().copied().filter(|&other| other != clause);
    let left = others.into_iter().find(|&other| way_out(pass, &flow, other, &[select]).is_some())?;
    let [receiving] = started.that_run(receiver) else { return None };
    let again = spawns::around(pass, receiving.decl, receiving.stmt)?;
    let place = again.graph.place(receiving.stmt)?;
    if crate::flow::reaches_again(&again.graph, place, &|call| again.returns(call)) {
        return None;
    }
    let (send, confidence) = field.sends.iter().find_map(|&send| {
        let sender = outermost(pass, send);
        // A method that is called when all is over is a mistake of the caller; a goroutine is not called.
        let sending = started.that_run(sender).first().filter(|_| sender != receiver)?;
        let are_siblings = receiving.decl == sending.decl;
        let is_told = is_told_the_same(pass, receiver.0, left, sender);
        let is_free = is_context_of_caller(pass, receiver.0, left);
        match (are_siblings && is_told, is_free) {
            (true, _) => Some((send, Confidence::High)),
            // Whoever cancels it does not ask whether somebody still sends.
            (_, true) => Some((send, Confidence::Low)),
            _ => None,
        }
    })?;
    let label = Label {
        span: spawns::head(pass, receiver.0, Node::Stmt(left)),
        text: "the only one that receives may leave by this case".to_owned(),
    };
    Some(told(pass, send, &field.name, made, label, confidence))
}

/// The body around a place.
fn body_of(pass: &Pass, at: At) -> spawns::BodyId {
    let (tree, parents) = (pass.sema().tree(at.decl), pass.sema().parents(at.decl));
    (at.decl, parents.func_lit(tree, at.node))
}

/// The body of the goroutine or function around a place: a function literal that is a variable of the function runs in it.
fn outermost(pass: &Pass, at: At) -> spawns::BodyId {
    let (tree, parents) = (pass.sema().tree(at.decl), pass.sema().parents(at.decl));
    let mut lit = parents.func_lit(tree, at.node);
    while let Some(inner) = lit {
        let is_variable =
            matches!(parents.parent(Node::Expr(inner)), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Assign { .. }));
        if !is_variable {
            break;
        }
        lit = parents.func_lit(tree, parents.parent(Node::Expr(inner)).unwrap_or(Node::Expr(inner)));
    }
    (at.decl, lit)
}

/// `case <-ctx.Done():`, where ctx is a parameter.
fn is_context_of_caller(pass: &Pass, decl: DeclId, clause: StmtId) -> bool {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return false };
    let Some(chan) = spawns::received(tree, comm) else { return false };
    let Expr::Call { fun, .. } = *tree.expr(chan) else { return false };
    let Expr::Selector { x, .. } = *tree.expr(tree.unparen(fun)) else { return false };
    let scopes = sema.scopes(decl);
    let local = scopes.of_ident(tree.unparen(x)).map(|local| scopes.local(local));
    local.is_some_and(|local| matches!(local.kind, LocalKind::Param(_)) && local.writes.is_empty())
        && sema.key_of(decl, x) == "context.Context"
}

/// Whether the sender looks at the same signal as the receiver, elsewhere: it is meant to end with it.
fn is_told_the_same(pass: &Pass, decl: DeclId, clause: StmtId, sender: spawns::BodyId) -> bool {
    let sema = pass.sema();
    let signal = |decl: DeclId, clause: StmtId| -> Option<Place> {
        let tree = sema.tree(decl);
        let Stmt::Comm { comm: Some(comm), .. } = *tree.stmt(clause) else { return None };
        sema.selected_field(decl, spawns::received(tree, comm)?)
    };
    let Some(wanted) = signal(decl, clause) else { return false };
    // Who waits for the sender before he gives the signal leaves nobody alone.
    let waits = |decl: DeclId| {
        let mentions = &pass.project().decl(decl).mentions;
        mentions.name("close") && mentions.name("Wait")
    };
    let closers = sema.decls_that_mention(pass.package, sema.name_at(wanted)).into_iter();
    if closers.filter(|&of| of != sender.0 && of.file == wanted.file).any(|of| of != decl && waits(of)) {
        return false;
    }
    let tree = sema.tree(sender.0);
    (0..tree.stmts.len() as u32).map(StmtId).any(|stmt| {
        matches!(tree.stmt(stmt), Stmt::Comm { .. })
            && body_of(pass, At { decl: sender.0, node: Node::Stmt(stmt) }) == sender
            && signal(sender.0, stmt) == Some(wanted)
    })
}

fn told(pass: &Pass, send: At, field: &str, made: At, left: Label, confidence: Confidence) -> Finding {
    let tree = pass.sema().tree(send.decl);
    let name = match send.node {
        Node::Stmt(stmt) => match tree.stmt(stmt) {
            Stmt::Send { chan, .. } => pass.text(send.decl, Node::Expr(*chan)),
            _ => field,
        },
        Node::Expr(_) => field,
    };
    let span: Span = spawns::head(pass, send.decl, send.node);
    Finding {
        rule: pass.rule,
        span,
        function: pass.function_name(send.decl),
        message: format!("whoever sends here blocks forever: nobody receives from `{name}` any more"),
        severity: pass.severity,
        confidence,
        labels: vec![Label { span: pass.span(made.decl, made.node), text: "the channel is made here, without a buffer".to_owned() }, left],
        help: None,
        fix: None,
    }
}
