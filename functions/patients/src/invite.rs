use axum::{extract::State, http::StatusCode};
use rounds_data::{Database, patients};
use rounds_domain::AccountId;
use rounds_http::{Access, Authenticated, Kind, NoInput, PathId, Problem, RequestOrigin, Routes, Sample};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/patients/{patient_id}/invite", invite, |route| {
        route
            .named("invitePatient", "Invite a patient to sign in", Access::DESK)
            .description(
                "Sends a mail to the patient's email. Its link lets them set a password. Then the patient has a login, and \
                 keeps the id. A patient who has set no password yet can be invited again.",
            )
            .sample(Sample::query("").with("patient_id", "{without_login}"))
            .empty_response(202, "The mail is queued.")
            .problem(Kind::PatientHasNoEmail)
            .problem(Kind::PatientHasLogin)
            .problem(Kind::EmailTaken)
            .problem(Kind::Contended)
    });
}

async fn invite(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be_desk()?;
    input.finish()?;
    patients::invite(&database.writer(&caller, &origin), id).await?;
    Ok(StatusCode::ACCEPTED)
}
