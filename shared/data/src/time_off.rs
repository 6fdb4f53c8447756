//! Time off of doctors.

use rounds_domain::{self as domain, AccountId, AppointmentId, Calendar, Caller, Interval, Reason, TimeOffId};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Reader, Statement, Writer,
    clinic::ClinicRow,
    error::Failure,
    operations::{BEGIN, ROW},
    rule::Rule,
    schedules::LONGEST,
    statement::{Values, statements, values},
};

statements! {
    LIST = authenticated "time_off/list";
    BEGIN_TIME_OFF = "time_off/begin";
    CANCEL_APPOINTMENTS = "time_off/cancel_appointments";
    ADD = "time_off/add";
    ADDED = "time_off/added";
    OVERLAPPED = authenticated "time_off/overlapped";
    DELETE = "time_off/delete";
}

/// Time off of a doctor.
#[derive(Debug, Deserialize)]
pub struct TimeOff {
    /// The id of the time off.
    pub id: TimeOffId,
    /// The start and the end.
    #[serde(flatten)]
    pub time: Interval,
    /// The reason, if given.
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct AddedRow {
    clinic: ClinicRow,
    time_off: TimeOff,
    cancelled: Vec<AppointmentId>,
}

/// New time off.
#[derive(Debug)]
pub struct Added {
    /// The time off.
    pub time_off: TimeOff,
    /// The appointments that were cancelled for it, in order of start.
    pub cancelled: Vec<AppointmentId>,
    /// The calendar to show it in.
    pub calendar: Calendar,
}

/// The steps that add time off, after the one that begins the operation.
pub(crate) const TAKE: [&Statement; 3] = [&BEGIN_TIME_OFF, &CANCEL_APPOINTMENTS, &ADD];

/// Returns a doctor's time off, in order of start. The position of a page is (start, id).
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

/// Time off to add.
#[derive(Debug)]
pub struct NewTimeOff<'a> {
    /// The Doctor's account.
    pub doctor: AccountId,
    /// The start and the end.
    pub time: Interval,
    /// The reason, if given.
    pub reason: Option<&'a Reason>,
    /// Whether the appointments in this time that have not started are cancelled, with the reason.
    pub cancels: bool,
}

impl NewTimeOff<'_> {
    pub(crate) fn values(&self) -> Values {
        values![
            ":doctor" => self.doctor.get(),
            ":from" => self.time.start.timestamp() - LONGEST,
            ":start_at" => self.time.start.timestamp(),
            ":end_at" => self.time.end.timestamp(),
            ":cancels" => i64::from(self.cancels),
            ":reason" => self.reason.map(Reason::as_str),
        ]
    }
}

/// Adds time off. `None` if it overlaps booked appointments that are not cancelled, which [`overlapped_appointments`] returns.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist, or if the caller's token is no longer valid.
pub async fn add(writer: &Writer<'_>, new: &NewTimeOff<'_>) -> Result<Option<Added>, Error> {
    let steps = [&[&BEGIN], &TAKE[..], &[&ADDED]].concat();
    match writer.change::<AddedRow>(&steps, &ADDED, new.values()).await {
        Ok(Some(AddedRow { clinic, time_off, cancelled })) => {
            Ok(Some(Added { time_off, cancelled, calendar: clinic.read()?.calendar }))
        }
        Ok(None) => Err(domain::Error::NotFound("doctor").into()),
        Err(Failure::Rule(Rule::TimeOffOverAppointments)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Returns the booked appointments of a doctor that overlap a time.
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn overlapped_appointments(
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
    Ok(database.query(&OVERLAPPED, caller, None, values).await?.unwrap_or_default())
}

/// Deletes time off.
///
/// # Errors
/// [`domain::Error::NotFound`] if it does not exist, or if the caller's token is no longer valid.
pub async fn delete(writer: &Writer<'_>, doctor: AccountId, id: TimeOffId) -> Result<(), Error> {
    let values = values![":doctor" => doctor.get(), ":id" => id.get()];
    let deleted: Option<i64> = writer.change(&[&BEGIN, &DELETE, &ROW], &ROW, values).await?;
    deleted.map(drop).ok_or_else(|| domain::Error::NotFound("time off").into())
}
