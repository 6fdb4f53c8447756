//! The start of a clinic: on a new database, at the same time as other starts, after a start that was killed, and on a
//! file that is not the database of a clinic.

use std::{fs, path::Path, process::Stdio};

use rounds_data::{
    Database, Limits, Origin,
    accounts::{self, Registration},
};
use rounds_domain::{AccountType, NewAccount};

use super::home::{Folder, refusal, started};
use crate::support::{Server, TestDatabase, temporary};

const DEMO: [&str; 5] = [
    "admin@rounds.example",
    "okafor@rounds.example",
    "lindqvist@rounds.example",
    "tanaka@rounds.example",
    "sam@rounds.example",
];

/// The emails of all accounts in a database file.
pub(super) async fn emails(path: &Path) -> Vec<String> {
    let connection = libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap();
    let mut rows = connection.query("SELECT email FROM logins ORDER BY person_id", ()).await.unwrap();
    let mut emails = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        emails.push(row.get(0).unwrap());
    }
    emails
}

#[tokio::test]
async fn concurrent_starts_use_a_new_database_one_after_the_other() {
    let folder = Folder::new();
    let start = |home: &str| {
        let mut rounds = folder.command("watch");
        rounds.env("ROUNDS_HOME", home).env("DATABASE_URL", "clinic.db");
        rounds.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<_> = ["a", "b", "c", "d"].map(start).into();
    let is_in_use = |errors: &str| errors.contains("is in use by another program of Rounds: stop that one first");
    let mut starts = 0;
    for rounds in all {
        let output = rounds.wait_with_output().unwrap();
        if !is_in_use(&String::from_utf8_lossy(&output.stderr)) {
            started(&output);
            starts += 1;
        }
    }
    assert!(starts > 0);
    let emails = emails(&folder.path("clinic.db")).await;
    assert_eq!((&emails[..5], emails.len()), (&DEMO.map(str::to_owned)[..], 17));
}

/// The demo is not loaded if the clinic has a Doctor or a Patient.
#[tokio::test]
async fn clinic_in_use_gets_no_demo() {
    let folder = Folder::new();
    folder.start(&[("DEMO", "off")]);
    let path = folder.path(".rounds/clinic.db");
    let database = Database::create_at(path.to_str().unwrap()).unwrap();
    let account = NewAccount {
        name: "Somebody".parse().unwrap(),
        email: "ada@example.org".parse().unwrap(),
        password_hash: "$argon2id$unusable".into(),
        account_type: AccountType::Doctor,
        phone: None,
        birth_date: None,
        language: None,
        specialty: None,
        details: None,
    };
    let registration = Registration { registrar: None, account: &account, limits: &Limits::default() };
    accounts::register(&database, &registration, &Origin::program(chrono::Utc::now())).await.unwrap();
    folder.start(&[]);
    assert_eq!(emails(&path).await, ["ada@example.org"]);
}

#[tokio::test]
async fn clinic_with_admin_gets_demo_only_if_demo_is_set() {
    let admin = [("ADMIN_EMAIL", "ada@example.org"), ("ADMIN_PASSWORD", "long enough")];
    let folder = Folder::new();
    folder.start(&admin);
    let path = folder.path(".rounds/clinic.db");
    assert_eq!(emails(&path).await, ["ada@example.org"]);
    // The Admin is now in the database, so a later start does not need the settings.
    folder.start(&[]);
    assert_eq!(emails(&path).await, ["ada@example.org"]);
    folder.start(&[("DEMO", "true")]);
    let emails = emails(&path).await;
    assert_eq!(
        (&emails[..5], emails.len()),
        (&["ada@example.org", DEMO[1], DEMO[2], DEMO[3], DEMO[4]].map(str::to_owned)[..], 17)
    );
}

#[tokio::test]
async fn demo_accounts_can_be_switched_off() {
    for off in ["0", "false", "No", "off"] {
        let folder = Folder::new();
        folder.start(&[("DEMO", off)]);
        assert_eq!(emails(&folder.path(".rounds/clinic.db")).await, Vec::<String>::new(), "{off}");
    }
}

#[test]
fn rejects_file_that_is_no_database_or_is_damaged() {
    let folder = Folder::new();
    folder.start(&[]);
    let clinic = fs::read(folder.path(".rounds/clinic.db")).unwrap();
    let damaged = [&clinic[..100], &[0xFF; 3996], &clinic[4096..]].concat();
    for (content, sentence) in [
        (b"Minutes of a meeting.\n".to_vec(), "the file is not an SQLite database"),
        (vec![0xA5; 8192], "the file is not an SQLite database"),
        (damaged, "the database is damaged"),
    ] {
        fs::write(folder.path("clinic.db"), &content).unwrap();
        let message = refusal(folder.rounds().env("DATABASE_URL", "clinic.db"));
        assert!(message.contains(&format!("clinic.db: {sentence}")) && message.contains("a backup"), "{message}");
        assert!(fs::read(folder.path("clinic.db")).unwrap() == content, "{sentence}");
    }
}

#[tokio::test]
async fn rejects_database_of_another_program() {
    let folder = Folder::new();
    for sql in [
        "CREATE TABLE notes (text TEXT)",
        "CREATE TABLE migrations (id INTEGER PRIMARY KEY, migration TEXT, batch INTEGER)",
        "CREATE TABLE migrations (version INTEGER, step INTEGER, name TEXT, compatible_from INTEGER);
         INSERT INTO migrations VALUES (1, 1, 'users', 1); CREATE TABLE users (id)",
    ] {
        let path = temporary("other.db");
        let other = libsql::Builder::new_local(&path).build().await.unwrap().connect().unwrap();
        other.execute_batch(sql).await.unwrap();
        drop(other);
        let before = fs::read(&path).unwrap();
        let message = refusal(folder.rounds().env("DATABASE_URL", &path));
        assert!(message.contains("other.db has the tables of another program"), "{message}");
        assert!(fs::read(&path).unwrap() == before, "{sql}");
    }
    let server = TestDatabase::server();
    server.connect().await.execute("CREATE TABLE notes (text TEXT)", ()).await.unwrap();
    let message = refusal(folder.rounds().env("DATABASE_URL", server.url()));
    assert!(message.contains("the database has the tables of another program"), "{message}");
}

#[test]
fn accepts_or_rejects_forms_of_database_url() {
    let folder = Folder::new();
    let absolute = folder.path("with a blank.db");
    let encoded = format!("file://localhost{}", absolute.display()).replace(' ', "%20");
    folder.start(&[("DATABASE_URL", &encoded)]);
    assert!(absolute.exists());
    folder.start(&[("DATABASE_URL", "file:sub/relative%3f.db?mode=rwc#here")]);
    assert!(folder.path("sub/relative?.db").exists());
    for url in ["sqlite:clinic.db", "sqlite:///clinic.db", "postgres://localhost/clinic", "http:clinic"] {
        assert_eq!(
            refusal(folder.rounds().env("DATABASE_URL", url)),
            "rounds: DATABASE_URL must be a path, a file: URL, or a server's libsql://, https:// or http:// URL",
        );
    }
    let message = refusal(folder.rounds().env("DATABASE_URL", "file://server/clinic.db"));
    assert!(message.contains("the machine server"), "{message}");
    assert!(refusal(folder.rounds().env("DATABASE_URL", ":memory:")).contains("must not be :memory:"));
    let message = refusal(folder.rounds().env("DATABASE_URL", "file:read.db?mode=ro"));
    assert_eq!(message, "rounds: DATABASE_URL opens the database only to read: remove mode=ro");
}

/// Returns how many folders and files a process watches.
fn watches(process: &Path) -> usize {
    let Ok(files) = fs::read_dir(process.join("fdinfo")) else { return 0 };
    let of_file = |file: fs::DirEntry| {
        let information = fs::read_to_string(file.path()).unwrap_or_default();
        information.lines().filter(|line| line.starts_with("inotify ")).count()
    };
    files.flatten().map(of_file).sum()
}

/// For each function, the emulator watches everything below its current folder, and follows links. If that is the clone,
/// it walks through `target` and whatever is linked there, and answers no requests meanwhile.
#[tokio::test]
async fn emulator_watches_few_folders() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let port = server.url.rsplit(':').next().unwrap();
    let is_emulator = |process: &fs::DirEntry| {
        let arguments = fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        arguments.contains(&format!("--invoke-port\0{port}\0"))
    };
    let emulators = fs::read_dir("/proc").unwrap().flatten().filter(is_emulator);
    let watched: usize = emulators.map(|process| watches(&process.path())).sum();
    assert!((1..100).contains(&watched), "{watched}");
}
