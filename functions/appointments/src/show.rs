use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, appointments};
use rounds_domain::{Appointment, AppointmentId, Caller};
use rounds_http::{Access, Actor, Authenticated, NoInput, PathId, Problem, Read, Routes};

use crate::body;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/appointments/{appointment_id}", show, |route| {
        let access =
            Access::only("its Doctor, its Patient, and Admins", &[Actor::Doctor, Actor::Patient, Actor::Admin]);
        let route = route.named("getAppointment", "An appointment", access);
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
    let read = read_of_others([&appointment], &caller);
    Ok((Extension(read), body::answer(appointment, &found.calendar)).into_response())
}

/// What the log tells of appointments that were read, but for the caller's own.
pub(crate) fn read_of_others<'a>(appointments: impl IntoIterator<Item = &'a Appointment>, caller: &Caller) -> Read {
    let others = appointments.into_iter().filter(|appointment| !caller.is(appointment.patient_id));
    Read { appointments: others.map(|appointment| appointment.id).collect(), ..Read::default() }
}
