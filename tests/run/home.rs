//! Where `rounds` finds the clinic: in the clone that it is started in, or where it is told.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::support::{built, repository, temporary};

/// A folder that `rounds` takes for a clone of itself. In its `PATH` is a `cargo` that ends at once, so that a
/// start goes as far as the functions, and no further.
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

    /// `rounds`, to be started in it.
    pub(crate) fn rounds(&self) -> Command {
        rounds(&self.0, &self.path("bin"))
    }

    /// Starts `rounds` as far as the functions; what it said.
    pub(crate) fn start(&self, variables: &[(&str, &str)]) -> String {
        started(&self.rounds().envs(variables.iter().copied()).output().unwrap())
    }
}

/// The output of a start that reached the functions.
pub(crate) fn started(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("cargo lambda watch ended (exit status: 3); its output says why"), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The sentence that a command ended with.
pub(crate) fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.lines().count() == 1, "{said}");
    said.trim_end().to_owned()
}

/// The built `rounds` with no setting set, in a folder.
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
fn a_clone_has_its_clinic_in_itself_wherever_the_program_was_built() {
    let (original, copy) = (Folder::new(), Folder::new());
    original.start(&[]);
    let clinic = fs::read(original.path(".rounds/clinic.db")).unwrap();
    assert!(original.path(".rounds/signing_key.pem").exists());

    let said = copy.start(&[]);
    assert!(said.contains(&format!("rounds: database {}", copy.path(".rounds/clinic.db").display())), "{said}");
    assert!(said.contains("applied migration"), "{said}");
    assert_eq!(fs::read(original.path(".rounds/clinic.db")).unwrap(), clinic);

    // A moved one keeps its clinic; from a folder in it, too.
    let moved = Folder(temporary("moved"));
    fs::rename(&original.0, &moved.0).unwrap();
    let key = fs::read(moved.path(".rounds/signing_key.pem")).unwrap();
    let said = started(&moved.rounds().current_dir(moved.path("shared/local")).output().unwrap());
    assert!(said.contains("the database is up to date"), "{said}");
    assert_eq!(fs::read(moved.path(".rounds/signing_key.pem")).unwrap(), key);
    assert!(!original.0.exists());
}

#[test]
fn the_file_env_is_the_clones_and_its_paths_are_relative_to_it() {
    let folder = Folder::new();
    folder.write(".env", "export ROUNDS_HOME='a home'\nDATABASE_URL=data/clinic.db\n");
    folder.write("deep/down/file", "");
    let deep = folder.path("deep/down");
    started(&folder.rounds().current_dir(&deep).output().unwrap());
    assert!(folder.path("a home/signing_key.pem").exists() && folder.path("data/clinic.db").exists());

    // The environment's count more, and are relative to where somebody types them.
    let variables = [("ROUNDS_HOME", "here"), ("DATABASE_URL", "file:my%20clinic.db")];
    started(&folder.rounds().current_dir(&deep).envs(variables).output().unwrap());
    assert!(deep.join("here/signing_key.pem").exists() && deep.join("my clinic.db").exists());
    assert!(!folder.path(".rounds").exists());
}

#[test]
fn outside_of_a_clone_a_clinic_is_where_it_is_named() {
    let outside = Path::new("/");
    let named = temporary("clinic");
    let rounds = || rounds(outside, Path::new("/bin"));
    assert_eq!(
        refusal(rounds().arg("rotate-keys")),
        "rounds: this is not a clone of Rounds, nor a folder in one: change to one, or set ROUNDS_HOME to the folder \
         of the clinic's files"
    );
    assert!(rounds().arg("rotate-keys").env("ROUNDS_HOME", &named).status().unwrap().success());
    assert!(named.join("signing_key.pem").exists());
    assert!(rounds().arg("keys").output().unwrap().status.success());
    // The functions are served from a clone: nothing is migrated without.
    assert!(refusal(rounds().env("ROUNDS_HOME", &named)).contains("this is not a clone of Rounds"));
    assert!(!named.join("clinic.db").exists());
}

#[test]
fn several_clinics_share_a_home() {
    let (folder, home) = (Folder::new(), temporary("home"));
    let home = home.to_str().unwrap();
    for clinic in ["one.db", "two.db"] {
        let said = folder.start(&[("ROUNDS_HOME", home), ("DATABASE_URL", clinic)]);
        assert!(said.contains("applied migration"), "{said}");
    }
    let keys = fs::read_to_string(Path::new(home).join("public_keys.json")).unwrap();
    assert_eq!(keys.matches("\"kid\"").count(), 1, "{keys}");
}

#[test]
fn a_home_that_cannot_be_is_named() {
    let folder = Folder::new();
    folder.write("taken", "");
    let said = refusal(folder.rounds().env("ROUNDS_HOME", "taken"));
    assert!(said.contains("taken, the folder of the clinic's files") && said.contains("set ROUNDS_HOME"), "{said}");
}

/// A path from the time of the build is the original's, and stays in what a copied clone brings along.
#[test]
fn no_path_is_compiled_in() {
    // In two parts, so that this line does not match itself.
    let pattern = concat!("env!", r#"\("CARGO_(MANIFEST_DIR|TARGET_TMPDIR)"#);
    let mut grep = Command::new("git");
    let output = grep.args(["grep", "-nE", pattern, "--", "*.rs"]).current_dir(repository(".")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
