//! x
//! Not here: x
