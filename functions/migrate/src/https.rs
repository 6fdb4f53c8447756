use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_runtime_api_client::body::Body;

/// A client for HTTPS with the public certificate authorities, and for HTTP.
pub(crate) type HttpsClient = Client<HttpsConnector<HttpConnector>, Body>;

pub(crate) fn client() -> HttpsClient {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let https = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http);
    Client::builder(TokioExecutor::new()).build(https)
}
