//! Names, callees and types compared with Go's own go/types, over packages of the standard library. What we do not know is counted;
//! what we say must be so. `GOLEAKLINT_USES` names other packages, separated by spaces.

use crate::go::Go;
use goleaklint::ast::{Expr, ExprId, Tree};
use goleaklint::facts::Facts;
use goleaklint::project::{DeclId, OsFiles, Project, Request, load, load_texts};
use goleaklint::sema::{Callee, Function, LocalKind, Object, Sema, Type};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Packages with files, connections, goroutines, generics, closures, embedding and many build variants.
const SAMPLE: &str = "archive/tar archive/zip bufio bytes cmp compress/flate compress/gzip container/heap container/list context \
    crypto/rand crypto/tls crypto/x509 database/sql debug/elf embed encoding/binary encoding/csv encoding/gob encoding/json encoding/xml \
    errors expvar flag fmt go/ast go/build go/doc go/parser go/types hash/maphash html/template image/png io io/fs iter log log/slog maps \
    math/big math/rand/v2 mime/multipart net net/http net/http/httptest net/http/httputil net/mail net/netip net/rpc net/smtp \
    net/textproto net/url os os/exec os/signal os/user path/filepath reflect regexp regexp/syntax runtime/pprof slices sort strconv \
    strings sync sync/atomic syscall testing text/template time unique";

pub fn the_same(go: &Go) {
    let go = go.command.as_path();
    let named = std::env::var("GOLEAKLINT_USES").ok();
    let packages: Vec<&str> = named.as_deref().unwrap_or(SAMPLE).split_whitespace().collect();
    let source = PathBuf::from(run(go, &["env", "GOROOT"])).join("src");
    let answers = ask(go, &packages);
    let answers: HashMap<PathBuf, &str> =
        answers.split("@file ").skip(1).filter_map(|part| part.split_once('\n')).map(|(name, rest)| (PathBuf::from(name), rest)).collect();

    let patterns = packages.iter().map(|path| format!("./{path}")).collect();
    let request = Request { patterns, working_directory: source.clone(), tests: false, ..Request::default() };
    let (project, _) = load(&request, Arc::new(OsFiles)).map_err(|error| error.text).unwrap();
    let mut together = Figures::default();
    compare(&project, &answers, Path::new(""), &mut together);
    together.report("with the packages they import");

    // Each package on its own, so that what it imports is known from the facts only.
    let mut alone = Figures::default();
    for path in &packages {
        let files: Vec<(String, String)> = std::fs::read_dir(source.join(path))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|file| answers.contains_key(file))
            .map(|file| (file.to_str().unwrap().replace(source.to_str().unwrap(), ""), std::fs::read_to_string(&file).unwrap()))
            .collect();
        let mut texts = vec![("/go.mod", "module std\n\ngo 1.24\n")];
        texts.extend(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        compare(&load_texts(&texts).0, &answers, &source, &mut alone);
    }
    alone.report("each on its own");
    for figures in [&alone, &together] {
        assert!(figures.count["names: right"] > 100_000 || named.is_some(), "the comparison reached its files");
        assert!(figures.wrong.is_empty(), "{} answers are wrong; the first: {:#?}", figures.wrong.len(), figures.first());
    }
}

fn run(go: &Path, arguments: &[&str]) -> String {
    let output = Command::new(go).args(arguments).env("GOTOOLCHAIN", "local").output().unwrap();
    assert!(output.status.success(), "go {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

fn ask(go: &Path, packages: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let oracle = directory.path().join("oracle");
    run(go, &["build", "-C", source.to_str().unwrap(), "-o", oracle.to_str().unwrap(), "."]);
    let root = run(go, &["env", "GOROOT"]);
    let output = Command::new(&oracle).arg("uses").args(packages).env("GOROOT", root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[derive(Default)]
struct Figures {
    count: BTreeMap<String, usize>,
    wrong: Vec<(&'static str, String)>,
}

impl Figures {
    fn note(&mut self, what: &'static str, place: &dyn Fn() -> String, ours: &str, right: Option<bool>, theirs: &str) {
        let outcome = match right {
            Some(true) => "right",
            Some(false) => "wrong",
            None => "unknown",
        };
        *self.count.entry(format!("{what}: {outcome}")).or_default() += 1;
        if right == Some(false) {
            self.wrong.push((what, format!("{}: {what}: `{ours}`, go/types has `{theirs}`", place())));
        }
    }

    fn report(&self, how: &str) {
        println!("compared with go/types, {how}: {:?}", self.count);
    }

    /// Some of every kind.
    fn first(&self) -> Vec<&String> {
        let mut seen = HashMap::<&str, usize>::new();
        let few = self.wrong.iter().filter(|(what, _)| {
            let count = seen.entry(what).or_default();
            *count += 1;
            *count <= 60
        });
        few.map(|(_, text)| text).collect()
    }
}

/// The expressions of a file by their ranges.
struct Places {
    exprs: HashMap<(u32, u32), Vec<(DeclId, ExprId)>>,
    idents: HashMap<u32, (DeclId, ExprId)>,
}

fn compare(project: &Project, answers: &HashMap<PathBuf, &str>, below: &Path, figures: &mut Figures) {
    let sema = Sema::new(project, Facts::shipped());
    for file in &project.files {
        let path = if below.as_os_str().is_empty() {
            file.source.path.clone()
        } else {
            below.join(file.source.path.strip_prefix("/").unwrap_or(&file.source.path))
        };
        let Some(answer) = answers.get(&path) else { continue };
        let mut places = Places { exprs: HashMap::new(), idents: HashMap::new() };
        for index in 0..file.outline.decls.len() as u32 {
            let decl = DeclId { file: file.source.id, index };
            let tree = project.tree(decl);
            for id in (0..tree.exprs.len() as u32).map(ExprId) {
                let range = tree.expr_range(id);
                places.exprs.entry((range.start, range.end)).or_default().push((decl, id));
                if tree.ident(id).is_some() {
                    places.idents.insert(range.start, (decl, id));
                }
            }
        }
        for line in answer.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let place = |offset: u32| {
                let position = file.source.position(offset);
                format!("{}:{}:{}", path.display(), position.line, position.column)
            };
            compare_line(&sema, &places, &words, &place, figures);
        }
    }
}

fn compare_line(sema: &Sema, places: &Places, words: &[&str], place: &dyn Fn(u32) -> String, figures: &mut Figures) {
    let start: u32 = words[1].parse().unwrap();
    let place = || place(start);
    match words[0] {
        "u" => {
            let Some(&(decl, ident)) = places.idents.get(&start) else {
                return figures.note("names", &place, "-", None, words[2]);
            };
            let (ours, right) = name(sema, decl, ident, words[2]);
            figures.note("names", &place, &ours, right, words[2]);
        }
        "t" => {
            let Some(&(decl, ident)) = places.idents.get(&start) else { return };
            let Some(local) = sema.scopes(decl).of_ident(ident) else { return };
            if sema.scopes(decl).local(local).kind == LocalKind::TypeSwitch {
                return;
            }
            let ours = form(&sema.type_of_local(decl, local), sema);
            figures.note("types of variables", &place, &ours, right_type(&ours, &words[2..]), words[2]);
        }
        "c" => {
            let end: u32 = words[2].parse().unwrap();
            let found = places.exprs.get(&(start, end)).into_iter().flatten();
            let Some(&(decl, call)) = found.into_iter().find(|(decl, id)| matches!(sema.tree(*decl).expr(*id), Expr::Call { .. })) else {
                return figures.note("callees", &place, "-", None, words[3]);
            };
            let callee = sema.callee(decl, call);
            let right = callee_is(sema, &callee, &words[3..]);
            figures.note("callees", &place, &format!("{callee:?}"), right, &words[3..].join(" "));
        }
        "e" => {
            let end: u32 = words[2].parse().unwrap();
            let found = places.exprs.get(&(start, end)).into_iter().flatten();
            let Some(&(decl, expr)) = found.into_iter().find(|(decl, id)| !is_name_of_member(sema.tree(*decl), *id)) else { return };
            let ours = form(&sema.type_of(decl, expr), sema);
            figures.note("types of expressions", &place, &ours, right_type(&ours, &words[3..]), words[3]);
        }
        _ => {}
    }
}

/// The right half of a selector stands alone; its type is the selector's.
fn is_name_of_member(tree: &Tree, id: ExprId) -> bool {
    tree.exprs.iter().any(|expr| matches!(expr, Expr::Selector { sel, .. } if *sel == id))
}

fn name(sema: &Sema, decl: DeclId, ident: ExprId, theirs: &str) -> (String, Option<bool>) {
    let tree = sema.tree(decl);
    let local = sema.scopes(decl).of_ident(ident).map(|local| tree.expr_range(sema.scopes(decl).local(local).ident).start);
    match (local, theirs.parse::<u32>()) {
        (Some(ours), Ok(right)) => (ours.to_string(), Some(ours == right)),
        (None, Ok(_)) => ("-".into(), None),
        // Documented: a field's name in a literal is taken for a variable of that name.
        (Some(ours), Err(_)) => (format!("local {ours}"), if theirs == "key" { None } else { Some(false) }),
        (None, Err(_)) if matches!(theirs, "key" | "label" | "member") => ("-".into(), Some(true)),
        (None, Err(_)) => match sema.object(decl, ident) {
            Object::Package(_) => ("package".into(), Some(theirs == "package")),
            Object::Import(path) => (format!("import {path}"), Some(theirs.strip_prefix("import:") == Some(path))),
            Object::Universe => ("universe".into(), Some(theirs == "universe")),
            _ => ("-".into(), None),
        },
    }
}

fn callee_is(sema: &Sema, callee: &Callee, theirs: &[&str]) -> Option<bool> {
    match callee {
        Callee::Unknown => None,
        Callee::Builtin(name) => Some(theirs[0] == "builtin" && theirs[1] == name),
        Callee::Conversion(_) => Some(theirs[0] == "conversion"),
        Callee::Closure(_) => Some(matches!(theirs[0], "literal" | "value")),
        Callee::Variable(..) => Some(theirs[0] == "value"),
        // Documented: who does not know the package cannot tell.
        Callee::Function(function) if !known(sema, function) && theirs[0] != "function" => None,
        Callee::Function(function) => Some(theirs[0] == "function" && theirs[1..].contains(&function.key.as_str())),
    }
}

fn known(sema: &Sema, function: &Function) -> bool {
    !function.decls.is_empty() || sema.facts.results(&function.key).is_some() || !sema.facts.acquires(&function.key).is_empty()
}

/// A type in the words of the oracle; `?` is unknown.
fn form(ty: &Type, sema: &Sema) -> String {
    let list = |types: &[Type]| types.iter().map(|ty| form(ty, sema)).collect::<Vec<_>>().join(",");
    match ty {
        Type::Unknown => "?".into(),
        Type::Named(name) => match name.as_str() {
            "byte" => "uint8",
            "rune" => "int32",
            other => other,
        }
        .into(),
        Type::Pointer(inner) => format!("*({})", form(inner, sema)),
        Type::Slice(inner) => format!("[]({})", form(inner, sema)),
        Type::Array(None, inner) => format!("[?]({})", form(inner, sema)),
        Type::Array(Some(length), inner) => format!("[{length}]({})", form(inner, sema)),
        Type::Map(key, value) => format!("map({},{})", form(key, sema), form(value, sema)),
        Type::Chan(inner) => format!("chan({})", form(inner, sema)),
        Type::Func(results) if results.is_empty() => "func(..".into(),
        Type::Func(results) => format!("func({})", list(results)),
        Type::Tuple(results) => format!("tuple({})", list(results)),
        Type::Literal(decl, expr) => match sema.tree(*decl).expr(*expr) {
            Expr::InterfaceType { methods } if methods.fields.is_empty() => "any".into(),
            Expr::InterfaceType { .. } => "interface".into(),
            _ => "struct".into(),
        },
    }
}

/// Who did not read an alias knows the type by the alias's name.
fn right_type(ours: &str, theirs: &[&str]) -> Option<bool> {
    let each = theirs.iter().map(|theirs| right_form(ours, theirs));
    let right = each.reduce(|one, other| if one == Some(true) { one } else { other }).flatten();
    // Documented: of a constant that build variants set differently we take the largest value.
    if right == Some(false) && lengths(ours) > lengths(theirs[0]) && blank(ours) == blank(theirs[0]) { None } else { right }
}

fn lengths(form: &str) -> Vec<u64> {
    form.split('[').filter_map(|part| part.split_once(']')?.0.parse().ok()).collect()
}

fn blank(form: &str) -> String {
    form.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect::<Vec<_>>().join("[")
}

/// Whether two forms are the same where ours says something.
fn right_form(ours: &str, theirs: &str) -> Option<bool> {
    if ours == "?" {
        return None;
    }
    let (mut ours, mut theirs) = (ours, theirs);
    // Of a function without known results nothing more is said, nor of what is around it.
    if let Some((before, _)) = ours.split_once("..").filter(|(before, _)| before.ends_with("func(")) {
        return Some(theirs.starts_with(before) || before.contains('?'));
    }
    while let Some((before, after)) = ours.split_once('?') {
        let Some(rest) = theirs.strip_prefix(before) else { return Some(false) };
        let mut depth = 0;
        let end = rest.find(|c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0 || (depth == 0 && (c == ',' || (c == ']' && before.ends_with('['))))
        });
        (ours, theirs) = (after, &rest[end.unwrap_or(rest.len())..]);
    }
    Some(ours == theirs)
}
