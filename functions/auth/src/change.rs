use axum::{
    extract,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};
use rounds_data::{
    Error, Origin,
    accounts::{self, Action},
};
use rounds_domain::{self as domain, AccountId, AccountType, Caller, Password, Reason};
use rounds_http::{Authenticated, JsonBody, NoInput, OptionalJsonBody, PathId, Problem, RequestOrigin};

use crate::State;

/// `POST /accounts/{account_id}/deactivate`: no login and no request any more, from now on. What is
/// booked with a Doctor stays, and is listed where the `Link` leads, unless the appointments ahead of the Doctor or
/// Patient are cancelled in the same change.
pub(crate) async fn deactivate(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    OptionalJsonBody(mut input): OptionalJsonBody,
) -> Result<Response, Problem> {
    caller.must_be(AccountType::Admin)?;
    let cancels = input.optional("appointments", |text| match text {
        "cancel" => Ok(()),
        _ => Err("must be \"cancel\", or left out"),
    });
    let reason = input.optional("reason", str::parse::<Reason>);
    if let (Some(None), Some(Some(_))) = (&cancels, &reason) {
        input.refuse::<()>("reason", "is for appointments that are cancelled");
    }
    let (cancels, reason) = input.finish(cancels.zip(reason))?;
    let deactivate = Action::Deactivate { cancel_appointments: cancels.is_some(), reason };
    if change(&state, &caller, id, &deactivate, &origin).await? != AccountType::Doctor {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let booked = format!("</appointments?doctor_id={id}&status=Booked>; rel=\"related\"");
    Ok((StatusCode::NO_CONTENT, [(LINK, booked)]).into_response())
}

/// `POST /accounts/{account_id}/activate`: the account can sign in again.
pub(crate) async fn activate(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    change(&state, &caller, id, &Action::Activate, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /accounts/{account_id}/erase`: the personal data of a Patient is gone; appointments, and the
/// audit trail, stay.
pub(crate) async fn erase(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    input.finish()?;
    change(&state, &caller, id, &Action::Erase, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /accounts/{account_id}/password`: another password, and all tokens end.
pub(crate) async fn reset_password(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AccountId>,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    caller.must_be(AccountType::Admin)?;
    if caller.is(id) {
        // By a stolen token, too, and without the old one.
        return Err(domain::Error::Forbidden("Change your own password with POST /me/password.").into());
    }
    let password = input.text::<Password>("new_password");
    let password = input.finish(password)?;
    let hash = rounds_auth::hash(&password).map_err(Problem::internal)?;
    change(&state, &caller, id, &Action::ResetPassword(hash), &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(
    state: &State,
    caller: &Caller,
    id: AccountId,
    action: &Action,
    origin: &Origin,
) -> Result<AccountType, Error> {
    accounts::change(&state.database, caller, (id, action), origin).await
}
