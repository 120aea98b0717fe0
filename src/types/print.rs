//! How is a type written? Canonically, so that the same text is the same type; and as Go code in some file writes it.
//!
//! ```go
//! func(w io.Writer, more ...byte) error // "func(io.Writer, ...uint8) error", and "func(io.Writer, ...byte) error" for readers
//! ```
//!
//! Not here: how messages are put together.

use super::ask::Ask;
use super::constant::unquoted;
use super::ty::{Basic, Interface, Kind, Signature, Term, Type, TypeName, TypeParam};
use super::{ChanDir, FuncType, Types};
use crate::ast::{Decl, SpecKind};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// Longer texts are not written.
const LONGEST: usize = 1 << 20;
/// Where a text for readers is cut.
const ENOUGH: usize = 100;
/// How many types may be written inside of each other.
const DEEPEST: u32 = 100;

impl Types<'_> {
    /// A type written canonically; `None` if it is unknown, or a part of it. Import paths are whole, aliases are what they stand for, parameters
    /// have no names, interfaces have all their methods in order.
    pub(super) fn text(&self, ask: &Ask, ty: Type) -> Option<String> {
        let mut text = Text { types: self, ask, out: String::new(), depth: 0 };
        text.ty(ty)?;
        Some(text.out)
    }

    /// A function's type with its own type parameters, written canonically: `func[$T interface{}]([]$T) int`.
    pub(super) fn func_text(&self, ask: &Ask, func: &FuncType) -> Option<String> {
        let Kind::Func(signature) = self.kind(func.ty) else { return None };
        let mut text = Text { types: self, ask, out: "func".into(), depth: 0 };
        for (at, &param) in func.type_params.iter().enumerate() {
            let Kind::Param(of) = self.kind(param) else { return None };
            text.out.push(if at == 0 { '[' } else { ',' });
            text.ty(param)?;
            text.out.push(' ');
            text.ty(self.constraint(ask, *of))?;
        }
        if !func.type_params.is_empty() {
            text.out.push(']');
        }
        text.signature(signature)?;
        Some(text.out)
    }

    /// A type as Go code in a file writes it: `*os.File`, `[]byte`, `func(int) error`. What is long is shortened: `struct{...}`.
    pub fn shown(&self, ty: Type, from: FileId) -> String {
        let mut shown = Shown { types: self, from, out: String::new() };
        shown.ty(ty);
        shown.out
    }

    fn type_name(&self, name: &TypeName) -> &str {
        self.project.tree(name.decl).ident(name.ident).unwrap_or("_")
    }

    /// The name of a type parameter: the identifier that stands there.
    fn param_name(&self, param: &TypeParam) -> &str {
        let source = &self.project.file(param.decl.file).source;
        let rest = source.slice(param.offset, source.text.len() as u32);
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Whether a type is declared in a function.
    fn is_in_function(&self, name: &TypeName) -> bool {
        let Decl::Gen(decl) = &self.project.tree(name.decl).decl else { return true };
        !decl.specs.iter().any(|spec| matches!(&spec.kind, SpecKind::Type { name: ident, .. } if *ident == name.ident))
    }
}

/// An import path as the source writes it, without the directory of vendored packages.
fn plain(path: &str) -> &str {
    match path.rfind("vendor/") {
        Some(at) if at == 0 || path[..at].ends_with('/') => &path[at + "vendor/".len()..],
        _ => path,
    }
}

fn direction(dir: ChanDir) -> &'static str {
    match dir {
        ChanDir::Both => "chan ",
        ChanDir::Send => "chan<- ",
        ChanDir::Recv => "<-chan ",
    }
}

/// A canonical text that is being written.
struct Text<'a, 'p> {
    types: &'a Types<'p>,
    ask: &'a Ask,
    out: String,
    /// How many types are open: an interface may name itself in one of its own methods.
    depth: u32,
}

impl Text<'_, '_> {
    fn ty(&mut self, ty: Type) -> Option<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let written = self.written(ty);
        self.depth -= 1;
        written
    }

    fn written(&mut self, ty: Type) -> Option<()> {
        if self.out.len() > LONGEST {
            return None;
        }
        match self.types.kind(ty) {
            Kind::Unknown => return None,
            Kind::Basic(basic) => self.out.push_str(basic.name()),
            Kind::Error => self.out.push_str("error"),
            Kind::Comparable => self.out.push_str("comparable"),
            Kind::Named(name, args) => {
                self.name(name);
                for (at, &arg) in args.iter().enumerate() {
                    self.out.push(if at == 0 { '[' } else { ',' });
                    self.ty(arg)?;
                }
                if !args.is_empty() {
                    self.out.push(']');
                }
            }
            Kind::Pointer(element) => {
                self.out.push('*');
                self.ty(*element)?;
            }
            Kind::Slice(element) => {
                self.out.push_str("[]");
                self.ty(*element)?;
            }
            Kind::Array(length, element) => {
                self.out.push_str(&format!("[{}]", (*length)?));
                self.ty(*element)?;
            }
            Kind::Map(key, value) => {
                self.out.push_str("map[");
                self.ty(*key)?;
                self.out.push(']');
                self.ty(*value)?;
            }
            Kind::Chan(dir, element) => {
                self.out.push_str(direction(*dir));
                let grouped = *dir == ChanDir::Both && matches!(self.types.kind(*element), Kind::Chan(ChanDir::Recv, _));
                self.out.push_str(if grouped { "(" } else { "" });
                self.ty(*element)?;
                self.out.push_str(if grouped { ")" } else { "" });
            }
            Kind::Func(signature) => {
                self.out.push_str("func");
                self.signature(signature)?;
            }
            Kind::Struct(fields) => {
                self.out.push_str("struct{");
                for (at, field) in fields.iter().enumerate() {
                    self.out.push_str(if at > 0 { "; " } else { "" });
                    self.out.push_str(if field.embedded { "+" } else { "" });
                    self.out.push_str(&field.name);
                    self.out.push(' ');
                    self.ty(field.ty)?;
                    if let Some(tag) = &field.tag {
                        let tag = unquoted(tag)?;
                        if !tag.is_empty() {
                            self.out.push(' ');
                            quote(&mut self.out, &tag);
                        }
                    }
                }
                self.out.push('}');
            }
            Kind::Interface(interface) => self.interface(interface)?,
            Kind::Tuple(types) => self.tuple(types, false)?,
            Kind::Param(param) => {
                self.out.push('$');
                self.out.push_str(self.types.param_name(param));
            }
        }
        Some(())
    }

    fn name(&mut self, name: &TypeName) {
        let project = self.types.project;
        let file = project.file(name.decl.file);
        self.out.push_str(plain(&project.package(file.package).path));
        self.out.push('.');
        self.out.push_str(self.types.type_name(name));
        if self.types.is_in_function(name) {
            // Another one may have its name.
            let offset = project.tree(name.decl).expr_range(name.ident).start;
            let file = file.source.path.file_name().unwrap_or_default().to_string_lossy();
            self.out.push_str(&format!("@{file}:{offset}"));
        }
    }

    fn signature(&mut self, signature: &Signature) -> Option<()> {
        self.tuple(&signature.params, signature.variadic)?;
        match &*signature.results {
            [] => {}
            [only] => {
                self.out.push(' ');
                self.ty(*only)?;
            }
            several => {
                self.out.push(' ');
                self.tuple(several, false)?;
            }
        }
        Some(())
    }

    fn tuple(&mut self, types: &[Type], variadic: bool) -> Option<()> {
        self.out.push('(');
        for (at, &ty) in types.iter().enumerate() {
            self.out.push_str(if at > 0 { ", " } else { "" });
            match self.types.kind(ty) {
                Kind::Slice(element) if variadic && at + 1 == types.len() => {
                    self.out.push_str("...");
                    self.ty(*element)?;
                }
                _ => self.ty(ty)?,
            }
        }
        self.out.push(')');
        Some(())
    }

    /// The interface with everything that it embeds, in order.
    fn interface(&mut self, interface: &Interface) -> Option<()> {
        let mut parts = Vec::new();
        let mut seen = FxHashSet::default();
        let mut open = vec![interface];
        while let Some(interface) = open.pop() {
            for method in &interface.methods {
                let Kind::Func(signature) = self.types.kind(method.ty) else { return None };
                parts.push(self.part(|text| {
                    text.out.push_str(&method.name);
                    text.signature(signature)
                })?);
            }
            for terms in &interface.embedded {
                if let [Term { tilde: false, ty }] = **terms {
                    let behind = self.types.underlying(self.ask, ty);
                    match self.types.kind(behind) {
                        Kind::Interface(inner) => {
                            if seen.insert(behind) {
                                open.push(inner);
                            }
                            continue;
                        }
                        Kind::Error => {
                            parts.push("Error() string".into());
                            continue;
                        }
                        Kind::Comparable if ty != behind => continue,
                        Kind::Unknown | Kind::Param(_) => return None,
                        _ => {}
                    }
                }
                parts.push(self.part(|text| text.union(terms))?);
            }
        }
        parts.sort();
        parts.dedup();
        self.out.push_str("interface{");
        self.out.push_str(&parts.join("; "));
        self.out.push('}');
        Some(())
    }

    fn part(&self, write: impl FnOnce(&mut Self) -> Option<()>) -> Option<String> {
        let mut text = Text { types: self.types, ask: self.ask, out: String::new(), depth: self.depth };
        write(&mut text)?;
        Some(text.out)
    }

    fn union(&mut self, terms: &[Term]) -> Option<()> {
        for (at, term) in terms.iter().enumerate() {
            self.out.push_str(if at > 0 { "|" } else { "" });
            self.out.push_str(if term.tilde { "~" } else { "" });
            self.ty(term.ty)?;
        }
        Some(())
    }
}

/// A string as strconv.Quote writes it.
fn quote(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\x07' => out.push_str("\\a"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x0b' => out.push_str("\\v"),
                '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                _ if is_printable(c) => out.push(c),
                _ if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            }
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out.push('"');
}

/// Whether Go and Rust print a character as it is; behind a letter, so that an accent stays one.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~') || ['a', c].iter().collect::<String>().escape_debug().eq(['a', c])
}

/// A text for readers that is being written.
struct Shown<'a, 'p> {
    types: &'a Types<'p>,
    from: FileId,
    out: String,
}

impl Shown<'_, '_> {
    fn ty(&mut self, ty: Type) {
        if self.out.len() > ENOUGH {
            if !self.out.ends_with("...") {
                self.out.push_str("...");
            }
            return;
        }
        match self.types.kind(ty) {
            Kind::Unknown => self.out.push('?'),
            Kind::Basic(Basic::Uint8) => self.out.push_str("byte"),
            Kind::Basic(basic) => self.out.push_str(basic.name()),
            Kind::Error => self.out.push_str("error"),
            Kind::Comparable => self.out.push_str("comparable"),
            Kind::Named(name, args) => {
                self.name(name);
                if !args.is_empty() {
                    self.list('[', args, false, ']');
                }
            }
            Kind::Pointer(element) => {
                self.out.push('*');
                self.ty(*element);
            }
            Kind::Slice(element) => {
                self.out.push_str("[]");
                self.ty(*element);
            }
            Kind::Array(length, element) => {
                match length {
                    Some(length) => self.out.push_str(&format!("[{length}]")),
                    None => self.out.push_str("[...]"),
                }
                self.ty(*element);
            }
            Kind::Map(key, value) => {
                self.out.push_str("map[");
                self.ty(*key);
                self.out.push(']');
                self.ty(*value);
            }
            Kind::Chan(dir, element) => {
                self.out.push_str(direction(*dir));
                let grouped = *dir == ChanDir::Both && matches!(self.types.kind(*element), Kind::Chan(ChanDir::Recv, _));
                self.out.push_str(if grouped { "(" } else { "" });
                self.ty(*element);
                self.out.push_str(if grouped { ")" } else { "" });
            }
            Kind::Func(signature) => {
                self.out.push_str("func");
                self.signature(signature);
            }
            Kind::Struct(fields) => self.out.push_str(if fields.is_empty() { "struct{}" } else { "struct{...}" }),
            Kind::Interface(interface) => self.interface(interface),
            Kind::Tuple(types) => self.list('(', types, false, ')'),
            Kind::Param(param) => self.out.push_str(self.types.param_name(param)),
        }
    }

    fn name(&mut self, name: &TypeName) {
        let project = self.types.project;
        let package = project.file(name.decl.file).package;
        if package != project.file(self.from).package {
            let package = project.package(package);
            // As the file calls it; a package without a name by the last part of its path.
            let mut imports = project.file(self.from).outline.imports.iter();
            let alias = imports.find(|import| import.path == package.path).and_then(|import| import.name.as_deref());
            let short = match alias {
                Some(alias) if alias != "_" && alias != "." => alias,
                _ if package.name.is_empty() => package.path.rsplit('/').next().unwrap_or_default(),
                _ => &package.name,
            };
            self.out.push_str(short);
            self.out.push('.');
        }
        self.out.push_str(self.types.type_name(name));
    }

    fn signature(&mut self, signature: &Signature) {
        self.list('(', &signature.params, signature.variadic, ')');
        match &*signature.results {
            [] => {}
            [only] => {
                self.out.push(' ');
                self.ty(*only);
            }
            several => {
                self.out.push(' ');
                self.list('(', several, false, ')');
            }
        }
    }

    fn list(&mut self, open: char, types: &[Type], variadic: bool, close: char) {
        self.out.push(open);
        for (at, &ty) in types.iter().enumerate() {
            if self.out.len() > ENOUGH {
                self.ty(ty);
                break;
            }
            self.out.push_str(if at > 0 { ", " } else { "" });
            match self.types.kind(ty) {
                Kind::Slice(element) if variadic && at + 1 == types.len() => {
                    self.out.push_str("...");
                    self.ty(*element);
                }
                _ => self.ty(ty),
            }
        }
        self.out.push(close);
    }

    /// `any`, `interface{ Close() error }`, `interface{ io.Reader; ~int | string }`.
    fn interface(&mut self, interface: &Interface) {
        match interface.methods.len() + interface.embedded.len() {
            0 => return self.out.push_str("any"),
            1 | 2 => {}
            _ => return self.out.push_str("interface{...}"),
        }
        let mut mark = "interface{ ";
        for method in &interface.methods {
            self.out.push_str(std::mem::replace(&mut mark, "; "));
            self.out.push_str(&method.name);
            match self.types.kind(method.ty) {
                Kind::Func(signature) => self.signature(signature),
                _ => self.out.push_str("(...)"),
            }
        }
        for terms in &interface.embedded {
            self.out.push_str(std::mem::replace(&mut mark, "; "));
            for (at, term) in terms.iter().enumerate() {
                if self.out.len() > ENOUGH {
                    self.ty(term.ty);
                    break;
                }
                self.out.push_str(if at > 0 { " | " } else { "" });
                self.out.push_str(if term.tilde { "~" } else { "" });
                self.ty(term.ty);
            }
        }
        self.out.push_str(" }");
    }
}
