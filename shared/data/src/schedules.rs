//! What can be booked, when: working hours, and the schedules made of all that decides.

use rounds_domain::{
    self as domain, AccountId, Appointment, AppointmentId, Caller, Clinic, Day, Interval, Policy, Schedule, Timestamp,
    WorkingHours, search_key,
};
use serde::Deserialize;

use crate::{
    Database, Error, Reader, Writer,
    clinic::ClinicRow,
    operations::{BEGIN, ROW},
    statement::{statements, values},
};

/// How long before a stretch of time an appointment can have started that reaches into it, in
/// seconds.
pub(crate) const LONGEST: i64 = 86400;

/// How much one answer holds: a doctor's day is at most some hundred bytes, and a server's answer
/// at most 10 MB.
const DOCTOR_DAYS: i64 = 1000;

statements! {
    SCHEDULE = authenticated "schedules/schedule";
    SCHEDULES = authenticated "schedules/schedules";
    WEEK = "schedules/week";
    CLAIM_WEEK = "schedules/claim_week";
    AUDIT_WEEK = "schedules/audit_week";
    CLEAR_WEEK = "schedules/clear_week";
    FILL_WEEK = "schedules/fill_week";
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
    open_bookings: i64,
    to_reschedule: Option<Appointment>,
    earlier: Option<EarlierBooking>,
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
pub struct EarlierBooking {
    /// The appointment.
    pub id: AppointmentId,
    /// With whom.
    pub doctor_id: AccountId,
    /// From when.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// How long, in minutes.
    pub duration: i64,
}

/// Whose schedule is read, and what of it.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The doctor.
    pub doctor: AccountId,
    /// The time that it must be complete for.
    pub time: Interval,
    /// What is to be judged by it.
    pub purpose: Purpose<'a>,
}

/// What a schedule is to judge.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// A booking.
    Book {
        /// The patient, whose own appointments count too.
        patient: AccountId,
        /// An idempotency key of the patient's.
        key: Option<&'a str>,
        /// The present, from which on the patient's appointments count as ahead.
        now: Timestamp,
    },
    /// The move of an appointment. It does not count itself, its patient's other appointments do, and it does not
    /// matter how many are ahead.
    Reschedule(AppointmentId),
}

/// What a schedule was read with.
#[derive(Debug)]
pub struct FoundSchedule {
    /// What decides what can be booked, in the clinic's calendar of this moment.
    pub schedule: Schedule,
    /// The booking that has had the key before, if there is one.
    pub earlier: Option<EarlierBooking>,
    /// The appointment that is to be moved, if there is one, regardless of whose it is.
    pub to_reschedule: Option<Appointment>,
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

/// Reads a schedule.
///
/// # Errors
/// [`domain::Error::NotFound`] where there is no such doctor, [`domain::Error::Unauthenticated`].
pub async fn schedule(database: &Database, caller: &Caller, scope: Scope<'_>) -> Result<FoundSchedule, Error> {
    let (patient, key, now, moving) = match scope.purpose {
        Purpose::Book { patient, key, now } => (Some(patient), key, Some(now), None),
        Purpose::Reschedule(appointment) => (None, None, None, Some(appointment)),
    };
    let values = values![
        ":doctor" => scope.doctor.get(),
        ":patient" => patient.map(AccountId::get),
        ":from" => scope.time.start.timestamp() - LONGEST,
        ":until" => scope.time.end.timestamp(),
        ":moving" => moving.map(AppointmentId::get),
        ":key" => key,
        ":now" => now.map(|now| now.timestamp()),
    ];
    let row: ScheduleRow = database.query_document(&SCHEDULE, caller, None, values).await?;
    let clinic = row.clinic.read()?;
    database.cache_clinic(&clinic).await;
    let schedule = Schedule {
        policy: clinic.policy,
        calendar: clinic.calendar,
        // That a key was used before is told even of a doctor who is none.
        active: match (row.active, row.earlier) {
            (None, None) => return Err(domain::Error::NotFound("doctor").into()),
            (active, _) => active == Some(1),
        },
        working_hours: row.working_hours,
        time_off: row.time_off,
        booked: row.booked,
        patient_booked: row.patient_booked,
        // The limit is for new bookings.
        open_bookings: moving.is_none().then_some(row.open_bookings),
    };
    Ok(FoundSchedule { schedule, earlier: row.earlier, to_reschedule: row.to_reschedule })
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
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn schedules(
    reader: &Reader<'_>,
    days: &[Day],
    specialty: Option<&str>,
    after: i64,
) -> Result<Schedules, Error> {
    let ends: Vec<i64> = days.iter().map(|day| day.end.timestamp()).collect();
    let values = values![
        ":patient" => reader.caller.account_id.get(),
        ":from" => days.first().map(|day| day.start.timestamp() - LONGEST),
        ":day_ends" => format!("{ends:?}"),
        ":doctor_days" => DOCTOR_DAYS,
        ":specialty" => specialty.map(|specialty| search_key(&[specialty])),
        ":after" => after,
        ":limit" => DOCTOR_DAYS + 1,
    ];
    let mut row: SchedulesRow = reader.query_document(&SCHEDULES, values).await?;
    let more = row.doctors.len() as i64 > DOCTOR_DAYS;
    row.doctors.truncate(DOCTOR_DAYS as usize);
    let clinic: Clinic = row.clinic.read()?;
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
            open_bookings: None,
        },
    };
    let doctors: Vec<_> = row.doctors.into_iter().map(of).collect();
    let next = doctors.last().filter(|_| more).map(|doctor| doctor.doctor_id.get());
    Ok(Schedules { policy: clinic.policy, days: row.days, doctors, next })
}

/// A doctor's week, in order.
///
/// # Errors
/// [`domain::Error::NotFound`]
pub async fn week(database: &Database, doctor: AccountId) -> Result<Vec<WorkingHours>, Error> {
    let week = database.read(&WEEK, values![":doctor" => doctor.get()]).await?;
    week.ok_or_else(|| domain::Error::NotFound("doctor").into())
}

/// Replaces a doctor's week by stretches that are apart.
///
/// # Errors
/// [`domain::Error::NotFound`], also where the caller's token is not good any more.
pub async fn replace_week(writer: &Writer<'_>, doctor: AccountId, hours: &[WorkingHours]) -> Result<(), Error> {
    let hours = serde_json::to_string(hours).map_err(|error| Error::Internal(error.to_string()))?;
    let values = values![":doctor" => doctor.get(), ":hours" => hours];
    let steps = [&BEGIN, &CLAIM_WEEK, &AUDIT_WEEK, &CLEAR_WEEK, &FILL_WEEK, &ROW];
    let replaced: Option<i64> = writer.change(&steps, &ROW, values).await?;
    replaced.map(drop).ok_or_else(|| domain::Error::NotFound("doctor").into())
}
