//! `goleaklint explain RULE`: the page of a rule, as it is written.
//!
//! ```text
//! goleaklint explain defer-in-loop
//! ```
//!
//! Not here: the pages (`rules/`).

use super::{Failure, print};
use crate::engine::settings;
use crate::rules::ALL;

pub(super) fn run(id: &str) -> Result<u8, Failure> {
    let page = settings::find(id, ALL)?.page();
    let figures = [page.severity.name().to_owned(), format!("{} confidence", page.confidence.name()), page.status.name().to_owned()];
    let rest = [format!("since {}", page.since), format!("profile {}", page.profile.name()), format!("fix: {}", page.fix)];
    // The header has the title.
    let title = format!("# {}\n", page.id);
    let body = page.body.strip_prefix(&title).unwrap_or(page.body).trim_start_matches('\n');
    print(&format!("# {}: {}\n\n{}\n\n{body}", page.id, page.title, [figures, rest].concat().join(" · ")), 0)
}
