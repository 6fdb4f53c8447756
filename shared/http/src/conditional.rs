//! Entity tags and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2).

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderMap, HeaderValue, Method, Response, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LINK},
    },
    response::IntoResponse,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::Problem;

/// The version of the row in a response. A handler adds it to the response's extensions. It becomes the first part of
/// the `ETag`, which `If-Match` compares.
#[derive(Clone, Copy, Debug)]
pub struct Version(pub i64);

/// Adds the `ETag` to a successful response, and changes its status to 304 if `If-None-Match` names that tag.
///
/// The tag is a hash of the written response. A row's version alone is not enough: for example, a change of the
/// clinic's time zone changes many responses, but no version. A handler can set its own tag if the response is the same
/// in every instance of a build.
pub(crate) async fn conditional(
    response: Response<Body>,
    method: &Method,
    if_none_match: &[HeaderValue],
) -> Response<Body> {
    let version = response.extensions().get::<Version>().copied();
    let reads = [Method::GET, Method::HEAD].contains(method);
    if response.status() != StatusCode::OK || !(reads || version.is_some()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("the body of a response could not be read").into_response();
    };
    let tag = match parts.headers.get(ETAG) {
        Some(own) => with_encoding(own, parts.headers.get(CONTENT_ENCODING)),
        None => tag(version, &parts.headers, &body),
    };
    let client_has_it = reads && tag.to_str().is_ok_and(|tag| matches(if_none_match, tag));
    parts.headers.insert(ETAG, tag);
    if !client_has_it {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::empty())
}

/// Returns a strong tag that is the same in every instance. It includes the `Link` to a list's next page.
fn tag(version: Option<Version>, headers: &HeaderMap, body: &Bytes) -> HeaderValue {
    let link = headers.get(LINK).map(HeaderValue::as_bytes).unwrap_or_default();
    let hash = Sha256::new().chain_update(link).chain_update(b"\n").chain_update(body).finalize();
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]);
    let version = version.map(|Version(version)| format!("{version}-")).unwrap_or_default();
    HeaderValue::try_from(format!("\"{version}{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Returns a handler's own tag with the encoding. A compressed response is another representation, so it needs another
/// tag.
fn with_encoding(own: &HeaderValue, encoding: Option<&HeaderValue>) -> HeaderValue {
    let texts = || Some((own.to_str().ok()?.strip_suffix('"')?, encoding?.to_str().ok()?));
    let tag = texts().and_then(|(tag, encoding)| HeaderValue::try_from(format!("{tag}-{encoding}\"")).ok());
    tag.unwrap_or_else(|| own.clone())
}

/// Returns whether `If-None-Match` names a tag, by the weak comparison that RFC 9110 requires for this header.
fn matches(if_none_match: &[HeaderValue], tag: &str) -> bool {
    let names_tag = |value: &str| {
        let mut tags = value.split(',').map(str::trim);
        value.trim() == "*" || tags.any(|listed| listed.strip_prefix("W/").unwrap_or(listed) == tag)
    };
    if_none_match.iter().filter_map(|value| value.to_str().ok()).any(names_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_none_match_accepts_lists_weak_tags_and_star() {
        let matches = |values: &[&'static str]| {
            let values: Vec<_> = values.iter().map(|value| HeaderValue::from_static(value)).collect();
            super::matches(&values, "\"abc\"")
        };
        for values in [
            &["\"abc\""][..],
            &["W/\"abc\""],
            &["*"],
            &[" * "],
            &["\"x\", W/\"y\" ,\"abc\""],
            &["\"x\",,\"abc\","],
            &["\"x\"", "\"abc\""],
        ] {
            assert!(matches(values), "{values:?}");
        }
        for values in
            [&[][..], &[""], &["abc"], &["\"ABC\""], &["w/\"abc\""], &["\"x,*,y\""], &["\"abc"], &["\"abc-\""]]
        {
            assert!(!matches(values), "{values:?}");
        }
    }

    #[test]
    fn tag_depends_on_body_link_and_version() {
        let body = Bytes::from_static(b"[]");
        let linked = HeaderMap::from_iter([(LINK, HeaderValue::from_static("</doctors?after=x>; rel=\"next\""))]);
        let tags = [
            tag(None, &HeaderMap::new(), &body),
            tag(None, &linked, &body),
            tag(None, &HeaderMap::new(), &Bytes::new()),
            tag(Some(Version(3)), &HeaderMap::new(), &body),
        ];
        // A tag must be the same in every build.
        assert_eq!(tags[0], "\"51JvmkNg_VkFVdWzoRBwQg\"");
        assert!(tags[3].to_str().unwrap().starts_with("\"3-"));
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[..index].contains(tag));
        }
        let own = HeaderValue::from_static("\"own\"");
        assert_eq!(with_encoding(&own, None), own);
        assert_eq!(with_encoding(&own, Some(&HeaderValue::from_static("gzip"))), "\"own-gzip\"");
    }
}
