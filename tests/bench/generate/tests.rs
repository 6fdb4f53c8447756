mod rules;

use std::sync::atomic::{AtomicU32, Ordering};

use libsql::Rows;

use super::*;

/// A Wednesday.
const TODAY: &str = "2030-05-15";

/// A temporary folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("network-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that remains is harmless.
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A generated network, and a connection without Rounds.
struct Generated {
    network: Network,
    connection: Connection,
    file: PathBuf,
    folder: Folder,
}

async fn connect(file: &Path) -> Connection {
    Builder::new_local(file).build().await.unwrap().connect().unwrap()
}

async fn generated(appointments: u64) -> Generated {
    let folder = Folder::new();
    let file = folder.0.join("network.db");
    let (size, today) = (Size::of(appointments).unwrap(), TODAY.parse().unwrap());
    let network = make(&file, size, today, &Progress::none()).await.unwrap();
    Generated { network, connection: connect(&file).await, file, folder }
}

/// Returns rows as text, to compare them.
async fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut rows: Rows = connection.query(sql, ()).await.unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        let values: Vec<_> = (0..row.column_count()).map(|column| row.get_value(column).unwrap()).collect();
        all.push(format!("{values:?}"));
    }
    all
}

async fn number(connection: &Connection, sql: &str) -> i64 {
    network::row(connection, sql).await.unwrap().get(0).unwrap()
}

/// Checks that a query finds no rows. The sentence says what its rows would mean.
async fn assert_no_rows(connection: &Connection, sentence: &str, sql: &str) {
    let found = rows(connection, &format!("{sql} LIMIT 3")).await;
    assert!(found.is_empty(), "{sentence}: {found:?}");
}

#[tokio::test]
async fn generated_schema_equals_a_migrated_file() {
    let folder = Folder::new();
    let migrated = folder.0.join("migrated.db");
    Database::create_at(migrated.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
    let generated = generated(10_000).await;
    assert_eq!(rows(&generated.connection, schema).await, rows(&connect(&migrated).await, schema).await);
    for check in ["quick_check", "integrity_check"] {
        assert_eq!(rows(&generated.connection, &format!("PRAGMA {check}")).await, [r#"[Text("ok")]"#]);
    }
    assert_no_rows(&generated.connection, "a foreign key has no parent row", "SELECT * FROM pragma_foreign_key_check")
        .await;
    assert_eq!(rows(&generated.connection, "PRAGMA journal_mode").await, [r#"[Text("delete")]"#]);
    let beside: Vec<_> = fs::read_dir(&generated.folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["network.db"], "no other file is left");
}

#[tokio::test]
async fn generated_network_has_the_same_density_at_any_size() {
    for (appointments, past, future) in [(10_000, 0, 1), (25_000, 2, 1), (60_000, 4, 2)] {
        let generated = generated(appointments).await;
        let (network, connection) = (&generated.network, &generated.connection);
        assert_eq!((network.past_days, network.future_days), (past, future));
        assert_eq!(number(connection, "SELECT count(*) FROM appointments").await, appointments as i64);
        assert_eq!(number(connection, "SELECT max(id) FROM appointments").await, appointments as i64);

        let today = format!("unixepoch('{TODAY}')");
        let on = |day| format!("SELECT count(*) FROM appointments WHERE date(start_at, 'unixepoch') = '{day}'");
        assert_eq!(number(connection, &on(network.future_day)).await, 10_000);
        assert!(network.past_day.is_some() == (past > 0));
        if let Some(day) = network.past_day {
            assert_eq!(number(connection, &on(day)).await, 10_000);
        }
        let days = "SELECT date(start_at, 'unixepoch') AS day, count(*) AS n FROM appointments GROUP BY day";
        let days_of = |which: &str| format!("SELECT count(*) FROM ({days}) WHERE day {which} '{TODAY}'");
        assert_eq!(number(connection, &days_of("<")).await, past as i64);
        assert_eq!(number(connection, &days_of(">")).await, future as i64);
        let thin = format!("SELECT * FROM ({days}) WHERE n <> 10000 AND day <> '{}'", network.first_day);
        assert_no_rows(connection, "a day has another number of appointments", &thin).await;
        let bounds = format!("SELECT min(day), max(day) FROM ({days})");
        let expected = format!("[Text(\"{}\"), Text(\"{}\")]", network.first_day, network.last_day);
        assert_eq!(rows(connection, &bounds).await, [expected]);

        let unexpected = format!("SELECT * FROM appointments WHERE (status = 'Booked') <> (start_at > {today})");
        assert_no_rows(
            connection,
            "a past appointment is Booked, or a future one is not",
            &format!("{unexpected} AND status <> 'Cancelled'"),
        )
        .await;
        let share = |status| format!("SELECT sum(status = '{status}') * 1000 / count(*) FROM appointments");
        assert!((70..=90).contains(&number(connection, &share("Cancelled")).await));
        assert!(number(connection, &share("NoShow")).await <= 40);
    }
}

#[tokio::test]
async fn generated_accounts_equal_registered_ones() {
    let generated = generated(10_000).await;
    let (network, connection) = (&generated.network, &generated.connection);
    for (account_type, ids) in
        [("Admin", 1..=1), ("Doctor", network.doctors.clone()), ("Patient", network.patients.clone())]
    {
        let sql = format!("SELECT count(*), min(id), max(id) FROM people WHERE account_type = '{account_type}'");
        let expected = format!("[Integer({}), Integer({}), Integer({})]", ids.clone().count(), ids.start(), ids.end());
        assert_eq!(rows(connection, &sql).await, [expected], "{account_type}");
    }
    assert_eq!(
        number(connection, "SELECT count(DISTINCT name) FROM people WHERE account_type = 'Doctor'").await,
        2_000
    );
    assert_eq!(number(connection, "SELECT count(DISTINCT specialty) FROM people").await, 12);
    let mut accounts = connection
        .query(
            "SELECT id, name, name_key, specialty, specialty_key, email, email_key, search_key
             FROM people LEFT JOIN logins ON person_id = id",
            (),
        )
        .await
        .unwrap();
    while let Some(row) = accounts.next().await.unwrap() {
        let text = |column| row.get::<String>(column).unwrap();
        let specialty: Option<String> = row.get(3).unwrap();
        assert_eq!(text(2), search_key(&[&text(1)]));
        assert_eq!(row.get::<Option<String>>(4).unwrap(), specialty.map(|specialty| search_key(&[&specialty])));
        assert_eq!(text(5), network.email(row.get(0).unwrap()));
        assert_eq!((text(6), text(7)), (text(5), search_key(&[&text(5)])));
    }
    let hash: String =
        network::row(connection, "SELECT DISTINCT password_hash FROM logins").await.unwrap().get(0).unwrap();
    assert!(rounds_auth::verify(Network::PASSWORD, Some(&hash)));

    // The triggers would have inserted the same rows.
    let week =
        "SELECT count(*) FROM working_hours WHERE weekday BETWEEN 1 AND 7 AND start_minute = 480 AND end_minute = 1080";
    assert_eq!(number(connection, week).await, 7 * 2_000);
    assert_no_rows(
        connection,
        "a registration is not audited",
        "SELECT people.id FROM people LEFT JOIN audit ON account_id = people.id AND action = 'register' AND at = created_at
           AND actor_id IS CASE account_type WHEN 'Patient' THEN people.id WHEN 'Doctor' THEN 1 END
         WHERE audit.id IS NULL",
    )
    .await;
    assert_no_rows(
        connection,
        "an account has no session",
        "SELECT people.id FROM people LEFT JOIN sessions ON person_id = people.id AND hex(sessions.id) = printf('%032X', people.id)
         WHERE sessions.id IS NULL",
    )
    .await;
}

#[tokio::test]
async fn same_size_and_day_generate_the_same_network() {
    let (first, second) = (generated(12_345).await, generated(12_345).await);
    assert_eq!(first.network, second.network);
    for sql in [
        "SELECT * FROM appointments",
        "SELECT * FROM audit",
        "SELECT * FROM working_hours",
        "SELECT * FROM clinic",
        "SELECT * FROM days",
        "SELECT * FROM people",
        "SELECT * FROM sessions",
        // The hash has a random salt.
        "SELECT person_id, email, email_key, search_key FROM logins",
    ] {
        assert!(rows(&first.connection, sql).await == rows(&second.connection, sql).await, "{sql}");
    }
}

#[tokio::test]
async fn impossible_networks_are_refused_and_leave_no_file() {
    let folder = Folder::new();
    let (file, today) = (folder.0.join("network.db"), TODAY.parse().unwrap());
    assert!(Size::of(0).is_err() && Size::of(100_000_001).is_err());
    assert!(Network::read(&file).await.is_err(), "the file does not exist");

    fs::write(&file, "something else").unwrap();
    let size = Size::of(100).unwrap();
    let refused = make(&file, size, today, &Progress::none()).await.unwrap_err();
    assert!(refused.contains("delete it, or name another file"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"something else");
    assert!(Network::read(&file).await.is_err());

    fs::remove_file(&file).unwrap();
    Database::create_at(file.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let other = Network::read(&file).await.unwrap_err();
    assert!(other.contains("not a generated network"), "{other}");

    let nowhere = folder.0.join("nowhere/network.db");
    let failed = make(&nowhere, size, today, &Progress::none()).await.unwrap_err();
    assert!(failed.contains("nowhere"), "{failed}");

    // Files of an interrupted run are no obstacle.
    fs::remove_file(&file).unwrap();
    fs::write(folder.0.join("network.db.part"), "half of it").unwrap();
    let network = make(&file, size, today, &Progress::none()).await.unwrap();
    assert_eq!((network.appointments, network.first_day), (100, network.last_day));
    assert_eq!(Network::read(&file).await.unwrap(), network);
}
