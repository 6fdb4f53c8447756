use axum::{Json, extract, http::StatusCode};
use rounds_data::{
    Error,
    accounts::{self, Registration},
};
use rounds_domain::{
    self as domain, AccountId, AccountType, Code, Details, Email, Name, NewAccount, Password, Specialty,
};
use rounds_http::{
    Access, Bearer, Input, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample, optional_text_schema, text_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{State, password::password_schema};

/// The account that was made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Registered {
    id: AccountId,
    name: String,
    email: String,
    account_type: AccountType,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/register", register, |route| {
        let email = json!({
            "type": "string", "format": "idn-email", "maxLength": Email::LONGEST,
            "description": "RFC 6531; at most 254 bytes. An address is one account's: case makes no difference, nor \
                            whether an international domain is in Unicode or in its ASCII form.",
        });
        let account = |account_type: &str| {
            Sample::body(json!({
                "name": "Ada", "email": "{new_email}", "password": "correct horse", "account_type": account_type,
            }))
        };
        route
            .named("register", "Make an account", Access::OPTIONAL_TOKEN)
            .description(
                "Anyone makes a Patient's account; Doctors' and Admins' take an Admin's token. A specialty and details \
                 are of Doctors only.",
            )
            .body(json!({
                "type": "object",
                "required": ["name", "email", "password", "account_type"],
                "properties": {
                    "name": text_schema(Name::LONGEST, false),
                    "email": email,
                    "password": password_schema(),
                    "account_type": { "$ref": "#/components/schemas/AccountType" },
                    "specialty": optional_text_schema(Specialty::LONGEST, false),
                    "details": optional_text_schema(Details::LONGEST, true),
                },
            }))
            .sample(account("Patient"))
            .sample(account("Doctor").named("Doctor", Access::ADMINS))
            .sample(account("Admin").named("Admin", Access::ADMINS))
            .response::<Registered>(201, "The account.")
            .problem(Kind::Forbidden)
            .problem(Kind::EmailTaken)
            .problem(Kind::TooManyRequests)
    });
}

async fn register(
    extract::State(state): extract::State<State>,
    Bearer(bearer): Bearer,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let account_type = input.text("account_type");
    if let Some(AccountType::Doctor | AccountType::Admin) = account_type {
        bearer.ok_or(domain::Error::Unauthenticated)?.must_be(AccountType::Admin)?;
    }
    let (password, account) = read(&mut input, account_type)?;

    // The limit is not for Admins. Where it is known to be reached, nothing is hashed, which is what costs most.
    let source = origin.source.as_deref().filter(|_| !bearer.is_some_and(|caller| caller.is_admin()));
    state.refused_sources.check(source, origin.at)?;
    let account = account(rounds_auth::hash(&password).map_err(Problem::internal)?);
    let new = Registration { registrar: bearer.as_ref(), account: &account, limits: &state.limits };
    let registered = accounts::register(&state.database, &new, &origin).await;
    if let Err(Error::Refused(domain::Error::TooMany(seconds))) = registered {
        state.refused_sources.remember(source, seconds, origin.at);
    }
    let id = registered?;
    let (name, email) = (account.name.as_str().to_owned(), account.email.as_str().to_owned());
    Ok((StatusCode::CREATED, Json(Registered { id, name, email, account_type: account.account_type })))
}

/// The password, and the account once that is hashed.
fn read(
    input: &mut Input,
    account_type: Option<AccountType>,
) -> Result<(Password, impl FnOnce(String) -> NewAccount), domain::Error> {
    let name = input.text::<Name>("name");
    let email = input.text::<Email>("email");
    let password = input.text::<Password>("password");
    let specialty = input.optional("specialty", str::parse::<Specialty>);
    let details = input.optional("details", str::parse::<Details>);
    if matches!(account_type, Some(AccountType::Patient | AccountType::Admin)) {
        let members =
            [("specialty", matches!(specialty, Some(Some(_)))), ("details", matches!(details, Some(Some(_))))];
        for (member, _) in members.iter().filter(|(_, given)| *given) {
            input.refuse::<()>(member, Code::DoctorsOnly.with_detail("is for Doctors only"));
        }
    }
    let read = || Some((name?, email?, password?, account_type?, specialty?, details?));
    let (name, email, password, account_type, specialty, details) = input.finish(read())?;

    let account = move |password_hash| NewAccount { name, email, password_hash, account_type, specialty, details };
    Ok((password, account))
}
