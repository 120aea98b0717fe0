//! goleaklint finds leak patterns in Go source: what a program still holds and will never let go.
//!
//! The modules in reading order, lowest floor first; a module uses only modules above it in this list (`ARCHITECTURE.md`).

pub mod source;
pub mod spelling;
pub mod version;

pub mod ast;
pub mod facts;
pub mod finding;

pub mod config;
pub mod parse;

pub mod project;

pub mod types;

pub mod sema;

pub mod flow;
pub mod module;

pub mod summary;

pub mod rule;

pub mod rules;

pub mod engine;

pub mod fix;
pub mod report;

#[cfg(feature = "cli")]
pub mod cli;
