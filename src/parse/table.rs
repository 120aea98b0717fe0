//! Which type has a variable that holds a long table? Its elements need not be read for that, only counted.
//!
//! ```go
//! var opcodes = [...]opcode{{name: "ADD"}, {name: "SUB"}} // is read as [...]opcode{0,0,}
//! ```
//!
//! Not here: what is in the table (`tree`).

use super::scan::{Scanner, TokenKind};
use crate::ast::Range;

/// A declaration with less text is read as it stands.
const LONG: u32 = 1 << 14;

/// The text of a file up to the end of a variable's declaration, without the elements of its literal; `None` if it is not one long literal, or
/// if its keys say how long it is.
pub(super) fn shortened(text: &str, range: Range) -> Option<String> {
    if range.end - range.start < LONG {
        return None;
    }
    let mut scanner = Scanner::new(text, range);
    let (mut depth, mut open, mut close) = (0u32, None, None);
    let (mut commas, mut keyed, mut counted) = (0usize, false, false);
    let mut last = TokenKind::Var;
    loop {
        let token = scanner.token();
        match token.kind {
            TokenKind::Eof => break,
            TokenKind::Bad => return None,
            // More than one variable, or a call: nobody knows how much of it says the type.
            TokenKind::Lparen | TokenKind::Func if depth == 0 => return None,
            TokenKind::Comma if depth == 0 && open.is_none() => return None,
            kind if kind.is_semicolon() && depth == 0 => {}
            _ if close.is_some() && token.kind != TokenKind::Lbrace && depth == 0 => return None,
            TokenKind::Ellipsis if depth == 1 && open.is_none() => counted = true,
            TokenKind::Lbrace if depth == 0 => {
                // The one before was that of a type.
                (open, close, commas, keyed) = (Some(token.end), None, 0, false);
                depth = 1;
            }
            TokenKind::Lbrace | TokenKind::Lparen | TokenKind::Lbrack => depth += 1,
            TokenKind::Rbrace | TokenKind::Rparen | TokenKind::Rbrack => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && token.kind == TokenKind::Rbrace {
                    close = Some(token.start);
                    commas += usize::from(!matches!(last, TokenKind::Comma | TokenKind::Lbrace));
                }
            }
            TokenKind::Comma if depth == 1 => commas += 1,
            TokenKind::Colon if depth == 1 => keyed = true,
            _ => {}
        }
        last = token.kind;
    }
    let open = open.filter(|_| close.is_some() && !(counted && keyed))?;
    let mut short = text.get(..open as usize)?.to_owned();
    if counted {
        short.extend(std::iter::repeat_n("0,", commas));
    }
    short.push_str("}\n");
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::shortened;
    use crate::ast::Range;

    fn of(start: &str, element: &str, times: usize, end: &str) -> Option<String> {
        let text = format!("{start}{}{end}", element.repeat(times));
        shortened(&text, Range { start: 0, end: text.len() as u32 })
    }

    #[test]
    fn elements_are_counted_where_the_type_asks_for_it() {
        let long = format!("{{name: \"{}\"}},\n", "x".repeat(8000));
        assert_eq!(of("var t = [...]op{\n", &long, 3, "}").as_deref(), Some("var t = [...]op{0,0,0,}\n"));
        assert_eq!(of("var t = []op{\n", &long, 3, "}").as_deref(), Some("var t = []op{}\n"));
        assert_eq!(
            of("var t = map[string]struct{ a int }{", &format!("\"a\": {long}"), 3, "}").as_deref(),
            Some("var t = map[string]struct{ a int }{}\n")
        );
        assert_eq!(of("var t = &[...]op{", &long, 3, "{}}").as_deref(), Some("var t = &[...]op{0,0,0,0,}\n"));
    }

    #[test]
    fn what_is_no_long_literal_is_read_as_it_stands() {
        let long = format!("{{name: \"{}\"}},\n", "x".repeat(8000));
        assert_eq!(of("var t = []op{\n", "{},", 3, "}"), None);
        assert_eq!(of("var t = [...]op{\n", &format!("1: {long}"), 3, "}"), None);
        assert_eq!(of("var t = f([]op{\n", &long, 3, "})"), None);
        assert_eq!(of("var t, u = []op{\n", &long, 3, "}, 1"), None);
        assert_eq!(of("var t = []op{\n", &long, 3, "}[0]"), None);
        assert_eq!(of("var (t = []op{\n", &long, 3, "})"), None);
        assert_eq!(of("var t = func() []op { return []op{\n", &long, 3, "} }()"), None);
    }
}
