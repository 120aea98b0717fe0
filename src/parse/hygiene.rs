//! Are these bytes Go source at all? What cannot be is told in one sentence before any parser sees it: bad encodings are what parsers
//! are slowest at.
//!
//! ```go
//! var s = "\xff" // the escape is Go; the byte 0xFF itself is not
//! ```
//!
//! Not here: reading the file, and refusing pipes and devices (`project`); whether the text makes sense (`parse::outline`).

use crate::finding::ProblemKind;

/// The size of the largest file that is read. The largest Go file found in 91,583 of real repositories has 4.06 MB.
pub const MAX_FILE: usize = 5 << 20;

/// The byte order mark, allowed at the start of a file only.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// The text of a file; or why it is not read, as the kind and the sentence of a `Problem`. A leading byte order mark stays in the
/// text, so that offsets are those of the disk; the scanner skips it.
pub fn decode(bytes: Vec<u8>) -> Result<String, (ProblemKind, String)> {
    let refuse = |text: String| Err((ProblemKind::Unread, text));
    if bytes.len() > MAX_FILE {
        return refuse(too_large(bytes.len() as u64));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refuse("the file is UTF-16, Go source is UTF-8".to_string());
    }
    if let Some(at) = memchr::memchr(0, &bytes) {
        return refuse(format!("the file has a NUL byte at offset {at}, Go source has none"));
    }
    let later_mark = memchr::memmem::find(bytes.get(1..).unwrap_or(&[]), BOM);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return refuse(format!("the file is not UTF-8: invalid bytes at offset {}", error.utf8_error().valid_up_to())),
    };
    match later_mark {
        Some(before) => refuse(format!("the file has a byte order mark at offset {}, Go allows it at the start only", before + 1)),
        None => Ok(text),
    }
}

/// The sentence about a file over [`MAX_FILE`]; for callers that know the size before they read.
pub fn too_large(size: u64) -> String {
    format!("the file has {size} bytes, the limit is {MAX_FILE} (5 MiB)")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_encoding_has_its_sentence() {
        for (bytes, part) in [
            (b"\xff\xfep\0a\0".to_vec(), "UTF-16"),
            (b"\xfe\xff\0p".to_vec(), "UTF-16"),
            (b"package p\0".to_vec(), "NUL byte at offset 9"),
            (b"package p // \xff".to_vec(), "not UTF-8: invalid bytes at offset 13"),
            ("package p // \u{feff}".into(), "byte order mark at offset 13"),
            ("\u{feff}\u{feff}package p".into(), "byte order mark at offset 3"),
            (vec![b' '; MAX_FILE + 1], "the limit is 5242880"),
        ] {
            let (kind, text) = decode(bytes).unwrap_err();
            assert_eq!(kind, ProblemKind::Unread);
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn good_text_is_kept_byte_for_byte() {
        for text in ["", "\u{feff}package p\r\n", "package p // 世界\r"] {
            assert_eq!(decode(text.into()).unwrap(), text);
        }
        assert_eq!(decode(vec![b' '; MAX_FILE]).unwrap().len(), MAX_FILE);
    }
}
