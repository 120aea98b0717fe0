//! The program: arguments in, findings out.

fn main() {}
