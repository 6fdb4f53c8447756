//! The gate: what a statement says of the caller's token, beside its answer.

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

/// A gated document.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct TokenChecked<T> {
    caller: u8,
    calendar: u8,
    answer: Option<T>,
    /// Of lagging statements only.
    pub(crate) newest: Option<i64>,
}

impl<T> TokenChecked<T> {
    /// The answer, to a caller whose token is good and who assumed the right calendar.
    pub(crate) fn open(self) -> Result<Option<T>, Error> {
        match (self.caller, self.calendar) {
            (0, _) => Err(domain::Error::Unauthenticated.into()),
            (_, 0) => Err(Error::CalendarChanged),
            _ => Ok(self.answer),
        }
    }
}

/// A public document.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Public<T> {
    pub(crate) clinic: ClinicId,
    pub(crate) answer: Option<T>,
}

impl Database {
    /// Reads what anyone may read; `None` where there is no answer. A replica of another clinic does not answer.
    pub(crate) async fn read_public<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        values: Values,
    ) -> Result<Option<T>, Error> {
        if let Some(replica) = self.replica(statement)
            && let Some(Some(document)) = replica.answer::<Public<T>>(statement, &values).await
        {
            if document.clinic == self.cached_clinic().await?.clinic {
                return Ok(document.answer);
            }
            Usage::record(|usage| usage.replica_failures += 1);
        }
        let document: Option<Public<T>> = self.repeat(statement, &values).await?;
        Ok(document.and_then(|document| document.answer))
    }

    /// Reads what is behind the gate; `None` where there is no answer.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &Caller,
        calendar: Option<&Calendar>,
        values: Values,
    ) -> Result<Option<T>, Error> {
        let mut values = caller_values(caller).and(values);
        values.set(":calendar", calendar.map(|calendar| calendar.version).into());
        let nothing = |statement: &Statement| Error::Internal(format!("{} answered nothing", statement.name));
        if let Some(replica) = self.replica(statement) {
            // What was read may lag; whether the caller may read it, the primary says meanwhile, and how
            // far it has come itself.
            let (document, gate) = tokio::join!(
                replica.answer::<TokenChecked<T>>(statement, &values),
                self.repeat::<TokenChecked<Change>>(&NEWEST, &values)
            );
            let newest = gate?.ok_or_else(|| nothing(&NEWEST))?.open()?;
            Usage::record(|usage| usage.caller_confirmed = true);
            if let Some(Some(document)) = document {
                let lag = replica.lag(document.newest, newest);
                Usage::record(|usage| usage.replica_lag = Some(lag));
                match document.open() {
                    Ok(answer) => return Ok(answer),
                    // A replica that does not know the caller or the calendar yet is behind.
                    Err(_) => Usage::record(|usage| usage.replica_failures += 1),
                }
            }
        }
        let document: Option<TokenChecked<T>> = self.repeat(statement, &values).await?;
        let document = document.ok_or_else(|| nothing(statement))?;
        document.open().inspect(|_| Usage::record(|usage| usage.caller_confirmed = true))
    }

    /// The same for a statement that always answers.
    pub(crate) async fn query_document<T: DeserializeOwned>(
        &self,
        statement: &Statement,
        caller: &Caller,
        calendar: Option<&Calendar>,
        values: Values,
    ) -> Result<T, Error> {
        let answer = self.query(statement, caller, calendar, values).await?;
        answer.ok_or_else(|| Error::Internal(format!("{} answered nothing", statement.name)))
    }
}

/// A caller who reads, in the calendar that the answers are to be read in.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Where.
    pub database: &'a Database,
    /// Who.
    pub caller: &'a Caller,
    /// The clinic's days.
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
