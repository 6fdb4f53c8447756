//! Hrana over HTTP, as much of it as is used here: a pipeline that runs one statement, or several in a
//! transaction, and then leaves the stream open for the next request, or closes it
//! (<https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md>).

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use rounds_request::Error;
use serde::{Deserialize, Serialize};

use crate::{
    Statement,
    error::{Failure, Refusal},
    statement::{Value, Values},
};

/// A request, and one that closes the stream after it.
pub(crate) struct Pipeline<'a>([Request<'a>; 2]);

#[derive(Serialize)]
struct Body<'a> {
    /// The open stream that it is for; none for a new one.
    baton: Option<&'a str>,
    requests: &'a [Request<'a>],
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request<'a> {
    /// Runs a statement.
    Execute { stmt: Stmt<'a> },
    /// Runs statements, each if its condition holds.
    Batch { batch: Batch<'a> },
    /// Runs statements up to the first that fails.
    Sequence { sql: &'a str },
    /// Rolls back what is open.
    Close,
}

#[derive(Serialize)]
struct Batch<'a> {
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    stmt: Stmt<'a>,
    condition: Option<Condition>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Condition {
    /// The step with that index ran without an error.
    Ok {
        step: usize,
    },
    /// No transaction is open.
    IsAutocommit,
    Not {
        cond: Box<Condition>,
    },
    And {
        conds: [Box<Condition>; 2],
    },
}

impl Condition {
    fn not(self) -> Self {
        Self::Not { cond: self.into() }
    }

    fn and(self, other: Self) -> Self {
        Self::And { conds: [self.into(), other.into()] }
    }
}

#[derive(Serialize)]
struct Stmt<'a> {
    sql: &'a str,
    named_args: Vec<NamedArg<'a>>,
}

impl<'a> Stmt<'a> {
    fn new(statement: &'a Statement, values: &'a Values) -> Result<Self, Failure> {
        // A server refuses what the statement does not name, as it does what is missing.
        let named = values.iter().filter(|(name, _)| names(statement.sql, name));
        let named_args = named.map(|(name, value)| Ok(NamedArg { name, value: Arg::new(value)? }));
        Ok(Self { sql: statement.sql, named_args: named_args.collect::<Result<_, Failure>>()? })
    }

    /// One without parameters.
    fn plain(sql: &'a str) -> Self {
        Self { sql, named_args: Vec::new() }
    }
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
    Blob {
        base64: String,
    },
}

impl<'a> Arg<'a> {
    fn new(value: &'a Value) -> Result<Self, Failure> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer { value: number.to_string() },
            Value::Text(text) => Self::Text { value: text },
            Value::Blob(bytes) => Self::Blob { base64: BASE64_STANDARD_NO_PAD.encode(bytes) },
            Value::Real(_) => {
                return Err(internal("statements take no floating-point numbers"));
            }
        })
    }
}

impl<'a> Pipeline<'a> {
    /// Runs a statement.
    pub(crate) fn of(statement: &'a Statement, values: &'a Values) -> Result<Self, Failure> {
        Ok(Self::with(Request::Execute { stmt: Stmt::new(statement, values)? }))
    }

    /// Runs statements in one transaction.
    ///
    /// Each step runs only if the one before did, and only inside the transaction: a server ends the
    /// transaction of a slow writer, and what follows must not be committed by itself.
    pub(crate) fn of_transaction(statements: &[&'a Statement], values: &'a Values) -> Result<Self, Failure> {
        let in_transaction = || Condition::IsAutocommit.not();
        let mut steps = vec![Step { stmt: Stmt::plain("BEGIN IMMEDIATE"), condition: None }];
        let statements = statements.iter().map(|statement| Stmt::new(statement, values));
        for stmt in statements.chain([Ok(Stmt::plain("COMMIT"))]) {
            let condition = Condition::Ok { step: steps.len() - 1 }.and(in_transaction());
            steps.push(Step { stmt: stmt?, condition: Some(condition) });
        }
        let not_committed = Condition::Ok { step: steps.len() - 1 }.not();
        steps.push(Step { stmt: Stmt::plain("ROLLBACK"), condition: Some(not_committed.and(in_transaction())) });
        Ok(Self::with(Request::Batch { batch: Batch { steps } }))
    }

    /// Runs statements that end with their own `COMMIT`, and take no values.
    pub(crate) fn of_all(sql: &'a str) -> Self {
        Self::with(Request::Sequence { sql })
    }

    fn with(request: Request<'a>) -> Self {
        Self([request, Request::Close])
    }

    /// What is sent. A sequence that fails leaves its transaction open, and always closes its stream.
    pub(crate) fn body(&self, baton: Option<&str>, stays_open: bool) -> Result<String, serde_json::Error> {
        let stays_open = stays_open && !matches!(self.0[0], Request::Sequence { .. });
        serde_json::to_string(&Body { baton, requests: &self.0[..if stays_open { 1 } else { 2 }] })
    }
}

/// Whether a statement has a parameter of that name.
fn names(sql: &str, name: &str) -> bool {
    let is_word = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    sql.match_indices(name).any(|(at, _)| !sql.as_bytes().get(at + name.len()).is_some_and(is_word))
}

#[derive(Deserialize)]
struct Answers {
    baton: Option<String>,
    base_url: Option<String>,
    results: Vec<Outcome>,
}

/// One of the two.
#[derive(Deserialize)]
struct Outcome {
    response: Option<Response>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Response {
    /// None of a sequence.
    result: Option<Output>,
}

/// Of a statement, or of the steps of a batch.
#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Rows(Rows),
    Steps(Steps),
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Vec<Cell>>,
}

/// One of each for every step; neither for a step that was not run.
#[derive(Deserialize)]
struct Steps {
    step_results: Vec<Option<Rows>>,
    step_errors: Vec<Option<Refusal>>,
}

/// A text, or an integer in a text; nothing for NULL.
#[derive(Deserialize)]
struct Cell {
    value: Option<String>,
}

impl Rows {
    /// The document in the last row.
    fn document(mut self) -> Result<Option<String>, Failure> {
        let cell = self.rows.pop().and_then(|row| row.into_iter().next());
        let text = |cell: Cell| cell.value.ok_or_else(|| internal("a statement answered NULL"));
        cell.map(text).transpose()
    }
}

impl Steps {
    /// The document of the last step that answered one, if the transaction was committed.
    fn document(self) -> Result<Option<String>, Failure> {
        if let Some(refusal) = self.step_errors.into_iter().flatten().next() {
            return Err(refusal.into());
        }
        let mut results = self.step_results;
        // The last two are COMMIT and ROLLBACK.
        match (results.pop(), results.pop()) {
            (Some(None), Some(Some(_))) => results
                .into_iter()
                .rev()
                .flatten()
                .find(|result| !result.rows.is_empty())
                .map_or(Ok(None), Rows::document),
            _ => Err(Failure::Error(Error::Unavailable("the server ended the transaction".into()))),
        }
    }
}

/// What a server answered to a pipeline.
pub(crate) struct Answer {
    /// Of the first request.
    pub(crate) document: Result<Option<String>, Failure>,
    /// Of the stream, where it is open.
    pub(crate) baton: Option<String>,
    /// Where the stream's next request goes, if not to the same URL.
    pub(crate) base_url: Option<String>,
}

impl Answer {
    /// # Errors
    /// [`Failure::Lost`] for what is not Hrana's: something was run, or was not.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let strange = |reason: String| Failure::Lost(format!("the server's answer is not Hrana's: {reason}"));
        let Answers { baton, base_url, results } =
            serde_json::from_slice(body).map_err(|error| strange(error.to_string()))?;
        let outcome = results.into_iter().next().ok_or_else(|| strange("it is empty".into()))?;
        let document = match outcome {
            Outcome { error: Some(refusal), .. } => Err(refusal.into()),
            Outcome { response: Some(response), .. } => match response.result {
                None => Ok(None),
                Some(Output::Rows(rows)) => rows.document(),
                Some(Output::Steps(steps)) => steps.document(),
            },
            Outcome { .. } => return Err(strange("neither an answer nor an error".into())),
        };
        Ok(Self { document, baton, base_url })
    }
}

fn internal(reason: &str) -> Failure {
    Failure::Error(Error::Internal(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What sqld 0.24 answers, with the fields that are read.
    fn answered(results: &str, errors: &str) -> Result<Option<String>, Failure> {
        let steps = format!(r#"{{"step_results":{results},"step_errors":{errors},"replication_index":"7"}}"#);
        let response = format!(r#"{{"type":"ok","response":{{"type":"batch","result":{steps}}}}}"#);
        let body = format!(r#"{{"baton":null,"base_url":null,"results":[{response},{{"type":"ok"}}]}}"#);
        Answer::read(body.as_bytes())?.document
    }

    const NONE: &str = r#"{"cols":[],"rows":[]}"#;

    #[test]
    fn the_last_document_of_a_transaction_that_was_committed_is_its_answer() {
        let one =
            |value: &str| format!(r#"{{"cols":[{{"name":"a"}}],"rows":[[{{"type":"text","value":"{value}"}}]]}}"#);
        let results = format!("[{NONE},{},{},{NONE},{NONE},null]", one("first"), one("second"));
        let document = answered(&results, "[null,null,null,null,null,null]").unwrap();
        assert_eq!(document.as_deref(), Some("second"));
    }

    #[test]
    fn a_transaction_that_the_server_ended_was_not_made() {
        // Another writer waited for longer than five seconds: every further step fails, COMMIT and ROLLBACK too.
        let ended = r#"{"message":"Transaction timed out","code":"TRANSACTION_TIMEOUT"}"#;
        let timed_out =
            answered(&format!("[{NONE},{NONE},null,null,null]"), &format!("[null,null,{ended},{ended},{ended}]"));
        assert!(matches!(timed_out, Err(Failure::Error(Error::Unavailable(_)))), "{timed_out:?}");
        // Steps that were not run, since no transaction was open any more.
        let skipped = answered(&format!("[{NONE},{NONE},null,null]"), "[null,null,null,null]");
        assert!(matches!(skipped, Err(Failure::Error(Error::Unavailable(_)))), "{skipped:?}");
    }
}
