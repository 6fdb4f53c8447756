//! Backup and restore: `rounds backup` and `rounds restore` of an embedded file, and the commands that the README
//! shows for a server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use rounds_local::{Sqld, free_port};

use crate::{
    documentation::commands::commands,
    run::private::is_private,
    support::{Clinic, Server, TestDatabase, built, new_operation, temporary},
};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Runs one of the README's blocks of commands in a folder, in a shell as somebody pastes them to.
fn try_run(block: usize, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let commands = commands("README.md", "Backup and restore");
    let mut command = Command::new("bash");
    // Under a umask that would let everybody read what they make.
    let commands =
        format!("umask 022\n{}", commands[block]).replace("target/debug/rounds", built("rounds").to_str().unwrap());
    command.args(["-c", &commands]).current_dir(folder);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn run(block: usize, folder: &Path, variables: &[(&str, &str)]) {
    let output = try_run(block, folder, variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rounds(command: &str, database: &str, file: &Path) -> Command {
    let mut rounds = Command::new(built("rounds"));
    rounds.arg(command).arg(file).env("DATABASE_URL", database).stdout(Stdio::piped()).stderr(Stdio::piped());
    rounds
}

fn backup(database: &str, file: &Path) -> Output {
    rounds("backup", database, file).output().unwrap()
}

fn restore(database: &str, file: &Path) -> Output {
    rounds("restore", database, file).output().unwrap()
}

/// The sentence of a command that was refused.
#[track_caller]
fn refused(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.lines().count() == 1, "{said}");
    said
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn starts(clinic: &Clinic) -> usize {
    clinic.admin().await.get("/appointments").await.expect(200).as_array().unwrap().len()
}

/// The same file, in the hands of nobody.
async fn reopened(path: &str) -> Clinic {
    Clinic::over(TestDatabase::File(path.into()), path, NOW).await
}

/// A clinic with one appointment, and a backup of it, in the hands of nobody.
async fn backed_up() -> (String, PathBuf) {
    let path = temporary("the clinic.db").to_str().unwrap().to_owned();
    let clinic = reopened(&path).await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
    let file = temporary("backup");
    done(&backup(&path, &file));
    (path, file)
}

#[tokio::test]
async fn embedded_file_can_be_restored_from_a_backup() {
    let folder = temporary("folder");
    fs::create_dir_all(folder.join(".rounds")).unwrap();
    let path = folder.join(".rounds/clinic.db").to_str().unwrap().to_owned();
    let (doctor, patient) = {
        let clinic = reopened(&path).await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
        // While it is open, as the README says, to what it calls its backup.
        fs::write(format!("{path}.backup"), "an earlier backup, which others can read").unwrap();
        fs::set_permissions(format!("{path}.backup"), fs::Permissions::from_mode(0o644)).unwrap();
        run(0, &folder, &[("DATABASE_URL", &path)]);
        patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
        assert_eq!(starts(&clinic).await, 2);
        (doctor.caller.unwrap(), patient.caller.unwrap())
    };
    run(1, &folder, &[("DATABASE_URL", &path)]);
    for file in [path.clone(), format!("{path}.backup"), format!("{path}.replaced")] {
        is_private(Path::new(&file));
    }
    let clinic = reopened(&path).await;
    assert_eq!(starts(&clinic).await, 1);
    // All tokens of before are revoked.
    for caller in [doctor, patient] {
        clinic.actor(caller).get("/me").await.problem(401, "unauthorized");
    }
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T10:00:00Z", 30).await;
    assert_eq!(starts(&reopened(&format!("{path}.replaced")).await).await, 2);
    assert!(!Path::new(&format!("{path}.new")).exists());
}

#[tokio::test]
async fn running_clinic_can_be_backed_up_and_not_restored() {
    let server = Server::start_on(TestDatabase::file(), 2).await;
    let clinic = server.clinic();
    let (doctor, patient, file) = (clinic.doctor().await, clinic.patient().await, temporary("backup"));
    patient.book(&doctor, &format!("{}T09:00:00Z", clinic.day()), 30).await;
    done(&backup(&server.database.url(), &file));
    let said = refused(&restore(&server.database.url(), &file));
    assert!(said.contains(" is in use by ") && said.contains("end it first"), "{said}");
    assert_eq!(patient.get("/appointments").await.expect(200).as_array().unwrap().len(), 1);
    assert!(!Path::new(&format!("{}.new", server.database.url())).exists());

    let new = temporary("new clinic.db").to_str().unwrap().to_owned();
    done(&restore(&new, &file));
    assert_eq!(starts(&reopened(&new).await).await, 1);
}

/// What another program leaves that has put the file into WAL mode, and was killed.
#[tokio::test]
async fn restore_ignores_a_leftover_journal() {
    let (path, file) = backed_up().await;
    let other = TestDatabase::File(path.clone().into()).connect().await;
    let mut mode = other.query("PRAGMA journal_mode = WAL", ()).await.unwrap();
    while mode.next().await.unwrap().is_some() {}
    let operation = new_operation();
    let cancel = format!(
        "INSERT INTO operations (id, at) VALUES ({operation}, 0);
         UPDATE appointments SET status = 'Cancelled', version = version + 1, operation_id = {operation}"
    );
    other.execute_batch(&cancel).await.unwrap();
    let logs = ["wal", "shm"].map(|log| (format!("{path}-{log}"), fs::read(format!("{path}-{log}")).unwrap()));
    drop((mode, other));
    for (path, log) in &logs {
        fs::write(path, log).unwrap();
    }
    done(&restore(&path, &file));
    assert!(logs.iter().all(|(path, _)| !Path::new(path).exists()));
    let clinic = reopened(&path).await;
    let restored = clinic.admin().await.get("/appointments").await.expect(200);
    assert_eq!((restored[0]["status"].as_str(), restored.as_array().unwrap().len()), (Some("Booked"), 1));

    // The same where the file is damaged, so that nothing can be made of its journal.
    drop(clinic);
    fs::write(&path, "no database any more, but as long as a header of one is: a hundred bytes, and then some more")
        .unwrap();
    fs::write(format!("{path}-journal"), "its journal").unwrap();
    done(&restore(&path, &file));
    assert!(!Path::new(&format!("{path}-journal")).exists());
    assert_eq!(starts(&reopened(&path).await).await, 1);
}

#[tokio::test]
async fn failed_backup_keeps_the_previous_backup_and_the_database() {
    let (path, file) = backed_up().await;
    let (clinic, good) = (fs::read(&path).unwrap(), fs::read(&file).unwrap());
    let other = temporary("other.db").to_str().unwrap().to_owned();
    let connection = TestDatabase::File(other.clone().into()).connect().await;
    connection.execute_batch("CREATE TABLE notes (text TEXT)").await.unwrap();
    let broken = temporary("broken.db").to_str().unwrap().to_owned();
    let damaged = [&clinic[..4096], &[0xFF; 4096], &clinic[8192..]].concat();
    for (content, why) in [
        (b"".to_vec(), "it is not the database of a clinic"),
        (b"no database".to_vec(), "this is no SQLite database"),
        (vec![0xA5; 8192], "this is no SQLite database"),
        (damaged, "the database is damaged"),
    ] {
        fs::write(&broken, &content).unwrap();
        for said in [refused(&backup(&broken, &file)), refused(&restore(&path, Path::new(&broken)))] {
            assert!(said.contains("broken.db") && said.contains(why), "{said}");
        }
    }
    for (database, from) in [("missing.db", Path::new("missing.backup")), (&other, Path::new(&other))] {
        refused(&backup(database, &file));
        refused(&restore(&path, from));
    }
    refused(&backup(&path, Path::new(&path)));
    refused(&restore(&path, Path::new(&path)));
    refused(&backup(&path, Path::new(&format!("{path}-journal"))));
    assert!(!Path::new(&format!("{path}-journal")).exists());
    // A database that is copied while it is in use is no backup.
    fs::write(format!("{}-journal", file.display()), "its journal").unwrap();
    assert!(refused(&restore(&path, &file)).contains("is a database in use and not a backup"));
    assert!(fs::read(&path).unwrap() == clinic && fs::read(&file).unwrap() == good);
    for left in [format!("{path}.new"), format!("{path}.replaced"), format!("{}.new", file.display())] {
        assert!(!Path::new(&left).exists(), "{left}");
    }
}

#[tokio::test]
async fn concurrent_and_killed_backups_leave_a_valid_backup() {
    let (path, file) = backed_up().await;
    fs::write(format!("{}.new", file.display()), "half of a copy").unwrap();
    let started: Vec<_> = (0..4).map(|_| rounds("backup", &path, &file).spawn().unwrap()).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().any(|output| output.status.success()));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert!(refused(output).contains("another backup or restore is writing"));
    }
    done(&restore(&path, &file));
    assert_eq!(starts(&reopened(&path).await).await, 1);
}

/// In a folder that others can write to.
#[tokio::test]
async fn backup_does_not_follow_a_symbolic_link() {
    let (path, file) = backed_up().await;
    let (other, new) = (temporary("other"), PathBuf::from(format!("{}.new", file.display())));
    fs::write(&other, "another file").unwrap();
    let links: [fn(&Path, &Path) -> std::io::Result<()>; 2] =
        [|to, link| std::os::unix::fs::symlink(to, link), |to, link| fs::hard_link(to, link)];
    for link in links {
        link(&other, &new).unwrap();
        assert!(refused(&backup(&path, &file)).contains("backup.new"));
        assert_eq!(fs::read_to_string(&other).unwrap(), "another file");
        fs::remove_file(&new).unwrap();
    }
    done(&backup(&path, &file));
}

#[test]
fn backup_of_a_server_explains_how_to_do_it() {
    for command in ["backup", "restore"] {
        let output = rounds(command, "http://127.0.0.1:1", Path::new("clinic.backup")).output().unwrap();
        let said = refused(&output);
        assert!(said.contains("DATABASE_URL names a server") && said.contains("/dump"), "{said}");
        let without_file = Command::new(built("rounds")).arg(command).output().unwrap();
        assert_eq!(refused(&without_file), format!("rounds: usage: rounds {command} FILE\n"));
    }
}

#[tokio::test]
async fn server_can_be_restored_from_a_dump_and_from_a_file() {
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
    let sessions = "SELECT CAST(count(*) AS TEXT) FROM sessions";
    assert_eq!((&*clinic.rows(sessions).await[0] != "0", &*restored.rows(sessions).await[0]), (true, "0"));
    assert_eq!(starts(&restored).await, 1);
    let patient = restored.patient().await;
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;

    let file = TestDatabase::file();
    let url = file.url();
    Clinic::over(file, &url, NOW).await.doctor().await;
    let moved = folder.join("moved/dbs/default");
    std::fs::create_dir_all(&moved).unwrap();
    assert_eq!(backup(&url, &moved.join("data")).status.code(), Some(0));
    let sqld = Sqld::primary(&folder.join("moved"), std::process::Stdio::null).unwrap();
    let url = sqld.url();
    let clinic = Clinic::over(TestDatabase::Server(sqld), &url, NOW).await;
    assert_eq!(clinic.anonymous().get("/doctors").await.expect(200).as_array().unwrap().len(), 1);
    clinic.patient().await;
}

#[test]
fn failed_dump_keeps_the_previous_dump() {
    let folder = temporary("backup");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("clinic.sql"), "the last backup").unwrap();
    // Left over from an earlier attempt.
    fs::write(folder.join("clinic.sql.new"), "half of a copy").unwrap();
    let closed = format!("http://127.0.0.1:{}", free_port().unwrap());
    let variables = [("DATABASE_URL", &*closed), ("DATABASE_AUTH_TOKEN", "")];
    assert!(!try_run(2, &folder, &variables).status.success());
    assert_eq!(fs::read_to_string(folder.join("clinic.sql")).unwrap(), "the last backup");

    assert!(!try_run(3, &folder, &[]).status.success(), "the script is no SQL");
}
