//! Clients in two languages and a Postman collection, generated from the OpenAPI document by established tools. The
//! programs that use them are in `tests/clients`. `make test` installs the tools.

use std::{env, path::PathBuf, process::Command};

use chrono::{TimeDelta, Utc};

use super::document;
use crate::support::{Server, Value, repository, target, temporary};

/// A temporary folder with the document, the programs of `tests/clients` and their dependencies.
struct Workshop {
    folder: PathBuf,
    path: String,
}

impl Workshop {
    fn open() -> Self {
        let installed = target("tools/clients");
        assert!(installed.join("installed").exists(), "run `make test` once to install the generators");
        let folder = temporary("clients");
        std::fs::create_dir(&folder).unwrap();
        for file in std::fs::read_dir(repository("tests/clients")).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
            }
        }
        std::fs::write(folder.join("openapi.json"), docs::DOCUMENT).unwrap();
        std::os::unix::fs::symlink(installed.join("node_modules"), folder.join("node_modules")).unwrap();
        let bin = |folder: &str| installed.join(folder).display().to_string();
        let path = [bin("python/bin"), bin("node_modules/.bin"), env::var("PATH").unwrap()].join(":");
        Self { folder, path }
    }

    /// Runs a command in the folder. Returns its standard output. Panics if the command fails.
    fn run(&self, command: &[&str]) -> String {
        let mut limited = Command::new("timeout");
        limited.args(["--kill-after=1", "120"]).args(command).current_dir(&self.folder).env("PATH", &self.path);
        let output = limited.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} ended with {}:\n{text}{errors}", output.status);
        text
    }
}

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string()
}

#[test]
fn document_passes_linter() {
    Workshop::open().run(&["spectral", "lint", "openapi.json", "--fail-severity=hint"]);
}

#[tokio::test]
async fn generated_typescript_client_books() {
    let (server, workshop) = (Server::demo().await, Workshop::open());
    workshop.run(&["openapi-typescript", "openapi.json", "--output", "api.d.ts"]);
    workshop.run(&["tsc", "--strict", "--module", "nodenext", "--target", "es2022", "--noEmitOnError", "book.ts"]);
    let output = workshop.run(&["node", "book.js", &server.url, &in_days(7)]);
    assert!(output.contains("booked Dr. Amara Okafor"), "{output}");
}

#[tokio::test]
async fn generated_python_client_books() {
    let (server, workshop) = (Server::demo().await, Workshop::open());
    let generate = ["generate", "--path", "openapi.json", "--meta", "none", "--output-path", "rounds_client"];
    workshop.run(&[&["openapi-python-client"], &generate[..]].concat());
    // The generated code does not pass the strict check, so only the program is checked.
    workshop.run(&["mypy", "--strict", "--follow-imports=silent", "book.py"]);
    let output = workshop.run(&["python", "book.py", &server.url, &in_days(7)]);
    assert!(output.contains("booked Dr. Amara Okafor"), "{output}");
}

#[tokio::test]
async fn postman_collection_passes_on_every_operation() {
    let (server, workshop) = (Server::demo().await, Workshop::open());
    workshop.run(&["node", "collection.mjs", "openapi.json", "collection.json"]);
    let url = format!("baseUrl={}", server.url);
    let reports = ["--reporters", "cli,json", "--reporter-json-export", "report.json", "--color", "off"];
    let output = workshop.run(&[&["newman", "run", "collection.json", "--env-var", &url], &reports[..]].concat());

    let report = std::fs::read_to_string(workshop.folder.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let executions = report["run"]["executions"].as_array().unwrap();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let name = format!("{} ", operation["operationId"].as_str().unwrap());
            let tests = executions.iter().filter(|run| run["item"]["name"].as_str().unwrap().starts_with(&name));
            let tests = tests.map(|run| run["assertions"].as_array().map_or(0, Vec::len)).sum::<usize>();
            assert!(tests >= 3, "{name} of {path} has {tests} tests:\n{output}");
        }
    }
}
