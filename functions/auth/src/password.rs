use axum::{extract, http::StatusCode};
use rounds_data::{
    Origin, accounts,
    sign_ins::{self, Attempt, Verified},
};
use rounds_domain::{Code, Error, Password, Violation};
use rounds_http::{Access, Authenticated, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample};
use serde_json::{Value, json};

use crate::{
    State,
    sign_in::{SignIn, recheck_password, verify_password},
};

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/me/password", change, |route| {
        route
            .named("changeMyPassword", "Change your own password", Access::ACCOUNTS)
            .description(
                "Revokes all other tokens of the account. A wrong old password counts toward the limits of failed \
                 sign-ins.",
            )
            .body(json!({
                "type": "object",
                "required": ["old_password", "new_password"],
                "properties": { "old_password": { "type": "string" }, "new_password": password_schema() },
            }))
            .sample(Sample::body(json!({ "old_password": "{password}", "new_password": "battery staple" })))
            .empty_response(204, "The password is changed.")
            .problem(Kind::TooManyRequests)
    });
}

/// Returns the schema of a new password.
pub(crate) fn password_schema() -> Value {
    json!({
        "type": "string", "format": "password", "minLength": 8, "maxLength": 128,
        "description": "Any characters, counted and compared in the normal form NFC. The most common passwords are \
                        refused.",
    })
}

/// A wrong old password counts as a failed sign-in. Otherwise a stolen token could be used to guess the password.
async fn change(
    extract::State(state): extract::State<State>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<StatusCode, Problem> {
    let old = input.parsed("old_password", |text| Ok(text.to_owned()));
    let new = input.text::<Password>("new_password");
    let (old, new) = input.finish(old.zip(new))?;

    let account = accounts::me(&state.database, &caller).await?;
    let sign_in = SignIn { email: account.account.email, password: old };
    let attempt = sign_ins::attempt(&state.database, &sign_in.email, &state.limits, &origin).await?;
    let Some(verified) = verify_password(&state.hasher, &attempt, &sign_in.password).await? else {
        return Err(wrong_password(&state, &attempt, &origin, "old_password").await);
    };
    let hash = state.hasher.hash(new).await?;
    let writer = state.database.writer(&caller, &origin);
    let mut changed = sign_ins::change_password(&writer, &verified, &hash).await?;
    if !changed && let Some(credentials) = recheck_password(&state, &verified, &sign_in).await? {
        let verified = Verified { credentials: &credentials, ..verified };
        changed = sign_ins::change_password(&writer, &verified, &hash).await?;
    }
    changed.then_some(StatusCode::NO_CONTENT).ok_or_else(|| Error::Unauthenticated.into())
}

/// Records that a caller's own password was wrong, and returns the problem. `member` is the member of the body that had
/// the password.
pub(crate) async fn wrong_password(state: &State, attempt: &Attempt, origin: &Origin, member: &str) -> Problem {
    if let Err(error) = sign_ins::fail(&state.database, attempt, origin).await {
        return error.into();
    }
    let wrong = Code::WrongPassword.with_detail("is not the password of this account");
    Error::Invalid(vec![Violation::new(member, wrong)]).into()
}
