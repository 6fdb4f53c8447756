//! What a function says to its database: the floor says it again, without the function.

use std::{
    io::{self, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use lambda::http::{self, Message};
use libsql::Value;
use serde::Deserialize;

/// A statement as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<(String, Value)>,
    /// The whole body of the request.
    pub(crate) body: Vec<u8>,
}

/// Stands before a server, and writes down what passes.
pub(crate) struct Recorder {
    pub(crate) url: String,
    statements: Arc<Mutex<Vec<Statement>>>,
}

impl Recorder {
    /// Before a server, by its address.
    pub(crate) fn before(server: &str) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let recorder = Self { url: format!("http://{address}"), statements: Arc::default() };
        let (statements, server) = (recorder.statements.clone(), server.trim_start_matches("http://").to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (statements, server) = (statements.clone(), server.clone());
                // A client that is gone has been answered all it wants.
                thread::spawn(move || pass(client, &server, &statements));
            }
        });
        Ok(recorder)
    }

    /// What has passed since this was last asked.
    pub(crate) fn taken(&self) -> Vec<Statement> {
        std::mem::take(&mut self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn pass(client: TcpStream, server: &str, statements: &Mutex<Vec<Statement>>) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(server)?);
    while let Some(request) = Message::read(&mut client)? {
        let statement = statement(&request.body)?;
        statements.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        http::write(server.get_mut(), "POST /v2/pipeline HTTP/1.1\r\nhost: server\r\n", &request.body)?;
        let answer = Message::answer(&mut server)?;
        http::write(client.get_mut(), &format!("{}\r\n", answer.first_line()), &answer.body)?;
    }
    Ok(())
}

/// The statement in a request (Hrana 3, "Execute a statement").
fn statement(body: &[u8]) -> io::Result<Statement> {
    #[derive(Deserialize)]
    struct Pipeline {
        requests: Vec<Request>,
    }
    #[derive(Deserialize)]
    struct Request {
        stmt: Option<Stmt>,
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
    #[serde(tag = "type", content = "value", rename_all = "snake_case")]
    enum Typed {
        Null,
        Integer(String),
        Text(String),
    }
    let Pipeline { requests } = serde_json::from_slice(body)?;
    let stmt = requests.into_iter().find_map(|request| request.stmt).ok_or(io::ErrorKind::InvalidData)?;
    let value = |Arg { name, value }| {
        let value = match value {
            Typed::Null => Value::Null,
            Typed::Integer(number) => Value::Integer(number.parse().map_err(|_| io::ErrorKind::InvalidData)?),
            Typed::Text(text) => Value::Text(text),
        };
        Ok((name, value))
    };
    let values = stmt.named_args.into_iter().map(value).collect::<io::Result<_>>()?;
    Ok(Statement { sql: stmt.sql, values, body: body.to_owned() })
}
