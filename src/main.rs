//! The program: arguments in, findings out.

use goleaklint::{engine, project};

fn main() {
    let patterns: Vec<String> = std::env::args().skip(1).collect();
    let mut settings = engine::Settings::default();
    if std::env::var("LOW").is_ok() { settings.min_confidence = goleaklint::finding::Confidence::Low; }
    let start = std::time::Instant::now();
    let request = project::Request { patterns, working_directory: std::env::current_dir().unwrap(), tests: std::env::var("TESTS").is_ok() };
    match project::load(&request, &project::OsFiles) {
        Ok((project, problems)) => {
            let loaded = start.elapsed();
            let (findings, more) = engine::check(&project, &settings);
            for f in &findings {
                let file = project.file(f.span.file);
                let p = file.source.position(f.span.start);
                println!("{}:{}:{}: [{} {}] {} | {}", project.display_path(file), p.line, p.column, f.severity.name(), f.confidence.name(), f.message, f.fix.is_some());
            }
            for p in problems.iter().chain(&more) { println!("PROBLEM {} {:?} {}", p.path.display(), p.span.map(|s| project.file(s.file).source.position(s.start).line), p.text); }
            println!("{} findings {} problems {} files {} packages; loaded {:?} all {:?}", findings.len(), problems.len() + more.len(), project.files.len(), project.packages.len(), loaded, start.elapsed());
        }
        Err(e) => println!("{e:?}"),
    }
}
