use axum::{Json, extract::State};
use rounds_data::{
    Database,
    doctors::{self, Profile, ProfileChange},
};
use rounds_domain::{AccountId, Details, Specialty};
use rounds_http::{Authenticated, JsonBody, NoInput, PathId, Problem, RequestOrigin};

/// `GET /doctors/{doctor_id}`: a doctor's profile, for anyone.
pub(crate) async fn show(
    State(database): State<Database>,
    PathId(doctor): PathId<AccountId>,
    input: NoInput,
) -> Result<Json<Profile>, Problem> {
    input.finish()?;
    Ok(Json(doctors::profile(&database, doctor).await?))
}

/// `PATCH /doctors/{doctor_id}`: for that Doctor and Admins. What is left out stays, null empties.
pub(crate) async fn change(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<Json<Profile>, Problem> {
    caller.must_run(doctor)?;
    let specialty = input.optional("specialty", str::parse::<Specialty>);
    let details = input.optional("details", str::parse::<Details>);
    let (specialty, details) = input.finish(specialty.zip(details))?;
    let change = ProfileChange {
        doctor,
        specialty: input.has("specialty").then_some(specialty),
        details: input.has("details").then_some(details),
    };
    Ok(Json(doctors::change_profile(&database, &caller, &change, &origin).await?))
}
