//! `rules/mmap-not-unmapped.md`: a mapped file is not unmapped on every path.
//!
//! ```go
//! b, err := syscall.Mmap(fd, 0, n, prot, flags); return b[0]
//! ```

use super::lifetime;
use crate::rule::Rule;

pub(super) const RULE: Rule =
    Rule { id: "mmap-not-unmapped", page: include_str!("../../rules/mmap-not-unmapped.md"), check: lifetime::check };
