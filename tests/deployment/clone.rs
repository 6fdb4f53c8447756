//! A clone of the repository from which a clinic is deployed. `fakes/cloud.py` replaces the AWS CLI and SAM.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::json;

use crate::support::{Value, built, repository, target, temporary};

/// A template with the kinds of parameters that the real one has. The build replaces `CODE`.
pub(super) const TEMPLATE: &str = r"
Parameters:
  DatabaseUrl:
    Type: String
    AllowedPattern: '^(libsql|https)://[^\s?@]+$'
    ConstraintDescription: must be libsql://host or https://host without a token in it.
  DatabaseAuthToken: {Type: String, NoEcho: true, AllowedPattern: '^\S+$'}
  DatabaseCa: {Type: String, Default: ''}
  AdminEmail: {Type: String, Default: '', AllowedPattern: '^([^\s@]+@[^\s@]+)?$'}
  AlarmEmail: {Type: String, Default: ''}
  MailFrom: {Type: String, Default: ''}
  Architecture: {Type: String, Default: arm64, AllowedValues: [arm64, x86_64]}
  RequestBurst: {Type: Number, Default: 100, MinValue: 1}
  SecurityGroupIds: {Type: CommaDelimitedList, Default: ''}
  SubnetIds: {Type: CommaDelimitedList, Default: ''}
  Deployment: {Type: String, Default: '', AllowedPattern: '^([0-9]{10})?$'}
  Rollout: {Type: String, Default: Canary10Percent5Minutes, AllowedValues: [AllAtOnce, Canary10Percent5Minutes]}
Metadata: {Code: CODE}
";

pub(super) struct Clone {
    pub(super) folder: PathBuf,
    programs: PathBuf,
    cloud: PathBuf,
}

/// How a command ended, with all that it printed.
pub(super) struct Run {
    pub(super) succeeded: bool,
    pub(super) text: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it)).concat();
        Self { succeeded: output.status.success(), text }
    }

    #[track_caller]
    pub(super) fn succeeds(self) -> String {
        assert!(self.succeeded, "{}", self.text);
        self.text
    }

    /// Asserts that the command failed with this in its messages.
    #[track_caller]
    pub(super) fn fails(self, message: &str) -> String {
        assert!(!self.succeeded && self.text.contains(message), "expected {message:?}:\n{}", self.text);
        self.text
    }
}

fn program(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

impl Clone {
    /// Makes a clone in which the tools are installed, and a cloud without a stack.
    pub(super) fn new() -> Self {
        let [folder, programs, cloud] = ["a clone", "the programs", "the cloud"].map(temporary);
        for requirements in ["requirements", "requirements-watch", "requirements-build"] {
            let file = format!("tests/{requirements}.txt");
            fs::create_dir_all(folder.join("tests")).unwrap();
            fs::copy(repository(&file), folder.join(file)).unwrap();
        }
        let (tools, scripts) = (folder.join("target/tools"), folder.join("functions/migrate/deploy"));
        fs::create_dir_all(&scripts).unwrap();
        for script in fs::read_dir(repository("functions/migrate/deploy")).unwrap() {
            let script = script.unwrap();
            fs::copy(script.path(), scripts.join(script.file_name())).unwrap();
        }
        fs::copy(repository("Makefile"), folder.join("Makefile")).unwrap();
        let python = target("tools/bin/python3");
        program(&tools.join("bin"), "python3", &format!("exec '{}' \"$@\"", python.display()));
        for tool in ["watch", "build", "test"] {
            // Newer than its requirements, so make does not install it again.
            fs::write(tools.join(tool), "").unwrap();
        }
        fs::create_dir_all(folder.join("target/debug")).unwrap();
        symlink(built("rounds"), folder.join("target/debug/rounds")).unwrap();
        let fake = repository("tests/deployment/fakes/cloud.py");
        for name in ["aws", "sam"] {
            program(&programs, name, &format!("exec python3 -B '{}' {name} \"$@\"", fake.display()));
        }
        program(&programs, "cargo", "true");
        for folder in [&cloud, &folder.join("tmp")] {
            fs::create_dir(folder).unwrap();
        }
        let clone = Self { folder, programs, cloud };
        clone.check_out("one", TEMPLATE);
        clone
    }

    /// Replaces the code and the template, as a checkout of another version does.
    pub(super) fn check_out(&self, code: &str, template: &str) {
        fs::write(self.folder.join("code"), code).unwrap();
        fs::write(self.folder.join("template.yaml"), template).unwrap();
    }

    fn command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(arguments[0]);
        command.args(&arguments[1..]).current_dir(&self.folder).stdin(Stdio::null());
        // Without the settings of the person who runs this test.
        command.env_clear().env("HOME", &self.folder).env("TMPDIR", self.folder.join("tmp"));
        let path = format!("{}:{}", self.programs.display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("CLOUD", &self.cloud).envs(settings.iter().copied());
        command
    }

    fn run_command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Run {
        let run = Run::of(&self.command(arguments, settings).output().unwrap());
        let left: Vec<_> = fs::read_dir(self.folder.join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "temporary files are left: {left:?}");
        run
    }

    /// Runs commands of bash without a terminal, under a umask that makes new files readable for everybody.
    pub(super) fn run(&self, commands: &str, settings: &[(&str, &str)]) -> Run {
        self.run_command(&["bash", "-c", &format!("umask 022\n{commands}")], settings)
    }

    /// Runs commands of bash on a terminal, and types the answers to their questions.
    pub(super) fn run_on_terminal(&self, commands: &str, answers: &[&str], settings: &[(&str, &str)]) -> Run {
        let (python, script) = (target("tools/bin/python3"), repository("tests/deployment/fakes/terminal.py"));
        let answers = json!(answers).to_string();
        let arguments = [python.to_str().unwrap(), "-B", script.to_str().unwrap(), &answers, "bash", "-c", commands];
        self.run_command(&arguments, settings)
    }

    /// Runs `make` with a target in a region, without a terminal.
    pub(super) fn make(&self, target: &str, settings: &[(&str, &str)]) -> Run {
        self.run_command(&["make", target], &[&[("AWS_REGION", "eu-central-1")], settings].concat())
    }

    /// Creates the stack `rounds`, or another one with the setting `STACK`.
    #[track_caller]
    pub(super) fn create(&self, settings: &[(&str, &str)]) -> String {
        let required =
            [("DATABASE_URL", "libsql://db.example"), ("DATABASE_AUTH_TOKEN", "a-token"), ("ADMIN_EMAIL", "ada@x.org")];
        self.make("deploy", &[&required, settings].concat()).succeeds()
    }

    /// Makes the cloud behave otherwise: see `fakes/cloud.py`.
    pub(super) fn cloud(&self, behaviour: &str, text: &str) {
        fs::write(self.cloud.join(behaviour), text).unwrap();
    }

    pub(super) fn cloud_recovers(&self, behaviour: &str) {
        fs::remove_file(self.cloud.join(behaviour)).unwrap();
    }

    /// Returns the calls of a program since the last time, or of all.
    pub(super) fn calls(&self) -> Vec<Value> {
        let calls = fs::read_to_string(self.cloud.join("calls")).unwrap_or_default();
        self.cloud("calls", "");
        calls.lines().map(|call| serde_json::from_str(call).unwrap()).collect()
    }

    /// Returns the calls of SAM since the last time: the command, and the parameters that were passed in a file.
    pub(super) fn sam_calls(&self) -> Vec<(String, Value)> {
        let calls = self.calls().into_iter().filter(|call| call["program"] == "sam");
        calls.map(|call| (call["arguments"][0].as_str().unwrap().to_owned(), call["parameters"].clone())).collect()
    }

    /// Returns the parameters that the only deployment since the last time has passed.
    #[track_caller]
    pub(super) fn passed(&self) -> Value {
        let mut deployed: Vec<_> = self.sam_calls().into_iter().filter(|(command, _)| command == "deploy").collect();
        assert_eq!(deployed.len(), 1, "{deployed:?}");
        deployed.remove(0).1
    }

    /// Returns a stack of the cloud: `parameters`, `template` and what AWS returns of it.
    pub(super) fn stack(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.cloud.join("stacks").join(name)).unwrap()).unwrap()
    }

    /// Puts a stack into a state.
    pub(super) fn set_status(&self, name: &str, status: &str) {
        let mut stack = self.stack(name);
        stack["StackStatus"] = status.into();
        fs::write(self.cloud.join("stacks").join(name), stack.to_string()).unwrap();
    }

    /// Returns the version of the code that a stack runs.
    pub(super) fn code(&self, name: &str) -> String {
        let template = self.stack(name)["template"].as_str().unwrap().to_owned();
        let (_, code) = template.split_once("Code: ").unwrap();
        code.split('}').next().unwrap().to_owned()
    }

    /// Returns the path of a secret's value.
    pub(super) fn secret(&self, name: &str) -> PathBuf {
        self.cloud.join("secrets").join(name)
    }
}
