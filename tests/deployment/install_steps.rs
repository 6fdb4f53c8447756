//! The commands of docs/install.md, run in a folder that stands for the root of a server. The program is the real one.

use std::{fs, ops::Deref, path::Path};

use super::{
    install::UNIT,
    machine::{Machine, write},
};
use crate::{
    documentation::commands::commands,
    run::private::{is_private, mode},
    support::{Actor, Transport, built, json, repository},
};

const DOCUMENT: &str = "docs/install.md";

/// A server on which Rounds can be installed.
struct Server {
    machine: Machine,
    address: String,
}

impl Deref for Server {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Server {
    fn new() -> Self {
        let address = format!("127.0.0.1:{}", rounds_local::free_port().unwrap());
        let replaced = vec![("127.0.0.1:9000", address.clone())];
        let machine = Machine::new(DOCUMENT, &[UNIT, "docs/install/Caddyfile"], replaced);
        // The clinic must not read `.env` of the repository, which is the clone of the test's folder otherwise.
        write(&machine.root.join("shared/local/Cargo.toml"), "name = \"rounds-local\"\n");
        fs::create_dir_all(machine.clone.join("target/release")).unwrap();
        fs::copy(built("rounds"), machine.clone.join("target/release/rounds")).unwrap();
        for program in ["cargo", "restic", "podman", "journalctl"] {
            machine.recorder(program);
        }
        Self { machine, address }
    }

    #[track_caller]
    fn install(&self) -> String {
        self.install_by(&commands(DOCUMENT, "Install"))
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
    let machine = Server::new();
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
    let machine = Server::new();
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
    assert!(!machine.root.join("usr/local/bin/rounds").exists() && !machine.root.join("rounds.pid").exists());
    assert!(machine.root.join("var/lib/rounds/clinic.db").exists());
    machine.run(&machine.root.join("home"), &data);
    assert!(!machine.root.join("var/lib/rounds").exists());
}

/// The arguments are checked by hand with podman. Here, only the order of the calls.
#[test]
fn documented_commands_run_a_container() {
    let machine = Server::new();
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
