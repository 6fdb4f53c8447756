//! Rules for the sources of the web app, so that every view looks and behaves alike.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

use crate::support::repository;

/// The sources of the app, by path below `src`. Not the generated types of the API.
fn sources() -> BTreeMap<PathBuf, String> {
    let root = repository("functions/web/app/src");
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "schema.d.ts" {
                let text = fs::read_to_string(&path).unwrap();
                sources.insert(path.strip_prefix(&root).unwrap().to_owned(), text);
            }
        }
    }
    sources
}

/// Elements and values that only the components of `ui/` may have.
const ONLY_IN_UI: [(&str, &str); 4] = [
    (r"<(button|input|select|textarea|dialog|form|table|details)\b", "use a component of ui/ in place of an element"),
    (r"\bstyle=", "styles are in ui/"),
    (r#"(#[0-9a-fA-F]{3,8}\b|\brgba?\()[^/]*["';]"#, "colours are in ui/tokens.css"),
    (r"\b\d+px\b", "sizes are in ui/tokens.css"),
];

#[test]
fn only_components_of_ui_have_elements_colours_and_sizes() {
    let mut found = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.starts_with("ui")) {
        if path.extension().is_some_and(|extension| extension == "css") {
            found.push(format!("{}: style sheets are in ui/", path.display()));
        }
        for (pattern, rule) in ONLY_IN_UI {
            let pattern = Regex::new(pattern).unwrap();
            let lines = text.lines().enumerate().filter(|(_, line)| pattern.is_match(line));
            found.extend(lines.map(|(line, text)| format!("{}:{}: {rule}: {}", path.display(), line + 1, text.trim())));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Colours are declared once, so that themes and forced colours need no change elsewhere.
#[test]
fn only_tokens_have_colours() {
    let colour = Regex::new(r"#[0-9a-fA-F]{3,8}\b|\brgb\(").unwrap();
    for (path, text) in sources() {
        if path.extension().is_some_and(|extension| extension == "css") && path != Path::new("ui/tokens.css") {
            assert_eq!(colour.find(&text).map(|found| found.as_str()), None, "{}", path.display());
        }
    }
}

#[test]
fn imports_of_the_app_have_no_cycles() {
    let sources = sources();
    let import =
        Regex::new(r#"(?m)^(?:import|export)\b(?: type)?[^;]*?from "(\.[^"]*)";|^import "(\.[^"]*)";"#).unwrap();
    let type_only = Regex::new(r"^(?:import|export) type\b").unwrap();
    let imports: BTreeMap<&Path, Vec<PathBuf>> = sources
        .iter()
        .map(|(path, text)| {
            let runs = import.captures_iter(text).filter(|found| !type_only.is_match(&found[0]));
            let targets = runs.filter_map(|found| resolve(path, found.get(1).or(found.get(2))?.as_str(), &sources));
            (path.as_path(), targets.collect())
        })
        .collect();
    let mut finished = BTreeSet::new();
    for path in sources.keys() {
        visit(path, &imports, &mut Vec::new(), &mut finished);
    }
}

/// Returns the file of an import, if it is one of the sources.
fn resolve(from: &Path, import: &str, sources: &BTreeMap<PathBuf, String>) -> Option<PathBuf> {
    let mut path = from.parent().unwrap().to_owned();
    for part in Path::new(import).components() {
        match part.as_os_str().to_str().unwrap() {
            "." => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    let text = path.to_str().unwrap();
    let prefix = if text.is_empty() { "index".to_owned() } else { format!("{text}/index") };
    let candidates = [format!("{text}.ts"), format!("{text}.tsx"), format!("{prefix}.ts"), format!("{prefix}.tsx")];
    candidates.into_iter().map(PathBuf::from).find(|path| sources.contains_key(path))
}

fn visit(
    path: &Path,
    imports: &BTreeMap<&Path, Vec<PathBuf>>,
    way: &mut Vec<PathBuf>,
    finished: &mut BTreeSet<PathBuf>,
) {
    assert!(!way.iter().any(|one| one == path), "a circle of imports: {way:?} {}", path.display());
    if finished.contains(path) {
        return;
    }
    way.push(path.to_owned());
    for target in imports.get(path).into_iter().flatten() {
        visit(target, imports, way, finished);
    }
    way.pop();
    finished.insert(path.to_owned());
}
