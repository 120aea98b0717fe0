//! Is what a call makes or reads large?
//!
//! ```go
//! os.ReadFile(path)                    // as large as the file
//! os.ReadFile("/proc/self/stat")       // small
//! io.ReadAll(io.LimitReader(r, 512))   // small
//! make([]byte, 1<<20)                  // large, and how large is known
//! ```
//!
//! Not here: what becomes of it (`values`).

use super::Summaries;
use crate::ast::{Expr, ExprId, Node, Op, Stmt};
use crate::facts::{EffectKind, Target};
use crate::project::DeclId;
use crate::sema::{Callee, Function, LocalId, Object};
use crate::types::{Kind, Type};

/// From how many bytes on something is large.
pub const LARGE: u64 = 4096;

/// The system's own files are small.
const SMALL: [&str; 3] = ["/proc/", "/sys/", "/etc/"];

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Unbounded,
    /// The program says a bound that may be large, or names the one file that it reads.
    Bounded,
}

impl Summaries<'_> {
    /// How much a reading call reads; `None` if it is little.
    pub(super) fn read_size(&self, decl: DeclId, call: ExprId, function: &Function) -> Option<Size> {
        let tree = self.sema.tree(decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return None };
        let Some(&from) = args.first() else { return Some(Size::Unbounded) };
        // What is embedded is part of the program.
        if self.sema.key(self.sema.type_of(decl, from)) == "embed.FS" {
            return None;
        }
        if function.name() != "ReadAll" {
            return match self.text_of(decl, from) {
                Some((text, _)) if SMALL.iter().any(|prefix| text.starts_with(prefix)) => None,
                Some((_, true)) => Some(Size::Bounded),
                _ => Some(Size::Unbounded),
            };
        }
        self.reader_size(decl, from)
    }

    /// How much a reader has: `io.LimitReader(r, n)` has at most n bytes.
    fn reader_size(&self, decl: DeclId, reader: ExprId) -> Option<Size> {
        let tree = self.sema.tree(decl);
        let reader = self.written_once(decl, reader);
        let Expr::Call { args, .. } = tree.expr(reader) else { return Some(Size::Unbounded) };
        let Callee::Function(maker) = self.sema.callee(decl, reader) else { return Some(Size::Unbounded) };
        let limit = match &*maker.key {
            "io.LimitReader" => args.get(1),
            "net/http.MaxBytesReader" => args.get(2),
            // A text of the program's own.
            "strings.NewReader" | "bytes.NewReader" | "bytes.NewBufferString" => {
                return args.first().is_none_or(|&of| self.text_of(decl, of).is_none()).then_some(Size::Unbounded);
            }
            _ => return Some(Size::Unbounded),
        };
        match limit.and_then(|&limit| self.sema.int(decl, limit)).and_then(|limit| u64::try_from(limit).ok()) {
            Some(limit) if limit < LARGE => None,
            _ => Some(Size::Bounded),
        }
    }

    /// The constant text that an expression is, or begins with, and whether that is all: `"/proc/" + pid`, `filepath.Join("/sys", name)`.
    fn text_of(&self, decl: DeclId, expr: ExprId) -> Option<(String, bool)> {
        let sema = &self.sema;
        let tree = sema.tree(decl);
        let constant = |expr: ExprId| {
            let bytes = sema.types.info(decl).constant(expr)?.as_bytes()?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        };
        let mut expr = self.written_once(decl, expr);
        let whole = constant(expr);
        if let Some(text) = whole {
            return Some((text, true));
        }
        for _ in 0..8 {
            expr = match tree.expr(self.written_once(decl, expr)) {
                Expr::Binary { op: Op::Add, x, .. } => *x,
                Expr::Call { args, .. } if matches!(sema.callee(decl, expr), Callee::Function(function) if is_joining(&function.key)) => {
                    *args.first()?
                }
                _ => return None,
            };
            if let Some(text) = constant(expr) {
                return Some((text + "/", false));
            }
        }
        None
    }

    /// The one value that a variable gets, or the expression itself.
    pub fn written_once(&self, decl: DeclId, expr: ExprId) -> ExprId {
        let expr = self.sema.tree(decl).unparen(expr);
        self.local_of(decl, expr).and_then(|local| self.sema.scopes(decl).local(local).only_value()).unwrap_or(expr)
    }

    /// The size of bytes that are made with a constant length or capacity, if it is large.
    pub(super) fn made(&self, decl: DeclId, call: ExprId) -> Option<u64> {
        let tree = self.sema.tree(decl);
        let Expr::Call { args, .. } = tree.expr(call) else { return None };
        if !self.is_text(self.sema.type_of(decl, call)) {
            return None;
        }
        let size = u64::try_from(self.sema.int(decl, *args.last().filter(|_| args.len() > 1)?)?).ok()?;
        (size >= LARGE).then_some(size)
    }

    /// Where a buffer, a variable, is filled with as much as there is to read, and whether that is surely large: `buf.ReadFrom(r)`,
    /// `io.Copy(&buf, r)`.
    pub(super) fn filled(&self, decl: DeclId, local: LocalId) -> Option<(ExprId, bool)> {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        let ty = self.sema.type_of_local(decl, local);
        if self.sema.key(self.sema.pointee(ty)) != "bytes.Buffer" {
            return None;
        }
        let call_around = |ident: ExprId| {
            parents.ancestors(Node::Expr(ident)).take(3).find_map(|node| match node {
                Node::Expr(id) if matches!(tree.expr(id), Expr::Call { .. }) => Some(id),
                _ => None,
            })
        };
        let uses: Vec<ExprId> = self.sema.scopes(decl).uses(local).collect();
        let mut calls = uses.into_iter().filter_map(call_around).filter(|&call| self.fills(decl, call) == Some(local));
        calls.find_map(|call| {
            // The reader is the last argument of both.
            let Expr::Call { args, .. } = tree.expr(call) else { return None };
            let size = args.last().map_or(Some(Size::Unbounded), |&reader| self.reader_size(decl, reader))?;
            Some((call, size == Size::Unbounded))
        })
    }

    /// The variable that a call fills.
    pub fn fills(&self, decl: DeclId, call: ExprId) -> Option<LocalId> {
        let Callee::Function(function) = self.sema.callee(decl, call) else { return None };
        let effect = self.sema.facts.effects(&function.key).iter().find(|effect| effect.kind == EffectKind::Fills)?;
        let Expr::Call { args, .. } = self.sema.tree(decl).expr(call) else { return None };
        let of = match effect.target {
            Target::Arg(at) => *args.get(at)?,
            Target::Receiver => function.receiver?,
            Target::Call => return None,
        };
        self.root(decl, of)
    }

    /// Whether a type is text, not bytes.
    pub fn is_string(&self, ty: Type) -> bool {
        matches!(self.sema.behind(ty), Kind::Basic(basic) if basic.is_string())
    }

    pub(super) fn is_nil(&self, decl: DeclId, expr: ExprId) -> bool {
        let expr = self.sema.tree(decl).unparen(expr);
        self.sema.tree(decl).ident(expr) == Some("nil") && self.sema.object(decl, expr) == Object::Universe
    }

    /// Whether the length of a variable is compared with a constant: whoever asks knows how large it is.
    pub fn is_length_known(&self, decl: DeclId, local: LocalId) -> bool {
        let (tree, parents) = (self.sema.tree(decl), self.sema.parents(decl));
        self.sema.scopes(decl).uses(local).any(|ident| {
            let Some(Node::Expr(call)) = parents.parent(Node::Expr(ident)) else { return false };
            if !matches!(tree.expr(call), Expr::Call { args, .. } if args.len() == 1)
                || self.sema.callee(decl, call) != Callee::Builtin("len")
            {
                return false;
            }
            match parents.parent(Node::Expr(call)) {
                Some(Node::Expr(around)) => match *tree.expr(around) {
                    Expr::Binary { op: Op::Eql | Op::Neq, x, y } => {
                        let other = if x == call { y } else { x };
                        self.sema.int(decl, other).is_some_and(|length| length > 0)
                    }
                    _ => false,
                },
                Some(Node::Stmt(stmt)) => matches!(tree.stmt(stmt), Stmt::Switch { .. }),
                None => false,
            }
        })
    }
}

fn is_joining(key: &str) -> bool {
    matches!(key, "path/filepath.Join" | "path.Join" | "fmt.Sprintf" | "fmt.Sprint")
}
