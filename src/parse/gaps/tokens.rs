//! The tokens of a declaration with their brackets paired, and what is written differently at which of them.
//!
//! ```go
//! (make)(map[int]string, n) // a type among arguments: the grammar gets a name of the same length
//! ```
//!
//! Not here: how offsets are kept (`gaps`).

use super::Writer;
use crate::ast::Range;
use crate::parse::scan::{Scanner, Token, TokenKind as K};

/// The tokens of a range, without comments.
pub(super) struct Tokens {
    list: Vec<Token>,
    /// For a bracket, the position of its partner; for other tokens and brackets without one, its own.
    mates: Vec<u32>,
    depth: u32,
    deepest: Option<Range>,
}

impl Tokens {
    pub(super) fn of(file: &str, range: Range) -> Tokens {
        let list: Vec<Token> = Scanner::new(file, range).collect();
        let mut mates: Vec<u32> = (0..list.len() as u32).collect();
        let mut open: Vec<usize> = Vec::new();
        let (mut depth, mut deepest) = (0, None);
        for (at, token) in list.iter().enumerate() {
            match token.kind {
                K::Lparen | K::Lbrack | K::Lbrace => {
                    open.push(at);
                    if open.len() as u32 > depth {
                        depth = open.len() as u32;
                        deepest = Some(Range { start: token.start, end: token.end });
                    }
                }
                K::Rparen | K::Rbrack | K::Rbrace => {
                    if let Some(mate) = open.pop_if(|last| closes(list[*last].kind, token.kind)) {
                        mates[mate] = at as u32;
                        mates[at] = mate as u32;
                    }
                }
                _ => {}
            }
        }
        Tokens { list, mates, depth, deepest }
    }

    /// A place that brackets put deeper than `limit`.
    pub(super) fn deeper_than(&self, limit: u32) -> Option<Range> {
        self.deepest.filter(|_| self.depth > limit)
    }

    fn kind(&self, at: usize) -> K {
        self.list.get(at).map_or(K::Eof, |token| token.kind)
    }

    /// The kind of the token before; `Semicolon` before the first one.
    fn before(&self, at: usize) -> K {
        at.checked_sub(1).map_or(K::Semicolon, |at| self.kind(at))
    }

    /// The position of the bracket that closes the one at `at`.
    fn mate(&self, at: usize) -> Option<usize> {
        let mate = *self.mates.get(at)? as usize;
        (mate > at).then_some(mate)
    }

    /// Whether the arguments in the parentheses at `at` are a type and perhaps sizes.
    fn allocates_type(&self, at: usize) -> bool {
        let typed = |end: usize| matches!(self.kind(end), K::Comma | K::Rparen);
        let spread =
            |close: usize| self.before(close) == K::Ellipsis || self.before(close) == K::Comma && self.before(close - 1) == K::Ellipsis;
        self.mate(at).is_some_and(|close| !spread(close)) && self.type_end(at + 1).is_some_and(typed)
    }

    /// The position of the brace that opens the body of the loop at `at`.
    fn body(&self, mut at: usize) -> usize {
        loop {
            at = match self.kind(at) {
                K::Lbrace | K::Eof => return at,
                _ => self.mate(at).unwrap_or(at) + 1,
            };
        }
    }

    /// The position behind the type that starts at `at`, as far as tokens show one. An index `a[i]` may be taken for a type.
    fn type_end(&self, mut at: usize) -> Option<usize> {
        let mut parens = 0;
        loop {
            at = match self.kind(at) {
                K::Mul => at + 1,
                K::Lparen => {
                    parens += 1;
                    at + 1
                }
                K::Lbrack => self.mate(at)? + 1,
                K::Chan if self.kind(at + 1) == K::Arrow => at + 2,
                K::Chan => at + 1,
                K::Arrow if self.kind(at + 1) == K::Chan => at + 2,
                K::Map if self.kind(at + 1) == K::Lbrack => self.mate(at + 1)? + 1,
                K::Func if self.kind(at + 1) == K::Lparen => {
                    let end = self.mate(at + 1)? + 1;
                    match self.kind(end) {
                        K::Lparen => return self.closed(self.mate(end)? + 1, parens),
                        K::Lbrace => return None,
                        K::Mul | K::Lbrack | K::Chan | K::Arrow | K::Map | K::Func | K::Struct | K::Interface | K::Ident => end,
                        _ => return self.closed(end, parens),
                    }
                }
                K::Struct | K::Interface if self.kind(at + 1) == K::Lbrace => return self.closed(self.mate(at + 1)? + 1, parens),
                K::Ident => return self.closed(self.named_end(at)?, parens),
                _ => return None,
            };
        }
    }

    /// Behind the closing brackets that a type's parentheses need.
    fn closed(&self, at: usize, parens: usize) -> Option<usize> {
        (0..parens).all(|n| self.kind(at + n) == K::Rparen).then_some(at + parens)
    }

    /// Behind `T`, `p.T`, `T[A, B]`.
    fn named_end(&self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        if self.kind(end) == K::Period && self.kind(end + 1) == K::Ident {
            end += 2;
        }
        if self.kind(end) != K::Lbrack {
            return Some(end);
        }
        let close = self.mate(end)?;
        let typed = |at: usize| match self.kind(at) {
            K::Lparen => !matches!(self.before(at), K::Ident | K::Rparen | K::Rbrack | K::Rbrace),
            K::Int | K::Float | K::Imag | K::Char | K::String | K::RawString | K::Colon => false,
            K::Add | K::Sub | K::Quo | K::Rem | K::And | K::Xor | K::Shl | K::Shr | K::AndNot | K::LAnd | K::LOr | K::Not => false,
            K::Mul => !matches!(self.before(at), K::Ident | K::Rparen | K::Rbrack | K::Rbrace),
            _ => true,
        };
        (close > end + 1 && (end + 1..close).all(typed)).then_some(close + 1)
    }
}

fn closes(open: K, close: K) -> bool {
    matches!((open, close), (K::Lparen, K::Rparen) | (K::Lbrack, K::Rbrack) | (K::Lbrace, K::Rbrace))
}

/// Whether an operand can start behind a token.
fn before_operand(kind: K) -> bool {
    use K::{Break, Chan, Continue, Ellipsis, Fallthrough, Func, Goto, Import, Interface, Map, Package, Period, Struct, Type, Var};
    let ends = kind.ends_line() || matches!(kind, K::Bad | Period | Ellipsis);
    let word = matches!(
        kind,
        Break | Chan | K::Const | Continue | Fallthrough | Func | Goto | Import | Interface | Map | Package | Struct | Type | Var
    );
    kind == K::Return || !ends && !word
}

impl Writer<'_> {
    /// What is known from the tokens around a place.
    pub(super) fn words(&mut self) {
        self.generic_method();
        let tokens = self.tokens;
        let mut header = 0;
        for (at, token) in tokens.list.iter().enumerate() {
            match token.kind {
                K::For => header = tokens.body(at),
                K::Semicolon if at > header => self.empty_statement(at),
                K::Ident => self.predeclared(at),
                K::AutoSemicolon => self.hidden_line_end(at),
                K::If | K::Switch if tokens.kind(at + 1) == K::Semicolon => self.insert(tokens.list[at + 1].start, "_"),
                K::Const | K::Var | K::Type => self.group(at),
                K::Colon => self.label(at),
                // `[...]T` is a type to Go wherever it stands, to the grammar only in a literal: it gets an array with a length.
                K::Ellipsis if tokens.before(at) == K::Lbrack => self.mask(Range { start: token.start, end: token.end }, b'_'),
                _ => {}
            }
        }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.list[at].text(self.file)
    }

    /// `func (r R) M[P any]()`: to the grammar a method has no type parameters.
    fn generic_method(&mut self) {
        let tokens = self.tokens;
        if tokens.kind(0) != K::Func || tokens.kind(1) != K::Lparen {
            return;
        }
        let Some(close) = tokens.mate(1) else { return };
        if tokens.kind(close + 1) == K::Ident && tokens.kind(close + 2) == K::Lbrack {
            let receiver = Range { start: tokens.list[1].start, end: tokens.list[close].end };
            self.mask(receiver, b' ');
            self.rewrite.receiver = Some(receiver);
        }
    }

    /// The grammar has words of its own for what Go only predeclares; `make` and `new` are left where a type follows.
    fn predeclared(&mut self, at: usize) {
        let word = self.text(at);
        if !(3..=5).contains(&word.len()) || !matches!(word, "make" | "new" | "nil" | "true" | "false" | "iota") {
            return;
        }
        let allocates = matches!(word, "make" | "new") && self.tokens.kind(at + 1) == K::Lparen;
        if allocates && self.tokens.before(at) != K::Period && self.tokens.allocates_type(at + 1) {
            return;
        }
        let last = self.tokens.list[at].end;
        self.mask(Range { start: last - 1, end: last }, b'_');
    }

    /// A `;` that is a statement needs another one behind it: in `return; ;` the grammar takes every other one for a terminator.
    fn empty_statement(&mut self, at: usize) {
        if matches!(self.tokens.before(at), K::Semicolon | K::AutoSemicolon | K::Lbrace | K::Colon) {
            self.insert(self.tokens.list[at].end, "\n");
        }
    }

    /// The line end that ends a statement is inside a comment. Or a block follows: in `if a { b() }`, line end, `{ }` the grammar may
    /// take the first braces for a literal `a{b()}`, and the line end for space.
    fn hidden_line_end(&mut self, at: usize) {
        if self.tokens.kind(at + 1) == K::Lbrace {
            self.insert(self.tokens.list[at].end, ";");
            return;
        }
        let (start, end) = (self.tokens.list[at].end, self.tokens.list.get(at + 1).map_or(u32::MAX, |next| next.start));
        let Some(between) = self.file.get(start as usize..end as usize) else { return };
        let blank = between.bytes().take_while(|&byte| byte != b'/').any(|byte| byte == b'\n');
        if !blank && between.contains("/*") {
            self.insert(start, "\n");
        }
    }

    /// A group needs a line end before its `)`; a constant with a type needs a value.
    fn group(&mut self, at: usize) {
        let tokens = self.tokens;
        let constants = tokens.kind(at) == K::Const;
        if tokens.kind(at + 1) != K::Lparen {
            if constants {
                self.constant(at + 1);
            }
            return;
        }
        let Some(close) = tokens.mate(at + 1) else { return };
        if close > at + 2 && !tokens.kind(close - 1).is_semicolon() {
            self.insert(tokens.list[close - 1].end, "\n");
        }
        let mut next = at + 2;
        let mut starts = true;
        while constants && next < close {
            if starts {
                self.constant(next);
            }
            starts = tokens.kind(next).is_semicolon();
            next = tokens.mate(next).unwrap_or(next) + 1;
        }
    }

    /// `c int` without a value.
    fn constant(&mut self, mut at: usize) {
        let tokens = self.tokens;
        while tokens.kind(at) == K::Ident && tokens.kind(at + 1) == K::Comma {
            at += 2;
        }
        let Some(end) = tokens.type_end(at + 1) else { return };
        if tokens.kind(at) == K::Ident && tokens.kind(end) != K::Assign {
            self.insert(tokens.list[end - 1].end, "=0");
        }
    }

    /// A label right before a closing brace.
    fn label(&mut self, at: usize) {
        let tokens = self.tokens;
        let starts = |at| matches!(tokens.before(at), K::Semicolon | K::AutoSemicolon | K::Lbrace | K::Colon);
        if tokens.kind(at + 1) == K::Rbrace && tokens.before(at) == K::Ident && starts(at - 1) {
            self.insert(tokens.list[at + 1].start, "_");
        }
    }

    /// Replaces every type that stands where an operand can by a name of the same length; not the first one, if it is what the text is
    /// about.
    pub(super) fn types(&mut self, inner: bool) {
        let tokens = self.tokens;
        let mut at = usize::from(inner);
        while at < tokens.list.len() {
            self.outside_switch(at);
            self.tilde(at);
            match self.operand_type(at) {
                Some(end) => {
                    let range = Range { start: tokens.list[at].start, end: tokens.list[end - 1].end };
                    self.mask(range, b'_');
                    self.inserts.retain(|&(place, text)| text.is_empty() || place <= range.start || place >= range.end);
                    self.rewrite.types.push(range);
                    at = end;
                }
                None => at += 1,
            }
        }
    }

    fn operand_type(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens;
        let starts = matches!(tokens.kind(at), K::Lbrack | K::Map | K::Chan | K::Struct | K::Interface | K::Func | K::Arrow);
        // In `var c <-chan T` the arrow belongs to the type; in `= <-chan T(x)` it is an operator.
        let of_type = tokens.kind(at) == K::Chan && tokens.before(at) == K::Arrow && !before_operand(tokens.before(at - 1));
        if !starts || of_type || !before_operand(tokens.before(at)) {
            return None;
        }
        let end = tokens.type_end(at)?;
        // `<-chan T(x)` receives; before `{` the grammar knows a type from a name.
        let receives = tokens.kind(at) == K::Arrow && matches!(tokens.kind(end), K::Lparen | K::Period | K::Lbrack);
        (!receives && tokens.kind(end) != K::Lbrace).then_some(end)
    }

    /// `x.(type)` outside a switch is an error of types, not of syntax.
    fn outside_switch(&mut self, at: usize) {
        let tokens = self.tokens;
        let around = tokens.kind(at) == K::Type && tokens.before(at) == K::Lparen && tokens.kind(at + 1) == K::Rparen;
        if around && tokens.kind(at + 2) != K::Lbrace {
            let token = tokens.list[at];
            self.mask(Range { start: token.start, end: token.end }, b'_');
        }
    }

    /// `~x` in an expression is an error of types, too.
    fn tilde(&mut self, at: usize) {
        let tokens = self.tokens;
        let constraint = matches!(tokens.before(at), K::Or | K::Lbrace | K::Semicolon | K::AutoSemicolon | K::Ident | K::Lbrack);
        if tokens.kind(at) == K::Tilde && !constraint {
            let token = tokens.list[at];
            self.mask(Range { start: token.start, end: token.end }, b'^');
        }
    }
}
