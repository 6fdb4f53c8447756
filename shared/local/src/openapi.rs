use rounds_http::Api;

/// The OpenAPI document, as the functions describe themselves.
///
/// # Errors
/// Where it could not be written as JSON.
pub fn openapi() -> Result<String, String> {
    let mut api = Api::default();
    for describe in
        [auth::describe, doctors::describe, appointments::describe, reports::describe, docs::describe, web::describe]
    {
        describe(&mut api);
    }
    let document = serde_json::to_string_pretty(&api.document(env!("CARGO_PKG_VERSION")));
    document.map(|json| json + "\n").map_err(|error| error.to_string())
}
