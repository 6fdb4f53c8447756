//! `rounds backup` while another program writes to the file in WAL mode.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use libsql::Connection;
use rounds_data::Database;

use crate::{
    run::private::is_private,
    support::{TestDatabase, built, temporary},
};

const ROWS: u64 = 400;

/// How many rows a transaction changes.
const CHANGES: u64 = 6;

/// A program that writes to a clinic's database. Its transactions are numbered, and write their number into rows that
/// follow from it. So the state after each transaction is known.
struct Writer {
    path: PathBuf,
    connection: Connection,
    /// The number of the last acknowledged transaction.
    acknowledged: u64,
}

impl Writer {
    async fn start(mib: u64) -> Self {
        let path = temporary("clinic.db");
        Database::create_at(path.to_str().unwrap()).unwrap().migrate().await.unwrap();
        let connection = TestDatabase::File(path.clone()).connect().await;
        pragma(&connection, "PRAGMA journal_mode = WAL").await;
        pragma(&connection, "PRAGMA wal_autocheckpoint = 0").await;
        let length = (mib << 20) / ROWS;
        let tables = format!(
            "CREATE TABLE others (filler BLOB);
             CREATE TABLE numbers (id INTEGER PRIMARY KEY, number INTEGER, filler BLOB);
             WITH RECURSIVE ids (id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < {ROWS} - 1)
             INSERT INTO numbers SELECT id, 0, zeroblob({length}) FROM ids"
        );
        connection.execute_batch(&tables).await.unwrap();
        let writer = Self { path, connection, acknowledged: 0 };
        writer.checkpoint("TRUNCATE").await;
        writer
    }

    async fn write(&mut self) {
        let number = self.acknowledged + 1;
        let ids = rows_of(number).map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
        let update = format!("UPDATE numbers SET number = {number} WHERE id IN ({ids})");
        assert_eq!(self.connection.execute(&update, ()).await.unwrap(), CHANGES);
        self.acknowledged = number;
    }

    /// Writes a transaction without a number, which is longer than the log.
    async fn write_over_log(&self) {
        let length = 2 * fs::metadata(format!("{}-wal", self.path.display())).unwrap().len();
        self.connection.execute(&format!("INSERT INTO others VALUES (zeroblob({length}))"), ()).await.unwrap();
    }

    async fn checkpoint(&self, mode: &str) {
        pragma(&self.connection, &format!("PRAGMA wal_checkpoint({mode})")).await;
    }

    fn backup(&self, file: &Path) -> Child {
        let mut command = Command::new(built("rounds"));
        command.arg("backup").arg(file).env("DATABASE_URL", &self.path);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// The rows that a transaction changes.
fn rows_of(number: u64) -> impl Iterator<Item = u64> {
    (0..CHANGES).map(move |change| (number * 7 + change * 61) % ROWS)
}

async fn pragma(connection: &Connection, pragma: &str) {
    let mut rows = connection.query(pragma, ()).await.unwrap();
    while rows.next().await.unwrap().is_some() {}
}

/// Asserts that a backup has exactly the state after one transaction, and returns the number of this transaction.
async fn transaction_of(backup: &Path) -> u64 {
    is_private(backup);
    for suffix in ["-wal", "-shm", "-journal"] {
        assert!(!Path::new(&format!("{}{suffix}", backup.display())).exists(), "{suffix}");
    }
    let connection = TestDatabase::File(backup.to_owned()).connect().await;
    let mut rows = connection.query("SELECT number FROM numbers ORDER BY id", ()).await.unwrap();
    let mut numbers = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        numbers.push(row.get::<u64>(0).unwrap());
    }
    let last = *numbers.iter().max().unwrap();
    let mut expected = vec![0; ROWS as usize];
    (1..=last).for_each(|number| rows_of(number).for_each(|id| expected[id as usize] = number));
    assert_eq!(numbers, expected);
    last
}

/// Asserts that a backup succeeds while `write` runs again and again.
async fn write_until_done(writer: &mut Writer, mut child: Child, mut write: impl AsyncFnMut(&mut Writer)) {
    while child.try_wait().unwrap().is_none() {
        write(writer).await;
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Waits until a file has contents.
fn wait_for(file: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while fs::metadata(file).map_or(0, |metadata| metadata.len()) == 0 {
        assert!(Instant::now() < deadline, "{} is still empty", file.display());
    }
}

#[tokio::test]
async fn backup_during_writes_has_every_acknowledged_change() {
    let mut writer = Writer::start(4).await;
    for _ in 0..12 {
        let (file, before) = (temporary("backup"), writer.acknowledged);
        let child = writer.backup(&file);
        write_until_done(&mut writer, child, async |writer| {
            for _ in 0..fastrand::u64(1..40) {
                writer.write().await;
            }
            writer.checkpoint(fastrand::choice(["PASSIVE", "FULL", "RESTART", "TRUNCATE"]).unwrap()).await;
        })
        .await;
        let number = transaction_of(&file).await;
        assert!((before..=writer.acknowledged).contains(&number), "{before}, {number}, {}", writer.acknowledged);
    }
}

/// If the whole log was written back before the backup began, the writer starts it anew during the backup.
#[tokio::test]
async fn backup_survives_a_new_log_during_the_copy() {
    for (copied, ends) in [("backup.new", "PASSIVE"), ("backup.new-wal", "PASSIVE"), ("backup.new", "TRUNCATE")] {
        let mut writer = Writer::start(4).await;
        // The log is longer than what is copied at once.
        for _ in 0..250 {
            writer.write().await;
        }
        writer.checkpoint(ends).await;
        let (file, before) = (temporary("backup"), writer.acknowledged);
        let child = writer.backup(&file);
        wait_for(&file.with_file_name(copied));
        writer.write_over_log().await;
        write_until_done(&mut writer, child, async |writer| writer.write().await).await;
        assert!((before..=writer.acknowledged).contains(&transaction_of(&file).await));
    }
}

/// A program was killed, so its log still has changes that are not in the file.
#[tokio::test]
async fn backup_has_changes_in_the_log_of_a_killed_program() {
    let mut writer = Writer::start(1).await;
    for _ in 0..10 {
        writer.write().await;
    }
    let left = ["", "-wal"].map(|suffix| {
        let path = format!("{}{suffix}", writer.path.display());
        (fs::read(&path).unwrap(), path)
    });
    let Writer { path, acknowledged, connection } = writer;
    drop(connection);
    left.iter().for_each(|(contents, path)| fs::write(path, contents).unwrap());
    let (file, writer) =
        (temporary("backup"), Writer { connection: TestDatabase::file().connect().await, path, acknowledged });
    let output = writer.backup(&file).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((transaction_of(&file).await, transaction_of(&writer.path).await), (acknowledged, acknowledged));
}
