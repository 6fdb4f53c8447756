use axum::{extract::State, response::Response};
use rounds_data::{
    ATTEMPTS, Database, Error, Writer, appointments,
    bookings::{self, Reschedule},
    schedules::{self, Purpose, Scope},
};
use rounds_domain::{self as domain, Appointment, AppointmentId, Booking, Schedule, Timestamp, parse_timestamp};
use rounds_http::{
    Authenticated, IfMatch, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample, timestamp_schema,
};
use serde_json::json;

use crate::{ITS_DOCTOR, body, book::around, change::if_match};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/reschedule", reschedule, |route| {
        let route = route
            .named("reschedule", "Move an appointment", ITS_DOCTOR)
            .description(
                "By all the rules of a booking but the limit of appointments ahead, itself not being in the way; \
                 until it starts.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": {
                        "type": ["integer", "null"],
                        "description": "Minutes, as the clinic's policy allows them; unless given, those it has.",
                    },
                },
            }))
            .sample(Sample::body(json!({ "start_date": "{day}T11:00:00+01:00" })))
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::AppointmentStarted)
            .problem(Kind::AppointmentCancelled)
            .problem(Kind::InvalidBooking)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The appointment, moved.")
    });
}

async fn reschedule(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    let now = origin.at;
    let writer = database.writer(&caller, &origin);
    let (start, duration) = read(&mut input, &writer, id).await?;
    let change = Reschedule { appointment: id, versions, start, duration };

    for _ in 0..ATTEMPTS {
        if let Some(moved) = bookings::reschedule(&writer, &change).await? {
            return Ok(body::answer(Appointment::visible_to(&caller, moved.appointment)?, &moved.calendar));
        }
        // The database refused: because of the appointment, or by the rules.
        let appointment = movable(&writer, id).await?;
        if !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        let schedule = schedule(&writer, &appointment, start).await?;
        let booking = Booking { start, duration: duration.unwrap_or(appointment.duration) };
        let refused = |refusal| domain::Error::NotBookable(refusal, schedule.calendar);
        schedule.check(&booking, now).map_err(refused)?;
    }
    Err(Error::Contended.into())
}

/// Reads the times, as for a booking. Whoever may not move the appointment is not told what is
/// wrong with them.
async fn read(input: &mut Input, writer: &Writer<'_>, id: AppointmentId) -> Result<(Timestamp, Option<i64>), Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.optional_integer("duration");
    if let Some(times) = input.complete(start.zip(duration)) {
        return Ok(times);
    }
    let now = writer.origin.at;
    let appointment = movable(writer, id).await?;
    let schedule = schedule(writer, &appointment, start.unwrap_or(now)).await?;
    Err(input.invalid(schedule.violations(start, duration.flatten(), now)).into())
}

/// What a move to `start` is judged by.
async fn schedule(writer: &Writer<'_>, appointment: &Appointment, start: Timestamp) -> Result<Schedule, Error> {
    let scope =
        Scope { doctor: appointment.doctor_id, time: around(start), purpose: Purpose::Reschedule(appointment.id) };
    Ok(schedules::schedule(writer.database, writer.caller, scope).await?.schedule)
}

/// The appointment, if the caller can move it.
async fn movable(writer: &Writer<'_>, id: AppointmentId) -> Result<Appointment, Error> {
    let found = appointments::find(writer.database, writer.caller, id).await?;
    Ok(Appointment::can_be_rescheduled_by(writer.caller, found.appointment, writer.origin.at)?)
}
