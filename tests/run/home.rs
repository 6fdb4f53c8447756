//! How `rounds` locates the clinic's files: in the clone that contains the current folder, or in `ROUNDS_HOME`.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::support::{built, repository, temporary};

/// A folder that looks like a clone of Rounds to the program. The `PATH` of its commands starts with a `cargo` that
/// exits immediately, so `rounds watch` ends when it would start the functions.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(temporary("a clone"));
        folder.write("shared/local/Cargo.toml", "[package]\nname = \"rounds-local\"\n");
        folder.write("bin/cargo", "#!/bin/sh\nexit 3\n");
        fs::set_permissions(folder.path("bin/cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A command of `rounds` in this folder.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = rounds(&self.0, &self.path("bin"));
        command.arg(name);
        command
    }

    /// A command that serves the clinic in this folder.
    pub(crate) fn rounds(&self) -> Command {
        self.command("serve")
    }

    /// Serves the clinic in this folder until it is ready. Returns the output.
    pub(crate) fn start(&self, variables: &[(&str, &str)]) -> String {
        serve_once(self.rounds().envs(variables.iter().copied()))
    }
}

/// Serves until the clinic is ready, and ends the program. Returns its standard output.
pub(crate) fn serve_once(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !output.contains("rounds: ready at") {
        if lines.read_line(&mut output).unwrap() == 0 {
            panic!("{output}{}", String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr));
        }
    }
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    lines.read_to_string(&mut output).unwrap();
    assert!(child.wait().unwrap().success(), "{output}");
    output
}

/// Asserts that `rounds watch` tried to start the functions. Returns its standard output.
pub(crate) fn started(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    let expected = "cargo lambda watch ended (exit status: 3): see its output above for the reason";
    assert!(errors.contains(expected), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command that must fail with one line of output. Returns that line.
pub(crate) fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.lines().count() == 1, "{message}");
    message.trim_end().to_owned()
}

/// The built `rounds` in a folder, without a command, and with no setting in the environment except a free `PORT`.
fn rounds(folder: &Path, programs: &Path) -> Command {
    let mut command = Command::new(built("rounds"));
    for name in rounds_local::setting_names() {
        command.env_remove(name);
    }
    command.current_dir(folder).env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    command.env("PORT", rounds_local::free_port().unwrap().to_string());
    command
}

#[test]
fn clinic_is_in_clone_that_contains_current_folder() {
    let (original, copy) = (Folder::new(), Folder::new());
    original.start(&[]);
    let clinic = fs::read(original.path(".rounds/clinic.db")).unwrap();
    assert!(original.path(".rounds/signing_key.pem").exists());

    let output = copy.start(&[]);
    assert!(output.contains(&format!("rounds: database {}", copy.path(".rounds/clinic.db").display())), "{output}");
    assert!(output.contains("applied migration"), "{output}");
    assert_eq!(fs::read(original.path(".rounds/clinic.db")).unwrap(), clinic);

    // A moved clone keeps its clinic, also when the program is started in a subfolder.
    let moved = Folder(temporary("moved"));
    fs::rename(&original.0, &moved.0).unwrap();
    let key = fs::read(moved.path(".rounds/signing_key.pem")).unwrap();
    let output = serve_once(moved.rounds().current_dir(moved.path("shared/local")));
    assert!(output.contains("the database is up to date"), "{output}");
    assert_eq!(fs::read(moved.path(".rounds/signing_key.pem")).unwrap(), key);
    assert!(!original.0.exists());
}

#[test]
fn reads_env_file_of_clone_with_paths_relative_to_it() {
    let folder = Folder::new();
    folder.write(".env", "export ROUNDS_HOME='a home'\nDATABASE_URL=data/clinic.db\n");
    folder.write("deep/down/file", "");
    let deep = folder.path("deep/down");
    serve_once(folder.rounds().current_dir(&deep));
    assert!(folder.path("a home/signing_key.pem").exists() && folder.path("data/clinic.db").exists());

    // The environment has priority, and its paths are relative to the current folder.
    let variables = [("ROUNDS_HOME", "here"), ("DATABASE_URL", "file:my%20clinic.db")];
    serve_once(folder.rounds().current_dir(&deep).envs(variables));
    assert!(deep.join("here/signing_key.pem").exists() && deep.join("my clinic.db").exists());
    assert!(!folder.path(".rounds").exists());
}

#[test]
fn requires_rounds_home_outside_of_clone_for_keys() {
    let outside = Path::new("/");
    let named = temporary("clinic");
    let rounds = || rounds(outside, Path::new("/bin"));
    assert_eq!(
        refusal(rounds().arg("rotate-keys")),
        "rounds: the current folder is not in a clone of Rounds: change to a clone, or set ROUNDS_HOME to the folder \
         of the clinic's files"
    );
    assert!(rounds().arg("rotate-keys").env("ROUNDS_HOME", &named).status().unwrap().success());
    assert!(named.join("signing_key.pem").exists());
    assert!(rounds().arg("keys").output().unwrap().status.success());
    // Only the emulator needs a clone. Without one, no database is created.
    let message = refusal(rounds().arg("watch").env("ROUNDS_HOME", &named));
    assert!(message.contains("the current folder is not in a clone of Rounds"), "{message}");
    assert!(!named.join("clinic.db").exists());
    serve_once(rounds().arg("serve").env("ROUNDS_HOME", &named));
    assert!(named.join("clinic.db").exists());
}

#[test]
fn clinics_can_share_a_home() {
    let (folder, home) = (Folder::new(), temporary("home"));
    let home = home.to_str().unwrap();
    for clinic in ["one.db", "two.db"] {
        let output = folder.start(&[("ROUNDS_HOME", home), ("DATABASE_URL", clinic)]);
        assert!(output.contains("applied migration"), "{output}");
    }
    let keys = fs::read_to_string(Path::new(home).join("public_keys.json")).unwrap();
    assert_eq!(keys.matches("\"kid\"").count(), 1, "{keys}");
}

#[test]
fn rejects_home_that_is_a_file() {
    let folder = Folder::new();
    folder.write("file", "");
    let message = refusal(folder.rounds().env("ROUNDS_HOME", "file"));
    assert!(
        message.contains("file as the folder of the clinic's files") && message.contains("set ROUNDS_HOME"),
        "{message}"
    );
}

/// A path that is compiled in would be the path of the original clone, also in the programs of a copied clone.
#[test]
fn code_contains_no_compile_time_paths() {
    // In two parts, so that git grep does not find this line.
    let pattern = concat!("env!", r#"\("CARGO_(MANIFEST_DIR|TARGET_TMPDIR)"#);
    let mut grep = Command::new("git");
    let output = grep.args(["grep", "-nE", pattern, "--", "*.rs"]).current_dir(repository(".")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
