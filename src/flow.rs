//! In which order does a function's body run? As a graph of blocks: this floor builds it, and answers the questions every rule about
//! paths asks of it.
//!
//! ```go
//! for _, name := range names { // loops: Range, its header, what is inside, whether it has an exit
//!     f, err := os.Open(name)
//!     if err != nil {      // dominators: behind this, err == nil is known
//!         return err
//!     }
//!     defer f.Close()      // loops: from here a path leads back to here
//! }
//! ```
//!
//! [`graph()`] makes the graph of one body ([`Graph`] says what it models and what it does not), [`loops`] finds its loops,
//! [`trips`] bounds how often they turn, [`dominators`] says what must have happened before, [`paths`] solves forward problems,
//! [`explore()`] follows paths one by one, [`print()`] shows a graph as text, and [`sanity`] checks one.
//!
//! A graph is built from syntax alone. What needs names is asked of the caller: whether a call returns (`returns`), what a constant
//! is ([`trips::Constants`]).
//!
//! Not here: other functions (`summary`), what names mean (`sema`), which path is a leak (the engines in `rules`).

mod build;
pub mod dominators;
pub mod explore;
pub mod graph;
pub mod loops;
pub mod paths;
pub mod print;
pub mod sanity;
pub mod trips;

pub use build::graph;
pub use dominators::Dominators;
pub use explore::{Trail, Walk, explore};
pub use graph::{Block, BlockId, BlockKind, Edge, EdgeKind, Graph, Place};
pub use loops::{Loop, LoopId, LoopKind, Loops, reaches_again};
pub use paths::{Domain, Solution, solve};
pub use print::print;
pub use trips::{Constants, mirrored, trip_count};

#[cfg(test)]
mod snippets;
