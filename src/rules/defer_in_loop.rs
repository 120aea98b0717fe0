//! `rules/defer-in-loop.md`: a `defer` that a loop reaches again, so that what it should release piles up until the function returns.
//!
//! ```go
//! for _, p := range paths { f, _ := os.Open(p); defer f.Close() }
//! ```
//!
//! Not here: what is asked of one function's body for each of its defers (`body`), what the deferred call costs (`cost`), which fix is
//! safe (`fix`).

mod body;
mod cost;
mod fix;

use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::finding::{Finding, Label, Severity};
use crate::flow::{self, BlockId, Constants, Graph, LoopId, LoopKind, Loops};
use crate::parse::Keyword;
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{LocalKind, Object};
use crate::source::Span;
use crate::summary::{Iteration, Summaries};
use body::Body;
use cost::Cost;

pub(super) const RULE: Rule = Rule { id: "defer-in-loop", page: include_str!("../../rules/defer-in-loop.md"), check };

/// The statement in question and where it stands.
struct Site<'a> {
    summaries: &'a Summaries<'a>,
    decl: DeclId,
    defer: StmtId,
    call: ExprId,
    body: &'a Body<'a>,
    graph: &'a Graph,
    loops: &'a Loops,
    /// The loops that can reach the defer again, innermost first.
    around: Vec<LoopId>,
}

fn check(pass: &mut Pass) {
    let decls = pass.decls(|decl| {
        let mentions = &decl.mentions;
        mentions.has(Keyword::DeferBehindFor) || (mentions.has(Keyword::Defer) && mentions.has(Keyword::Goto))
    });
    for decl in decls {
        let tree = pass.project().tree(decl);
        let summaries = pass.summaries;
        let mut last: Option<(StmtId, Body)> = None;
        for &defer in &tree.index.defers {
            let Some(body) = pass.sema().parents(decl).body(tree, Node::Stmt(defer)) else { continue };
            if last.as_ref().is_none_or(|(known, ..)| *known != body) {
                last = Some((body, Body::new(summaries, decl, body)));
            }
            let Some((_, body)) = &last else { continue };
            let finding = judge(pass, body, defer);
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, body: &Body, defer: StmtId) -> Option<Finding> {
    let Body { decl, ref graph, ref loops, .. } = *body;
    let tree = pass.project().tree(decl);
    let Stmt::Defer { call } = *tree.stmt(defer) else { return None };
    let (block, _) = graph.place(defer)?;
    loops.innermost(block)?;
    if !graph.broken.is_empty() {
        return None;
    }
    let mut site = Site { summaries: pass.summaries, decl, defer, call: tree.unparen(call), body, graph, loops, around: Vec::new() };
    site.around = loops.around(block).collect();
    if site.bounded(pass.options.max_const_trips) {
        return None;
    }
    // Only now: which calls return is the dearest question.
    site.around.retain(|&id| body.turns(id, block));
    let outermost = *site.around.last()?;
    if site.bounded(pass.options.max_const_trips) || site.silent_function(pass) || site.undoes() {
        return None;
    }
    let contains = |block: BlockId| loops.contains(outermost, block);
    let iteration = Iteration { decl, graph, contains: &contains, except: defer, by_name: false, ends_itself: false };
    if site.summaries.runs_once(&iteration, defer) {
        return None;
    }
    let cost = cost::of(&site, &iteration)?;
    Some(site.finding(pass, cost))
}

impl Site<'_> {
    /// Whether a path inside the loop leads from behind a block's nodes to a block that is `wanted`, through none that is `closed`.
    fn path(&self, id: LoopId, from: BlockId, wanted: &dyn Fn(BlockId) -> bool, closed: &dyn Fn(BlockId) -> bool) -> bool {
        let mut seen = vec![false; self.graph.blocks.len()];
        let mut stack = vec![from];
        while let Some(block) = stack.pop() {
            for edge in self.body.edges(block) {
                let to = edge.to;
                if !self.loops.contains(id, to) || std::mem::replace(&mut seen[to.0 as usize], true) {
                    continue;
                }
                if wanted(to) {
                    return true;
                }
                if !closed(to) {
                    stack.push(to);
                }
            }
        }
        false
    }

    /// Whether all loops around turn a provable and small number of times.
    fn bounded(&self, most: u64) -> bool {
        let mut turns = 1u64;
        self.around.iter().all(|&id| match flow::trip_count(self.summaries.sema.tree(self.decl), self.loops.get(id).kind.stmt(), self) {
            Some(count) => {
                turns = turns.saturating_mul(count);
                turns <= most
            }
            None => false,
        })
    }

    /// `defer func() { if err != nil { server.Stop() } }()`, of a named result: it takes back what the loop did, and only if the function fails.
    fn undoes(&self) -> bool {
        let (tree, scopes) = (self.summaries.sema.tree(self.decl), self.summaries.sema.scopes(self.decl));
        let Expr::Call { fun, .. } = *tree.expr(self.call) else { return false };
        let Expr::FuncLit { body, .. } = *tree.expr(tree.unparen(fun)) else { return false };
        let Stmt::Block { list } = tree.stmt(body) else { return false };
        let [only] = list[..] else { return false };
        let Stmt::If { init: None, cond, else_: None, .. } = *tree.stmt(only) else { return false };
        let Expr::Binary { op: Op::Neq, x, y } = *tree.expr(tree.unparen(cond)) else { return false };
        let is_result = |expr: ExprId| scopes.of_ident(expr).is_some_and(|local| matches!(scopes.local(local).kind, LocalKind::Result(_)));
        tree.ident(y) == Some("nil") && is_result(tree.unparen(x))
    }

    /// `main`, `init` and `TestMain` end with the process, a test with its case: only an endless loop is worth a word there.
    fn silent_function(&self, pass: &Pass) -> bool {
        let file = pass.project().file(self.decl.file);
        if self.around.iter().any(|&id| self.is_infinite(id)) {
            return false;
        }
        let inside_lit = pass.sema().parents(self.decl).func_lit(pass.project().tree(self.decl), Node::Stmt(self.defer)).is_some();
        let is_main = match pass.function_name(self.decl).as_str() {
            "main" => pass.project().package(self.decl_package(pass)).name == "main",
            "init" => true,
            "TestMain" => file.test,
            _ => false,
        };
        let ignored = file.outline.build.as_deref().is_some_and(|build| build.trim() == "ignore");
        (is_main && !inside_lit) || ignored || (file.test && self.ranges_over_literal())
    }

    fn decl_package(&self, pass: &Pass) -> crate::project::PackageId {
        pass.project().file(self.decl.file).package
    }

    /// The table of a test: every loop is a range over a literal.
    fn ranges_over_literal(&self) -> bool {
        let tree = self.summaries.sema.tree(self.decl);
        self.around.iter().all(|&id| match *tree.stmt(self.loops.get(id).kind.stmt()) {
            Stmt::Range { x, .. } => self.summaries.sema.length(self.decl, x).is_some(),
            _ => false,
        })
    }

    /// `for {` and its like: nothing but a jump ends it.
    fn is_infinite(&self, id: LoopId) -> bool {
        !self.loops.get(id).conditional
    }

    fn never_ends(&self, id: LoopId) -> bool {
        self.is_infinite(id) && !self.body.has_exit(id)
    }

    /// `for v := range ch`
    fn ranges_over_channel(&self, id: LoopId) -> bool {
        let tree = self.summaries.sema.tree(self.decl);
        match *tree.stmt(self.loops.get(id).kind.stmt()) {
            Stmt::Range { x, .. } => self.summaries.sema.is_chan(self.summaries.sema.type_of(self.decl, x)),
            _ => false,
        }
    }

    /// The loop to tell of: the innermost whose turns are not provably few.
    fn loop_told(&self) -> Option<LoopId> {
        let tree = self.summaries.sema.tree(self.decl);
        let unbounded = |&&id: &&LoopId| flow::trip_count(tree, self.loops.get(id).kind.stmt(), self).is_none();
        self.around.iter().find(unbounded).or(self.around.last()).copied()
    }

    fn finding(&self, pass: &Pass, cost: Cost) -> Finding {
        let told = self.loop_told();
        let endless = self.around.iter().any(|&id| self.never_ends(id));
        let infinite = self.around.iter().any(|&id| self.is_infinite(id));
        let unbounded = endless || self.around.iter().any(|&id| self.ranges_over_channel(id)) || cost.from_accept;
        let tail = match (endless, infinite) {
            (true, _) => ", and this loop never ends",
            (_, true) => ", and this loop has no bound",
            _ => "",
        };
        let call = self.shown(pass);
        let function = self.function(pass);
        let message = match &cost.deadlock {
            Some(lock) => format!("`{call}` in a loop runs only when {function} returns: `{lock}` blocks in the second iteration"),
            None => format!("`{call}` in a loop runs only when {function} returns: each iteration {}{tail}", cost.keeps),
        };
        let severity = if cost.deadlock.is_some() || unbounded { Severity::Error } else { pass.severity };
        let mut labels = cost.labels.clone();
        labels.extend(told.map(|id| Label { span: self.loop_span(pass, id), text: "the loop comes back to the `defer`".to_owned() }));
        labels.extend(self.end(pass).map(|span| Label { span, text: format!("the deferred calls run here, when {function} returns") }));
        Finding {
            rule: RULE.id,
            span: pass.span(self.decl, Node::Stmt(self.defer)),
            function: pass.function_name(self.decl),
            message,
            severity,
            confidence: cost.confidence,
            labels,
            help: Some(cost.help.to_owned()),
            fix: fix::of(self, pass, &cost),
        }
    }

    /// Whether the defer stands in a case of a `switch` or `select` in a loop that only a jump ends, and that has one.
    fn in_case_of_endless_loop(&self) -> bool {
        let tree = self.summaries.sema.tree(self.decl);
        let Some(&told) = self.around.first().filter(|&&id| self.is_infinite(id) && !self.never_ends(id)) else { return false };
        let own = Node::Stmt(self.loops.get(told).kind.stmt());
        let parents = self.summaries.sema.parents(self.decl);
        let mut inside = parents.ancestors(Node::Stmt(self.defer)).take_while(|&node| node != own);
        inside.any(|node| matches!(node, Node::Stmt(id) if matches!(tree.stmt(id), Stmt::Case { .. } | Stmt::Comm { .. })))
    }

    /// The statement's text, a closure's body left out.
    fn shown(&self, pass: &Pass) -> String {
        let text = pass.text(self.decl, Node::Stmt(self.defer));
        let first = text.lines().next().unwrap_or(text);
        if text.contains("func(") {
            return "defer func() { … }()".to_owned();
        }
        if first.len() == text.len() && text.chars().count() <= 60 {
            return text.to_owned();
        }
        let tree = self.summaries.sema.tree(self.decl);
        let name = match tree.expr(self.call) {
            Expr::Call { fun, .. } => pass.text(self.decl, Node::Expr(*fun)),
            _ => first,
        };
        format!("defer {}(…)", name.lines().next().unwrap_or(name))
    }

    fn function(&self, pass: &Pass) -> String {
        let tree = self.summaries.sema.tree(self.decl);
        match self.summaries.sema.parents(self.decl).func_lit(tree, Node::Stmt(self.defer)) {
            Some(_) => "the function literal".to_owned(),
            None => format!("`{}`", pass.function_name(self.decl)),
        }
    }

    /// The first line of the loop.
    fn loop_span(&self, pass: &Pass, id: LoopId) -> Span {
        let stmt = self.loops.get(id).kind.stmt();
        let tree = pass.project().tree(self.decl);
        let span = pass.span(self.decl, Node::Stmt(stmt));
        let end = match (self.loops.get(id).kind, tree.stmt(stmt)) {
            (LoopKind::Goto(_), Stmt::Labeled { label, .. }) => tree.expr_range(*label).end,
            (_, Stmt::For { body, .. } | Stmt::Range { body, .. }) => {
                let start = tree.stmt_range(*body).start;
                let header = pass.project().file(self.decl.file).source.slice(span.start, start);
                span.start + header.trim_end().len() as u32
            }
            _ => span.end,
        };
        Span { end, ..span }
    }

    /// The closing brace of the function.
    fn end(&self, pass: &Pass) -> Option<Span> {
        let range = pass.project().tree(self.decl).stmt_range(self.graph.body);
        Some(Span::new(self.decl.file, range.end.checked_sub(1)?, range.end))
    }
}

impl Constants for Site<'_> {
    fn int(&self, expr: ExprId) -> Option<i64> {
        self.summaries.sema.int(self.decl, expr)
    }

    fn length(&self, expr: ExprId) -> Option<u64> {
        self.summaries.sema.length(self.decl, expr)
    }

    fn same_variable(&self, a: ExprId, b: ExprId) -> bool {
        match (self.summaries.sema.object(self.decl, a), self.summaries.sema.object(self.decl, b)) {
            (Object::Local(a), Object::Local(b)) => a == b,
            (Object::Package(a), Object::Package(b)) => a == b,
            (Object::Unknown, _) | (_, Object::Unknown) => true,
            _ => false,
        }
    }
}
