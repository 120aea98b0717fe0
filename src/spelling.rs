//! A name is not known: which one was meant?
//!
//! ```toml
//! [rules.defer-in-lop]   # did you mean `defer-in-loop`?
//! ```
//!
//! Not here: where names come from.

/// One line that helps with a name that is not known: the nearest one there is, else all of them.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there is {}", quoted(known)),
    }
}

/// Names as they stand in a sentence.
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The known name that is nearest, if one is near: at most a third of its letters differ.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let limit = |other: &str| (name.chars().count().max(other.chars().count()) / 3).max(1);
    // A name as long as a book is no slip, and comparing it would take long.
    let short = name.len() <= 100;
    let near = known.iter().filter(|_| short).map(|other| (distance(name, other), *other));
    near.filter(|(distance, other)| *distance <= limit(other)).min().map(|(_, other)| other)
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 2] = ["defer-in-loop", "ticker-not-stopped"];

    #[test]
    fn near_names_are_near() {
        assert_eq!(nearest("defre-in-loop", &IDS), Some("defer-in-loop"));
        assert_eq!(nearest("ticker_not_stopped", &IDS), Some("ticker-not-stopped"));
        assert_eq!(nearest("goroutine", &IDS), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), &IDS), None);
        assert_eq!(distance("ab", "ba"), 1);
    }

    #[test]
    fn where_no_name_is_near_all_are_told() {
        assert_eq!(did_you_mean("goroutine", &IDS), "there is `defer-in-loop`, `ticker-not-stopped`");
        assert_eq!(did_you_mean("goroutine", &[]), "there is none");
    }
}
