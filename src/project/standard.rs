//! What does the standard library declare? Its exported API is shipped with the program: for each package a few pseudo files in Go, without
//! bodies, each for the platforms on which its declarations are the same.
//!
//! ```go
//! package os
//! func Open(string) (*File, error)
//! ```
//!
//! `UPDATE=1 cargo test --test oracle shipped` makes `standard.data` from Go's own source; nobody writes it by hand. Nothing is unpacked before
//! somebody asks for it, and then one package.
//!
//! Not here: what the declarations mean (`sema`), how they are found in Go's source (`tests/oracle/api`).

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// First a line with the version of Go, then for each package a line `path length`, then an empty line; behind it the packages in the same
/// order, each packed by itself. A package's files are separated by NUL.
static DATA: &[u8] = include_bytes!("standard.data");

/// No package is as large as this.
const MAX_TEXT: usize = 16 << 20;

struct Shipped {
    version: &'static str,
    /// In the order of the data, which is that of the paths.
    paths: Vec<&'static str>,
    packed: FxHashMap<&'static str, &'static [u8]>,
}

fn shipped() -> &'static Shipped {
    static SHIPPED: OnceLock<Shipped> = OnceLock::new();
    if SHIPPED.get().is_none() {
        let _ = SHIPPED.set(read(DATA));
    }
    SHIPPED.get().expect("invariant: set just above, by this thread or another")
}

/// Reads the list of packages; what does not fit together is left out.
fn read(data: &'static [u8]) -> Shipped {
    let end = memchr::memmem::find(data, b"\n\n").unwrap_or(data.len());
    let mut lines = std::str::from_utf8(&data[..end]).unwrap_or_default().lines();
    let mut shipped = Shipped { version: lines.next().unwrap_or_default(), paths: Vec::new(), packed: FxHashMap::default() };
    let mut rest = data.get(end + 2..).unwrap_or_default();
    for (path, length) in lines.filter_map(|line| line.split_once(' ')) {
        let Some((packed, behind)) = length.parse().ok().and_then(|length| rest.split_at_checked(length)) else { break };
        shipped.paths.push(path);
        shipped.packed.insert(path, packed);
        rest = behind;
    }
    shipped
}

/// The version of Go whose standard library it is: `go1.27.3`.
pub fn version() -> &'static str {
    shipped().version
}

/// The import paths of all packages, in order. Besides the public ones these are the few internal ones that a public one leads to.
pub fn packages() -> &'static [&'static str] {
    &shipped().paths
}

/// Whether there is a package with this import path.
pub fn has(path: &str) -> bool {
    shipped().packed.contains_key(path)
}

/// The texts of a package's pseudo files.
pub fn texts(path: &str) -> Option<Vec<String>> {
    let packed = shipped().packed.get(path)?;
    let text = String::from_utf8(decompress_to_vec_zlib_with_limit(packed, MAX_TEXT).ok()?).ok()?;
    Some(text.split('\0').map(str::to_owned).collect())
}
