use rounds_data::doctors::{Doctor, Profile};
use rounds_http::{Api, id_schema, moment_schema, optional_text_schema, text_schema};
use serde_json::{Value, json};

use crate::{
    availability::{DoctorSlot, Slot},
    available::Available,
    clinic, slots, time_off,
    working_hours::Hours,
};

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("doctors");
    api.operation("get", "/doctors", "listDoctors", "The active doctors, by id")
        .open()
        .query("q", "Part of the name or the specialty, in any case.", json!({ "type": "string" }))
        .query("specialty", "The specialty, in any case.", json!({ "type": "string" }))
        .paged::<Doctor>("The doctors.")
        .done();
    api.operation("get", "/doctors/{doctor_id}", "getDoctor", "A doctor's profile")
        .open()
        .answers::<Profile>(200, "The profile.")
        .done();
    api.operation("patch", "/doctors/{doctor_id}", "changeDoctor", "Change a doctor's profile")
        .says("What is left out stays, `null` empties.")
        .only("that Doctor and Admins")
        .body(json!({
            "type": "object",
            "properties": {
                "specialty": optional_text_schema(100, false),
                "details": optional_text_schema(5000, true),
            },
            "examples": [{ "specialty": "Cardiology", "details": "Mondays only" }],
        }))
        .answers::<Profile>(200, "The profile.")
        .done();
    api.operation("get", "/doctors/{doctor_id}/slots", "listSlots", "The booked times of a doctor's day")
        .says("Who is behind them is told to that Doctor and Admins only.")
        .dated()
        .paged::<slots::Slot>("The booked times, by start.")
        .done();
    free_times(api);
    api.operation("get", "/doctors/available", "listAvailableDoctors", "The doctors who can still be booked on a day")
        .only("Admins")
        .dated()
        .paged::<Available>("The doctors, by id.")
        .done();
    weeks(api);
    api.operation("get", "/clinic", "getClinic", "The clinic's name, zone and policy")
        .open()
        .answers::<clinic::Body>(200, "The clinic.")
        .done();
    api.operation("patch", "/clinic", "changeClinic", "Change the clinic")
        .says("What is left out stays; the very next booking obeys.")
        .only("Admins")
        .body(clinic_change())
        .answers::<clinic::Body>(200, "The clinic.")
        .done();
}

const MOVING: &str = "An appointment of this doctor: the times that it can be moved to, also where they overlap with \
                      the time it has. Times at which its patient has another appointment are left out. For those who \
                      can move it: its Doctor and Admins, until it starts.";

fn free_times(api: &mut Api) {
    let days = || json!({ "type": "integer", "minimum": 1, "maximum": 31, "default": 1 });
    let duration = || json!({ "type": "integer", "minimum": 1, "maximum": 1440, "default": 30 });
    api.operation(
        "get",
        "/doctors/{doctor_id}/availability",
        "listAvailability",
        "The times of a doctor that can be booked",
    )
    .says("Every start on the clinic's grid. For a Patient, without those where they have an appointment.")
    .dated()
    .query("days", "How many days, from that one on.", days())
    .query(
        "duration",
        "Minutes, as the clinic's policy allows them. With `moving`, those of the appointment unless given.",
        duration(),
    )
    .query("moving", MOVING, id_schema())
    .answers::<Vec<Slot>>(200, "The times, by start.")
    .problem(403, "forbidden")
    .problem(409, "appointment-started")
    .problem(409, "appointment-cancelled")
    .done();
    api.operation("get", "/availability", "listAllAvailability", "The times of all doctors that can be booked")
        .dated()
        .query("days", "How many days, from that one on.", days())
        .query("duration", "Minutes, as the clinic's policy allows them.", duration())
        .query("specialty", "Only doctors of this specialty, in any case.", json!({ "type": "string" }))
        .paged::<DoctorSlot>("The times, soonest first.")
        .done();
}

fn weeks(api: &mut Api) {
    let wall_clock = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    api.operation("get", "/doctors/{doctor_id}/working_hours", "getWorkingHours", "A doctor's week")
        .open()
        .answers::<Vec<Hours>>(200, "When they work.")
        .done();
    api.operation("put", "/doctors/{doctor_id}/working_hours", "replaceWorkingHours", "Replace a doctor's week")
        .says("Several stretches a day may be given; touching ones merge, overlapping ones are refused. What is booked stays.")
        .only("that Doctor and Admins")
        .body(json!({
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["weekday", "start", "end"],
                "properties": {
                    "weekday": { "enum": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] },
                    "start": wall_clock("^([01][0-9]|2[0-3]):[0-5][0-9]$"),
                    "end": wall_clock("^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
                },
            },
            "examples": [[{ "weekday": "Mon", "start": "08:00", "end": "18:00" }]],
        }))
        .answers::<Vec<Hours>>(200, "When they work now.")
        .done();
    api.operation("get", "/doctors/{doctor_id}/time_off", "listTimeOff", "When a doctor is away")
        .only("that Doctor and Admins")
        .paged::<time_off::Body>("The time off, by start.")
        .done();
    api.operation("post", "/doctors/{doctor_id}/time_off", "takeTimeOff", "Take time off")
        .only("that Doctor and Admins")
        .body(json!({
            "type": "object",
            "required": ["start_date", "end_date"],
            "properties": {
                "start_date": moment_schema(),
                "end_date": moment_schema(),
                "reason": optional_text_schema(500, true),
            },
            "examples": [{ "start_date": "2030-02-01T00:00:00+01:00", "end_date": "2030-02-08T00:00:00+01:00" }],
        }))
        .answers::<time_off::Body>(201, "The time off.")
        .with_header(201, "Location", "Where it is.", json!({ "type": "string", "format": "uri-reference" }))
        .leads_to(201, "endTimeOff", "time_off_id", "$response.body#/id")
        .problem(409, "time-off-over-appointments")
        .done();
    api.operation("delete", "/doctors/{doctor_id}/time_off/{time_off_id}", "endTimeOff", "End time off")
        .only("that Doctor and Admins")
        .answers_nothing("The doctor is back.")
        .done();
}

fn clinic_change() -> Value {
    let number = |least: i64, most: i64| json!({ "type": "integer", "minimum": least, "maximum": most });
    json!({
        "type": "object",
        "properties": {
            "name": text_schema(100, false),
            "time_zone": { "type": "string", "description": "An IANA name.", "examples": ["Europe/Berlin"] },
            "min_duration": number(1, 1440),
            "max_duration": number(1, 1440),
            "max_appointments_per_day": number(0, 1440),
            "max_booked_mins_per_day": number(0, 1440),
            "booking_horizon_days": number(1, 3660),
            "slot_step": number(1, 1440),
            "patient_cancel_notice": {
                "type": ["integer", "null"], "minimum": 0, "maximum": 525_600,
                "description": "Minutes before the start; `null`: Patients cannot cancel.",
            },
            "max_open_bookings": {
                "type": ["integer", "null"], "minimum": 1, "maximum": 10_000,
                "description": "The most appointments ahead that a Patient can have and book another; `null`: any number.",
            },
        },
        "examples": [{ "time_zone": "Europe/Berlin", "patient_cancel_notice": 1440 }],
    })
}
