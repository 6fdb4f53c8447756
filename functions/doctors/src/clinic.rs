use std::ops::RangeInclusive;

use axum::{Json, extract::State};
use rounds_data::{Database, clinic, zone_change};
use rounds_domain::{AccountType, Clinic, ClinicChange, ClinicId, Code, Name, Policy, TIME_ZONE_DATA, ZoneChange};
use rounds_http::{
    Access, Authenticated, Input, JsonBody, NoInput, Problem, RequestOrigin, Routes, Sample, text_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// The clinic in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clinic")]
pub(crate) struct Body {
    /// A random id, generated together with the database.
    #[schemars(with = "String")]
    id: ClinicId,
    name: String,
    time_zone: &'static str,
    /// The release of the IANA time zone database that the server uses.
    #[schemars(extend("examples" = ["2026a"]))]
    time_zone_data: &'static str,
    #[serde(flatten)]
    policy: Policy,
}

/// The clinic after a change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangedClinic")]
pub(crate) struct Changed {
    #[serde(flatten)]
    clinic: Body,
    /// Present only if the change set another `time_zone`.
    #[serde(flatten)]
    zone_change: Option<ZoneChange>,
}

impl From<Clinic> for Body {
    fn from(clinic: Clinic) -> Self {
        Self {
            id: clinic.id,
            name: clinic.name,
            time_zone: clinic.calendar.zone.name(),
            time_zone_data: TIME_ZONE_DATA,
            policy: clinic.policy,
        }
    }
}

// The ranges of the policy's numbers. The database schema has the same bounds. A day has 1440 minutes, a year 525,600.
const MINUTES: RangeInclusive<i64> = 1..=1440;
const DAILY_LIMIT: RangeInclusive<i64> = 0..=1440;
const HORIZON_DAYS: RangeInclusive<i64> = 1..=3660;
const NOTICE: RangeInclusive<i64> = 0..=525_600;
const OPEN_BOOKINGS: RangeInclusive<i64> = 1..=10_000;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/clinic", show, |route| {
        route
            .named("getClinic", "Get the clinic's name, time zone and policy", Access::ANYONE)
            .response::<Body>(200, "The clinic.")
    });
    to.patch("/clinic", change, |route| {
        route
            .named("changeClinic", "Change the clinic's name, time zone or policy", Access::ADMINS)
            .description(
                "Omitted members stay unchanged. The next booking must follow the new policy. A new `time_zone` does \
                 not change the timestamps of appointments. If the change sets another `time_zone`, the response also \
                 has `moved` and `outside_hours`: how many upcoming appointments now start at another wall-clock time, \
                 and how many are now outside the working hours.",
            )
            .body(change_schema())
            .sample(Sample::body(json!({ "name": "The clinic at the park", "slot_step": 15 })))
            .response::<Changed>(200, "The changed clinic.")
    });
}

fn change_schema() -> Value {
    let number =
        |bounds: RangeInclusive<i64>| json!({ "type": "integer", "minimum": bounds.start(), "maximum": bounds.end() });
    let optional_number = |bounds: RangeInclusive<i64>, description: &str| {
        json!({
            "type": ["integer", "null"], "minimum": bounds.start(), "maximum": bounds.end(),
            "description": description,
        })
    };
    json!({
        "type": "object",
        "properties": {
            "name": text_schema(Name::LONGEST, false),
            "time_zone": {
                "type": "string", "description": "A name of the IANA time zone database.",
                "examples": ["Europe/Berlin"],
            },
            "min_duration": number(MINUTES),
            "max_duration": number(MINUTES),
            "max_appointments_per_day": number(DAILY_LIMIT),
            "max_booked_mins_per_day": number(DAILY_LIMIT),
            "booking_horizon_days": number(HORIZON_DAYS),
            "slot_step": number(MINUTES),
            "patient_cancel_notice":
                optional_number(
                    NOTICE,
                    "Patients can cancel until this many minutes before the start. `null`: Patients cannot cancel.",
                ),
            "max_open_bookings":
                optional_number(
                    OPEN_BOOKINGS,
                    "The maximum number of upcoming appointments of a Patient, checked when the Patient books. `null`: no maximum.",
                ),
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
) -> Result<Json<Changed>, Problem> {
    caller.must_be(AccountType::Admin)?;
    let change = read(&mut input);
    let change = input.finish(change)?;
    let Some(zone) = change.time_zone else {
        let clinic = clinic::change(&database.writer(&caller, &origin), &change, None).await?.into();
        return Ok(Json(Changed { clinic, zone_change: None }));
    };
    let (change, origin) = (&change, &origin);
    let changed = database.in_calendar(&caller, |reader| async move {
        let zone_change = match reader.calendar.zone == zone {
            true => None,
            false => Some(zone_change::preview(&reader, zone, origin.at).await?),
        };
        let writer = reader.database.writer(reader.caller, origin);
        let clinic = clinic::change(&writer, change, Some(&reader.calendar)).await?.into();
        Ok(Changed { clinic, zone_change })
    });
    Ok(Json(changed.await?))
}

fn read(input: &mut Input) -> Option<ClinicChange> {
    input.not_null(&["name", "time_zone", "min_duration", "max_duration", "max_appointments_per_day"]);
    input.not_null(&["max_booked_mins_per_day", "booking_horizon_days", "slot_step"]);
    let name = input.optional("name", str::parse);
    let time_zone = input.optional("time_zone", str::parse);
    let min_duration = input.optional_integer_within("min_duration", MINUTES);
    let max_duration = input.optional_integer_within("max_duration", MINUTES);
    let max_appointments_per_day = input.optional_integer_within("max_appointments_per_day", DAILY_LIMIT);
    let max_booked_mins_per_day = input.optional_integer_within("max_booked_mins_per_day", DAILY_LIMIT);
    let booking_horizon_days = input.optional_integer_within("booking_horizon_days", HORIZON_DAYS);
    let slot_step = input.optional_integer_within("slot_step", MINUTES);
    let notice = input.optional_integer_within("patient_cancel_notice", NOTICE);
    let max_open_bookings = input.optional_integer_within("max_open_bookings", OPEN_BOOKINGS);
    if let (Some(Some(min)), Some(Some(max))) = (min_duration, max_duration)
        && min > max
    {
        input.reject::<()>(
            "min_duration",
            Code::MinimumOverMaximum.with_detail("must not be greater than max_duration"),
        );
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
        max_open_bookings: input.has("max_open_bookings").then_some(max_open_bookings?),
    })
}
