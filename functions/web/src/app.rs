use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Prefix, Routes};
use serde_json::json;

const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/web/app/dist/index.html"));

/// Only what we serve ourselves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/", show, |route| {
        route.named("getApp", "The clinic in the browser", Access::ANYONE).page().response_with(
            200,
            "A page.",
            "text/html",
            json!({ "type": "string" }),
        )
    });
}

/// The page names its assets, so it is asked for anew each time.
async fn show(Prefix(prefix): Prefix) -> Response {
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache"), (CONTENT_SECURITY_POLICY, POLICY)];
    if prefix.is_empty() {
        return (headers, PAGE).into_response();
    }
    // Below a stage, the page may be asked for without a slash at the end; then what its addresses are relative to
    // is the root.
    let page = PAGE.replace("\"./", &format!("\"{prefix}/")).replace("\"docs\"", &format!("\"{prefix}/docs\""));
    (headers, page).into_response()
}
