use rounds_domain as domain;

/// Why a request failed. How each is answered over HTTP is written in one place, `rounds_http`'s
/// `problem.rs`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the clinic refused it.
    #[error(transparent)]
    Refused(#[from] domain::Error),
    /// The clinic moved to another time zone during the request: read its calendar again, and start
    /// over.
    #[error("the clinic's calendar has changed")]
    CalendarChanged,
    /// The state that the request depends on kept changing. Nothing was changed: try again.
    #[error("the state of the clinic kept changing")]
    Contended,
    /// The database is out of reach, locked, or not migrated. Nothing was changed: try again later. The
    /// text is for the log.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The connection to the database was lost before it answered a change, so the change may have been
    /// made. The text is for the log.
    #[error("a change was not confirmed: {0}")]
    Unconfirmed(String),
    /// A defect in Rounds. The text is for the log.
    #[error("internal error: {0}")]
    Internal(String),
}
