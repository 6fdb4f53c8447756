use rounds_http::Api;
use serde_json::json;

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("web");
    let text = || json!({ "type": "string" });
    api.operation("get", "/", "getApp", "The clinic in the browser")
        .page()
        .answers_with(200, "A page.", "text/html", text())
        .done();
    api.operation("get", "/web/{file}", "getAppAsset", "What the app is made of")
        .page()
        .answers_with(200, "A script or a style sheet, in gzip for clients that accept it.", "text/javascript", text())
        .answers_with(200, "", "text/css", text())
        .problem(404, "not-found")
        .done();
}
