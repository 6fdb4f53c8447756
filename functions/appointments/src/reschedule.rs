use axum::{extract::State, response::Response};
use rounds_data::{
    ATTEMPTS, Database, Error, Writer, appointments,
    bookings::{self, Reschedule},
    schedules::{self, Purpose, Scope},
};
use rounds_domain::{self as domain, Appointment, AppointmentId, Booking, Schedule, Timestamp, parse_timestamp};
use rounds_http::{
    Access, Actor, Authenticated, IfMatch, Input, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample,
    timestamp_schema,
};
use serde_json::json;

use crate::{body, book::schedule_interval, change::if_match};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/{appointment_id}/reschedule", reschedule, |route| {
        // Without `Actor::Patient`: tests use the default policy, which does not allow Patients to reschedule.
        let access = Access::only(
            "its Doctor and Admins, and its Patient if the clinic's policy allows it",
            &[Actor::Doctor, Actor::Admin],
        );
        let route = route
            .named("reschedule", "Reschedule an appointment", access)
            .description(
                "Possible until the appointment starts. The new time must follow all rules of a booking except the \
                 maximum number of upcoming appointments. It may overlap the appointment's present time. \
                 `confirmed_at` becomes `null`.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": {
                        "type": ["integer", "null"],
                        "description": "In minutes, within the clinic's policy. The default is the appointment's \
                                        present duration.",
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
        body::describe(if_match(route), "The rescheduled appointment.")
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
        if let Some(rescheduled) = bookings::reschedule(&writer, &change).await? {
            let appointment = Appointment::visible_to(&caller, rescheduled.appointment)?;
            return Ok(body::response(appointment, &rescheduled.calendar));
        }
        // The database rejected the change: because of the appointment's state, or because it breaks a rule.
        let appointment = appointment_to_reschedule(&writer, id).await?;
        if !change.versions.include(appointment.version) {
            return Err(domain::Error::PreconditionFailed.into());
        }
        let schedule = schedule(&writer, &appointment, start).await?;
        let booking = Booking { start, duration: duration.unwrap_or(appointment.duration) };
        let not_bookable = |refusal| domain::Error::NotBookable(refusal, schedule.calendar);
        schedule.check(&booking, now).map_err(not_bookable)?;
    }
    Err(Error::Contended.into())
}

/// Reads the new start and duration. As for a booking, one response lists every violation. A caller who may not
/// reschedule the appointment gets that error instead of violations.
async fn read(input: &mut Input, writer: &Writer<'_>, id: AppointmentId) -> Result<(Timestamp, Option<i64>), Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.optional_integer("duration");
    if let Some(times) = input.complete(start.zip(duration)) {
        return Ok(times);
    }
    let now = writer.origin.at;
    let appointment = appointment_to_reschedule(writer, id).await?;
    let schedule = schedule(writer, &appointment, start.unwrap_or(now)).await?;
    Err(input.invalid(schedule.violations(start, duration.flatten(), now)).into())
}

/// Returns the schedule against which the new time `start` is checked.
async fn schedule(writer: &Writer<'_>, appointment: &Appointment, start: Timestamp) -> Result<Schedule, Error> {
    let (time, purpose) = (schedule_interval(start), Purpose::Reschedule(appointment.id));
    let scope = Scope { doctor: appointment.doctor_id, time, purpose };
    Ok(schedules::schedule(writer.database, writer.caller, scope).await?.schedule)
}

/// Returns the appointment if the caller can reschedule it.
async fn appointment_to_reschedule(writer: &Writer<'_>, id: AppointmentId) -> Result<Appointment, Error> {
    let found = appointments::find(writer.database, writer.caller, id).await?;
    Ok(Appointment::reschedulable_by(writer.caller, found.appointment, &found.policy, writer.origin.at)?)
}
