//! The pages: their length, their titles, and where their links lead.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use regex::Regex;

use crate::support::{files_below, repository};

/// The lines that a newcomer can be expected to read.
const LONGEST_README: usize = 150;

/// Returns every Markdown file of the repository: its path from there, and its text.
pub(super) fn pages() -> BTreeMap<PathBuf, String> {
    let root = repository(".");
    let page = |file: PathBuf| (file.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&file).unwrap());
    let found: BTreeMap<_, _> = files_below(&root, "md").into_iter().map(page).collect();
    assert!(found.contains_key(Path::new("README.md")) && found.len() > 5, "{:?}", found.keys());
    found
}

/// Returns the lines outside of code blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    };
    text.lines().filter(is_prose).collect()
}

/// Returns the anchors of a page's headings, as GitHub makes them: in lower case, without punctuation, with a hyphen
/// for each blank, and with a number behind one that occurs again.
fn anchors(text: &str) -> BTreeSet<String> {
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let mut found = BTreeSet::new();
    for line in prose(text).iter().filter(|line| line.starts_with('#')) {
        let heading = link.replace_all(line.trim_start_matches('#').trim(), "$1").to_lowercase();
        let characters = heading.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
        let anchor = characters.collect::<String>().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        let mut names = [anchor.clone()].into_iter().chain(numbered);
        found.insert(names.find(|name| !found.contains(name)).unwrap());
    }
    found
}

/// Returns the targets of a page's links and pictures, without those to other sites.
fn links(text: &str) -> Vec<String> {
    let code = Regex::new("`[^`]*`").unwrap();
    let link = Regex::new(r#"\]\(<?([^)\s>]+)>?\)|(?:src|href)="([^"]+)"|^\[[^\]]+\]: (\S+)"#).unwrap();
    let of_line = |line: &str| -> Vec<String> {
        let line = code.replace_all(line, "``");
        let targets = link.captures_iter(&line).map(|found| found.iter().skip(1).flatten().next().unwrap());
        targets.map(|target| target.as_str().to_owned()).collect()
    };
    let is_external = |link: &String| link.contains("://") || link.starts_with("mailto:");
    prose(text).iter().flat_map(|line| of_line(line)).filter(|link| !is_external(link)).collect()
}

/// Returns the path that a link of a page leads to, from the repository.
fn target(page: &Path, link: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in page.parent().unwrap().join(link).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{}: {link} leads out of the repository", page.display()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

#[test]
fn readme_has_at_most_150_lines() {
    let lines = fs::read_to_string(repository("README.md")).unwrap().lines().count();
    assert!(lines <= LONGEST_README, "README.md has {lines} lines");
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (page, text) in &pages {
        for link in links(text) {
            count += 1;
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let path = if file.is_empty() { page.clone() } else { target(page, file) };
            if !repository(path.to_str().unwrap()).exists() {
                wrong.push(format!("{}: {link}: there is no such file", page.display()));
            } else if !fragment.is_empty() && !pages.get(&path).is_some_and(|text| anchors(text).contains(fragment)) {
                wrong.push(format!("{}: {link}: there is no such heading", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(count > 80, "{count} links");
}

#[test]
fn every_page_is_linked_from_an_index() {
    let pages = pages();
    let indexes = pages.iter().filter(|(page, _)| page.ends_with("README.md"));
    let linked: BTreeSet<_> = indexes
        .flat_map(|(index, text)| links(text).into_iter().map(|link| target(index, link.split('#').next().unwrap())))
        .collect();
    let unlinked: Vec<_> = pages.keys().filter(|page| page.starts_with("docs") && !linked.contains(*page)).collect();
    assert!(unlinked.is_empty(), "no README.md links to {unlinked:?}");
}

#[test]
fn every_page_has_one_title_at_its_start() {
    // A table of results has no title.
    for (page, text) in pages().iter().filter(|(page, _)| !page.starts_with("tests")) {
        let titles = prose(text).iter().filter(|line| line.starts_with("# ")).count();
        assert!(text.starts_with("# ") && titles == 1, "{} has {titles} titles", page.display());
    }
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# One request\n## `make run`: what, and why?\n## One request\n```sh\n# no heading\n```\n## Über_uns";
    let expected = ["one-request", "make-run-what-and-why", "one-request-1", "über_uns"];
    assert_eq!(anchors(text), expected.map(String::from).into());
}
