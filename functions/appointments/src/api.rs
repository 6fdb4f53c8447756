use rounds_domain::AppointmentId;
use rounds_http::{Api, Operation, id_schema, moment_schema, optional_text_schema};
use serde_json::{Value, json};

use crate::body::Body;

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("appointments");
    let key =
        "A name that the client gives the booking, 1 to 255 printable ASCII characters: a retry under it books once.";
    api.operation("post", "/doctors/{doctor_id}/book", "book", "Book an appointment")
        .only("Patients")
        .header("Idempotency-Key", key, json!({ "type": "string", "pattern": "^[ -~]{1,255}$" }))
        .body(json!({
            "type": "object",
            "required": ["start_date", "duration"],
            "properties": {
                "start_date": moment_schema(),
                "duration": { "type": "integer", "description": "Minutes, as the clinic's policy allows them." },
            },
            "examples": [{ "start_date": "2030-01-08T10:00:00+01:00", "duration": 30 }],
        }))
        .answers::<AppointmentId>(201, "The appointment's id.")
        .with_header(201, "Location", "Where it is.", json!({ "type": "string", "format": "uri-reference" }))
        .leads_to(201, "getAppointment", "appointment_id", "$response.body")
        .leads_to(201, "reschedule", "appointment_id", "$response.body")
        .leads_to(201, "cancel", "appointment_id", "$response.body")
        .with_header(201, "Idempotency-Replayed", "`true`, where it was booked before.", json!({ "type": "string" }))
        .problem(409, "doctor-busy")
        .problem(409, "patient-busy")
        .problem(409, "doctor-day-full")
        .problem(409, "too-many-open-bookings")
        .problem(422, "invalid-booking")
        .problem(422, "idempotency-key-reused")
        .problem(503, "contended")
        .done();
    let list = api.operation("get", "/appointments", "listAppointments", "Appointments, by start");
    let list = list.says("All for Admins, their own for Doctors and Patients.");
    narrowed(list)
        .query("date", "Only this day's.", rounds_http::date_schema())
        .paged::<Body>("The appointments.")
        .done();
    api.operation("get", "/appointments/{appointment_id}", "getAppointment", "An appointment")
        .only("its Doctor, its Patient, and Admins")
        .answers_appointment::<Body>("The appointment.")
        .done();
    changes(api);
    let history =
        api.operation("get", "/patients/{patient_id}/history", "getHistory", "A patient's appointments, newest first");
    let history = history.only("that Patient, Admins, and Doctors who have or had an appointment with them");
    narrowed(history).paged::<Body>("The appointments, newest start first.").done();
}

fn narrowed(operation: Operation<'_>) -> Operation<'_> {
    operation
        .between()
        .query("status", "Only these.", json!({ "$ref": "#/components/schemas/Status" }))
        .query("doctor_id", "Only this doctor's.", id_schema())
        .query("patient_id", "Only this patient's.", id_schema())
}

fn changes(api: &mut Api) {
    api.operation("post", "/appointments/{appointment_id}/reschedule", "reschedule", "Move an appointment")
        .says("By all the rules of a booking, itself not being in the way; until it starts.")
        .only("its Doctor and Admins")
        .if_match()
        .body(json!({
            "type": "object",
            "required": ["start_date"],
            "properties": {
                "start_date": moment_schema(),
                "duration": {
                    "type": ["integer", "null"],
                    "description": "Minutes, as the clinic's policy allows them; unless given, those it has.",
                },
            },
            "examples": [{ "start_date": "2030-01-08T11:00:00+01:00" }],
        }))
        .answers_appointment::<Body>("The appointment, moved.")
        .problem(409, "doctor-busy")
        .problem(409, "patient-busy")
        .problem(409, "doctor-day-full")
        .problem(409, "appointment-started")
        .problem(409, "appointment-cancelled")
        .problem(422, "invalid-booking")
        .problem(503, "contended")
        .done();
    api.operation("post", "/appointments/{appointment_id}/cancel", "cancel", "Cancel an appointment")
        .says("Until it starts. Once more changes nothing.")
        .only("its Doctor and Admins, and its Patient where the clinic's policy lets them")
        .if_match()
        .optional_body(reason())
        .answers_appointment::<Body>("The appointment, cancelled.")
        .problem(409, "appointment-started")
        .problem(503, "contended")
        .done();
    for (path, id, summary) in [
        ("/appointments/{appointment_id}/done", "markDone", "Mark that the patient came"),
        ("/appointments/{appointment_id}/no_show", "markNoShow", "Mark that the patient did not come"),
    ] {
        api.operation("post", path, id, summary)
            .says("From its start on; one mark may correct the other.")
            .only("its Doctor and Admins")
            .if_match()
            .answers_appointment::<Body>("The appointment, marked.")
            .problem(409, "appointment-not-started")
            .problem(409, "appointment-cancelled")
            .problem(503, "contended")
            .done();
    }
}

fn reason() -> Value {
    json!({
        "type": "object",
        "properties": { "reason": optional_text_schema(500, true) },
        "examples": [{ "reason": "The doctor is ill." }],
    })
}
