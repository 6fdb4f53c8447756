//! Backup and restore, by the commands that the README shows.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use rounds_local::{Sqld, free_port};

use crate::{
    documentation::readme::commands,
    run::private::is_private,
    support::{Clinic, TestDatabase, new_operation, temporary},
};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Runs one of the README's blocks of commands in a folder, in a shell as somebody pastes them to.
fn try_run(block: usize, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let commands = commands("Backup and restore");
    let mut command = Command::new("bash");
    // Under a umask that would let everybody read what they make.
    let commands = format!("umask 022\n{}", commands[block]);
    command.args(["-c", &commands]).current_dir(folder);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn run(block: usize, folder: &Path, variables: &[(&str, &str)]) {
    let output = try_run(block, folder, variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn starts(clinic: &Clinic) -> usize {
    clinic.admin().await.get("/appointments").await.expect(200).as_array().unwrap().len()
}

#[tokio::test]
async fn an_embedded_file_goes_back_to_its_backup() {
    let held = TestDatabase::File(temporary("the clinic.db"));
    let (url, folder) = (held.url(), temporary("backup"));
    std::fs::create_dir(&folder).unwrap();
    let clinic = Clinic::over(held, &url, NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    run(0, &folder, &[("CLINIC", &url)]);
    is_private(Path::new(&format!("{url}.backup")));
    // Made by an earlier version of the commands.
    std::fs::set_permissions(format!("{url}.backup"), std::fs::Permissions::from_mode(0o644)).unwrap();
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    assert_eq!(starts(&clinic).await, 2);

    run(1, &folder, &[("CLINIC", &url)]);
    is_private(Path::new(&url));
    assert_eq!(starts(&clinic).await, 1);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
}

/// What another program leaves that has put the file into WAL mode, and was killed.
#[tokio::test]
async fn a_restore_takes_nothing_out_of_a_log_that_was_left_over() {
    let held = TestDatabase::file();
    let (url, folder) = (held.url(), temporary("backup"));
    std::fs::create_dir(&folder).unwrap();
    let other = held.connect().await;
    let clinic = Clinic::over(held, &url, NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    run(0, &folder, &[("CLINIC", &url)]);

    let mut mode = other.query("PRAGMA journal_mode = WAL", ()).await.unwrap();
    while mode.next().await.unwrap().is_some() {}
    let operation = new_operation();
    let cancel = format!(
        "INSERT INTO operations (id, at) VALUES ({operation}, 0);
         UPDATE appointments SET status = 'Cancelled', version = version + 1, operation_id = {operation}"
    );
    other.execute_batch(&cancel).await.unwrap();
    let logs = ["wal", "shm"].map(|log| (format!("{url}-{log}"), std::fs::read(format!("{url}-{log}")).unwrap()));
    drop((mode, other));
    for (path, log) in &logs {
        std::fs::write(path, log).unwrap();
    }

    run(1, &folder, &[("CLINIC", &url)]);
    assert!(logs.iter().all(|(path, _)| !Path::new(path).exists()));
    let restored = clinic.admin().await.get("/appointments").await.expect(200);
    assert_eq!((restored[0]["status"].as_str(), restored.as_array().unwrap().len()), (Some("Booked"), 1));
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
}

#[tokio::test]
async fn a_server_goes_back_to_its_dump_and_takes_over_a_file() {
    let held = TestDatabase::server();
    let (url, folder) = (held.url(), temporary("backup"));
    std::fs::create_dir(&folder).unwrap();
    let clinic = Clinic::over(held, &url, NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    run(2, &folder, &[("DATABASE_URL", &url), ("DATABASE_AUTH_TOKEN", "")]);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    is_private(&folder.join("clinic.sql"));

    run(3, &folder, &[]);
    is_private(&folder.join("restored"));
    let sqld = Sqld::primary(&folder.join("restored"), std::process::Stdio::null).unwrap();
    let url = sqld.url();
    let restored = Clinic::over(TestDatabase::Server(sqld), &url, NOW).await;
    assert_eq!(starts(&restored).await, 1);
    let patient = restored.patient().await;
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let file = TestDatabase::file();
    let url = file.url();
    Clinic::over(file, &url, NOW).await.doctor().await;
    run(0, &folder, &[("CLINIC", &url)]);
    let moved = folder.join("moved/dbs/default");
    std::fs::create_dir_all(&moved).unwrap();
    std::fs::rename(format!("{url}.backup"), moved.join("data")).unwrap();
    let sqld = Sqld::primary(&folder.join("moved"), std::process::Stdio::null).unwrap();
    let url = sqld.url();
    let clinic = Clinic::over(TestDatabase::Server(sqld), &url, NOW).await;
    assert_eq!(clinic.anonymous().get("/doctors").await.expect(200).as_array().unwrap().len(), 1);
    clinic.patient().await;
}

#[test]
fn a_copy_that_fails_replaces_neither_the_last_backup_nor_the_clinic() {
    let folder = temporary("backup");
    std::fs::create_dir(&folder).unwrap();
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    std::fs::write(folder.join("clinic.db.backup"), "the last backup").unwrap();
    let variables = [("CLINIC", "clinic.db")];
    assert!(!try_run(0, &folder, &variables).status.success(), "there is no file");
    for broken in ["", "no database"] {
        std::fs::write(folder.join("clinic.db"), broken).unwrap();
        assert!(!try_run(0, &folder, &variables).status.success(), "{broken:?}");
        assert_eq!(read("clinic.db.backup"), "the last backup", "{broken:?}");
    }

    std::fs::remove_file(folder.join("clinic.db.backup")).unwrap();
    std::fs::write(folder.join("clinic.db-journal"), "its journal").unwrap();
    assert!(!try_run(1, &folder, &variables).status.success());
    assert_eq!((read("clinic.db"), read("clinic.db-journal")), ("no database".into(), "its journal".into()));

    std::fs::write(folder.join("clinic.sql"), "the last backup").unwrap();
    // Left over from an earlier attempt.
    std::fs::write(folder.join("clinic.sql.new"), "half of a copy").unwrap();
    let closed = format!("http://127.0.0.1:{}", free_port().unwrap());
    let variables = [("DATABASE_URL", &*closed), ("DATABASE_AUTH_TOKEN", "")];
    assert!(!try_run(2, &folder, &variables).status.success());
    assert_eq!(read("clinic.sql"), "the last backup");

    assert!(!try_run(3, &folder, &[]).status.success(), "the script is no SQL");
}
