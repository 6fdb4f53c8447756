use rounds_http::Api;
use serde_json::json;

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("docs");
    let text = || json!({ "type": "string" });
    api.operation("get", "/docs", "getDocs", "This document as a page, to read and to try")
        .page()
        .answers_with(200, "A page.", "text/html", text())
        .done();
    api.operation("get", "/docs/{asset}", "getDocsAsset", "What the page is made of")
        .page()
        .answers_with(
            200,
            "A script, a style sheet or a licence, in gzip for clients that accept it.",
            "text/javascript",
            text(),
        )
        .answers_with(200, "", "text/css", text())
        .answers_with(200, "", "text/plain", text())
        .problem(404, "not-found")
        .done();
    api.operation("get", "/openapi.json", "getOpenApi", "This document")
        .alone()
        .answers_with(200, "The document.", "application/json", json!({ "type": "object" }))
        .done();
    api.operation("get", "/problems/{problem}", "getProblem", "What a problem is, and what to do about it")
        .page()
        .answers_with(200, "A page.", "text/html", text())
        .problem(404, "not-found")
        .done();
}
