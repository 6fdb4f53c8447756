use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG},
    response::{IntoResponse, Response},
};
use rounds_http::Problem;

/// The app's scripts and style sheets: the name of each, and its bytes in gzip. `build.rs` makes them.
pub const ASSETS: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// `GET /web/{file}`: a script or style sheet of the app, for anyone. Its name has a hash of what it holds, so
/// it is kept for ever.
///
/// It is sent as gzip to everyone: there is no browser that does not take that.
pub(crate) async fn show(Path(file): Path<String>) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(name, _)| *name == file);
    let (name, bytes) = found.ok_or_else(|| Problem::not_found("There is no such asset."))?;
    let script = name.ends_with(".js");
    let content_type = if script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_ENCODING, "gzip"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, [(ETAG, format!("\"{name}\""))], *bytes).into_response())
}
