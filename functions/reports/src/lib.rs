//! Reports, and the audit trail, for Admins. Each route is a file.

mod audit;
mod busiest;

use axum::Router;
use rounds_data::Database;
use rounds_http::Routes;

/// Declares the routes of this function.
pub fn routes(to: &mut impl Routes<Database>) {
    to.function("reports", "Reports and the audit trail, for Admins.");
    audit::routes(to);
    busiest::routes(to);
}

/// The router of this function.
pub fn router(database: Database) -> Router {
    rounds_http::router(routes, database)
}
