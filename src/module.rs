//! What can only be answered by looking at all of the analysed code: who mentions a name, where does a piece of code get entered from, and
//! does the program that it belongs to run for long?
//!
//! ```go
//! func remember(id string) { seen[id] = true }                 // called by handle, which is a handler: again and again
//! func handle(w http.ResponseWriter, r *http.Request) { remember(r.FormValue("id")) }
//! func init() { remember("root") }                              // and once, when the program starts
//! ```
//!
//! Tests are left out: nobody runs them for long.
//!
//! Not here: in which order a function's statements run (`flow`), what a function does to its arguments (`summary`).

mod entries;
mod lifetime;
mod reached;
mod serving;

pub use entries::{Entry, EntryKind, Turns, turns};
pub use lifetime::imported;
pub use serving::{STOPS, Serving, is_started, last_name};

use crate::ast::{Expr, ExprId, Node, Stmt};
use crate::project::{DeclId, Origin, PackageId};
use crate::sema::{Sema, once_in};
use crate::types::{Global, Meaning, Member};
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// In how many declarations a name is looked for.
const MOST_DECLS: usize = 300;

/// An identifier, and the declaration it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    pub decl: DeclId,
    pub ident: ExprId,
}

/// Answers that were given, by question.
type Answers<Q, A> = Mutex<FxHashMap<Q, A>>;

/// Which packages import a package.
pub type Importers = FxHashMap<PackageId, Vec<PackageId>>;

/// Answers about all of the analysed code, kept when they were asked for.
#[derive(Default)]
pub struct Module {
    mentions: Answers<Global, Option<Arc<Vec<At>>>>,
    entries: Answers<(DeclId, Node), Arc<Vec<Entry>>>,
    serving: Answers<PackageId, bool>,
    short_lived: Answers<PackageId, bool>,
    of_programs: Answers<PackageId, bool>,
    importers: Answers<(), Arc<Importers>>,
    long: Answers<(), Arc<Serving>>,
    questions: Answers<Question, Arc<Vec<DeclId>>>,
}

/// A question about all of the code, and what it is about.
type Question = (&'static str, CompactString);

impl Module {
    /// The declarations that answer a question about all of the code, which are looked for once.
    pub fn once(&self, question: &'static str, about: &str, find: impl FnOnce() -> Vec<DeclId>) -> Arc<Vec<DeclId>> {
        once_in(&self.questions, (question, about.into()), || Arc::new(find()))
    }

    /// The mentions of a name at top level in the analysed code, its own declaration apart, in the order of packages, files and text. `None`
    /// if so many declarations have the name that nobody looks.
    pub fn mentions(&self, sema: &Sema, global: Global) -> Option<Arc<Vec<At>>> {
        once_in(&self.mentions, global, || {
            let name = sema.types.name_of(global);
            let means = |at: At| matches!(sema.types.meaning(at.decl, at.ident), Meaning::Global(meant) if meant == global);
            Some(Arc::new(self.idents(sema, global.decl, name)?.into_iter().filter(|&at| means(at)).collect()))
        })
    }

    /// Whether every declaration of the analysed code that may have a name could be read, tests apart: where one could not, nobody knows what
    /// it does.
    pub fn is_all_read(&self, sema: &Sema, declared: DeclId, name: &str) -> bool {
        let package = sema.project.package(sema.project.file(declared.file).package);
        let files = package.files.iter().map(|&file| sema.project.file(file)).filter(|file| !file.test);
        // What was lost goes on to the next declaration that could be read.
        let mut lost = files.flat_map(|file| {
            file.outline.broken.iter().map(|broken| {
                let text = &file.source.text;
                let next = file.outline.decls.iter().map(|decl| decl.range.start).filter(|&start| start > broken.range.start).min();
                file.source.slice(broken.range.start, next.unwrap_or(text.len() as u32))
            })
        });
        let is_bad = |decl: DeclId| {
            let tree = sema.tree(decl);
            tree.exprs.iter().any(|expr| matches!(expr, Expr::Bad)) || tree.stmts.iter().any(|stmt| matches!(stmt, Stmt::Bad))
        };
        !lost.any(|text| text.contains(name)) && !self.decls_with(sema, declared, name).any(is_bad)
    }

    /// The mentions of a function or method.
    fn mentions_of_function(&self, sema: &Sema, decl: DeclId) -> Option<Vec<At>> {
        let outline = sema.project.decl(decl);
        let (name, _) = outline.names.first()?;
        if outline.receiver.is_none() {
            return Some(self.mentions(sema, Global { decl, at: 0 })?.to_vec());
        }
        let mut found = Vec::new();
        for at in self.idents(sema, decl, name)? {
            match sema.types.info(at.decl).member(at.ident) {
                Some(Member::Method { decl: of, .. }) if *of == decl => found.push(at),
                // Perhaps an interface that the type is in.
                Some(Member::Abstract { .. }) => return None,
                _ => {}
            }
        }
        Some(found)
    }

    /// The declarations that may have a name where one of that name can be seen, tests apart: in its package, if it is exported in those that
    /// import it, and if it is a field or method anywhere.
    pub fn decls_with<'s>(&self, sema: &'s Sema, declared: DeclId, name: &'s str) -> impl Iterator<Item = DeclId> + 's {
        let own = sema.project.file(declared.file).package;
        let outline = sema.project.decl(declared);
        let packages = if !name.starts_with(char::is_uppercase) {
            vec![own]
        } else if outline.receiver.is_none() && outline.names.iter().any(|(of, _)| of == name) {
            let mut packages = self.importers(sema).get(&own).cloned().unwrap_or_default();
            packages.push(own);
            packages.sort_unstable();
            packages
        } else {
            (0..sema.project.packages.len() as u32).map(PackageId).collect()
        };
        let decls = packages.into_iter().flat_map(move |package| sema.decls_that_mention(package, name));
        decls.filter(|decl| !sema.project.file(decl.file).test)
    }

    /// The identifiers of a name wherever a declaration of that name can be seen.
    fn idents(&self, sema: &Sema, declared: DeclId, name: &str) -> Option<Vec<At>> {
        let decls: Vec<DeclId> = self.decls_with(sema, declared, name).take(MOST_DECLS + 1).collect();
        if decls.len() > MOST_DECLS {
            return None;
        }
        let mut found = Vec::new();
        for decl in decls {
            let tree = sema.tree(decl);
            let idents = (0..tree.exprs.len() as u32).map(ExprId).filter(|&ident| tree.ident(ident) == Some(name));
            found.extend(idents.map(|ident| At { decl, ident }).filter(|at| !declares(sema, *at)));
        }
        Some(found)
    }
}

/// Whether an identifier is the name that its declaration declares.
fn declares(sema: &Sema, at: At) -> bool {
    let range = sema.tree(at.decl).expr_range(at.ident);
    sema.project.decl(at.decl).names.iter().any(|(_, own)| *own == range)
}

/// The call that an identifier, or a selector that ends in it, is the function of.
fn call_of(sema: &Sema, at: At) -> Option<ExprId> {
    let value = value_of(sema, at);
    match sema.parents(at.decl).parent(Node::Expr(value)) {
        Some(Node::Expr(call)) if matches!(sema.tree(at.decl).expr(call), Expr::Call { fun, .. } if *fun == value) => Some(call),
        _ => None,
    }
}

/// The whole of a function value that ends in an identifier: `s.run` for `run`.
fn value_of(sema: &Sema, at: At) -> ExprId {
    let (tree, parents) = (sema.tree(at.decl), sema.parents(at.decl));
    let mut value = at.ident;
    while let Some(Node::Expr(around)) = parents.parent(Node::Expr(value)) {
        match *tree.expr(around) {
            Expr::Selector { sel, .. } if sel == value => value = around,
            Expr::Paren { .. } => value = around,
            Expr::Index { x, .. } if x == value => value = around,
            _ => break,
        }
    }
    value
}

/// Whether a package is one of the analysed code's own.
fn is_root(sema: &Sema, package: PackageId) -> bool {
    sema.project.origin(package) == Origin::Root
}
