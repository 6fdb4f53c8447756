//! Changes. Each change happens exactly once or not at all.
//!
//! A change is one transaction in one request. Its first step inserts an operation with a new id, and the next
//! steps do nothing without it. So a request that is delivered twice fails the second time.
//!
//! If the response to a change is lost, the change is settled: the program looks up the operation. Either the
//! change has happened, or the program inserts the operation itself. The id is then used, so the change can no
//! longer happen, even if its request arrives later.

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
    /// The database to change.
    pub database: &'a Database,
    /// The caller.
    pub caller: &'a Caller,
    /// The time and the request of the change.
    pub origin: &'a Origin,
}

impl Writer<'_> {
    /// Makes a change for the caller. Its first step must be [`BEGIN`]. For the rest see [`Database::change`].
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        steps: &[&Statement],
        read_result: &Statement,
        values: Values,
    ) -> Result<Option<T>, Failure> {
        let change = Change { steps, read_result, origin: self.origin };
        self.database.change(&change, caller_values(self.caller).and(values)).await
    }
}

/// A change to make.
pub(crate) struct Change<'a> {
    /// The steps, for one transaction in one request.
    pub steps: &'a [&'a Statement],
    /// Reads the result of the change after it was made, with the same values.
    pub read_result: &'a Statement,
    /// The time and the request of the change.
    pub origin: &'a Origin,
}

impl Database {
    /// Creates a writer for a caller.
    pub fn writer<'a>(&'a self, caller: &'a Caller, origin: &'a Origin) -> Writer<'a> {
        Writer { database: self, caller, origin }
    }

    /// Makes a change and returns the document of its last step. `None` if nothing was changed.
    ///
    /// Sets the values `:operation`, `:now` and `:request_id`. If the response was lost and the change did not
    /// happen, tries once more with a new operation.
    ///
    /// # Errors
    /// [`Failure::Rule`] if the schema refused a step, [`Error::Unconfirmed`] if it is not known whether the change
    /// happened.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        change: &Change<'_>,
        mut values: Values,
    ) -> Result<Option<T>, Failure> {
        let origin = change.origin;
        set_origin(&mut values, origin)?;
        match self.attempt(change, &values).await {
            Err(Failure::Lost(_)) => {}
            result => return result,
        }
        match self.run_once(&SETTLE, &values).await {
            Ok(Some(0_i64)) | Ok(None) => {}
            Ok(Some(_)) => return self.run_with_retry(change.read_result, &values).await.map_err(unconfirmed),
            // The operation may have been deleted since, so it is not known whether the change happened.
            Err(Failure::Rule(Rule::OperationExpired)) => {
                return Err(Failure::Error(Error::Unconfirmed(
                    "the operation is older than two days, so its outcome is not known any more".into(),
                )));
            }
            Err(failure) => return Err(unconfirmed(failure)),
        }
        values.set(":operation", new_id(origin.at)?);
        match self.attempt(change, &values).await {
            lost @ Err(Failure::Lost(_)) => lost.map_err(unconfirmed),
            result => result,
        }
    }

    /// Makes a change once.
    async fn attempt<T: DeserializeOwned>(&self, change: &Change<'_>, values: &Values) -> Result<Option<T>, Failure> {
        match self.transact(change.steps, values).await {
            // Something on the network delivered the request twice, and this is the response to the second one.
            Err(Failure::Duplicate(columns)) if columns == "operations.id" => {
                self.run_with_retry(change.read_result, values).await.map_err(unconfirmed)
            }
            result => result,
        }
    }
}

/// Sets the values of a new operation: `:operation`, `:now` and `:request_id`.
pub(crate) fn set_origin(values: &mut Values, origin: &Origin) -> Result<(), Failure> {
    values.set(":now", origin.at.timestamp().into());
    values.set(":request_id", origin.request_id.clone().into());
    values.set(":operation", new_id(origin.at)?);
    Ok(())
}

/// Converts a failure at a time when the change may already have been made: it becomes `Unconfirmed`.
fn unconfirmed(failure: Failure) -> Failure {
    match failure {
        Failure::Lost(reason) | Failure::Error(Error::Unavailable(reason)) => {
            Failure::Error(Error::Unconfirmed(reason))
        }
        failure => failure,
    }
}

/// Creates an id: a UUIDv7 (RFC 9562, section 5.7), which begins with the milliseconds since 1970. They are the
/// time of the request. So if an instance was frozen for days in the middle of a request, the id is too old, and
/// the change fails.
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
    fn ids_are_unique_uuids_in_order_of_time() {
        let first = id(1_893_999_600_123);
        assert_eq!(first[..6], [0x01, 0xB8, 0xFB, 0x2C, 0x61, 0xFB]);
        assert_eq!((first.len(), first[6] >> 4, first[8] >> 6), (16, 7, 0b10));
        assert!(first < id(1_893_999_600_124) && first != id(1_893_999_600_123));
    }
}
