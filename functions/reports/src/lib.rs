//! The function `reports`: the reports and the audit log, for Admins.

mod audit;
mod busiest;

use axum::Router;
use rounds_data::Database;
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("reports", "Reports and the audit log, for Admins.");
    audit::routes(to);
    busiest::routes(to);
}

/// Returns the router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
