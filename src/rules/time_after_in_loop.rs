//! `rules/time-after-in-loop.md`: a timer of each turn of a loop that nobody waits for any more.
//!
//! ```go
//! for { select { case v := <-in: use(v); case <-time.After(time.Hour): return } }
//! ```

use super::lifetime;
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{self, BlockId, Graph, Loops};
use crate::project::DeclId;
use crate::project::timers::{TimerVersion, Timers};
use crate::rule::{Pass, Rule};
use crate::sema::Callee;
use lifetime::body::Body;

pub(super) const RULE: Rule = Rule { id: "time-after-in-loop", page: include_str!("../../rules/time-after-in-loop.md"), check };

/// A shorter wait is not worth a word.
const SECONDS: i64 = 10;

fn check(pass: &mut Pass) {
    let timers = pass.timers();
    if timers.timers != Timers::Old {
        return;
    }
    for decl in pass.decls(|decl| decl.mentions.name("After") || decl.mentions.name("NewTimer")) {
        let tree = pass.project().tree(decl);
        for &call in &tree.index.calls {
            let finding = judge(pass, &timers, decl, call);
            pass.findings.extend(finding);
        }
    }
}

fn judge(pass: &Pass, timers: &TimerVersion, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let Expr::Call { fun, args, .. } = tree.expr(call) else { return None };
    let Expr::Selector { sel, .. } = tree.expr(*fun) else { return None };
    if !matches!(tree.ident(*sel)?, "After" | "NewTimer") {
        return None;
    }
    let (select, clause) = waiting_case(pass, decl, call)?;
    let Callee::Function(function) = sema.callee(decl, call) else { return None };
    if !matches!(&*function.key, "time.After" | "time.NewTimer") {
        return None;
    }
    let wait = args.first().and_then(|&arg| sema.int(decl, arg));
    if wait.is_some_and(|nanoseconds| nanoseconds <= SECONDS * 1_000_000_000) {
        return None;
    }
    let lit = parents.func_lit(tree, Node::Expr(call));
    let body = Body::new(pass.summaries, decl, lit, parents.body(tree, Node::Expr(call))?);
    if !body.graph.broken.is_empty() || lifetime::ends_with_the_process(pass, &body) || lifetime::runs_once(pass, &body) {
        return None;
    }
    let loops = Loops::of(&body.graph, tree);
    let (block, _) = body.graph.place(select)?;
    let constants = lifetime::Bounds { sema, decl };
    let mut around = loops.around(block).peekable();
    around.peek()?;
    if around.all(|id| {
        let count = flow::trip_count(tree, loops.get(id).kind.stmt(), &constants);
        count.is_some_and(|count| count <= pass.options.max_const_trips)
    }) {
        return None;
    }
    let mut others = tree.clauses(select).iter().copied().filter(|&other| other != clause);
    let again = others.find(|&other| comes_back(&body.graph, other, block, &body))?;
    let shown = args.first().map_or("d", |&arg| pass.text(decl, Node::Expr(arg)));
    let confidence = if wait.is_some() { Confidence::High } else { Confidence::Medium };
    let label = match *tree.stmt(again) {
        Stmt::Comm { comm: Some(comm), .. } => Node::Stmt(comm),
        _ => Node::Stmt(again),
    };
    Some(Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(call)),
        function: pass.function_name(decl),
        message: format!("`{}` in a loop: with {} each turn keeps a timer for `{shown}`", pass.text(decl, Node::Expr(*fun)), timers.fact),
        severity: pass.severity,
        confidence: confidence.min(timers.confidence),
        labels: vec![Label { span: pass.span(decl, label), text: "this case turns the loop again before the timer fires".to_owned() }],
        help: Some("make one timer before the loop, stop it at the end, and set it again in each turn".to_owned()),
        fix: None,
    })
}

/// The `select` and its case that waits for the channel of a call: `case <-time.After(d):`, `case <-time.NewTimer(d).C:`.
fn waiting_case(pass: &Pass, decl: DeclId, call: ExprId) -> Option<(StmtId, StmtId)> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut above = parents.ancestors(Node::Expr(call)).skip_while(|node| match node {
        Node::Expr(id) => matches!(tree.expr(*id), Expr::Selector { .. } | Expr::Paren { .. }),
        Node::Stmt(_) => false,
    });
    match above.next()? {
        Node::Expr(id) if matches!(tree.expr(id), Expr::Unary { op: Op::Arrow, .. }) => {}
        _ => return None,
    }
    let Node::Stmt(comm) = above.next()? else { return None };
    let Node::Stmt(clause) = above.next()? else { return None };
    if !matches!(tree.stmt(clause), Stmt::Comm { comm: Some(of), .. } if *of == comm) {
        return None;
    }
    let select = above.nth(1)?;
    match select {
        Node::Stmt(id) if matches!(tree.stmt(id), Stmt::Select { .. }) => Some((id, clause)),
        _ => None,
    }
}

/// Whether a path leads from a case back to the `select`.
fn comes_back(graph: &Graph, clause: StmtId, select: BlockId, body: &Body) -> bool {
    let Some((start, _)) = graph.place(clause) else { return false };
    let mut seen = vec![false; graph.blocks.len()];
    let mut stack = vec![start];
    while let Some(block) = stack.pop() {
        for edge in graph.edges(block, &|call| body.returns(call)) {
            if edge.to == select {
                return true;
            }
            if !std::mem::replace(&mut seen[edge.to.0 as usize], true) {
                stack.push(edge.to);
            }
        }
    }
    false
}
