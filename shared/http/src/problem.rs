use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header},
    response::IntoResponse,
};
use rounds_domain::{self as domain, Calendar, Conflict, Refusal, Slot, Violation};
use rounds_request::{Error, Usage};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An error as a client reads it: `application/problem+json` (RFC 9457). This file is where
/// every status and type is chosen.
///
/// As a response it has no body yet: that is written at the edge, which knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    /// The last part of its `type`, `/problems/{kind}`.
    kind: &'static str,
    title: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    log: Log,
}

/// What only the log may hold.
#[derive(Clone, Debug)]
enum Log {
    Nothing,
    /// Too many changes at once: the rule that refused the last write, if one did.
    Contended(Option<&'static str>),
    /// Something that needs an operator.
    Error(String),
}

/// A problem as it is written.
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
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), members: Map::new(), headers: Vec::new(), log: Log::Nothing }
    }

    fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn member(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.into(), value);
        self
    }

    /// 400: a request that cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-request", "The request cannot be read", detail)
    }

    /// 404, with what there is not.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// 415: a body that is not JSON.
    pub fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "The body is not JSON",
            "Send the body as JSON, with Content-Type: application/json.",
        )
    }

    /// 413: a body over the limit.
    pub(crate) fn content_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "content-too-large",
            "The body is too large",
            format!("Send at most {} KiB.", limit / 1024),
        )
    }

    fn invalid(kind: &'static str, title: &'static str, violations: &[Violation]) -> Self {
        let detail = violations.iter().map(|violation| {
            let name = violation.pointer.trim_start_matches('/');
            if name.is_empty() { violation.detail.to_string() } else { format!("{name} {}", violation.detail) }
        });
        let detail = detail.collect::<Vec<_>>().join("; ") + ".";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title, detail).member("errors", json!(violations))
    }

    fn conflict(conflicts: &[Conflict], alternatives: &[Slot], calendar: &Calendar) -> Self {
        let named = |conflict: &Conflict| match conflict {
            Conflict::DoctorBusy => ("doctor-busy", "The doctor has another appointment then"),
            Conflict::PatientBusy => ("patient-busy", "The patient has another appointment then"),
            Conflict::DoctorDayFull => ("doctor-day-full", "The doctor takes no more appointments that day"),
            Conflict::TooManyOpenBookings => ("too-many-open-bookings", "You have too many appointments ahead"),
        };
        let (kind, title) = conflicts.first().map_or(("conflict", "Conflict"), named);
        let detail = match alternatives {
            _ if conflicts.contains(&Conflict::TooManyOpenBookings) => {
                "The clinic limits how many appointments you can have ahead: cancel one, or call the clinic."
            }
            [] => "No other time of this doctor within 31 days is free: try another doctor.",
            _ => "Book one of the alternatives, or another time.",
        };
        let types: Vec<_> = conflicts.iter().map(|conflict| format!("/problems/{}", named(conflict).0)).collect();
        let slot = |slot: &Slot| json!({ "start_date": calendar.format(slot.start), "duration": slot.duration });
        let alternatives: Vec<_> = alternatives.iter().map(slot).collect();
        Self::new(StatusCode::CONFLICT, kind, title, detail)
            .member("violations", json!(types))
            .member("alternatives", json!(alternatives))
    }

    fn unavailable(kind: &'static str, detail: &str, reason: String) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, "Temporarily unavailable", detail)
            .header(header::RETRY_AFTER, 2);
        problem.log = Log::Error(reason);
        problem
    }

    /// 503: the keys that tokens are signed and checked with cannot be read. The reason is for the log.
    pub(crate) fn sign_in_unavailable(reason: impl ToString) -> Self {
        Self::unavailable(
            "sign-in-unavailable",
            "Tokens can be neither signed nor checked right now: try again.",
            reason.to_string(),
        )
    }

    /// 500: a defect of ours. The reason is for the log.
    pub fn internal(reason: impl ToString) -> Self {
        let detail = "Something went wrong on our side. If it happens again, tell the clinic the request_id.";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error", detail);
        problem.log = Log::Error(reason.to_string());
        problem
    }

    /// For an error status that the router or a layer answered by itself.
    fn of_status(status: StatusCode, method: &Method, path: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(format!("There is no {path}: GET /openapi.json has every path.")),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "method-not-allowed",
                "Method not allowed",
                format!("{path} does not take {method}: the Allow header says what it takes."),
            ),
            status if status.is_client_error() => {
                Self::new(status, "malformed-request", "The request cannot be read", "Check the request.")
            }
            status => Self::internal(format!("a layer answered {status}")),
        }
    }

    /// The last part of its `type`.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Writes the problem of an error response into its body, and what the log may know of it
    /// into the log.
    pub(crate) fn write(response: Response<Body>, method: &Method, path: &str, request_id: &str) -> Response<Body> {
        let (mut parts, _) = response.into_parts();
        let problem = parts.extensions.remove::<Self>();
        let problem = problem.unwrap_or_else(|| Self::of_status(parts.status, method, path));
        let status = problem.status.as_u16();
        match problem.log {
            Log::Nothing => {}
            Log::Contended(rule) => tracing::warn!(request_id, status, rule, "contended"),
            Log::Error(reason) => tracing::error!(request_id, status, reason),
        }
        let document = Document {
            kind: format!("/problems/{}", problem.kind),
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
        let unauthorized = |title, detail: &str| {
            Self::new(StatusCode::UNAUTHORIZED, "unauthorized", title, detail)
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        };
        match error {
            domain::Error::Unauthenticated => {
                unauthorized("Not signed in", "Sign in with POST /login, and send Authorization: Bearer <token>.")
            }
            domain::Error::WrongCredentials => unauthorized("Wrong email or password", "Check both, and try again."),
            domain::Error::SignInExpired => unauthorized("The sign-in has expired", "Sign in again with POST /login."),
            domain::Error::TooMany(seconds) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many attempts",
                "There were too many attempts: try again once the seconds in Retry-After have passed.",
            )
            .header(header::RETRY_AFTER, seconds),
            domain::Error::LastAdmin => Self::new(
                StatusCode::CONFLICT,
                "last-admin",
                "The last active Admin",
                "Make another Admin first, with POST /register, or activate one.",
            ),
            domain::Error::AccountErased => Self::new(
                StatusCode::CONFLICT,
                "account-erased",
                "The account has been erased",
                "Nothing about it can be changed any more: register the person anew.",
            ),
            domain::Error::NotAPatient => Self::new(
                StatusCode::CONFLICT,
                "not-a-patient",
                "Not a Patient's account",
                "Only a Patient's personal data can be erased: deactivate a Doctor's or Admin's account.",
            ),
            domain::Error::AppointmentsAhead => Self::new(
                StatusCode::CONFLICT,
                "appointments-ahead",
                "The Patient has appointments ahead",
                "Cancel them first, or mark what has started: GET /appointments?patient_id=…&status=Booked lists them.",
            ),
            domain::Error::Forbidden(detail) => Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail),
            domain::Error::NotFound(what) => Self::not_found(format!("There is no such {what}.")),
            domain::Error::Invalid(violations) => Self::invalid("invalid-input", "The input is not valid", &violations),
            domain::Error::NotBookable(Refusal::Invalid(violations), _) => {
                Self::invalid("invalid-booking", "This time cannot be booked", &violations)
            }
            domain::Error::NotBookable(Refusal::Conflict { conflicts, alternatives }, calendar) => {
                Self::conflict(&conflicts, &alternatives, &calendar)
            }
            domain::Error::EmailTaken => Self::new(
                StatusCode::CONFLICT,
                "email-taken",
                "This email has an account",
                "Sign in with POST /login, or register with another email.",
            ),
            domain::Error::AlreadyStarted => Self::new(
                StatusCode::CONFLICT,
                "appointment-started",
                "The appointment has started",
                "An appointment can be moved or cancelled until it starts.",
            ),
            domain::Error::NotStarted => Self::new(
                StatusCode::CONFLICT,
                "appointment-not-started",
                "The appointment has not started",
                "An appointment can be marked from its start on.",
            ),
            domain::Error::AlreadyCancelled => Self::new(
                StatusCode::CONFLICT,
                "appointment-cancelled",
                "The appointment is cancelled",
                "A cancelled appointment stays cancelled: book another.",
            ),
            domain::Error::PreconditionFailed => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "appointment-changed",
                "The appointment has changed",
                "Somebody changed it since you read it: read it again, and send its new ETag in If-Match.",
            ),
            domain::Error::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "This Idempotency-Key is taken",
                "It was sent with another booking: send each booking with a key of its own.",
            ),
            domain::Error::TimeOffOverAppointments(appointments) => Self::new(
                StatusCode::CONFLICT,
                "time-off-over-appointments",
                "Appointments are booked then",
                "Cancel or move the appointments first, or take other time off.",
            )
            .member("appointments", json!(appointments)),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => refused.into(),
            Error::CalendarChanged | Error::Contended => Self {
                // Of the request that is being answered.
                log: Log::Contended(Usage::so_far().refused_by),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "contended",
                    "Too much at once",
                    "What this depends on kept changing while it was done. Nothing was changed: try again.",
                )
                .header(header::RETRY_AFTER, 1)
            },
            Error::Unavailable(reason) => Self::unavailable(
                "database-unavailable",
                "The clinic's database cannot be reached right now. Nothing was changed: try again.",
                reason,
            ),
            Error::Unconfirmed(reason) => Self {
                title: "Not confirmed",
                ..Self::unavailable(
                    "unconfirmed",
                    "The connection to the clinic's database was lost during the change, which may have been made: \
                     look whether it was before you try again. A booking with an Idempotency-Key can be sent again \
                     without looking.",
                    reason,
                )
            },
            Error::Internal(reason) => Self::internal(reason),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}
