//! `rules/mutex-not-unlocked.md`: a return that leaves a lock held which other paths unlock.
//!
//! ```go
//! mu.Lock(); if err != nil { return err }; mu.Unlock()
//! ```

use super::balance::{self, Words};
use super::stuck;
use crate::parse::OutlineDecl;
use crate::rule::{Pass, Rule};
use crate::summary::locks::Token;

pub(super) const RULE: Rule = Rule { id: "mutex-not-unlocked", page: include_str!("../../rules/mutex-not-unlocked.md"), check };

const WORDS: Words = Words {
    given: "unlocked",
    cost: "whoever locks it next waits for ever",
    help: "unlock it before the return, or `defer` the unlock right behind the lock",
};

fn check(pass: &mut Pass) {
    let concerned =
        |decl: &OutlineDecl, text: &str| (decl.mentions.name("Unlock") || decl.mentions.name("RUnlock")) && !defers_at_once(text);
    balance::check(pass, &concerned, &[Token::Write, Token::Read], &WORDS);
    // A turn of a loop that leaves the lock held is told once for a function.
    let told: Vec<String> = pass.findings.iter().map(|finding| finding.function.clone()).collect();
    let before = pass.findings.len();
    stuck::check(pass, "mutex-not-unlocked");
    let more = pass.findings.split_off(before);
    pass.findings.extend(more.into_iter().filter(|finding| !told.contains(&finding.function)));
}

/// Whether each lock in a text is a line that is followed by the line that defers its unlock, and nothing else unlocks: most functions
/// are written so, and need not be read any further.
fn defers_at_once(text: &str) -> bool {
    let mut before = "";
    let (mut deferred, mut locks, mut unlocks) = (0, 0, 0);
    for line in text.lines().map(str::trim) {
        let unlocked = line.strip_prefix("defer ").and_then(|call| call.strip_suffix("Unlock()"));
        if unlocked.is_some_and(|receiver| before.strip_suffix("Lock()") == Some(receiver)) {
            deferred += 1;
        }
        locks += line.matches("Lock(").count();
        unlocks += line.matches("Unlock").count();
        before = line;
    }
    deferred == locks && deferred == unlocks
}
