//! `rules/suppression-without-reason.md`: a comment that silences a rule and does not say why.

use crate::finding::{Confidence, Finding, SuppressionForm};
use crate::rule::{Pass, Rule};

pub(super) const RULE: Rule =
    Rule { id: "suppression-without-reason", page: include_str!("../../rules/suppression-without-reason.md"), check };

fn check(pass: &mut Pass) {
    let silent = pass.silencers.iter().filter(|silencer| silencer.suppression.reason.is_none() && !silencer.names.is_empty());
    for silencer in silent.filter(|silencer| silencer.unknown_word.is_none()) {
        let names: Vec<String> = silencer.names.iter().map(|named| format!("`{}`", named.name)).collect();
        let form = silencer.suppression.form;
        let shape = match form {
            SuppressionForm::Ignore | SuppressionForm::FileIgnore => "RULE -- reason",
            SuppressionForm::Nolint => ":RULE // reason",
            SuppressionForm::LintIgnore | SuppressionForm::LintFileIgnore => "RULE reason",
        };
        let gap = if shape.starts_with(':') { "" } else { " " };
        pass.report(Finding {
            rule: RULE.id,
            span: silencer.suppression.span,
            function: String::new(),
            message: format!("the comment does not say why it silences {}", names.join(" and ")),
            severity: pass.severity,
            confidence: Confidence::High,
            labels: Vec::new(),
            help: Some(format!("write `{}{gap}{shape}`", form.name())),
            fix: None,
        });
    }
}
