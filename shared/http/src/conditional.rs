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

/// The version of what an answer shows: put into a response's extensions, it begins the answer's `ETag`,
/// and `If-Match` compares it.
#[derive(Clone, Copy, Debug)]
pub struct Version(pub i64);

/// Gives a successful answer its `ETag`, and makes it 304 where the client has it already.
///
/// A tag is of the answer as it was written, and not only of what is behind it: the clinic's time zone,
/// for one, is in many answers and in no version. A handler may bring a tag of its own, for an answer
/// that is the same in every instance of a build.
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
        return Problem::internal("the body of an answer could not be read").into_response();
    };
    let tag = match parts.headers.get(ETAG) {
        Some(own) => of_encoding(own, parts.headers.get(CONTENT_ENCODING)),
        None => tag(version, &parts.headers, &body),
    };
    let known = reads && tag.to_str().is_ok_and(|tag| matches(if_none_match, tag));
    parts.headers.insert(ETAG, tag);
    if !known {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE] {
        parts.headers.remove(name);
    }
    Response::from_parts(parts, Body::empty())
}

/// A strong tag, the same in every instance. The link to a list's next page is part of the answer.
fn tag(version: Option<Version>, headers: &HeaderMap, body: &Bytes) -> HeaderValue {
    let link = headers.get(LINK).map(HeaderValue::as_bytes).unwrap_or_default();
    let hash = Sha256::new().chain_update(link).chain_update(b"\n").chain_update(body).finalize();
    let hash = BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]);
    let version = version.map(|Version(version)| format!("{version}-")).unwrap_or_default();
    HeaderValue::try_from(format!("\"{version}{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A handler's own tag. What is compressed is another representation, and has another tag.
fn of_encoding(own: &HeaderValue, encoding: Option<&HeaderValue>) -> HeaderValue {
    let texts = || Some((own.to_str().ok()?.strip_suffix('"')?, encoding?.to_str().ok()?));
    let tag = texts().and_then(|(tag, encoding)| HeaderValue::try_from(format!("{tag}-{encoding}\"")).ok());
    tag.unwrap_or_else(|| own.clone())
}

/// Whether `If-None-Match` names a tag: weakly, as it is compared for reading.
fn matches(if_none_match: &[HeaderValue], tag: &str) -> bool {
    let is = |value: &str| {
        let mut tags = value.split(',').map(str::trim);
        value.trim() == "*" || tags.any(|named| named.strip_prefix("W/").unwrap_or(named) == tag)
    };
    if_none_match.iter().filter_map(|value| value.to_str().ok()).any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_matches_alone_in_a_list_weakly_and_by_a_star() {
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
    fn a_tag_is_of_the_body_the_link_and_the_version() {
        let body = Bytes::from_static(b"[]");
        let linked = HeaderMap::from_iter([(LINK, HeaderValue::from_static("</doctors?after=x>; rel=\"next\""))]);
        let tags = [
            tag(None, &HeaderMap::new(), &body),
            tag(None, &linked, &body),
            tag(None, &HeaderMap::new(), &Bytes::new()),
            tag(Some(Version(3)), &HeaderMap::new(), &body),
        ];
        // The same in every build.
        assert_eq!(tags[0], "\"51JvmkNg_VkFVdWzoRBwQg\"");
        assert!(tags[3].to_str().unwrap().starts_with("\"3-"));
        for (place, one) in tags.iter().enumerate() {
            assert!(!tags[..place].contains(one));
        }
        let own = HeaderValue::from_static("\"own\"");
        assert_eq!(of_encoding(&own, None), own);
        assert_eq!(of_encoding(&own, Some(&HeaderValue::from_static("gzip"))), "\"own-gzip\"");
    }
}
