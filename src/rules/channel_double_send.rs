//! `rules/channel-double-send.md`: a goroutine sends twice where only one value is received.
//!
//! ```go
//! if err != nil { errc <- err }; errc <- nil
//! ```

use super::stuck;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "channel-double-send", page: include_str!("../../rules/channel-double-send.md"), check };

fn check(pass: &mut Pass) {
    stuck::check(pass, "channel-double-send");
}
