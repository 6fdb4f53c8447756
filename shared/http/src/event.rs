use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
};

use axum::{
    Router,
    http::{Method, header::HOST},
};
use lambda_http::{
    LambdaEvent, Request, RequestExt, Service, TransformResponse, request::LambdaRequest, service_fn, tower::ServiceExt,
};
use serde::Serialize;

use crate::{
    Problem,
    prefix::{Prefix, Route, is_prefix},
};

/// What the Lambda runtime calls with the events of a gateway (an HTTP API's or a REST API's).
pub fn function(
    app: Router,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize, Error = Infallible, Future: Send> {
    service_fn(move |event: LambdaEvent<LambdaRequest>| {
        let (payload, context) = event.into_parts();
        let origin = payload.request_origin();
        let request = request(payload).with_lambda_context(context);
        TransformResponse::Request(origin, Box::pin(app.clone().oneshot(request)))
    })
}

/// The request that an event tells of. lambda_http panics where it can make no URL of what is in
/// one: what a client can put there is taken out or encoded, and for the rest, which no gateway
/// writes, the request is answered as malformed.
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
                let (before, path) = route.part(&path);
                (prefix, event.raw_path) = (before.to_owned(), Some(path.to_owned()));
            }
            event.request_context.http.method.clone()
        }
        LambdaRequest::ApiGatewayV1(event) => {
            // The same headers, but for those that were repeated.
            if !event.multi_value_headers.is_empty() {
                event.headers.clear();
            }
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            if let Some(path) = event.path.as_deref().map(encoded) {
                let template = event.resource.as_deref().filter(|resource| resource.starts_with('/'));
                // A REST API leaves the stage out of the path.
                let stage = event.request_context.stage.as_deref().filter(|_| template.is_none());
                let (before, path) = Route { template, parameters: &event.path_parameters, stage }.part(&path);
                // Of a stage and of a mapping alike, this is the path that the client has asked for.
                let asked = event.request_context.path.as_deref().map(encoded).unwrap_or_default();
                let before_asked = asked.strip_suffix(path).or((path == "/").then_some(asked.as_str()));
                prefix = before_asked.filter(|asked| is_prefix(asked)).unwrap_or(before).to_owned();
                event.path = Some(path.to_owned());
            }
            event.http_method.clone()
        }
        _ => Method::default(),
    };
    let read = catch_unwind(AssertUnwindSafe(|| event.into()));
    let mut request = read.unwrap_or_else(|_| {
        let mut request = Request::default();
        *request.method_mut() = method;
        request.extensions_mut().insert(Problem::malformed("The URL or the body cannot be read."));
        request
    });
    request.extensions_mut().insert(Prefix(prefix));
    request
}

/// A path with all that a URI's path cannot hold in percent-encoding (RFC 3986, section 3.3): an HTTP
/// API decodes it, and what was an encoded `?` must not begin the query.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}
