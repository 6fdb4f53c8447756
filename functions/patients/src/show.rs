use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, patients};
use rounds_domain::AccountId;
use rounds_http::{Access, AccessedData, Actor, Authenticated, NoInput, PathId, Problem, Routes};

use crate::body::Body;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/patients/{patient_id}", show, |route| {
        let access = Access::only(
            "that patient, their guardians, Doctors who have or had an appointment with them, Receptionists and Admins",
            &[Actor::Patient, Actor::Doctor, Actor::Receptionist, Actor::Admin],
        );
        route
            .named("getPatient", "Get a patient", access)
            .description("The id of a patient who was merged into another one answers as the other.")
            .response::<Body>(200, "The patient.")
    });
}

async fn show(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<Response, Problem> {
    let found = patients::find(&database, &caller, id).await?;
    let acts_for = found.caller_acts_for_patient();
    let patient = found.visible_to(&caller)?;
    input.finish()?;
    let accounts = if acts_for { vec![] } else { vec![patient.listed.id] };
    let accessed = Extension(AccessedData { accounts, ..AccessedData::default() });
    Ok((accessed, Json(Body::new(patient, &caller))).into_response())
}
