//! What the routes that book have in common: how they read a booking, and how they explain a refusal.

use chrono::TimeDelta;
use rounds_data::{
    Error, Writer,
    bookings::NewBooking,
    schedules::{self, EarlierBooking, Purpose, ScheduleLookup, Scope},
};
use rounds_domain::{
    self as domain, AccountId, AccountType, Booking, Caller, Code, Interval, Note, Reason, Refusal, Series, Timestamp,
    TypeId, Violation, parse_timestamp,
};
use rounds_http::Input;
use serde_json::{Value, json};

/// How far before and after a booking its schedule is read. Alternatives are within 31 days of the booking, and the
/// schedule must include the whole calendar day of each.
const SCHEDULE_MARGIN: TimeDelta = TimeDelta::days(33);

/// A booking that was read from a request.
pub(crate) struct Requested {
    pub(crate) doctor: AccountId,
    pub(crate) patient: AccountId,
    pub(crate) start: Timestamp,
    pub(crate) series: Option<Series>,
    pub(crate) duration: Option<i64>,
    pub(crate) type_id: Option<TypeId>,
    pub(crate) note: Option<Note>,
    pub(crate) override_reason: Option<Reason>,
    pub(crate) key: Option<String>,
}

impl Requested {
    pub(crate) fn new_booking(&self) -> NewBooking<'_> {
        NewBooking {
            doctor: self.doctor,
            patient: self.patient,
            start: self.start,
            series: self.series,
            duration: self.duration,
            type_id: self.type_id,
            note: self.note.as_ref(),
            override_reason: self.override_reason.as_ref(),
            key: self.key.as_deref(),
        }
    }

    /// Explains why the database refused the booking. Returns the earlier booking if the same request was made before, and
    /// `None` if the booking breaks no rule now: then the state has changed in between.
    pub(crate) async fn explain(&self, writer: &Writer<'_>) -> Result<Option<EarlierBooking>, Error> {
        let found = match self.read(writer, Some(self.start), schedule_interval(self.start)).await? {
            Read::Earlier(earlier) => return Ok(Some(earlier)),
            Read::Schedule(found) => found,
        };
        let not_bookable = |refusal| domain::Error::NotBookable(refusal, found.schedule.calendar);
        found.schedule.check(&self.at(self.start, &found), writer.origin.at).map_err(not_bookable)?;
        Ok(None)
    }

    /// Reads the schedule at a time, unless the same request was made before. Checks everything that does not depend on other
    /// appointments, for a booking at `start`. If that is `None`, checks what does not depend on the start.
    pub(crate) async fn read(
        &self,
        writer: &Writer<'_>,
        start: Option<Timestamp>,
        time: Interval,
    ) -> Result<Read, Error> {
        let overridden = self.override_reason.is_some();
        let members = Members { start, duration: Some(self.duration), type_id: Some(self.type_id), overridden };
        let found = members.schedule(writer, self.doctor, self.patient, self.key.as_deref(), time).await?;
        if let Some(earlier) = found.earlier {
            let is_same = self.new_booking().is_repeated_by(&earlier);
            return if is_same { Ok(Read::Earlier(earlier)) } else { Err(domain::Error::KeyReused.into()) };
        }
        must_be_allowed(writer.caller, self.doctor, &found)?;
        let violations = members.violations(&found, self.doctor, writer);
        if !violations.is_empty() {
            return Err(domain::Error::NotBookable(Refusal::Invalid(violations), found.schedule.calendar).into());
        }
        Ok(Read::Schedule(Box::new(found)))
    }

    /// Returns the booking at a start, with the duration of the type if the request has none.
    pub(crate) fn at(&self, start: Timestamp, found: &ScheduleLookup) -> Booking {
        let duration = self.duration.or(found.r#type.as_ref().map(|r#type| r#type.duration)).unwrap_or_default();
        Booking { start, duration }
    }
}

/// What [`Requested::read`] finds.
pub(crate) enum Read {
    /// The booking that the same request has made before.
    Earlier(EarlierBooking),
    /// The schedule.
    Schedule(Box<ScheduleLookup>),
}

/// The members that the rules of the time depend on. `None`: the input has an invalid value.
#[derive(Clone, Copy)]
pub(crate) struct Members {
    pub(crate) start: Option<Timestamp>,
    pub(crate) duration: Option<Option<i64>>,
    pub(crate) type_id: Option<Option<TypeId>>,
    pub(crate) overridden: bool,
}

impl Members {
    /// Reads `start_date`, `duration` and `type_id`. A booking needs a duration or a type.
    pub(crate) fn read(input: &mut Input) -> Self {
        let start = input.parsed("start_date", parse_timestamp);
        let type_id = input.optional_id("type_id");
        let duration =
            if input.has("type_id") { input.optional_integer("duration") } else { input.integer("duration").map(Some) };
        Self { start, duration, type_id, overridden: false }
    }

    /// Returns the error for input with an invalid member. The other members are still checked, so that one response lists
    /// every violation. A caller who may not book gets that error instead.
    pub(crate) async fn invalid(
        &self,
        input: &mut Input,
        writer: &Writer<'_>,
        doctor: AccountId,
        patient: AccountId,
    ) -> Error {
        let time = schedule_interval(self.start.unwrap_or(writer.origin.at));
        match self.schedule(writer, doctor, patient, None, time).await {
            Ok(found) => match must_be_allowed(writer.caller, doctor, &found) {
                Ok(()) => input.invalid(self.violations(&found, doctor, writer)).into(),
                Err(error) => error.into(),
            },
            Err(error) => error,
        }
    }

    async fn schedule(
        &self,
        writer: &Writer<'_>,
        doctor: AccountId,
        patient: AccountId,
        key: Option<&str>,
        time: Interval,
    ) -> Result<ScheduleLookup, Error> {
        let now = writer.origin.at;
        let purpose = Purpose::Book {
            booker: Some(writer.caller),
            patient: Some(patient),
            type_id: self.type_id.flatten(),
            overridden: self.overridden,
            key,
            now,
        };
        let scope = Scope { doctor, time, purpose };
        schedules::schedule(writer.database, writer.caller, scope).await
    }

    /// Returns the violations of the type, and of rules 1 and 2.
    fn violations(&self, found: &ScheduleLookup, doctor: AccountId, writer: &Writer<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let duration = self.duration.flatten();
        match (self.type_id.flatten(), &found.r#type) {
            (Some(_), None) => {
                let unknown = Code::UnknownType.with_detail("is not an appointment type of this clinic");
                violations.push(Violation::new("type_id", unknown));
            }
            (Some(_), Some(r#type)) => {
                violations.extend(r#type.check(doctor, writer.caller.is_staff()).err());
                if duration.is_some_and(|duration| duration != r#type.duration) {
                    let detail = format!("must be {} minutes, as the type has, or left out", r#type.duration);
                    violations.push(Violation::new("duration", Code::DurationOfType.with_detail(detail)));
                }
            }
            (None, _) => {}
        }
        let duration = duration.or(found.r#type.as_ref().map(|r#type| r#type.duration));
        violations.extend(found.schedule.violations(self.start, duration, writer.origin.at));
        violations
    }
}

/// Checks that the caller may book for this patient with this doctor.
fn must_be_allowed(caller: &Caller, doctor: AccountId, found: &ScheduleLookup) -> Result<(), domain::Error> {
    use domain::Error::{EmailNotVerified, Forbidden, NotFound};
    match (caller.account_type, found.relation) {
        (AccountType::Admin | AccountType::Receptionist, None) => Err(NotFound("patient")),
        (AccountType::Doctor, _) if !caller.is(doctor) => Err(Forbidden("Doctors can book only with themselves.")),
        (AccountType::Doctor, relation) if !relation.is_some_and(|relation| relation.is_their_doctor) => {
            Err(Forbidden("You have no such patient."))
        }
        (AccountType::Patient, relation) if !relation.is_some_and(|relation| relation.acts_for) => {
            Err(Forbidden("You can book only for yourself and your dependants."))
        }
        _ if found.must_verify_email => Err(EmailNotVerified),
        _ => Ok(()),
    }
}

/// Returns the interval of the schedule that is needed to check a start and to find its alternatives.
pub(crate) fn schedule_interval(start: Timestamp) -> Interval {
    Interval { start: start - SCHEDULE_MARGIN, end: start + SCHEDULE_MARGIN }
}

/// Returns the schema of an id in a body.
pub(crate) fn id_in_body_schema(description: &str) -> Value {
    json!({ "type": ["integer", "null"], "minimum": 1, "description": description })
}
