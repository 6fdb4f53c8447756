//! The schedules that decide which times can be booked.

use rounds_domain::{
    self as domain, AccountId, Appointment, AppointmentId, AppointmentType, Booked, Calendar, Caller, Clinic, Day,
    Hours, Interval, Policy, Schedule, Terms, Timestamp, TypeId, search_key,
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

/// The longest time from the start of an appointment to the end of the time that it can conflict with, in seconds: the
/// appointment, its buffer, and the buffer of the other appointment.
const LONGEST_BUSY: i64 = LONGEST + 2 * AppointmentType::LONGEST_BUFFER * 60;

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
    hours: Hours,
    closures: Vec<Interval>,
    time_off: Vec<Interval>,
    booked: Vec<Booked>,
    patient_booked: Vec<Interval>,
    open_bookings: i64,
    must_verify_email: u8,
    r#type: Option<AppointmentType>,
    patient: Option<PatientRow>,
    to_reschedule: Option<Appointment>,
    earlier: Option<EarlierBooking>,
}

#[derive(Deserialize)]
struct SchedulesRow {
    r#type: Option<AppointmentType>,
    patient: Option<PatientRow>,
    days: usize,
    clinic: ClinicRow,
    closures: Vec<Interval>,
    patient_booked: Vec<Interval>,
    doctors: Vec<DoctorRow>,
}

#[derive(Deserialize)]
struct DoctorRow {
    doctor_id: AccountId,
    name: String,
    hours: Hours,
    time_off: Vec<Interval>,
    booked: Vec<Booked>,
}

#[derive(Clone, Copy, Deserialize)]
struct PatientRow {
    acts_for: Option<u8>,
    is_their_doctor: u8,
}

/// How the account that books is related to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// It is the patient, or a guardian of the patient.
    pub acts_for: bool,
    /// It is a doctor who has or had an appointment with the patient that is not cancelled.
    pub is_their_doctor: bool,
}

impl From<PatientRow> for Relation {
    fn from(row: PatientRow) -> Self {
        Self { acts_for: row.acts_for == Some(1), is_their_doctor: row.is_their_doctor == 1 }
    }
}

/// The earlier booking with an idempotency key, as it was requested.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    /// The hash of the request, in hexadecimal digits.
    pub(crate) request_hash: Option<String>,
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
    /// To check a booking, or to show what can be booked.
    Book {
        /// The account that books. `None`: anyone, as a Patient.
        booker: Option<&'a Caller>,
        /// The patient. Their own appointments count too.
        patient: Option<AccountId>,
        /// The appointment type.
        type_id: Option<TypeId>,
        /// Whether the working hours and the limits of the day do not apply.
        overridden: bool,
        /// An idempotency key of the account.
        key: Option<&'a str>,
        /// The current time. Later appointments of the patients that the account acts for count as open bookings.
        now: Timestamp,
    },
    /// To check a reschedule of this appointment. The appointment itself does not count, the other appointments of
    /// its patient do, and the limit of open bookings does not apply.
    Reschedule {
        /// The account that reschedules. `None`: a reader of a mail, as a Patient.
        caller: Option<&'a Caller>,
        /// The appointment.
        appointment: AppointmentId,
    },
}

impl<'a> Purpose<'a> {
    /// To show to anyone what can be booked.
    pub fn show(type_id: Option<TypeId>, now: Timestamp) -> Self {
        Self::Book { booker: None, patient: None, type_id, overridden: false, key: None, now }
    }

    fn terms(&self, r#type: Option<&AppointmentType>, rescheduled: Option<&Appointment>) -> Terms {
        let is_staff = |caller: &Option<&Caller>| caller.is_some_and(Caller::is_staff);
        match self {
            Self::Book { booker, overridden, .. } => Terms {
                by_staff: is_staff(booker),
                walk_in: is_staff(booker),
                overridden: *overridden,
                buffer_before: r#type.map_or(0, |r#type| r#type.buffer_before),
                buffer_after: r#type.map_or(0, |r#type| r#type.buffer_after),
            },
            Self::Reschedule { caller, .. } => Terms {
                by_staff: is_staff(caller),
                walk_in: false,
                overridden: false,
                buffer_before: rescheduled.map_or(0, |rescheduled| rescheduled.buffer_before),
                buffer_after: rescheduled.map_or(0, |rescheduled| rescheduled.buffer_after),
            },
        }
    }
}

/// A schedule, and what else was read with it.
#[derive(Debug)]
pub struct ScheduleLookup {
    /// The schedule, with the clinic's current calendar.
    pub schedule: Schedule,
    /// The earlier booking with the idempotency key, if there is one.
    pub earlier: Option<EarlierBooking>,
    /// Whether the policy refuses each booking of the account until its email is verified.
    pub must_verify_email: bool,
    /// The appointment type: the one to book, or the one of the appointment to reschedule. `None` if it does not exist.
    pub r#type: Option<AppointmentType>,
    /// How the account is related to the patient. `None` if the patient does not exist.
    pub relation: Option<Relation>,
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
    let purpose = Purpose::Reschedule { caller: None, appointment: id };
    Ok(public_schedule(database, Scope { doctor, time, purpose }).await?.schedule)
}

/// Reads the schedule of a doctor without a token.
///
/// # Errors
/// [`domain::Error::NotFound`] if the doctor does not exist.
pub async fn public_schedule(database: &Database, scope: Scope<'_>) -> Result<ScheduleLookup, Error> {
    let row: Option<ScheduleRow> = database.read(&PUBLIC_SCHEDULE, scope.values()).await?;
    let row = row.ok_or_else(|| Error::Internal("schedules/schedule returned no row".into()))?;
    read_schedule(database, row, scope.purpose).await
}

impl Scope<'_> {
    fn values(&self) -> Values {
        let (from, until) = (self.time.start.timestamp(), self.time.end.timestamp());
        let time = values![
            ":doctor" => self.doctor.get(), ":from" => from - LONGEST_BUSY, ":until" => until + LONGEST_BUSY];
        time.and(match self.purpose {
            Purpose::Book { booker, patient, type_id, key, now, .. } => values![
                ":booker" => booker.map(|booker| booker.account_id.get()),
                ":patient" => patient.map(AccountId::get),
                ":type" => type_id.map(TypeId::get),
                ":rescheduled" => None::<i64>,
                ":key" => key,
                ":now" => now.timestamp(),
            ],
            Purpose::Reschedule { caller, appointment } => values![
                ":booker" => caller.map(|caller| caller.account_id.get()),
                ":patient" => None::<i64>,
                ":type" => None::<i64>,
                ":rescheduled" => appointment.get(),
                ":key" => None::<String>,
                ":now" => None::<i64>,
            ],
        })
    }
}

async fn read_schedule(database: &Database, row: ScheduleRow, purpose: Purpose<'_>) -> Result<ScheduleLookup, Error> {
    let clinic = row.clinic.read()?;
    database.cache_clinic(&clinic).await;
    let schedule = Schedule {
        policy: clinic.policy,
        calendar: clinic.calendar,
        // The earlier booking with the idempotency key is returned even if this doctor does not exist.
        active: match (row.active, &row.earlier) {
            (None, None) => return Err(domain::Error::NotFound("doctor").into()),
            (active, _) => active == Some(1),
        },
        hours: row.hours,
        closures: row.closures,
        time_off: row.time_off,
        booked: row.booked,
        patient_booked: row.patient_booked,
        // The limit of open bookings applies to new bookings by Patients only.
        open_bookings: match purpose {
            Purpose::Book { booker: Some(booker), .. } if !booker.is_staff() => Some(row.open_bookings),
            _ => None,
        },
        terms: purpose.terms(row.r#type.as_ref(), row.to_reschedule.as_ref()),
    };
    Ok(ScheduleLookup {
        schedule,
        earlier: row.earlier,
        must_verify_email: row.must_verify_email == 1,
        r#type: row.r#type,
        relation: row.patient.map(Relation::from),
        to_reschedule: row.to_reschedule,
    })
}

/// The schedules of some active doctors.
#[derive(Debug)]
pub struct Schedules {
    /// The clinic's policy.
    pub policy: Policy,
    /// The appointment type. `None` if it does not exist.
    pub r#type: Option<AppointmentType>,
    /// How the account is related to the patient. `None` if the patient does not exist.
    pub relation: Option<Relation>,
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
    /// Only doctors who offer this type.
    pub type_id: Option<TypeId>,
    /// The patient. Their own appointments count too.
    pub patient: Option<AccountId>,
    /// Only doctors after this position, which is an id.
    pub after: i64,
}

/// Reads schedules. Returns as many doctors and days as one response can hold.
///
/// # Errors
/// [`domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn schedules(reader: &Reader<'_>, doctors: Doctors<'_>) -> Result<Schedules, Error> {
    let row: SchedulesRow = reader.query_document(&SCHEDULES, doctors.values(Some(reader.caller))).await?;
    Ok(row.read(reader.caller.is_staff())?.0)
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
    let (schedules, present) = row.read(false)?;
    if present.version == calendar.version { Ok(schedules) } else { Err(Error::CalendarChanged) }
}

impl Doctors<'_> {
    fn values(&self, booker: Option<&Caller>) -> Values {
        let ends: Vec<i64> = self.days.iter().map(|day| day.end.timestamp()).collect();
        values![
            ":booker" => booker.map(|booker| booker.account_id.get()),
            ":patient" => self.patient.map(AccountId::get),
            ":type" => self.type_id.map(TypeId::get),
            ":from" => self.days.first().map(|day| day.start.timestamp() - LONGEST_BUSY),
            ":day_ends" => format!("{ends:?}"),
            ":longest_busy" => LONGEST_BUSY,
            ":doctor_days" => DOCTOR_DAYS,
            ":specialty" => self.specialty.map(|specialty| search_key(&[specialty])),
            ":after" => self.after,
            ":limit" => DOCTOR_DAYS + 1,
        ]
    }
}

impl SchedulesRow {
    /// Returns the schedules, and the clinic's present calendar.
    fn read(mut self, by_staff: bool) -> Result<(Schedules, Calendar), Error> {
        let has_more = self.doctors.len() as i64 > DOCTOR_DAYS;
        self.doctors.truncate(DOCTOR_DAYS as usize);
        let clinic: Clinic = self.clinic.read()?;
        let buffer = |of: fn(&AppointmentType) -> i64| self.r#type.as_ref().map_or(0, of);
        let (buffer_before, buffer_after) =
            (buffer(|r#type| r#type.buffer_before), buffer(|r#type| r#type.buffer_after));
        let terms = Terms { by_staff, buffer_before, buffer_after, ..Terms::default() };
        let schedule = |doctor: DoctorRow| DoctorSchedule {
            doctor_id: doctor.doctor_id,
            name: doctor.name,
            schedule: Schedule {
                policy: clinic.policy.clone(),
                calendar: clinic.calendar,
                active: true,
                hours: doctor.hours,
                closures: self.closures.clone(),
                time_off: doctor.time_off,
                booked: doctor.booked,
                patient_booked: self.patient_booked.clone(),
                open_bookings: None,
                terms,
            },
        };
        let doctors: Vec<_> = self.doctors.into_iter().map(schedule).collect();
        let next = doctors.last().filter(|_| has_more).map(|doctor| doctor.doctor_id.get());
        let relation = self.patient.map(Relation::from);
        let schedules =
            Schedules { policy: clinic.policy, r#type: self.r#type, relation, days: self.days, doctors, next };
        Ok((schedules, clinic.calendar))
    }
}
