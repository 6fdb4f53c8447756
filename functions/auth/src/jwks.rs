use axum::{
    extract,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Kind, NoInput, Now, Problem, Routes};
use serde_json::{Value, json};

use crate::State;

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/.well-known/jwks.json", show, |route| {
        route
            .named("getPublicKeys", "Get the public keys that verify tokens", Access::ANYONE)
            .response_with(200, "A JSON Web Key Set (RFC 7517).", "application/jwk-set+json", keys_schema())
            .problem(Kind::SignInUnavailable)
    });
}

fn keys_schema() -> Value {
    let key = json!({
        "type": "object",
        "required": ["kty", "crv", "x", "kid"],
        "properties": {
            "kty": { "const": "OKP" }, "crv": { "const": "Ed25519" }, "use": { "const": "sig" },
            "x": { "type": "string" }, "kid": { "type": "string" },
            "exp": {
                "type": "integer",
                "description": "Only for a key that was replaced: until when its tokens are accepted, in seconds since 1970.",
            },
        },
    });
    json!({ "type": "object", "required": ["keys"], "properties": { "keys": { "type": "array", "items": key } } })
}

/// Clients can cache the keys for five minutes. The functions cache keys from Secrets Manager for the same time.
async fn show(
    extract::State(state): extract::State<State>,
    Now(now): Now,
    input: NoInput,
) -> Result<Response, Problem> {
    input.finish()?;
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, state.public_keys.get().await?.accepted_at(now)).into_response())
}
