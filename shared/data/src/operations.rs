//! Changes, each of which is made once, or not at all.
//!
//! A change is an operation with an id of its own, `:operation`: 16 bytes, which begin with its time. The
//! change itself inserts the id into `operations`, before any rule is asked. An answer that was lost is
//! settled by that id: the change was made, or it is given up, and then the id is taken, so that the change
//! cannot be made any more, however late its request arrives.
//!
//! Old ids are deleted, and the schema refuses every id that is older than what it deletes.

use rounds_domain::{AccountId, Error, Instant, Origin};
use serde::de::DeserializeOwned;

use crate::{
    Database, Statement,
    error::Failure,
    statement::{Value, Values},
};

/// Gives an operation up, unless it was made: whether it is given up.
const SETTLE: Statement = Statement {
    name: "SETTLE",
    sql: "
        INSERT INTO operations (id, given_up) VALUES (:operation, 1)
        ON CONFLICT (id) DO UPDATE SET given_up = given_up
        RETURNING given_up",
    may_lag: false,
};

/// What SQLite says of an operation whose id is taken.
const TAKEN: &str = "operations.id";

impl Database {
    /// Makes a change: runs `steps` in one transaction and one request. Answers the document of the last step
    /// that answers one.
    ///
    /// A step, or a trigger of its row, must insert `:operation` into `operations` before any rule is asked. A
    /// change that does nothing must answer nothing, and one that does something must answer something. `done`
    /// has the same values, and reads what the change answered, where `operations` has the id and it is not
    /// given up. `:now`, `:actor` and `:request_id` are the origin's unless `values` has them.
    ///
    /// Where the answer was lost and the change was not made, it is tried once more, as a new operation.
    ///
    /// # Errors
    /// [`Failure::Rule`] where the schema refused a step. [`Error::Unconfirmed`] where it is not known whether
    /// the change was made.
    pub async fn change<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        done: &Statement,
        origin: &Origin,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Option<T>, Failure> {
        let mut values = Values::new(values);
        values.set_default(":now", origin.at.timestamp().into());
        values.set_default(":actor", origin.actor.map(AccountId::get).into());
        values.set_default(":request_id", origin.request_id.clone().into());
        values.set(":operation", operation(origin.at)?);
        match self.attempt_change(steps, done, &values).await {
            Err(Failure::Lost(_)) => {}
            answered => return answered,
        }
        if self.settle(&values).await? == Settled::Made {
            return self.repeat(done, &values).await.map_err(unconfirmed);
        }
        values.set(":operation", operation(origin.at)?);
        match self.attempt_change(steps, done, &values).await {
            lost @ Err(Failure::Lost(_)) => lost.map_err(unconfirmed),
            answered => answered,
        }
    }

    async fn attempt_change<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        done: &Statement,
        values: &Values,
    ) -> Result<Option<T>, Failure> {
        match self.transact(steps, values).await {
            // Something on the way has delivered the request twice, and this is the answer to the second.
            Err(Failure::Rule(rule)) if rule.contains(TAKEN) => self.repeat(done, values).await.map_err(unconfirmed),
            Ok(None) if self.is_on_server() => self.repeat(done, values).await.map_err(unconfirmed),
            answered => answered,
        }
    }

    /// Finds out whether an operation was made, and gives it up if not.
    async fn settle(&self, values: &Values) -> Result<Settled, Failure> {
        match self.once(&SETTLE, values).await {
            Ok(Some(0)) => Ok(Settled::Made),
            Ok(_) => Ok(Settled::GivenUp),
            // The id is older than the ids that are deleted: it cannot be made any more, and whether it was
            // made is no longer known.
            Err(Failure::Rule(rule)) => Err(Failure::Error(Error::Unconfirmed(rule))),
            Err(failure) => Err(unconfirmed(failure)),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Settled {
    Made,
    GivenUp,
}

/// What a failure means after a change may have been made.
fn unconfirmed(failure: Failure) -> Failure {
    match failure {
        Failure::Lost(reason) | Failure::Error(Error::Unavailable(reason)) => {
            Failure::Error(Error::Unconfirmed(reason))
        }
        failure => failure,
    }
}

/// A new id: a UUIDv7 (RFC 9562, section 5.7), which begins with the milliseconds since 1970.
///
/// From the same clock as all else that the request decides. A request that was frozen for days has an old
/// id, then, and changes nothing.
fn operation(at: Instant) -> Result<Value, Failure> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| Failure::Error(Error::Internal(error.to_string())))?;
    let [_, _, milliseconds @ ..] = at.timestamp_millis().to_be_bytes();
    id[..6].copy_from_slice(&milliseconds);
    id[6] = 0x70 | (id[6] & 0x0F);
    id[8] = 0x80 | (id[8] & 0x3F);
    Ok(id.to_vec().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(at: i64) -> Vec<u8> {
        match operation(Instant::from_timestamp_millis(at).unwrap()).unwrap() {
            Value::Blob(id) => id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ids_are_uuids_in_the_order_of_time_and_like_no_other() {
        let first = id(1_893_999_600_123);
        assert_eq!(first[..6], [0x01, 0xB8, 0xFB, 0x2C, 0x61, 0xFB]);
        assert_eq!((first.len(), first[6] >> 4, first[8] >> 6), (16, 7, 0b10));
        assert!(first < id(1_893_999_600_124) && first != id(1_893_999_600_123));
    }
}
