use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

/// The OpenAPI document, as `make openapi` wrote it.
pub const DOCUMENT: &str = include_str!("../openapi.json");

/// `GET /openapi.json`: the document, for anyone.
pub(crate) async fn show() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], DOCUMENT).into_response()
}
