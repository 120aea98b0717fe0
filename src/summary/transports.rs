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
use crate::ast::{Expr, ExprId, FieldList, Node, Op, Stmt};
use crate::module::Importers;
use crate::parse::{DeclKind, Mentions, OutlineDecl};
use crate::project::{DeclId, PackageId, Project};
use crate::sema::{Callee, Function, Object, Sema, Value, Write, once_in};
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The types that bring a transport.
const CARRIERS: &[&str] = &["Client", "RoundTripper", "Transport"];

/// What gives a response whose body is in memory, or puts one there.
const GIVERS: &[&str] = &["net/http.ReadResponse", "net/http/httptest.ResponseRecorder.Result", "net/http/httputil.DumpResponse"];

/// The functions that were looked at, and how deep the calls are.
#[derive(Default)]
struct Visit {
    seen: FxHashSet<DeclId>,
    depth: u8,
}

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

    /// Whether a client is the default one, or one that is made here with no transport but Go's own.
    fn has_default_transport(&self, decl: DeclId, client: ExprId) -> bool {
        let sema = &self.sema;
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let client = tree.unparen(client);
        if is_http(sema, decl, client, "DefaultClient") {
            return true;
        }
        let Some(local) = scopes.of_ident(client) else { return false };
        let info = scopes.local(local);
        let is_plain = |write: &Write| match write.value {
            // `var c http.Client`
            Value::Zero => info.ty.is_some_and(|ty| is_http(sema, decl, ty, "Client") && !matches!(tree.expr(ty), Expr::Star { .. })),
            Value::Expr(value) => self.is_plain_client(decl, value),
            _ => false,
        };
        // Whoever gets it may give it another.
        let is_only_used = |ident: ExprId| match sema.parents(decl).parent(Node::Expr(ident)) {
            Some(Node::Expr(of)) => match *tree.expr(of) {
                Expr::Selector { x, sel } => x == ident && tree.ident(sel) != Some("Transport"),
                _ => false,
            },
            Some(Node::Stmt(of)) => match tree.stmt(of) {
                Stmt::Assign { lhs, .. } => lhs.contains(&ident),
                _ => info.ident == ident,
            },
            None => false,
        };
        !info.writes.is_empty()
            && info.writes.iter().all(is_plain)
            && scopes.uses(local).all(|ident| ident == info.ident || is_only_used(ident))
    }

    /// `&http.Client{Timeout: time.Minute}`, `new(http.Client)`, `&http.Client{Transport: http.DefaultTransport}`
    fn is_plain_client(&self, decl: DeclId, value: ExprId) -> bool {
        let sema = &self.sema;
        let tree = sema.tree(decl);
        if let Expr::Call { fun, args, .. } = tree.expr(tree.unparen(value)) {
            return tree.ident(*fun) == Some("new") && args.first().is_some_and(|&ty| is_http(sema, decl, ty, "Client"));
        }
        tree.literal(value).is_some_and(|elts| {
            elts.iter().all(|&elt| match *tree.expr(elt) {
                Expr::KeyValue { key, value } => tree.ident(key) != Some("Transport") || self.is_own_transport(decl, value),
                _ => false,
            })
        })
    }

    /// Whether an expression is a transport of Go: `http.DefaultTransport`, `&http.Transport{…}`, or a variable that gets only such.
    fn is_own_transport(&self, decl: DeclId, value: ExprId) -> bool {
        let sema = &self.sema;
        let (tree, scopes) = (sema.tree(decl), sema.scopes(decl));
        let is_own = |value: ExprId| is_http(sema, decl, value, "DefaultTransport") || is_literal_of(sema, decl, value, "Transport");
        let writes = scopes.of_ident(tree.unparen(value)).map(|local| &scopes.local(local).writes);
        is_own(value)
            || writes.is_some_and(|writes| {
                !writes.is_empty() && writes.iter().all(|write| matches!(write.value, Value::Expr(value) if is_own(value)))
            })
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
        let mut search = Search {
            sema,
            found: Transports::default(),
            importers: self.module.importers(sema),
            open: Vec::new(),
            seen: FxHashSet::default(),
        };
        for (id, decl) in giving {
            search.add(project.file(id.file).package, decl);
        }
        if !search.open.is_empty() {
            search.run();
            search.found.is_default = functions(project).any(|(id, outline)| self.replaces_default(id, outline));
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
            return self.sets_body(decl, Node::Stmt(body), &mut Visit::default());
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
        lits.into_iter().any(|body| self.sets_body(decl, Node::Stmt(body), &mut Visit::default()))
    }

    /// Whether a piece of code makes a response with a body of its own, or puts one in a response, itself or by a function that it calls. One
    /// around the body that came still has to be closed.
    fn sets_body(&self, decl: DeclId, of: Node, visit: &mut Visit) -> bool {
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
                            found |= GIVERS.contains(&&*function.key) || self.callee_sets_body(&function, visit);
                        }
                    }
                    _ => {}
                },
            }
            !found
        });
        found
    }

    /// Whether a function puts something else than Go's own in place of the default client or its transport.
    fn replaces_default(&self, decl: DeclId, outline: &OutlineDecl) -> bool {
        if !(outline.mentions.name("DefaultTransport") || outline.mentions.name("DefaultClient")) {
            return false;
        }
        let sema = &self.sema;
        let tree = sema.tree(decl);
        let is_plain = |value: ExprId| {
            is_literal_of(sema, decl, value, "Transport") || is_literal_of(sema, decl, value, "Client") && self.is_plain_client(decl, value)
        };
        tree.stmts.iter().any(|stmt| {
            let Stmt::Assign { lhs, rhs, .. } = stmt else { return false };
            lhs.iter().enumerate().any(|(at, &to)| {
                let to = match *tree.expr(to) {
                    Expr::Selector { x, sel } if tree.ident(sel) == Some("Transport") => x,
                    _ => to,
                };
                let is_default = is_http(sema, decl, to, "DefaultTransport") || is_http(sema, decl, to, "DefaultClient");
                is_default && !rhs.get(at).is_some_and(|&value| is_plain(value))
            })
        })
    }

    fn callee_sets_body(&self, function: &Function, visit: &mut Visit) -> bool {
        let &[callee] = &function.decls[..] else { return false };
        if visit.depth == DEPTH || !visit.seen.insert(callee) {
            return false;
        }
        let body = self.sema.tree(callee).func().and_then(|func| func.body);
        visit.depth += 1;
        let sets = body.is_some_and(|body| self.sets_body(callee, Node::Stmt(body), visit));
        visit.depth -= 1;
        sets
    }
}

/// The functions of the packages that are analysed, tests apart.
fn functions(project: &Project) -> impl Iterator<Item = (DeclId, &OutlineDecl)> {
    project.targets().flat_map(|package| project.functions(package))
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
    importers: Arc<Importers>,
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

/// Whether an expression is a literal of a type of `net/http`, or a pointer to one.
fn is_literal_of(sema: &Sema, decl: DeclId, value: ExprId, name: &str) -> bool {
    let tree = sema.tree(decl);
    match *tree.expr(tree.unparen(value)) {
        Expr::Unary { op: Op::And, x } => is_literal_of(sema, decl, x, name),
        Expr::CompositeLit { ty: Some(ty), .. } => is_http(sema, decl, ty, name),
        _ => false,
    }
}

/// Whether others can give a package a transport: as an argument, in a field or in a variable.
fn takes(sema: &Sema, package: PackageId) -> bool {
    let project = sema.project;
    let files = project.package(package).files.iter().copied().filter(|&file| !project.file(file).test);
    let mut decls = files.flat_map(|file| (0..project.file(file).outline.decls.len() as u32).map(move |index| DeclId { file, index }));
    decls.any(|id| {
        let outline = project.decl(id);
        if !project.is_exported(id) || !CARRIERS.iter().any(|name| outline.mentions.name(name)) {
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
