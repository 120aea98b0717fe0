//! Which fixes go together, and what do their edits make of a text?
//!
//! ```text
//! insert at 10, replace 10..20   of two fixes: they touch, and the second one waits
//! insert `import "bytes"` twice  of two fixes: it is inserted once
//! ```
//!
//! Not here: what happens to a fix that waits (`rounds`).

use crate::finding::{Edit, Finding, Fix};
use crate::project::Project;
use crate::source::FileId;
use std::collections::BTreeMap;

/// Fixes that can be applied together.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// In the order of the findings.
    pub taken: Vec<&'a Finding>,
    /// What changes in each file, in order.
    pub edits: BTreeMap<FileId, Edits<'a>>,
}

/// The edits of one file by the range they replace; none touches one of another fix.
pub(super) type Edits<'a> = BTreeMap<(u32, u32), &'a Edit>;

/// Takes the fixes of findings in their order, but for those that touch one that is taken already.
pub fn pick<'a>(project: &Project, findings: impl Iterator<Item = &'a Finding>) -> Plan<'a> {
    let mut plan = Plan::default();
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        let file = finding.span.file;
        let (source, outline) = (&project.file(file).source, &project.file(file).outline);
        // What stands before the first declaration can only be imports, and one import is enough.
        let head = outline.decls.first().map_or(source.text.len() as u32, |decl| decl.range.start);
        let edits = plan.edits.entry(file).or_default();
        if !is_sound(fix, file, &source.text) {
            continue;
        }
        let same = |edit: &Edit| edits.get(&range(edit)).is_some_and(|other| other.text == edit.text);
        let is_there = |edit: &&Edit| is_insertion(edit) && edit.span.start <= head && same(edit);
        let new: Vec<&Edit> = fix.edits.iter().filter(|edit| !is_there(edit)).collect();
        let repeats = fix.edits.iter().all(same);
        if repeats || !new.iter().any(|edit| touches(edits, edit)) {
            edits.extend(new.into_iter().map(|edit| (range(edit), edit)));
            plan.taken.push(finding);
        }
    }
    plan.edits.retain(|_, edits| !edits.is_empty());
    plan
}

/// A text with edits that are in order and do not overlap.
pub fn apply<'a>(text: &str, edits: impl IntoIterator<Item = &'a Edit>) -> String {
    let mut made = String::with_capacity(text.len() + 256);
    let mut done = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        made.push_str(&text[done..start]);
        made.push_str(&edit.text);
        done = end;
    }
    made.push_str(&text[done..]);
    made
}

fn range(edit: &Edit) -> (u32, u32) {
    (edit.span.start, edit.span.end)
}

fn is_insertion(edit: &Edit) -> bool {
    edit.span.start == edit.span.end
}

/// Whether a fix's edits are ranges of this file, in order, and do not overlap.
fn is_sound(fix: &Fix, file: FileId, text: &str) -> bool {
    let fits = |edit: &Edit| edit.span.file == file && text.get(edit.span.start as usize..edit.span.end as usize).is_some();
    fix.edits.iter().all(fits)
        && fix.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start && range(&pair[0]) != range(&pair[1]))
}

/// Whether an edit overlaps one of those, or inserts at an edge of one: which of the two comes first would be a guess.
fn touches(edits: &Edits, edit: &Edit) -> bool {
    let (start, end) = range(edit);
    let near = edits.range(..=(end, u32::MAX)).rev().take_while(|((_, other), _)| *other >= start);
    near.into_iter().any(|(&(from, to), other)| {
        let at_an_edge = from == end || to == start;
        !at_an_edge || is_insertion(edit) || is_insertion(other)
    })
}
