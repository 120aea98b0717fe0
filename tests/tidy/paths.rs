//! Which paths does a Rust file use? All of them, read with `syn`: `use` trees with groups and `super::`, paths in expressions,
//! types and patterns, and paths among the tokens of a macro. What stands under `#[cfg(test)]` is left out: a test may look down
//! from above.
//!
//! Not here: which paths are allowed (`floors.rs`).

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// The paths of a file, each as its segments. `self` and `super` at the front are resolved: a path within the crate begins with
/// `crate`.
pub(crate) fn used(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let file = syn::parse_file(text).expect("invariant: a file that cargo compiles");
    let mut reader = Reader { module: module.to_vec(), paths: Vec::new() };
    reader.visit_file(&file);
    reader.paths
}

/// The module of a file: `src/flow/build.rs` is `flow::build`; `src/lib.rs` and `src/main.rs` are the root.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_string).collect() }
}

struct Reader {
    module: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Reader {
    fn add(&mut self, mut segments: Vec<String>) {
        let mut absolute = self.module.clone();
        let climbs = matches!(segments.first().map(String::as_str), Some("self" | "super"));
        while let Some(first) = segments.first() {
            match first.as_str() {
                "self" => {}
                "super" => drop(absolute.pop()),
                _ => break,
            }
            segments.remove(0);
        }
        if climbs {
            absolute.insert(0, "crate".to_string());
            absolute.append(&mut segments);
            segments = absolute;
        }
        self.paths.push(segments);
    }

    fn tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(path.ident.to_string()), &path.tree),
            syn::UseTree::Name(name) if name.ident == "self" => self.add(prefix.to_vec()),
            syn::UseTree::Name(name) => self.add(with(name.ident.to_string())),
            syn::UseTree::Rename(rename) => self.add(with(rename.ident.to_string())),
            syn::UseTree::Glob(_) => self.add(with("*".to_string())),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(prefix, tree)),
        }
    }

    /// Reads `a::b::c` out of the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.end(&mut path);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        _ => {}
                    }
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.add(path);
        }
    }
}

fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test"))
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !only_for_tests(&item.attrs) {
            self.tree(&[], &item.tree);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if only_for_tests(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_module_is_read() {
        let text = "
            use crate::{a::X, b::{self, Y as Z}, c::*};
            use super::super::d;
            mod inner { use super::e::F; }
            fn f(x: crate::g::T) -> self::h::U { vec![1, crate::i::make(x), p::q] }
            #[cfg(test)] mod tests { use crate::j; }
            #[cfg(test)] fn t() { crate::k::l() }
        ";
        let used = used(text, &["flow".into(), "build".into()]);
        let within = |path: &&Vec<String>| path.first().is_some_and(|first| first == "crate");
        let mut found: Vec<String> = used.iter().filter(within).map(|path| path.join("::")).collect();
        found.sort();
        let wanted = [
            "crate::a::X",
            "crate::b",
            "crate::b::Y",
            "crate::c::*",
            "crate::d",
            "crate::flow::build::e::F",
            "crate::flow::build::h::U",
            "crate::g::T",
            "crate::i::make",
        ];
        assert_eq!(found, wanted);
        assert!(used.contains(&vec!["p".to_string(), "q".to_string()]));
    }

    #[test]
    fn a_file_is_a_module() {
        assert_eq!(module_of("src/flow/build.rs"), ["flow", "build"]);
        assert!(module_of("src/lib.rs").is_empty());
    }
}
