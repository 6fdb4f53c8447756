//! `migrate`, as it is run from a shell.

mod steps;

use std::{
    path::Path,
    process::{Command, Output},
};

use rounds_data::{Database, Migration};
use rounds_domain::AccountType;

use crate::support::{Clinic, TestDatabase, built, json, repository, temporary};

fn command(database: &Path) -> Command {
    let mut command = Command::new(built("migrate"));
    command.env("DATABASE_URL", database).env_remove("ADMIN_EMAIL").env_remove("ADMIN_PASSWORD");
    command.env_remove("AWS_LAMBDA_RUNTIME_API");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

async fn value(database: &Path, sql: &str) -> i64 {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    connection.query(sql, ()).await.unwrap().next().await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn migrations_are_applied_once() {
    let database = temporary("clinic.db");
    let first = command(&database).output().unwrap();
    assert!(first.status.success());
    assert_eq!(
        said(&first),
        "migrate: applied migration 0001_bookings\nmigrate: applied migration 0002_writes\nmigrate: applied migration 0003_writes_once\nmigrate: applied migration 0004_security\nmigrate: nobody can sign in as an Admin: set ADMIN_EMAIL and ADMIN_PASSWORD, and run the migration again to make the first one (each start of `rounds` runs it)\n"
    );
    let second = command(&database).output().unwrap();
    assert!(second.status.success());
    assert!(said(&second).starts_with("migrate: the database is up to date\n"));
    assert_eq!(value(&database, "SELECT count(*) FROM migrations").await, 4);
}

#[tokio::test]
async fn several_at_once_do_it_once() {
    let database = temporary("clinic.db");
    let start = |_| command(&database).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let started: Vec<_> = (0..6).map(start).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success()));
    // Each by one, whichever.
    for migration in ["0001_bookings", "0002_writes", "0003_writes_once", "0004_security"] {
        let applied = outputs.iter().filter(|output| said(output).contains(migration));
        assert_eq!(applied.count(), 1, "{migration}");
    }
}

/// Records a migration that this program does not know, which programs can use that know `oldest` or later.
async fn record_a_later_one(database: &Path, oldest: i64) {
    let connection = libsql::Builder::new_local(database).build().await.unwrap().connect().unwrap();
    let columns = "INSERT INTO migrations (version, step, name, compatible_from)";
    connection.execute(&format!("{columns} VALUES (999, 1, '0999_later', {oldest})"), ()).await.unwrap();
}

#[tokio::test]
async fn a_newer_database_that_the_program_cannot_use_is_refused_and_left_alone() {
    let database = temporary("clinic.db");
    command(&database).output().unwrap();
    record_a_later_one(&database, 998).await;
    let refused = command(&database).output().unwrap();
    assert!(!refused.status.success());
    let expected = "the database is at migration 999, which programs can use that know migration 998 or later";
    assert!(said(&refused).contains(expected), "{}", said(&refused));
}

#[tokio::test]
async fn a_newer_database_that_the_program_can_use_is_left_alone_and_used() {
    let path = temporary("clinic.db");
    command(&path).output().unwrap();
    record_a_later_one(&path, 1).await;
    let done = command(&path).output().unwrap();
    assert!(done.status.success());
    let expected = "migrate: the database is at migration 999, newer than this program, which can use it as it is\n";
    assert!(said(&done).starts_with(expected), "{}", said(&done));

    let held = TestDatabase::File(path);
    let url = held.url();
    let clinic = Clinic::over(held, &url, "2030-01-07T08:00:00Z").await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
}

/// A doctor's two stretches of time off, as they were before the third migration.
const TIME_OFF: &str = "
    INSERT INTO accounts (account_type, name, name_key, email, email_key, password_hash, created_at)
    VALUES ('Doctor', 'Ada', 'ada', 'ada@example.org', 'ada@example.org', '$argon2id$none', 0);
    INSERT INTO time_off VALUES
    (3, 1, unixepoch('2030-01-08 08:00'), unixepoch('2030-01-08 09:00'), 'Snow', 'a'),
    (7, 1, unixepoch('2030-01-09 08:00'), unixepoch('2030-01-09 09:00'), NULL, NULL)";

#[tokio::test]
async fn a_clinic_that_is_open_already_keeps_its_time_off_and_uses_no_id_again() {
    for held in [TestDatabase::file(), TestDatabase::server()] {
        let url = held.url();
        let first = [(1, "0001_bookings"), (2, "0002_writes")].map(|(version, name)| {
            let sql = std::fs::read_to_string(repository(&format!("migrations/{name}.sql"))).unwrap();
            Migration { version, name, compatible_from: 1, sql: sql.leak() }
        });
        Database::create_at(&url).unwrap().migrate_to(&first).await.unwrap();
        held.connect().await.execute_transactional_batch(TIME_OFF).await.unwrap();

        let clinic = Clinic::over(held, &url, "2030-01-07T08:00:00Z").await;
        let (doctor, patient) = (clinic.signed_in(1, AccountType::Doctor), clinic.patient().await);
        let listed = doctor.get("/doctors/1/time_off").await.expect(200);
        assert_eq!((&listed[0]["id"], &listed[0]["reason"], &listed[1]["id"]), (&json!(3), &json!("Snow"), &json!(7)));
        patient.try_book(&doctor, "2030-01-08T08:30:00Z", 30).await.problem(422, "invalid-booking");
        let off = json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-08T00:00:00Z" });
        for id in [8, 9] {
            assert_eq!(doctor.post("/doctors/1/time_off", off.clone()).await.expect(201)["id"], id);
            let ended = doctor.send("DELETE", &format!("/doctors/1/time_off/{id}"), None, &[]).await;
            assert_eq!(ended.status, 204, "{}", ended.body);
        }
        patient.book(&doctor, "2030-01-10T08:30:00Z", 30).await;
        let over = json!({ "start_date": "2030-01-10T08:00:00Z", "end_date": "2030-01-10T09:00:00Z" });
        doctor.post("/doctors/1/time_off", over).await.problem(409, "time-off-over-appointments");
        clinic.sql("UPDATE time_off SET id = 5").await.unwrap_err();
    }
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let database = temporary("clinic.db");
    let named =
        |email| command(&database).env("ADMIN_EMAIL", email).env("ADMIN_PASSWORD", "long enough").output().unwrap();
    assert!(said(&named("ada@example.org")).contains("made the first Admin, account 1"));
    assert!(said(&named("grace@example.org")).contains("there is an Admin already"));
    assert_eq!(value(&database, "SELECT count(*) FROM accounts").await, 1);
}

#[test]
fn settings_that_cannot_be_are_named() {
    let database = temporary("clinic.db");
    let wrong = [("ADMIN_EMAIL", "no email"), ("ADMIN_PASSWORD", "short")];
    for (name, value) in wrong {
        let output = command(&database)
            .env("ADMIN_EMAIL", "ada@example.org")
            .env("ADMIN_PASSWORD", "long enough")
            .env(name, value)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(said(&output).contains(name), "{}", said(&output));
        assert!(!said(&output).contains(value), "a setting's value may be a secret");
    }
    let nowhere = command(Path::new("/nowhere/clinic.db")).output().unwrap();
    assert!(!nowhere.status.success());
    assert!(said(&nowhere).contains("/nowhere"), "{}", said(&nowhere));
}
