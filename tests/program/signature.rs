//! What does a tree say of a function without its body? The tests over headers compare it with what the header says.
//!
//! Not here: what headers are for (`dependencies.rs`).

use goleaklint::ast::{Decl, Expr, Node, Tree};

/// The nodes of a function's receiver, name and type, in order, with their places.
pub fn signature(tree: &Tree) -> Vec<String> {
    let Decl::Func(func) = &tree.decl else { return vec![format!("{:?}", tree.decl)] };
    let mut nodes = vec![format!("{:?}", func.range)];
    let receiver = func.recv.iter().flat_map(|list| &list.fields).flat_map(|field| field.names.iter().copied().chain([field.ty]));
    for root in receiver.chain([func.name, func.ty]) {
        tree.walk(Node::Expr(root), |node| {
            let Node::Expr(id) = node else { return false };
            let text = match tree.expr(id) {
                Expr::Ident(name) => name.to_string(),
                other => format!("{other:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
            };
            nodes.push(format!("{text} {:?}", tree.expr_ranges[id.0 as usize]));
            true
        });
    }
    nodes
}
