//! `GET /healthz` and `GET /readyz`, for the program that supervises `rounds serve` and for its operator. They need no
//! token. The functions on Lambda do not have them.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, routing::get};
use chrono::{SecondsFormat, Utc};
use rounds_data::{Database, Error, clinic, messages};
use rounds_http::Problem;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::Backups;

/// How long the database may take to answer. Supervisors usually wait a few seconds for a response.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many seconds a message may be due without a warning. Usually a message is sent within two minutes.
const MESSAGE_DELAY: i64 = 600;

#[derive(Clone)]
struct Health {
    database: Database,
    backups: Option<Arc<Backups>>,
}

/// Returns the routes. `backups` are those of an embedded database.
pub fn health(database: Database, backups: Option<Arc<Backups>>) -> Router {
    let health = Health { database, backups };
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).with_state(health)
}

/// Answers 200 if the database answers, and 503 if it does not. Both responses have the same members.
async fn ready(State(Health { database, backups }): State<Health>) -> Result<Json<Value>, Problem> {
    let now = Utc::now();
    let probe = async {
        clinic::read(&database).await?;
        Ok((database.schema_version().await?, messages::queue(&database, now).await?.oldest))
    };
    let (answer, failure) = match timeout(TIMEOUT, probe).await {
        Ok(Ok(answer)) => (Some(answer), None),
        Ok(Err(error)) => (None, Some(("unavailable", error))),
        Err(_) => {
            let reason = format!("the database did not answer within {} s", TIMEOUT.as_secs());
            (None, Some(("no answer", Error::Unavailable(reason))))
        }
    };
    let waiting = answer.and_then(|(_, oldest)| Some((now - oldest?).num_seconds()).filter(|seconds| *seconds >= 0));
    let last_backup = backups.as_ref().and_then(|backups| backups.last_backup());
    let overdue = backups.is_some_and(|backups| backups.is_overdue());
    let warnings = [
        overdue.then_some("the last backup is older than 26 hours"),
        (waiting > Some(MESSAGE_DELAY)).then_some("a message has been due for more than ten minutes"),
    ];
    let members = [
        ("database", json!(failure.as_ref().map_or("ok", |(reason, _)| reason))),
        ("schema", json!(answer.map(|(schema, _)| schema))),
        ("last_backup", json!(last_backup.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)))),
        ("oldest_message_seconds", json!(waiting)),
        ("warnings", json!(warnings.into_iter().flatten().collect::<Vec<_>>())),
    ];
    let Some((_, error)) = failure else {
        return Ok(Json(
            members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>().into(),
        ));
    };
    Err(members.into_iter().fold(Problem::from(error), |problem, (name, value)| problem.member(name, value)))
}
