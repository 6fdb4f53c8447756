use axum::{Json, extract::State};
use rounds_data::{
    Database,
    doctors::{self, Profile, ProfileChange},
};
use rounds_domain::{AccountId, Details, Specialty};
use rounds_http::{
    Access, Authenticated, JsonBody, NoInput, PathId, Problem, RequestOrigin, Routes, Sample, optional_text_schema,
};
use serde_json::json;

use crate::DOCTOR_AND_ADMINS;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}", show, |route| {
        route.named("getDoctor", "Get a doctor's profile", Access::ANYONE).response::<Profile>(200, "The profile.")
    });
    to.patch("/doctors/{doctor_id}", change, |route| {
        route
            .named("changeDoctor", "Change a doctor's profile", DOCTOR_AND_ADMINS)
            .description("Omitted members stay unchanged. `null` clears a member.")
            .body(json!({
                "type": "object",
                "properties": {
                    "specialty": optional_text_schema(Specialty::LONGEST, false),
                    "details": optional_text_schema(Details::LONGEST, true),
                },
            }))
            .sample(Sample::body(json!({ "specialty": "Cardiology", "details": "Mondays only" })))
            .response::<Profile>(200, "The changed profile.")
    });
}

async fn show(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
    input: NoInput,
) -> Result<Json<Profile>, Problem> {
    input.finish()?;
    Ok(Json(doctors::profile(&database, doctor).await?))
}

async fn change(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<Profile>, Problem> {
    caller.must_manage(doctor)?;
    let specialty = input.optional("specialty", str::parse::<Specialty>);
    let details = input.optional("details", str::parse::<Details>);
    let (specialty, details) = input.finish(specialty.zip(details))?;
    let change = ProfileChange {
        doctor,
        specialty: input.has("specialty").then_some(specialty),
        details: input.has("details").then_some(details),
    };
    Ok(Json(doctors::change_profile(&database.writer(&caller, &origin), &change).await?))
}
