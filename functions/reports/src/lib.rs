//! Reports, and the audit trail, for Admins. The route table; each route is a file.

mod api;
mod audit;
mod busiest;

pub use api::describe;
use axum::routing::get;
use rounds_data::Database;
use rounds_http::Routes;

/// The routes of this function.
pub fn routes() -> Routes<Database> {
    vec![
        ("/audit", get(audit::list)),
        ("/doctors/by_top_appointments", get(busiest::by_top_appointments)),
        ("/doctors/with_six_hours_plus", get(busiest::with_six_hours_plus)),
    ]
}
