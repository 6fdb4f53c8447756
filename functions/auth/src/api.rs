use rounds_domain::Account;
use rounds_http::{Api, optional_text_schema, text_schema};
use serde_json::{Value, json};

use crate::{export::Export, register::Registered, token::Token};

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("auth");
    api.operation("post", "/register", "register", "Make an account")
        .says("Anyone makes a Patient's account; Doctors' and Admins' take an Admin's token. A specialty and details are of Doctors only.")
        .body(json!({
            "type": "object",
            "required": ["name", "email", "password", "account_type"],
            "properties": {
                "name": text_schema(100, false),
                "email": email(),
                "password": password(),
                "account_type": { "$ref": "#/components/schemas/AccountType" },
                "specialty": optional_text_schema(100, false),
                "details": optional_text_schema(5000, true),
            },
            "examples": [{ "name": "Ada", "email": "ada@example.org", "password": "correct horse", "account_type": "Patient" }],
        }))
        .answers::<Registered>(201, "The account.")
        .problem(403, "forbidden")
        .problem(409, "email-taken")
        .problem(429, "too-many-requests")
        .open_to_more()
        .done();
    api.operation("post", "/login", "login", "Sign in")
        .says("The body is the token itself or, for who accepts `application/json`, an OAuth token response.")
        .body(json!({
            "type": "object",
            "required": ["email", "password"],
            "properties": { "email": { "type": "string" }, "password": { "type": "string" } },
            "examples": [{ "email": "ada@example.org", "password": "correct horse" }],
        }))
        .answers::<Token>(200, "A token.")
        .answers_with(200, "A token.", "application/jwt", json!({ "type": "string" }))
        .problem(429, "too-many-requests")
        .problem(503, "sign-in-unavailable")
        .open()
        .done();
    api.operation("get", "/.well-known/jwks.json", "getPublicKeys", "The public keys that tokens are verified with")
        .open()
        .answers_with(200, "A JSON Web Key Set (RFC 7517).", "application/jwk-set+json", keys())
        .problem(503, "sign-in-unavailable")
        .done();
    me(api);
    accounts(api);
}

fn me(api: &mut Api) {
    api.operation("get", "/me", "getMe", "One's own account").answers::<Account>(200, "The account.").done();
    api.operation("patch", "/me", "changeMe", "Change one's own name")
        .body(json!({ "type": "object", "properties": { "name": text_schema(100, false) }, "examples": [{ "name": "Ada Lovelace" }] }))
        .answers::<Account>(200, "The account.")
        .done();
    api.operation("post", "/me/password", "changeMyPassword", "Change one's own password")
        .says("Ends all other tokens of the account.")
        .body(json!({
            "type": "object",
            "required": ["old_password", "new_password"],
            "properties": { "old_password": { "type": "string" }, "new_password": password() },
            "examples": [{ "old_password": "correct horse", "new_password": "battery staple" }],
        }))
        .answers_nothing("It is changed.")
        .problem(429, "too-many-requests")
        .done();
    api.operation("post", "/me/token", "renewToken", "A fresh token")
        .says("While the sign-in is under 12 hours old. The body is as that of a login.")
        .answers::<Token>(200, "A token.")
        .answers_with(200, "A token.", "application/jwt", json!({ "type": "string" }))
        .problem(503, "sign-in-unavailable")
        .done();
    api.operation("get", "/me/export", "exportMe", "Everything that is held about one's own account")
        .answers::<Export>(200, "The data.")
        .done();
}

fn accounts(api: &mut Api) {
    api.operation("get", "/accounts", "listAccounts", "All accounts, by id")
        .only("Admins")
        .query("q", "Part of the name or the email, in any case.", json!({ "type": "string" }))
        .query("account_type", "Only these.", json!({ "$ref": "#/components/schemas/AccountType" }))
        .query("active", "Only those that can sign in, or cannot.", json!({ "type": "boolean" }))
        .paged::<Account>("The accounts.")
        .done();
    api.operation(
        "post",
        "/accounts/{account_id}/deactivate",
        "deactivateAccount",
        "End an account's sign-ins, at once",
    )
    .says("What is booked with a Doctor stays, and is listed where the `Link` leads. With `\"appointments\": \"cancel\"`, all appointments ahead of a Doctor or Patient are cancelled in the same change.")
    .only("Admins")
    .optional_body(json!({
        "type": "object",
        "properties": {
            "appointments": { "const": "cancel" },
            "reason": optional_text_schema(500, true),
        },
        // A reason is for what is cancelled.
        "anyOf": [{ "required": ["appointments"] }, { "properties": { "reason": { "type": "null" } } }],
        "examples": [{ "appointments": "cancel", "reason": "The doctor has left." }],
    }))
    .answers_nothing("No login and no request any more.")
    .with_header(204, "Link", "Of a Doctor: `</appointments?…>; rel=\"related\"`.", json!({ "type": "string" }))
    .problem(409, "last-admin")
    .done();
    api.operation("post", "/accounts/{account_id}/activate", "activateAccount", "Let an account sign in again")
        .only("Admins")
        .answers_nothing("It can sign in.")
        .problem(409, "account-erased")
        .done();
    api.operation("post", "/accounts/{account_id}/erase", "eraseAccount", "Erase the personal data of a Patient")
        .says("Appointments, counts and the audit trail stay.")
        .only("Admins")
        .answers_nothing("It is erased.")
        .problem(409, "not-a-patient")
        .problem(409, "appointments-ahead")
        .done();
    api.operation("post", "/accounts/{account_id}/password", "resetPassword", "Give an account another password")
        .says("Ends all its tokens. One's own is changed with `POST /me/password`.")
        .only("Admins")
        .body(json!({
            "type": "object",
            "required": ["new_password"],
            "properties": { "new_password": password() },
            "examples": [{ "new_password": "battery staple" }],
        }))
        .answers_nothing("It has the password.")
        .problem(409, "account-erased")
        .done();
}

fn email() -> Value {
    json!({ "type": "string", "format": "email", "maxLength": 254 })
}

fn password() -> Value {
    json!({
        "type": "string", "format": "password", "minLength": 8, "maxLength": 128,
        "description": "Whichever characters; not one of the most common passwords.",
    })
}

fn keys() -> Value {
    let key = json!({
        "type": "object",
        "required": ["kty", "crv", "x", "kid"],
        "properties": {
            "kty": { "const": "OKP" }, "crv": { "const": "Ed25519" }, "use": { "const": "sig" },
            "x": { "type": "string" }, "kid": { "type": "string" },
            "exp": {
                "type": "integer",
                "description": "Of a key that was replaced: until when its tokens are accepted, in seconds since 1970.",
            },
        },
    });
    json!({ "type": "object", "required": ["keys"], "properties": { "keys": { "type": "array", "items": key } } })
}
