//! What is a type? A number for a type that was seen: equal numbers are equal types, and a copy costs nothing.
//!
//! ```go
//! map[string]*os.File // Kind::Map(string, Kind::Pointer(Kind::Named(os.File)))
//! ```
//!
//! A defined type is the declaration of its name, so types have no cycles of their own: what is behind a name is asked for
//! separately. Aliases are the types that they stand for. A type with an unknown part, such as a slice of nobody knows what, is a type all
//! the same; one that is nested too deep is [`Type::UNKNOWN`].
//!
//! Not here: which type an expression has.

use super::builds::BuildId;
use super::memo::Memo;
use crate::ast::{ExprId, Name};
use crate::project::DeclId;
use crate::source::FileId;

/// A type that was seen, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Type(pub(super) u32);

/// A list of types.
pub type TypeList = Box<[Type]>;

/// Where a name is declared: the offset of its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub file: FileId,
    pub offset: u32,
}

/// The name of a type that is declared: at top level or in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeName {
    /// The declaration around it.
    pub decl: DeclId,
    /// Its identifier in the tree of that declaration.
    pub ident: ExprId,
    /// The build in which it is looked at.
    pub build: BuildId,
}

/// A type parameter: its identifier's place and the declaration around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeParam {
    pub decl: DeclId,
    pub offset: u32,
    pub build: BuildId,
}

/// A predeclared type; those that begin with `Untyped` are of constants without a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basic {
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

/// The direction of a channel.
pub use crate::ast::ChanDir;

/// A function's type, without its receiver. The last parameter of a variadic one is the slice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    pub params: TypeList,
    pub results: TypeList,
    pub variadic: bool,
}

/// A field of a struct type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    pub name: Name,
    pub ty: Type,
    pub embedded: bool,
    pub place: Place,
    /// The tag as it is written, with its quotes.
    pub tag: Option<Name>,
}

/// A method that an interface type names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MethodType {
    pub name: Name,
    /// A `Kind::Func`.
    pub ty: Type,
    pub place: Place,
}

/// One term of `~int | string`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    pub tilde: bool,
    pub ty: Type,
}

/// An interface type as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Interface {
    pub methods: Box<[MethodType]>,
    /// Each an embedded type (one term without tilde) or a union.
    pub embedded: Box<[Box<[Term]>]>,
}

/// What a type is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Unknown,
    Basic(Basic),
    /// The predeclared `error`.
    Error,
    /// The predeclared `comparable`.
    Comparable,
    /// A defined type, with type arguments if it is an instance of a generic one. Without arguments a generic one is itself, uninstantiated.
    Named(TypeName, TypeList),
    Pointer(Type),
    Slice(Type),
    /// The length, if it is known.
    Array(Option<u64>, Type),
    Map(Type, Type),
    Chan(ChanDir, Type),
    Func(Signature),
    Struct(Box<[FieldType]>),
    /// `any` is one without anything.
    Interface(Interface),
    /// The results of a call with none or several.
    Tuple(TypeList),
    Param(TypeParam),
}

/// How deep a type may be nested; a deeper one is unknown. Real code needs about ten.
const DEPTH: u8 = 60;

/// All types that were seen.
pub(super) struct Store {
    numbers: Memo<Kind, u32>,
    kinds: boxcar::Vec<(Kind, Facts)>,
}

/// What is often asked of a type.
#[derive(Clone, Copy, Debug)]
struct Facts {
    depth: u8,
    /// A type parameter occurs in it.
    generic: bool,
    /// Something in it is unknown.
    unknown: bool,
}

macro_rules! basics {
    ($($name:ident = $at:literal, $basic:ident;)*) => {
        impl Type {
            $(pub const $name: Type = Type($at);)*
        }
        const BASICS: &[(u32, Basic)] = &[$(($at, Basic::$basic),)*];
    };
}

basics! {
    BOOL = 1, Bool;
    INT = 2, Int;
    INT8 = 3, Int8;
    INT16 = 4, Int16;
    INT32 = 5, Int32;
    INT64 = 6, Int64;
    UINT = 7, Uint;
    UINT8 = 8, Uint8;
    UINT16 = 9, Uint16;
    UINT32 = 10, Uint32;
    UINT64 = 11, Uint64;
    UINTPTR = 12, Uintptr;
    FLOAT32 = 13, Float32;
    FLOAT64 = 14, Float64;
    COMPLEX64 = 15, Complex64;
    COMPLEX128 = 16, Complex128;
    STRING = 17, String;
    UNSAFE_POINTER = 18, UnsafePointer;
    UNTYPED_BOOL = 19, UntypedBool;
    UNTYPED_INT = 20, UntypedInt;
    UNTYPED_RUNE = 21, UntypedRune;
    UNTYPED_FLOAT = 22, UntypedFloat;
    UNTYPED_COMPLEX = 23, UntypedComplex;
    UNTYPED_STRING = 24, UntypedString;
    UNTYPED_NIL = 25, UntypedNil;
}

impl Type {
    pub const UNKNOWN: Type = Type(0);
    pub const ERROR: Type = Type(26);
    pub const COMPARABLE: Type = Type(27);
    pub const ANY: Type = Type(28);
    /// The type of a call without results.
    pub const NOTHING: Type = Type(29);

    pub fn is_known(self) -> bool {
        self != Type::UNKNOWN
    }

    /// Whether it is of a constant (or comparison, or shift) without a type of its own, or of `nil`.
    pub fn is_untyped(self) -> bool {
        (Type::UNTYPED_BOOL.0..=Type::UNTYPED_NIL.0).contains(&self.0)
    }

    /// The predeclared type that it is, if it is one; not the one behind a name.
    pub fn basic(self) -> Option<Basic> {
        let at = (self.0 as usize).checked_sub(1)?;
        BASICS.get(at).map(|(_, basic)| *basic)
    }
}

impl Basic {
    pub fn ty(self) -> Type {
        Type(self as u32 + 1)
    }

    pub fn is_untyped(self) -> bool {
        self >= Basic::UntypedBool
    }

    pub fn is_integer(self) -> bool {
        (Basic::Int..=Basic::Uintptr).contains(&self) || matches!(self, Basic::UntypedInt | Basic::UntypedRune)
    }

    pub fn is_unsigned(self) -> bool {
        (Basic::Uint..=Basic::Uintptr).contains(&self)
    }

    pub fn is_float(self) -> bool {
        matches!(self, Basic::Float32 | Basic::Float64 | Basic::UntypedFloat)
    }

    pub fn is_complex(self) -> bool {
        matches!(self, Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex)
    }

    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_float() || self.is_complex()
    }

    pub fn is_string(self) -> bool {
        matches!(self, Basic::String | Basic::UntypedString)
    }

    pub fn is_boolean(self) -> bool {
        matches!(self, Basic::Bool | Basic::UntypedBool)
    }

    /// The type that an untyped constant gets where nothing else says: `int` for `untyped int`.
    pub fn default(self) -> Basic {
        match self {
            Basic::UntypedBool => Basic::Bool,
            Basic::UntypedInt => Basic::Int,
            Basic::UntypedRune => Basic::Int32,
            Basic::UntypedFloat => Basic::Float64,
            Basic::UntypedComplex => Basic::Complex128,
            Basic::UntypedString => Basic::String,
            other => other,
        }
    }

    /// As go/types writes it.
    pub fn name(self) -> &'static str {
        match self {
            Basic::Bool => "bool",
            Basic::Int => "int",
            Basic::Int8 => "int8",
            Basic::Int16 => "int16",
            Basic::Int32 => "int32",
            Basic::Int64 => "int64",
            Basic::Uint => "uint",
            Basic::Uint8 => "uint8",
            Basic::Uint16 => "uint16",
            Basic::Uint32 => "uint32",
            Basic::Uint64 => "uint64",
            Basic::Uintptr => "uintptr",
            Basic::Float32 => "float32",
            Basic::Float64 => "float64",
            Basic::Complex64 => "complex64",
            Basic::Complex128 => "complex128",
            Basic::String => "string",
            Basic::UnsafePointer => "unsafe.Pointer",
            Basic::UntypedBool => "untyped bool",
            Basic::UntypedInt => "untyped int",
            Basic::UntypedRune => "untyped rune",
            Basic::UntypedFloat => "untyped float",
            Basic::UntypedComplex => "untyped complex",
            Basic::UntypedString => "untyped string",
            Basic::UntypedNil => "untyped nil",
        }
    }
}

impl Store {
    pub(super) fn new() -> Store {
        let store = Store { numbers: Memo::new(), kinds: boxcar::Vec::new() };
        let basics = BASICS.iter().map(|(_, basic)| Kind::Basic(*basic));
        let rest = [Kind::Error, Kind::Comparable, Kind::Interface(Interface::default()), Kind::Tuple(Box::new([]))];
        for (at, kind) in [Kind::Unknown].into_iter().chain(basics).chain(rest).enumerate() {
            let facts = Facts { depth: 0, generic: false, unknown: at == 0 };
            let pushed = store.kinds.push((kind.clone(), facts));
            debug_assert_eq!(pushed, at, "the predeclared types have their numbers");
            store.numbers.set(kind, at as u32);
        }
        store
    }

    pub(super) fn kind(&self, ty: Type) -> &Kind {
        &self.entry(ty).0
    }

    fn entry(&self, ty: Type) -> &(Kind, Facts) {
        self.kinds.get(ty.0 as usize).expect("invariant: a type's number comes from this store")
    }

    /// Whether a type parameter occurs in it.
    pub(super) fn is_generic(&self, ty: Type) -> bool {
        self.entry(ty).1.generic
    }

    /// Whether something in it is unknown.
    pub(super) fn has_unknown(&self, ty: Type) -> bool {
        self.entry(ty).1.unknown
    }

    /// The type of a kind.
    pub(super) fn make(&self, kind: Kind) -> Type {
        if let Some(&known) = self.numbers.get(&kind) {
            return Type(known);
        }
        let mut facts = Facts { depth: 0, generic: false, unknown: false };
        {
            let mut part = |ty: Type| {
                let of = self.entry(ty).1;
                facts.depth = facts.depth.max(of.depth);
                facts.generic |= of.generic;
                facts.unknown |= of.unknown;
            };
            match &kind {
                Kind::Unknown | Kind::Basic(_) | Kind::Error | Kind::Comparable => {}
                Kind::Param(_) => facts.generic = true,
                Kind::Named(_, args) | Kind::Tuple(args) => args.iter().copied().for_each(&mut part),
                Kind::Pointer(ty) | Kind::Slice(ty) | Kind::Chan(_, ty) => part(*ty),
                Kind::Array(length, ty) => {
                    part(*ty);
                    facts.unknown |= length.is_none();
                }
                Kind::Map(key, value) => [*key, *value].into_iter().for_each(&mut part),
                Kind::Func(signature) => signature.params.iter().chain(&signature.results).copied().for_each(&mut part),
                Kind::Struct(fields) => fields.iter().map(|field| field.ty).for_each(&mut part),
                Kind::Interface(interface) => {
                    interface.methods.iter().map(|method| method.ty).for_each(&mut part);
                    interface.embedded.iter().flatten().map(|term| term.ty).for_each(&mut part);
                }
            }
        }
        facts.depth += 1;
        if facts.depth > DEPTH {
            return Type::UNKNOWN;
        }
        let at = self.kinds.push((kind.clone(), facts));
        // Two threads may both have pushed it: the number in the map is the type's, the other place is never named.
        Type(*self.numbers.set(kind, at as u32))
    }
}
