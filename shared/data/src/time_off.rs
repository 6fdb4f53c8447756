//! When doctors are away.

use rounds_domain::{self as domain, AccountId, AppointmentId, Calendar, Caller, Clinic, Interval, Reason, TimeOffId};
use serde::Deserialize;

use crate::{
    Database, Error, Origin, Page,
    clinic::{ClinicRow, clinic},
    error::Failure,
    schedules::LONGEST,
    statement::{caller, gated, standing, statements, values},
    writes::{WRITTEN, unwritten},
};

macro_rules! time_off_row {
    () => {
        "json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason)"
    };
}

pub(crate) use time_off_row;

statements! {
    TIME_OFF = gated!(concat!("
        SELECT (
          SELECT json_group_array(json(document)) FROM (
            SELECT ", time_off_row!(), " AS document FROM time_off
            WHERE doctor_id = :doctor AND (start_at, id) > (:after_start, :after_id)
            ORDER BY start_at, id LIMIT :limit))
        FROM accounts WHERE id = :doctor AND account_type = 'Doctor'"));

    TAKE_TIME_OFF = concat!("
        INSERT INTO time_off (doctor_id, start_at, end_at, reason, write_id)
        SELECT id, :start_at, :end_at, :reason, :write_id FROM accounts
        WHERE id = :doctor AND account_type = 'Doctor'
          AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING json_object('clinic', ", clinic!(), ", 'time_off', ", time_off_row!(), ")");

    /// What TAKE_TIME_OFF answers, where it was done, even if somebody has ended it since.
    TAKEN = concat!("
        SELECT json_object('clinic', ", clinic!(), ", 'time_off', json_object(
          'id', row_id, 'start_at', :start_at, 'end_at', :end_at, 'reason', :reason))
        FROM writes WHERE write_id = :write_id AND row_id IS NOT NULL");

    /// The appointments that time off would be over.
    IN_THE_WAY = gated!("
        SELECT json_group_array(id) FROM (
          SELECT id FROM appointments
          WHERE doctor_id = :doctor AND status = 'Booked' AND status <> 'Cancelled'
            AND start_at > :from AND start_at < :end_at AND start_at + duration * 60 > :start_at
          ORDER BY start_at)");

    END_TIME_OFF = concat!("
        INSERT INTO time_off_endings (id, write_id)
        SELECT id, :write_id FROM time_off
        WHERE id = :id AND doctor_id = :doctor AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING id");
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
pub async fn list(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    doctor: AccountId,
    page: Page<(i64, i64)>,
) -> Result<Vec<TimeOff>, Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MIN, 0));
    let values = values![
        ":doctor" => doctor.get(),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":limit" => page.limit + 1,
    ];
    database.ask(&TIME_OFF, caller, Some(calendar), values).await?.ok_or(domain::Error::NotFound("doctor").into())
}

/// Takes time off, and answers it with the calendar to read it in; `None` where booked appointments are in the way, which
/// [`appointments_in_the_way`] names.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token has ended.
pub async fn take(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    time: Interval,
    reason: Option<&Reason>,
    origin: &Origin,
) -> Result<Option<(TimeOff, Calendar)>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
        ":reason" => reason.map(Reason::as_str),
    ];
    match database.write::<TakenRow>(&TAKE_TIME_OFF, &TAKEN, origin, values.into_iter().chain(standing(caller))).await {
        Ok(Some(taken)) => Ok(Some((taken.time_off, Clinic::try_from(taken.clinic)?.calendar))),
        Ok(None) => Err(domain::Error::NotFound("doctor").into()),
        Err(Failure::Rule(_)) => Ok(None),
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
    Ok(database.ask(&IN_THE_WAY, caller, None, values).await?.unwrap_or_default())
}

/// Ends time off: it is gone.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token has ended.
pub async fn end(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    id: TimeOffId,
    origin: &Origin,
) -> Result<(), Error> {
    let values = values![":doctor" => doctor.get(), ":id" => id.get()];
    let ended: Option<i64> =
        database.write(&END_TIME_OFF, &WRITTEN, origin, values.into_iter().chain(standing(caller))).await?;
    ended.map(drop).ok_or(domain::Error::NotFound("time off").into())
}
