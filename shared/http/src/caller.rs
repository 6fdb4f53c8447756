use std::{convert::Infallible, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{
        HeaderMap,
        header::{AUTHORIZATION, IF_MATCH},
        request::Parts,
    },
};
use rounds_domain::{Caller, Error, Timestamp};
use rounds_request::{Origin, Versions};

use crate::Problem;

/// The time of the request.
#[derive(Clone, Copy, Debug)]
pub struct Now(pub Timestamp);

/// The time, id and source of the request, for the audit log.
#[derive(Clone, Debug)]
pub struct RequestOrigin(pub Origin);

/// The caller that the request's bearer token names. `None` without a valid token.
#[derive(Clone, Copy, Debug)]
pub struct Bearer(pub Option<Caller>);

/// The caller, for handlers that need one. Without a valid token the answer is 401.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated(pub Caller);

/// The id in a path with one id. If it is not a valid id, the answer is 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

impl<S: Sync> FromRequestParts<S> for Now {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let now = parts.extensions.get::<Self>().copied();
        now.ok_or_else(|| Problem::internal("the request has no extension Now"))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let origin = parts.extensions.get::<Self>().cloned();
        origin.ok_or_else(|| Problem::internal("the request has no extension RequestOrigin"))
    }
}

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(None)))
    }
}

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let bearer = parts.extensions.get::<Bearer>().and_then(|bearer| bearer.0);
        Ok(Self(bearer.ok_or(Error::Unauthenticated)?))
    }
}

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let id = params.ok().and_then(|params| params.iter().next().and_then(|(_, id)| id.parse().ok()));
        id.map(Self).ok_or_else(not_an_id)
    }
}

/// The ids in a path with two ids. If one is not a valid id, the answer is 404.
#[derive(Clone, Copy, Debug)]
pub struct PathIds<T, U>(pub T, pub U);

impl<S: Send + Sync, T: FromStr, U: FromStr> FromRequestParts<S> for PathIds<T, U> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| not_an_id())?;
        let mut ids = params.iter().map(|(_, id)| id);
        let one = ids.next().and_then(|id| id.parse().ok());
        let other = ids.next().and_then(|id| id.parse().ok());
        one.zip(other).map(|(one, other)| Self(one, other)).ok_or_else(not_an_id)
    }
}

fn not_an_id() -> Problem {
    Problem::not_found("The id in the path is not valid. An id is a positive integer without leading zeros.")
}

/// The versions in `If-Match` (RFC 9110, section 13.1.1). Any version is accepted without the header.
///
/// A tag that this API did not create matches nothing. Only the version in a tag is compared, not the hash of the
/// response: a changed time zone of the clinic changes the response, but must not prevent a change of the appointment.
#[derive(Clone, Debug)]
pub struct IfMatch(pub Versions);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let values: Vec<_> = parts.headers.get_all(IF_MATCH).iter().collect();
        let tags = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let tags: Vec<&str> = tags.map(str::trim).collect();
        if values.is_empty() || tags.contains(&"*") {
            return Ok(Self(Versions::any()));
        }
        let version = |tag: &&str| {
            let version = tag.strip_prefix('"')?.strip_suffix('"')?.split('-').next()?;
            version.parse().ok().filter(|number: &i64| number.to_string() == version)
        };
        Ok(Self(Versions::only(tags.iter().filter_map(version).collect())))
    }
}

/// The optional header `Idempotency-Key`: 1 to 255 printable ASCII characters.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        match value.to_str() {
            Ok(key) if (1..=255).contains(&key.len()) && !key.contains('\t') && values.next().is_none() => {
                Ok(Self(Some(key.to_owned())))
            }
            _ => Err(Problem::malformed("Send one Idempotency-Key, of 1 to 255 printable ASCII characters.")),
        }
    }
}

/// Returns the token of the `Authorization: Bearer` header (RFC 6750, section 2.1). More than one `Authorization` header
/// counts as none.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("Bearer")).then_some(token.trim())
}
