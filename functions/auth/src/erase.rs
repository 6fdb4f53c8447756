use axum::{extract, http::StatusCode};
use rounds_data::accounts::{self, Action};
use rounds_domain::{AccountId, AccountType};
use rounds_http::{Access, Authenticated, Kind, NoInput, PathId, Problem, RequestOrigin, Routes};

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/erase", erase, |route| {
        route
            .named("eraseAccount", "Erase the personal data of a Patient", Access::ADMINS)
            .description("The appointments and the audit entries stay, without the personal data.")
            .empty_response(204, "The personal data is erased.")
            .problem(Kind::NotAPatient)
            .problem(Kind::AppointmentsAhead)
    });
}

async fn erase(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::Erase).await?;
    Ok(StatusCode::NO_CONTENT)
}
