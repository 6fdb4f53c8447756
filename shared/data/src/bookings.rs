//! The two changes that the rules of a booking decide. The rules are in the schema.

use chrono::TimeDelta;
use rounds_domain::{AccountId, AppointmentId, Booking, Calendar, Caller, Day, Instant};
use serde_json::json;

use crate::{
    Database, Error, Origin, Versions,
    appointments::{CHANGED, Found, FoundRow},
    error::{Failure, Rule},
    operations::{BEGIN, ROW},
    statement::{statements, values},
};

statements! {
    BOOK = "bookings/book";
    MOVE = "bookings/move";
    ADD_DAYS = "bookings/add_days";
}

/// How many days are added at once where one is missing: those of a year.
const DAYS_AT_ONCE: usize = 366;

/// What a Patient books.
#[derive(Debug)]
pub struct NewBooking<'a> {
    /// With whom.
    pub doctor: AccountId,
    /// When, and for how long.
    pub booking: Booking,
    /// The client's name for it.
    pub key: Option<&'a str>,
}

/// Books.
///
/// # Errors
/// The outer one where the database did not answer, the inner one where it refused:
/// [`crate::schedules::schedule`] has the reason.
pub async fn book(
    database: &Database,
    patient: &Caller,
    new: &NewBooking<'_>,
    origin: &Origin,
) -> Result<Result<AppointmentId, Rule>, Error> {
    let values = values![
        ":doctor" => new.doctor.get(),
        ":start_at" => new.booking.start.timestamp(),
        ":duration" => new.booking.duration,
        ":key" => new.key,
    ];
    let booked = with_days(database, new.booking.start, async || {
        database.change_by(patient, &[&BEGIN, &BOOK], &ROW, origin, values.clone()).await
    });
    match booked.await? {
        Ok(Some(id)) => Ok(Ok(id)),
        // Only a token that is not good any more books nothing without breaking a rule.
        Ok(None) => Err(rounds_domain::Error::Unauthenticated.into()),
        Err(rule) => Ok(Err(rule)),
    }
}

/// An appointment's move to another time.
#[derive(Debug)]
pub struct Move {
    /// Which.
    pub appointment: AppointmentId,
    /// The versions of it that may be moved.
    pub versions: Versions,
    /// When it is to start.
    pub start: Instant,
    /// How long it is to take, in minutes; as long as before where it is not given.
    pub duration: Option<i64>,
}

/// Moves an appointment; `None` where the caller cannot move it now, for which
/// [`crate::appointments::find`] has the reason.
///
/// # Errors
/// As of [`book`].
pub async fn reschedule(
    database: &Database,
    caller: &Caller,
    change: &Move,
    origin: &Origin,
) -> Result<Result<Option<Found>, Rule>, Error> {
    let values = values![
        ":id" => change.appointment.get(),
        ":versions" => change.versions.to_json(),
        ":start_at" => change.start.timestamp(),
        ":duration" => change.duration,
    ];
    let moved = with_days(database, change.start, async || {
        database.change_by(caller, &[&BEGIN, &MOVE, &CHANGED], &CHANGED, origin, values.clone()).await
    });
    Ok(match moved.await? {
        Ok(row) => Ok(row.map(FoundRow::read).transpose()?),
        Err(rule) => Err(rule),
    })
}

/// Tries a change, and adds the clinic's days once where the day of `start` is not in the database yet.
async fn with_days<T>(
    database: &Database,
    start: Instant,
    change: impl AsyncFn() -> Result<T, Failure>,
) -> Result<Result<T, Rule>, Error> {
    let mut tried = change().await;
    if matches!(tried, Err(Failure::Rule(Rule::DayUnknown))) {
        database.in_calendar(async |calendar| add_days(database, &calendar, start).await).await?;
        tried = change().await;
    }
    match tried {
        Ok(made) => Ok(Ok(made)),
        Err(Failure::Rule(rule)) => Ok(Err(rule)),
        Err(failure) => Err(failure.into()),
    }
}

/// Adds the clinic's days of a year, from the day before `start` on. Sent twice, it adds them once.
async fn add_days(database: &Database, calendar: &Calendar, start: Instant) -> Result<(), Error> {
    let days = calendar.days_from(calendar.day_of(start - TimeDelta::days(1))).take(DAYS_AT_ONCE);
    let row = |day: Day| {
        json!({
            "start_at": day.start.timestamp(), "end_at": day.end.timestamp(), "weekday": day.weekday,
            "shift_from": day.shift_from, "shift": day.shift,
        })
    };
    let days = serde_json::Value::from_iter(days.map(row)).to_string();
    let values = values![":days" => days, ":calendar" => calendar.version];
    let added: Option<i64> = database.repeat(&ADD_DAYS, &crate::statement::Values::new(values)).await?;
    // Where nothing was added the calendar is an old one, or another program was first: reading it again is right
    // in both cases.
    if added.is_none() { database.forget_calendar().await }
    Ok(())
}
