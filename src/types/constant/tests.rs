//! The rules of Go's specification about constants, and what go/constant answers.

#![allow(clippy::unwrap_used)]

use super::*;

const WORD: u64 = 8;

fn lit(text: &str) -> Value {
    let kind = match text.chars().next() {
        Some('"' | '`') => LitKind::String,
        Some('\'') => LitKind::Char,
        _ if text.ends_with('i') => LitKind::Imag,
        _ if text.starts_with("0x") && !text.contains(['.', 'p']) => LitKind::Int,
        _ if text.contains(['.', 'e', 'p']) => LitKind::Float,
        _ => LitKind::Int,
    };
    Value::parse(kind, text)
}

fn unary(op: Op, x: &Value, ty: Option<Basic>, word: u64) -> Value {
    x.unary(op, ty, word)
}

fn shift(op: Op, x: &Value, count: u64) -> Value {
    x.shift(op, &Value::int(count))
}

fn compare(op: Op, x: &Value, y: &Value) -> Option<bool> {
    Value::compare(op, x, y).as_bool()
}

fn int_of(value: i64) -> Value {
    Value::from(value)
}

fn text(bytes: &[u8]) -> Value {
    Value::from(bytes)
}

fn quotient(n: i64, d: i64) -> Value {
    Value::Float(Box::new(BigRational::new(n.into(), d.into())))
}

#[test]
fn integers_have_prefixes_and_underscores() {
    for (written, value) in [
        ("0", 0),
        ("42", 42),
        ("4_2", 42),
        ("0600", 0o600),
        ("0_600", 0o600),
        ("0o600", 0o600),
        ("0O600", 0o600),
        ("0xBad_Face", 0xBAD_FACE),
        ("0x_67_7a_2f_cc_40_c6", 0x677A_2FCC_40C6),
        ("0b1011", 11),
        ("00", 0),
    ] {
        assert_eq!(Value::parse(LitKind::Int, written), int_of(value), "{written}");
    }
    assert_eq!(lit("170141183460469231731687303715884105727"), Value::binary(Op::Sub, &shift(Op::Shl, &int_of(1), 127), &int_of(1), true));
    for wrong in ["08", "4__2", "42_", "0x", "0b12", "+1", "-1", ""] {
        assert_eq!(Value::parse(LitKind::Int, wrong), Value::Unknown, "{wrong}");
    }
    assert_eq!(Value::parse(LitKind::Int, &"9".repeat(20_000)), Value::Unknown);
    assert!(Value::parse(LitKind::Int, &format!("0x1{}", "0".repeat(127))).is_known());
    assert_eq!(Value::parse(LitKind::Int, &format!("0x1{}", "0".repeat(128))), Value::Unknown);
}

#[test]
fn floats_are_exact_fractions() {
    for (written, n, d) in [
        ("0.", 0, 1),
        ("72.40", 362, 5),
        ("072.40", 362, 5),
        ("2.71828", 67957, 25000),
        ("1.e+0", 1, 1),
        ("6.67428e-2", 166_857, 2_500_000),
        ("1E6", 1_000_000, 1),
        (".25", 1, 4),
        (".12345E+5", 12345, 1),
        ("1_5.", 15, 1),
        ("0.15e+0_2", 15, 1),
        ("0x1p-2", 1, 4),
        ("0x2.p10", 2048, 1),
        ("0x1.Fp+0", 31, 16),
        ("0X.8p-0", 1, 2),
        ("0X_1FFFP-16", 8191, 65536),
        ("0e99999999999", 0, 1),
    ] {
        assert_eq!(Value::parse(LitKind::Float, written), quotient(n, d), "{written}");
    }
    for beyond in ["1e5000", "1e-5000", "1e999999999999", "1e-9223372036854775808", "1e", ".", "1.5e+-3"] {
        assert_eq!(Value::parse(LitKind::Float, beyond), Value::Unknown, "{beyond}");
    }
}

#[test]
fn imaginary_literals_may_begin_with_zero() {
    let i = |n: i64, d: i64| Value::complex(&int_of(0), &quotient(n, d));
    for (written, value) in
        [("0i", i(0, 1)), ("0123i", i(123, 1)), ("0o123i", i(83, 1)), ("0xabci", i(2748, 1)), ("2.5i", i(5, 2)), ("0x1p-2i", i(1, 4))]
    {
        assert_eq!(Value::parse(LitKind::Imag, written), value, "{written}");
    }
    // i * i == -1
    let square = Value::binary(Op::Mul, &lit("1i"), &lit("1i"), false);
    assert_eq!(compare(Op::Eql, &square, &int_of(-1)), Some(true));
    assert_eq!(square.to_int(), int_of(-1));
}

#[test]
fn runes_are_numbers() {
    for (written, value) in [
        ("'a'", 'a' as i64),
        ("'ä'", 'ä' as i64),
        ("'本'", '本' as i64),
        (r"'\t'", 9),
        (r"'\000'", 0),
        (r"'\377'", 255),
        (r"'\007'", 7),
        (r"'\x07'", 7),
        (r"'\xff'", 255),
        (r"'\u12e4'", 0x12E4),
        (r"'\U00101234'", 0x0010_1234),
        (r"'\''", 39),
        (r"'\\'", 92),
        ("'\"'", 34),
    ] {
        assert_eq!(lit(written), int_of(value), "{written}");
    }
    for wrong in
        ["'aa'", r"'\k'", r"'\xa'", r"'\0'", r"'\400'", r"'\uDFFF'", r"'\U00110000'", "''", "'", r"'\", r#"'\"'"#, "'''", r"'\+12'"]
    {
        assert_eq!(lit(wrong), Value::Unknown, "{wrong}");
    }
}

#[test]
fn strings_are_bytes() {
    for (written, value) in [
        ("`abc`", &b"abc"[..]),
        ("`\\n\n\\n`", b"\\n\n\\n"),
        ("`a\r\nb`", b"a\nb"),
        (r#""\n""#, b"\n"),
        (r#""\"""#, b"\""),
        (r#""Hello, world!\n""#, b"Hello, world!\n"),
        (r#""\u65e5\U00008a9e""#, "日語".as_bytes()),
        ("\"日語\"", "日語".as_bytes()),
        (r#""\xff\u00FF\303\277""#, b"\xff\xc3\xbf\xc3\xbf"),
        (r#""\a\b\f\n\r\t\v\\""#, b"\x07\x08\x0c\n\r\t\x0b\\"),
        ("\"\"", b""),
    ] {
        assert_eq!(lit(written), text(value), "{written}");
    }
    for wrong in ["\"", r#""\""#, r#""\uD800""#, r#""\'""#, "\"a\nb\"", r#""\xé0""#] {
        assert_eq!(lit(wrong), Value::Unknown, "{wrong}");
    }
}

#[test]
fn long_strings_keep_their_length() {
    let long = lit(&format!("\"{}\"", "a".repeat(40_000)));
    assert_eq!(long.length(), Some(40_000));
    let longer = Value::binary(Op::Add, &long, &long, false);
    assert_eq!(longer, Value::Long(80_000));
    assert_eq!(Value::binary(Op::Add, &longer, &text(b"x"), false).length(), Some(80_001));
    assert_eq!(compare(Op::Eql, &longer, &text(b"x")), Some(false));
    assert_eq!(compare(Op::Eql, &longer, &longer), None);
    assert_eq!(compare(Op::Lss, &longer, &text(b"x")), None);
    let endless = (0..40).fold(longer, |x, _| Value::binary(Op::Add, &x, &x, false));
    assert_eq!(endless, Value::Unknown);
}

#[test]
fn division_cuts_off_only_between_integers() {
    for (x, y, whole, rest) in [(5, 3, 1, 2), (-5, 3, -1, -2), (5, -3, -1, 2), (-5, -3, 1, -2)] {
        let (x, y) = (int_of(x), int_of(y));
        assert_eq!(Value::binary(Op::Quo, &x, &y, true), int_of(whole));
        assert_eq!(Value::binary(Op::Rem, &x, &y, true), int_of(rest));
    }
    // 15 / 4.0 == 3.75
    assert_eq!(Value::binary(Op::Quo, &lit("15"), &lit("4.0"), false), quotient(15, 4));
    assert_eq!(Value::binary(Op::Quo, &lit("15"), &lit("4"), false), quotient(15, 4));
    for (x, y) in [("1", "0"), ("1.5", "0"), ("1i", "0"), ("1", "0i")] {
        assert_eq!(Value::binary(Op::Quo, &lit(x), &lit(y), false), Value::Unknown, "{x}/{y}");
        assert_eq!(Value::binary(Op::Quo, &lit(x), &lit(y), true), Value::Unknown, "{x}/{y}");
    }
    assert_eq!(Value::binary(Op::Rem, &lit("1"), &lit("0"), true), Value::Unknown);
}

#[test]
fn bits_are_those_of_twos_complement() {
    for (op, x, y, value) in [
        (Op::And, -6, 11, -6 & 11),
        (Op::Or, -6, 3, -6 | 3),
        (Op::Xor, -6, 3, -6 ^ 3),
        (Op::AndNot, -6, 3, -6 & !3),
        (Op::AndNot, 7, -4, 7 & !-4),
    ] {
        assert_eq!(Value::binary(op, &int_of(x), &int_of(y), true), int_of(value));
    }
    // ^1 == -2, ^uint8(1) == 254, ^uint(0) == 1<<64 - 1
    assert_eq!(unary(Op::Xor, &int_of(1), None, WORD), int_of(-2));
    assert_eq!(unary(Op::Xor, &int_of(1), Some(Basic::Int8), WORD), int_of(-2));
    assert_eq!(unary(Op::Xor, &int_of(1), Some(Basic::Uint8), WORD), int_of(254));
    assert_eq!(unary(Op::Xor, &int_of(0), Some(Basic::Uint), WORD), Value::int(u64::MAX));
    // 32 << (^uint(0) >> 63)
    for (word, size) in [(8, 64), (4, 32)] {
        let count = shift(Op::Shr, &unary(Op::Xor, &int_of(0), Some(Basic::Uint), word), 63);
        assert_eq!(shift(Op::Shl, &int_of(32), count.as_u64().unwrap()), int_of(size));
    }
    assert_eq!(unary(Op::Sub, &int_of(i64::MIN), None, WORD).as_u64(), Some(1 << 63));
    assert_eq!(unary(Op::Not, &Value::Bool(true), None, WORD), Value::Bool(false));
}

#[test]
fn shifts_have_limits() {
    // 1.0 << 3 is an integer
    assert_eq!(shift(Op::Shl, &lit("1.0"), 3), int_of(8));
    assert_eq!(shift(Op::Shl, &lit("1.5"), 3), Value::Unknown);
    assert_eq!(shift(Op::Shr, &int_of(-5), 1), int_of(-3));
    assert_eq!(shift(Op::Shr, &int_of(-1), 1000), int_of(-1));
    let big = shift(Op::Shl, &int_of(1), 100);
    assert_eq!(shift(Op::Shr, &big, 98), int_of(4));
    assert!(shift(Op::Shl, &int_of(1), 511).is_known());
    assert_eq!(shift(Op::Shl, &int_of(1), 512), Value::Unknown);
    assert_eq!(shift(Op::Shl, &int_of(1), u64::MAX), Value::Unknown);
    assert_eq!(shift(Op::Shr, &int_of(1), 10_001), Value::Unknown);
    assert_eq!(shift(Op::Shl, &int_of(0), 1000), int_of(0));
    assert_eq!(int_of(1).shift(Op::Shl, &lit("3.0")), int_of(8));
    assert_eq!(int_of(1).shift(Op::Shl, &int_of(-3)), Value::Unknown);
}

#[test]
fn comparisons_mix_numbers() {
    assert_eq!(compare(Op::Lss, &lit("1"), &lit("1.5")), Some(true));
    assert_eq!(compare(Op::Eql, &lit("'a'"), &lit("97.0")), Some(true));
    assert_eq!(compare(Op::Geq, &lit("\"foo\""), &lit("\"bar\"")), Some(true));
    assert_eq!(compare(Op::Neq, &Value::Bool(true), &Value::Bool(false)), Some(true));
    assert_eq!(compare(Op::Eql, &lit("2"), &lit("2i")), Some(false));
    assert_eq!(compare(Op::Lss, &lit("2"), &lit("2i")), None);
    assert_eq!(compare(Op::Lss, &Value::Bool(true), &Value::Bool(false)), None);
    assert_eq!(compare(Op::Eql, &lit("\"1\""), &lit("1")), None);
    assert_eq!(compare(Op::Eql, &Value::Unknown, &lit("1")), None);
}

#[test]
fn what_is_unknown_stays_so_but_for_what_decides() {
    let unknown = Value::Unknown;
    for op in [Op::Add, Op::Sub, Op::Mul, Op::Quo, Op::Rem, Op::And, Op::Or] {
        assert_eq!(Value::binary(op, &unknown, &int_of(1), true), unknown);
        assert_eq!(Value::binary(op, &lit("\"a\""), &unknown, false), unknown);
    }
    assert_eq!(Value::binary(Op::LAnd, &unknown, &Value::Bool(false), false), Value::Bool(false));
    assert_eq!(Value::binary(Op::LAnd, &unknown, &Value::Bool(true), false), unknown);
    assert_eq!(Value::binary(Op::LOr, &Value::Bool(true), &unknown, false), Value::Bool(true));
    assert_eq!(Value::binary(Op::LOr, &Value::Bool(false), &unknown, false), unknown);
    assert_eq!(Value::binary(Op::Add, &lit("\"a\""), &int_of(1), false), unknown);
    assert!(unknown.fits(Basic::Uint8, WORD));
    assert_eq!(unknown.convert(Basic::String, WORD), unknown);
}

#[test]
fn an_integer_type_has_its_range() {
    for (ty, word, least, most) in [
        (Basic::Int8, 8, i64::from(i8::MIN), i8::MAX as u64),
        (Basic::Int16, 8, i64::from(i16::MIN), i16::MAX as u64),
        (Basic::Int32, 8, i64::from(i32::MIN), i32::MAX as u64),
        (Basic::Int64, 4, i64::MIN, i64::MAX as u64),
        (Basic::Int, 8, i64::MIN, i64::MAX as u64),
        (Basic::Int, 4, i64::from(i32::MIN), i32::MAX as u64),
        (Basic::Uint8, 8, 0, u8::MAX.into()),
        (Basic::Uint16, 8, 0, u16::MAX.into()),
        (Basic::Uint32, 8, 0, u32::MAX.into()),
        (Basic::Uint64, 4, 0, u64::MAX),
        (Basic::Uint, 8, 0, u64::MAX),
        (Basic::Uint, 4, 0, u32::MAX.into()),
        (Basic::Uintptr, 4, 0, u32::MAX.into()),
    ] {
        let (least, most) = (Value::from(least), Value::int(most));
        assert_eq!(least.represent(ty, word), Some(least.clone()), "{ty:?}");
        assert_eq!(most.represent(ty, word), Some(most.clone()), "{ty:?}");
        assert_eq!(Value::binary(Op::Sub, &least, &int_of(1), true).represent(ty, word), None, "{ty:?}");
        assert_eq!(Value::binary(Op::Add, &most, &int_of(1), true).represent(ty, word), None, "{ty:?}");
    }
}

#[test]
fn a_conversion_to_an_integer_type_is_exact() {
    // int(1.2) is no constant, int(2.0) is 2
    assert_eq!(lit("1.2").convert(Basic::Int, WORD), Value::Unknown);
    assert!(!lit("1.2").fits(Basic::Int, WORD));
    assert_eq!(lit("2.0").convert(Basic::Int, WORD), int_of(2));
    assert_eq!(Value::complex(&lit("2.0"), &lit("0.0")).convert(Basic::UntypedInt, WORD), int_of(2));
    assert!(!lit("1i").fits(Basic::Int, WORD));
    assert!(!lit("1e200").fits(Basic::Int64, WORD));
    assert_eq!(lit("\"1\"").convert(Basic::Int, WORD), Value::Unknown);
    assert_eq!(Value::Bool(true).convert(Basic::Int, WORD), Value::Unknown);
    assert_eq!(Value::Bool(true).convert(Basic::UntypedBool, WORD), Value::Bool(true));
}

#[test]
fn an_integer_becomes_a_string_of_one_character() {
    assert_eq!(lit("'x'").convert(Basic::String, WORD), text(b"x"));
    assert_eq!(lit("0x266c").convert(Basic::String, WORD), text("♬".as_bytes()));
    for beyond in [int_of(-1), int_of(0x11_0000), int_of(0xD800), shift(Op::Shl, &int_of(1), 70)] {
        assert_eq!(beyond.convert(Basic::String, WORD), text("\u{FFFD}".as_bytes()));
    }
    assert_eq!(lit("65.0").convert(Basic::String, WORD), Value::Unknown);
    assert!(!lit("65").fits(Basic::String, WORD));
}

fn float64(value: f64) -> Value {
    Value::Float(Box::new(BigRational::from_float(value).unwrap()))
}

#[test]
fn float_types_round_to_the_nearest_even() {
    // float32(0.49999999) is 0.5
    assert_eq!(lit("0.49999999").convert(Basic::Float32, WORD), quotient(1, 2));
    assert_eq!(lit("0.1").convert(Basic::Float64, WORD), float64(0.1));
    assert_eq!(lit("0.1").convert(Basic::Float32, WORD), float64(f64::from(0.1f32)));
    assert_eq!(lit("0.1").convert(Basic::UntypedFloat, WORD), quotient(1, 10));
    for written in
        ["9007199254740993", "9007199254740995", "1e23", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400"]
    {
        let nearest: f64 = written.parse().unwrap();
        assert_eq!(lit(written).convert(Basic::Float64, WORD), float64(nearest), "{written}");
    }
    for written in ["16777217", "16777219", "1e-45", "7e-46", "8e-46", "3.4028235e38", "1.17549429e-38"] {
        let nearest: f32 = written.parse().unwrap();
        assert_eq!(lit(written).convert(Basic::Float32, WORD), float64(f64::from(nearest)), "{written}");
    }
    assert_eq!(lit("1.7976931348623157e308").convert(Basic::Float64, WORD), float64(f64::MAX));
    assert!(!lit("1.7976931348623159e308").fits(Basic::Float64, WORD));
    assert!(!lit("3.4028236e38").fits(Basic::Float32, WORD));
    assert!(!lit("1e39").unary(Op::Sub, None, WORD).fits(Basic::Float32, WORD));
    let sum = Value::complex(&lit("0.1"), &lit("1e39"));
    assert_eq!(sum.represent(Basic::Complex64, WORD), None);
    assert_eq!(sum.convert(Basic::Complex128, WORD), Value::complex(&float64(0.1), &float64(1e39)));
}

#[test]
fn every_double_is_its_own_nearest() {
    let mut state = 1u64;
    for _ in 0..2000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (double, single) = (f64::from_bits(state ^ state >> 29), f32::from_bits((state >> 32) as u32));
        if double.is_finite() {
            assert_eq!(float64(double).convert(Basic::Float64, WORD), float64(double));
            let narrow = Some(double as f32).filter(|narrow| narrow.is_finite()).map(|narrow| float64(narrow.into()));
            assert_eq!(float64(double).represent(Basic::Float32, WORD), narrow, "{double}");
        }
        if single.is_finite() {
            assert_eq!(float64(single.into()).convert(Basic::Float32, WORD), float64(single.into()));
        }
    }
}

#[test]
fn complex_numbers_have_parts() {
    let x = Value::binary(Op::Add, &lit("1"), &lit("2i"), false);
    let y = Value::binary(Op::Sub, &lit("3"), &lit("4i"), false);
    assert_eq!((x.real(), x.imag()), (quotient(1, 1), quotient(2, 1)));
    assert_eq!((lit("7").real(), lit("7").imag()), (int_of(7), int_of(0)));
    // (1+2i) * (3-4i) == 11+2i, (1+2i) / (3-4i) == -0.2+0.4i
    assert_eq!(Value::binary(Op::Mul, &x, &y, false), Value::complex(&int_of(11), &int_of(2)));
    assert_eq!(Value::binary(Op::Quo, &x, &y, false), Value::complex(&quotient(-1, 5), &quotient(2, 5)));
    assert_eq!(unary(Op::Sub, &x, None, WORD), Value::complex(&int_of(-1), &int_of(-2)));
    assert_eq!(x.to_float(), Value::Unknown);
    assert_eq!(lit("2").to_complex(), Value::complex(&int_of(2), &int_of(0)));
}

#[test]
fn what_grows_without_end_becomes_unknown() {
    let mut value = lit("1.1");
    for _ in 0..40 {
        value = Value::binary(Op::Mul, &value, &value, false);
    }
    assert_eq!(value, Value::Unknown);
    let mut value = int_of(3);
    for _ in 0..40 {
        value = Value::binary(Op::Mul, &value, &value, true);
    }
    assert_eq!(value, Value::Unknown);
}

#[test]
fn the_constants_of_package_math_are_known() {
    // 0x1p1023 * (1 + (1 - 0x1p-52)), 0x1p-1022 * 0x1p-52
    let part = Value::binary(Op::Sub, &lit("1"), &lit("0x1p-52"), false);
    let max = Value::binary(Op::Mul, &lit("0x1p1023"), &Value::binary(Op::Add, &lit("1"), &part, false), false);
    assert_eq!(max, float64(f64::MAX));
    let least = Value::binary(Op::Mul, &lit("0x1p-1022"), &lit("0x1p-52"), false);
    assert_eq!(least.convert(Basic::Float64, WORD), float64(5e-324));
    let pi = lit("3.14159265358979323846264338327950288419716939937510582097494459");
    assert_eq!(pi.convert(Basic::Float64, WORD), float64(std::f64::consts::PI));
    assert_eq!(lit("3.0").as_i64(), Some(3));
    assert_eq!(int_of(-3).as_u64(), None);
}
