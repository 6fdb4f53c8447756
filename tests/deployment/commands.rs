//! The commands of docs/aws.md, run in a clone of its own. Stand-ins replace the AWS CLI, SAM and cargo.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::{Command, Output},
};

use rounds_auth::SigningKey;

use super::operation::template;
use crate::{
    documentation::commands::commands,
    run::private::is_private,
    support::{Value, built, repository, temporary},
};

/// Records a call of SAM or cargo, with the region.
const RECORDER: &str = r#"#!/bin/sh
echo "$AWS_DEFAULT_REGION: $(basename "$0") $*" >> "$CALLS"
"#;

/// Records a call, and keeps each secret in a file of the folder `$SECRETS`, with the mode of the file that it was
/// read from. Like the AWS CLI, it fails for a new secret that exists, and for a secret that does not.
const AWS: &str = r#"#!/bin/sh
set -e
echo "$AWS_DEFAULT_REGION: aws $1 $2" >> "$CALLS"
operation=$2
shift 2
while [ $# -gt 0 ]; do
  case $1 in
    --name|--secret-id) secret=$SECRETS/$2 ;;
    --secret-string) file=${2#file://} ;;
  esac
  shift 2
done
case $operation in
  create-secret) [ ! -e "$secret" ] && mkdir -p "$(dirname "$secret")" && cp -p "$file" "$secret" ;;
  put-secret-value) [ -e "$secret" ] && cp -p "$file" "$secret" ;;
  get-secret-value) cat "$secret" ;;
esac
"#;

/// A clone with the files that the commands need.
struct Clone {
    folder: PathBuf,
    programs: PathBuf,
    secrets: PathBuf,
    calls: PathBuf,
}

impl Clone {
    /// Makes a clone in which the tools are installed, with the files `token` and `password`.
    fn new() -> Self {
        let [folder, programs, secrets, calls] = ["clone", "programs", "secrets", "calls"].map(temporary);
        for tool in ["watch", "build", "test"] {
            let path = folder.join("target/tools").join(tool);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let requirements = match tool {
                "test" => "tests/requirements.txt".to_owned(),
                tool => format!("tests/requirements-{tool}.txt"),
            };
            fs::create_dir_all(folder.join("tests")).unwrap();
            fs::copy(repository(&requirements), folder.join(&requirements)).unwrap();
            // Newer than its requirements, so make does not install it again.
            fs::write(path, "").unwrap();
        }
        fs::copy(repository("Makefile"), folder.join("Makefile")).unwrap();
        fs::create_dir_all(folder.join("target/debug")).unwrap();
        symlink(built("rounds"), folder.join("target/debug/rounds")).unwrap();
        fs::create_dir(&programs).unwrap();
        for (program, script) in [("aws", AWS), ("sam", RECORDER), ("cargo", RECORDER)] {
            fs::write(programs.join(program), script).unwrap();
            fs::set_permissions(programs.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        for file in ["token", "password"] {
            fs::write(folder.join(file), format!("the {file}\n")).unwrap();
            fs::set_permissions(folder.join(file), fs::Permissions::from_mode(0o600)).unwrap();
        }
        Self { folder, programs, secrets, calls }
    }

    /// Runs commands in the clone, under a umask that makes new files readable for everybody.
    fn try_run(&self, commands: &str) -> Output {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("umask 022\n{commands}")]).current_dir(&self.folder);
        command.env("PATH", format!("{}:{}", self.programs.display(), std::env::var("PATH").unwrap()));
        command.env("SECRETS", &self.secrets).env("CALLS", &self.calls);
        // Variables of the make or cargo that runs this test.
        for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CARGO_TARGET_DIR", "AWS_DEFAULT_REGION"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn run(&self, commands: &str) {
        let output = self.try_run(commands);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Returns the calls that were recorded since the last time.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(&self.calls).unwrap_or_default();
        fs::write(&self.calls, "").unwrap();
        calls.lines().map(str::to_owned).collect()
    }

    fn secret(&self, name: &str) -> String {
        fs::read_to_string(self.secrets.join(name)).unwrap()
    }

    /// Returns the ids of the public keys in their secret.
    fn public_key_ids(&self) -> Vec<String> {
        key_ids(&self.secret("rounds/public-keys"))
    }

    /// Returns the id of the signing key in its secret.
    fn signing_key_id(&self) -> String {
        let key = SigningKey::from_pem(&self.secret("rounds/signing-key")).unwrap();
        key_ids(&key.public_keys()).remove(0)
    }

    /// Returns the files in the clone's folder that contain secrets.
    fn secret_files(&self) -> Vec<&str> {
        let names = ["keys", "signing_key.pem", "public_keys.json", "token", "password"];
        names.into_iter().filter(|name| self.folder.join(name).exists()).collect()
    }
}

fn key_ids(public_keys: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(public_keys).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn blocks(heading: &str) -> Vec<String> {
    commands("docs/aws.md", heading)
}

#[test]
fn documented_commands_deploy_with_the_secrets_of_the_template() {
    let clone = Clone::new();
    clone.run(&blocks("Deploy").join("\n"));

    let created = "eu-central-1: aws secretsmanager create-secret";
    let expected = [
        "eu-central-1: cargo build -p rounds-local",
        created,
        created,
        created,
        created,
        "eu-central-1: sam build --parameter-overrides Architecture=arm64",
        "eu-central-1: sam deploy --guided --parameter-overrides Architecture=arm64",
    ];
    assert_eq!(clone.calls(), expected);
    assert_eq!(clone.secret_files(), [] as [&str; 0]);

    // The answers to `sam deploy --guided`, unless the operator chooses others.
    let template = template();
    let parameters = template["Parameters"].as_hash().unwrap().iter();
    // Only deployments with a mail server or with text messages need these.
    let optional = ["SmsSecret", "SmtpUrlSecret"];
    let parameters = parameters.map(|(name, parameter)| (name.as_str().unwrap(), parameter));
    let defaults = parameters.filter(|(name, _)| name.ends_with("Secret") && !optional.contains(name));
    let mut defaults: Vec<_> =
        defaults.map(|(_, parameter)| parameter["Default"].as_str().unwrap().to_owned()).collect();
    let files = fs::read_dir(clone.secrets.join("rounds")).unwrap();
    let mut secrets: Vec<_> = files.map(|file| format!("rounds/{}", file.unwrap().file_name().display())).collect();
    defaults.sort();
    secrets.sort();
    assert_eq!(secrets, defaults);

    assert_eq!(clone.secret("rounds/database-token"), "the token\n");
    assert_eq!(clone.secret("rounds/admin-password"), "the password\n");
    assert_eq!(clone.public_key_ids(), [clone.signing_key_id()]);
    // Each has the mode of the file that the command read.
    for name in &secrets {
        is_private(&clone.secrets.join(name));
    }
}

#[test]
fn failed_command_creates_no_later_secret_and_deletes_no_file() {
    let clone = Clone::new();
    fs::create_dir_all(clone.secrets.join("rounds")).unwrap();
    fs::write(clone.secrets.join("rounds/signing-key"), "the secret of another clinic").unwrap();
    assert!(!clone.try_run(&blocks("Deploy")[0]).status.success());
    assert_eq!(clone.secret("rounds/signing-key"), "the secret of another clinic");
    assert!(!clone.secrets.join("rounds/public-keys").exists());
    assert_eq!(clone.secret_files().len(), 5);
}

#[test]
fn documented_commands_deploy_again_with_saved_answers() {
    let clone = Clone::new();
    clone.run(&blocks("Deploy again, and roll back").join("\n"));
    assert_eq!(clone.calls(), [": sam build", ": sam deploy"]);
}

#[test]
fn documented_commands_rotate_and_replace_the_signing_key() {
    let clone = Clone::new();
    clone.run(&blocks("Deploy")[0]);
    let first = clone.signing_key_id();

    let [publish, sign] = blocks("Rotate the signing key").try_into().unwrap();
    clone.run(&publish);
    let public = clone.public_key_ids();
    assert!(public.len() == 2 && public[1] == first, "{public:?}");
    assert_eq!(clone.signing_key_id(), first);
    for file in clone.secret_files() {
        is_private(&clone.folder.join(file));
    }
    clone.run(&sign);
    assert_eq!((clone.signing_key_id(), clone.public_key_ids()), (public[0].clone(), public.clone()));
    assert_eq!(clone.secret_files(), [] as [&str; 0]);

    let [replace] = blocks("Replace a compromised signing key").try_into().unwrap();
    clone.run(&replace);
    assert_eq!(clone.public_key_ids(), [clone.signing_key_id()]);
    assert!(!public.contains(&clone.signing_key_id()));
    assert_eq!(clone.secret_files(), [] as [&str; 0]);
    for name in ["signing-key", "public-keys"] {
        is_private(&clone.secrets.join("rounds").join(name));
    }
}
