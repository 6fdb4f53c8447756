use libsql::Value;
use rounds_domain::{Calendar, Caller, Error};
use serde::Deserialize;

/// A statement as it is sent, with `:named` parameters. It answers at most one row, of one
/// column: a JSON document.
#[derive(Debug)]
pub struct Statement {
    /// The constant that holds it.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// Declares the statements of a module, and `STATEMENTS`, the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* const $name: crate::Statement = crate::Statement { name: stringify!($name), sql: $sql };)+
        pub(crate) const STATEMENTS: &[crate::Statement] =
            &[$(crate::Statement { name: stringify!($name), sql: $sql }),+];
    };
}

/// The condition that the caller's token still stands, and that its account is what else is asked.
macro_rules! caller {
    ($and:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM accounts AS caller
                     WHERE caller.id = :caller AND caller.active = 1 AND caller.token_version = :token_version ",
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
        concat!(
            "SELECT json_object(
               'caller', ",
            $crate::statement::caller!(""),
            ",
               'calendar', :calendar IS NULL OR (SELECT calendar_version FROM clinic) = :calendar,
               'answer', json((",
            $query,
            ")))"
        )
    };
}

/// Names the values of a statement: `values![":id" => 7, …]`.
macro_rules! values {
    ($($name:literal => $value:expr),* $(,)?) => {
        [$(($name, libsql::Value::from($value))),*]
    };
}

pub(crate) use {caller, gated, statements, values};

/// A gated document.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Gated<T> {
    caller: u8,
    calendar: u8,
    answer: Option<T>,
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
pub(crate) fn standing(caller: &Caller) -> [(&'static str, Value); 2] {
    values![":caller" => caller.account_id.get(), ":token_version" => caller.token_version]
}

/// The values that [`gated!`] asks for.
pub(crate) fn gate(caller: &Caller, calendar: Option<&Calendar>) -> [(&'static str, Value); 3] {
    let [id, token_version] = standing(caller);
    [id, token_version, (":calendar", calendar.map(|calendar| calendar.version).into())]
}
