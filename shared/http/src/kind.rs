use axum::http::StatusCode;

/// Declares the kinds of problems: the last part of a problem's `type`, its status and its title.
macro_rules! kinds {
    ($($name:ident $word:literal $status:ident $title:literal;)+) => {
        /// What has gone wrong, for programs: the `type` of a problem. Every status of an error is chosen here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $title] $name,)+
        }

        impl Kind {
            /// All of them, by name.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The last part of the `type`, `/problems/{word}`.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// The status that it comes with.
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                }
            }

            /// What has happened.
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
    AppointmentNotStarted "appointment-not-started" CONFLICT "The appointment has not started";
    AppointmentStarted "appointment-started" CONFLICT "The appointment has started";
    AppointmentsAhead "appointments-ahead" CONFLICT "The Patient has appointments ahead";
    Contended "contended" SERVICE_UNAVAILABLE "Too much at once";
    ContentTooLarge "content-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    DatabaseUnavailable "database-unavailable" SERVICE_UNAVAILABLE "Temporarily unavailable";
    DoctorBusy "doctor-busy" CONFLICT "The doctor has another appointment then";
    DoctorDayFull "doctor-day-full" CONFLICT "The doctor takes no more appointments that day";
    EmailTaken "email-taken" CONFLICT "This email has an account";
    Forbidden "forbidden" FORBIDDEN "Not allowed";
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "This Idempotency-Key is taken";
    InternalError "internal-error" INTERNAL_SERVER_ERROR "Internal error";
    InvalidBooking "invalid-booking" UNPROCESSABLE_ENTITY "This time cannot be booked";
    InvalidInput "invalid-input" UNPROCESSABLE_ENTITY "The input is not valid";
    LastAdmin "last-admin" CONFLICT "The last active Admin";
    MalformedRequest "malformed-request" BAD_REQUEST "The request cannot be read";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "Method not allowed";
    NotAPatient "not-a-patient" CONFLICT "Not a Patient's account";
    NotFound "not-found" NOT_FOUND "Not found";
    PatientBusy "patient-busy" CONFLICT "The patient has another appointment then";
    SignInUnavailable "sign-in-unavailable" SERVICE_UNAVAILABLE "Temporarily unavailable";
    TimeOffOverAppointments "time-off-over-appointments" CONFLICT "Appointments are booked then";
    TooManyOpenBookings "too-many-open-bookings" CONFLICT "You have too many appointments ahead";
    TooManyRequests "too-many-requests" TOO_MANY_REQUESTS "Too many attempts";
    Unauthorized "unauthorized" UNAUTHORIZED "Not signed in";
    Unconfirmed "unconfirmed" SERVICE_UNAVAILABLE "Not confirmed";
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The body is not JSON";
}
