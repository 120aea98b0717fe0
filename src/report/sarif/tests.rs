#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::{self, Settings};
use crate::project::load_texts;

#[test]
fn links_are_ours() {
    assert_eq!(plain("`defer locks[i].Unlock()` (x)"), "`defer locks[i].Unlock()` (x)");
    assert_eq!(plain("[x](http://e.vil) \\"), "\\[x\\](http://e.vil) \\\\");
    assert_eq!(plain("`defer f(\"[\")`"), "`defer f(\"\\[\")`");
    assert_eq!(plain("]["), "\\]\\[");
    assert_eq!(escaped("a[0]\\"), "a\\[0\\]\\\\");
}

#[test]
fn a_path_is_a_uri_below_the_root() {
    assert_eq!(uri(Path::new("/r/a/b c.go"), Path::new("/r")), "a/b%20c.go");
    assert_eq!(uri(Path::new("/r/a\n::b?.go"), Path::new("/r")), "a%0A%3A%3Ab%3F.go");
    assert_eq!(uri(Path::new("/else/é.go"), Path::new("/r")), "/else/%C3%A9.go");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_keeps_its_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let name = Path::new(std::ffi::OsStr::from_bytes(b"/r/\xff.go"));
    assert_eq!(uri(name, Path::new("/r")), "%FF.go");
}

#[test]
fn what_is_over_the_limit_is_left_out_from_below_and_told() {
    let body = "package p\n\nimport \"os\"\n\nfunc F(xs []string) {\n\tfor _, x := range xs {\n\t\tf, _ := os.Open(x)\n\t\tdefer f.Close()\n\t\tg, _ := os.Open(x)\n\t\tdefer g.Close()\n\t\th, _ := os.Open(x)\n\t\tdefer h.Close()\n\t}\n}\n";
    let (project, problems) = load_texts(&[("/m/go.mod", "module m\n"), ("/m/a.go", body)]);
    let mut settled = engine::run(&project, ALL, &Settings::default(), problems);
    assert_eq!(settled.findings.len(), 3);
    settled.findings[0].severity = Severity::Note;
    settled.findings[2].severity = Severity::Error;
    let report = Report::new(&project, settled, 0);
    let options = Options::default();
    let log = serde_json::to_value(Writer { report: &report, options: &options }.log(2)).unwrap();
    let run = &log["runs"][0];
    let levels: Vec<&str> = run["results"].as_array().unwrap().iter().map(|one| one["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["warning", "error"]);
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notes[0]["message"]["text"], "1 result of lower severity left out: a run has at most 2");
}
