use axum::{extract::State, http::StatusCode};
use rounds_data::{Database, patients};
use rounds_domain::AccountId;
use rounds_http::{Access, Authenticated, NoInput, PathIds, Problem, RequestOrigin, Routes};

const PATH: &str = "/patients/{patient_id}/guardians/{account_id}";

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.put(PATH, add, |route| {
        route
            .named("addGuardian", "Let a Patient account act for a patient", Access::DESK)
            .description(
                "The account sees and does all that the patient could, until it is taken away. It must belong to a \
                 Patient who has a login.",
            )
            .empty_response(204, "The account is a guardian of the patient.")
    });
    to.delete(PATH, remove, |route| {
        route
            .named("removeGuardian", "End that an account acts for a patient", Access::DESK)
            .description("From the next request on, the account sees nothing of the patient.")
            .empty_response(204, "The account is no guardian of the patient.")
    });
}

async fn add(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathIds(patient, account): PathIds<AccountId, AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be_desk()?;
    input.finish()?;
    patients::set_guardian(&database.writer(&caller, &origin), patient, account).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathIds(patient, account): PathIds<AccountId, AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be_desk()?;
    input.finish()?;
    patients::remove_guardian(&database.writer(&caller, &origin), patient, account).await?;
    Ok(StatusCode::NO_CONTENT)
}
