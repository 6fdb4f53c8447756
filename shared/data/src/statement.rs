use std::collections::HashMap;

pub(crate) use libsql::Value;
use rounds_domain::{Caller, search_words};
use rounds_request::Error;
use serde::de::DeserializeOwned;

use crate::error::Failure;

/// A statement as it is sent, with `:named` parameters. It answers at most one row, of one
/// column: a JSON document.
#[derive(Debug)]
pub struct Statement {
    /// The file that holds its text, in `sql/`.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// Whether a replica may answer it, from a past moment.
    pub allows_replica: bool,
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
#[derive(Clone)]
pub(crate) struct Values(HashMap<&'static str, Value>);

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self(values.into_iter().collect())
    }

    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.0.insert(name, value);
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
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

/// Declares the statements of a module, and `STATEMENTS`, the list of them. The text of each is a file in `sql/`.
///
/// - `authenticated` puts a query behind the gate: beside its answer, the document tells whether the caller's token is good
///   and whether the assumed calendar is still the clinic's. The query answers one value; NULL where it has no answer.
/// - `replicated` is the same for a query that a replica may answer, with the id of the newest change that it has.
/// - `public` is for a query that anyone may make and a replica may answer, with the clinic's id.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $($kind:ident)? $path:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: crate::Statement = crate::Statement {
            name: $path,
            sql: $crate::statement::sql!($($kind)? $path),
            allows_replica: $crate::statement::allows_replica!($($kind)?),
        };)+
        pub(crate) const STATEMENTS: &[crate::Statement] = &[$($name),+];
    };
}

macro_rules! sql {
    ($path:literal) => {
        include_str!(concat!("../sql/", $path, ".sql"))
    };
    (public $path:literal) => {
        concat!(
            "SELECT json_object('clinic', (SELECT public_id FROM clinic), 'answer', json((",
            $crate::statement::sql!($path),
            ")))"
        )
    };
    (authenticated $path:literal) => {
        concat!($crate::statement::gate!(), $crate::statement::sql!($path), ")))")
    };
    (replicated $path:literal) => {
        concat!(
            $crate::statement::gate!(),
            $crate::statement::sql!($path),
            ")), 'newest', (SELECT max(id) FROM audit))"
        )
    };
}

macro_rules! gate {
    () => {
        "SELECT json_object(
           'caller', EXISTS (
             SELECT 1 FROM signed_in
             WHERE session = :session AND account_id = :caller AND account_type = :account_type AND clinic = :clinic
               AND (generation = :generation OR retained_token_id = :token_id)),
           'calendar', :calendar IS NULL OR (SELECT calendar_version FROM clinic) = :calendar,
           'answer', json(("
    };
}

macro_rules! allows_replica {
    (replicated) => {
        true
    };
    (public) => {
        true
    };
    ($($other:ident)?) => {
        false
    };
}

/// Names the values of a statement: `values![":id" => 7, …]`.
macro_rules! values {
    ($($name:literal => $value:expr),* $(,)?) => {
        $crate::statement::Values::new([$(($name, libsql::Value::from($value))),*])
    };
}

pub(crate) use {allows_replica, gate, sql, statements, values};

/// The values by which a statement checks a token.
pub(crate) fn caller_values(caller: &Caller) -> Values {
    values![
        ":session" => caller.session.bytes().to_vec(),
        ":caller" => caller.account_id.get(),
        ":account_type" => caller.account_type.as_str(),
        ":clinic" => caller.clinic.to_string(),
        ":generation" => caller.generation,
        ":token_id" => caller.token_id,
    ]
}

/// The words of a search, as a JSON array.
pub(crate) fn words(q: Option<&str>) -> String {
    serde_json::Value::from(q.map(search_words).unwrap_or_default()).to_string()
}
