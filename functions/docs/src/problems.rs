use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_domain::Code;
use rounds_http::{Access, Kind, Problem, Routes, Sample};
use serde_json::json;

/// The explanation of a problem, at the path that is the problem's `type`.
#[derive(Debug)]
pub struct Page {
    /// The problem.
    pub kind: Kind,
    /// What the problem means. The page contains this text unescaped.
    pub why: &'static str,
    /// What the caller can do next.
    pub remedy: &'static str,
}

macro_rules! pages {
    ($($kind:ident, $why:literal, $remedy:literal;)+) => {
        /// The pages of all problems.
        pub const PROBLEMS: &[Page] = &[$(Page { kind: Kind::$kind, why: $why, remedy: $remedy }),+];
    };
}

pages! {
    AccountErased,
        "The personal data of this Patient was erased. The account stays, because its appointments refer to it, and it cannot be changed any more.",
        "Register the person again. This creates a new account.";
    AppointmentCancelled,
        "A cancelled appointment cannot be changed. Its time is free for other patients, and may already be booked.",
        "Book a new appointment.";
    AppointmentChanged,
        "The If-Match header of the request names a version of the appointment that is no longer current. Another request has changed the appointment since.",
        "Read the appointment again and decide whether your change is still right. Then send the request with the new ETag in If-Match.";
    AppointmentDayOver,
        "A mistake of the day can be corrected only on that day: a mark can be taken back, and a started appointment can be cancelled, until the clinic's day of the appointment ends.",
        "Note the mistake for the appointment instead. A marked appointment can still get the other mark.";
    AppointmentInTheWay,
        "Time off, a closure or the deactivation of an account affects the appointment, and the plan has no step for it, or its step leaves it in this time. Or the appointment has started and is not marked.",
        "Give the appointment a step that cancels it or moves it away. Mark an appointment that has started.";
    AppointmentNotAffected,
        "A step of the plan names an appointment that the change does not affect: it was cancelled, rescheduled or marked, it has started, or it is at another time or with another doctor.",
        "Read the appointments again, and leave this one out.";
    AppointmentOnAnotherDay,
        "The arrival of a patient can be noted only on the day of the appointment, in the clinic's time zone.",
        "Note the arrival on that day. If the patient is there already, reschedule the appointment to today first.";
    AppointmentNotStarted,
        "An appointment can be marked as done or as no-show only after its start.",
        "Mark the appointment after its start. Until then, it can be rescheduled or cancelled.";
    AppointmentStarted,
        "An appointment can be rescheduled or cancelled only before its start.",
        "Mark the appointment instead, with POST /appointments/{appointment_id}/done or POST /appointments/{appointment_id}/no_show.";
    AppointmentsAhead,
        "The Patient still has appointments with the status Booked. After the erasure, nobody could inform the Patient about changes to them.",
        "List the appointments with GET /appointments?patient_id=…&status=Booked. Cancel those that have not started, and mark the others as done or as no-show. Then erase the account.";
    ClosureOverAppointments,
        "The clinic cannot be closed while appointments are booked. The member appointments lists their ids.",
        "Reschedule or cancel the appointments, then add the closure again. Or choose another time.";
    Contended,
        "Many requests changed the same data at the same time, so this request did not succeed. It changed nothing.",
        "Wait for the number of seconds in the Retry-After header, and send the request again.";
    ContentTooLarge,
        "The body of the request is larger than 64 KiB.",
        "Send a smaller body.";
    DatabaseUnavailable,
        "The server could not reach the clinic's database. This request changed nothing.",
        "Wait for the number of seconds in the Retry-After header, and send the request again.";
    DoctorBusy,
        "The doctor has another appointment that overlaps this time. It may have been booked a moment ago. Back-to-back appointments do not overlap.",
        "Book one of the alternatives in the response, or another time from GET /doctors/{doctor_id}/availability.";
    DoctorDayFull,
        "The doctor has reached the clinic's limit for this day. The policy limits the number of appointments and the total minutes per day.",
        "Book one of the alternatives in the response, another day, or another doctor.";
    EmailNotVerified,
        "The clinic's policy requires a verified email address for a booking, and the Patient's address is not verified.",
        "Open the link in the mail that was sent to your email address, and press the button on its page. POST /me/verify_email sends the mail again. Then send the booking again.";
    EmailTaken,
        "Another account has this email. Upper and lower case count as the same.",
        "If it is your account, sign in with POST /login. Otherwise use another email.";
    Forbidden,
        "The account is not allowed to do this, or the requested data does not exist. The response does not say which, to protect the data of others.",
        "Check the id, or sign in with an account that is allowed to do this. The detail says which accounts are allowed.";
    HeadersTooLarge,
        "The names and values of the request's headers have more than 16 KiB together.",
        "Send fewer or shorter headers. A browser may send many cookies, which this API does not use: delete them.";
    IdempotencyKeyReused,
        "An earlier booking has the same Idempotency-Key, but another doctor, time or duration.",
        "Use a new key for each booking. Send a retry with the same key and exactly the same body.";
    InternalError,
        "The server failed unexpectedly. This is not a mistake in your request.",
        "Try again later. If it happens again, report the request_id to the clinic.";
    InvalidBooking,
        "The booking breaks one or more of the clinic's rules. For example, it is in the past, too far ahead, too short or too long, outside the doctor's working hours, or during their time off. The errors list every reason.",
        "Book a time from GET /doctors/{doctor_id}/availability.";
    InvalidInput,
        "A member of the body or a parameter is missing or invalid. The errors list all of them, each with a JSON Pointer.",
        "Correct the members and parameters that the errors list, and send the request again.";
    LastAdmin,
        "This is the last active Admin. Without an Admin, nobody could manage the accounts of the clinic.",
        "Register another Admin with POST /register, or activate one. Then send the request again.";
    LinkExpired,
        "The link of the mail has expired, was used, or is not complete. A link works once: 7 days for an invitation, and 60 minutes for a password or an email. A new password or email of the account ends all links that were sent before.",
        "Ask for a new mail: with POST /forgot_password for a password or an invitation, with POST /me/verify_email for an email, and with POST /me/email for a new email. Then use the link of the newest mail.";
    MalformedRequest,
        "The body is not valid JSON, a header is invalid, or the day in the request is missing or given twice.",
        "Read the detail, which says what is wrong, and correct the request.";
    MessageEnded,
        "The message was sent or dropped, or somebody has told the reader. Only a message that waits or has failed can be sent again, and only one that failed or needs a call can be marked as done.",
        "Read the message again with GET /messages: its state says what became of it.";
    MethodNotAllowed,
        "The path exists, but not with this method.",
        "Use one of the methods in the Allow header.";
    NotAPatient,
        "Only the data of a Patient can be erased. The names of Doctors and Admins stay, because records of their work refer to them.",
        "Deactivate the account instead.";
    NotFound,
        "The path or the id does not exist. An id is a positive integer without leading zeros.",
        "Find the path in GET /openapi.json, or the id in the list that it belongs to.";
    PatientBusy,
        "The patient has another appointment that overlaps this time, with this or another doctor.",
        "Book another time. If a Patient requests the availability of a doctor, the response leaves out times that overlap the Patient's own appointments.";
    PatientHasLogin,
        "The patient can sign in. The email to sign in with is changed only by its owner, and a patient who has a password needs no invitation.",
        "Ask the patient to change the email (POST /me/email), or to set a new password with POST /forgot_password.";
    PatientHasNoEmail,
        "An invitation is a mail, and this patient has no email.",
        "Set the email with PATCH /patients/{patient_id}, and send the request again.";
    PatientsHaveLogins,
        "A person has one login. Both of these patients have one, also if one of them was invited and has set no password yet.",
        "Keep both patients, and book for one of them from now on. If they are two people who share an email, make one a guardian of the other.";
    PatientsOverlap,
        "After the merge, the patient would have two appointments at the same time. The response lists them under appointments. Appointments that ended more than an hour ago may overlap.",
        "Cancel or reschedule one appointment of each pair, and send the request again.";
    PlanRefused,
        "At least one step of the plan is not possible, or an appointment that the change affects has no step. Nothing was changed. The response lists these appointments under conflicts, each with its problem.",
        "Change these steps, and send the request again. With dry_run the response says what the plan would do.";
    RequestTimeout,
        "The body of the request did not arrive within 30 seconds. The request changed nothing.",
        "Send the request again, over a faster connection.";
    SeriesRefused,
        "At least one appointment of the series cannot be booked, or none of them if the request has skip_conflicts. The member occurrences lists all of them, each with its problem.",
        "Send the request again with skip_conflicts, to book those without a problem. Or choose another start.";
    SignInUnavailable,
        "The server could not read the keys that sign and verify tokens.",
        "Wait for the number of seconds in the Retry-After header, and send the request again.";
    TimeOffOverAppointments,
        "Time off cannot overlap booked appointments. The response lists these appointments.",
        "Cancel or reschedule the appointments first, or choose another time for the time off.";
    TooManyDependants,
        "An account can add a limited number of dependants.",
        "Ask the clinic to add further patients, and to make your account their guardian.";
    TooManyOpenBookings,
        "The Patient has reached the clinic's limit for upcoming appointments.",
        "Wait until one of them has started, or cancel one. This limit does not apply if an appointment is rescheduled.";
    TooManyRequests,
        "There were too many failed sign-ins or forgotten passwords for this email or from this network address, or too many registrations from this address, or too many mails to a new email.",
        "Wait for the number of seconds in the Retry-After header. If you have forgotten your password, ask for a mail with POST /forgot_password.";
    Unauthorized,
        "The request has no valid token: it is missing, was issued elsewhere, has expired, or was revoked by a new password or a deactivation. For POST /login, the email or the password is wrong.",
        "Sign in with POST /login, and send the header Authorization: Bearer <token>. A token is valid for one hour, and POST /me/token renews it.";
    Unconfirmed,
        "The connection to the clinic's database was lost during the change. The change may or may not have been made.",
        "Check whether the change was made before you try again. A booking with an Idempotency-Key can be sent again without this check.";
    UnsupportedMediaType,
        "The Content-Type of the body is not JSON.",
        "Send the body as JSON with the header Content-Type: application/json.";
}

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/problems/{problem}", show, |route| {
        route
            .named("getProblem", "Explain a problem and what to do next", Access::ANYONE)
            .page()
            .response_with(200, "The page.", "text/html", json!({ "type": "string" }))
            .problem(Kind::NotFound)
            .sample(Sample::default().with("problem", "forbidden"))
    });
}

/// Returns the list of all violation codes and their meanings, as HTML.
fn codes() -> String {
    let code = |code: &Code| format!("<dt><code>{}</code><dd>{}\n", code.word(), code.meaning());
    format!("<h2>Codes of the errors</h2>\n<dl>\n{}</dl>\n", Code::ALL.iter().map(code).collect::<String>())
}

async fn show(Path(problem): Path<String>) -> Result<Response, Problem> {
    let page = PROBLEMS.iter().find(|page| page.kind.word() == problem);
    let page = page.ok_or_else(|| Problem::not_found("There is no such problem."))?;
    let Page { kind, why, remedy } = page;
    let (word, status, title) = (kind.word(), kind.status().as_u16(), kind.title());
    let remedy = remedy.replace('<', "&lt;").replace('>', "&gt;");
    let codes = if matches!(kind, Kind::InvalidBooking | Kind::InvalidInput) { codes() } else { String::new() };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title} · Rounds</title>\n<h1>{title}</h1>\n<p><code>/problems/{word}</code>, status {status}\n\
         <h2>Why</h2>\n<p>{why}\n<h2>What to do</h2>\n<p>{remedy}\n{codes}</html>\n"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, html).into_response())
}
