use std::any::Any;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, Response, StatusCode, header},
    middleware::{Next, from_fn},
    response::IntoResponse,
    routing::MethodRouter,
};
use lambda_http::RequestExt;
use rounds_auth::{PublicKeys, verify_token};
use rounds_domain::{Caller, Error, Instant};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Bearer, Now, Problem, caller::bearer_token};

/// How large a body may be.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A function's route table: paths as axum and the gateway write them, and what each takes.
pub type Routes<S> = Vec<(&'static str, MethodRouter<S>)>;

/// The router of a route table.
pub fn router<S: Clone + Send + Sync + 'static>(routes: Routes<S>, state: S) -> Router {
    let add = |router: Router<S>, (path, methods)| router.route(path, methods);
    routes.into_iter().fold(Router::new(), add).with_state(state)
}

/// A function's routes with everything around them: the caller and the time are put into each
/// request, and every error leaves as a problem.
///
/// A token may have been ended since it was signed. The statement behind a request finds that
/// out; where a request was refused before it came to one, `token_stands` asks, so that a token
/// that was ended is answered 401, and nothing else.
pub fn app<F>(
    routes: Router,
    keys: PublicKeys,
    clock: impl Fn() -> Instant + Clone + Send + Sync + 'static,
    token_stands: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = Result<(), Error>> + Send,
{
    let edge = move |mut request: Request, next: Next| {
        without_stage(&mut request);
        let (keys, clock, token_stands) = (keys.clone(), clock.clone(), token_stands.clone());
        async move {
            let now = clock();
            let bearer = bearer_token(request.headers()).and_then(|token| verify_token(&keys, token, now).ok());
            let request_id = request_id(&request);
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let mut response = match limited(request).await {
                Ok(mut request) => {
                    request.extensions_mut().insert(Now(now));
                    request.extensions_mut().insert(Bearer(bearer));
                    next.run(request).await
                }
                Err(problem) => problem.into_response(),
            };
            if let Some(caller) = bearer
                && method != Method::OPTIONS
                && response.status().is_client_error()
                && response.status() != StatusCode::UNAUTHORIZED
                && let Err(error) = token_stands(caller).await
            {
                response = Problem::from(error).into_response();
            }
            finish(response, &method, &path, &request_id)
        }
    };
    // Around the router, and not inside it, where the Allow header of a 405 is not there yet.
    Router::new().fallback_service(routes).layer(CatchPanicLayer::custom(panicked)).layer(from_fn(edge))
}

/// Serves a function's routes on Lambda, or under an emulator of it, until the end.
///
/// # Errors
/// Where the runtime's API is out of reach.
pub async fn serve<F>(
    routes: Router,
    keys: PublicKeys,
    token_stands: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Result<(), lambda_http::Error>
where
    F: Future<Output = Result<(), Error>> + Send,
{
    lambda_http::tracing::init_default_subscriber();
    lambda_http::run(app(routes, keys, chrono::Utc::now, token_stands)).await
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

/// Lambda's id of the request, by which its log lines are found.
fn request_id(request: &Request) -> String {
    request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default()
}

/// The request with its whole body at hand, if that is not too large.
async fn limited(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(bytes) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Err(_) => Err(Problem::content_too_large(MAX_BODY_BYTES)),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Problem::internal(format!("a handler panicked: {}", text.unwrap_or("without a text"))).into_response()
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
