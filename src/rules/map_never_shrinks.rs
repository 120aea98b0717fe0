//! `rules/map-never-shrinks.md`: the table of a map with large entries stays as large as it ever was.
//!
//! ```go
//! delete(live, id) // the entry goes, its place in the table stays
//! ```

use super::growth;
use crate::finding::{Confidence, Finding, Label};
use crate::rule::{Pass, Rule};
use crate::sema::Type;
use crate::source::FileId;
use crate::summary::containers::Act;

pub(super) const RULE: Rule = Rule { id: "map-never-shrinks", page: include_str!("../../rules/map-never-shrinks.md"), check };

/// From how many bytes on an entry is worth a word.
const LARGE: u64 = 64;
/// Larger keys and values lie outside of the table, and are freed when they are deleted (`internal/abi.MapMaxKeyBytes`, Go 1.24).
const INSIDE: u64 = 128;

fn check(pass: &mut Pass) {
    for (found, ops) in growth::deleted_from(pass) {
        let Some((key, value)) = found.entry else { continue };
        let file = found.span.file;
        let Some(size) = size(pass, key, file).zip(size(pass, value, file)).map(|(key, value)| key + value) else { continue };
        let deletes = ops.iter().find(|op| op.act == Act::Shrink);
        let Some(deletes) = deletes.filter(|_| size >= LARGE) else { continue };
        let finding = Finding {
            rule: pass.rule,
            span: found.span,
            function: String::new(),
            message: format!("`{}` stays as large as it ever was: `delete` keeps the places of {size} bytes each", found.name),
            severity: pass.severity,
            confidence: Confidence::Low,
            labels: vec![Label { span: pass.span(deletes.decl, deletes.node), text: "an entry goes, its place stays".to_owned() }],
            help: Some("make a new map when it is empty, or store pointers".to_owned()),
            fix: None,
        };
        pass.report(finding);
    }
}

/// How many bytes of the table a key or value takes.
fn size(pass: &Pass, ty: Type, file: FileId) -> Option<u64> {
    pass.sema().types.size(ty, file).map(|size| if size > INSIDE { 8 } else { size })
}
