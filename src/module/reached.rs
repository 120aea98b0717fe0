//! Does the program surely come to where something is entered? A handler has to be registered, and what registers it has to run.
//!
//! ```go
//! func main() { routes() }
//! func routes() { http.HandleFunc("/", home) }           // home is a part of the program
//! func init() { if debug { http.HandleFunc("/d", dump) } } // dump is not, where debug is a constant that is false
//! var _ http.HandlerFunc = old                           // nor is old
//! ```
//!
//! Conditions that are not known before the program runs count as true: in some run they are.
//!
//! Not here: how often it is entered (`entries`).

use super::{At, Entry, EntryKind, Module, call_of, value_of};
use crate::ast::{Expr, ExprId, Node, Op, Stmt, StmtId};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::sema::{Callee, Sema};
use crate::types::{Constant, Global};
use rustc_hash::FxHashSet;

/// How many declarations are looked at on the ways up from one entry.
const MOST_DECLS: usize = 200;

impl Module {
    /// Whether an entry is one of code that runs, as far as the analysed code tells: that of a library may.
    pub fn is_reached(&self, sema: &Sema, entry: &Entry) -> bool {
        let mut search = Search { module: self, sema, seen: FxHashSet::default() };
        match entry.node {
            Some(node) => search.node(entry.decl, node),
            None if entry.kind == EntryKind::Handler => search.function(entry.decl, true),
            None => search.function(entry.decl, false),
        }
    }
}

impl Module {
    /// The calls that a handler is given to: `http.HandleFunc("/", home)`.
    pub fn registrations(&self, sema: &Sema, entry: &Entry) -> Vec<(DeclId, ExprId)> {
        let values = match entry.node {
            Some(node) => vec![(entry.decl, node)],
            None => {
                let mentions = self.mentions_of_function(sema, entry.decl).unwrap_or_default();
                mentions.into_iter().map(|at| (at.decl, Node::Expr(value_of(sema, at)))).collect()
            }
        };
        let call_around = |(decl, value): (DeclId, Node)| {
            let is_call = |node: &ExprId| matches!(sema.tree(decl).expr(*node), Expr::Call { .. });
            let exprs = sema.parents(decl).ancestors(value).map_while(|node| match node {
                Node::Expr(expr) => Some(expr),
                Node::Stmt(_) => None,
            });
            Some((decl, exprs.filter(is_call).last()?))
        };
        values.into_iter().filter_map(call_around).collect()
    }
}

struct Search<'a, 'p> {
    module: &'a Module,
    sema: &'a Sema<'p>,
    seen: FxHashSet<DeclId>,
}

impl Search<'_, '_> {
    /// Whether a node stands where the program comes.
    fn node(&mut self, decl: DeclId, node: Node) -> bool {
        if self.is_cut_off(decl, node) {
            return false;
        }
        // What a variable's value calls runs when the program starts.
        self.sema.project.decl(decl).kind == DeclKind::Var && self.is_called(decl, node) && !self.is_apart(decl) || self.declaration(decl)
    }

    /// Whether a node is a part of what a call gets.
    fn is_called(&self, decl: DeclId, node: Node) -> bool {
        let tree = self.sema.tree(decl);
        self.sema.parents(decl).ancestors(node).any(|around| match around {
            Node::Expr(call) if matches!(tree.expr(call), Expr::Call { .. }) => {
                !matches!(self.sema.callee(decl, call), Callee::Conversion(_))
            }
            _ => false,
        })
    }

    /// Whether a declaration is in no usual build.
    fn is_apart(&self, decl: DeclId) -> bool {
        let file = self.sema.project.file(decl.file);
        file.test || file.constraint.needs_tag()
    }

    /// Whether a condition around a node is false in every run of the usual build.
    fn is_cut_off(&self, decl: DeclId, node: Node) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let mut inner = node;
        parents.ancestors(node).any(|around| {
            let from = std::mem::replace(&mut inner, around);
            let Node::Stmt(stmt) = around else { return false };
            let is = |cond: ExprId, value: bool| self.is_always(decl, cond, value);
            match tree.stmt(stmt) {
                Stmt::If { cond, body, else_, .. } => {
                    from == Node::Stmt(*body) && is(*cond, false) || else_.is_some_and(|else_| from == Node::Stmt(else_)) && is(*cond, true)
                }
                // `if !debug { return }` before it
                Stmt::Block { list } => {
                    list.iter().take_while(|&&before| Node::Stmt(before) != from).any(|&before| match *tree.stmt(before) {
                        Stmt::If { cond, body, .. } => is(cond, true) && self.returns(decl, body),
                        _ => false,
                    })
                }
                _ => false,
            }
        })
    }

    /// Whether a condition has a value in every run: it is a constant, or a part of it that decides is one.
    fn is_always(&self, decl: DeclId, cond: ExprId, value: bool) -> bool {
        if let Some(&Constant::Bool(holds)) = self.sema.types.info(decl).constant(cond) {
            return holds == value;
        }
        let tree = self.sema.tree(decl);
        match *tree.expr(tree.unparen(cond)) {
            Expr::Unary { op: Op::Not, x } => self.is_always(decl, x, !value),
            Expr::Binary { op: Op::LAnd, x, y } if !value => self.is_always(decl, x, false) || self.is_always(decl, y, false),
            Expr::Binary { op: Op::LOr, x, y } if value => self.is_always(decl, x, true) || self.is_always(decl, y, true),
            _ => false,
        }
    }

    fn returns(&self, decl: DeclId, body: StmtId) -> bool {
        let tree = self.sema.tree(decl);
        let Stmt::Block { list } = tree.stmt(body) else { return false };
        list.last().is_some_and(|&last| matches!(tree.stmt(last), Stmt::Return { .. }))
    }

    /// Whether a declaration is one of code that runs.
    fn declaration(&mut self, decl: DeclId) -> bool {
        if self.is_apart(decl) || self.seen.len() >= MOST_DECLS || !self.seen.insert(decl) {
            return false;
        }
        match self.sema.project.decl(decl).kind {
            DeclKind::Func => self.function(decl, false),
            DeclKind::Var => self.variable(decl),
            // Who has the type, or names the constant, is not asked.
            DeclKind::Type | DeclKind::Const => true,
        }
    }

    fn variable(&mut self, decl: DeclId) -> bool {
        let names = &self.sema.project.decl(decl).names;
        if self.sema.project.is_exported(decl) && !self.knows_callers(decl) {
            return true;
        }
        (0..names.len() as u32).filter(|&at| names[at as usize].0 != "_").any(|at| self.is_named(Global { decl, at }))
    }

    /// Whether something at top level is named where the program comes.
    fn is_named(&mut self, global: Global) -> bool {
        match self.module.mentions(self.sema, global) {
            // So many have the name that nobody looks.
            None => true,
            Some(mentions) => mentions.iter().any(|at| self.node(at.decl, Node::Expr(at.ident))),
        }
    }

    /// Whether a function is called, or with `as_value` is given to somebody who may.
    fn function(&mut self, decl: DeclId, as_value: bool) -> bool {
        let sema = self.sema;
        let outline = sema.project.decl(decl);
        let name = outline.names.first().map_or("", |(name, _)| name.as_str());
        let package = sema.project.package(sema.project.file(decl.file).package);
        if outline.receiver.is_none() && (name == "init" || name == "main" && package.name == "main") {
            return true;
        }
        if sema.project.is_exported(decl) && !self.knows_callers(decl) {
            return true;
        }
        let is_value = |at: &At| !as_value || call_of(sema, *at).is_none();
        match self.module.mentions_of_function(sema, decl) {
            Some(mentions) if outline.receiver.is_none() || !mentions.is_empty() => {
                mentions.iter().filter(|&at| is_value(at)).any(|at| self.node(at.decl, Node::Expr(at.ident)))
            }
            // A method that an interface may call: somebody has to make a value of its type. Others are not called by the names that Go has.
            None => self.is_made(decl),
            Some(_) => sema.project.is_exported(decl) && self.is_made(decl),
        }
    }

    /// Whether the type of a method is named where the program comes, other than in its own methods.
    fn is_made(&mut self, method: DeclId) -> bool {
        let project = self.sema.project;
        let Some(receiver) = &project.decl(method).receiver else { return true };
        let package = project.file(method.file).package;
        let files = project.package(package).files.iter().copied();
        let mut types = files.flat_map(|file| {
            let decls = project.file(file).outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Type);
            decls.map(move |(index, decl)| (DeclId { file, index: index as u32 }, decl))
        });
        let found = types.find_map(|(decl, outline)| {
            let at = outline.names.iter().position(|(name, _)| name == receiver)?;
            Some(Global { decl, at: at as u32 })
        });
        let Some(global) = found else { return true };
        let Some(mentions) = self.module.mentions(self.sema, global) else { return true };
        mentions.iter().any(|at| {
            let is_own = project.decl(at.decl).receiver.as_ref() == Some(receiver) && project.file(at.decl.file).package == package;
            !is_own && self.node(at.decl, Node::Expr(at.ident))
        })
    }

    fn knows_callers(&self, decl: DeclId) -> bool {
        let package = self.sema.project.file(decl.file).package;
        self.sema.project.package(package).name == "main" || self.module.knows_callers(self.sema, package)
    }
}
