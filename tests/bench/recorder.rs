//! Records the statements that a function sends to its database. The floor repeats them without the function.

use std::{
    io::{self, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use lambda::http::{self, Message};
use libsql::Value;
use serde::Deserialize;

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// One statement, or those of a transaction from BEGIN to COMMIT.
    pub(crate) statements: Vec<Statement>,
    /// The same as a Hrana request, without its stream.
    pub(crate) request: serde_json::Value,
}

/// A statement of a recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<(String, Value)>,
}

/// A proxy in front of a server that records the requests.
pub(crate) struct Recorder {
    pub(crate) url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Recorder {
    /// Starts a recorder in front of a server.
    pub(crate) fn start(server: &str) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let recorder = Self { url: format!("http://{address}"), sent: Arc::default() };
        let (sent, server) = (recorder.sent.clone(), server.trim_start_matches("http://").to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (sent, server) = (sent.clone(), server.clone());
                // An error means that the client has closed its connection.
                thread::spawn(move || pass(client, &server, &sent));
            }
        });
        Ok(recorder)
    }

    /// Returns the requests since the last call.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn pass(client: TcpStream, server: &str, sent: &Mutex<Vec<Sent>>) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(server)?);
    while let Some(request) = Message::read(&mut client)? {
        let mut pipeline: serde_json::Value = serde_json::from_slice(&request.body)?;
        let recorded = Sent { statements: statements(&request.body)?, request: pipeline["requests"][0].take() };
        sent.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
        http::write(server.get_mut(), "POST /v3/pipeline HTTP/1.1\r\nhost: server\r\n", &request.body)?;
        let answer = Message::answer(&mut server)?;
        http::write(client.get_mut(), &format!("{}\r\n", answer.first_line()), &answer.body)?;
    }
    Ok(())
}

/// Parses the statements of a request (Hrana 3, "Execute a statement" and "Execute a batch").
fn statements(body: &[u8]) -> io::Result<Vec<Statement>> {
    #[derive(Deserialize)]
    struct Pipeline {
        requests: Vec<Request>,
    }
    #[derive(Deserialize)]
    struct Request {
        stmt: Option<Stmt>,
        batch: Option<Batch>,
    }
    #[derive(Deserialize)]
    struct Batch {
        steps: Vec<Step>,
    }
    #[derive(Deserialize)]
    struct Step {
        stmt: Stmt,
    }
    #[derive(Deserialize)]
    struct Stmt {
        sql: String,
        named_args: Vec<Arg>,
    }
    #[derive(Deserialize)]
    struct Arg {
        name: String,
        value: Typed,
    }
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Typed {
        Null,
        Integer { value: String },
        Text { value: String },
        Blob { base64: String },
    }
    let Pipeline { requests } = serde_json::from_slice(body)?;
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let value = |Arg { name, value }| {
        let value = match value {
            Typed::Null => Value::Null,
            Typed::Integer { value } => Value::Integer(value.parse().map_err(|_| invalid())?),
            Typed::Text { value } => Value::Text(value),
            Typed::Blob { base64 } => Value::Blob(BASE64_STANDARD_NO_PAD.decode(base64).map_err(|_| invalid())?),
        };
        Ok((name, value))
    };
    let statement = |Stmt { sql, named_args }| {
        Ok(Statement { sql, values: named_args.into_iter().map(value).collect::<io::Result<_>>()? })
    };
    let statements = requests.into_iter().find_map(|request| match (request.stmt, request.batch) {
        (Some(stmt), _) => Some(vec![stmt]),
        // The last step is the conditional ROLLBACK.
        (None, Some(Batch { mut steps })) => {
            steps.pop();
            Some(steps.into_iter().map(|step| step.stmt).collect())
        }
        (None, None) => None,
    });
    statements.ok_or_else(invalid)?.into_iter().map(statement).collect()
}
