//! What `make run` says of settings that cannot be.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use rounds_data::Limits;

use super::{
    home::{Folder, refusal},
    starts::emails,
};
use crate::support::{TestDatabase, built, repository, temporary};

#[test]
fn a_setting_that_cannot_be_is_named_in_one_sentence() {
    let folder = Folder::new();
    let said = |name: &str, value: &str| refusal(folder.rounds().env(name, value));
    for port in ["many", "0", "-1", "65536", "9000 "] {
        assert_eq!(said("PORT", port), "rounds: PORT must be a whole number from 1 to 65535, like 9000", "{port}");
    }
    for concurrency in ["none", "0", "101"] {
        let expected = "rounds: CONCURRENCY must be a whole number from 1 to 100, like 1";
        assert_eq!(said("CONCURRENCY", concurrency), expected, "{concurrency}");
    }
    for demo in ["2", "maybe", "n"] {
        let expected = "rounds: DEMO must be 1, true, yes or on, or else 0, false, no or off";
        assert_eq!(said("DEMO", demo), expected, "{demo}");
    }
    for (name, _) in Limits::default().by_setting() {
        for limit in ["many", "0", "-1", "9223372036854775808"] {
            let expected = format!("rounds: {name} must be a whole number, at least 1");
            assert_eq!(said(name, limit), expected, "{limit}");
        }
    }
    assert!(!folder.path(".rounds").exists(), "nothing is made before the settings are right");
    folder.start(&[("CONCURRENCY", ""), ("DEMO", ""), ("DATABASE_URL", ""), ("LOGINS_PER_EMAIL", "")]);
    assert!(folder.path(".rounds/clinic.db").exists(), "an empty setting is an unset one");
}

#[tokio::test]
async fn the_file_env_is_understood_or_refused_by_line() {
    let folder = Folder::new();
    let env = |text: &[u8]| std::fs::write(folder.path(".env"), text).unwrap();
    env("\u{feff}# The clinic's.\r\nexport DEMO = \"off\" # none\r\n\r\nROUNDS_HOME='my clinic'\r\n".as_bytes());
    folder.start(&[]);
    assert!(emails(&folder.path("my clinic/clinic.db")).await.is_empty());
    folder.start(&[("DEMO", "on")]);
    assert_eq!(emails(&folder.path("my clinic/clinic.db")).await.len(), 5, "the environment counts more");

    for (text, line, reason) in [
        ("DEMO=0\nADMIN_PASSWORD='hush\n", 2, "this is not NAME=value"),
        ("\nhush\n", 2, "this is not NAME=value"),
        ("ADMIN_PASSWORD=hush hush\n", 1, "this is not NAME=value"),
        ("DATABSE_URL=hush\n", 1, "DATABSE_URL is not a setting of Rounds: the nearest is DATABASE_URL"),
        ("CARGO_TARGET_DIR=hush\n", 1, "CARGO_TARGET_DIR is not a setting of Rounds (.env.example"),
        ("DEMO=0\n# no\nDEMO=1\n", 3, "DEMO is set a second time"),
    ] {
        env(text.as_bytes());
        let said = refusal(&mut folder.rounds());
        assert!(said.contains(&format!("/.env, line {line}: {reason}")) && !said.contains("hush"), "{said}");
    }
    env(b"DEMO=\xff\n");
    assert!(refusal(&mut folder.rounds()).contains("/.env: "));
    std::fs::remove_file(folder.path(".env")).unwrap();
    std::fs::create_dir(folder.path(".env")).unwrap();
    assert!(refusal(&mut folder.rounds()).contains("/.env: "), "what cannot be read is not taken for nothing");
}

#[test]
fn the_example_has_every_setting_and_no_other() {
    let example = std::fs::read_to_string(repository(".env.example")).unwrap();
    let settings = example.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' '));
    let mut named: Vec<_> = settings.filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let mut known = rounds_local::setting_names();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);

    // With every line's # taken off it can be read, and is nothing that git would take.
    let folder = Folder::new();
    let lines =
        example.lines().map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line));
    let text: Vec<_> = lines.map(|line| line.replace("ADMIN_PASSWORD=", "ADMIN_PASSWORD='long enough'")).collect();
    folder.write(".env", &text.join("\n"));
    folder.start(&[]);
    let ignored = std::fs::read_to_string(repository(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.env"));
}

#[test]
fn a_port_that_is_taken_is_said_in_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = Command::new(built("rounds")).env("PORT", &port).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with(&format!("rounds: port {port} cannot be had")), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_server_that_is_somebody_elses_gets_no_demo_accounts() {
    let held = TestDatabase::server();
    let port = rounds_local::free_port().unwrap().to_string();
    let mut command = Command::new(built("rounds"));
    command.env("DATABASE_URL", held.url()).env("PORT", port).env_remove("DEMO").env_remove("ADMIN_EMAIL");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<String> = lines.take_while(|line| !line.contains("rounds: ready at")).collect();
    Command::new("kill").arg(run.id().to_string()).status().unwrap();
    run.wait().unwrap();

    let mut rows = held.connect().await.execute_batch("SELECT count(*) FROM people").await.unwrap();
    let accounts: i64 = rows.next_stmt_row().flatten().unwrap().next().await.unwrap().unwrap().get(0).unwrap();
    assert_eq!(accounts, 0, "{said:?}");
    assert!(said.iter().any(|line| line.contains("applied migration")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("demo-password")), "{said:?}");
}

#[tokio::test]
async fn a_clinic_without_an_admin_is_served_and_says_so() {
    let home = temporary("home");
    let mut command = Command::new(built("rounds"));
    command.env("ROUNDS_HOME", &home).env("DATABASE_URL", home.join("clinic.db")).env("DEMO", "no");
    command.env("PORT", rounds_local::free_port().unwrap().to_string()).env_remove("ADMIN_EMAIL");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<String> = lines.take_while(|line| !line.contains("rounds: ready at")).collect();
    Command::new("kill").arg(run.id().to_string()).status().unwrap();
    run.wait().unwrap();
    let warned = said.iter().any(|line| line.starts_with("rounds: nobody can sign in as an Admin: set ADMIN_EMAIL"));
    assert!(warned, "{said:?}");
}
