use std::any::Any;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::{Next, from_fn, map_response},
    response::IntoResponse,
};
use rounds_auth::{PublicKeys, verify_token};
use rounds_domain::{Caller, Timestamp};
use rounds_request::{Error, Origin, Usage};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Bearer, Keys, Now, Problem, RequestContext, RequestOrigin,
    caller::bearer_token,
    conditional::conditional,
    log::{self, AccessedData, CountedEvent, LogLine},
    prefix::Prefix,
};

/// The maximum size of a request body.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Wraps routes in the middleware that all functions share. It adds the caller and the time to each request, and turns
/// every error into a problem.
///
/// It does not depend on the transport. A transport adds a [`RequestContext`] to the extensions of each request. If it
/// cannot read a request, it adds the [`Problem`] to answer with.
///
/// A token can be revoked before it expires. Usually the statement of a request checks that. If a request is refused
/// before any statement, `check_token` checks the token, so that a revoked token always gets 401 and no other error.
///
/// Database usage is counted per request, so concurrent requests do not mix.
pub fn app<F>(
    routes: Router,
    keys: Keys<PublicKeys>,
    clock: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
    check_token: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = Result<(), Error>> + Send,
{
    let outermost_middleware = move |mut request: Request, next: Next| {
        let if_none_match: Vec<_> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
        let prefix = request.extensions().get::<Prefix>().cloned().unwrap_or_default();
        let (keys, clock, check_token) = (keys.clone(), clock.clone(), check_token.clone());
        async move {
            let (now, started) = (clock(), std::time::Instant::now());
            let bearer = bearer(request.headers(), &keys, now).await;
            let context = request.extensions_mut().remove::<RequestContext>().unwrap_or_default();
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let origin =
                Origin { at: now, request_id: Some(context.request_id.clone()), source: context.source.clone() };
            // For HEAD the router would drop the body, but the ETag is a hash of it.
            if method == Method::HEAD {
                *request.method_mut() = Method::GET;
            }
            request.extensions_mut().insert(Now(now));
            request.extensions_mut().insert(RequestOrigin(origin));
            let ((bearer, mut response), mut usage) = Usage::measure(async {
                match bearer {
                    Ok(bearer) => {
                        request.extensions_mut().insert(Bearer(bearer));
                        (bearer, next.run(request).await)
                    }
                    Err(problem) => (None, problem.into_response()),
                }
            })
            .await;
            let matched = response.extensions_mut().remove::<MatchedPath>();
            if let Some(caller) = bearer
                && method != Method::OPTIONS
                && response.status().is_client_error()
                && response.status() != StatusCode::UNAUTHORIZED
                && response.extensions().get::<IgnoresTokens>().is_none()
                && !usage.caller_confirmed
            {
                let (checked, usage_of_check) = Usage::measure(check_token(caller)).await;
                usage.add(usage_of_check);
                if let Err(error) = checked {
                    response = Problem::from(error).into_response();
                }
            }
            let problem = response.extensions().get::<Problem>().map(Problem::kind);
            let response = conditional(response, &method, &if_none_match).await;
            let mut response = complete(response, &method, &path, &context.request_id);
            add_security_headers(response.headers_mut());
            prefix.add_to(response.headers_mut());
            let request = log::Request {
                at: now,
                context: &context,
                method: &method,
                matched: matched.as_ref(),
                caller: bearer,
                took: started.elapsed(),
                database: usage,
                accessed: response.extensions_mut().remove::<AccessedData>(),
                counted: response.extensions_mut().remove::<CountedEvent>(),
            };
            let line = LogLine::new(&request, &response, problem);
            response.extensions_mut().insert(line);
            response
        }
    };
    let routes = routes.layer(CatchPanicLayer::custom(panic_response)).layer(from_fn(buffer_body_and_keep_route));
    // This layer must see the Allow header of a 405. The router adds that header after its own layers, so this layer is
    // around the router.
    Router::new().fallback_service(routes).layer(from_fn(outermost_middleware))
}

/// The response is of a route that ignores tokens.
#[derive(Clone)]
struct IgnoresTokens;

/// Marks routes that ignore tokens: [`app`] does not check the token of a refused request. Such a function has no database,
/// but its routes can be served together with those of others.
pub fn without_tokens(routes: Router) -> Router {
    // Not `layer`, which would also mark the responses to unknown paths.
    routes.route_layer(map_response(async |mut response: Response<Body>| {
        response.extensions_mut().insert(IgnoresTokens);
        response
    }))
}

/// Returns the caller that the request's bearer token names, if the token is valid.
async fn bearer(headers: &HeaderMap, keys: &Keys<PublicKeys>, now: Timestamp) -> Result<Option<Caller>, Problem> {
    match bearer_token(headers) {
        Some(token) => Ok(verify_token(&*keys.get().await?, token, now).ok()),
        None => Ok(None),
    }
}

/// Adds the security headers (OWASP HTTP Headers Cheat Sheet), unless the handler has set them. With the defaults, browsers
/// use the given content type, never run or frame the response as a page, and never cache it.
fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Reads the body, and copies the matched route into the response's extensions. The middleware around the router
/// cannot see the matched route of the request.
async fn buffer_body_and_keep_route(request: Request, next: Next) -> Response<Body> {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match with_buffered_body(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(matched) = matched {
        response.extensions_mut().insert(matched);
    }
    response
}

/// Returns the request with its whole body in memory, if that is not too large. Returns the problem that the
/// transport stored in the request, if it could not read the request.
async fn with_buffered_body(request: Request) -> Result<Request, Problem> {
    if let Some(problem) = request.extensions().get::<Problem>() {
        return Err(problem.clone());
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(_) => Err(Problem::content_too_large(MAX_BODY_BYTES)),
    }
}

/// Returns the response to a handler's panic. The panic's message is not logged, because it can contain data of the
/// client.
fn panic_response(_: Box<dyn Any + Send>) -> Response<Body> {
    Problem::internal("a handler panicked; the previous log entry has the location").into_response()
}

/// Completes a response: writes the body of an error, answers `OPTIONS`, and removes the body for `HEAD`.
fn complete(mut response: Response<Body>, method: &Method, path: &str, request_id: &str) -> Response<Body> {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
        let allowed = if allowed.is_empty() { "OPTIONS".to_owned() } else { format!("{allowed},OPTIONS") };
        if let Ok(allowed) = HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        if method == Method::OPTIONS {
            *response.status_mut() = StatusCode::NO_CONTENT;
            return response;
        }
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        response = Problem::write(response, method, path, request_id);
    }
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}
