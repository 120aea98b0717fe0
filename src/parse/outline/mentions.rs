//! Which words does a declaration mention? Keywords exactly, names and qualifiers by a filter that never says a false "no".
//!
//! ```go
//! func f() { go time.Sleep(x) } // keywords func and go, names f, time, Sleep and x, qualifier time
//! ```
//!
//! Not here: what the words mean (`sema`); a local variable `time` is a qualifier here as well.

use crate::parse::scan::TokenKind;

/// Words that rules ask outlines for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    Go,
    Defer,
    Chan,
    For,
    Goto,
    Select,
    Range,
    Return,
    Map,
    Func,
    Switch,
    /// `<-`
    Arrow,
    /// A `:` inside `[ ]`: perhaps a slice expression.
    SliceColon,
    Break,
    Continue,
    Interface,
    Struct,
    /// `:=`
    Define,
    /// A `defer` somewhere behind a `for`: perhaps in its body.
    DeferBehindFor,
}

/// A qualifier that is certainly no import of a known name; see `Outline::mentions_import`.
const FOREIGN: u32 = 1 << 31;

const HASH_MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const QUALIFIER_SEED: u64 = 0x5851_f42d_4c95_7f2d;
/// 128 KiB: enough for a table of 100,000 names; a larger one only answers "perhaps" more often.
const MOST_WORDS: usize = 1 << 14;

/// What the tokens of a declaration mention; never a false "no".
#[derive(Clone, Debug, Default)]
pub struct Mentions {
    bits: u32,
    /// A Bloom filter of names and qualifiers; its length is a power of two.
    filter: Box<[u64]>,
}

/// A name, made ready to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(u64);

impl Mentions {
    /// The answer for text that could not be read: perhaps everything.
    pub fn everything() -> Mentions {
        Mentions { bits: u32::MAX, filter: Box::new([u64::MAX]) }
    }

    /// Whether the keyword or operator occurs.
    pub fn has(&self, keyword: Keyword) -> bool {
        self.bits & bit(keyword) != 0
    }

    /// What [`Mentions::has_word`] takes, for a name that is asked for again and again.
    pub fn word(name: &str) -> Word {
        Word(hash(name.as_bytes(), 0, name.len()))
    }

    /// Whether the identifier occurs, as [`Mentions::name`] says it.
    pub fn has_word(&self, word: Word) -> bool {
        self.contains(word.0)
    }

    /// Whether the identifier occurs. "No" is certain; "yes" is right at least nine times in ten.
    pub fn name(&self, name: &str) -> bool {
        self.contains(hash(name.as_bytes(), 0, name.len()))
    }

    /// Whether `name.` occurs with nothing selected before it: `t` in `t.C`, not `b` in `a.b.c`. "No" is certain.
    pub fn qualifier(&self, name: &str) -> bool {
        self.contains(qualifier(hash(name.as_bytes(), 0, name.len())))
    }

    /// Whether there is a qualifier that no import is certain to be named after.
    pub(super) fn foreign(&self) -> bool {
        self.bits & FOREIGN != 0
    }

    fn contains(&self, hash: u64) -> bool {
        let bits = self.filter.len() as u64 * 64;
        bits > 0 && places(hash, bits).into_iter().all(|place| self.filter[(place / 64) as usize] & (1 << (place % 64)) != 0)
    }
}

/// Collects what the tokens of one declaration mention.
#[derive(Debug, Default)]
pub(super) struct Collector {
    bits: u32,
    names: Vec<u64>,
    /// Hashes of the names that imports are certain to have.
    certain: Vec<u64>,
}

impl Collector {
    /// Forgets a declaration, keeps the imports.
    pub(super) fn clear(&mut self) {
        self.bits = 0;
        self.names.clear();
    }

    /// An import that is certain to be named so.
    pub(super) fn import(&mut self, name: &str) {
        self.certain.push(hash(name.as_bytes(), 0, name.len()));
    }

    #[inline]
    pub(super) fn token(&mut self, kind: TokenKind) {
        self.bits |= BITS[kind as usize];
        if kind == TokenKind::Defer && self.bits & bit(Keyword::For) != 0 {
            self.bits |= bit(Keyword::DeferBehindFor);
        }
    }

    pub(super) fn slice_colon(&mut self) {
        self.bits |= bit(Keyword::SliceColon);
    }

    /// An identifier, given by its place in the file.
    #[inline]
    pub(super) fn name(&mut self, bytes: &[u8], start: usize, end: usize, is_qualifier: bool) {
        let hash = hash(bytes, start, end);
        self.names.push(hash);
        if is_qualifier {
            self.names.push(qualifier(hash));
            if self.bits & FOREIGN == 0 && !self.certain.contains(&hash) {
                self.bits |= FOREIGN;
            }
        }
    }

    pub(super) fn finish(&mut self) -> Mentions {
        // Eight to sixteen bits for each name and two places: a false "yes" for less than one name in ten.
        let words = self.names.len().div_ceil(8).next_power_of_two().min(MOST_WORDS);
        let mut filter = vec![0u64; words].into_boxed_slice();
        for &hash in &self.names {
            for place in places(hash, words as u64 * 64) {
                filter[(place / 64) as usize] |= 1 << (place % 64);
            }
        }
        Mentions { bits: self.bits, filter }
    }
}

const fn bit(keyword: Keyword) -> u32 {
    1 << keyword as u32
}

/// The bits of each kind of token.
static BITS: [u32; TokenKind::Var as usize + 1] = {
    let mut table = [0; TokenKind::Var as usize + 1];
    table[TokenKind::Go as usize] = bit(Keyword::Go);
    table[TokenKind::Defer as usize] = bit(Keyword::Defer);
    table[TokenKind::Chan as usize] = bit(Keyword::Chan);
    table[TokenKind::For as usize] = bit(Keyword::For);
    table[TokenKind::Goto as usize] = bit(Keyword::Goto);
    table[TokenKind::Select as usize] = bit(Keyword::Select);
    table[TokenKind::Range as usize] = bit(Keyword::Range);
    table[TokenKind::Return as usize] = bit(Keyword::Return);
    table[TokenKind::Map as usize] = bit(Keyword::Map);
    table[TokenKind::Func as usize] = bit(Keyword::Func);
    table[TokenKind::Switch as usize] = bit(Keyword::Switch);
    table[TokenKind::Arrow as usize] = bit(Keyword::Arrow);
    table[TokenKind::Break as usize] = bit(Keyword::Break);
    table[TokenKind::Continue as usize] = bit(Keyword::Continue);
    table[TokenKind::Interface as usize] = bit(Keyword::Interface);
    table[TokenKind::Struct as usize] = bit(Keyword::Struct);
    table[TokenKind::Define as usize] = bit(Keyword::Define);
    table
};

/// The two places of a hash in a filter whose number of bits is a power of two.
#[inline]
fn places(hash: u64, bits: u64) -> [u64; 2] {
    [hash & (bits - 1), (hash >> 32) & (bits - 1)]
}

#[inline]
fn qualifier(hash: u64) -> u64 {
    let mixed = (hash ^ QUALIFIER_SEED).wrapping_mul(HASH_MULTIPLIER);
    mixed ^ (mixed >> 29)
}

/// A hash of `bytes[start..end]`, eight bytes at a time; the bytes around it do not matter.
#[inline]
fn hash(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = (end - start) as u64;
    let mut at = start;
    while at < end {
        hash = (hash ^ load(bytes, at, end)).wrapping_mul(HASH_MULTIPLIER);
        hash ^= hash >> 29;
        at += 8;
    }
    hash
}

/// Up to eight bytes as a number.
#[inline]
fn load(bytes: &[u8], at: usize, end: usize) -> u64 {
    if let Some(Ok(chunk)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let chunk = u64::from_le_bytes(chunk);
        return if end - at >= 8 { chunk } else { chunk & ((1 << ((end - at) * 8)) - 1) };
    }
    bytes[at..end].iter().rev().fold(0, |chunk, &byte| chunk << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_hash_wherever_it_stands() {
        let text = "x.aVeryLongNameOfTwentySevenCharacters a\u{e9} end";
        for name in ["x", "aVeryLongNameOfTwentySevenCharacters", "a\u{e9}", "end"] {
            let start = text.find(name).unwrap_or_default();
            assert_eq!(hash(text.as_bytes(), start, start + name.len()), hash(name.as_bytes(), 0, name.len()), "{name}");
        }
    }

    #[test]
    fn no_false_no_and_few_false_yes() {
        let mut collector = Collector::default();
        let names: Vec<String> = (0..5000).map(|number| format!("name{number}")).collect();
        for name in &names {
            collector.name(name.as_bytes(), 0, name.len(), false);
        }
        let mentions = collector.finish();
        assert!(names.iter().all(|name| mentions.name(name)));
        let wrong = (0..5000).filter(|number| mentions.name(&format!("other{number}"))).count();
        assert!(wrong < 500, "{wrong} of 5000");
        assert!(!Mentions::default().name("x"));
        assert!(Mentions::everything().name("x") && Mentions::everything().has(Keyword::Go));
    }
}
