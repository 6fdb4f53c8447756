//! The function `notify`: messages to people, and what their links and the calendars of accounts show. It serves their
//! routes, and it sends what is due. It also answers whether the clinic works.

mod check;
mod content;
mod feed;
mod health;
mod link;
mod link_changes;
mod messages;
mod metrics;
mod public_url;
mod sender;

use axum::{Router, extract::FromRef};
pub use check::check;
pub use health::{BackupStatus, Backups};
pub use metrics::{Program, log_check, log_report};
pub use public_url::PublicUrl;
use rounds_data::{Database, Limits};
use rounds_http::Routes;
pub use sender::{Report, Sender};

/// The state of the handlers.
#[derive(Clone)]
pub struct State {
    /// The clinic's database.
    pub database: Database,
    /// The limits of failed sign-ins. Unknown links count toward them.
    pub limits: Limits,
    /// The URL of the web app, for the URLs of feeds.
    pub public_url: PublicUrl,
    /// The nightly backups, for `GET /readyz`. `None` if this program makes none.
    pub backups: Option<Backups>,
}

impl FromRef<State> for Database {
    fn from_ref(state: &State) -> Self {
        state.database.clone()
    }
}

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<State>) {
    to.function("notify", "Messages to Patients and staff, calendar feeds, the links in mails, and monitoring.");
    messages::routes(to);
    link::routes(to);
    link_changes::routes(to);
    feed::routes(to);
    health::routes(to);
}

/// Returns the router of this function.
pub fn router(state: State) -> Router {
    rounds_http::router(routes, state)
}
