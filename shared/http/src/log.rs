use std::{
    env,
    io::Write,
    panic,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::MatchedPath,
    http::{Method, Response},
    middleware::map_response,
};
use metrique_writer::{
    Entry,
    format::Format,
    unit::{AsCount, AsSeconds, Unit},
};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective, NoMetric};
use rounds_domain::{AccountId, AppointmentId, Caller, Timestamp};
use rounds_request::Usage;

use tracing_subscriber::fmt::MakeWriter;

use crate::{Kind, RequestContext};

/// An event that the metrics count, in addition to the request. A handler adds it to the response's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedEvent {
    /// This number of appointments was booked.
    Bookings(u64),
    /// A sign-in was refused.
    SignInRefused,
}

/// The data of other people that a request has read. A handler adds it to the response's extensions. It is written to
/// the request's log line, so that the log shows who read which data, and when.
#[derive(Clone, Debug, Default)]
pub struct AccessedData {
    /// The accounts whose data was read.
    pub accounts: Vec<AccountId>,
    /// The appointments that were read.
    pub appointments: Vec<AppointmentId>,
}

/// Starts the log of errors. Each is one line of JSON, like the line of a request.
///
/// A panic is logged without its message, because that can contain data of a client.
pub fn start_log<W>(output: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_max_level(tracing::Level::INFO);
    log.with_writer(output).init();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "the function panicked");
    }));
}

/// Writes a log line for each request that an [`app`](crate::app) answers. It is not a part of `app`, so that tests
/// inside one process write no log. `stack` is the dimension of the metrics: see [`stack_from_env`].
pub fn log_requests<W>(app: Router, stack: String, output: W) -> Router
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let formats = Arc::new(Formats::new(stack));
    app.layer(map_response(move |response: Response<Body>| {
        if let Some(line) = response.extensions().get::<LogLine>() {
            formats.write(line, output.make_writer());
        }
        std::future::ready(response)
    }))
}

/// The stack of a program whose setting STACK is not set.
pub const DEFAULT_STACK: &str = "rounds";

/// Returns the dimension of a function's metrics: the setting STACK, the name of the stack in CloudFormation. All
/// functions of a stack share their metrics, because each combination of dimensions costs money. Stacks of one account
/// do not share them.
pub fn stack_from_env() -> String {
    env::var("STACK").ok().filter(|stack| !stack.is_empty()).unwrap_or_else(|| DEFAULT_STACK.to_owned())
}

const NAMESPACE: &str = "Rounds";

/// The problems of a broken rule of booking. Each is a value of the metrics' dimension `rule`.
const RULES: [Kind; 5] =
    [Kind::DoctorBusy, Kind::PatientBusy, Kind::DoctorDayFull, Kind::TooManyOpenBookings, Kind::InvalidBooking];

/// The log line of a request: one line of JSON, from which CloudWatch also extracts metrics (the embedded metric
/// format).
///
/// It has no text that the client sent and no personal data: the route, not the path, and the account's id, not its
/// name. The format has no `null`, so missing values are omitted, such as the account of a caller without a valid
/// token.
#[derive(Clone, Entry)]
pub(crate) struct LogLine {
    #[entry(timestamp)]
    at: SystemTime,
    function: String,
    request_id: String,
    route: String,
    account_id: Option<NoMetric<u64>>,
    read_accounts: Option<String>,
    read_appointments: Option<String>,
    status: NoMetric<u16>,
    /// In milliseconds.
    #[entry(name = "Latency")]
    latency: NoMetric<Duration>,
    /// Only of requests that use the database: files of the web app would hide that it is slow.
    #[entry(name = "DatabaseTime")]
    database_time: Option<Duration>,
    #[entry(name = "DatabaseRequests")]
    database_requests: NoMetric<u64>,
    #[entry(name = "Bookings")]
    bookings: Option<AsCount<u64>>,
    #[entry(name = "LoginsRefused")]
    sign_ins_refused: Option<AsCount<u64>>,
    /// One if the status is 5xx.
    #[entry(name = "ServerErrors")]
    server_errors: Option<AsCount<u64>>,
    #[entry(name = "DatabaseUnavailable")]
    database_unavailable: Option<AsCount<u64>>,
    /// The number of statements that the primary answered because the replica failed.
    #[entry(name = "ReplicaFailures")]
    replica_failures: Option<AsCount<u64>>,
    /// The replication lag, if the request measured it.
    #[entry(name = "ReplicaLag")]
    replica_lag: Option<AsSeconds<Duration>>,
    /// Its dimensions are `stack` and `rule`.
    #[entry(name = "Conflicts")]
    conflicts: Option<NoMetric<u64>>,
    rule: Option<&'static str>,
}

/// The data of a request for its log line.
pub(crate) struct Request<'a> {
    pub(crate) at: Timestamp,
    pub(crate) context: &'a RequestContext,
    pub(crate) method: &'a Method,
    pub(crate) matched: Option<&'a MatchedPath>,
    pub(crate) caller: Option<Caller>,
    pub(crate) took: Duration,
    pub(crate) database: Usage,
    pub(crate) accessed: Option<AccessedData>,
    pub(crate) counted: Option<CountedEvent>,
}

impl LogLine {
    /// Returns the line of a request with this response, and its problem if it has one.
    pub(crate) fn new(request: &Request<'_>, response: &Response<Body>, problem: Option<Kind>) -> Self {
        let Request { at, context, method, matched, caller, took, database, accessed, counted } = request;
        let route = matched.map_or_else(|| "unmatched".to_owned(), |path| format!("{method} {}", path.as_str()));
        let status = response.status();
        let rule = problem.filter(|kind| RULES.contains(kind)).map(Kind::word);
        Self {
            at: (*at).into(),
            function: context.function.clone(),
            request_id: context.request_id.clone(),
            route,
            account_id: caller.map(|caller| caller.account_id.get().unsigned_abs().into()),
            read_accounts: accessed.as_ref().and_then(|data| comma_separated(&data.accounts)),
            read_appointments: accessed.as_ref().and_then(|data| comma_separated(&data.appointments)),
            status: status.as_u16().into(),
            latency: (*took).into(),
            database_time: (database.requests > 0).then_some(database.time),
            database_requests: database.requests.into(),
            bookings: match counted {
                Some(CountedEvent::Bookings(count)) => Some((*count).into()),
                _ => None,
            },
            sign_ins_refused: once(*counted == Some(CountedEvent::SignInRefused)),
            server_errors: once(status.is_server_error()),
            database_unavailable: once(matches!(problem, Some(Kind::DatabaseUnavailable | Kind::Unconfirmed))),
            replica_failures: (database.replica_failures > 0).then(|| database.replica_failures.into()),
            replica_lag: database.replica_lag.map(Into::into),
            conflicts: rule.map(|_| 1.into()),
            rule,
        }
    }
}

/// A log line with the dimension of its metrics.
#[derive(Entry)]
struct LineOfStack<'stack> {
    stack: &'stack str,
    #[entry(flatten)]
    line: &'stack LogLine,
}

/// The formats of lines. They are kept, because each has many buffers.
struct Formats {
    stack: String,
    usual: Mutex<Emf>,
    /// With the metric `Conflicts`, which also has the dimension `rule`.
    by_rule: Mutex<Emf>,
}

impl Formats {
    fn new(stack: String) -> Self {
        let emf = || Emf::builder(NAMESPACE.into(), vec![vec!["stack".into()]]);
        let conflicts = MetricDefinition { name: "Conflicts", unit: Unit::Count, storage_resolution: None };
        let by_rule =
            MetricDirective { dimensions: vec![vec!["stack", "rule"]], metrics: vec![conflicts], namespace: NAMESPACE };
        Self { stack, usual: Mutex::new(emf().build()), by_rule: Mutex::new(emf().directive(by_rule).build()) }
    }

    fn write(&self, line: &LogLine, mut output: impl Write) {
        let format = if line.rule.is_some() { &self.by_rule } else { &self.usual };
        let mut text = Vec::with_capacity(1024);
        let entry = LineOfStack { stack: &self.stack, line };
        let formatted = format.lock().unwrap_or_else(PoisonError::into_inner).format(&entry, &mut text);
        if formatted.is_err() || output.write_all(&text).is_err() {
            // The response is still sent.
            tracing::error!(request_id = line.request_id, "the log line of the request could not be written");
        }
    }
}

/// Returns the ids separated by commas, or `None` if there are none.
fn comma_separated(ids: &[impl ToString]) -> Option<String> {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

/// Returns a count of one if the event happened.
fn once(happened: bool) -> Option<AsCount<u64>> {
    happened.then(|| 1.into())
}
