use rounds_domain as domain;

/// Why a request failed. `problem.rs` of `rounds_http` decides the HTTP answer to each error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule of the clinic refuses the request.
    #[error(transparent)]
    Refused(#[from] domain::Error),
    /// The clinic's time zone was changed during the request. Read the calendar again, and repeat the request.
    #[error("the clinic's calendar has changed")]
    CalendarChanged,
    /// Other requests kept changing the data that the request depends on. Nothing was changed. Try again.
    #[error("the data of the clinic kept changing")]
    Contended,
    /// The database is unreachable, locked, or not migrated. Nothing was changed. Try again later. The text is for the
    /// log.
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

impl Error {
    /// Returns the text for an operator. That of [`Error::Unavailable`] is already a complete sentence.
    pub fn into_reason(self) -> String {
        match self {
            Self::Unavailable(reason) => reason,
            error => error.to_string(),
        }
    }
}
