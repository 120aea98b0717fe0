//! `rules/raw-fd-not-closed.md`: a raw file descriptor is not closed on every path.
//!
//! ```go
//! fd, err := syscall.Open(p, 0, 0); return syscall.Fsync(fd)
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "raw-fd-not-closed", page: include_str!("../../rules/raw-fd-not-closed.md"), check: lifetime::check };
