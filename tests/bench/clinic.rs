//! The clinic that is measured: a generated network, and rows of its own for each request that changes something.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use lambda::{Program, Request};
use libsql::{Builder, Connection, Value, params};
use rounds_auth::SigningKey;
use rounds_domain::{AccountId, AccountType, Caller};
use rounds_local::KeyFiles;

use crate::generate::Network;

/// The id of generated clinics.
pub(crate) const CLINIC: u128 = 1;

/// The maximum number of requests of a route that change something.
pub(crate) const CHANGES: usize = 400;

/// A generated network with its keys, in a folder.
pub(crate) struct Clinic {
    pub(crate) network: Network,
    signing_key: SigningKey,
    keys: KeyFiles,
    /// The folder of the built functions.
    functions: PathBuf,
    /// The file that measurements copy.
    pub(crate) file: PathBuf,
    pub(crate) own: Own,
    pub(crate) now: DateTime<Utc>,
}

/// The first ids of rows that requests change. A request uses the row with its own number.
pub(crate) struct Own {
    /// Appointments that started yesterday, each with the doctor and the patient of its number.
    pub(crate) to_mark: i64,
    /// Appointments that start in some months.
    pub(crate) to_cancel: i64,
    pub(crate) to_reschedule: i64,
    /// Time off of the doctor of that number.
    pub(crate) time_off: i64,
    /// Patients without appointments.
    pub(crate) patients: i64,
    /// The first day of a month in which one doctor is fully booked.
    pub(crate) month: NaiveDate,
}

impl Clinic {
    /// The number of the doctor whose month is full, and of one whose month is empty.
    pub(crate) const FULL: usize = CHANGES;
    pub(crate) const EMPTY: usize = CHANGES + 1;

    /// Opens a network, and adds the rows of [`Own`] to its file.
    ///
    /// # Errors
    /// A sentence about what went wrong.
    pub(crate) async fn open(file: &Path, functions: &Path) -> Result<Self, String> {
        let network = Network::read(file).await?;
        // An absolute path: a key setting is a path if it begins with a slash.
        let file = file.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
        let keys = KeyFiles::in_folder(file.parent().unwrap_or(Path::new("/")))?;
        let pem = std::fs::read_to_string(&keys.signing_key).map_err(|error| error.to_string())?;
        let signing_key = SigningKey::from_pem(&pem).map_err(|error| error.to_string())?;
        let now = Utc::now();
        let own = add(&file, &network, now).await.map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self { network, signing_key, keys, functions: functions.to_owned(), file, own, now })
    }

    /// Returns a function with its settings.
    pub(crate) fn function(&self, name: &str, database_url: &str, more: &[(&str, &str)]) -> Program {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut variables = vec![
            ("DATABASE_URL".to_owned(), database_url.to_owned()),
            ("SIGNING_KEY".to_owned(), path(&self.keys.signing_key)),
            // By value: a deployed function has them in memory too.
            ("PUBLIC_KEYS".to_owned(), self.signing_key.public_keys()),
            ("PUBLIC_URL".to_owned(), "https://clinic.example".to_owned()),
        ];
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Program { command: vec![path(&self.functions.join(name))], variables }
    }

    /// The `DATABASE_URL` of the file.
    pub(crate) fn url(&self) -> String {
        self.file.to_string_lossy().into_owned()
    }

    /// Signs a token, and returns the duration.
    pub(crate) fn signature(&self) -> Result<Duration, String> {
        let account_id = self.network.admin.to_string().parse().map_err(|_| "no account".to_owned())?;
        let caller = self.caller(account_id, AccountType::Admin);
        let begun = Instant::now();
        rounds_auth::sign(&self.signing_key, &caller, self.now).map_err(|error| error.to_string())?;
        Ok(begun.elapsed())
    }

    /// Returns the path of the public keys.
    pub(crate) fn public_keys(&self) -> &Path {
        &self.keys.public_keys
    }

    pub(crate) fn doctor(&self, number: usize) -> i64 {
        self.network.doctors.start() + number as i64
    }

    pub(crate) fn patient(&self, number: usize) -> i64 {
        self.network.patients.start() + number as i64
    }

    /// Returns the claims of an account. In the generated database, the id of its session is the number of the account.
    fn caller(&self, account_id: AccountId, account_type: AccountType) -> Caller {
        Caller {
            account_id,
            account_type,
            clinic: CLINIC.into(),
            session: (account_id.get() as u128).into(),
            token_id: 1,
            generation: 0,
            signed_in_at: self.now,
        }
    }

    /// Returns a request of an account, with a token that is valid for an hour.
    pub(crate) fn by(&self, account_type: AccountType, id: i64, method: &'static str, path: String) -> Request {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let caller = id.to_string().parse().map(|account_id| self.caller(account_id, account_type));
        let token = caller.ok().and_then(|caller| rounds_auth::sign(&self.signing_key, &caller, self.now).ok());
        let headers = token.map(|token| ("authorization", format!("Bearer {token}"))).into_iter().collect();
        Request { method, path, query, headers, body: None }
    }

    pub(crate) fn by_admin(&self, method: &'static str, path: impl Into<String>) -> Request {
        self.by(AccountType::Admin, self.network.admin, method, path.into())
    }

    pub(crate) fn by_doctor(&self, number: usize, method: &'static str, path: impl Into<String>) -> Request {
        self.by(AccountType::Doctor, self.doctor(number), method, path.into())
    }

    pub(crate) fn by_patient(&self, number: usize, method: &'static str, path: impl Into<String>) -> Request {
        self.by(AccountType::Patient, self.patient(number), method, path.into())
    }
}

/// Adds a body to a request.
pub(crate) fn with(body: serde_json::Value, request: Request) -> Request {
    Request { body: Some(body), ..request }
}

async fn add(file: &Path, network: &Network, now: DateTime<Utc>) -> Result<Own, libsql::Error> {
    let connection = Builder::new_local(file).build().await?.connect()?;
    let transaction = connection.transaction().await?;
    // A sign-in deletes sessions that are older than 13 hours.
    transaction.execute("UPDATE sessions SET created_at = ?1", [now.timestamp()]).await?;
    let [to_mark, to_cancel, to_reschedule] = [
        (now.date_naive() - Days::new(1), 23),
        (network.last_day + Days::new(90), 9),
        (network.last_day + Days::new(95), 9),
    ]
    .map(|(day, hour)| day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(hour));
    // The doctors of these appointments work all day.
    transaction
        .execute(
            "UPDATE working_hours SET start_minute = 0, end_minute = 1440 WHERE doctor_id < ?1",
            params![network.doctors.start() + CHANGES as i64],
        )
        .await?;
    let own = Own {
        to_mark: appointments(&transaction, network, to_mark).await?,
        to_cancel: appointments(&transaction, network, to_cancel).await?,
        to_reschedule: appointments(&transaction, network, to_reschedule).await?,
        time_off: time_off(&transaction, network, now).await?,
        patients: patients(&transaction, network, now).await?,
        month: full_month(&transaction, network, now).await?,
    };
    transaction.commit().await?;
    Ok(own)
}

/// Inserts an operation at a time, and returns its id.
async fn operation(to: &Connection, at: DateTime<Utc>) -> Result<Value, libsql::Error> {
    const BEGIN: &str = "
        INSERT INTO operations (id, at)
        VALUES (unhex(printf('%012x', unixepoch() * 1000) || hex(randomblob(10))), ?1) RETURNING id";
    let mut rows = to.query(BEGIN, [at.timestamp()]).await?;
    let row = rows.next().await?.ok_or(libsql::Error::QueryReturnedNoRows)?;
    row.get_value(0)
}

/// Inserts one appointment for each of the first doctors, booked the day before. Returns the first id.
async fn appointments(to: &Connection, network: &Network, start: DateTime<Utc>) -> Result<i64, libsql::Error> {
    const ADD: &str = "
        WITH RECURSIVE numbers (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?4)
        INSERT INTO appointments (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until,
                                  operation_id)
        SELECT ?1 + value, ?2 + value, ?2 + value, ?3, 30, ?3, ?3 + 1800, ?5 FROM numbers";
    let (doctor, patient) = (*network.doctors.start(), *network.patients.start());
    let operation = operation(to, start - TimeDelta::days(1)).await?;
    first_of(to, ADD, params![doctor, patient, start.timestamp(), CHANGES as i64 - 1, operation]).await
}

async fn time_off(to: &Connection, network: &Network, now: DateTime<Utc>) -> Result<i64, libsql::Error> {
    const ADD: &str = "
        WITH RECURSIVE numbers (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?3)
        INSERT INTO time_off (doctor_id, start_at, end_at, operation_id)
        SELECT ?1 + value, ?2, ?2 + 86400, ?4 FROM numbers";
    let day = (network.last_day + Days::new(200)).and_time(NaiveTime::MIN).and_utc();
    let operation = operation(to, now).await?;
    first_of(to, ADD, params![*network.doctors.start(), day.timestamp(), CHANGES as i64 - 1, operation]).await
}

/// Inserts patients that can sign in.
async fn patients(to: &Connection, network: &Network, now: DateTime<Utc>) -> Result<i64, libsql::Error> {
    const ADD: &str = "
        WITH RECURSIVE numbers (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM numbers WHERE value < ?2)
        INSERT INTO people (account_type, name, name_key, created_at, operation_id)
        SELECT 'Patient', name, name_key, created_at, ?3 FROM people, numbers WHERE id = ?1";
    const ADD_LOGINS: &str = "
        INSERT INTO logins (person_id, email, email_key, search_key, password_hash, operation_id)
        SELECT id, id || email, id || email_key, id || search_key, password_hash, ?3
        FROM people, logins WHERE person_id = ?1 AND id >= ?2";
    let (patient, operation) = (*network.patients.start(), operation(to, now).await?);
    let first = first_of(to, ADD, params![patient, CHANGES as i64 - 1, operation.clone()]).await?;
    to.execute(ADD_LOGINS, params![patient, first, operation]).await?;
    Ok(first)
}

/// Inserts twelve appointments of 40 minutes on each of 31 days. Returns the first day.
async fn full_month(to: &Connection, network: &Network, now: DateTime<Utc>) -> Result<NaiveDate, libsql::Error> {
    const ADD: &str = "
        WITH RECURSIVE numbers (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM numbers WHERE value < 12 * 31 - 1),
          starts AS (SELECT value % 12 AS turn, ?3 + value / 12 * 86400 + (480 + value % 12 * 50) * 60 AS start_at FROM numbers)
        INSERT INTO appointments (doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until,
                                  operation_id)
        SELECT ?1, ?2 + turn, ?2 + turn, start_at, 40, start_at, start_at + 2400, ?4 FROM starts";
    let month = network.last_day + Days::new(110);
    let doctor = network.doctors.start() + Clinic::FULL as i64;
    let patient = network.patients.start() + 3 * CHANGES as i64;
    let start = month.and_time(NaiveTime::MIN).and_utc().timestamp();
    to.execute(ADD, params![doctor, patient, start, operation(to, now).await?]).await?;
    Ok(month)
}

async fn first_of(
    to: &Connection,
    statement: &str,
    values: impl libsql::params::IntoParams,
) -> Result<i64, libsql::Error> {
    to.execute(statement, values).await?;
    Ok(to.last_insert_rowid() - CHANGES as i64 + 1)
}
