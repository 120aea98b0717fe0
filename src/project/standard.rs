//! What does the standard library declare? Its exported API is shipped with the program, a few pseudo files for each package.
//!
//! ```go
//! func Open(string) (*File, error) // package os; no body
//! ```
//!
//! Not here: what the declarations mean (`sema`).

/// Whether the standard library has a package, its own internal ones included.
pub(super) fn has(_path: &str) -> bool {
    false
}

/// The texts of a package's files.
pub(super) fn texts(_path: &str) -> Option<Vec<String>> {
    None
}
