//! The backups of docs/sqld.md: nightly dumps, and copies of each change. A stand-in replaces the AWS CLI, and a fake
//! replaces S3. Also the units and the policy.

use std::{fs, process::Command};

use super::{
    machine::assert_systemd_accepts,
    s3::S3,
    sqld::{Server, count},
};
use crate::{
    documentation::commands::commands,
    run::private::{is_private, mode},
    support::{Value, repository, temporary},
};

const DOCUMENT: &str = "docs/sqld.md";

#[tokio::test]
async fn documented_commands_back_up_to_s3_and_restore() {
    let server = Server::installed();
    let clinic = server.clinic().await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;

    let [bucket, timer] = commands(DOCUMENT, "Back up to S3 every night").try_into().unwrap();
    server.run(&server.clone, &bucket);
    let calls = server.calls();
    assert!(calls.iter().all(|call| call.starts_with("aws ")) && calls.len() == 7, "{calls:?}");
    assert!(calls.join("\n").contains("arn:aws:s3:::clinic-backups-example/ns-*"), "{calls:?}");

    server.run_at_home(&timer);
    assert_eq!(mode(&server.file("etc/sqld/backup.env")), 0o600);
    let calls = server.calls();
    let report =
        "aws cloudwatch put-metric-data --namespace Rounds --metric-name Backups --dimensions stack=rounds --value 1";
    assert_eq!(calls.last().unwrap(), "systemctl enable --now sqld-backup.timer");
    assert!(calls[3].starts_with("aws s3 cp --only-show-errors clinic.sql.gz s3://clinic-backups-example/dumps/20"));
    assert_eq!(calls[4], report);
    is_private(&server.file("var/lib/sqld-backup"));
    assert_eq!(fs::read_dir(server.file("bucket")).unwrap().count(), 1);

    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    server.run_at_home(&commands(DOCUMENT, "Restore a backup")[0]);
    let clinic = server.clinic().await;
    assert_eq!([count(&server, "appointments").await, count(&server, "sessions").await], ["1", "0"]);
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T10:00:00Z", 30).await;
    is_private(&server.file("var/lib/sqld/data"));
}

#[tokio::test]
async fn only_a_complete_backup_is_reported() {
    let server = Server::installed();
    server.run_at_home(&commands(DOCUMENT, "Back up to S3 every night")[1].replace("sudo systemctl start", "true"));
    let fails = |reason: &str| {
        server.calls();
        assert!(!server.try_run(&server.root, "systemctl start sqld-backup").status.success());
        assert!(!server.calls().iter().any(|call| call.contains("put-metric-data")));
        assert!(server.log().contains(reason), "{}", server.log());
    };
    fails("no such table: migrations");
    server.clinic().await;
    let waiting = server.file("var/lib/sqld/clinic-backups-example/ns-rounds:default-1/000.zstd");
    fs::create_dir_all(waiting.parent().unwrap()).unwrap();
    fs::write(&waiting, "").unwrap();
    let touched = Command::new("touch").args(["-d", "2 hours ago"]).arg(&waiting).status().unwrap();
    assert!(touched.success());
    fails("sqld has not copied its changes to S3 for an hour");
    fs::write(&waiting, "").unwrap();
    server.run_at_home("sudo systemctl start sqld-backup");
    assert!(server.calls().iter().any(|call| call.contains("put-metric-data")));

    fs::write(server.file("no-s3"), "").unwrap();
    fails("");
    fs::remove_file(server.file("no-s3")).unwrap();
    server.run_at_home("sudo systemctl stop sqld");
    fails("curl: (7)");
    // The last dump stays.
    assert!(server.file("var/lib/sqld-backup/clinic.sql.gz").exists());
}

/// A fake replaces S3.
#[tokio::test]
async fn changes_that_were_copied_to_s3_restore_the_database() {
    let server = Server::installed();
    let s3 = S3::start();
    fs::write(server.file("endpoint"), format!("LIBSQL_BOTTOMLESS_ENDPOINT={}", s3.url)).unwrap();
    server.run_at_home("cat ../endpoint >> /etc/sqld/sqld.env; echo >> /etc/sqld/sqld.env");
    let document = fs::read_to_string(repository(DOCUMENT)).unwrap();
    for line in document.lines().filter(|line| line.starts_with("LIBSQL_BOTTOMLESS_")) {
        server.run_at_home(&format!("echo '{line}' >> /etc/sqld/sqld.env"));
    }
    server.set("SQLD_ENABLE_BOTTOMLESS_REPLICATION=");
    let clinic = server.clinic().await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
    // The stop copies what remains.
    server.run_at_home(&commands(DOCUMENT, "Restore a backup")[1]);
    assert!(
        s3.keys().iter().all(|key| key.starts_with("clinic-backups-example/ns-rounds:default-")),
        "{:?}",
        s3.keys()
    );
    server.clinic().await;
    assert_eq!([count(&server, "appointments").await, count(&server, "sessions").await], ["1", "0"]);
}

/// systemd accepts the units. The programs are at another path here. Without systemd, nothing is checked.
#[test]
fn systemd_accepts_the_units() {
    let folder = temporary("units");
    fs::create_dir(&folder).unwrap();
    let units = ["sqld.service", "sqld-backup.service", "sqld-backup.timer"];
    let installed = regex::Regex::new("/usr/local/bin/[a-z-]+").unwrap();
    for unit in units {
        let text = fs::read_to_string(repository("docs/sqld").join(unit)).unwrap();
        fs::write(folder.join(unit), &*installed.replace_all(&text, "/bin/true")).unwrap();
    }
    assert_systemd_accepts(&["verify"], &units.map(|unit| folder.join(unit)), "sqld");
}

/// The service of sqld may do no more than that of Rounds.
#[test]
fn service_is_hardened_like_that_of_rounds() {
    let read = |file: &str| fs::read_to_string(repository(file)).unwrap();
    let (rounds, sqld) = (read("docs/install/rounds.service"), read("docs/sqld/sqld.service"));
    let sqld: Vec<_> = sqld.lines().collect();
    let hardening = rounds.lines().skip_while(|line| *line != "NoNewPrivileges=yes");
    let hardening: Vec<_> =
        hardening.take_while(|line| *line != "[Install]").filter(|line| line.contains('=')).collect();
    assert!(hardening.len() > 20 && hardening.iter().all(|line| sqld.contains(line)), "{hardening:?}");
}

#[test]
fn policy_allows_to_add_and_read_objects_only() {
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(repository("docs/sqld").join(name)).unwrap()).unwrap()
    };
    let policy = read("policy.json");
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions: Vec<_> = statements.map(|statement| statement["Action"].to_string()).collect();
    let expected = [r#""s3:ListBucket""#, r#"["s3:GetObject","s3:PutObject"]"#, r#""cloudwatch:PutMetricData""#];
    assert_eq!(actions, expected);
    let lifecycle = read("lifecycle.json");
    let rules = lifecycle["Rules"].as_array().unwrap().iter();
    let days: Vec<_> =
        rules.map(|rule| (rule["Filter"]["Prefix"].as_str(), rule["Expiration"]["Days"].as_i64())).collect();
    assert_eq!(days, [(Some("dumps/"), Some(30)), (Some("ns-"), Some(90))]);
}
