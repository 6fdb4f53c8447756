//! The gate: a query returns, next to its result, whether the caller's token is valid.

use rounds_domain::{self as domain, Calendar, Caller, ClinicId};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Database, Error, Statement, Usage,
    replica::Change,
    statement::{Values, caller_values, statements},
};

statements! {
    NEWEST = authenticated "audit/newest";
}

/// The document of an `authenticated` or `replicated` statement.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct TokenChecked<T> {
    caller: u8,
    calendar: u8,
    result: Option<T>,
    /// Only for `replicated` statements.
    pub(crate) newest: Option<i64>,
}

impl<T> TokenChecked<T> {
    /// Returns the query's result if the caller's token is valid and the assumed calendar is still the clinic's.
    pub(crate) fn into_result(self) -> Result<Option<T>, Error> {
        match (self.caller, self.calendar) {
            (0, _) => Err(domain::Error::Unauthenticated.into()),
            (_, 0) => Err(Error::CalendarChanged),
            _ => Ok(self.result),
        }
    }
}

/// The document of a `public` statement.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Public<T> {
    pub(crate) clinic: ClinicId,
    pub(crate) result: Option<T>,
}

impl Database {
    /// Runs a query that anyone may make. `None` if it has no result. The result of a replica counts only if the
    /// replica belongs to this clinic.
    pub(crate) async fn read_public<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<Option<T>, Error> {
        if let Some(replica) = self.replica(statement)
            && let Some(Some(document)) = replica.run::<Public<T>>(statement, &values).await
        {
            if document.clinic == self.cached_clinic().await?.clinic {
                return Ok(document.result);
            }
            Usage::record(|usage| usage.replica_failures += 1);
        }
        let document: Option<Public<T>> = self.run_with_retry(statement, &values).await?;
        Ok(document.and_then(|document| document.result))
    }

    /// Runs a query for a caller. `None` if it has no result.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &Caller,
        calendar: Option<&Calendar>,
        values: Values,
    ) -> Result<Option<T>, Error> {
        let mut values = caller_values(caller).and(values);
        values.set(":calendar", calendar.map(|calendar| calendar.version).into());
        let no_row = |statement: &Statement| Error::Internal(format!("{} returned no row", statement.name));
        if let Some(replica) = self.replica(statement) {
            // The replica's data may lag, but the token check must not. So the primary checks the token at the same
            // time, and returns its newest audit entry, to compute the lag.
            let (document, token_check) = tokio::join!(
                replica.run::<TokenChecked<T>>(statement, &values),
                self.run_with_retry::<TokenChecked<Change>>(&NEWEST, &values)
            );
            let newest = token_check?.ok_or_else(|| no_row(&NEWEST))?.into_result()?;
            Usage::record(|usage| usage.caller_confirmed = true);
            if let Some(Some(document)) = document {
                let lag = replica.lag(document.newest, newest);
                Usage::record(|usage| usage.replica_lag = Some(lag));
                match document.into_result() {
                    Ok(result) => return Ok(result),
                    // The replica does not have the caller's session or the new calendar yet.
                    Err(_) => Usage::record(|usage| usage.replica_failures += 1),
                }
            }
        }
        let document: Option<TokenChecked<T>> = self.run_with_retry(statement, &values).await?;
        let document = document.ok_or_else(|| no_row(statement))?;
        document.into_result().inspect(|_| Usage::record(|usage| usage.caller_confirmed = true))
    }

    /// Runs a query for a caller that always has a result.
    pub(crate) async fn query_document<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &Caller,
        calendar: Option<&Calendar>,
        values: Values,
    ) -> Result<T, Error> {
        let result = self.query(statement, caller, calendar, values).await?;
        result.ok_or_else(|| Error::Internal(format!("{} returned no result", statement.name)))
    }
}

/// A caller and the calendar that their queries assume.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The database to read.
    pub database: &'a Database,
    /// The caller.
    pub caller: &'a Caller,
    /// The calendar that is checked with each query, and that the results are shown in.
    pub calendar: Calendar,
}

impl Reader<'_> {
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<Option<T>, Error> {
        self.database.query(statement, self.caller, Some(&self.calendar), values).await
    }

    pub(crate) async fn query_document<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<T, Error> {
        self.database.query_document(statement, self.caller, Some(&self.calendar), values).await
    }
}
