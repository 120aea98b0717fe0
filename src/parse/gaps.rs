//! What can tree-sitter-go not read, or reads wrongly? A declaration is written down anew for it: some tokens are replaced by others
//! of the same length, a few are inserted, a few stretches are read by themselves. Names come from the file and not from that text,
//! so that lowering puts everything back.
//!
//! ```go
//! new(1)                         // ne_(1): the grammar wants a type after `new(`
//! const ( a = 1; b = 2 )         // a line end is inserted before the `)`
//! func (r R) M[P any](x P) P {}  // the receiver is blank here, and read as `func _(r R)` by itself
//! ```
//!
//! Nearly everything happens before the grammar sees the text, because it costs nothing beside parsing. Only where a tree still has an
//! error, the declaration is written down with every type in an expression replaced by a name ([`Effort::Types`]). What the grammar
//! reads without an error but groups wrongly is regrouped at lowering (`lower::exprs`, `lower::types`).
//!
//! Not here: lowering (`lower`), parsing (`tree`).

mod tokens;

#[cfg(test)]
mod tests;

use super::lower::MAX_DEPTH;
use crate::ast::{ExprId, Range};
use tokens::Tokens;

/// How much is written differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// What is known from the tokens around a place.
    Words,
    /// And every type that stands in an expression.
    Types,
}

/// A declaration's text as the grammar gets it, and how its offsets are those of the file.
#[derive(Debug, Default)]
pub(super) struct Rewrite {
    pub(super) text: Vec<u8>,
    /// The file offset of the text's first byte.
    base: u32,
    /// Places of `text` (start, length) that are not in the file, ascending, with the sum of the lengths before.
    inserts: Vec<(u32, u32, u32)>,
    /// The receiver of a generic method: blank in `text`.
    pub(super) receiver: Option<Range>,
    /// Types that are names in `text`, ascending.
    pub(super) types: Vec<Range>,
    /// What `types` became, when they were read.
    pub(super) kept: Vec<(Range, ExprId)>,
    /// Brackets nest deeper than a tree may.
    pub(super) too_deep: Option<Range>,
}

impl Rewrite {
    /// Writes down a range of a file behind some words that make a declaration of it.
    pub(super) fn of(file: &str, range: Range, before: &'static str, effort: Effort) -> Rewrite {
        let mut text = file.get(range.start as usize..range.end as usize).unwrap_or_default().as_bytes().to_vec();
        text.push(b'\n');
        let rewrite = Rewrite { text, base: range.start, ..Rewrite::default() };
        let tokens = Tokens::of(file, range);
        if let Some(deep) = tokens.deeper_than(MAX_DEPTH) {
            return Rewrite { too_deep: Some(deep), ..rewrite };
        }
        let mut writer = Writer { file, tokens: &tokens, rewrite, inserts: vec![(range.start, before)] };
        writer.words();
        if effort == Effort::Types {
            writer.types(!before.is_empty());
        }
        writer.finish()
    }

    /// The range of the file for a range of the text.
    pub(super) fn range(&self, start: u32, end: u32) -> Range {
        Range { start: self.offset(start), end: self.offset(end) }
    }

    fn offset(&self, at: u32) -> u32 {
        let before = self.inserts.partition_point(|&(start, ..)| start < at);
        let Some(&(start, length, earlier)) = before.checked_sub(1).map(|last| &self.inserts[last]) else { return self.base + at };
        self.base + at - earlier - length.min(at - start)
    }

    /// Whether a range of the text is not in the file.
    pub(super) fn inserted(&self, start: u32, end: u32) -> bool {
        let before = self.inserts.partition_point(|&(from, ..)| from <= start);
        before > 0 && end > start && end <= self.inserts[before - 1].0 + self.inserts[before - 1].1
    }

    /// The type that was read for a place of the file.
    pub(super) fn kept(&self, range: Range) -> Option<ExprId> {
        let at = self.kept.binary_search_by_key(&range, |&(kept, _)| kept).ok()?;
        Some(self.kept[at].1)
    }
}

struct Writer<'a> {
    file: &'a str,
    tokens: &'a Tokens,
    rewrite: Rewrite,
    /// Where in the file what is inserted.
    inserts: Vec<(u32, &'static str)>,
}

impl Writer<'_> {
    fn insert(&mut self, at: u32, text: &'static str) {
        self.inserts.push((at, text));
    }

    fn mask(&mut self, range: Range, byte: u8) {
        let base = self.rewrite.base;
        if let Some(bytes) = self.rewrite.text.get_mut((range.start - base) as usize..(range.end - base) as usize) {
            bytes.fill(byte);
        }
    }

    fn finish(mut self) -> Rewrite {
        self.inserts.retain(|(_, text)| !text.is_empty());
        if self.inserts.is_empty() {
            return self.rewrite;
        }
        self.inserts.sort_by_key(|&(at, _)| at);
        let old = std::mem::take(&mut self.rewrite.text);
        let (mut text, mut from, mut earlier) = (Vec::with_capacity(old.len() + 16), 0, 0);
        for (at, inserted) in self.inserts {
            let at = (at - self.rewrite.base) as usize;
            text.extend_from_slice(&old[from..at]);
            let length = inserted.len() as u32;
            self.rewrite.inserts.push((text.len() as u32, length, earlier));
            text.extend_from_slice(inserted.as_bytes());
            earlier += length;
            from = at;
        }
        text.extend_from_slice(&old[from..]);
        self.rewrite.text = text;
        self.rewrite
    }
}
