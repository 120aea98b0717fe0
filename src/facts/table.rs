//! Where are the facts about a function, so that a question costs next to nothing?
//!
//! ```go
//! fmt.Println(x) // asked for every call; most functions have no facts, and the answer must come at once
//! ```
//!
//! Not here: what the facts say (`facts`), how names are written (`name`).

use super::FunctionFacts;
use super::name::{Name, is_version_of, last_element};
use compact_str::CompactString;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    path: CompactString,
    receiver: CompactString,
    name: CompactString,
    /// Apart, so that the rows stay small when the table grows.
    facts: Box<FunctionFacts>,
}

impl Row {
    fn name(&self) -> Name<'_> {
        Name { path: &self.path, receiver: &self.receiver, name: &self.name }
    }
}

/// Functions by their names in parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: HashTable<Row>,
}

/// The last element of the path stands for all of it, so that the name with a major version is found by the same hash.
fn hash(name: Name<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(last_element(name.path).as_bytes());
    hasher.write(name.receiver.as_bytes());
    hasher.write(name.name.as_bytes());
    hasher.finish()
}

impl Table {
    /// The facts of exactly this name, or of the name without its major version.
    pub(super) fn get(&self, name: Name<'_>) -> Option<&FunctionFacts> {
        let mut lenient: Option<&FunctionFacts> = None;
        for row in self.rows.iter_hash(hash(name)) {
            if row.name == name.name && row.receiver == name.receiver {
                if row.path == name.path {
                    return Some(&row.facts);
                }
                if is_version_of(name.path, &row.path) {
                    lenient = Some(&row.facts);
                }
            }
        }
        lenient
    }

    /// The facts of exactly this name, new if there are none.
    pub(super) fn entry(&mut self, name: Name<'_>) -> &mut FunctionFacts {
        let row = || Row { path: name.path.into(), receiver: name.receiver.into(), name: name.name.into(), facts: Box::default() };
        let entry = self.rows.entry(hash(name), |row| row.name() == name, |row| hash(row.name()));
        &mut entry.or_insert_with(row).into_mut().facts
    }

    /// All rows, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Name<'_>, &FunctionFacts)> {
        self.rows.iter().map(|row| (row.name(), &*row.facts))
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        let same = |row: &Row| other.rows.find(hash(row.name()), |other| row == other).is_some();
        self.rows.len() == other.rows.len() && self.rows.iter().all(same)
    }
}

impl Eq for Table {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const fn name(path: &'static str, receiver: &'static str, name: &'static str) -> Name<'static> {
        Name { path, receiver, name }
    }

    #[test]
    fn the_exact_name_wins_over_the_name_without_a_major_version() {
        let mut table = Table::default();
        table.entry(name("a.b/pgx", "Conn", "Query")).serves = true;
        table.entry(name("a.b/pgx/v4", "Conn", "Query")).never_returns = true;
        table.entry(name("a.b/pgx/pool", "", "New")).never_returns = true;
        assert!(table.get(name("a.b/pgx", "Conn", "Query")).unwrap().serves);
        assert!(table.get(name("a.b/pgx/v5", "Conn", "Query")).unwrap().serves);
        assert!(table.get(name("a.b/pgx/v4", "Conn", "Query")).unwrap().never_returns);
        assert!(table.get(name("a.b/pgx/v5/pool", "", "New")).unwrap().never_returns);
        for unknown in [
            name("a.b/pgx", "", "Query"),
            name("a.b/pgx", "Conn", "Quer"),
            name("a.c/pgx", "Conn", "Query"),
            name("pgx", "Conn", "Query"),
            name("a.b/pgx/v", "Conn", "Query"),
            name("", "", ""),
        ] {
            assert_eq!(table.get(unknown), None, "{unknown:?}");
        }
    }
}
