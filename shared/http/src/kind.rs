use axum::http::StatusCode;

/// Declares the kinds of problems, each with the last part of its `type`, its status and its title.
macro_rules! kinds {
    ($($name:ident $word:literal $status:ident $title:literal;)+) => {
        /// The kind of a problem, for programs: its `type`. Only this list decides the status of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $title] $name,)+
        }

        impl Kind {
            /// All kinds, ordered by name.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the last part of the `type`, `/problems/{word}`.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// Returns the `type`.
            pub(crate) fn path(self) -> String {
                format!("/problems/{}", self.word())
            }

            /// Returns the HTTP status.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                }
            }

            /// Returns the title.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }
        }
    };
}

kinds! {
    AccountErased "account-erased" CONFLICT "The account has been erased";
    AppointmentCancelled "appointment-cancelled" CONFLICT "The appointment is cancelled";
    AppointmentChanged "appointment-changed" PRECONDITION_FAILED "The appointment has changed";
    AppointmentDayOver "appointment-day-over" CONFLICT "The day of the appointment is over";
    AppointmentInTheWay "appointment-in-the-way" CONFLICT "The appointment prevents the change";
    AppointmentNotAffected "appointment-not-affected" CONFLICT "The change does not affect the appointment";
    AppointmentOnAnotherDay "appointment-on-another-day" CONFLICT "The appointment is on another day";
    AppointmentNotStarted "appointment-not-started" CONFLICT "The appointment has not started yet";
    AppointmentStarted "appointment-started" CONFLICT "The appointment has already started";
    AppointmentsAhead "appointments-ahead" CONFLICT "The Patient has booked appointments";
    ClosureOverAppointments "closure-over-appointments" CONFLICT "The closure overlaps booked appointments";
    Contended "contended" SERVICE_UNAVAILABLE "Too many changes at the same time";
    ContentTooLarge "content-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    DatabaseUnavailable "database-unavailable" SERVICE_UNAVAILABLE "The database is temporarily unavailable";
    DoctorBusy "doctor-busy" CONFLICT "The doctor has another appointment at that time";
    DoctorDayFull "doctor-day-full" CONFLICT "The doctor cannot take more appointments that day";
    EmailNotVerified "email-not-verified" FORBIDDEN "Your email address is not verified";
    EmailTaken "email-taken" CONFLICT "An account with this email exists";
    Forbidden "forbidden" FORBIDDEN "Not allowed";
    HeadersTooLarge "headers-too-large" REQUEST_HEADER_FIELDS_TOO_LARGE "The headers are too large";
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "The Idempotency-Key was used for another request";
    InternalError "internal-error" INTERNAL_SERVER_ERROR "Internal error";
    InvalidBooking "invalid-booking" UNPROCESSABLE_ENTITY "This time cannot be booked";
    InvalidInput "invalid-input" UNPROCESSABLE_ENTITY "The input is not valid";
    LastAdmin "last-admin" CONFLICT "This is the last active Admin";
    LinkExpired "link-expired" UNPROCESSABLE_ENTITY "The link cannot be used any more";
    MalformedRequest "malformed-request" BAD_REQUEST "The request cannot be read";
    MessageEnded "message-ended" CONFLICT "Nothing can be done about the message any more";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "Method not allowed";
    NotAPatient "not-a-patient" CONFLICT "The account does not belong to a Patient";
    NotFound "not-found" NOT_FOUND "Not found";
    PatientBusy "patient-busy" CONFLICT "The patient has another appointment at that time";
    PatientHasLogin "patient-has-login" CONFLICT "The patient has a login";
    PatientHasNoEmail "patient-has-no-email" CONFLICT "The patient has no email";
    PatientsHaveLogins "patients-have-logins" CONFLICT "Both patients have logins";
    PatientsOverlap "patients-overlap" CONFLICT "Appointments of the two patients overlap";
    PlanRefused "plan-refused" CONFLICT "The plan for the appointments cannot be carried out";
    RequestTimeout "request-timeout" REQUEST_TIMEOUT "The request took too long to arrive";
    SeriesRefused "series-refused" CONFLICT "The series cannot be booked";
    SignInUnavailable "sign-in-unavailable" SERVICE_UNAVAILABLE "Sign-in is temporarily unavailable";
    TimeOffOverAppointments "time-off-over-appointments" CONFLICT "The time off overlaps booked appointments";
    TooManyDependants "too-many-dependants" CONFLICT "You have too many dependants";
    TooManyOpenBookings "too-many-open-bookings" CONFLICT "You have too many upcoming appointments";
    TooManyRequests "too-many-requests" TOO_MANY_REQUESTS "Too many attempts";
    Unauthorized "unauthorized" UNAUTHORIZED "Not signed in";
    Unconfirmed "unconfirmed" SERVICE_UNAVAILABLE "It is not known whether the change was made";
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The body is not JSON";
}
