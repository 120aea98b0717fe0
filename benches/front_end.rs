//! What does each step cost? One process, one thread where a step allows it, the same files: walking and reading, outlines,
//! tree-sitter, and the whole analysis.
//!
//! `cargo bench --bench front_end -- PATH` measures a path; without one, the demo project.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

fn main() {}
