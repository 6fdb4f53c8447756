use axum::{extract, response::Response};
use chrono::TimeDelta;
use rounds_data::{
    ATTEMPTS, Error, Versions,
    appointment_links::{AppointmentLink, LinkChange, LinkedAppointment},
    schedules,
};
use rounds_domain::{self as domain, Booking, Interval, Reason, Schedule, Timestamp, parse_timestamp};
use rounds_http::{
    Access, IfMatch, Input, JsonBody, Kind, NoInput, Operation, OptionalJsonBody, PathId, Problem, RequestOrigin,
    Routes, Sample, optional_text_schema, timestamp_schema,
};
use serde_json::json;

use crate::{
    State,
    link::{self, link, response},
};

/// How far before and after a new start the schedule is read. Alternatives are within 31 days, and the schedule must
/// include the whole calendar day of each.
const SCHEDULE_MARGIN: TimeDelta = TimeDelta::days(33);

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/links/{token}/confirm", confirm, |route| {
        let route = route
            .named("confirmByLink", "Say by a mail's link that you will come", Access::ANYONE)
            .description("Sets `confirmed_at`. Confirming again changes nothing and succeeds.")
            .problem(Kind::AppointmentCancelled);
        describe(route, "The confirmed appointment.")
    });
    to.post("/links/{token}/cancel", cancel, |route| {
        let reason = optional_text_schema(Reason::LONGEST, true);
        let route = route
            .named("cancelByLink", "Cancel the appointment of a mail's link", Access::ANYONE)
            .description(
                "Possible if the clinic's policy allows Patients to cancel. Cancelling again changes nothing and succeeds.",
            )
            .optional_body(json!({ "type": "object", "properties": { "reason": reason } }))
            .sample(Sample::body(json!({ "reason": "I am ill." })))
            .problem(Kind::Forbidden);
        describe(route, "The cancelled appointment.")
    });
    to.post("/links/{token}/reschedule", reschedule, |route| {
        let duration = "In minutes, within the clinic's policy. The default is the appointment's present duration.";
        let route = route
            .named("rescheduleByLink", "Reschedule the appointment of a mail's link", Access::ANYONE)
            .description(
                "Possible if the clinic's policy allows Patients to reschedule. The rules are those of \
                 `POST /appointments/{appointment_id}/reschedule`. The link works until the new start.",
            )
            .body(json!({
                "type": "object",
                "required": ["start_date"],
                "properties": {
                    "start_date": timestamp_schema(),
                    "duration": { "type": ["integer", "null"], "description": duration },
                },
            }))
            .sample(Sample::body(json!({ "start_date": "{day}T11:00:00+01:00" })))
            .problem(Kind::Forbidden)
            .problem(Kind::DoctorBusy)
            .problem(Kind::PatientBusy)
            .problem(Kind::DoctorDayFull)
            .problem(Kind::AppointmentCancelled)
            .problem(Kind::InvalidBooking);
        describe(route, "The rescheduled appointment.")
    });
}

fn describe<'a>(route: Operation<'a>, description: &str) -> Operation<'a> {
    let about = "The `ETag` of the appointment that the client has read. If the appointment has changed since, the \
                 answer is 412 and nothing is changed.";
    let route = route
        .request_header("If-Match", about, json!({ "type": "string", "example": "\"1\"" }))
        .problem(Kind::AppointmentChanged)
        .problem(Kind::AppointmentStarted)
        .problem(Kind::Contended);
    link::describe(route, description)
}

/// A change by a link, with the versions that it may change.
struct ByLink<'a> {
    link: AppointmentLink<'a>,
    versions: &'a Versions,
}

impl ByLink<'_> {
    /// Makes a change. The database enforces the rules. `decide` finds the rule that a rejected change breaks, or returns
    /// `false` if nothing has to be changed.
    async fn make(
        &self,
        mut linked: LinkedAppointment,
        change: &LinkChange<'_>,
        decide: impl Fn(&LinkedAppointment) -> Result<bool, domain::Error>,
    ) -> Result<Response, Problem> {
        for _ in 0..ATTEMPTS {
            if let Some(changed) = self.link.change(&linked, self.versions, change).await? {
                return Ok(response(changed, self.link.origin.at));
            }
            linked = self.link.find().await?;
            let decision = decide(&linked);
            // 403 comes before 412.
            if !matches!(decision, Err(domain::Error::Forbidden(_))) {
                self.must_be_of_version(&linked)?;
            }
            if !decision? {
                return Ok(response(linked, self.link.origin.at));
            }
        }
        Err(Error::Contended.into())
    }

    fn must_be_of_version(&self, linked: &LinkedAppointment) -> Result<(), domain::Error> {
        match self.versions.include(linked.appointment.version) {
            true => Ok(()),
            false => Err(domain::Error::PreconditionFailed),
        }
    }

    /// Returns the schedule against which a new start is checked.
    async fn schedule(&self, linked: &LinkedAppointment, start: Timestamp) -> Result<Schedule, Error> {
        let time = Interval { start: start - SCHEDULE_MARGIN, end: start + SCHEDULE_MARGIN };
        schedules::schedule_of_link(self.link.database, linked, time).await
    }
}

async fn confirm(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    PathId(token): PathId<String>,
    IfMatch(versions): IfMatch,
    input: NoInput,
) -> Result<Response, Problem> {
    let by_link = ByLink { link: link(&state, &token, &origin), versions: &versions };
    let linked = by_link.link.find().await?;
    input.finish()?;
    let decide = |linked: &LinkedAppointment| linked.appointment.can_be_confirmed(origin.at);
    by_link.make(linked, &LinkChange::Confirm, decide).await
}

async fn cancel(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    PathId(token): PathId<String>,
    IfMatch(versions): IfMatch,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    let by_link = ByLink { link: link(&state, &token, &origin), versions: &versions };
    let linked = by_link.link.find().await?;
    let decide =
        |linked: &LinkedAppointment| linked.appointment.can_be_cancelled_by_patient(&linked.clinic.policy, origin.at);
    refuse_forbidden(decide(&linked))?;
    let reason = input.optional("reason", str::parse::<Reason>);
    let reason = input.finish(reason)?;
    by_link.make(linked, &LinkChange::Cancel(reason.as_ref()), decide).await
}

/// Returns the error of a reader whom the policy does not allow a change. It comes before those of the input.
fn refuse_forbidden<T>(decision: Result<T, domain::Error>) -> Result<(), domain::Error> {
    match decision {
        Err(forbidden @ domain::Error::Forbidden(_)) => Err(forbidden),
        _ => Ok(()),
    }
}

async fn reschedule(
    extract::State(state): extract::State<State>,
    RequestOrigin(origin): RequestOrigin,
    PathId(token): PathId<String>,
    IfMatch(versions): IfMatch,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    let by_link = ByLink { link: link(&state, &token, &origin), versions: &versions };
    let mut linked = by_link.link.find().await?;
    let (start, duration) = read(&mut input, &by_link, &linked).await?;
    let change = LinkChange::Reschedule(start, duration);
    for _ in 0..ATTEMPTS {
        if let Some(rescheduled) = by_link.link.change(&linked, &versions, &change).await? {
            return Ok(response(rescheduled, origin.at));
        }
        linked = by_link.link.find().await?;
        linked.appointment.must_be_reschedulable_by_patient(&linked.clinic.policy, origin.at)?;
        by_link.must_be_of_version(&linked)?;
        let schedule = by_link.schedule(&linked, start).await?;
        let booking = Booking { start, duration: duration.unwrap_or(linked.appointment.duration) };
        let not_bookable = |refusal| domain::Error::NotBookable(refusal, schedule.calendar);
        schedule.check(&booking, origin.at).map_err(not_bookable)?;
    }
    Err(Error::Contended.into())
}

/// Reads the new start and duration. If one member is invalid, the other is still checked against the rules, so that one
/// response lists every violation. A reader who cannot reschedule gets that error instead.
async fn read(
    input: &mut Input,
    by_link: &ByLink<'_>,
    linked: &LinkedAppointment,
) -> Result<(Timestamp, Option<i64>), Error> {
    let start = input.parsed("start_date", parse_timestamp);
    let duration = input.optional_integer("duration");
    let now = by_link.link.origin.at;
    linked.appointment.must_be_reschedulable_by_patient(&linked.clinic.policy, now)?;
    if let Some(times) = input.complete(start.zip(duration)) {
        return Ok(times);
    }
    let schedule = by_link.schedule(linked, start.unwrap_or(now)).await?;
    Err(input.invalid(schedule.violations(start, duration.flatten(), now)).into())
}
