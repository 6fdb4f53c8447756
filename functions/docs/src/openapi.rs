use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    response::{IntoResponse, Response},
};
use rounds_http::{NoInput, Problem};

/// The OpenAPI document, as `make openapi` wrote it.
pub const DOCUMENT: &str = include_str!("../openapi.json");

/// The same, without blanks.
const COMPACT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// `GET /openapi.json`: the document, for anyone.
pub(crate) async fn show(input: NoInput) -> Result<Response, Problem> {
    input.finish()?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, [(ETAG, env!("OPENAPI_ETAG"))], COMPACT).into_response())
}
