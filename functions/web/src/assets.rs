use axum::{
    extract::Path,
    http::{
        HeaderMap,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use rounds_http::{Access, Kind, Problem, Routes, Sample, gzipped};
use serde_json::json;

/// The app's scripts and style sheets: the name of each, and its bytes in gzip. `build.rs` makes them.
pub const ASSETS: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/web/{file}", show, |route| {
        let about = "A script or a style sheet, in gzip for clients that accept it.";
        route
            .named("getAppAsset", "What the app is made of", Access::ANYONE)
            .page()
            .response_with(200, about, "text/javascript", json!({ "type": "string" }))
            .response_with(200, "", "text/css", json!({ "type": "string" }))
            .problem(Kind::NotFound)
            .sample(Sample::default().with("file", ASSETS[0].0))
    });
}

/// An asset's name has a hash of what it holds, so clients keep it for ever.
async fn show(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(name, _)| *name == file);
    let (name, bytes) = found.ok_or_else(|| Problem::not_found("There is no such asset."))?;
    let script = name.ends_with(".js");
    let content_type = if script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
    let kept = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((kept, [(ETAG, format!("\"{name}\""))], gzipped(&headers, bytes)?).into_response())
}
