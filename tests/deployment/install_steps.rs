//! The commands of docs/install.md, run in a folder that stands for the root of a server. The program is the real one.
//! Stand-ins replace the programs that change a machine. The one of `systemctl` starts the program as the unit says.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;

use super::install::UNIT;
use crate::{
    documentation::commands::commands,
    run::private::{is_private, mode},
    support::{Actor, Transport, built, json, repository, temporary},
};

const DOCUMENT: &str = "docs/install.md";

/// Records a call.
const RECORDER: &str = r#"#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
"#;

/// Runs a command as the user of the test.
const SUDO: &str = r#"#!/bin/sh
[ "$1" = -u ] && shift 2
exec env "$@"
"#;

/// Copies files into the home folder on the server.
const SCP: &str = r#"#!/bin/bash
cp "${@:1:$#-1}" "$SERVER_HOME"
"#;

/// Runs the program of the installed unit with the unit's settings. Waits until it has stopped.
const SYSTEMCTL: &str = r#"#!/bin/bash
set -eu
echo "systemctl $*" >> "$CALLS"
unit=$ROOT/etc/systemd/system/rounds.service
of_unit() { sed -n "s/^$1=-\?//p" "$unit"; }
start() {
  mkdir -p -m 700 "$ROOT/var/lib/$(of_unit StateDirectory)"
  cd "$(of_unit WorkingDirectory)"
  env -i $(of_unit Environment) $(cat "$(of_unit EnvironmentFile)") $(of_unit ExecStart) >> "$ROOT/log" 2>&1 < /dev/null &
  echo $! > "$ROOT/pid"
}
stop() {
  pid=$(cat "$ROOT/pid")
  kill "$pid"
  for _ in $(seq 300); do
    if ! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$pid/status"; then rm "$ROOT/pid"; return; fi
    sleep 0.1
  done
  exit 1
}
case "$*" in
  "enable --now rounds" | "start rounds") start ;;
  "stop rounds" | "disable --now rounds") stop ;;
  "restart rounds") stop; start ;;
esac
"#;

/// A server on which Rounds can be installed, and the clone on another machine.
struct Machine {
    root: PathBuf,
    clone: PathBuf,
    address: String,
}

/// Writes a file, and creates its folder.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Ok(pid) = fs::read_to_string(self.root.join("pid")) {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
    }
}

impl Machine {
    fn new() -> Self {
        let [root, clone] = ["server", "clone"].map(temporary);
        let port = rounds_local::free_port().unwrap();
        let machine = Self { root, clone, address: format!("127.0.0.1:{port}") };
        for folder in
            ["home", "programs", "etc/systemd/system", "etc/caddy", "etc/cron.daily", "var/lib", "usr/local/bin"]
        {
            fs::create_dir_all(machine.root.join(folder)).unwrap();
        }
        // The clinic must not read `.env` of the repository, which is the clone of the test's folder otherwise.
        write(&machine.root.join("shared/local/Cargo.toml"), "name = \"rounds-local\"\n");
        for file in [UNIT, "docs/install/Caddyfile"] {
            let text = machine.moved(&fs::read_to_string(repository(file)).unwrap());
            write(&machine.clone.join(file), &text);
        }
        fs::create_dir_all(machine.clone.join("target/release")).unwrap();
        fs::copy(built("rounds"), machine.clone.join("target/release/rounds")).unwrap();
        let recorders = ["cargo", "useradd", "userdel", "apt-get", "ufw", "restic", "podman", "journalctl"];
        let stand_ins = [("sudo", SUDO), ("scp", SCP), ("systemctl", SYSTEMCTL)];
        for (program, script) in recorders.map(|program| (program, RECORDER)).into_iter().chain(stand_ins) {
            let path = machine.root.join("programs").join(program);
            write(&path, script);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    /// Returns a text with the paths of the server below its folder, and with the address of the test's clinic.
    fn moved(&self, text: &str) -> String {
        let paths = Regex::new(r#"(^|[\s="'-])(/(?:etc|var/lib|usr/local)/)"#).unwrap();
        let text = paths.replace_all(text, |found: &regex::Captures<'_>| {
            format!("{}{}{}", &found[1], self.root.display(), &found[2])
        });
        text.replace("127.0.0.1:9000", &self.address)
    }

    /// Runs commands of the document in a folder, under a umask that makes new files readable for everybody. Returns
    /// their output.
    #[track_caller]
    fn run(&self, folder: &Path, commands: &str) -> String {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &format!("umask 022\n{}", self.moved(commands))]).current_dir(folder);
        let path = std::env::var("PATH").unwrap();
        let root = self.root.display();
        bash.env("PATH", format!("{root}/programs:{root}/usr/local/bin:{path}")).env("ROOT", &self.root);
        bash.env("CALLS", self.root.join("calls")).env("SERVER_HOME", self.root.join("home"));
        for name in rounds_local::setting_names() {
            bash.env_remove(name);
        }
        let output = bash.output().unwrap();
        let (printed, errors) =
            [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned()).into();
        let log = fs::read_to_string(self.root.join("log")).unwrap_or_default();
        assert!(output.status.success(), "{printed}{errors}{log}");
        printed
    }

    /// Runs the commands of a section on the server.
    #[track_caller]
    fn run_section(&self, heading: &str) -> String {
        self.run(&self.root.join("home"), &commands(DOCUMENT, heading).join("\n"))
    }

    /// Installs Rounds by the document. Returns what the commands print.
    #[track_caller]
    fn install(&self) -> String {
        let blocks = commands(DOCUMENT, "Install");
        self.run(&self.clone, &blocks[0]);
        self.run(&self.root.join("home"), &blocks[1..].join("\n"))
    }

    /// Returns the calls that were recorded since the last time.
    fn calls(&self) -> Vec<String> {
        let calls = self.root.join("calls");
        let recorded = fs::read_to_string(&calls).unwrap_or_default();
        fs::write(calls, "").unwrap();
        recorded.lines().map(str::to_owned).collect()
    }

    fn anonymous(&self) -> Actor {
        let transport = Transport::Http(format!("http://{}", self.address));
        Actor { transport, id: 0, caller: None, email: String::new(), token: None, source: String::new() }
    }

    async fn sign_in(&self, email: &str, password: &str) -> u16 {
        self.anonymous().post("/login", json!({ "email": email, "password": password })).await.status
    }
}

#[tokio::test]
async fn documented_steps_install_a_clinic() {
    let machine = Machine::new();
    let printed = machine.install();
    assert!(printed.contains(r#"{"database":"ok""#), "{printed}");
    let expected = [
        "cargo build --release --locked -p rounds-local",
        "useradd --system --home-dir ROOT/var/lib/rounds --shell /usr/sbin/nologin rounds",
        "systemctl daemon-reload",
        "systemctl enable --now rounds",
        "apt-get update",
        "apt-get install -y caddy",
        "systemctl reload caddy",
        "apt-get install -y ufw",
        "ufw allow 22/tcp",
        "ufw allow 80/tcp",
        "ufw allow 443",
        "ufw --force enable",
        "systemctl restart rounds",
    ];
    assert_eq!(machine.calls(), expected.map(|call| call.replace("ROOT", machine.root.to_str().unwrap())));

    let file = |path: &str| machine.root.join(path);
    is_private(&file("var/lib/rounds"));
    assert_eq!((mode(&file("etc/rounds.env")), mode(&file("usr/local/bin/rounds"))), (0o600, 0o755));
    // The password is no longer in the file.
    assert_eq!(fs::read_to_string(file("etc/rounds.env")).unwrap(), "");
    assert!(fs::read_to_string(file("etc/caddy/Caddyfile")).unwrap().contains("clinic.example.org {"));

    // The restart answers when it is ready.
    let ready = commands(DOCUMENT, "Install").into_iter().find(|block| block.contains("/readyz")).unwrap();
    machine.run(&machine.root, ready.lines().last().unwrap());
    let setting = |name: &str| printed.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    assert_eq!(machine.sign_in(&setting("ADMIN_EMAIL="), &setting("ADMIN_PASSWORD=")).await, 200);
    assert_eq!(machine.sign_in("admin@rounds.example", "demo-password").await, 401);
}

#[tokio::test]
async fn documented_commands_maintain_an_installed_clinic() {
    let machine = Machine::new();
    machine.install();
    machine.calls();
    let ready = r"curl -sS --fail --retry 10 --retry-delay 1 --retry-connrefused http://127.0.0.1:9000/readyz";
    machine.run(&machine.root, ready);

    let [list, restore] = commands(DOCUMENT, "Restore a backup").try_into().unwrap();
    let file = restore.lines().next().unwrap().strip_prefix("BACKUP=").unwrap();
    let backup = format!(
        "mkdir -p {}\nsudo -u rounds ROUNDS_HOME=/var/lib/rounds rounds backup {file}",
        Path::new(file).parent().unwrap().display()
    );
    machine.run(&machine.root, &backup);
    assert!(machine.run(&machine.root.join("home"), &list).contains(&format!("{file}\n")));
    let account =
        json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse", "account_type": "Patient" });
    assert_eq!(machine.anonymous().post("/register", account).await.status, 201);
    machine.run(&machine.root.join("home"), &format!("{restore}\n{ready}"));
    assert_eq!(machine.sign_in("ada@example.org", "correct horse").await, 401);
    assert_eq!(machine.calls(), ["systemctl stop rounds", "systemctl start rounds"]);

    assert!(machine.run_section("Upgrade").contains(r#"{"database":"ok""#));
    assert!(machine.root.join("usr/local/bin/rounds.previous").exists());
    machine.run_section("Downgrade");
    machine.run(&machine.root, ready);
    assert!(!machine.root.join("usr/local/bin/rounds.previous").exists());
    assert_eq!(machine.calls(), ["systemctl restart rounds", "systemctl restart rounds"]);

    assert_eq!(machine.run_section("Monitor"), "no errors\n");
    machine.calls();
    machine.run_section("Copy the backups to another machine");
    let backups = format!("restic backup --quiet {}/var/lib/rounds/backups", machine.root.display());
    let forget = "restic forget --quiet --prune --keep-daily 30";
    assert_eq!(machine.calls(), ["apt-get install -y restic cron", "restic cat config", &backups, forget]);
    assert_eq!(mode(&machine.root.join("etc/rounds.restic")), 0o600);

    let [program, data] = commands(DOCUMENT, "Uninstall").try_into().unwrap();
    machine.run(&machine.root.join("home"), &program);
    assert!(!machine.root.join("usr/local/bin/rounds").exists() && !machine.root.join("pid").exists());
    assert!(machine.root.join("var/lib/rounds/clinic.db").exists());
    machine.run(&machine.root.join("home"), &data);
    assert!(!machine.root.join("var/lib/rounds").exists());
}

/// The arguments are checked by hand with podman. Here, only the order of the calls.
#[test]
fn documented_commands_run_a_container() {
    let machine = Machine::new();
    machine.run_section("Run in a container");
    let calls = machine.calls();
    let calls: Vec<_> = calls.iter().map(|call| call.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let expected = "podman build, podman run, systemctl enable, podman exec, podman stop, podman run, podman start, \
                    podman create, podman cp, podman rm";
    assert_eq!(calls.join(", "), expected);
}

#[test]
fn document_counts_its_steps() {
    let text = fs::read_to_string(repository(DOCUMENT)).unwrap();
    let steps: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    for (index, step) in steps.iter().enumerate() {
        assert!(step.starts_with(&format!("{}. ", index + 1)), "{step}");
    }
    assert!(steps.len() == 8 && text.contains("has\neight steps") || text.contains("has eight steps"));
}
