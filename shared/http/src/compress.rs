use std::io::Write;

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{
        HeaderValue,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, VARY},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

use crate::{Problem, negotiate::accepts_gzip};

/// A smaller body fits into one packet, so compressing it would save nothing.
const MIN_BYTES: u64 = 1024;

/// A middleware that compresses responses with gzip if the client accepts it. Put it around the routes and inside of
/// [`app`](crate::app), whose `ETag` is a hash of the compressed bytes: another representation needs another tag
/// (RFC 9110, section 8.8.3). Gateways of AWS compress responses themselves, so functions do not use it.
///
/// `CompressionLayer` of tower-http answers 406 if the client accepts no encoding at all, after the handler has made
/// its change. This middleware sends the plain body then.
pub async fn compress(request: Request, next: Next) -> Response {
    let accepted = accepts_gzip(request.headers());
    let mut response = next.run(request).await;
    let is_large = response.body().size_hint().exact().is_some_and(|size| size >= MIN_BYTES);
    if !is_large || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepted {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let gzip = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => gzip(&bytes).map_err(Problem::internal),
        Err(error) => Err(Problem::internal(error)),
    };
    match gzip {
        Ok(gzip) => {
            parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.remove(CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(gzip))
        }
        Err(problem) => problem.into_response(),
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
