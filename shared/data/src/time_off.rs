//! When doctors are away.

use rounds_domain::{self as domain, AccountId, AppointmentId, Calendar, Caller, Interval, Reason, TimeOffId};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Reader, Writer,
    clinic::ClinicRow,
    error::Failure,
    operations::{BEGIN, ROW},
    rule::Rule,
    schedules::LONGEST,
    statement::{statements, values},
};

statements! {
    LIST = authenticated "time_off/list";
    TAKE = "time_off/take";
    TAKEN = "time_off/taken";
    IN_THE_WAY = authenticated "time_off/in_the_way";
    END = "time_off/end";
}

/// A stretch in which a doctor is away.
#[derive(Debug, Deserialize)]
pub struct TimeOff {
    /// Its id.
    pub id: TimeOffId,
    /// From when until when.
    #[serde(flatten)]
    pub time: Interval,
    /// Why, if they said so.
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct TakenRow {
    clinic: ClinicRow,
    time_off: TimeOff,
}

/// A doctor's time off, by start. A place is (start, id).
///
/// # Errors
/// [`domain::Error::NotFound`], [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, doctor: AccountId, page: Page<(i64, i64)>) -> Result<Vec<TimeOff>, Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MIN, 0));
    let values = values![
        ":doctor" => doctor.get(),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":limit" => page.limit + 1,
    ];
    reader.query(&LIST, values).await?.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Time off that a doctor takes.
#[derive(Debug)]
pub struct NewTimeOff<'a> {
    /// Who.
    pub doctor: AccountId,
    /// From when until when.
    pub time: Interval,
    /// Why, if they said so.
    pub reason: Option<&'a Reason>,
}

/// Takes time off, and answers it with the calendar to read it in; `None` where booked appointments are in the way,
/// which [`appointments_in_the_way`] names.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token is not good any more.
pub async fn take(writer: &Writer<'_>, new: &NewTimeOff<'_>) -> Result<Option<(TimeOff, Calendar)>, Error> {
    let values = values![
        ":doctor" => new.doctor.get(),
        ":start_at" => new.time.start.timestamp(),
        ":end_at" => new.time.end.timestamp(),
        ":reason" => new.reason.map(Reason::as_str),
    ];
    match writer.change::<TakenRow>(&[&BEGIN, &TAKE, &TAKEN], &TAKEN, values).await {
        Ok(Some(taken)) => Ok(Some((taken.time_off, taken.clinic.read()?.calendar))),
        Ok(None) => Err(domain::Error::NotFound("doctor").into()),
        Err(Failure::Rule(Rule::TimeOffOverAppointments)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// The booked appointments of a doctor's in a stretch of time.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn appointments_in_the_way(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    time: Interval,
) -> Result<Vec<AppointmentId>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":from" => time.start.timestamp() - LONGEST,
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
    ];
    Ok(database.query(&IN_THE_WAY, caller, None, values).await?.unwrap_or_default())
}

/// Takes a doctor's time off back.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token is not good any more.
pub async fn end(writer: &Writer<'_>, doctor: AccountId, id: TimeOffId) -> Result<(), Error> {
    let values = values![":doctor" => doctor.get(), ":id" => id.get()];
    let ended: Option<i64> = writer.change(&[&BEGIN, &END, &ROW], &ROW, values).await?;
    ended.map(drop).ok_or_else(|| domain::Error::NotFound("time off").into())
}
