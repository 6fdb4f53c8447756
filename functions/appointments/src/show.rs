use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_domain::{Appointment, AppointmentId, Caller};
use rounds_http::{Access, AccessedData, Actor, Authenticated, NoInput, PathId, Problem, Routes};

use crate::body;

pub(crate) const SEES: [Actor; 4] = [Actor::Doctor, Actor::Patient, Actor::Receptionist, Actor::Admin];

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointments/{appointment_id}", show, |route| {
        let access = Access::only("its Doctor, its patient, the patient's guardians, Receptionists and Admins", &SEES);
        let route = route.named("getAppointment", "Get an appointment", access);
        body::describe(route, "The appointment.")
    });
}

async fn show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppointmentId>,
    input: NoInput,
) -> Result<Response, Problem> {
    let found = appointments::find(&database, &caller, id).await?;
    let appointment = Appointment::visible_to(&caller, found.appointment)?;
    input.finish()?;
    let accessed = data_of_others([&appointment], &caller);
    Ok((Extension(accessed), body::response(appointment, &caller, &found.calendar)).into_response())
}

/// Returns the appointments to log as read. Appointments of patients that the caller acts for are not logged.
pub(crate) fn data_of_others<'a>(
    appointments: impl IntoIterator<Item = &'a Appointment>,
    caller: &Caller,
) -> AccessedData {
    let others = appointments.into_iter().filter(|appointment| !appointment.is_of(caller));
    AccessedData { appointments: others.map(|appointment| appointment.id).collect(), ..AccessedData::default() }
}
