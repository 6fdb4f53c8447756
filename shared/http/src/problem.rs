use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
    response::IntoResponse,
};
use rounds_domain::{self as domain, Calendar, Conflict, Conflicts, Obstacle, Refusal, Slot, Violation};
use rounds_request::{Error, Usage};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{CountedEvent, Kind};

/// An error for a client: `application/problem+json` (RFC 9457). This file chooses the kind of every error.
///
/// As a response it has no body yet. The middleware writes the body later, when the request id is available.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    /// The kind's status, unless a layer answered with another one.
    status: StatusCode,
    /// The kind's title, unless there is a more specific one.
    title: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    log: Log,
    counted: Option<CountedEvent>,
}

/// The part of a problem that is only for the log.
#[derive(Clone, Debug)]
enum Log {
    Nothing,
    /// Too many concurrent changes. Has the rule that rejected the last write, if any.
    Contended(Option<&'static str>),
    /// An error for an operator.
    Error(String),
}

/// The JSON document of a problem.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    request_id: &'a str,
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            status: kind.status(),
            title: kind.title(),
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
            log: Log::Nothing,
            counted: None,
        }
    }

    fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a member to the JSON document.
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.into(), value);
        self
    }

    /// Adds an event that the metrics count.
    #[must_use]
    pub fn counted(self, counted: CountedEvent) -> Self {
        Self { counted: Some(counted), ..self }
    }

    /// Returns 400: the request cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Kind::MalformedRequest, detail)
    }

    /// Returns 404. The detail names what does not exist.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    /// Returns 415: the body is not JSON.
    pub fn unsupported_media_type() -> Self {
        Self::new(Kind::UnsupportedMediaType, "Send the body as JSON, with Content-Type: application/json.")
    }

    /// Returns 413: the body is larger than the limit.
    pub fn content_too_large(limit: usize) -> Self {
        Self::new(Kind::ContentTooLarge, format!("Send at most {} KiB.", limit / 1024))
    }

    /// Returns 431: the headers are larger than the limit.
    pub fn headers_too_large(limit: usize) -> Self {
        Self::new(Kind::HeadersTooLarge, format!("Send headers of at most {} KiB.", limit / 1024))
    }

    /// Returns 408: the body did not arrive within the limit.
    pub fn request_timeout(limit: Duration) -> Self {
        Self::new(Kind::RequestTimeout, format!("Send the whole body within {} seconds.", limit.as_secs()))
    }

    fn invalid(kind: Kind, violations: &[Violation]) -> Self {
        let detail = violations.iter().map(|violation| {
            let name = violation.pointer.trim_start_matches('/');
            if name.is_empty() { violation.detail.to_string() } else { format!("{name} {}", violation.detail) }
        });
        let detail = detail.collect::<Vec<_>>().join("; ") + ".";
        Self::new(kind, detail).member("errors", json!(violations))
    }

    fn conflict(conflicts: &Conflicts, alternatives: &[Slot], calendar: &Calendar) -> Self {
        let detail = match alternatives {
            _ if conflicts.all().any(|conflict| conflict == Conflict::TooManyOpenBookings) => {
                "You have as many upcoming appointments as the clinic allows. Cancel one, or call the clinic."
            }
            [] => "This doctor has no free slot within 31 days. Try another doctor.",
            _ => "Book one of the alternatives, or another time.",
        };
        let types: Vec<_> = conflicts.all().map(|conflict| kind_of(conflict).path()).collect();
        let slot = |slot: &Slot| json!({ "start_date": calendar.format(slot.start), "duration": slot.duration });
        let alternatives: Vec<_> = alternatives.iter().map(slot).collect();
        Self::new(kind_of(conflicts.first), detail)
            .member("violations", json!(types))
            .member("alternatives", json!(alternatives))
    }

    /// Returns 409: appointments of a series cannot be booked. `occurrences` has all of the series, each with its problem.
    pub fn series_refused(occurrences: Value) -> Self {
        let detail = "Book those without a problem, with skip_conflicts, or choose another start.";
        Self::new(Kind::SeriesRefused, detail).member("occurrences", occurrences)
    }

    fn unavailable(kind: Kind, detail: &str, reason: String) -> Self {
        let mut problem = Self::new(kind, detail).header(header::RETRY_AFTER, 2);
        problem.log = Log::Error(reason);
        problem
    }

    /// Returns 503: the keys that sign and verify tokens cannot be read. `reason` is only logged.
    pub(crate) fn sign_in_unavailable(reason: impl ToString) -> Self {
        Self::unavailable(
            Kind::SignInUnavailable,
            "Tokens cannot be signed or verified at the moment. Try again.",
            reason.to_string(),
        )
    }

    /// Returns 500: a defect of the server. `reason` is only logged.
    pub fn internal(reason: impl ToString) -> Self {
        let detail = "An error occurred on the server. If it happens again, report the request_id to the clinic.";
        let mut problem = Self::new(Kind::InternalError, detail);
        problem.log = Log::Error(reason.to_string());
        problem
    }

    /// Returns the problem for an error status of the router or a layer, which have no problem of their own.
    fn from_status(status: StatusCode, method: &Method, path: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => {
                Self::not_found(format!("There is no path {path}. GET /openapi.json lists all paths."))
            }
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                Kind::MethodNotAllowed,
                format!("{path} does not allow {method}. The Allow header lists the allowed methods."),
            ),
            status if status.is_client_error() => Self { status, ..Self::malformed("Check the request.") },
            status => Self::internal(format!("a layer answered {status}")),
        }
    }

    /// Returns the kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the problem as a value in the response to a request that is about several things. It has no status and no
    /// request id, because they are of the response.
    #[must_use]
    pub fn into_member(self) -> Value {
        let mut member = self.members;
        member.insert("type".into(), self.kind.path().into());
        member.insert("title".into(), self.title.into());
        member.insert("detail".into(), self.detail.into());
        Value::Object(member)
    }

    /// Writes the problem of an error response into its body, and its log part to the log.
    pub(crate) fn write(response: Response<Body>, method: &Method, path: &str, request_id: &str) -> Response<Body> {
        let (mut parts, _) = response.into_parts();
        let problem = parts.extensions.remove::<Self>();
        let problem = problem.unwrap_or_else(|| Self::from_status(parts.status, method, path));
        let status = problem.status.as_u16();
        match problem.log {
            Log::Nothing => {}
            Log::Contended(rule) => tracing::warn!(request_id, status, rule, "contended"),
            Log::Error(reason) => tracing::error!(request_id, status, reason),
        }
        let document = Document {
            kind: problem.kind.path(),
            title: problem.title,
            status,
            detail: problem.detail,
            request_id,
            members: problem.members,
        };
        let Ok(document) = serde_json::to_string(&document) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        parts.status = problem.status;
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(document))
    }
}

impl From<domain::Error> for Problem {
    fn from(error: domain::Error) -> Self {
        let unauthorized = |detail: &str| {
            let bearer = HeaderValue::from_static("Bearer");
            Self::new(Kind::Unauthorized, detail).header(header::WWW_AUTHENTICATE, bearer)
        };
        match error {
            domain::Error::Unauthenticated => {
                unauthorized("Sign in, and send the token as Authorization: Bearer <token>.")
            }
            domain::Error::WrongCredentials => {
                Self { title: "Wrong email or password", ..unauthorized("Check both, and try again.") }
            }
            domain::Error::SignInExpired => Self { title: "The sign-in has expired", ..unauthorized("Sign in again.") },
            domain::Error::TooMany(seconds) => Self::new(
                Kind::TooManyRequests,
                "There were too many attempts. Try again after the number of seconds in Retry-After.",
            )
            .header(header::RETRY_AFTER, seconds),
            domain::Error::LastAdmin => Self::new(Kind::LastAdmin, "Create or activate another Admin first."),
            domain::Error::AccountErased => {
                Self::new(Kind::AccountErased, "An erased account cannot be changed. Register the person again.")
            }
            domain::Error::NotAPatient => Self::new(
                Kind::NotAPatient,
                "Only a Patient's personal data can be erased. Deactivate a Doctor's or Admin's account instead.",
            ),
            domain::Error::AppointmentsAhead => Self::new(
                Kind::AppointmentsAhead,
                "First cancel the appointments that have not started, and mark the others as done or as no-show.",
            ),
            domain::Error::Forbidden(detail) => Self::new(Kind::Forbidden, detail),
            domain::Error::EmailNotVerified => Self::new(
                Kind::EmailNotVerified,
                "Open the link in the mail that was sent to your email address. POST /me/verify_email sends it again.",
            ),
            domain::Error::NotFound(what) => Self::not_found(format!("There is no such {what}.")),
            domain::Error::Invalid(violations) => Self::invalid(Kind::InvalidInput, &violations),
            domain::Error::NotBookable(Refusal::Invalid(violations), _) => {
                Self::invalid(Kind::InvalidBooking, &violations)
            }
            domain::Error::NotBookable(Refusal::Conflict { conflicts, alternatives }, calendar) => {
                Self::conflict(&conflicts, &alternatives, &calendar)
            }
            domain::Error::EmailTaken => Self::new(Kind::EmailTaken, "Sign in with it, or use another email."),
            domain::Error::MessageEnded => {
                Self::new(Kind::MessageEnded, "Read the message again: its state says what became of it.")
            }
            domain::Error::LinkExpired => Self::new(Kind::LinkExpired, "Ask for a new mail, and use the link in it."),
            domain::Error::AlreadyStarted => Self::new(
                Kind::AppointmentStarted,
                "An appointment can be rescheduled or cancelled only until it starts.",
            ),
            domain::Error::NotStarted => {
                Self::new(Kind::AppointmentNotStarted, "Mark the appointment as done or as no-show after its start.")
            }
            domain::Error::AlreadyCancelled => {
                Self::new(Kind::AppointmentCancelled, "A cancelled appointment cannot be changed. Book a new one.")
            }
            domain::Error::PreconditionFailed => Self::new(
                Kind::AppointmentChanged,
                "The appointment has changed since you read it. Read it again, and send its new ETag in If-Match.",
            ),
            domain::Error::KeyReused => Self::new(
                Kind::IdempotencyKeyReused,
                "The key was sent with another request. Use a new key for each booking and each patient.",
            ),
            domain::Error::DayOver => Self::new(
                Kind::AppointmentDayOver,
                "A mark can be taken back, and a started appointment cancelled, only until the end of its day.",
            ),
            domain::Error::PatientHasLogin => Self::new(
                Kind::PatientHasLogin,
                "The patient can sign in, and changes their email themselves: POST /me/email.",
            ),
            domain::Error::PatientHasNoEmail => {
                Self::new(Kind::PatientHasNoEmail, "Set the patient's email first, and send the request again.")
            }
            domain::Error::EmailOfAnother(account) => {
                let detail = "Another account has this email. If it is a parent or a carer, make that account a guardian \
                              of the patient: PUT /patients/{id}/guardians/{account_id}. Else use another email.";
                let problem = Self::new(Kind::EmailTaken, detail);
                account.map_or(problem.clone(), |account| problem.member("account_id", json!(account)))
            }
            domain::Error::PatientsHaveLogins => Self::new(
                Kind::PatientsHaveLogins,
                "Two patients who can sign in cannot be merged. Keep both, and book for one of them from now on.",
            ),
            domain::Error::PatientsOverlap(appointments) => {
                Self::new(Kind::PatientsOverlap, "Cancel or reschedule one appointment of each pair first.")
                    .member("appointments", json!(appointments))
            }
            domain::Error::TooManyDependants => {
                Self::new(Kind::TooManyDependants, "Ask the clinic to add further patients.")
            }
            domain::Error::OnAnotherDay => Self::new(
                Kind::AppointmentOnAnotherDay,
                "Wait for the day of the appointment, or reschedule it to today.",
            ),
            domain::Error::ClosureOverAppointments(appointments) => Self::new(
                Kind::ClosureOverAppointments,
                "Cancel or reschedule the appointments first, or choose another time.",
            )
            .member("appointments", json!(appointments)),
            domain::Error::TimeOffOverAppointments(appointments) => Self::new(
                Kind::TimeOffOverAppointments,
                "Cancel or reschedule the appointments first, or choose another time.",
            )
            .member("appointments", json!(appointments)),
            domain::Error::PlanRefused(conflicts) => {
                let conflicts = conflicts.into_iter().map(|conflict| {
                    json!({ "id": conflict.appointment, "problem": Self::from(conflict.obstacle).into_member() })
                });
                let detail = "Change the steps of these appointments, and try again. Nothing was changed.";
                Self::new(Kind::PlanRefused, detail).member("conflicts", conflicts.collect())
            }
        }
    }
}

impl From<Obstacle> for Problem {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::NotAffected => Self::new(Kind::AppointmentNotAffected, "Leave the appointment out."),
            Obstacle::InTheWay => {
                Self::new(Kind::AppointmentInTheWay, "Cancel it or move it away. Mark it if it has started.")
            }
            Obstacle::Invalid(violation) => Self::invalid(Kind::InvalidBooking, &[violation]),
            Obstacle::Conflict(conflict) => {
                Self::new(kind_of(conflict), "Choose another time or another doctor, or cancel the appointment.")
            }
        }
    }
}

fn kind_of(conflict: Conflict) -> Kind {
    match conflict {
        Conflict::DoctorBusy => Kind::DoctorBusy,
        Conflict::PatientBusy => Kind::PatientBusy,
        Conflict::DoctorDayFull => Kind::DoctorDayFull,
        Conflict::TooManyOpenBookings => Kind::TooManyOpenBookings,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => refused.into(),
            Error::CalendarChanged | Error::Contended => Self {
                // `so_far` is the usage of the request that is being answered.
                log: Log::Contended(Usage::so_far().refused_by),
                ..Self::new(
                    Kind::Contended,
                    "Many requests changed the same data at the same time. This request changed nothing. Try again.",
                )
                .header(header::RETRY_AFTER, 1)
            },
            Error::Unavailable(reason) => Self::unavailable(
                Kind::DatabaseUnavailable,
                "The clinic's database cannot be reached at the moment. Nothing was changed. Try again.",
                reason,
            ),
            Error::Unconfirmed(reason) => Self::unavailable(
                Kind::Unconfirmed,
                "The connection to the clinic's database was lost during the change. Check whether the change was made \
                 before you try again. A booking with an Idempotency-Key can be repeated without a check.",
                reason,
            ),
            Error::Internal(reason) => Self::internal(reason),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers.iter().cloned());
        if let Some(counted) = self.counted {
            response.extensions_mut().insert(counted);
        }
        response.extensions_mut().insert(self);
        response
    }
}
