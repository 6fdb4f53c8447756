//! Hrana over HTTP, as much of it as one statement takes: a pipeline that executes it and closes
//! the stream, so that nothing of a request stays behind on the server
//! (<https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md>).

use rounds_request::Error;
use serde::{Deserialize, Serialize};

use crate::{
    Statement,
    error::{Failure, Refusal},
    statement::{Value, Values},
};

/// Requests of one stream, one after the other. The stream is closed by the last.
#[derive(Serialize)]
pub(crate) struct Pipeline<'a> {
    baton: Option<String>,
    requests: [Request<'a>; 2],
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request<'a> {
    /// Runs a statement.
    Execute { stmt: Stmt<'a> },
    /// Runs statements up to the first that fails.
    Sequence { sql: &'a str },
    /// Rolls back what is open.
    Close,
}

#[derive(Serialize)]
struct Stmt<'a> {
    sql: &'a str,
    named_args: Vec<NamedArg<'a>>,
}

#[derive(Serialize)]
struct NamedArg<'a> {
    name: &'a str,
    value: Arg<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Arg<'a> {
    Null,
    /// As a text, since not every integer of 64 bits is a number of JavaScript's.
    Integer {
        value: String,
    },
    Text {
        value: &'a str,
    },
}

impl<'a> Pipeline<'a> {
    /// Runs a statement.
    pub(crate) fn of(statement: &'a Statement, values: &'a Values) -> Result<Self, Failure> {
        let arg = |(name, value): (&'a str, &'a Value)| {
            let value = match value {
                Value::Null => Arg::Null,
                Value::Integer(number) => Arg::Integer { value: number.to_string() },
                Value::Text(text) => Arg::Text { value: text },
                Value::Real(_) | Value::Blob(_) => {
                    return Err(Failure::Error(Error::Internal("statements take integers and texts only".into())));
                }
            };
            Ok(NamedArg { name, value })
        };
        // A server refuses what the statement does not name, as it does what is missing.
        let named = values.iter().filter(|(name, _)| names(statement.sql, name));
        let named_args = named.map(arg).collect::<Result<_, _>>()?;
        Ok(Self::with(Request::Execute { stmt: Stmt { sql: statement.sql, named_args } }))
    }

    /// Runs statements that end with their own `COMMIT`, and take no values.
    pub(crate) fn of_all(sql: &'a str) -> Self {
        Self::with(Request::Sequence { sql })
    }

    fn with(request: Request<'a>) -> Self {
        Self { baton: None, requests: [request, Request::Close] }
    }
}

/// Whether a statement has a parameter of that name.
fn names(sql: &str, name: &str) -> bool {
    let is_word = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    sql.match_indices(name).any(|(at, _)| !sql.as_bytes().get(at + name.len()).is_some_and(is_word))
}

#[derive(Deserialize)]
struct Answers {
    results: Vec<Answer>,
}

/// One of the two.
#[derive(Deserialize)]
struct Answer {
    response: Option<Response>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Response {
    /// Of a statement.
    result: Option<Rows>,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Vec<Cell>>,
}

/// A text, or an integer in a text; nothing for NULL.
#[derive(Deserialize)]
struct Cell {
    value: Option<String>,
}

/// The document in the last row of what a server answered to the first request of a pipeline.
pub(crate) fn document(body: &[u8]) -> Result<Option<String>, Failure> {
    // Something was run, or was not.
    let strange = |reason: String| Failure::Lost(format!("the server's answer is not Hrana's: {reason}"));
    let answers: Answers = serde_json::from_slice(body).map_err(|error| strange(error.to_string()))?;
    let answer = answers.results.into_iter().next().ok_or_else(|| strange("it is empty".into()))?;
    match answer {
        Answer { error: Some(refusal), .. } => Err(refusal.into()),
        Answer { response: Some(response), .. } => {
            let cell = response.result.and_then(|mut result| result.rows.pop()?.into_iter().next());
            let text = |cell: Cell| {
                cell.value.ok_or_else(|| Failure::Error(Error::Internal("a statement answered NULL".into())))
            };
            cell.map(text).transpose()
        }
        Answer { .. } => Err(strange("neither an answer nor an error".into())),
    }
}
