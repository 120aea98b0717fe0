//! `rules/io-pipe-unclosed.md`: a goroutine that writes to a pipe whose reader stops before the end, or the other way round.
//!
//! ```go
//! r, w := io.Pipe(); go encode(w); io.ReadFull(r, header)
//! ```

use super::lifetime::body::Body;
use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::finding::{Confidence, Finding, Label};
use crate::flow::{EdgeKind, Place, Trail, Walk, explore};
use crate::project::DeclId;
use crate::rule::{Pass, Rule};
use crate::sema::{Callee, LocalId, Sema, Value};

pub(super) const RULE: Rule = Rule { id: "io-pipe-unclosed", page: include_str!("../../rules/io-pipe-unclosed.md"), check };

fn check(pass: &mut Pass) {
    for decl in pass.decls(|decl| decl.mentions.name("Pipe") && decl.mentions.has(crate::parse::Keyword::Go)) {
        let tree = pass.project().tree(decl);
        for &call in &tree.index.calls {
            let is_pipe = matches!(tree.expr(call), Expr::Call { fun, .. } if matches!(tree.expr(*fun), Expr::Selector { sel, .. } if tree.ident(*sel) == Some("Pipe")));
            if is_pipe && matches!(pass.sema().callee(decl, call), Callee::Function(function) if function.key == "io.Pipe") {
                let finding = judge(pass, decl, call);
                pass.findings.extend(finding);
            }
        }
    }
}

/// How the reading end is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As far as somebody likes.
    Partly(ExprId),
    /// Until the writer closes.
    ToTheEnd(ExprId),
}

fn judge(pass: &Pass, decl: DeclId, call: ExprId) -> Option<Finding> {
    let sema = pass.sema();
    let (tree, parents, scopes) = (sema.tree(decl), sema.parents(decl), sema.scopes(decl));
    let stmt = parents.stmt(Node::Expr(call))?;
    let end = |index: u32| {
        let gets = |&&local: &&LocalId| match &scopes.local(local).writes[..] {
            [only] => matches!(only.value, Value::Result { of, index: at, .. } if of == call && at == index),
            _ => false,
        };
        scopes.written_by(stmt).iter().find(gets).copied().filter(|&local| !scopes.local(local).address_taken)
    };
    let (reader, writer) = (end(0)?, end(1)?);
    let own = parents.func_lit(tree, Node::Expr(call));
    let inside = |local: LocalId| {
        let uses = scopes.uses(local).filter(|&ident| ident != scopes.local(local).ident);
        uses.map(|ident| (ident, parents.func_lit(tree, Node::Expr(ident)))).collect::<Vec<_>>()
    };
    // One goroutine writes, and this function reads.
    let written = inside(writer);
    let lit = written.first().and_then(|&(_, lit)| lit).filter(|lit| Some(*lit) != own)?;
    if !written.iter().all(|&(_, of)| of == Some(lit)) || !is_spawned(sema, decl, lit) {
        return None;
    }
    let mut readings = Vec::new();
    for (ident, of) in inside(reader) {
        if of != own {
            return None;
        }
        readings.push(reading(sema, decl, ident)?);
    }
    let first_write = written.iter().find_map(|&(ident, _)| write_of(sema, decl, ident))?;
    if let Some(&Reading::ToTheEnd(read)) = readings.iter().find(|reading| matches!(reading, Reading::ToTheEnd(_))) {
        return writer_forgets(pass, decl, lit, writer).then(|| {
            let message = "the writer of this pipe returns without closing it on some path: the read waits for ever";
            told(pass, decl, read, message, call, "`defer` the writer's `Close()` in the goroutine that writes")
        });
    }
    match readings[..] {
        [] => None,
        _ => {
            let message = "the reader of this pipe stops before the end and is not closed: the write waits for ever";
            Some(told(pass, decl, first_write, message, call, "`defer` the reader's `Close()` right behind `io.Pipe()`"))
        }
    }
}

fn told(pass: &Pass, decl: DeclId, at: ExprId, message: &str, pipe: ExprId, help: &str) -> Finding {
    Finding {
        rule: pass.rule,
        span: pass.span(decl, Node::Expr(at)),
        function: pass.function_name(decl),
        message: message.to_owned(),
        severity: pass.severity,
        confidence: Confidence::Medium,
        labels: vec![Label { span: pass.span(decl, Node::Expr(pipe)), text: "the pipe is made here".to_owned() }],
        help: Some(help.to_owned()),
        fix: None,
    }
}

/// `go func() { … }()`
fn is_spawned(sema: &Sema, decl: DeclId, lit: ExprId) -> bool {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let mut above = parents.ancestors(Node::Expr(lit));
    matches!(above.next(), Some(Node::Expr(call)) if matches!(tree.expr(call), Expr::Call { fun, .. } if *fun == lit))
        && matches!(above.next(), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::Go { .. }))
}

/// The call that a mention is an argument of, and the number of the argument.
fn call_of(sema: &Sema, decl: DeclId, expr: ExprId) -> Option<(ExprId, usize, compact_str::CompactString)> {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let Some(Node::Expr(call)) = parents.parent(Node::Expr(expr)) else { return None };
    let Expr::Call { args, .. } = tree.expr(call) else { return None };
    let at = args.iter().position(|&arg| arg == expr)?;
    match sema.callee(decl, call) {
        Callee::Function(function) => Some((call, at, function.key)),
        _ => Some((call, at, compact_str::CompactString::default())),
    }
}

/// How a mention reads; `None` where it is closed, or somebody else may close it.
fn reading(sema: &Sema, decl: DeclId, ident: ExprId) -> Option<Reading> {
    let (call, at, key) = call_of(sema, decl, ident)?;
    match (&*key, at) {
        ("io.ReadAll" | "io/ioutil.ReadAll", 0) | ("io.Copy", 1) => Some(Reading::ToTheEnd(call)),
        ("io.ReadFull" | "io.ReadAtLeast", 0) | ("io.CopyN", 1) | ("encoding/json.NewDecoder" | "encoding/gob.NewDecoder", 0) => {
            Some(Reading::Partly(call))
        }
        // What reads so many bytes cannot close the pipe.
        ("io.LimitReader", 0) => Some(Reading::Partly(call)),
        _ => None,
    }
}

/// The call that writes: `io.Copy(w, src)`, `json.NewEncoder(w).Encode(v)`.
fn write_of(sema: &Sema, decl: DeclId, ident: ExprId) -> Option<ExprId> {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let (call, _, _) = call_of(sema, decl, ident)?;
    let mut outer = call;
    while let Some(Node::Expr(around)) = parents.parent(Node::Expr(outer)) {
        match tree.expr(around) {
            Expr::Selector { .. } => outer = around,
            Expr::Call { fun, .. } if *fun == outer => outer = around,
            _ => break,
        }
    }
    Some(outer)
}

/// Whether a path through the goroutine's body ends without closing the writer.
fn writer_forgets(pass: &Pass, decl: DeclId, lit: ExprId, writer: LocalId) -> bool {
    let tree = pass.project().tree(decl);
    let Expr::FuncLit { body, .. } = *tree.expr(lit) else { return false };
    let body = Body::new(pass.summaries, decl, Some(lit), body);
    let mut walk = Closing { body: &body, writer, forgets: false };
    body.graph.broken.is_empty() && {
        explore(&body.graph, (body.graph.entry, 0), (), &mut walk);
        walk.forgets
    }
}

struct Closing<'b, 'a> {
    body: &'b Body<'a>,
    writer: LocalId,
    forgets: bool,
}

impl Walk for Closing<'_, '_> {
    type State = ();

    fn node(&mut self, place: Place, _: Node, (): &mut (), _: &Trail) -> bool {
        let (sema, decl) = (&self.body.summaries.sema, self.body.decl);
        let (tree, parents) = (sema.tree(decl), sema.parents(decl));
        // Whatever is not an argument may close it: `w.Close()`, `w.CloseWithError(err)`, `defer w.Close()`.
        let closes = |ident: ExprId| matches!(parents.parent(Node::Expr(ident)), Some(Node::Expr(around)) if matches!(tree.expr(around), Expr::Selector { sel, .. } if tree.ident(*sel).is_some_and(|name| name.starts_with("Close"))));
        let known = |ident: ExprId| call_of(sema, decl, ident).is_some_and(|(.., key)| !key.is_empty());
        let mut mentions = self.body.mentions(place).iter().filter(|mention| mention.local == self.writer);
        !mentions.any(|mention| closes(mention.ident) || !known(mention.ident))
    }

    fn edge(&mut self, _: EdgeKind, (): &mut ()) -> bool {
        true
    }

    fn exit(&mut self, (): &(), _: &Trail) {
        self.forgets = true;
    }

    fn returns(&self, call: ExprId) -> bool {
        self.body.returns(call)
    }
}
