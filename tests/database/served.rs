//! A file that one process serves: in WAL mode, with queries beside the changes, and with several changes in one commit.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use rounds_data::{Database, DatabaseLock, Location};
use tokio::task::JoinSet;

use crate::support::{Actor, Answer, Clinic, TestDatabase, new_operation, temporary};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn clinic() -> Clinic {
    Clinic::opened(TestDatabase::served(), NOW).await
}

fn location(path: &str) -> Location {
    Location { url: path.to_owned(), ..Location::default() }
}

fn path(clinic: &Clinic) -> PathBuf {
    clinic.database().url().into()
}

async fn people(clinic: &Clinic, count: usize) -> (Actor, Vec<Actor>) {
    let mut patients = Vec::new();
    for _ in 0..count {
        patients.push(clinic.patient().await);
    }
    (clinic.doctor().await, patients)
}

/// Sends one booking of each patient at once, at the starts in turn.
async fn book_at_once(patients: &[Actor], doctor: &Actor, starts: &[&str]) -> Vec<Answer> {
    let mut answers = JoinSet::new();
    for (patient, start) in patients.iter().cloned().zip(starts.iter().cycle()) {
        let (doctor, start) = (doctor.clone(), format!("2030-01-08T{start}:00Z"));
        answers.spawn(async move { patient.try_book(&doctor, &start, 30).await });
    }
    answers.join_all().await
}

/// Opens a copy of the database and its WAL, as after a power cut. Returns the ids of its appointments.
async fn after_power_cut(path: &Path) -> HashSet<i64> {
    let copy = temporary("copy.db");
    for end in ["", "-wal"] {
        fs::copy(format!("{}{end}", path.display()), format!("{}{end}", copy.display())).unwrap();
    }
    appointments(&copy).await
}

async fn appointments(path: &Path) -> HashSet<i64> {
    let connection = libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap();
    let mut rows = connection.query("SELECT id FROM appointments", ()).await.unwrap();
    let mut ids = HashSet::new();
    while let Some(row) = rows.next().await.unwrap() {
        ids.insert(row.get(0).unwrap());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_changes_do_not_undo_others_of_the_same_commit() {
    let clinic = clinic().await;
    let (doctor, patients) = people(&clinic, 24).await;
    // Four patients want each start. One in three starts is outside of the working hours.
    let starts = ["09:00", "06:00", "09:30", "10:00", "07:00", "10:30"];
    let answers = book_at_once(&patients, &doctor, &starts).await;
    let (booked, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((booked.len(), refused.len()), (4, 20));
    assert_eq!(refused.iter().filter(|answer| answer.status == 409).count(), 12);
    let booked: HashSet<i64> = booked.iter().map(|answer| answer.json().as_i64().unwrap()).collect();
    assert_eq!(after_power_cut(&path(&clinic)).await, booked);
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_changes_survive_a_power_cut() {
    let clinic = clinic().await;
    let (doctor, patients) = people(&clinic, 8).await;
    let mut booked = HashSet::new();
    for start in ["09:00", "09:30", "10:00", "10:30"] {
        for answer in book_at_once(&patients, &doctor, &[start]).await {
            booked.extend((answer.status == 201).then(|| answer.json().as_i64().unwrap()));
        }
        assert_eq!(after_power_cut(&path(&clinic)).await, booked);
    }
    assert_eq!(booked.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn query_does_not_wait_for_a_change() {
    let clinic = clinic().await;
    let (doctor, patients) = people(&clinic, 1).await;
    let other = clinic.database().connect().await;
    other.execute_batch("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let (patient, doctor) = (patients[0].clone(), doctor.clone());
        async move { patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.status }
    });
    doctor.get("/me").await.expect(200);
    assert!(!waiting.is_finished());
    other.execute_batch("ROLLBACK").await.unwrap();
    assert_eq!(waiting.await.unwrap(), 201);
}

#[tokio::test]
async fn served_file_is_locked_until_it_is_closed() {
    let path = temporary("clinic.db");
    let url = path.to_str().unwrap();
    let served = Database::serve(&location(url)).await.unwrap();
    served.migrate().await.unwrap();
    let error = Database::serve(&location(url)).await.err().unwrap();
    assert_eq!(error, format!("{url} is in use by another program of Rounds: stop that one first"));
    assert_eq!(DatabaseLock::acquire(&path).err().unwrap(), error);

    served.close().await.unwrap();
    assert!(!Path::new(&format!("{url}-wal")).exists(), "the WAL is copied back");
    let error = served.migrate().await.err().unwrap().to_string();
    assert!(error.contains("the database is closed"), "{error}");
    let again = Database::serve(&location(url)).await.unwrap();
    assert!(!again.is_outdated().await.unwrap());
    again.close().await.unwrap();

    // The functions use the file again after a migration, which takes it out of WAL mode.
    let functions = Database::create_at(url).unwrap();
    functions.migrate().await.unwrap();
    Clinic::of(functions, NOW).anonymous().get("/doctors").await.expect(200);
}

#[tokio::test]
async fn change_is_refused_if_another_file_takes_the_place() {
    let clinic = clinic().await;
    let (doctor, patients) = people(&clinic, 1).await;
    let (path, other) = (path(&clinic), temporary("other.db"));
    fs::copy(&path, &other).unwrap();
    fs::rename(&other, &path).unwrap();
    let answer = patients[0].try_book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    answer.problem(503, "database-unavailable");
}

#[tokio::test]
async fn served_file_has_no_replica() {
    let url = temporary("clinic.db").to_str().unwrap().to_owned();
    let replica = Location { replica_url: Some("http://127.0.0.1:1".into()), ..location(&url) };
    let error = Database::serve(&replica).await.err().unwrap();
    assert_eq!(error, "DATABASE_REPLICA_URL needs a server in DATABASE_URL");
}

#[tokio::test]
async fn other_programs_can_write_to_a_served_file() {
    let clinic = clinic().await;
    let operation = new_operation();
    clinic
        .sql(&format!(
            "INSERT INTO operations (id, at) VALUES ({operation}, 0);
             UPDATE clinic SET max_duration = 90, operation_id = {operation}"
        ))
        .await
        .unwrap();
    assert_eq!(clinic.anonymous().get("/clinic").await.expect(200)["max_duration"], 90);
}
