//! What do the facts cost? Reading all of them once, and one question.
//!
//! `cargo bench --bench facts`
//!
//! Not here: what the analysis does with them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use goleaklint::facts::Facts;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let texts = [include_str!("../src/facts/std.toml"), include_str!("../src/facts/thirdparty.toml")];
    let start = Instant::now();
    let count = Facts::shipped().functions().len();
    println!("the first use: {:?}, {count} functions", start.elapsed());
    for (name, text) in ["std.toml", "thirdparty.toml"].into_iter().zip(texts) {
        let best = (0..50).map(|_| {
            let start = Instant::now();
            black_box(Facts::parse(text).unwrap());
            start.elapsed()
        });
        println!("{name}: {:?} for {} kB", best.min().unwrap(), text.len() / 1000);
        let toml = (0..50).map(|_| {
            let start = Instant::now();
            black_box(toml::de::DeTable::parse(text).unwrap());
            start.elapsed()
        });
        println!("  of that its TOML: {:?}", toml.min().unwrap());
    }
    let facts = Facts::shipped();
    for (path, receiver, name) in [
        ("fmt", "", "Errorf"),
        ("github.com/prometheus/prometheus/tsdb", "Head", "Append"),
        ("github.com/prometheus/prometheus/v2/tsdb", "Head", "Close"),
        ("github.com/prometheus/prometheus/tsdb", "", "Open"),
        ("os", "", "Open"),
        ("net/http", "Client", "Do"),
        ("github.com/jackc/pgx/v5/pgxpool", "Pool", "Query"),
    ] {
        // The best of many short runs: what else the machine does is not of interest.
        let runs = (0..500).map(|_| {
            let start = Instant::now();
            let turns = (0..1000).filter(|_| black_box(facts).of(black_box(path), black_box(receiver), black_box(name)).is_some());
            black_box(turns.count());
            start.elapsed()
        });
        let found = if facts.of(path, receiver, name).is_some() { "known" } else { "unknown" };
        println!("{path} {receiver} {name}: {:.1} ns, {found}", runs.min().unwrap().as_nanos() as f64 / 1000.0);
    }
}
