//! The HTTP layer: reading input, answering errors as problems (RFC 9457), and serving on Lambda. Only this crate uses
//! `lambda_http`, and only in one module: [`app`] works with every transport.

mod api;
mod body;
mod caller;
mod compress;
mod conditional;
mod config;
mod context;
mod csv;
mod edge;
mod event;
mod input;
mod json;
mod kind;
mod listing;
mod log;
mod negotiate;
mod plan;
mod prefix;
mod problem;
mod query;
mod routes;
mod source;
mod unknown;

pub use api::{
    Access, Actor, Api, Declaration, Operation, PartProblem, Route, Sample, birth_date_schema, date_schema, id_schema,
    language_schema, optional_text_schema, phone_schema, text_schema, timestamp_schema,
};
pub use body::{JsonArray, JsonBody, NoInput, OptionalJsonBody};
pub use caller::{Authenticated, Bearer, IdempotencyKey, IfMatch, Now, PathId, PathIds, RequestOrigin};
pub use compress::compress;
pub use conditional::Version;
pub use config::{ConfigError, Keys};
pub use context::RequestContext;
pub use csv::{Column, spreadsheet_text};
pub use edge::{MAX_BODY_BYTES, app, without_tokens};
pub use event::{lambda_service, serve, serve_with_schedule};
pub use input::Input;
pub use kind::Kind;
pub use lambda_http::Error;
pub use listing::Listing;
pub use log::{AccessedData, CountedEvent, DEFAULT_STACK, log_requests, stack_from_env, start_log};
pub use negotiate::{gzipped, weight};
pub use plan::{dry_run_schema, plan_schema, read_plan, read_plan_with_reason};
pub use prefix::Prefix;
pub use problem::Problem;
pub use query::{DayQuery, Query};
pub use routes::{Routes, Verb, router};
pub use source::source_of_address;
pub use unknown::nearest;
