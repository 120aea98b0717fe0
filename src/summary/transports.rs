//! May a client's transport have read and closed a response's body already, and have put one in memory in its place? Then nobody has to close it.
//!
//! ```go
//! func (t buffered) RoundTrip(r *http.Request) (*http.Response, error) {
//! 	resp, err := t.next.RoundTrip(r)
//! 	…
//! 	resp.Body = io.NopCloser(bytes.NewReader(body))
//! 	return resp, nil
//! }
//! ```
//!
//! Which client has which transport is not followed: one that was not made where it is used may have any of those that its package can get.
//!
//! Not here: what a caller has to close (`handing`).

use super::{DEPTH, Summaries};
use crate::ast::{Expr, ExprId, FieldList, Node, Stmt};
use crate::module::imported;
use crate::parse::{DeclKind, Mentions, OutlineDecl};
use crate::project::{DeclId, PackageId, Project};
use crate::sema::{Callee, Function, Object, Sema, Value, once_in};
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The types that bring a transport.
const CARRIERS: &[&str] = &["Client", "RoundTripper", "Transport"];

/// Where clients may be that have a transport of the program which gives bodies in memory.
#[derive(Debug, Default)]
pub(super) struct Transports {
    packages: FxHashSet<PackageId>,
    /// The default client, or its transport, is replaced.
    is_default: bool,
}

impl Summaries<'_> {
    /// Whether a function of `net/http` that sends a request may do it by such a transport.
    pub fn may_read_bodies(&self, decl: DeclId, function: &Function) -> bool {
        let Some(name) = function.key.strip_prefix("net/http.") else { return false };
        let transports = self.transports();
        if transports.packages.is_empty() {
            return false;
        }
        let is_plain = match function.receiver {
            Some(client) if name.starts_with("Client.") => self.has_default_transport(decl, client),
            Some(_) if name.starts_with("RoundTripper.") => false,
            // A `*http.Transport` is Go's own.
            Some(_) => return false,
            None => true,
        };
        if is_plain { transports.is_default } else { transports.packages.contains(&self.sema.project.file(decl.file).package) }
    }

    /// Whether a client is the default one, or one that is made here without a transport.
    fn has_default_transport(&self, decl: DeclId, client: ExprId) -> bool {
        let (tree, scopes) = (self.sema.tree(decl), self.sema.scopes(decl));
        let client = tree.unparen(client);
        let is_transport = |elt: &ExprId| matches!(*tree.expr(*elt), Expr::KeyValue { key, .. } if tree.ident(key) == Some("Transport"));
        let is_plain = |value: ExprId| tree.literal(value).is_some_and(|elts| !elts.iter().any(is_transport));
        let sets = |local| {
            scopes.uses(local).any(|ident| {
                let parents = self.sema.parents(decl);
                matches!(parents.parent(Node::Expr(ident)), Some(Node::Expr(of))
                    if matches!(*tree.expr(of), Expr::Selector { sel, .. } if tree.ident(sel) == Some("Transport")))
            })
        };
        let made_here = scopes.of_ident(client).is_some_and(|local| {
            let writes = &scopes.local(local).writes;
            let all_plain = writes.iter().all(|write| matches!(write.value, Value::Expr(value) if is_plain(value)));
            !writes.is_empty() && all_plain && !sets(local)
        });
        made_here || matches!(*tree.expr(client), Expr::Selector { sel, .. } if tree.ident(sel) == Some("DefaultClient"))
    }

    fn transports(&self) -> Arc<Transports> {
        once_in(&self.transports, (), || Arc::new(self.find_transports()))
    }

    fn find_transports(&self) -> Transports {
        let sema = &self.sema;
        let project = sema.project;
        let words = ["Response", "Request"].map(Mentions::word);
        let gives =
            |&(id, decl): &(DeclId, &OutlineDecl)| words.iter().all(|&word| decl.mentions.has_word(word)) && self.gives_own_body(id, decl);
        let giving: Vec<(DeclId, &OutlineDecl)> = functions(project).filter(gives).collect();
        let mut search =
            Search { sema, found: Transports::default(), importers: FxHashMap::default(), open: Vec::new(), seen: FxHashSet::default() };
        for (id, decl) in giving {
            search.add(project.file(id.file).package, decl);
        }
        if !search.open.is_empty() {
            search.run();
            search.found.is_default = functions(project).any(|(id, outline)| replaces_default(sema, id, outline));
        }
        search.found
    }

    /// Whether a function is a transport, or makes one, that gives a response a body of its own.
    fn gives_own_body(&self, decl: DeclId, outline: &OutlineDecl) -> bool {
        let sema = &self.sema;
        let is_trip = is_round_trip(outline);
        let tree = sema.tree(decl);
        let Some(func) = tree.func() else { return false };
        let Some(body) = func.body else { return false };
        if is_trip || outline.receiver.is_none() && is_trip_type(sema, decl, func.ty) {
            return self.sets_body(decl, Node::Stmt(body), DEPTH);
        }
        let mut lits = Vec::new();
        tree.walk(Node::Stmt(body), |node| {
            if let Node::Expr(lit) = node
                && let Expr::FuncLit { ty, body } = *tree.expr(lit)
                && is_trip_type(sema, decl, ty)
            {
                lits.push(body);
            }
            true
        });
        lits.into_iter().any(|body| self.sets_body(decl, Node::Stmt(body), DEPTH))
    }

    /// Whether a piece of code makes a response with a body of its own, or puts one in a response, itself or by a function that it calls. One
    /// around the body that came still has to be closed.
    fn sets_body(&self, decl: DeclId, of: Node, depth: u8) -> bool {
        let sema = &self.sema;
        let tree = sema.tree(decl);
        let is_response = |expr: ExprId| matches!(sema.key_of(decl, expr).trim_start_matches('*'), "net/http.Response" | "");
        let is_body = |expr: ExprId| matches!(*tree.expr(expr), Expr::Selector { sel, .. } if tree.ident(sel) == Some("Body"));
        let is_own = |value: ExprId| {
            let mut wraps = false;
            tree.walk(Node::Expr(value), |node| {
                wraps |= matches!(node, Node::Expr(expr) if is_body(expr));
                true
            });
            let is_around = is_body(value) || wraps && tree.literal(value).is_some();
            !is_around && tree.ident(value) != Some("nil")
        };
        let mut found = false;
        tree.walk(of, |node| {
            match node {
                Node::Stmt(stmt) => {
                    if let Stmt::Assign { lhs, rhs, .. } = tree.stmt(stmt) {
                        found |= lhs.iter().enumerate().any(|(at, &to)| {
                            let Expr::Selector { x, .. } = *tree.expr(to) else { return false };
                            is_body(to) && is_response(x) && (lhs.len() != rhs.len() || rhs.get(at).is_some_and(|&value| is_own(value)))
                        });
                    }
                }
                Node::Expr(expr) => match tree.expr(expr) {
                    Expr::CompositeLit { ty: Some(ty), elts } if is_http(sema, decl, *ty, "Response") => {
                        found |= elts.iter().any(|&elt| {
                            matches!(*tree.expr(elt), Expr::KeyValue { key, value } if tree.ident(key) == Some("Body") && is_own(value))
                        });
                    }
                    Expr::Call { .. } if !found => {
                        if let Callee::Function(function) = sema.callee(decl, expr) {
                            found |= function.key == "net/http.ReadResponse" || self.callee_sets_body(decl, &function, depth);
                        }
                    }
                    _ => {}
                },
            }
            !found
        });
        found
    }

    fn callee_sets_body(&self, decl: DeclId, function: &Function, depth: u8) -> bool {
        let (&[callee], Some(depth)) = (&function.decls[..], depth.checked_sub(1)) else { return false };
        let tree = self.sema.tree(callee);
        let body = tree.func().and_then(|func| func.body);
        callee != decl && body.is_some_and(|body| self.sets_body(callee, Node::Stmt(body), depth))
    }
}

fn packages(project: &Project) -> impl Iterator<Item = PackageId> {
    (0..project.packages.len() as u32).map(PackageId).filter(|&id| project.package(id).target)
}

/// The functions of the packages that are analysed, tests apart.
fn functions(project: &Project) -> impl Iterator<Item = (DeclId, &OutlineDecl)> {
    let files = packages(project).flat_map(|id| project.package(id).files.iter().copied()).filter(|&file| !project.file(file).test);
    files.flat_map(|file| {
        let decls = project.file(file).outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Func);
        decls.map(move |(index, decl)| (DeclId { file, index: index as u32 }, decl))
    })
}

fn is_round_trip(outline: &OutlineDecl) -> bool {
    outline.receiver.is_some() && outline.names.iter().any(|(name, _)| name == "RoundTrip")
}

/// `func(*http.Request) (*http.Response, error)`
fn is_trip_type(sema: &Sema, decl: DeclId, ty: ExprId) -> bool {
    let tree = sema.tree(decl);
    let Expr::FuncType { params, results: Some(results), .. } = tree.expr(ty) else { return false };
    let is_one = |fields: &FieldList, name| matches!(&*fields.fields, [field, ..] if is_http(sema, decl, field.ty, name));
    params.fields.len() == 1 && is_one(params, "Request") && is_one(results, "Response")
}

/// Whether a type is written as one of `net/http`, or as a pointer to it.
fn is_http(sema: &Sema, decl: DeclId, ty: ExprId, name: &str) -> bool {
    let tree = sema.tree(decl);
    match *tree.expr(ty) {
        Expr::Star { x } => is_http(sema, decl, x, name),
        Expr::Selector { x, sel } => tree.ident(sel) == Some(name) && matches!(sema.object(decl, x), Object::Import("net/http")),
        _ => false,
    }
}

/// Looks for the packages that get a transport.
struct Search<'a, 'p> {
    sema: &'a Sema<'p>,
    found: Transports,
    importers: FxHashMap<PackageId, Vec<PackageId>>,
    /// What is a transport, brings one, or holds one: by package and name; a `RoundTrip` by its type's.
    open: Vec<(PackageId, CompactString)>,
    seen: FxHashSet<(PackageId, CompactString)>,
}

impl<'p> Search<'_, 'p> {
    fn add(&mut self, package: PackageId, decl: &OutlineDecl) {
        let of_type = decl.receiver.iter().filter(|_| is_round_trip(decl));
        let names: Vec<&CompactString> = of_type.chain(decl.names.iter().map(|(name, _)| name).filter(|_| !is_round_trip(decl))).collect();
        for name in names {
            if self.seen.insert((package, name.clone())) {
                self.open.push((package, name.clone()));
            }
        }
    }

    fn run(&mut self) {
        for package in packages(self.sema.project) {
            for of in imported(self.sema, package) {
                self.importers.entry(of).or_default().push(package);
            }
        }
        while let Some((package, name)) = self.open.pop() {
            self.users(package, package, &name);
            if name.starts_with(char::is_uppercase) {
                for user in self.importers.get(&package).cloned().unwrap_or_default() {
                    self.users(package, user, &name);
                }
            }
        }
    }

    /// The declarations of a package that name what brings a transport: it has one, and gives it to what is named with it and takes one.
    fn users(&mut self, of: PackageId, user: PackageId, name: &str) {
        let project: &'p Project = self.sema.project;
        let path = project.package(of).path.as_str();
        for &file in project.package(user).files.iter().filter(|&&file| !project.file(file).test) {
            let outline = &project.file(file).outline;
            for (index, decl) in outline.decls.iter().enumerate() {
                let id = DeclId { file, index: index as u32 };
                let may_be_used = decl.mentions.name(name) && (of == user || outline.mentions_import(decl, path));
                // Each wrong one would lead to others.
                if !may_be_used || !has_name(project.text(id), name) {
                    continue;
                }
                self.found.packages.insert(user);
                let named = outline.imports.iter().filter(|import| outline.mentions_import(decl, &import.path));
                let named = named.filter_map(|import| project.imported(user, &import.path));
                let takers: Vec<PackageId> =
                    named.filter(|&package| project.package(package).target && takes(self.sema, package)).collect();
                self.found.packages.extend(takers);
                if brings(self.sema, id, decl) {
                    self.add(user, decl);
                }
            }
        }
    }
}

/// Whether a name stands in Go code, other than as a name of `net/http` or as the key of a field.
fn has_name(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let is_key = after.starts_with(':') && !after.starts_with(":=");
        !before.ends_with(is_part) && !before.ends_with("http.") && !after.starts_with(is_part) && !is_key
    })
}

/// Whether what names a transport may bring it to who names it: a variable, another transport, and a function with a result that is one or may
/// hold a client.
fn brings(sema: &Sema, decl: DeclId, outline: &OutlineDecl) -> bool {
    let tree = sema.tree(decl);
    let Some(func) = tree.func() else { return outline.kind == DeclKind::Var };
    if is_round_trip(outline) {
        return true;
    }
    let Expr::FuncType { results: Some(results), .. } = tree.expr(func.ty) else { return false };
    // `&api{client: &http.Client{Transport: t}}`
    let makes_one = CARRIERS.iter().any(|name| outline.mentions.name(name));
    results.fields.iter().any(|field| {
        let of = sema.pointee(sema.type_of(decl, field.ty));
        let is_one = || makes_one || sema.types.member_of(of, "RoundTrip", decl.file).is_some();
        carries(sema, decl, field.ty) || sema.is_own(of) && is_one()
    })
}

/// Whether a type is written as one that brings a transport.
fn carries(sema: &Sema, decl: DeclId, ty: ExprId) -> bool {
    CARRIERS.iter().any(|name| is_http(sema, decl, ty, name))
}

/// Whether others can give a package a transport: as an argument, in a field or in a variable.
fn takes(sema: &Sema, package: PackageId) -> bool {
    let project = sema.project;
    let files = project.package(package).files.iter().copied().filter(|&file| !project.file(file).test);
    let mut decls = files.flat_map(|file| (0..project.file(file).outline.decls.len() as u32).map(move |index| DeclId { file, index }));
    decls.any(|id| {
        let outline = project.decl(id);
        let is_exported = outline.names.iter().any(|(name, _)| name.starts_with(char::is_uppercase));
        if !is_exported || !CARRIERS.iter().any(|name| outline.mentions.name(name)) {
            return false;
        }
        let tree = sema.tree(id);
        match tree.func() {
            Some(func) => match tree.expr(func.ty) {
                Expr::FuncType { params, .. } => params.fields.iter().any(|field| carries(sema, id, field.ty)),
                _ => false,
            },
            // A type with a field, or a variable.
            None => (0..tree.exprs.len() as u32).map(ExprId).any(|ty| carries(sema, id, ty)),
        }
    })
}

/// Whether a function puts something else in place of the default client or its transport.
fn replaces_default(sema: &Sema, decl: DeclId, outline: &OutlineDecl) -> bool {
    if !(outline.mentions.name("DefaultTransport") || outline.mentions.name("DefaultClient")) {
        return false;
    }
    let tree = sema.tree(decl);
    tree.stmts.iter().any(|stmt| {
        let Stmt::Assign { lhs, .. } = stmt else { return false };
        lhs.iter().any(|&to| {
            let to = match *tree.expr(to) {
                Expr::Selector { x, sel } if tree.ident(sel) == Some("Transport") => x,
                _ => to,
            };
            is_http(sema, decl, to, "DefaultTransport") || is_http(sema, decl, to, "DefaultClient")
        })
    })
}
