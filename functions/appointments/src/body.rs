use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use rounds_domain::{AccountId, Appointment, AppointmentId, Calendar, Status};
use rounds_http::{Operation, Version};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// An appointment as clients read it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Appointment")]
pub(crate) struct Body {
    id: AppointmentId,
    doctor_id: AccountId,
    patient_id: AccountId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Body {
    pub(crate) fn new(appointment: Appointment, calendar: &Calendar) -> Self {
        Self {
            id: appointment.id,
            doctor_id: appointment.doctor_id,
            patient_id: appointment.patient_id,
            start_date: calendar.format(appointment.start_at),
            duration: appointment.duration,
            status: appointment.status,
            reason: appointment.reason,
        }
    }
}

/// Says that a route answers an appointment, with its version.
pub(crate) fn describe<'a>(route: Operation<'a>, what: &str) -> Operation<'a> {
    let about = "Names its version, for `If-Match`, and this answer, for `If-None-Match`.";
    route.response::<Body>(200, what).with_header(200, "ETag", about, json!({ "type": "string" }))
}

/// Answers one appointment, with its version.
pub(crate) fn answer(appointment: Appointment, calendar: &Calendar) -> Response {
    let version = Extension(Version(appointment.version));
    (version, Json(Body::new(appointment, calendar))).into_response()
}

/// An appointment's place in a list by start.
pub(crate) fn place(appointment: &Appointment) -> (i64, i64) {
    (appointment.start_at.timestamp(), appointment.id.get())
}
