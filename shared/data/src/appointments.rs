//! Appointments.

use rounds_domain::{
    AccountId, Appointment, AppointmentId, Booking, Calendar, Caller, CancelReason, Day, Error, Instant, Interval,
    Page, Policy, Schedule, Status, WorkingHours,
};
use serde::Deserialize;

use crate::{
    Database,
    clinic::{ClinicRow, clinic},
    error::Failure,
    statement::{gated, statements, values},
};

/// An appointment's document, of the columns in reach.
macro_rules! appointment {
    () => {
        "json_object('id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at,
                     'duration', duration, 'status', status, 'reason', reason, 'version', version)"
    };
}

/// How far around a booking its schedule is read, in seconds: the alternatives lie within 31
/// days, and a calendar day is at most two of 24 hours.
const AROUND: i64 = 33 * 86400;

statements! {
    /// The rules are in the trigger: this inserts, or the database says why not.
    BOOK = "
        INSERT INTO appointments (doctor_id, patient_id, start_at, duration, booked_at,
                                  calendar_version, day_start, day_end, weekday, shift_from, shift)
        SELECT :doctor, id, :start_at, :duration, :now,
               :calendar, :day_start, :day_end, :weekday, :shift_from, :shift
        FROM accounts WHERE id = :caller AND active = 1 AND token_version = :token_version
        RETURNING id";

    /// All that a booking is judged by.
    SCHEDULE = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'active', (SELECT active FROM accounts WHERE id = :doctor AND account_type = 'Doctor'),
          'working_hours', (
             SELECT json_group_array(json_object(
               'weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
             FROM working_hours WHERE doctor_id = :doctor),
          'booked', (
             SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
             FROM (SELECT start_at, duration FROM appointments
                   WHERE doctor_id = :doctor AND status <> 'Cancelled'
                     AND start_at > :from AND start_at < :until ORDER BY start_at)),
          'patient_booked', (
             SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
             FROM (SELECT start_at, duration FROM appointments
                   WHERE patient_id = :patient AND status <> 'Cancelled'
                     AND start_at > :from AND start_at < :until ORDER BY start_at)))"));

    FIND = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'appointment', (SELECT ", appointment!(), " FROM appointments WHERE id = :id))"));

    CANCEL = concat!("
        UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1
        WHERE id = :id AND status = 'Booked' AND start_at > :now
          AND EXISTS (
            SELECT 1 FROM accounts AS caller, clinic
            WHERE caller.id = :caller AND caller.active = 1 AND caller.token_version = :token_version
              AND (caller.account_type = 'Admin' OR caller.id = doctor_id
                   OR (caller.id = patient_id AND start_at - patient_cancel_notice * 60 >= :now)))
        RETURNING json_object('clinic', ", clinic!(), ", 'appointment', ", appointment!(), ")");

    /// `known`: whether the caller has or had an appointment with the patient.
    HISTORY = gated!(concat!("
        SELECT json_object(
          'patient', EXISTS (SELECT 1 FROM accounts WHERE id = :patient AND account_type = 'Patient'),
          'known', EXISTS (SELECT 1 FROM appointments
                           WHERE patient_id = :patient AND doctor_id = :caller AND status <> 'Cancelled'),
          'appointments', (
             SELECT json_group_array(json(document))
             FROM (
               SELECT ", appointment!(), " AS document FROM appointments
               WHERE patient_id = :patient AND (start_at, id) < (:after_start, :after_id)
                 AND start_at >= :from AND start_at < :until
                 AND (:status IS NULL OR status = :status)
               ORDER BY start_at DESC, id DESC LIMIT :limit)))"));
}

#[derive(Deserialize)]
struct ScheduleRow {
    clinic: ClinicRow,
    /// `None` where there is no such doctor.
    active: Option<u8>,
    working_hours: Vec<WorkingHours>,
    booked: Vec<Interval>,
    patient_booked: Vec<Interval>,
}

#[derive(Deserialize)]
struct FoundRow {
    clinic: ClinicRow,
    appointment: Option<Appointment>,
}

/// An appointment, if there is one, with the clinic's policy and calendar of the same moment.
#[derive(Debug)]
pub struct Found {
    /// Whosever it is.
    pub appointment: Option<Appointment>,
    /// The clinic's numbers.
    pub policy: Policy,
    /// In which to read its times.
    pub calendar: Calendar,
}

impl TryFrom<FoundRow> for Found {
    type Error = Error;

    fn try_from(row: FoundRow) -> Result<Self, Error> {
        let calendar = row.clinic.calendar.try_into()?;
        Ok(Self { appointment: row.appointment, policy: row.clinic.policy, calendar })
    }
}

/// A page of a patient's history, and what decides who may see it.
#[derive(Deserialize)]
pub struct History {
    patient: u8,
    known: u8,
    /// Newest start first.
    pub appointments: Vec<Appointment>,
}

impl History {
    /// Whether there is such a patient.
    pub fn is_of_a_patient(&self) -> bool {
        self.patient != 0
    }

    /// Whether the caller is a doctor who has or had an appointment with the patient that was
    /// not cancelled.
    pub fn is_of_the_callers_patient(&self) -> bool {
        self.known != 0
    }
}

/// What a history is searched by. All bounds are half-open.
#[derive(Debug, Default)]
pub struct Filter {
    /// Only these.
    pub status: Option<Status>,
    /// Only what starts then or later.
    pub from: Option<Instant>,
    /// Only what starts before.
    pub until: Option<Instant>,
}

/// Books: one statement, in which the database applies all the rules. `None` where it refused;
/// the [`schedule`] then tells why.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn book(
    database: &Database,
    patient: &Caller,
    doctor: AccountId,
    booking: &Booking,
    calendar: &Calendar,
    now: Instant,
) -> Result<Option<AppointmentId>, Error> {
    let day: Day = calendar.day_of(booking.start);
    let values = values![
        ":doctor" => doctor.get(),
        ":caller" => patient.account_id.get(),
        ":token_version" => patient.token_version,
        ":start_at" => booking.start.timestamp(),
        ":duration" => booking.duration,
        ":now" => now.timestamp(),
        ":calendar" => calendar.version,
        ":day_start" => day.start.timestamp(),
        ":day_end" => day.end.timestamp(),
        ":weekday" => day.weekday,
        ":shift_from" => day.shift_from,
        ":shift" => day.shift,
    ];
    match database.run(&BOOK, values).await {
        Ok(id) => Ok(id),
        Err(Failure::Rule(_)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// What a booking of the caller's around an instant is judged by, in the clinic's calendar of
/// this moment.
///
/// # Errors
/// [`Error::NotFound`] where there is no such doctor, [`Error::Unauthenticated`].
pub async fn schedule(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    around: Instant,
) -> Result<Schedule, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":patient" => caller.account_id.get(),
        ":from" => around.timestamp() - AROUND,
        ":until" => around.timestamp() + AROUND,
    ];
    let row: Option<ScheduleRow> = database.ask(&SCHEDULE, caller, None, values).await?;
    let row = row.ok_or_else(|| Error::Internal("SCHEDULE answered nothing".into()))?;
    let calendar = row.clinic.calendar.try_into()?;
    database.learn(Some(calendar)).await;
    Ok(Schedule {
        policy: row.clinic.policy,
        calendar,
        active: row.active.ok_or(Error::NotFound("doctor"))? != 0,
        working_hours: row.working_hours,
        time_off: Vec::new(),
        booked: row.booked,
        patient_booked: row.patient_booked,
    })
}

/// Looks an appointment up.
///
/// # Errors
/// [`Error::Unauthenticated`]
pub async fn find(database: &Database, caller: &Caller, id: AppointmentId) -> Result<Found, Error> {
    let row: Option<FoundRow> = database.ask(&FIND, caller, None, values![":id" => id.get()]).await?;
    row.ok_or_else(|| Error::Internal("FIND answered nothing".into()))?.try_into()
}

/// Cancels an appointment that the caller can cancel now; `None` where that is not so, for which
/// [`find`] has the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn cancel(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    reason: Option<&CancelReason>,
    now: Instant,
) -> Result<Option<Found>, Error> {
    let values = values![
        ":id" => id.get(),
        ":reason" => reason.map(CancelReason::as_str),
        ":caller" => caller.account_id.get(),
        ":token_version" => caller.token_version,
        ":now" => now.timestamp(),
    ];
    let row: Option<FoundRow> = database.run(&CANCEL, values).await?;
    row.map(Found::try_from).transpose()
}

/// A patient's appointments, newest start first, whoever asks. A place is (start, id).
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn history(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    patient: AccountId,
    filter: &Filter,
    page: Page<(i64, i64)>,
) -> Result<History, Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MAX, 0));
    let values = values![
        ":patient" => patient.get(),
        ":status" => filter.status.map(Status::as_str),
        ":from" => filter.from.map_or(i64::MIN, |from| from.timestamp()),
        ":until" => filter.until.map_or(i64::MAX, |until| until.timestamp()),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":limit" => page.limit + 1,
    ];
    let history = database.ask(&HISTORY, caller, Some(calendar), values).await?;
    history.ok_or_else(|| Error::Internal("HISTORY answered nothing".into()))
}
