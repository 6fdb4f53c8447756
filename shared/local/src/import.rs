//! `rounds import`: creates the patients or appointments of a CSV file through the API of a clinic.

mod api;
mod appointments;
mod languages;
mod patients;
mod person;
mod report;
mod table;

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::Utc;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{task::JoinSet, time::interval};

use api::{Api, Stop};
use appointments::Appointments;
use patients::Patients;
use table::{Row, Table};

pub use patients::CountryCode;
pub use report::Report;

/// How many rows are sent at the same time, each on its own connection.
const CONCURRENT: usize = 16;
/// The time between two lines about the progress.
const PROGRESS: Duration = Duration::from_secs(1);

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    /// Patients, without a login.
    Patients,
    /// Appointments of patients who exist.
    Appointments,
}

impl ImportKind {
    /// Returns the word in the command, and in the path of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Appointments => "appointments",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Patients => patients::COLUMNS,
            Self::Appointments => appointments::COLUMNS,
        }
    }
}

/// An import.
#[derive(Debug)]
pub struct Import {
    /// What the rows are.
    pub kind: ImportKind,
    /// The CSV file.
    pub file: PathBuf,
    /// The URL of the clinic.
    pub url: String,
    /// The token of an Admin or a Receptionist.
    pub token: String,
    /// Checks all rows and reads from the clinic, but creates nothing.
    pub is_dry_run: bool,
    /// The country of phone numbers without a country code.
    pub country_code: Option<CountryCode>,
}

/// The result of a row.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Created,
    /// An earlier run has created it.
    AlreadyThere,
    /// A dry run found nothing wrong.
    Valid,
    /// An appointment that started more than an hour ago.
    InThePast,
    /// An appointment that is cancelled, a draft, or marked as done or missed.
    NotBooked,
    Refused(String),
}

/// What to do with a row, by its kind.
enum Decision {
    /// Send this body.
    Send(Value),
    /// Do nothing. This is the result.
    Settled(Outcome),
}

/// Reads the rows as bodies of requests.
enum Mapping {
    Patients(Patients),
    Appointments(Appointments),
}

impl Import {
    /// Runs the import. Prints its progress to the standard error.
    ///
    /// # Errors
    /// A sentence, if the file, the URL or the token cannot be used at all. An import that stops later has a report.
    pub async fn run(self) -> Result<Report, String> {
        let table = Table::open(&self.file, self.kind.columns())?;
        if let Some(ignored) = table.ignored() {
            eprintln!("rounds: {ignored}");
        }
        let (table, count) = table.counted()?;
        let mut report = Report::new(self.kind, self.is_dry_run, count);
        let api = Arc::new(Api::new(&self.url, &self.token)?);
        let mapping = match self.kind {
            ImportKind::Patients => Mapping::Patients(Patients { country_code: self.country_code, now: Utc::now() }),
            ImportKind::Appointments => Mapping::Appointments(
                Appointments::read(&api, table.has(appointments::TYPE_COLUMNS), self.country_code).await?,
            ),
        };
        let rows = Rows { kind: self.kind, is_dry_run: self.is_dry_run, api, mapping };
        if let Err(Stop(reason)) = send_all(Arc::new(rows), table, &mut report).await {
            report.stopped = Some(reason);
        }
        Ok(report)
    }
}

/// Sends the rows, several at a time.
async fn send_all(rows: Arc<Rows>, table: Table, report: &mut Report) -> Result<(), Stop> {
    let mut progress = interval(PROGRESS);
    let mut tasks: JoinSet<Result<(Row, Outcome), Stop>> = JoinSet::new();
    let mut waiting = table.peekable();
    while waiting.peek().is_some() || !tasks.is_empty() {
        if tasks.len() < CONCURRENT
            && let Some(row) = waiting.next()
        {
            let (rows, row) = (rows.clone(), row.map_err(Stop)?);
            tasks.spawn(async move {
                let outcome = rows.send(&row).await?;
                Ok((row, outcome))
            });
            continue;
        }
        tokio::select! {
            Some(done) = tasks.join_next() => {
                let (row, outcome) = done.map_err(|error| Stop(error.to_string()))??;
                report.add(row.line, row.person(), outcome);
            }
            _ = progress.tick() => eprintln!("rounds: {}", report.progress()),
        }
    }
    Ok(())
}

/// What the rows of an import need to be sent.
struct Rows {
    kind: ImportKind,
    is_dry_run: bool,
    api: Arc<Api>,
    mapping: Mapping,
}

impl Rows {
    /// Checks a row and sends it.
    async fn send(&self, row: &Row) -> Result<Outcome, Stop> {
        let decision = match (row.has_all_cells(), &self.mapping) {
            (Err(detail), _) => Decision::Settled(Outcome::Refused(detail)),
            (Ok(()), Mapping::Patients(patients)) => patients.decide(row),
            (Ok(()), Mapping::Appointments(appointments)) => appointments.decide(row, &self.api).await?,
        };
        match decision {
            Decision::Settled(outcome) => Ok(outcome),
            Decision::Send(_) if self.is_dry_run => Ok(Outcome::Valid),
            Decision::Send(body) => {
                let key = idempotency_key(self.kind, row.get("id"), &body);
                self.api.create(&format!("/{}", self.kind.as_str()), &key, &body).await
            }
        }
    }
}

/// Returns the key that makes a second run create nothing twice: a hash of the row's id in the system that it comes from,
/// or, without an id, of all its values.
fn idempotency_key(kind: ImportKind, id: Option<&str>, body: &Value) -> String {
    let (source, text) = match id {
        Some(id) => ("id", id.to_owned()),
        None => ("values", body.to_string()),
    };
    let hash = Sha256::digest(format!("{}\n{source}\n{text}", kind.as_str()));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("import-{hash}")
}

/// The details of all members of a row that are not valid.
#[derive(Default)]
struct Mistakes(Vec<String>);

impl Mistakes {
    fn add(&mut self, column: &str, detail: impl std::fmt::Display) {
        self.0.push(format!("{column} {detail}"));
    }

    /// Parses an optional value with a type of the domain.
    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, column: &str, text: Option<&str>) -> Option<T> {
        text?.parse().map_err(|error| self.add(column, error)).ok()
    }

    /// Returns the value if there was no mistake.
    fn finish<T>(self, value: Option<T>) -> Result<T, Outcome> {
        value.filter(|_| self.0.is_empty()).ok_or_else(|| Outcome::Refused(self.0.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn key_depends_on_the_id_or_else_on_all_values() {
        let (one, other) = (json!({ "name": "Ada" }), json!({ "name": "Eve" }));
        let key = |id, body| idempotency_key(ImportKind::Patients, id, body);
        // The keys must be the same in every version of Rounds: otherwise a second run would create everything again.
        let expected = "import-f981f878fcf5c346022549ee5deb67d1dde3d766260aeb7f237c119af82e1a78";
        assert_eq!(key(Some("7"), &one), expected);
        assert_eq!(key(Some("7"), &one), key(Some("7"), &other));
        assert_ne!(key(None, &one), key(None, &other));
        assert_ne!(key(Some("7"), &one), idempotency_key(ImportKind::Appointments, Some("7"), &one));
        assert_ne!(key(Some("{\"name\":\"Ada\"}"), &one), key(None, &one));
        assert!(key(None, &one).len() <= 255);
    }
}
