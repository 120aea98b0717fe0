//! How are tokens read into declarations? Names and ends by the rules of go/parser, brackets by a stack.
//!
//! ```go
//! func f() struct{} { return struct{}{} } // the first `{` outside brackets that no `struct` precedes opens the body
//! ```
//!
//! Not here: how reading goes on after an error (`recover`).

use super::mentions::{Collector, Mentions};
use super::{DeclKind, Import, Outline, OutlineDecl, header};
use crate::ast::{Name, Range};
use crate::parse::scan::{Scanner, Token, TokenKind};

/// Brackets inside brackets in one declaration; go/parser gives up at the same depth.
pub(super) const MAX_NESTING: usize = 100_000;

/// The first tokens of a receiver, enough to find its base type.
const RECEIVER_TOKENS: usize = 64;

/// An error: where and what, without "syntax error".
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) range: Range,
    pub(super) text: String,
    pub(super) place: Place,
}

impl Fault {
    /// Boxed: it is rare, and a result of one word keeps the way without errors fast.
    #[cold]
    fn new(range: Range, text: String, place: Place) -> Box<Fault> {
        Box::new(Fault { range, text, place })
    }
}

/// Where an error leaves the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the declaration that was being read.
    Inside,
    /// The declaration was read to its end.
    Behind,
    /// At a token that begins no declaration.
    Outside,
}

/// The declaration that is being read.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) start: u32,
    pub(super) kind: Option<DeclKind>,
    pub(super) names: Vec<(Name, Range)>,
    pub(super) receiver: Option<Name>,
    pub(super) body: Option<Range>,
}

impl Draft {
    pub(super) fn new(start: u32, kind: Option<DeclKind>) -> Draft {
        Draft { start, kind, names: Vec::new(), receiver: None, body: None }
    }

    /// The declaration; `None` for an import.
    pub(super) fn finish(self, end: u32, mentions: Mentions) -> Option<OutlineDecl> {
        let range = Range { start: self.start, end };
        let Draft { kind, names, receiver, body, .. } = self;
        Some(OutlineDecl { kind: kind?, names, receiver, range, body, mentions })
    }
}

/// Reads the tokens of a file.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) scanner: Scanner<'a>,
    /// The token to read next, and the kind and the end of the one before it.
    pub(super) token: Token,
    pub(super) before: TokenKind,
    pub(super) before_end: u32,
    /// The offsets of the brackets that are open.
    open: Vec<u32>,
    too_deep: Option<u32>,
    pub(super) draft: Draft,
    collector: Collector,
    pub(super) outline: Outline,
    /// After an error every declaration keyword in column 0 begins a declaration, whatever is open.
    pub(super) recovering: bool,
    pub(super) trials: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        let range = Range { start: 0, end: text.len() as u32 };
        Reader {
            text,
            scanner: Scanner::new(text, range).with_comments(),
            token: Token { kind: TokenKind::Eof, start: 0, end: 0 },
            before: TokenKind::Eof,
            before_end: 0,
            open: Vec::new(),
            too_deep: None,
            draft: Draft::new(0, None),
            collector: Collector::default(),
            outline: Outline::default(),
            recovering: false,
            trials: 0,
        }
    }

    /// Reads the file into `self.outline`; gives all errors, in the order in which they were met.
    pub(super) fn file(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.start();
        if let Err(fault) = self.package() {
            faults.push(*fault);
            if self.outline.package.is_none() && !self.find_package() {
                return faults;
            }
        }
        while let Some(fault) = self.declarations() {
            self.recover(&fault);
            faults.push(*fault);
        }
        faults
    }

    /// Reads the first token, and the comments before it for what they say about the file.
    fn start(&mut self) {
        let mut token = self.scanner.token();
        while token.kind == TokenKind::Comment {
            let comment = token.text(self.text);
            self.outline.generated |= header::generated(comment);
            self.outline.debug.extend(header::debug(comment).map(str::to_string));
            self.comment(token);
            token = self.scanner.token();
        }
        self.token = token;
    }

    pub(super) fn package(&mut self) -> Result<(), Box<Fault>> {
        let start = self.token.start;
        if self.token.kind != TokenKind::Package {
            let text = match self.token.kind {
                TokenKind::Eof => "no package clause".to_string(),
                _ => format!("{} instead of a package clause", describe(self.text, self.token)),
            };
            return Err(Fault::new(range_of(self.token), text, Place::Outside));
        }
        self.advance();
        let name = self.expect_name("a package name")?;
        self.outline.package = Some((name.0, Range { start, end: name.1.end }));
        self.expect_end()
    }

    /// Reads declarations to the end of the file or the first error.
    pub(super) fn declarations(&mut self) -> Option<Box<Fault>> {
        loop {
            let kind = match self.token.kind {
                TokenKind::Eof => return None,
                TokenKind::Semicolon | TokenKind::AutoSemicolon => {
                    self.advance();
                    continue;
                }
                TokenKind::Import => None,
                TokenKind::Func => Some(DeclKind::Func),
                TokenKind::Type => Some(DeclKind::Type),
                TokenKind::Var => Some(DeclKind::Var),
                TokenKind::Const => Some(DeclKind::Const),
                TokenKind::Bad => return Some(bad(self.text, self.token, Place::Outside)),
                _ => {
                    let text = format!("unexpected {} outside a declaration", describe(self.text, self.token));
                    return Some(Fault::new(range_of(self.token), text, Place::Outside));
                }
            };
            if let Err(fault) = self.declaration(kind) {
                return Some(fault);
            }
        }
    }

    fn declaration(&mut self, kind: Option<DeclKind>) -> Result<(), Box<Fault>> {
        let keyword = self.token;
        self.draft = Draft::new(keyword.start, kind);
        self.open.clear();
        self.too_deep = None;
        self.collector.clear();
        if kind.is_none() && !self.outline.decls.is_empty() && !self.recovering {
            let text = "imports must come before other declarations".to_string();
            // Read it all the same: the fault is told once, and `recover` goes on behind it.
            self.advance();
            self.group(kind)?;
            self.expect_end()?;
            return Err(Fault::new(range_of(keyword), text, Place::Behind));
        }
        self.advance();
        match kind {
            Some(DeclKind::Func) => self.function()?,
            _ => self.group(kind)?,
        }
        let end = self.before_end;
        self.expect_end()?;
        if let Some(bracket) = self.too_deep {
            let text = format!("brackets are nested more than {MAX_NESTING} deep, the declaration is not read");
            return Err(Fault::new(Range { start: bracket, end: bracket + 1 }, text, Place::Behind));
        }
        let draft = std::mem::replace(&mut self.draft, Draft::new(end, None));
        if let Some(decl) = draft.finish(end, self.collector.finish()) {
            self.outline.decls.push(decl);
        }
        Ok(())
    }

    /// `(t *T) M[P any](x P) R { … }`, after `func`.
    fn function(&mut self) -> Result<(), Box<Fault>> {
        if self.token.kind == TokenKind::Lparen {
            let mut tokens = Vec::with_capacity(8);
            loop {
                if tokens.len() < RECEIVER_TOKENS {
                    tokens.push(self.token);
                }
                self.step()?;
                if self.open.is_empty() {
                    break;
                }
            }
            self.draft.receiver = receiver_base(self.text, &tokens);
        }
        let name = self.expect_name("a function name")?;
        self.draft.names.push(name);
        while !self.ends(0) {
            let opens_body = self.token.kind == TokenKind::Lbrace
                && self.open.is_empty()
                && !matches!(self.before, TokenKind::Struct | TokenKind::Interface);
            if opens_body {
                return self.body();
            }
            self.step()?;
        }
        // `func f()` and the `{` on the next line.
        let mut next = self.scanner;
        let brace = next.find(|token| !matches!(token.kind, TokenKind::Comment | TokenKind::AutoSemicolon));
        match brace {
            Some(brace) if brace.kind == TokenKind::Lbrace && self.token.kind == TokenKind::AutoSemicolon => {
                Err(Fault::new(range_of(brace), "unexpected newline before `{`".to_string(), Place::Inside))
            }
            _ => Ok(()),
        }
    }

    fn body(&mut self) -> Result<(), Box<Fault>> {
        let start = self.token.start;
        loop {
            self.step()?;
            if self.open.is_empty() {
                break;
            }
        }
        self.draft.body = Some(Range { start, end: self.before_end });
        Ok(())
    }

    /// One spec, or specs in parentheses.
    fn group(&mut self, kind: Option<DeclKind>) -> Result<(), Box<Fault>> {
        if self.token.kind != TokenKind::Lparen {
            return self.spec(kind, 0);
        }
        self.step()?;
        loop {
            match self.token.kind {
                TokenKind::Rparen => return self.step(),
                TokenKind::Semicolon | TokenKind::AutoSemicolon => self.advance(),
                _ => self.spec(kind, 1)?,
            }
        }
    }

    /// `a, b T = 1, 2`, `T[P any] struct{}`, or the name and path of an import; to the semicolon or closing parenthesis.
    fn spec(&mut self, kind: Option<DeclKind>, depth: usize) -> Result<(), Box<Fault>> {
        let Some(kind) = kind else { return self.import() };
        loop {
            let name = self.expect_name("a name")?;
            self.draft.names.push(name);
            if kind == DeclKind::Type || self.token.kind != TokenKind::Comma {
                break;
            }
            self.advance();
        }
        while !self.ends(depth) {
            self.step()?;
        }
        Ok(())
    }

    fn import(&mut self) -> Result<(), Box<Fault>> {
        let start = self.token.start;
        let name = match self.token.kind {
            TokenKind::Ident | TokenKind::Period => Some(Name::new(self.token.text(self.text))),
            _ => None,
        };
        if name.is_some() {
            self.advance();
        }
        if !matches!(self.token.kind, TokenKind::String | TokenKind::RawString) {
            return Err(self.unexpected("an import path"));
        }
        let path = unquote(self.token.text(self.text));
        let import = Import { name, path, range: Range { start, end: self.token.end } };
        self.advance();
        if !self.token.kind.is_semicolon() && !matches!(self.token.kind, TokenKind::Rparen | TokenKind::Eof) {
            return Err(self.unexpected("a newline"));
        }
        self.outline.cgo |= import.path == "C";
        if let Some(name) = import.certain_name() {
            self.collector.import(name);
        }
        self.outline.imports.push(import);
        Ok(())
    }

    /// Whether the spec or declaration ends before the next token.
    #[inline]
    fn ends(&self, depth: usize) -> bool {
        self.open.len() == depth
            && match self.token.kind {
                TokenKind::Semicolon | TokenKind::AutoSemicolon => true,
                TokenKind::Rparen => depth > 0,
                TokenKind::Eof => depth == 0,
                _ => false,
            }
    }

    fn expect_name(&mut self, what: &str) -> Result<(Name, Range), Box<Fault>> {
        if self.token.kind != TokenKind::Ident {
            return Err(self.unexpected(what));
        }
        let name = (Name::new(self.token.text(self.text)), range_of(self.token));
        self.advance();
        Ok(name)
    }

    fn expect_end(&mut self) -> Result<(), Box<Fault>> {
        match self.token.kind {
            TokenKind::Semicolon | TokenKind::AutoSemicolon => self.advance(),
            TokenKind::Eof => {}
            _ => return Err(self.unexpected("a newline")),
        }
        Ok(())
    }

    fn unexpected(&self, instead_of: &str) -> Box<Fault> {
        if self.token.kind == TokenKind::Bad {
            return bad(self.text, self.token, Place::Inside);
        }
        let text = format!("unexpected {} instead of {instead_of}", describe(self.text, self.token));
        Fault::new(range_of(self.token), text, Place::Inside)
    }

    /// Reads one token inside a declaration.
    #[inline]
    fn step(&mut self) -> Result<(), Box<Fault>> {
        match self.token.kind {
            TokenKind::Lparen | TokenKind::Lbrack | TokenKind::Lbrace => self.push(),
            TokenKind::Rparen => self.pop(b'(')?,
            TokenKind::Rbrack => self.pop(b'[')?,
            TokenKind::Rbrace => self.pop(b'{')?,
            TokenKind::Colon if self.innermost() == Some(b'[') => self.collector.slice_colon(),
            TokenKind::Func | TokenKind::Type | TokenKind::Var | TokenKind::Const | TokenKind::Import if self.begins_declaration() => {
                return Err(self.unfinished());
            }
            TokenKind::Eof => return Err(self.unfinished()),
            TokenKind::Bad => return Err(bad(self.text, self.token, Place::Inside)),
            _ => {}
        }
        self.advance();
        Ok(())
    }

    #[inline]
    fn innermost(&self) -> Option<u8> {
        self.open.last().map(|&at| self.text.as_bytes()[at as usize])
    }

    #[inline]
    fn push(&mut self) {
        if self.open.len() == MAX_NESTING && self.too_deep.is_none() {
            self.too_deep = Some(self.token.start);
        }
        self.open.push(self.token.start);
    }

    #[inline]
    fn pop(&mut self, opening: u8) -> Result<(), Box<Fault>> {
        if self.innermost() == Some(opening) {
            self.open.pop();
            return Ok(());
        }
        let closing = self.token.text(self.text);
        let text = match self.innermost() {
            Some(open) => format!("`{}` is closed by `{closing}`", open as char),
            None => format!("unexpected `{closing}`"),
        };
        Err(Fault::new(range_of(self.token), text, Place::Inside))
    }

    /// Whether the keyword in hand, met inside a declaration, must be the next one's: no literal is written `func f`.
    fn begins_declaration(&self) -> bool {
        if !in_column_0(self.text, self.token.start) {
            return false;
        }
        let mut next = self.scanner;
        let named = next.find(|token| token.kind != TokenKind::Comment).is_some_and(|token| token.kind == TokenKind::Ident);
        self.recovering || self.token.kind == TokenKind::Func && named
    }

    fn unfinished(&self) -> Box<Fault> {
        if let Some(&at) = self.open.last() {
            let text = format!("this `{}` is not closed", self.text.as_bytes()[at as usize] as char);
            return Fault::new(Range { start: at, end: at + 1 }, text, Place::Inside);
        }
        self.unexpected("the rest of a declaration")
    }

    /// Takes the next token into the hand.
    pub(super) fn load(&mut self) {
        self.token = self.next_token();
    }

    #[inline]
    fn next_token(&mut self) -> Token {
        loop {
            let token = self.scanner.token();
            if token.kind != TokenKind::Comment {
                return token;
            }
            self.comment(token);
        }
    }

    /// Notes what the token in hand mentions and goes to the next.
    #[inline]
    fn advance(&mut self) {
        let token = self.token;
        let next = self.next_token();
        self.collector.token(token.kind);
        if token.kind == TokenKind::Ident {
            let qualifier = next.kind == TokenKind::Period && self.before != TokenKind::Period;
            self.collector.name(self.text.as_bytes(), token.start as usize, token.end as usize, qualifier);
        }
        self.before = token.kind;
        self.before_end = token.end;
        self.token = next;
    }

    #[inline(never)]
    fn comment(&mut self, token: Token) {
        if header::directive(token.text(self.text)) {
            self.outline.directives.push(range_of(token));
        }
    }
}

pub(super) fn range_of(token: Token) -> Range {
    Range { start: token.start, end: token.end }
}

/// Whether an offset is the first of its line.
pub(super) fn in_column_0(text: &str, offset: u32) -> bool {
    let before = &text.as_bytes()[..offset as usize];
    before.is_empty() || before.ends_with(b"\n") || before == "\u{feff}".as_bytes()
}

/// A token as a sentence names it.
fn describe(text: &str, token: Token) -> String {
    match token.kind {
        TokenKind::Eof => "end of file".to_string(),
        TokenKind::AutoSemicolon => "newline".to_string(),
        TokenKind::String | TokenKind::RawString => "string".to_string(),
        TokenKind::Char => "rune literal".to_string(),
        _ => {
            let word: String = token.text(text).chars().take(40).collect();
            format!("`{word}`")
        }
    }
}

fn bad(text: &str, token: Token, place: Place) -> Box<Fault> {
    let word = token.text(text);
    let message = match word.chars().next() {
        Some('"') => "string without an end on its line".to_string(),
        Some('`') => "raw string without an end".to_string(),
        Some('/') => "comment without an end".to_string(),
        Some('\'') => "rune literal that is not one character".to_string(),
        Some(c) if c.is_ascii_graphic() => format!("unexpected character `{c}`"),
        Some(c) => format!("unexpected character U+{:04X}", c as u32),
        None => "unexpected end of file".to_string(),
    };
    // The first character says it; a comment without an end may be the rest of the file.
    let end = token.start + word.chars().next().map_or(0, char::len_utf8) as u32;
    Fault::new(Range { start: token.start, end }, message, place)
}

/// The base type's name of a receiver such as `(t *T[K])`, given its tokens with the opening parenthesis.
fn receiver_base(text: &str, tokens: &[Token]) -> Option<Name> {
    let kind = |at: usize| tokens.get(at).map_or(TokenKind::Eof, |token| token.kind);
    let mut at = 1;
    // Go has one receiver, go/parser reads `(a, b T)` and `(A, B)` as well.
    while kind(at) == TokenKind::Ident && kind(at + 1) == TokenKind::Comma {
        at += 2;
    }
    if kind(at) == TokenKind::Ident && starts_type(&tokens[at..]) {
        at += 1;
    } else {
        at = 1;
    }
    while matches!(kind(at), TokenKind::Mul | TokenKind::Lparen) {
        at += 1;
    }
    let is_name = kind(at) == TokenKind::Ident && kind(at + 1) != TokenKind::Period;
    is_name.then(|| Name::new(tokens[at].text(text)))
}

/// Whether what follows the first token, an identifier, is a type, so that the identifier is the receiver's own name.
fn starts_type(tokens: &[Token]) -> bool {
    let kind = |at: usize| tokens.get(at).map_or(TokenKind::Eof, |token| token.kind);
    match kind(1) {
        TokenKind::Rparen | TokenKind::Comma | TokenKind::Period | TokenKind::AutoSemicolon => false,
        TokenKind::Lbrack => {
            // `T[K]` ends here; `t [5]T` goes on, and so does `t []T`.
            let mut depth = 0;
            let after = tokens.iter().enumerate().skip(1).find_map(|(at, token)| {
                match token.kind {
                    TokenKind::Lbrack => depth += 1,
                    TokenKind::Rbrack => depth -= 1,
                    _ => {}
                }
                (depth == 0).then_some(at + 1)
            });
            after.is_some_and(|after| !matches!(kind(after), TokenKind::Rparen | TokenKind::Comma))
        }
        _ => true,
    }
}

/// The value of a string literal. Escapes in import paths are allowed and never used; an unknown one is kept as it is.
fn unquote(literal: &str) -> String {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.trim_end_matches('`').replace('\r', "");
    }
    let inside = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
    let mut value = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        value.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let length = escape(rest, &mut value);
        rest = &rest[length..];
    }
    value.extend_from_slice(rest.as_bytes());
    String::from_utf8(value).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Adds the value of the escape after a backslash; gives its length, 0 if it is none.
fn escape(rest: &str, value: &mut Vec<u8>) -> usize {
    let number = |from: usize, digits: usize, radix: u32| u32::from_str_radix(rest.get(from..from + digits)?, radix).ok();
    let (length, number) = match rest.as_bytes().first() {
        Some(b'x') => (3, number(1, 2, 16)),
        Some(b'u') => (5, number(1, 4, 16)),
        Some(b'U') => (9, number(1, 8, 16)),
        Some(b'0'..=b'7') => (3, number(0, 3, 8)),
        Some(&byte) => {
            let simple = b"abfnrtv\\\"".iter().position(|&known| known == byte);
            (1, simple.map(|at| u32::from(b"\x07\x08\x0c\n\r\t\x0b\\\""[at])))
        }
        None => (0, None),
    };
    match number.map(|number| (u8::try_from(number), char::from_u32(number))) {
        // `\x` and octal escapes are bytes, the others characters.
        Some((Ok(byte), _)) if length <= 3 => value.push(byte),
        Some((_, Some(c))) => value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => {
            value.push(b'\\');
            return 0;
        }
    }
    length
}
