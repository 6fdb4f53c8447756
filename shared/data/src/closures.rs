//! Closures of the clinic.

use rounds_domain::{self as domain, Calendar, ClosureId, ClosureName, Interval, Plan, Reason};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Writer,
    clinic::ClinicRow,
    operations::{BEGIN, ROW},
    plans::{Affected, PlanResult, Planned, RESULT},
    statement::{statements, values},
};

statements! {
    LIST = "closures/list";
    BEGIN_CLOSURE = "closures/begin";
    ADD = "closures/add";
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

/// A closure to add.
#[derive(Debug)]
pub struct NewClosure<'a> {
    /// The start and the end.
    pub time: Interval,
    /// What it is.
    pub name: &'a ClosureName,
    /// The reason of the cancellations.
    pub reason: Option<&'a Reason>,
    /// What happens to the appointments of all doctors in this time.
    pub plan: &'a Plan,
}

/// Adds a closure. With `dry_run`, returns what would be added, and changes nothing.
///
/// # Errors
/// [`domain::Error::ClosureOverAppointments`], [`domain::Error::PlanRefused`], [`domain::Error::Unauthenticated`] if the
/// caller's token is no longer valid.
pub async fn add(writer: &Writer<'_>, new: &NewClosure<'_>, dry_run: bool) -> Result<PlanResult<ClosureId>, Error> {
    let NewClosure { time, name, reason, plan } = *new;
    let values = values![
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
        ":name" => name.as_str(),
    ];
    let affected = Affected { person: None, time, plan, reason, started_prevent: true };
    let planned = Planned { affected, before: &[&BEGIN_CLOSURE], after: &[&ADD, &RESULT], values };
    let added = planned.add(writer, dry_run, domain::Error::ClosureOverAppointments).await?;
    added.ok_or_else(|| domain::Error::Unauthenticated.into())
}

/// Deletes a closure.
///
/// # Errors
/// [`domain::Error::NotFound`] if it does not exist, or if the caller's token is no longer valid.
pub async fn delete(writer: &Writer<'_>, id: ClosureId) -> Result<(), Error> {
    let deleted: Option<i64> = writer.change(&[&BEGIN, &DELETE, &ROW], &ROW, values![":id" => id.get()]).await?;
    deleted.map(drop).ok_or_else(|| domain::Error::NotFound("closure").into())
}
