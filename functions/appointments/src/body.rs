use axum::{
    Extension, Json,
    response::{IntoResponse, Response},
};
use rounds_domain::{AccountId, Appointment, AppointmentId, Calendar, Caller, SeriesId, Status, TypeId};
use rounds_http::{Column, Operation, Version};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// An appointment in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Appointment")]
pub(crate) struct Body {
    id: AppointmentId,
    doctor_id: AccountId,
    doctor_name: String,
    patient_id: AccountId,
    patient_name: String,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The series that it was booked in. `null` if it was booked alone.
    series_id: Option<SeriesId>,
    /// The appointment type that was booked.
    type_id: Option<TypeId>,
    type_name: Option<String>,
    /// What the patient or the staff noted.
    note: Option<String>,
    /// Whether the staff booked it against the working hours or the limits of the day.
    overridden: bool,
    /// The patient's phone number (E.164). Only for the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_phone: Option<Option<String>>,
    /// When the patient said, by the link of a message, that they will come. `null` until then, and again after a
    /// reschedule.
    #[schemars(extend("format" = "date-time"))]
    confirmed_at: Option<String>,
    /// When the patient arrived. `null` until then, and again after a reschedule.
    #[schemars(extend("format" = "date-time"))]
    arrived_at: Option<String>,
    /// The start before the last reschedule to another start. `null` if the start never changed.
    #[schemars(extend("format" = "date-time"))]
    moved_from: Option<String>,
}

const PATIENT_PHONE: Column = Column::phone("patient_phone");
/// The columns of the list as CSV: the members of [`Body`].
pub(crate) const COLUMNS: &[Column] = &[
    Column::of("id"),
    Column::of("doctor_id"),
    Column::of("doctor_name"),
    Column::of("patient_id"),
    Column::of("patient_name"),
    Column::of("start_date"),
    Column::of("duration"),
    Column::of("status"),
    Column::of("reason"),
    Column::of("series_id"),
    Column::of("type_id"),
    Column::of("type_name"),
    Column::of("note"),
    Column::of("overridden"),
    PATIENT_PHONE,
    Column::of("confirmed_at"),
    Column::of("arrived_at"),
    Column::of("moved_from"),
];

/// Returns the columns of the list as CSV that a caller may see.
pub(crate) fn columns(caller: &Caller) -> Vec<Column> {
    COLUMNS.iter().copied().filter(|column| caller.is_staff() || *column != PATIENT_PHONE).collect()
}

impl Body {
    pub(crate) fn new(appointment: Appointment, caller: &Caller, calendar: &Calendar) -> Self {
        Self {
            id: appointment.id,
            doctor_id: appointment.doctor_id,
            doctor_name: appointment.doctor_name,
            patient_id: appointment.patient_id,
            patient_name: appointment.patient_name,
            start_date: calendar.format(appointment.start_at),
            duration: appointment.duration,
            status: appointment.status,
            reason: appointment.reason,
            series_id: appointment.series_id,
            type_id: appointment.type_id,
            type_name: appointment.type_name,
            note: appointment.note,
            overridden: appointment.overridden,
            patient_phone: caller.is_staff().then_some(appointment.patient_phone),
            confirmed_at: appointment.confirmed_at.map(|at| calendar.format(at)),
            arrived_at: appointment.arrived_at.map(|at| calendar.format(at)),
            moved_from: appointment.moved_from.map(|at| calendar.format(at)),
        }
    }
}

/// A cancelled appointment in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CancelledAppointment")]
pub(crate) struct Cancelled {
    #[serde(flatten)]
    appointment: Body,
    /// The appointments that this request has cancelled, in order of start. Only in the response to a request with
    /// `following`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<Vec<AppointmentId>>,
}

/// Declares that a route returns an appointment with its version.
pub(crate) fn describe<'a>(route: Operation<'a>, description: &str) -> Operation<'a> {
    describe_as::<Body>(route, description)
}

/// Like [`describe`], with another body.
pub(crate) fn describe_as<'a, T: JsonSchema>(route: Operation<'a>, description: &str) -> Operation<'a> {
    let about = "Identifies the appointment's version (for `If-Match`) and this response (for `If-None-Match`).";
    route.response::<T>(200, description).response_header(200, "ETag", about, json!({ "type": "string" }))
}

/// Declares that a route returns a new appointment with its URL.
pub(crate) fn describe_created<'a>(route: Operation<'a>, description: &str) -> Operation<'a> {
    let url = json!({ "type": "string", "format": "uri-reference" });
    route.response::<Body>(201, description).response_header(201, "Location", "The URL of the appointment.", url)
}

/// Returns the response with one appointment and its version.
pub(crate) fn response(appointment: Appointment, caller: &Caller, calendar: &Calendar) -> Response {
    let version = Extension(Version(appointment.version));
    (version, Json(Body::new(appointment, caller, calendar))).into_response()
}

/// Like [`response`], with the appointments that were cancelled.
pub(crate) fn response_of_cancelled(
    appointment: Appointment,
    caller: &Caller,
    calendar: &Calendar,
    cancelled: Vec<AppointmentId>,
) -> Response {
    let version = Extension(Version(appointment.version));
    let body = Cancelled { appointment: Body::new(appointment, caller, calendar), cancelled: Some(cancelled) };
    (version, Json(body)).into_response()
}

/// Returns an appointment's position in a list that is ordered by start, then by id.
pub(crate) fn position(appointment: &Appointment) -> (i64, i64) {
    (appointment.start_at.timestamp(), appointment.id.get())
}
