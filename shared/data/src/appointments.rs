//! Appointments: look up, list, cancel, mark.

use rounds_domain::{
    AccountId, AccountType, Appointment, AppointmentId, Calendar, Caller, Clinic, Note, Policy, Reason, Status,
    Timestamp,
};
use serde::Deserialize;

use crate::{
    Database, Error, Page, Reader, Statement, Versions, Writer,
    clinic::ClinicRow,
    days,
    error::Failure,
    operations::{self, BEGIN},
    rule::Rule,
    statement::{Values, caller_values, statements, values},
};

statements! {
    FIND = authenticated "appointments/find";
    CALENDAR = authenticated "appointments/calendar";
    CANCEL = "appointments/cancel";
    CANCEL_FOLLOWING = "appointments/cancel_following";
    CANCELLED = "appointments/cancelled";
    MARK = "appointments/mark";
    REOPEN = "appointments/reopen";
    NOTE = "appointments/note";
    ARRIVAL = "appointments/arrival";
    CHANGED = "appointments/changed";
    LIST = authenticated "appointments/list";
    LIST_OF_DOCTOR = authenticated "appointments/list_of_doctor";
    LIST_OF_ACCOUNT = authenticated "appointments/list_of_account";
    LIST_OF_PATIENT = authenticated "appointments/list_of_patient";
    HISTORY = authenticated "appointments/history";
}

#[derive(Deserialize)]
pub(crate) struct AppointmentRow {
    clinic: ClinicRow,
    appointment: Option<Appointment>,
    #[serde(default)]
    cancelled: Vec<AppointmentId>,
}

/// The result of looking up an appointment, with the clinic's policy and calendar at the same time.
#[derive(Debug)]
pub struct AppointmentLookup {
    /// The appointment, if it exists. Not checked: whether the caller may see it.
    pub appointment: Option<Appointment>,
    /// The clinic's policy.
    pub policy: Policy,
    /// The clinic's calendar, to show times in.
    pub calendar: Calendar,
    /// The appointments that were cancelled with [`NewState::CancelledWithFollowing`], in order of start.
    pub cancelled: Vec<AppointmentId>,
}

impl AppointmentRow {
    pub(crate) fn read(self) -> Result<AppointmentLookup, Error> {
        let Clinic { calendar, policy, .. } = self.clinic.read()?;
        Ok(AppointmentLookup { appointment: self.appointment, policy, calendar, cancelled: self.cancelled })
    }
}

/// A page of a patient's history, and the data to check who may see it.
#[derive(Deserialize)]
pub struct History {
    is_patient: u8,
    acts_for: u8,
    is_their_doctor: u8,
    /// Latest start first.
    pub appointments: Vec<Appointment>,
}

impl History {
    /// Whether the account is a Patient.
    pub fn is_patient(&self) -> bool {
        self.is_patient != 0
    }

    /// Whether the caller is the patient, or a guardian of the patient.
    pub fn caller_acts_for_patient(&self) -> bool {
        self.acts_for != 0
    }

    /// Whether the caller is a doctor who has or had an appointment with the patient that is not cancelled.
    pub fn caller_is_their_doctor(&self) -> bool {
        self.is_their_doctor != 0
    }
}

/// The filters of lists of appointments. Bounds are half-open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only appointments with this status.
    pub status: Option<Status>,
    /// Only appointments that start then or later.
    pub from: Option<Timestamp>,
    /// Only appointments that start before.
    pub until: Option<Timestamp>,
    /// Only appointments of this doctor.
    pub doctor: Option<AccountId>,
    /// Only appointments of this patient.
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

/// Looks up an appointment.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`]
pub async fn find(database: &Database, caller: &Caller, id: AppointmentId) -> Result<AppointmentLookup, Error> {
    database.query_document::<AppointmentRow>(&FIND, caller, None, values![":id" => id.get()]).await?.read()
}

/// What a calendar says about an appointment.
pub struct CalendarEntry {
    /// The appointment. Not checked: whether the caller may see it.
    pub appointment: Appointment,
    /// The caller's language (BCP 47).
    pub language: String,
    /// When it was booked, rescheduled, cancelled or marked last.
    pub changed_at: Timestamp,
    /// The clinic.
    pub clinic: Clinic,
}

#[derive(Deserialize)]
struct CalendarRow {
    clinic: ClinicRow,
    appointment: Appointment,
    language: String,
    #[serde(with = "chrono::serde::ts_seconds")]
    changed_at: Timestamp,
}

/// Looks up what a calendar says about an appointment. `None` if it does not exist.
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`]
pub async fn calendar_entry(
    database: &Database,
    caller: &Caller,
    id: AppointmentId,
) -> Result<Option<CalendarEntry>, Error> {
    let row: Option<CalendarRow> = database.query(&CALENDAR, caller, None, values![":id" => id.get()]).await?;
    let read = |CalendarRow { clinic, appointment, language, changed_at }| {
        let clinic = ClinicRow::read(clinic)?;
        Ok(CalendarEntry { appointment, language, changed_at, clinic })
    };
    row.map(read).transpose()
}

/// What changes of an appointment, besides its time.
#[derive(Debug)]
pub enum NewState<'a> {
    /// It is cancelled, optionally with a reason.
    Cancelled(Option<&'a Reason>),
    /// It is cancelled, and so are the later ones of its series that have not started and that the caller may cancel.
    CancelledWithFollowing(Option<&'a Reason>),
    /// It is marked as done or as no-show.
    Marked(Status),
    /// Its mark is taken back.
    Reopened,
    /// The patient has arrived, or has not.
    Arrival(bool),
    /// It has another note, or none.
    Noted(Option<&'a Note>),
}

/// A change of an appointment.
#[derive(Debug)]
pub struct Change<'a> {
    /// The appointment's id.
    pub appointment: AppointmentId,
    /// The versions of the appointment that may be changed.
    pub versions: &'a Versions,
    /// The new state.
    pub state: NewState<'a>,
}

impl Change<'_> {
    /// Returns the statements that make the change, and their values.
    pub(crate) fn statements(&self) -> (&'static [&'static Statement], Values) {
        let (statements, values): (&[&Statement], _) = match &self.state {
            NewState::Cancelled(reason) => (&[&CANCEL], values![":reason" => reason.map(Reason::as_str)]),
            NewState::CancelledWithFollowing(reason) => {
                (&[&CANCEL, &CANCEL_FOLLOWING], values![":reason" => reason.map(Reason::as_str)])
            }
            NewState::Marked(mark) => (&[&MARK], values![":mark" => mark.as_str()]),
            NewState::Reopened => (&[&REOPEN], values![]),
            NewState::Arrival(has_arrived) => (&[&ARRIVAL], values![":has_arrived" => i64::from(*has_arrived)]),
            NewState::Noted(note) => (&[&NOTE], values![":note" => note.map(Note::as_str)]),
        };
        let row = values![":id" => self.appointment.get(), ":versions" => self.versions.to_json()];
        (statements, row.and(values))
    }

    /// Returns the statement that reads the result.
    fn read_result(&self) -> &'static Statement {
        if matches!(self.state, NewState::CancelledWithFollowing(_)) { &CANCELLED } else { &CHANGED }
    }
}

/// Changes an appointment. `None` if the caller cannot do that now: [`find`] then has the data to explain why.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::CalendarChanged`] if the time zone changed while days were added.
pub async fn change(writer: &Writer<'_>, change: &Change<'_>) -> Result<Option<AppointmentLookup>, Error> {
    let (statements, values) = change.statements();
    let read_result = change.read_result();
    let steps = [&[&BEGIN], statements, &[read_result]].concat();
    let made = operations::Change { steps: &steps, read_result, origin: writer.origin };
    let values = caller_values(writer.caller).and(values);
    // Whether an appointment can still be corrected depends on the present day.
    let row: Option<AppointmentRow> = match days::change(writer.database, &[writer.origin.at], &made, values).await {
        Err(Failure::Rule(Rule::AppointmentDayOver | Rule::AppointmentOnAnotherDay)) => None,
        changed => changed?,
    };
    row.map(AppointmentRow::read).transpose()
}

/// Returns appointments in order of start: all for the front desk, their own for a Doctor, and those of all patients that
/// they act for, for a Patient. The position of a page is (start, id).
///
/// # Errors
/// [`rounds_domain::Error::Unauthenticated`], [`Error::CalendarChanged`]
pub async fn list(reader: &Reader<'_>, filter: &Filter, page: Page<(i64, i64)>) -> Result<Vec<Appointment>, Error> {
    // The choice of the statement decides which index is used.
    let own = Some(reader.caller.account_id);
    let (statement, owner) = match (reader.caller.account_type, filter.doctor, filter.patient) {
        (AccountType::Doctor, ..) => (&LIST_OF_DOCTOR, own),
        (AccountType::Patient, ..) => (&LIST_OF_ACCOUNT, own),
        (AccountType::Admin | AccountType::Receptionist, _, Some(patient)) => (&LIST_OF_PATIENT, Some(patient)),
        (AccountType::Admin | AccountType::Receptionist, Some(doctor), None) => (&LIST_OF_DOCTOR, Some(doctor)),
        (AccountType::Admin | AccountType::Receptionist, None, None) => (&LIST, None),
    };
    // No id is 0, so (start, 0) is before all appointments with this start.
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

/// Returns a patient's appointments, latest start first. Does not check whether the caller may see them. The
/// position of a page is (start, id).
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
