//! The commands and the settings of docs/aws.md, run in a clone of its own.

use std::{collections::BTreeSet, fs, process::Command};

use regex::Regex;
use rounds_auth::SigningKey;

use super::{clone::Clone, operation::template};
use crate::{
    documentation::commands::{commands, setting},
    run::private::is_private,
    support::{Value, built, repository},
};

fn blocks(heading: &str) -> Vec<String> {
    commands("docs/aws.md", heading)
}

/// Returns a section of the document.
fn section(heading: &str) -> String {
    let text = fs::read_to_string(repository("docs/aws.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

const TOKEN: &str = "a-secret-token";

#[test]
fn documented_commands_deploy_from_an_empty_account() {
    let clone = Clone::new();
    let [deploy, password, remove] = blocks("Deploy").try_into().unwrap();
    let answers = ["libsql://db.example", TOKEN, "ada@x.org", "alarms@x.org"];
    // As in one shell: the region is exported.
    let printed = clone.run_on_terminal(&format!("{deploy}\n{password}"), &answers, &[]).succeeds();
    assert!(printed.contains("the admin-password of rounds"), "{printed}");
    // The command is the one that `make deploy` prints.
    let parts: Vec<_> = password.split_whitespace().take(5).collect();
    assert!(printed.contains(&parts.join(" ")), "{printed}");
    let parameters = clone.stack("rounds")["parameters"].clone();
    assert_eq!([&parameters["DatabaseAuthToken"], &parameters["AlarmEmail"]], [TOKEN, "alarms@x.org"]);

    // The number of the commands and the answers, and the questions.
    let text = section("Deploy");
    assert_eq!(deploy.lines().count() + password.lines().count(), 3);
    assert!(text.contains("an empty account needs three commands and four answers"));
    assert!(text.contains("It first asks four questions.") && answers.len() == 4);
    let rows = Regex::new(r"(?m)^\| ([A-Z][^|]+) \|").unwrap();
    let questions: Vec<_> = rows.captures_iter(&text).map(|row| row[1].to_owned()).collect();
    assert_eq!(questions.len(), answers.len());
    for question in questions {
        assert!(printed.contains(&format!("{question} (")), "{question}:\n{printed}");
    }

    clone.run(&format!("export AWS_REGION=eu-central-1\n{remove}"), &[]).succeeds();
    assert_eq!(clone.stack("rounds")["parameters"]["AdminEmail"], "");
}

#[test]
fn documented_commands_deploy_again_and_roll_back() {
    let clone = Clone::new();
    clone.create(&[]);
    fs::write(clone.folder.join("code"), "two").unwrap();
    let [deploy, rollback] = blocks("Deploy again, and roll back").try_into().unwrap();
    let region = [("AWS_REGION", "eu-central-1")];
    clone.run(&deploy, &region).succeeds();
    assert_eq!(clone.code("rounds"), "two");
    clone.run(&rollback, &region).succeeds();
    assert_eq!(clone.code("rounds"), "one");
}

#[test]
fn documented_commands_set_what_the_sections_are_about() {
    let clone = Clone::new();
    clone.create(&[]);
    let region = [("AWS_REGION", "eu-central-1")];
    fs::write(clone.folder.join("ca.pem"), "the certificate\n").unwrap();
    let [authority] = blocks("Use a private certificate authority").try_into().unwrap();
    clone.run(&authority, &region).succeeds();
    assert_eq!(clone.stack("rounds")["parameters"]["DatabaseCa"], "the certificate");

    let [mail] = blocks("Send mail").try_into().unwrap();
    let typed = mail.replace("SMTP_URL\nexport", "SMTP_URL <<< smtp://mail.example\nexport");
    clone.run(&typed, &region).succeeds();
    assert_eq!(clone.stack("rounds")["parameters"]["MailFrom"], "clinic@example.org");
    let [unattended] = blocks("Settings of a deployment").try_into().unwrap();
    clone.run(&unattended, &[&region[..], &[("DATABASE_AUTH_TOKEN", TOKEN)]].concat()).succeeds();
    assert_eq!(clone.stack("staging")["parameters"]["DatabaseAuthToken"], TOKEN);
}

#[test]
fn every_setting_of_a_deployment_is_documented() {
    let template = template();
    let parameters = template["Parameters"].as_hash().unwrap().keys();
    let names = parameters.map(|name| name.as_str().unwrap());
    // The command sets the number of the deployment.
    let expected: BTreeSet<_> = names.filter(|name| *name != "Deployment").map(setting).collect();
    let text = section("Settings of a deployment");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let names = Regex::new("`([A-Z_]+)`").unwrap();
    let first = rows.iter().map(|row| row.split(" | ").next().unwrap());
    let documented: BTreeSet<_> =
        first.flat_map(|cell| names.captures_iter(cell).map(|name| name[1].to_owned())).collect();
    let of_command = ["STACK", "AWS_REGION", "AWS_PROFILE", "AWS", "SAM"].map(str::to_owned);
    assert_eq!(documented, expected.into_iter().chain(of_command).collect());
}

fn key_ids(public_keys: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(public_keys).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The secrets of a stack's keys.
struct Keys<'a> {
    clone: &'a Clone,
    stack: &'a str,
}

impl Keys<'_> {
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.clone.secret(&format!("{}-{name}", self.stack))).unwrap()
    }

    /// Writes a new pair, as the function `migrate` does.
    fn create(&self) {
        let output = Command::new(built("rounds")).arg("keys").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (private, rest) = text.split_once("-----END PRIVATE KEY-----\n").unwrap();
        let public = rest.lines().find(|line| line.starts_with('{')).unwrap();
        let write = |name: &str, text: &str| {
            fs::write(self.clone.secret(&format!("{}-{name}", self.stack)), text).unwrap();
        };
        write("signing-key", &format!("{private}-----END PRIVATE KEY-----\n"));
        write("public-keys", public);
    }

    fn public(&self) -> Vec<String> {
        key_ids(&self.read("public-keys"))
    }

    fn signing(&self) -> String {
        let key = SigningKey::from_pem(&self.read("signing-key")).unwrap();
        key_ids(&key.public_keys()).remove(0)
    }

    /// Returns the files in the clone's folder that contain keys.
    fn files(&self) -> Vec<&str> {
        let names = ["keys", "signing_key.pem", "public_keys.json"];
        names.into_iter().filter(|name| self.clone.folder.join(name).exists()).collect()
    }
}

#[test]
fn documented_commands_rotate_and_replace_the_signing_key() {
    for stack in ["rounds", "staging"] {
        let clone = Clone::new();
        let settings = [("STACK", stack)];
        let settings = if stack == "rounds" { &[][..] } else { &settings[..] };
        clone.create(settings);
        let keys = Keys { clone: &clone, stack };
        keys.create();
        let first = keys.signing();
        assert_eq!(keys.public(), std::slice::from_ref(&first));

        let [publish, sign] = blocks("Rotate the signing key").try_into().unwrap();
        clone.run(&publish, settings).succeeds();
        let public = keys.public();
        assert!(public.len() == 2 && public[1] == first, "{public:?}");
        assert_eq!(keys.signing(), first);
        for file in keys.files() {
            is_private(&clone.folder.join(file));
        }
        clone.run(&sign, settings).succeeds();
        assert_eq!((keys.signing(), keys.public()), (public[0].clone(), public.clone()));
        assert_eq!(keys.files(), [] as [&str; 0]);

        let [replace] = blocks("Replace a compromised signing key").try_into().unwrap();
        clone.run(&replace, settings).succeeds();
        assert_eq!(keys.public(), [keys.signing()]);
        assert!(!public.contains(&keys.signing()));
        assert_eq!(keys.files(), [] as [&str; 0]);
        // The fake keeps the mode of the file that each value was read from.
        for name in ["signing-key", "public-keys"] {
            is_private(&clone.secret(&format!("{stack}-{name}")));
        }
    }
}
