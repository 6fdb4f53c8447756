//! The part of Hrana over HTTP that Rounds needs: a pipeline that runs one statement, or several in a transaction.
//! After it, the stream stays open for the next request or is closed
//! (<https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md>).

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use rounds_request::Error;
use serde::{Deserialize, Serialize};

use crate::{
    Statement,
    error::{Failure, HranaError},
    statement::{ChangeSteps, Tried, Value, Values},
};

/// A request to run statements, and a request to close the stream. The second one is not sent if the stream stays
/// open.
pub(crate) struct Pipeline<'a>([Request<'a>; 2]);

#[derive(Serialize)]
struct Body<'a> {
    /// The baton of the open stream to use. `None` opens a new stream.
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
    /// Runs statements until one fails.
    Sequence { sql: &'a str },
    /// Closes the stream and rolls back its open transaction.
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
    /// The step with this index ran without an error.
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
        // A server rejects values that the statement does not use, and also missing values.
        let used = values.iter().filter(|(name, _)| uses_parameter(statement.sql, name));
        let named_args = used.map(|(name, value)| Ok(NamedArg { name, value: Arg::new(value)? }));
        Ok(Self { sql: statement.sql, named_args: named_args.collect::<Result<_, Failure>>()? })
    }

    /// A statement without parameters.
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
    /// As a string, because JavaScript's numbers cannot represent every 64-bit integer.
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
    /// A pipeline that runs one statement.
    pub(crate) fn statement(statement: &'a Statement, values: &'a Values) -> Result<Self, Failure> {
        Ok(Self::new(Request::Execute { stmt: Stmt::new(statement, values)? }))
    }

    /// A pipeline that makes changes in one transaction.
    ///
    /// Each step runs only if the previous one succeeded, and only inside the transaction. The server ends the
    /// transaction of a slow writer. Without this condition, the next steps would then be committed one by one.
    pub(crate) fn transaction(changes: &[ChangeSteps<'a>]) -> Result<Self, Failure> {
        let in_transaction = || Condition::IsAutocommit.not();
        let mut steps = vec![Step { stmt: Stmt::plain("BEGIN IMMEDIATE"), condition: None }];
        let statements = changes
            .iter()
            .flat_map(|(statements, values)| statements.iter().map(|statement| Stmt::new(statement, values)));
        for stmt in statements.chain([Ok(Stmt::plain("COMMIT"))]) {
            let condition = Condition::Ok { step: steps.len() - 1 }.and(in_transaction());
            steps.push(Step { stmt: stmt?, condition: Some(condition) });
        }
        let not_committed = Condition::Ok { step: steps.len() - 1 }.not();
        steps.push(Step { stmt: Stmt::plain("ROLLBACK"), condition: Some(not_committed.and(in_transaction())) });
        Ok(Self::new(Request::Batch { batch: Batch { steps } }))
    }

    /// A pipeline that makes changes in one transaction and rolls it back. If a rule refuses a change, the next ones are made
    /// nevertheless: the refused statement alone is undone.
    pub(crate) fn trial(changes: &[ChangeSteps<'a>]) -> Result<Self, Failure> {
        let in_transaction = || Condition::IsAutocommit.not();
        let mut steps = vec![Step { stmt: Stmt::plain("BEGIN IMMEDIATE"), condition: None }];
        for (statements, values) in changes {
            for (index, statement) in statements.iter().enumerate() {
                let before = if index == 0 { 0 } else { steps.len() - 1 };
                let condition = Condition::Ok { step: before }.and(in_transaction());
                steps.push(Step { stmt: Stmt::new(statement, values)?, condition: Some(condition) });
            }
        }
        steps.push(Step { stmt: Stmt::plain("ROLLBACK"), condition: Some(in_transaction()) });
        Ok(Self::new(Request::Batch { batch: Batch { steps } }))
    }

    /// A pipeline that runs a script: statements without parameters. The script begins and commits its own
    /// transaction.
    pub(crate) fn script(sql: &'a str) -> Self {
        Self::new(Request::Sequence { sql })
    }

    fn new(request: Request<'a>) -> Self {
        Self([request, Request::Close])
    }

    /// Returns the body to send, as JSON. A script always closes its stream: if it fails, its transaction stays open.
    pub(crate) fn body(&self, baton: Option<&str>, stays_open: bool) -> Result<String, serde_json::Error> {
        let stays_open = stays_open && !matches!(self.0[0], Request::Sequence { .. });
        serde_json::to_string(&Body { baton, requests: &self.0[..if stays_open { 1 } else { 2 }] })
    }
}

/// Whether a statement has a parameter of this name.
fn uses_parameter(sql: &str, name: &str) -> bool {
    let is_word = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    sql.match_indices(name).any(|(at, _)| !sql.as_bytes().get(at + name.len()).is_some_and(is_word))
}

#[derive(Deserialize)]
struct ResponseBody {
    baton: Option<String>,
    base_url: Option<String>,
    results: Vec<Outcome>,
}

/// The result of one request. Has either a response or an error.
#[derive(Deserialize)]
struct Outcome {
    response: Option<Response>,
    error: Option<HranaError>,
}

#[derive(Deserialize)]
struct Response {
    /// `None` for a sequence.
    result: Option<Output>,
}

/// The output of a statement, or of the steps of a batch.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Output {
    Rows(Rows),
    Steps(Steps),
}

impl Output {
    /// Returns the document of a statement or a transaction, if any.
    pub(crate) fn document(self) -> Result<Option<String>, Failure> {
        match self {
            Self::Rows(rows) => rows.document(),
            Self::Steps(steps) => steps.document(),
        }
    }

    /// Returns the outcome of each change of a trial.
    pub(crate) fn outcomes(self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        match self {
            Self::Rows(_) => Err(internal("a batch returned rows")),
            Self::Steps(steps) => steps.outcomes(changes),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Rows {
    rows: Vec<Vec<Cell>>,
}

/// The results and errors, by index of the step. A step that was not run has neither.
#[derive(Deserialize)]
pub(crate) struct Steps {
    step_results: Vec<Option<Rows>>,
    step_errors: Vec<Option<HranaError>>,
}

/// A cell. Texts and integers are strings here, and NULL has no value.
#[derive(Deserialize)]
struct Cell {
    value: Option<String>,
}

impl Rows {
    /// Returns the document in the last row.
    fn document(mut self) -> Result<Option<String>, Failure> {
        let cell = self.rows.pop().and_then(|row| row.into_iter().next());
        let text = |cell: Cell| cell.value.ok_or_else(|| internal("a statement returned NULL"));
        cell.map(text).transpose()
    }
}

impl Steps {
    /// Returns the document of the last step that returned one. Fails if the transaction was not committed.
    fn document(self) -> Result<Option<String>, Failure> {
        if let Some(error) = self.step_errors.into_iter().flatten().next() {
            return Err(error.into());
        }
        let mut results = self.step_results;
        // The last two steps are COMMIT and ROLLBACK. ROLLBACK is skipped after a commit.
        match (results.pop(), results.pop()) {
            (Some(None), Some(Some(_))) => results
                .into_iter()
                .rev()
                .flatten()
                .find(|result| !result.rows.is_empty())
                .map_or(Ok(None), Rows::document),
            _ => Err(ended()),
        }
    }

    /// Returns the outcome of each change of a trial.
    fn outcomes(self, changes: &[ChangeSteps<'_>]) -> Result<Vec<Tried>, Failure> {
        let mut steps = self.step_results.into_iter().zip(self.step_errors);
        let mut next = || match steps.next() {
            Some((result, None)) => Ok(result),
            Some((_, Some(error))) => Err(Failure::from(error)),
            None => Err(ended()),
        };
        // BEGIN
        next()?.ok_or_else(ended)?;
        let outcome = |(statements, _): &ChangeSteps<'_>| {
            let mut outcome = Ok(None);
            for _ in *statements {
                outcome = match (next(), outcome) {
                    (Ok(Some(rows)), Ok(last)) => Ok(rows.document()?.or(last)),
                    // Skipped because a rule refused an earlier step.
                    (Ok(None), Err(rule)) => Err(rule),
                    (Err(Failure::Rule(rule)), Ok(_)) => Err(rule),
                    (Err(failure), _) => return Err(failure),
                    _ => return Err(ended()),
                };
            }
            Ok(outcome)
        };
        changes.iter().map(outcome).collect()
    }
}

fn ended() -> Failure {
    Failure::Error(Error::Unavailable("the server ended the transaction".into()))
}

/// The server's response to a pipeline.
pub(crate) struct PipelineResponse {
    /// The output of the first request. That of a script is empty.
    pub(crate) output: Result<Output, Failure>,
    /// The baton of the stream, if the stream is open.
    pub(crate) baton: Option<String>,
    /// The base URL for the next request on the stream, if it is not the same.
    pub(crate) base_url: Option<String>,
}

impl PipelineResponse {
    /// Parses the body of a response.
    ///
    /// # Errors
    /// [`Failure::Lost`] if the body is not valid Hrana: then it is not known whether the statements were run.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Failure> {
        let invalid = |reason: String| Failure::Lost(format!("the server's response is not valid Hrana: {reason}"));
        let ResponseBody { baton, base_url, results } =
            serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
        let outcome = results.into_iter().next().ok_or_else(|| invalid("it has no results".into()))?;
        let output = match outcome {
            Outcome { error: Some(error), .. } => Err(error.into()),
            Outcome { response: Some(response), .. } => {
                Ok(response.result.unwrap_or(Output::Rows(Rows { rows: Vec::new() })))
            }
            Outcome { .. } => return Err(invalid("a result has neither a response nor an error".into())),
        };
        Ok(Self { output, baton, base_url })
    }
}

fn internal(reason: &str) -> Failure {
    Failure::Error(Error::Internal(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a response like sqld 0.24 sends it, with only the fields that are used.
    fn document(results: &str, errors: &str) -> Result<Option<String>, Failure> {
        let steps = format!(r#"{{"step_results":{results},"step_errors":{errors},"replication_index":"7"}}"#);
        let response = format!(r#"{{"type":"ok","response":{{"type":"batch","result":{steps}}}}}"#);
        let body = format!(r#"{{"baton":null,"base_url":null,"results":[{response},{{"type":"ok"}}]}}"#);
        PipelineResponse::read(body.as_bytes())?.output?.document()
    }

    const NO_ROWS: &str = r#"{"cols":[],"rows":[]}"#;

    #[test]
    fn committed_transaction_returns_its_last_document() {
        let one =
            |value: &str| format!(r#"{{"cols":[{{"name":"a"}}],"rows":[[{{"type":"text","value":"{value}"}}]]}}"#);
        let results = format!("[{NO_ROWS},{},{},{NO_ROWS},{NO_ROWS},null]", one("first"), one("second"));
        let document = document(&results, "[null,null,null,null,null,null]").unwrap();
        assert_eq!(document.as_deref(), Some("second"));
    }

    #[test]
    fn transaction_ended_by_the_server_is_unavailable() {
        // Another writer has waited for more than five seconds: all further steps fail, also COMMIT and ROLLBACK.
        let ended = r#"{"message":"Transaction timed out","code":"TRANSACTION_TIMEOUT"}"#;
        let timed_out =
            document(&format!("[{NO_ROWS},{NO_ROWS},null,null,null]"), &format!("[null,null,{ended},{ended},{ended}]"));
        assert!(matches!(timed_out, Err(Failure::Error(Error::Unavailable(_)))), "{timed_out:?}");
        // The steps were skipped because the transaction was no longer open.
        let skipped = document(&format!("[{NO_ROWS},{NO_ROWS},null,null]"), "[null,null,null,null]");
        assert!(matches!(skipped, Err(Failure::Error(Error::Unavailable(_)))), "{skipped:?}");
    }
}
