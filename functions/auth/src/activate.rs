use axum::{extract, http::StatusCode};
use rounds_data::accounts::{self, Action};
use rounds_domain::{AccountId, AccountType};
use rounds_http::{Access, Authenticated, Kind, NoInput, PathId, Problem, RequestOrigin, Routes, Sample};

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/accounts/{account_id}/activate", activate, |route| {
        route
            .named("activateAccount", "Activate a deactivated account", Access::ADMINS)
            .sample(Sample::default().with("account_id", "{deactivated}"))
            .empty_response(204, "The account can sign in again.")
            .problem(Kind::AccountErased)
    });
}

async fn activate(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    accounts::change(&state.database.writer(&caller, &origin), id, &Action::Activate).await?;
    Ok(StatusCode::NO_CONTENT)
}
