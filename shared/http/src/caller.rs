use std::{convert::Infallible, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use rounds_domain::{Caller, Error, Instant};

use crate::Problem;

/// The moment at which the request is answered.
#[derive(Clone, Copy, Debug)]
pub struct Now(pub Instant);

/// Whom the request's bearer token names, if it has a good one.
#[derive(Clone, Copy, Debug)]
pub struct Bearer(pub Option<Caller>);

/// The caller, for handlers that need one; anyone else is answered 401.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated(pub Caller);

/// The id in the path, for paths with one; anything else there is answered 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

impl<S: Sync> FromRequestParts<S> for Now {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let now = parts.extensions.get::<Self>().copied();
        now.ok_or_else(|| Error::Internal("the request was not given a time".into()).into())
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
        Ok(Self(id.ok_or_else(|| Problem::not_found("No such id: an id is a positive integer."))?))
    }
}

/// The token of the one `Authorization: Bearer` header (RFC 6750, section 2.1).
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("Bearer")).then_some(token.trim())
}
