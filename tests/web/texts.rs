//! Every refusal of the API that a form can get has a text in every language of the web app.

use std::{collections::BTreeSet, fs};

use regex::Regex;
use rounds_domain::Code;
use rounds_http::Kind;

use crate::support::repository;

/// Returns the keys of a group of texts, such as `problems`, in the source of a language.
fn keys<'a>(source: &'a str, group: &str) -> BTreeSet<&'a str> {
    let (_, start) = source.split_once(&format!("\n  {group}: {{\n")).unwrap_or_else(|| panic!("no {group}"));
    let (texts, _) = start.split_once("\n  }").unwrap();
    let key = Regex::new(r#"(?m)^    "?([\w-]+)"?: ""#).unwrap();
    key.captures_iter(texts).map(|found| found.get(1).unwrap().as_str()).collect()
}

#[test]
fn every_problem_and_violation_has_a_text_in_every_language() {
    let languages: Vec<_> = fs::read_dir(repository("functions/web/app/src/language"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    assert!(languages.len() > 1, "{languages:?}");
    let words = [
        ("problems", Kind::ALL.iter().map(|kind| kind.word()).collect::<BTreeSet<_>>()),
        ("violations", Code::ALL.iter().map(|code| code.word()).collect()),
    ];
    for language in languages {
        let source =
            fs::read_to_string(language.join("common.ts")).unwrap_or_else(|_| panic!("no {language:?}/common.ts"));
        for (group, words) in &words {
            let missing: Vec<_> = words.difference(&keys(&source, group)).copied().collect();
            assert_eq!(missing, Vec::<&str>::new(), "{group} in {language:?}");
        }
    }
}
