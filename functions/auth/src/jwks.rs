use axum::{
    extract,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_http::{NoInput, Now, Problem};

use crate::State;

/// `GET /.well-known/jwks.json`: the public keys that tokens are verified with, as a JSON Web Key Set
/// (RFC 7517), for anyone. For as long as it may be cached the functions use what they have read, too.
pub(crate) async fn show(
    extract::State(state): extract::State<State>,
    Now(now): Now,
    input: NoInput,
) -> Result<Response, Problem> {
    input.finish()?;
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, state.public_keys.get().await?.in_force(now)).into_response())
}
