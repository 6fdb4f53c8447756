//! The two writes that the rules of a booking decide. The rules are in the schema: these either
//! change an appointment, or the database says that it did not.

use rounds_domain::{AccountId, AppointmentId, Booking, Calendar, Caller, Day, Instant};

use crate::{
    Database, Error, Origin, Versions,
    appointments::{CHANGED, Found, FoundRow, appointment, versions},
    clinic::clinic,
    error::Failure,
    statement::{caller, standing, statements, values},
    writes::{WRITTEN, unwritten},
};

statements! {
    BOOK = concat!("
        INSERT INTO appointments (doctor_id, patient_id, start_at, duration, as_of,
                                  write_id, idempotency_key, asked_start_at, asked_duration,
                                  calendar_version, day_start, day_end, weekday, shift_from, shift)
        SELECT :doctor, :caller, :start_at, :duration, :now,
               :write_id, :key, :start_at, :duration,
               :calendar, :day_start, :day_end, :weekday, :shift_from, :shift
        WHERE ", unwritten!(), " AND ", caller!(""), "
        RETURNING id");

    MOVE = concat!("
        UPDATE appointments SET
          start_at = :start_at, duration = coalesce(:duration, duration), as_of = :now,
          version = version + 1, write_id = :write_id,
          calendar_version = :calendar, day_start = :day_start, day_end = :day_end,
          weekday = :weekday, shift_from = :shift_from, shift = :shift
        WHERE id = :id AND status = 'Booked' AND start_at > :now AND ", versions!(), "
          AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = doctor_id)"), "
        RETURNING json_object('clinic', ", clinic!(), ", 'appointment', ", appointment!(), ")");
}

/// A start, and what the database must be told of its day.
fn start(start: Instant, calendar: &Calendar, now: Instant) -> [(&'static str, libsql::Value); 8] {
    let day: Day = calendar.day_of(start);
    values![
        ":start_at" => start.timestamp(),
        ":now" => now.timestamp(),
        ":calendar" => calendar.version,
        ":day_start" => day.start.timestamp(),
        ":day_end" => day.end.timestamp(),
        ":weekday" => day.weekday,
        ":shift_from" => day.shift_from,
        ":shift" => day.shift,
    ]
}

/// Books, under an idempotency key if one is given; `None` where the database refused, for which
/// [`crate::schedules::schedule`] has the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn book(
    database: &Database,
    patient: &Caller,
    doctor: AccountId,
    booking: &Booking,
    key: Option<&str>,
    calendar: &Calendar,
    origin: &Origin,
) -> Result<Option<AppointmentId>, Error> {
    let values = values![":doctor" => doctor.get(), ":key" => key, ":duration" => booking.duration];
    let values = values.into_iter().chain(start(booking.start, calendar, origin.at)).chain(standing(patient));
    unless_refused(database.write(&BOOK, &WRITTEN, origin, values).await)
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
    /// How long it is to take, in minutes; as long as before if that is not said.
    pub duration: Option<i64>,
}

/// Moves an appointment; `None` where the database refused, for which
/// [`crate::appointments::find`] and [`crate::schedules::schedule`] have the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn reschedule(
    database: &Database,
    caller: &Caller,
    change: &Move,
    calendar: &Calendar,
    origin: &Origin,
) -> Result<Option<Found>, Error> {
    let values = values![
        ":id" => change.appointment.get(),
        ":versions" => change.versions.to_json(),
        ":duration" => change.duration,
    ];
    let values = values.into_iter().chain(start(change.start, calendar, origin.at)).chain(standing(caller));
    let row: Option<FoundRow> = unless_refused(database.write(&MOVE, &CHANGED, origin, values).await)?;
    row.map(Found::try_from).transpose()
}

fn unless_refused<T>(result: Result<Option<T>, Failure>) -> Result<Option<T>, Error> {
    match result {
        Err(Failure::Rule(_)) => Ok(None),
        result => Ok(result?),
    }
}
