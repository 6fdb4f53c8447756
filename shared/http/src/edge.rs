use std::{any::Any, panic};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
    middleware::{Next, from_fn, map_response},
    response::IntoResponse,
};
use lambda_http::RequestExt;
use rounds_auth::{PublicKeys, verify_token};
use rounds_domain::{Caller, Timestamp};
use rounds_request::{Error, Origin, Usage};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Bearer, Keys, Now, Problem, RequestOrigin,
    caller::bearer_token,
    conditional::conditional,
    event::function,
    log::{self, Counted, Line, Read},
    prefix::Prefix,
    source::source,
};

/// How large a body may be.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A function's routes with everything around them: the caller and the time are put into each
/// request, and every error leaves as a problem.
///
/// A token may have been ended since it was signed. The statement behind a request finds that
/// out; where a request was refused before it came to one, `check_token` asks, so that a token
/// that was ended is answered 401, and nothing else.
///
/// What a request used of the database is counted for that request alone, so several requests at a time
/// are checked and logged rightly.
pub fn app<F>(
    routes: Router,
    keys: Keys<PublicKeys>,
    clock: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
    check_token: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = Result<(), Error>> + Send,
{
    let edge = move |mut request: Request, next: Next| {
        without_stage(&mut request);
        let if_none_match: Vec<_> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
        let prefix = request.extensions().get::<Prefix>().cloned().unwrap_or_default();
        let (keys, clock, check_token) = (keys.clone(), clock.clone(), check_token.clone());
        async move {
            let (now, started) = (clock(), std::time::Instant::now());
            let bearer = bearer(request.headers(), &keys, now).await;
            let context = request.lambda_context_ref().cloned().unwrap_or_default();
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let origin = Origin { at: now, request_id: Some(context.request_id.clone()), source: source(&request) };
            // The router would throw away the body, of which the ETag is.
            if method == Method::HEAD {
                *request.method_mut() = Method::GET;
            }
            request.extensions_mut().insert(Now(now));
            request.extensions_mut().insert(RequestOrigin(origin));
            let ((bearer, mut response), mut usage) = Usage::of(async {
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
                && !usage.caller_confirmed
            {
                let (stands, asked) = Usage::of(check_token(caller)).await;
                usage.add(asked);
                if let Err(error) = stands {
                    response = Problem::from(error).into_response();
                }
            }
            let problem = response.extensions().get::<Problem>().map(Problem::kind);
            let response = conditional(response, &method, &if_none_match).await;
            let mut response = finish(response, &method, &path, &context.request_id);
            secure(response.headers_mut());
            prefix.lead_back(response.headers_mut());
            let request = log::Request {
                at: now,
                context: &context,
                method: &method,
                matched: matched.as_ref(),
                caller: bearer,
                took: started.elapsed(),
                database: usage,
                read: response.extensions_mut().remove::<Read>(),
                counted: response.extensions_mut().remove::<Counted>(),
            };
            let line = Line::new(&request, &response, problem);
            response.extensions_mut().insert(line);
            response
        }
    };
    let routes = routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn(at_route));
    // Around the router, and not inside it, where the Allow header of a 405 is not there yet.
    Router::new().fallback_service(routes).layer(from_fn(edge))
}

/// Serves a function's routes on Lambda, or under an emulator of it, until the end.
///
/// # Errors
/// Where the runtime's API is out of reach.
pub async fn serve<F>(
    routes: Router,
    keys: Keys<PublicKeys>,
    check_token: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Result<(), lambda_http::Error>
where
    F: Future<Output = Result<(), Error>> + Send,
{
    // What goes wrong is a line of JSON too.
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(tracing::Level::INFO).init();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    let app = app(routes, keys, chrono::Utc::now, check_token);
    lambda_http::lambda_runtime::run(function(app.layer(map_response(logged)))).await
}

/// Whom the request's bearer token names, if it has a good one.
async fn bearer(headers: &HeaderMap, keys: &Keys<PublicKeys>, now: Timestamp) -> Result<Option<Caller>, Problem> {
    match bearer_token(headers) {
        Some(token) => Ok(verify_token(&*keys.get().await?, token, now).ok()),
        None => Ok(None),
    }
}

/// What browsers are told of every answer (OWASP HTTP Headers Cheat Sheet): that it is what its type
/// says, is no page, is not to be framed, and, unless the handler says otherwise, is kept by nobody.
fn secure(headers: &mut HeaderMap) {
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

/// Takes a REST API's stage out of the path: lambda_http writes it in front of what was asked.
fn without_stage(request: &mut Request) {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = request.raw_http_path();
    if !path.is_empty()
        && let Ok(uri) = format!("{path}{query}").parse()
    {
        *request.uri_mut() = uri;
    }
}

/// Writes the line of an answered request into the log: here and not in `app`, so that tests in one
/// process have no log.
async fn logged(response: Response<Body>) -> Response<Body> {
    if let Some(line) = response.extensions().get::<Line>() {
        line.write();
    }
    response
}

/// Reads the body, and tells the edge which route the request matched, if any: around the router,
/// the edge cannot see that.
async fn at_route(request: Request, next: Next) -> Response<Body> {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match limited(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(matched) = matched {
        response.extensions_mut().insert(matched);
    }
    response
}

/// The request with its whole body at hand, if that is not too large. It can be none to begin with.
async fn limited(request: Request) -> Result<Request, Problem> {
    if let Some(problem) = request.extensions().get::<Problem>() {
        return Err(problem.clone());
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(_) => Err(Problem::content_too_large(MAX_BODY_BYTES)),
    }
}

/// What it says is not looked at: it can quote what a client has sent.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    Problem::internal("a handler panicked, where the line before says").into_response()
}

/// Answers what no handler answers by itself: errors in full, `OPTIONS`, and no body to `HEAD`.
fn finish(mut response: Response<Body>, method: &Method, path: &str, request_id: &str) -> Response<Body> {
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
