//! How long the front desk waits for the patients that it searches for.

use lambda::Instance;
use libsql::Builder;

use crate::{
    clinic::Clinic,
    measure::{Row, Table, median, millis},
    serve::limit,
};

/// The number of patients to search in.
const PATIENTS: i64 = 100_000;
/// How long a search may take, in milliseconds.
const LIMIT: f64 = 50.0;
/// The requests of a row.
const REQUESTS: usize = 100;

/// The searches: what the caller says, and the query.
const SEARCHES: [(&str, &str); 6] = [
    ("two words of a name", "q=search%20077"),
    ("a part of a phone number", "q=030%207654"),
    ("a birth date", "birth_date=1950-05-05"),
    ("a word of every patient and one of none", "q=patient%20zzzz"),
    ("two words of every patient and one of none", "q=patient%20search%20zzz"),
    ("no word: the first page", "limit=50"),
];

/// Adds patients without logins until there are [`PATIENTS`], and returns a row for each search.
pub(crate) async fn measure(clinic: &Clinic, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    progress("adding patients");
    add_patients(&clinic.file).await.map_err(|error| format!("{}: {error}", clinic.file.display()))?;
    let mut patients = Instance::start(&clinic.function("patients", &clinic.url(), &[]))?;
    let mut rows = Vec::new();
    for (name, query) in SEARCHES {
        progress(name);
        let request = clinic.by_admin("GET", format!("/patients?{query}"));
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            match patients.send_request(&request)? {
                (answer, elapsed) if answer.status == 200 => times.push(millis(elapsed)),
                (answer, _) => return Err(format!("{name} returned status {}: {}", answer.status, answer.body)),
            }
        }
        rows.push(limit(Table::Search, name, median(&times), LIMIT));
    }
    Ok(rows)
}

async fn add_patients(file: &std::path::Path) -> Result<(), libsql::Error> {
    let connection = Builder::new_local(file).build().await?.connect()?;
    let statements = format!(
        "BEGIN IMMEDIATE;
         INSERT INTO operations (id, at) VALUES (x'ff{zeros}', unixepoch());
         INSERT INTO people
           (account_type, name, name_key, phone, birth_date, contact_email, contact_email_key, created_at, created_by,
            operation_id)
         SELECT 'Patient', 'Search Patient ' || number, 'search patient ' || number, printf('+4930%07d', number * 17),
           date('1930-01-01', (number % 30000) || ' days'), 'patient' || number || '@example.org',
           'patient' || number || '@example.org', unixepoch(), 1, x'ff{zeros}'
         FROM (
           WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {PATIENTS})
           SELECT number FROM numbers)
         LIMIT {PATIENTS} - (SELECT count(*) FROM people WHERE account_type = 'Patient');
         COMMIT",
        zeros = "0".repeat(30)
    );
    connection.execute_batch(&statements).await.map(drop)
}
