//! Doctors, and what their days hold.

use rounds_domain::{AccountId, Calendar, Caller, Day, Error, Instant, Interval, Page, Schedule, Status, WorkingHours};
use serde::{Deserialize, Serialize};

use crate::{
    Database,
    clinic::{ClinicRow, clinic},
    statement::{gated, statements, values},
};

statements! {
    LIST = "
        SELECT json_group_array(json_object('id', id, 'name', name, 'specialty', specialty))
        FROM (
          SELECT id, name, specialty FROM accounts
          WHERE account_type = 'Doctor' AND active = 1 AND id > :after
            AND (:q IS NULL OR instr(search_key, :q) > 0)
            AND (:specialty IS NULL OR specialty_key = :specialty)
          ORDER BY id LIMIT :limit)";

    PROFILE = "
        SELECT json_object('id', id, 'name', name, 'specialty', specialty, 'details', details)
        FROM accounts WHERE id = :doctor AND account_type = 'Doctor' AND active = 1";

    /// NULL where there is no such doctor.
    BOOKED = gated!("
        SELECT (
          SELECT json_group_array(json_object(
            'id', id, 'patient_id', patient_id, 'patient_name', patient_name,
            'start_at', start_at, 'duration', duration, 'status', status))
          FROM (
            SELECT appointments.id, patient_id, patients.name AS patient_name, start_at, duration, status
            FROM appointments JOIN accounts AS patients ON patients.id = patient_id
            WHERE doctor_id = :doctor AND status <> 'Cancelled'
              AND start_at > :after AND start_at < :day_end
            ORDER BY start_at LIMIT :limit))
        FROM accounts WHERE id = :doctor AND account_type = 'Doctor'");

    /// The appointments of the day before are there for those that reach into this one.
    DAYS = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'doctors', (
             SELECT json_group_array(json_object('doctor_id', id, 'name', name,
               'working_hours', json((
                  SELECT json_group_array(json_object(
                    'weekday', weekday, 'start_minute', start_minute, 'end_minute', end_minute))
                  FROM working_hours WHERE doctor_id = doctors.id AND weekday = :weekday)),
               'booked', json((
                  SELECT json_group_array(json_object('start_at', start_at, 'end_at', start_at + duration * 60))
                  FROM (
                    SELECT start_at, duration FROM appointments
                    WHERE doctor_id = doctors.id AND status <> 'Cancelled'
                      AND start_at >= :day_start - 86400 AND start_at < :day_end
                    ORDER BY start_at)))))
             FROM (
               SELECT id, name FROM accounts
               WHERE account_type = 'Doctor' AND active = 1 AND id > :after
               ORDER BY id LIMIT :limit) AS doctors))"));
}

/// A doctor in a list.
#[derive(Debug, Serialize, Deserialize)]
pub struct Doctor {
    /// The Doctor's account.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// Their specialty, if they gave one.
    pub specialty: Option<String>,
}

/// A doctor, with what they say of themselves.
#[derive(Debug, Serialize, Deserialize)]
pub struct Profile {
    /// The Doctor's account.
    pub id: AccountId,
    /// Their name.
    pub name: String,
    /// Their specialty, if they gave one.
    pub specialty: Option<String>,
    /// What they say of themselves, if they do.
    pub details: Option<String>,
}

/// A booked time of a doctor's day.
#[derive(Debug, Deserialize)]
pub struct Booked {
    /// The appointment.
    pub id: rounds_domain::AppointmentId,
    /// The Patient's account.
    pub patient_id: AccountId,
    /// Their name.
    pub patient_name: String,
    /// When it starts.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Instant,
    /// How long it takes, in minutes.
    pub duration: i64,
    /// Anything but cancelled.
    pub status: Status,
}

/// A doctor's day.
#[derive(Debug)]
pub struct DoctorDay {
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// Their name.
    pub name: String,
    /// What decides what can still be booked that day.
    pub schedule: Schedule,
}

#[derive(Deserialize)]
struct DaysRow {
    clinic: ClinicRow,
    doctors: Vec<DoctorRow>,
}

#[derive(Deserialize)]
struct DoctorRow {
    doctor_id: AccountId,
    name: String,
    working_hours: Vec<WorkingHours>,
    booked: Vec<Interval>,
}

/// What doctors are searched by.
#[derive(Debug, Default)]
pub struct Filter {
    /// Part of the name or the specialty, in any case.
    pub q: Option<String>,
    /// The specialty, in any case.
    pub specialty: Option<String>,
}

/// The active doctors, by id. A place is an id.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn list(database: &Database, filter: &Filter, page: Page<i64>) -> Result<Vec<Doctor>, Error> {
    let values = values![
        ":after" => page.after.unwrap_or(0),
        ":q" => filter.q.as_deref().map(str::to_lowercase),
        ":specialty" => filter.specialty.as_deref().map(str::to_lowercase),
        ":limit" => page.limit + 1,
    ];
    Ok(database.run(&LIST, values).await?.unwrap_or_default())
}

/// An active doctor.
///
/// # Errors
/// [`Error::NotFound`]
pub async fn profile(database: &Database, doctor: AccountId) -> Result<Profile, Error> {
    database.run(&PROFILE, values![":doctor" => doctor.get()]).await?.ok_or(Error::NotFound("doctor"))
}

/// The appointments of a doctor that start on `day`, without the cancelled, by start. A place is a
/// start: no two of a doctor's are the same.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn booked(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    doctor: AccountId,
    day: &Day,
    page: Page<i64>,
) -> Result<Vec<Booked>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":after" => page.after.unwrap_or(i64::MIN).max(day.start.timestamp() - 1),
        ":day_end" => day.end.timestamp(),
        ":limit" => page.limit + 1,
    ];
    database.ask(&BOOKED, caller, Some(calendar), values).await?.ok_or(Error::NotFound("doctor"))
}

/// The days of the active doctors, by id. A place is an id.
///
/// # Errors
/// [`Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn days(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    day: &Day,
    page: Page<i64>,
) -> Result<Vec<DoctorDay>, Error> {
    let values = values![
        ":weekday" => day.weekday,
        ":day_start" => day.start.timestamp(),
        ":day_end" => day.end.timestamp(),
        ":after" => page.after.unwrap_or(0),
        ":limit" => page.limit + 1,
    ];
    let row: Option<DaysRow> = database.ask(&DAYS, caller, Some(calendar), values).await?;
    let row = row.ok_or_else(|| Error::Internal("DAYS answered nothing".into()))?;
    let day_of = |doctor: DoctorRow| DoctorDay {
        doctor_id: doctor.doctor_id,
        name: doctor.name,
        schedule: Schedule {
            policy: row.clinic.policy.clone(),
            calendar: *calendar,
            active: true,
            working_hours: doctor.working_hours,
            time_off: Vec::new(),
            booked: doctor.booked,
            patient_booked: Vec::new(),
        },
    };
    Ok(row.doctors.into_iter().map(day_of).collect())
}
