//! The check of a schedule: whether clients can use the clinic. It asks the clinic at its public URL, so the domain, its
//! certificate, the gateway, this function and the database must all work.

use std::{io, time::Duration};

use axum::http::{Request, StatusCode};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{Client, Error},
    rt::TokioExecutor,
};
use lambda_runtime_api_client::body::Body;
use rustls::crypto::ring;
use tokio::time::timeout;

use crate::PublicUrl;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends `GET /readyz` to the clinic at its public URL.
///
/// # Errors
/// Why the clinic is not ready: a status, or a kind of error. It does not have the URL.
pub async fn check(public_url: &PublicUrl) -> Result<(), String> {
    let answered = timeout(TIMEOUT, get(public_url)).await;
    match answered.unwrap_or_else(|_| Err(format!("no response within {} s", TIMEOUT.as_secs())))? {
        StatusCode::OK => Ok(()),
        status => Err(format!("status {status}")),
    }
}

async fn get(public_url: &PublicUrl) -> Result<StatusCode, String> {
    let url = public_url.get().await.map_err(rounds_data::Error::into_reason)?;
    let request = Request::get(format!("{url}/readyz")).body(Body::empty());
    let request = request.map_err(|_| "PUBLIC_URL is not a URL")?;
    let connector = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(ring::default_provider());
    let connector = connector.map_err(|error| format!("TLS: {error}"))?.https_or_http().enable_http1().build();
    // A new client for each check, because an open connection would hide an expired certificate.
    let client = Client::builder(TokioExecutor::new()).build(connector);
    client.request(request).await.map(|response| response.status()).map_err(|error| kind(&error))
}

/// Returns the kind of an error. The texts of errors can have the name of the host.
fn kind(error: &Error) -> String {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let cause = causes.find_map(|error| error.downcast_ref()).map(cause);
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    match error.is_connect() {
        true => format!("no connection{cause}"),
        false => format!("no response{cause}"),
    }
}

fn cause(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(inner) = inner.and_then(|inner| inner.downcast_ref()) {
        return cause(inner);
    }
    match inner.and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => "the certificate is not valid".to_owned(),
        Some(_) => "TLS failed".to_owned(),
        None => error.kind().to_string(),
    }
}
