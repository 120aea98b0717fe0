//! Which functions give something large, so that others need not be looked at? The facts' and the module's own, by name.
//!
//! ```go
//! func load(p string) ([]byte, error) { return os.ReadFile(p) } // whoever mentions `ReadFile` or `load` may have something large
//! ```
//!
//! Not here: what a call really gives (`values`).

use super::results::Returned;
use crate::facts::EffectKind;
use crate::parse::{DeclKind, Mentions, OutlineDecl, Word};
use crate::project::{DeclId, Origin, PackageId};
use crate::sema::once_in;
use crate::summary::{DEPTH, Summaries};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Through how many functions that only pass it on something is followed.
const ROUNDS: u8 = 2;

/// Names of functions that give something large.
#[derive(Clone, Debug, Default)]
pub struct Names {
    reading: Vec<Word>,
    filling: Vec<Word>,
}

impl Names {
    /// Whether a declaration may have something large, to judge by the words in it.
    pub fn may_have(&self, decl: &OutlineDecl) -> bool {
        decl.kind == DeclKind::Func && self.reading.iter().chain(&self.filling).any(|&word| decl.mentions.has_word(word))
    }
}

impl Summaries<'_> {
    /// The names of all functions that give something large.
    pub fn large_names(&self) -> Arc<Names> {
        once_in(&self.large_names, (), || {
            let mut names = Names { filling: self.names_of(&[EffectKind::Fills]), ..Names::default() };
            let mut new = self.names_of(&[EffectKind::Big, EffectKind::MayBeBig]);
            let mut known: FxHashSet<DeclId> = FxHashSet::default();
            for round in 0..ROUNDS {
                let found = self.passing_on(&new, round, &mut known);
                names.reading.append(&mut new);
                new = found;
            }
            names.reading.append(&mut new);
            Arc::new(names)
        })
    }

    fn names_of(&self, kinds: &[EffectKind]) -> Vec<Word> {
        let facts = self.sema.facts;
        let is_one = |key: &str| facts.effects(key).iter().any(|effect| kinds.contains(&effect.kind));
        let mut names: Vec<&str> = facts.functions().into_iter().filter(|name| is_one(&name.key())).map(|name| name.name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(Mentions::word).collect()
    }

    /// The functions that mention one of these and give their caller something large.
    fn passing_on(&self, names: &[Word], round: u8, known: &mut FxHashSet<DeclId>) -> Vec<Word> {
        let project = self.sema.project;
        let packages = (0..project.packages.len() as u32).map(PackageId).filter(|&package| project.origin(package) == Origin::Root);
        let files = packages.flat_map(|package| &project.package(package).files).filter(|&&file| !project.file(file).test);
        let mut found = Vec::new();
        for &file in files {
            for (index, decl) in project.file(file).outline.decls.iter().enumerate() {
                let id = DeclId { file, index: index as u32 };
                let may = decl.kind == DeclKind::Func && names.iter().any(|&name| decl.mentions.has_word(name));
                if !may || known.contains(&id) || !self.may_give(id) {
                    continue;
                }
                let gives = self.returned(id, (DEPTH - 1).min(round)).iter().any(|result| matches!(result, Returned::Big { .. }));
                if gives && known.insert(id) {
                    found.extend(decl.names.iter().map(|(name, _)| Mentions::word(name)));
                }
            }
        }
        found
    }

    /// Whether a function has a result of bytes or text, by its header.
    fn may_give(&self, decl: DeclId) -> bool {
        use crate::ast::Expr;
        // The words first: most functions give neither.
        let outline = self.sema.project.decl(decl);
        let end = outline.body.map_or(outline.range.end, |body| body.start);
        let words = self.sema.project.file(decl.file).source.slice(outline.range.start, end);
        if !["byte", "string", "json.RawMessage"].iter().any(|word| words.contains(word)) {
            return false;
        }
        let tree = self.sema.project.header(decl);
        let Some(func) = tree.func() else { return false };
        let Expr::FuncType { results: Some(results), .. } = tree.expr(func.ty) else { return false };
        results.fields.iter().any(|field| !matches!(tree.expr(field.ty), Expr::Star { .. }) && tree.ident(field.ty) != Some("error"))
    }
}
