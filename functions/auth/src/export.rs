use axum::{Extension, Json, extract};
use rounds_data::{accounts, accounts::ExportedAppointment, audit::Entry, doctors::ProfileFields, time_off};
use rounds_domain::{
    AccountId, AppointmentId, Calendar, Guardian, Language, ListedPatient, MessageKind, MessageState, OwnAccount,
    SpecialHours, Status, TimeOffId, TimeRange, joined_week, wall_clock, weekday_name,
};
use rounds_http::{Access, AccessedData, Authenticated, NoInput, Problem, RequestOrigin, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::State;

/// All stored data of an account, except the hash of its password.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Export {
    account: ExportedAccount,
    /// The sources from which the account has signed in.
    sign_in_sources: Vec<SignInSource>,
    /// The sessions that are neither expired nor revoked.
    sessions: Vec<Session>,
    appointments: Vec<Appointment>,
    /// What the staff note about the Patient.
    notes: Option<String>,
    /// The accounts that act for the Patient. `null` for the staff.
    guardians: Option<Vec<Guardian>>,
    /// The patients that the Patient acts for.
    dependants: Vec<Dependant>,
    time_off: Vec<TimeOff>,
    working_hours: Vec<Hours>,
    special_hours: Vec<DateHours>,
    /// The messages to the account, oldest first.
    messages: Vec<Message>,
    /// The changes that the account made, and the changes to the account and to its appointments as a Patient.
    audit: Vec<AuditEntry>,
}

#[derive(Serialize, JsonSchema)]
struct ExportedAccount {
    #[serde(flatten)]
    account: OwnAccount,
    #[serde(flatten)]
    fields: ProfileFields,
    created_at: String,
    signed_in_at: Option<String>,
    /// When the owner showed that the email address is theirs.
    verified_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SignInSource {
    source: String,
    at: String,
}

/// A session that is neither expired nor revoked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedSession")]
struct Session {
    created_at: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedAppointment")]
struct Appointment {
    id: AppointmentId,
    doctor_id: AccountId,
    patient_id: AccountId,
    start_date: String,
    duration: i64,
    status: Status,
    reason: Option<String>,
    note: Option<String>,
    confirmed_at: Option<String>,
    arrived_at: Option<String>,
    idempotency_key: Option<String>,
}

/// A patient whom the account acts for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedDependant")]
struct Dependant {
    #[serde(flatten)]
    patient: ListedPatient,
    /// The language of messages to the patient. `null`: the clinic's.
    language: Option<Language>,
    appointments: Vec<Appointment>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedTimeOff")]
struct TimeOff {
    id: TimeOffId,
    start_date: String,
    end_date: String,
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedWorkingHours")]
struct Hours {
    weekday: &'static str,
    start: String,
    end: String,
}

/// The hours of a doctor on one date.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedSpecialHours")]
struct DateHours {
    date: String,
    hours: Vec<Range>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedTimeRange")]
struct Range {
    start: String,
    end: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedMessage")]
struct Message {
    kind: MessageKind,
    state: MessageState,
    /// The email or the phone number.
    to: Option<String>,
    due_at: String,
    sent_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportedAuditEntry")]
struct AuditEntry {
    id: i64,
    at: String,
    actor_id: Option<AccountId>,
    action: String,
    appointment_id: Option<AppointmentId>,
    account_id: Option<AccountId>,
    request_id: Option<String>,
    source: Option<String>,
    changes: Option<Map<String, Value>>,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/me/export", export, |route| {
        route
            .named("exportMe", "Export all stored data of your own account", Access::ACCOUNTS)
            .description("Includes at most the newest 1000 failed sign-ins.")
            .response::<Export>(200, "The data.")
    });
}

/// Implements the right of access (GDPR, article 15). Timestamps are in the clinic's time zone.
async fn export(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    input: NoInput,
) -> Result<(Extension<AccessedData>, Json<Export>), Problem> {
    input.finish()?;
    let (stored, calendar) = accounts::export(&state.database, &caller, origin.at).await?;
    let appointments = stored.appointments.iter().map(|exported| &exported.appointment);
    let others = appointments.filter(|appointment| !caller.is(appointment.patient_id));
    let accessed =
        AccessedData { appointments: others.map(|appointment| appointment.id).collect(), ..AccessedData::default() };
    let source = |source: accounts::Source| SignInSource { source: source.source, at: calendar.format(source.at) };
    let export = Export {
        account: ExportedAccount {
            account: stored.account,
            fields: stored.profile.fields,
            created_at: calendar.format(stored.created_at),
            signed_in_at: stored.signed_in_at.map(|at| calendar.format(at)),
            verified_at: stored.verified_at.map(|at| calendar.format(at)),
        },
        sign_in_sources: stored.sources.into_iter().map(source).collect(),
        sessions: stored
            .sessions
            .iter()
            .map(|session| Session { created_at: calendar.format(session.created_at) })
            .collect(),
        appointments: stored.appointments.into_iter().map(|exported| appointment(exported, &calendar)).collect(),
        notes: stored.notes,
        guardians: stored.guardians,
        dependants: stored.dependants.into_iter().map(|exported| dependant(exported, &calendar)).collect(),
        time_off: stored.time_off.into_iter().map(|off| time_off(off, &calendar)).collect(),
        working_hours: joined_week(&stored.working_hours)
            .iter()
            .map(|hours| Hours {
                weekday: weekday_name(hours.weekday),
                start: wall_clock(hours.start_minute),
                end: wall_clock(hours.end_minute),
            })
            .collect(),
        special_hours: stored.special_hours.iter().map(special_hours).collect(),
        messages: stored.messages.into_iter().map(|sent| message(sent, &calendar)).collect(),
        audit: stored.audit.into_iter().map(|entry| audit(entry, &calendar)).collect(),
    };
    Ok((Extension(accessed), Json(export)))
}

fn appointment(exported: ExportedAppointment, calendar: &Calendar) -> Appointment {
    let ExportedAppointment { appointment, idempotency_key } = exported;
    Appointment {
        id: appointment.id,
        doctor_id: appointment.doctor_id,
        patient_id: appointment.patient_id,
        start_date: calendar.format(appointment.start_at),
        duration: appointment.duration,
        status: appointment.status,
        reason: appointment.reason,
        note: appointment.note,
        confirmed_at: appointment.confirmed_at.map(|at| calendar.format(at)),
        arrived_at: appointment.arrived_at.map(|at| calendar.format(at)),
        idempotency_key,
    }
}

fn dependant(exported: accounts::Dependant, calendar: &Calendar) -> Dependant {
    let of_dependant =
        |stored| appointment(ExportedAppointment { appointment: stored, idempotency_key: None }, calendar);
    Dependant {
        patient: exported.patient.listed,
        language: exported.patient.language,
        appointments: exported.appointments.into_iter().map(of_dependant).collect(),
    }
}

fn time_off(off: time_off::TimeOff, calendar: &Calendar) -> TimeOff {
    TimeOff {
        id: off.id,
        start_date: calendar.format(off.time.start),
        end_date: calendar.format(off.time.end),
        reason: off.reason,
    }
}

fn special_hours(special: &SpecialHours) -> DateHours {
    let range = |range: &TimeRange| Range { start: wall_clock(range.start_minute), end: wall_clock(range.end_minute) };
    DateHours { date: special.date.to_string(), hours: special.hours.iter().map(range).collect() }
}

fn message(sent: accounts::SentMessage, calendar: &Calendar) -> Message {
    Message {
        kind: sent.kind,
        state: sent.state,
        to: sent.to,
        due_at: calendar.format(sent.due_at),
        sent_at: sent.sent_at.map(|at| calendar.format(at)),
    }
}

fn audit(entry: Entry, calendar: &Calendar) -> AuditEntry {
    AuditEntry {
        changes: entry.formatted_changes(calendar),
        id: entry.id,
        at: calendar.format(entry.at),
        actor_id: entry.actor_id,
        action: entry.action,
        appointment_id: entry.appointment_id,
        account_id: entry.account_id,
        request_id: entry.request_id,
        source: entry.source,
    }
}
