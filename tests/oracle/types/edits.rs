//! Is anything wrong said beside an error? In random files of Go's source a function is deleted, an import, and a type's name is
//! misspelt, one after the other; the rest of the package is compared with what go/types says of the package as it was. Where that
//! has changed, what go/types says of the edited one is right too: a builtin comes out from behind a deleted function of its name.
//!
//! What is deleted becomes spaces, so that everything stays where it is. `GOLEAKLINT_SEED` chooses other files.
//!
//! Not here: how answers are compared (`compare.rs`).

use super::answers;
use super::compare::Side;
use super::figures::Figures;
use super::read::{Unit, Units};
use crate::go::Go;
use goleaklint::ast::{Expr, ExprId, Range, Tree};
use goleaklint::parse::{self, DeclKind};
use goleaklint::project::{OsFiles, Request, load};
use goleaklint::source::{Entry, FileId, Files, SourceFile};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How many files are edited, each in a package of its own.
const FILES: usize = 200;

/// One change of one file.
struct Edit {
    package: String,
    file: PathBuf,
    what: String,
    text: String,
}

pub fn nothing_wrong_beside_an_error(go: &Go) {
    let root = go.goroot().join("src");
    let edits = edits(go, &root);
    let place = tempfile::tempdir().unwrap();
    let mut questions = String::new();
    for (number, edit) in edits.iter().enumerate() {
        let replacement = place.path().join(format!("{number}.go"));
        std::fs::write(&replacement, &edit.text).unwrap();
        questions.push_str(&format!("{}\t{}\t{}\n", edit.package, edit.file.display(), replacement.display()));
    }
    let mut whole: HashMap<String, Arc<Unit>> = HashMap::new();
    let units = Units::ask(go, "edits", &root, &[], Some(questions)).filter_map(|text| {
        let unit = Unit::parse(&text);
        match unit.edit {
            Some(number) => Some((number, unit)),
            None => {
                whole.insert(unit.path.clone(), Arc::new(unit));
                None
            }
        }
        .map(|(number, unit)| (number, whole[&unit.path].clone(), unit))
    });
    let all = Mutex::new(Figures::default());
    let panics = Mutex::new(Vec::new());
    let judged = Mutex::new(0);
    units.par_bridge().for_each(|(number, before, after)| {
        *judged.lock().unwrap() += 1;
        match catch_unwind(AssertUnwindSafe(|| judge(&root, &edits[number], &before, &after))) {
            Ok(figures) => all.lock().unwrap().add(figures),
            Err(_) => panics.lock().unwrap().push(edits[number].what.clone()),
        }
    });
    let figures = all.into_inner().unwrap();
    figures.report("beside an error");
    let panics = panics.into_inner().unwrap();
    assert!(panics.is_empty(), "{} edits end in a panic: {panics:#?}", panics.len());
    let judged = judged.into_inner().unwrap();
    assert!(judged == edits.len() && judged > 2 * FILES, "{judged} of {} edits are judged", edits.len());
    figures.nothing_wrong();
}

/// Compares what is said of a package with an edit.
fn judge(root: &Path, edit: &Edit, before: &Unit, after: &Unit) -> Figures {
    let directory = edit.file.parent().unwrap().to_str().unwrap().to_string();
    let request = Request { patterns: vec![directory], working_directory: root.to_owned(), tests: true, ..Request::default() };
    let files = Arc::new(Edited { path: edit.file.clone(), text: edit.text.clone() });
    let (project, _) = load(&request, files).map_err(|error| error.text).unwrap();
    let engine = answers::of(&project);
    let mut figures = Side::new(&project, &*engine).unit_or(before, Some(after));
    figures.told(&format!(" (with {})", edit.what));
    figures
}

/// The disk with one other file.
struct Edited {
    path: PathBuf,
    text: String,
}

impl Files for Edited {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.path.as_path() { Ok(self.text.as_bytes().to_vec()) } else { OsFiles.read(path) }
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Entry>> {
        OsFiles.list(directory)
    }

    fn kind(&self, path: &Path) -> io::Result<Entry> {
        OsFiles.kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        OsFiles.canonical(path)
    }
}

/// The edits, the same whenever the seed is.
fn edits(go: &Go, root: &Path) -> Vec<Edit> {
    let mut random = Random(std::env::var("GOLEAKLINT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4));
    let mut packages: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for text in Units::ask(go, "files", root, &["std".into(), "cmd".into()], None) {
        for (package, file) in text.lines().filter_map(|line| line.split_once('\t')) {
            packages.entry(package.into()).or_default().push(file.into());
        }
    }
    let mut packages: Vec<(String, Vec<PathBuf>)> = packages.into_iter().collect();
    let mut edits = Vec::new();
    let mut edited = 0;
    while edited < FILES {
        assert!(!packages.is_empty(), "too few packages");
        let (package, mut files) = packages.swap_remove(random.below(packages.len()));
        let file = files.swap_remove(random.below(files.len()));
        let of_file = of_file(&package, &file, &mut random);
        edited += usize::from(!of_file.is_empty());
        edits.extend(of_file);
    }
    edits
}

fn of_file(package: &str, path: &Path, random: &mut Random) -> Vec<Edit> {
    let file = SourceFile::new(FileId(0), path.to_owned(), std::fs::read_to_string(path).unwrap());
    let (outline, _) = parse::outline(&file);
    let functions: Vec<Range> = outline.decls.iter().filter(|decl| decl.kind == DeclKind::Func).map(|decl| decl.range).collect();
    let imports: Vec<Range> = outline.imports.iter().filter(|import| import.path != "C").map(|import| import.range).collect();
    let names: Vec<Range> = outline.decls.iter().flat_map(|decl| type_names(&parse::declaration(&file, decl).0)).collect();
    let texts = [
        random.one(&functions).map(|range| ("deleted", range, without(&file.text, range))),
        random.one(&imports).map(|range| ("deleted import", range, without(&file.text, whole_import(&file.text, range)))),
        random.one(&names).map(|range| ("misspelt", range, misspelt(&file.text, range))),
    ];
    let edit = |(how, range, text): (&str, Range, String)| {
        let position = file.position(range.start);
        let first = file.slice(range.start, range.end).lines().next().unwrap_or_default();
        let what = format!("{how} at {}:{}: {first}", path.display(), position.line);
        Edit { package: package.into(), file: path.to_owned(), what, text }
    };
    texts.into_iter().flatten().map(edit).collect()
}

/// The names of types that a declaration mentions in types of fields and parameters and in composite literals.
fn type_names(tree: &Tree) -> Vec<Range> {
    let mut pending: Vec<ExprId> = Vec::new();
    for expr in &tree.exprs {
        match expr {
            Expr::CompositeLit { ty: Some(ty), .. } => pending.push(*ty),
            Expr::StructType { fields } => pending.extend(fields.fields.iter().map(|field| field.ty)),
            Expr::FuncType { params, results, .. } => {
                let fields = params.fields.iter().chain(results.iter().flat_map(|list| list.fields.iter()));
                pending.extend(fields.map(|field| field.ty));
            }
            _ => {}
        }
    }
    let mut names = Vec::new();
    while let Some(id) = pending.pop() {
        match tree.expr(id) {
            Expr::Ident(_) => names.push(tree.expr_range(id)),
            Expr::Selector { sel, .. } => pending.push(*sel),
            Expr::Star { x } | Expr::Paren { x } => pending.push(*x),
            Expr::ArrayType { elem, .. } => pending.push(*elem),
            Expr::MapType { key, value } => pending.extend([*key, *value]),
            Expr::ChanType { value, .. } => pending.push(*value),
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The text with spaces in place of a range.
fn without(text: &str, range: Range) -> String {
    let (start, end) = (range.start as usize, range.end as usize);
    let blank: String = text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    format!("{}{blank}{}", &text[..start], &text[end..])
}

/// With the keyword, if it is the only import there.
fn whole_import(text: &str, range: Range) -> Range {
    let before = text[..range.start as usize].trim_end();
    if before.ends_with("import") { Range { start: before.len() as u32 - 6, end: range.end } } else { range }
}

/// The text with another last letter of a name.
fn misspelt(text: &str, range: Range) -> String {
    let name = &text[range.start as usize..range.end as usize];
    let last = if name.ends_with('q') { "z" } else { "q" };
    let kept = name.char_indices().next_back().map_or(0, |(at, _)| at);
    let padding = " ".repeat(name.len() - kept - 1);
    format!("{}{}{last}{padding}{}", &text[..range.start as usize], &name[..kept], &text[range.end as usize..])
}

/// Numbers that are the same on every machine (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn one(&mut self, list: &[Range]) -> Option<Range> {
        (!list.is_empty()).then(|| list[self.below(list.len())])
    }
}
