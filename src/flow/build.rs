//! How does a body become a graph? Statement by statement, with a stack of tasks in place of recursion: an `else if` chain of
//! thousands is one deep tree.
//!
//! ```go
//! for i := 0; i < n; i++ { f() } // tasks: init, start the head, test, start the body, its statements, post, jump to the head
//! ```
//!
//! The methods are named after the statements, as those of go/cfg's builder are.
//!
//! Not here: what the graph means (`flow::graph`).

mod finish;

use super::graph::{Block, BlockId, BlockKind, Edge, EdgeKind, Graph, Place, roots_of};
use crate::ast::{BranchTok, Expr, ExprId, Name, Node, Op, Stmt, StmtId, Stmts, Tree};
use rustc_hash::{FxHashMap, FxHashSet};

/// Makes the graph of a body: the `Block` of a `FuncDecl` or a `FuncLit`.
pub fn graph(tree: &Tree, body: StmtId) -> Graph {
    let mut builder = Builder::new(tree);
    builder.start(ENTRY);
    builder.tasks.push(Task::Stmt(body));
    while let Some(task) = builder.tasks.pop() {
        builder.run(task);
    }
    builder.jump(EXIT);
    builder.finish(body)
}

const ENTRY: BlockId = BlockId(0);
const EXIT: BlockId = BlockId(1);
const PANIC: BlockId = BlockId(2);

/// What is left to do, last first.
enum Task {
    Stmt(StmtId),
    /// The statement under a label that it may own.
    Labeled(Name, StmtId),
    /// Evaluate a node.
    Add(Node),
    /// Test a condition and go to the one block or the other.
    Cond(ExprId, BlockId, BlockId),
    /// Test one value of a switch with a tag.
    Value {
        switch: StmtId,
        value: ExprId,
        body: BlockId,
        next: BlockId,
    },
    Cases(Switch),
    TypeCases(Switch),
    /// Leave the head of a `range`.
    Turn {
        range: StmtId,
        body: BlockId,
        done: BlockId,
    },
    /// Go on in a block: from the current one, if control is anywhere.
    Start(BlockId),
    Jump(BlockId),
    /// Begin and end what `break`, `continue` and `fallthrough` refer to.
    Enter(Targets),
    Leave,
    Unlabel(Name),
}

/// Where `break`, `continue` and `fallthrough` lead.
#[derive(Clone, Copy, Default)]
struct Targets {
    break_to: Option<BlockId>,
    continue_to: Option<BlockId>,
    fall_to: Option<BlockId>,
}

/// A `switch` whose head is done.
struct Switch {
    id: StmtId,
    tag: bool,
    body: StmtId,
    label: Option<Name>,
}

struct Builder<'a> {
    tree: &'a Tree,
    blocks: Vec<Block>,
    /// The blocks in the order in which they were begun.
    order: Vec<BlockId>,
    /// Where control is; nowhere behind a jump.
    current: Option<BlockId>,
    /// The current block ended in a call: the next node begins another.
    sealed: bool,
    tasks: Vec<Task>,
    targets: Vec<Targets>,
    /// The label of the statement that comes next.
    label: Option<Name>,
    /// The blocks of labels, made by the label or by the first `goto`.
    labels: FxHashMap<Name, BlockId>,
    /// The labels that were found.
    defined: FxHashSet<Name>,
    /// The labelled loops, switches and selects around the current statement.
    labelled: FxHashMap<Name, Targets>,
    gotos: Vec<(StmtId, Name)>,
    places: FxHashMap<StmtId, Place>,
    expr_places: FxHashMap<ExprId, Place>,
    comms: FxHashSet<StmtId>,
    broken: Vec<StmtId>,
}

impl<'a> Builder<'a> {
    fn new(tree: &'a Tree) -> Builder<'a> {
        let mut builder = Builder {
            tree,
            blocks: Vec::new(),
            order: Vec::new(),
            current: None,
            sealed: false,
            tasks: Vec::new(),
            targets: Vec::new(),
            label: None,
            labels: FxHashMap::default(),
            defined: FxHashSet::default(),
            labelled: FxHashMap::default(),
            gotos: Vec::new(),
            places: FxHashMap::default(),
            expr_places: FxHashMap::default(),
            comms: FxHashSet::default(),
            broken: Vec::new(),
        };
        for kind in [BlockKind::Entry, BlockKind::Exit, BlockKind::Panic] {
            builder.block(kind, None);
        }
        builder
    }

    fn block(&mut self, kind: BlockKind, stmt: Option<StmtId>) -> BlockId {
        self.blocks.push(Block { kind, stmt, nodes: Vec::new(), calls: Vec::new(), edges: Vec::new(), preds: Vec::new() });
        BlockId(self.blocks.len() as u32 - 1)
    }

    fn edge(&mut self, from: BlockId, to: BlockId, kind: EdgeKind) {
        self.blocks[from.0 as usize].edges.push(Edge { to, kind });
    }

    /// Goes to a block; control is nowhere after that.
    fn jump(&mut self, to: BlockId) {
        if let Some(from) = self.leave() {
            self.edge(from, to, EdgeKind::Next);
        }
    }

    /// Takes control from the current block.
    fn leave(&mut self) -> Option<BlockId> {
        self.sealed = false;
        self.current.take()
    }

    fn start(&mut self, block: BlockId) {
        self.jump(block);
        self.current = Some(block);
        self.order.push(block);
    }

    /// The block into which the next node goes.
    fn here(&mut self) -> BlockId {
        let kind = match self.current {
            Some(block) if !self.sealed => return block,
            Some(_) => BlockKind::Body,
            None => BlockKind::Unreachable,
        };
        let block = self.block(kind, None);
        self.start(block);
        block
    }

    fn place(&mut self, stmt: StmtId) {
        let block = self.here();
        self.places.insert(stmt, (block, self.blocks[block.0 as usize].nodes.len()));
    }

    /// Evaluates a node at the end of the current block, and answers the block.
    fn add(&mut self, node: Node) -> BlockId {
        let block = self.here();
        let place = (block, self.blocks[block.0 as usize].nodes.len());
        self.blocks[block.0 as usize].nodes.push(node);
        if let Node::Stmt(stmt) = node {
            self.places.insert(stmt, place);
        }
        let calls = self.calls(node, place);
        self.sealed = !calls.is_empty();
        self.blocks[block.0 as usize].calls = calls;
        block
    }

    /// The calls that a node certainly makes, in the order in which they are made. Notes where calls, receives and function literals are.
    fn calls(&mut self, node: Node, place: Place) -> Vec<ExprId> {
        let mut roots = Vec::new();
        roots_of(self.tree, node, &self.comms, &mut roots);
        if let Node::Stmt(stmt) = node
            && let Stmt::Go { call } | Stmt::Defer { call } = self.tree.stmt(stmt)
        {
            self.expr_places.insert(self.tree.unparen(*call), place);
        }
        // Parents first and right to left, which is the order of evaluation backwards.
        let mut calls = Vec::new();
        let mut stack: Vec<(ExprId, bool, bool)> = roots.iter().map(|root| (root.expr, root.whole, true)).collect();
        let mut children = Vec::new();
        while let Some((expr, whole, certain)) = stack.pop() {
            let kind = self.tree.expr(expr);
            match kind {
                Expr::Call { .. } if certain => calls.push(expr),
                Expr::Call { .. } | Expr::Unary { op: Op::Arrow, .. } | Expr::FuncLit { .. } => {}
                _ if !whole => continue,
                _ => {}
            }
            if matches!(kind, Expr::Call { .. } | Expr::Unary { op: Op::Arrow, .. } | Expr::FuncLit { .. }) {
                self.expr_places.insert(expr, place);
            }
            if !whole || matches!(kind, Expr::FuncLit { .. }) {
                continue;
            }
            let short_circuit = matches!(kind, Expr::Binary { op: Op::LAnd | Op::LOr, .. });
            children.clear();
            self.tree.children(Node::Expr(expr), &mut children);
            for (at, child) in children.iter().enumerate() {
                if let Node::Expr(child) = *child {
                    stack.push((child, true, certain && !(short_circuit && at > 0)));
                }
            }
        }
        calls.reverse();
        calls
    }

    /// Does these tasks next, in this order.
    fn then(&mut self, tasks: impl IntoIterator<Item = Task, IntoIter: DoubleEndedIterator>) {
        self.tasks.extend(tasks.into_iter().rev());
    }

    fn run(&mut self, task: Task) {
        match task {
            Task::Stmt(id) => self.stmt(id),
            Task::Labeled(name, id) => {
                self.label = Some(name);
                self.stmt(id);
            }
            Task::Add(node) => drop(self.add(node)),
            Task::Cond(cond, yes, no) => self.cond(cond, yes, no),
            Task::Value { switch, value, body, next } => {
                let block = self.add(Node::Expr(value));
                self.leave();
                self.edge(block, body, EdgeKind::Case { switch, value });
                self.edge(block, next, EdgeKind::NotCase { switch, value });
            }
            Task::Cases(switch) => self.cases(switch),
            Task::TypeCases(switch) => self.type_cases(switch),
            Task::Turn { range, body, done } => {
                let head = self.add(Node::Stmt(range));
                self.leave();
                self.edge(head, body, EdgeKind::Each(range));
                self.edge(head, done, EdgeKind::Done(range));
            }
            Task::Start(block) => self.start(block),
            Task::Jump(block) => self.jump(block),
            Task::Enter(targets) => self.targets.push(targets),
            Task::Leave => drop(self.targets.pop()),
            Task::Unlabel(name) => drop(self.labelled.remove(&name)),
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        let label = self.label.take();
        match tree.stmt(id) {
            Stmt::Bad | Stmt::Case { .. } | Stmt::Comm { .. } => {
                self.broken.push(id);
                self.add(Node::Stmt(id));
            }
            Stmt::Empty { .. } => self.place(id),
            Stmt::Block { list } => {
                self.place(id);
                self.list(list);
            }
            Stmt::Labeled { label, stmt } => self.labeled(id, *label, *stmt),
            Stmt::Return { .. } => {
                self.add(Node::Stmt(id));
                self.jump(EXIT);
            }
            Stmt::Branch { tok, label } => self.branch(id, *tok, label.and_then(|label| tree.ident(label))),
            Stmt::If { init, cond, body, else_ } => self.if_(id, *init, *cond, *body, *else_),
            Stmt::Switch { init, tag, body } => {
                self.place(id);
                let switch = Switch { id, tag: tag.is_some(), body: *body, label };
                let head = init.map(Task::Stmt).into_iter().chain(tag.map(|tag| Task::Add(Node::Expr(tag))));
                self.then(head.chain([Task::Cases(switch)]));
            }
            Stmt::TypeSwitch { init, assign, body } => {
                self.place(id);
                let switch = Switch { id, tag: true, body: *body, label };
                let head = init.map(Task::Stmt).into_iter().chain([Task::Add(Node::Stmt(*assign))]);
                self.then(head.chain([Task::TypeCases(switch)]));
            }
            Stmt::Select { body } => self.select(id, *body, label),
            Stmt::For { init, cond, post, body } => self.for_(id, label, *init, *cond, *post, *body),
            Stmt::Range { x, body, .. } => self.range(id, label, *x, *body),
            Stmt::Decl(_)
            | Stmt::Expr { .. }
            | Stmt::Send { .. }
            | Stmt::IncDec { .. }
            | Stmt::Assign { .. }
            | Stmt::Go { .. }
            | Stmt::Defer { .. } => drop(self.add(Node::Stmt(id))),
        }
    }

    fn list(&mut self, list: &'a [StmtId]) {
        self.then(list.iter().map(|&stmt| Task::Stmt(stmt)));
    }

    fn labeled(&mut self, id: StmtId, label: ExprId, stmt: StmtId) {
        let name = self.tree.ident(label).map(Name::from).unwrap_or_default();
        if !self.defined.insert(name.clone()) {
            // A second label of that name: nobody knows which one a jump means.
            self.broken.push(id);
            self.place(id);
            return self.tasks.push(Task::Stmt(stmt));
        }
        let block = self.label_block(&name);
        self.blocks[block.0 as usize].stmt = Some(id);
        self.start(block);
        self.places.insert(id, (block, 0));
        self.tasks.push(Task::Labeled(name, stmt));
    }

    fn label_block(&mut self, name: &Name) -> BlockId {
        if let Some(&block) = self.labels.get(name) {
            return block;
        }
        let block = self.block(BlockKind::Label, None);
        self.labels.insert(name.clone(), block);
        block
    }

    fn branch(&mut self, id: StmtId, tok: BranchTok, label: Option<&str>) {
        self.place(id);
        let targets = match label {
            Some(label) => self.labelled.get(label).copied().unwrap_or_default(),
            None => self.targets.last().copied().unwrap_or_default(),
        };
        let to = match tok {
            BranchTok::Break => targets.break_to,
            BranchTok::Continue => targets.continue_to,
            BranchTok::Fallthrough => targets.fall_to,
            BranchTok::Goto => label.map(|label| {
                self.gotos.push((id, label.into()));
                self.label_block(&label.into())
            }),
        };
        match to {
            Some(to) => self.jump(to),
            None => {
                self.broken.push(id);
                self.leave();
            }
        }
    }

    fn cond(&mut self, cond: ExprId, yes: BlockId, no: BlockId) {
        let cond = self.tree.unparen(cond);
        match *self.tree.expr(cond) {
            Expr::Unary { op: Op::Not, x } => self.tasks.push(Task::Cond(x, no, yes)),
            Expr::Binary { op: op @ (Op::LAnd | Op::LOr), x, y } => {
                let next = self.block(BlockKind::Cond, None);
                let (x_yes, x_no) = if op == Op::LAnd { (next, no) } else { (yes, next) };
                self.then([Task::Cond(x, x_yes, x_no), Task::Start(next), Task::Cond(y, yes, no)]);
            }
            _ => match constant(self.tree, cond) {
                Some(value) => {
                    self.add(Node::Expr(cond));
                    self.jump(if value { yes } else { no });
                }
                None => {
                    let block = self.add(Node::Expr(cond));
                    self.leave();
                    self.edge(block, yes, EdgeKind::True(cond));
                    self.edge(block, no, EdgeKind::False(cond));
                }
            },
        }
    }

    // if init; cond { body } else { else_ }
    fn if_(&mut self, id: StmtId, init: Option<StmtId>, cond: ExprId, body: StmtId, else_: Option<StmtId>) {
        self.place(id);
        let then = self.block(BlockKind::IfThen, Some(id));
        let done = self.block(BlockKind::IfDone, Some(id));
        let no = else_.map_or(done, |_| self.block(BlockKind::IfElse, Some(id)));
        self.tasks.push(Task::Start(done));
        if let Some(else_) = else_ {
            self.then([Task::Jump(done), Task::Start(no), Task::Stmt(else_)]);
        }
        self.then(init.map(Task::Stmt).into_iter().chain([Task::Cond(cond, then, no), Task::Start(then), Task::Stmt(body)]));
    }

    /// Makes a label mean the statement that it stands in front of, until that is over.
    fn own(&mut self, label: Option<Name>, targets: Targets) {
        if let Some(label) = label {
            self.labelled.insert(label.clone(), targets);
            self.tasks.push(Task::Unlabel(label));
        }
    }

    // for init; cond; post { body }
    fn for_(&mut self, id: StmtId, label: Option<Name>, init: Option<StmtId>, cond: Option<ExprId>, post: Option<StmtId>, body: StmtId) {
        let head = self.block(BlockKind::ForHead, Some(id));
        let inside = self.block(BlockKind::ForBody, Some(id));
        let again = post.map_or(head, |_| self.block(BlockKind::ForPost, Some(id)));
        let done = self.block(BlockKind::ForDone, Some(id));
        let targets = Targets { break_to: Some(done), continue_to: Some(again), fall_to: None };
        match init {
            Some(_) => self.place(id),
            None => drop(self.places.insert(id, (head, 0))),
        }
        self.own(label, targets);
        self.tasks.push(Task::Start(done));
        if let Some(post) = post {
            self.then([Task::Start(again), Task::Stmt(post), Task::Jump(head)]);
        }
        let test = cond.map_or(Task::Jump(inside), |cond| Task::Cond(cond, inside, done));
        let turn = [Task::Start(head), test, Task::Start(inside), Task::Enter(targets), Task::Stmt(body), Task::Leave, Task::Jump(again)];
        self.then(init.map(Task::Stmt).into_iter().chain(turn));
    }

    // for key, value := range x { body }
    fn range(&mut self, id: StmtId, label: Option<Name>, x: ExprId, body: StmtId) {
        let head = self.block(BlockKind::RangeHead, Some(id));
        let inside = self.block(BlockKind::RangeBody, Some(id));
        let done = self.block(BlockKind::RangeDone, Some(id));
        let targets = Targets { break_to: Some(done), continue_to: Some(head), fall_to: None };
        self.own(label, targets);
        self.then([
            Task::Add(Node::Expr(x)),
            Task::Start(head),
            Task::Turn { range: id, body: inside, done },
            Task::Start(inside),
            Task::Enter(targets),
            Task::Stmt(body),
            Task::Leave,
            Task::Jump(head),
            Task::Start(done),
        ]);
    }

    /// The clauses of a `switch` or `select`: the statements in the `Block` that is its body.
    fn clauses(&mut self, body: StmtId, at: Place) -> &'a [StmtId] {
        self.places.insert(body, at);
        match self.tree.stmt(body) {
            Stmt::Block { list } => list,
            _ => &[],
        }
    }

    fn cases(&mut self, switch: Switch) {
        let at = self.places[&switch.id];
        let clauses = self.clauses(switch.body, at);
        let (bodies, done) = self.bodies(&switch, clauses, BlockKind::Case);
        let default = clauses.iter().position(|&clause| matches!(self.tree.stmt(clause), Stmt::Case { list: None, .. }));
        let mut tests: Vec<(ExprId, BlockId)> = Vec::new();
        for (&clause, &body) in clauses.iter().zip(&bodies) {
            if let Stmt::Case { list: Some(values), .. } = self.tree.stmt(clause) {
                tests.extend(values.iter().map(|&value| (value, body)));
            }
        }
        self.case_bodies(&switch, clauses, &bodies, done);
        // The tests run before the bodies, so they are pushed after them, the last one first.
        let mut next = default.map_or(done, |at| bodies[at]);
        if tests.is_empty() {
            self.tasks.push(Task::Jump(next));
        }
        for (at, &(value, body)) in tests.iter().enumerate().rev() {
            let test = match switch.tag {
                true => Task::Value { switch: switch.id, value, body, next },
                false => Task::Cond(value, body, next),
            };
            self.tasks.push(test);
            if at > 0 {
                next = self.block(BlockKind::SwitchNext, Some(switch.id));
                self.tasks.push(Task::Start(next));
            }
        }
    }

    fn type_cases(&mut self, switch: Switch) {
        let at = self.places[&switch.id];
        let clauses = self.clauses(switch.body, at);
        let (bodies, done) = self.bodies(&switch, clauses, BlockKind::Case);
        self.case_bodies(&switch, clauses, &bodies, done);
        let Some(head) = self.leave() else { return };
        let mut default = done;
        for (&clause, &body) in clauses.iter().zip(&bodies) {
            match self.tree.stmt(clause) {
                Stmt::Case { list: Some(types), .. } => {
                    types.iter().for_each(|&value| self.edge(head, body, EdgeKind::Case { switch: switch.id, value }));
                }
                Stmt::Case { list: None, .. } => default = body,
                _ => {}
            }
        }
        self.edge(head, default, EdgeKind::Default(switch.id));
    }

    fn select(&mut self, id: StmtId, body: StmtId, label: Option<Name>) {
        let clauses = match self.tree.stmt(body) {
            Stmt::Block { list } => &**list,
            _ => &[],
        };
        for &clause in clauses {
            if let Stmt::Comm { comm: Some(comm), .. } = self.tree.stmt(clause) {
                self.comms.insert(*comm);
            }
        }
        let head = self.add(Node::Stmt(id));
        self.leave();
        self.places.insert(body, self.places[&id]);
        let switch = Switch { id, tag: false, body, label };
        let (bodies, done) = self.bodies(&switch, clauses, BlockKind::Comm);
        for (&clause, &body) in clauses.iter().zip(&bodies) {
            self.edge(head, body, EdgeKind::Comm(clause));
        }
        self.case_bodies(&switch, clauses, &bodies, done);
    }

    /// A block for each clause, and one for what follows.
    fn bodies(&mut self, switch: &Switch, clauses: &[StmtId], kind: BlockKind) -> (Vec<BlockId>, BlockId) {
        let bodies: Vec<BlockId> = clauses.iter().map(|&clause| self.block(kind, Some(clause))).collect();
        for (&clause, &body) in clauses.iter().zip(&bodies) {
            self.places.insert(clause, (body, 0));
            if !matches!(self.tree.stmt(clause), Stmt::Case { .. } | Stmt::Comm { .. }) {
                self.broken.push(clause);
            }
        }
        let done = if kind == BlockKind::Comm { BlockKind::SelectDone } else { BlockKind::SwitchDone };
        (bodies, self.block(done, Some(switch.id)))
    }

    /// The statements of the clauses, each in its block.
    fn case_bodies(&mut self, switch: &Switch, clauses: &'a [StmtId], bodies: &[BlockId], done: BlockId) {
        let falls = matches!(self.tree.stmt(switch.id), Stmt::Switch { .. });
        let continue_to = self.targets.last().and_then(|targets| targets.continue_to);
        self.own(switch.label.clone(), Targets { break_to: Some(done), continue_to: None, fall_to: None });
        self.tasks.push(Task::Start(done));
        for (at, &clause) in clauses.iter().enumerate().rev() {
            let (comm, list) = clause_parts(self.tree, clause);
            let targets = Targets { break_to: Some(done), continue_to, fall_to: bodies.get(at + 1).copied().filter(|_| falls) };
            self.then([Task::Leave, Task::Jump(done)]);
            self.list(list);
            self.tasks.extend(comm.map(|comm| Task::Add(Node::Stmt(comm))));
            self.then([Task::Start(bodies[at]), Task::Enter(targets)]);
        }
    }
}

static NONE: [StmtId; 0] = [];

/// A clause's communication and its statements.
fn clause_parts(tree: &Tree, clause: StmtId) -> (Option<StmtId>, &[StmtId]) {
    match tree.stmt(clause) {
        Stmt::Case { body, .. } => (None, stmts(body)),
        Stmt::Comm { comm, body } => (*comm, stmts(body)),
        _ => (None, &NONE),
    }
}

fn stmts(list: &Stmts) -> &[StmtId] {
    list
}

/// What a condition without operators is, if it is a constant by its name.
pub(super) fn constant(tree: &Tree, cond: ExprId) -> Option<bool> {
    match tree.ident(tree.unparen(cond)) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
