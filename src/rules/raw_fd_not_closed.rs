//! `rules/raw-fd-not-closed.md`: a raw file descriptor is not closed on every path.
//!
//! ```go
//! fd, err := syscall.Open(p, 0, 0); return syscall.Fsync(fd)
//! ```

use super::lifetime;
use crate::finding::Confidence;
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule = Rule { id: "raw-fd-not-closed", page: include_str!("../../rules/raw-fd-not-closed.md"), check };

fn check(pass: &mut Pass) {
    // `_, err := unix.Dup(fd)`: what nobody can close any more is meant to stay open, whatever becomes of fd.
    lifetime::check_where(pass, &|_, candidate| (!candidate.is_dropped_copy()).then_some(Confidence::High));
}
