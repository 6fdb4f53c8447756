use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use hyper::client::HttpConnector;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use libsql::{Builder, Connection};
use rounds_domain::Error;
use rounds_secrets::Secret;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::{sync::Mutex, time::timeout};

use crate::{Location, Statement, error::Failure, file::last_document, literals::with_literals, statement::Values};

/// How long a statement may take, its connection included. A request that repeats its statement
/// once, or asks what has become of it, is answered within five seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// The same for a replica, after which the primary is asked.
pub(crate) const REPLICA_PATIENCE: Duration = Duration::from_millis(800);
/// How long a migration may take: it may rewrite whole tables. The function that runs them has five
/// minutes.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait for a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);
/// After how long without use a connection is not trusted any more: load balancers and NAT forget
/// idle ones without a word, most after a minute or more, and Lambda freezes functions for as long
/// as it likes.
const IDLE: Duration = Duration::from_secs(50);

/// A libSQL server, spoken to by Hrana over HTTP (<https://github.com/tursodatabase/libsql>,
/// docs/HRANA_3_SPEC.md).
///
/// Each statement is one request on a connection that is kept, as a batch of one without
/// parameters: with parameters, libsql describes a query first, and then opens a cursor whose
/// connection is not used again. Nothing of a request stays behind on the server.
pub(crate) struct Server {
    url: String,
    token: Option<Secret>,
    tls: ClientConfig,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: Connection,
    token: String,
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
        let tls = match &location.ca_file {
            // Those that Mozilla trusts, built in: reading a system's would take longer than the rest
            // of a function's start.
            None => ClientConfig::builder().with_webpki_roots(),
            Some(file) => ClientConfig::builder().with_root_certificates(authorities(file)?),
        };
        let tls = tls.with_no_client_auth();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, token: location.auth_token.clone(), tls, open: Mutex::default() })
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        let unavailable = |reason: String| Failure::Error(Error::Unavailable(reason));
        let token = match &self.token {
            Some(secret) => secret.get().await.map_err(|error| unavailable(error.to_string()))?,
            None => String::new(),
        };
        let mut open = self.open.lock().await;
        let now = SystemTime::now();
        if let Some(open) = open.as_mut()
            && open.token == token
            && now.duration_since(open.used).is_ok_and(|idle| idle < IDLE)
        {
            open.used = now;
            return Ok(open.connection.clone());
        }
        let database = Builder::new_remote(self.url.clone(), token.clone()).connector(self.connector()).build().await?;
        let connection = database.connect()?;
        *open = Some(Open { connection: connection.clone(), token, used: now });
        Ok(connection)
    }

    /// HTTP and HTTPS, each request on a connection that is kept.
    fn connector(&self) -> HttpsConnector<HttpConnector> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_PATIENCE));
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
        patience: Duration,
    ) -> Result<Option<String>, Failure> {
        let sql = with_literals(statement, values)?;
        let answer = async {
            let mut batch = self.connection().await?.execute_batch(&sql).await?;
            match batch.next_stmt_row().flatten() {
                Some(mut rows) => last_document(&mut rows).await,
                None => Ok(None),
            }
        };
        within(patience, answer).await
    }

    /// Runs statements of a migration: all, or none.
    pub(crate) async fn apply(&self, sql: &str) -> Result<(), Failure> {
        // libsql parses statements, and writes this pair without its comma. How such a table is
        // stored is all that changes.
        let sql = sql.replace("STRICT, WITHOUT ROWID", "STRICT");
        let answer = async {
            self.connection().await?.execute_transactional_batch(&sql).await?;
            Ok(())
        };
        within(MIGRATION_PATIENCE, answer).await
    }
}

/// Waits for an answer, but not for longer than that.
async fn within<T>(patience: Duration, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let lost = |_| Failure::Lost(format!("no answer within {} ms", patience.as_millis()));
    timeout(patience, answer).await.map_err(lost)?
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
