//! The client of the API.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LINK, RETRY_AFTER},
};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, crypto::ring};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::Outcome;

/// How long a response may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is sent if the clinic is busy or out of reach.
const ATTEMPTS: usize = 8;
/// The longest time between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The time between two attempts, if no response names another one.
const WAIT: Duration = Duration::from_secs(2);
/// The maximum size of a response.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Why the import cannot go on, as a sentence.
#[derive(Debug)]
pub(super) struct Stop(pub(super) String);

impl From<Stop> for String {
    fn from(Stop(reason): Stop) -> Self {
        reason
    }
}

/// A client of a clinic's API, with one token. It reuses its connections.
pub(super) struct Api {
    url: String,
    /// The path of the URL. The links in responses begin with it.
    prefix: String,
    authorization: HeaderValue,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The members of a problem (RFC 9457) that a report names.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: String,
    #[serde(default)]
    errors: Vec<Violation>,
    /// The kinds of all conflicts of a refused booking.
    #[serde(default)]
    violations: Vec<String>,
}

#[derive(Deserialize)]
struct Violation {
    pointer: String,
    code: String,
}

impl Api {
    /// Creates a client of the clinic at a URL, which can have a path.
    pub(super) fn new(url: &str, token: &str) -> Result<Self, String> {
        let url = url.trim_end_matches('/');
        let is_valid = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some() && uri.query().is_none()
        };
        let uri = url.parse::<Uri>().ok().filter(is_valid);
        let uri = uri.ok_or("--url must be the clinic's http:// or https:// URL, like https://clinic.example")?;
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| "the token on the standard input is not a token: pass the response of POST /login")?;
        authorization.set_sensitive(true);
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_webpki_roots()
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(connector.wrap_connector(http));
        Ok(Self { url: url.to_owned(), prefix, authorization, client })
    }

    /// Reads a document, and whether the list that it is has another page.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<(T, Option<String>), Stop> {
        let answer = self.send(Method::GET, path, None).await?;
        if answer.status != StatusCode::OK {
            return Err(Stop(format!("GET {path}: {}", answer.refusal())));
        }
        let invalid = |error| Stop(format!("GET {path}: the response is not that of a clinic: {error}"));
        Ok((serde_json::from_slice(&answer.body).map_err(invalid)?, answer.next(&self.prefix)))
    }

    /// Reads all pages of a list.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Stop> {
        let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let (mut page, link) = self.get::<Vec<T>>(&path).await?;
            all.append(&mut page);
            next = link;
        }
        Ok(all)
    }

    /// Creates what a row describes. The key prevents that it is created a second time.
    pub(super) async fn create(&self, path: &str, key: &str, body: &Value) -> Result<Outcome, Stop> {
        let answer = self.send(Method::POST, path, Some((key, body))).await?;
        match answer.status {
            StatusCode::CREATED if answer.headers.contains_key("idempotency-replayed") => Ok(Outcome::AlreadyThere),
            StatusCode::CREATED => Ok(Outcome::Created),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Stop(answer.refusal())),
            status if status.is_client_error() || status.is_server_error() => Ok(answer.outcome()),
            status => Err(Stop(format!("POST {path} answered {status}, which no clinic does: check --url"))),
        }
    }

    /// Sends a request. Sends it again if the clinic is busy or out of reach: it is a read, or has an idempotency key.
    async fn send(&self, method: Method, path: &str, create: Option<(&str, &Value)>) -> Result<Answer, Stop> {
        let mut attempts = 1;
        loop {
            let (wait, reason) = match self.attempt(&method, path, create).await? {
                Ok(answer) if answer.is_of_a_busy_clinic() => (answer.retry_after(), answer.refusal()),
                Ok(answer) => return Ok(answer),
                Err(reason) => (None, reason),
            };
            if attempts == ATTEMPTS {
                return Err(Stop(format!("{} does not answer: {reason}", self.url)));
            }
            attempts += 1;
            sleep(wait.unwrap_or(WAIT).min(LONGEST_WAIT)).await;
        }
    }

    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        create: Option<(&str, &Value)>,
    ) -> Result<Result<Answer, String>, Stop> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header(AUTHORIZATION, self.authorization.clone());
        let request = match create {
            None => request.body(Full::default()),
            Some((key, body)) => request
                .header(CONTENT_TYPE, "application/json")
                .header("idempotency-key", key)
                .body(Full::from(body.to_string())),
        };
        let request = request.map_err(|error| Stop(format!("{path}: {error}")))?;
        let response = async {
            let response = self.client.request(request).await.map_err(|error| with_causes(&error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MAX_BYTES).collect().await.map_err(|error| error.to_string())?;
            Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
        };
        let late = |_| format!("no response within {} s", TIMEOUT.as_secs());
        Ok(timeout(TIMEOUT, response).await.map_err(late).flatten())
    }
}

impl Answer {
    /// Returns whether the same request can succeed later. 502 and 504 come from a proxy in front of the clinic.
    fn is_of_a_busy_clinic(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 502..=504)
    }

    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    /// Returns the path of the next page of a list, without the path of the clinic's URL.
    fn next(&self, prefix: &str) -> Option<String> {
        let link = self.headers.get(LINK)?.to_str().ok()?;
        let (path, _) = link.strip_prefix('<')?.split_once('>')?;
        Some(path.strip_prefix(prefix).unwrap_or(path).to_owned())
    }

    fn problem(&self) -> Option<Problem> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the outcome of a row that was refused.
    fn outcome(&self) -> Outcome {
        let problem = self.problem();
        let has = |code: &str| problem.iter().any(|problem| problem.errors.iter().any(|error| error.code == code));
        match problem.as_ref().map(|problem| problem.kind.as_str()) {
            Some("/problems/invalid-booking") if has("in_the_past") => Outcome::InThePast,
            Some("/problems/idempotency-key-reused") => Outcome::Refused(
                "an earlier run has imported a row with this id and other values: change it in Rounds, or give the row \
                 another id (idempotency-key-reused)"
                    .to_owned(),
            ),
            _ => Outcome::Refused(self.refusal()),
        }
    }

    /// Returns the problem in one line: its detail, its kind, and every violation and conflict.
    fn refusal(&self) -> String {
        let Some(problem) = self.problem() else { return format!("the response is {}", self.status) };
        let last_part = |kind: &str| kind.rsplit('/').next().unwrap_or_default().to_owned();
        let violation = |error: &Violation| format!("{}: {}", error.pointer.trim_start_matches('/'), error.code);
        let conflicts = problem.violations.iter().map(|kind| last_part(kind));
        let mut names: Vec<_> = conflicts.chain(problem.errors.iter().map(violation)).collect();
        if names.is_empty() {
            names.push(last_part(&problem.kind));
        }
        format!("{} ({})", problem.detail, names.join(", "))
    }
}

/// Formats an error with its causes, because the outer error alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
