use rounds_domain::Timestamp;

/// The origin of a change, for the audit log.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The time of the request.
    pub at: Timestamp,
    /// The request id. `None` for a change without a request, such as by the migration.
    pub request_id: Option<String>,
    /// The source that the gateway reports: the IPv4 address or IPv6 network of the client.
    pub source: Option<String>,
}

impl Origin {
    /// Returns the origin of a change that a program makes without a request.
    pub fn program(at: Timestamp) -> Self {
        Self { at, request_id: None, source: None }
    }
}
