//! What is a rule? A page, a function, and the vocabulary the function is written in.
//!
//! ```go
//! for { f, _ := os.Open(p); defer f.Close() } // a rule asks its Pass for declarations that mention `for` and `defer`, and reports
//! ```
//!
//! Not here: the rules (`rules`), when they run and what is shown of what they find (`engine`).

pub mod imports;
mod silencer;

pub use silencer::{Fate, Named, Silencer};

use crate::ast::{Decl, Expr, ExprId, Node};
use crate::config::GoConfig;
pub use crate::config::Profile;
use crate::finding::{Confidence, Finding, Severity};
use crate::module::Module;
use crate::parse::{DeclKind, OutlineDecl};
use crate::project::{DeclId, PackageId, Project, TimerVersion, timers};
use crate::sema::Sema;
use crate::source::{FileId, Span};
use crate::summary::Summaries;

/// The word of a comment that says that a function hands over what it acquires: `//goleaklint:owner`.
pub const OWNER: &str = "owner";
/// The word of a comment that says that something else keeps a container small: `//goleaklint:bounded`.
pub const BOUNDED: &str = "bounded";

/// A rule.
pub struct Rule {
    /// Kebab-case, the bad thing itself: `defer-in-loop`.
    pub id: &'static str,
    /// The text of `rules/<id>.md`: front matter and manual.
    pub page: &'static str,
    pub check: fn(&mut Pass),
}

/// Whether a rule's findings are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Stable,
    Preview,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Preview => "preview",
        }
    }
}

/// A rule's page: its front matter, and the Markdown behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub severity: Severity,
    pub confidence: Confidence,
    pub status: Status,
    pub profile: Profile,
    /// The version that brought the rule.
    pub since: &'a str,
    /// Whether it offers fixes: `none`, `sometimes`, `always`.
    pub fix: &'a str,
    /// The rules that say less about the same place; where this one speaks, they are silent.
    pub silences: Vec<&'a str>,
    pub tags: Vec<&'a str>,
    pub body: &'a str,
}

impl<'a> Page<'a> {
    /// Reads a page; what is wrong with it is said for the person who writes it.
    pub fn parse(text: &'a str) -> Result<Page<'a>, String> {
        const KEYS: &str = "id, title, severity, confidence, status, profile, since, fix, silences, tags";
        let rest = text.strip_prefix("---\n").ok_or("a page starts with a line `---` and its front matter")?;
        let (front, body) = rest.split_once("\n---\n").ok_or("the front matter ends with a line `---`")?;
        let mut page = Page {
            id: "",
            title: "",
            severity: Severity::Warning,
            confidence: Confidence::High,
            status: Status::Preview,
            profile: Profile::All,
            since: "",
            fix: "none",
            silences: Vec::new(),
            tags: Vec::new(),
            body: body.trim_start_matches('\n'),
        };
        for line in front.lines() {
            let (key, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is not `key: value`"))?;
            let value = value.trim();
            let wrong = || format!("`{value}` is no {key}");
            match key {
                "id" => page.id = value,
                "title" => page.title = value,
                "severity" => page.severity = Severity::ALL.into_iter().find(|each| each.name() == value).ok_or_else(wrong)?,
                "confidence" => page.confidence = Confidence::ALL.into_iter().find(|each| each.name() == value).ok_or_else(wrong)?,
                "status" => {
                    page.status = [Status::Stable, Status::Preview].into_iter().find(|each| each.name() == value).ok_or_else(wrong)?
                }
                "profile" => page.profile = Profile::ALL.into_iter().find(|each| each.name() == value).ok_or_else(wrong)?,
                "since" => page.since = value,
                "fix" => page.fix = value,
                "silences" => page.silences = words(value),
                "tags" => page.tags = words(value),
                _ => return Err(format!("`{key}` is no key of a page; the keys are {KEYS}")),
            }
        }
        Ok(page)
    }
}

/// What stands between commas.
fn words(value: &str) -> Vec<&str> {
    value.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

impl Rule {
    /// The rule's page; a test holds that every page can be read.
    pub fn page(&self) -> Page<'static> {
        Page::parse(self.page).expect("invariant: the test over all pages reads this one")
    }
}

/// What a user can set for all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Up to how many turns a loop with a provable bound is no loop to worry about.
    pub max_const_trips: u64,
    /// The table `[go]`.
    pub go: GoConfig,
}

impl Default for Options {
    fn default() -> Options {
        Options { max_const_trips: 16, go: GoConfig::default() }
    }
}

/// One rule on one package.
pub struct Pass<'a> {
    pub rule: &'static str,
    pub severity: Severity,
    pub package: PackageId,
    pub summaries: &'a Summaries<'a>,
    pub options: &'a Options,
    /// The comments of the package's files that silence rules, in order. Only the rules of `rules::ABOUT_COMMENTS` get them: what a
    /// comment did is known when all others have run.
    pub silencers: &'a [Silencer],
    pub findings: Vec<Finding>,
}

impl<'a> Pass<'a> {
    pub fn sema(&self) -> &'a Sema<'a> {
        &self.summaries.sema
    }

    pub fn project(&self) -> &'a Project {
        self.sema().project
    }

    /// What can only be answered by looking at all of the analysed code.
    pub fn module(&self) -> &'a Module {
        &self.summaries.module
    }

    /// Whether the package's code only belongs to programs that end when their work is done: what they keep is gone with them.
    pub fn is_short_lived(&self) -> bool {
        self.module().is_short_lived(self.sema(), self.package)
    }

    /// The package's declarations whose outline fits, in files that are reported: those that a pattern asks for, but for generated ones.
    pub fn decls(&self, fits: impl Fn(&OutlineDecl) -> bool) -> Vec<DeclId> {
        let project = self.project();
        let files =
            project.package(self.package).files.iter().filter(|&&file| project.file(file).target && !project.file(file).outline.generated);
        let decls = files.flat_map(|&file| {
            let outline = &project.file(file).outline;
            (0..outline.decls.len() as u32).map(move |index| DeclId { file, index })
        });
        decls.filter(|&decl| fits(project.decl(decl))).collect()
    }

    /// The calls in functions that mention one of some names; whether they call what has the name is still to be asked.
    pub fn calls_near(&self, names: &[&str]) -> Vec<(DeclId, ExprId)> {
        let decls = self.decls(|decl| decl.kind == DeclKind::Func && names.iter().any(|name| decl.mentions.name(name)));
        decls.into_iter().flat_map(|decl| self.project().tree(decl).index.calls.iter().map(move |&call| (decl, call))).collect()
    }

    /// The enclosing top-level function as Go writes it, `F` or `(*T).M`; empty for a variable's initialiser.
    pub fn function_name(&self, decl: DeclId) -> String {
        let outline = self.project().decl(decl);
        let name = outline.names.first().map_or("", |(name, _)| name);
        match (&outline.receiver, outline.kind) {
            (_, kind) if kind != DeclKind::Func => String::new(),
            (None, _) => name.to_owned(),
            (Some(receiver), _) => {
                let tree = self.project().tree(decl);
                let field = match &tree.decl {
                    Decl::Func(func) => func.recv.as_ref().and_then(|recv| recv.fields.first()),
                    _ => None,
                };
                let pointer = field.is_some_and(|field| matches!(tree.expr(tree.unparen(field.ty)), Expr::Star { .. }));
                if pointer { format!("(*{receiver}).{name}") } else { format!("{receiver}.{name}") }
            }
        }
    }

    /// Whether a comment `//goleaklint:owner` above a function says that what it acquires is handed over.
    pub fn is_owner(&self, decl: DeclId) -> bool {
        self.has_directive(decl, None, OWNER)
    }

    /// Whether a comment `//goleaklint:WORD` stands above a declaration, or above a node of it (the name in a group or in a struct), or at
    /// the end of the line on which one of them begins.
    pub fn has_directive(&self, decl: DeclId, node: Option<Node>, word: &str) -> bool {
        let project = self.project();
        let node = node.map(|node| project.tree(decl).range(node).start);
        let starts: Vec<u32> = std::iter::once(project.decl(decl).range.start).chain(node).collect();
        self.is_directive_at(decl.file, &starts, word)
    }

    /// Whether a comment `//goleaklint:bounded` says so of the container whose name stands here.
    pub fn is_bounded(&self, name: Span) -> bool {
        let outline = &self.project().file(name.file).outline;
        let around = outline.decls.iter().find(|decl| (decl.range.start..decl.range.end).contains(&name.start));
        let starts: Vec<u32> = around.map(|decl| decl.range.start).into_iter().chain([name.start]).collect();
        self.is_directive_at(name.file, &starts, BOUNDED)
    }

    /// Whether a comment belongs to one of the lines on which something starts.
    fn is_directive_at(&self, file: FileId, starts: &[u32], word: &str) -> bool {
        let file = self.project().file(file);
        let line = |offset: u32| file.source.position(offset).line;
        starts.iter().map(|&start| line(start)).any(|own| {
            let first = (1..own).rev().take_while(|&above| file.source.line(above).trim_start().starts_with("//")).last().unwrap_or(own);
            let says = |comment: &str| {
                let text = comment.strip_prefix("//").map(|text| text.trim_start_matches([' ', '\t']));
                text.and_then(|text| text.strip_prefix("goleaklint:")).is_some_and(|text| text.split_whitespace().next() == Some(word))
            };
            let near = file.outline.directives.iter().filter(|range| (first..=own).contains(&line(range.start)));
            // A comment at the end of the line above is about that line.
            let stands_alone = |at: u32| line(at) == own || file.source.line(line(at)).trim_start().starts_with("//");
            near.into_iter().any(|range| stands_alone(range.start) && says(file.source.slice(range.start, range.end)))
        })
    }

    /// The source text of a node.
    pub fn text(&self, decl: DeclId, node: Node) -> &'a str {
        let project = self.project();
        let range = project.tree(decl).range(node);
        project.file(decl.file).source.slice(range.start, range.end)
    }

    pub fn span(&self, decl: DeclId, node: Node) -> Span {
        self.project().tree(decl).span(node)
    }

    /// What becomes of timers and tickers that this package does not stop, and which fact says so.
    pub fn timers(&self) -> TimerVersion {
        timers::of(self.project(), self.package, &self.options.go)
    }

    /// Reports a finding.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

#[cfg(test)]
mod tests;
