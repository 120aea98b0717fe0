//! What is done with a container: what makes it grow, what makes it shrink, and does anybody else get it?
//!
//! ```go
//! cache[id] = v                  // grows, by the key id
//! if len(cache) > max { … }      // somebody keeps an eye on it
//! put(cache, id, v)              // whatever put does with its parameter
//! delete(cache, id)              // shrinks
//! ```
//!
//! Not here: how often that happens and whether it is a leak (`rules`).

mod follow;

pub use follow::Container;

use crate::ast::{ExprId, Node};
use crate::project::DeclId;

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It may get one more element. The key, if the container has keys and it is known; the value, if one is stored.
    Grow { key: Option<ExprId>, value: Option<ExprId> },
    /// Elements go.
    Shrink,
    /// It gets another value as a whole.
    Replace,
    /// Its length decides something.
    Bound,
    /// Somebody gets it who is not followed.
    Escape,
}

/// Something that is done with a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerOp {
    pub act: Act,
    pub decl: DeclId,
    pub node: Node,
    /// The calls that lead there, outermost first: each in the declaration it stands in.
    pub calls: Vec<(DeclId, ExprId)>,
    /// It is done with a container that is an element of the container.
    pub inner: bool,
}
