//! Is every rule a page, a module and a line in the list, and does the index say so? The pages' front matter is read here as well.
//!
//! ```text
//! rules/defer-in-loop.md  =  src/rules/defer_in_loop.rs  =  an entry of `rules::ALL`  =  a line of rules/README.md
//! ```
//!
//! Not here: what a page's Go blocks must find (`tests/rules`).

use crate::{assert_made, assert_none, files, home, read};
use goleaklint::rule::Page;

/// The keys that every page has.
const KEYS: [&str; 7] = ["id", "title", "severity", "confidence", "status", "profile", "since"];
const SECTIONS: [&str; 4] = ["Leaks", "Does not leak", "How to fix it", "When to ignore it"];

/// The ids of all pages, sorted.
pub(crate) fn ids() -> Vec<String> {
    let pages = files("rules", "md");
    pages
        .iter()
        .filter_map(|path| path.strip_prefix("rules/")?.strip_suffix(".md"))
        .filter(|id| *id != "README")
        .map(str::to_string)
        .collect()
}

/// The `key: value` lines at the top of a page, between two lines `---`.
fn front_matter(page: &str) -> Option<Vec<(String, String)>> {
    let mut lines = page.lines();
    lines.next().filter(|line| *line == "---")?;
    let mut pairs = Vec::new();
    for line in lines {
        if line == "---" {
            return Some(pairs);
        }
        let (key, value) = line.split_once(':')?;
        pairs.push((key.trim().to_string(), value.trim().to_string()));
    }
    None
}

fn value<'a>(pairs: &'a [(String, String)], key: &str) -> &'a str {
    pairs.iter().find(|(found, _)| found == key).map_or("", |(_, value)| value)
}

fn front_matter_complaints(id: &str, text: &str) -> Vec<String> {
    let page = match Page::parse(text) {
        Ok(page) => page,
        Err(why) => return vec![format!("rules/{id}.md: {why}")],
    };
    let pairs = front_matter(text).unwrap_or_default();
    let mut complaints = Vec::new();
    let mut complain = |text: String| complaints.push(format!("rules/{id}.md: {text}"));
    for key in KEYS.into_iter().filter(|key| value(&pairs, key).is_empty()) {
        complain(format!("`{key}` is missing in the front matter"));
    }
    for (at, (key, _)) in pairs.iter().enumerate().filter(|(at, (key, _))| pairs[..*at].iter().any(|(other, _)| other == key)) {
        complain(format!("`{key}` is said twice, in line {} again", at + 2));
    }
    if page.id != id {
        complain(format!("its id is `{}`, not its name", page.id));
    }
    if page.title.ends_with('.') || page.title.contains('|') || page.title.len() > 90 {
        complain("the title is at most 90 bytes, without a final period".to_string());
    }
    for weaker in page.silences.iter().filter(|weaker| **weaker == id || !ids().contains(&weaker.to_string())) {
        complain(format!("it silences `{weaker}`, which is no other rule"));
    }
    if !["none", "sometimes", "always"].contains(&page.fix) {
        complain(format!("fix is `{}`; it can be none, sometimes or always", page.fix));
    }
    complaints
}

#[test]
fn every_page_has_good_front_matter() {
    let complaints: Vec<String> = ids().iter().flat_map(|id| front_matter_complaints(id, &read(&format!("rules/{id}.md")))).collect();
    assert_none(&complaints);
}

#[test]
fn bad_front_matter_is_told() {
    let good = "---\nid: a-b\ntitle: t\nseverity: warning\nconfidence: high\nstatus: stable\nprofile: all\nsince: 0.1.0\n---\n";
    assert_none(&front_matter_complaints("a-b", good));
    for (from, to, part) in [
        ("title", "titel", "`titel` is no key of a page; the keys are id, title"),
        ("warning", "bad", "`bad` is no severity"),
        ("id: a-b", "id: a-c", "its id is `a-c`"),
        ("title: t\n", "", "`title` is missing"),
        ("title: t\n", "title: t\ntitle: u\n", "`title` is said twice, in line 4 again"),
        ("title: t\n", "title: t.\n", "without a final period"),
        ("title: t\n", "title: t\nsilences: a-b\n", "it silences `a-b`, which is no other rule"),
        ("---\n", "", "starts with a line `---`"),
    ] {
        let complaints = front_matter_complaints("a-b", &good.replacen(from, to, 1)).join("\n");
        assert!(complaints.contains(part), "{from} -> {to}: {complaints}");
    }
}

#[test]
fn every_page_has_the_headings_of_a_page() {
    let mut complaints = Vec::new();
    for id in ids() {
        let page = read(&format!("rules/{id}.md"));
        let mut fenced = false;
        let outside = page.lines().filter(|line| {
            fenced ^= line.starts_with("```");
            !fenced
        });
        let headings: Vec<&str> = outside.filter_map(|line| line.strip_prefix("## ")).collect();
        if headings != SECTIONS {
            complaints.push(format!("rules/{id}.md has the headings {headings:?}; a page has {SECTIONS:?}"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn page_module_and_list_are_one() {
    let pages = ids();
    let mut complaints = Vec::new();
    let listed: Vec<String> = goleaklint::rules::ALL.iter().map(|rule| rule.id.to_string()).collect();
    for id in pages.iter().filter(|id| !listed.contains(id)) {
        complaints.push(format!("page has no rule: add src/rules/{}.rs and list it in src/rules.rs", id.replace('-', "_")));
    }
    for id in &listed {
        let module = format!("src/rules/{}.rs", id.replace('-', "_"));
        if !home().join(&module).is_file() {
            complaints.push(format!("the rule {id} is listed in src/rules.rs, but there is no {module}"));
        }
        if !pages.contains(id) {
            complaints.push(format!("rule has no page: write rules/{id}.md"));
        }
    }
    for rule in goleaklint::rules::ALL {
        if rule.page != read(&format!("rules/{}.md", rule.id)) {
            complaints.push(format!("the page of {} in src/rules.rs is not rules/{}.md", rule.id, rule.id));
        }
    }
    let mut sorted = listed.clone();
    sorted.sort();
    sorted.dedup();
    if sorted.len() != listed.len() {
        complaints.push("two rules of src/rules.rs have one id".to_string());
    }
    assert_none(&complaints);
}

/// The table of all rules, in the order of their ids.
pub(crate) fn table(link: &str) -> String {
    let mut text = String::from("| rule | what leaks | severity | confidence | status | since | fix |\n|---|---|---|---|---|---|---|\n");
    for id in ids() {
        let pairs = front_matter(&read(&format!("rules/{id}.md"))).unwrap_or_default();
        let value = |key| value(&pairs, key);
        let cells = [value("title"), value("severity"), value("confidence"), value("status"), value("since"), value("fix")];
        text.push_str(&format!("| [`{id}`]({link}{id}.md) | {} |\n", cells.join(" | ")));
    }
    text
}

#[test]
fn the_index_lists_every_page() {
    let text = format!(
        "# The rules\n\nOne page for each rule: what leaks, what does not, how to fix it, and when to ignore it.\nThe Go examples on the pages are \
         tests of the rule.\n\n{}\n`UPDATE=1 cargo test --test tidy` writes this file.\n",
        table("")
    );
    assert_made("rules/README.md", &text);
}
