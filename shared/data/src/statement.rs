use std::collections::HashMap;

pub(crate) use libsql::Value;
use rounds_domain::{Caller, search_words};
use rounds_request::Error;
use serde::de::DeserializeOwned;

use crate::{error::Failure, rule::Rule};

/// A statement with `:named` parameters. It returns at most one row of one column: a JSON document.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The name of its file in `sql/`, without the extension.
    pub name: &'static str,
    /// The SQL text.
    pub sql: &'static str,
    /// Whether a replica may run it, which can return an older state.
    pub allows_replica: bool,
}

impl Statement {
    /// Whether the statement only reads.
    pub(crate) fn is_query(&self) -> bool {
        let first = self.sql.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
        ["SELECT", "WITH"].iter().any(|word| first.starts_with(word))
    }

    /// Parses a document that the statement returned.
    pub(crate) fn parse<T: DeserializeOwned>(&self, document: Option<String>) -> Result<Option<T>, Failure> {
        let unexpected =
            |error| Failure::Error(Error::Internal(format!("{} returned an unexpected document: {error}", self.name)));
        document.map(|json| serde_json::from_str(&json).map_err(unexpected)).transpose()
    }
}

/// Converts the column of a row to the text of a document.
pub(crate) fn document(column: Value) -> Result<String, Failure> {
    match column {
        Value::Text(json) => Ok(json),
        Value::Integer(number) => Ok(number.to_string()),
        other => Err(Failure::Error(Error::Internal(format!("a statement returned {other:?}")))),
    }
}

/// Values of parameters, by name.
#[derive(Clone)]
pub(crate) struct Values(HashMap<&'static str, Value>);

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self(values.into_iter().collect())
    }

    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.0.insert(name, value);
    }

    /// Merges two sets of values.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// All values with their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Returns the value of a parameter. A missing value is an error here: libsql would bind NULL.
    pub(crate) fn get(&self, statement: &Statement, name: &str) -> Result<&Value, Failure> {
        let missing = || Failure::Error(Error::Internal(format!("{}: {name} has no value", statement.name)));
        self.0.get(name).ok_or_else(missing)
    }
}

/// Statements of a transaction that have the same values.
pub(crate) type ChangeSteps<'a> = (&'a [&'a Statement], &'a Values);

/// The outcome of a change that was only tried: the last document that its steps returned, or the rule that refuses it.
pub(crate) type Tried = Result<Option<String>, Rule>;

/// Declares the statements of a module, and `STATEMENTS`, the list of them. The text of each is a file in `sql/`.
///
/// - `authenticated` wraps a query in the gate. Its document also says whether the caller's token is valid, and whether
///   the assumed calendar is still the clinic's. The query itself returns one value, or NULL.
/// - `replicated` is the same for a query that a replica may run. Its document also has the id of the newest audit
///   entry, from which the replication lag is computed.
/// - `public` is for a query without a token that a replica may run. Its document also has the clinic's id.
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
            "SELECT json_object('clinic', (SELECT public_id FROM clinic), 'result', json((",
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
           'result', json(("
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

/// Builds [`Values`]: `values![":id" => 7, …]`.
macro_rules! values {
    ($($name:literal => $value:expr),* $(,)?) => {
        $crate::statement::Values::new([$(($name, libsql::Value::from($value))),*])
    };
}

pub(crate) use {allows_replica, gate, sql, statements, values};

/// The values that a statement needs to check the caller's token.
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

/// The words of a search as a JSON array.
pub(crate) fn words(q: Option<&str>) -> String {
    serde_json::Value::from(q.map(search_words).unwrap_or_default()).to_string()
}
