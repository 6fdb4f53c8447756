//! What can be booked, when: working hours, time off, and the schedules made of them.

use rounds_domain::{
    AccountId, AppointmentId, Calendar, Caller, Clinic, Day, Error, Instant, Interval, Page, Policy, Reason, Schedule,
    TimeOffId, WorkingHours, without_case,
};
use serde::Deserialize;

use crate::{
    Database,
    clinic::{ClinicRow, clinic},
    error::Failure,
    statement::{caller, gated, standing, statements, values},
};

/// How long before a stretch of time an appointment can have started that reaches into it, in
/// seconds.
const LONGEST: i64 = 86400;

/// The week of the doctor `$doctor`, as a part of a document.
macro_rules! week {
    ($doctor:literal) => {
        concat!(
            "json((SELECT json_group_array(json_object(
                     'weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
                   FROM (SELECT * FROM working_hours WHERE doctor_id = ",
            $doctor,
            " ORDER BY weekday, start_minute)))"
        )
    };
}

/// The appointments of `$whose` between `:from` and `:until`, but for `:except`, by start.
macro_rules! booked {
    ($whose:literal) => {
        concat!(
            "json((SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
                   FROM (SELECT start_at, duration FROM appointments
                         WHERE ",
            $whose,
            " AND status <> 'Cancelled' AND id IS NOT :except
                           AND start_at > :from AND start_at < :until ORDER BY start_at)))"
        )
    };
}

/// The time off of the doctor `$doctor` between `:from` and `:until`.
macro_rules! time_off {
    ($doctor:literal) => {
        concat!(
            "json((SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at))
                   FROM time_off WHERE doctor_id = ",
            $doctor,
            " AND end_at > :from AND start_at < :until))"
        )
    };
}

macro_rules! time_off_row {
    () => {
        "json_object('id', id, 'start_at', start_at, 'end_at', end_at, 'reason', reason)"
    };
}

statements! {
    /// All that a booking is judged by, and the booking that has had its key before.
    SCHEDULE = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'active', (SELECT active FROM accounts WHERE id = :doctor AND account_type = 'Doctor'),
          'working_hours', ", week!(":doctor"), ",
          'time_off', ", time_off!(":doctor"), ",
          'booked', ", booked!("doctor_id = :doctor"), ",
          'patient_booked', ", booked!("patient_id = :patient"), ",
          'earlier', (SELECT json_object('id', id, 'doctor_id', doctor_id,
                                         'start_at', asked_start_at, 'duration', asked_duration)
                      FROM appointments WHERE patient_id = :patient AND idempotency_key = :key))"));

    /// The same over the active doctors.
    SCHEDULES = gated!(concat!("
        SELECT json_object(
          'patient_booked', ", booked!("patient_id = :patient"), ",
          'clinic', ", clinic!(), ",
          'doctors', (
             SELECT json_group_array(json_object('doctor_id', id, 'name', name,
               'working_hours', ", week!("doctors.id"), ",
               'time_off', ", time_off!("doctors.id"), ",
               'booked', ", booked!("doctor_id = doctors.id"), "))
             FROM (
               SELECT id, name FROM accounts
               WHERE account_type = 'Doctor' AND active = 1 AND id > :after
                 AND (:specialty IS NULL OR specialty_key = :specialty)
               ORDER BY id LIMIT :limit) AS doctors))"));

    WEEK = concat!("SELECT ", week!(":doctor"), " FROM accounts WHERE id = :doctor AND account_type = 'Doctor'");

    REPLACE_WEEK = concat!("
        INSERT INTO weeks SELECT id, :hours FROM accounts
        WHERE id = :doctor AND account_type = 'Doctor'
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING doctor_id");

    TIME_OFF = gated!(concat!("
        SELECT (
          SELECT json_group_array(json(document)) FROM (
            SELECT ", time_off_row!(), " AS document FROM time_off
            WHERE doctor_id = :doctor AND (start_at, id) > (:after_start, :after_id)
            ORDER BY start_at, id LIMIT :limit))
        FROM accounts WHERE id = :doctor AND account_type = 'Doctor'"));

    TAKE_TIME_OFF = concat!("
        INSERT INTO time_off (doctor_id, start_at, end_at, reason)
        SELECT id, :start_at, :end_at, :reason FROM accounts
        WHERE id = :doctor AND account_type = 'Doctor'
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING ", time_off_row!());

    /// The appointments that time off would be over.
    IN_THE_WAY = gated!("
        SELECT json_group_array(id) FROM (
          SELECT id FROM appointments
          WHERE doctor_id = :doctor AND status = 'Booked' AND status <> 'Cancelled'
            AND start_at > :from AND start_at < :end_at AND start_at + duration * 60 > :start_at
          ORDER BY start_at)");

    END_TIME_OFF = concat!("
        DELETE FROM time_off WHERE id = :id AND doctor_id = :doctor
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING id");
}

#[derive(Deserialize)]
struct ScheduleRow {
    clinic: ClinicRow,
    /// `None` where there is no such doctor.
    active: Option<u8>,
    working_hours: Vec<WorkingHours>,
    time_off: Vec<Interval>,
    booked: Vec<Interval>,
    patient_booked: Vec<Interval>,
    earlier: Option<Earlier>,
}

#[derive(Deserialize)]
struct SchedulesRow {
    clinic: ClinicRow,
    patient_booked: Vec<Interval>,
    doctors: Vec<DoctorRow>,
}

#[derive(Deserialize)]
struct DoctorRow {
    doctor_id: AccountId,
    name: String,
    working_hours: Vec<WorkingHours>,
    time_off: Vec<Interval>,
    booked: Vec<Interval>,
}

/// A booking that has had an idempotency key, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Earlier {
    /// The appointment.
    pub id: AppointmentId,
    /// With whom.
    pub doctor_id: AccountId,
    /// From when.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Instant,
    /// How long, in minutes.
    pub duration: i64,
}

/// Whose schedule is read, and what of it.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The doctor.
    pub doctor: AccountId,
    /// The patient whose own appointments count too.
    pub patient: AccountId,
    /// The time that it must be complete for.
    pub time: Interval,
    /// An appointment that does not count.
    pub except: Option<AppointmentId>,
    /// An idempotency key of the patient's.
    pub key: Option<&'a str>,
}

/// A doctor with their schedule.
#[derive(Debug)]
pub struct DoctorSchedule {
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// Their name.
    pub name: String,
    /// What decides what can be booked with them.
    pub schedule: Schedule,
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

/// Reads a schedule, in the clinic's calendar of this moment; and the booking that has had the
/// key before, if there is one.
///
/// # Errors
/// [`Error::NotFound`] where there is no such doctor, [`Error::Unauthenticated`].
pub async fn schedule(
    database: &Database,
    caller: &Caller,
    scope: Scope<'_>,
) -> Result<(Schedule, Option<Earlier>), Error> {
    let values = values![
        ":doctor" => scope.doctor.get(),
        ":patient" => scope.patient.get(),
        ":from" => scope.time.start.timestamp() - LONGEST,
        ":until" => scope.time.end.timestamp(),
        ":except" => scope.except.map(AppointmentId::get),
        ":key" => scope.key,
    ];
    let row: Option<ScheduleRow> = database.ask(&SCHEDULE, caller, None, values).await?;
    let row = row.ok_or_else(|| Error::Internal("SCHEDULE answered nothing".into()))?;
    let Clinic { calendar, policy, .. } = row.clinic.try_into()?;
    database.learn(Some(calendar)).await;
    let schedule = Schedule {
        policy,
        calendar,
        active: row.active.ok_or(Error::NotFound("doctor"))? != 0,
        working_hours: row.working_hours,
        time_off: row.time_off,
        booked: row.booked,
        patient_booked: row.patient_booked,
    };
    Ok((schedule, row.earlier))
}

/// The clinic's policy, and the schedules of the active doctors for a day, by id, perhaps of one specialty only; for a
/// Patient, their own appointments count too. A place is an id.
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn schedules(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    day: &Day,
    specialty: Option<&str>,
    page: Page<i64>,
) -> Result<(Policy, Vec<DoctorSchedule>), Error> {
    let values = values![
        ":patient" => caller.account_id.get(),
        ":from" => day.start.timestamp() - LONGEST,
        ":until" => day.end.timestamp(),
        ":except" => None::<i64>,
        ":specialty" => specialty.map(without_case),
        ":after" => page.after.unwrap_or(0),
        ":limit" => page.limit + 1,
    ];
    let row: Option<SchedulesRow> = database.ask(&SCHEDULES, caller, Some(calendar), values).await?;
    let row = row.ok_or_else(|| Error::Internal("SCHEDULES answered nothing".into()))?;
    let clinic: Clinic = row.clinic.try_into()?;
    let of = |doctor: DoctorRow| DoctorSchedule {
        doctor_id: doctor.doctor_id,
        name: doctor.name,
        schedule: Schedule {
            policy: clinic.policy.clone(),
            calendar: clinic.calendar,
            active: true,
            working_hours: doctor.working_hours,
            time_off: doctor.time_off,
            booked: doctor.booked,
            patient_booked: row.patient_booked.clone(),
        },
    };
    let doctors = row.doctors.into_iter().map(of).collect();
    Ok((clinic.policy, doctors))
}

/// A doctor's week, in order.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn week(database: &Database, doctor: AccountId) -> Result<Vec<WorkingHours>, Error> {
    database.run(&WEEK, values![":doctor" => doctor.get()]).await?.ok_or(Error::NotFound("doctor"))
}

/// Replaces a doctor's week by another, whose stretches must be apart.
///
/// # Errors
/// [`Error::NotFound`], also where the caller's token has ended.
pub async fn replace_week(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    week: &[WorkingHours],
) -> Result<(), Error> {
    let hours = serde_json::to_string(week).map_err(|error| Error::Internal(error.to_string()))?;
    let values = values![":doctor" => doctor.get(), ":hours" => hours];
    let replaced: Option<i64> = database.run(&REPLACE_WEEK, values.into_iter().chain(standing(caller))).await?;
    replaced.map(drop).ok_or(Error::NotFound("doctor"))
}

/// A doctor's time off, by start. A place is (start, id).
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn time_off(
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
    database.ask(&TIME_OFF, caller, Some(calendar), values).await?.ok_or(Error::NotFound("doctor"))
}

/// Takes time off; `None` where booked appointments are in the way, which
/// [`appointments_in_the_way`] names.
///
/// # Errors
/// [`Error::NotFound`], also where the caller's token has ended.
pub async fn take_time_off(
    database: &Database,
    caller: &Caller,
    doctor: AccountId,
    time: Interval,
    reason: Option<&Reason>,
) -> Result<Option<TimeOff>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":start_at" => time.start.timestamp(),
        ":end_at" => time.end.timestamp(),
        ":reason" => reason.map(Reason::as_str),
    ];
    match database.run(&TAKE_TIME_OFF, values.into_iter().chain(standing(caller))).await {
        Ok(taken) => taken.map(Some).ok_or(Error::NotFound("doctor")),
        Err(Failure::Rule(_)) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// The booked appointments of a doctor's in a stretch of time.
///
/// # Errors
/// [`Error::Unauthenticated`]
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
/// [`Error::NotFound`], also where the caller's token has ended.
pub async fn end_time_off(database: &Database, caller: &Caller, doctor: AccountId, id: TimeOffId) -> Result<(), Error> {
    let values = values![":doctor" => doctor.get(), ":id" => id.get()];
    let ended: Option<i64> = database.run(&END_TIME_OFF, values.into_iter().chain(standing(caller))).await?;
    ended.map(drop).ok_or(Error::NotFound("time off"))
}
