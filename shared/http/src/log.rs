use std::{
    io::{self, Write},
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    extract::MatchedPath,
    http::{Method, Response},
};
use lambda_http::Context;
use metrique_writer::{
    Entry,
    format::Format,
    unit::{AsCount, AsSeconds, Unit},
};
use metrique_writer_format_emf::{Emf, MetricDefinition, MetricDirective, NoMetric};
use rounds_domain::{AccountId, AppointmentId, Caller, Timestamp};
use rounds_request::Usage;

use crate::Kind;

/// What a request counts as in the metrics, besides a request: put into a response's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// An appointment was booked.
    Booking,
    /// A sign-in was refused.
    LoginRefused,
}

/// Whose data a request has read, of others than the caller: put into a response's extensions, it is
/// written into the request's line, so that the log tells who looked at what, and when.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The accounts whose data it was.
    pub accounts: Vec<AccountId>,
    /// The appointments.
    pub appointments: Vec<AppointmentId>,
}

const NAMESPACE: &str = "Rounds";

/// The problems that say by which rule a booking, or a move, was refused.
const RULES: [Kind; 5] =
    [Kind::DoctorBusy, Kind::PatientBusy, Kind::DoctorDayFull, Kind::TooManyOpenBookings, Kind::InvalidBooking];

/// What the log tells of a request: one line of JSON, from which CloudWatch also takes its metrics
/// (the embedded metric format). Nothing in it is what a client wrote, or tells who somebody is:
/// the route and not the path, the account's id and not its name. The format has no `null`: what
/// there is not, such as the account of a caller without a good token, is left out.
#[derive(Clone, Entry)]
pub(crate) struct Line {
    #[entry(timestamp)]
    at: SystemTime,
    function: String,
    request_id: String,
    route: String,
    account_id: Option<NoMetric<u64>>,
    read_accounts: Option<String>,
    read_appointments: Option<String>,
    status: NoMetric<u16>,
    #[entry(name = "Latency")]
    latency: Duration,
    #[entry(name = "DatabaseTime")]
    database_time: Duration,
    #[entry(name = "DatabaseRequests")]
    database_requests: AsCount<u64>,
    #[entry(name = "Bookings")]
    bookings: Option<AsCount<u64>>,
    #[entry(name = "LoginsRefused")]
    logins_refused: Option<AsCount<u64>>,
    #[entry(name = "DatabaseUnavailable")]
    database_unavailable: Option<AsCount<u64>>,
    /// Of a request that a replica should have answered: whether the primary had to.
    #[entry(name = "ReplicaFailures")]
    replica_failures: Option<AsCount<u64>>,
    /// How far behind the primary the replica was, where a request finds that out.
    #[entry(name = "ReplicaLag")]
    replica_lag: Option<AsSeconds<Duration>>,
    /// Counted by rule, and not by function.
    #[entry(name = "Conflicts")]
    conflicts: Option<NoMetric<u64>>,
    rule: Option<&'static str>,
}

/// What is known of a request besides its answer.
pub(crate) struct Request<'a> {
    pub(crate) at: Timestamp,
    pub(crate) context: &'a Context,
    pub(crate) method: &'a Method,
    pub(crate) matched: Option<&'a MatchedPath>,
    pub(crate) caller: Option<Caller>,
    pub(crate) took: Duration,
    pub(crate) database: Usage,
    pub(crate) read: Option<Read>,
    pub(crate) counted: Option<Counted>,
}

impl Line {
    /// The line of a request that was answered, with a problem where it was refused.
    pub(crate) fn new(request: &Request<'_>, answer: &Response<Body>, problem: Option<Kind>) -> Self {
        let Request { at, context, method, matched, caller, took, database, read, counted } = request;
        let route = matched.map_or_else(|| "unmatched".to_owned(), |path| format!("{method} {}", path.as_str()));
        let status = answer.status();
        let rule = problem.filter(|kind| RULES.contains(kind)).map(Kind::word);
        Self {
            at: (*at).into(),
            function: context.env_config.function_name.clone(),
            request_id: context.request_id.clone(),
            route,
            account_id: caller.map(|caller| caller.account_id.get().unsigned_abs().into()),
            read_accounts: read.as_ref().and_then(|read| listed(&read.accounts)),
            read_appointments: read.as_ref().and_then(|read| listed(&read.appointments)),
            status: status.as_u16().into(),
            latency: *took,
            database_time: database.time,
            database_requests: database.requests.into(),
            bookings: once(*counted == Some(Counted::Booking)),
            logins_refused: once(*counted == Some(Counted::LoginRefused)),
            database_unavailable: once(matches!(problem, Some(Kind::DatabaseUnavailable | Kind::Unconfirmed))),
            replica_failures: (database.replica_failures > 0).then(|| database.replica_failures.into()),
            replica_lag: database.replica_lag.map(Into::into),
            conflicts: rule.map(|_| 1.into()),
            rule,
        }
    }

    /// Writes it to the standard output, which Lambda hands to CloudWatch.
    pub(crate) fn write(&self) {
        let emf = Emf::builder(NAMESPACE.into(), vec![vec!["function".into()]]);
        let conflicts = MetricDefinition { name: "Conflicts", unit: Unit::Count, storage_resolution: None };
        let by_rule =
            MetricDirective { dimensions: vec![vec!["rule"]], metrics: vec![conflicts], namespace: NAMESPACE };
        let emf = if self.rule.is_some() { emf.directive(by_rule) } else { emf };
        let mut line = Vec::new();
        let written = emf.build().format(self, &mut line).is_ok() && io::stdout().write_all(&line).is_ok();
        if !written {
            // A request that was answered stays so.
            tracing::error!(request_id = self.request_id, "its line could not be written");
        }
    }
}

/// Ids, for a person or a query to read; `None` where there is none.
fn listed(ids: &[impl ToString]) -> Option<String> {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

/// A count of one, where something has happened.
fn once(happened: bool) -> Option<AsCount<u64>> {
    happened.then(|| 1.into())
}
