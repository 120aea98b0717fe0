//! Which version of the language is it?
//!
//! ```go
//! // go 1.22.3   ->   1.22
//! ```
//!
//! Not here: which file says it (`project`), what follows from it for timers (`project::timers`).

use std::fmt;

/// A language version such as go1.22; patch levels do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoVersion {
    pub major: u32,
    pub minor: u32,
}

impl GoVersion {
    /// Reads `1.22`, `1.22.3` or `1.23rc1`, as the go line has them.
    pub fn parse(text: &str) -> Option<GoVersion> {
        let (major, rest) = number(text)?;
        let (minor, mut rest) = number(rest.strip_prefix('.')?)?;
        if let Some(patch) = rest.strip_prefix('.') {
            rest = number(patch)?.1;
        }
        let letters = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let suffix =
            rest.is_empty() || (letters.len() < rest.len() && !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_digit()));
        (suffix && major > 0).then_some(GoVersion { major, minor })
    }
}

/// A number without leading zeros, and what follows it.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = &text[..end];
    let zeros = digits.len() > 1 && digits.starts_with('0');
    if zeros { None } else { Some((digits.parse().ok()?, &text[end..])) }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn go(major: u32, minor: u32) -> Option<GoVersion> {
        Some(GoVersion { major, minor })
    }

    #[test]
    fn go_versions_are_read_as_modfile_reads_them() {
        for (text, minor) in [("1.22", 22), ("1.22.3", 22), ("1.23rc1", 23), ("1.21.0", 21), ("1.0", 0), ("1.23.4beta2", 23)] {
            assert_eq!(GoVersion::parse(text), go(1, minor), "{text}");
        }
        for text in ["", "1", "1.", "1.02", "v1.2", "go1.2", "1.2.", "1.2rc", "1.2-x", "0.1", "01.2", "1.99999999999", "1.2.3.4"] {
            assert_eq!(GoVersion::parse(text), None, "{text}");
        }
    }
}
