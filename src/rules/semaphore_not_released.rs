//! `rules/semaphore-not-released.md`: a return that keeps a place of a semaphore which other paths give back.
//!
//! ```go
//! sem <- struct{}{}; if err != nil { return err }; <-sem
//! ```

use super::balance::{self, Words};
use crate::parse::{Keyword, OutlineDecl};
use crate::rule::{Pass, Rule};
use crate::summary::locks::Token;

pub(super) const RULE: Rule = Rule { id: "semaphore-not-released", page: include_str!("../../rules/semaphore-not-released.md"), check };

const WORDS: Words = Words {
    given: "given back",
    cost: "when the last place is lost, everybody waits for ever",
    help: "give it back with `defer` right behind taking it",
};

fn check(pass: &mut Pass) {
    let concerned = |decl: &OutlineDecl, text: &str| {
        (decl.mentions.has(Keyword::Arrow) && text.matches("<-").nth(1).is_some()) || decl.mentions.name("Release")
    };
    balance::check(pass, &concerned, &[Token::Place], &WORDS);
}
