//! Which containers live as long as the program? Package variables, and the fields of what is made once.
//!
//! ```go
//! var cache = map[string]int{}                       // a variable
//! var sessions = struct{ m map[string]*session }{}   // its field m
//! type server struct{ seen map[string]bool }         // a field, if main makes the only server
//! ```
//!
//! Not here: what is done with them (`summary::containers`), whether that is a leak (`growth`).

use super::text;
use crate::ast::{Decl, Expr, Node, SpecKind, Stmt};
use crate::module::At;
use crate::parse::{DeclKind, Keyword, Mentions, OutlineDecl, Word};
use crate::project::DeclId;
use crate::rule::Pass;
use crate::sema::Type;
use crate::source::Span;
use crate::summary::containers::Container;
use crate::types::{Global, Kind};

/// A declaration of variables that is longer, in bytes, and has no map in it, is a table that is only read.
const TABLE: u32 = 4000;

/// Where a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Home {
    /// A package variable, or a field of one that is a struct.
    Variable,
    /// A field of a defined type; how long its values live is asked last.
    Field(Global),
}

/// How long the values of a defined type live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// One is made, for a package variable.
    Variable,
    /// One is made, when the program begins.
    Begin,
    /// Nobody knows, but they have a lock: more than one goroutine uses each.
    Shared,
}

/// A container that lives as long as the program.
pub(in crate::rules) struct Found {
    pub(super) home: Home,
    pub(super) kind: Container,
    /// Its type as the facts write it, if it is defined elsewhere: `sync.Map`.
    pub(super) key: String,
    pub(in crate::rules) name: String,
    pub(super) decl: DeclId,
    /// The name in its declaration.
    pub(in crate::rules) span: Span,
    /// Code that is not analysed may use it.
    pub(super) exported: bool,
    /// All that is done with it begins at one of these.
    pub(super) mentions: Vec<At>,
    /// The types of a map's keys and values.
    pub(in crate::rules) entry: Option<(Type, Type)>,
}

/// The containers of some kinds that a package declares and that may live as long as the program: those in package variables, and if it is
/// asked for those in what functions make.
pub(super) fn all(pass: &Pass, wanted: impl Fn(Container) -> bool, made: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let is_test = |decl: DeclId| pass.project().file(decl.file).test;
    // What no map is in is not looked at where only maps are asked for.
    let only_maps = !wanted(Container::Slice) && !wanted(Container::Library);
    let with_map = if only_maps { types_with_map(pass) } else { Vec::new() };
    let may_have = |decl: &OutlineDecl| {
        let has_map = decl.mentions.has(Keyword::Map) || with_map.iter().any(|&word| decl.mentions.has_word(word));
        if only_maps { has_map } else { has_map || decl.range.end - decl.range.start <= TABLE }
    };
    for decl in pass.decls(|decl| decl.kind == DeclKind::Var && may_have(decl)).into_iter().filter(|&decl| !is_test(decl)) {
        variables(pass, decl, &wanted, &mut found);
    }
    let may_hold = |decl: &OutlineDecl| decl.mentions.has(Keyword::Struct) && (!only_maps || decl.mentions.has(Keyword::Map));
    // Unless what functions make is asked for, a variable's declaration must have the type's name, and no function may make another one.
    let is_made = |decl: DeclId, name: &str| {
        let project = pass.project();
        let mut of_variable = false;
        made || pass.module().decls_with(pass.sema(), decl, name).filter(|&other| other != decl).all(|other| {
            match project.decl(other).kind {
                DeclKind::Func => !text::makes(project.text(other), name),
                kind => {
                    of_variable |= kind == DeclKind::Var;
                    true
                }
            }
        }) && of_variable
    };
    for decl in pass.decls(|decl| decl.kind == DeclKind::Type && may_hold(decl)).into_iter().filter(|&decl| !is_test(decl)) {
        defined(pass, decl, &wanted, &is_made, &mut found);
    }
    found
}

/// The names of the package's types in which there is a map.
fn types_with_map(pass: &Pass) -> Vec<Word> {
    let files = pass.project().package(pass.package).files.iter();
    let decls = files.flat_map(|&file| &pass.project().file(file).outline.decls);
    let types = decls.filter(|decl| decl.kind == DeclKind::Type && decl.mentions.has(Keyword::Map));
    types.flat_map(|decl| &decl.names).map(|(name, _)| Mentions::word(name)).collect()
}

/// The variables of a declaration, and the fields of those that are structs.
fn variables(pass: &Pass, decl: DeclId, wanted: &impl Fn(Container) -> bool, found: &mut Vec<Found>) {
    let sema = pass.sema();
    for (at, (name, range)) in sema.project.decl(decl).names.iter().enumerate() {
        if name == "_" {
            continue;
        }
        let span = Span { file: decl.file, start: range.start, end: range.end };
        let global = Global { decl, at: at as u32 };
        let ty = sema.types.type_at_top(global);
        if let Some(kind) = pass.summaries.container_kind(ty) {
            if !wanted(kind) || (kind == Container::Map && text::is_only_read(pass, decl, name)) {
                continue;
            }
            found.push(Found {
                home: Home::Variable,
                kind,
                key: sema.key(sema.pointee(ty)).to_string(),
                name: name.to_string(),
                decl,
                span,
                exported: name.starts_with(char::is_uppercase),
                mentions: pass.module().mentions(sema, global).map_or(Vec::new(), |mentions| mentions.to_vec()),
                entry: entry(pass, ty),
            });
            continue;
        }
        // var sessions = struct{ sync.Mutex; m map[string]int }{…}
        let selects = |at: &At| {
            let parent = sema.parents(at.decl).parent(Node::Expr(at.ident));
            matches!(parent, Some(Node::Expr(around)) if matches!(sema.tree(at.decl).expr(around), Expr::Selector { x, .. } if *x == at.ident))
        };
        // One that is assigned or handed over as a whole is not looked at.
        if matches!(sema.types.kind(ty), Kind::Struct(_)) && pass.module().mentions(sema, global).is_some_and(|all| all.iter().all(selects))
        {
            fields(pass, global, ty, name, Some(span), wanted, found);
        }
    }
}

/// The fields of a declaration's types.
fn defined(
    pass: &Pass,
    decl: DeclId,
    wanted: &impl Fn(Container) -> bool,
    is_made: &impl Fn(DeclId, &str) -> bool,
    found: &mut Vec<Found>,
) {
    let sema = pass.sema();
    let tree = sema.tree(decl);
    let Decl::Gen(group) = &tree.decl else { return };
    for (at, (name, _)) in sema.project.decl(decl).names.iter().enumerate() {
        let is_struct = group.specs.iter().any(|spec| match &spec.kind {
            SpecKind::Type { name: of, type_params: None, ty, .. } => {
                tree.ident(*of) == Some(name) && matches!(tree.expr(*ty), Expr::StructType { .. })
            }
            _ => false,
        });
        let global = Global { decl, at: at as u32 };
        if let Some(ty) = (is_struct && is_made(decl, name)).then(|| sema.types.defined_type(global)).flatten() {
            fields(pass, global, ty, name, None, wanted, found);
        }
    }
}

/// The fields of a struct that are containers and that only its package knows. A finding about one stands at `span`, the variable's, or if
/// `global` is the struct's type at the field.
fn fields(
    pass: &Pass,
    global: Global,
    ty: Type,
    of: &str,
    span: Option<Span>,
    wanted: &impl Fn(Container) -> bool,
    found: &mut Vec<Found>,
) {
    let sema = pass.sema();
    let Kind::Struct(list) = sema.behind(ty) else { return };
    for field in list.iter().filter(|field| !field.embedded && field.name != "_") {
        let Some(kind) = pass.summaries.container_kind(field.ty).filter(|&kind| wanted(kind)) else { continue };
        if kind == Container::Map && !field.name.starts_with(char::is_uppercase) && text::is_only_read(pass, global.decl, &field.name) {
            continue;
        }
        let mentions = sema.mentions(field.place).into_iter().filter(|mention| !sema.project.file(mention.decl.file).test);
        let mentions: Vec<At> = mentions.filter(|of| of.number.is_none()).map(|of| At { decl: of.decl, ident: of.at }).collect();
        let own = Span { file: field.place.file, start: field.place.offset, end: field.place.offset + field.name.len() as u32 };
        found.push(Found {
            home: if span.is_some() { Home::Variable } else { Home::Field(global) },
            kind,
            key: sema.key(sema.pointee(field.ty)).to_string(),
            name: format!("{of}.{}", field.name),
            decl: global.decl,
            span: span.unwrap_or(own),
            exported: span.is_none() && field.name.starts_with(char::is_uppercase),
            mentions,
            entry: entry(pass, field.ty),
        });
    }
}

/// The types of the keys and values of a map, or of those in a list of maps.
fn entry(pass: &Pass, ty: Type) -> Option<(Type, Type)> {
    let sema = pass.sema();
    let of = |ty: Type| match sema.behind(sema.pointee(ty)) {
        Kind::Map(key, value) => Some((*key, *value)),
        _ => None,
    };
    of(ty).or_else(|| match sema.behind(ty) {
        Kind::Slice(inner) | Kind::Array(_, inner) => of(*inner),
        _ => None,
    })
}

/// How long the values of a defined type live.
pub(super) fn maker(pass: &Pass, global: Global) -> Option<Maker> {
    made_once(pass, global).or_else(|| has_lock(pass, global).then_some(Maker::Shared))
}

/// Whether a struct has a lock among its fields.
fn has_lock(pass: &Pass, global: Global) -> bool {
    let sema = pass.sema();
    let Some(ty) = sema.types.defined_type(global) else { return false };
    let Kind::Struct(list) = sema.behind(ty) else { return false };
    list.iter().any(|field| matches!(sema.key(sema.pointee(field.ty)).as_str(), "sync.Mutex" | "sync.RWMutex"))
}

/// Who makes the values of a defined type, if that is one place that runs once.
fn made_once(pass: &Pass, global: Global) -> Option<Maker> {
    let sema = pass.sema();
    let mut maker = None;
    let mentions = pass.module().mentions(sema, global)?;
    for at in mentions.iter() {
        let Some(node) = makes(pass, *at)? else { continue };
        let outline = sema.project.decl(at.decl);
        let parents = sema.parents(at.decl);
        let in_lit = parents.func_lit(sema.tree(at.decl), node).is_some();
        let is_loop = parents
            .ancestors(node)
            .any(|node| matches!(node, Node::Stmt(stmt) if matches!(sema.tree(at.decl).stmt(stmt), Stmt::For { .. } | Stmt::Range { .. })));
        let one = if outline.kind == DeclKind::Var && !in_lit {
            Maker::Variable
        } else {
            let entries = pass.module().entries(sema, at.decl, node);
            if is_loop || entries.is_empty() || !entries.iter().all(|entry| entry.kind.is_start()) {
                return None;
            }
            Maker::Begin
        };
        if maker.replace(one).is_some() {
            return None;
        }
    }
    maker
}

/// Whether a mention of a type makes a value of it: `T{…}`, `new(T)`, `var x T`. `None` where it may make any number: `[]T`, a field.
fn makes(pass: &Pass, at: At) -> Option<Option<Node>> {
    let sema = pass.sema();
    let (tree, parents) = (sema.tree(at.decl), sema.parents(at.decl));
    let mut ident = at.ident;
    // `pkg.T`
    if let Some(Node::Expr(around)) = parents.parent(Node::Expr(ident))
        && matches!(tree.expr(around), Expr::Selector { sel, .. } if *sel == ident)
    {
        ident = around;
    }
    match parents.parent(Node::Expr(ident)) {
        Some(Node::Expr(around)) => match tree.expr(around) {
            Expr::Star { .. } => Some(None),
            Expr::CompositeLit { ty: Some(ty), .. } if *ty == ident => Some(Some(Node::Expr(around))),
            Expr::Call { args, .. } if args.contains(&ident) => Some(Some(Node::Expr(around))),
            // A parameter or result of a function type, or a field.
            _ => None,
        },
        Some(Node::Stmt(stmt)) => match tree.stmt(stmt) {
            Stmt::Decl(_) => Some(Some(Node::Stmt(stmt))),
            _ => None,
        },
        // A package variable, or a receiver.
        None if sema.project.decl(at.decl).kind == DeclKind::Var => Some(Some(Node::Expr(ident))),
        None => Some(None),
    }
}
