//! Which functions give something large, so that others need not be looked at? The facts' and the module's own, by name.
//!
//! ```go
//! func load(p string) ([]byte, error) { return os.ReadFile(p) } // whoever mentions `ReadFile` or `load` may have something large
//! ```
//!
//! Not here: what a call really gives (`values`).

use super::results::Returned;
use crate::facts::{Effect, EffectKind, MOST_RESULTS, Part};
use crate::module::imported;
use crate::parse::{DeclKind, Keyword, Mentions, OutlineDecl, Word};
use crate::project::{DeclId, Origin, PackageId};
use crate::sema::once_in;
use crate::summary::{DEPTH, Summaries};
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Through how many functions that only pass it on something is followed.
const ROUNDS: u8 = 2;

/// Names of functions that give something large, and of those that cut pieces off.
#[derive(Clone, Debug, Default)]
pub struct Names {
    reading: Vec<Called>,
    filling: Vec<Called>,
    /// They give pieces of what they get.
    cutting: Vec<Called>,
    own_reading: FxHashSet<Own>,
    own_cutting: FxHashSet<Own>,
}

/// The name of one of the module's functions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Own {
    name: Called,
    package: PackageId,
    exported: bool,
}

/// The words of [`Names`] that mean something in a package.
pub struct Words {
    reading: Vec<Called>,
    cutting: Vec<Called>,
}

/// The name of what is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Called {
    word: Word,
    name: CompactString,
}

impl Called {
    fn new(name: &str) -> Called {
        Called { word: Mentions::word(name), name: name.into() }
    }

    /// Whether a declaration with a text may call it.
    fn is_in(&self, decl: &OutlineDecl, text: &str) -> bool {
        // A word is right nine times in ten, which is not enough for many.
        decl.mentions.has_word(self.word)
            && text.match_indices(self.name.as_str()).any(|(at, name)| text[at + name.len()..].starts_with(['(', '[']))
    }
}

impl Words {
    /// Whether a declaration may have something large, to judge by the words in its text.
    pub fn may_have(&self, decl: &OutlineDecl, text: &str) -> bool {
        decl.kind == DeclKind::Func && self.reading.iter().any(|called| called.is_in(decl, text))
    }

    /// Whether a declaration may cut off a piece of some bytes.
    pub fn may_cut(&self, decl: &OutlineDecl, text: &str) -> bool {
        decl.mentions.has(Keyword::SliceColon) || self.cutting.iter().any(|called| called.is_in(decl, text))
    }
}

impl Summaries<'_> {
    /// The words that mean something in a package. Who calls a function of another package imports it, as a rule.
    pub fn large_words(&self, package: PackageId) -> Words {
        let names = self.large_names();
        let reading = [names.reading.clone(), names.filling.clone(), self.visible(&names.own_reading, package)].concat();
        Words { reading, cutting: [names.cutting.clone(), self.visible(&names.own_cutting, package)].concat() }
    }

    fn visible(&self, names: &FxHashSet<Own>, package: PackageId) -> Vec<Called> {
        let imported = imported(&self.sema, package);
        let is_seen = |own: &&Own| own.package == package || own.exported && imported.contains(&own.package);
        let mut words: Vec<Called> = names.iter().filter(is_seen).map(|own| own.name.clone()).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// The names of all functions that give something large or cut pieces off.
    fn large_names(&self) -> Arc<Names> {
        once_in(&self.large_names, (), || {
            let is_piece = |effect: &Effect| effect.kind == EffectKind::ReturnsAlias && effect.parts != [Part::Whole; MOST_RESULTS];
            let mut names = Names {
                reading: self.names_of(&|effect| matches!(effect.kind, EffectKind::Big | EffectKind::MayBeBig)),
                filling: self.names_of(&|effect| effect.kind == EffectKind::Fills),
                cutting: self.names_of(&is_piece),
                ..Names::default()
            };
            names.own_cutting = self.own_cutting(&names.cutting);
            let mut known: FxHashSet<DeclId> = FxHashSet::default();
            let mut new = self.passing_on(&|_| names.reading.clone(), 0, &mut known);
            for round in 1..ROUNDS {
                let found = self.passing_on(&|package| self.visible(&new, package), round, &mut known);
                names.own_reading.extend(std::mem::replace(&mut new, found));
            }
            names.own_reading.extend(new);
            Arc::new(names)
        })
    }

    /// The functions that may give a piece of the bytes that they get, by their text: `func (d Data) head() Data { return d[:8] }`.
    fn own_cutting(&self, cutting: &[Called]) -> FxHashSet<Own> {
        let may_cut =
            |decl: &OutlineDecl| decl.mentions.has(Keyword::SliceColon) || cutting.iter().any(|called| decl.mentions.has_word(called.word));
        let has_twice = |header: &str, word: &str| header.matches(word).count() > 1;
        let all = self.packages().flat_map(|package| self.functions(package)).filter(|&(id, decl)| {
            may_cut(decl) && {
                let header = self.header_text(id);
                header.contains("RawMessage") || has_twice(header, "byte") || decl.receiver.as_ref().is_some_and(|of| has_twice(header, of))
            }
        });
        all.map(|(id, decl)| self.own(id, decl)).collect()
    }

    fn packages(&self) -> impl Iterator<Item = PackageId> {
        let project = self.sema.project;
        (0..project.packages.len() as u32).map(PackageId).filter(|&package| project.origin(package) == Origin::Root)
    }

    /// All functions of a package, tests apart.
    fn functions(&self, package: PackageId) -> impl Iterator<Item = (DeclId, &OutlineDecl)> {
        let project = self.sema.project;
        let files = project.package(package).files.iter().filter(|&&file| !project.file(file).test);
        files.flat_map(|&file| {
            let decls = project.file(file).outline.decls.iter().enumerate().filter(|(_, decl)| decl.kind == DeclKind::Func);
            decls.map(move |(index, decl)| (DeclId { file, index: index as u32 }, decl))
        })
    }

    fn own(&self, id: DeclId, decl: &OutlineDecl) -> Own {
        let name = decl.names.first().map_or("", |(name, _)| name.as_str());
        let package = self.sema.project.file(id.file).package;
        Own { name: Called::new(name), package, exported: name.starts_with(char::is_uppercase) }
    }

    fn names_of(&self, is_wanted: &dyn Fn(&Effect) -> bool) -> Vec<Called> {
        let facts = self.sema.facts;
        let is_one = |key: &str| facts.effects(key).iter().any(is_wanted);
        let mut names: Vec<&str> = facts.functions().into_iter().filter(|name| is_one(&name.key())).map(|name| name.name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(Called::new).collect()
    }

    /// The functions that mention one of the words that mean something in their package and give their caller something large.
    fn passing_on(&self, words: &dyn Fn(PackageId) -> Vec<Called>, round: u8, known: &mut FxHashSet<DeclId>) -> FxHashSet<Own> {
        let mut found = FxHashSet::default();
        for package in self.packages() {
            let words = words(package);
            for (id, decl) in self.functions(package) {
                if known.contains(&id) || !words.iter().any(|called| called.is_in(decl, self.sema.project.text(id))) || !self.may_give(id) {
                    continue;
                }
                let gives = self.returned(id, (DEPTH - 1).min(round)).iter().any(|result| matches!(result, Returned::Big { .. }));
                if gives && known.insert(id) {
                    found.insert(self.own(id, decl));
                }
            }
        }
        found
    }

    /// The text of a function without its body.
    fn header_text(&self, decl: DeclId) -> &str {
        let outline = self.sema.project.decl(decl);
        let end = outline.body.map_or(outline.range.end, |body| body.start);
        self.sema.project.file(decl.file).source.slice(outline.range.start, end)
    }

    /// Whether a function has a result of bytes or text, by its header.
    fn may_give(&self, decl: DeclId) -> bool {
        use crate::ast::Expr;
        // The words first: most functions give neither.
        let words = self.header_text(decl);
        if !["byte", "string", "json.RawMessage"].iter().any(|word| words.contains(word)) {
            return false;
        }
        let tree = self.sema.project.header(decl);
        let Some(func) = tree.func() else { return false };
        let Expr::FuncType { results: Some(results), .. } = tree.expr(func.ty) else { return false };
        results.fields.iter().any(|field| !matches!(tree.expr(field.ty), Expr::Star { .. }) && tree.ident(field.ty) != Some("error"))
    }
}
