use axum::{Json, extract::State};
use rounds_data::{Database, clinic};
use rounds_domain::{AccountType, Clinic, ClinicChange, Code, Policy};
use rounds_http::{Authenticated, Input, JsonBody, NoInput, Problem, RequestOrigin, Routes, Sample, Who, text_schema};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// The clinic as clients read it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clinic")]
pub(crate) struct Body {
    name: String,
    time_zone: &'static str,
    #[serde(flatten)]
    policy: Policy,
}

impl From<Clinic> for Body {
    fn from(clinic: Clinic) -> Self {
        Self { name: clinic.name, time_zone: clinic.calendar.zone.name(), policy: clinic.policy }
    }
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/clinic", show, |route| {
        route.named("getClinic", "The clinic's name, zone and policy", Who::ANYONE).answers::<Body>(200, "The clinic.")
    });
    to.patch("/clinic", change, |route| {
        route
            .named("changeClinic", "Change the clinic", Who::ADMINS)
            .says("What is left out stays; the very next booking obeys.")
            .body(change_schema())
            .sample(Sample::body(json!({ "name": "The clinic at the park", "slot_step": 15 })))
            .answers::<Body>(200, "The clinic.")
    });
}

fn change_schema() -> Value {
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
        },
    })
}

async fn show(State(database): State<Database>, input: NoInput) -> Result<Json<Body>, Problem> {
    input.finish()?;
    Ok(Json(clinic::read(&database).await?.into()))
}

async fn change(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<Body>, Problem> {
    caller.must_be(AccountType::Admin)?;
    let change = read(&mut input);
    let change = input.finish(change)?;
    Ok(Json(clinic::change(&database, &caller, &change, &origin).await?.into()))
}

/// The bounds are those of the schema.
fn read(input: &mut Input) -> Option<ClinicChange> {
    input.not_null(&["name", "time_zone", "min_duration", "max_duration", "max_appointments_per_day"]);
    input.not_null(&["max_booked_mins_per_day", "booking_horizon_days", "slot_step"]);
    let name = input.optional("name", str::parse);
    let time_zone = input.optional("time_zone", str::parse);
    let min_duration = input.integer_within("min_duration", 1..=1440);
    let max_duration = input.integer_within("max_duration", 1..=1440);
    let max_appointments_per_day = input.integer_within("max_appointments_per_day", 0..=1440);
    let max_booked_mins_per_day = input.integer_within("max_booked_mins_per_day", 0..=1440);
    let booking_horizon_days = input.integer_within("booking_horizon_days", 1..=3660);
    let slot_step = input.integer_within("slot_step", 1..=1440);
    let notice = input.integer_within("patient_cancel_notice", 0..=525_600);
    if let (Some(Some(min)), Some(Some(max))) = (min_duration, max_duration)
        && min > max
    {
        input.refuse::<()>("min_duration", Code::MinimumOverMaximum.says("must not be over max_duration"));
    }
    Some(ClinicChange {
        name: name?,
        time_zone: time_zone?,
        min_duration: min_duration?,
        max_duration: max_duration?,
        max_appointments_per_day: max_appointments_per_day?,
        max_booked_mins_per_day: max_booked_mins_per_day?,
        booking_horizon_days: booking_horizon_days?,
        slot_step: slot_step?,
        patient_cancel_notice: input.has("patient_cancel_notice").then_some(notice?),
    })
}
