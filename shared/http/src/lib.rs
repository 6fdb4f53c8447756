//! What stands between a function's handlers and HTTP, and the only `lambda_http`: serving,
//! reading input, and every error as a problem (RFC 9457).

mod caller;
mod config;
mod edge;
mod input;
mod listing;
mod log;
mod problem;
mod query;

pub use caller::{Authenticated, Bearer, IdempotencyKey, IfMatch, Now, PathId, PathIds};
pub use config::{Config, ConfigError, variable};
pub use edge::{MAX_BODY_BYTES, Routes, app, router, serve};
pub use input::{Input, JsonArray, JsonBody, OptionalJsonBody};
pub use lambda_http::Error;
pub use listing::Listing;
pub use problem::Problem;
pub use query::{Dated, Query};
