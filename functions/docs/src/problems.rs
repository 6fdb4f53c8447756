use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_domain::Code;
use rounds_http::{Access, Kind, Problem, Routes, Sample};
use serde_json::json;

/// What a problem's `type` leads to.
#[derive(Debug)]
pub struct Page {
    /// The problem.
    pub kind: Kind,
    /// Why it comes.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! pages {
    ($($kind:ident, $why:literal, $remedy:literal;)+) => {
        /// A page for every problem there is.
        pub const PROBLEMS: &[Page] = &[$(Page { kind: Kind::$kind, why: $why, remedy: $remedy }),+];
    };
}

pages! {
    AccountErased,
        "A Patient's personal data was erased. The account stays for its appointments to be somebody's, and nothing about it changes any more.",
        "Register the person anew.";
    AppointmentCancelled,
        "A cancelled appointment stays cancelled: its time is free for others, and may be taken already.",
        "Book another.";
    AppointmentChanged,
        "The request said, in If-Match, which version of the appointment it was about, and somebody has changed it since.",
        "Read it again, decide whether the change is still right, and send the new ETag in If-Match.";
    AppointmentNotStarted,
        "Whether a patient came is known from the start on, and not before.",
        "Mark it then. Until then it can be moved or cancelled.";
    AppointmentStarted,
        "An appointment can be moved or cancelled until it starts.",
        "From its start on, mark it: POST /appointments/{appointment_id}/done or no_show.";
    AppointmentsAhead,
        "A Patient who is erased can no longer be told of a change, so nothing may be booked for them.",
        "Cancel what is booked, or mark what has started, and erase them then: GET /appointments?patient_id=…&status=Booked lists it.";
    Contended,
        "What the request depends on kept changing while it was done. Nothing was changed.",
        "Try again, after the seconds in Retry-After.";
    ContentTooLarge,
        "A body has 64 KiB at most.",
        "Send less.";
    DatabaseUnavailable,
        "The clinic's database could not be reached. Nothing was changed.",
        "Try again, after the seconds in Retry-After.";
    DoctorBusy,
        "No two appointments of a doctor overlap; back to back is fine. Somebody may have been faster.",
        "Book one of the alternatives in the answer, or another time that GET /doctors/{doctor_id}/availability offers.";
    DoctorDayFull,
        "The clinic's policy limits how many appointments, and how many minutes, a doctor has in a day.",
        "Book one of the alternatives, another day, or another doctor.";
    EmailTaken,
        "An email is one account's, in whatever case it is written.",
        "Sign in with POST /login, or register with another email.";
    Forbidden,
        "The account may not do this, or there is no such thing of its own. Which of the two is not said.",
        "Sign in with an account that may: the detail says whose it is.";
    IdempotencyKeyReused,
        "A key names one booking. It was sent before with another doctor, time or duration.",
        "Send each booking with a key of its own, and a retry with the very same body.";
    InternalError,
        "Something went wrong on our side.",
        "Try again later. If it happens again, tell the clinic the request_id.";
    InvalidBooking,
        "It is in the past, too far ahead, too short or too long, outside the doctor's working hours, or in their time off. The errors name every reason.",
        "Take a time that GET /doctors/{doctor_id}/availability offers.";
    InvalidInput,
        "A member of the body, or a parameter, is missing or not what it must be. The errors name each, by JSON Pointer.",
        "Fix the fields that the errors name, and send it again.";
    LastAdmin,
        "Without an active Admin, nobody could let anybody in again.",
        "Make another Admin first, with POST /register, or activate one.";
    MalformedRequest,
        "The body is not JSON, a header is not what it must be, or a day was not named, or twice.",
        "Look at the detail: it says which.";
    MethodNotAllowed,
        "The path is right, and takes other methods.",
        "Use one that the Allow header names.";
    NotAPatient,
        "Only a Patient's personal data can be erased: Doctors and Admins are named by what they did.",
        "Deactivate the account.";
    NotFound,
        "There is no such path, or no such id. An id is a positive integer without leading zeros.",
        "GET /openapi.json has every path. For ids, ask the list that they are in.";
    PatientBusy,
        "No two appointments of a patient overlap, with whichever doctors.",
        "Book another time: availability leaves out what overlaps with one's own.";
    SignInUnavailable,
        "The keys that tokens are signed and checked with could not be read.",
        "Try again, after the seconds in Retry-After.";
    TimeOffOverAppointments,
        "Time off cannot overlap booked appointments. The answer lists the appointments.",
        "Cancel or move them first, or take other time off.";
    TooManyOpenBookings,
        "The clinic's policy limits how many appointments ahead a Patient can have and book another.",
        "Wait until one has started, or have one cancelled. Moving an appointment is not limited.";
    TooManyRequests,
        "Failed sign-ins, for an email or from an address, and registrations from an address are limited.",
        "Wait for the seconds in Retry-After. Who forgot a password asks an Admin for a new one.";
    Unauthorized,
        "There is no token, it is none of ours, it has expired, or it was ended: by a changed password, or a deactivation. Or, of a login: the email or the password is wrong.",
        "Sign in with POST /login, and send Authorization: Bearer <token>. A token is good for an hour; POST /me/token renews it.";
    Unconfirmed,
        "The connection to the clinic's database was lost during the change. The change may or may not have been made.",
        "Look whether it was made before you try again. A booking with an Idempotency-Key can be sent again without looking.";
    UnsupportedMediaType,
        "A body is JSON, and says so.",
        "Send it with Content-Type: application/json.";
}

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/problems/{problem}", show, |route| {
        route
            .named("getProblem", "What a problem is, and what to do about it", Access::ANYONE)
            .page()
            .response_with(200, "A page.", "text/html", json!({ "type": "string" }))
            .problem(Kind::NotFound)
            .sample(Sample::default().with("problem", "forbidden"))
    });
}

/// What the `code` of a violation means.
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
