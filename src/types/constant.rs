//! What is the value of a constant? Go's exact arithmetic, as go/constant has it.
//!
//! ```go
//! const limit = 1<<10 - 1 // Value::Int(1023)
//! const intSize = 32 << (^uint(0) >> 63) // 64 where a word has eight bytes
//! ```
//!
//! Numbers are exact while they are small: integers of at most 512 bits, fractions of two integers below 4096 bits. What is larger, and what
//! would be rounded in a way of its own, is [`Value::Unknown`]; so is every operation that is not defined. `word` is always the size
//! of an `int` in bytes.
//!
//! Not here: which expressions are constants, and which type they have.

use super::ty::{Basic, Type};
use crate::ast::{LitKind, Op};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::sync::Arc;

/// Larger integers are unknown; Go refuses them.
const INT_BITS: u64 = 512;
/// Fractions with larger parts are unknown; go/constant goes over to rounding here.
const FRACTION_BITS: u64 = 4096;
/// Larger shifts are unknown; Go refuses them.
const SHIFT: u64 = 10_000;
/// Of longer strings only the length is kept.
const STRING: usize = 64 << 10;
/// Longer strings are unknown; Go refuses them.
const LONGEST: u64 = 2_000_000_000;
/// Longer numbers in the source are unknown; Go refuses them.
const NUMBER: usize = 10_000;
/// Powers of ten beyond this lead to fractions that are too large.
const EXPONENT: u64 = 2 * FRACTION_BITS;

/// A constant's value. Numbers that were a float or complex once stay so until they are represented as another type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Value {
    #[default]
    Unknown,
    Bool(bool),
    /// Bytes, not always UTF-8.
    Str(Arc<[u8]>),
    /// A string that is too long to be kept: its length.
    Long(u64),
    Int(BigInt),
    Float(Box<BigRational>),
    /// The real and the imaginary part.
    Complex(Box<(BigRational, BigRational)>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        if bytes.len() > STRING { Value::Long(bytes.len() as u64) } else { Value::Str(bytes.into()) }
    }
}

fn int(value: BigInt) -> Value {
    if value.bits() > INT_BITS { Value::Unknown } else { Value::Int(value) }
}

fn is_small(value: &BigRational) -> bool {
    value.numer().bits() < FRACTION_BITS && value.denom().bits() < FRACTION_BITS
}

fn float(value: BigRational) -> Value {
    if is_small(&value) { Value::Float(Box::new(value)) } else { Value::Unknown }
}

fn complex(real: BigRational, imag: BigRational) -> Value {
    if is_small(&real) && is_small(&imag) { Value::Complex(Box::new((real, imag))) } else { Value::Unknown }
}

/// Two numbers of one kind, the lesser that both have.
enum Pair<'v> {
    Int(&'v BigInt, &'v BigInt),
    Float(BigRational, BigRational),
    Complex((BigRational, BigRational), (BigRational, BigRational)),
}

fn pair<'v>(x: &'v Value, y: &'v Value) -> Option<Pair<'v>> {
    Some(match (x, y) {
        (Value::Int(x), Value::Int(y)) => Pair::Int(x, y),
        (Value::Complex(_), _) | (_, Value::Complex(_)) => Pair::Complex(x.parts()?, y.parts()?),
        _ => Pair::Float(x.fraction()?, y.fraction()?),
    })
}

fn concatenated(x: &Value, y: &Value) -> Value {
    match (x, y, x.length().zip(y.length())) {
        (Value::Str(x), Value::Str(y), Some((m, n))) if m + n <= STRING as u64 => Value::Str([&**x, &**y].concat().into()),
        (_, _, Some((m, n))) if m + n <= LONGEST => Value::Long(m + n),
        _ => Value::Unknown,
    }
}

fn int_binary(op: Op, x: &BigInt, y: &BigInt) -> Value {
    int(match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::Quo if !y.is_zero() => return float(BigRational::new(x.clone(), y.clone())),
        Op::Rem if !y.is_zero() => x % y,
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
        Op::AndNot => x & !y,
        _ => return Value::Unknown,
    })
}

fn float_binary(op: Op, x: BigRational, y: BigRational) -> Option<BigRational> {
    match op {
        Op::Add => Some(x + y),
        Op::Sub => Some(x - y),
        Op::Mul => Some(x * y),
        Op::Quo if !y.is_zero() => Some(x / y),
        _ => None,
    }
}

fn complex_binary(op: Op, (a, b): (BigRational, BigRational), (c, d): (BigRational, BigRational)) -> Value {
    match op {
        Op::Add => complex(a + c, b + d),
        Op::Sub => complex(a - c, b - d),
        Op::Mul => complex(&a * &c - &b * &d, &b * &c + &a * &d),
        Op::Quo => {
            let square = &c * &c + &d * &d;
            // go/constant rounds what becomes too large on the way.
            if square.is_zero() || !is_small(&square) {
                return Value::Unknown;
            }
            complex((&a * &c + &b * &d) / &square, (&b * &c - &a * &d) / &square)
        }
        _ => Value::Unknown,
    }
}

/// Whether `x op y`, a comparison, holds.
fn holds(op: Op, x: &Value, y: &Value) -> Option<bool> {
    let order = match (x, y) {
        (Value::Bool(x), Value::Bool(y)) => return equality(op, x == y),
        (Value::Str(x), Value::Str(y)) => x.cmp(y),
        // Of long strings it is known at least that they differ when their lengths do.
        (Value::Str(_) | Value::Long(_), Value::Str(_) | Value::Long(_)) if x.length() != y.length() => return equality(op, false),
        _ => match pair(x, y)? {
            Pair::Int(x, y) => x.cmp(y),
            Pair::Float(x, y) => x.cmp(&y),
            Pair::Complex(x, y) => return equality(op, x == y),
        },
    };
    match op {
        Op::Lss => Some(order == Ordering::Less),
        Op::Leq => Some(order != Ordering::Greater),
        Op::Gtr => Some(order == Ordering::Greater),
        Op::Geq => Some(order != Ordering::Less),
        _ => equality(op, order == Ordering::Equal),
    }
}

fn equality(op: Op, equal: bool) -> Option<bool> {
    match op {
        Op::Eql => Some(equal),
        Op::Neq => Some(!equal),
        _ => None,
    }
}

/// The size of an integer type in bits; 0 of others.
fn bits(ty: Basic, word: u64) -> u64 {
    match ty {
        Basic::Int | Basic::Uint | Basic::Uintptr => 8 * word,
        Basic::Int8 | Basic::Uint8 => 8,
        Basic::Int16 | Basic::Uint16 => 16,
        Basic::Int32 | Basic::Uint32 => 32,
        Basic::Int64 | Basic::Uint64 => 64,
        _ => 0,
    }
}

/// The nearest number that a float type has: `mantissa` bits, the smallest one 2^`least`, all below 2^`most`. `None` if it is infinite.
fn rounded(x: &BigRational, mantissa: i64, least: i64, most: i64) -> Option<BigRational> {
    let scaled = |exponent: i64| {
        let (n, d) = (x.numer().abs(), x.denom());
        if exponent < 0 { (n << -exponent, d.clone()) } else { (n, d << exponent) }
    };
    // n/d lies between 2^(bits-1) and 2^(bits+1), so the mantissa needs this exponent or the next one.
    let mut exponent = (x.numer().bits() as i64 - x.denom().bits() as i64 - mantissa).max(least);
    let (n, d) = scaled(exponent);
    if n >= d << mantissa {
        exponent += 1;
    }
    let (n, d) = scaled(exponent);
    let (mut whole, rest) = (&n / &d, &n % &d);
    // Half goes to the even one.
    match (rest << 1u8).cmp(&d) {
        Ordering::Greater => whole += 1u8,
        Ordering::Equal if whole.bit(0) => whole += 1u8,
        _ => {}
    }
    if whole.bits() as i64 + exponent > most {
        return None;
    }
    let whole = if x.is_negative() { -whole } else { whole };
    let one = BigInt::one();
    Some(if exponent < 0 { BigRational::new(whole, one << -exponent) } else { BigRational::from(whole << exponent) })
}

fn rounded_to(ty: Basic, x: &BigRational) -> Option<BigRational> {
    match ty {
        Basic::Float32 | Basic::Complex64 => rounded(x, 24, -149, 128),
        Basic::Float64 | Basic::Complex128 => rounded(x, 53, -1074, 1024),
        _ => Some(x.clone()),
    }
}

impl Value {
    /// The value of a literal as it is written.
    pub fn parse(kind: LitKind, text: &str) -> Value {
        let value = match kind {
            LitKind::String => unquoted(text).map(|bytes| Value::from(bytes.as_slice())),
            LitKind::Char => rune(text).map(|code| Value::Int(code.into())),
            _ if text.len() > NUMBER || text.contains("__") || text.ends_with('_') => None,
            LitKind::Int => integer(&text.replace('_', "")).map(int),
            LitKind::Float => fraction(&text.replace('_', "")).map(float),
            LitKind::Imag => {
                let number = text.strip_suffix('i').map(|number| number.replace('_', ""));
                number.and_then(|number| fraction(&number)).map(|imag| complex(BigRational::zero(), imag))
            }
        };
        value.unwrap_or_default()
    }
    /// The type of a literal.
    pub fn literal_type(kind: LitKind) -> Type {
        match kind {
            LitKind::Int => Type::UNTYPED_INT,
            LitKind::Float => Type::UNTYPED_FLOAT,
            LitKind::Imag => Type::UNTYPED_COMPLEX,
            LitKind::Char => Type::UNTYPED_RUNE,
            LitKind::String => Type::UNTYPED_STRING,
        }
    }

    /// An integer.
    pub fn int(value: u64) -> Value {
        Value::Int(value.into())
    }

    /// The value of `x op y`, but not of shifts and comparisons. `integer_division`: the operands' type is an integer type, so `/` cuts off.
    /// A value with a type has to be represented in it afterwards.
    pub fn binary(op: Op, x: &Value, y: &Value, integer_division: bool) -> Value {
        match (op, x, y) {
            (Op::LAnd, Value::Bool(false), _) | (Op::LAnd, _, Value::Bool(false)) => return Value::Bool(false),
            (Op::LAnd, Value::Bool(true), Value::Bool(true)) => return Value::Bool(true),
            (Op::LOr, Value::Bool(true), _) | (Op::LOr, _, Value::Bool(true)) => return Value::Bool(true),
            (Op::LOr, Value::Bool(false), Value::Bool(false)) => return Value::Bool(false),
            (Op::Add, Value::Str(_) | Value::Long(_), Value::Str(_) | Value::Long(_)) => return concatenated(x, y),
            (Op::Quo, ..) if integer_division => {
                return match (x.to_int(), y.to_int()) {
                    (Value::Int(x), Value::Int(y)) if !y.is_zero() => int(x / y),
                    _ => Value::Unknown,
                };
            }
            _ => {}
        }
        match pair(x, y) {
            Some(Pair::Int(x, y)) => int_binary(op, x, y),
            Some(Pair::Float(x, y)) => float_binary(op, x, y).map_or(Value::Unknown, float),
            Some(Pair::Complex(x, y)) => complex_binary(op, x, y),
            None => Value::Unknown,
        }
    }

    /// The value of `+x`, `-x`, `^x`, `!x`. `ty` is the operand's type, if it has one: `^uint8(1)` is 254.
    pub fn unary(&self, op: Op, ty: Option<Basic>, word: u64) -> Value {
        match (op, self) {
            (Op::Add, Value::Int(_) | Value::Float(_) | Value::Complex(_)) => self.clone(),
            (Op::Sub, Value::Int(x)) => int(-x),
            (Op::Sub, Value::Float(x)) => float(-&**x),
            (Op::Sub, Value::Complex(x)) => complex(-&x.0, -&x.1),
            (Op::Xor, Value::Int(x)) => match ty.filter(|ty| ty.is_unsigned()) {
                Some(ty) => int(!x & ((BigInt::one() << bits(ty, word)) - 1u8)),
                None => int(!x),
            },
            (Op::Not, Value::Bool(x)) => Value::Bool(!x),
            _ => Value::Unknown,
        }
    }

    /// The value of `x << count` or `x >> count`; an integral float becomes an integer.
    pub fn shift(&self, op: Op, count: &Value) -> Value {
        let Some(count) = count.as_u64().filter(|&count| count <= SHIFT) else { return Value::Unknown };
        match (op, self.to_int()) {
            (Op::Shl, Value::Int(x)) if x.is_zero() || x.bits() + count <= INT_BITS => int(x << count),
            (Op::Shr, Value::Int(x)) => int(x >> count),
            _ => Value::Unknown,
        }
    }

    /// The value of `x op y`, a comparison.
    pub fn compare(op: Op, x: &Value, y: &Value) -> Value {
        holds(op, x, y).map_or(Value::Unknown, Value::Bool)
    }

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        *self != Value::Unknown
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(value) = self { Some(*value) } else { None }
    }

    /// The value of an integer or an integral float.
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::Int(value) = self.to_int() { value.to_i64() } else { None }
    }

    /// The value of an integer or an integral float.
    pub fn as_u64(&self) -> Option<u64> {
        if let Value::Int(value) = self.to_int() { value.to_u64() } else { None }
    }

    /// The bytes of a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Value::Str(bytes) = self { Some(bytes) } else { None }
    }

    /// What `len` says of a string; of a long one too.
    pub fn length(&self) -> Option<u64> {
        match self {
            Value::Str(bytes) => Some(bytes.len() as u64),
            Value::Long(length) => Some(*length),
            _ => None,
        }
    }

    /// The number as a fraction, if it has no imaginary part.
    fn fraction(&self) -> Option<BigRational> {
        match self {
            Value::Int(x) => Some(BigRational::from(x.clone())),
            Value::Float(x) => Some((**x).clone()),
            Value::Complex(x) if x.1.is_zero() => Some(x.0.clone()),
            _ => None,
        }
    }

    fn parts(&self) -> Option<(BigRational, BigRational)> {
        match self {
            Value::Complex(x) => Some((**x).clone()),
            _ => Some((self.fraction()?, BigRational::zero())),
        }
    }

    /// The number as an integer, if it is one without a fraction.
    pub fn to_int(&self) -> Value {
        match self {
            Value::Int(_) => self.clone(),
            _ => self.fraction().filter(BigRational::is_integer).map_or(Value::Unknown, |x| int(x.to_integer())),
        }
    }

    /// The number as a float, if it has no imaginary part.
    pub fn to_float(&self) -> Value {
        self.fraction().map_or(Value::Unknown, float)
    }

    /// The number as a complex one.
    pub fn to_complex(&self) -> Value {
        self.parts().map_or(Value::Unknown, |(real, imag)| complex(real, imag))
    }

    /// `real(x)`
    pub fn real(&self) -> Value {
        match self {
            Value::Int(_) | Value::Float(_) => self.clone(),
            Value::Complex(x) => float(x.0.clone()),
            _ => Value::Unknown,
        }
    }

    /// `imag(x)`
    pub fn imag(&self) -> Value {
        match self {
            Value::Int(_) | Value::Float(_) => Value::Int(BigInt::zero()),
            Value::Complex(x) => float(x.1.clone()),
            _ => Value::Unknown,
        }
    }

    /// `complex(real, imag)`
    pub fn complex(real: &Value, imag: &Value) -> Value {
        match (real.fraction(), imag.fraction()) {
            (Some(real), Some(imag)) => complex(real, imag),
            _ => Value::Unknown,
        }
    }

    /// The value as one of a type, rounded if it is a float; what an assignment to the type makes of it. `None` if the type does not have it;
    /// what is unknown stays unknown.
    pub fn represent(&self, ty: Basic, word: u64) -> Option<Value> {
        let value = match self {
            Value::Unknown => Value::Unknown,
            Value::Bool(_) if ty.is_boolean() => self.clone(),
            Value::Str(_) | Value::Long(_) if ty.is_string() => self.clone(),
            _ if ty.is_integer() => {
                let whole = self.fraction().filter(BigRational::is_integer)?.to_integer();
                match bits(ty, word) {
                    0 => int(whole),
                    size if ty.is_unsigned() => Some(whole).filter(|x| !x.is_negative() && x.bits() <= size).map(Value::Int)?,
                    // -128 has as many bits as its neighbour !(-128), 127.
                    size => Some(whole).filter(|x| if x.is_negative() { !x } else { x.clone() }.bits() < size).map(Value::Int)?,
                }
            }
            _ if ty.is_float() => float(rounded_to(ty, &self.fraction()?)?),
            _ if ty.is_complex() => {
                let (real, imag) = self.parts()?;
                complex(rounded_to(ty, &real)?, rounded_to(ty, &imag)?)
            }
            _ => return None,
        };
        Some(value)
    }

    /// Whether a type has the value, after rounding; what is unknown fits everywhere.
    pub fn fits(&self, ty: Basic, word: u64) -> bool {
        self.represent(ty, word).is_some()
    }

    /// The value of a conversion `T(x)` that is a constant; unknown if there is none. `string(65)` is "A".
    pub fn convert(&self, ty: Basic, word: u64) -> Value {
        match self {
            Value::Int(code) if ty.is_string() => {
                let character = code.to_u32().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                Value::from(character.encode_utf8(&mut [0; 4]).as_bytes())
            }
            _ => self.represent(ty, word).unwrap_or_default(),
        }
    }
}

/// The digits behind a prefix such as `0x`, and their base.
fn prefixed(text: &str) -> Option<(&str, u32)> {
    let base = match text.get(..2)? {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    Some((&text[2..], base))
}

fn digits(text: &str, base: u32) -> Option<BigInt> {
    // `parse_bytes` takes signs too.
    text.bytes().all(|byte| char::from(byte).is_digit(base)).then(|| BigInt::parse_bytes(text.as_bytes(), base))?
}

/// `42`, `0x2A`, `0b1`, `0o52`, `052`.
fn integer(text: &str) -> Option<BigInt> {
    match prefixed(text) {
        Some((text, base)) => digits(text, base),
        None if text.len() > 1 && text.starts_with('0') => digits(text, 8),
        None => digits(text, 10),
    }
}

/// `1.5`, `.5e-3`, `0x1p-2`; before an `i` also integers, of which `012` is decimal.
fn fraction(text: &str) -> Option<BigRational> {
    let (text, base) = prefixed(text).unwrap_or((text, 10));
    let (marks, radix): (&[char], u64) = match base {
        10 => (&['e', 'E'], 10),
        16 => (&['p', 'P'], 2),
        _ => return digits(text, base).map(BigRational::from),
    };
    let (mantissa, exponent) = match text.split_once(marks) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa = digits(&format!("{whole}{part}"), base)?;
    let places = if base == 16 { 4 * part.len() } else { part.len() };
    let exponent = exponent.checked_sub(places as i64)?;
    if mantissa.is_zero() {
        return Some(BigRational::zero());
    }
    if exponent.unsigned_abs() > EXPONENT {
        return None;
    }
    let power = BigInt::from(radix).pow(exponent.unsigned_abs());
    Some(if exponent < 0 { BigRational::new(mantissa, power) } else { BigRational::from(mantissa * power) })
}

/// One character of a rune or an interpreted string: its code, whether it is a byte (`\x80`) and not to be encoded, and what follows.
fn character(text: &str, quote: char) -> Option<(u32, bool, &str)> {
    let first = text.chars().next().filter(|&c| c != quote && c != '\n')?;
    let rest = &text[first.len_utf8()..];
    if first != '\\' {
        return Some((u32::from(first), false, rest));
    }
    let escape = rest.chars().next()?;
    let rest = &rest[escape.len_utf8()..];
    let simple = |code: u32| Some((code, false, rest));
    let number = |digits: Option<&str>, base: u32| {
        let digits = digits.filter(|digits| digits.chars().all(|c| c.is_digit(base)))?;
        u32::from_str_radix(digits, base).ok()
    };
    match escape {
        'a' => simple(7),
        'b' => simple(8),
        'f' => simple(12),
        'n' => simple(10),
        'r' => simple(13),
        't' => simple(9),
        'v' => simple(11),
        '\\' => simple(92),
        _ if escape == quote => simple(u32::from(quote)),
        'x' => Some((number(rest.get(..2), 16)?, true, &rest[2..])),
        '0'..='7' => {
            let code = number(rest.get(..2), 8)? + 64 * escape.to_digit(8)?;
            (code < 256).then(|| (code, true, &rest[2..]))
        }
        'u' | 'U' => {
            let length = if escape == 'u' { 4 } else { 8 };
            let code = number(rest.get(..length), 16).filter(|&code| char::from_u32(code).is_some())?;
            Some((code, false, &rest[length..]))
        }
        _ => None,
    }
}

/// The text between the quotes.
fn inside(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn rune(text: &str) -> Option<u32> {
    let (code, _, rest) = character(inside(text, '\'')?, '\'')?;
    rest.is_empty().then_some(code)
}

/// The bytes of a string literal, interpreted or raw, as it is written: of `"a\n"` and of a struct's tag.
pub(super) fn unquoted(text: &str) -> Option<Vec<u8>> {
    if let Some(raw) = inside(text, '`') {
        return Some(raw.bytes().filter(|&byte| byte != b'\r').collect());
    }
    let mut rest = inside(text, '"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (code, byte, next) = character(rest, '"')?;
        if byte {
            bytes.push(code as u8);
        } else {
            bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
        }
        rest = next;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
