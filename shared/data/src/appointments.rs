//! Appointments: looking them up, listing them, and ending them.

use rounds_domain::{
    AccountId, AccountType, Appointment, AppointmentId, Calendar, Caller, Clinic, Instant, Policy, Reason, Status,
};
use serde::Deserialize;

use crate::{
    Database, Error, Origin, Page, Versions,
    clinic::{ClinicRow, clinic},
    statement::{caller, gated, standing, statements, values},
    writes::{unwritten, written},
};

/// An appointment's document, of the columns in reach.
macro_rules! appointment {
    () => {
        "json_object('id', id, 'doctor_id', doctor_id, 'patient_id', patient_id, 'start_at', start_at,
                     'duration', duration, 'status', status, 'reason', reason, 'version', version)"
    };
}

/// The condition that the appointment's version is one of `:versions`.
macro_rules! versions {
    () => {
        "(:versions IS NULL OR version IN (SELECT value FROM json_each(:versions)))"
    };
}

/// A page of the appointments with `$owner`, by start in the direction of `$order`, from a place on up to
/// `$end`. There is one bound at each end: SQLite seeks to one only, and reads past what only others leave out.
macro_rules! list {
    ($owner:literal, $after:literal, $order:literal, $end:literal) => {
        concat!(
            "SELECT json_group_array(json(document))
             FROM (
               SELECT ",
            appointment!(),
            " AS document FROM appointments
               WHERE ",
            $owner,
            " (start_at, id) ",
            $after,
            " (:after_start, :after_id) AND ",
            $end,
            " AND (:status IS NULL OR status = :status)
                 AND (:doctor IS NULL OR doctor_id = :doctor) AND (:patient IS NULL OR patient_id = :patient)
               ORDER BY start_at ",
            $order,
            ", id ",
            $order,
            " LIMIT :limit)"
        )
    };
}

pub(crate) use {appointment, versions};

statements! {
    FIND = gated!(concat!("
        SELECT json_object(
          'clinic', ", clinic!(), ",
          'appointment', (SELECT ", appointment!(), " FROM appointments WHERE id = :id))"));

    CANCEL = concat!("
        UPDATE appointments SET status = 'Cancelled', reason = :reason, version = version + 1, write_id = :write_id
        WHERE id = :id AND status = 'Booked' AND start_at > :now AND ", versions!(), "
          AND ", unwritten!(), "
          AND ", caller!("
            AND (caller.account_type = 'Admin' OR caller.id = doctor_id
                 OR (caller.id = patient_id
                     AND start_at - (SELECT patient_cancel_notice FROM clinic) * 60 >= :now))"), "
        RETURNING json_object('clinic', ", clinic!(), ", 'appointment', ", appointment!(), ")");

    MARK = concat!("
        UPDATE appointments SET status = :mark, version = version + 1, write_id = :write_id
        WHERE id = :id AND status NOT IN ('Cancelled', :mark) AND start_at <= :now
          AND ", versions!(), " AND ", unwritten!(), "
          AND ", caller!("AND (caller.account_type = 'Admin' OR caller.id = doctor_id)"), "
        RETURNING json_object('clinic', ", clinic!(), ", 'appointment', ", appointment!(), ")");

    /// What a change answers, where it was made, of the appointment as it is now.
    CHANGED = concat!("
        SELECT json_object('clinic', ", clinic!(), ", 'appointment', ", appointment!(), ")
        FROM appointments WHERE id = ", written!());

    LIST = gated!(list!("", ">", "ASC", "start_at < :until"));
    LIST_OF_DOCTOR = gated!(list!("doctor_id = :owner AND", ">", "ASC", "start_at < :until"));
    LIST_OF_PATIENT = gated!(list!("patient_id = :owner AND", ">", "ASC", "start_at < :until"));

    /// `known`: whether the caller has or had an appointment with the patient.
    HISTORY = gated!(concat!("
        SELECT json_object(
          'patient', EXISTS (SELECT 1 FROM accounts WHERE id = :owner AND account_type = 'Patient'),
          'known', EXISTS (SELECT 1 FROM appointments
                           WHERE patient_id = :owner AND doctor_id = :caller AND status <> 'Cancelled'),
          'appointments', json((", list!("patient_id = :owner AND", "<", "DESC", "start_at >= :from"), ")))"));
}

#[derive(Deserialize)]
pub(crate) struct FoundRow {
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
        let Clinic { calendar, policy, .. } = row.clinic.try_into()?;
        Ok(Self { appointment: row.appointment, policy, calendar })
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

/// What lists are searched by. All bounds are half-open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only these.
    pub status: Option<Status>,
    /// Only what starts then or later.
    pub from: Option<Instant>,
    /// Only what starts before.
    pub until: Option<Instant>,
    /// Only this doctor's.
    pub doctor: Option<AccountId>,
    /// Only this patient's.
    pub patient: Option<AccountId>,
}

impl Filter {
    fn from(&self) -> i64 {
        self.from.map_or(i64::MIN, |from| from.timestamp())
    }

    fn until(&self) -> i64 {
        self.until.map_or(i64::MAX, |until| until.timestamp())
    }

    fn values(&self) -> [(&'static str, libsql::Value); 3] {
        values![
            ":status" => self.status.map(Status::as_str),
            ":doctor" => self.doctor.map(AccountId::get),
            ":patient" => self.patient.map(AccountId::get),
        ]
    }
}

/// Looks an appointment up.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`]
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
    versions: &Versions,
    reason: Option<&Reason>,
    origin: &Origin,
) -> Result<Option<Found>, Error> {
    let values = values![
        ":id" => id.get(),
        ":versions" => versions.to_json(),
        ":reason" => reason.map(Reason::as_str),
        ":now" => origin.at.timestamp(),
    ];
    let row: Option<FoundRow> =
        database.write(&CANCEL, &CHANGED, origin, values.into_iter().chain(standing(caller))).await?;
    row.map(Found::try_from).transpose()
}

/// Marks an appointment that the caller can mark so now; `None` where that is not so, for which
/// [`find`] has the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn mark(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
    versions: &Versions,
    mark: Status,
    origin: &Origin,
) -> Result<Option<Found>, Error> {
    let values = values![
        ":id" => id.get(),
        ":versions" => versions.to_json(),
        ":mark" => mark.as_str(),
        ":now" => origin.at.timestamp(),
    ];
    let row: Option<FoundRow> =
        database.write(&MARK, &CHANGED, origin, values.into_iter().chain(standing(caller))).await?;
    row.map(Found::try_from).transpose()
}

/// Appointments by start: all for an Admin, their own for a Doctor or Patient. A place is
/// (start, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    filter: &Filter,
    page: Page<(i64, i64)>,
) -> Result<Vec<Appointment>, Error> {
    // Which index the list is read by is decided by the statement.
    let (statement, owner) = match (caller.account_type, filter.doctor, filter.patient) {
        (AccountType::Doctor, ..) => (&LIST_OF_DOCTOR, Some(caller.account_id)),
        (AccountType::Patient, ..) => (&LIST_OF_PATIENT, Some(caller.account_id)),
        (AccountType::Admin, _, Some(patient)) => (&LIST_OF_PATIENT, Some(patient)),
        (AccountType::Admin, Some(doctor), None) => (&LIST_OF_DOCTOR, Some(doctor)),
        (AccountType::Admin, None, None) => (&LIST, None),
    };
    // No id is 0: what is after (start, 0) starts then or later.
    let (after_start, after_id) = page.after.unwrap_or((i64::MIN, 0)).max((filter.from(), 0));
    let values = values![
        ":owner" => owner.map(AccountId::get),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":until" => filter.until(),
        ":limit" => page.limit + 1,
    ];
    let values: Vec<_> = values.into_iter().chain(filter.values()).collect();
    Ok(database.ask(statement, caller, Some(calendar), values).await?.unwrap_or_default())
}

/// A patient's appointments, newest start first, whoever asks. A place is (start, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn history(
    database: &Database,
    caller: &Caller,
    calendar: &Calendar,
    patient: AccountId,
    filter: &Filter,
    page: Page<(i64, i64)>,
) -> Result<History, Error> {
    let (after_start, after_id) = page.after.unwrap_or((i64::MAX, 0)).min((filter.until(), 0));
    let values = values![
        ":owner" => patient.get(),
        ":after_start" => after_start,
        ":after_id" => after_id,
        ":from" => filter.from(),
        ":limit" => page.limit + 1,
    ];
    let values: Vec<_> = values.into_iter().chain(filter.values()).collect();
    let history = database.ask(&HISTORY, caller, Some(calendar), values).await?;
    history.ok_or_else(|| Error::Internal("HISTORY answered nothing".into()))
}
