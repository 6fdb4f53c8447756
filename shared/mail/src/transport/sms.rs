use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use http::{Request, StatusCode, Uri, header::CONTENT_TYPE};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_runtime_api_client::body::Body;
use rounds_secrets::Secret;
use serde_json::json;
use sha2::Sha256;
use tokio::time::timeout;

use super::{Outcome, Sms, server::is_loopback, smtp::EXPIRED, tls};

/// How long connecting to the gateway may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An SMS gateway, which is an HTTP server of the operator.
pub(super) struct Gateway {
    url: Uri,
    secret: Secret,
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

impl Gateway {
    /// # Errors
    /// A sentence about `SMS_URL`, without its value: it can have a token.
    pub(super) fn new(url: &str, secret: Secret) -> Result<Self, String> {
        let url: Uri = url.parse().map_err(|_| "SMS_URL must be a URL")?;
        let is_private = match url.scheme_str() {
            Some("https") => true,
            Some("http") => url.host().is_some_and(|host| is_loopback(host.trim_matches(['[', ']']))),
            _ => false,
        };
        if !is_private {
            return Err("SMS_URL must begin with https:// (or http:// for a gateway on this machine)".to_owned());
        }
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls::config(None)?);
        let connector = connector.https_or_http().enable_http1().wrap_connector(http);
        Ok(Self { url, secret, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Returns the key of the signatures.
    ///
    /// # Errors
    /// A sentence about `SMS_SECRET`, without its value.
    pub(super) async fn key(&self) -> Result<Vec<u8>, String> {
        let secret = self.secret.get().await.map_err(|error| error.to_string())?;
        let key = secret.trim().strip_prefix("whsec_").and_then(|key| BASE64_STANDARD.decode(key).ok());
        key.filter(|key| !key.is_empty()).ok_or("SMS_SECRET must be whsec_ and a key in base64".to_owned())
    }

    pub(super) async fn send(&self, sms: &Sms<'_>, may_send: &(impl Fn() -> bool + Sync), limit: Duration) -> Outcome {
        let request = match self.key().await.and_then(|key| self.request(sms, &key, SystemTime::now())) {
            Ok(request) => request,
            Err(reason) => return Outcome::Deferred(reason),
        };
        if !may_send() {
            return Outcome::Deferred(EXPIRED.to_owned());
        }
        let response = match timeout(limit, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let reason = format!("no response from the SMS gateway: {}", with_causes(&error));
                let outcome = if error.is_connect() { Outcome::Deferred } else { Outcome::Unknown };
                return outcome(reason);
            }
            Err(_) => {
                return Outcome::Unknown(format!("no response from the SMS gateway within {} s", limit.as_secs()));
            }
        };
        let status = response.status();
        let reason = format!("the SMS gateway answered {status}");
        match status {
            status if status.is_success() => Outcome::Sent,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Outcome::Deferred(reason)
            }
            // The settings are wrong, and not the number.
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED => Outcome::Deferred(reason),
            status if status.is_client_error() => Outcome::Refused(reason),
            // A gateway that fails can have sent the message before.
            status if status.is_server_error() => Outcome::Unknown(reason),
            _ => Outcome::Deferred(reason),
        }
    }

    /// A signed request (Standard Webhooks, <https://www.standardwebhooks.com>).
    fn request(&self, sms: &Sms<'_>, key: &[u8], now: SystemTime) -> Result<Request<Body>, String> {
        let Sms { id, to, text } = sms;
        let body = json!({ "id": id, "to": to, "text": text }).to_string();
        let seconds = now.duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_secs();
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| error.to_string())?;
        hmac.update(format!("{id}.{seconds}.{body}").as_bytes());
        let signature = BASE64_STANDARD.encode(hmac.finalize().into_bytes());
        let request = Request::post(&self.url).header(CONTENT_TYPE, "application/json");
        let request = request.header("webhook-id", *id).header("webhook-timestamp", seconds);
        let request = request.header("webhook-signature", format!("v1,{signature}")).body(Body::from(body));
        request.map_err(|error| format!("the request to the SMS gateway: {error}"))
    }
}

/// Formats an error with its causes, because the outer error alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
