//! Stand-in until `parse::outline` is merged.

use crate::finding::ProblemKind;

/// The largest file that is read.
pub const MAX_FILE: usize = 5 * 1024 * 1024;

/// Text from bytes.
pub fn decode(bytes: Vec<u8>) -> Result<String, (ProblemKind, String)> {
    String::from_utf8(bytes).map_err(|_| (ProblemKind::Unread, "skipped: not valid UTF-8".to_owned()))
}
