//! What does a comment say that silences rules? Its form, the names in it, its reason; as text, before anybody asks what it covers.
//!
//! ```go
//! //goleaklint:ignore defer-in-loop,file-not-closed -- three interfaces at most
//! //nolint:goleaklint // three interfaces at most
//! //lint:ignore defer-in-loop three interfaces at most
//! ```
//!
//! `//nolint` is read as golangci-lint reads it, `//lint:` as staticcheck does.
//!
//! Not here: which lines it covers (`scope`), whether it was needed (`suppress`).

use crate::finding::SuppressionForm;
use crate::rule::{BOUNDED, OWNER};

/// A comment that silences rules, ours or others'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) form: SuppressionForm,
    /// Names, or for `//lint:` patterns of names, with their offsets in the comment.
    pub(super) names: Vec<(String, usize)>,
    /// `//nolint` and `//nolint:all`.
    pub(super) all: bool,
    pub(super) reason: Option<String>,
    /// The word behind `goleaklint:` if it is none.
    pub(super) unknown_word: Option<String>,
    /// Where the comment ends, or another one begins behind it on the line.
    pub(super) end: usize,
}

/// The words behind `goleaklint:`.
pub(super) const WORDS: [&str; 4] = ["ignore", "file-ignore", OWNER, BOUNDED];

/// Reads a comment `//…`.
pub(super) fn read(comment: &str) -> Option<Directive> {
    let comment = comment.trim_end_matches('\r');
    ours(comment).or_else(|| nolint(comment)).or_else(|| lint(comment))
}

/// `//goleaklint:ignore RULE,RULE -- reason`
fn ours(comment: &str) -> Option<Directive> {
    let text = comment.strip_prefix("//")?.trim_start_matches([' ', '\t']).strip_prefix("goleaklint:")?;
    let (word, text) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    if [OWNER, BOUNDED].contains(&word) {
        return None;
    }
    let form = if word == "file-ignore" { SuppressionForm::FileIgnore } else { SuppressionForm::Ignore };
    let (dashes, slashes) = (text.find("--").unwrap_or(text.len()), text.find("//").unwrap_or(text.len()));
    let (list, behind) = text.split_at(dashes.min(slashes));
    let reason = behind.strip_prefix("--");
    let end = if reason.is_some() { comment } else { &comment[..comment.len() - behind.len()] };
    let names = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|name| !name.is_empty());
    Some(Directive {
        form,
        names: names.map(|name| (name.to_owned(), offset(comment, name))).collect(),
        all: false,
        reason: reason.and_then(filled),
        unknown_word: (!WORDS.contains(&word)).then(|| word.to_owned()),
        end: end.trim_end().len(),
    })
}

/// golangci-lint cuts `/` and spaces from the front; then `nolint` and the end, a space or a colon. `nolint :x` means all.
fn nolint(comment: &str) -> Option<Directive> {
    let text = comment.trim_start_matches(['/', ' ']).strip_prefix("nolint")?;
    if !(text.is_empty() || text.starts_with([' ', ':'])) {
        return None;
    }
    let (list, behind) = text.split_at(text.find("//").unwrap_or(text.len()));
    let mut directive = Directive {
        form: SuppressionForm::Nolint,
        names: Vec::new(),
        all: text.starts_with(":all"),
        reason: filled(behind.trim_start_matches('/')),
        unknown_word: None,
        end: comment.trim_end().len(),
    };
    match list.strip_prefix(':') {
        Some(list) => {
            let names = list.split(',').map(str::trim);
            directive.names = names.map(|name| (name.to_lowercase(), offset(comment, name))).collect();
            directive.all |= directive.names.iter().any(|(name, _)| name == "all");
        }
        None => directive.all = true,
    }
    Some(directive)
}

/// staticcheck splits at single spaces: the word, the checks, the reason.
fn lint(comment: &str) -> Option<Directive> {
    let mut fields = comment.strip_prefix("//lint:")?.splitn(3, ' ');
    let form = match fields.next()? {
        "ignore" => SuppressionForm::LintIgnore,
        "file-ignore" => SuppressionForm::LintFileIgnore,
        _ => return None,
    };
    let names = fields.next().into_iter().flat_map(|names| names.split(','));
    Some(Directive {
        form,
        names: names.map(|name| (name.to_lowercase(), offset(comment, name))).collect(),
        all: false,
        reason: fields.next().and_then(filled),
        unknown_word: None,
        end: comment.trim_end().len(),
    })
}

impl Directive {
    /// Whether a name of this comment means a rule.
    pub(super) fn means(&self, name: &str, rule: &str) -> bool {
        match self.form {
            SuppressionForm::Ignore | SuppressionForm::FileIgnore => name == rule,
            SuppressionForm::Nolint => name == "goleaklint" || name == rule,
            SuppressionForm::LintIgnore | SuppressionForm::LintFileIgnore => matches(name.as_bytes(), rule.as_bytes()),
        }
    }

    /// Whether it silences anything: staticcheck does not heed a comment without a reason.
    pub(super) fn counts(&self) -> bool {
        let needs_reason = matches!(self.form, SuppressionForm::LintIgnore | SuppressionForm::LintFileIgnore);
        self.unknown_word.is_none() && (self.reason.is_some() || !needs_reason)
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// A shell pattern of `*`, `?` and letters.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => (p, t) = (p + 1, t + 1),
            // The last star takes one more.
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `form names | reason`, or `-`.
    fn told(comment: &str) -> String {
        let Some(directive) = read(comment) else { return "-".to_owned() };
        for (name, at) in &directive.names {
            assert!(comment[*at..].to_lowercase().starts_with(name.as_str()), "{comment}: {name} at {at}");
        }
        let names: Vec<&str> = directive.names.iter().map(|(name, _)| name.as_str()).collect();
        let names = if directive.all { "(all)".to_owned() } else { names.join(" ") };
        let word = directive.unknown_word.map(|word| format!(" no word: {word}")).unwrap_or_default();
        format!("{:?} {names} | {}{word}", directive.form, directive.reason.as_deref().unwrap_or("-"))
    }

    #[test]
    fn our_comments_have_names_and_a_reason() {
        for (comment, wanted) in [
            ("//goleaklint:ignore a-b -- three at most", "Ignore a-b | three at most"),
            ("//goleaklint:ignore a-b,c -- x -- y // z", "Ignore a-b c | x -- y // z"),
            ("//goleaklint:ignore a-b , c", "Ignore a-b c | -"),
            ("//goleaklint:ignore\ta-b\t--\tr\r", "Ignore a-b | r"),
            ("// goleaklint:ignore a --", "Ignore a | -"),
            ("//goleaklint:file-ignore a --r", "FileIgnore a | r"),
            ("//goleaklint:ignore a-b // want x -- y", "Ignore a-b | -"),
            ("//goleaklint:ignore a because of b", "Ignore a because of b | -"),
            ("//goleaklint:ignore", "Ignore  | -"),
            ("//goleaklint:bounded", "-"),
            ("// goleaklint:owner of the file", "-"),
            ("//goleaklint:ignor a", "Ignore a | - no word: ignor"),
            ("//goleaklint: ignore a", "Ignore ignore a | - no word: "),
            ("//goleaklint ignore a", "-"),
        ] {
            assert_eq!(told(comment), wanted, "{comment}");
        }
        assert_eq!(read("//goleaklint:ignore a // b").unwrap().end, "//goleaklint:ignore a".len());
        assert_eq!(read("//goleaklint:ignore a -- b // c \r").unwrap().end, "//goleaklint:ignore a -- b // c".len());
    }

    #[test]
    fn nolint_is_read_as_golangci_lint_reads_it() {
        for (comment, wanted) in [
            ("//nolint", "Nolint (all) | -"),
            ("//nolint\r", "Nolint (all) | -"),
            ("// nolint", "Nolint (all) | -"),
            ("//nolint // why", "Nolint (all) | why"),
            ("//nolint:all", "Nolint (all) | -"),
            ("//nolint:a,all", "Nolint (all) | -"),
            ("//nolint :a", "Nolint (all) | -"),
            ("//nolint:goleaklint // why // not", "Nolint goleaklint | why // not"),
            ("//nolint: GoLeakLint , b", "Nolint goleaklint b | -"),
            ("///  /nolint:a", "Nolint a | -"),
            ("//nolint:a why", "Nolint a why | -"),
            ("//\tnolint:a", "-"),
            ("//nolint\ta", "-"),
            ("//nolintx", "-"),
        ] {
            assert_eq!(told(comment), wanted, "{comment}");
        }
    }

    #[test]
    fn lint_is_read_as_staticcheck_reads_it() {
        for (comment, wanted) in [
            ("//lint:ignore a-b,C why not", "LintIgnore a-b c | why not"),
            ("//lint:file-ignore * why\r", "LintFileIgnore * | why"),
            ("//lint:ignore a", "LintIgnore a | -"),
            ("//lint:ignore  a why", "LintIgnore  | a why"),
            ("//lint:ignore\ta why", "-"),
            ("// lint:ignore a why", "-"),
            ("//lint:other a why", "-"),
        ] {
            assert_eq!(told(comment), wanted, "{comment}");
        }
        assert!(!read("//lint:ignore a").unwrap().counts());
    }

    #[test]
    fn patterns_match_names() {
        for (pattern, text, wanted) in [
            ("*", "a-b", true),
            ("a*", "a-b", true),
            ("*-b*", "a-b", true),
            ("a?b", "a-b", true),
            ("a*c", "a-b", false),
            ("a", "a-b", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), wanted, "{pattern} {text}");
        }
        assert!(!matches(&b"*a".repeat(1000), &b"a".repeat(999)));
    }
}
