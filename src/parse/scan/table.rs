//! What does a byte begin, and which words are keywords? Tables made at compile time.
//!
//! ```go
//! range // (r << 4 ^ a) + 5, modulo 64: a slot that no other keyword has
//! ```
//!
//! Not here: how a token goes on (`parse::scan`).

use super::TokenKind;

/// What a byte begins.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    Illegal,
    Space,
    Newline,
    Letter,
    Digit,
    /// A character outside ASCII.
    Wide,
    Quote,
    Slash,
    /// An operator that is one character, whatever follows.
    Single,
    Operator,
}

pub(super) static CLASS: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Illegal; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\r' => Class::Space,
            b'\n' => Class::Newline,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'"' | b'\'' | b'`' => Class::Quote,
            b'/' => Class::Slash,
            b'+' | b'-' | b'*' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'!' | b':' | b'.' => Class::Operator,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' | b'~' => Class::Single,
            0x80..=0xff => Class::Wide,
            _ => Class::Illegal,
        };
        byte += 1;
    }
    table
}

/// The kinds of the operators of class `Single`.
pub(super) static SINGLE: [TokenKind; 256] = {
    use TokenKind as K;
    let mut table = [K::Bad; 256];
    table[b'(' as usize] = K::Lparen;
    table[b')' as usize] = K::Rparen;
    table[b'[' as usize] = K::Lbrack;
    table[b']' as usize] = K::Rbrack;
    table[b'{' as usize] = K::Lbrace;
    table[b'}' as usize] = K::Rbrace;
    table[b',' as usize] = K::Comma;
    table[b';' as usize] = K::Semicolon;
    table[b'~' as usize] = K::Tilde;
    table
};

/// The slot of a word of at least two bytes: the hash of Go's own compiler, perfect for Go's keywords.
#[inline]
pub(super) const fn keyword_slot(word: &[u8]) -> usize {
    ((((word[0] as usize) << 4) ^ word[1] as usize) + word.len()) & 63
}

/// `keyword_slot` of a word of one to seven bytes, given as a number.
#[inline]
pub(super) const fn word_slot(word: u64, length: usize) -> usize {
    (((((word & 0xff) << 4) ^ ((word >> 8) & 0xff)) as usize) + length) & 63
}

/// The keywords of up to seven bytes as numbers, in their slots; 0 is no word.
pub(super) static SHORT_KEYWORDS: [u64; 64] = {
    let keywords = keywords();
    let mut table = [0; 64];
    let mut slot = 0;
    while slot < 64 {
        let word = keywords[slot].0.as_bytes();
        let mut at = word.len();
        while at > 0 && word.len() < 8 {
            at -= 1;
            table[slot] = table[slot] << 8 | word[at] as u64;
        }
        slot += 1;
    }
    table
};

/// The kinds after which Go inserts a semicolon at a line end.
pub(super) static ENDS_LINE: [bool; TokenKind::Var as usize + 1] = {
    use TokenKind as K;
    const ALL: [K; 16] = [
        K::Ident,
        K::Int,
        K::Float,
        K::Imag,
        K::Char,
        K::String,
        K::RawString,
        K::Break,
        K::Continue,
        K::Fallthrough,
        K::Return,
        K::Inc,
        K::Dec,
        K::Rparen,
        K::Rbrack,
        K::Rbrace,
    ];
    let mut table = [false; TokenKind::Var as usize + 1];
    let mut index = 0;
    while index < ALL.len() {
        table[ALL[index] as usize] = true;
        index += 1;
    }
    table
};

pub(super) static KEYWORDS: [(&str, TokenKind); 64] = keywords();

const fn keywords() -> [(&'static str, TokenKind); 64] {
    use TokenKind as K;
    const ALL: [(&str, TokenKind); 25] = [
        ("break", K::Break),
        ("case", K::Case),
        ("chan", K::Chan),
        ("const", K::Const),
        ("continue", K::Continue),
        ("default", K::Default),
        ("defer", K::Defer),
        ("else", K::Else),
        ("fallthrough", K::Fallthrough),
        ("for", K::For),
        ("func", K::Func),
        ("go", K::Go),
        ("goto", K::Goto),
        ("if", K::If),
        ("import", K::Import),
        ("interface", K::Interface),
        ("map", K::Map),
        ("package", K::Package),
        ("range", K::Range),
        ("return", K::Return),
        ("select", K::Select),
        ("struct", K::Struct),
        ("switch", K::Switch),
        ("type", K::Type),
        ("var", K::Var),
    ];
    let mut table = [("", K::Eof); 64];
    let mut index = 0;
    while index < ALL.len() {
        table[keyword_slot(ALL[index].0.as_bytes())] = ALL[index];
        index += 1;
    }
    table
}
