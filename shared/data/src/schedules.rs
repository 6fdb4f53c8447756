//! The schedules that decide which times can be booked.

use rounds_domain::{
    self as domain, AccountId, Appointment, AppointmentId, Calendar, Caller, Clinic, Day, Interval, Policy, Schedule,
    Timestamp, WorkingHours, search_key,
};
use serde::Deserialize;

use crate::{
    Database, Error, Reader,
    appointment_links::LinkedAppointment,
    clinic::ClinicRow,
    statement::{Values, statements, values},
};

/// The longest appointment in seconds. An appointment that overlaps a time starts at most this long before it.
pub(crate) const LONGEST: i64 = 86400;

/// How many days of doctors one response can hold. One day of one doctor has at most a few hundred bytes, and a
/// server's response can have 10 MB.
const DOCTOR_DAYS: i64 = 1000;

statements! {
    SCHEDULE = authenticated "schedules/schedule";
    /// Without the gate. For schedules that need no token.
    PUBLIC_SCHEDULE = "schedules/schedule";
    SCHEDULES = authenticated "schedules/schedules";
    /// Without the gate. For schedules that need no token.
    PUBLIC_SCHEDULES = "schedules/schedules";
}

#[derive(Deserialize)]
struct ScheduleRow {
    clinic: ClinicRow,
    /// `None` if the doctor does not exist.
    active: Option<u8>,
    working_hours: Vec<WorkingHours>,
    time_off: Vec<Interval>,
    booked: Vec<Interval>,
    patient_booked: Vec<Interval>,
    open_bookings: i64,
    must_verify_email: u8,
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

/// The earlier booking with an idempotency key, as it was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct EarlierBooking {
    /// The appointment's id.
    pub id: AppointmentId,
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// The requested start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// The requested duration, in minutes.
    pub duration: i64,
}

/// Which schedule to read, and for which purpose.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The doctor.
    pub doctor: AccountId,
    /// The time for which the schedule must be complete.
    pub time: Interval,
    /// What the schedule is for.
    pub purpose: Purpose<'a>,
}

/// What a schedule is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// To check a booking.
    Book {
        /// The patient. Their own appointments count too.
        patient: AccountId,
        /// An idempotency key of the patient.
        key: Option<&'a str>,
        /// The current time. Later appointments of the patient count as open bookings.
        now: Timestamp,
    },
    /// To check a reschedule of this appointment. The appointment itself does not count, the other appointments of
    /// its patient do, and the limit of open bookings does not apply.
    Reschedule(AppointmentId),
    /// To show it to anyone.
    Show,
}

/// A schedule, and what else was read with it.
#[derive(Debug)]
pub struct ScheduleLookup {
    /// The schedule, with the clinic's current calendar.
    pub schedule: Schedule,
    /// The earlier booking with the idempotency key, if there is one.
    pub earlier: Option<EarlierBooking>,
    /// Whether the policy refuses each booking of the patient until their email is verified.
    pub must_verify_email: bool,
    /// The appointment to reschedule, if it exists. The caller may not be allowed to see it: check that first.
    pub to_reschedule: Option<Appointment>,
}

/// A doctor with their schedule.
#[derive(Debug)]
pub struct DoctorSchedule {
    /// The Doctor's account.
    pub doctor_id: AccountId,
    /// Their name.
    pub name: String,
    /// The doctor's schedule.
    pub schedule: Schedule,
}

/// Reads the schedule of a doctor.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist, [`domain::Error::Unauthenticated`].
pub async fn schedule(database: &Database, caller: &Caller, scope: Scope<'_>) -> Result<ScheduleLookup, Error> {
    let row: ScheduleRow = database.query_document(&SCHEDULE, caller, None, scope.values()).await?;
    read_schedule(database, row, scope.purpose).await
}

/// Reads the schedule that decides to which times the appointment of a link can be rescheduled.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn schedule_of_link(
    database: &Database,
    linked: &LinkedAppointment,
    time: Interval,
) -> Result<Schedule, Error> {
    let Appointment { id, doctor_id: doctor, .. } = linked.appointment;
    read_publicly(database, Scope { doctor, time, purpose: Purpose::Reschedule(id) }).await
}

/// Reads the schedule of a doctor for anyone: the appointments of no patient count.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist.
pub async fn public_schedule(database: &Database, doctor: AccountId, time: Interval) -> Result<Schedule, Error> {
    read_publicly(database, Scope { doctor, time, purpose: Purpose::Show }).await
}

async fn read_publicly(database: &Database, scope: Scope<'_>) -> Result<Schedule, Error> {
    let row: Option<ScheduleRow> = database.read(&PUBLIC_SCHEDULE, scope.values()).await?;
    let row = row.ok_or_else(|| Error::Internal("schedules/schedule returned no row".into()))?;
    Ok(read_schedule(database, row, scope.purpose).await?.schedule)
}

impl Scope<'_> {
    fn values(&self) -> Values {
        let (patient, key, now, rescheduled) = match self.purpose {
            Purpose::Book { patient, key, now } => (Some(patient), key, Some(now), None),
            Purpose::Reschedule(appointment) => (None, None, None, Some(appointment)),
            Purpose::Show => (None, None, None, None),
        };
        values![
            ":doctor" => self.doctor.get(),
            ":patient" => patient.map(AccountId::get),
            ":from" => self.time.start.timestamp() - LONGEST,
            ":until" => self.time.end.timestamp(),
            ":rescheduled" => rescheduled.map(AppointmentId::get),
            ":key" => key,
            ":now" => now.map(|now| now.timestamp()),
        ]
    }
}

async fn read_schedule(database: &Database, row: ScheduleRow, purpose: Purpose<'_>) -> Result<ScheduleLookup, Error> {
    let clinic = row.clinic.read()?;
    database.cache_clinic(&clinic).await;
    let schedule = Schedule {
        policy: clinic.policy,
        calendar: clinic.calendar,
        // The earlier booking with the idempotency key is returned even if this doctor does not exist.
        active: match (row.active, row.earlier) {
            (None, None) => return Err(domain::Error::NotFound("doctor").into()),
            (active, _) => active == Some(1),
        },
        working_hours: row.working_hours,
        time_off: row.time_off,
        booked: row.booked,
        patient_booked: row.patient_booked,
        // The limit of open bookings applies to new bookings only.
        open_bookings: matches!(purpose, Purpose::Book { .. }).then_some(row.open_bookings),
    };
    let must_verify_email = row.must_verify_email == 1;
    Ok(ScheduleLookup { schedule, earlier: row.earlier, must_verify_email, to_reschedule: row.to_reschedule })
}

/// The schedules of some active doctors.
#[derive(Debug)]
pub struct Schedules {
    /// The clinic's policy.
    pub policy: Policy,
    /// For how many of the requested days the schedules are complete, counted from the first. At least one.
    pub days: usize,
    /// In order of id.
    pub doctors: Vec<DoctorSchedule>,
    /// The position of the next page, if there are more doctors.
    pub next: Option<i64>,
}

/// Which schedules to read: those of active doctors.
#[derive(Clone, Copy, Debug)]
pub struct Doctors<'a> {
    /// Consecutive days.
    pub days: &'a [Day],
    /// Only doctors with this specialty.
    pub specialty: Option<&'a str>,
    /// Only doctors after this position, which is an id.
    pub after: i64,
}

/// Reads schedules. Returns as many doctors and days as one response can hold. If the caller is a Patient, their own
/// appointments count too.
///
/// # Errors
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn schedules(reader: &Reader<'_>, doctors: Doctors<'_>) -> Result<Schedules, Error> {
    let row: SchedulesRow = reader.query_document(&SCHEDULES, doctors.values(Some(reader.caller.account_id))).await?;
    Ok(row.read()?.0)
}

/// Reads schedules for anyone: the appointments of no patient count. `calendar` is the one that the days were computed
/// with.
///
/// # Errors
/// [`Error::CalendarChanged`]
pub async fn public_schedules(
    database: &Database,
    calendar: &Calendar,
    doctors: Doctors<'_>,
) -> Result<Schedules, Error> {
    let row: Option<SchedulesRow> = database.read(&PUBLIC_SCHEDULES, doctors.values(None)).await?;
    let row = row.ok_or_else(|| Error::Internal("schedules/schedules returned no row".into()))?;
    let (schedules, present) = row.read()?;
    if present.version == calendar.version { Ok(schedules) } else { Err(Error::CalendarChanged) }
}

impl Doctors<'_> {
    fn values(&self, patient: Option<AccountId>) -> Values {
        let ends: Vec<i64> = self.days.iter().map(|day| day.end.timestamp()).collect();
        values![
            ":patient" => patient.map(AccountId::get),
            ":from" => self.days.first().map(|day| day.start.timestamp() - LONGEST),
            ":day_ends" => format!("{ends:?}"),
            ":doctor_days" => DOCTOR_DAYS,
            ":specialty" => self.specialty.map(|specialty| search_key(&[specialty])),
            ":after" => self.after,
            ":limit" => DOCTOR_DAYS + 1,
        ]
    }
}

impl SchedulesRow {
    /// Returns the schedules, and the clinic's present calendar.
    fn read(mut self) -> Result<(Schedules, Calendar), Error> {
        let has_more = self.doctors.len() as i64 > DOCTOR_DAYS;
        self.doctors.truncate(DOCTOR_DAYS as usize);
        let clinic: Clinic = self.clinic.read()?;
        let schedule = |doctor: DoctorRow| DoctorSchedule {
            doctor_id: doctor.doctor_id,
            name: doctor.name,
            schedule: Schedule {
                policy: clinic.policy.clone(),
                calendar: clinic.calendar,
                active: true,
                working_hours: doctor.working_hours,
                time_off: doctor.time_off,
                booked: doctor.booked,
                patient_booked: self.patient_booked.clone(),
                open_bookings: None,
            },
        };
        let doctors: Vec<_> = self.doctors.into_iter().map(schedule).collect();
        let next = doctors.last().filter(|_| has_more).map(|doctor| doctor.doctor_id.get());
        Ok((Schedules { policy: clinic.policy, days: self.days, doctors, next }, clinic.calendar))
    }
}
