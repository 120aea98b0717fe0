//! What do the predeclared names mean?
//!
//! ```go
//! x := make([]byte, len(s)) // make and len are built in, byte is uint8
//! ```
//!
//! Not here: what the built-in functions return (`builtins`).

use super::ty::Type;

/// What a predeclared name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Universe {
    Type(Type),
    Builtin(Builtin),
    True,
    False,
    Iota,
    Nil,
}

/// A built-in function, those of package unsafe included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    UnsafeAdd,
    UnsafeAlignof,
    UnsafeOffsetof,
    UnsafeSizeof,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
}

impl Builtin {
    /// As Go writes it.
    pub fn name(self) -> &'static str {
        match self {
            Builtin::Append => "append",
            Builtin::Cap => "cap",
            Builtin::Clear => "clear",
            Builtin::Close => "close",
            Builtin::Complex => "complex",
            Builtin::Copy => "copy",
            Builtin::Delete => "delete",
            Builtin::Imag => "imag",
            Builtin::Len => "len",
            Builtin::Make => "make",
            Builtin::Max => "max",
            Builtin::Min => "min",
            Builtin::New => "new",
            Builtin::Panic => "panic",
            Builtin::Print => "print",
            Builtin::Println => "println",
            Builtin::Real => "real",
            Builtin::Recover => "recover",
            Builtin::UnsafeAdd => "Add",
            Builtin::UnsafeAlignof => "Alignof",
            Builtin::UnsafeOffsetof => "Offsetof",
            Builtin::UnsafeSizeof => "Sizeof",
            Builtin::UnsafeSlice => "Slice",
            Builtin::UnsafeSliceData => "SliceData",
            Builtin::UnsafeString => "String",
            Builtin::UnsafeStringData => "StringData",
        }
    }
}

/// What a name means that nobody declared.
pub(super) fn universe(name: &str) -> Option<Universe> {
    Some(match name {
        "any" => Universe::Type(Type::ANY),
        "bool" => Universe::Type(Type::BOOL),
        "byte" | "uint8" => Universe::Type(Type::UINT8),
        "comparable" => Universe::Type(Type::COMPARABLE),
        "complex64" => Universe::Type(Type::COMPLEX64),
        "complex128" => Universe::Type(Type::COMPLEX128),
        "error" => Universe::Type(Type::ERROR),
        "float32" => Universe::Type(Type::FLOAT32),
        "float64" => Universe::Type(Type::FLOAT64),
        "int" => Universe::Type(Type::INT),
        "int8" => Universe::Type(Type::INT8),
        "int16" => Universe::Type(Type::INT16),
        "int32" | "rune" => Universe::Type(Type::INT32),
        "int64" => Universe::Type(Type::INT64),
        "string" => Universe::Type(Type::STRING),
        "uint" => Universe::Type(Type::UINT),
        "uint16" => Universe::Type(Type::UINT16),
        "uint32" => Universe::Type(Type::UINT32),
        "uint64" => Universe::Type(Type::UINT64),
        "uintptr" => Universe::Type(Type::UINTPTR),
        "true" => Universe::True,
        "false" => Universe::False,
        "iota" => Universe::Iota,
        "nil" => Universe::Nil,
        "append" => Universe::Builtin(Builtin::Append),
        "cap" => Universe::Builtin(Builtin::Cap),
        "clear" => Universe::Builtin(Builtin::Clear),
        "close" => Universe::Builtin(Builtin::Close),
        "complex" => Universe::Builtin(Builtin::Complex),
        "copy" => Universe::Builtin(Builtin::Copy),
        "delete" => Universe::Builtin(Builtin::Delete),
        "imag" => Universe::Builtin(Builtin::Imag),
        "len" => Universe::Builtin(Builtin::Len),
        "make" => Universe::Builtin(Builtin::Make),
        "max" => Universe::Builtin(Builtin::Max),
        "min" => Universe::Builtin(Builtin::Min),
        "new" => Universe::Builtin(Builtin::New),
        "panic" => Universe::Builtin(Builtin::Panic),
        "print" => Universe::Builtin(Builtin::Print),
        "println" => Universe::Builtin(Builtin::Println),
        "real" => Universe::Builtin(Builtin::Real),
        "recover" => Universe::Builtin(Builtin::Recover),
        _ => return None,
    })
}

/// What `unsafe.Name` means.
pub(super) fn of_unsafe(name: &str) -> Option<Universe> {
    Some(match name {
        "Pointer" => Universe::Type(Type::UNSAFE_POINTER),
        "Add" => Universe::Builtin(Builtin::UnsafeAdd),
        "Alignof" => Universe::Builtin(Builtin::UnsafeAlignof),
        "Offsetof" => Universe::Builtin(Builtin::UnsafeOffsetof),
        "Sizeof" => Universe::Builtin(Builtin::UnsafeSizeof),
        "Slice" => Universe::Builtin(Builtin::UnsafeSlice),
        "SliceData" => Universe::Builtin(Builtin::UnsafeSliceData),
        "String" => Universe::Builtin(Builtin::UnsafeString),
        "StringData" => Universe::Builtin(Builtin::UnsafeStringData),
        _ => return None,
    })
}
