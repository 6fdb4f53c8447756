use axum::{
    extract::Path,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use rounds_http::Problem;

/// Of Swagger UI, compressed: `build.rs` takes it out of its crate.
macro_rules! swagger_ui {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}

/// `GET /docs/{asset}`: a script or style sheet of the page, for anyone.
///
/// What is compressed is sent so to everyone: there is no browser that does not take gzip.
pub(crate) async fn show(Path(asset): Path<String>) -> Result<Response, Problem> {
    let (content_type, compressed, bytes): (_, _, &[u8]) = match asset.as_str() {
        "page.js" => ("text/javascript; charset=utf-8", false, include_bytes!("../page/page.js")),
        "swagger-ui-bundle.js" => ("text/javascript; charset=utf-8", true, swagger_ui!("swagger-ui-bundle.js")),
        "swagger-ui.css" => ("text/css; charset=utf-8", true, swagger_ui!("swagger-ui.css")),
        "LICENSE" => ("text/plain; charset=utf-8", true, swagger_ui!("LICENSE")),
        _ => return Err(Problem::not_found("There is no such asset.")),
    };
    let mut response = ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=3600")], bytes).into_response();
    if asset != "page.js" {
        response.headers_mut().insert(ETAG, HeaderValue::from_static(env!("SWAGGER_UI_ETAG")));
    }
    if compressed {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}
