//! `rules/unused-suppression.md`: a comment that silences a rule, where the rule finds nothing to silence.

use crate::finding::{Confidence, Edit, Finding, Fix, Safety, SuppressionForm};
use crate::rule::{Fate, Named, Pass, Rule, Silencer};
use crate::source::{SourceFile, Span};

pub(super) const RULE: Rule = Rule { id: "unused-suppression", page: include_str!("../../rules/unused-suppression.md"), check };

fn check(pass: &mut Pass) {
    let ours = |silencer: &&Silencer| matches!(silencer.suppression.form, SuppressionForm::Ignore | SuppressionForm::FileIgnore);
    for silencer in pass.silencers.iter().filter(ours) {
        let Silencer { suppression, names, unknown_word } = silencer;
        if let Some((word, help)) = unknown_word {
            pass.report(finding(pass, suppression.span, format!("`goleaklint:{word}` is no comment that goleaklint knows"), help, None));
            continue;
        }
        if names.is_empty() {
            let help = format!("write `{} RULE -- reason`", suppression.form.name());
            pass.report(finding(pass, suppression.span, "the comment names no rule, so it silences nothing".to_owned(), &help, None));
        }
        for Named { name, span, fate } in names {
            if let Fate::Unknown(help) = fate {
                let help = format!("{help}; a reason stands behind ` -- `");
                pass.report(finding(pass, *span, format!("there is no rule `{name}` for the comment to silence"), &help, None));
            }
        }
        let unused: Vec<&Named> = names.iter().filter(|named| named.fate == Fate::Unused).collect();
        if !unused.is_empty() {
            let list: Vec<String> = unused.iter().map(|named| format!("`{}`", named.name)).collect();
            let message = format!("the comment silences no finding of {}", list.join(" or "));
            let source = &pass.project().file(suppression.span.file).source;
            let fix = if unused.len() == names.len() { remove(source, suppression.span) } else { shorten(names, &list) };
            pass.report(finding(pass, suppression.span, message, "remove what is not needed any more", fix));
        }
    }
}

fn finding(pass: &Pass, span: Span, message: String, help: &str, fix: Option<Fix>) -> Finding {
    Finding {
        rule: RULE.id,
        span,
        function: String::new(),
        message,
        severity: pass.severity,
        confidence: Confidence::High,
        labels: Vec::new(),
        help: Some(help.to_owned()),
        fix,
    }
}

/// Removes a comment: with its line, if nothing else stands there, else with the space around it.
fn remove(source: &SourceFile, span: Span) -> Option<Fix> {
    let line = source.position(span.start).line;
    let start = *source.line_starts().get(line as usize - 1)?;
    let end = source.line_starts().get(line as usize).map_or(source.text.len() as u32, |&next| next);
    let (before, behind) = (source.slice(start, span.start), source.slice(span.end, end));
    let space = |text: &str| text.len() as u32;
    // gofmt aligns comments; without this one the others would be askew.
    let is_aligned = || source.comments_meet(line) || line > 1 && source.comments_meet(line - 1);
    let span = match (before.trim_start_matches('\u{feff}').trim().is_empty(), behind.trim().is_empty()) {
        (true, true) => with_line(source, line, Span { start: span.start - space(before.trim_start_matches('\u{feff}')), end, ..span }),
        (false, true) if is_aligned() => return None,
        // The line end stays.
        (false, true) => Span { start: start + space(before.trim_end()), ..span },
        // Another comment stands behind.
        (_, false) => Span { end: span.end + space(behind) - space(behind.trim_start()), ..span },
    };
    Some(Fix { title: "remove the comment".to_owned(), safety: Safety::Safe, edits: vec![Edit { span, text: String::new() }] })
}

/// A line that goes, with an empty one beside it that gofmt would not keep without it.
fn with_line(source: &SourceFile, line: u32, span: Span) -> Span {
    let starts = source.line_starts();
    let lines = starts.len() as u32;
    let above = if line > 1 { source.line(line - 1).trim() } else { "{" };
    let below = source.line(line + 1).trim();
    let below_is_empty = line + 1 < lines && below.is_empty();
    let opens = above.is_empty() || above.ends_with(['{', '(']);
    let closes = below.starts_with(['}', ')']) || line + 1 >= lines && below.is_empty();
    if opens && below_is_empty {
        Span { end: starts[line as usize + 1], ..span }
    } else if above.is_empty() && closes && line > 1 {
        Span { start: starts[line as usize - 2], ..span }
    } else {
        span
    }
}

/// Leaves the other names in the comment.
fn shorten(names: &[Named], unused: &[String]) -> Option<Fix> {
    let (first, last) = (names.first()?, names.last()?);
    let kept: Vec<&str> = names.iter().filter(|named| named.fate != Fate::Unused).map(|named| named.name.as_str()).collect();
    let span = Span { end: last.span.end, ..first.span };
    let title = format!("remove {} from the comment", unused.join(" and "));
    Some(Fix { title, safety: Safety::Safe, edits: vec![Edit { span, text: kept.join(",") }] })
}
