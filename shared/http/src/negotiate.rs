use std::io::Read;

use axum::{
    http::{
        HeaderMap, HeaderName,
        header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, VARY},
    },
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;

use crate::Problem;

/// Returns the weight of `choice` in a header such as `Accept` (RFC 9110, section 12.4.2), from 0 (not acceptable) to 1,
/// or `None` if the header does not name it. An invalid weight counts as 0.
pub fn weight(headers: &HeaderMap, header: HeaderName, choice: &str) -> Option<f32> {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    let mut parameters = values.flat_map(|value| value.split(',')).find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next()?.eq_ignore_ascii_case(choice).then_some(parts)
    })?;
    let weight = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("q").then_some(value)
    });
    let parse = |weight: &str| weight.parse().ok().filter(|weight| (0.0..=1.0).contains(weight));
    Some(weight.map_or(1.0, |weight| parse(weight).unwrap_or(0.0)))
}

/// Returns the response with bytes that are stored as gzip. They are decompressed unless the client accepts gzip.
///
/// # Errors
/// 500 if `gzip` is not valid gzip.
pub fn gzipped(headers: &HeaderMap, gzip: &'static [u8]) -> Result<Response, Problem> {
    let vary = [(VARY, "Accept-Encoding")];
    if accepts_gzip(headers) {
        return Ok((vary, [(CONTENT_ENCODING, "gzip")], gzip).into_response());
    }
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut bytes).map_err(|error| Problem::internal(error.to_string()))?;
    Ok((vary, bytes).into_response())
}

/// Returns whether the client prefers CSV to JSON (RFC 9110, section 12.5.1). A client that accepts anything, like a
/// browser or curl, gets JSON.
pub(crate) fn prefers_csv(headers: &HeaderMap) -> bool {
    let weight = |media_type| weight(headers, ACCEPT, media_type);
    let csv = weight("text/csv").or_else(|| weight("text/*")).unwrap_or(0.0);
    csv > 0.0
        && match weight("application/json") {
            Some(json) => csv > json,
            None => csv >= weight("application/*").or_else(|| weight("*/*")).unwrap_or(0.0),
        }
}

/// Returns whether the client accepts gzip (RFC 9110, section 12.5.3). Without the header the RFC allows any encoding,
/// but clients that cannot decompress also send no header, so this returns `false`.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let weight = |coding| weight(headers, ACCEPT_ENCODING, coding);
    let gzip = weight("gzip").or_else(|| weight("x-gzip")).or_else(|| weight("*")).unwrap_or(0.0);
    gzip > 0.0 && gzip >= weight("identity").unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn csv_is_preferred_only_if_it_is_named_and_not_below_json() {
        let prefers =
            |accept: &'static str| prefers_csv(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        for csv in [
            "text/csv",
            "Text/CSV; header=present",
            "text/*",
            "text/csv, */*",
            "text/csv, */*;q=0.1",
            "application/json;q=0.9, text/csv",
            "application/json;q=0, text/csv;q=0.1",
        ] {
            assert!(prefers(csv), "{csv}");
        }
        for json in [
            "",
            "*/*",
            "application/json",
            "application/json, text/csv",
            "text/csv;q=0.5, */*",
            "text/csv;q=0.5, application/*;q=0.6",
            "text/csv;q=0",
            "text/csv;q=0, text/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ] {
            assert!(!prefers(json), "{json}");
        }
        assert!(!prefers_csv(&HeaderMap::new()));
    }

    fn accepts(values: &[&'static str]) -> bool {
        accepts_gzip(&values.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_static(value))).collect())
    }

    #[test]
    fn accepts_gzip_follows_accept_encoding() {
        for accepted in [
            "gzip",
            "GZIP",
            "x-gzip",
            "*",
            "br, gzip",
            "gzip, deflate, br, zstd",
            "gzip;q=0.001",
            "gzip ; Q=1.000",
            "identity;q=0.5, gzip",
            "identity, gzip",
            "identity;q=0, *;q=0.1",
            "br;q=1.0,gzip;q=0.8,*;q=0.1",
        ] {
            assert!(accepts(&[accepted]), "{accepted}");
        }
        for other in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "gzip;q=0.000",
            "*;q=0",
            "gzip;q=0, *",
            "identity, gzip;q=0.5",
            "gzipped",
            "gzip;q=2",
            "gzip;q=x",
            "gzip;q=NaN",
            "identity;q=0",
            ",;,",
        ] {
            assert!(!accepts(&[other]), "{other}");
        }
        assert!(!accepts(&[]));
        assert!(accepts(&["br", "gzip"]) && !accepts(&["*", "gzip;q=0"]), "several headers count as one list");
    }
}
