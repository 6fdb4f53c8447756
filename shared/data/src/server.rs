use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{Request, StatusCode, header::AUTHORIZATION};
use http_body_util::BodyExt;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_runtime_api_client::body::Body;
use rounds_request::Error;
use rounds_secrets::Secret;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    Location, Statement,
    error::Failure,
    hrana::{Answer, Pipeline},
    statement::Values,
    streams::{Choice, Stream, Streams, is_within},
};

/// How long a statement or a transaction may take, its connection included. Where no answer comes at all, a request
/// gives up after four seconds: a query is sent twice, and a change is sent once and then settled. Where the answer of a
/// change is lost and it was made, it takes up to eight: two for the change, two to settle it, and twice two to read
/// what it answered.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// The same for a replica, after which the primary is asked, and the replica is left out for a while.
pub(crate) const REPLICA_TIMEOUT: Duration = Duration::from_millis(800);
/// How long a step of a migration may take. The function that runs them has five minutes for all.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(120);
/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// After how long without use a connection is not trusted any more: load balancers and NAT forget
/// idle ones without a word, most after a minute or more, and Lambda freezes functions for as long
/// as it likes.
const IDLE: Duration = Duration::from_secs(50);

/// A libSQL server, spoken to by Hrana over HTTP (see `hrana.rs`).
///
/// Not through libsql: that describes a query with parameters before it opens a cursor for it, whose
/// connection is not used again, and parses and rewrites every statement on its way. Here each
/// statement, or transaction, is one request, on a connection that is kept, and where the instance is busy on a
/// stream that is kept.
pub(crate) struct Server {
    url: String,
    token: Option<Secret>,
    tls: ClientConfig,
    open: Mutex<Option<Open>>,
    streams: Mutex<Streams>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

struct Open {
    client: HttpClient,
    /// By the clock that goes on while a function is frozen.
    used: SystemTime,
}

impl Server {
    /// # Errors
    /// What is wrong with the URL.
    pub(crate) fn new(name: &str, url: &str, location: &Location) -> Result<Self, String> {
        let host = url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/')).unwrap_or_default();
        // A token in the URL would end up in logs; a path or a query the client would get wrong.
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err(format!(
                "{name} must be a server's libsql://, https:// or http:// URL with a host and nothing after it \
                 (its token goes into DATABASE_AUTH_TOKEN)"
            ));
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let tls = tls.with_safe_default_protocol_versions().map_err(|error| format!("{name}: {error}"))?;
        let tls = match &location.ca_file {
            // Those that Mozilla trusts, built in: reading a system's would take longer than the rest
            // of a function's start.
            None => tls.with_webpki_roots(),
            Some(file) => tls.with_root_certificates(authorities(file)?),
        };
        let tls = tls.with_no_client_auth();
        let secure = url.strip_prefix("libsql://").map(|host| format!("https://{host}"));
        let url = secure.as_deref().unwrap_or(url).trim_end_matches('/').to_owned();
        Ok(Self { url, token: location.auth_token.clone(), tls, open: Mutex::default(), streams: Mutex::default() })
    }

    async fn client(&self) -> HttpClient {
        let mut open = self.open.lock().await;
        let now = SystemTime::now();
        let trusted = open.take().filter(|open| is_within(IDLE, open.used, now));
        let client = match trusted {
            Some(open) => open.client,
            None => Client::builder(TokioExecutor::new()).build(self.connector()),
        };
        *open = Some(Open { client: client.clone(), used: now });
        client
    }

    /// HTTP and HTTPS, each request on a connection that is kept.
    fn connector(&self) -> HttpsConnector<HttpConnector> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(http)
    }

    /// Runs a statement once; the document it answered, if any.
    pub(crate) async fn run(
        &self,
        statement: &Statement,
        values: &Values,
        limit: Duration,
    ) -> Result<Option<String>, Failure> {
        within(limit, self.send(Pipeline::of(statement, values)?)).await
    }

    /// Runs statements in one transaction, in one request; the last document that one answered, if any.
    pub(crate) async fn transact(&self, steps: &[&Statement], values: &Values) -> Result<Option<String>, Failure> {
        within(TIMEOUT, self.send(Pipeline::of_transaction(steps, values)?)).await
    }

    /// Runs statements of a step of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let sql = format!("BEGIN IMMEDIATE;\n{sql};\nCOMMIT");
        within(MIGRATION_TIMEOUT, self.send(Pipeline::of_all(&sql))).await.map(drop)
    }

    async fn send(&self, pipeline: Pipeline<'_>) -> Result<Option<String>, Failure> {
        let now = SystemTime::now();
        let Choice { stream, stays_open } = self.streams.lock().await.choose(now);
        let opened = stream.as_ref().map_or(now, |stream| stream.opened);
        let mut answer = self.post(&pipeline, stream.as_ref(), stays_open).await?;
        // The server has ended the stream, or was restarted, and has run nothing. If the request was delivered
        // twice, the first was run, and what changes something cannot be run again: see operations.rs.
        if stream.is_some() && answer.0 == StatusCode::BAD_REQUEST {
            answer = self.post(&pipeline, None, false).await?;
        }
        let (status, body) = answer;
        let said = || format!("{status}: {}", String::from_utf8_lossy(&body[..body.len().min(500)]));
        match status {
            StatusCode::OK => {
                let Answer { document, baton, base_url } = Answer::read(&body)?;
                // After any other failure it is not known what the stream is good for: it is left to the server.
                let is_sound = matches!(document, Ok(_) | Err(Failure::Rule(_) | Failure::Duplicate(_)));
                if let Some(baton) = baton.filter(|_| is_sound) {
                    self.streams.lock().await.put_back(Stream { baton, base_url, opened, used: SystemTime::now() });
                }
                document
            }
            // Refused at the door: what a token is refused with, for one.
            status if status.is_client_error() => Err(unavailable(said())),
            _ => Err(Failure::Lost(said())),
        }
    }

    /// Sends a pipeline; the status and the body of the answer.
    async fn post(
        &self,
        pipeline: &Pipeline<'_>,
        stream: Option<&Stream>,
        stays_open: bool,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let unsendable = |reason: String| Failure::Error(Error::Internal(reason));
        let url = stream.and_then(|stream| stream.base_url.as_deref()).unwrap_or(&self.url);
        let mut request = Request::post(format!("{url}/v3/pipeline")).header("content-type", "application/json");
        if let Some(secret) = &self.token {
            let token = secret.get().await.map_err(|error| unavailable(error.to_string()))?;
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let baton = stream.map(|stream| stream.baton.as_str());
        let body = pipeline.body(baton, stays_open).map_err(|error| unsendable(error.to_string()))?;
        let request = request.body(Body::from(body)).map_err(|error| unsendable(error.to_string()))?;
        let answer = self.client().await.request(request).await.map_err(|error| match error.is_connect() {
            // Nothing was sent.
            true => unavailable(in_full(&error)),
            false => Failure::Lost(in_full(&error)),
        })?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| Failure::Lost(in_full(&error)))?;
        Ok((status, body.to_bytes().into()))
    }
}

fn unavailable(reason: String) -> Failure {
    Failure::Error(Error::Unavailable(reason))
}

/// An error with what it comes from: the outer one alone says little.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Waits for an answer, but not for longer than that.
async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let lost = |_| Failure::Lost(format!("no answer within {} ms", limit.as_millis()));
    timeout(limit, answer).await.map_err(lost)?
}

/// The authorities whose certificates are in a file.
fn authorities(file: &Path) -> Result<RootCertStore, String> {
    let failed = |error: &dyn std::fmt::Display| format!("DATABASE_CA_FILE {}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    match roots.is_empty() {
        true => Err(failed(&"it holds no certificate in PEM")),
        false => Ok(roots),
    }
}
