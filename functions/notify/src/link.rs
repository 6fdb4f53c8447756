use axum::{
    Extension, Json, extract,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use rounds_data::{
    Origin,
    appointment_links::{AppointmentLink, LinkedAppointment},
};
use rounds_domain::{AccountId, AppointmentId, Language, Status, Timestamp};
use rounds_http::{Access, AccessedData, Kind, NoInput, Operation, PathId, Problem, RequestOrigin, Routes, Version};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::State;

/// The appointment of a mail's link. It has no data of the Patient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LinkedAppointment")]
struct Body {
    id: AppointmentId,
    /// For `GET /doctors/{doctor_id}/availability`, to offer other times.
    doctor_id: AccountId,
    doctor_name: String,
    specialty: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    #[schemars(extend("format" = "date-time"))]
    end_date: String,
    duration: i64,
    status: Status,
    /// When the reader said that they will come. `null` until then, and again after a reschedule.
    #[schemars(extend("format" = "date-time"))]
    confirmed_at: Option<String>,
    /// Whether the reader can confirm it now. It is `false` if it is confirmed already.
    can_confirm: bool,
    /// Whether the clinic's policy allows the reader to cancel it now.
    can_cancel: bool,
    /// Whether the clinic's policy allows the reader to reschedule it now.
    can_reschedule: bool,
    clinic: Clinic,
}

/// How the reader can find and reach the clinic.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LinkedClinic")]
struct Clinic {
    name: String,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    language: Language,
    /// The time zone (IANA) of the times.
    time_zone: String,
}

impl Body {
    fn new(linked: LinkedAppointment, now: Timestamp) -> Self {
        let LinkedAppointment { appointment, specialty, clinic, .. } = linked;
        let (policy, format) = (&clinic.policy, |at| clinic.calendar.format(at));
        Self {
            id: appointment.id,
            doctor_id: appointment.doctor_id,
            doctor_name: appointment.doctor_name.clone(),
            specialty,
            start_date: format(appointment.start_at),
            end_date: format(appointment.start_at + TimeDelta::minutes(appointment.duration)),
            duration: appointment.duration,
            status: appointment.status,
            confirmed_at: appointment.confirmed_at.map(format),
            can_confirm: appointment.can_be_confirmed(now).is_ok_and(|needed| needed),
            can_cancel: appointment.can_be_cancelled_by_patient(policy, now).is_ok_and(|needed| needed),
            can_reschedule: appointment.must_be_reschedulable_by_patient(policy, now).is_ok(),
            clinic: Clinic {
                name: clinic.name,
                phone: clinic.contact.phone,
                email: clinic.contact.email,
                address: clinic.contact.address,
                language: clinic.messages.language,
                time_zone: clinic.calendar.zone.name().to_owned(),
            },
        }
    }
}

/// Returns the response with the appointment of a link, and its version.
pub(crate) fn response(linked: LinkedAppointment, now: Timestamp) -> Response {
    let version = Extension(Version(linked.appointment.version));
    let accessed = AccessedData { appointments: vec![linked.appointment.id], ..AccessedData::default() };
    (version, Extension(accessed), Json(Body::new(linked, now))).into_response()
}

/// Declares what all routes of a link have in common.
pub(crate) fn describe<'a>(route: Operation<'a>, description: &str) -> Operation<'a> {
    let token = json!({ "type": "string", "examples": ["Q2hvb3NlIGEgc2VjcmV0IG9mIDI1NiByYW5kb20gYml"] });
    let tag = "Identifies the appointment's version (for `If-Match`) and this response (for `If-None-Match`).";
    route
        .path_parameter("token", "The last part of the link: 43 characters.", token)
        .response::<Body>(200, description)
        .response_header(200, "ETag", tag, json!({ "type": "string" }))
        .problem(Kind::LinkExpired)
        .problem(Kind::TooManyRequests)
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/links/{token}", show, |route| {
        let route = route.named("getLink", "Get the appointment of a mail's link", Access::ANYONE).description(
            "The link of a mail works until its appointment starts, as often as needed. Reading it changes nothing. \
                 A link that cannot be used counts toward the limits of failed sign-ins.",
        );
        describe(route, "The appointment.")
    });
}

/// Returns the link that a request names.
pub(crate) fn link<'a>(state: &'a State, token: &'a str, origin: &'a Origin) -> AppointmentLink<'a> {
    AppointmentLink { database: &state.database, token, limits: &state.limits, origin }
}

async fn show(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    PathId(token): PathId<String>,
    input: NoInput,
) -> Result<Response, Problem> {
    let linked = link(&state, &token, &origin).find().await?;
    input.finish()?;
    Ok(response(linked, origin.at))
}
