//! The function `notify`: messages to people. It serves their routes, and it sends what is due.

mod content;
mod messages;
mod metrics;
mod sender;

use axum::Router;
pub use metrics::log_report;
use rounds_data::Database;
use rounds_http::Routes;
pub use sender::{Report, Sender};

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("notify", "Messages to Patients and staff, calendar feeds, and the links in mails.");
    messages::routes(to);
}

/// Returns the router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
