//! What can be booked, when: working hours, and the schedules made of all that decides.

use rounds_domain::{
    AccountId, Appointment, AppointmentId, Calendar, Caller, Clinic, Day, Error, Instant, Interval, Origin, Policy,
    Schedule, WorkingHours, search_key,
};
use serde::Deserialize;

use crate::{
    Database,
    appointments::appointment,
    clinic::{ClinicRow, clinic},
    statement::{caller, gated, standing, statements, values},
    writes::{WRITTEN, unwritten},
};

/// How long before a stretch of time an appointment can have started that reaches into it, in
/// seconds.
pub(crate) const LONGEST: i64 = 86400;

/// How much one answer holds: a doctor's day is at most some hundred bytes, and a server's answer
/// at most 10 MB.
const DOCTOR_DAYS: i64 = 1000;

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

/// The appointments of `$whose` between `:from` and `$until`, but for `:moving`, by start.
macro_rules! booked {
    ($whose:literal, $until:literal) => {
        concat!(
            "json((SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
                   FROM (SELECT start_at, duration FROM appointments
                         WHERE ",
            $whose,
            " AND status <> 'Cancelled' AND id IS NOT :moving
                           AND start_at > :from AND start_at < ",
            $until,
            " ORDER BY start_at)))"
        )
    };
}

/// The time off of the doctor `$doctor` between `:from` and `$until`.
macro_rules! time_off {
    ($doctor:literal, $until:literal) => {
        concat!(
            "json((SELECT json_group_array(json_object('start_at', start_at, 'end_at', end_at))
                   FROM time_off WHERE doctor_id = ",
            $doctor,
            " AND end_at > :from AND start_at < ",
            $until,
            "))"
        )
    };
}

statements! {
    /// All that a booking is judged by, and the booking that has had its key before. Or a move of the
    /// appointment `:moving`, whose patient is then the one that counts.
    SCHEDULE = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'active', (SELECT active FROM accounts WHERE id = :doctor AND account_type = 'Doctor'),
          'working_hours', ", week!(":doctor"), ",
          'time_off', ", time_off!(":doctor", ":until"), ",
          'booked', ", booked!("doctor_id = :doctor", ":until"), ",
          'patient_booked', ", booked!("
              patient_id = coalesce((SELECT patient_id FROM appointments WHERE id = :moving), :patient)", ":until"), ",
          'moving', (SELECT ", appointment!(), " FROM appointments WHERE id = :moving),
          'earlier', (SELECT json_object('id', id, 'doctor_id', doctor_id,
                                         'start_at', asked_start_at, 'duration', asked_duration)
                      FROM appointments WHERE patient_id = :patient AND idempotency_key = :key))"));

    /// The same over active doctors, for as many of the days that end at `:day_ends` as the answer
    /// can hold.
    SCHEDULES = gated!(concat!("
        WITH doctors AS MATERIALIZED (
          SELECT id, name FROM accounts
          WHERE account_type = 'Doctor' AND active = 1 AND id > :after
            AND (:specialty IS NULL OR specialty_key = :specialty)
          ORDER BY id LIMIT :limit),
        days AS MATERIALIZED (
          SELECT key + 1 AS count, value AS until FROM json_each(:day_ends)
          WHERE key < max(1, :doctor_days / (SELECT max(1, count(*)) FROM doctors))
          ORDER BY key DESC LIMIT 1)
        SELECT json_object(
          'days', (SELECT count FROM days),
          'patient_booked', ", booked!("patient_id = :patient", "(SELECT until FROM days)"), ",
          'clinic', ", clinic!(), ",
          'doctors', (
             SELECT json_group_array(json_object('doctor_id', id, 'name', name,
               'working_hours', ", week!("doctors.id"), ",
               'time_off', ", time_off!("doctors.id", "(SELECT until FROM days)"), ",
               'booked', ", booked!("doctor_id = doctors.id", "(SELECT until FROM days)"), "))
             FROM doctors))"));

    WEEK = concat!("SELECT ", week!(":doctor"), " FROM accounts WHERE id = :doctor AND account_type = 'Doctor'");

    REPLACE_WEEK = concat!("
        INSERT INTO week_replacements (doctor_id, hours, write_id)
        SELECT id, :hours, :write_id FROM accounts
        WHERE id = :doctor AND account_type = 'Doctor' AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = :doctor)"), "
        RETURNING doctor_id");
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
    moving: Option<Appointment>,
    earlier: Option<Earlier>,
}

#[derive(Deserialize)]
struct SchedulesRow {
    days: usize,
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
    /// An appointment that is to be moved: it does not count itself, and its patient does in place of `patient`.
    pub moving: Option<AppointmentId>,
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
    let (schedule, earlier, _) = read(database, caller, scope).await?;
    Ok((schedule, earlier))
}

/// The same, and the appointment that is to be moved, if there is one, regardless of whose it is.
///
/// # Errors
/// [`Error::NotFound`] where there is no such doctor, [`Error::Unauthenticated`].
pub async fn schedule_for_move(
    database: &Database,
    caller: &Caller,
    scope: Scope<'_>,
) -> Result<(Schedule, Option<Appointment>), Error> {
    let (schedule, _, moving) = read(database, caller, scope).await?;
    Ok((schedule, moving))
}

async fn read(
    database: &Database,
    caller: &Caller,
    scope: Scope<'_>,
) -> Result<(Schedule, Option<Earlier>, Option<Appointment>), Error> {
    let values = values![
        ":doctor" => scope.doctor.get(),
        ":patient" => scope.patient.get(),
        ":from" => scope.time.start.timestamp() - LONGEST,
        ":until" => scope.time.end.timestamp(),
        ":moving" => scope.moving.map(AppointmentId::get),
        ":key" => scope.key,
    ];
    let row: Option<ScheduleRow> = database.ask(&SCHEDULE, caller, None, values).await?;
    let row = row.ok_or_else(|| Error::Internal("SCHEDULE answered nothing".into()))?;
    let Clinic { calendar, policy, .. } = row.clinic.try_into()?;
    database.learn(Some(calendar)).await;
    let schedule = Schedule {
        policy,
        calendar,
        // That a key was used before is told even of a doctor who is none.
        active: match (row.active, row.earlier) {
            (None, None) => return Err(Error::NotFound("doctor")),
            (active, _) => active == Some(1),
        },
        working_hours: row.working_hours,
        time_off: row.time_off,
        booked: row.booked,
        patient_booked: row.patient_booked,
    };
    Ok((schedule, row.earlier, row.moving))
}

/// Schedules of active doctors.
#[derive(Debug)]
pub struct Schedules {
    /// The clinic's numbers.
    pub policy: Policy,
    /// How many of the days that were asked for they are complete for, from the first: at least one.
    pub days: usize,
    /// By id.
    pub doctors: Vec<DoctorSchedule>,
    /// The place after which there are more doctors, if there are.
    pub next: Option<i64>,
}

/// The schedules of the active doctors after a place (an id), perhaps of one specialty only, for
/// days that follow each other: as many of both as one answer can hold. For a Patient, their own
/// appointments count too.
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn schedules(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    days: &[Day],
    specialty: Option<&str>,
    after: i64,
) -> Result<Schedules, Error> {
    let ends: Vec<i64> = days.iter().map(|day| day.end.timestamp()).collect();
    let values = values![
        ":patient" => caller.account_id.get(),
        ":from" => days.first().map(|day| day.start.timestamp() - LONGEST),
        ":day_ends" => format!("{ends:?}"),
        ":doctor_days" => DOCTOR_DAYS,
        ":moving" => None::<i64>,
        ":specialty" => specialty.map(|specialty| search_key(&[specialty])),
        ":after" => after,
        ":limit" => DOCTOR_DAYS + 1,
    ];
    let row: Option<SchedulesRow> = database.ask(&SCHEDULES, caller, Some(calendar), values).await?;
    let mut row = row.ok_or_else(|| Error::Internal("SCHEDULES answered nothing".into()))?;
    let more = row.doctors.len() as i64 > DOCTOR_DAYS;
    row.doctors.truncate(DOCTOR_DAYS as usize);
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
    let doctors: Vec<_> = row.doctors.into_iter().map(of).collect();
    let next = doctors.last().filter(|_| more).map(|doctor| doctor.doctor_id.get());
    Ok(Schedules { policy: clinic.policy, days: row.days, doctors, next })
}

/// A doctor's week, in order.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn week(database: &Database, doctor: AccountId) -> Result<Vec<WorkingHours>, Error> {
    database.read(&WEEK, values![":doctor" => doctor.get()]).await?.ok_or(Error::NotFound("doctor"))
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
    origin: &Origin,
) -> Result<(), Error> {
    let hours = serde_json::to_string(week).map_err(|error| Error::Internal(error.to_string()))?;
    let values = values![":doctor" => doctor.get(), ":hours" => hours];
    let replaced: Option<i64> =
        database.write(&REPLACE_WEEK, &WRITTEN, origin, values.into_iter().chain(standing(caller))).await?;
    replaced.map(drop).ok_or(Error::NotFound("doctor"))
}
