use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{Database, patients};
use rounds_domain::AccountId;
use rounds_http::{
    Access, AccessedData, Authenticated, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample, id_schema,
};
use serde_json::json;

use crate::body::Body;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/patients/{patient_id}/merge", merge, |route| {
        route
            .named("mergePatient", "Merge a patient into another one", Access::DESK)
            .description(
                "For two records of one person. The patient of the path is merged into the patient `into`, which stays: it \
                 gets all appointments, the guardians, the login if there is one, and what it lacks. The notes are joined. \
                 From then on, the merged id answers as the patient that stays. This cannot be undone.",
            )
            .body(json!({
                "type": "object",
                "required": ["into"],
                "properties": { "into": id_schema() },
            }))
            .sample(Sample::body(json!({ "into": "{patient_id}" })).with("patient_id", "{without_login}"))
            .response::<Body>(200, "The patient that stays.")
            .problem(Kind::PatientsHaveLogins)
            .problem(Kind::PatientsOverlap)
            .problem(Kind::Contended)
    });
}

async fn merge(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    caller.must_be_desk()?;
    let into = input.id::<AccountId>("into");
    let into = input.finish(into)?;
    let patient = patients::merge(&database.writer(&caller, &origin), id, into).await?;
    let accessed = Extension(AccessedData { accounts: vec![patient.listed.id], ..AccessedData::default() });
    Ok((accessed, Json(Body::new(patient, &caller))).into_response())
}
