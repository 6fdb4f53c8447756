use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Prefix, Routes};
use serde_json::json;

const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/web/app/dist/index.html"));

/// The Content-Security-Policy of the page. It allows only scripts, styles and requests of the clinic's own origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/", show, |route| {
        route.named("getApp", "The web app", Access::ANYONE).page().response_with(
            200,
            "The page.",
            "text/html",
            json!({ "type": "string" }),
        )
    });
}

async fn show(Prefix(prefix): Prefix) -> Response {
    if prefix.is_empty() {
        return page(PAGE.to_owned());
    }
    // Below a stage of API Gateway, the path may have no slash at the end. The browser then resolves relative addresses
    // against the root, so they get the stage's prefix.
    page(PAGE.replace("\"./", &format!("\"{prefix}/")).replace("\"docs\"", &format!("\"{prefix}/docs\"")))
}

/// Returns the response with a page. Browsers load it again each time, because it names the current assets.
pub(crate) fn page(text: String) -> Response {
    let headers =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, text).into_response()
}
