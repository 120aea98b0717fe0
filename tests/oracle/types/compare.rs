//! Is what we say what go/types says?
//!
//! Not here: the counts (`figures.rs`).

use super::answers::{Answers, Ours, OursCallee};
use super::figures::{Figures, Kind};
use super::read::{Call, CallKind, FileAnswers, Ident, Meaning, Object, Typed, Unit};
use goleaklint::ast::{Expr, ExprId, Node, Tree};
use goleaklint::project::{DeclId, File, Project};
use goleaklint::source::FileId;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What is compared with the oracle: a project and who answers about it.
pub struct Side<'p> {
    pub project: &'p Project,
    pub answers: &'p dyn Answers,
    by_path: HashMap<&'p Path, FileId>,
}

impl<'p> Side<'p> {
    pub fn new(project: &'p Project, answers: &'p dyn Answers) -> Side<'p> {
        let by_path = project.files.iter().map(|file| (file.source.path.as_path(), file.source.id)).collect();
        Side { project, answers, by_path }
    }

    /// Compares all files of a unit.
    pub fn unit(&self, unit: &Unit) -> Figures {
        self.unit_or(unit, None)
    }

    /// The same; what the other one says is right too.
    pub fn unit_or(&self, unit: &Unit, other: Option<&Unit>) -> Figures {
        let mut figures = Figures::default();
        (figures.units, figures.with_errors) = (1, usize::from(unit.errors > 0));
        for answers in &unit.files {
            let Some(&id) = self.by_path.get(answers.path.as_path()) else {
                figures.missing.push(answers.path.display().to_string());
                continue;
            };
            figures.files += 1;
            let file = self.project.file(id);
            let other = other.and_then(|other| Some((other, other.files.iter().find(|file| file.path == answers.path)?)));
            for index in 0..file.outline.decls.len() as u32 {
                let decl = DeclId { file: id, index };
                Comparison { side: self, unit, file, decl, tree: self.project.tree(decl), other }.compare(answers, &mut figures);
            }
        }
        figures
    }
}

struct Comparison<'a> {
    side: &'a Side<'a>,
    unit: &'a Unit,
    file: &'a File,
    decl: DeclId,
    tree: &'a Tree,
    other: Option<(&'a Unit, &'a FileAnswers)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    Unknown,
    Wrong,
}

/// The part of a sorted list that is within a declaration.
fn within<T>(list: &[T], start: u32, end: u32, at: impl Fn(&T) -> u32) -> &[T] {
    let from = list.partition_point(|item| at(item) < start);
    let to = list.partition_point(|item| at(item) < end);
    &list[from..to]
}

impl Comparison<'_> {
    fn compare(&self, answers: &FileAnswers, figures: &mut Figures) {
        let range = self.side.project.decl(self.decl).range;
        let nodes = Nodes::of(self.tree);
        self.idents(within(&answers.idents, range.start, range.end, |ident| ident.at), &nodes, figures);
        self.types(within(&answers.exprs, range.start, range.end, |expr| expr.start), &nodes, figures);
        for call in within(&answers.calls, range.start, range.end, |call| call.start) {
            self.call(call, &nodes, figures);
        }
    }

    fn idents(&self, idents: &[Ident], nodes: &Nodes, figures: &mut Figures) {
        for ident in idents {
            let ours = nodes.idents.get(&ident.at).map_or(Ours::Unknown, |&id| self.side.answers.object(self.decl, id));
            let other = || {
                let (unit, file) = self.other?;
                let at = file.idents.binary_search_by_key(&ident.at, |ident| ident.at).ok()?;
                Some(self.means(&ours, unit, file.idents[at].meaning))
            };
            match self.means(&ours, self.unit, ident.meaning) {
                Verdict::Right => figures.right(Kind::Identifier),
                Verdict::Unknown => figures.unknown(Kind::Identifier, Some((self.meaning(self.unit, ident.meaning), self.place(ident.at)))),
                Verdict::Wrong if matches!(other(), Some(Verdict::Right)) => figures.right(Kind::Identifier),
                Verdict::Wrong => {
                    let theirs = self.meaning(self.unit, ident.meaning);
                    let what = format!("{}: `{}`: {}, but it is {theirs}", self.place(ident.at), self.word(ident.at), self.shown(&ours));
                    figures.wrong(Kind::Identifier, Some(what));
                }
            }
        }
    }

    fn means(&self, ours: &Ours, unit: &Unit, theirs: Meaning) -> Verdict {
        let here = |file: FileId, offset: u32| matches!(ours, Ours::Places(places) if places.contains(&(file, offset)));
        let right = match theirs {
            _ if *ours == Ours::Unknown => return Verdict::Unknown,
            Meaning::Here(offset) => here(self.decl.file, offset),
            Meaning::Object(number) => match &unit.objects[number as usize] {
                Object::Declared(file, offset, name) => {
                    // A vendored package may have been read twice, as one that was asked for and as one that is imported.
                    let path = unit.places[*file as usize].as_path();
                    let same = |&(ours, at): &(FileId, u32)| at == *offset && self.side.project.file(ours).source.path == path;
                    let declared = matches!(ours, Ours::Places(places) if places.iter().any(same));
                    declared || matches!(ours, Ours::Qualified(ours) if *plain(ours) == **name)
                }
                Object::Unsafe(name) => match ours {
                    Ours::Qualified(ours) => ours == name,
                    // Its source shows the names.
                    Ours::Places(places) => {
                        places.iter().all(|(file, _)| self.side.project.file(*file).source.path.ends_with("unsafe/unsafe.go"))
                    }
                    _ => false,
                },
                Object::Universe(_) => *ours == Ours::Universe,
                Object::Package(path) => matches!(ours, Ours::Package(ours) if *plain(ours) == **path),
                Object::Label(offset) => *ours == Ours::Label(*offset),
            },
        };
        if right { Verdict::Right } else { Verdict::Wrong }
    }

    fn types(&self, exprs: &[Typed], nodes: &Nodes, figures: &mut Figures) {
        let mut unknown = HashSet::new();
        let mut wrong = HashMap::new();
        let mut theirs = Vec::new();
        for expr in exprs {
            let Some(number) = expr.ty else { continue };
            let right = self.unit.types[number as usize].as_str();
            let Some(&id) = nodes.exprs.get(&(expr.start, expr.end)) else {
                figures.unknown(Kind::Type, Some(("no node".into(), self.place(expr.start))));
                continue;
            };
            let ours: Vec<String> = self.side.answers.type_texts(self.decl, id).into_iter().map(plain_type).collect();
            if ours.is_empty() {
                unknown.insert(id);
            } else if ours.iter().any(|ours| is_type(ours, right, expr.mode) || self.is_other_type(ours, expr)) {
                figures.right(Kind::Type);
                continue;
            } else {
                wrong.insert(id, ours.join(" or "));
            }
            theirs.push((id, expr, right));
        }
        let mut children = Vec::new();
        for (id, expr, right) in theirs {
            children.clear();
            self.tree.children(Node::Expr(id), &mut children);
            let below = |is: &dyn Fn(&ExprId) -> bool| children.iter().any(|child| matches!(child, Node::Expr(child) if is(child)));
            let place = || self.place(expr.start);
            if let Some(ours) = wrong.get(&id) {
                let first = !below(&|child| wrong.contains_key(child));
                let text = || format!("{}: `{}`: {ours}, but it is {right}", place(), short(self.file.source.slice(expr.start, expr.end)));
                figures.wrong(Kind::Type, first.then(text));
            } else {
                let first = !below(&|child| unknown.contains(child));
                figures.unknown(Kind::Type, first.then(|| (format!("{} of type {}", self.kind(id), short(right)), place())));
            }
        }
    }

    fn is_other_type(&self, ours: &str, expr: &Typed) -> bool {
        let Some((unit, file)) = self.other else { return false };
        let same_start = within(&file.exprs, expr.start, expr.start + 1, |other| other.start);
        let found = same_start.iter().find(|other| other.end == expr.end);
        found.is_some_and(|other| other.ty.is_some_and(|number| is_type(ours, &unit.types[number as usize], other.mode)))
    }

    fn call(&self, call: &Call, nodes: &Nodes, figures: &mut Figures) {
        let ours = nodes.calls.get(&(call.start, call.end)).map_or(OursCallee::Unknown, |&id| self.side.answers.callee(self.decl, id));
        let kind = match call.kind {
            CallKind::Builtin(_) => Kind::Builtin,
            CallKind::Conversion => Kind::Conversion,
            CallKind::Literal => Kind::Literal,
            CallKind::Value => Kind::Value,
            CallKind::Function(_) => Kind::Function,
            CallKind::Method(_) => Kind::Method,
            CallKind::Abstract(_) => Kind::Abstract,
        };
        let theirs = || self.callee(call.kind);
        let other = || {
            let (unit, file) = self.other?;
            let same_start = within(&file.calls, call.start, call.start + 1, |other| other.start);
            let found = same_start.iter().find(|other| other.end == call.end)?;
            Some(self.calls(&ours, unit, found))
        };
        match self.calls(&ours, self.unit, call) {
            Verdict::Right => figures.right(kind),
            Verdict::Unknown => figures.unknown(kind, Some((theirs(), self.place(call.start)))),
            Verdict::Wrong if matches!(other(), Some(Verdict::Right)) => figures.right(kind),
            Verdict::Wrong => {
                let text = short(self.file.source.slice(call.start, call.end));
                figures.wrong(
                    kind,
                    Some(format!("{}: `{text}`: {}, but it is {}", self.place(call.start), self.shown_callee(&ours), theirs())),
                );
            }
        }
    }

    fn calls(&self, ours: &OursCallee, unit: &Unit, call: &Call) -> Verdict {
        let right = match (ours, call.kind) {
            (OursCallee::Unknown, _) => return Verdict::Unknown,
            // Who does not know the function may know what kind it has.
            (OursCallee::Function(ours), CallKind::Function(theirs) | CallKind::Method(theirs))
            | (OursCallee::Abstract(ours), CallKind::Abstract(theirs)) => return self.means(ours, unit, Meaning::Object(theirs)),
            // `Sizeof` or `unsafe.Sizeof`.
            (OursCallee::Builtin(name), CallKind::Builtin(number)) => {
                name.strip_prefix("unsafe.").unwrap_or(name) == unit.builtins[number as usize]
            }
            (OursCallee::Several(several), _) => {
                let verdicts: Vec<Verdict> = several.iter().map(|ours| self.calls(ours, unit, call)).collect();
                let has = |verdict| verdicts.contains(&verdict);
                return if has(Verdict::Right) {
                    Verdict::Right
                } else if has(Verdict::Unknown) {
                    Verdict::Unknown
                } else {
                    Verdict::Wrong
                };
            }
            (OursCallee::Conversion, CallKind::Conversion) => true,
            (OursCallee::Literal | OursCallee::Value, CallKind::Literal | CallKind::Value) => true,
            _ => false,
        };
        if right { Verdict::Right } else { Verdict::Wrong }
    }

    fn place(&self, offset: u32) -> String {
        let position = self.file.source.position(offset);
        format!("{}:{}:{}", self.file.source.path.display(), position.line, position.column)
    }

    fn word(&self, at: u32) -> &str {
        let rest = self.file.source.slice(at, self.file.source.text.len() as u32);
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
        &rest[..end.unwrap_or(rest.len())]
    }

    fn kind(&self, id: ExprId) -> &'static str {
        match self.tree.expr(id) {
            Expr::Bad => "Bad",
            Expr::Ident(_) => "Ident",
            Expr::BasicLit(_) => "BasicLit",
            Expr::CompositeLit { .. } => "CompositeLit",
            Expr::FuncLit { .. } => "FuncLit",
            Expr::Paren { .. } => "Paren",
            Expr::Selector { .. } => "Selector",
            Expr::Index { .. } => "Index",
            Expr::Slice { .. } => "Slice",
            Expr::TypeAssert { .. } => "TypeAssert",
            Expr::Call { .. } => "Call",
            Expr::Star { .. } => "Star",
            Expr::Unary { .. } => "Unary",
            Expr::Binary { .. } => "Binary",
            Expr::KeyValue { .. } => "KeyValue",
            _ => "type expression",
        }
    }

    fn meaning(&self, unit: &Unit, theirs: Meaning) -> String {
        match theirs {
            Meaning::Here(offset) => format!("declared in this file at {}", self.line(offset)),
            Meaning::Object(number) => match &unit.objects[number as usize] {
                Object::Declared(_, _, name) if name != "-" => name.clone(),
                Object::Declared(file, offset, _) => format!("declared in {} at offset {offset}", unit.places[*file as usize].display()),
                Object::Unsafe(name) => name.clone(),
                Object::Universe(name) => format!("predeclared {name}"),
                Object::Package(path) => format!("package {path}"),
                Object::Label(offset) => format!("the label at {}", self.line(*offset)),
            },
        }
    }

    fn line(&self, offset: u32) -> String {
        let position = self.file.source.position(offset);
        format!("{}:{}", position.line, position.column)
    }

    fn callee(&self, kind: CallKind) -> String {
        match kind {
            CallKind::Builtin(number) => format!("the builtin {}", self.unit.builtins[number as usize]),
            CallKind::Conversion => "a conversion".into(),
            CallKind::Literal => "a literal".into(),
            CallKind::Value => "a value".into(),
            CallKind::Function(number) => format!("function {}", self.meaning(self.unit, Meaning::Object(number))),
            CallKind::Method(number) => format!("method {}", self.meaning(self.unit, Meaning::Object(number))),
            CallKind::Abstract(number) => format!("abstract method {}", self.meaning(self.unit, Meaning::Object(number))),
        }
    }

    fn shown(&self, ours: &Ours) -> String {
        match ours {
            Ours::Places(places) => {
                let place = |&(file, offset): &(FileId, u32)| {
                    let source = &self.side.project.file(file).source;
                    let position = source.position(offset);
                    format!("{}:{}:{}", self.side.project.display(&source.path), position.line, position.column)
                };
                places.iter().map(place).collect::<Vec<_>>().join(" or ")
            }
            other => format!("{other:?}"),
        }
    }

    fn shown_callee(&self, ours: &OursCallee) -> String {
        match ours {
            OursCallee::Function(ours) => format!("function {}", self.shown(ours)),
            OursCallee::Abstract(ours) => format!("abstract method {}", self.shown(ours)),
            other => format!("{other:?}"),
        }
    }
}

/// Where the expressions of a tree are.
struct Nodes {
    idents: HashMap<u32, ExprId>,
    exprs: HashMap<(u32, u32), ExprId>,
    calls: HashMap<(u32, u32), ExprId>,
}

impl Nodes {
    fn of(tree: &Tree) -> Nodes {
        let mut nodes = Nodes { idents: HashMap::new(), exprs: HashMap::new(), calls: HashMap::new() };
        for (at, expr) in tree.exprs.iter().enumerate() {
            let id = ExprId(at as u32);
            let range = tree.expr_range(id);
            match expr {
                Expr::Ident(_) => drop(nodes.idents.insert(range.start, id)),
                Expr::Call { .. } => drop(nodes.calls.insert((range.start, range.end), id)),
                _ => {}
            }
            nodes.exprs.insert((range.start, range.end), id);
        }
        nodes
    }
}

/// An import path or a qualified name without the directory of vendored packages of Go's own source.
fn plain(path: &str) -> &str {
    path.strip_prefix("cmd/vendor/").or_else(|| path.strip_prefix("vendor/")).unwrap_or(path)
}

fn plain_type(text: String) -> String {
    if text.contains("vendor/") { text.replace("cmd/vendor/", "").replace("vendor/", "") } else { text }
}

fn is_type(ours: &str, theirs: &str, mode: u8) -> bool {
    // Of a comma-ok form the first value's type will do.
    ours == theirs
        || (mode == b'k' && theirs.strip_prefix('(').and_then(|rest| rest.strip_prefix(ours)).is_some_and(|rest| rest.starts_with(", ")))
}

fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(100) {
        Some((at, _)) => format!("{} …", &line[..at]),
        None => line,
    }
}
