//! Backup and restore: `rounds backup` and `rounds restore` for an embedded file, and the commands of
//! docs/operations.md.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use migrate::{Admin, FirstSignIn};
use rounds_data::{Database, DatabaseLock};
use rounds_local::{KeyFiles, Sqld, free_port};

use crate::{
    documentation::commands::commands,
    run::private::is_private,
    support::{Clinic, PASSWORD, Server, TestDatabase, Value, built, json, new_operation, temporary},
};

const NOW: &str = "2030-01-07T08:00:00Z";

const EMBEDDED: &str = "Back up and restore an embedded database";
const ON_SERVER: &str = "Back up and restore a libSQL server";

/// Returns the block of commands with an index under a heading of docs/operations.md.
fn block(heading: &str, index: usize) -> String {
    commands("docs/operations.md", heading).swap_remove(index)
}

/// Runs a block of commands in a folder. The umask would make new files readable for everybody.
fn try_run(block: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let block = block.replace("target/debug/rounds", built("rounds").to_str().unwrap());
    let mut command = Command::new("bash");
    command.args(["-c", &format!("umask 022\n{block}")]).current_dir(folder);
    command.envs(variables.iter().copied()).output().unwrap()
}

#[track_caller]
fn run(block: &str, folder: &Path, variables: &[(&str, &str)]) {
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

/// Asserts that a command failed with one line on stderr, and returns this line.
#[track_caller]
fn failed(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.lines().count() == 1, "{message}");
    message
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn count_appointments(clinic: &Clinic) -> usize {
    clinic.admin().await.get("/appointments").await.expect(200).as_array().unwrap().len()
}

/// Opens a clinic on an existing or new file.
async fn opened(path: &str) -> Clinic {
    Clinic::over(TestDatabase::File(path.into()), path, NOW).await
}

/// Makes a clinic with one appointment, and a backup of it. No program has either of them open.
async fn backed_up() -> (String, PathBuf) {
    // The path has a space.
    let path = temporary("the clinic.db").to_str().unwrap().to_owned();
    let clinic = opened(&path).await;
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T09:00:00Z", 30).await;
    let file = temporary("backup");
    succeeded(&backup(&path, &file));
    (path, file)
}

#[tokio::test]
async fn documented_commands_restore_embedded_database() {
    let folder = temporary("folder");
    fs::create_dir_all(folder.join(".rounds")).unwrap();
    let path = folder.join(".rounds/clinic.db").to_str().unwrap().to_owned();
    let (doctor, patient) = {
        let clinic = opened(&path).await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
        // While the clinic is open, over an earlier backup that others can read.
        fs::write(format!("{path}.backup"), "an earlier backup").unwrap();
        fs::set_permissions(format!("{path}.backup"), fs::Permissions::from_mode(0o644)).unwrap();
        run(&block(EMBEDDED, 0), &folder, &[("DATABASE_URL", &path)]);
        patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
        assert_eq!(count_appointments(&clinic).await, 2);
        (doctor.caller.unwrap(), patient.caller.unwrap())
    };
    run(&block(EMBEDDED, 1), &folder, &[("DATABASE_URL", &path)]);
    for file in [path.clone(), format!("{path}.backup"), format!("{path}.replaced")] {
        is_private(Path::new(&file));
    }
    let clinic = opened(&path).await;
    assert_eq!(count_appointments(&clinic).await, 1);
    // All tokens that were issued before the restore are revoked.
    for caller in [doctor, patient] {
        clinic.actor(caller).get("/me").await.problem(401, "unauthorized");
    }
    clinic.patient().await.book(&clinic.doctor().await, "2030-01-08T10:00:00Z", 30).await;
    assert_eq!(count_appointments(&opened(&format!("{path}.replaced")).await).await, 2);
    assert!(!Path::new(&format!("{path}.new")).exists());
}

#[tokio::test]
async fn open_clinic_can_be_backed_up_but_not_restored() {
    let server = Server::start_on(TestDatabase::file(), 2).await;
    let clinic = server.clinic();
    let (doctor, patient, file) = (clinic.doctor().await, clinic.patient().await, temporary("backup"));
    patient.book(&doctor, &format!("{}T09:00:00Z", clinic.day()), 30).await;
    succeeded(&backup(&server.database.url(), &file));
    let message = failed(&restore(&server.database.url(), &file));
    assert!(message.contains(" is in use by ") && message.contains("stop it first"), "{message}");
    assert_eq!(patient.get("/appointments").await.expect(200).as_array().unwrap().len(), 1);
    assert!(!Path::new(&format!("{}.new", server.database.url())).exists());

    let new = temporary("new clinic.db").to_str().unwrap().to_owned();
    succeeded(&restore(&new, &file));
    assert_eq!(count_appointments(&opened(&new).await).await, 1);
}

/// The leftovers of a program that set WAL mode and was killed.
#[tokio::test]
async fn restore_ignores_leftover_journals() {
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
    succeeded(&restore(&path, &file));
    assert!(logs.iter().all(|(path, _)| !Path::new(path).exists()));
    let clinic = opened(&path).await;
    let restored = clinic.admin().await.get("/appointments").await.expect(200);
    assert_eq!((restored[0]["status"].as_str(), restored.as_array().unwrap().len()), (Some("Booked"), 1));
    // The replaced database has the change that was in the log.
    let replaced = opened(&format!("{path}.replaced")).await;
    assert_eq!(replaced.admin().await.get("/appointments").await.expect(200)[0]["status"], "Cancelled");

    // A damaged file, whose journal SQLite cannot use.
    drop(clinic);
    fs::write(
        &path,
        "not a database, but longer than the header of one, which has a hundred bytes. So SQLite reads it.",
    )
    .unwrap();
    fs::write(format!("{path}-journal"), "its journal").unwrap();
    succeeded(&restore(&path, &file));
    assert!(!Path::new(&format!("{path}-journal")).exists());
    assert_eq!(count_appointments(&opened(&path).await).await, 1);
}

#[tokio::test]
async fn restore_fails_while_the_clinic_has_its_lock() {
    let (path, file) = backed_up().await;
    let before = fs::read(&path).unwrap();
    let lock = DatabaseLock::acquire(Path::new(&path)).unwrap();
    assert!(failed(&restore(&path, &file)).contains("is in use by another program of Rounds: stop that one first"));
    // A backup needs no lock.
    succeeded(&backup(&path, &file));
    assert!(failed(&backup(&path, Path::new(&format!("{path}.lock")))).contains("is a file of the database"));
    assert_eq!(fs::read(&path).unwrap(), before);
    drop(lock);
    succeeded(&restore(&path, &file));
    assert!(Path::new(&format!("{path}.lock")).exists());
}

#[tokio::test]
async fn restore_refuses_a_schema_that_is_too_new() {
    let (path, file) = backed_up().await;
    let newer = "INSERT INTO migrations (version, step, name, compatible_from) VALUES (99, 1, '0099_later', ";
    let connection = TestDatabase::File(file.clone()).connect().await;
    connection.execute_batch(&format!("{newer} 99)")).await.unwrap();
    let message = failed(&restore(&path, &file));
    assert!(message.contains("cannot be restored") && message.contains("run a newer version"), "{message}");
    assert!(!Path::new(&format!("{path}.replaced")).exists());
    // This program can use the schema.
    connection.execute_batch("UPDATE migrations SET compatible_from = 1 WHERE version = 99").await.unwrap();
    drop(connection);
    succeeded(&restore(&path, &file));
}

#[tokio::test]
async fn failed_backup_and_restore_change_no_file() {
    let (path, file) = backed_up().await;
    let (clinic, good) = (fs::read(&path).unwrap(), fs::read(&file).unwrap());
    let other = temporary("other.db").to_str().unwrap().to_owned();
    let connection = TestDatabase::File(other.clone().into()).connect().await;
    connection.execute_batch("CREATE TABLE notes (text TEXT)").await.unwrap();
    let broken = temporary("broken.db").to_str().unwrap().to_owned();
    let damaged = [&clinic[..4096], &[0xFF; 4096], &clinic[8192..]].concat();
    for (content, why) in [
        (b"".to_vec(), "it is not the database of a clinic"),
        (b"no database".to_vec(), "the file is not an SQLite database"),
        (vec![0xA5; 8192], "the file is not an SQLite database"),
        (damaged, "the database is damaged"),
    ] {
        fs::write(&broken, &content).unwrap();
        for message in [failed(&backup(&broken, &file)), failed(&restore(&path, Path::new(&broken)))] {
            assert!(message.contains("broken.db") && message.contains(why), "{message}");
        }
    }
    for (database, from) in [("missing.db", Path::new("missing.backup")), (&other, Path::new(&other))] {
        failed(&backup(database, &file));
        failed(&restore(&path, from));
    }
    failed(&backup(&path, Path::new(&path)));
    failed(&restore(&path, Path::new(&path)));
    failed(&backup(&path, Path::new(&format!("{path}-journal"))));
    assert!(!Path::new(&format!("{path}-journal")).exists());
    // A journal beside the file means that it was copied while in use, and is not a backup.
    fs::write(format!("{}-journal", file.display()), "its journal").unwrap();
    assert!(failed(&restore(&path, &file)).contains("is a database in use and not a backup"));
    assert!(fs::read(&path).unwrap() == clinic && fs::read(&file).unwrap() == good);
    for left in [format!("{path}.new"), format!("{path}.replaced"), format!("{}.new", file.display())] {
        assert!(!Path::new(&left).exists(), "{left}");
    }
}

#[tokio::test]
async fn concurrent_backups_leave_one_valid_backup() {
    let (path, file) = backed_up().await;
    fs::write(format!("{}.new", file.display()), "half of a copy").unwrap();
    let started: Vec<_> = (0..4).map(|_| rounds("backup", &path, &file).spawn().unwrap()).collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().any(|output| output.status.success()));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        assert!(failed(output).contains("another backup or restore is writing"));
    }
    succeeded(&restore(&path, &file));
    assert_eq!(count_appointments(&opened(&path).await).await, 1);
}

/// Another user can create links in a folder that is writable for everybody.
#[tokio::test]
async fn backup_does_not_follow_links() {
    let (path, file) = backed_up().await;
    let (other, new) = (temporary("other"), PathBuf::from(format!("{}.new", file.display())));
    fs::write(&other, "another file").unwrap();
    let links: [fn(&Path, &Path) -> std::io::Result<()>; 2] =
        [|to, link| std::os::unix::fs::symlink(to, link), |to, link| fs::hard_link(to, link)];
    for link in links {
        link(&other, &new).unwrap();
        assert!(failed(&backup(&path, &file)).contains("backup.new"));
        assert_eq!(fs::read_to_string(&other).unwrap(), "another file");
        fs::remove_file(&new).unwrap();
    }
    succeeded(&backup(&path, &file));
}

#[test]
fn backup_of_server_names_the_document() {
    for command in ["backup", "restore"] {
        let output = rounds(command, "http://127.0.0.1:1", Path::new("clinic.backup")).output().unwrap();
        let message = failed(&output);
        assert!(message.contains("DATABASE_URL names a server") && message.contains("docs/operations.md"), "{message}");
        let without_file = Command::new(built("rounds")).arg(command).output().unwrap();
        assert_eq!(failed(&without_file), format!("rounds: usage: rounds {command} FILE\n"));
    }
}

/// Returns the single value that a query returns on a server.
async fn value_on(server: &str, query: &str) -> Option<String> {
    let body = json!({ "requests": [{ "type": "execute", "stmt": { "sql": query } }] });
    let request = reqwest::Client::new().post(format!("{server}/v2/pipeline"));
    let answer: Value = request.body(body.to_string()).send().await.ok()?.json().await.ok()?;
    answer.pointer("/results/0/response/result/rows/0/0/value")?.as_str().map(str::to_owned)
}

#[tokio::test]
async fn documented_commands_restore_server() {
    let database = TestDatabase::server();
    let (url, folder) = (database.url(), temporary("backup"));
    fs::create_dir(&folder).unwrap();
    let clinic = Clinic::over(database, &url, NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    run(&block(ON_SERVER, 0), &folder, &[("DATABASE_URL", &url), ("DATABASE_AUTH_TOKEN", "")]);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    is_private(&folder.join("clinic.sql"));

    run(&block(ON_SERVER, 1), &folder, &[]);
    is_private(&folder.join("restored"));
    // The servers of `make run-server` before the restore.
    for server in ["primary", "replica"] {
        fs::create_dir_all(folder.join(".rounds/server").join(server)).unwrap();
    }
    fs::write(folder.join(".rounds/server/primary/old"), "").unwrap();
    run(&block(ON_SERVER, 2), &folder, &[]);
    let server = folder.join(".rounds/server");
    let replaced =
        fs::read_dir(&server).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.join("old").exists());
    assert!(replaced.unwrap().file_name().unwrap().to_str().unwrap().starts_with("replaced-"));
    assert!(!server.join("replica").exists() && !folder.join("restored").exists());

    let sqld = Sqld::primary(&server.join("primary"), Stdio::null).unwrap();
    let replica = Sqld::replica(&sqld, &server.join("replica"), Stdio::null).unwrap();
    let url = sqld.url();
    let restored = Clinic::over(TestDatabase::Server(sqld), &url, NOW).await;
    let sessions = "SELECT CAST(count(*) AS TEXT) FROM sessions";
    assert_eq!((&*clinic.rows(sessions).await[0] != "0", &*restored.rows(sessions).await[0]), (true, "0"));
    assert_eq!(count_appointments(&restored).await, 1);
    let patient = restored.patient().await;
    patient.try_book(&doctor, "2030-01-08T09:00:00Z", 30).await.problem(409, "doctor-busy");
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while value_on(&replica.url(), "SELECT count(*) FROM appointments").await.as_deref() != Some("2") {
        assert!(Instant::now() < deadline, "the replica does not have the restored appointments");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn documented_commands_move_file_to_server() {
    let (file, folder) = (TestDatabase::file(), temporary("moved"));
    fs::create_dir(&folder).unwrap();
    let url = file.url();
    Clinic::over(file, &url, NOW).await.doctor().await;
    run(&block("Move to a libSQL server", 0), &folder, &[("DATABASE_URL", &url)]);
    is_private(&folder.join("restored"));
    let sqld = Sqld::primary(&folder.join("restored"), Stdio::null).unwrap();
    let url = sqld.url();
    let clinic = Clinic::over(TestDatabase::Server(sqld), &url, NOW).await;
    assert_eq!(clinic.anonymous().get("/doctors").await.expect(200).as_array().unwrap().len(), 1);
    clinic.patient().await;
}

#[test]
fn failed_dump_keeps_previous_dump() {
    let folder = temporary("backup");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("clinic.sql"), "the previous backup").unwrap();
    // Left over from an earlier attempt.
    fs::write(folder.join("clinic.sql.new"), "half of a copy").unwrap();
    let closed = format!("http://127.0.0.1:{}", free_port().unwrap());
    let variables = [("DATABASE_URL", &*closed), ("DATABASE_AUTH_TOKEN", "")];
    assert!(!try_run(&block(ON_SERVER, 0), &folder, &variables).status.success());
    assert_eq!(fs::read_to_string(folder.join("clinic.sql")).unwrap(), "the previous backup");

    // The previous backup is not SQL.
    assert!(!try_run(&block(ON_SERVER, 1), &folder, &[]).status.success());
}

#[test]
fn documented_commands_rotate_signing_key() {
    let folder = temporary("clinic");
    fs::create_dir(&folder).unwrap();
    let home = folder.join(".rounds");
    let key_ids = || -> Vec<String> {
        let set: Value = serde_json::from_str(&fs::read_to_string(home.join("public_keys.json")).unwrap()).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    fs::create_dir(&home).unwrap();
    KeyFiles::in_folder(&home).unwrap();
    let first = key_ids();
    let variables = [("ROUNDS_HOME", home.to_str().unwrap())];
    run(&block("Rotate the signing key", 0), &folder, &variables);
    let second = key_ids();
    assert_eq!((second.len(), &second[1]), (2, &first[0]));
    // Also if the key files are damaged.
    fs::write(home.join("signing_key.pem"), "not a key").unwrap();
    run(&block("Rotate the signing key", 1), &folder, &variables);
    let third = key_ids();
    assert!(third.len() == 1 && !second.contains(&third[0]), "{third:?}");
    is_private(&home);
}

#[tokio::test]
async fn documented_commands_reset_password_of_only_admin() {
    let folder = temporary("clinic");
    fs::create_dir_all(folder.join(".rounds")).unwrap();
    let path = folder.join(".rounds/clinic.db").to_str().unwrap().to_owned();
    let first_sign_in = FirstSignIn::Password("a lost password".parse().unwrap());
    let admin = Admin { email: "admin@rounds.example".parse().unwrap(), first_sign_in };
    migrate::migrate(&Database::create_at(&path).unwrap(), Some(admin)).await.unwrap();
    let clinic = opened(&path).await;
    let helper =
        json!({ "name": "Helper", "email": "helper@example.org", "password": PASSWORD, "account_type": "Patient" });
    let helper_id = clinic.anonymous().post("/register", helper).await.expect(201)["id"].clone();
    // The web app signs in after a registration too.
    let helper = clinic.login("helper@example.org", PASSWORD).await;

    let block = block("Reset the password of the only Admin", 0);
    for name in ["admin@rounds.example", "helper@example.org"] {
        let output = try_run(&block.replace(name, "nobody@example.org"), &folder, &[]);
        assert!(failed(&output).contains("no account has the email"));
    }
    run(&block, &folder, &[]);
    let admin = clinic.login("admin@rounds.example", PASSWORD).await;
    let entries = admin.get("/audit?action=password").await.expect(200);
    assert_eq!(entries.as_array().unwrap().len(), 1, "{entries}");
    helper.get("/me").await.expect(200);
    admin.post(&format!("/accounts/{helper_id}/deactivate"), json!({})).await;
    helper.get("/me").await.problem(401, "unauthorized");
}
