//! Can this happen? Where nobody knows, a state goes no further.
//!
//! ```go
//! if c.conn == nil { c.connect() } // not followed, and its text mentions conn
//! if c.conn != nil { … }           // what was known of conn is a guess from here on
//! ```
//!
//! What anybody may write, a field, an element, a package variable, is remembered as it was first seen. That is sound until something may have
//! written it; what is computed, or answered by a call, is remembered for the same question only.
//!
//! Not here: branches of which both sides can happen (`branch`).

use super::Machine;
use super::call::name_of;
use super::callee::{CallSite, Target};
use super::code::Code;
use super::value::{Callee as Called, Prepared, State};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId, Tree};
use crate::flow::{Edge, EdgeKind};
use crate::parse::{DeclKind, Mentions, Word};
use crate::project::{DeclId, PackageId};
use crate::sema::{Callee, Object, Sema, Type};
use crate::types::Kind as TypeKind;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// How many functions that are not followed are asked whether they write something.
const MOST_CALLS: usize = 64;

/// A function that was called and is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unfollowed {
    Declared(DeclId),
    /// A method of an interface, or of a type that nobody knows.
    Method(CompactString),
    /// A value of function type, of which nobody knows what it runs.
    Anything,
}

/// What is the same in all states of a run: the questions of conditions, the functions that are not followed, by number, and whether one may
/// write what a name stands for.
#[derive(Default)]
pub(super) struct Doubts<'p> {
    /// What conditions ask for.
    questions: FxHashMap<(DeclId, ExprId), Rc<[Question<'p>]>>,
    functions: Vec<Unfollowed>,
    writes: FxHashMap<(PackageId, u32, Word), bool>,
}

impl Doubts<'_> {
    fn number(&mut self, function: Unfollowed) -> u32 {
        let known = self.functions.iter().position(|known| *known == function);
        known.unwrap_or_else(|| {
            self.functions.push(function);
            self.functions.len() - 1
        }) as u32
    }
}

/// A name for which a condition asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    name: Word,
    how: How,
    cond: ExprId,
    /// How many functions had been called by then that are not followed.
    unfollowed: usize,
}

/// What a condition asks for by name, and how.
type Question<'t> = (&'t str, How);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Read,
    /// A local variable's own value: it answers only to what is computed of it.
    Local,
    /// It is computed, or answered by a call: another question may be its opposite.
    Computed,
    /// `len(m) > 8`: what was written into a map before decides nothing.
    Length,
    /// A function answers, which may look at all that its text mentions.
    Answer(DeclId),
}

impl Machine<'_, '_> {
    /// Notes what a branch asks for.
    pub(super) fn note_asked(&mut self, state: &mut State, code: &Code, edges: &[Edge]) {
        let tree = self.summaries.sema.tree(code.decl);
        let cond = edges.iter().find_map(|edge| match edge.kind {
            EdgeKind::True(cond) => Some(cond),
            EdgeKind::Case { switch, .. } => match *tree.stmt(switch) {
                Stmt::Switch { tag, .. } => tag,
                _ => None,
            },
            _ => None,
        });
        let Some(cond) = cond else { return };
        let sema = &self.summaries.sema;
        let known = self.doubts.questions.entry((code.decl, cond)).or_insert_with(|| questions(sema, code, cond).into());
        for &(name, how) in known.clone().iter() {
            let number = Mentions::word(name);
            let known = state.asked.iter().position(|asked| asked.name == number);
            let is_written = how != How::Local && state.written.contains(&number) && (how != How::Length || known.is_some());
            state.guessed |= is_written || self.may_be_opposite(state, cond, number, how);
            match known {
                Some(at) => {
                    let asked = &mut state.asked[at];
                    let since = &state.unfollowed[asked.unfollowed..];
                    state.guessed |= how != How::Local
                        && (since.len() > MOST_CALLS || since.iter().any(|&function| self.may_write(code.decl, function, name)));
                    if how == How::Computed {
                        asked.how = how;
                    }
                }
                None => state.asked.push(Asked { name: number, how, cond, unfollowed: state.unfollowed.len() }),
            }
        }
    }

    /// Whether what is asked may contradict what another condition asked: one of the two asks for what is computed from the other's.
    fn may_be_opposite(&self, state: &State, cond: ExprId, name: Word, how: How) -> bool {
        let mentions = |decl: DeclId, name: Word| self.summaries.sema.project.decl(decl).mentions.has_word(name);
        state.asked.iter().filter(|asked| asked.cond != cond).any(|asked| match (how, asked.how) {
            // A method sees no variable of the one that calls it.
            (How::Answer(_), How::Local) | (How::Local, How::Answer(_)) => false,
            (How::Answer(decl), _) if asked.name != name => mentions(decl, asked.name),
            (_, How::Answer(decl)) if asked.name != name => mentions(decl, name),
            (How::Computed, _) | (How::Local, How::Computed) => asked.name == name,
            _ => false,
        })
    }

    /// Notes a call that is not followed; a library's function, and the end of a context, write nothing that a condition asks for by name.
    pub(super) fn note_unfollowed(&mut self, state: &mut State, call: &Prepared, known: &CallSite) {
        let sema = &self.summaries.sema;
        let function = match (&call.callee, &known.target) {
            (Called::Declared(decl, _), _) => Unfollowed::Declared(*decl),
            (Called::Library(key, _), Target::Abstract(_)) if !known.only_looks => Unfollowed::Method(name_of(key).into()),
            (Called::Unknown, _) => {
                let decl = call.site.decl;
                let tree = sema.tree(decl);
                if sema.key(sema.type_of(decl, known.fun)) == "context.CancelFunc" {
                    return;
                }
                match *tree.expr(tree.unparen(known.fun)) {
                    Expr::Selector { x, sel } if sema.type_of(decl, x) == Type::UNKNOWN => {
                        Unfollowed::Method(tree.ident(sel).unwrap_or_default().into())
                    }
                    _ => Unfollowed::Anything,
                }
            }
            _ => return,
        };
        let function = self.doubts.number(function);
        let count = state.unfollowed.len();
        let is_since = || state.asked.iter().any(|asked| asked.unfollowed == count);
        if state.unfollowed.last() != Some(&function) || is_since() {
            state.unfollowed.push(function);
        }
    }

    /// Notes a `go` or `defer` whose function nobody follows.
    pub(super) fn note_unknown(&mut self, state: &mut State) {
        let function = self.doubts.number(Unfollowed::Anything);
        state.unfollowed.push(function);
    }

    /// Whether a function may write what a name stands for: its text mentions the name, or that of a function whose text does.
    fn may_write(&mut self, from: DeclId, function: u32, name: &str) -> bool {
        let key = (self.summaries.sema.project.file(from.file).package, function, Mentions::word(name));
        if let Some(&known) = self.doubts.writes.get(&key) {
            return known;
        }
        let writes = self.mentions_somehow(from, &self.doubts.functions[function as usize], name);
        self.doubts.writes.insert(key, writes);
        writes
    }

    fn mentions_somehow(&self, from: DeclId, function: &Unfollowed, name: &str) -> bool {
        let project = self.summaries.sema.project;
        let mut writers = None;
        let mut writes = |decl: DeclId| {
            let mentions = &project.decl(decl).mentions;
            let writers = writers.get_or_insert_with(|| self.functions_that_mention(from, name));
            mentions.name(name) || writers.iter().any(|writer| mentions.name(writer))
        };
        match function {
            Unfollowed::Declared(decl) => writes(*decl),
            Unfollowed::Method(method) => {
                let decls = self.summaries.sema.decls_that_mention(project.file(from.file).package, method);
                let own = |decl: &DeclId| project.decl(*decl).names.iter().any(|(name, _)| name == method);
                decls.into_iter().filter(own).any(writes)
            }
            Unfollowed::Anything => true,
        }
    }

    /// The names of a package's functions whose text mentions a name.
    fn functions_that_mention(&self, from: DeclId, name: &str) -> Vec<CompactString> {
        let project = self.summaries.sema.project;
        let decls = self.summaries.sema.decls_that_mention(project.file(from.file).package, name).into_iter();
        let functions = decls.map(|decl| project.decl(decl)).filter(|decl| decl.kind == DeclKind::Func);
        functions.flat_map(|decl| decl.names.iter().map(|(name, _)| name.clone())).collect()
    }

    /// Whether edges are those of `for …; i < n; …`: how often it turns, nobody knows, where n is computed.
    pub(super) fn counts_turns(&self, code: &Code, edges: &[Edge]) -> bool {
        let sema = &self.summaries.sema;
        let (tree, parents) = (sema.tree(code.decl), sema.parents(code.decl));
        edges.iter().any(|edge| {
            let EdgeKind::True(cond) = edge.kind else { return false };
            let is_order = matches!(tree.expr(cond), Expr::Binary { op: Op::Lss | Op::Leq | Op::Gtr | Op::Geq, .. });
            let mut around = parents.ancestors(Node::Expr(cond)).skip_while(|node| matches!(node, Node::Expr(_)));
            is_order && matches!(around.next(), Some(Node::Stmt(stmt)) if matches!(tree.stmt(stmt), Stmt::For { .. }))
        })
    }

    /// Whether elements of what a `range` goes over were written.
    pub(super) fn is_written(&self, state: &State, code: &Code, stmt: StmtId) -> bool {
        let tree = self.summaries.sema.tree(code.decl);
        let Stmt::Range { x, .. } = *tree.stmt(stmt) else { return false };
        last_name(tree, x).is_some_and(|name| state.written.contains(&Mentions::word(name)))
    }
}

fn is_arithmetic(op: Op) -> bool {
    matches!(op, Op::Quo | Op::Rem | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Shl | Op::Shr | Op::AndNot)
}

/// `f` of `x.f`, or a variable's name.
fn last_name(tree: &Tree, expr: ExprId) -> Option<&str> {
    let expr = tree.unparen(expr);
    match *tree.expr(expr) {
        Expr::Selector { sel, .. } => tree.ident(sel),
        _ => tree.ident(expr),
    }
}

/// Notes that something is written through a map, list or pointer.
pub(super) fn note_written(state: &mut State, tree: &Tree, x: ExprId) {
    let number = last_name(tree, x).map(Mentions::word);
    if let Some(number) = number.filter(|number| !state.written.contains(number)) {
        state.written.push(number);
    }
}

/// Notes that a function gets maps, lists and pointers, through which it may write; what nobody asked for yet is not remembered.
pub(super) fn note_lent(state: &mut State, sema: &Sema, decl: DeclId, call: ExprId) {
    let tree = sema.tree(decl);
    let Expr::Call { args, .. } = tree.expr(call) else { return };
    for &arg in args {
        let lent = match *tree.expr(tree.unparen(arg)) {
            Expr::Unary { op: Op::And, x } => Some(x),
            _ => Some(arg).filter(|&arg| matches!(sema.behind(sema.type_of(decl, arg)), TypeKind::Map(..) | TypeKind::Slice(_))),
        };
        let number = lent.and_then(|x| last_name(tree, x)).map(Mentions::word);
        if let (Some(x), Some(number)) = (lent, number)
            && state.asked.iter().any(|asked| asked.name == number)
        {
            note_written(state, tree, x);
        }
    }
}

/// Whether an identifier is a package variable to which something may be assigned: no constant, and no error that is compared with.
fn is_written_variable(sema: &Sema, code: &Code, expr: ExprId) -> bool {
    matches!(sema.object(code.decl, expr), Object::Package(_))
        && sema.type_of(code.decl, expr) != Type::ERROR
        && !sema.types.info(code.decl).constant(expr).is_some_and(|constant| constant.is_known())
}

/// Whether an expression is a local variable that has no more to it than its value; what an error is, is asked in many ways that agree.
fn is_plain(sema: &Sema, code: &Code, expr: ExprId) -> bool {
    let expr = sema.tree(code.decl).unparen(expr);
    let is_value =
        || matches!(sema.behind(sema.type_of(code.decl, expr)), TypeKind::Basic(_) | TypeKind::Pointer(_) | TypeKind::Interface(_));
    matches!(sema.object(code.decl, expr), Object::Local(_)) && sema.type_of(code.decl, expr) != Type::ERROR && is_value()
}

/// The names in a condition that may mean something else the next time.
fn questions<'p>(sema: &Sema<'p>, code: &Code, cond: ExprId) -> Vec<Question<'p>> {
    let tree = sema.tree(code.decl);
    let mut found = Vec::new();
    tree.walk(Node::Expr(cond), |node| {
        let Node::Expr(expr) = node else { return false };
        let asks = |of: ExprId, how: How| last_name(tree, of).map(|name| (name, how));
        match *tree.expr(expr) {
            Expr::FuncLit { .. } => return false,
            // `x.a` of `x.a.b` is written as a whole only where it is a pointer.
            Expr::Selector { x, .. } if !matches!(sema.object(code.decl, x), Object::Import(_)) => {
                let is_asked = expr == cond || !matches!(sema.behind(sema.type_of(code.decl, expr)), TypeKind::Struct(_));
                found.extend(asks(expr, How::Read).filter(|_| is_asked));
            }
            Expr::Index { x, .. } => found.extend(asks(x, How::Read)),
            Expr::Star { x } => found.extend(asks(x, How::Computed)),
            Expr::Ident(_) if is_written_variable(sema, code, expr) => found.extend(asks(expr, How::Read)),
            Expr::Ident(_) if is_plain(sema, code, expr) => found.extend(asks(expr, How::Local)),
            Expr::Binary { op, x, .. } if is_arithmetic(op) => {
                let names = names_in(tree, Node::Expr(x)).into_iter().filter(|&of| matches!(tree.expr(of), Expr::Ident(_)));
                found.extend(names.filter_map(|of| asks(of, How::Computed)));
            }
            Expr::Call { fun, ref args, .. } => match sema.callee(code.decl, expr) {
                // What is asked of a length was asked of its variable; but what a map holds may be written.
                Callee::Builtin(_) => {
                    let is_length = is_some_number(sema, code, cond, expr);
                    for &arg in args {
                        match sema.behind(sema.type_of(code.decl, arg)) {
                            TypeKind::Map(..) if is_length => {
                                found.extend(asks(arg, How::Length));
                                return false;
                            }
                            TypeKind::Map(..) => found.extend(asks(arg, How::Read)),
                            TypeKind::Slice(_) => found.extend(asks(arg, How::Local)),
                            _ => {}
                        }
                    }
                }
                callee => {
                    match callee {
                        Callee::Function(function) if function.receiver.is_some() && function.decls.len() == 1 => {
                            found.extend(asks(fun, How::Answer(function.decls[0])));
                        }
                        Callee::Closure(lit) => {
                            let names = names_in(tree, Node::Expr(lit)).into_iter();
                            let names = names.filter(|&of| matches!(tree.expr(of), Expr::Selector { .. }) || is_looked_at(sema, code, of));
                            found.extend(names.filter_map(|of| asks(of, How::Computed)));
                        }
                        _ => {}
                    }
                    let args = args.iter().filter(|&&arg| is_looked_at(sema, code, arg));
                    found.extend(args.filter_map(|&arg| asks(arg, How::Computed)));
                }
            },
            _ => {}
        }
        true
    });
    found
}

/// The identifiers and selectors below a node.
fn names_in(tree: &Tree, node: Node) -> Vec<ExprId> {
    let mut found = Vec::new();
    tree.walk(node, |node| {
        if let Node::Expr(expr) = node
            && matches!(tree.expr(expr), Expr::Ident(_) | Expr::Selector { .. })
        {
            found.push(expr);
        }
        true
    });
    found
}

/// Whether a function that gets an expression may answer by what it is: a plain variable, a list, a map.
fn is_looked_at(sema: &Sema, code: &Code, expr: ExprId) -> bool {
    is_plain(sema, code, expr) || matches!(sema.behind(sema.type_of(code.decl, expr)), TypeKind::Map(..) | TypeKind::Slice(_))
}

/// Whether a condition compares a length with something else than 0 and 1.
fn is_some_number(sema: &Sema, code: &Code, cond: ExprId, length: ExprId) -> bool {
    let tree = sema.tree(code.decl);
    match *tree.expr(tree.unparen(cond)) {
        Expr::Binary { x, y, .. } => {
            let other = if tree.unparen(x) == length { y } else { x };
            !matches!(sema.int(code.decl, other), Some(0 | 1))
        }
        _ => false,
    }
}
