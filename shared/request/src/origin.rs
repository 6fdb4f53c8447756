use rounds_domain::Timestamp;

/// Where a change comes from, for the audit trail.
#[derive(Clone, Debug)]
pub struct Origin {
    /// When the request is answered.
    pub at: Timestamp,
    /// The request's id; `None` for what no request asks for, such as the migration.
    pub request_id: Option<String>,
    /// The address that the gateway saw the request come from.
    pub source: Option<String>,
}

impl Origin {
    /// A change that a program makes without a request.
    pub fn program(at: Timestamp) -> Self {
        Self { at, request_id: None, source: None }
    }
}
