use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_domain::Code;
use rounds_http::{Problem, Routes, Sample, Who};
use serde_json::json;

/// What a problem's `type` leads to.
#[derive(Debug)]
pub struct Page {
    /// The last part of the `type`.
    pub kind: &'static str,
    /// The status it comes with.
    pub status: u16,
    /// What has happened.
    pub title: &'static str,
    /// Why.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! pages {
    ($($kind:literal, $status:literal, $title:literal, $why:literal, $remedy:literal;)+) => {
        /// A page for every problem there is.
        pub const PROBLEMS: &[Page] =
            &[$(Page { kind: $kind, status: $status, title: $title, why: $why, remedy: $remedy }),+];
    };
}

pages! {
    "account-erased", 409, "The account has been erased",
        "A Patient's personal data was erased. The account stays for its appointments to be somebody's, and nothing about it changes any more.",
        "Register the person anew.";
    "appointment-cancelled", 409, "The appointment is cancelled",
        "A cancelled appointment stays cancelled: its time is free for others, and may be taken already.",
        "Book another.";
    "appointment-changed", 412, "The appointment has changed",
        "The request said, in If-Match, which version of the appointment it was about, and somebody has changed it since.",
        "Read it again, decide whether the change is still right, and send the new ETag in If-Match.";
    "appointment-not-started", 409, "The appointment has not started",
        "Whether a patient came is known from the start on, and not before.",
        "Mark it then. Until then it can be moved or cancelled.";
    "appointment-started", 409, "The appointment has started",
        "An appointment can be moved or cancelled until it starts.",
        "From its start on, mark it: POST /appointments/{appointment_id}/done or no_show.";
    "appointments-ahead", 409, "The Patient has appointments ahead",
        "A Patient who is erased can no longer be told of a change, so nothing may be booked for them.",
        "Cancel what is booked, or mark what has started, and erase them then: GET /appointments?patient_id=…&status=Booked lists it.";
    "contended", 503, "Too much at once",
        "What the request depends on kept changing while it was done. Nothing was changed.",
        "Try again, after the seconds in Retry-After.";
    "content-too-large", 413, "The body is too large",
        "A body has 64 KiB at most.",
        "Send less.";
    "database-unavailable", 503, "Temporarily unavailable",
        "The clinic's database could not be reached. Nothing was changed.",
        "Try again, after the seconds in Retry-After.";
    "doctor-busy", 409, "The doctor has another appointment then",
        "No two appointments of a doctor overlap; back to back is fine. Somebody may have been faster.",
        "Book one of the alternatives in the answer, or another time that GET /doctors/{doctor_id}/availability offers.";
    "doctor-day-full", 409, "The doctor takes no more appointments that day",
        "The clinic's policy limits how many appointments, and how many minutes, a doctor has in a day.",
        "Book one of the alternatives, another day, or another doctor.";
    "email-taken", 409, "This email has an account",
        "An email is one account's, in whatever case it is written.",
        "Sign in with POST /login, or register with another email.";
    "forbidden", 403, "Not allowed",
        "The account may not do this, or there is no such thing of its own. Which of the two is not said.",
        "Sign in with an account that may: the detail says whose it is.";
    "idempotency-key-reused", 422, "This Idempotency-Key is taken",
        "A key names one booking. It was sent before with another doctor, time or duration.",
        "Send each booking with a key of its own, and a retry with the very same body.";
    "internal-error", 500, "Internal error",
        "Something went wrong on our side.",
        "Try again later. If it happens again, tell the clinic the request_id.";
    "invalid-booking", 422, "This time cannot be booked",
        "It is in the past, too far ahead, too short or too long, outside the doctor's working hours, or in their time off. The errors name every reason.",
        "Take a time that GET /doctors/{doctor_id}/availability offers.";
    "invalid-input", 422, "The input is not valid",
        "A member of the body, or a parameter, is missing or not what it must be. The errors name each, by JSON Pointer.",
        "Fix the fields that the errors name, and send it again.";
    "last-admin", 409, "The last active Admin",
        "Without an active Admin, nobody could let anybody in again.",
        "Make another Admin first, with POST /register, or activate one.";
    "malformed-request", 400, "The request cannot be read",
        "The body is not JSON, a header is not what it must be, or a day was not named, or twice.",
        "Look at the detail: it says which.";
    "method-not-allowed", 405, "Method not allowed",
        "The path is right, and takes other methods.",
        "Use one that the Allow header names.";
    "not-a-patient", 409, "Not a Patient's account",
        "Only a Patient's personal data can be erased: Doctors and Admins are named by what they did.",
        "Deactivate the account.";
    "not-found", 404, "Not found",
        "There is no such path, or no such id. An id is a positive integer without leading zeros.",
        "GET /openapi.json has every path. For ids, ask the list that they are in.";
    "patient-busy", 409, "The patient has another appointment then",
        "No two appointments of a patient overlap, with whichever doctors.",
        "Book another time: availability leaves out what overlaps with one's own.";
    "sign-in-unavailable", 503, "Temporarily unavailable",
        "The keys that tokens are signed and checked with could not be read.",
        "Try again, after the seconds in Retry-After.";
    "time-off-over-appointments", 409, "Appointments are booked then",
        "Time off cannot overlap booked appointments. The answer lists the appointments.",
        "Cancel or move them first, or take other time off.";
    "too-many-open-bookings", 409, "You have too many appointments ahead",
        "The clinic's policy limits how many appointments ahead a Patient can have and book another.",
        "Wait until one has started, or have one cancelled. Moving an appointment is not limited.";
    "too-many-requests", 429, "Too many attempts",
        "Failed sign-ins, for an email or from an address, and registrations from an address are limited.",
        "Wait for the seconds in Retry-After. Who forgot a password asks an Admin for a new one.";
    "unauthorized", 401, "Not signed in",
        "There is no token, it is none of ours, it has expired, or it was ended: by a changed password, or a deactivation. Or, of a login: the email or the password is wrong.",
        "Sign in with POST /login, and send Authorization: Bearer <token>. A token is good for an hour; POST /me/token renews it.";
    "unconfirmed", 503, "Not confirmed",
        "The connection to the clinic's database was lost during the change. The change may or may not have been made.",
        "Look whether it was made before you try again. A booking with an Idempotency-Key can be sent again without looking.";
    "unsupported-media-type", 415, "The body is not JSON",
        "A body is JSON, and says so.",
        "Send it with Content-Type: application/json.";
}

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/problems/{problem}", show, |route| {
        route
            .named("getProblem", "What a problem is, and what to do about it", Who::ANYONE)
            .page()
            .answers_with(200, "A page.", "text/html", json!({ "type": "string" }))
            .problem(404, "not-found")
            .sample(Sample::default().with("problem", "forbidden"))
    });
}

/// What the `code` of a violation means.
fn codes() -> String {
    let code = |code: &Code| format!("<dt><code>{}</code><dd>{}\n", code.word(), code.meaning());
    format!("<h2>Codes of the errors</h2>\n<dl>\n{}</dl>\n", Code::ALL.iter().map(code).collect::<String>())
}

async fn show(Path(problem): Path<String>) -> Result<Response, Problem> {
    let page = PROBLEMS.iter().find(|page| page.kind == problem);
    let page = page.ok_or_else(|| Problem::not_found("There is no such problem."))?;
    let Page { kind, status, title, why, remedy } = page;
    let remedy = remedy.replace('<', "&lt;").replace('>', "&gt;");
    let codes = if kind.starts_with("invalid-") { codes() } else { String::new() };
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title} · Rounds</title>\n<h1>{title}</h1>\n<p><code>/problems/{kind}</code>, status {status}\n\
         <h2>Why</h2>\n<p>{why}\n<h2>What to do</h2>\n<p>{remedy}\n{codes}</html>\n"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, html).into_response())
}
