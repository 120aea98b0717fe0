//! Where does reading go on after an error? At the next declaration keyword in column 0, so that an error costs one declaration.
//!
//! ```go
//! func f() { if x {
//! }
//! func g() {} // read on here
//! ```
//!
//! A stray backquote turns the code up to the next raw string into a string. So where a raw string or a comment of a broken
//! declaration holds lines that look like declarations, both readings are tried and the one that goes further wins.
//!
//! Not here: what an error is (`reader`).

use super::mentions::Mentions;
use super::reader::{Draft, Fault, Place, Reader, in_column_0, range_of};
use crate::ast::Range;
use crate::parse::scan::{Scanner, TokenKind};

/// How many readings of the rest of a file are tried: the bound that keeps many errors linear.
const MOST_TRIALS: usize = 16;
/// How many strings and comments of one declaration are looked into.
const MOST_CANDIDATES: usize = 4;

/// A place to read on.
struct Resume {
    at: u32,
    /// Inside a string or comment, if that has no end where it should.
    inside: bool,
}

impl Reader<'_> {
    /// Notes what an error has cost and goes to where reading goes on.
    pub(super) fn recover(&mut self, fault: &Fault) {
        self.recovering |= fault.place != Place::Behind;
        let start = match fault.place {
            Place::Behind => {
                // Read to its end: only the declaration itself is lost.
                self.lose(self.before_end);
                return;
            }
            Place::Inside => self.draft.start,
            Place::Outside => self.token.start,
        };
        let at = self.choose(self.resume_points(start));
        match fault.place {
            Place::Inside => self.lose(at),
            Place::Outside => self.lose_cut_short(fault.range.start, at),
            Place::Behind => {}
        }
        self.resume(start, at);
    }

    /// A file without a package clause at its start may still have one below, after a conflict marker or a broken comment.
    pub(super) fn find_package(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut lines = memchr::memchr_iter(b'\n', bytes).map(|newline| newline + 1);
        let Some(at) = lines.find(|&line| bytes[line..].starts_with(b"package ")) else { return false };
        self.recovering = true;
        self.resume(0, at as u32);
        self.outline.package = None;
        self.package().is_ok()
    }

    /// The declaration that was being read is broken and ends before `limit`.
    fn lose(&mut self, limit: u32) {
        let next = Draft::new(limit, None);
        let draft = std::mem::replace(&mut self.draft, next);
        let start = draft.start;
        let end = start + self.text.get(start as usize..limit as usize).unwrap_or("").trim_end().len() as u32;
        self.outline.broken.extend(draft.finish(end, Mentions::everything()));
    }

    /// Text outside declarations, unless it stands in column 0, is the rest of a declaration that seemed to end too early.
    fn lose_cut_short(&mut self, garbage: u32, limit: u32) {
        let closes = matches!(self.token.kind, TokenKind::Rparen | TokenKind::Rbrack | TokenKind::Rbrace);
        if in_column_0(self.text, garbage) && !closes {
            return;
        }
        // What began in another column since then may be a part of it, too.
        while let Some(mut decl) = self.outline.decls.pop() {
            let whole = in_column_0(self.text, decl.range.start);
            let rest = self.text.get(decl.range.start as usize..limit as usize).unwrap_or("");
            decl.range.end = decl.range.start + rest.trim_end().len() as u32;
            decl.body = None;
            decl.mentions = Mentions::everything();
            self.outline.broken.push(decl);
            if whole {
                break;
            }
        }
    }

    /// Where the next declaration may begin, after the one that begins at `start`: first the places inside strings and comments.
    fn resume_points(&self, start: u32) -> Vec<Resume> {
        let end = self.text.len() as u32;
        let mut points = Vec::new();
        let mut scanner = self.scanner;
        scanner.jump(start);
        let first = scanner.token();
        for token in std::iter::once(first).chain(scanner) {
            if token.start > start && begins_declaration(token.kind) && in_column_0(self.text, token.start) {
                points.push(Resume { at: token.start, inside: false });
                return points;
            }
            let has_lines = matches!(token.kind, TokenKind::RawString | TokenKind::Comment | TokenKind::Bad);
            let Some(at) = has_lines.then(|| next_line(self.text, token.start, token.end)).flatten() else { continue };
            let unterminated = token.kind == TokenKind::Bad;
            if unterminated || points.len() < MOST_CANDIDATES {
                points.push(Resume { at, inside: !unterminated });
            }
            if unterminated {
                return points;
            }
        }
        points.push(Resume { at: end, inside: false });
        points
    }

    /// The reading that goes furthest. One without any error wins, and among those the one that loses least.
    fn choose(&mut self, points: Vec<Resume>) -> u32 {
        let plain = points.last().map_or(self.text.len() as u32, |point| point.at);
        let mut best = (plain, None);
        if points.iter().any(|point| point.inside) {
            for point in points.iter().rev() {
                if self.trials >= MOST_TRIALS {
                    break;
                }
                self.trials += 1;
                let reach = self.reach(point.at);
                let better = match best.1 {
                    None => true,
                    Some(so_far) => reach > so_far || reach == so_far && reach == self.text.len() as u32,
                };
                if better {
                    best = (point.at, Some(reach));
                }
            }
        }
        best.0
    }

    /// How far a reading from `at` goes without an error.
    fn reach(&self, at: u32) -> u32 {
        let mut trial = Reader::new(self.text);
        trial.recovering = true;
        trial.resume(at, at);
        trial.declarations().map_or(self.text.len() as u32, |fault| fault.range.start)
    }

    /// Goes on at `at`. Directives between `start` and `at` were met in a reading that did not hold; they are met again.
    fn resume(&mut self, start: u32, at: u32) {
        self.outline.directives.retain(|range| range.end <= start);
        let skipped = Scanner::new(self.text, Range { start, end: at }).with_comments();
        let comments = skipped.filter(|token| token.kind == TokenKind::Comment && super::header::directive(token.text(self.text)));
        self.outline.directives.extend(comments.map(range_of));
        self.scanner.jump(at);
        self.before = TokenKind::Eof;
        self.before_end = at;
        self.load();
    }
}

fn begins_declaration(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Func | TokenKind::Type | TokenKind::Var | TokenKind::Const | TokenKind::Import)
}

/// The first line in a range of bytes that begins as a declaration does.
fn next_line(text: &str, start: u32, end: u32) -> Option<u32> {
    let bytes = text.as_bytes().get(start as usize..end as usize)?;
    let mut lines = memchr::memchr_iter(b'\n', bytes).map(|newline| newline + 1);
    let begins = |line: usize| {
        let line = &bytes[line..];
        ["func", "type", "var", "const", "import"].iter().any(|word| {
            let rest = line.strip_prefix(word.as_bytes());
            rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\t' | b'(')))
        })
    };
    lines.find(|&line| begins(line)).map(|line| start + line as u32)
}
