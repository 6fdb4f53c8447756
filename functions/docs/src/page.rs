use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Routes};
use serde_json::json;

const PAGE: &str = include_str!("../page/page.html");

/// Allows only files from this server, and `data:` images, which the style sheet contains.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/docs", show, |route| {
        route.named("getDocs", "Get the interactive reference page", Access::ANYONE).page().response_with(
            200,
            "The page.",
            "text/html",
            json!({ "type": "string" }),
        )
    });
}

async fn show() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=300"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, PAGE).into_response()
}
