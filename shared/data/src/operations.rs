//! Changes, each of which is made once, or not at all.
//!
//! A change is one transaction in one request. Its first step inserts an operation, whose id is the change's own:
//! the rest is done only where that is there. So a request that arrives twice fails the second time. A change whose
//! answer was lost is settled by that id: it was made, or it is given up, and then the id is taken, so that the
//! change cannot be made any more, however late its request arrives.

use rounds_domain::{Caller, Timestamp};
use serde::de::DeserializeOwned;

use crate::{
    Database, Error, Origin, Statement,
    error::Failure,
    rule::Rule,
    statement::{Value, Values, caller_values, statements},
};

statements! {
    BEGIN = "operations/begin";
    BEGIN_UNAUTHENTICATED = "operations/begin_unauthenticated";
    SETTLE = "operations/settle";
    ROW = "operations/row";
}

/// A caller who changes something, and the request that they do it in.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    /// Where.
    pub database: &'a Database,
    /// Who.
    pub caller: &'a Caller,
    /// When, and in which request.
    pub origin: &'a Origin,
}

impl Writer<'_> {
    /// Makes a change of the caller's: its first step is [`BEGIN`]. The rest is as in [`Database::change`].
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        done: &Statement,
        values: Values,
    ) -> Result<Option<T>, Failure> {
        let change = Change { steps, done, origin: self.origin };
        self.database.change(&change, caller_values(self.caller).and(values)).await
    }
}

/// A change that is to be made.
pub(crate) struct Change<'a> {
    /// They run in one transaction and one request.
    pub steps: &'a [&'a Statement],
    /// Reads with the same values what the change answered, where it was made.
    pub done: &'a Statement,
    /// When it is made, and in which request.
    pub origin: &'a Origin,
}

impl Database {
    /// A caller who changes something here.
    pub fn writer<'a>(&'a self, caller: &'a Caller, origin: &'a Origin) -> Writer<'a> {
        Writer { database: self, caller, origin }
    }

    /// Makes a change, and answers the document of its last step. It is `None` where nothing was changed.
    ///
    /// `:operation`, `:now` and `:request_id` are bound here. Where the answer was lost and the change was not made,
    /// it is tried once more, as a new operation.
    ///
    /// # Errors
    /// [`Failure::Rule`] where the schema refused a step, [`Error::Unconfirmed`] where it is not known whether the
    /// change was made.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        change: &Change<'_>,
        mut values: Values,
    ) -> Result<Option<T>, Failure> {
        let origin = change.origin;
        values.set(":now", origin.at.timestamp().into());
        values.set(":request_id", origin.request_id.clone().into());
        values.set(":operation", new_id(origin.at)?);
        match self.attempt(change, &values).await {
            Err(Failure::Lost(_)) => {}
            answered => return answered,
        }
        match self.once(&SETTLE, &values).await {
            Ok(Some(0_i64)) | Ok(None) => {}
            Ok(Some(_)) => return self.repeat(change.done, &values).await.map_err(unconfirmed),
            // What became of an operation that is not remembered is not known.
            Err(Failure::Rule(Rule::OperationExpired)) => {
                return Err(Failure::Error(Error::Unconfirmed("the operation is not remembered".into())));
            }
            Err(failure) => return Err(unconfirmed(failure)),
        }
        values.set(":operation", new_id(origin.at)?);
        match self.attempt(change, &values).await {
            lost @ Err(Failure::Lost(_)) => lost.map_err(unconfirmed),
            answered => answered,
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, change: &Change<'_>, values: &Values) -> Result<Option<T>, Failure> {
        match self.transact(change.steps, values).await {
            // Something on the way has delivered the request twice, and this is the answer to the second.
            Err(Failure::Duplicate(columns)) if columns == "operations.id" => {
                self.repeat(change.done, values).await.map_err(unconfirmed)
            }
            answered => answered,
        }
    }
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

/// A new id: a UUIDv7 (RFC 9562, section 5.7), which begins with the milliseconds since 1970. They are of the clock
/// that the rest of the request goes by: one that was frozen for days has an id that is too old, and changes nothing.
pub(crate) fn new_id(at: Timestamp) -> Result<Value, Failure> {
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
        match new_id(Timestamp::from_timestamp_millis(at).unwrap()).unwrap() {
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
