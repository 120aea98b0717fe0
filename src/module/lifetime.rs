//! Does a program run for long? What a command keeps until it ends is no leak.
//!
//! ```go
//! func main() { fmt.Println(count(os.Args[1:])) }      // ends soon
//! func main() { http.ListenAndServe(":80", handler) }  // does not
//! ```
//!
//! A library may belong to a program that runs for long, unless nobody but the module's own commands can import it.
//!
//! Not here: how often a piece of code runs (`entries`).

use super::{Importers, Module, is_root};
use crate::ast::{Node, Stmt, StmtId, Tree};
use crate::parse::{DeclKind, Keyword};
use crate::project::{DeclId, PackageId};
use crate::sema::{Callee, Sema, once_in};
use rustc_hash::FxHashSet;
use std::sync::Arc;

impl Module {
    /// Whether the code of a package only belongs to programs that end when their work is done.
    pub fn is_short_lived(&self, sema: &Sema, package: PackageId) -> bool {
        once_in(&self.short_lived, package, || {
            let of = sema.project.package(package);
            if of.name == "main" {
                return !self.serves(sema, package);
            }
            if !is_internal(&of.path) {
                return false;
            }
            let commands: Vec<PackageId> = self.commands(sema, package);
            !commands.is_empty() && commands.iter().all(|&command| !self.serves(sema, command))
        })
    }

    /// Whether all that calls a package's exported functions is in the analysed code: nobody else can import it, or it is a part of a program
    /// whose module has no library for others.
    pub fn knows_callers(&self, sema: &Sema, package: PackageId) -> bool {
        once_in(&self.of_programs, package, || {
            let of = sema.project.package(package);
            let Some(id) = of.module else { return false };
            let module = sema.project.module(id);
            if !module.whole {
                return false;
            }
            let is_own = |package: PackageId| sema.project.package(package).module == Some(id);
            let mut all = (0..sema.project.packages.len() as u32).map(PackageId).filter(|&package| is_own(package));
            let is_library = |package: PackageId| {
                let of = sema.project.package(package);
                of.name != "main"
                    && of.directory == module.directory
                    && sema.project.functions(package).any(|(decl, _)| sema.project.is_exported(decl))
            };
            is_internal(&of.path) || !all.any(is_library) && self.commands(sema, package).into_iter().any(is_own)
        })
    }

    /// Which packages import a package, tests apart.
    pub fn importers(&self, sema: &Sema) -> Arc<Importers> {
        once_in(&self.importers, (), || Arc::new(importers(sema)))
    }

    /// The commands that a package is in.
    fn commands(&self, sema: &Sema, package: PackageId) -> Vec<PackageId> {
        let importers = self.importers(sema);
        let mut seen: FxHashSet<PackageId> = FxHashSet::default();
        let mut open = vec![package];
        let mut found = Vec::new();
        while let Some(of) = open.pop() {
            if !seen.insert(of) {
                continue;
            }
            if sema.project.package(of).name == "main" {
                found.push(of);
            }
            open.extend(importers.get(&of).into_iter().flatten());
        }
        found
    }

    /// Whether a command, or an own package that it is made of, serves: it listens, or has an endless loop itself.
    fn serves(&self, sema: &Sema, command: PackageId) -> bool {
        let mut seen: FxHashSet<PackageId> = FxHashSet::default();
        let mut open = vec![command];
        while let Some(package) = open.pop() {
            if !seen.insert(package) {
                continue;
            }
            if once_in(&self.serving, package, || listens(sema, package)) {
                return true;
            }
            open.extend(imported(sema, package));
        }
        sema.project.functions(command).any(|(decl, _)| {
            let has = |keyword| sema.project.decl(decl).mentions.has(keyword);
            has(Keyword::Select) && waits_forever(sema, decl) || has(Keyword::For) && Module::loops_long(sema, decl)
        })
    }
}

/// Which packages import a package, tests apart.
fn importers(sema: &Sema) -> Importers {
    let mut found = Importers::default();
    for package in (0..sema.project.packages.len() as u32).map(PackageId) {
        for of in imported(sema, package) {
            found.entry(of).or_default().push(package);
        }
    }
    found
}

/// The analysed packages that a package imports, tests apart.
pub fn imported(sema: &Sema, package: PackageId) -> Vec<PackageId> {
    let files = sema.project.package(package).files.iter().map(|&file| sema.project.file(file)).filter(|file| !file.test);
    let imports = files.flat_map(|file| &file.outline.imports);
    let mut found: Vec<PackageId> = imports.filter_map(|import| sema.project.imported(package, &import.path)).collect();
    found.retain(|&of| is_root(sema, of));
    found.sort_unstable();
    found.dedup();
    found
}

/// What waits for something from outside again and again, besides the servers of the facts: the package, and the function.
const WAITS: &[(&str, &str)] = &[("net", "Accept"), ("crypto/tls", "Accept"), ("net", "AcceptTCP")];

/// Whether a package calls what serves, or accepts connections again and again. A package whose own servers are known does not listen by itself:
/// who calls one does. `net/http` is also a client's.
fn listens(sema: &Sema, package: PackageId) -> bool {
    let servers = sema.facts.servers();
    if servers.iter().any(|name| name.path == sema.project.package(package).path) {
        return false;
    }
    let servers: Vec<(&str, &str)> = servers.iter().map(|name| (name.path, name.name)).chain(WAITS.iter().copied()).collect();
    let files = sema.project.package(package).files.iter().copied().filter(|&file| !sema.project.file(file).test);
    files.into_iter().any(|file| {
        let outline = &sema.project.file(file).outline;
        let imported =
            |path: &str| outline.imports.iter().any(|import| import.path == path || import.path.starts_with(&format!("{path}/v")));
        let names: Vec<&str> = servers.iter().filter(|(path, _)| imported(path)).map(|&(_, name)| name).collect();
        let decls = outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Func);
        let mut decls = decls.filter(|(_, decl)| names.iter().any(|name| decl.mentions.name(name)));
        decls.any(|(index, _)| calls_server(sema, DeclId { file, index: index as u32 }))
    })
}

/// Whether a function calls one.
fn calls_server(sema: &Sema, decl: DeclId) -> bool {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    tree.index.calls.iter().any(|&call| match sema.callee(decl, call) {
        Callee::Function(function) => {
            let is_loop = |node: Node| matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::For { .. }));
            let accepts = |name: &str| function.key.ends_with(name) && parents.ancestors(Node::Expr(call)).any(is_loop);
            accepts(".Accept") || accepts(".AcceptTCP") || sema.facts.serves(&function.key)
        }
        _ => false,
    })
}

/// `select {}`; not in `case <-dying:`, where it waits for a program that ends.
fn waits_forever(sema: &Sema, decl: DeclId) -> bool {
    let (tree, parents) = (sema.tree(decl), sema.parents(decl));
    let is_select = |node: Node| matches!(node, Node::Stmt(stmt) if matches!(tree.stmt(stmt), Stmt::Select { .. }));
    let mut stmts = (0..tree.stmts.len() as u32).map(StmtId);
    stmts.any(|stmt| is_empty_select(tree, stmt) && !parents.ancestors(Node::Stmt(stmt)).any(is_select))
}

/// `select {}`
pub(super) fn is_empty_select(tree: &Tree, stmt: StmtId) -> bool {
    matches!(tree.stmt(stmt), Stmt::Select { body } if matches!(tree.stmt(*body), Stmt::Block { list } if list.is_empty()))
}

/// Whether only packages of the same tree can import a package.
fn is_internal(path: &str) -> bool {
    path.split('/').any(|element| element == "internal")
}
