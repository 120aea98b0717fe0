//! `rules/mutex-not-unlocked.md`: a return that leaves a lock held which other paths unlock.
//!
//! ```go
//! mu.Lock(); if err != nil { return err }; mu.Unlock()
//! ```

use super::balance::{self, Words};
use crate::rule::{Pass, Rule};
use crate::summary::locks::Token;

pub(super) const RULE: Rule = Rule { id: "mutex-not-unlocked", page: include_str!("../../rules/mutex-not-unlocked.md"), check };

const WORDS: Words = Words {
    given: "unlocked",
    cost: "whoever locks it next waits for ever",
    help: "unlock it before the return, or `defer` the unlock right behind the lock",
};

fn check(pass: &mut Pass) {
    let unlocks = |mentions: &crate::parse::Mentions| mentions.name("Unlock") || mentions.name("RUnlock");
    balance::check(pass, &unlocks, &[Token::Write, Token::Read], &WORDS);
}
