//! What did the oracle print? One unit after the other, as it comes; `types/print.go` has the lines.
//!
//! Not here: what we say (`answers.rs`).

use crate::go::{Go, Program};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout};

/// The texts of units, as the oracle prints them.
pub struct Units {
    out: BufReader<ChildStdout>,
    child: Child,
    /// The first line of the next unit.
    head: String,
    _program: Program,
}

impl Units {
    /// Asks a question about packages below a directory. `input` is what the oracle reads.
    pub fn ask(go: &Go, question: &str, root: &Path, patterns: &[String], input: Option<String>) -> Units {
        let program = go.program("types");
        let mut arguments = vec![question, "-go", go.command.to_str().unwrap(), root.to_str().unwrap()];
        arguments.extend(patterns.iter().map(String::as_str));
        let mut child = go.start(&program, &arguments, input.unwrap_or_default());
        let out = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
        Units { out, child, head: String::new(), _program: program }
    }
}

impl Iterator for Units {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = std::mem::take(&mut self.head);
        loop {
            let from = text.len();
            if self.out.read_line(&mut text).unwrap() == 0 {
                if text.is_empty() {
                    assert!(self.child.wait().unwrap().success(), "the oracle fails");
                }
                return Some(text).filter(|text| !text.is_empty());
            }
            if from > 0 && text[from..].starts_with("@unit ") {
                self.head = text.split_off(from);
                return Some(text);
            }
        }
    }
}

/// A package with its own tests, or an external test package.
#[derive(Default)]
pub struct Unit {
    pub path: String,
    /// How many errors go/types finds.
    pub errors: u32,
    /// The number of the edit that it has.
    pub edit: Option<usize>,
    pub files: Vec<FileAnswers>,
    pub types: Vec<String>,
    pub objects: Vec<Object>,
    /// The names of builtins that are called.
    pub builtins: Vec<String>,
    /// The files in which objects are declared.
    pub places: Vec<PathBuf>,
}

/// What is known about a file, in source order.
pub struct FileAnswers {
    pub path: PathBuf,
    pub idents: Vec<Ident>,
    pub exprs: Vec<Typed>,
    pub calls: Vec<Call>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    pub at: u32,
    pub meaning: Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Declared at this offset of the same file.
    Here(u32),
    /// The object with this number.
    Object(u32),
}

#[derive(Clone, Copy, Debug)]
pub struct Typed {
    pub start: u32,
    pub end: u32,
    /// `t` type, `b` builtin, `z` no value, `n` nil, `c` constant, `k` value of a comma-ok form, `v` another value.
    pub mode: u8,
    /// A number in the unit's table; none for `b` and `z`.
    pub ty: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub start: u32,
    pub end: u32,
    pub kind: CallKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// A number in the unit's table.
    Builtin(u32),
    Conversion,
    Literal,
    Value,
    Function(u32),
    Method(u32),
    Abstract(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// Declared in a file of the table, at an offset; the name for everybody or `-`.
    Declared(u32, u32, String),
    Unsafe(String),
    Universe(String),
    Package(String),
    Label(u32),
}

impl Unit {
    pub fn parse(text: &str) -> Unit {
        let mut unit = Unit::default();
        for line in text.lines() {
            unit.line(line);
        }
        unit
    }

    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "@unit" => {
                let (path, errors) = rest.rsplit_once(' ').unwrap();
                (self.path, self.errors) = (path.into(), number(errors));
            }
            "@edit" => self.edit = Some(number(rest) as usize),
            "@file" => {
                self.files.push(FileAnswers { path: rest.into(), idents: Vec::new(), exprs: Vec::new(), calls: Vec::new() });
            }
            "F" => self.places.push(rest.split_once(' ').unwrap().1.into()),
            "T" => self.types.push(rest.split_once(' ').unwrap().1.into()),
            "O" => self.objects.push(object(rest)),
            _ => self.answer(word, rest),
        }
    }

    fn answer(&mut self, word: &str, rest: &str) {
        let file = self.files.last_mut().unwrap();
        let mut words = rest.split(' ');
        let mut next = || words.next().unwrap();
        match word {
            "I" => {
                let (at, what) = (number(next()), next());
                let meaning = what.strip_prefix('=').map_or_else(|| Meaning::Object(number(what)), |here| Meaning::Here(number(here)));
                file.idents.push(Ident { at, meaning });
            }
            "E" => {
                let (start, end, mode, ty) = (number(next()), number(next()), next().as_bytes()[0], next());
                file.exprs.push(Typed { start, end, mode, ty: (ty != "-").then(|| number(ty)) });
            }
            "C" => {
                let (start, end, kind) = (number(next()), number(next()), next());
                let kind = match kind {
                    "b" => CallKind::Builtin(builtin(&mut self.builtins, next())),
                    "t" => CallKind::Conversion,
                    "l" => CallKind::Literal,
                    "d" => CallKind::Value,
                    "f" => CallKind::Function(number(next())),
                    "m" => CallKind::Method(number(next())),
                    _ => CallKind::Abstract(number(next())),
                };
                file.calls.push(Call { start, end, kind });
            }
            _ => panic!("the oracle prints {word} {rest}"),
        }
    }
}

fn builtin(known: &mut Vec<String>, name: &str) -> u32 {
    let at = known.iter().position(|known| known == name).unwrap_or_else(|| {
        known.push(name.into());
        known.len() - 1
    });
    at as u32
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

fn object(text: &str) -> Object {
    let mut words = text.splitn(3, ' ').skip(1);
    let (kind, rest) = (words.next().unwrap(), words.next().unwrap());
    match kind {
        "D" => {
            let mut words = rest.splitn(3, ' ');
            let mut next = || words.next().unwrap();
            Object::Declared(number(next()), number(next()), next().into())
        }
        "N" => Object::Unsafe(rest.into()),
        "U" => Object::Universe(rest.into()),
        "P" => Object::Package(rest.into()),
        _ => Object::Label(number(rest)),
    }
}
