//! The floors: the same statements without Rounds around them.

use std::{
    collections::HashMap,
    io::{BufReader, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lambda::http::{self, Message};
use libsql::{Builder, Connection, params::Params};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring, pki_types::CertificateDer};
use serde_json::{Value, json};

use crate::recorder::Sent;

/// The busy timeout of a connection, as in the functions.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// Runs statements through libsql, and prepares each once.
pub(crate) struct File {
    connection: Connection,
    prepared: HashMap<String, libsql::Statement>,
}

impl File {
    pub(crate) async fn open(path: &Path) -> Result<Self, libsql::Error> {
        let connection = Builder::new_local(path).build().await?.connect()?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(Self { connection, prepared: HashMap::new() })
    }

    /// Opens a file and switches it to WAL mode. Every commit is synchronised with the disk.
    pub(crate) async fn open_wal(path: &Path) -> Result<Self, libsql::Error> {
        let file = Self::open(path).await?;
        for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
            let mut rows = file.connection.query(pragma, ()).await?;
            while rows.next().await?.is_some() {}
        }
        Ok(file)
    }

    async fn prepare(&mut self, sent: &Sent) -> Result<(), libsql::Error> {
        for statement in &sent.statements {
            if !self.prepared.contains_key(&statement.sql) {
                let prepared = self.connection.prepare(&statement.sql).await?;
                self.prepared.insert(statement.sql.clone(), prepared);
            }
        }
        Ok(())
    }

    /// Runs a query. Returns the text of its row.
    pub(crate) async fn document(&mut self, sent: &Sent) -> Result<String, libsql::Error> {
        self.prepare(sent).await?;
        let query = sent.statements.first().and_then(|statement| Some((statement, self.prepared.get(&statement.sql)?)));
        let Some((statement, prepared)) = query else { return Err(libsql::Error::QueryReturnedNoRows) };
        let mut rows = prepared.query(Params::Named(statement.values.clone())).await?;
        let row = rows.next().await?.ok_or(libsql::Error::QueryReturnedNoRows)?;
        let document = row.get(0);
        prepared.reset();
        document
    }

    /// Runs the statements of a request. Returns the duration without preparing them.
    pub(crate) async fn run(&mut self, sent: &Sent) -> Result<Duration, libsql::Error> {
        self.prepare(sent).await?;
        let statements = sent.statements.iter().filter_map(|statement| {
            Some((self.prepared.get(&statement.sql)?, Params::Named(statement.values.clone())))
        });
        let statements: Vec<_> = statements.collect();
        let begun = Instant::now();
        for (prepared, values) in statements {
            let mut rows = prepared.query(values).await?;
            while let Some(row) = rows.next().await? {
                std::hint::black_box(row.get_value(0)?);
            }
            // An unfinished statement would block the commit.
            prepared.reset();
        }
        Ok(begun.elapsed())
    }
}

/// Sends requests to a server on one connection and one stream.
pub(crate) struct Server {
    connection: BufReader<TcpStream>,
    baton: Value,
}

const HEAD: &str = "POST /v3/pipeline HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\n";

impl Server {
    pub(crate) fn connect(url: &str) -> std::io::Result<Self> {
        let connection = TcpStream::connect(url.trim_start_matches("http://"))?;
        connection.set_nodelay(true)?;
        Ok(Self { connection: BufReader::new(connection), baton: Value::Null })
    }

    /// Sends a request on the open stream, as a busy function does. Returns the duration.
    pub(crate) fn run(&mut self, request: &Value) -> std::io::Result<Duration> {
        let had_a_stream = !self.baton.is_null();
        let body = json!({ "baton": self.baton.take(), "requests": [request] });
        let (mut answer, mut took) = self.send(&body)?;
        // The server closes a stream after ten idle seconds.
        if had_a_stream && answer.first_line().contains(" 400 ") {
            (answer, took) = self.send(&json!({ "baton": null, "requests": [request] }))?;
        }
        self.baton = succeeded(&answer)?["baton"].take();
        Ok(took)
    }

    /// Sends a request on a new stream.
    pub(crate) fn run_alone(&mut self, request: &Value) -> std::io::Result<Duration> {
        let (answer, took) = self.send(&alone(request))?;
        succeeded(&answer)?;
        Ok(took)
    }

    fn send(&mut self, body: &Value) -> std::io::Result<(Message, Duration)> {
        let body = body.to_string();
        let begun = Instant::now();
        http::write(self.connection.get_mut(), HEAD, body.as_bytes())?;
        let answer = Message::answer(&mut self.connection)?;
        Ok((answer, begun.elapsed()))
    }
}

fn alone(request: &Value) -> Value {
    json!({ "baton": null, "requests": [request, { "type": "close" }] })
}

/// Makes a TLS handshake and sends one request. Returns the duration of both.
pub(crate) fn first_over_tls(
    address: &str,
    authority: &CertificateDer<'_>,
    request: &Value,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let body = alone(request).to_string();
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone().into_owned())?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let begun = Instant::now();
    let connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    let session = ClientConnection::new(Arc::new(config), "localhost".try_into()?)?;
    let mut stream = BufReader::new(StreamOwned::new(session, connection));
    http::write(stream.get_mut(), HEAD, body.as_bytes())?;
    stream.get_mut().flush()?;
    let answer = Message::answer(&mut stream)?;
    let took = begun.elapsed();
    succeeded(&answer)?;
    Ok(took)
}

/// Parses a response, and fails if the request failed.
fn succeeded(answer: &Message) -> std::io::Result<Value> {
    let failed = || {
        let body = String::from_utf8_lossy(&answer.body);
        std::io::Error::other(format!("{}: {body}", answer.first_line()))
    };
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| failed())?;
    let first = &body["results"][0];
    let errors = first["response"]["result"]["step_errors"].as_array();
    let steps_ran = errors.is_none_or(|errors| errors.iter().all(Value::is_null));
    match answer.first_line().contains(" 200 ") && first["type"] == "ok" && steps_ran {
        true => Ok(body),
        false => Err(failed()),
    }
}
