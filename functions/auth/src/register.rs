use axum::{Json, extract, http::StatusCode};
use rounds_auth::NO_PASSWORD;
use rounds_data::{
    Error,
    accounts::{self, Registration},
};
use rounds_domain::{
    self as domain, AccountId, AccountType, BirthDate, Code, Details, Email, Language, Name, NewAccount, Password,
    Phone, Specialty, Timestamp,
};
use rounds_http::{
    Access, Bearer, Input, JsonBody, Kind, Problem, RequestOrigin, Routes, Sample, birth_date_schema, language_schema,
    optional_text_schema, phone_schema, text_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{State, password::password_schema};

/// The new account.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Registered {
    id: AccountId,
    name: String,
    email: String,
    account_type: AccountType,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.post("/register", register, |route| {
        let account = |account_type: &str| {
            Sample::body(json!({
                "name": "Ada", "email": "{new_email}", "password": "correct horse", "account_type": account_type,
            }))
        };
        route
            .named("register", "Create an account", Access::OPTIONAL_TOKEN)
            .description(
                "Anyone can create a Patient account. A Doctor, Receptionist or Admin account needs an Admin's token. \
                 `specialty` and `details` are allowed only for Doctors. Only an Admin can leave `password` out: the person then \
                 gets an invitation by mail, with a link that sets the first password.",
            )
            .body(json!({
                "type": "object",
                "required": ["name", "email", "account_type"],
                "properties": {
                    "name": text_schema(Name::LONGEST, false),
                    "email": email_schema(),
                    "password": optional(password_schema()),
                    "account_type": { "$ref": "#/components/schemas/AccountType" },
                    "phone": phone_schema(),
                    "birth_date": birth_date_schema(),
                    "language": language_schema(),
                    "specialty": optional_text_schema(Specialty::LONGEST, false),
                    "details": optional_text_schema(Details::LONGEST, true),
                },
            }))
            .sample(account("Patient"))
            .sample(account("Doctor").named("Doctor", Access::ADMINS))
            .sample(account("Admin").named("Admin", Access::ADMINS))
            .sample(account("Receptionist").named("Receptionist", Access::ADMINS))
            .sample(
                Sample::body(json!({ "name": "Ada", "email": "{new_email}", "account_type": "Doctor" }))
                    .named("invited", Access::ADMINS),
            )
            .response::<Registered>(201, "The account.")
            .problem(Kind::Forbidden)
            .problem(Kind::EmailTaken)
            .problem(Kind::TooManyRequests)
    });
}

/// Returns the schema of an email.
pub(crate) fn email_schema() -> Value {
    json!({
        "type": "string", "format": "idn-email", "maxLength": Email::LONGEST,
        "description": "An address by RFC 6531, at most 254 bytes. Only one account can have it. Case is ignored, and \
                        the Unicode and ASCII forms of an international domain are the same.",
    })
}

fn optional(mut schema: Value) -> Value {
    schema["type"] = json!(["string", "null"]);
    schema
}

async fn register(
    extract::State(state): extract::State<State>,
    Bearer(bearer): Bearer,
    RequestOrigin(origin): RequestOrigin,
    JsonBody(mut input): JsonBody,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let account_type = input.text("account_type");
    if let Some(AccountType::Doctor | AccountType::Admin | AccountType::Receptionist) = account_type {
        bearer.ok_or(domain::Error::Unauthenticated)?.must_be(AccountType::Admin)?;
    }
    let is_admin = bearer.is_some_and(|caller| caller.is_admin());
    let (password, account) = read(&mut input, account_type, is_admin, origin.at)?;

    // The limit does not apply to Admins. It is checked before hashing because hashing costs most of the request.
    let source = origin.source.as_deref().filter(|_| !is_admin);
    state.refused_sources.check(source, origin.at)?;
    let account = account(match password {
        Some(password) => state.hasher.hash(password).await?,
        None => NO_PASSWORD.to_owned(),
    });
    let new = Registration { registrar: bearer.as_ref(), account: &account, limits: &state.limits };
    let registered = accounts::register(&state.database, &new, &origin).await;
    if let Err(Error::Refused(domain::Error::TooMany(seconds))) = registered {
        state.refused_sources.insert(source, seconds, origin.at);
    }
    let id = registered?;
    let (name, email) = (account.name.as_str().to_owned(), account.email.as_str().to_owned());
    Ok((StatusCode::CREATED, Json(Registered { id, name, email, account_type: account.account_type })))
}

/// Reads the body. Returns the password, and a function that makes the account from the password's hash. The password
/// can be absent if the person `may_be_invited`.
fn read(
    input: &mut Input,
    account_type: Option<AccountType>,
    may_be_invited: bool,
    now: Timestamp,
) -> Result<(Option<Password>, impl FnOnce(String) -> NewAccount), domain::Error> {
    let name = input.text::<Name>("name");
    let email = input.text::<Email>("email");
    let password = match may_be_invited {
        true => input.optional("password", str::parse::<Password>),
        false => input.text::<Password>("password").map(Some),
    };
    let phone = input.optional("phone", str::parse::<Phone>);
    let birth_date = input.optional("birth_date", |text| BirthDate::parse(text, now));
    let language = input.optional("language", str::parse::<Language>);
    let specialty = input.optional("specialty", str::parse::<Specialty>);
    let details = input.optional("details", str::parse::<Details>);
    if account_type.is_some_and(|account_type| account_type != AccountType::Doctor) {
        let members =
            [("specialty", matches!(specialty, Some(Some(_)))), ("details", matches!(details, Some(Some(_))))];
        for (member, _) in members.iter().filter(|(_, is_given)| *is_given) {
            input.reject::<()>(member, Code::DoctorsOnly.with_detail("is allowed only for a Doctor"));
        }
    }
    let read = || {
        let (name, email, account_type, phone, language) = (name?, email?, account_type?, phone?, language?);
        let (birth_date, specialty, details) = (birth_date?, specialty?, details?);
        let account = move |password_hash| NewAccount {
            name,
            email,
            password_hash,
            account_type,
            phone,
            birth_date,
            language,
            specialty,
            details,
        };
        Some((password?, account))
    };
    let read = read();
    input.finish(read)
}
