//! Whether the database can be used.

use rounds_domain::Timestamp;
use serde::Deserialize;

use crate::{
    Database, Error,
    statement::{statements, values},
};

statements! {
    READY = "health/ready";
}

/// What a database that can be used says about itself.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Ready {
    /// The number of the newest migration of which a step was applied.
    pub schema: i64,
    /// When the oldest message in the queue was first due, or will be.
    #[serde(with = "chrono::serde::ts_seconds_option")]
    pub oldest: Option<Timestamp>,
}

/// Reads the clinic, the schema and the queue of messages in one request.
///
/// # Errors
/// [`Error::Unavailable`]
pub async fn ready(database: &Database) -> Result<Ready, Error> {
    let ready = database.read(&READY, values![]).await?;
    ready.ok_or_else(|| Error::Unavailable("the clinic has no row: run the migration".into()))
}
