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
    pki_types::{
        CertificateDer,
        pem::{self, PemObject},
    },
};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    Location, Statement,
    connections::{Choice, Connections, Stream},
    error::Failure,
    hrana::{Output, Pipeline, PipelineResponse},
    statement::{ChangeSteps, Tried, Values},
};

/// How long a statement or a transaction may take, including its connection.
///
/// If the server never responds, a request gives up after four seconds: a query is sent twice, and a change is
/// sent once and then settled. If the response to a change is lost after it was made, a request takes up to eight
/// seconds: two for the change, two to settle it, and twice two to read its result.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// How long a statement on a replica may take. Afterwards the statement runs on the primary, and the replica is
/// paused.
pub(crate) const REPLICA_TIMEOUT: Duration = Duration::from_millis(800);
/// How long a step of a migration may take. The function that runs all of them has five minutes.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(120);
/// How long connecting to the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A libSQL server, which is queried by Hrana over HTTP (see `hrana.rs`).
///
/// libsql's own client was rejected: it parses and rewrites every statement. It also sends two requests for a
/// query with parameters, one to describe it and one to open a cursor, and does not reuse the cursor's connection.
/// Here, each statement or transaction is one request on a reused connection. If the instance is busy, it also
/// reuses a stream.
pub(crate) struct Server {
    url: String,
    token: Option<Secret>,
    tls: ClientConfig,
    connections: Mutex<Connections<HttpClient>>,
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

impl Server {
    /// Creates a client for the server at `url`, which is the value of the setting `name`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the URL, with `DATABASE_CA_FILE` or with `DATABASE_CA`.
    pub(crate) fn new(name: &str, url: &str, location: &Location) -> Result<Self, String> {
        let host = url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/')).unwrap_or_default();
        // A token in the URL would get into logs. With a path or a query, the URLs of requests would be wrong.
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err(format!(
                "{name} must be a server's libsql://, https:// or http:// URL with a host and nothing after it \
                 (its token goes into DATABASE_AUTH_TOKEN)"
            ));
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let tls = tls.with_safe_default_protocol_versions().map_err(|error| format!("{name}: {error}"))?;
        let tls = match (&location.ca_file, &location.ca) {
            // The authorities that Mozilla trusts are built in. Reading those of the system would take longer than
            // the rest of a function's start.
            (None, None) => tls.with_webpki_roots(),
            (Some(file), None) => tls.with_root_certificates(authorities_in_file(file)?),
            (None, Some(text)) => tls.with_root_certificates(authorities_in_text(text)?),
            (Some(_), Some(_)) => return Err("set either DATABASE_CA or DATABASE_CA_FILE, not both".into()),
        };
        let tls = tls.with_no_client_auth();
        let secure = url.strip_prefix("libsql://").map(|host| format!("https://{host}"));
        let url = secure.as_deref().unwrap_or(url).to_owned();
        Ok(Self { url, token: location.auth_token.clone(), tls, connections: Mutex::default() })
    }

    /// Creates a client for HTTP and HTTPS.
    fn new_client(&self) -> HttpClient {
        Client::builder(TokioExecutor::new()).build(self.connector())
    }

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

    /// Runs a statement once and returns its document, if any.
    pub(crate) async fn run(
        &self,
        statement: &Statement,
        values: &Values,
        limit: Duration,
    ) -> Result<Option<String>, Failure> {
        within(limit, self.send(Pipeline::statement(statement, values)?, Output::document)).await
    }

    /// Makes changes in one transaction, in one request. Returns the document of the last statement that returned one.
    pub(crate) async fn transact(&self, changes: &[ChangeSteps<'_>]) -> Result<Option<String>, Failure> {
        within(TIMEOUT, self.send(Pipeline::transaction(changes)?, Output::document)).await
    }

    /// Makes changes in one transaction, in one request, and rolls it back. Returns the outcome of each.
    pub(crate) async fn try_changes(&self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        within(TIMEOUT, self.send(Pipeline::trial(changes)?, |output| output.outcomes(changes))).await
    }

    /// Runs the statements of a migration step in one transaction.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        let sql = format!("BEGIN IMMEDIATE;\n{sql};\nCOMMIT");
        within(MIGRATION_TIMEOUT, self.send(Pipeline::script(&sql), |_| Ok(()))).await
    }

    /// Sends a pipeline and returns what `read` makes of the output of its first request.
    async fn send<T>(
        &self,
        pipeline: Pipeline<'_>,
        read: impl FnOnce(Output) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let now = SystemTime::now();
        let Choice { client, stream, stays_open } = self.connections.lock().await.choose(now, || self.new_client());
        let opened = stream.as_ref().map_or(now, |stream| stream.opened);
        let mut response = self.post(&client, &pipeline, stream.as_ref(), stays_open).await?;
        // The server has closed the stream or was restarted, and has not run anything. An exception: if the
        // request was delivered twice, the first one was run. A second run is still safe, because a change cannot
        // happen twice: see operations.rs.
        if stream.is_some() && response.0 == StatusCode::BAD_REQUEST {
            response = self.post(&client, &pipeline, None, false).await?;
        }
        let (status, body) = response;
        let reason = || format!("{status}: {}", String::from_utf8_lossy(&body[..body.len().min(500)]));
        match status {
            StatusCode::OK => {
                let PipelineResponse { output, baton, base_url } = PipelineResponse::read(&body)?;
                let result = output.and_then(read);
                // After any other failure, the state of the stream is not known. It is not used again, and the server
                // closes it after some time.
                let is_sound = matches!(result, Ok(_) | Err(Failure::Rule(_) | Failure::Duplicate(_)));
                if let Some(baton) = baton.filter(|_| is_sound) {
                    let stream = Stream { baton, base_url, opened, used: SystemTime::now() };
                    self.connections.lock().await.put_back(stream);
                }
                result
            }
            // The server rejected the request before it ran anything, for example because of the token.
            status if status.is_client_error() => Err(unavailable(reason())),
            _ => Err(Failure::Lost(reason())),
        }
    }

    /// Sends a pipeline and returns the status and the body of the response.
    async fn post(
        &self,
        client: &HttpClient,
        pipeline: &Pipeline<'_>,
        stream: Option<&Stream>,
        stays_open: bool,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let internal = |reason: String| Failure::Error(Error::Internal(reason));
        let base_url = stream.and_then(|stream| stream.base_url.as_deref()).unwrap_or(&self.url);
        let mut request = Request::post(pipeline_url(base_url)).header("content-type", "application/json");
        if let Some(secret) = &self.token {
            let token = secret.get().await.map_err(|error| unavailable(error.to_string()))?;
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let baton = stream.map(|stream| stream.baton.as_str());
        let body = pipeline.body(baton, stays_open).map_err(|error| internal(error.to_string()))?;
        let request = request.body(Body::from(body)).map_err(|error| internal(error.to_string()))?;
        let response = client.request(request).await.map_err(|error| match error.is_connect() {
            // Nothing was sent.
            true => unavailable(with_causes(&error)),
            false => Failure::Lost(with_causes(&error)),
        })?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| Failure::Lost(with_causes(&error)))?;
        Ok((status, body.to_bytes().into()))
    }
}

/// The URL that pipelines are sent to. A base URL can end with a slash, also one that the server returned.
fn pipeline_url(base_url: &str) -> String {
    format!("{}/v3/pipeline", base_url.trim_end_matches('/'))
}

fn unavailable(reason: String) -> Failure {
    Failure::Error(Error::Unavailable(reason))
}

/// Formats an error with its causes, because the outer error alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Waits for the response to a request, for at most `limit`.
async fn within<T>(limit: Duration, request: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let lost = |_| Failure::Lost(format!("no response within {} ms", limit.as_millis()));
    timeout(limit, request).await.map_err(lost)?
}

/// Reads the certificates of authorities from a PEM file.
fn authorities_in_file(file: &Path) -> Result<RootCertStore, String> {
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| error.to_string());
    let roots = certificates.and_then(authorities);
    roots.map_err(|error| format!("DATABASE_CA_FILE {}: {error}", file.display()))
}

/// Reads the certificates of authorities from text. A field of the AWS console has one line, so the line breaks of the
/// text can be spaces.
fn authorities_in_text(text: &str) -> Result<RootCertStore, String> {
    let mut lines = text.split_whitespace().collect::<Vec<_>>().join("\n");
    for word in ["BEGIN", "END"] {
        let marker = format!("-----{word}\nCERTIFICATE-----");
        lines = lines.replace(&marker, &format!("\n-----{word} CERTIFICATE-----\n"));
    }
    let roots = authorities(CertificateDer::pem_slice_iter(lines.as_bytes()));
    roots.map_err(|error| format!("DATABASE_CA: {error}"))
}

fn authorities(
    certificates: impl Iterator<Item = Result<CertificateDer<'static>, pem::Error>>,
) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    match roots.is_empty() {
        true => Err("it has no certificate in PEM".into()),
        false => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipeline_url_has_no_double_slash() {
        for base_url in ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080//"] {
            assert_eq!(pipeline_url(base_url), "http://127.0.0.1:8080/v3/pipeline");
        }
        assert_eq!(pipeline_url("https://db.example/a/"), "https://db.example/a/v3/pipeline");
    }
}
