//! A database that is locked, missing, read-only or not migrated: the client gets 503, the log gets the reason, and
//! the functions recover without a restart.

use std::path::PathBuf;

use rounds_data::Database;

use crate::support::{Answer, Clinic, Server, TestDatabase, temporary};

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    let problem = answer.problem(503, "database-unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(!problem["detail"].as_str().unwrap().contains("clinic.db"), "no internals");
}

#[tokio::test]
async fn missing_database_is_503_until_it_is_back() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let clinic = server.clinic();
    let (patient, doctor) = (clinic.patient().await, clinic.doctor().await);
    let file = PathBuf::from(server.database.url());
    let aside = file.with_extension("aside");

    std::fs::rename(&file, &aside).unwrap();
    assert_unavailable(&clinic.anonymous().get("/doctors").await);
    assert_unavailable(&patient.try_book(&doctor, &format!("{}T09:00:00Z", clinic.day()), 30).await);
    assert_unavailable(&clinic.anonymous().post("/login", serde_json::json!({ "email": "a", "password": "b" })).await);
    assert!(!file.exists(), "no empty file was created in its place");
    assert!(server.log().contains("clinic.db: No such file or directory"), "{}", server.log());

    std::fs::rename(&aside, &file).unwrap();
    clinic.anonymous().get("/doctors").await.expect(200);
    patient.book(&doctor, &format!("{}T09:00:00Z", clinic.day()), 30).await;
}

#[tokio::test]
async fn locked_database_is_503_until_it_is_unlocked() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let clinic = server.clinic();
    let (patient, doctor, day) = (clinic.patient().await, clinic.doctor().await, clinic.day());
    let other = server.database.connect().await;

    other.execute_batch("BEGIN EXCLUSIVE").await.unwrap();
    assert_unavailable(&patient.try_book(&doctor, &format!("{day}T09:00:00Z"), 30).await);
    assert!(server.log().contains("database is locked"), "{}", server.log());
    other.execute_batch("COMMIT").await.unwrap();

    patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
}

#[tokio::test]
async fn write_that_met_a_lock_does_not_block_later_writes() {
    let server = Server::start_on(TestDatabase::file(), 1).await;
    let clinic = server.clinic();
    let (patient, doctor, day) = (clinic.patient().await, clinic.doctor().await, clinic.day());
    let id = patient.book(&doctor, &format!("{day}T09:00:00Z"), 30).await;
    let other = server.database.connect().await;

    other.execute_batch("BEGIN IMMEDIATE").await.unwrap();
    assert_unavailable(&patient.try_book(&doctor, &format!("{day}T10:00:00Z"), 30).await);
    other.execute_batch("COMMIT").await.unwrap();

    // Another statement of the same function is not blocked, and its change is visible to all.
    doctor.cancel(id).await.expect(200);
    let status = "SELECT status FROM appointments WHERE id = ?1";
    let mut rows = other.query(status, [id]).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().get::<String>(0).unwrap(), "Cancelled");
    drop(rows);
    other.execute_batch("BEGIN IMMEDIATE; ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn read_only_database_answers_reads_and_503_for_writes() {
    let path = temporary("clinic.db");
    let now = "2030-01-07T08:00:00Z";
    Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let clinic = Clinic::of(Database::at(&format!("file:{}?mode=ro", path.display())).unwrap(), now);
    clinic.anonymous().get("/doctors").await.expect(200);
    let account = serde_json::json!({ "name": "Ada", "email": "ada@example.org", "password": "long enough", "account_type": "Patient" });
    assert_unavailable(&clinic.anonymous().post("/register", account).await);
}

#[tokio::test]
async fn function_started_before_its_database_needs_no_restart() {
    let path = temporary("clinic.db");
    let url = path.to_str().unwrap();
    let clinic = Clinic::of(Database::at(url).unwrap(), "2030-01-07T08:00:00Z");
    assert_unavailable(&clinic.anonymous().get("/doctors").await);
    std::fs::write(&path, "").unwrap();
    assert_unavailable(&clinic.anonymous().get("/doctors").await);
    Database::create_at(url).unwrap().migrate().await.unwrap();
    clinic.anonymous().get("/doctors").await.expect(200);
}
