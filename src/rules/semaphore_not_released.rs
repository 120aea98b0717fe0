//! `rules/semaphore-not-released.md`: a return that keeps a place of a semaphore which other paths give back.
//!
//! ```go
//! sem <- struct{}{}; if err != nil { return err }; <-sem
//! ```

use super::balance::{self, Words};
use crate::parse::Keyword;
use crate::rule::{Pass, Rule};
use crate::summary::locks::Token;

pub(super) const RULE: Rule = Rule { id: "semaphore-not-released", page: include_str!("../../rules/semaphore-not-released.md"), check };

const WORDS: Words = Words {
    given: "given back",
    cost: "when the last place is lost, everybody waits for ever",
    help: "give it back with `defer` right behind taking it",
};

fn check(pass: &mut Pass) {
    let takes = |mentions: &crate::parse::Mentions| mentions.has(Keyword::Arrow) || mentions.name("Release");
    balance::check(pass, &takes, &[Token::Place], &WORDS);
}
