use std::collections::HashMap;

pub(crate) use libsql::Value;
use rounds_domain::{Calendar, Caller, Error};
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::Failure;

/// A statement as it is sent, with `:named` parameters. It answers at most one row, of one
/// column: a JSON document.
#[derive(Debug)]
pub struct Statement {
    /// The constant that holds it.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// Whether a replica may answer it, from a past moment.
    pub may_lag: bool,
}

impl Statement {
    /// Reads a document that it answered.
    pub(crate) fn parse<T: DeserializeOwned>(&self, document: Option<String>) -> Result<Option<T>, Failure> {
        let strange =
            |error| Failure::Error(Error::Internal(format!("{} answered another document: {error}", self.name)));
        document.map(|json| serde_json::from_str(&json).map_err(strange)).transpose()
    }
}

/// The document in a column.
pub(crate) fn document(column: Value) -> Result<String, Failure> {
    match column {
        Value::Text(json) => Ok(json),
        Value::Integer(number) => Ok(number.to_string()),
        other => Err(Failure::Error(Error::Internal(format!("a statement answered {other:?}")))),
    }
}

/// The values of a statement's parameters, by name.
pub(crate) struct Values(HashMap<&'static str, Value>);

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self(values.into_iter().collect())
    }

    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.0.insert(name, value);
    }

    /// Sets a value unless it is set.
    pub(crate) fn set_default(&mut self, name: &'static str, value: Value) {
        self.0.entry(name).or_insert(value);
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The value of a parameter. libsql itself takes no offence at one that is missing: it binds
    /// NULL.
    pub(crate) fn get(&self, statement: &Statement, name: &str) -> Result<&Value, Failure> {
        let missing = || Failure::Error(Error::Internal(format!("{}: {name} has no value", statement.name)));
        self.0.get(name).ok_or_else(missing)
    }
}

/// Declares the statements of a module, and `STATEMENTS`, the list of them. `may_lag` before the
/// text marks one that a replica may answer.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident $(($lag:ident))? = $sql:expr;)+) => {
        $($(#[$doc])* pub(crate) const $name: crate::Statement = crate::Statement {
            name: stringify!($name),
            sql: $sql,
            may_lag: {
                let marks: &[&str] = &[$(stringify!($lag)),*];
                !marks.is_empty()
            },
        };)+
        pub(crate) const STATEMENTS: &[crate::Statement] = &[$($name),+];
    };
}

/// The condition that the caller's token still stands, and that its account is what else is asked.
macro_rules! caller {
    ($and:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM accounts AS caller
                     WHERE caller.id = :caller AND caller.active = 1
                       AND (caller.token_version = :token_version OR caller.kept_token = :token_id) ",
            $and,
            ")"
        )
    };
}

/// A query behind the gate: next to its answer, the document tells whether the caller's token
/// still stands and whether the assumed calendar is still the clinic's. The query must answer
/// one value; NULL where it has no answer.
macro_rules! gated {
    ($query:expr) => {
        $crate::statement::gated!($query, "")
    };
    ($query:expr, $more:literal) => {
        concat!(
            "SELECT json_object(
               'caller', ",
            $crate::statement::caller!(""),
            ",
               'calendar', :calendar IS NULL OR (SELECT calendar_version FROM clinic) = :calendar,
               'answer', json((",
            $query,
            "))",
            $more,
            ")"
        )
    };
}

/// The same for a replica, with the id of the newest change that it has.
macro_rules! lagging {
    ($query:expr) => {
        $crate::statement::gated!($query, ", 'newest', (SELECT max(id) FROM audit)")
    };
}

/// Names the values of a statement: `values![":id" => 7, …]`.
macro_rules! values {
    ($($name:literal => $value:expr),* $(,)?) => {
        [$(($name, libsql::Value::from($value))),*]
    };
}

pub(crate) use {caller, gated, lagging, statements, values};

/// A gated document.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Gated<T> {
    caller: u8,
    calendar: u8,
    answer: Option<T>,
    /// Of [`lagging!`] only.
    pub(crate) newest: Option<i64>,
}

impl<T> Gated<T> {
    /// The answer, to a caller whose token stands and who assumed the right calendar.
    pub(crate) fn open(self) -> Result<Option<T>, Error> {
        match (self.caller, self.calendar) {
            (0, _) => Err(Error::Unauthenticated),
            (_, 0) => Err(Error::CalendarChanged),
            _ => Ok(self.answer),
        }
    }
}

/// The values that [`caller!`] asks for.
pub(crate) fn standing(caller: &Caller) -> [(&'static str, Value); 3] {
    values![
        ":caller" => caller.account_id.get(),
        ":token_version" => caller.token_version,
        ":token_id" => caller.token_id,
    ]
}

/// The values that [`gated!`] asks for.
pub(crate) fn gate(caller: &Caller, calendar: Option<&Calendar>) -> [(&'static str, Value); 4] {
    let [id, token_version, token_id] = standing(caller);
    [id, token_version, token_id, (":calendar", calendar.map(|calendar| calendar.version).into())]
}
