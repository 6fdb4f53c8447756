//! Closures of the clinic.

use rounds_domain::{self as domain, AppointmentId, Calendar, Caller, ClosureId, ClosureName, Interval};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Writer,
    clinic::ClinicRow,
    error::Failure,
    operations::{BEGIN, ROW},
    rule::Rule,
    schedules::LONGEST,
    statement::{statements, values},
};

statements! {
    LIST = "closures/list";
    ADD = "closures/add";
    ADDED = "closures/added";
    OVERLAPPED = authenticated "closures/overlapped";
    DELETE = "closures/delete";
}

/// A time when nobody is at work.
#[derive(Debug, Deserialize)]
pub struct Closure {
    /// The id of the closure.
    pub id: ClosureId,
    /// The start and the end.
    #[serde(flatten)]
    pub time: Interval,
    /// What it is: the name of a holiday, for example.
    pub name: String,
}

#[derive(Deserialize)]
struct Listed {
    clinic: ClinicRow,
    closures: Vec<Closure>,
}

#[derive(Deserialize)]
struct AddedRow {
    clinic: ClinicRow,
    closure: Closure,
}

/// Returns the closures in order of start, and the calendar to show them in. The position of a page is (start, id).
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn list(database: &Database, page: Page<(i64, i64)>) -> Result<(Vec<Closure>, Calendar), Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MIN, 0));
    let values = values![":after_start" => after_start, ":after_id" => after_id, ":limit" => page.limit + 1];
    let listed: Option<Listed> = database.read(&LIST, values).await?;
    let listed = listed.ok_or_else(|| Error::Internal("closures/list returned no row".into()))?;
    Ok((listed.closures, listed.clinic.read()?.calendar))
}

/// Adds a closure. Returns it with the calendar to show it in. `None` if it overlaps booked appointments, which
/// [`overlapped_appointments`] returns.
///
/// # Errors
/// [`domain::Error::Unauthenticated`] if the caller's token is no longer valid.
pub async fn add(
    writer: &Writer<'_>,
    time: Interval,
    name: &ClosureName,
) -> Result<Option<(Closure, Calendar)>, Error> {
    let values = values![
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
        ":name" => name.as_str(),
    ];
    match writer.change::<AddedRow>(&[&BEGIN, &ADD, &ADDED], &ADDED, values).await {
        Ok(Some(added)) => Ok(Some((added.closure, added.clinic.read()?.calendar))),
        Ok(None) => Err(domain::Error::Unauthenticated.into()),
        Err(Failure::Rule(Rule::ClosureOverAppointments)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Returns the booked appointments of all doctors that overlap a time.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn overlapped_appointments(
    database: &Database,
    caller: &Caller,
    time: Interval,
) -> Result<Vec<AppointmentId>, Error> {
    let values = values![
        ":from" => time.start.timestamp() - LONGEST,
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
    ];
    Ok(database.query(&OVERLAPPED, caller, None, values).await?.unwrap_or_default())
}

/// Deletes a closure.
///
/// # Errors
/// [`domain::Error::NotFound`] if it does not exist, or if the caller's token is no longer valid.
pub async fn delete(writer: &Writer<'_>, id: ClosureId) -> Result<(), Error> {
    let deleted: Option<i64> = writer.change(&[&BEGIN, &DELETE, &ROW], &ROW, values![":id" => id.get()]).await?;
    deleted.map(drop).ok_or_else(|| domain::Error::NotFound("closure").into())
}
