use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    response::{IntoResponse, Response},
};
use rounds_http::{Access, NoInput, Prefix, Problem, Routes};
use serde_json::json;

/// The OpenAPI document that `make openapi` generated.
pub const DOCUMENT: &str = include_str!("../openapi.json");

/// The same document without white space.
const COMPACT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The part of `COMPACT` that contains the base path, for an API that is served at the root.
const SERVER: &str = r#""servers":[{"url":"/"}]"#;

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/openapi.json", show, |route| {
        route.named("getOpenApi", "Get this OpenAPI document", Access::ANYONE).without_database().response_with(
            200,
            "The OpenAPI document.",
            "application/json",
            json!({ "type": "object" }),
        )
    });
}

async fn show(Prefix(prefix): Prefix, input: NoInput) -> Result<Response, Problem> {
    input.finish()?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    if prefix.is_empty() {
        return Ok((headers, [(ETAG, env!("OPENAPI_ETAG"))], COMPACT).into_response());
    }
    // The API is served below a prefix, so the server's URL in the document needs that prefix.
    Ok((headers, COMPACT.replace(SERVER, &SERVER.replace('/', &prefix))).into_response())
}
