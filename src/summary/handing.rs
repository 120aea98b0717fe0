//! Which functions of the module hand what they acquire to their callers? They acquire for them, as `os.Open` does.
//!
//! ```go
//! func openLog(dir string) (*os.File, error) { // result 0 is a file that the caller has to close
//! 	f, err := os.Open(filepath.Join(dir, "log"))
//! 	if err != nil {
//! 		return nil, fmt.Errorf("log: %w", err)
//! 	}
//! 	return f, nil
//! }
//! ```
//!
//! The question is asked to accuse the caller, so every `return` must hand over nil or something that was acquired here and that
//! nobody else has: a function that keeps what it returns, or sometimes returns what it had before, is none of them.
//!
//! Not here: what the caller does with it.

use super::{DEPTH, Held, Summaries, Use};
use crate::ast::{Expr, ExprId, Node, Stmt, StmtId};
use crate::facts::{EffectKind, Owned, Release as Way, Resource, is_same_path};
use crate::parse::{DeclKind, Mentions, Word};
use crate::project::{DeclId, PackageId, Project};
use crate::sema::{Callee, LocalId, LocalKind, Value, once_in};
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Through how many functions that only pass it on something is followed.
const ROUNDS: usize = 2;

/// What a result of a function is to its caller.
#[derive(Clone, Debug)]
pub struct Handed<'p> {
    pub result: u32,
    /// The function of the facts that it comes from.
    pub function: CompactString,
    pub resource: &'p Resource,
    /// It is the whole of which a component is owned.
    pub whole: bool,
}

/// The same as [`Handed`], by the function and the number of its resource: what is kept in a table cannot borrow from the facts.
#[derive(Clone, Debug)]
pub(super) struct Known {
    result: u32,
    /// The function of the facts that it comes from.
    function: CompactString,
    resource: usize,
    whole: bool,
}

/// What acquires something, by package: who may call it can be told from imports and outlines.
#[derive(Clone, Debug, Default)]
pub struct Acquirers {
    packages: Vec<Acquiring>,
}

#[derive(Clone, Debug)]
struct Acquiring {
    path: CompactString,
    functions: Vec<(CompactString, Word)>,
    methods: Vec<(CompactString, Word)>,
    /// The packages in which values of its types may be: those that import it, and those that import these.
    users: FxHashSet<PackageId>,
}

impl Acquirers {
    fn add(&mut self, path: &str, is_method: bool, name: &str) {
        let at = self.packages.iter().position(|package| package.path == path).unwrap_or_else(|| {
            let (functions, methods, users) = Default::default();
            self.packages.push(Acquiring { path: path.into(), functions, methods, users });
            self.packages.len() - 1
        });
        let package = &mut self.packages[at];
        let names = if is_method { &mut package.methods } else { &mut package.functions };
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.into(), Mentions::word(name)));
        }
    }

    fn has(&self, path: &str, is_method: bool, name: &str) -> bool {
        let mut packages = self.packages.iter().filter(|package| package.path == path);
        packages.any(|package| if is_method { &package.methods } else { &package.functions }.iter().any(|(known, _)| known == name))
    }

    fn find_users(&mut self, project: &Project) {
        for package in self.packages.iter_mut().filter(|package| !package.methods.is_empty() && package.users.is_empty()) {
            let all = || (0..project.packages.len() as u32).map(PackageId);
            let imports = |id: PackageId, wanted: &dyn Fn(&str) -> bool| {
                let files = project.package(id).files.iter();
                files.flat_map(|&file| &project.file(file).outline.imports).any(|import| wanted(&import.path))
            };
            let is_it = |path: &str| is_same_path(path, &package.path);
            let direct: FxHashSet<PackageId> = all().filter(|&id| is_it(&project.package(id).path) || imports(id, &is_it)).collect();
            let paths: FxHashSet<&str> = direct.iter().map(|&id| project.package(id).path.as_str()).collect();
            package.users = all().filter(|&id| direct.contains(&id) || imports(id, &|path| paths.contains(path))).collect();
        }
    }

    /// Whether a declaration may call one of them, to judge by the words in it and by what its file and package import.
    pub fn may_be_called(&self, project: &Project, decl: DeclId) -> bool {
        let (file, outline) = (project.file(decl.file), project.decl(decl));
        let own = project.package(file.package).path.as_str();
        self.packages.iter().any(|package| {
            let mentions = |names: &[(CompactString, Word)]| names.iter().any(|&(_, word)| outline.mentions.has_word(word));
            let in_reach = || {
                let mut imports = file.outline.imports.iter().filter(|import| is_same_path(&import.path, &package.path));
                package.path == own || package.path == "C" || imports.any(|import| file.outline.mentions_import(outline, &import.path))
            };
            let by_value = !package.methods.is_empty() && package.users.contains(&file.package) && mentions(&package.methods);
            by_value || (!package.functions.is_empty() && mentions(&package.functions) && in_reach())
        })
    }

    /// Whether something that is called by this name may be one of them.
    pub fn has_name(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.functions.iter().chain(&package.methods).any(|(known, _)| known == name))
    }
}

impl<'p> Summaries<'p> {
    /// What acquires something that a rule reports: by the facts, or because it hands it to its callers.
    pub fn acquirers(&self, rule: &'static str) -> Arc<Acquirers> {
        once_in(&self.acquirers, rule, || {
            let mut known = Acquirers::default();
            for name in self.sema.facts.acquiring(rule) {
                known.add(name.path, !name.receiver.is_empty(), name.name);
            }
            known.find_users(self.sema.project);
            for _ in 0..ROUNDS {
                let found = self.handing(rule, &known);
                if found.is_empty() {
                    break;
                }
                for (path, is_method, name) in found {
                    known.add(&path, is_method, &name);
                }
                known.find_users(self.sema.project);
            }
            Arc::new(known)
        })
    }

    /// Functions that hand something over and are not known yet.
    fn handing(&self, rule: &str, known: &Acquirers) -> Vec<(CompactString, bool, CompactString)> {
        let project = self.sema.project;
        let packages = (0..project.packages.len() as u32).map(PackageId).filter(|&id| project.package(id).target);
        let mut found = Vec::new();
        for (package, file) in packages.flat_map(|id| project.package(id).files.iter().map(move |&file| (id, file))) {
            let path = project.package(package).path.as_str();
            for (index, outline) in project.file(file).outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Func) {
                let decl = DeclId { file, index: index as u32 };
                let Some((own, _)) = outline.names.first() else { continue };
                let is_method = outline.receiver.is_some();
                let own: CompactString = own.as_str().into();
                if known.has(path, is_method, &own) || !known.may_be_called(project, decl) {
                    continue;
                }
                if self.hands(decl, DEPTH).iter().any(|handed| handed.resource.rule == rule) {
                    found.push((path.into(), is_method, own));
                }
            }
        }
        found
    }

    /// What a function hands to its caller.
    pub fn hands(&self, decl: DeclId, depth: u8) -> Vec<Handed<'p>> {
        let known = self.known_hands(decl, depth);
        known.iter().filter_map(|known| self.read(known)).collect()
    }

    fn known_hands(&self, decl: DeclId, depth: u8) -> Arc<Vec<Known>> {
        once_in(&self.handed, (decl, depth), || Arc::new(self.work_out_hands(decl, depth)))
    }

    fn read(&self, known: &Known) -> Option<Handed<'p>> {
        let resource = self.sema.facts.acquires(&known.function).get(known.resource)?;
        Some(Handed { result: known.result, function: known.function.clone(), resource, whole: known.whole })
    }

    fn are_alike(&self, a: &Known, b: &Known) -> bool {
        let rule = |known: &Known| self.read(known).map(|handed| handed.resource.rule.as_str());
        a.whole == b.whole && rule(a) == rule(b)
    }

    fn work_out_hands(&self, decl: DeclId, depth: u8) -> Vec<Known> {
        let tree = self.sema.tree(decl);
        let Some(func) = tree.func() else { return Vec::new() };
        let Expr::FuncType { results: Some(results), .. } = tree.expr(func.ty) else { return Vec::new() };
        let count: usize = results.fields.iter().map(|field| field.names.len().max(1)).sum();
        let Some(body) = func.body else { return Vec::new() };
        let mut returns: Vec<&[ExprId]> = Vec::new();
        tree.walk(Node::Stmt(body), |node| match node {
            Node::Stmt(id) => {
                if let Stmt::Return { results } = tree.stmt(id) {
                    returns.push(results);
                }
                true
            }
            Node::Expr(_) => false,
        });
        let hands = |at: u32| {
            let mut all: Option<Known> = None;
            for results in &returns {
                let one = match **results {
                    [] => self.handed_local(decl, self.named_result(decl, at)?, at, depth)?,
                    [only] if count > 1 => self.handed_call(decl, only, at, at, depth)?,
                    _ => {
                        let value = tree.unparen(*results.get(at as usize)?);
                        // Nil without an error is an answer, not a failure: the caller cannot tell.
                        let failed = || results.last().is_some_and(|&last| tree.ident(tree.unparen(last)) != Some("nil"));
                        if tree.ident(value) == Some("nil") && count > 1 && failed() {
                            continue;
                        }
                        self.handed_value(decl, value, at, depth)?
                    }
                };
                match &all {
                    Some(known) if !self.are_alike(known, &one) => return None,
                    _ => all = Some(one),
                }
            }
            all
        };
        let can_be_released = |known: &Known| self.can_be_released(decl, known);
        (0..count as u32).filter_map(hands).filter(can_be_released).collect()
    }

    /// Whether the type of the result lets the caller release it: an `io.Reader` has no `Close`.
    fn can_be_released(&self, decl: DeclId, known: &Known) -> bool {
        let tree = self.sema.tree(decl);
        let (Some(handed), Some(func)) = (self.read(known), tree.func()) else { return false };
        let Expr::FuncType { results: Some(results), .. } = tree.expr(func.ty) else { return false };
        let mut types = results.fields.iter().flat_map(|field| std::iter::repeat_n(field.ty, field.names.len().max(1)));
        let Some(ty) = types.nth(known.result as usize) else { return false };
        let methods: Vec<&str> = handed
            .resource
            .release
            .iter()
            .filter_map(|way| match way {
                Way::Method(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let ty = self.sema.type_of(decl, ty);
        known.whole || methods.is_empty() || methods.iter().any(|name| self.sema.types.member_of(ty, name, decl.file).is_some())
    }

    fn named_result(&self, decl: DeclId, at: u32) -> Option<LocalId> {
        let scopes = self.sema.scopes(decl);
        let mut locals = (0..scopes.locals.len() as u32).map(LocalId);
        locals.find(|&id| scopes.local(id).function.is_none() && scopes.local(id).kind == LocalKind::Result(at))
    }

    fn handed_value(&self, decl: DeclId, value: ExprId, at: u32, depth: u8) -> Option<Known> {
        let tree = self.sema.tree(decl);
        match *tree.expr(value) {
            Expr::Call { .. } => self.handed_call(decl, value, 0, at, depth),
            Expr::Ident(_) => self.handed_local(decl, self.local_of(decl, value)?, at, depth),
            // The component of what was acquired: `return resp.Body, nil`
            Expr::Selector { x, sel } => {
                let known = self.handed_local(decl, self.local_of(decl, x)?, at, depth)?;
                let component = &self.read(&known)?.resource.component;
                let is_component = known.whole && component.strip_prefix('.') == tree.ident(sel);
                is_component.then_some(Known { whole: false, ..known })
            }
            _ => None,
        }
    }

    /// What result number `index` of a call hands over, as result number `at`.
    fn handed_call(&self, decl: DeclId, call: ExprId, index: u32, at: u32, depth: u8) -> Option<Known> {
        if !matches!(self.sema.tree(decl).expr(call), Expr::Call { .. }) {
            return None;
        }
        let found = self.known_by(decl, call, depth).into_iter().find(|known| known.result == index)?;
        Some(Known { result: at, ..found })
    }

    /// What the results of a call own: by the facts, or because the module's own function hands it over.
    pub fn acquired_by(&self, decl: DeclId, call: ExprId, depth: u8) -> Vec<Handed<'p>> {
        self.known_by(decl, call, depth).iter().filter_map(|known| self.read(known)).collect()
    }

    fn known_by(&self, decl: DeclId, call: ExprId, depth: u8) -> Vec<Known> {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return Vec::new() };
        // What a function wraps belonged to somebody before, who may close it.
        if self.sema.facts.effects(&function.key).iter().any(|effect| effect.kind == EffectKind::WrapsCloses) {
            return Vec::new();
        }
        if self.may_read_bodies(decl, &function) {
            return Vec::new();
        }
        let all = self.sema.facts.acquires(&function.key).iter().enumerate();
        let facts = all.filter_map(|(at, resource)| match resource.owned {
            Owned::Result(result) => {
                let whole = !resource.component.is_empty();
                Some(Known { result: result as u32, function: function.key.clone(), resource: at, whole })
            }
            _ => None,
        });
        let known: Vec<Known> = facts.collect();
        match (&function.decls[..], depth.checked_sub(1)) {
            ([only], Some(depth)) if known.is_empty() => self.known_hands(*only, depth).to_vec(),
            _ => known,
        }
    }

    fn handed_local(&self, decl: DeclId, local: LocalId, at: u32, depth: u8) -> Option<Known> {
        let (tree, scopes) = (self.sema.tree(decl), self.sema.scopes(decl));
        let info = scopes.local(local);
        if info.address_taken || info.function.is_some() || !matches!(info.kind, LocalKind::Var | LocalKind::Result(_)) {
            return None;
        }
        let mut all: Option<Known> = None;
        for write in &info.writes {
            let one = match write.value {
                Value::Zero => continue,
                Value::Expr(of) if tree.ident(tree.unparen(of)) == Some("nil") => continue,
                Value::Expr(of) => self.handed_call(decl, tree.unparen(of), 0, at, depth)?,
                Value::Result { of, index, .. } => self.handed_call(decl, of, index, at, depth)?,
                _ => return None,
            };
            match &all {
                Some(known) if !self.are_alike(known, &one) => return None,
                _ => all = Some(one),
            }
        }
        let known = all?;
        let handed = self.read(&known)?;
        let held = Held { resource: handed.resource, whole: handed.whole, by_value: false, same: true };
        let only_ours = scopes.uses(local).filter(|&ident| ident != info.ident).all(|ident| match self.follow(decl, ident, held, depth) {
            Use::Ends | Use::Returned => true,
            // Given back where something failed; what happens later happens to what was returned.
            Use::Released => {
                self.is_called_now(decl, ident) && (self.leaves_after(decl, ident) || !self.is_returned_after(decl, local, ident))
            }
            Use::Leaves | Use::Lent | Use::Held(..) => false,
        });
        only_ours.then_some(known)
    }

    /// Whether a block around a mention leaves at its end, for the caller or the next turn of a loop: what stands behind it has not seen it. At
    /// the top of the function, `resp.Body.Close(); return resp`, it has.
    fn leaves_after(&self, decl: DeclId, ident: ExprId) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let body = tree.func().and_then(|func| func.body);
        parents.ancestors(Node::Expr(ident)).any(|around| match around {
            Node::Stmt(block) if Some(block) == body => false,
            Node::Stmt(block) => match tree.stmt(block) {
                Stmt::Block { list } | Stmt::Case { body: list, .. } | Stmt::Comm { body: list, .. } => {
                    list.last().is_some_and(|&last| match tree.stmt(last) {
                        Stmt::Return { .. } | Stmt::Branch { .. } => true,
                        Stmt::Expr { x } => self.never_returns(decl, tree.unparen(*x)),
                        _ => false,
                    })
                }
                _ => false,
            },
            Node::Expr(_) => false,
        })
    }

    /// Whether a variable is returned behind one of its mentions.
    fn is_returned_after(&self, decl: DeclId, local: LocalId, ident: ExprId) -> bool {
        let (tree, scopes) = (self.sema.tree(decl), self.sema.scopes(decl));
        let after = tree.expr_range(ident).end;
        let is_it = |node: Node| matches!(node, Node::Expr(expr) if scopes.of_ident(expr) == Some(local));
        (0..tree.stmts.len() as u32).map(StmtId).filter(|&stmt| tree.stmt_range(stmt).start > after).any(|stmt| match tree.stmt(stmt) {
            Stmt::Return { results } if results.is_empty() => matches!(scopes.local(local).kind, LocalKind::Result(_)),
            Stmt::Return { results } => results.iter().any(|&result| {
                let mut found = false;
                tree.walk(Node::Expr(result), |node| {
                    found |= is_it(node);
                    !found
                });
                found
            }),
            _ => false,
        })
    }

    /// Whether a mention is in a call that the function makes itself where it stands, not in a `defer`, a literal or a method value.
    fn is_called_now(&self, decl: DeclId, ident: ExprId) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let deferred = match parents.stmt(Node::Expr(ident)) {
            // `return conn, conn.Close()`: what was returned is closed.
            Some(stmt) => matches!(tree.stmt(stmt), Stmt::Defer { .. } | Stmt::Go { .. } | Stmt::Return { .. }),
            None => true,
        };
        let mut above = parents.ancestors(Node::Expr(ident)).take_while(|node| matches!(node, Node::Expr(_)));
        let called = above.any(|node| matches!(node, Node::Expr(id) if matches!(tree.expr(id), Expr::Call { fun, .. } if self.root(decl, *fun) == self.root(decl, ident))));
        !deferred && called && parents.func_lit(tree, Node::Expr(ident)).is_none()
    }
}
