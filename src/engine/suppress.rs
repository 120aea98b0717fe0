//! Which findings does a comment silence, and which comments silence nothing?
//!
//! ```go
//! //goleaklint:ignore defer-in-loop -- three interfaces at most
//! defer f.Close() // the comment counts here: on the line of any span of a finding, or above it
//! ```
//!
//! Not here: what a comment says (`directive`), what it covers in the syntax (`scope`), what is told of it (the rules about comments).

mod directive;
mod scope;

use super::Settings;
use crate::finding::{Finding, Suppression, SuppressionForm};
use crate::project::{DeclId, File, PackageId, Project};
use crate::rule::{Fate, Named, Rule, Silencer};
use crate::rules::ABOUT_COMMENTS;
use crate::source::{FileId, Span};
use directive::{Directive, WORDS};
use rustc_hash::{FxHashMap, FxHashSet};
use scope::Group;
use std::path::Path;

/// The comments of all files that are told of.
pub(super) struct Comments<'p> {
    project: &'p Project,
    files: FxHashMap<FileId, Vec<Comment>>,
}

/// A comment, where it stands, and what it did.
struct Comment {
    directive: Directive,
    suppression: Suppression,
    group: Group,
    /// The line it stands on.
    line: u32,
    /// Nothing stands before it on its line: it speaks of the line below its group.
    alone: bool,
    /// The first `//nolint` of its group: golangci-lint extends only that one.
    extends: bool,
    /// Which of its names silenced something.
    used: Vec<bool>,
    /// In which line a declaration's node ends, or begins, that it speaks of.
    lines: FxHashMap<u32, Option<u32>>,
}

impl<'p> Comments<'p> {
    pub(super) fn read(project: &'p Project) -> Comments<'p> {
        let told = project.files.iter().filter(|file| file.target && !file.outline.generated && !file.outline.directives.is_empty());
        let read = told.map(|file| (file.source.id, comments(file)));
        Comments { project, files: read.filter(|(_, comments)| !comments.is_empty()).collect() }
    }

    /// The first comment that silences a finding. Every comment that does is noted as used.
    pub(super) fn silence(&mut self, finding: &Finding) -> Option<Suppression> {
        let mut files: Vec<FileId> = vec![finding.span.file];
        files.extend(finding.labels.iter().map(|label| label.span.file));
        files.sort();
        files.dedup();
        let mut silenced = None;
        for file in files {
            for comment in self.files.get_mut(&file).into_iter().flatten() {
                let names = comment.names(finding.rule);
                if (names.is_empty() && !comment.silences_all(finding.rule)) || !comment.covers(self.project, finding) {
                    continue;
                }
                names.into_iter().for_each(|at| comment.used[at] = true);
                let first = silenced.get_or_insert_with(|| comment.suppression.clone());
                // The file of the finding itself has the last word.
                if file == finding.span.file && first.span.file != file {
                    *first = comment.suppression.clone();
                }
            }
        }
        silenced
    }

    /// What the comments of a package did, in the order of its files. `whole`: of which files everything was analysed.
    pub(super) fn of(
        &self,
        package: PackageId,
        rules: &[Rule],
        ran: &dyn Fn(&str) -> bool,
        whole: &dyn Fn(&Path) -> bool,
    ) -> Vec<Silencer> {
        let package = self.project.package(package);
        // A label in this file may belong to a finding in one that was not asked for.
        let all = package.files.iter().all(|&file| self.project.file(file).target);
        let mut silencers = Vec::new();
        for file in &package.files {
            let judged = all && whole(&self.project.file(*file).source.path);
            let comments = self.files.get(file).into_iter().flatten();
            silencers.extend(comments.filter_map(|comment| comment.silencer(rules, &|id| judged && ran(id))));
        }
        silencers
    }
}

fn comments(file: &File) -> Vec<Comment> {
    let (source, outline) = (&file.source, &file.outline);
    let read = outline.directives.iter().filter_map(|&range| Some((range, directive::read(source.slice(range.start, range.end))?)));
    let read: Vec<_> = read.collect();
    if read.is_empty() {
        return Vec::new();
    }
    let ranges: Vec<_> = read.iter().map(|(range, _)| *range).collect();
    let (groups, group_of) = scope::groups(source, &ranges);
    let mut extended = FxHashSet::default();
    let comment = |((range, directive), group): ((crate::ast::Range, Directive), usize)| {
        let place = source.position(range.start);
        let before = source.line(place.line).get(..place.column as usize - 1).unwrap_or("");
        let span = Span::new(source.id, range.start, range.start + directive.end as u32);
        Comment {
            suppression: Suppression { span, form: directive.form, reason: directive.reason.clone() },
            group: groups[group],
            line: place.line,
            alone: before.trim_start_matches('\u{feff}').trim().is_empty(),
            extends: directive.form == SuppressionForm::Nolint && extended.insert(group),
            used: vec![false; directive.names.len()],
            lines: FxHashMap::default(),
            directive,
        }
    };
    read.into_iter().zip(group_of).map(comment).collect()
}

impl Comment {
    /// The positions of the names that mean a rule; what is said of comments is silenced only by its own name.
    fn names(&self, rule: &str) -> Vec<usize> {
        let means = |name: &str| if ABOUT_COMMENTS.contains(&rule) { name == rule } else { self.directive.means(name, rule) };
        let names = self.directive.names.iter().enumerate().filter(|(_, (name, _))| means(name));
        names.map(|(at, _)| at).filter(|_| self.directive.counts()).collect()
    }

    fn silences_all(&self, rule: &str) -> bool {
        self.directive.all && !ABOUT_COMMENTS.contains(&rule)
    }

    fn covers(&mut self, project: &Project, finding: &Finding) -> bool {
        let file = project.file(self.suppression.span.file);
        let line = |offset: u32| file.source.position(offset).line;
        let own = finding.span.file == file.source.id;
        let first = line(finding.span.start);
        match self.directive.form {
            SuppressionForm::FileIgnore | SuppressionForm::LintFileIgnore => own,
            SuppressionForm::Ignore => {
                let spans = std::iter::once(finding.span).chain(finding.labels.iter().map(|label| label.span));
                spans.filter(|span| span.file == file.source.id).any(|span| {
                    let (first, last) = (line(span.start), line(span.end.max(span.start + 1) - 1));
                    (first..=last).contains(&self.line) || self.alone && [self.line + 1, self.group.last_line + 1].contains(&first)
                })
            }
            SuppressionForm::Nolint if !own || first < self.group.first_line => false,
            SuppressionForm::Nolint => {
                let extended = || self.extends && scope::covers_file(&file.source, self.group, &file.outline);
                first <= self.group.last_line
                    || extended()
                    || self.extends && self.line_of(project, finding, true).is_some_and(|last| first <= last)
            }
            SuppressionForm::LintIgnore => own && self.line_of(project, finding, false) == Some(first),
        }
    }

    /// The line that decides, by the declaration that a finding is in: where the node ends that a `//nolint` extends to, or where the
    /// node begins that a `//lint:ignore` belongs to. A rule has read that declaration already.
    fn line_of(&mut self, project: &Project, finding: &Finding, extends: bool) -> Option<u32> {
        let file = project.file(finding.span.file);
        let at = finding.span.start;
        let index = file.outline.decls.partition_point(|decl| decl.range.start <= at).checked_sub(1)? as u32;
        let range = file.outline.decls[index as usize].range;
        let group = self.group;
        let line = || {
            let tree = project.tree(DeclId { file: file.source.id, index });
            match extends {
                true => Some(scope::last_line(&file.source, group, tree, range)),
                false => scope::node_line(&file.source, group, tree, range, &file.outline),
            }
        };
        if at >= range.end { None } else { *self.lines.entry(index).or_insert_with(line) }
    }

    /// What there is to say of a comment; nothing of one that does not mean this program.
    fn silencer(&self, rules: &[Rule], ran: &dyn Fn(&str) -> bool) -> Option<Silencer> {
        let (form, start) = (self.suppression.form, self.suppression.span.start);
        let ours = matches!(form, SuppressionForm::Ignore | SuppressionForm::FileIgnore);
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
        let names = self.directive.names.iter().zip(&self.used);
        let meant = |name: &str| ours || ids.contains(&name) || form == SuppressionForm::Nolint && name == "goleaklint";
        let names = names.filter(|((name, _), _)| meant(name)).map(|((name, at), used)| {
            let fate = match (*used, ids.contains(&name.as_str())) {
                (true, _) => Fate::Used,
                (false, true) if ran(name) && !ABOUT_COMMENTS.contains(&name.as_str()) => Fate::Unused,
                (false, false) if ours => Fate::Unknown(crate::spelling::did_you_mean(name, &ids)),
                _ => Fate::Unjudged,
            };
            let start = start + *at as u32;
            Named { name: name.clone(), span: Span::new(self.suppression.span.file, start, start + name.len() as u32), fate }
        });
        let names: Vec<Named> = names.collect();
        let unknown_word = self.directive.unknown_word.as_ref().map(|word| (word.clone(), crate::spelling::did_you_mean(word, &WORDS)));
        (ours || !names.is_empty()).then(|| Silencer { suppression: self.suppression.clone(), names, unknown_word })
    }
}

/// A finding, and the comment that silences it.
pub(super) type Found = (Finding, Option<Suppression>);

impl Comments<'_> {
    /// The findings, each with the comment that silences it, if comments count.
    pub(super) fn judge(&mut self, findings: Vec<Finding>, settings: &Settings) -> Vec<Found> {
        let judge = |finding: Finding| {
            let silenced = self.silence(&finding);
            (finding, silenced.filter(|_| settings.ignores))
        };
        findings.into_iter().map(judge).collect()
    }
}

#[cfg(test)]
mod tests;
