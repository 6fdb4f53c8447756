//! Appointments: looking them up, listing them, and ending them.

use rounds_domain::{
    AccountId, AccountType, Appointment, AppointmentId, Calendar, Caller, Clinic, Policy, Reason, Status, Timestamp,
};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Reader, Versions, Writer,
    clinic::ClinicRow,
    operations::BEGIN,
    statement::{Values, statements, values},
};

statements! {
    FIND = authenticated "appointments/find";
    CANCEL = "appointments/cancel";
    MARK = "appointments/mark";
    CHANGED = "appointments/changed";
    LIST = authenticated "appointments/list";
    LIST_OF_DOCTOR = authenticated "appointments/list_of_doctor";
    LIST_OF_PATIENT = authenticated "appointments/list_of_patient";
    HISTORY = authenticated "appointments/history";
}

#[derive(Deserialize)]
pub(crate) struct FoundRow {
    clinic: ClinicRow,
    appointment: Option<Appointment>,
}

/// An appointment, if there is one, with the clinic's policy and calendar of the same moment.
#[derive(Debug)]
pub struct FoundAppointment {
    /// Whosever it is.
    pub appointment: Option<Appointment>,
    /// The clinic's numbers.
    pub policy: Policy,
    /// In which to read its times.
    pub calendar: Calendar,
}

impl FoundRow {
    pub(crate) fn read(self) -> Result<FoundAppointment, Error> {
        let Clinic { calendar, policy, .. } = self.clinic.read()?;
        Ok(FoundAppointment { appointment: self.appointment, policy, calendar })
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
    pub from: Option<Timestamp>,
    /// Only what starts before.
    pub until: Option<Timestamp>,
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

    fn values(&self) -> Values {
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
pub async fn find(database: &Database, caller: &Caller, id: AppointmentId) -> Result<FoundAppointment, Error> {
    database.query_document::<FoundRow>(&FIND, caller, None, values![":id" => id.get()]).await?.read()
}

/// What becomes of an appointment.
#[derive(Debug)]
pub enum End<'a> {
    /// It is cancelled, perhaps with a reason.
    Cancelled(Option<&'a Reason>),
    /// It has taken place, or the patient did not come.
    Marked(Status),
}

/// An appointment's end.
#[derive(Debug)]
pub struct Change<'a> {
    /// Which appointment.
    pub appointment: AppointmentId,
    /// The versions of it that may be changed.
    pub versions: &'a Versions,
    /// What becomes of it.
    pub end: End<'a>,
}

/// Cancels or marks an appointment; `None` where the caller cannot do so now, for which [`find`] has the reason.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn change(writer: &Writer<'_>, change: &Change<'_>) -> Result<Option<FoundAppointment>, Error> {
    let (statement, end) = match &change.end {
        End::Cancelled(reason) => (&CANCEL, values![":reason" => reason.map(Reason::as_str)]),
        End::Marked(mark) => (&MARK, values![":mark" => mark.as_str()]),
    };
    let values = values![":id" => change.appointment.get(), ":versions" => change.versions.to_json()].and(end);
    let row: Option<FoundRow> = writer.change(&[&BEGIN, statement, &CHANGED], &CHANGED, values).await?;
    row.map(FoundRow::read).transpose()
}

/// Appointments by start: all for an Admin, their own for a Doctor or Patient. A place is
/// (start, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, filter: &Filter, page: Page<(i64, i64)>) -> Result<Vec<Appointment>, Error> {
    // Which index the list is read by is decided by the statement.
    let own = Some(reader.caller.account_id);
    let (statement, owner) = match (reader.caller.account_type, filter.doctor, filter.patient) {
        (AccountType::Doctor, ..) => (&LIST_OF_DOCTOR, own),
        (AccountType::Patient, ..) => (&LIST_OF_PATIENT, own),
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
    let values = values.and(filter.values());
    Ok(reader.query(statement, values).await?.unwrap_or_default())
}

/// A patient's appointments, newest start first, whoever asks. A place is (start, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn history(
    reader: &Reader<'_>,
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
    let values = values.and(filter.values());
    reader.query_document(&HISTORY, values).await
}
