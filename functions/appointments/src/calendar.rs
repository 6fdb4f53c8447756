use axum::{
    Extension,
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_calendar::{Clinic, Event};
use rounds_data::{
    Database,
    appointments::{self, CalendarEntry},
};
use rounds_domain::{Appointment, AppointmentId, Caller, Status};
use rounds_http::{Access, Authenticated, NoInput, PathId, Problem, Routes};
use serde_json::json;

use crate::show::{SEES, data_of_others};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointments/{appointment_id}/calendar", calendar, |route| {
        let access =
            Access::only("its Doctor, its patient, the patient's guardians, Receptionists and Admins", &SEES);
        route
            .named("getAppointmentCalendar", "Get an appointment as a calendar file", access)
            .description(
                "A file with one event (RFC 5545). Its `UID` is that of the event in mails and feeds, and its `SEQUENCE` \
                 grows with each change, so calendar programs replace the event.",
            )
            .response_with(200, "The calendar.", "text/calendar", json!({ "type": "string" }))
    });
}

async fn calendar(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppointmentId>,
    input: NoInput,
) -> Result<Response, Problem> {
    let found = appointments::calendar_entry(&database, &caller, id).await?;
    let entry = found.filter(|entry| entry.appointment.is_visible_to(&caller));
    let entry = entry.ok_or_else(|| Appointment::not_visible_to(&caller))?;
    input.finish()?;
    let accessed = data_of_others([&entry.appointment], &caller);
    let disposition = format!("attachment; filename=\"appointment-{id}.ics\"");
    let headers = [(CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((Extension(accessed), headers, file(entry, &caller)).into_response())
}

/// Returns the calendar. It names the Patient for the Doctor, and the Doctor for all others.
fn file(entry: CalendarEntry, caller: &Caller) -> String {
    let CalendarEntry { appointment, language, changed_at, clinic } = entry;
    let with = if caller.is(appointment.doctor_id) { appointment.patient_name } else { appointment.doctor_name };
    let event = Event {
        id: appointment.id,
        version: appointment.version,
        changed_at,
        start: appointment.start_at,
        duration: appointment.duration,
        is_cancelled: appointment.status == Status::Cancelled,
        with: Some(with),
    };
    let clinic = Clinic { id: clinic.id, name: &clinic.name, address: clinic.contact.address.as_deref() };
    rounds_calendar::event(&event, &clinic, &language)
}
