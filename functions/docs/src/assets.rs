use axum::{
    extract::Path,
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Kind, Problem, Routes, Sample, gzipped};
use serde_json::json;

/// A file of Swagger UI, compressed with gzip. `build.rs` extracts it from its crate.
macro_rules! swagger_ui {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/docs/{asset}", show, |route| {
        let text = || json!({ "type": "string" });
        let about = "A script, a style sheet or a licence. It is compressed for clients that accept gzip.";
        route
            .named("getDocsAsset", "Get a file of the reference page", Access::ANYONE)
            .page()
            .response_with(200, about, "text/javascript", text())
            .response_with(200, "", "text/css", text())
            .response_with(200, "", "text/plain", text())
            .problem(Kind::NotFound)
            .sample(Sample::default().with("asset", "page.js"))
    });
}

async fn show(Path(asset): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let (content_type, body) = match asset.as_str() {
        "page.js" => (SCRIPT, include_bytes!("../page/page.js").into_response()),
        "swagger-ui-bundle.js" => (SCRIPT, gzipped(&headers, swagger_ui!("swagger-ui-bundle.js"))?),
        "swagger-ui.css" => ("text/css; charset=utf-8", gzipped(&headers, swagger_ui!("swagger-ui.css"))?),
        "LICENSE" => ("text/plain; charset=utf-8", gzipped(&headers, swagger_ui!("LICENSE"))?),
        _ => return Err(Problem::not_found("The reference page has no such file.")),
    };
    let mut response = ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=3600")], body).into_response();
    if asset != "page.js" {
        response.headers_mut().insert(ETAG, HeaderValue::from_static(env!("SWAGGER_UI_ETAG")));
    }
    Ok(response)
}
