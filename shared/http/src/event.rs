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

use crate::Problem;

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
    let method = match &mut event {
        LambdaRequest::ApiGatewayV2(event) => {
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            event.raw_path = event.raw_path.as_deref().map(encoded);
            event.request_context.http.method.clone()
        }
        LambdaRequest::ApiGatewayV1(event) => {
            // The same headers, but for those that were repeated.
            if !event.multi_value_headers.is_empty() {
                event.headers.clear();
            }
            event.headers.remove(HOST);
            event.request_context.domain_name = None;
            event.path = event.path.as_deref().map(encoded);
            event.http_method.clone()
        }
        _ => Method::default(),
    };
    catch_unwind(AssertUnwindSafe(|| event.into())).unwrap_or_else(|_| {
        let mut request = Request::default();
        *request.method_mut() = method;
        request.extensions_mut().insert(Problem::malformed("The URL or the body cannot be read."));
        request
    })
}

/// A path with all that a URI's path cannot hold in percent-encoding (RFC 3986, section 3.3): an HTTP
/// API decodes it, and what was an encoded `?` must not begin the query.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}
