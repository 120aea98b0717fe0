//! Which tokens does Go text have? An exact scanner, with the semicolons that Go inserts at line ends.
//!
//! ```go
//! return x // Return, Ident, AutoSemicolon
//! ```
//!
//! It gives what go/scanner gives for every file that Go accepts. Where it accepts more (malformed numbers and escapes, a few
//! characters that are not letters to Go), the grammar finds the error later. It never allocates and never looks back.
//!
//! Not here: whether the tokens make sense (`parse::outline` counts brackets, the grammar knows the rest).

use crate::ast::Range;

mod table;

use table::{CLASS, Class, ENDS_LINE, KEYWORDS, SHORT_KEYWORDS, SINGLE, keyword_slot, word_slot};

/// What a token is, with the names of go/token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TokenKind {
    /// Nothing more in the range.
    Eof,
    /// Text that is no token: a character Go does not know, or a literal or comment without an end.
    Bad,
    /// Only with [`Scanner::with_comments`]. A line comment ends before its newline.
    Comment,

    Ident,
    Int,
    Float,
    Imag,
    Char,
    /// `"…"`
    String,
    /// `` `…` ``
    RawString,

    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    AndNot,
    AddAssign,
    SubAssign,
    MulAssign,
    QuoAssign,
    RemAssign,
    AndAssign,
    OrAssign,
    XorAssign,
    ShlAssign,
    ShrAssign,
    AndNotAssign,
    LAnd,
    LOr,
    Arrow,
    Inc,
    Dec,
    Eql,
    Lss,
    Gtr,
    Assign,
    Not,
    Tilde,
    Neq,
    Leq,
    Geq,
    Define,
    Ellipsis,
    Lparen,
    Lbrack,
    Lbrace,
    Comma,
    Period,
    Rparen,
    Rbrack,
    Rbrace,
    Semicolon,
    /// A semicolon that Go inserts at a line end: empty, at the end of the token before it.
    AutoSemicolon,
    Colon,

    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

impl TokenKind {
    /// Whether it is one of the 25 keywords.
    pub fn is_keyword(self) -> bool {
        self >= TokenKind::Break
    }

    /// A semicolon, written or inserted.
    pub fn is_semicolon(self) -> bool {
        matches!(self, TokenKind::Semicolon | TokenKind::AutoSemicolon)
    }

    /// Whether Go inserts a semicolon at a line end after it.
    #[inline]
    pub fn ends_line(self) -> bool {
        ENDS_LINE[self as usize]
    }
}

/// One token and its bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: u32,
    pub end: u32,
}

impl Token {
    /// The token's text in the file that was scanned.
    pub fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// The tokens of a range of a file, in order. A copy is a cheap look ahead.
#[derive(Clone, Copy, Debug)]
pub struct Scanner<'a> {
    /// The file up to the end of the range.
    text: &'a str,
    at: usize,
    /// Where the last token ended.
    last_end: usize,
    /// A newline ends the statement here.
    semicolon: bool,
    comments: bool,
    /// No `*/`, or no backquote, from here on: found once, so that many openings without an end stay linear.
    no_comment_end: usize,
    no_backquote: usize,
}

impl<'a> Scanner<'a> {
    /// The tokens of `range`, in offsets of `text`. The range must start at the start of a token.
    pub fn new(text: &'a str, range: Range) -> Scanner<'a> {
        let text = text.get(..range.end as usize).unwrap_or(text);
        // A byte order mark is allowed at the start of a file only.
        let bom = if range.start == 0 && text.starts_with('\u{feff}') { 3 } else { 0 };
        let at = (range.start as usize + bom).min(text.len());
        Scanner { text, at, last_end: at, semicolon: false, comments: false, no_comment_end: usize::MAX, no_backquote: usize::MAX }
    }

    /// Gives comments as tokens, too.
    pub fn with_comments(self) -> Scanner<'a> {
        Scanner { comments: true, ..self }
    }

    /// Goes on from another offset, as after a line end.
    pub fn jump(&mut self, offset: u32) {
        self.at = (offset as usize).min(self.text.len());
        self.last_end = self.at;
        self.semicolon = false;
    }

    /// Where the next token is looked for.
    pub fn offset(&self) -> u32 {
        self.at as u32
    }

    /// The next token; `Eof` at the end, again and again.
    #[inline]
    pub fn token(&mut self) -> Token {
        let bytes = self.text.as_bytes();
        loop {
            let Some(&byte) = bytes.get(self.at) else { return self.end() };
            match CLASS[byte as usize] {
                Class::Space => self.skip_space(bytes),
                Class::Newline => {
                    if self.semicolon {
                        return self.inserted();
                    }
                    self.skip_space(bytes);
                }
                Class::Letter => return self.word(bytes),
                Class::Single => {
                    let kind = SINGLE[byte as usize];
                    return self.emit(kind, self.at + 1, kind.ends_line());
                }
                Class::Operator => return self.operator(bytes, byte),
                Class::Digit => return self.number(),
                Class::Quote => return self.quoted(bytes, byte),
                Class::Slash => {
                    if let Some(token) = self.slash(bytes) {
                        return token;
                    }
                }
                Class::Wide => return self.wide(),
                Class::Illegal => {
                    let keep = self.semicolon;
                    return self.emit(TokenKind::Bad, self.at + 1, keep);
                }
            }
        }
    }

    /// Goes behind blanks, and behind newlines that end nothing.
    #[inline]
    fn skip_space(&mut self, bytes: &[u8]) {
        let mut at = self.at + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' => at += 1,
                b'\n' if !self.semicolon => at += 1,
                _ => break,
            }
        }
        self.at = at;
    }

    #[inline]
    fn emit(&mut self, kind: TokenKind, end: usize, semicolon: bool) -> Token {
        let start = self.at;
        self.at = end;
        self.last_end = end;
        self.semicolon = semicolon;
        Token { kind, start: start as u32, end: end as u32 }
    }

    #[cold]
    fn end(&mut self) -> Token {
        if self.semicolon {
            return self.inserted();
        }
        Token { kind: TokenKind::Eof, start: self.at as u32, end: self.at as u32 }
    }

    #[inline]
    fn inserted(&mut self) -> Token {
        self.semicolon = false;
        Token { kind: TokenKind::AutoSemicolon, start: self.last_end as u32, end: self.last_end as u32 }
    }

    #[inline]
    fn word(&mut self, bytes: &[u8]) -> Token {
        // Eight bytes at a time: a loop over single bytes costs a wrongly guessed branch at nearly every word.
        let Some(chunk) = eight(bytes, self.at) else { return self.long_word(bytes) };
        let length = word_length(chunk);
        let end = self.at + length;
        if length == 8 || bytes[end] >= 0x80 {
            return self.long_word(bytes);
        }
        let word = chunk & ((1 << (length * 8)) - 1);
        let slot = word_slot(word, length);
        if SHORT_KEYWORDS[slot] == word {
            let kind = KEYWORDS[slot].1;
            return self.emit(kind, end, kind.ends_line());
        }
        self.emit(TokenKind::Ident, end, true)
    }

    /// A word of eight bytes and more, at the end of the file, or with characters outside ASCII.
    fn long_word(&mut self, bytes: &[u8]) -> Token {
        let start = self.at;
        let mut end = start;
        while let Some(length) = eight(bytes, end).map(word_length) {
            end += length;
            if length < 8 {
                break;
            }
        }
        while bytes.get(end).is_some_and(|&byte| matches!(CLASS[byte as usize], Class::Letter | Class::Digit)) {
            end += 1;
        }
        if bytes.get(end).is_some_and(|&byte| byte >= 0x80) {
            return self.wide_word(end);
        }
        let word = &bytes[start..end];
        if (2..=11).contains(&word.len()) {
            let (keyword, kind) = KEYWORDS[keyword_slot(word)];
            if keyword.as_bytes() == word {
                return self.emit(kind, end, kind.ends_line());
            }
        }
        self.emit(TokenKind::Ident, end, true)
    }

    /// The rest of an identifier with characters outside ASCII.
    #[cold]
    fn wide_word(&mut self, from: usize) -> Token {
        let rest = self.text.get(from..).unwrap_or("");
        let length = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
        self.emit(TokenKind::Ident, from + length, true)
    }

    #[cold]
    fn wide(&mut self) -> Token {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(letter) if letter.is_alphabetic() => self.wide_word(self.at),
            Some(other) => {
                let keep = self.semicolon;
                self.emit(TokenKind::Bad, self.at + other.len_utf8(), keep)
            }
            // Inside a character: the range did not start at a token.
            None => self.emit(TokenKind::Bad, self.at + 1, false),
        }
    }

    /// A number, read as go/scanner reads it: a malformed one has the same end.
    fn number(&mut self) -> Token {
        let bytes = self.text.as_bytes();
        let peek = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let digits = |mut at: usize, hex: bool| {
            while peek(at) == b'_' || if hex { peek(at).is_ascii_hexdigit() } else { peek(at).is_ascii_digit() } {
                at += 1;
            }
            at
        };
        let mut kind = TokenKind::Int;
        let mut at = self.at;
        let mut hex = false;
        if peek(at) != b'.' {
            if peek(at) == b'0' && matches!(peek(at + 1) | 0x20, b'x' | b'o' | b'b') {
                hex = peek(at + 1) | 0x20 == b'x';
                at += 2;
            }
            at = digits(at, hex);
        }
        if peek(at) == b'.' {
            kind = TokenKind::Float;
            at = digits(at + 1, hex);
        }
        if matches!(peek(at) | 0x20, b'e' | b'p') {
            kind = TokenKind::Float;
            let sign = matches!(peek(at + 1), b'+' | b'-');
            at = digits(at + 1 + usize::from(sign), false);
        }
        if peek(at) == b'i' {
            kind = TokenKind::Imag;
            at += 1;
        }
        self.emit(kind, at, true)
    }

    /// `/`, `/=` or a comment; `None` for a comment that nobody wants to see.
    #[inline]
    fn slash(&mut self, bytes: &[u8]) -> Option<Token> {
        let start = self.at;
        let end = match bytes.get(start + 1) {
            Some(b'/') => {
                if self.semicolon {
                    return Some(self.inserted());
                }
                memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length)
            }
            Some(b'*') => {
                let Some(end) = self.comment_end(start + 2) else {
                    return Some(self.emit(TokenKind::Bad, bytes.len(), false));
                };
                if self.semicolon && memchr::memchr(b'\n', &bytes[start..end]).is_some() {
                    return Some(self.inserted());
                }
                end
            }
            Some(b'=') => return Some(self.emit(TokenKind::QuoAssign, start + 2, false)),
            _ => return Some(self.emit(TokenKind::Quo, start + 1, false)),
        };
        self.at = end;
        self.comments.then_some(Token { kind: TokenKind::Comment, start: start as u32, end: end as u32 })
    }

    fn comment_end(&mut self, from: usize) -> Option<usize> {
        if from >= self.no_comment_end {
            return None;
        }
        let end = memchr::memmem::find(self.text.as_bytes().get(from..)?, b"*/").map(|length| from + length + 2);
        if end.is_none() {
            self.no_comment_end = from;
        }
        end
    }

    fn backquote(&mut self, from: usize) -> Option<usize> {
        if from >= self.no_backquote {
            return None;
        }
        let end = memchr::memchr(b'`', self.text.as_bytes().get(from..)?).map(|length| from + length + 1);
        if end.is_none() {
            self.no_backquote = from;
        }
        end
    }

    #[inline]
    fn quoted(&mut self, bytes: &[u8], quote: u8) -> Token {
        if quote == b'`' {
            return match self.backquote(self.at + 1) {
                Some(end) => self.emit(TokenKind::RawString, end, true),
                None => self.emit(TokenKind::Bad, bytes.len(), true),
            };
        }
        let mut at = self.at + 1;
        loop {
            match bytes.get(at) {
                Some(&byte) if byte == quote => break,
                // What follows a backslash cannot end the literal, except a newline.
                Some(b'\\') if bytes.get(at + 1).is_some_and(|&next| next != b'\n') => at += 2,
                Some(b'\n') | None => return self.emit(TokenKind::Bad, at, true),
                Some(_) => at += 1,
            }
        }
        let kind = match quote {
            b'"' => TokenKind::String,
            _ if one_character(&bytes[self.at + 1..at]) => TokenKind::Char,
            _ => TokenKind::Bad,
        };
        self.emit(kind, at + 1, true)
    }

    #[inline]
    fn operator(&mut self, bytes: &[u8], byte: u8) -> Token {
        use TokenKind as K;
        let peek = |offset: usize| bytes.get(self.at + offset).copied().unwrap_or(0);
        let (kind, length) = match byte {
            b'.' => match (peek(1), peek(2)) {
                (b'0'..=b'9', _) => return self.number(),
                (b'.', b'.') => (K::Ellipsis, 3),
                _ => (K::Period, 1),
            },
            b':' => either(peek(1), (K::Colon, K::Define)),
            b'=' => either(peek(1), (K::Assign, K::Eql)),
            b'!' => either(peek(1), (K::Not, K::Neq)),
            b'*' => either(peek(1), (K::Mul, K::MulAssign)),
            b'%' => either(peek(1), (K::Rem, K::RemAssign)),
            b'^' => either(peek(1), (K::Xor, K::XorAssign)),
            b'+' if peek(1) == b'+' => (K::Inc, 2),
            b'+' => either(peek(1), (K::Add, K::AddAssign)),
            b'-' if peek(1) == b'-' => (K::Dec, 2),
            b'-' => either(peek(1), (K::Sub, K::SubAssign)),
            b'|' if peek(1) == b'|' => (K::LOr, 2),
            b'|' => either(peek(1), (K::Or, K::OrAssign)),
            b'<' if peek(1) == b'-' => (K::Arrow, 2),
            b'<' if peek(1) == b'<' => longer(peek(2), (K::Shl, K::ShlAssign)),
            b'<' => either(peek(1), (K::Lss, K::Leq)),
            b'>' if peek(1) == b'>' => longer(peek(2), (K::Shr, K::ShrAssign)),
            b'>' => either(peek(1), (K::Gtr, K::Geq)),
            b'&' if peek(1) == b'&' => (K::LAnd, 2),
            b'&' if peek(1) == b'^' => longer(peek(2), (K::AndNot, K::AndNotAssign)),
            _ => either(peek(1), (K::And, K::AndAssign)),
        };
        self.emit(kind, self.at + length, kind.ends_line())
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let token = self.token();
        (token.kind != TokenKind::Eof).then_some(token)
    }
}

/// Eight bytes as a number, the first the lowest.
#[inline]
fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|chunk| u64::from_le_bytes(*chunk))
}

/// How many of eight bytes, from the first on, are ASCII letters, digits or underscores.
#[inline]
fn word_length(chunk: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let low = chunk & !HIGH;
    // The high bit of each byte: whether its seven low bits are at least `first` and at most `last`; no sum carries over.
    let within = |bytes: u64, first: u8, last: u8| (bytes + (0x80 - u64::from(first)) * ONES) & !(bytes + (0x7f - u64::from(last)) * ONES);
    let word = within(low | (0x20 * ONES), b'a', b'z') | within(low, b'0', b'9') | within(low, b'_', b'_');
    let stop = !(word & !chunk) & HIGH;
    (stop.trailing_zeros() / 8) as usize
}

/// An operator of one character, or with `=` of two.
fn either(next: u8, (one, two): (TokenKind, TokenKind)) -> (TokenKind, usize) {
    if next == b'=' { (two, 2) } else { (one, 1) }
}

/// An operator of two characters, or with `=` of three.
fn longer(next: u8, (two, three): (TokenKind, TokenKind)) -> (TokenKind, usize) {
    if next == b'=' { (three, 3) } else { (two, 2) }
}

/// Whether the inside of a rune literal is one character or one escape.
fn one_character(inside: &[u8]) -> bool {
    match inside {
        [b'\\', _, ..] => true,
        [first, rest @ ..] => rest.iter().all(|&byte| byte & 0xc0 == 0x80) && (rest.is_empty() || *first >= 0x80),
        [] => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Vec<(TokenKind, &str)> {
        let range = Range { start: 0, end: text.len() as u32 };
        Scanner::new(text, range).with_comments().map(|token| (token.kind, token.text(text))).collect()
    }

    fn kinds(text: &str) -> Vec<TokenKind> {
        scan(text).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn every_operator_and_keyword_is_one_token() {
        let operators =
            "+ - * / % & | ^ << >> &^ += -= *= /= %= &= |= ^= <<= >>= &^= && || <- ++ -- == < > = ! ~ != <= >= := ... ( [ { , . ) ] } ; :";
        let words = "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var";
        for word in operators.split(' ').chain(words.split(' ')) {
            let tokens = scan(word);
            assert_eq!(tokens[0].1, word);
            assert!(tokens[1..].iter().all(|&(kind, _)| kind == TokenKind::AutoSemicolon), "{word}: {tokens:?}");
        }
        assert!(words.split(' ').all(|word| kinds(word)[0].is_keyword()));
        assert_eq!(kinds("breaks")[0], TokenKind::Ident);
    }

    #[test]
    fn semicolons_are_inserted_where_the_spec_says() {
        use TokenKind as K;
        assert_eq!(kinds("return\n"), [K::Return, K::AutoSemicolon]);
        assert_eq!(kinds("x := 1 /*\n*/ y"), [K::Ident, K::Define, K::Int, K::AutoSemicolon, K::Comment, K::Ident, K::AutoSemicolon]);
        assert_eq!(kinds("f() /* a */ // b"), [K::Ident, K::Lparen, K::Rparen, K::Comment, K::AutoSemicolon, K::Comment]);
        assert_eq!(kinds("a +\nb;\n"), [K::Ident, K::Add, K::Ident, K::Semicolon]);
        let text = "x // c";
        let token = Scanner::new(text, Range { start: 0, end: 6 }).nth(1).unwrap();
        assert_eq!(token, Token { kind: K::AutoSemicolon, start: 1, end: 1 });
    }

    #[test]
    fn literals_end_where_go_ends_them() {
        use TokenKind as K;
        for (text, kind) in [
            ("0x1.8p-3", K::Float),
            ("0xep1", K::Float),
            ("1_000", K::Int),
            (".5e+3i", K::Imag),
            ("017", K::Int),
            ("0b11i", K::Imag),
            ("'\\''", K::Char),
            ("'世'", K::Char),
            ("\"a\\\"b\\\\\"", K::String),
            ("`a\\\nfunc f()`", K::RawString),
            ("größe世2", K::Ident),
            ("'ab'", K::Bad),
            ("\"open", K::Bad),
            ("/* open", K::Bad),
        ] {
            assert_eq!(scan(text)[0], (kind, text));
        }
        assert_eq!(scan("0x1e+5").len(), 4); // 0x1e, +, 5, inserted
        assert_eq!(kinds("#\n\"a\nb"), [K::Bad, K::Bad, K::AutoSemicolon, K::Ident, K::AutoSemicolon]);
    }

    #[test]
    fn a_range_and_a_byte_order_mark() {
        let text = "\u{feff}package p; var x = `a`";
        let tokens: Vec<_> = Scanner::new(text, Range { start: 14, end: 19 }).map(|token| token.text(text)).collect();
        assert_eq!(tokens, ["var", "x", ""]);
        assert_eq!(scan(text)[0], (TokenKind::Package, "package"));
    }
}
