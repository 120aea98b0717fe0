//! `rules/file-not-closed.md`: a file that was opened here is not closed on every path.
//!
//! ```go
//! f, err := os.Open(p); return f.Stat()
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "file-not-closed", page: include_str!("../../rules/file-not-closed.md"), check };

fn check(pass: &mut Pass) {
    lifetime::check_where(pass, &|_, candidate| {
        // Nobody knows whether there is a descriptor behind an interface: an embedded file has none.
        let interface = candidate.function().starts_with("io/fs.") || candidate.function() == "net/http.FileSystem.Open";
        Some(if interface { Confidence::Medium } else { Confidence::High })
    });
}
