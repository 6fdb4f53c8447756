//! Changes, each of which is made once, or not at all.
//!
//! A change has a name, `:write_id`, which the schema notes in `writes` as the change is made. One
//! whose answer was lost is settled by that name: it was made, or it is given up, and then does
//! nothing any more, however late it arrives. The name also tells where the change comes from, for the
//! audit trail.

use rounds_domain::AccountId;
use rounds_request::{Error, Origin};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    Database, Statement,
    error::Failure,
    statement::{Value, Values, statements},
};

/// The condition that the change was neither made nor given up before.
macro_rules! unwritten {
    () => {
        "NOT EXISTS (SELECT 1 FROM writes WHERE write_id = :write_id)"
    };
}

/// The id of the row that the change was made to; NULL where it was not made.
macro_rules! written {
    () => {
        "(SELECT row_id FROM writes WHERE write_id = :write_id)"
    };
}

pub(crate) use {unwritten, written};

statements! {
    /// Gives a change up, unless it was made: 0, or the id of the row.
    SETTLE = "
        INSERT INTO writes (write_id, row_id) VALUES (:write_id, NULL)
        ON CONFLICT (write_id) DO UPDATE SET row_id = row_id
        RETURNING coalesce(row_id, 0)";

    /// What a change answers that answers an id, where it was made.
    WRITTEN = "SELECT row_id FROM writes WHERE write_id = :write_id AND row_id IS NOT NULL";
}

impl Database {
    /// Writes: runs a statement that may change something, if its `:write_id` is [`unwritten!`].
    /// Where the answer was lost, and the change is not made, it is tried once more. `done`, of the
    /// same values, answers what the statement would have answered, where the change was made.
    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        done: &Statement,
        origin: &Origin,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Failure> {
        let mut values = Values::new(values);
        values.set(":write_id", write_id(origin)?.into());
        match self.attempt(statement, done, &values).await {
            Err(Failure::Lost(_)) => {}
            answered => return answered,
        }
        let settled: Option<i64> = self.once(&SETTLE, &values).await.map_err(unconfirmed)?;
        if settled != Some(0) {
            return self.repeat(done, &values).await.map_err(unconfirmed);
        }
        values.set(":write_id", write_id(origin)?.into());
        match self.attempt(statement, done, &values).await {
            lost @ Err(Failure::Lost(_)) => lost.map_err(unconfirmed),
            answered => answered,
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        done: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        match self.once(statement, values).await {
            // Nothing to change: perhaps since something on the way has delivered the request
            // twice, and this is the answer to the second.
            Ok(None) if self.is_on_server() => self.repeat(done, values).await.map_err(unconfirmed),
            answered => answered,
        }
    }
}

fn unconfirmed(failure: Failure) -> Failure {
    match failure {
        Failure::Lost(reason) | Failure::Error(Error::Unavailable(reason)) => {
            Failure::Error(Error::Unconfirmed(reason))
        }
        failure => failure,
    }
}

/// A new name for a write: a JSON object, as migration 0004 describes it.
fn write_id(origin: &Origin) -> Result<String, Failure> {
    let actor = origin.actor.map(AccountId::get);
    let name =
        json!({ "id": unique()?, "at": origin.at.timestamp(), "actor_id": actor, "request_id": origin.request_id });
    Ok(name.to_string())
}

/// 128 random bits, in hexadecimal: like none there ever were.
pub(crate) fn unique() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Error(Error::Internal(error.to_string())))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
