/// What a transport knows about a request. It adds this to the request's extensions, for [`app`](crate::app).
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// The id of the request, for the audit log, the log and problems.
    pub request_id: String,
    /// The name of the program that answers, for the log.
    pub function: String,
    /// The source of the request, as [`source_of_address`](crate::source_of_address) returns it.
    pub source: Option<String>,
}
