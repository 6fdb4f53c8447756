//! The commands that the documents show: a test runs each, or checks that it can be run.

use std::{fs, path::Path, process::Command};

use super::pages::pages;
use crate::{
    deployment::operation::template,
    support::{files_below, metadata, repository},
};

/// The sections with commands that a story runs: the document and the heading. All other commands are `make`,
/// `cargo test` or a line of the Makefile, which are checked without running them.
const RUN_BY_STORIES: [(&str, &str); 29] = [
    ("README.md", "Quick start"),
    ("CONTRIBUTING.md", "Send a function an event as the gateway does"),
    ("docs/operations.md", "Back up and restore an embedded database"),
    ("docs/operations.md", "Back up and restore a libSQL server"),
    ("docs/operations.md", "Move to a libSQL server"),
    ("docs/operations.md", "Rotate the signing key"),
    ("docs/operations.md", "Reset the password of the only Admin"),
    ("docs/install.md", "Install"),
    ("docs/install.md", "Monitor"),
    ("docs/install.md", "Copy the backups to another machine"),
    ("docs/install.md", "Restore a backup"),
    ("docs/install.md", "Upgrade"),
    ("docs/install.md", "Downgrade"),
    ("docs/install.md", "Run in a container"),
    ("docs/install.md", "Uninstall"),
    ("docs/import.md", "Import from Easy!Appointments"),
    ("docs/import.md", "Export"),
    ("docs/aws.md", "Deploy"),
    ("docs/aws.md", "Settings of a deployment"),
    ("docs/aws.md", "Use a private certificate authority"),
    ("docs/aws.md", "Send mail"),
    ("docs/aws.md", "Rotate the signing key"),
    ("docs/aws.md", "Replace a compromised signing key"),
    ("docs/sqld.md", "Install"),
    ("docs/sqld.md", "Replace the token"),
    ("docs/sqld.md", "Back up to S3 every night"),
    ("docs/sqld.md", "Restore a backup"),
    ("docs/sqld.md", "Add a replica"),
    ("docs/sqld.md", "Upgrade"),
];

/// A block of shell commands (```` ```sh ````) of a document.
struct Block {
    /// The path of the document in the repository.
    document: String,
    /// The nearest heading of level 2 above the block; empty if there is none.
    heading: String,
    text: String,
}

/// Returns the blocks of shell commands in the section `## heading` of a document, for a story that runs them.
/// The section must be in [`RUN_BY_STORIES`].
pub(crate) fn commands(document: &str, heading: &str) -> Vec<String> {
    let blocks: Vec<_> = blocks(document).into_iter().filter(|block| block.heading == heading).collect();
    assert!(!blocks.is_empty(), "{document} has no section {heading:?} with commands");
    blocks.into_iter().map(|block| block.text).collect()
}

fn blocks(document: &str) -> Vec<Block> {
    let text = fs::read_to_string(repository(document)).unwrap();
    let (mut blocks, mut heading) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("## ") {
            found.clone_into(&mut heading);
        }
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let in_block: Vec<_> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        let others = ["bash", "shell", "console", "zsh"];
        assert!(!others.contains(&language), "{document}, {heading:?}: write ```sh and not ```{language}");
        if language == "sh" {
            blocks.push(Block { document: document.into(), heading: heading.clone(), text: in_block.join("\n") });
        }
    }
    blocks
}

/// Returns every document: the Markdown files of the repository, by path.
fn documents() -> Vec<String> {
    pages().into_keys().map(|path| path.into_os_string().into_string().unwrap()).collect()
}

/// Returns the texts between backticks on lines outside of code blocks.
pub(super) fn code_spans(document: &str) -> Vec<String> {
    let text = fs::read_to_string(repository(document)).unwrap();
    // What follows an odd number of fences is in a block.
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let paragraphs = prose.iter().flat_map(|part| part.split("\n\n"));
    let spans = paragraphs.flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2));
    spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Returns the commands of a block: without comments, and with continued lines joined.
fn lines(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let without_comment = |line: &str| {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        line.split(" #").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    joined.lines().map(without_comment).filter(|line| !line.is_empty()).collect()
}

/// A command: variables in front of it, and its words.
struct Shell<'a> {
    variables: Vec<&'a str>,
    words: Vec<&'a str>,
}

fn is_variable(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c == '_' || c.is_ascii_uppercase()))
}

fn shell(line: &str) -> Shell<'_> {
    let words: Vec<_> = line.split_whitespace().collect();
    let count = words.iter().take_while(|word| is_variable(word)).count();
    Shell { variables: words[..count].to_vec(), words: words[count..].to_vec() }
}

/// Checks a command that needs no story. `None`: it is neither `make`, `cargo test` nor a line of the Makefile.
fn check(line: &str) -> Option<Result<(), String>> {
    let Shell { variables, words } = shell(line);
    let makefile = fs::read_to_string(repository("Makefile")).unwrap();
    let is_recipe = makefile.lines().filter_map(|recipe| recipe.strip_prefix('\t')).any(|it| it == line);
    // What the Makefile has for all its recipes.
    let sets_path = line == "export PATH=\"$PWD/target/tools/bin:$PATH\""
        && makefile.contains("\nexport PATH := $(TOOLS)/bin:$(PATH)\n");
    if is_recipe || sets_path {
        return Some(Ok(()));
    }
    // A list of commands, a pipe or a substitution is for a shell, and for a story.
    if line.contains(['|', ';', '&', '$', '(', '<', '>']) {
        return None;
    }
    match words.as_slice() {
        ["make", target, rest @ ..] => Some(check_make(target, &[&variables, rest].concat())),
        ["cargo", "test", rest @ ..] => Some(check_cargo_test(rest)),
        _ => None,
    }
}

/// Returns the setting of a parameter of the template: `DATABASE_URL` for `DatabaseUrl`.
pub(crate) fn setting(parameter: &str) -> String {
    let mut name = String::new();
    for letter in parameter.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// Checks that the Makefile has the target, and that something reads each variable.
fn check_make(target: &str, variables: &[&str]) -> Result<(), String> {
    let read = |file: &str| fs::read_to_string(repository(file)).unwrap();
    let makefile = read("Makefile");
    // A folder of the name would satisfy make.
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).unwrap();
    if !phony.split_whitespace().any(|known| known == target) {
        return Err(format!("the Makefile has no target {target}"));
    }
    let template = template();
    let parameters = template["Parameters"].as_hash().unwrap().keys();
    let settings: Vec<_> = parameters.map(|name| setting(name.as_str().unwrap())).collect();
    let readers = [makefile, read(".env.example"), read("tests/torture.rs"), settings.join(" ")].join("\n");
    for variable in variables {
        let name = variable.split('=').next().unwrap();
        let known = readers.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).any(|word| word == name);
        if !known || !is_variable(variable) {
            return Err(format!("nothing reads the variable {variable}"));
        }
    }
    let mut make = Command::new("make");
    make.args(["--dry-run", target]).args(variables).current_dir(repository("."));
    // These are of the make that runs this test.
    let output = make.env_remove("MAKEFLAGS").env_remove("MFLAGS").env_remove("MAKELEVEL").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("make --dry-run: {error}")) }
}

/// Checks that `cargo test` with these arguments runs at least one test. Calling cargo would build the package with
/// other features than the workspace has, for minutes. So this program lists its own tests, and those of other
/// packages are looked up in the source.
fn check_cargo_test(arguments: &[&str]) -> Result<(), String> {
    let (of_cargo, of_test) = match arguments.iter().position(|argument| *argument == "--") {
        Some(end) => (&arguments[..end], &arguments[end + 1..]),
        None => (arguments, &[][..]),
    };
    let (mut package, mut only, mut filters, mut flags) = (None, None, Vec::new(), Vec::new());
    let mut rest = of_cargo.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "-p" | "--package" => package = rest.next().copied(),
            "--test" => only = rest.next().copied(),
            "--lib" => only = Some("--lib"),
            "--workspace" | "--offline" => {}
            flag if flag.starts_with('-') => return Err(format!("this test does not know {flag}")),
            filter => filters.push(filter),
        }
    }
    for argument in of_test {
        match *argument {
            "--list" | "--nocapture" => {}
            flag if flag.starts_with("--") => flags.push(flag),
            filter => filters.push(filter),
        }
    }
    // Each filter is to select a test of its own.
    let filters: Vec<_> = if filters.is_empty() { vec![""] } else { filters };
    let wrong = filters.into_iter().find(|filter| !has_test(package, only, filter, &flags));
    wrong.map_or(Ok(()), |filter| Err(format!("no test of {package:?} {only:?} has {filter:?} in its name")))
}

/// Whether a package (or any), or only one kind of its tests, has a test with this in its name.
fn has_test(package: Option<&str>, only: Option<&str>, filter: &str, flags: &[&str]) -> bool {
    if package.is_none_or(|package| package == "tests") && only.is_none_or(|only| only == "stories") {
        let mut stories = Command::new(std::env::current_exe().unwrap());
        let listed = stories.arg(filter).args(flags).arg("--list").output().unwrap();
        if String::from_utf8(listed.stdout).unwrap().lines().any(|line| line.ends_with(": test")) {
            return true;
        }
    }
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let chosen = packages.filter(|it| package.is_none_or(|package| it["name"] == package));
    let mut folders = chosen.map(|it| Path::new(it["manifest_path"].as_str().unwrap()).parent().unwrap());
    only != Some("stories") && folders.any(|folder| unit_tests(folder).iter().any(|name| name.contains(filter)))
}

/// Returns the unit tests in the sources of a package, about as cargo names them: `text::tests::name`.
fn unit_tests(package: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in files_below(package, "rs") {
        let module = file.strip_prefix(package).unwrap().with_extension("");
        let module: Vec<_> = module.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "src").collect();
        let text = fs::read_to_string(&file).unwrap();
        for test in text.split("test]\n").skip(1) {
            let name = test.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
            found.push(format!("{}::tests::{}", module.join("::"), name.unwrap_or_default()));
        }
    }
    found
}

#[test]
fn every_documented_command_runs() {
    let mut of_stories = Vec::new();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for block in documents().iter().flat_map(|document| blocks(document)) {
        let section = (block.document.as_str(), block.heading.as_str());
        let location = format!("{}, section {:?}", block.document, block.heading);
        let results: Vec<_> = lines(&block.text).into_iter().map(|line| (check(&line), line)).collect();
        if let Some((_, line)) = results.iter().find(|(result, _)| result.is_none()) {
            match RUN_BY_STORIES.iter().find(|known| **known == section) {
                Some(known) => of_stories.push(*known),
                None => wrong.push(format!(
                    "{location}: `{line}` is neither make, cargo test nor a line of the Makefile, and no story runs \
                     it. Write a story that calls commands(document, heading), and add the section to RUN_BY_STORIES"
                )),
            }
        }
        for (result, line) in results {
            match result {
                Some(Err(error)) => wrong.push(format!("{location}: `{line}`: {error}")),
                _ => checked += 1,
            }
        }
    }
    for known in RUN_BY_STORIES.iter().filter(|known| !of_stories.contains(known)) {
        wrong.push(format!("{known:?} is in RUN_BY_STORIES, and has no block that needs a story"));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(checked > 20, "{checked} commands");
}

#[test]
fn every_make_and_cargo_test_in_the_text_runs() {
    let mut wrong = Vec::new();
    for document in documents() {
        for span in code_spans(&document) {
            let is_command = span.split_once("make ").is_some_and(|(before, after)| {
                shell(before).words.is_empty() && after.starts_with(|c: char| c.is_ascii_lowercase())
            });
            let has_placeholder = span.contains(['<', '>', '…', '|']);
            if (is_command || span.contains("cargo test"))
                && !has_placeholder
                && let Some(Err(error)) = check(&span)
            {
                wrong.push(format!("{document}: `{span}`: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A section in the table that no story runs would not be tested.
#[test]
fn a_story_runs_each_section_of_the_table() {
    let files =
        files_below(&repository("tests"), "rs").into_iter().filter(|file| !file.ends_with("documentation/commands.rs"));
    let texts: Vec<_> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    for (document, heading) in RUN_BY_STORIES {
        let runs = |text: &String| [document, heading].iter().all(|part| text.contains(&format!("\"{part}\"")));
        assert!(texts.iter().any(runs), "no story calls commands({document:?}, {heading:?})");
    }
}
