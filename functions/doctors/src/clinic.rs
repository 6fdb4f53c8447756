mod change;

use axum::{Json, extract::State};
use rounds_data::{Database, clinic, zone_change};
use rounds_domain::{
    AccountType, Clinic, ClinicId, Contact, Language, MessagePolicy, Policy, QuietHours, TIME_ZONE_DATA, ZoneChange,
    wall_clock,
};
use rounds_http::{Access, Authenticated, JsonBody, NoInput, Problem, RequestOrigin, Routes, Sample};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

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
    #[serde(flatten)]
    contact: Contact,
    /// The language of messages to readers who have chosen none (a tag by BCP 47).
    language: Language,
    /// How many minutes before its start a patient is reminded of an appointment. Empty: no reminders.
    reminder_minutes: Vec<i64>,
    /// When no reminders are sent, on the clinic's wall clock.
    quiet_hours: Option<Quiet>,
}

/// The quiet hours. If the end is before the start, it is on the next day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QuietHours")]
struct Quiet {
    #[schemars(extend("examples" = ["21:00"]))]
    start: String,
    #[schemars(extend("examples" = ["07:00"]))]
    end: String,
}

impl From<QuietHours> for Quiet {
    fn from(QuietHours { start, end }: QuietHours) -> Self {
        Self { start: wall_clock(start.into()), end: wall_clock(end.into()) }
    }
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
        let MessagePolicy { language, reminder_minutes, quiet_hours } = clinic.messages;
        Self {
            id: clinic.id,
            name: clinic.name,
            time_zone: clinic.calendar.zone.name(),
            time_zone_data: TIME_ZONE_DATA,
            policy: clinic.policy,
            contact: clinic.contact,
            language,
            reminder_minutes,
            quiet_hours: quiet_hours.map(Quiet::from),
        }
    }
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/clinic", show, |route| {
        route
            .named("getClinic", "Get the clinic's name, contact, time zone and policy", Access::ANYONE)
            .response::<Body>(200, "The clinic.")
    });
    to.patch("/clinic", change, |route| {
        route
            .named("changeClinic", "Change the clinic's name, contact, time zone or policy", Access::ADMINS)
            .description(
                "Omitted members stay unchanged. The next booking must follow the new policy. A new `time_zone` does \
                 not change the timestamps of appointments. If the change sets another `time_zone`, the response also \
                 has `moved` and `outside_hours`: how many upcoming appointments now start at another wall-clock time, \
                 and how many are now outside the working hours.",
            )
            .body(change::schema())
            .sample(Sample::body(json!({
                "name": "The clinic at the park", "slot_step": 15, "phone": "030 123 456",
                "quiet_hours": { "start": "21:00", "end": "07:00" },
            })))
            .response::<Changed>(200, "The changed clinic.")
    });
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
    let change = change::read(&mut input);
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
