//! `GET /healthz` and `GET /readyz`, for programs that watch the clinic and for its operator. Both need no token.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, extract,
    response::{IntoResponse, Response},
};
use chrono::SecondsFormat;
use rounds_data::{Error, health};
use rounds_domain::Timestamp;
use rounds_http::{Access, NoInput, Now, Problem, Routes};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::time::timeout;

use crate::State;

/// How long the database may take to answer. Programs that watch a server usually wait a few seconds for a response.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many seconds a message may be due without a warning. Usually a message is sent within two minutes.
const MESSAGE_DELAY: i64 = 600;

/// The nightly backups, as far as this program knows of them.
#[derive(Clone, Copy, Debug)]
pub struct BackupStatus {
    /// The time of the newest one, if any.
    pub last: Option<Timestamp>,
    /// Whether it is too old.
    pub is_overdue: bool,
}

/// Returns the state of the nightly backups. Functions on Lambda make none.
pub type Backups = Arc<dyn Fn() -> BackupStatus + Send + Sync>;

/// Whether the clinic works.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Readiness")]
struct Body {
    /// `ok`, `unavailable`, or `no answer` (within two seconds).
    database: &'static str,
    /// The newest migration of the database. `null` if the database did not answer.
    schema: Option<i64>,
    /// The time of the newest nightly backup. `null` if there is none, or if the clinic does not run on one machine with
    /// an embedded database.
    #[schemars(extend("format" = "date-time"))]
    last_backup: Option<String>,
    /// For how many seconds the oldest message that was not sent has been due. `null` if none is due.
    oldest_message_seconds: Option<i64>,
    /// Sentences for the operator.
    warnings: Vec<&'static str>,
}

pub(crate) fn routes(to: &mut impl Routes<State>) {
    to.get("/healthz", healthy, |route| {
        route
            .named("getHealth", "Check that the program answers", Access::ANYONE)
            .description("For monitoring. It does not use the database.")
            .response_with(200, "It answers.", "text/plain", json!({ "type": "string", "const": "ok\n" }))
    });
    to.get("/readyz", ready, |route| {
        route
            .named("getReadiness", "Check that the clinic can read its database", Access::ANYONE)
            .description(
                "For monitoring. The problem of an unavailable database has the members of a success too. Warnings do \
                 not change the status.",
            )
            .response::<Body>(200, "The database answers.")
    });
}

async fn healthy(input: NoInput) -> Result<&'static str, Problem> {
    input.finish()?;
    Ok("ok\n")
}

/// Answers 200 if the database answers, and 503 if it does not.
async fn ready(
    extract::State(state): extract::State<State>,
    Now(now): Now,
    input: NoInput,
) -> Result<Response, Problem> {
    input.finish()?;
    let (database, answer, failure) = match timeout(TIMEOUT, health::ready(&state.database)).await {
        Ok(Ok(answer)) => ("ok", Some(answer), None),
        Ok(Err(error)) => ("unavailable", None, Some(error)),
        Err(_) => {
            let reason = format!("the database did not answer within {} s", TIMEOUT.as_secs());
            ("no answer", None, Some(Error::Unavailable(reason)))
        }
    };
    let waiting = answer.and_then(|answer| Some((now - answer.oldest?).num_seconds()).filter(|seconds| *seconds >= 0));
    let backups = state.backups.as_ref().map(|status| status());
    let warnings = [
        backups.is_some_and(|status| status.is_overdue).then_some("the last backup is older than 26 hours"),
        (waiting > Some(MESSAGE_DELAY)).then_some("a message has been due for more than ten minutes"),
    ];
    let body = Body {
        database,
        schema: answer.map(|answer| answer.schema),
        last_backup: backups.and_then(|status| status.last).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        oldest_message_seconds: waiting,
        warnings: warnings.into_iter().flatten().collect(),
    };
    match failure {
        None => Ok(Json(body).into_response()),
        Some(error) => Err(body.add_to(error.into())),
    }
}

impl Body {
    fn add_to(self, problem: Problem) -> Problem {
        let Self { database, schema, last_backup, oldest_message_seconds, warnings } = self;
        problem
            .member("database", json!(database))
            .member("schema", json!(schema))
            .member("last_backup", json!(last_backup))
            .member("oldest_message_seconds", json!(oldest_message_seconds))
            .member("warnings", json!(warnings))
    }
}
