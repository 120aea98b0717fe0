//! What can tree-sitter-go not read yet? Those places of a declaration are written differently before the grammar sees them.
//!
//! Not here: lowering (`lower`).

use crate::ast::{ExprId, Range};

/// A declaration's text as the grammar gets it, and how its offsets are those of the file.
#[derive(Debug, Default)]
pub(super) struct Rewrite {
    pub(super) text: Vec<u8>,
    /// The file offset of the text's first byte.
    pub(super) base: u32,
    /// Places of `text` (start, length) that are not in the file, ascending.
    pub(super) inserts: Vec<(u32, u32)>,
    /// Places of the file whose type was read by itself, ascending.
    pub(super) kept: Vec<(Range, ExprId)>,
}

impl Rewrite {
    /// The range of the file for a range of the text.
    pub(super) fn range(&self, start: u32, end: u32) -> Range {
        Range { start: self.offset(start), end: self.offset(end) }
    }

    fn offset(&self, at: u32) -> u32 {
        if self.inserts.is_empty() {
            return self.base + at;
        }
        let before = self.inserts.iter().take_while(|(start, _)| *start < at);
        let inserted: u32 = before.map(|&(start, length)| length.min(at - start)).sum();
        self.base + at - inserted
    }

    /// Whether a range of the text is not in the file.
    pub(super) fn inserted(&self, start: u32, end: u32) -> bool {
        end > start && self.inserts.iter().any(|&(from, length)| from <= start && end <= from + length)
    }

    /// The type that was read for a place of the file.
    pub(super) fn kept(&self, range: Range) -> Option<ExprId> {
        self.kept.iter().find(|(kept, _)| *kept == range).map(|&(_, id)| id)
    }
}
