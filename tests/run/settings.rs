//! How `rounds` reads settings, and its messages for invalid ones.

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
fn message_names_invalid_setting() {
    let folder = Folder::new();
    let message = |name: &str, value: &str| refusal(folder.rounds().env(name, value));
    for port in ["many", "0", "-1", "65536", "9000 "] {
        assert_eq!(message("PORT", port), "rounds: PORT must be a whole number from 1 to 65535, like 9000", "{port}");
    }
    for concurrency in ["none", "0", "101"] {
        let expected = "rounds: CONCURRENCY must be a whole number from 1 to 100, like 1";
        let message = refusal(folder.command("watch").env("CONCURRENCY", concurrency));
        assert_eq!(message, expected, "{concurrency}");
    }
    for demo in ["2", "maybe", "n"] {
        let expected = "rounds: DEMO must be one of 1, true, yes, on, 0, false, no, off";
        assert_eq!(message("DEMO", demo), expected, "{demo}");
    }
    for (name, _) in Limits::default().by_setting() {
        for limit in ["many", "0", "-1", "9223372036854775808"] {
            let expected = format!("rounds: {name} must be a whole number, at least 1");
            assert_eq!(message(name, limit), expected, "{limit}");
        }
    }
    assert!(!folder.path(".rounds").exists(), "no file is created while a setting is invalid");
    folder.start(&[("CONCURRENCY", ""), ("DEMO", ""), ("DATABASE_URL", ""), ("LOGINS_PER_EMAIL", "")]);
    assert!(folder.path(".rounds/clinic.db").exists(), "an empty value means that the setting is not set");
}

#[tokio::test]
async fn reads_env_file_or_names_invalid_line() {
    let folder = Folder::new();
    let env = |text: &[u8]| std::fs::write(folder.path(".env"), text).unwrap();
    env("\u{feff}# A comment.\r\nexport DEMO = \"off\" # no demo\r\n\r\nROUNDS_HOME='my clinic'\r\n".as_bytes());
    folder.start(&[]);
    assert!(emails(&folder.path("my clinic/clinic.db")).await.is_empty());
    folder.start(&[("DEMO", "on")]);
    assert_eq!(emails(&folder.path("my clinic/clinic.db")).await.len(), 17, "the environment has priority");

    for (text, line, reason) in [
        ("DEMO=0\nADMIN_PASSWORD='hush\n", 2, "this is not NAME=value"),
        ("\nhush\n", 2, "this is not NAME=value"),
        ("ADMIN_PASSWORD=hush hush\n", 1, "this is not NAME=value"),
        ("DATABSE_URL=hush\n", 1, "DATABSE_URL is not a setting of Rounds: did you mean DATABASE_URL?"),
        ("CARGO_TARGET_DIR=hush\n", 1, "CARGO_TARGET_DIR is not a setting of Rounds (.env.example"),
        ("DEMO=0\n# no\nDEMO=1\n", 3, "DEMO is set a second time"),
    ] {
        env(text.as_bytes());
        let message = refusal(&mut folder.rounds());
        assert!(message.contains(&format!("/.env, line {line}: {reason}")) && !message.contains("hush"), "{message}");
    }
    env(b"DEMO=\xff\n");
    assert!(refusal(&mut folder.rounds()).contains("/.env: "));
    std::fs::remove_file(folder.path(".env")).unwrap();
    std::fs::create_dir(folder.path(".env")).unwrap();
    assert!(refusal(&mut folder.rounds()).contains("/.env: "), "an unreadable .env is an error");
}

#[test]
fn example_lists_exactly_all_settings() {
    let example = std::fs::read_to_string(repository(".env.example")).unwrap();
    let settings = example.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' '));
    let mut listed: Vec<_> = settings.filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let mut expected = rounds_local::setting_names();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);

    // The example can be read after the # is removed from every setting, and git ignores the file `.env`.
    let folder = Folder::new();
    let lines =
        example.lines().map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line));
    let text: Vec<_> = lines.map(|line| line.replace("ADMIN_PASSWORD=", "ADMIN_PASSWORD='long enough'")).collect();
    folder.write(".env", &text.join("\n"));
    folder.start(&[("LISTEN", "127.0.0.1:0")]);
    let ignored = std::fs::read_to_string(repository(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/.env"));
}

#[test]
fn message_names_port_that_is_in_use() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = Command::new(built("rounds")).arg("serve").env("PORT", &port).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.starts_with(&format!("rounds: cannot listen at 127.0.0.1:{port} ")), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[tokio::test]
async fn database_on_server_gets_no_demo_accounts_by_default() {
    let database = TestDatabase::server();
    let port = rounds_local::free_port().unwrap().to_string();
    let mut command = Command::new(built("rounds"));
    command
        .arg("serve")
        .env("DATABASE_URL", database.url())
        .env("PORT", port)
        .env_remove("DEMO")
        .env_remove("ADMIN_EMAIL");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    let output: Vec<String> = lines.take_while(|line| !line.contains("rounds: ready at")).collect();
    Command::new("kill").arg(run.id().to_string()).status().unwrap();
    run.wait().unwrap();

    let mut rows = database.connect().await.execute_batch("SELECT count(*) FROM people").await.unwrap();
    let accounts: i64 = rows.next_stmt_row().flatten().unwrap().next().await.unwrap().unwrap().get(0).unwrap();
    assert_eq!(accounts, 0, "{output:?}");
    assert!(output.iter().any(|line| line.contains("applied migration")), "{output:?}");
    assert!(!output.iter().any(|line| line.contains("demo-password")), "{output:?}");
}

#[tokio::test]
async fn warns_if_clinic_has_no_admin() {
    let home = temporary("home");
    let mut command = Command::new(built("rounds"));
    command.arg("serve").env("ROUNDS_HOME", &home).env("DATABASE_URL", home.join("clinic.db")).env("DEMO", "no");
    command.env("PORT", rounds_local::free_port().unwrap().to_string()).env_remove("ADMIN_EMAIL");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok);
    let output: Vec<String> = lines.take_while(|line| !line.contains("rounds: ready at")).collect();
    Command::new("kill").arg(run.id().to_string()).status().unwrap();
    run.wait().unwrap();
    let warned = output.iter().any(|line| line.starts_with("rounds: nobody can sign in as an Admin: set ADMIN_EMAIL"));
    assert!(warned, "{output:?}");
}
