//! How much is right, unknown and wrong, what is wrong, and what is most often unknown?
//!
//! Not here: what makes an answer right (`compare.rs`).

use std::collections::{BTreeMap, HashMap};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Identifier,
    Type,
    Function,
    Method,
    Abstract,
    Builtin,
    Conversion,
    Literal,
    Value,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Identifier => "identifiers",
            Kind::Type => "types of expressions",
            Kind::Function => "calls of functions",
            Kind::Method => "calls of concrete methods",
            Kind::Abstract => "calls of abstract methods",
            Kind::Builtin => "calls of builtins",
            Kind::Conversion => "conversions",
            Kind::Literal => "calls of literals",
            Kind::Value => "calls of values",
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub right: u64,
    pub unknown: u64,
    pub wrong: u64,
}

impl Count {
    fn all(&self) -> u64 {
        self.right + self.unknown + self.wrong
    }

    fn known(&self) -> f64 {
        100.0 * (self.right + self.wrong) as f64 / self.all().max(1) as f64
    }
}

/// At most so many wrong answers of each kind are kept.
const KEPT: usize = 1000;

#[derive(Default)]
pub struct Figures {
    pub counts: BTreeMap<Kind, Count>,
    /// Wrong answers that do not follow from another one in them: `path:line:column` first.
    wrong: BTreeMap<Kind, Vec<String>>,
    /// Unknown ones that do not follow from another one in them: how many, and the first place.
    unknown: HashMap<String, (u64, String)>,
    pub units: usize,
    /// Units in which go/types finds errors.
    pub with_errors: usize,
    pub files: usize,
    /// Files that the project does not have.
    pub missing: Vec<String>,
}

impl Figures {
    pub fn right(&mut self, kind: Kind) {
        self.counts.entry(kind).or_default().right += 1;
    }

    pub fn unknown(&mut self, kind: Kind, why: Option<(String, String)>) {
        self.counts.entry(kind).or_default().unknown += 1;
        if let Some((why, place)) = why {
            self.unknown.entry(format!("{}: {why}", kind.words())).or_insert((0, place)).0 += 1;
        }
    }

    pub fn wrong(&mut self, kind: Kind, what: Option<String>) {
        self.counts.entry(kind).or_default().wrong += 1;
        let kept = self.wrong.entry(kind).or_default();
        kept.extend(what.filter(|_| kept.len() < KEPT));
    }

    /// Appends to everything that is told.
    pub fn told(&mut self, more: &str) {
        self.wrong.values_mut().flatten().for_each(|text| text.push_str(more));
    }

    pub fn add(&mut self, other: Figures) {
        for (kind, count) in other.counts {
            let sum = self.counts.entry(kind).or_default();
            sum.right += count.right;
            sum.unknown += count.unknown;
            sum.wrong += count.wrong;
        }
        for (kind, wrong) in other.wrong {
            let kept = self.wrong.entry(kind).or_default();
            kept.extend(wrong);
            kept.sort();
            kept.truncate(KEPT);
        }
        let mut unknown: Vec<_> = other.unknown.into_iter().collect();
        unknown.sort();
        for (why, (count, place)) in unknown {
            let sum = self.unknown.entry(why).or_insert_with(|| (0, place.clone()));
            sum.0 += count;
            if place < sum.1 {
                sum.1 = place;
            }
        }
        self.units += other.units;
        self.with_errors += other.with_errors;
        self.files += other.files;
        self.missing.extend(other.missing);
    }

    pub fn report(&self, of: &str) {
        println!("{of}: {} units ({} with errors), {} files compared with go/types", self.units, self.with_errors, self.files);
        for (kind, count) in &self.counts {
            let Count { right, unknown, wrong } = count;
            println!("  {:27} {right:9} right {unknown:9} unknown {wrong:6} wrong   {:.3} % known", kind.words(), count.known());
        }
        let shown = std::env::var("GOLEAKLINT_SHOW").ok().and_then(|number| number.parse().ok()).unwrap_or(20);
        for (kind, wrong) in &self.wrong {
            println!("  wrong {}, without those that follow from others: the first {}", kind.words(), wrong.len().min(shown));
            wrong.iter().take(shown).for_each(|text| println!("    {text}"));
        }
        if std::env::var("GOLEAKLINT_UNKNOWN").is_ok_and(|value| value == "1") {
            self.report_unknown(shown);
        }
        let mut missing = self.missing.clone();
        missing.sort();
        missing.iter().take(shown).for_each(|path| println!("  not in the project: {path}"));
    }

    fn report_unknown(&self, shown: usize) {
        let mut reasons: Vec<_> = self.unknown.iter().collect();
        reasons.sort_by(|(a, (more, _)), (b, (less, _))| less.cmp(more).then_with(|| a.cmp(b)));
        println!("  most often unknown, without what follows from others ({} reasons):", reasons.len());
        for (why, (count, place)) in reasons.into_iter().take(shown.max(40)) {
            println!("    {count:7} {why}   ({place})");
        }
    }

    /// As much is known as must be, and nothing is wrong; at least so many identifiers were compared.
    pub fn enough(&self, identifiers: u64) {
        let count = |kind| self.counts.get(&kind).copied().unwrap_or_default();
        assert!(self.missing.is_empty(), "{} files are not in the project", self.missing.len());
        assert!(count(Kind::Identifier).all() >= identifiers, "{} identifiers compared", count(Kind::Identifier).all());
        let types = count(Kind::Type);
        let (functions, methods) = (count(Kind::Function), count(Kind::Method));
        let unknown = functions.unknown + methods.unknown;
        assert_known("identifiers", count(Kind::Identifier).unknown, count(Kind::Identifier).all(), 0.999);
        assert_known("types", types.unknown, types.all(), 0.99);
        assert_known("callees", unknown, functions.all() + methods.all(), 0.995);
        assert!(types.wrong * 100_000 <= types.all(), "{} of {} types are wrong", types.wrong, types.all());
        self.none_wrong(|kind| kind != Kind::Type);
    }

    /// Whatever is known is right.
    pub fn nothing_wrong(&self) {
        self.none_wrong(|_| true);
    }

    fn none_wrong(&self, of: impl Fn(Kind) -> bool) {
        for (kind, count) in self.counts.iter().filter(|(kind, _)| of(**kind)) {
            assert_eq!(count.wrong, 0, "wrong {}: {:#?}", kind.words(), self.wrong[kind].iter().take(5).collect::<Vec<_>>());
        }
    }
}

fn assert_known(what: &str, unknown: u64, all: u64, least: f64) {
    let known = 1.0 - unknown as f64 / all.max(1) as f64;
    assert!(known >= least, "{:.3} % of {all} {what} are known; {:.1} % must be", 100.0 * known, 100.0 * least);
}
