use axum::{Extension, Json, extract};
use rounds_data::{accounts, accounts::ExportedAppointment, audit::Entry, doctors::ProfileFields, time_off};
use rounds_domain::{Account, AccountId, AppointmentId, Calendar, Status, TimeOffId, wall_clock, weekday_name};
use rounds_http::{Access, Authenticated, NoInput, Problem, Read, RequestOrigin, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::State;

/// Everything that is held about an account, but the hash of its password.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Export {
    account: ExportedAccount,
    /// Where it has signed in from.
    sign_in_sources: Vec<SignInSource>,
    /// Its sign-ins that have not ended.
    sessions: Vec<Session>,
    appointments: Vec<Appointment>,
    time_off: Vec<TimeOff>,
    working_hours: Vec<Hours>,
    /// What it did, and what was done to it and to its appointments as a Patient.
    audit: Vec<AuditEntry>,
}

#[derive(Serialize, JsonSchema)]
struct ExportedAccount {
    #[serde(flatten)]
    account: Account,
    #[serde(flatten)]
    fields: ProfileFields,
    created_at: String,
    signed_in_at: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SignInSource {
    source: String,
    at: String,
}

/// A sign-in that has neither expired nor been revoked.
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
    idempotency_key: Option<String>,
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
            .named("exportMe", "Everything that is held about one's own account", Access::ACCOUNTS)
            .description("Of the sign-ins that failed, the newest thousand.")
            .response::<Export>(200, "The data.")
    });
}

/// GDPR, article 15. Instants are in the clinic's zone.
async fn export(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    input: NoInput,
) -> Result<(Extension<Read>, Json<Export>), Problem> {
    input.finish()?;
    let (held, calendar) = accounts::export(&state.database, &caller, origin.at).await?;
    let appointments = held.appointments.iter().map(|exported| &exported.appointment);
    let others = appointments.filter(|appointment| !caller.is(appointment.patient_id));
    let read = Read { appointments: others.map(|appointment| appointment.id).collect(), ..Read::default() };
    let source = |source: accounts::Source| SignInSource { source: source.source, at: calendar.format(source.at) };
    let export = Export {
        account: ExportedAccount {
            account: held.account,
            fields: held.profile.fields,
            created_at: calendar.format(held.created_at),
            signed_in_at: held.signed_in_at.map(|at| calendar.format(at)),
        },
        sign_in_sources: held.sources.into_iter().map(source).collect(),
        sessions: held
            .sessions
            .iter()
            .map(|session| Session { created_at: calendar.format(session.created_at) })
            .collect(),
        appointments: held.appointments.into_iter().map(|exported| appointment(exported, &calendar)).collect(),
        time_off: held.time_off.into_iter().map(|off| time_off(off, &calendar)).collect(),
        working_hours: held
            .working_hours
            .iter()
            .map(|hours| Hours {
                weekday: weekday_name(hours.weekday),
                start: wall_clock(hours.start_minute),
                end: wall_clock(hours.end_minute),
            })
            .collect(),
        audit: held.audit.into_iter().map(|entry| audit(entry, &calendar)).collect(),
    };
    Ok((Extension(read), Json(export)))
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
        idempotency_key,
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

fn audit(entry: Entry, calendar: &Calendar) -> AuditEntry {
    AuditEntry {
        changes: entry.changes_in(calendar),
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
