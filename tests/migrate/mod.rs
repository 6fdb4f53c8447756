//! `migrate`, as it is run from a shell.

use std::{
    path::Path,
    process::{Command, Output},
};

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

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused_and_left_alone() {
    let database = temporary("clinic.db");
    command(&database).output().unwrap();
    let connection = libsql::Builder::new_local(&database).build().await.unwrap().connect().unwrap();
    connection.execute("INSERT INTO migrations (version, name) VALUES (999, 'later')", ()).await.unwrap();
    let refused = command(&database).output().unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("the database is at migration 999"), "{}", said(&refused));
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
        let (connection, url) = (held.connect().await, held.url());
        let mut sql = "CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;".to_owned();
        for (version, name) in [(1, "0001_bookings"), (2, "0002_writes")] {
            sql += &std::fs::read_to_string(repository(&format!("migrations/{name}.sql"))).unwrap();
            sql += &format!("INSERT INTO migrations VALUES ({version}, '{name}');");
        }
        let sql = sql.replace("STRICT, WITHOUT ROWID", "STRICT") + TIME_OFF;
        connection.execute_transactional_batch(&sql).await.unwrap();

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
