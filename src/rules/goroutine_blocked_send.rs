//! `rules/goroutine-blocked-send.md`: a goroutine sends on a channel from which nobody receives any more.
//!
//! ```go
//! ch <- v // and nobody receives
//! ```

use super::{channel_fields, stuck};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "goroutine-blocked-send", page: include_str!("../../rules/goroutine-blocked-send.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "goroutine-blocked-send");
    channel_fields::check(pass);
}
