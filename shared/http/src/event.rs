use std::{
    convert::Infallible,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use axum::{
    Router,
    http::{Method, header::HOST},
};
use lambda_http::{
    LambdaEvent, Request, RequestExt, Service, TransformResponse,
    request::{LambdaRequest, RequestContext as GatewayContext},
    service_fn,
    tower::ServiceExt,
};
use rounds_auth::PublicKeys;
use rounds_domain::Caller;
use rounds_request::Error;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Keys, Problem, RequestContext, app,
    log::{stack_from_env, start_log},
    log_requests,
    prefix::{Prefix, Route, is_prefix},
    source_of_address,
};

/// Returns the service that the Lambda runtime calls with events of a gateway (of an HTTP API or a REST API).
pub fn lambda_service(
    app: Router,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize, Error = Infallible, Future: Send> {
    service_fn(move |event: LambdaEvent<LambdaRequest>| {
        let (payload, context) = event.into_parts();
        let origin = payload.request_origin();
        let mut request = request(payload);
        remove_stage(&mut request);
        let source = source(&request);
        let function = context.env_config.function_name.clone();
        request.extensions_mut().insert(RequestContext { request_id: context.request_id, function, source });
        TransformResponse::Request(origin, Box::pin(app.clone().oneshot(request)))
    })
}

/// Serves a function's routes on Lambda, or under an emulator of it, until the process ends.
///
/// # Errors
/// If the Lambda runtime API cannot be reached.
pub async fn serve<F>(
    routes: Router,
    keys: Keys<PublicKeys>,
    check_token: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
) -> Result<(), lambda_http::Error>
where
    F: Future<Output = Result<(), Error>> + Send,
{
    // Lambda sends the standard output to CloudWatch.
    start_log(io::stdout);
    let app = log_requests(app(routes, keys, chrono::Utc::now, check_token), stack_from_env(), io::stdout);
    lambda_http::lambda_runtime::run(lambda_service(app)).await
}

/// Like [`serve`], for a function that schedules also invoke, with the event `{"schedule": "NAME"}`. Such an event runs
/// `task` with the name.
///
/// # Errors
/// If the Lambda runtime API cannot be reached.
pub async fn serve_with_schedule<F, T>(
    routes: Router,
    keys: Keys<PublicKeys>,
    check_token: impl Fn(Caller) -> F + Clone + Send + Sync + 'static,
    task: impl Fn(String) -> T + Clone,
) -> Result<(), lambda_http::Error>
where
    F: Future<Output = Result<(), Error>> + Send,
    T: Future<Output = Result<(), String>> + Send,
{
    start_log(io::stdout);
    let app = log_requests(app(routes, keys, chrono::Utc::now, check_token), stack_from_env(), io::stdout);
    let service = service_fn(move |event: LambdaEvent<Value>| {
        let (service, task) = (lambda_service(app.clone()), task.clone());
        async move {
            let (payload, context) = event.into_parts();
            if let Some(name) = payload.get("schedule") {
                task(name.as_str().unwrap_or_default().to_owned()).await?;
                return Ok(Value::Null);
            }
            let request = serde_json::from_value(payload)?;
            let response = service.oneshot(LambdaEvent::new(request, context)).await;
            let response = response.unwrap_or_else(|never| match never {});
            Ok::<_, lambda_http::Error>(serde_json::to_value(response)?)
        }
    });
    lambda_http::lambda_runtime::run(service).await
}

/// Converts an event to a request.
///
/// lambda_http panics if the event's values do not form a URL. Values that a client controls are removed or encoded
/// here. Events that still cause a panic do not come from a gateway. They are answered as malformed.
fn request(mut event: LambdaRequest) -> Request {
    let mut prefix = String::new();
    let method = match &mut event {
        LambdaRequest::ApiGatewayV2(event) => {
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            if let Some(path) = event.raw_path.as_deref().map(encoded) {
                let route = Route {
                    template: event.route_key.as_deref().and_then(|key| Some(key.split_once(' ')?.1)),
                    parameters: &event.path_parameters,
                    stage: event.request_context.stage.as_deref(),
                };
                let (before, path) = route.split(&path);
                (prefix, event.raw_path) = (before.to_owned(), Some(path.to_owned()));
            }
            event.request_context.http.method.clone()
        }
        LambdaRequest::ApiGatewayV1(event) => {
            // `headers` has the same headers, but only one value of each.
            if !event.multi_value_headers.is_empty() {
                event.headers.clear();
            }
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            if let Some(path) = event.path.as_deref().map(encoded) {
                let template = event.resource.as_deref().filter(|resource| resource.starts_with('/'));
                // A REST API leaves the stage out of the path.
                let stage = event.request_context.stage.as_deref().filter(|_| template.is_none());
                let (before, path) = Route { template, parameters: &event.path_parameters, stage }.split(&path);
                // The path that the client requested, including the name of a stage or the key of a mapping.
                let requested = event.request_context.path.as_deref().map(encoded).unwrap_or_default();
                let requested_prefix = requested.strip_suffix(path).or((path == "/").then_some(requested.as_str()));
                prefix = requested_prefix.filter(|prefix| is_prefix(prefix)).unwrap_or(before).to_owned();
                event.path = Some(path.to_owned());
            }
            event.http_method.clone()
        }
        _ => Method::default(),
    };
    let converted = catch_unwind(AssertUnwindSafe(|| event.into()));
    let mut request = converted.unwrap_or_else(|_| {
        let mut request = Request::default();
        *request.method_mut() = method;
        request.extensions_mut().insert(Problem::malformed("The URL or the body cannot be read."));
        request
    });
    request.extensions_mut().insert(Prefix(prefix));
    request
}

/// Removes a REST API's stage from the path: lambda_http puts it before the requested path.
fn remove_stage(request: &mut Request) {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = request.raw_http_path();
    if !path.is_empty()
        && let Ok(uri) = format!("{path}{query}").parse()
    {
        *request.uri_mut() = uri;
    }
}

/// Returns the source of a request, from the client's address that the gateway reports.
fn source(request: &Request) -> Option<String> {
    let address = match request.request_context_ref()? {
        GatewayContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?,
        GatewayContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref()?,
        _ => return None,
    };
    Some(address.parse().map_or_else(|_| address.to_owned(), source_of_address))
}

/// Percent-encodes the characters that a URI's path cannot contain (RFC 3986, section 3.3). An HTTP API decodes the
/// path, so a `?` that the client had encoded would otherwise begin the query.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}
