//! Which type has an expression? As far as declarations and facts tell.
//!
//! ```go
//! type file struct{ f *os.File }
//! func open(p string) (*file, error) // open(p) has the types *file and error, open(p).f.Close is (*os.File).Close
//! ```
//!
//! Not here: inference of type arguments, method sets of interfaces from other packages; such types are `Unknown`.

use super::{Callee, Fuel, Object, Sema, Steps};
use crate::ast::{Expr, ExprId, FieldList, LitKind, Op, SpecKind};
use crate::parse::DeclKind;
use crate::project::DeclId;
use crate::sema::{LocalKind, Value};
use compact_str::{CompactString, format_compact};

/// How deep a question about a type may go; what lies deeper is unknown. Real code needs about ten.
const DEPTH: u32 = 48;

/// Types of the standard library that are only data: a value keeps nothing open.
const PLAIN: &[&str] = &[
    "archive/tar.Header",
    "archive/zip.FileHeader",
    "database/sql.Result",
    "image.Config",
    "io/fs.DirEntry",
    "io/fs.FileInfo",
    "io/fs.FileMode",
    "net.Addr",
    "net/http.Cookie",
    "net/http.Header",
    "net/url.URL",
    "net/url.Values",
    "os.DirEntry",
    "os.FileInfo",
    "os.FileMode",
    "time.Duration",
    "time.Time",
];

/// A type, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Type {
    #[default]
    Unknown,
    /// A defined type by import path and name, `net/http.Response`, or a predeclared one, `error`.
    Named(CompactString),
    Pointer(Box<Type>),
    Slice(Box<Type>),
    Array(Option<u64>, Box<Type>),
    Map(Box<Type>, Box<Type>),
    Chan(Box<Type>),
    /// The result types of a function.
    Func(Vec<Type>),
    /// A struct or interface type without a name: where its fields stand.
    Literal(DeclId, ExprId),
    /// The results of a call with more or fewer than one.
    Tuple(Vec<Type>),
}

impl Type {
    pub fn named(name: &str) -> Type {
        Type::Named(name.into())
    }

    /// Reads a type as the facts write it: `*os.File`, `[]byte`, `net.Listener`, `func()`. Anything else is unknown.
    pub fn parse(text: &str) -> Type {
        let mut wrappers = Vec::new();
        let mut rest = text.trim();
        loop {
            if let Some(inner) = rest.strip_prefix('*') {
                wrappers.push(false);
                rest = inner;
            } else if let Some(inner) = rest.strip_prefix("[]") {
                wrappers.push(true);
                rest = inner;
            } else {
                break;
            }
        }
        let plain = |c: char| c.is_alphanumeric() || "_./-".contains(c);
        let base = match rest.strip_prefix("chan ").or_else(|| rest.strip_prefix("<-chan ")) {
            Some(inner) => Type::Chan(Box::new(Type::parse(inner))),
            None if rest.starts_with("func(") => Type::Func(Vec::new()),
            None if !rest.is_empty() && rest.chars().all(plain) => Type::named(rest),
            None => Type::Unknown,
        };
        wrappers.into_iter().rev().fold(base, |ty, slice| if slice { Type::Slice(Box::new(ty)) } else { Type::Pointer(Box::new(ty)) })
    }

    /// The type that a pointer points to, or the type itself.
    pub fn pointee(&self) -> &Type {
        match self {
            Type::Pointer(inner) => inner,
            other => other,
        }
    }

    /// The import path and the name of a defined type or of a pointer to one.
    pub fn path_and_name(&self) -> Option<(&str, &str)> {
        match self.pointee() {
            Type::Named(full) => full.rsplit_once('.'),
            _ => None,
        }
    }

    /// As the facts write it: the full import path in front of the name.
    pub fn full(&self) -> CompactString {
        match self {
            Type::Named(full) => full.clone(),
            Type::Pointer(inner) => format_compact!("*{}", inner.full()),
            Type::Slice(inner) => format_compact!("[]{}", inner.full()),
            _ => CompactString::default(),
        }
    }

    pub fn is_known(&self) -> bool {
        *self != Type::Unknown
    }

    /// Whether a value of this type can keep no file, connection or context alive: numbers, text, errors and containers of those.
    pub fn holds_nothing(&self) -> bool {
        let mut ty = self;
        loop {
            match ty {
                Type::Slice(inner) | Type::Array(_, inner) | Type::Map(_, inner) | Type::Pointer(inner) => ty = inner,
                Type::Named(name) => return PLAIN.contains(&name.as_str()) || (!name.contains('.') && name != "any"),
                _ => return false,
            }
        }
    }
}

impl<'p> Sema<'p> {
    /// The type of an expression, or the type that a type expression names.
    pub fn type_of(&self, decl: DeclId, expr: ExprId) -> Type {
        self.typed(decl, expr, Steps::new().fuel(DEPTH))
    }

    /// A type as Go code writes it in a declaration's file: the package's name in front, but for the package itself. Empty if it is
    /// unknown or has no name.
    pub fn shown(&self, decl: DeclId, ty: &Type) -> CompactString {
        let full = ty.full();
        let (prefix, name) = full.split_at(full.len() - full.trim_start_matches(['*', '[', ']']).len());
        match name.rsplit_once('.') {
            Some((path, last)) if path == self.path_of(decl) => format_compact!("{prefix}{last}"),
            Some((path, last)) => format_compact!("{prefix}{}.{last}", self.import_name(path)),
            None => full,
        }
    }

    /// The type of a local variable.
    pub fn type_of_local(&self, decl: DeclId, local: super::LocalId) -> Type {
        self.local_type(decl, local, Steps::new().fuel(DEPTH))
    }

    pub(super) fn typed(&self, decl: DeclId, expr: ExprId, fuel: Fuel<'_>) -> Type {
        let Some(fuel) = fuel.step() else { return Type::Unknown };
        let tree = self.tree(decl);
        let boxed = |id: ExprId| Box::new(self.typed(decl, id, fuel));
        match tree.expr(expr) {
            Expr::Ident(name) => self.ident_type(decl, expr, name, fuel),
            Expr::Paren { x } => self.typed(decl, *x, fuel),
            Expr::BasicLit(kind) => Type::named(match kind {
                LitKind::Int => "int",
                LitKind::Float => "float64",
                LitKind::Imag => "complex128",
                LitKind::Char => "rune",
                LitKind::String => "string",
            }),
            Expr::CompositeLit { ty: Some(ty), .. } => self.typed(decl, *ty, fuel),
            Expr::FuncLit { ty, .. } => self.typed(decl, *ty, fuel),
            Expr::Selector { x, sel } => self.selector_type(decl, expr, *x, *sel, fuel),
            Expr::Index { x, .. } => self.index_type(decl, *x, fuel),
            Expr::Slice { x, .. } => {
                let whole = self.typed(decl, *x, fuel);
                match self.underlying(self.underlying(whole.clone(), fuel).pointee().clone(), fuel) {
                    Type::Array(_, elem) => Type::Slice(elem),
                    // A slice and a string keep their type.
                    Type::Slice(_) => whole,
                    Type::Named(name) if name == "string" => whole,
                    _ => Type::Unknown,
                }
            }
            Expr::TypeAssert { ty: Some(ty), .. } => self.typed(decl, *ty, fuel),
            Expr::Call { args, .. } => self.call_type(decl, expr, args, fuel),
            // `*x` is a type or a value: a pointer's target if x is a pointer, else a pointer type.
            Expr::Star { x } => match self.typed(decl, *x, fuel) {
                Type::Unknown => Type::Unknown,
                Type::Pointer(inner) if !self.is_type(decl, *x) => *inner,
                inner => Type::Pointer(Box::new(inner)),
            },
            Expr::Unary { op: Op::And, x } => match self.typed(decl, *x, fuel) {
                Type::Unknown => Type::Unknown,
                inner => Type::Pointer(Box::new(inner)),
            },
            Expr::Unary { op: Op::Arrow, x } => match self.underlying(self.typed(decl, *x, fuel), fuel) {
                Type::Chan(elem) => *elem,
                _ => Type::Unknown,
            },
            Expr::Unary { x, .. } => self.typed(decl, *x, fuel),
            Expr::Binary { op, x, y } => match op {
                Op::LAnd | Op::LOr | Op::Eql | Op::Neq | Op::Lss | Op::Leq | Op::Gtr | Op::Geq => Type::named("bool"),
                // What an untyped constant is shifted as, its surroundings tell.
                Op::Shl | Op::Shr if self.is_untyped(decl, *x, fuel) => Type::Unknown,
                Op::Shl | Op::Shr => self.typed(decl, *x, fuel),
                _ => match (self.is_untyped(decl, *x, fuel), self.is_untyped(decl, *y, fuel)) {
                    (true, false) => self.typed(decl, *y, fuel),
                    (false, _) => self.typed(decl, *x, fuel),
                    (true, true) => match (self.typed(decl, *x, fuel), self.typed(decl, *y, fuel)) {
                        (x, y) if x == y => x,
                        _ => Type::Unknown,
                    },
                },
            },
            Expr::ArrayType { len: None, elem } => Type::Slice(boxed(*elem)),
            Expr::ArrayType { len: Some(len), elem } => {
                Type::Array(self.constant(decl, *len, fuel).and_then(|n| u64::try_from(n).ok()), boxed(*elem))
            }
            Expr::Ellipsis { elt: Some(elt) } => Type::Slice(boxed(*elt)),
            Expr::MapType { key, value } => Type::Map(boxed(*key), boxed(*value)),
            Expr::ChanType { value, .. } => Type::Chan(boxed(*value)),
            Expr::FuncType { results, .. } => {
                Type::Func(results.as_ref().map_or_else(Vec::new, |list| self.result_types(decl, list, fuel)))
            }
            Expr::StructType { .. } | Expr::InterfaceType { .. } => Type::Literal(decl, expr),
            _ => Type::Unknown,
        }
    }

    fn result_types(&self, decl: DeclId, list: &FieldList, fuel: Fuel<'_>) -> Vec<Type> {
        let types = list.fields.iter().map(|field| (self.typed(decl, field.ty, fuel), field.names.len().max(1)));
        types.flat_map(|(ty, count)| std::iter::repeat_n(ty, count)).collect()
    }

    /// Whether an expression is a type and not a value, as far as names tell.
    pub fn is_type(&self, decl: DeclId, mut expr: ExprId) -> bool {
        let tree = self.tree(decl);
        // *T, T[K], (T)
        while let Expr::Star { x } | Expr::Index { x, .. } | Expr::Paren { x } = tree.expr(expr) {
            expr = *x;
        }
        match tree.expr(expr) {
            Expr::Ident(name) => match self.object(decl, expr) {
                Object::Local(local) => matches!(self.scopes(decl).local(local).kind, LocalKind::Type | LocalKind::TypeParam),
                Object::Package(decls) => decls.iter().any(|&id| self.project.decl(id).kind == DeclKind::Type),
                Object::Universe => is_basic(name),
                _ => false,
            },
            Expr::Selector { x, sel } => match (tree.ident(*sel), tree.expr(*x)) {
                (Some(name), Expr::Ident(_)) => match self.object(decl, *x) {
                    Object::Import(path) => {
                        let found = self.lookup_path(path, name, Some(decl.file));
                        let unread = found.is_empty() && !self.knows_package(path);
                        (unread && self.stands_for_type(decl, expr)) || found.iter().any(|&id| self.project.decl(id).kind == DeclKind::Type)
                    }
                    _ => false,
                },
                _ => false,
            },
            Expr::ArrayType { .. } | Expr::MapType { .. } | Expr::ChanType { .. } | Expr::FuncType { .. } => true,
            Expr::StructType { .. } | Expr::InterfaceType { .. } => true,
            _ => false,
        }
    }

    fn ident_type(&self, decl: DeclId, ident: ExprId, name: &str, fuel: Fuel<'_>) -> Type {
        match self.object(decl, ident) {
            Object::Local(local) => self.local_type(decl, local, fuel),
            Object::Package(decls) => agreed(decls.iter().map(|&id| self.package_type(id, name, fuel))),
            Object::Universe if is_basic(name) => Type::named(name),
            Object::Universe if name == "true" || name == "false" => Type::named("bool"),
            _ => Type::Unknown,
        }
    }

    pub(super) fn local_type(&self, decl: DeclId, id: super::LocalId, fuel: Fuel<'_>) -> Type {
        let Some(fuel) = fuel.step() else { return Type::Unknown };
        let local = self.scopes(decl).local(id);
        match (local.kind, local.ty) {
            // A type declared in a function: its underlying type is what can be said of it.
            (LocalKind::Type, Some(ty)) => self.typed(decl, ty, fuel),
            (LocalKind::TypeParam | LocalKind::TypeSwitch, _) => Type::Unknown,
            (_, Some(ty)) => self.typed(decl, ty, fuel),
            (_, None) => local.writes.first().map_or(Type::Unknown, |write| self.value_type(decl, write.value, fuel)),
        }
    }

    fn value_type(&self, decl: DeclId, value: Value, fuel: Fuel<'_>) -> Type {
        match value {
            Value::Expr(expr) => match self.typed(decl, expr, fuel) {
                Type::Tuple(_) => Type::Unknown,
                other => other,
            },
            Value::Result { of, index, count } => self.tuple_type(decl, of, index, count, fuel),
            Value::Key(x) => match self.underlying(self.typed(decl, x, fuel), fuel) {
                Type::Slice(_) | Type::Array(..) => Type::named("int"),
                Type::Named(name) if name == "string" || name == "int" => Type::named("int"),
                Type::Map(key, _) => *key,
                Type::Chan(elem) => *elem,
                _ => Type::Unknown,
            },
            Value::Element(x) => match self.underlying(self.typed(decl, x, fuel), fuel) {
                Type::Slice(elem) | Type::Array(_, elem) | Type::Map(_, elem) => *elem,
                Type::Named(name) if name == "string" => Type::named("rune"),
                _ => Type::Unknown,
            },
            Value::Zero | Value::Other => Type::Unknown,
        }
    }

    fn tuple_type(&self, decl: DeclId, of: ExprId, index: u32, count: u32, fuel: Fuel<'_>) -> Type {
        match self.typed(decl, of, fuel) {
            Type::Tuple(types) if types.len() == count as usize => types[index as usize].clone(),
            Type::Tuple(_) => Type::Unknown,
            // v, ok := x.(T); v, ok := m[k]; v, ok := <-c
            other if index == 0 && !matches!(self.tree(decl).expr(of), Expr::Call { .. }) => other,
            other if index == 1 && other.is_known() && !matches!(self.tree(decl).expr(of), Expr::Call { .. }) => Type::named("bool"),
            _ => Type::Unknown,
        }
    }

    /// The type of a package-level variable or constant, or the type of that name, or of the function of that name.
    fn package_type(&self, id: DeclId, name: &str, fuel: Fuel<'_>) -> Type {
        let Some(fuel) = fuel.step() else { return Type::Unknown };
        if self.project.decl(id).kind == DeclKind::Func {
            return Type::Func(self.declared_results(id, fuel));
        }
        let Some((_, spec, at)) = self.spec_of(id, name) else { return Type::Unknown };
        match &spec.kind {
            SpecKind::Type { alias: true, ty, .. } => self.typed(id, *ty, fuel),
            SpecKind::Type { .. } => Type::Named(format_compact!("{}.{name}", self.path_of(id))),
            SpecKind::Value { ty: Some(ty), .. } => self.typed(id, *ty, fuel),
            SpecKind::Value { names, values, .. } => match &**values {
                [only] if names.len() > 1 => self.tuple_type(id, *only, at as u32, names.len() as u32, fuel),
                values => values.get(at).map_or(Type::Unknown, |&value| self.typed(id, value, fuel)),
            },
            SpecKind::Import { .. } => Type::Unknown,
        }
    }

    /// The declared result types of a function or method.
    pub(super) fn declared_results(&self, id: DeclId, fuel: Fuel<'_>) -> Vec<Type> {
        let tree = self.tree(id);
        match tree.func().map(|func| tree.expr(func.ty)) {
            Some(Expr::FuncType { results: Some(list), .. }) => self.result_types(id, list, fuel),
            _ => Vec::new(),
        }
    }

    fn selector_type(&self, decl: DeclId, around: ExprId, x: ExprId, sel: ExprId, fuel: Fuel<'_>) -> Type {
        let tree = self.tree(decl);
        let Some(name) = tree.ident(sel) else { return Type::Unknown };
        if let (Expr::Ident(_), Object::Import(path)) = (tree.expr(x), self.object(decl, x)) {
            let decls = self.lookup_path(path, name, Some(decl.file));
            if !decls.is_empty() {
                return agreed(decls.iter().map(|&id| self.package_type(id, name, fuel)));
            }
            if self.knows_package(path) {
                return Type::Unknown;
            }
            let full = format!("{path}.{name}");
            return match self.facts.variable(&full) {
                Some(ty) => Type::parse(ty),
                None if self.facts.results(&full).is_some() => Type::Func(Vec::new()),
                None if self.stands_for_type(decl, around) => Type::named(&full),
                // A variable, a constant, a function: who knows.
                None => Type::Unknown,
            };
        }
        let base = self.typed(decl, x, fuel);
        self.field_type(&base, name, fuel)
    }

    /// The type of a field, promoted ones included.
    pub(super) fn field_type(&self, base: &Type, name: &str, fuel: Fuel<'_>) -> Type {
        let Some(fuel) = fuel.step() else { return Type::Unknown };
        if let Type::Named(full) = base.pointee()
            && let Some(ty) = self.facts.field(full, name)
        {
            return Type::parse(ty);
        }
        // A method hides the fields of embedded types. Only another build variant can have a field of the same name.
        if let Some((path, of)) = base.path_and_name()
            && let Some(&method) = self.methods_path(path, of, name, None).first()
            && !self
                .lookup_path(path, of, None)
                .iter()
                .any(|&id| self.own_fields(id, of).is_some_and(|(place, list)| self.names(place, list, name)))
        {
            return Type::Func(self.declared_results(method, fuel));
        }
        if let Some((path, of)) = base.path_and_name()
            && let variants = self.lookup_path(path, of, None)
            && variants.len() > 1
        {
            // Where build variants declare the type differently, they have to agree about the field.
            let lists = variants.iter().filter_map(|&id| self.own_fields(id, of));
            return agreed(lists.map(|(place, list)| self.field_in(place, list, name, fuel)).filter(Type::is_known));
        }
        match self.struct_fields(base.pointee(), fuel) {
            Some((place, list)) => self.field_in(place, list, name, fuel),
            None => Type::Unknown,
        }
    }

    /// The fields of a declared struct type, in one of its declarations.
    fn own_fields(&self, id: DeclId, name: &str) -> Option<(DeclId, &'p FieldList)> {
        match &self.spec_of(id, name)?.1.kind {
            SpecKind::Type { ty, .. } => match self.tree(id).expr(*ty) {
                Expr::StructType { fields } => Some((id, fields)),
                _ => None,
            },
            _ => None,
        }
    }

    fn names(&self, place: DeclId, list: &FieldList, name: &str) -> bool {
        list.fields.iter().flat_map(|field| &field.names).any(|&ident| self.tree(place).ident(ident) == Some(name))
    }

    fn field_in(&self, place: DeclId, list: &'p FieldList, name: &str, fuel: Fuel<'_>) -> Type {
        let tree = self.tree(place);
        for field in &list.fields {
            if field.names.iter().any(|&ident| tree.ident(ident) == Some(name)) {
                return self.typed(place, field.ty, fuel);
            }
        }
        for embedded in self.embedded(place, list, fuel) {
            let is_it = embedded.path_and_name().map_or(&*embedded.pointee().full() == name, |(_, last)| last == name);
            if is_it {
                return embedded;
            }
            let found = self.field_type(&embedded, name, fuel.half());
            if found.is_known() {
                return found;
            }
        }
        Type::Unknown
    }

    /// The types of the embedded fields.
    pub(super) fn embedded(&self, place: DeclId, list: &'p FieldList, fuel: Fuel<'_>) -> Vec<Type> {
        let unnamed = list.fields.iter().filter(|field| field.names.is_empty());
        unnamed.map(|field| self.typed(place, field.ty, fuel)).filter(Type::is_known).collect()
    }

    /// The fields of a struct type, and the declaration they stand in.
    pub(super) fn struct_fields(&self, ty: &Type, fuel: Fuel<'_>) -> Option<(DeclId, &'p FieldList)> {
        match self.underlying(ty.clone(), fuel) {
            Type::Literal(place, expr) => match self.tree(place).expr(expr) {
                Expr::StructType { fields } => Some((place, fields)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The elements of an interface type, and the declaration they stand in.
    pub(super) fn interface_methods(&self, ty: &Type, fuel: Fuel<'_>) -> Option<(DeclId, &'p FieldList)> {
        match self.underlying(ty.clone(), fuel) {
            Type::Literal(place, expr) => match self.tree(place).expr(expr) {
                Expr::InterfaceType { methods } => Some((place, methods)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an interface of a package that was read has a method of this name without parameters that returns an error.
    pub fn has_error_method(&self, ty: &Type, name: &str) -> bool {
        let Some((place, list)) = self.interface_methods(ty, Steps::new().fuel(8)) else { return false };
        let tree = self.tree(place);
        let method = list.fields.iter().find(|field| field.names.iter().any(|&ident| tree.ident(ident) == Some(name)));
        method.is_some_and(|method| match tree.expr(method.ty) {
            Expr::FuncType { params, .. } => {
                params.fields.is_empty() && self.typed(place, method.ty, Steps::new().fuel(8)) == Type::Func(vec![Type::named("error")])
            }
            _ => false,
        })
    }

    /// The type behind a defined type of a package that was read; other types are themselves.
    pub(super) fn underlying(&self, mut ty: Type, fuel: Fuel<'_>) -> Type {
        for _ in 0..fuel.depth() {
            let Type::Named(full) = &ty else { return ty };
            let Some((path, name)) = full.rsplit_once('.') else { return ty };
            let found = self.lookup_path(path, name, None);
            let Some(&id) = found.first() else { return ty };
            // Build variants with different underlying types; of structs the fields are compared one by one.
            if found.len() > 1 && found.iter().any(|&id| self.own_fields(id, name).is_none()) {
                let behind = found.iter().map(|&id| match self.spec_of(id, name).map(|(_, spec, _)| &spec.kind) {
                    Some(SpecKind::Type { ty, type_params: None, .. }) => self.typed(id, *ty, fuel),
                    _ => Type::Unknown,
                });
                ty = agreed(behind);
                continue;
            }
            let Some((_, spec, _)) = self.spec_of(id, name) else { return Type::Unknown };
            let SpecKind::Type { type_params, ty: behind, .. } = &spec.kind else { return Type::Unknown };
            // What a type parameter stands for is not known, so a generic type's parts are not either, but for its fields.
            if type_params.is_some() && !matches!(self.tree(id).expr(*behind), Expr::StructType { .. }) {
                return Type::Unknown;
            }
            ty = self.typed(id, *behind, fuel);
        }
        Type::Unknown
    }

    fn index_type(&self, decl: DeclId, x: ExprId, fuel: Fuel<'_>) -> Type {
        // `T[int]` is a type; `f[int]` a function.
        let base = self.typed(decl, x, fuel);
        if self.is_type(decl, x) || matches!(base, Type::Func(_)) {
            return base;
        }
        match self.underlying(base.pointee().clone(), fuel) {
            Type::Slice(elem) | Type::Array(_, elem) | Type::Map(_, elem) => *elem,
            Type::Named(name) if name == "string" => Type::named("byte"),
            _ => Type::Unknown,
        }
    }

    fn call_type(&self, decl: DeclId, call: ExprId, args: &[ExprId], fuel: Fuel<'_>) -> Type {
        // No result is known for a call without results and for one of an unknown function.
        let one = |mut types: Vec<Type>| match types.len() {
            0 => Type::Unknown,
            1 => types.remove(0),
            _ => Type::Tuple(types),
        };
        match self.callee_with(decl, call, fuel) {
            Callee::Conversion(ty) => ty,
            Callee::Builtin(name) => match (name.as_str(), args.first()) {
                ("make", Some(&ty)) => self.typed(decl, ty, fuel),
                ("new", Some(&arg)) => match self.typed(decl, arg, fuel) {
                    Type::Unknown => Type::Unknown,
                    inner => Type::Pointer(Box::new(inner)),
                },
                ("append", Some(&slice)) => self.typed(decl, slice, fuel),
                ("len" | "cap" | "copy", _) => Type::named("int"),
                _ => Type::Unknown,
            },
            Callee::Function(function) => one(function.results),
            Callee::Closure(lit) => match self.typed(decl, lit, fuel) {
                Type::Func(results) => one(results),
                _ => Type::Unknown,
            },
            Callee::Variable(_, Type::Func(results)) if !results.is_empty() => one(results),
            _ => Type::Unknown,
        }
    }
}

/// The type that all build variants give; unknown where they differ.
fn agreed(mut types: impl Iterator<Item = Type>) -> Type {
    let Some(first) = types.next() else { return Type::Unknown };
    if types.all(|ty| ty == first) { first } else { Type::Unknown }
}

fn is_basic(name: &str) -> bool {
    const TYPES: &[&str] = &[
        "any",
        "bool",
        "byte",
        "comparable",
        "complex128",
        "complex64",
        "error",
        "float32",
        "float64",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "rune",
        "string",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
    ];
    TYPES.binary_search(&name).is_ok()
}
