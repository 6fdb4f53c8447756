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

use crate::app;

type Assets = &'static [(&'static str, &'static [u8])];

/// The names of the app's scripts and style sheets, and their bytes in gzip. `build.rs` writes this list.
pub const ASSETS: Assets = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page of all components, `/web/kit`, and its assets. Only debug builds have it, for work on the app.
const KIT: Option<(&str, Assets)> = include!(concat!(env!("OUT_DIR"), "/kit.rs"));

pub(crate) fn routes(to: &mut impl Routes<()>) {
    to.get("/web/{file}", show, |route| {
        let description = "A script or a style sheet, in gzip if the client accepts it.";
        route
            .named("getAppAsset", "An asset of the web app", Access::ANYONE)
            .page()
            .response_with(200, description, "text/javascript", json!({ "type": "string" }))
            .response_with(200, "", "text/css", json!({ "type": "string" }))
            .problem(Kind::NotFound)
            .sample(Sample::default().with("file", ASSETS[0].0))
    });
}

/// Clients can cache an asset without limit: its name has a hash of its content, so changed content has a new name.
async fn show(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if let (Some((page, _)), "kit") = (KIT, file.as_str()) {
        return Ok(app::page(page.to_owned()));
    }
    let kit = KIT.map_or(&[] as Assets, |(_, assets)| assets);
    let asset = ASSETS.iter().chain(kit).find(|(name, _)| *name == file);
    let (name, bytes) = asset.ok_or_else(|| Problem::not_found("There is no asset with this name."))?;
    let is_script = name.ends_with(".js");
    let content_type = if is_script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
    let asset_headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((asset_headers, [(ETAG, format!("\"{name}\""))], gzipped(&headers, bytes)?).into_response())
}
