//! Which functions of a package are worth running? Those that start goroutines, wait or lock, and those that call one of the package that
//! does it for them. Judged by the words in their text alone, so that the others need no tree.
//!
//! ```go
//! func (p *pool) start() { go p.work() }      // starts
//! func serve() { p := newPool(); p.start() }  // mentions `.start`: perhaps it is the one who leaves the goroutine alone
//! func (c *conn) size() int { return c.n }    // is not run
//! ```
//!
//! Not here: what a function does when it is run.

use crate::ast::Expr;
use crate::parse::{DeclKind, Keyword, OutlineDecl};
use crate::project::{DeclId, PackageId};
use crate::summary::Summaries;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How long the arguments of a call are at most, in bytes, for which it is asked whether two of them are the same.
const LONGEST_ARGS: usize = 128;

/// The functions of a package that are run.
#[derive(Debug, Default)]
pub struct Entries {
    /// They start goroutines or wait, or may call what does.
    pub waiting: Vec<DeclId>,
    /// They may hold a lock: they take one themselves, or call a function of the package that takes one for them or calls what it gets
    /// under one, or one that takes locks and gets the same value twice.
    pub locking: Vec<DeclId>,
}

/// Names of functions, and of methods: these come behind a dot.
#[derive(Default)]
struct Names<'t> {
    functions: FxHashSet<&'t str>,
    methods: FxHashSet<&'t str>,
}

impl<'t> Names<'t> {
    fn add(&mut self, decl: &'t OutlineDecl) {
        let Some((name, _)) = decl.names.first() else { return };
        match decl.receiver {
            Some(_) => self.methods.insert(name),
            None => self.functions.insert(name),
        };
    }

    fn methods(names: &[&'t str]) -> Names<'t> {
        Names { functions: FxHashSet::default(), methods: names.iter().copied().collect() }
    }

    /// Whether one of them is used in a declaration.
    fn are_in(&self, decl: &OutlineDecl, text: &str) -> bool {
        let maybe = self.functions.iter().chain(&self.methods).any(|name| decl.mentions.name(name));
        maybe && words(text).any(|(word, selected)| if selected { self.methods.contains(word) } else { self.functions.contains(word) })
    }
}

/// The words of a text, and whether they come behind a dot.
pub(super) fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().position(is_part)?;
        let start = at;
        at += bytes[at..].iter().position(|byte| !is_part(byte)).unwrap_or(bytes.len() - at);
        let before = text[..start].trim_end().as_bytes();
        Some((&text[start..at], before.last() == Some(&b'.')))
    })
}

/// Whether a call gets the same variable twice: `merge(j, j)`, `j.merge(j)`.
fn gives_twice(text: &str) -> bool {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    memchr::memchr_iter(b'(', text.as_bytes()).any(|open| {
        let behind = &text.as_bytes()[open..text.len().min(open + LONGEST_ARGS)];
        let Some(len) = memchr::memchr(b')', behind) else { return false };
        let start = (open.saturating_sub(LONGEST_ARGS)..=open).find(|&at| text.is_char_boundary(at)).unwrap_or(open);
        let receiver = text[start..open].rsplit(|c: char| c.is_whitespace() || c == '(').next().and_then(|called| called.rsplit_once('.'));
        let args = text[open + 1..open + len].split(',').map(str::trim);
        let mut names: Vec<&str> = args.chain(receiver.map(|(of, _)| of)).filter(|name| is_name(name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        names.len() < count
    })
}

/// Whether a function runs at the beginning, or ends with the process.
fn is_run_by_the_process(decl: &OutlineDecl) -> bool {
    decl.receiver.is_none() && decl.names.first().is_some_and(|(name, _)| matches!(name.as_str(), "main" | "init"))
}

impl<'p> Summaries<'p> {
    /// The functions of a package that are run.
    pub fn entries(&self, package: PackageId) -> Arc<Entries> {
        crate::sema::once_in(&self.entries, package, || Arc::new(self.find_entries(package)))
    }

    fn find_entries(&self, package: PackageId) -> Entries {
        let project = self.sema.project;
        let files = project.package(package).files.iter().map(|&file| (file, project.file(file)));
        let files = files.filter(|(_, file)| file.target && !file.outline.generated);
        let decls = files.flat_map(|(id, file)| {
            file.outline.decls.iter().enumerate().map(move |(index, decl)| {
                let id = DeclId { file: id, index: index as u32 };
                (id, decl, project.text(id))
            })
        });
        let all: Vec<(DeclId, &'p OutlineDecl, &'p str)> = decls.collect();
        let functions = || all.iter().filter(|(_, decl, _)| decl.kind == DeclKind::Func);

        let waits = Names::methods(&["Wait", "Go", "AfterFunc"]);
        let takes = match all.iter().any(|(_, decl, text)| decl.mentions.name("Once") && words(text).any(|(word, _)| word == "Once")) {
            true => Names::methods(&["Lock", "RLock", "Do"]),
            false => Names::methods(&["Lock", "RLock"]),
        };
        let gives = Names::methods(&["Unlock", "RUnlock"]);
        let (mut starters, mut helpers, mut takers) = (Names::default(), Names::default(), Names::default());
        for (id, decl, text) in functions() {
            // Who calls a function that starts goroutines may be the one who leaves them alone.
            if decl.mentions.has(Keyword::Go) {
                starters.add(decl);
            }
            if takes.are_in(decl, text) {
                takers.add(decl);
                if !gives.are_in(decl, text) || self.gets_function(*id) {
                    helpers.add(decl);
                }
            }
        }
        let mut entries = Entries::default();
        for (id, decl, text) in functions().filter(|(_, decl, _)| !is_run_by_the_process(decl)) {
            let keywords = [Keyword::Go, Keyword::Arrow, Keyword::Select, Keyword::Chan];
            let is_concerned = keywords.into_iter().any(|keyword| decl.mentions.has(keyword)) || waits.are_in(decl, text);
            if is_concerned || starters.are_in(decl, text) {
                entries.waiting.push(*id);
            }
            if is_concerned || takes.are_in(decl, text) || helpers.are_in(decl, text) || takers.are_in(decl, text) && gives_twice(text) {
                entries.locking.push(*id);
            }
        }
        entries
    }

    /// Whether a function has a parameter of function type.
    fn gets_function(&self, decl: DeclId) -> bool {
        let tree = self.sema.project.header(decl);
        let Some(func) = tree.func() else { return false };
        match tree.expr(func.ty) {
            Expr::FuncType { params, .. } => params.fields.iter().any(|field| matches!(tree.expr(field.ty), Expr::FuncType { .. })),
            _ => false,
        }
    }
}
